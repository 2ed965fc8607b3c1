"""Every row of `tidewaiterd --print-limits`: nothing is noted at the limit, and what is past it is told.

Each row's maker gives an input and how many of the limited thing it has. The input is read with the
limit at that number, and again with the limit one lower. A row without a test fails the last test.
"""
import base64
import json
import os
import re
import struct
import subprocess
import tarfile
import time

import pytest

import faults
import hostile
import programs
import reviews
import seekable
from hostile import CLEAN, INCOMPLETE, TROUBLE, Layout, entry, go_program, make, symlink, tar

GO = go_program()


class Note:
    """A line of `completeness`; `incomplete`: and the image is partial because of it."""

    def __init__(self, text, code="over-limit", incomplete=True, path=None):
        self.text, self.code, self.incomplete, self.path = text, code, incomplete, path

    def check(self, done):
        assert done.code == (INCOMPLETE if self.incomplete else CLEAN), (done.code, done.stderr)
        assert done.status == ("partial" if self.incomplete else "complete")
        assert done.codes == [self.code], done.notes
        assert self.text in done.notes[0]["message"], done.notes
        assert done.notes[0]["path"] == self.path, done.notes


class Error:
    """Nothing is read: exit code 2 and these words."""

    def __init__(self, *texts):
        self.texts = texts

    def check(self, done):
        assert done.code == TROUBLE
        assert done.stderr.count("\n") == 1, done.stderr
        for text in self.texts:
            assert text in done.stderr, done.stderr


ROWS = {}


def row(name, past):
    """Registers a maker: folder -> (source or function of limits, how many)."""
    def register(maker):
        ROWS[name] = (maker, past)
        return maker
    return register


# ---- one layer ----

@row("layer_bytes", Note("the limit layer_bytes is"))
def one_layer(folder):
    layer = tar(entry("app", GO))
    return Layout(folder, layer), len(layer)


@row("layer_unpacked_bytes", Note("limit layer_unpacked_bytes"))
def unpacked(folder):
    layer = tar(entry("app", GO))
    return Layout(folder, hostile.gz(layer)), len(layer)


@row("layer_ratio", Note("limit layer_ratio"))
def ratio(folder):
    # 64 MiB are free; what comes after is exactly three times what it was compressed to.
    free = 64 << 20
    data = tar(entry("app", GO))
    size = len(hostile.gz(data + bytes(free)))
    goal = size + 2048
    data += bytes(free + 3 * goal - len(data))
    return Layout(folder, hostile.gz(data, extra=goal - len(hostile.gz(data)) - 2 + 2)), 3


@row("layer_entries", Note("limit layer_entries"))
def entries(folder):
    return Layout(folder, tar(*[entry(f"f{i}", b"x") for i in range(7)])), 7


@row("layer_symlinks", Note("limit layer_symlinks"))
def links(folder):
    return Layout(folder, tar(entry("app", GO), symlink("a", "app"), symlink("b", "app"),
                              hostile.hardlink("c", "app"))), 3


@row("path_bytes", Note("limit path_bytes"))
def path(folder):
    return Layout(folder, tar(entry("short", b"x"), entry("d/" * 45 + "app", GO))), 93


@row("layer_binaries", Note("limit layer_binaries"))
def binaries(folder):
    return Layout(folder, tar(*[entry(f"app{i}", GO) for i in range(4)])), 4


@row("layer_names_bytes", Note("layer_names_bytes", "functions-left-out", False, "app.wasm"))
def names_of_layer(folder):
    layer = tar(entry("app.wasm", hostile.go_with_functions()))
    done = subprocess.run([programs.BIN / "tidewaiter-layer", "--as", "layer"], input=layer,
                          env=programs.CAGE_ENV,
                          capture_output=True, check=True)
    record = json.loads(done.stdout)["files"][0]["records"][0]
    return Layout(folder, layer), len(base64.b64decode(record["functions"]["names"]))


@row("layer_texts", Note("limit layer_texts"))
def texts(folder):
    script = b"#!/bin/sh\nexport GOGC=50\nexec /app\n"
    return Layout(folder, tar(*[entry(f"run{i}.sh", script) for i in range(3)])), 3


