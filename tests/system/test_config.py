"""Settings from a file, the environment and flags; what is read again at SIGHUP; what is logged."""
import json
import os
import re
import signal
import threading
import time

import pytest
import yaml

import programs
from programs import BIN, Daemon, run, wait_for

EVENTS = {"Content-Type": "application/vnd.docker.distribution.events.v1+json"}


def printed(*options, env=None, program="tidewaiterd"):
    return run(BIN / program, "--print-config", *options, check=False, env={**os.environ, **(env or {})})


def line_of(text, name):
    return re.search(rf"^(?:# )?{name}: .*$", text, re.M)[0]


def test_config__order__default_file_environment_flag(folder):
    path = folder / "t.yaml"
    path.write_text("workers: 3\nqueue-max: 7\nmax-attempts: 5\nlimits:\n  redirects: 3\n"
                    "registries:\n  - http://localhost:5055\n  - registry.example\n")
    made = printed(f"--config={path}", "--max-attempts=6", "--workers=4",
                   env={"TIDEWAITER_WORKERS": "9", "TIDEWAITER_QUEUE_MAX": "8",
                        "TIDEWAITER_LIMIT_LAYER_ENTRIES": "11"}).stdout
    told = {name: line_of(made, name).split(None, 1)[1] for name in (
        "workers", "queue-max", "max-attempts", "registries", "grace")}
    assert {name: re.sub(" +", " ", value) for name, value in told.items()} == {
        "workers": "4 # flag --workers",
        "queue-max": "8 # environment TIDEWAITER_QUEUE_MAX",
        "max-attempts": "6 # flag --max-attempts",
        "registries": f"[http://localhost:5055, registry.example] # {path}:7",
        "grace": "10 # default"}
    assert re.search(rf"^  redirects: 3 +# {path}:5$", made, re.M)
    assert re.search(r"^  layer_entries: 11 +# environment TIDEWAITER_LIMIT_LAYER_ENTRIES$", made, re.M)


def test_config__print_config__is_a_file_again(folder):
    odd = 'a "quoted" \\ name\twith: all # of it'
    first = printed(f"--data-dir={odd}", "--workers=5", "--limit=redirects=2", "--access=null",
                    "--registries=http://localhost:1,registry.example:5000").stdout
    values = yaml.safe_load(first)  # another reader of YAML takes it for the same
    assert (values["data-dir"], values["workers"], values["access"]) == (odd, 5, "null")
    assert values["registries"] == ["http://localhost:1", "registry.example:5000"]
    path = folder / "again.yaml"
    path.write_text(first)
    second = printed(f"--config={path}").stdout
    assert yaml.safe_load(second) == values
    number = [n for n, line in enumerate(first.splitlines(), 1) if line.startswith("workers:")][0]
    assert f"# {path}:{number}" in line_of(second, "workers")


@pytest.mark.parametrize("text,message", [
    ("workers: 0\n", '1:10: workers: "0" must be a number from 1 to 64'),
    ("\n  lissten: x\n", '2:3: there is no setting "lissten"; did you mean listen?'),
    ("grace: 1\ngrace: 1\n", '2:1: "grace" is there twice'),
    ("limits: {redirect: 1}\n", '1:10: no limit is named "redirect"; did you mean redirects?'),
    ("limits: {redirects: 21}\n",
     '1:21: limit redirects: "21" must be a number from 1 to 20 (hops)'),
    ("limits: {redirects: 1, redirects: 1}\n", '1:24: "redirects" is there twice'),
    ("cage: half\n", '1:7: cage: "half" must be one of full|without-landlock|none'),
    ("config: x\n", '1:1: "config" is for the command line and the environment'),
    ("workers: [1]\n", "1:10: must be a text"),
    ("registries: [a, 'b,c']\n", "1:13: an entry of a list has no comma"),
    ("- workers\n", "1:1: must be a mapping of settings to values"),
    ("workers: &x 1\n", "1:10: anchors (&name) are not taken"),
    ('"a\\x1b": 1\n', '1:1: there is no setting "a\\x1b"'),
])
def test_config__mistakes__are_told_with_place_and_nearest_name(folder, text, message):
    path = folder / "bad.yaml"
    path.write_text(text)
    for program in ("tidewaiterd", "tidewaiter"):
        argv = ["--print-config"] if program == "tidewaiterd" else ["inspect", "x"]
        done = run(BIN / program, *argv, f"--config={path}", check=False)
        assert (done.returncode, done.stderr) == (2, f"{program}: {path}:{message}\n")


