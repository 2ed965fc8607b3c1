"""deploy/ confines the daemon, and the daemon works so confined."""
import os
import re
from pathlib import Path

import pytest

import programs
from programs import BIN, TOP, run

UNIT = TOP / "deploy/systemd/tidewaiterd.service"
RELEASE = Path(os.environ.get("TW_RELEASE_BIN", BIN))  # a sanitizer needs other system calls


class Confined(programs.Daemon):
    """tidewaiterd behind another command: `around` ends before the program's own arguments."""

    def __init__(self, folder, around, **kw):
        super().__init__(folder, **kw)
        self.argv = [*map(str, around), *self.argv]
        self.argv[len(around)] = str(RELEASE / "tidewaiterd")


def work(daemon, registry, image):
    """A push, a scan, a report, a reload."""
    digest = registry.push(image.source, "team/app:1")
    report = daemon.wait_report(digest)
    assert report["completeness"]["status"] == "complete" and len(report["go_binaries"]) == 2
    for path in ("/v1/images", "/metrics", "/v1/rules"):
        assert daemon.get(path).status == 200


def allowed_by(unit):
    """The system calls that the unit's filter leaves."""
    known = {}

    def members(name):
        if not name.startswith("@"):
            return {name}
        if name not in known:
            lines = run("systemd-analyze", "syscall-filter", name).stdout.splitlines()[1:]
            known[name] = set()
            for line in filter(None, (line.strip() for line in lines)):
                if not line.startswith("#"):
                    known[name] |= members(line)
        return known[name]
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit.read_text(), re.M):
        names = set().union(*(members(n) for n in line.lstrip("~").split()))
        allowed = allowed - names if line.startswith("~") else allowed | names
    return allowed


def test_systemd__unit__is_valid_and_little_exposed():
    done = run("systemd-analyze", "verify", UNIT, check=False)
    problems = [line for line in done.stderr.splitlines() if "is not executable" not in line
                and UNIT.name in line]
    assert problems == []
    said = run("systemd-analyze", "security", "--offline=true", UNIT, check=False).stdout
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", said)[1]) <= 1.5, said[-300:]


def test_systemd__system_calls_of_a_whole_run__are_in_the_filter(folder, registry, daemon_port, image):
    trace = folder / "trace"
    daemon = Confined(folder, ["strace", "-f", "-qq", "-o", trace], port=daemon_port,
                      registries=f"http://{registry.host}")
    daemon.start()
    work(daemon, registry, image)
    [pid] = run("pgrep", "-P", daemon.process.pid).stdout.split()
    os.kill(int(pid), programs.signal.SIGHUP)
    os.kill(int(pid), programs.signal.SIGTERM)
    daemon.process.wait(60)
    used = set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", trace.read_text(errors="replace"), re.M))
    assert {"landlock_restrict_self", "seccomp", "execve", "accept4"} <= used
    assert used - allowed_by(UNIT) - {"fchown"} == set()  # SQLite calls it for root only


def test_confined__no_root_no_capabilities_read_only__scans(folder, registry, daemon_port, image):
    """What Kubernetes' restricted profile with a read-only root file system makes of it."""
    home = folder / "home"
    (home / "data").mkdir(parents=True)
    os.chown(home / "data", 65532, 65532)
    for part in [home, *home.parents]:
        if str(part).startswith("/tmp/"):
            os.chmod(part, 0o755)
    script = ("mount --make-rprivate / && mount --bind $0 $0 && "
              "for m in $(awk '{print $5}' /proc/self/mountinfo | sort -r); do case $m in "
              "$0*|/proc*|/dev*) ;; *) mount -o remount,bind,ro $m 2>/dev/null || true;; esac; done; "
              "! touch /tmp/x 2>/dev/null && exec setpriv --reuid 65532 --regid 65532 --clear-groups "
              "--bounding-set -all --inh-caps -all --no-new-privs \"$@\"")
    around = ["unshare", "--mount", "sh", "-c", script, str(home)]
    if run("unshare", "--mount", "true", check=False).returncode != 0:
        pytest.skip("a mount namespace cannot be made here (it takes root)")
    daemon = Confined(folder, around, port=daemon_port, registries=f"http://{registry.host}")
    daemon.argv = [a.replace(str(daemon.data), str(home / "data")) for a in daemon.argv]
    daemon.start()
    work(daemon, registry, image)
    status = Path("/proc", str(daemon.process.pid), "status").read_text()
    assert re.search(r"^Uid:\s+65532\s", status, re.M)
    assert re.search(r"^CapBnd:\s+0+$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert daemon.stop() == 0
