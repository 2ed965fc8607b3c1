"""deploy/compose and deploy/registries: valid, whole, and what they start does start with exactly that."""
import json
import os
import re
import shutil

import pytest
import yaml

from programs import TOP, Daemon, Program, free_port, http, run, wait_for

COMPOSE = TOP / "deploy/compose"
REGISTRIES = TOP / "deploy/registries"


@pytest.fixture
def made(folder):
    """A copy of deploy/ with its secrets made."""
    shutil.copytree(TOP / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("secrets", ".env"))
    here = folder / "deploy/compose"
    run(here / "secrets.sh")
    first = {p.name: p.read_text() for p in (here / "secrets").iterdir()}
    run(here / "secrets.sh")  # again: nothing changes
    assert {p.name: p.read_text() for p in (here / "secrets").iterdir()} == first
    return here


def config(made):
    """As docker-compose understands it: variables filled in, merged, checked by its schema."""
    return yaml.safe_load(run("docker-compose", "-f", made / "compose.yaml", "config", cwd=made).stdout)


def test_compose__file__is_valid_and_every_mount_and_secret_is_there(made):
    understood = config(made)
    for name, service in understood["services"].items():
        for mount in service.get("volumes", []):
            if isinstance(mount, dict) and mount["type"] == "bind":
                assert os.path.exists(mount["source"]), (name, mount)
        for secret in service.get("secrets", []):
            assert os.path.isfile(understood["secrets"][secret["source"]]["file"]), (name, secret)
    for path in (made / "secrets").iterdir():
        assert path.stat().st_mode & 0o7 == 0, path


def test_compose__every_service__is_confined_and_watched(made):
    for name, service in config(made)["services"].items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert ":latest" not in service["image"], name
        if name != "own":
            assert service["healthcheck"]["test"][0] == "CMD" and service["user"].split(":")[0] != "0", name
        for port in service.get("ports", []):
            assert str(port).startswith("127.0.0.1:") or port.get("host_ip") == "127.0.0.1", (name, port)


def test_compose__its_registry_daemon_and_scrape__work_together(made, folder, image):
    """The three programs on this machine, with the files, environment and secrets that the containers get."""
    services = config(made)["services"]
    port, registry_port = free_port(), free_port()
    text = (made / "secrets/registry.yml").read_text()
    text = text.replace("0.0.0.0:5055", f"127.0.0.1:{registry_port}").replace(":8055", f":{port}")
    (folder / "registry.yml").write_text(text.replace("/var/lib/registry", str(folder / "blobs")))
    registry = Program(["docker-registry", "serve", folder / "registry.yml"], folder, "registry")
    env = {k: str(v) for k, v in services["tidewaiterd"]["environment"].items()}
    env.update({"TIDEWAITER_LISTEN": f"0.0.0.0:{port}", "TIDEWAITER_DATA_DIR": str(folder / "data"),
                "TIDEWAITER_ACCESS": str(made / "secrets/access.yaml"),
                "TIDEWAITER_POLICY": str(made / "policy.yaml"),
                "TIDEWAITER_REGISTRIES": env["TIDEWAITER_REGISTRIES"].replace("5055", str(registry_port))})
    daemon = Daemon(folder, port=port, env=env)
    daemon.argv = daemon.argv[:1]  # the image's entry point has no arguments
    registry.start()
    daemon.start()
    try:
        wait_for("the registry", lambda: run("curl", "-s", f"http://127.0.0.1:{registry_port}/v2/",
                                             check=False).returncode == 0)
        run("skopeo", "copy", "--dest-tls-verify=false", image.source, f"docker://localhost:{registry_port}/team/app:1")
        token = (made / "secrets/prometheus-token").read_text()
        read = {"Authorization": f"Bearer {token}"}
        wait_for("the scan", lambda: 'tidewaiter_scans{state="done"} 1\n' in daemon.get("/metrics", read).text)
        assert daemon.get("/metrics").status == 401
        # The health check, in that environment.
        [name, *argv] = services["tidewaiterd"]["healthcheck"]["test"][1:]
        assert name == "tidewaiterd"
        run(daemon.argv[0], *argv, env={**os.environ, **env})
    finally:
        registry.stop()
        assert daemon.stop() == 0, daemon.log()


def test_registries__docker_registry__the_real_one_tells_of_a_push(folder, image):
    port, registry_port = free_port(), free_port()
    text = (REGISTRIES / "docker-registry.yml").read_text()
    assert text.count("TOKEN") == 1
    text = text.replace(":5055", f":{registry_port}").replace(":8055", f":{port}")
    (folder / "registry.yml").write_text(text.replace("/var/lib/docker-registry", str(folder / "blobs")))
    registry = Program(["docker-registry", "serve", folder / "registry.yml"], folder, "registry")
    daemon = Daemon(folder, registries=f"http://localhost:{registry_port}", port=port).start()
    registry.start()
    try:
        wait_for("the registry", lambda: run("curl", "-s", f"http://127.0.0.1:{registry_port}/v2/",
                                             check=False).returncode == 0)
        run("skopeo", "copy", "--dest-tls-verify=false", image.source, f"docker://localhost:{registry_port}/team/app:1")
        wait_for("the scan", lambda: 'tidewaiter_scans{state="done"} 1\n' in daemon.get("/metrics").text)
    finally:
        registry.stop()
        assert daemon.stop() == 0


def test_registries__harbor__the_policy_goes_to_its_project_with_the_token(folder):
    """What curl sends, as a listener on this machine gets it."""
    port = free_port()
    server = Program(["python3", "-c", LISTENER, port, folder / "request"], folder, "harbor")
    server.start()
    done = wait_for("the listener", lambda: (d := run(
        REGISTRIES / "harbor.sh", f"http://127.0.0.1:{port}/", "team", "https://t.example:1",
        env={**os.environ, "TOKEN": "tw_x", "HOME": str(folder)}, check=False)).returncode == 0 and d)
    assert done.stdout == ""
    server.process.wait(30)
    head, body = (folder / "request").read_text().split("\n\n", 1)
    assert head.startswith("POST /api/v2.0/projects/team/webhook/policies")
    [target] = json.loads(body)["targets"]
    assert target["auth_header"] == "Bearer tw_x" and target["address"] == "https://t.example:1/v1/webhooks/harbor"
    assert run(REGISTRIES / "harbor.sh", check=False).returncode == 2


LISTENER = """
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        open(sys.argv[2], "w").write(self.requestline + chr(10) * 2 + body)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H).handle_request()
"""


def test_registries__zot_and_gitlab__have_the_form_that_docs_speak_of():
    zot = json.loads((REGISTRIES / "zot.json").read_text())
    [sink] = zot["extensions"]["events"]["sinks"]
    assert sink["type"] == "http" and "/v1/webhooks/zot?registry=" in sink["address"]
    gitlab = (REGISTRIES / "gitlab.rb").read_text()
    assert re.search(r"^registry\['notifications'\] = \[$", gitlab, re.M)
    assert gitlab.count("{") == gitlab.count("}") and gitlab.count("[") == gitlab.count("]")
    named = set(re.findall(r"`([\w.-]+\.(?:yml|json|sh|rb))`", (REGISTRIES / "README.md").read_text()))
    assert named == {p.name for p in REGISTRIES.iterdir()} - {"README.md"}
