"""Layers as Go's archive/tar reads them, which runtimes unpack with: what it gives, we have or say we miss.

Archives with special headers of every kind are changed at random, checksums made good, and read by both.
TW_FULL=1 takes twenty times as many.
"""
import hashlib
import json
import os
import random
import subprocess

import pytest

import hostile
from hostile import directory, entry, hardlink, raw_header, symlink, tar
from test_hostile import differentials, pax, sparse

GO = hostile.go_program()
GO_COMMAND = "/usr/lib/go-1.19/bin/go"  # Debian 12's, a package of the tests
COUNT = 8000 if os.environ.get("TW_FULL") else 400

READER = r"""
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
)

type entry struct {
	Name    string
	Regular bool
	Program bool // has the bytes that are looked for
}

type result struct {
	Error   string
	Entries []entry
}

func read(path, wanted string) (r result) {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	t := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := t.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			return result{Error: err.Error()}
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		var body []byte
		if h.Size <= 1<<20 {
			if body, err = io.ReadAll(t); err != nil {
				return result{Error: err.Error()}
			}
		}
		sum := sha256.Sum256(body)
		r.Entries = append(r.Entries, entry{h.Name, h.Typeflag == tar.TypeReg,
			hex.EncodeToString(sum[:]) == wanted})
	}
}

func main() {
	results := []result{}
	for _, path := range os.Args[2:] {
		results = append(results, read(path, os.Args[1]))
	}
	json.NewEncoder(os.Stdout).Encode(results)
}
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    (folder / "main.go").write_text(READER)
    subprocess.run([GO_COMMAND, "build", "-o", "reader", "main.go"], cwd=folder, check=True, env={
        **os.environ, "GO111MODULE": "off", "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local",
        "GOCACHE": os.environ.get("GOCACHE", "/var/tmp/tidewaiter-gocache"), "HOME": str(folder)})
    return folder / "reader"


def go_reads(reader, paths):
    results = []
    for i in range(0, len(paths), 500):
        done = subprocess.run([reader, hashlib.sha256(GO).hexdigest(), *paths[i:i + 500]],
                              capture_output=True, text=True, check=True)
        results += json.loads(done.stdout)
    return results


def we_read(path):
    program = (hostile.RELEASE_BIN or hostile.BIN) / "tidewaiter-layer"
    with open(path, "rb") as layer:
        done = subprocess.run([program, "--as", "layer"], stdin=layer, capture_output=True, text=True)
    assert done.returncode == 0, (path, done.stderr)
    return json.loads(done.stdout)


def plain_path(name):
    """The name as we keep it, or None when it is not simple."""
    if not name.isascii() or not name.isprintable() or "\\" in name:
        return None
    parts = []
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def programs_of(entries):
    """(programs, what may be one) when all is unpacked: of the same name the last one stays. None: names
    that are not simple, or a name that is a folder of another."""
    last = {}
    for e in entries:
        path = plain_path(e["Name"])
        if path is None or any(part.startswith(".wh.") for part in path.split("/")):
            return None
        last[path] = e
    if any(other.startswith(path + "/") for path, e in last.items() if e["Program"] for other in last):
        return None
    return ({path for path, e in last.items() if e["Program"] and e["Regular"] and path},
            {path for path, e in last.items() if e["Program"]})


def check(path, go):
    """What is complete for us has every program that Go sees, and no other."""
    ours = we_read(path)
    if go["Error"] or not ours["complete"]:
        return False
    theirs = programs_of(go["Entries"] or [])
    if theirs is None:
        return False
    files = {file["path"] for file in ours["files"]
             if file["sha256"].endswith(hashlib.sha256(GO).hexdigest())}
    assert theirs[0] <= files, (path, "missed", theirs[0] - files)
    assert files <= theirs[1], (path, "made up", files - theirs[1])
    return True


def bases():
    long = "d/" * 60 + "app"
    gnu = entry("././@LongLink", long.encode() + b"\0", kind=b"L")
    target = entry("././@LongLink", b"t" * 120 + b"\0", kind=b"K")
    return [
        tar(entry("a", GO), directory("b/"), entry("b/c", GO), symlink("l", "a"), hardlink("h", "a"),
            entry("none"), entry("text", b"x" * 700), entry("z", GO)),
        tar(pax(path=long), entry("short", GO), pax(size=len(GO), mtime="1.5"), entry("sized", GO),
            entry("z", GO)),
        tar(gnu, entry("short", GO), target, symlink("l", "x"), entry("z", GO)),
        tar(entry("g", pax(comment="x")[1], kind=b"g"), entry("a", GO), entry("v", kind=b"V"),
            entry("d", GO, kind=b"D"), entry("m", GO, kind=b"Q"), entry("z", GO)),
        sparse(1 << 16, (0, b"x" * 600), (1 << 15, b"y" * 600)),
        raw_header(b"old/", b"00000000000\0", b"\0") + raw_header(b"a", b"%011o\0" % len(GO), b"\0")
        + GO + bytes(-len(GO) % 512) + tar(entry("z", GO)),
    ]


def headers_of(data):
    return [at for at in range(0, len(data) - 511, 512) if data[at + 257:at + 262] == b"ustar"]


FIELDS = [(0, 100), (100, 8), (124, 12), (156, 1), (157, 100), (257, 8), (345, 155), (482, 30)]
VALUES = b"\0 /0123456789xgLKSVDMNAX.\x80\xff="


def mutate(data, rng):
    """One to three changes, mostly in headers, whose checksums hold afterwards."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.choice(headers_of(data) or [0])
        what = rng.random()
        if what < 0.15:  # a piece of another archive in front of a header
            other = rng.choice(bases())
            start = rng.choice(headers_of(other))
            data[at:at] = other[start:start + 512 * rng.randint(1, 3)]
            continue
        if what < 0.25:
            del data[at:at + 512 * rng.randint(1, 2)]
            continue
        if what < 0.4:  # the text of a special header, when it is one
            place = at + 512 + rng.randrange(64)
            if place < len(data):
                data[place] = rng.choice(VALUES)
            continue
        start, size = rng.choice(FIELDS)
        for i in range(rng.randint(1, 3)):
            data[at + start + min(size - 1, int(rng.expovariate(0.3)))] = rng.choice(VALUES)
        block = data[at:at + 512]
        if len(block) == 512:
            block[148:156] = b" " * 8
            data[at + 148:at + 156] = b"%06o\0 " % sum(block)
    return bytes(data)


def test_layers__of_the_differentials__go_sees_what_they_hide(folder, reader):
    cases = differentials()
    paths = []
    for i, (layer, _, _) in enumerate(cases.values()):
        paths.append(folder / f"{i}.tar")
        paths[-1].write_bytes(layer)
    for name, path, go in zip(cases, paths, go_reads(reader, paths)):
        _, found, notes = cases[name]
        check(path, go)
        if not notes:  # both read it alike
            assert go["Error"] == "", (name, go)
            theirs = sorted(e["Name"] for e in go["Entries"] if e["Program"])
            assert theirs == found or (found is None and theirs), (name, go)


def test_layers__changed_at_random__no_program_that_go_sees_is_missed(folder, reader):
    rng = random.Random(int(os.environ.get("TW_SEED", "1")))
    paths = []
    for i in range(COUNT):
        paths.append(folder / f"{i}.tar")
        paths[-1].write_bytes(mutate(rng.choice(bases()), rng))
    compared = sum(check(path, go) for path, go in zip(paths, go_reads(reader, paths)))
    assert compared > COUNT // 10, "the changes are too wild to tell anything"
