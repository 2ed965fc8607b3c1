"""The images that a reader of the article builds: its Dockerfiles, its settings, its CI script, with
the findings that each must have, no more and no less; and images with nothing wrong, which must have
none."""
import shutil
from pathlib import Path

import pytest

from conftest import FULL
from kitchen import Kitchen, findings, scan

GO = "1.27"
VERSIONS = ("1.22", GO) if FULL else (GO,)
SUPPORTED = (GO,)
APP = "usr/local/bin/app"
CI_SCRIPT = """#!/bin/bash
EXPECTED_GOROOT_FINAL="/usr/local/go"
ACTUAL_GOROOT_FINAL=$(go env GOROOT_FINAL 2>/dev/null || echo "")
if [[ "$ACTUAL_GOROOT_FINAL" != "$EXPECTED_GOROOT_FINAL" ]]; then
  echo "Mismatch"
  exit 1
fi
"""
BUILD = "FROM golang:{go}-alpine AS builder\nWORKDIR /src\nCOPY . .\n"
PLAIN = BUILD + "RUN CGO_ENABLED=0 go build -trimpath -o /out/app .\n"


@pytest.fixture(scope="module")
def kitchen(top, tmp_path_factory):
    return Kitchen(tmp_path_factory.mktemp("kitchen"), top, VERSIONS)


@pytest.fixture(params=VERSIONS)
def go(request):
    return request.param


def context(folder, dockerfile, go, **files):
    shutil.copytree(Path(__file__).parent / "article", folder / "context")
    (folder / "context/Dockerfile").write_text(dockerfile.replace("{go}", go))
    (folder / "context/go.mod").write_text(f"module example.org/article\n\ngo {go}\n")
    for name, text in files.items():
        path = folder / "context" / name.replace("_", ".")
        path.write_text(text)
        path.chmod(0o755)
    return folder / "context"


def old(go, *programs):
    """What any program of a release without support has, beside the rest."""
    return [] if go in SUPPORTED else [f"TW401 medium {p}" for p in programs]


# name, Dockerfile, findings on GO; those of an old release come on top
IMAGES = (
    ("mode-1", PLAIN + """FROM alpine:3.20
COPY --from=builder /usr/local/go /usr/local/go
COPY --from=builder /out/app /usr/local/bin/app
ENV GOROOT_FINAL=/usr/local/go
ENTRYPOINT ["/usr/local/bin/app"]
""", ["TW101 low -", "TW109 medium -"], "-"),
    ("mode-2", BUILD.replace(" AS builder", "") + """RUN CGO_ENABLED=0 GOOS=linux go build -ldflags="\
-X 'main.version=$(date -u +%Y%m%d.%H%M%S)' -extldflags '-static'" -o app .
ENV GOROOT_FINAL=/usr/local/go
CMD ["/src/app"]
""", ["TW101 low -", "TW109 medium -"], "-"),
    ("mode-3", PLAIN + """FROM alpine:3.20
ARG GOROOT_FINAL=/usr/lib/go
RUN echo "GOROOT_FINAL=$GOROOT_FINAL" >> /etc/os-release
COPY --from=builder /out/app /usr/local/bin/app
CMD ["app"]
""", [], APP),
    ("os-release", BUILD + """RUN CGO_ENABLED=0 go build -o /out/app .
FROM alpine:3.20
RUN echo "GOROOT_FINAL=/usr/lib/go" >> /etc/os-release
COPY --from=builder /out/app /usr/local/bin/app
""", [f"TW107 low {APP}"], APP),
    ("goroot-final-ldflags", BUILD + """RUN CGO_ENABLED=0 go build \
-ldflags="-X runtime.gorootFinal=/usr/local/go" -o /out/app .
FROM alpine:3.20
COPY --from=builder /out/app /usr/local/bin/app
""", [f"TW104 low {APP}"], APP),
    ("godebug", PLAIN + """FROM alpine:3.20
COPY --from=builder /out/app /usr/local/bin/app
ENV GODEBUG="mmap=1,gcstoptheworld=0"
""", ["TW202 low -", f"TW203 low {APP}"], APP),
    ("http2", PLAIN + """FROM alpine:3.20
COPY --from=builder /out/app /usr/local/bin/app
ENV GODEBUG="http2server=0,gctrace=1,http2debug=1,asyncpreemptoff=1"
""", [f"TW204 medium {APP}", f"TW204 medium {APP}", f"TW205 high {APP}", f"TW207 medium {APP}"], APP),
    ("experiment-empty", PLAIN + """FROM alpine:3.20
COPY --from=builder /out/app /usr/local/bin/app
ENV GOEXPERIMENT=""
""", ["TW302 low -"], APP),
    ("experiment-arenas", PLAIN + """FROM alpine:3.20
COPY --from=builder /out/app /usr/local/bin/app
ENV GOEXPERIMENT=arenas
""", ["TW301 low -"], APP),
    ("experiment-built", BUILD + """RUN GOEXPERIMENT=fieldtrack CGO_ENABLED=0 go build -trimpath -o /out/app .
FROM alpine:3.20
COPY --from=builder /out/app /usr/local/bin/app
""", [f"TW304 medium {APP}"], APP),
    ("ci-script", PLAIN + """FROM alpine:3.20
COPY --from=builder /out/app /usr/local/bin/app
COPY ci.sh /ci.sh
""", ["TW103 low -"], APP),
    # nothing wrong with these
    ("clean-scratch", PLAIN + """FROM scratch
COPY --from=builder /out/app /app
USER 65532
ENTRYPOINT ["/app"]
""", [], "app"),
    ("clean-alpine", PLAIN + """FROM alpine:3.20
ENV GOMEMLIMIT=450MiB GOGC=75 GOMAXPROCS=2 GOTRACEBACK=single TZ=Europe/Berlin
COPY --from=builder /out/app /usr/local/bin/app
COPY entry.sh /entry.sh
LABEL org.opencontainers.image.source=x
ENTRYPOINT ["/entry.sh"]
CMD ["app"]
""", [], APP),
    ("clean-golang", BUILD.replace(" AS builder", "") + 'CMD ["go", "version"]\n', [], None),
)


