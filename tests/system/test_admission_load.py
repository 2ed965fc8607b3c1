"""Admission under load while everything around it fails in turn: each request is answered, with 200, in
time, and what is known is never judged otherwise."""
import os
import random
import re
import shutil
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

import reviews
from many import Many
from programs import BIN, wait_for
from reviews import container, pod_of_replicaset, pod_spec, review
from shop import till, till_image
from stand import policy, tell

CONNECTIONS, TIMEOUT = 64, 5


class Clients:
    """Threads that each ask over one connection, without a second try."""

    def __init__(self, door, known, fresh):
        """known: (reference, allowed); fresh: references that were never asked for; they are used up,
        and what is said of them depends on what fails."""
        self.door, self.known, self.fresh = door, known, fresh
        self.wrong, self.answered, self.slowest = [], 0, 0.0
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.ask_on, args=(n,)) for n in range(CONNECTIONS)]
        for thread in self.threads:
            thread.start()

    def one(self, webhook, chance):
        image, allowed = chance.choice(self.known)
        if chance.random() < 0.02 and self.fresh:
            image, allowed = self.fresh.pop(), None
        made = pod_of_replicaset(pod_spec(container(image)))
        decision = webhook.ask(review(made, user=reviews.CONTROLLER), TIMEOUT)
        with self.lock:
            self.answered += 1
            self.slowest = max(self.slowest, decision.seconds)
        if allowed is not None and decision.allowed != allowed:
            self.wrong.append((image, decision))

    def ask_on(self, number):
        webhook, chance = self.door.webhook(again=False), random.Random(number)
        while not self.ended.is_set():
            try:
                self.one(webhook, chance)
            except Exception as error:  # a lost request, or a bad answer
                self.wrong.append(repr(error))
            self.ended.wait(0.02)
        webhook.close()

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def resident_kb(door):
    status = Path("/proc", str(door.process.pid), "status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


def lock_store(door, seconds):
    (store,) = [p for p in door.data.iterdir() if p.read_bytes()[:15] == b"SQLite format 3"]
    other = sqlite3.connect(store, isolation_level=None, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    time.sleep(seconds)
    other.execute("ROLLBACK")
    other.close()


def break_policy(door, seconds):
    good = door.policy.read_text()
    door.policy.write_text("admission: {unknown: nonsense}")
    door.process.send_signal(signal.SIGHUP)
    time.sleep(seconds)
    door.policy.write_text(good)
    door.process.send_signal(signal.SIGHUP)


def renew_certificate(door, number):
    for new, old in zip(door.authority.issue(f"renewed{number}"), door.certificate):
        shutil.copy(new, old)
        time.sleep(0.1)
    door.process.send_signal(signal.SIGHUP)


def kill_registry(stand, seconds):
    stand.registry.kill()
    time.sleep(seconds)
    stand.registry.start()


def fail_in_turn(stand, folder, turns, *options, **kw):
    """The daemon, its memory when it was warm, and the clients, which have ended."""
    program = till()
    good = stand.push(till_image(folder / "good", program).source)
    bad = stand.push(till_image(folder / "bad", program, GODEBUG="tls10server=1").source, tag="bad")
    many = Many(stand.registry)
    fresh = [f"{stand.proxy.host}/many/app:{n}@{many.push(n)}" for n in range(150)]
    # the clients are one address here, and on a fast machine more than client-rate
    door = stand.door("--admission-tag-seconds=1", "--client-rate=0", *options, policy=policy(), **kw)
    for pushed in (good, bad):
        tell(door, *pushed)
        door.scanned(pushed[0])
    known = [(f"{good[1]}@{good[0]}", True), (f"{bad[1]}@{bad[0]}", False), (good[1], True), (bad[1], False)]
    clients = Clients(door, known, fresh)
    try:
        time.sleep(3)
        warm_kb = resident_kb(door)
        for turn in range(turns):
            kill_registry(stand, 2)
            lock_store(door, 3)
            break_policy(door, 1)
            renew_certificate(door, turn)
            time.sleep(0.5)
    finally:
        clients.stop()
    print(f"{clients.answered} answers, slowest {clients.slowest:.2f} s, resident {warm_kb} kB then"
          f" {resident_kb(door)} kB")
    assert clients.wrong == [], (len(clients.wrong), clients.wrong[:5])
    wait_for("the queue to be empty", lambda: not {"queued", "running"} & {
        state for states in door.scans().values() for state in states})
    assert all(states == ["done"] for states in door.scans().values()), door.scans()
    return door, warm_kb, clients


def test_load__registry_store_policy_and_certificate_fail_in_turn__each_answer_right_and_in_time(
        stand, folder):
    release = os.environ.get("TW_RELEASE_BIN")
    door, warm_kb, clients = fail_in_turn(stand, folder, 2, program=release)
    assert clients.answered > 1000 and clients.slowest < TIMEOUT - 0.2
    assert not release or resident_kb(door) < 2 * warm_kb + 32_000


@pytest.mark.skipif(not os.environ.get("TW_FULL"), reason="tests/run.sh --full")
def test_load__built_with_thread_sanitizer__no_race(stand, folder, threads_build):
    release = os.environ.get("TW_RELEASE_BIN", BIN)  # the cage has no threads
    door, *_ = fail_in_turn(stand, folder, 1, f"--cage-program={release}/tidewaiter-layer",
                            "--workers=4", program=Path(threads_build).parent,
                            env={"TSAN_OPTIONS": "halt_on_error=0 exitcode=66"})
    assert door.stop() == 0, door.log()[-4000:]
    assert "ThreadSanitizer" not in door.log(), door.log()[:6000]
