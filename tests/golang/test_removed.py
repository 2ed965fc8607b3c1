"""What is left when build info, section headers or symbols are gone; and what is no program at all."""
import shutil
import struct
import subprocess

import pytest

from builds import Build, minor
from conftest import FULL, TOP, VERSIONS, functions, inspect_one

MAGIC = b"\xff Go buildinf:"
SENTINEL = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
FACTS = ("main", "modules", "settings", "goroot", "functions", "links", "go_line")


def build(name, version=VERSIONS[-1]):
    from builds import BUILDS
    return next(b for b in BUILDS if b.name == name).make(TOP, version)


def objcopy(source, target, *options):
    subprocess.run(["objcopy", *options, source, target], check=True)
    return target


def without_section_headers(source, target):
    """What `sstrip` leaves: e_shoff, e_shnum and e_shstrndx are zero."""
    data = bytearray(source.read_bytes())
    assert data[4] == 2  # ELFCLASS64
    struct.pack_into("<Q", data, 40, 0)
    struct.pack_into("<HHH", data, 58, 0, 0, 0)
    target.write_bytes(data)
    return target


def codes(record):
    return [n["code"] for n in record["notes"]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["plain", "strip", "pie-strip"])
def test_removed__build_info_by_objcopy__all_the_facts_all_the_same(name, version, top, tmp_path):
    whole = inspect_one(build(name, version))
    cut = inspect_one(objcopy(build(name, version), tmp_path / "cut", "-R", ".go.buildinfo",
                              "-R", ".note.go.buildid"))
    assert {f: cut[f] for f in FACTS} == {f: whole[f] for f in FACTS}
    assert cut["go"] == whole["go"] | {
        "source": "buildversion", "confidence": "certain" if name == "plain" else "inferred"}
    assert codes(cut) == ["buildinfo-removed"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["plain", "pie-strip"])
def test_removed__section_headers__all_the_facts_all_the_same(name, version, top, tmp_path):
    whole = inspect_one(build("strip" if name == "plain" else name, version))
    cut = inspect_one(without_section_headers(build(name, version), tmp_path / "cut"))
    different = ["settings"] if name == "plain" else []  # the flags -s -w are among them
    assert {f: cut[f] for f in FACTS if f not in different} == {
        f: whole[f] for f in FACTS if f not in different}
    assert cut["go"] == whole["go"] and cut["notes"] == []


def wiped(data, *texts):
    for text in texts:
        assert text in data
        data = data.replace(text, b"\0" * len(text))
    return data


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["strip", "windows-amd64-strip", "linux-s390x-strip",
                                  "js-wasm-strip"])
def test_removed__every_mention_of_the_version__its_minor_release(name, version, top, tmp_path):
    release = (top / version / "VERSION").read_bytes().split()[0]
    data = build(name, version).read_bytes()
    gone = [release, SENTINEL] + ([] if "wasm" in name else [MAGIC])
    (tmp_path / "cut").write_bytes(wiped(data, *gone))
    record = inspect_one(tmp_path / "cut")
    expected = {15: ["1.2", "1.15"], 19: ["1.18", "1.19"], 27: ["1.27", None]}.get(
        minor(version), [version, version])
    assert (record["go"]["source"], record["go"]["confidence"]) == ("pclntab", "inferred")
    assert (record["go"]["release"], record["go"]["range"]) == (None, expected)
    assert functions(tmp_path / "cut") == functions(build(name, version))


C_PROGRAM = '''
#include <stdio.h>
__asm__(".section %s\\n.balign 4096\\nblob: .incbin \\"%s\\"\\nend_of_blob: .byte 0\\n.text\\n");
extern const char blob[], end_of_blob[];
int main(void) { return printf("%%td bytes, go1.22.1\\n", end_of_blob - blob) < 0; }
'''


@pytest.mark.parametrize("section", [".data", ".rodata", ".data.rel.ro"])
@pytest.mark.parametrize("headers", ["with", "without"])
def test_carried__go_program_as_data_of_a_c_program__is_no_go_program(section, headers, top, tmp_path):
    (tmp_path / "c.c").write_text(C_PROGRAM % (section, build("plain")))
    subprocess.run(["gcc", "-o", tmp_path / "c", tmp_path / "c.c"], check=True)
    assert subprocess.run([tmp_path / "c"], capture_output=True).stdout.endswith(b"go1.22.1\n")
    path = tmp_path / "c"
    if headers == "without":
        path = without_section_headers(path, tmp_path / "cut")
    record = inspect_one(path)
    assert record["is_go"] is False and record["notes"] == []


EMBEDDING = '''package main

import (
	_ "embed"
	"os"
)

//go:embed inner
var inner []byte

func main() { os.Stdout.Write(inner[:4]); os.Stdout.WriteString("go1.99.9") }
'''


