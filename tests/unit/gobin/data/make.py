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


# ---- programs with a function table ----

FUNCTIONS = [b"runtime.main", b"main.main", b"net/http.(*Server).Serve"] + [
    b"example.org/a.f%d" % i for i in range(30)]
FILES_OF_IT = [b"/usr/lib/go/src/runtime/proc.go", b"/src/app/main.go"]


def texts(names):
    """NUL-terminated texts one after the other, and where each begins."""
    out, at = b"", []
    for name in names:
        at.append(len(out))
        out += name + b"\0"
    return out, at


def pclntab(e, width, magic):
    """runtime/symtab.go: as Go 1.2 (FB), 1.16 (FA), 1.18 (F0) and 1.20 (F1) lay it out."""
    word, n = "Q" if width == 8 else "I", len(FUNCTIONS)
    names, name_at = texts(FUNCTIONS)
    files, file_at = texts(FILES_OF_IT)
    start = struct.pack(e + "I", magic) + bytes([0, 0, 1, width])
    if magic == 0xFFFFFFFB:
        functions_at = 8 + width + 2 * n * width + width + 4
        functions_at = (functions_at + width - 1) // width * width
        file_table_at = functions_at + n * (width + 4)
        names_at = file_table_at + 4 * (len(FILES_OF_IT) + 1)
        pairs = b"".join(struct.pack(e + word * 2, i, functions_at + i * (width + 4)) for i in range(n))
        head = start + struct.pack(e + word, n) + pairs + struct.pack(e + word + "I", n, file_table_at)
        functions = b"".join(struct.pack(e + word + "I", i, names_at + at)
                             for i, at in enumerate(name_at))
        table = struct.pack(e + "I", len(FILES_OF_IT) + 1)
        table += b"".join(struct.pack(e + "I", names_at + len(names) + at) for at in file_at)
        return head.ljust(functions_at, b"\0") + functions + table + names + files
    has_text = magic != 0xFFFFFFFA
    names_at = 8 + (8 if has_text else 7) * width
    files_at = names_at + len(names)
    functions_at = files_at + len(files)
    words = [n, len(FILES_OF_IT)] + [0] * has_text + [names_at, files_at, files_at, functions_at,
                                                      functions_at]
    return start + struct.pack(e + word * len(words), *words) + names + files + bytes(16 * n)


