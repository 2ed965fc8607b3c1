"""The unit's three promises, kept to a supervisor: socket activation, readiness, watchdog (sd_listen_fds(3), sd_notify(3))."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

import programs
from programs import BIN, TOP, Daemon, free_port, http, run, wait_for


class Supervisor(Daemon):
    """The daemon as systemd starts it: a listening socket on descriptor 3, and a datagram socket to report to."""

    def __init__(self, folder, *options, host="127.0.0.1", watchdog_s=None, abstract=False, **kw):
        super().__init__(folder, *options, **kw)
        # The unit has no --listen that counts: the socket says where.
        self.argv = [a for a in self.argv if not a.startswith("--listen=")]
        self.listener = socket.create_server((host, self.port), backlog=64)
        self.ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ears.bind(f"\0tidewaiter-{self.port}" if abstract else str(folder / "notify"))
        self.ears.settimeout(30)
        self.env["NOTIFY_SOCKET"] = f"@tidewaiter-{self.port}" if abstract else str(folder / "notify")
        if watchdog_s:
            self.env["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        self.heard = []

    def start(self):
        with open(self.log_path, "ab") as log:
            # $$ stays the same through exec: LISTEN_PID is the daemon's own.
            self.process = subprocess.Popen(
                ["bash", "-c", 'exec 3<&"$0"; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=x; '
                 '[ -z "$WATCHDOG_USEC" ] || export WATCHDOG_PID=$$; exec "$@"',
                 str(self.listener.fileno()), *self.argv],
                stdout=log, stderr=log, env=self.env, stdin=subprocess.DEVNULL,
                pass_fds=[self.listener.fileno()])
        return self

    def hear(self, wanted):
        """The next message with that line in it."""
        while True:
            message = self.ears.recv(4096).decode()
            self.heard.append(message)
            if wanted in message.split("\n"):
                return message


@pytest.fixture
def supervised(folder):
    made = []

    def make(*options, **kw):
        made.append(Supervisor(folder, *options, **kw))
        return made[-1]
    yield make
    for s in made:
        if s.alive():
            assert s.stop() == 0, s.log()[-3000:]
        assert "Sanitizer" not in s.log() and "runtime error" not in s.log(), s.log()


def test_notify__start_reload_stop__are_told_in_this_order(supervised):
    daemon = supervised().start()
    ready = daemon.hear("READY=1")
    assert f"STATUS=Listening on 127.0.0.1:{daemon.port}" in ready
    assert daemon.get("/readyz").status == 200  # it is true at once
    daemon.process.send_signal(signal.SIGHUP)
    reloading = daemon.hear("RELOADING=1")
    assert abs(int(re.search(r"MONOTONIC_USEC=(\d+)", reloading)[1]) / 1e6 - time.monotonic()) < 60
    assert daemon.hear("READY=1") == "READY=1"
    daemon.process.send_signal(signal.SIGTERM)
    daemon.hear("STOPPING=1")
    assert daemon.process.wait(30) == 0


def test_notify__abstract_socket__hears_it_too(supervised):
    supervised(abstract=True).start().hear("READY=1")


def test_notify__failing_start__says_why_as_its_status(supervised):
    daemon = supervised("--policy=/nonexistent/policy.yaml").start()
    daemon.ears.settimeout(30)
    assert "/nonexistent/policy.yaml" in daemon.ears.recv(4096).decode()
    assert daemon.process.wait(30) == 2


def test_socket__connection_before_the_daemon_and_while_it_restarts__is_answered(supervised):
    daemon = supervised()
    early = socket.create_connection(("127.0.0.1", daemon.port))
    early.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    daemon.start()
    early.settimeout(60)
    assert early.recv(12) == b"HTTP/1.1 200"
    daemon.hear("READY=1")
    assert daemon.stop() == 0
    between = socket.create_connection(("127.0.0.1", daemon.port))  # queued: the socket is the supervisor's
    between.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    daemon.start().hear("READY=1")
    between.settimeout(60)
    assert between.recv(12) == b"HTTP/1.1 200"


def test_socket__open_to_others__needs_access_whatever_listen_says(supervised):
    """The setting says loopback, the socket is open to everybody: the socket counts."""
    daemon = supervised("--listen=127.0.0.1:8055", host="0.0.0.0").start()
    assert daemon.process.wait(30) == 2
    assert "access" in daemon.log() and "0.0.0.0" in daemon.log()


@pytest.mark.parametrize("kind,says", [("two", "one socket is served"), ("udp", "no listening TCP socket")])
def test_socket__not_what_it_should_be__is_refused(folder, supervised, kind, says):
    daemon = supervised()
    if kind == "udp":
        daemon.listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        daemon.listener.bind(("127.0.0.1", 0))
    argv = daemon.argv
    daemon.argv = ["env", "LISTEN_FDS=2", *argv] if kind == "two" else argv
    daemon.start()
    assert daemon.process.wait(30) == 2
    assert says in daemon.log()


def test_socket__of_another_process__is_left_alone(folder):
    daemon = Daemon(folder, env={"LISTEN_PID": "1", "LISTEN_FDS": "1"}).start()
    assert daemon.stop() == 0


def test_socket__systemd_socket_activate__starts_it_at_the_first_connection(folder):
    port = free_port()
    daemon = Daemon(folder, port=port)
    argv = ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", *daemon.argv]
    daemon.argv = [str(a) for a in argv]
    programs.Program.start(daemon)
    wait_for("the answer", lambda: http("GET", daemon.url + "/healthz").status == 200
             if socket.socket().connect_ex(("127.0.0.1", port)) == 0 else None)
    assert daemon.stop() == 0, daemon.log()


def test_watchdog__alive__is_told_again_and_again(supervised):
    daemon = supervised(watchdog_s=0.6).start()
    for _ in range(3):
        daemon.hear("WATCHDOG=1")
    assert daemon.get("/readyz").status == 200


def test_watchdog__store_hangs__falls_silent_and_comes_back(supervised):
    """fdatasync() that does not return, as on a disk that is gone: the writer's thread hangs."""
    daemon = supervised(watchdog_s=0.3).start()
    daemon.hear("WATCHDOG=1")
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync",
         "-e", "inject=fdatasync,fsync:delay_enter=8000000", "-p", str(daemon.process.pid)])
    try:
        daemon.ears.settimeout(3)

        def silent():
            try:
                daemon.ears.recv(4096)
            except TimeoutError:
                return True
        wait_for("silence", silent, 60)
    finally:
        tracer.terminate()
        tracer.wait()
    daemon.ears.settimeout(60)
    daemon.hear("WATCHDOG=1")


def test_unit__says_what_the_daemon_does():
    unit = (TOP / "deploy/systemd/tidewaiterd.service").read_text()
    assert re.search(r"^Type=notify$", unit, re.M) and re.search(r"^WatchdogSec=\d+$", unit, re.M)
    listen = re.search(r"^ListenStream=(.*)$", (TOP / "deploy/systemd/tidewaiterd.socket").read_text(), re.M)[1]
    # `tidewaiterd --check` and the socket agree without any setting.
    assert listen in run(BIN / "tidewaiterd", "--help").stdout
    for name in ("tidewaiterd.service", "tidewaiterd.socket"):
        done = run("systemd-analyze", "verify", TOP / "deploy/systemd" / name, check=False)
        problems = [line for line in done.stderr.splitlines() if "tidewaiterd" in line
                    and "is not executable" not in line and "man page" not in line.lower()
                    and "No manual entry" not in line]
        assert problems == [], problems