@row("layer_notes", Note("more notes were left out (limit layer_notes)"))
def notes(folder):
    raise NotImplementedError  # a test of its own: there are notes at the limit


@row("script_bytes", Note("script_bytes", "text-in-part", False, "run.sh"))
def script(folder):
    body = b"#!/bin/sh\nexport GOGC=50\nexec /app # all of it\n"
    return Layout(folder, tar(entry("run.sh", body))), len(body)


@row("text_traces", Note("text_traces", "text-in-part", False, "run.sh"))
def traces(folder):
    body = b"#!/bin/sh\nexport GOGC=50\nexport GOMEMLIMIT=1GiB\nexport GODEBUG=gctrace=1\n"
    return Layout(folder, tar(entry("run.sh", body))), 3


# ---- one binary ----

def one_binary(folder, data, name="app"):
    return Layout(folder, tar(entry(name, data)))


@row("binary_bytes", Note("limit binary_bytes", path="app"))
def binary(folder):
    return one_binary(folder, GO), len(GO)


@row("binary_sections", Note("binary_sections", path="app"))
def sections(folder):
    return one_binary(folder, GO), 3


@row("binary_segments", Note("binary_segments", path="app"))
def segments(folder):
    # A second segment of the same bytes: the program header table moves to the end of the file.
    data = bytearray(GO)
    first = bytes(data[64:120])
    struct.pack_into("<Q", data, 32, len(data))
    struct.pack_into("<H", data, 56, 2)
    return one_binary(folder, bytes(data) + first * 2), 2


@row("binary_functions", Note("binary_functions", "functions-left-out", False, "app"))
def functions(folder):
    return one_binary(folder, hostile.go_with_functions()), len(make.FUNCTIONS)


@row("binary_names_bytes", Note("binary_names_bytes", "functions-left-out", False, "app"))
def names_of_binary(folder):
    return (one_binary(folder, hostile.go_with_functions()),
            sum(len(name) for name in make.FUNCTIONS))


@row("binary_modules", Note("binary_modules", path="app"))
def modules(folder):
    modinfo = b"path\ta/b\nmod\ta/b\tv1.0.0\t\n" + b"".join(
        b"dep\ta/m%d\tv1.0.0\t\n" % i for i in range(5))
    return one_binary(folder, go_program(modinfo)), 5


@row("binary_text_bytes", Note("binary_text_bytes", path="app"))
def text(folder):
    modinfo = make.MODINFO % b"amd64"
    return one_binary(folder, go_program(modinfo)), len(modinfo) + 32  # with its two marks


# ---- the image ----

