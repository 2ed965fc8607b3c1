"""The snippets of deploy/ci: their commands, as they stand there, on a real image in a registry that wants a password."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree as tree

import pytest
import yaml

from programs import BIN, TOP, Registry, run

CI = TOP / "deploy/ci"
DENY = "name: ci\nprofile: strict\nfail_on: low\n"
# What its first program stops at is accepted here.
PASS = "name: ci\nprofile: default\nfail_on: critical\nseverity: {TW501: info}\n"


@pytest.fixture
def guarded(folder, image):
    htpasswd = folder / "htpasswd"
    htpasswd.write_text(run("htpasswd", "-Bbn", "ci", "password").stdout)
    server = Registry(folder, htpasswd=htpasswd).start()
    server.push(image.source, "team/app:1", creds="ci:password")
    yield server
    server.stop()


def shell(script, folder, env, registry):
    """As a runner has it: sh -e, in the repository's folder."""
    env = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), "IMAGE": f"{registry.host}/team/app:1",
           "TIDEWAITER_REGISTRIES": f"http://{registry.host}", "POLICY": "tidewaiter.yaml", **env}
    return subprocess.run(["sh", "-e", "-c", script], cwd=folder, env=env, text=True, capture_output=True)


def check_junit(path):
    suites = tree.parse(path).getroot()
    assert suites.tag == "testsuites" and len(suites.findall(".//testcase")) >= 1
    return len(suites.findall(".//failure"))


@pytest.mark.parametrize("policy,code", [(DENY, 1), (PASS, 0)])
def test_ci__gitlab__gates_and_reports(folder, guarded, policy, code):
    job = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["tidewaiter"]
    (folder / "tidewaiter.yaml").write_text(policy)
    env = {"DOCKER_CONFIG": str(folder / ".docker"), "CI_REGISTRY": guarded.host, "CI_REGISTRY_USER": "ci",
           "CI_REGISTRY_PASSWORD": "password"}
    done = shell("\n".join(job["before_script"] + job["script"]), folder, env, guarded)
    assert done.returncode == code, done.stderr
    assert job["artifacts"]["reports"]["junit"] == "junit.xml" and job["allow_failure"] == {"exit_codes": [3]}
    assert (check_junit(folder / "junit.xml") > 0) == (code == 1)
    assert (folder / ".docker/config.json").stat().st_mode & 0o77 == 0


@pytest.mark.parametrize("policy,code", [(DENY, 1), (PASS, 0)])
def test_ci__github__gates_and_leaves_a_sarif(folder, guarded, policy, code):
    flow = yaml.safe_load((CI / "github-workflow.yml").read_text())
    steps = {s["name"]: s for s in flow["jobs"]["gate"]["steps"] if "name" in s}
    (folder / "tidewaiter.yaml").write_text(policy)
    login = steps["log in"]["run"].replace("ghcr.io", guarded.host).replace("username\":\"token", "username\":\"ci")
    done = shell(login, folder, {"REGISTRY_TOKEN": "password"}, guarded)
    assert done.returncode == 0, done.stderr
    done = shell(steps["gate"]["run"], folder, {}, guarded)
    assert done.returncode == code, done.stderr
    sarif = json.loads((folder / "tidewaiter.sarif").read_text())
    assert sarif["version"] == "2.1.0" and (len(sarif["runs"][0]["results"]) > 0)
    upload = flow["jobs"]["gate"]["steps"][-1]
    assert upload["with"]["sarif_file"] == "tidewaiter.sarif" and upload["if"].startswith("always()")
    assert flow["permissions"]["security-events"] == "write"


@pytest.mark.parametrize("policy,code", [(DENY, 1), (PASS, 0)])
def test_ci__jenkins__gates_and_reports(folder, guarded, policy, code):
    text = (CI / "Jenkinsfile").read_text()
    assert text.count("{") == text.count("}") and text.count("'''") % 2 == 0
    login, gate = re.findall(r"'''(.*?)'''", text, re.S)
    (folder / "tidewaiter.yaml").write_text(policy)
    env = {"DOCKER_CONFIG": str(folder / ".docker"), "REGISTRY_USER": "ci", "REGISTRY_PASSWORD": "password"}
    assert shell(login, folder, env, guarded).returncode == 0
    done = shell(gate, folder, env, guarded)
    assert done.returncode == code, done.stderr
    assert (check_junit(folder / "junit.xml") > 0) == (code == 1)


def test_ci__docs__commands_are_taken(folder, guarded):
    (folder / "Dockerfile").write_text("FROM scratch\nENV GODEBUG=mmap=1\n")
    text = (TOP / "docs/ci.md").read_text()
    blocks = [b.strip() for b in re.findall(r"```sh\n(.*?)```", text, re.S)]
    assert len(blocks) == 2
    (folder / ".docker").mkdir()
    run("skopeo", "login", "--tls-verify=false", "--authfile", folder / ".docker/config.json",
        "-u", "ci", "-p", "password", guarded.host)
    for block in blocks:
        block = re.sub(r"registry\.example/team/app:1\.\d", f"{guarded.host}/team/app:1", block)
        done = shell(block, folder, {}, guarded)
        assert done.returncode in (0, 1), (block, done.stderr)


def test_ci__forms__are_what_the_systems_take():
    """The keys that GitLab and GitHub know; more would be refused there."""
    job = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["tidewaiter"]
    assert set(job) == {"stage", "image", "variables", "before_script", "script", "allow_failure", "artifacts"}
    flow = yaml.safe_load((CI / "github-workflow.yml").read_text())
    assert set(map(str, flow)) == {"name", "True", "permissions", "jobs"}  # YAML 1.1: `on`
    gate = flow["jobs"]["gate"]
    assert set(gate) == {"if", "runs-on", "container", "env", "steps"}
    for step in gate["steps"]:
        assert ("uses" in step) != ("run" in step) and set(step) <= {"name", "uses", "run", "env", "with", "if"}