@pytest.mark.parametrize("platform", ["linux/amd64", "windows/amd64", "plan9/amd64", "js/wasm"])
@pytest.mark.parametrize("flags", [(), ("-ldflags=-s -w",)], ids=["plain", "strip"])
def test_carried__go_program_in_a_go_program__only_the_outer_one_counts(platform, flags, top, tmp_path):
    newest = VERSIONS[-1]
    source = tmp_path / f"outer-{platform.replace('/', '-')}-{len(flags)}"
    source.mkdir()
    (source / "go.mod").write_text("module example.org/outer\n\ngo 1.16\n")
    (source / "main.go").write_text(EMBEDDING)
    shutil.copy(build("plain", "1.15"), source / "inner")
    outer = Build(source.name, *flags, platform=platform).make(tmp_path, newest, source, root=top)
    release = (top / newest / "VERSION").read_text().split()[0]
    cut = tmp_path / "cut"
    cut.write_bytes(outer.read_bytes().replace(MAGIC, b"\0" * len(MAGIC)))
    for path in (outer, cut):
        record = inspect_one(path)
        assert record["go"]["version"] == release
        assert record["main"]["path"] == "example.org/outer"
        assert "main.kept" not in functions(path)


@pytest.mark.parametrize("own", ["1.27", "1.15"])
def test_carried__go_program_in_writable_data__only_the_outer_one_counts(own, top, tmp_path):
    """A []byte lies in writable data, and its blob is aligned; the outer one's own is gone."""
    source = tmp_path / f"bytes-{own}"
    source.mkdir()
    (source / "go.mod").write_text("module example.org/outer\n\ngo 1.15\n")
    inner = build("strip", "1.27" if own == "1.15" else "1.15").read_bytes()
    at = inner.index(MAGIC) // 4096 * 4096
    (source / "main.go").write_text(
        'package main\n\nimport "os"\n\nvar inner = [...]byte{' +
        ",".join(map(str, inner[at:at + 8192])) + "}\n\nfunc main() { inner[0]++; os.Stdout.Write(inner[:4]) }\n")
    outer = Build(source.name, "-ldflags=-s -w").make(tmp_path, own, source, root=top)
    cut = objcopy(outer, tmp_path / "cut", "-R", ".go.buildinfo")
    record = inspect_one(cut)
    assert record["go"]["version"] == (top / own / "VERSION").read_text().split()[0]
    assert record["main"]["path"] == "example.org/outer"


@pytest.mark.parametrize("version", [v for v in VERSIONS if minor(v) >= 19])
def test_goroot__paths_among_a_trimmed_program_s_variables__none_of_them(version, top, tmp_path):
    source = tmp_path / f"paths-{version}"
    source.mkdir()
    (source / "go.mod").write_text("module example.org/paths\n\ngo 1.15\n")
    (source / "main.go").write_text(
        'package main\n\nimport "os"\n\nvar config, data, socket = "/etc/app/config.yaml", '
        '"/var/lib/app", "/run/app.sock"\n\nfunc main() { os.Stdout.WriteString(config + data + socket)\n'
        'if len(os.Args) > 5 { config, data, socket = os.Args[1], os.Args[2], os.Args[3] } }\n')
    for flags in (["-trimpath"], ["-trimpath", "-ldflags=-s -w"]):
        program = Build(f"paths-{len(flags)}", *flags).make(tmp_path, version, source, root=top)
        assert inspect_one(program)["goroot"] == {"value": "", "source": "trimmed"}


@pytest.mark.parametrize("version", VERSIONS)
def test_carried__the_magic_in_the_go_command__not_taken(version, top, tmp_path):
    go = top / version / "bin" / "go"
    release = (top / version / "VERSION").read_text().split()[0]
    for path in (go, objcopy(go, tmp_path / "cut", "-R", ".go.buildinfo"),
                 without_section_headers(go, tmp_path / "no-headers")):
        record = inspect_one(path)
        assert record["go"]["version"] == release
        assert record["main"]["path"] in ("cmd/go", None)


def test_carried__mentions_in_texts__no_go_program(tmp_path):
    (tmp_path / "go.mod").write_bytes(b"go 1.22\n" + MAGIC + b"\x08\x02go1.22.1\n" + SENTINEL)
    record = inspect_one(tmp_path / "go.mod")
    assert record["is_go"] is False and record["format"] is None


@pytest.mark.parametrize("name", ["strip", "windows-amd64-strip", "linux-arm64-strip"])
def test_packed__by_upx__noted(name, top, tmp_path):
    packed = tmp_path / "packed"
    subprocess.run([top / "upx", "-q", "-o", packed, build(name, "1.15")], check=True,
                   capture_output=True)
    record = inspect_one(packed)
    assert record["is_go"] is False and codes(record) == ["packed-upx"]
