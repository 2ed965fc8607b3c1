"""Nothing that was acknowledged is lost, and nothing happens twice, whatever breaks: processes, the
disk, the store, the clock, the registry."""
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import threading
import time
from pathlib import Path

import pytest

import faults
import programs
from many import MANIFEST, Many
from programs import Daemon, Registry, http, run, wait_for

FULL = bool(os.environ.get("TW_FULL"))
EVENTS = {"Content-Type": "application/vnd.docker.distribution.events.v1+json"}
HOOK = "/v1/webhooks/distribution"


@pytest.fixture
def many(folder):
    registry = Registry(folder).start()
    yield Many(registry)
    registry.stop()


@pytest.fixture
def daemons():
    """Starts daemons that end with the test, and did not complain."""
    started = []

    def make(*args, **kw):
        started.append(Daemon(*args, **kw))
        return started[-1]
    yield make
    for daemon in started:
        if daemon.alive():
            daemon.kill()
        assert "Sanitizer" not in daemon.log() and "runtime error" not in daemon.log(), daemon.log()


def envelope(host, digest, number, repository="many/app"):
    return json.dumps({"events": [{"action": "push", "request": {"host": host}, "target": {
        "mediaType": MANIFEST, "repository": repository, "digest": digest,
        "tag": str(number)}}]}).encode()


def send(daemon, host, digest, number):
    """The status of the answer; None when there was none."""
    try:
        return http("POST", daemon.url + HOOK, envelope(host, digest, number), EVENTS, timeout=20).status
    except OSError:
        return None


def pages(daemon, path):
    items, cursor = [], ""
    while cursor is not None:
        page = daemon.get(f"{path}?limit=200{'&cursor=' + cursor if cursor else ''}").json
        items += page["items"]
        cursor = page["next"]
    return items


def drain(daemon, seconds=300):
    def idle():
        states = [s["state"] for s in pages(daemon, "/v1/scans")]
        return not {"queued", "running"} & set(states)
    wait_for("the queue to be empty", idle, seconds)


def compare(daemon, acknowledged, cages=0):
    """Each acknowledged push has its one scan, done, and its one complete report."""
    scans = [s for s in pages(daemon, "/v1/scans") if s["digest"] in acknowledged]
    by_digest = {}
    for scan in scans:
        by_digest.setdefault(scan["digest"], []).append(scan["state"])
    lost = sorted(acknowledged - set(by_digest))
    twice = [d for d, states in by_digest.items() if len(states) != 1]
    undone = [d for d, states in by_digest.items() if set(states) != {"done"}]
    images = [i["digest"] for i in pages(daemon, "/v1/images")]
    unreported = sorted(acknowledged - set(images))
    assert (lost, twice, undone, unreported) == ([], [], [], [])
    assert len(images) == len(set(images))
    for image in pages(daemon, "/v1/images"):
        report = daemon.get(f"/v1/images/{image['digest']}/report").json
        codes = {note["code"] for note in report["completeness"]["notes"]}
        # A layer whose cage was killed again and again is marked, and nothing else is.
        assert codes <= ({"cage"} if cages else set()), (image["digest"], codes)
        assert (image["completeness"] == "complete") == (codes == set())
        assert len(report["go_binaries"]) == 1 or codes
    return sum(i["completeness"] != "complete" for i in pages(daemon, "/v1/images"))


# ---- kill -9 ----

def kill_some_cage(daemon, chance):
    done = run("pgrep", "-P", daemon.process.pid, "-f", "tidewaiter-layer", check=False).stdout.split()
    if done:
        try:
            os.kill(int(chance.choice(done)), signal.SIGKILL)
            return 1
        except ProcessLookupError:
            pass
    return 0