@row("manifest_bytes", Error("manifest", "limit manifest_bytes"))
def manifest(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    layout = Layout(folder, tar(entry("app", GO)), manifest=layout.plain_manifest(
        annotations={"note": "x" * 1000}))
    return layout, len(layout.manifest)


@row("config_bytes", Error("image configuration", "limit config_bytes"))
def config(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    return layout, len(layout.config)


@row("json_depth", Error("limit json_depth"))
def depth(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    deep = {"a": 1}
    for _ in range(8):
        deep = {"a": deep}
    return Layout(folder, tar(entry("app", GO)),
                  config={**layout.plain_config(), "x": deep}), 10


@row("index_depth", Error("limit index_depth"))
def index_depth(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    for _ in range(3):
        layout.point(layout.add_index(layout.top))
    return layout, 3


@row("index_manifests", Error("index_manifests"))
def index_manifests(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    others = [layout.blob(layout.manifest + b" " * i, hostile.MANIFEST) for i in range(4)]
    layout.point(layout.add_index(*others))
    return layout, 4


@row("image_layers", Error("image_layers"))
def layers(folder):
    return Layout(folder, *[tar(entry(f"app{i}", GO)) for i in range(4)]), 4


@row("image_env", Error("image_env"))
def env(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    return Layout(folder, tar(entry("app", GO)), config=layout.plain_config(
        Env=[f"V{i}=x" for i in range(4)])), 4


# ---- Dockerfiles ----

def dockerfile(folder, body):
    path = folder / "Dockerfile"
    path.write_text(body)
    return f"dockerfile:{path}"


@row("dockerfile_bytes", Error("limit dockerfile_bytes"))
def dockerfile_bytes(folder):
    body = "FROM scratch\nENV GOGC=50\n"
    return dockerfile(folder, body), len(body)


@row("dockerfile_steps", Error("limit dockerfile_steps"))
def dockerfile_steps(folder):
    return dockerfile(folder, "FROM scratch\nENV A=1\nENV B=1\n"), 3


@pytest.mark.parametrize("name", [n for n in ROWS if n != "layer_notes"])
def test_limit__at_it_nothing_is_said__past_it_is_told(folder, name):
    maker, past = ROWS[name]
    made, count = maker(folder)
    source = made.source if isinstance(made, Layout) else made
    at = hostile.scan(source, limits={name: count})
    assert at.code == CLEAN and at.notes == [] and at.status == "complete", (at.notes, at.stderr)
    past.check(hostile.scan(source, limits={name: count - 1}))


# ---- those that say something at the limit as well ----

def test_layer_notes__at_it_all__past_it_the_rest_is_counted(folder):
    source = Layout(folder, tar(*[entry(f"../up{i}", GO) for i in range(3)])).source
    at = hostile.scan(source, limits={"layer_notes": 3})
    assert at.codes == ["clamped-path"] * 3 and at.status == "complete"
    past = hostile.scan(source, limits={"layer_notes": 2})
    assert past.codes == ["clamped-path"] * 2 + ["over-limit"]
    assert past.notes[2]["message"] == "1 more notes were left out (limit layer_notes)"
    assert past.code == INCOMPLETE and past.status == "partial"


def least(low, high, fits):
    """The smallest number that fits, when all above it do."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low


def test_inventory_bytes__grows_to_it__past_it_the_layer_is_noted(folder):
    source = Layout(folder, tar(entry("app", GO))).source

    def run(limit):
        return hostile.scan(source, limits={"inventory_bytes": limit})
    limit = least(100, 65536, lambda n: run(n).status == "complete")
    assert run(limit).notes == [] and run(limit).paths == ["app"]
    done = run(limit - 1)
    Note("inventory_bytes").check(done)
    assert done.paths == []


def test_image_inventory_bytes__past_it_layers_are_noted_then_the_image_refused(folder):
    source = Layout(folder, *[tar(entry(f"app{i}", GO)) for i in range(3)]).source

    def run(limit):
        return hostile.scan(source, limits={"image_inventory_bytes": limit})
    refused = least(100, 1 << 20, lambda n: run(n).code != TROUBLE)
    Error("image_inventory_bytes").check(run(refused - 1))
    whole = least(refused, 1 << 20, lambda n: run(n).code == CLEAN)
    assert run(whole).notes == [] and len(run(whole).paths) == 3
    past = run(whole - 1)
    if past.code != TROUBLE:  # layers go first, when their inventories are the larger part
        Note("image_inventory_bytes").check(past)


def test_text_traces__of_history_and_dockerfile__noted(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    history = [{"created_by": "COPY app / # buildkit"}] + [
        {"created_by": f"RUN /bin/sh -c go env -w GOFLAGS=-x{i} # buildkit", "empty_layer": True}
        for i in range(3)]
    source = Layout(folder, tar(entry("app", GO)),
                    config={**layout.plain_config(), "history": history}).source
    assert hostile.scan(source, limits={"text_traces": 3}).notes == []
    Note("text_traces", "text-in-part", False).check(
        hostile.scan(source, limits={"text_traces": 2}))
    source = dockerfile(folder, "FROM golang:1.22\nRUN go env -w GOFLAGS=-x && go build -o /a .\n")
    count = least(1, 20, lambda n: hostile.scan(source, limits={"text_traces": n}).notes == [])
    assert 2 <= count <= 4
    done = hostile.scan(source, limits={"text_traces": count - 1})
    assert done.codes == ["text-in-part"] and done.status == "complete"


@pytest.mark.parametrize("build", ["inline", "pointers", "wasm", "plan9"])
def test_binary_text_bytes__every_way_to_find_it__noted(folder, build):
    data = {"inline": GO, "wasm": hostile.go_with_functions(),
            "pointers": make.FILES["pointers-amd64"], "plan9": make.FILES["plan9-amd64"]}[build]
    source = one_binary(folder, data).source

    def run(limit):
        return hostile.scan(source, limits={"binary_text_bytes": limit})
    size = least(1, 4096, lambda n: run(n).codes == [])
    assert 280 <= size <= 330
    Note("binary_text_bytes", path="app").check(run(size - 1))


# ---- time and memory ----

def test_layer_seconds__past_it_the_cage_is_ended(folder):
    # Each name has two thousand folders that no other name has.
    deep = [entry(f"{i}/" + "d/" * 2000 + "x", b"x") for i in range(150)]
    source = Layout(folder, hostile.gz(tar(entry("app", GO), *deep))).source
    at = hostile.scan(source, limits={"layer_seconds": 100})
    assert at.notes == [] and at.paths == ["app"]
    done = hostile.scan(source, limits={"layer_seconds": 1})
    Note("limit layer_seconds").check(done)


def sleepy_cage(folder, seconds):
    """A cage that does nothing for a while, but when it is tried before the first image."""
    path = folder / f"cage{seconds}"
    path.write_text(f"#!/bin/sh\nif [ -e {path}.tried ]; then sleep {seconds}; fi\n"
                    f"touch {path}.tried\nexec {programs.BIN}/tidewaiter-layer \"$@\"\n")
    path.chmod(0o755)
    return f"--cage-program={path}"


def test_cage_idle_seconds__past_it_the_cage_is_ended(folder):
    source = Layout(folder, tar(entry("app", GO))).source
    limits = {"cage_idle_seconds": 1}
    assert hostile.scan(source, sleepy_cage(folder, 0.4), limits=limits).notes == []
    Note("limit cage_idle_seconds", "cage").check(
        hostile.scan(source, sleepy_cage(folder, 3), limits=limits))


def test_cage_wait_seconds__past_it_the_cage_is_ended(folder):
    source = Layout(folder, tar(entry("app", GO))).source
    limits = {"cage_wait_seconds": 1}
    assert hostile.scan(source, sleepy_cage(folder, 0.4), limits=limits).notes == []
    Note("limit cage_wait_seconds").check(
        hostile.scan(source, sleepy_cage(folder, 3), limits=limits))


def test_cage_memory_bytes__past_it_the_layer_is_noted(folder):
    if not hostile.RELEASE_BIN:
        pytest.skip("the sanitizer's own memory is no matter of the limit; set TW_RELEASE_BIN")
    source = one_binary(folder, GO + bytes(100 << 20)).source
    done = hostile.scan(source, binaries=hostile.RELEASE_BIN,
                        limits={"cage_memory_bytes": 1 << 30, "binary_bytes": 1 << 30})
    assert done.notes == [] and done.paths == ["app"]
    done = hostile.scan(source, binaries=hostile.RELEASE_BIN,
                        limits={"cage_memory_bytes": 128 << 20, "binary_bytes": 1 << 30})
    Note("cage_memory_bytes").check(done)


def dripping(seconds_apart):
    """A layer that comes byte by byte."""
    def fault(request):
        _, headers, body = request.server.owner.fetch(request.path, request.headers)
        request.answer(200, headers, b"", promised=len(body))
        for i in range(len(body)):
            request.wfile.write(body[i:i + 1])
            request.wfile.flush()
            if request.server.owner.ended.wait(seconds_apart):
                break
        return request.hang_up()
    return fault


def test_scan_seconds__past_it_layers_are_noted(folder):
    layout = Layout(folder, tar(entry("a", GO)), tar(entry("b", GO)))
    server = hostile.Registry(layout)
    server.faults.append(faults.at(layout.layers[0]["digest"], dripping(0.05)))
    try:
        began = time.monotonic()
        done = hostile.scan_registry(server, "--layers-at-once=1", limits={"scan_seconds": 1})
        assert time.monotonic() - began < 10
        assert done.codes == ["over-limit"] * 2 and done.status == "partial"
        assert all("limit scan_seconds, 1" in note["message"] for note in done.notes)
        server.faults[:] = [faults.at(layout.layers[0]["digest"], dripping(0.0005))]
        assert hostile.scan_registry(server, limits={"scan_seconds": 60}).notes == []
    finally:
        server.stop()


# ---- registries ----

@pytest.fixture
def server(folder):
    server = hostile.Registry(Layout(folder, tar(entry("app", GO))))
    yield server
    server.stop()


def test_redirects__at_it_followed__past_it_refused(server):
    def hop(request):
        left = int(request.path.partition("?left=")[2] or 3)
        return left > 0 and request.answer(
            307, {"Location": request.path.partition("?")[0] + f"?left={left - 1}"})
    server.faults.append(faults.at("/manifests/1", hop))
    assert hostile.scan_registry(server, limits={"redirects": 3}).code == CLEAN
    Error("limit redirects").check(hostile.scan_registry(server, limits={"redirects": 2}))


def test_token_bytes__at_it_taken__past_it_refused(server):
    tokens = faults.TokenServer()
    body = json.dumps({"token": "x" * 500}).encode()
    tokens.valid.add("x" * 500)
    tokens.faults.append(faults.status(200, body=body))
    server.faults.append(faults.bearer(tokens))
    try:
        assert hostile.scan_registry(server, limits={"token_bytes": len(body)}).code == CLEAN
        Error("limit token_bytes").check(
            hostile.scan_registry(server, limits={"token_bytes": len(body) - 1}))
    finally:
        tokens.stop()


def test_manifest_and_config_bytes__of_a_registry__as_those_of_a_layout(server):
    for name, count in (("manifest_bytes", len(server.layout.manifest)),
                        ("config_bytes", len(server.layout.config)),
                        ("layer_bytes", server.layout.layers[0]["size"])):
        assert hostile.scan_registry(server, limits={name: count}).notes == []
        done = hostile.scan_registry(server, limits={name: count - 1})
        (Note if name == "layer_bytes" else Error)(name).check(done)


# ---- archives around images: the same limits hold for their table of contents ----

def test_archives__members_and_names__refused(folder):
    layout = Layout(folder, tar(entry("app", GO)))
    source = f"oci-archive:{layout.archive()}"
    count = 2 + len(layout.blobs)
    assert hostile.scan(source, limits={"layer_entries": count}).notes == []
    Error("layer_entries").check(hostile.scan(source, limits={"layer_entries": count - 1}))
    longest = len("blobs/sha256/") + 64
    assert hostile.scan(source, limits={"path_bytes": longest}).notes == []
    Error("path_bytes").check(hostile.scan(source, limits={"path_bytes": longest - 1}))


# ---- what is no image ----

def test_policy_bytes__at_it_taken__past_it_refused(folder):
    source = Layout(folder, tar(entry("app", GO))).source
    policy = folder / "policy.yaml"
    policy.write_text("name: small\nprofile: default\n")
    size = policy.stat().st_size
    option = f"--policy={policy}"
    assert hostile.scan(source, option, limits={"policy_bytes": size}).code == CLEAN
    Error("limit policy_bytes").check(
        hostile.scan(source, option, limits={"policy_bytes": size - 1}))


EVENT = {"action": "pull", "target": {}}


@pytest.fixture
def small(folder):
    """A daemon with small limits."""
    daemon = programs.Daemon(folder, "--limit=webhook_bytes=2000", "--limit=webhook_events=3",
                             "--limit=request_bytes=200", "--limit=json_depth=5")
    yield daemon.start()
    assert daemon.stop() == 0, daemon.log()[-4000:]
    assert "Sanitizer" not in daemon.log() and "runtime error" not in daemon.log(), daemon.log()


def test_bodies__at_the_limit_taken__past_it_413(small):
    def post(path, body, size=None):
        body = json.dumps(body).encode()
        answer = small.post(path, body.ljust(size or 0))
        return answer.status, answer.json.get("detail", "") if answer.status >= 400 else ""
    hook = "/v1/webhooks/distribution"
    assert post(hook, {"events": []}, 2000)[0] < 300
    assert post(hook, {"events": []}, 2001) == (413, post(hook, {"events": []}, 3000)[1])
    assert "webhook_bytes" in post(hook, {"events": []}, 2001)[1] or \
        "2000 bytes" in post(hook, {"events": []}, 2001)[1]
    assert post(hook, {"events": [EVENT] * 3})[0] < 300
    status, detail = post(hook, {"events": [EVENT] * 4})
    assert status == 413 and "limit webhook_events" in detail
    assert post(hook, {"events": [], "x": [[[[]]]]})[0] < 300
    status, detail = post(hook, {"events": [], "x": [[[[[]]]]]})
    assert status == 413 and "limit json_depth" in detail
    scan = {"reference": "registry.invalid/app:1"}
    at, _ = post("/v1/scans", scan, 200)
    past, detail = post("/v1/scans", scan, 201)
    assert at != 413 and past == 413 and "200 bytes" in detail, (at, past, detail)


def values(text):
    """JSON values as they are counted before they are parsed."""
    return 1 + sum(c in ",[{" for c in re.sub(r'"(\\.|[^"\\])*"', "", text))


def test_json_values__at_the_limit_taken__past_it_413(folder):
    daemon = programs.Daemon(folder, "--limit=json_values=40").start()

    def post(count):
        body = {"events": [], "x": [0] * (count - 4)}
        assert values(json.dumps(body)) == count
        return daemon.post("/v1/webhooks/distribution", body)
    assert post(40).status == 200
    past = post(41)
    assert past.status == 413 and "41 values, at most 40 are read (limit json_values" in past.text
    assert daemon.stop() == 0


def test_inventory_values__at_the_limit_taken__past_it_the_layer_is_noted(folder):
    layer = tar(entry("app", GO))
    source = Layout(folder, layer).source
    said = subprocess.run([programs.BIN / "tidewaiter-layer", "--as", "layer"], input=layer,
                          env=programs.CAGE_ENV,
                          capture_output=True, check=True).stdout.decode()
    count = values(said)
    assert hostile.scan(source, limits={"inventory_values": count}).notes == []
    Note("of inventories inventory_values", "cage").check(
        hostile.scan(source, limits={"inventory_values": count - 1}))


def question(name="till"):
    """An AdmissionReview of a Pod whose image is of a registry that may not be asked."""
    spec = {"containers": [{"name": name, "image": f"other.example/till@sha256:{'0' * 64}"}]}
    return reviews.review(reviews.pod(spec))


def test_admission_bytes__at_the_limit_taken__past_it_413(folder):
    body = json.dumps(question()).encode()
    for limit, status in ((len(body), 200), (len(body) - 1, 413)):
        daemon = programs.Daemon(folder, f"--limit=admission_bytes={limit}").start()
        answer = daemon.post("/v1/admission", body)
        assert answer.status == status, answer.text
        assert status == 200 or f"larger than {limit} bytes" in answer.text, answer.text
        assert daemon.stop() == 0


def test_admission_values__at_the_limit_read__past_it_answered_as_unknown(folder):
    body = json.dumps(question())
    count = values(body)
    for limit, reason in ((count, "other.example is not in the list"), (count - 1, f"at most {count - 1} are read")):
        daemon = programs.Daemon(folder, f"--limit=admission_values={limit}").start()
        answer = daemon.post("/v1/admission", body.encode())
        assert answer.status == 200 and reason in answer.json["response"]["auditAnnotations"]["reason"], answer.text
        assert daemon.stop() == 0


def test_request_header_bytes__below_it_taken__past_it_refused(folder):
    daemon = programs.Daemon(folder, "--limit=request_header_bytes=8192").start()
    assert daemon.get("/healthz", {"X-Long": "x" * 4000}).status == 200
    assert daemon.get("/healthz", {"X-Long": "x" * 8192}).status == 431
    assert daemon.stop() == 0


def test_contents_bytes__at_the_limit_read_in_parts__past_it_whole(folder):
    with tarfile.open(folder / "layer.tar", "w") as tar:
        seekable.add(tar, "srv/data", os.urandom(2 << 20))
    annotations = seekable.write("estargz", folder / "layer.tar", folder / "blob")
    blob = (folder / "blob").read_bytes()
    server = hostile.Registry(seekable.layout(folder, blob, annotations=annotations))
    size = len(seekable.contents(blob)[0])
    try:
        at = hostile.scan_registry(server, limits={"contents_bytes": size})
        past = hostile.scan_registry(server, limits={"contents_bytes": size - 1})
    finally:
        server.stop()
    assert at.codes == ["read-in-parts"]
    assert past.codes == ["read-whole"] and "contents_bytes" in past.notes[0]["message"]


# ---- what lists tell of ----

def listed(folder, registry, digest, *options):
    """What a daemon that scans the image anew lists of it, and its log."""
    data = folder / f"data{len(list(folder.glob('data*')))}"
    data.mkdir()
    daemon = programs.Daemon(data, *options, registries=f"http://{registry.host}").start()
    try:
        daemon.post("/v1/scans", {"reference": f"{registry.host}/team/app:1"})
        report = daemon.wait_report(digest)
        found = [daemon.get(f"/v1/{kind}?repository=team/app&limit=200").json["items"] for kind in ("binaries", "findings")]
    finally:
        assert daemon.stop() == 0
    return report, found, daemon.log()


def test_listed_rows__at_it_all_are_listed__past_it_the_log_says_what_is_left_out(folder, registry, image):
    digest = registry.push(image.source, "team/app:1")
    report, (binaries, findings), _ = listed(folder, registry, digest)
    rows = sum(1 + len(b["modules"]) for b in report["go_binaries"]) + len(report["findings"])
    rows += sum(len(b["godebug"]) for b in binaries)
    assert len(binaries) == len(report["go_binaries"]) and len(findings) == len(report["findings"])
    *_, log = listed(folder, registry, digest, f"--limit=listed_rows={rows}")
    assert "lists leave out" not in log
    report, (binaries, findings), log = listed(folder, registry, digest, f"--limit=listed_rows={rows - 1}")
    assert "lists leave out 1 rows" in log and "listed_rows" in log
    assert len(findings) == len(report["findings"]) and len(binaries) == len(report["go_binaries"])
    assert rows - 1 == len(findings) + sum(1 + len(b["godebug"]) for b in binaries)


# ---- all of them ----

# Rows that a unit test holds: of server.c and its neighbours, with a client that is slow to the byte.
UNIT_TESTS = {
    "request_bodies_bytes": ("api/test_guard.c", "bodies__of_all_requests__429_past_the_limit"),
    "request_header_seconds": ("api/test_guard.c", "slow__headers__connection_ended"),
    "request_seconds": ("api/test_guard.c", "slow__body__connection_ended"),
}

OWN_TESTS = {  # rows with a test of their own above
    "inventory_bytes", "image_inventory_bytes", "layer_seconds", "cage_idle_seconds",
    "cage_memory_bytes", "cage_wait_seconds", "scan_seconds", "redirects", "token_bytes", "policy_bytes",
    "webhook_bytes", "webhook_events", "request_bytes", "json_values", "inventory_values",
    "admission_bytes", "admission_values", "request_header_bytes", "contents_bytes",
    "listed_rows", *UNIT_TESTS}


def table():
    done = programs.run(programs.BIN / "tidewaiterd", "--print-limits")
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["limit", "value", "hard", "maximum", "unit", "what"]
    return {line.split()[0]: line.split(maxsplit=4) for line in lines}


def test_every_limit__has_a_test_at_and_past_it():
    assert not set(table()) - set(ROWS) - OWN_TESTS, "limits without a test"
    assert not set(ROWS) & OWN_TESTS
    for file, name in UNIT_TESTS.values():
        assert name in (programs.TOP / "tests/unit" / file).read_text(), name


def test_every_limit__has_a_unit_a_reason_and_a_hard_maximum(folder):
    source = dockerfile(folder, "FROM scratch\n")
    for name, (_, value, maximum, unit, why) in table().items():
        assert int(value) <= int(maximum), name
        assert unit and why, name
        assert hostile.scan(source, limits={name: maximum}).code == CLEAN
        Error(f"limit {name}", f"from 1 to {maximum}").check(
            hostile.scan(source, limits={name: int(maximum) + 1}))
