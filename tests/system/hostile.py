"""Inputs that nobody means well with: layers, images, binaries and registries, made from nothing."""
import gzip
import hashlib
import importlib.util
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import urllib.parse
import zlib
from pathlib import Path

import faults
from programs import BIN, TOP

RELEASE_BIN = Path(os.environ["TW_RELEASE_BIN"]) if os.environ.get("TW_RELEASE_BIN") else None
CLEAN, FINDINGS, TROUBLE, INCOMPLETE = range(4)
OCI = "application/vnd.oci.image."
INDEX, MANIFEST, CONFIG, LAYER = (OCI + kind for kind in (
    "index.v1+json", "manifest.v1+json", "config.v1+json", "layer.v1.tar"))


# ---- binaries: those of the unit tests' maker ----

def _maker():
    path = TOP / "tests/unit/gobin/data/make.py"
    spec = importlib.util.spec_from_file_location("gobin_make", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = _maker()


def go_program(modinfo=make.MODINFO % b"amd64", version=b"go1.22.1"):
    return make.elf(64, False, 62, make.inline(version, modinfo))


def go_with_functions():
    """A program with a function table: make.FUNCTIONS are its names."""
    return make.wasm()


# ---- tar ----

def entry(name, body=b"", kind=tarfile.REGTYPE, to="", mode=0o755, **more):
    """A member; `name` and `to` may be bytes, for those that are no UTF-8."""
    def text(value):
        return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    info = tarfile.TarInfo(text(name))
    info.type, info.linkname, info.mode, info.size = kind, text(to), mode, len(body)
    for key, value in more.items():
        setattr(info, key, value)
    return info, body


def directory(name):
    return entry(name, kind=tarfile.DIRTYPE)


def symlink(name, to):
    return entry(name, kind=tarfile.SYMTYPE, to=to)


def hardlink(name, to):
    return entry(name, kind=tarfile.LNKTYPE, to=to)


def tar(*entries, form=tarfile.GNU_FORMAT, end=True):
    """An archive; with two blocks of zeros behind it, or none."""
    out = io.BytesIO()
    for info, body in entries:
        out.write(info.tobuf(form, "utf-8", "surrogateescape"))
        out.write(body)
        out.write(bytes(-len(body) % 512))
    return out.getvalue() + (bytes(1024) if end else b"")


def raw_header(name, size_field, kind=b"0"):
    """A ustar header whose size field is as given, with a right checksum."""
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:108] = b"0000644\0"
    block[124:124 + len(size_field)] = size_field
    block[156:157] = kind
    block[257:265] = b"ustar\00000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


# ---- compression ----

def gz(data, extra=0):
    """gzip, with a comment field of so many bytes in its header: the size can be chosen."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    flags = 4 if extra else 0
    field = struct.pack("<H", extra - 2) + bytes(extra - 2) if extra else b""
    head = b"\x1f\x8b\x08" + bytes([flags]) + bytes(6)
    return head + field + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def gz_zeros(count, chunk=1 << 24):
    """gzip of so many zeros, without holding them."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        while count > 0:
            count -= file.write(bytes(min(count, chunk)))
    return out.getvalue()


ZSTD_BLOCK = 1 << 17


def zstd_frame(*blocks, window=0x58):
    """A zstd frame (RFC 8878) of raw blocks (bytes) and runs (byte, count): no compressor needed."""
    out = struct.pack("<I", 0xFD2FB528) + bytes([0, window])  # 0x58: a window of 2 MiB
    for i, block in enumerate(blocks):
        last = i == len(blocks) - 1
        if isinstance(block, bytes):
            out += struct.pack("<I", len(block) << 3 | last)[:3] + block
        else:
            out += struct.pack("<I", block[1] << 3 | 1 << 1 | last)[:3] + bytes([block[0]])
    return out


def zstd(data):
    return zstd_frame(*[data[i:i + ZSTD_BLOCK] for i in range(0, len(data), ZSTD_BLOCK)])


def zstd_skippable(size):
    """A frame that says nothing: it makes a stream longer."""
    return struct.pack("<II", 0x184D2A50, size) + bytes(size)


