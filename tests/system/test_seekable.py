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
TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
HOW = ("read-in-parts", "read-whole", "no-end-marker")  # stargz-snapshotter's zstd:chunked has none
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
    notes = report["completeness"]["notes"]
    assert all(n["code"] in HOW for n in notes), notes
    notes.clear()
    return json.loads(re.sub("|".join(map(re.escape, digests)), "DIGEST", json.dumps(report)))


def scan(registry, name, *options):
    return hostile.scan(f"{registry.host}/{name}", f"--registries=http://{registry.host}", *options)


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
    read, size, unopened = seekable.fetched(in_parts.notes)
    assert size == len(made.blobs[made.layers[0]["digest"]])
    assert unopened in (2, 3, 4)  # first and last; eStargz has a landmark and its own table beside
    assert read < size / 3  # two programs of some 3 MB each, a library, one chunk of noise
    assert judged(in_parts.report) == whole
    at_once = scan(registry, "team/app:whole", "--seekable-layers=whole")
    assert "read-in-parts" not in at_once.codes and judged(at_once.report) == whole


# ---- tables that cannot be used, or should not be believed ----

@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An eStargz layer with a Go program: (layer, annotations)."""
    folder = tmp_path_factory.mktemp("small")
    with tarfile.open(folder / "layer.tar", "w") as tar:
        seekable.add(tar, "bin/app", hostile.go_program(), mode=0o755)
        seekable.add(tar, "srv/data", os.urandom(2 << 20))
    annotations = seekable.write("estargz", folder / "layer.tar", folder / "blob")
    return (folder / "blob").read_bytes(), annotations


def with_table(small, change):
    """The layer with its table changed, and the annotation that vouches for that one."""
    blob, _ = small
    table, at = seekable.contents(blob)
    table = json.loads(table)
    change(table)
    body = hostile.dumps(table)
    packed = hostile.gz(hostile.tar(hostile.entry("stargz.index.json", body)))
    return blob[:at] + packed + blob[-51:], {TOC_DIGEST: hostile.digest_of(body)}


def scan_layer(folder, blob, annotations, *options, fault=None):
    faults = [fault] if fault else []
    server = hostile.Registry(seekable.layout(folder, blob, annotations=annotations), *faults)
    try:
        return hostile.scan_registry(server, *options)
    finally:
        server.stop()


def whole_because(scanned):
    [note] = [n for n in scanned.notes if n["code"] == "read-whole"]
    assert not note["incomplete"] and scanned.status == "complete"
    assert scanned.paths == ["bin/app"]
    before = "its eStargz table of contents was not used, it was read whole: "
    assert note["message"].startswith(before)
    return note["message"].removeprefix(before)


def test_seekable__table_of_its_digest__read_in_parts(small, folder):
    blob, annotations = small
    scanned = scan_layer(folder, blob, annotations)
    assert scanned.paths == ["bin/app"] and scanned.codes == ["read-in-parts"]
    assert seekable.fetched(scanned.notes)[0] < 20000


def test_seekable__table_of_another_digest__read_whole(small, folder):
    blob, _ = small
    scanned = scan_layer(folder, blob, {TOC_DIGEST: hostile.digest_of(b"another")})
    assert "the table of contents: " in whole_because(scanned)


@pytest.mark.parametrize("spoil", [lambda blob: blob[:-51], lambda blob: blob + bytes(1)], ids=["none", "moved"])
def test_seekable__footer_that_is_none__read_whole(small, folder, spoil):
    blob, annotations = small
    assert whole_because(scan_layer(folder, spoil(blob), annotations)) == "it does not end with an eStargz footer"


def chunk_of_another_digest(table):
    [app] = [e for e in table["entries"] if e["name"] == "bin/app"]
    app["chunkDigest"] = hostile.digest_of(b"another")


def chunk_elsewhere(table):
    [app] = [e for e in table["entries"] if e["name"] == "bin/app"]
    app["offset"] += 3


def chunk_that_is_longer(table):
    [app] = [e for e in table["entries"] if e["name"] == "bin/app"]
    app["size"] += 5000


def everything_executable(table):
    for entry in table["entries"]:
        entry["mode"] = 0o755


@pytest.mark.parametrize("change, why", [
    (chunk_of_another_digest, "bin/app: "),
    (chunk_elsewhere, "bin/app: "),
    (chunk_that_is_longer, "bin/app: "),
    (everything_executable, " bytes are of files that have to be looked at"),
])
def test_seekable__table_that_does_not_fit__read_whole(small, folder, change, why):
    assert why in whole_because(scan_layer(folder, *with_table(small, change)))


def hole_without_end(table):
    table["entries"].append({"name": "bin/hole", "type": "reg", "mode": 0o755, "size": 1 << 60, "chunkType": "zeros"})


def test_seekable__hole_of_an_exabyte__is_not_walked(small, folder):
    scanned = scan_layer(folder, *with_table(small, hole_without_end))
    assert scanned.paths == ["bin/app"] and scanned.codes == ["read-in-parts"]


def test_seekable__parts_that_inflate_past_the_limit_together__read_whole(folder):
    size = 300_000
    with tarfile.open(folder / "layer.tar", "w") as tar:
        for name in ("bin/app", "bin/app2"):
            seekable.add(tar, name, hostile.go_program().ljust(size, b"\0"), mode=0o755)
        seekable.add(tar, "srv/data", os.urandom(2 << 20))
    annotations = seekable.write("estargz", folder / "layer.tar", folder / "blob")
    server = hostile.Registry(seekable.layout(folder, (folder / "blob").read_bytes(), annotations=annotations))
    try:
        for limit, codes in ((3 * size, ["read-in-parts"]), (3 * size // 2, ["over-limit", "read-whole"])):
            scanned = hostile.scan_registry(server, limits={"layer_unpacked_bytes": limit})
            assert sorted(scanned.codes) == codes
    finally:
        server.stop()


def test_seekable__registry_without_ranges__read_whole(small, folder):
    def no_ranges(request):
        del request.headers["Range"]
        return False
    blob, annotations = small
    assert "it sends whole blobs only" in whole_because(scan_layer(folder, blob, annotations, fault=no_ranges))


def test_seekable__parts_are_not_found__read_whole(small, folder):
    def no_parts(request):
        return bool(request.headers.get("Range")) and request.answer(404)
    blob, annotations = small
    assert "404" in whole_because(scan_layer(folder, blob, annotations, fault=no_parts))


def test_seekable__layer_of_a_few_bytes__read_whole_without_a_word(folder):
    with tarfile.open(folder / "layer.tar", "w") as tar:
        seekable.add(tar, "bin/app", hostile.go_program(), mode=0o755)
    annotations = seekable.write("estargz", folder / "layer.tar", folder / "blob")
    scanned = scan_layer(folder, (folder / "blob").read_bytes(), annotations)
    assert scanned.paths == ["bin/app"] and scanned.codes == []


def without_the_program(table):
    table["entries"] = [e for e in table["entries"] if e["name"] != "bin/app"]


def test_seekable__program_that_the_table_hides__seen_when_read_whole_only(small, folder):
    """What a signed table cannot help: docs and the note say it, and how to read all."""
    blob, annotations = with_table(small, without_the_program)
    scanned = scan_layer(folder, blob, annotations)
    assert scanned.paths == [] and scanned.codes == ["read-in-parts"]
    assert scan_layer(folder, blob, annotations, "--seekable-layers=whole").paths == ["bin/app"]


def test_seekable__same_layer_without_its_table__is_not_known_by_what_the_table_said(small, folder, registry, daemon):
    blob, annotations = with_table(small, without_the_program)
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    lying = registry.push(seekable.layout(folder / "a", blob, annotations=annotations).source, "team/app:1",
                          "--preserve-digests")
    daemon.wait_report(lying)
    plain = registry.push(seekable.layout(folder / "b", blob).source, "team/app:2", "--preserve-digests")
    daemon.wait_report(plain)
    reports = [daemon.get(f"/v1/images/{digest}/report").json for digest in (lying, plain)]
    assert [[b["path"] for b in r["go_binaries"]] for r in reports] == [[], ["bin/app"]]