def test_kill__of_daemon_and_cages_at_random_moments__nothing_lost_nothing_twice(
        folder, many, daemons):
    rounds = int(os.environ.get("TW_KILLS", 500 if FULL else 12))
    seed = int(os.environ.get("TW_SEED", time.time_ns() % 1_000_000))
    print(f"TW_SEED={seed} TW_KILLS={rounds}")
    chance = random.Random(seed)
    daemon = daemons(folder, "--workers=2", "--max-attempts=50", "--client-rate=0",
                     registries=f"http://{many.registry.host}")
    acknowledged, posted, cages, number = set(), 0, 0, 0
    for _ in range(rounds):
        batch = [(number + i, many.push(number + i)) for i in range(chance.randint(2, 6))]
        number += len(batch)
        daemon.start()
        stop, taken = threading.Event(), set()

        def post(part):
            for n, digest in part:
                if stop.is_set():
                    return
                if send(daemon, many.registry.host, digest, n) == 200:
                    taken.add(digest)
        threads = [threading.Thread(target=post, args=(batch[i::2],)) for i in range(2)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + chance.choice([0, 0.005, 0.02, 0.1, 0.3]) * chance.random() * 2
        while time.monotonic() < end:
            if chance.random() < 0.2:
                cages += kill_some_cage(daemon, chance)
            time.sleep(0.002)
        daemon.kill()
        stop.set()
        for thread in threads:
            thread.join()
        posted += len(batch)
        acknowledged |= taken
    daemon.start()
    drain(daemon)
    marked = compare(daemon, acknowledged, cages)
    print(f"{rounds} kills, {cages} cages killed, {posted} pushes, {len(acknowledged)} acknowledged, "
          f"{marked} marked for a killed cage")
    assert len(acknowledged) > rounds / 2
    assert daemon.stop() == 0


# ---- SIGTERM ----

def test_sigterm__requests_and_scans_under_way__drains_within_its_bound_and_loses_nothing(
        folder, many, daemons):
    daemon = daemons(folder, "--grace=3", registries=f"http://{many.registry.host}")
    acknowledged = set()
    for n in range(30):
        digest = many.push(n)
        acknowledged.add(digest)
        if n == 0:
            daemon.start()
        assert send(daemon, many.registry.host, digest, n) == 200
    idle = socket.create_connection(("127.0.0.1", daemon.port))
    half = socket.create_connection(("127.0.0.1", daemon.port))
    half.send(b"POST /v1/scans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx")
    began = time.monotonic()
    assert daemon.stop(seconds=30) == 0
    assert time.monotonic() - began < 3 + 10  # the grace, and what a sanitizer needs
    idle.close()
    half.close()
    daemon.start()
    drain(daemon)
    compare(daemon, acknowledged)


def test_sigterm__twice__ends_at_once(folder, many, daemons):
    proxy = faults.Proxy(many.registry.host, faults.at("/blobs/", faults.silent))
    daemon = daemons(folder, "--grace=60", registries=f"http://{proxy.host}").start()
    digest = many.push(1)
    assert send(daemon, proxy.host, digest, 1) == 200
    wait_for("the scan to run", lambda: [s["state"] for s in pages(daemon, "/v1/scans")] == ["running"])
    daemon.process.send_signal(signal.SIGTERM)
    wait_for("the drain", lambda: "signal TERM" in daemon.log())
    began = time.monotonic()
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(10) == -signal.SIGTERM
    assert time.monotonic() - began < 5
    proxy.faults.clear()
    daemon.start()
    drain(daemon)
    compare(daemon, {digest})
    proxy.stop()


# ---- the disk ----

@pytest.fixture
def small_disk(folder):
    place = folder / "small"
    place.mkdir()
    if run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place, check=False).returncode != 0:
        pytest.skip("a file system cannot be mounted here (it takes root)")
    yield place
    run("umount", "-l", place)


def test_disk_full__pushes_are_refused_reads_go_on_and_it_recovers_by_itself(
        small_disk, many, daemons):
    daemon = daemons(small_disk, "--disk-reserve=0", registries=f"http://{many.registry.host}").start()
    first = many.push(0)
    assert send(daemon, many.registry.host, first, 0) == 200
    daemon.wait_report(first)
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    acknowledged, statuses = {first}, []
    for n in range(1, 40):
        digest = many.push(n)
        answer = http("POST", daemon.url + HOOK, envelope(many.registry.host, digest, n), EVENTS)
        statuses.append(answer.status)
        if answer.status == 200:
            acknowledged.add(digest)  # SQLite had room left in its files
        else:
            assert int(answer.headers["Retry-After"]) >= 1, answer.text
    assert set(statuses) <= {200, 503} and 503 in statuses
    assert daemon.get(f"/v1/images/{first}/report").status == 200
    assert daemon.alive()
    filler.unlink()
    late = many.push(99)
    wait_for("room", lambda: send(daemon, many.registry.host, late, 99) == 200)
    acknowledged.add(late)
    drain(daemon)
    compare(daemon, acknowledged)
    assert daemon.stop() == 0


# ---- the store ----

def test_store__locked_by_another_program__waits_or_says_so_and_loses_nothing(folder, many, daemons):
    daemon = daemons(folder, registries=f"http://{many.registry.host}").start()
    digests = [many.push(n) for n in range(4)]
    other = sqlite3.connect(daemon.data / "tidewaiter.db", isolation_level=None)
    acknowledged = set()
    for seconds, n in ((0.5, 0), (12, 1)):
        other.execute("BEGIN IMMEDIATE")
        statuses = []

        def post():
            statuses.append(send(daemon, many.registry.host, digests[n], n))
        thread = threading.Thread(target=post)
        thread.start()
        time.sleep(seconds)
        other.execute("ROLLBACK")
        thread.join()
        assert statuses[0] in (200, 503), statuses
        if statuses[0] == 200:
            acknowledged.add(digests[n])
    other.close()
    assert digests[0] in acknowledged  # half a second is waited for
    for n in (2, 3):
        assert send(daemon, many.registry.host, digests[n], n) == 200
        acknowledged.add(digests[n])
    drain(daemon)
    compare(daemon, acknowledged)
    assert daemon.stop() == 0


