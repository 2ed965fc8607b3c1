"""The Dockerfile, built for real and run: small, not root, with a health check that works."""
import os
import re
import signal
from pathlib import Path

import pytest

import container
from programs import Registry, free_port, http, run, wait_for

PGREP = ("pgrep", "-u", "65532", "-x", "tidewaiterd")


@pytest.fixture(scope="module")
def buildah(tmp_path_factory):
    return container.build(tmp_path_factory.mktemp("container"))


def test_container__configuration__is_not_root_and_checks_its_health(buildah):
    config = container.config(buildah)
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["tidewaiterd"]
    assert config["Healthcheck"]["Test"] == ["CMD", "tidewaiterd", "--check"]


def test_container__its_own_layer__is_small(buildah):
    name = buildah("from", "--pull=never", "tidewaiter")
    mount = Path(buildah("mount", name))
    programs = [mount / "usr/bin" / n for n in ("tidewaiterd", "tidewaiter", "tidewaiter-layer")]
    assert all(p.stat().st_size < 2 << 20 for p in programs)
    assert not (mount / "usr/bin/cc").exists() and not (mount / "src").exists()
    buildah("umount", name)
    buildah("rm", name)


def test_container__run__scans_a_push_and_answers_its_health_check(buildah, folder, image):
    port = free_port()
    registry = Registry(folder, notify=f"http://127.0.0.1:{port}/v1/webhooks/distribution").start()
    name = buildah("from", "--pull=never", "tidewaiter")
    refused = run("buildah", *buildah.options, "run", "--isolation", "chroot", name, "--", "tidewaiterd",
                  check=False)
    assert refused.returncode == 2 and "--access" in refused.stderr  # others could reach it
    buildah("config", "--env", f"TIDEWAITER_LISTEN=0.0.0.0:{port}", "--env", "TIDEWAITER_ACCESS=open",
            "--env", f"TIDEWAITER_REGISTRIES=http://{registry.host}", name)
    url = f"http://127.0.0.1:{port}"

    def get(path):
        try:
            return http("GET", url + path)
        except OSError:
            return None

    with open(folder / "container.log", "wb") as log:
        process = buildah.start(name, "tidewaiterd", log=log)
    try:
        wait_for("the container", lambda: (get("/readyz") or log) is not log or process.poll())
        assert process.poll() is None, (folder / "container.log").read_text()
        buildah("run", "--isolation", "chroot", name, "--", "tidewaiterd", "--check")
        digest = registry.push(image.source, "team/app:1")
        report = wait_for("the report", lambda: (
            lambda a: a.json if a.status == 200 else None)(get(f"/v1/images/{digest}/report")))
        assert len(report["go_binaries"]) == 2
        assert report["completeness"]["status"] == "complete"
        [pid] = run(*PGREP).stdout.split()
        status = Path("/proc", pid, "status").read_text()
        assert re.search(r"^Uid:\s+65532\s", status, re.M)
        os.kill(int(pid), signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            for pid in run(*PGREP, check=False).stdout.split():
                os.kill(int(pid), signal.SIGKILL)
            process.wait(30)
        registry.stop()
        buildah("rm", name)
