"""What the README promises is run as it stands there."""
import json
import re
import shlex

import pytest

import images
from programs import TOP, run, tidewaiter


def examples(name):
    """The curl lines of a README's shell blocks."""
    text = (TOP / name).read_text()
    lines = []
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        lines += [line for line in block.splitlines() if line.startswith("curl ")]
    return lines


READMES = ["README.md", "README.zh-CN.md"]


def test_readme__every_curl__answers_as_it_should(daemon, registry, image):
    digest = registry.push(image.source, "team/app:1.4")
    daemon.wait_report(digest)
    assert len(examples("README.md")) >= 10
    for line in sum(map(examples, READMES), []):
        argv = shlex.split(line.replace("$DIGEST", digest)
                           .replace("http://127.0.0.1:8055", daemon.url)
                           .replace("localhost:5055", registry.host))
        done = run(*argv, "-s", "-w", "\n%{http_code} %{content_type}")
        body, last = done.stdout.rsplit("\n", 1)
        status, kind = last.split(" ", 1)
        assert status in ("200", "202"), (line, done.stdout)
        assert body, line
        if kind.startswith("application/json"):
            json.loads(body)
        assert "problem" not in kind, line


@pytest.mark.parametrize("name", READMES)
def test_readme__names_of_files__exist(name):
    for path in re.findall(r"`((?:deploy|tests|scanner|api|daemon)/[\w./-]*)`", (TOP / name).read_text()):
        assert (TOP / path).exists(), path


def commands(name):
    """The lines that begin with `tidewaiter`, without their comments; several in one are parted."""
    lines = re.findall(r"^    (tidewaiter .*)$", (TOP / name).read_text(), re.M)
    return [part.strip() for line in lines for part in line.split("  #")[0].split(" # ")[0].split(";")]


@pytest.mark.parametrize("name", READMES)
def test_readme__every_command__does_what_it_says(name, daemon, registry, image, folder):
    later = images.copy(image, folder / "later")
    later.env("ENV GODEBUG=gctrace=0", GODEBUG="gctrace=0")
    for source, tag in ((image.source, "1.4"), (later.source, "1.5")):
        daemon.wait_report(registry.push(source, f"team/app:{tag}"))
    (folder / "policy.yaml").write_text("name: house\n")
    place = f"{registry.host}/team"
    words = {"localhost:5055/team": place, "registry.example/team": place, "oci:image:latest": image.source,
             "dockerfile:Dockerfile": f"dockerfile:{TOP}/deploy/quickstart/Dockerfile",
             "policy.yaml": f"{folder}/policy.yaml", "IMAGE": f"{place}/app:1.4", "镜像": f"{place}/app:1.4"}
    told = commands(name)
    assert len(told) >= 10
    for line in told:
        for word, real in words.items():
            line = line.replace(word, real)
        line = re.sub(r"(?<= )app:", f"{place}/app:", line)
        done = tidewaiter(*shlex.split(line)[1:], env={
            "TIDEWAITER_SERVER": daemon.url, "TIDEWAITER_REGISTRIES": f"http://{registry.host}"})
        finds = re.match(r"tidewaiter (scan|gate|diff|submit|report)", line)
        assert done.returncode in ((0, 1) if finds else (0,)), (line, done.stdout, done.stderr)
        assert done.stdout.strip() or "queue --failed" in line, line