def test_config__a_file_of_both_programs__each_takes_its_own(folder):
    path = folder / "t.yaml"
    path.write_text("listen: 127.0.0.1:1\nserver: http://127.0.0.1:2\nprofile: strict\n")
    assert "profile: strict" in printed(f"--config={path}").stdout
    assert run(BIN / "tidewaiter", "rules", "TW201", env={**os.environ, "TIDEWAITER_CONFIG": str(path)})
    missing = run(BIN / "tidewaiter", "rules", "--config=/nowhere/t.yaml", check=False)
    assert (missing.returncode, missing.stderr) == (
        2, "tidewaiter: config: /nowhere/t.yaml: No such file or directory\n")


def test_config__flags_that_are_nearly_right__the_right_one_is_named():
    done = printed("--lissten=x")
    assert (done.returncode, done.stderr) == (2, 'tidewaiterd: "--lissten=x" is no setting; did you mean '
                                              "--listen?; tidewaiterd --help lists them\n")


def test_config__strange_variables__are_told_but_not_those_of_kubernetes(folder):
    daemon = Daemon(folder, env={"TIDEWAITER_LISTN": "x", "TIDEWAITER_PORT": "tcp://10.0.0.1:8055",
                                 "TIDEWAITER_SERVICE_HOST": "10.0.0.1"}).start()
    assert daemon.stop() == 0
    assert re.findall(r" warning (.*)", daemon.log()) == [
        "environment: there is no setting TIDEWAITER_LISTN; did you mean TIDEWAITER_LISTEN?"]


# ---- reload ----


def event(registry, digest, number):
    return {"events": [{"action": "push", "request": {"host": registry.host}, "target": {
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest,
        "repository": "team/app", "tag": str(number)}}]}


@pytest.fixture
def configured(folder, registry):
    """A daemon with a file, and a function that writes the file and waits for what the log says."""
    path = folder / "t.yaml"
    path.write_text(f"registries: [http://{registry.host}]\n")
    daemon = Daemon(folder, f"--config={path}").start()

    def change(text, told="reload: the settings were read again"):
        before = daemon.log().count(told)
        path.write_text(text.replace("HOST", f"http://{registry.host}"))
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(told, lambda: daemon.log().count(told) > before)
    daemon.change = change
    yield daemon
    assert daemon.stop() == 0, daemon.log()[-4000:]
    assert "Sanitizer" not in daemon.log() and "runtime error" not in daemon.log(), daemon.log()


def test_reload__settings__hold_from_then_on(configured, registry):
    body = {"reference": "other.example/app:1"}
    assert configured.post("/v1/scans", body).status == 403
    configured.change("registries: [HOST, http://other.example]\nclient-rate: 1\n")
    assert configured.post("/v1/scans", body).status == 202
    assert [configured.get("/healthz").status for _ in range(4)].count(429) >= 1
    configured.change("registries: [HOST]\nclient-rate: 0\nlog-format: json\n")
    assert configured.post("/v1/scans", body).status == 403
    assert {configured.get("/healthz").status for _ in range(20)} == {200}


def test_reload__what_needs_a_restart__is_named_and_stays(configured):
    configured.change("registries: [HOST]\nlisten: 127.0.0.1:1\nlimits: {redirects: 1}\nworkers: 3\n")
    told = re.findall(r" warning reload: (\w+) was changed, which needs a restart; it stays", configured.log())
    assert told == ["limits"]  # listen has a flag here, which counts more
    assert configured.get("/readyz").status == 200


@pytest.mark.parametrize("text,why", [
    ("workers: none\nclient-rate: 1\n", r':1:10: workers: "none" must be a number from 1 to 64'),
    ("client-rate: 1\npolicy: /nowhere\n", "policy: /nowhere: No such file or directory")])
def test_reload__a_bad_file__changes_nothing(configured, text, why):
    configured.change(text, told=f"{why}; the settings that were in force stay so")
    assert {configured.get("/healthz").status for _ in range(20)} == {200}