def spoil(path, how, chance):
    body = bytearray(path.read_bytes())
    if how == "garbage":
        body[:] = chance.randbytes(len(body))
    elif how == "header":
        body[:100] = bytes(100)
    elif how == "cut":
        del body[len(body) // 2:]
    elif how == "empty":
        body[:] = b""
    elif how == "text":
        body[:] = b"this is not a database\n" * 100
    elif how == "pages":
        for _ in range(40):
            at = chance.randrange(4096, len(body) - 64)
            body[at:at + 64] = chance.randbytes(64)
    elif how == "page":  # one whole page in the middle
        at = len(body) // 4096 // 2 * 4096
        body[at:at + 4096] = chance.randbytes(4096)
    path.write_bytes(body)


@pytest.mark.parametrize("how", ["garbage", "header", "cut", "text", "pages", "page"])
def test_store__damaged__is_told_never_crashes_and_never_starts_anew_in_silence(
        folder, many, daemons, how):
    chance = random.Random(how)
    daemon = daemons(folder, registries=f"http://{many.registry.host}").start()
    digests = [many.push(n) for n in range(20)]
    for n, digest in enumerate(digests):
        assert send(daemon, many.registry.host, digest, n) == 200
    drain(daemon)
    assert daemon.stop() == 0
    for tries in range(8 if FULL and how == "pages" else 1):
        spoil(daemon.data / "tidewaiter.db", how, chance)
        kept = (daemon.data / "tidewaiter.db").stat().st_size
        programs.Program.start(daemon)
        wait_for("an end or an answer", lambda: not daemon.alive() or daemon_answers(daemon))
        if not daemon.alive():
            assert daemon.process.returncode == 2, daemon.log()[-2000:]  # said, not crashed
            last = daemon.log().strip().splitlines()[-1]
            assert "tidewaiter.db" in last, last
            assert (daemon.data / "tidewaiter.db").stat().st_size == kept  # for whoever repairs it
            break
        # It could be opened: what can be read is served, what cannot is an error; none is a crash.
        for path in ["/v1/scans?limit=200", "/v1/images?limit=200", "/metrics", "/readyz",
                     *[f"/v1/images/{d}/report" for d in digests]]:
            answer = daemon.get(path)
            assert answer.status in (200, 404, 500, 503), (path, answer.status)
        send(daemon, many.registry.host, many.push(100 + tries), 100 + tries)
        assert daemon.alive(), daemon.log()[-3000:]
        assert daemon.stop() in (0, 2)


def daemon_answers(daemon):
    try:
        return daemon.get("/healthz").status == 200
    except OSError:
        return False


def test_store__journal_damaged__what_was_committed_before_is_there(folder, many, daemons):
    daemon = daemons(folder, registries=f"http://{many.registry.host}").start()
    digests = {many.push(n) for n in range(3)}
    for n, digest in enumerate(sorted(digests)):
        assert send(daemon, many.registry.host, digest, n) == 200
    drain(daemon)
    assert daemon.stop() == 0  # all of it is in the database file now
    (daemon.data / "tidewaiter.db-wal").write_bytes(random.Random(1).randbytes(50_000))
    daemon.start()
    compare(daemon, digests)
    assert daemon.stop() == 0


# ---- the clock ----

def test_clock__jumps_back_and_forth__no_scan_is_stuck(folder, many, daemons):
    """Each run of the daemon has another idea of the time (libfaketime), with scans that wait."""
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if not library:
        pytest.skip("libfaketime is not installed")
    release = os.environ.get("TW_RELEASE_BIN")  # a sanitizer wants to be preloaded first
    if not release:
        pytest.skip("TW_RELEASE_BIN is not set")
    daemon = daemons(folder, f"--cage-program={release}/tidewaiter-layer",
                     registries=f"http://{many.registry.host}")
    daemon.argv[0] = f"{release}/tidewaiterd"
    digests = [many.push(n) for n in range(10)]
    many.registry.stop()
    for n, shift in enumerate(["+0", "+400d", "-400d", "+1h", "-1h"]):
        daemon.env = {**os.environ, "LD_PRELOAD": str(library), "FAKETIME": shift,
                      "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        daemon.start()
        for i in (2 * n, 2 * n + 1):
            assert send(daemon, many.registry.host, digests[i], i) == 200
        wait_for("a first attempt", lambda: all(
            s["error"] or s["attempts"] for s in pages(daemon, "/v1/scans")), 90)
        assert daemon.stop() == 0
    many.registry.start()
    daemon.env = dict(os.environ)
    daemon.start()
    drain(daemon, 120)
    compare(daemon, set(digests))
    assert daemon.stop() == 0


@pytest.mark.skipif(not FULL, reason="tests/run.sh --full: half a minute")
def test_clock__goes_back_while_scans_wait__they_are_tried_at_once(folder, many, daemons):
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    release = os.environ.get("TW_RELEASE_BIN")
    if not library or not release:
        pytest.skip("libfaketime or TW_RELEASE_BIN is not there")
    now = folder / "now"
    now.write_text("+3h")
    daemon = daemons(folder, f"--cage-program={release}/tidewaiter-layer",
                     registries=f"http://{many.registry.host}",
                     env={"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(now),
                          "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    daemon.argv[0] = f"{release}/tidewaiterd"
    daemon.start()
    digest = many.push(1)
    many.registry.stop()
    assert send(daemon, many.registry.host, digest, 1) == 200
    wait_for("a failure", lambda: [s for s in pages(daemon, "/v1/scans") if s["error"]])
    now.write_text("+0h")
    many.registry.start()
    drain(daemon, 60)
    assert "the clock went back by 10" in daemon.log()
    compare(daemon, {digest})
    assert daemon.stop() == 0


# ---- the registry ----

def test_registry__goes_and_comes__all_is_scanned_in_the_end(folder, many, daemons):
    daemon = daemons(folder, registries=f"http://{many.registry.host}").start()
    acknowledged, chance = set(), random.Random(7)
    for n in range(12 if FULL else 4):
        digests = [many.push(10 * n + i) for i in range(5)]
        for i, digest in enumerate(digests):
            assert send(daemon, many.registry.host, digest, 10 * n + i) == 200
            acknowledged.add(digest)
        time.sleep(chance.random() * 0.2)
        many.registry.kill()
        time.sleep(chance.random() * 0.5)
        many.registry.start()
        many.connection.close()
    drain(daemon, 200)
    compare(daemon, acknowledged)
    assert daemon.stop() == 0


# ---- memory ----

def memory_kb(daemon):
    status = Path("/proc", str(daemon.process.pid), "status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


@pytest.mark.skipif(not FULL, reason="tests/run.sh --full: ten thousand scans")
def test_memory__ten_thousand_scans__is_flat(folder, many, daemons):
    release = os.environ["TW_RELEASE_BIN"]
    daemon = daemons(folder, "--client-rate=0", f"--cage-program={release}/tidewaiter-layer",
                     registries=f"http://{many.registry.host}")
    daemon.argv[0] = f"{release}/tidewaiterd"
    daemon.start()
    table = []
    for n in range(10_000):
        digest = many.push(n)
        assert send(daemon, many.registry.host, digest, n) == 200
        if n % 1000 == 999:
            wait_for("the queue", lambda: 'state="queued"} 0' in daemon.get("/metrics").text, 300)
            table.append(memory_kb(daemon))
    print("kB after each thousand:", table)
    assert table[-1] < table[1] * 1.2 + 2000, table
    assert daemon.stop() == 0


@pytest.mark.skipif(not shutil.which("valgrind") or not FULL, reason="tests/run.sh --full, valgrind")
def test_memory__valgrind_over_a_whole_run__no_leak_no_error(folder, many, daemons):
    release = os.environ["TW_RELEASE_BIN"]
    log = folder / "valgrind.log"
    daemon = daemons(folder, f"--cage-program={release}/tidewaiter-layer",
                     registries=f"http://{many.registry.host}")
    daemon.argv = ["valgrind", f"--log-file={log}", "--leak-check=full", "--error-exitcode=9",
                   "--errors-for-leak-kinds=definite,indirect", f"{release}/tidewaiterd",
                   *daemon.argv[1:]]
    daemon.start()
    digests = {many.push(n) for n in range(5)}
    for n, digest in enumerate(sorted(digests)):
        assert send(daemon, many.registry.host, digest, n) == 200
    drain(daemon)
    compare(daemon, digests)
    for digest in digests:
        assert daemon.get(f"/v1/images/{digest}/report?format=text").status == 200
    assert daemon.get("/v1/images/x/report").status == 400
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.stop(seconds=60) == 0, log.read_text()
    assert "definitely lost: 0 bytes" in log.read_text() or "no leaks are possible" in log.read_text()
    assert "ERROR SUMMARY: 0 errors" in log.read_text()
