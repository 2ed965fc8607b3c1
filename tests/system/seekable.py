"""Layers that can be read in parts, written by the libraries that people use (tests/golang/seekable)."""
import gzip
import io
import json
import os
import re
import tarfile
from pathlib import Path

import hostile
from programs import run

GOLANG = Path(os.environ.get("TW_GOLANG", "/var/tmp/tidewaiter-golang"))
BUILD = Path(__file__).resolve().parents[1] / "golang/seekable/build.sh"
CHUNK = 4 << 20  # bytes; the writers' own default
ZSTD_LAYER = "application/vnd.oci.image.layer.v1.tar+zstd"
MEDIA_TYPES = {"estargz": hostile.LAYER, "zstd-stargz": ZSTD_LAYER, "zstd-storage": ZSTD_LAYER}
FORMS = tuple(MEDIA_TYPES)


def write(form, archive, blob, chunk=CHUNK):
    """Makes a layer of a tar file; returns the annotations for its descriptor."""
    run(BUILD, GOLANG)
    return json.loads(run(GOLANG / "seekable", form, archive, blob, chunk).stdout)


def contents(blob):
    """The table of contents of an eStargz layer, as JSON, and where it begins."""
    at = int(blob[-35:-19], 16)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob[at:-51]))) as tar:
        return tar.extractfile("stargz.index.json").read(), at


def layout(folder, blob, media_type=hostile.LAYER, annotations=None, **config):
    """An image of one layer."""
    made = hostile.Layout(folder, blob, media_type=media_type)
    if annotations:
        made.layers[0]["annotations"] = annotations
    made.config = hostile.dumps(made.plain_config(**config))
    made.manifest = hostile.dumps(made.plain_manifest())
    made.point(made.blob(made.manifest, hostile.MANIFEST))
    return made


def image(folder, form, archive, chunk=CHUNK, **config):
    folder.mkdir()
    blob = folder / "blob"
    annotations = write(form, archive, blob, chunk)
    return layout(folder, blob.read_bytes(), MEDIA_TYPES[form], annotations, **config)


def add(tar, name, body=b"", mode=0o644, kind=tarfile.REGTYPE, to=""):
    """`body`: bytes, or the path of a file."""
    info = tarfile.TarInfo(name)
    info.mode, info.type, info.linkname = mode, kind, to
    if isinstance(body, bytes):
        body = io.BytesIO(body)
        info.size = len(body.getvalue())
        tar.addfile(info, body)
        return
    info.size = Path(body).stat().st_size
    with open(body, "rb") as file:
        tar.addfile(info, file)


def fetched(notes):
    """(bytes fetched, bytes of the layer, files not opened) as the one note about it says."""
    [note] = [n for n in notes if n["code"] == "read-in-parts"]
    assert not note["incomplete"] and note["path"] is None
    return tuple(map(int, re.fullmatch(
        r"read by its (?:eStargz|zstd:chunked) table of contents, (\d+) of (\d+) bytes fetched; (\d+) files .*",
        note["message"]).groups()))