def test_reload__another_profile_or_policy__holds_from_then_on(configured, registry, image, folder):
    digest = registry.push(image.source, "team/app:1")
    configured.post("/v1/scans", {"reference": f"{registry.host}/team/app:1"})
    policy = lambda: configured.wait_report(digest)["verdict"]["policy"]
    assert policy() == "default"
    read = "reload: the policy was read again"
    configured.change("registries: [HOST]\nprofile: strict\n", told=read)
    assert policy() == "strict"
    own = folder / "policy.yaml"
    own.write_text("name: ours\n")
    configured.change(f"registries: [HOST]\npolicy: {own}\n", told=read)
    assert policy() == "ours"
    configured.change("registries: [HOST]\n", told=read)
    assert policy() == "default"


def test_reload__twenty_times_under_load__no_push_is_lost(configured, registry, image):
    digest = registry.push(image.source, "team/app:1")
    taken, stop = [], threading.Event()

    def push(worker):
        number = 0
        while not stop.is_set():
            number += 1
            tag = f"{worker}-{number}"
            answer = configured.post("/v1/scans", {
                "reference": f"{registry.host}/team/app:{tag}@{digest}", "rescan": number % 5 == 0})
            assert answer.status == 202, answer.text
            taken.append(answer.json["id"])
            time.sleep(0.02)
    threads = [threading.Thread(target=push, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for n in range(20):
        configured.change(f"registries: [HOST]\nworkers: {n % 4 + 1}\nidle-timeout: {n % 3 + 5}\n"
                          f"layers-at-once: {n % 2 + 1}\nmax-attempts: {n + 1}\n"
                          f"log-format: {'json' if n % 2 else 'text'}\n")
    stop.set()
    for thread in threads:
        thread.join()
    assert len(taken) > 20
    wait_for("all scans", lambda: all(
        configured.get(f"/v1/scans/{scan}").json["state"] == "done" for scan in set(taken)))


# ---- the log ----

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def test_log__a_push__request_scan_and_image_on_one_line(configured, registry, image):
    digest = registry.push(image.source, "team/app:1")
    scan = configured.post("/v1/scans", {"reference": f"{registry.host}/team/app:1@{digest}"},
                           {"X-Request-Id": "from-ci-7"}).json
    configured.wait_scan(scan["id"], "done")
    reference = f"{registry.host}/team/app:1@{digest}"
    wait_for("the line", lambda: " scan done in " in configured.log())
    assert re.search(rf"^{STAMP} info push taken, scan queued request=from-ci-7 scan={scan['id']} "
                     rf"reference={reference} digest={digest} by=api$", configured.log(), re.M)
    assert re.search(rf"^{STAMP} info scan done in \d\.\d{{3}} s, \d+ layers read, 0 known "
                     rf"scan={scan['id']} reference={reference} digest={digest} worker=\d+\.\d "
                     r"duration_ms=\d+$", configured.log(), re.M)


def test_log__json__one_object_a_line(folder, registry):
    daemon = Daemon(folder, "--log-format=json", "--log-level=debug",
                    registries=f"http://{registry.host}").start()
    answer = daemon.post("/v1/scans", {"reference": 'other.example/a:1'}, {"X-Request-Id": "r1"})
    daemon.get("/x%1b%22%ff?a=1")
    scan = daemon.post("/v1/scans", {"reference": f"{registry.host}/no/such:1"}).json
    wait_for("the attempt", lambda: '"attempt":1' in daemon.log())
    assert daemon.stop() == 0
    lines = [json.loads(line) for line in daemon.log().splitlines()]
    assert all(list(line)[:3] == ["time", "level", "message"] for line in lines)
    assert all(re.fullmatch(STAMP, line["time"]) for line in lines)
    refused = [line for line in lines if line.get("request") == "r1"]
    assert [(line["level"], line["message"], line["status"]) for line in refused] == [
        ("warning", f"http: POST /v1/scans answered 403: {answer.json['detail']}", 403)]
    assert 0 <= refused[0]["duration_ms"] < 60000
    tried = [line for line in lines if line.get("scan") == scan["id"] and "error" in line]
    assert tried[0]["error"] == "not-found" and tried[0]["attempt"] == 1
    assert tried[0]["reference"] == f"{registry.host}/no/such:1" and tried[0]["duration_ms"] >= 0
