"""Several layers of one image at once: the same result, really at once, and within the memory budget."""
import json
import threading

import pytest

import hostile
from hostile import TROUBLE, Layout, entry, go_program, tar

GO = go_program()
COUNT = 12


@pytest.fixture
def layout(folder):
    """Each layer replaces a program of the one below, takes one away, and repeats its first one."""
    layers = [tar(entry(f"bin/app{i}", GO), entry(f"bin/.wh.app{i - 1}"), entry(f"bin/late{i // 2}", GO),
                  entry(f"etc/{i}", b"x" * 1000, mode=0o644)) for i in range(COUNT)]
    return Layout(folder, *[hostile.gz(layer) for layer in [*layers, layers[0], layers[3]]])


class Crowd:
    """Counts how many blobs are asked for at a time; each answer waits for `meet` of them, or a while."""

    def __init__(self, layout, meet):
        self.digests = {layer["digest"] for layer in layout.layers}
        self.lock, self.now, self.most, self.met = threading.Lock(), 0, 0, threading.Event()
        self.meet = meet

    def __call__(self, request):
        if request.path.rpartition("/")[2] not in self.digests:
            return False
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now >= self.meet:
                self.met.set()
        self.met.wait(0.5)
        with self.lock:
            self.now -= 1
        return False


def scan(layout, meet, *options):
    crowd = Crowd(layout, meet)
    server = hostile.Registry(layout, crowd)
    try:
        return hostile.scan_registry(server, *options), crowd.most
    finally:
        server.stop()


def judged(scanned):
    report = json.loads(json.dumps(scanned.report))
    del report["image"]["reference"], report["image"]["registry"]
    return report


def test_layers__several_at_once__same_report_as_one_by_one(layout):
    one, most = scan(layout, 1, "--layers-at-once=1")
    assert most == 1 and one.status == "complete" and one.notes == []
    assert one.paths == ["bin/app0", f"bin/app{COUNT - 1}", "bin/app3", *(f"bin/late{i}" for i in range(COUNT // 2))]
    for lanes in (2, 5):
        several, most = scan(layout, lanes, f"--layers-at-once={lanes}")
        assert most == lanes
        assert judged(several) == judged(one)


def test_layers__no_memory_for_two__one_after_the_other(layout):
    scanned, most = scan(layout, 1, "--layers-at-once=8", "--layers-memory=0")
    assert most == 1 and scanned.status == "complete"


def test_layers__one_that_cannot_be_had__is_the_one_that_is_named(layout):
    """The others may be anywhere; what is told is the layer at fault."""
    layout.blobs.pop(layout.layers[7]["digest"])
    scanned, _ = scan(layout, 4, "--layers-at-once=4")
    assert scanned.status == "partial"
    assert [(note["layer"], note["code"]) for note in scanned.notes] == [(layout.layers[7]["digest"], "not-found")]


def test_layers__registry_that_fails_for_one__ends_the_scan(layout):
    def fails(request):
        if layout.layers[5]["digest"] in request.path:
            return request.answer(500)
        return False
    server = hostile.Registry(layout, fails)
    try:
        scanned = hostile.scan_registry(server, "--layers-at-once=4")
    finally:
        server.stop()
    assert scanned.code == TROUBLE
    assert f"layer 6 of {COUNT + 2}" in scanned.stderr and "500" in scanned.stderr