class Memory:
    """Bytes at rising addresses."""

    def __init__(self, base):
        self.base, self.bytes = base, b""

    def put(self, data, align=16):
        self.bytes = self.bytes.ljust((len(self.bytes) + align - 1) // align * align, b"\0")
        address = self.base + len(self.bytes)
        self.bytes += data
        return address


def program(e, width, magic, text, data, blob=None, version=b"go1.25.5"):
    """Fills the memories `text` and `data` as a linker would, with a blob or without. Returns the
    addresses of variables, by name."""
    word = "Q" if width == 8 else "I"
    table_at = text.put(pclntab(e, width, magic), 32)
    framed = START + MODINFO % b"wasm" + END
    modinfo_at, version_at, root_at = text.put(framed), text.put(version), text.put(b"/opt/go")
    if blob:
        data.put(blob(e, width, data.base))
    data.put(struct.pack(e + word, table_at) + bytes(5 * width))  # moduledata begins with it
    variables = {}
    for name, at, size in (("runtime.modinfo", modinfo_at, len(framed)),
                           ("runtime.buildVersion", version_at, len(version)),
                           ("runtime.defaultGOROOT", root_at, 7)):
        variables[name] = data.put(struct.pack(e + word * 2, at, size))
    return variables


def leb(n, signed=False):
    out = []
    while True:
        byte, n = n & 0x7F, n >> 7
        if (not signed and n == 0) or (signed and n == 0 and not byte & 0x40):
            return bytes(out + [byte])
        out.append(byte | 0x80)


def wasm():
    """The linker drops runs of zeros: here eight and more end a segment."""
    memory = Memory(16 + 4096 * 3)
    program("<", 8, 0xFFFFFFF1, memory, memory)
    segments, at = [], 0
    while at < len(memory.bytes):
        end = memory.bytes.find(bytes(8), at)
        end = len(memory.bytes) if end < 0 else end
        if end > at:
            segments.append((memory.base + at, memory.bytes[at:end]))
        at = end
        while at < len(memory.bytes) and memory.bytes[at] == 0:
            at += 1
    body = leb(len(segments))
    for address, part in segments:
        body += b"\0\x41" + leb(address, signed=True) + b"\x0b" + leb(len(part)) + part
    imports = leb(1) + b"\4gojs" + b"\x05debug" + b"\0\0"

    def section(number, content):
        return bytes([number]) + leb(len(content)) + content
    return (b"\0asm\1\0\0\0" + section(0, b"\x0ago:buildid" + b"x") + section(2, imports) +
            section(11, body))


def xcoff():
    text, data = Memory(0x100000800), Memory(0x200000000)
    blob = inline(b"go1.17.13", MODINFO % b"ppc64")
    variables = program(">", 8, 0xFFFFFFFA, text, data, blob)
    text_at = 2048
    data_at = text_at + len(text.bytes)
    symbols_at = data_at + len(data.bytes)
    strings, records = b"", b""
    for name, address in variables.items():
        records += struct.pack(">QIHHBB", address, 4 + len(strings), 2, 0, 2, 0)
        strings += name.encode() + b"\0"
    header = struct.pack(">HHIQHHI", 0x1F7, 2, 0, symbols_at, 0, 2, len(variables))
    for name, memory, at, flags in ((b".text", text, text_at, 0x20), (b".data", data, data_at, 0x40)):
        header += struct.pack(">8sQQQQQQIIII", name, memory.base, memory.base, len(memory.bytes), at,
                              0, 0, 0, 0, flags, 0)
    return (header.ljust(text_at, b"\0") + text.bytes + data.bytes + records +
            struct.pack(">I", 4 + len(strings)) + strings)


def plan9(magic, width, page, arch):
    header_size = 40 if width == 8 else 32
    text = Memory(page + header_size)
    program("<", width, 0xFFFFFFFB, text, Memory(0))  # to learn how long it is
    data = Memory((text.base + len(text.bytes) + page - 1) // page * page)
    text = Memory(text.base)
    blob = inline(b"go1.15.15", MODINFO % arch)
    variables = program("<", width, 0xFFFFFFFB, text, data, blob)
    symbols = b""
    for name, address in variables.items():
        symbols += address.to_bytes(width, "big") + bytes([ord("D") | 0x80]) + name.encode() + b"\0"
    header = struct.pack(">8I", magic, len(text.bytes), len(data.bytes), 0, len(symbols), 0, 0, 0)
    return header.ljust(header_size, b"\0") + text.bytes + data.bytes + symbols


def relocated_elf():
    """Addresses are in relocations only, as lld leaves them: the pointers of the blob and of its
    string headers are zero in place."""
    def section(e, width, address):
        body = pointers(b"go1.16.15", MODINFO % b"arm64")(e, width, address)
        framed_size = len(START + MODINFO % b"arm64" + END)
        texts_at = address + 32 + 4 * width
        places = {16: address + 32, 24: address + 48, 32: texts_at, 48: texts_at + 9}
        body = bytearray(body)
        for place in places:
            body[place:place + 8] = bytes(8)
        assert struct.unpack_from("<Q", body, 56)[0] == framed_size
        rows = b"".join(struct.pack("<QQq", address + place, 1027, to) for place, to in places.items())
        return bytes(body).ljust((len(body) + 15) // 16 * 16, b"\0"), rows
    return elf_with_rela(183, section)


def elf_with_rela(machine, section):
    at = 128
    body, rows = section("<", 8, BASE + at)
    names = b"\0.go.buildinfo\0.rela.dyn\0.shstrtab\0"
    rows_at, names_at = at + len(body), at + len(body) + len(rows)
    table_at = (names_at + len(names) + 7) // 8 * 8
    header = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 3, machine, 1, BASE + at, 64, table_at, 0, 64, 56, 1, 64, 4, 3)
    segment = struct.pack("<IIQQQQQQ", 1, 6, at, BASE + at, BASE + at, len(body), len(body), 16)
    sections = [(0,) * 10, (1, 1, 3, BASE + at, at, len(body), 0, 0, 16, 0),
                (15, 4, 2, 0, rows_at, len(rows), 0, 0, 8, 24),
                (25, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)]
    table = b"".join(struct.pack("<IIQQQQIIQQ", *row) for row in sections)
    out = (header + segment).ljust(at, b"\0") + body + rows + names
    return out.ljust(table_at, b"\0") + table


def chained_macho():
    """Pointers are encoded as dyld's chains (DYLD_CHAINED_PTR_64_OFFSET), with a link in the top."""
    base, commands = 0x100000000, 72 + 80 + 16
    at = (32 + commands + 15) // 16 * 16
    body = bytearray(pointers(b"go1.17.13", MODINFO % b"arm64")("<", 8, base + at))
    for place in (16, 24, 32, 48):
        address, = struct.unpack_from("<Q", body, place)
        struct.pack_into("<Q", body, place, address - base | 2 << 51)
    fixups = struct.pack("<IIIIIII", 0, 32, 0, 0, 0, 1, 0).ljust(32, b"\0")
    fixups += struct.pack("<II", 1, 8) + struct.pack("<IHHQIHH", 24, 0x4000, 6, 0, 0, 1, 0)
    fixups_at = at + len(body)
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 3, 2, 2, commands, 0, 0)
    segment = struct.pack("<II16sQQQQIIII", 0x19, 72 + 80, b"__DATA", base, at + len(body), 0,
                          at + len(body), 3, 3, 1, 0)
    row = struct.pack("<16s16sQQIIIIIIII", b"__go_buildinfo", b"__DATA", base + at, len(body), at,
                      4, 0, 0, 0, 0, 0, 0)
    chains = struct.pack("<IIII", 0x80000034, 16, fixups_at, len(fixups))
    return (header + segment + row + chains).ljust(at, b"\0") + bytes(body) + fixups


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
    "relocated-arm64": relocated_elf(),
    "darwin-chained": chained_macho(),
    "js-wasm": wasm(),
    "aix-ppc64": xcoff(),
    "plan9-amd64": plan9(0x8A97, 8, 0x200000, b"amd64"),
    "plan9-arm": plan9(0x647, 4, 0x1000, b"arm"),
    "no-modules": elf(64, False, 62, inline(b"go1.27.4", b"")),
}
if __name__ == "__main__":
    for name, data in FILES.items():
        path = HERE / f"{name}.bin"
        path.write_bytes(data)
        path.chmod(0o755)  # the go command reads executables only
