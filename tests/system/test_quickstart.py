"""The first of the README's two commands, as a person runs it: until Ctrl-C, and then again."""
import os
import re
import signal
import socket
import subprocess

import pytest

from programs import TOP, http, wait_for

PORTS = (5055, 8055)


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Quickstart:
    def __init__(self, log):
        self.log = log
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TW_")}
        with open(log, "wb") as out:
            self.process = subprocess.Popen([TOP / "deploy/quickstart.sh"], stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, start_new_session=True,
                                            env=environment)

    def text(self):
        return self.log.read_text(errors="replace")

    def wait_until_running(self, seconds):
        def running():
            assert self.process.poll() is None, self.text()
            return "Ctrl-C stops them" in self.text()
        wait_for("the quickstart", running, seconds)

    def control_c(self):
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)


def test_quickstart__twice__shows_a_report_and_stops_cleanly(folder):
    if any(is_open(port) for port in PORTS):
        pytest.skip(f"something else listens on port {PORTS[0]} or {PORTS[1]} of this machine")
    for run in (1, 2):
        quickstart = Quickstart(folder / f"run{run}.log")
        try:
            quickstart.wait_until_running(500 if run == 1 else 60)
            text = quickstart.text()
            assert re.search(r"^DENY +localhost:5055/team/app:1\.4 ", text, re.M), text
            for rule in ("TW501", "TW204", "TW202", "TW101"):
                assert f" {rule} " in text
            url = re.search(r"curl (http://\S+/report)$", text, re.M)[1]
            report = http("GET", url).json
            assert [b["path"] for b in report["go_binaries"]] == [
                "usr/local/bin/registry", "usr/local/bin/skopeo"]
        finally:
            code = quickstart.control_c()
        assert code == 0, quickstart.text()
        assert not any(is_open(port) for port in PORTS)
        assert "stopped; the data stays in" in quickstart.text()
