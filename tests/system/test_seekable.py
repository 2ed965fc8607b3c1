"""eStargz and zstd:chunked: read in parts, with the same result as read whole, or read whole."""
import json
import os
import re
import shutil
import tarfile

import pytest

import hostile
import programs
import seekable

DATA_BYTES = 64 << 20
ENV = ["PATH=/usr/local/bin", "GODEBUG=gctrace=1,tls10server=1", "GOMEMLIMIT=2GB"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Data, a Go program, and one of everything that is looked at."""
    path = tmp_path_factory.mktemp("seekable") / "layer.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        def add(*args, **more):
            seekable.add(tar, *args, **more)
        add("srv/", kind=tarfile.DIRTYPE, mode=0o755)
        add("srv/first", os.urandom(DATA_BYTES // 2))
        add("usr/local/bin/umoci", shutil.which("umoci"), mode=0o755)
        add("usr/local/bin/start", b"#!/bin/sh\nexport GOMAXPROCS=2 GOGC=off\nexec umoci serve\n", mode=0o755)
        add("usr/local/bin/noise", os.urandom(9 << 20), mode=0o755)  # several chunks, no program
        add("usr/local/bin/again", kind=tarfile.LNKTYPE, to="usr/local/bin/umoci")
        add("usr/local/bin/um", kind=tarfile.SYMTYPE, to="umoci")
        add("usr/lib/libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6")
        add("usr/local/go/VERSION", b"go1.21.5\ntime 2023-11-29T21:21:46Z\n")
        add("usr/local/go/bin/go", shutil.which("umoci"), mode=0o755)
        add("etc/os-release", b'ID=alpine\nVERSION_ID=3.19\n')
        add("etc/ssl/certs/ca-certificates.crt", b"-----BEGIN CERTIFICATE-----\n" * 100)
        add("usr/share/zoneinfo/UTC", b"TZif2" + bytes(60))
        add("old/.wh.gone")
        add("opaque/.wh..wh..opq")
        add("empty")
        add("srv/last", os.urandom(DATA_BYTES // 2))
    return path


def judged(report):
    """What a report says, but for which layer and image it was."""
    digests = {layer["digest"] for layer in report["image"]["layers"]} | {report["image"]["digest"]}
    for key in ("layers", "reference", "registry"):
        del report["image"][key]
    report["completeness"]["notes"] = [
        n for n in report["completeness"]["notes"] if n["code"] not in ("read-in-parts", "read-whole")]
    return json.loads(re.sub("|".join(map(re.escape, digests)), "DIGEST", json.dumps(report)))


def scan(registry, name, *options):
    return hostile.scan(f"{registry.host}/{name}", f"--registries=http://{registry.host}", *options)


def fetched(scanned):
    """(bytes fetched, bytes of the layer, files not opened) as the one note about it says."""
    print(scanned.notes)
    [note] = [n for n in scanned.notes if n["code"] == "read-in-parts"]
    assert not note["incomplete"] and note["path"] is None
    return tuple(map(int, re.fullmatch(
        r"read by its (?:eStargz|zstd:chunked) table of contents, (\d+) of (\d+) bytes fetched; (\d+) files .*",
        note["message"]).groups()))


@pytest.fixture(scope="module")
def whole(archive, tmp_path_factory):
    """The report of the same archive as an ordinary layer."""
    folder = tmp_path_factory.mktemp("whole")
    made = seekable.layout(folder, hostile.gz(archive.read_bytes()), Env=ENV, Cmd=["start"])
    server = programs.Registry(folder).start()
    try:
        server.push(made.source, "team/app:whole")
        scanned = scan(server, "team/app:whole")
    finally:
        server.stop()
    assert scanned.status == "complete" and scanned.codes == []
    assert scanned.paths == ["usr/local/bin/umoci", "usr/local/go/bin/go"]
    return judged(scanned.report)


@pytest.mark.parametrize("form", seekable.FORMS)
def test_seekable__each_form__same_report_from_few_bytes(form, registry, folder, archive, whole):
    made = seekable.image(folder / form, form, archive, Env=ENV, Cmd=["start"])
    registry.push(made.source, "team/app:whole", "--preserve-digests")
    in_parts = scan(registry, "team/app:whole")
    read, size, unopened = fetched(in_parts)
    assert size == len(made.blobs[made.layers[0]["digest"]])
    assert unopened in (2, 3, 4)  # first and last; eStargz has a landmark and its own table beside
    assert read < size / 3  # two programs of some 3 MB each, a library, one chunk of noise
    assert judged(in_parts.report) == whole
    at_once = scan(registry, "team/app:whole", "--seekable-layers=whole")
    assert at_once.codes == [] and judged(at_once.report) == whole
