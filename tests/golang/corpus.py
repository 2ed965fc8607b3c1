#!/usr/bin/env python3
"""Brings real Go binaries to this machine: Debian's, of every suite and architecture, and npm's.
Debian packages are chosen by rule (those that say that they were built with Go, smallest first),
npm packages by npm.tsv. What is there already is kept.
usage: tests/golang/corpus.py DIR"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = {"amd64": 40, "i386": 3, "arm64": 3, "armhf": 3, "ppc64el": 3, "s390x": 3, "mips64el": 3,
            "mipsel": 3}  # of each suite
BYTES_MAX = 6 << 20  # a package; larger ones show nothing that a smaller one does not
EXECUTABLE_MIN = 100_000  # bytes; every Go program is larger
MAGICS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\0asm",
          b"\x01\xf7", b"\x01\xdf")


def choose(lists, arch):
    """(suite, package, version) of the smallest packages built with Go, for one architecture."""
    for index in sorted(lists.glob(f"*_main_binary-{arch}_Packages*")):
        suite = index.name.split("_dists_")[1].split("_")[0]
        found = []
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", index], check=True,
                              capture_output=True, text=True).stdout
        for stanza in text.split("\n\n"):
            field = dict(re.findall(r"^([A-Za-z-]+): (.*)", stanza, re.M))
            built = field.get("Built-Using", "") + field.get("Static-Built-Using", "")
            if "golang-1." not in built or field["Architecture"] != arch:
                continue
            if field["Package"].endswith(("-dev", "-dbg")) or int(field["Size"]) > BYTES_MAX:
                continue
            found.append((int(field["Size"]), field["Package"], field["Version"]))
        for _, package, version in sorted(found)[:PACKAGES[arch]]:
            yield suite, package, version


def keep_executables(tar, target):
    """The executables of a tar, flat, by their path with dashes."""
    target.mkdir(parents=True, exist_ok=True)
    for member in tar:
        if not member.isfile() or member.size < EXECUTABLE_MIN:
            continue
        data = tar.extractfile(member).read()
        if data.startswith(MAGICS):
            path = target / member.name.lstrip("./").replace("/", "-")
            path.write_bytes(data)
            path.chmod(0o755)


def unpack(archive, target):
    """A Debian or npm package; the folder appears whole or not at all."""
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    if archive.suffix == ".deb":
        stream = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE)
        with tarfile.open(fileobj=stream.stdout, mode="r|") as tar:
            keep_executables(tar, part)
        stream.stdout.read()
        if stream.wait() != 0:
            raise SystemExit(f"{archive}: dpkg-deb could not read it")
    else:
        with tarfile.open(archive) as tar:
            keep_executables(tar, part)
    part.rename(target)


def bring_debian(top):
    apt = top / ".apt"
    script = f'. "{HERE}/apt.sh" && private_apt "{apt}" {" ".join(PACKAGES)}'
    subprocess.run(["bash", "-euc", script], check=True)
    wanted = []
    for arch in PACKAGES:
        for suite, package, version in choose(apt / "lists", arch):
            target = top / f"{suite}-{arch}" / package
            if not target.exists():
                wanted.append((target, f"{package}:{arch}={version}"))
    if not wanted:
        return
    with tempfile.TemporaryDirectory(dir=top) as work:
        # One command for all: apt reads its lists anew each time.
        subprocess.run(["apt-get", "download", "-q", *(name for _, name in wanted)], cwd=work,
                       env=os.environ | {"APT_CONFIG": str(apt / "apt.conf")}, check=True,
                       capture_output=True)
        for target, name in wanted:
            package, arch, version = re.match(r"(.*):(.*)=(.*)", name).groups()
            archive = Path(work) / f"{package}_{version.replace(':', '%3a')}_{arch}.deb"
            target.parent.mkdir(exist_ok=True)
            unpack(archive, target)
            archive.unlink()


def bring_npm(top):
    def bring(line):
        name, version = line.split("\t")
        target = top / "npm" / f"{name.replace('/', '-').lstrip('@')}-{version}"
        if target.exists():
            return
        with tempfile.TemporaryDirectory(dir=top) as work:
            subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=work, check=True,
                           capture_output=True)
            (archive,) = Path(work).glob("*.tgz")
            unpack(archive, target)

    (top / "npm").mkdir(exist_ok=True)
    lines = [l for l in (HERE / "npm.tsv").read_text().splitlines() if not l.startswith("#")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(bring, lines))


def main():
    top = Path(sys.argv[1]).absolute()
    top.mkdir(parents=True, exist_ok=True)
    bring_debian(top)
    bring_npm(top)


if __name__ == "__main__":
    main()
