"""What a benchmark says: figures beside their bounds, and how a command's cost is taken."""
import dataclasses
import os
import platform
import re
import resource
import subprocess
import threading
import time
from pathlib import Path

MIB = 1 << 20


@dataclasses.dataclass
class Figure:
    """One line of the table. bound None: worth knowing, not bounded."""
    what: str
    value: float
    unit: str
    bound: float = None
    at_least: bool = False
    how: str = ""

    def holds(self):
        return self.bound is None or (self.value >= self.bound if self.at_least else self.value <= self.bound)

    def row(self):
        bound = "" if self.bound is None else f"{'>=' if self.at_least else '<='} {self.bound:g}"
        verdict = "" if self.bound is None else "ok" if self.holds() else "MISSED"
        return f"{self.what:<58} {self.value:>10.4g} {self.unit:<6} {bound:>9} {verdict:<7} {self.how}"


@dataclasses.dataclass
class Cost:
    wall_s: float
    cpu_s: float  # of the process and of those that it waited for
    peak_mib: float  # the most that its processes' own peaks summed up to at one moment
    written_kb: float  # bytes sent to disks
    out: str


def tree(pid):
    """The process and its descendants."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def peak_kb(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(match[1]) if (match := re.search(r"VmHWM:\s+(\d+)", status)) else 0


def written_bytes(pid):
    return int(re.search(r"^write_bytes: (\d+)", Path(f"/proc/{pid}/io").read_text(), re.M)[1])


class Watch(threading.Thread):
    """Samples a process and its children while they run."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak_kb, self.ended = pid, 0, threading.Event()
        self.written = {}

    def run(self):
        while not self.ended.wait(0.01):
            total = 0
            try:
                for pid in tree(self.pid):
                    total += peak_kb(pid)
                    self.written[pid] = written_bytes(pid)
            except (OSError, TypeError):
                pass  # one of them has ended meanwhile
            self.peak_kb = max(self.peak_kb, total)


def cost(*argv, watch=False, env=None):
    """Runs a command to its end, which must be a good one (0, or 1: findings)."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, **(env or {})})
    watching = Watch(process.pid)
    if watch:
        watching.start()
    out, _ = process.communicate()
    wall = time.monotonic() - began
    watching.ended.set()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{argv[0]} exited {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, watching.peak_kb / 1024, sum(watching.written.values()) / 1000, out)


def median(runs, of):
    values = sorted(of(run) for run in runs)
    return values[len(values) // 2]


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": round(memory), "kernel": platform.release(),
            "system": platform.freedesktop_os_release()["PRETTY_NAME"]}
