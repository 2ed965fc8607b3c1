"""Builds the program of matrix/ with any toolchain that toolchains.sh unpacked."""
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
VERSIONS = ("1.15", "1.19", "1.21", "1.22", "1.23", "1.24", "1.25", "1.26", "1.27")


def toolchains(top, versions=VERSIONS):
    """Brings the toolchains under `top`, which keeps them from one run to the next."""
    subprocess.run([HERE / "toolchains.sh", top, *versions], check=True)


def minor(version):
    return int(version.split(".")[1])


class Build:
    """One program: how it is built, and for what."""

    def __init__(self, name, *flags, platform="linux/amd64", cgo=False, since=15, until=99, **environment):
        self.name, self.flags, self.cgo = name, flags, cgo
        self.os, self.arch = platform.split("/")
        self.since, self.until, self.environment = since, until, environment

    def exists_in(self, version):
        return self.since <= minor(version) <= self.until

    def make(self, top, version, source=HERE / "matrix", root=None):
        """The path of the executable; one that is there already is taken. `root`: where the
        toolchains are when it is not `top`."""
        out = Path(top) / "built" / version / self.name
        if out.exists():
            return out
        toolchain = Path(root or top) / version
        work = Path(top) / "work"
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, work / source.name, dirs_exist_ok=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GO")} | {
            "GOROOT": str(toolchain), "GOTOOLCHAIN": "local",
            "GOCACHE": str(Path(root or top) / "cache" / version),
            "GOPATH": str(work / "gopath"), "GOFLAGS": "-mod=mod", "GO111MODULE": "on",
            "GOOS": self.os, "GOARCH": self.arch, "CGO_ENABLED": "1" if self.cgo else "0",
            **self.environment}
        run = subprocess.run([toolchain / "bin" / "go", "build", *self.flags, "-o", out, "."],
                             cwd=work / source.name, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, f"Go {version}, {self.name}: {run.stderr}"
        return out


STRIP = "-ldflags=-s -w"
BUILDS = (
    Build("plain"),
    Build("strip", STRIP),
    Build("trimpath", "-trimpath"),
    Build("trimpath-strip", "-trimpath", STRIP),
    Build("pie", "-buildmode=pie"),
    Build("pie-strip", "-buildmode=pie", STRIP),
    Build("goroot", "-ldflags=-X runtime.defaultGOROOT=/opt/else"),
    Build("goroot-strip", "-ldflags=-s -w -X runtime.defaultGOROOT=/opt/else"),
    Build("goroot-trimpath-strip", "-trimpath", "-ldflags=-s -w -X runtime.defaultGOROOT=/opt/else"),
    Build("goroot-empty", "-ldflags=-X runtime.defaultGOROOT="),
    Build("goroot-final", GOROOT_FINAL="/custom/final"),
    Build("version", "-ldflags=-X main.version=1.2.3"),
    Build("version-all", "-ldflags=all=-s -w -X main.version=0 -X main.version=1.2.3"),
    Build("version-trimpath", "-trimpath", "-ldflags=-X main.version=1.2.3"),
    Build("version-plugin", "-trimpath", "-buildmode=plugin", "-ldflags=-X main.version=1.2.3",
          cgo=True),
    Build("version-strip", "-trimpath", "-ldflags=-s -w -X main.version=1.2.3"),
    Build("experiment", GOEXPERIMENT="fieldtrack"),
    Build("external", "-ldflags=-linkmode=external", cgo=True),
    Build("external-pie", "-buildmode=pie", "-ldflags=-linkmode=external", cgo=True),
    Build("c-shared", "-buildmode=c-shared", cgo=True),
    Build("plugin", "-buildmode=plugin", cgo=True),
    Build("race", "-race", cgo=True),
    *(Build(f"{platform.replace('/', '-')}{'-strip' if flags else ''}", *flags, platform=platform,
            since=since)
      for platform, since in (
          ("linux/386", 15), ("linux/arm", 15), ("linux/arm64", 15), ("linux/riscv64", 15),
          ("linux/s390x", 15), ("linux/ppc64", 15), ("linux/mips", 15), ("linux/mips64le", 15),
          ("linux/loong64", 19), ("windows/amd64", 15), ("windows/386", 15), ("windows/arm64", 19),
          ("darwin/amd64", 15), ("darwin/arm64", 19), ("freebsd/amd64", 15), ("aix/ppc64", 15),
          ("plan9/amd64", 15), ("plan9/386", 15), ("js/wasm", 15), ("wasip1/wasm", 21))
      for flags in ((), (STRIP,))),
)
