#!/usr/bin/python3
"""Makes the layer fixtures beside it, again byte for byte: ./make.py

Needs tar, gzip and zstd. Every archive has fixed times and owners.
"""
import gzip
import io
import os
import struct
import subprocess
import tarfile
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, data):
    assert len(data) < 20000, (name, len(data))
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(data)
    return data


def entry(name, data=b"", kind=tarfile.REGTYPE, link="", **pax):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mode = kind, link, len(data), 0o755
    info.pax_headers = pax
    return info, data


def tar(entries, form=tarfile.USTAR_FORMAT, end=True):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as t:
        for info, data in entries:
            t.addfile(info, io.BytesIO(data))
        size = t.offset
    data = out.getvalue()[:size]
    return data + bytes(1024) if end else data


def member(data):
    return gzip.compress(data, 9, mtime=0)


def full_header(data):
    """A member whose header has every field that there is."""
    head = (b"\x1f\x8b\x08\x1e" + struct.pack("<I", 0) + b"\0\x03" + struct.pack("<H", 5) + b"extra" +
            b"a-name.tar\0" + b"a comment\0")
    return head + struct.pack("<H", zlib.crc32(head) & 0xffff) + member(data)[10:]


def zstd(data):
    return subprocess.run(["zstd", "-19", "-c"], input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True).stdout


def skippable(data, nibble=0):
    return struct.pack("<II", 0x184D2A50 + nibble, len(data)) + data


def header_block(name, size, kind=b"0", link=b""):
    """A ustar header by hand, for names and types that tarfile refuses."""
    h = bytearray(512)
    h[0:len(name)] = name
    h[100:108], h[108:116], h[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    h[124:136], h[136:148] = b"%011o\0" % size, b"00000000000\0"
    h[148:156], h[156:157] = b" " * 8, kind
    h[157:157 + len(link)] = link
    h[257:265] = b"ustar\x0000"
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)


def sparse(form):
    """Real sparse archives by GNU tar: 3 bytes, a hole to 5 MiB, 3 bytes, a hole to 6 MiB."""
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "sparse")
        with open(path, "wb") as f:
            f.write(b"one")
            f.seek(5 << 20)
            f.write(b"two")
            f.truncate(6 << 20)
        os.utime(path, (0, 0))
        return subprocess.run(
            ["tar", "-C", d, "-S", "--format=" + form[0], *form[1:], "--owner=0", "--group=0", "--numeric-owner",
             "--mode=644", "-cf", "-", "sparse"], stdout=subprocess.PIPE, check=True).stdout


SYM, LNK, DIR, CHR, FIFO = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE

basic = write("basic.tar", tar([
    entry("./", kind=DIR), entry("./usr/bin", kind=DIR),
    entry("./usr/bin/app", b"\x7fELF" + b"not really" * 20),
    entry("./usr/bin/alias", kind=LNK, link="./usr/bin/app"),
    entry("bin", kind=SYM, link="usr/bin"),
    entry("dev/null", kind=CHR), entry("run/pipe", kind=FIFO),
    entry("/etc//./motd", b"hello\n")]))
write("basic.tar.gz", member(basic))
write("members.tar.gz", b"".join(member(basic[i:i + 700]) for i in range(0, len(basic), 700)))
write("fields.tar.gz", full_header(basic[:3000]) + full_header(basic[3000:]))
write("padded.tar.gz", member(basic) + bytes(5000))
write("junk.tar.gz", member(basic) + b"\0\0\0junk after it")
good = member(basic)
write("badcrc.tar.gz", good[:-8] + struct.pack("<I", zlib.crc32(basic) ^ 1) + good[-4:])
write("badlength.tar.gz", good[:-4] + struct.pack("<I", len(basic) + 1))
write("basic.tar.zst", zstd(basic))
write("frames.tar.zst", skippable(b"first", 15) + zstd(basic[:1000]) + skippable(b"between") +
      zstd(basic[1000:]) + skippable(b"", 7) + skippable(b"last" * 10, 3))
write("twice.tar.gz.gz", member(good))
write("basic.tar.bz2", __import__("bz2").compress(basic))
write("basic.tar.xz", __import__("lzma").compress(basic))
write("noend.tar", basic[:-1024])
write("empty.tar", bytes(1024))
write("empty.tar.gz", member(bytes(1024)))
write("nothing.gz", member(b""))
write("footer.tar.gz", member(basic) + bytes.fromhex("1f8b08040000000000ff1a0053471600") +
      b"%016xSTARGZ" % len(good) + bytes.fromhex("010000ffff") + bytes(8))
long = "/".join(["directory-%02d" % i for i in range(25)]) + "/file"
write("long-gnu.tar.gz", member(tar([entry(long, b"x"), entry("link", kind=SYM, link=long)],
                                    tarfile.GNU_FORMAT)))
write("long-pax.tar.gz", member(tar([entry(long, b"x"), entry("link", kind=SYM, link=long)],
                                    tarfile.PAX_FORMAT)))
write("names.tar.gz", member(
    header_block(b"latin-\xe9", 0) + header_block("utf-é".encode(), 0) +
    header_block(b"new\nline", 0) + header_block(b"back\\slash", 0) +
    tar([entry("pax-é-☃", b"y")], tarfile.PAX_FORMAT)))
write("hardlink-data.tar.gz", member(
    header_block(b"first", 4) + b"same" + bytes(508) +
    tar([entry("second", b"same", LNK, "first", size="4")], tarfile.PAX_FORMAT)))
for name, form in (("old", ["gnu"]), ("pax01", ["pax", "--sparse-version=0.1"]),
                   ("pax10", ["pax", "--sparse-version=1.0"])):
    write("sparse-%s.tar.gz" % name, member(sparse(form)))
write("not-a-tar.gz", member(b"this is a text and no tar archive\n" * 40))