def zstd_bomb(head, zeros):
    """`head`, then so many zeros, four bytes a block of 128 KiB."""
    return zstd_frame(head, *[(0, ZSTD_BLOCK)] * (zeros // ZSTD_BLOCK))


# ---- images ----

def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def dumps(value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


class Layout:
    """An OCI layout with one image, tag "1". Layers are bytes; the rest is made to fit, or given."""

    def __init__(self, folder, *layers, config=None, manifest=None, media_type=LAYER):
        self.folder = folder / "oci"
        self.blobs = {}  # by digest
        (self.folder / "blobs/sha256").mkdir(parents=True, exist_ok=True)
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self.layers = [self.blob(layer, media_type) for layer in layers]
        self.config = dumps(config if config is not None else self.plain_config())
        self.blob(self.config, CONFIG)
        self.manifest = dumps(manifest if manifest is not None else self.plain_manifest())
        self.point(self.blob(self.manifest, MANIFEST))

    def blob(self, data, media_type):
        """Puts a blob in place; returns its descriptor."""
        digest = digest_of(data)
        self.blobs[digest] = data
        (self.folder / "blobs/sha256" / digest[7:]).write_bytes(data)
        return {"mediaType": media_type, "size": len(data), "digest": digest}

    def plain_config(self, **config):
        return {"architecture": "amd64", "os": "linux", "config": config, "rootfs": {
            "type": "layers", "diff_ids": [layer["digest"] for layer in self.layers]}}

    def plain_manifest(self, **more):
        return {"schemaVersion": 2, "mediaType": MANIFEST, "layers": self.layers,
                "config": self.blob(self.config, CONFIG), **more}

    def add_index(self, *descriptors):
        return self.blob(dumps({"schemaVersion": 2, "mediaType": INDEX,
                                "manifests": list(descriptors)}), INDEX)

    def point(self, descriptor):
        """Makes tag "1" name this manifest or index."""
        self.top = descriptor
        named = {**descriptor, "annotations": {"org.opencontainers.image.ref.name": "1"}}
        (self.folder / "index.json").write_bytes(dumps({"schemaVersion": 2, "manifests": [named]}))

    @property
    def source(self):
        return f"oci:{self.folder}:1"

    def archive(self, name="image.tar"):
        """The same as oci-archive:; returns the path."""
        path = self.folder.parent / name
        files = ["oci-layout", "index.json"]
        files += [f"blobs/sha256/{digest[7:]}" for digest in self.blobs]
        path.write_bytes(tar(*[entry(f, (self.folder / f).read_bytes()) for f in files]))
        return path


def docker_archive(folder, *layers, config=None, manifest=None):
    """What `docker save` wrote before 25.0; returns the path."""
    config = dumps(config if config is not None else {
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]}})
    names = [f"{i}/layer.tar" for i in range(len(layers))]
    top = manifest if manifest is not None else [
        {"Config": digest_of(config)[7:] + ".json", "RepoTags": ["app:1"], "Layers": names}]
    path = folder / "docker.tar"
    path.write_bytes(tar(entry(digest_of(config)[7:] + ".json", config),
                         *[entry(n, layer) for n, layer in zip(names, layers)],
                         entry("manifest.json", dumps(top))))
    return path


class Registry(faults.Server):
    """Serves one Layout as team/app:1, and breaks what its faults say."""

    NAME = "team/app"

    def __init__(self, layout, *broken):
        super().__init__(*broken)
        self.layout = layout

    def fetch(self, path, headers):
        """As faults.Proxy has it, for its faults."""
        path = urllib.parse.urlsplit(path).path
        what = path.rpartition("/")[2]
        digest = self.layout.top["digest"] if what == "1" else what
        data = self.layout.blobs.get(digest)
        if data is None:
            return 404, {}, b""
        kind = json.loads(data).get("mediaType") if "/manifests/" in path else None
        said = {"Content-Type": kind or "application/octet-stream"}
        start = headers.get("Range")
        if not start:
            return 200, said, data
        at, end = map(int, start.removeprefix("bytes=").split("-"))
        said["Content-Range"] = f"bytes {at}-{end}/{len(data)}"
        return 206, said, data[at:end + 1]

    def serve(self, request):
        request.answer(*self.fetch(request.path, request.headers))

    @property
    def source(self):
        return f"{self.host}/{self.NAME}:1"


# ---- scanning ----

class Scan:
    """One run of the command line: exit code, report (None when there is none), stderr."""

    def __init__(self, *argv, binaries=BIN, limits=None, timeout=120, env=None):
        options = [f"--limit={name}={value}" for name, value in (limits or {}).items()]
        command = [str(a) for a in (binaries / "tidewaiter", *argv, *options)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={**os.environ, "DOCKER_CONFIG": "/nonexistent",
                                        **(env or {})})
        try:
            out, self.stderr = (s.decode() for s in process.communicate(timeout=timeout))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        self.code = process.returncode
        assert self.code in range(4), (command, self.code, self.stderr)
        assert "Sanitizer" not in self.stderr and "runtime error" not in self.stderr, self.stderr
        assert "Sanitizer" not in out, out
        self.report = json.loads(out) if out else None
        assert (self.report is None) == (self.code == TROUBLE), (command, out, self.stderr)

    @property
    def reports(self):
        """One an image: an index has several."""
        return self.report.get("reports") or [self.report]

    @property
    def notes(self):
        return [note for r in self.reports for note in r["completeness"]["notes"]]

    @property
    def codes(self):
        return [note["code"] for note in self.notes]

    @property
    def status(self):
        """The worst of all images."""
        found = {r["completeness"]["status"] for r in self.reports}
        return next(s for s in ("failed", "partial", "complete") if s in found)

    @property
    def paths(self):
        return [binary["path"] for r in self.reports for binary in r["go_binaries"]]


def scan(source, *options, **more):
    return Scan("scan", source, "--format=json", "--fail-on=critical", "--quiet", *options, **more)


def scan_registry(server, *options, **more):
    return scan(server.source, f"--registries=http://{server.host}", *options, **more)


# In a process of its own: the kernel counts what the parent had before the program began.
MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(usage.ru_maxrss * 1024, process.returncode)
"""


def peak_bytes(argv, timeout=120):
    """The largest resident set of a command and of what it starts; its exit code."""
    done = subprocess.run([sys.executable, "-c", MEASURE, *map(str, argv)], timeout=timeout, check=True,
                          capture_output=True, text=True)
    peak, code = map(int, done.stdout.split())
    return peak, code