@pytest.mark.parametrize("name,dockerfile,expected,blamed", IMAGES, ids=[i[0] for i in IMAGES])
def test_article__image__exactly_these_findings(kitchen, folder, go, name, dockerfile, expected, blamed):
    files = {"entry_sh": '#!/bin/sh\nset -e\nexec "$@"\n'}
    if name == "ci-script":
        files["ci_sh"] = CI_SCRIPT
    source = kitchen.build(context(folder, dockerfile, go, **files), f"{name}-{go}")
    report = scan(source)
    of_old = old(go, blamed or "-")
    if name == "goroot-final-ldflags":
        assert "gorootFinal" in report["findings"][0]["message"] or of_old
    assert findings(report) == sorted(expected + of_old)
    assert report["completeness"]["status"] == "complete"


def test_article__go_env_w__build_fails_and_the_dockerfile_says_so(kitchen, folder, go):
    dockerfile = BUILD + "RUN go env -w GOROOT_FINAL=/usr/local/go\nRUN go build -o /out/app .\n" \
        "FROM alpine:3.20\nCOPY --from=builder /out/app /app\n"
    where = context(folder, dockerfile, go)
    done = kitchen.bud(where, "fails")
    assert done.returncode != 0
    assert "unknown go command variable GOROOT_FINAL" in done.stderr + done.stdout
    assert findings(scan(f"dockerfile:{where / 'Dockerfile'}")) == sorted(
        ["TW102 high -"] + old(go, "app"))


@pytest.mark.parametrize("value,taken", [("gorootnew", False), ("unified", False), ("none", True),
                                         ("fieldtrack", True), ("", True)])
def test_article__experiment_of_a_stage__stops_the_build_when_the_dockerfile_says_so(
        kitchen, folder, go, value, taken):
    dockerfile = BUILD.replace("WORKDIR", f"ENV GOEXPERIMENT={value}\nWORKDIR") + \
        "RUN go build -o /out/app .\nFROM alpine:3.20\nCOPY --from=builder /out/app /app\n"
    where = context(folder, dockerfile, go)
    rules = {f["rule"] for f in scan(f"dockerfile:{where / 'Dockerfile'}")["findings"]}
    assert (kitchen.bud(where, "experiment").returncode == 0) == taken
    assert ("TW303" in rules) == (not taken)
    assert ("TW302" in rules) == (value == "")


def test_article__scan_of_image_and_dockerfile__same_environment(kitchen, folder):
    name, dockerfile, _, _ = next(i for i in IMAGES if i[0] == "http2")
    where = context(folder, dockerfile, GO)
    of_image = scan(kitchen.build(where, f"{name}-same"))
    of_file = scan(f"dockerfile:{where / 'Dockerfile'}")
    variable = {v["name"]: v["value"] for v in of_file["environment"]}
    assert variable["GODEBUG"] == {v["name"]: v["value"] for v in of_image["environment"]}["GODEBUG"]
    assert findings(of_file) == findings(of_image)
