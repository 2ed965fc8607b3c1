"""docs/operations.md: its commands are run, its names are those of the programs, a backup is one."""
import os
import re
import shutil
import subprocess

from programs import BIN, TOP, Daemon, run

TEXT = (TOP / "docs/operations.md").read_text()


def blocks():
    return re.findall(r"```sh\n(.*?)```", TEXT, re.S)


def shell(script, **env):
    return subprocess.run(["sh", "-e", "-c", script], text=True, capture_output=True,
                          env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **env})


def test_operations__commands__are_taken(daemon, folder):
    # The first block is tests/system/test_debian.py, the second the backup below.
    assert len(blocks()) == 3 and "cpack" in blocks()[0] and ".backup" in blocks()[1]
    for line in blocks()[2].splitlines():
        done = shell(line.replace("http://127.0.0.1:8055", daemon.url).replace("curl", "curl -sf"),
                     TIDEWAITER_LISTEN=f"127.0.0.1:{daemon.port}", TIDEWAITER_DATA_DIR=str(daemon.data))
        assert done.returncode == 0, (line, done.stderr)


def test_operations__backup__of_a_running_daemon_is_whole_and_can_be_restored(daemon, registry, image, folder):
    digest = registry.push(image.source, "team/app:1")
    report = daemon.wait_report(digest)
    script = blocks()[1].replace("/var/lib/tidewaiter", str(daemon.data)).replace("/var/backups", str(folder))
    done = shell(script)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr
    other = Daemon(folder / "other")
    other.data.mkdir(parents=True)
    shutil.copy(folder / "tidewaiter.db", other.data / "tidewaiter.db")
    other.start()
    assert other.get(f"/v1/images/{digest}/report").json["go_binaries"] == report["go_binaries"]
    assert other.stop() == 0


def test_operations__names__are_those_of_the_programs():
    settings = run(BIN / "tidewaiterd", "--help").stdout
    for name in re.findall(r"`([a-z]+(?:-[a-z]+)+|workers|access|registries)`", TEXT):
        assert f"--{name}" in settings or name in ("forbidden-call",) or (TOP / name).exists(), name
    for path in set(re.findall(r"\]\(([\w./-]+)\)", TEXT)) | {
            f"../{p}" for p in re.findall(r"`((?:deploy|tests)/[\w./-]+)`", TEXT)}:
        assert (TOP / "docs" / path).exists() or path == "webhooks.md", path  # that one comes with its senders
