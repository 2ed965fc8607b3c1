#!/usr/bin/env python3
"""Small executables with the parts that Go leaves behind, and nothing else: for tests of forms that no
small real program has (both byte orders, both word sizes, both forms of the blob).
usage: make.py (writes beside itself)"""
import struct
from pathlib import Path

HERE = Path(__file__).parent
BASE = 0x400000
START, END = (bytes.fromhex("3077af0c9274080241e1c107e6d618e6"),
              bytes.fromhex("f932433186182072008242104116d8f2"))
MODINFO = (b"path\texample.org/app/cmd/app\n"
           b"mod\texample.org/app\tv1.4.0\th1:abc=\n"
           b"dep\texample.org/a\tv1.0.0\th1:a=\n"
           b"dep\texample.org/b\tv1.0.0\n=>\t../b\t(devel)\t\n"
           b"build\t-compiler=gc\n"
           b'build\t-ldflags="-s -w -X main.version=1.4.1"\n'
           b"build\tDefaultGODEBUG=tls10server=1,x509sha1=1\n"
           b"build\tGOARCH=%s\n")


def uvarint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def elf(bits, big, machine, section):
    """One writable segment that holds one section; `section` is made by a function of its address."""
    e = ">" if big else "<"
    word = "Q" if bits == 64 else "I"
    header_size, program_size, section_size = (64, 56, 64) if bits == 64 else (52, 32, 40)
    at = (header_size + program_size + 15) // 16 * 16
    body = section(e, bits // 8, BASE + at)
    names = b"\0.go.buildinfo\0.shstrtab\0"
    names_at = at + len(body)
    table_at = (names_at + len(names) + 7) // 8 * 8
    ident = b"\x7fELF" + bytes([bits // 32, 2 if big else 1, 1]) + bytes(9)
    header = ident + struct.pack(e + "HHI" + word * 3 + "IHHHHHH", 2, machine, 1, BASE + at,
                                 header_size, table_at, 0, header_size, program_size, 1,
                                 section_size, 3, 2)
    if bits == 64:
        segment = struct.pack(e + "IIQQQQQQ", 1, 6, at, BASE + at, BASE + at, len(body), len(body), 16)
    else:
        segment = struct.pack(e + "IIIIIIII", 1, at, BASE + at, BASE + at, len(body), len(body), 6, 16)
    rows = [(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            (1, 1, 3, BASE + at, at, len(body), 0, 0, 16, 0),
            (15, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)]
    table = b"".join(struct.pack(e + "II" + word * 4 + "II" + word * 2, *row) for row in rows)
    out = (header + segment).ljust(at, b"\0") + body + names
    return out.ljust(table_at, b"\0") + table


def inline(version, modinfo):
    def section(e, width, address):
        framed = START + modinfo + END
        blob = b"\xff Go buildinf:" + bytes([width, 2]) + bytes(16)
        # The go command wants a byte after the text; the linker aligns to 16.
        return blob + uvarint(len(version)) + version + uvarint(len(framed)) + framed + bytes(16)
    return section


def pointers(version, modinfo):
    def section(e, width, address):
        word = "Q" if width == 8 else "I"
        framed = START + modinfo + END
        blob = b"\xff Go buildinf:" + bytes([width, 1 if e == ">" else 0])
        headers_at = address + 32
        texts_at = headers_at + 4 * width
        blob += struct.pack(e + word * 2, headers_at, headers_at + 2 * width).ljust(16, b"\0")
        blob += struct.pack(e + word * 4, texts_at, len(version), texts_at + len(version), len(framed))
        return blob + version + framed
    return section


def pe(bits, machine, section):
    """A .data section, readable and writable, that holds the blob."""
    body = section("<", bits // 8, BASE + 0x1000)
    body = body.ljust((len(body) + 511) // 512 * 512, b"\0")
    optional = struct.pack("<H", 0x20B if bits == 64 else 0x10B).ljust(24, b"\0")
    optional += struct.pack("<Q", BASE) if bits == 64 else struct.pack("<II", 0, BASE)
    optional = optional.ljust(240 if bits == 64 else 224, b"\0")
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    header += b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), 0x22)
    row = b".data".ljust(8, b"\0") + struct.pack("<IIIIIIHHI", len(body), 0x1000, len(body), 512,
                                                 0, 0, 0, 0, 0xC0000040)
    return (header + optional + row).ljust(512, b"\0") + body


def macho(big, cpu, section):
    """A 64-bit file: one segment __DATA with one section __go_buildinfo."""
    e = ">" if big else "<"
    at = 32 + 72 + 80
    at = (at + 15) // 16 * 16
    body = section(e, 8, BASE + at)
    header = struct.pack(e + "IIIIIIII", 0xFEEDFACF, cpu, 3, 2, 1, 72 + 80, 0, 0)
    segment = struct.pack(e + "II16sQQQQIIII", 0x19, 72 + 80, b"__DATA", BASE, at + len(body), 0,
                          at + len(body), 3, 3, 1, 0)
    row = struct.pack(e + "16s16sQQIIIIIIII", b"__go_buildinfo", b"__DATA", BASE + at, len(body), at,
                      4, 0, 0, 0, 0, 0, 0)
    return (header + segment + row).ljust(at, b"\0") + body


def universal(*parts):
    """(cpu, file) each, at multiples of 4096."""
    out = struct.pack(">II", 0xCAFEBABE, len(parts))
    at, bodies = 4096, b""
    for cpu, data in parts:
        out += struct.pack(">IIIII", cpu, 0, at, len(data), 12)
        padded = data.ljust((len(data) + 4095) // 4096 * 4096, b"\0")
        bodies += padded
        at += len(padded)
    return out.ljust(4096, b"\0") + bodies


AMD64, ARM64 = 0x01000007, 0x0100000C
DARWIN_AMD64 = macho(False, AMD64, inline(b"go1.25.3", MODINFO % b"amd64"))
DARWIN_ARM64 = macho(False, ARM64, inline(b"go1.25.3", MODINFO % b"arm64"))
FILES = {
    "windows-amd64": pe(64, 0x8664, inline(b"go1.24.1", MODINFO % b"amd64")),
    "windows-386": pe(32, 0x14C, pointers(b"go1.16.15", MODINFO % b"386")),
    "darwin-arm64": DARWIN_ARM64,
    "darwin-pointers": macho(False, AMD64, pointers(b"go1.14.2", MODINFO % b"amd64")),
    "darwin-universal": universal((AMD64, DARWIN_AMD64), (ARM64, DARWIN_ARM64)),
    "inline-amd64": elf(64, False, 62, inline(b"go1.22.1", MODINFO % b"amd64")),
    "inline-s390x": elf(64, True, 22, inline(b"go1.26.5-X:fieldtrack", MODINFO % b"s390x")),
    "inline-386": elf(32, False, 3, inline(b"go1.21rc2", MODINFO % b"386")),
    "pointers-amd64": elf(64, False, 62, pointers(b"go1.15.15", MODINFO % b"amd64")),
    "pointers-ppc64": elf(64, True, 21, pointers(b"go1.13", MODINFO % b"ppc64")),
    "pointers-mips": elf(32, True, 8, pointers(b"go1.17.13", MODINFO % b"mips")),
    "no-modules": elf(64, False, 62, inline(b"go1.27.4", b"")),
}
if __name__ == "__main__":
    for name, data in FILES.items():
        path = HERE / f"{name}.bin"
        path.write_bytes(data)
        path.chmod(0o755)  # the go command reads executables only
