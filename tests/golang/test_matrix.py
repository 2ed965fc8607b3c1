"""One small program, built in many ways by many toolchains: every fact is as it must be."""
import pytest

import agreement
from builds import BUILDS, minor
from conftest import FULL, TIDEWAITER, VERSIONS, functions, inspect_one

FORMATS = {"windows": "pe", "darwin": "macho", "aix": "xcoff", "plan9": "plan9", "js": "wasm",
           "wasip1": "wasm"}  # all others: ELF
SMALL = {"plain", "trimpath-strip", "pie-strip", "goroot-trimpath-strip", "goroot-final", "version",
         "version-trimpath", "experiment", "linux-s390x-strip", "windows-386-strip",
         "darwin-amd64-strip", "aix-ppc64-strip", "plan9-386", "js-wasm-strip"}
CELLS = [pytest.param(v, b, id=f"{v}-{b.name}") for v in VERSIONS for b in BUILDS
         if b.exists_in(v) and (FULL or b.name in SMALL)]


def toolchain_version(top, version):
    return (top / version / "VERSION").read_text().split()[0]


def expected_version(build, version, release):
    """Experiments are in the version since 1.17, with "-X:" since 1.26."""
    experiment = build.environment.get("GOEXPERIMENT")
    if not experiment or minor(version) < 17:
        return release
    return f"{release}-X:{experiment}" if minor(version) >= 26 else f"{release} X:{experiment}"


def expected_source(build, version):
    """The linker writes no build info for wasm, nor for plugins before 1.20."""
    if build.os in ("js", "wasip1"):
        return "buildversion"
    if "plugin" in build.name and minor(version) < 20:
        # There the variable of the program that loads it is used, up to 1.15.
        return "buildversion" if minor(version) > 15 else "pclntab"
    return "buildinfo"


def stripped(build):
    return any("-s -w" in f for f in build.flags)


def recorded(build, version):
    """Whether -ldflags are in the build info."""
    return minor(version) >= 18 and "-trimpath" not in build.flags


def expected_goroot(build, version, top):
    """The value that runtime.GOROOT() returns."""
    given = [f.split("defaultGOROOT=")[1] for f in build.flags if "defaultGOROOT=" in f]
    if given and minor(version) >= 17:
        return given[0]
    if "-trimpath" in build.flags:
        return "" if minor(version) >= 19 else "go"
    final = build.environment.get("GOROOT_FINAL")
    return final if final and minor(version) < 23 else str(top / version)


def expected_program_version(build, version):
    if not any("main.version=1.2.3" in f for f in build.flags):
        return {"value": None, "source": None}
    if recorded(build, version):
        return {"value": "1.2.3", "source": "ldflags"}
    return {"value": None, "source": None} if stripped(build) else {"value": "1.2.3",
                                                                    "source": "symbol"}


@pytest.mark.parametrize("version, build", CELLS)
def test_matrix__every_build__its_facts(version, build, top):
    record = inspect_one(build.make(top, version))
    source = expected_source(build, version)
    release = toolchain_version(top, version)
    assert (record["is_go"], record["format"]) == (True, FORMATS.get(build.os, "elf"))
    assert (record["os"], record["arch"]) == (build.os, build.arch)
    assert record["go"]["source"] == source
    if source == "pclntab":
        assert (record["go"]["release"], record["go"]["range"]) == (None, ["1.2", "1.15"])
    else:
        assert record["go"]["version"] == expected_version(build, version, release)
        assert record["go"]["release"] == release.removeprefix("go")
    assert record["goroot"]["value"] == expected_goroot(build, version, top)
    assert record["main"]["version"] == expected_program_version(build, version)
    if source == "buildinfo" or build.os in ("js", "wasip1"):
        assert record["main"]["module"]["path"] == record["main"]["path"] == "example.org/matrix"
        assert record["notes"] == []
    else:  # up to 1.12 there never was one, and a range up to 1.15 does not tell
        removed = [] if source == "pclntab" else ["buildinfo-removed"]
        assert [n["code"] for n in record["notes"]] == removed
    if minor(version) >= 18 and source == "buildinfo":
        assert record["settings"]["GOOS"] == build.os
        assert ("-ldflags" in record["settings"]) == (
            recorded(build, version) and any(f.startswith("-ldflags") for f in build.flags))


@pytest.mark.parametrize("version, build", CELLS)
def test_matrix__every_build__its_functions(version, build, top):
    path = build.make(top, version)
    names = functions(path)
    main = "example.org/matrix" if "plugin" in build.name else "main"
    assert {f"{main}.main", f"{main}.kept"} <= names
    assert (f"{main}.inlined" in names) == (minor(version) >= 16)
    assert "os" in inspect_one(path)["links"]


# What the go command can't read, or reads wrongly: it wants symbols in XCOFF and Plan 9 files, and
# knows no wasm.
@pytest.mark.parametrize("version, build", [c for c in CELLS if FORMATS.get(
    c.values[1].os, "elf") in ("elf", "pe", "macho") and "plugin" not in c.values[1].name])
def test_matrix__formats_that_the_go_command_reads__the_same(version, build, top, go):
    us, different = agreement.compare(go, TIDEWAITER, build.make(top, version))
    assert us["is_go"] and different == {}
