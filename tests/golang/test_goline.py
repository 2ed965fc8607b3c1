"""The go line of a module, as DefaultGODEBUG betrays it, against the go.mod that was built."""
import pytest

from builds import Build, minor
from conftest import FULL, VERSIONS, inspect_one

LINES = range(18, 28) if FULL else (18, 20, 23, 26)
CELLS = [(v, line) for v in VERSIONS for line in LINES if minor(v) >= 21 and line <= minor(v)]


def built(top, tmp_path, version, line, *debug):
    source = tmp_path / f"line-{version}-{line}"
    source.mkdir()
    (source / "go.mod").write_text(f"module example.org/line\n\ngo 1.{line}\n")
    directives = "".join(f"//go:debug {d}\n" for d in debug)
    (source / "main.go").write_text(f"{directives}package main\n\nfunc main() {{}}\n")
    return inspect_one(Build(source.name, "-ldflags=-s -w").make(tmp_path, version, source, root=top))


@pytest.mark.parametrize("version, line", CELLS)
def test_goline__of_the_module__at_most_that(version, line, top, tmp_path):
    found = built(top, tmp_path, version, line)["go_line"]["at_most"]
    if line == minor(version):
        assert found is None
    else:  # no default changed in 1.20
        assert found == {19: "1.20"}.get(line, f"1.{line}")


@pytest.mark.parametrize("debug", [("netedns0=0",), ("rsa1024min=0",), ("panicnil=1", "netedns0=0")])
def test_goline__one_setting_by_a_directive__says_nothing(debug, top, tmp_path):
    record = built(top, tmp_path, "1.27", 27, *debug)
    assert record["default_godebug"] == dict(d.split("=") for d in debug)
    assert record["go_line"] == {"at_most": None, "source": None}
