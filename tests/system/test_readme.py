"""What the README promises is run as it stands there."""
import json
import re
import shlex

import pytest

from programs import TOP, run


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
