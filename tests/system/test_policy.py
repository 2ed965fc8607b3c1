"""Policies, gates, comparisons and Dockerfiles, as people use them."""
import json

import pytest

import images
from programs import http, run, tidewaiter, wait_for

GOLANG = 'FROM golang:1.27 AS b\nRUN go build -o /out/app .\nFROM alpine\nCOPY --from=b /out/app /app\n'


def policy(folder, text, name="policy.yaml"):
    path = folder / name
    path.write_text(text)
    return path


def gate(image, *options):
    done = tidewaiter("gate", "--format", "json", *options, image.source)
    report = json.loads(done.stdout) if done.stdout else None
    return done.returncode, report, done.stderr


@pytest.mark.parametrize("text,code,decision", [
    ("", 1, "deny"),  # TW501, critical
    ("severity: {TW501: medium}", 0, "warn"),
    ("severity: {TW501: off}\nfail_on: medium", 1, "deny"),
    ("profile: strict", 1, "deny"),
    ("waivers: [{rule: TW501, reason: known, who: alice, until: 2999-12-31}]", 0, "warn"),
    ("waivers: [{rule: TW501, reason: known, who: alice, until: 2020-12-31}]", 1, "deny"),
])
def test_gate__by_policy__exit_code_and_decision(image, folder, text, code, decision):
    got, report, _ = gate(image, "--policy", policy(folder, text))
    assert (got, report["verdict"]["decision"]) == (code, decision)


def test_gate__expired_waiver__is_told(image, folder):
    text = "waivers: [{rule: TW501, reason: known, who: alice, until: 2020-12-31}]"
    _, report, _ = gate(image, "--policy", policy(folder, text))
    (finding,) = (f for f in report["findings"] if f["rule"] == "TW501")
    assert {"kind": "expired-waiver", "name": "alice", "value": "2020-12-31"} in finding["evidence"]
    shown = tidewaiter("scan", "--policy", policy(folder, text), image.source).stdout
    assert "the waiver of alice ended on 2020-12-31" in shown
    assert "everything was looked at; policy policy\n" in shown
    waived = tidewaiter("scan", "--policy", policy(folder, text.replace("2020", "2999")), image.source)
    assert "1 waived; policy policy\n" in waived.stdout.replace("\n      ", " ")
    assert "waived by alice until 2999-12-31: known" in waived.stdout


def test_gate__profile_declared__asks_for_the_variables(image):
    code, report, _ = gate(image, "--profile", "declared")
    (finding,) = (f for f in report["findings"] if f["rule"] == "TW801")
    assert (code, finding["message"]) == (1, "the image does not declare GOEXPERIMENT, which the house "
                                             "asks for. Go needs none of them.")


def test_gate__bad_policy__trouble_with_file_line_and_column(image, folder):
    path = policy(folder, "name: x\nseverity:\n  TW999: high\n")
    code, report, stderr = gate(image, "--policy", path)
    assert (code, report) == (2, None)
    assert stderr == f'tidewaiter: policy: {path}: line 3, column 3: there is no rule "TW999"\n'
    assert gate(image, "--policy", folder / "none")[0] == 2
    assert gate(image, "--profile", "lax")[2] == (
        'tidewaiter: profile: "lax" is no profile; write default, strict or declared\n')


def test_gate__profile_beside_a_policy__must_be_the_same(image, folder):
    path = policy(folder, "name: x\n")
    for profile in ("strict", "lax"):
        code, report, stderr = gate(image, "--policy", path, "--profile", profile)
        assert (code, report) == (2, None)
        assert stderr.startswith("tidewaiter: profile: ") and profile in stderr
    assert gate(image, "--policy", policy(folder, "profile: strict"), "--profile", "strict")[0] == 1


def test_gate__waiver_by_path__of_all_programs_that_share_the_finding(image, folder):
    text = "waivers: [{rule: TW501, path: '%s', reason: known, who: alice, until: 2999-12-31}]"
    for path, code in (("usr/local/bin/*", 0), ("usr/local/bin/registry", 1)):
        got, report, _ = gate(image, "--policy", policy(folder, text % path))
        assert (got, report["verdict"]["waived"]) == (code, 1 - code)


def test_gate__incomplete_scan__as_the_policy_says(folder):
    broken = folder / "broken.tar"
    broken.write_bytes(b"no archive")
    image = images.new(folder)
    run("umoci", "raw", "add-layer", "--image", f"{image.layout}:1", broken)
    for text, code in (("severity: {TW901: low}", 3), ("incomplete: deny", 1), ("incomplete: allow", 0)):
        assert gate(image, "--policy", policy(folder, text))[0] == code, text


def test_scan__limits_of_the_container__rules_of_the_pod(image):
    done = tidewaiter("scan", "--format", "json", "--cpu-limit", "500m", "--memory-limit", "512Mi",
                      image.source)
    rules = {f["rule"]: f["message"] for f in json.loads(done.stdout)["findings"]}
    assert "does not look at the CPU limit of 500m" in rules["TW507"]
    assert "TW508" not in rules  # GOMEMLIMIT=2GB is malformed, which is worse
    assert tidewaiter("scan", "--cpu-limit", "lots", image.source).stderr == (
        "tidewaiter: --cpu-limit lots: must be a Kubernetes quantity, such as 2 or 500m\n")


def test_scan__channel_by_label__allows_what_it_names(image, folder):
    path = policy(folder, "channels: [{name: canary, match: {label: {tier: canary}},"
                          " allow: {godebug: gctrace}}]")
    def rules(*options):
        done = tidewaiter("scan", "--format", "json", "--policy", path, *options, image.source)
        report = json.loads(done.stdout)
        return report["verdict"]["channel"], "TW204" in {f["rule"] for f in report["findings"]}
    assert rules() == (None, True)
    assert rules("--label", "tier=canary") == ("canary", False)


def test_diff__two_images__what_the_program_will_do_differently(image, folder):
    changed = images.copy(image, folder)
    changed.env("ENV GODEBUG=http2server=0 GOMEMLIMIT=1GiB", GODEBUG="http2server=0",
                GOMEMLIMIT="1GiB")
    done = tidewaiter("diff", "--format", "json", image.source, changed.source)
    (comparison,) = json.loads(done.stdout)["comparisons"]
    changes = {(c["rule"], c["message"].split(" was")[0]) for c in comparison["changes"]}
    assert ("TW603", "GOMEMLIMIT") in changes and ("TW603", "GODEBUG http2server") in changes
    assert "TW501" in {f["rule"] for f in comparison["findings_gone"]}
    assert "TW207" in {f["rule"] for f in comparison["findings_new"]}
    assert done.returncode == 0
    assert tidewaiter("diff", "--fail-on", "medium", image.source, changed.source).returncode == 1
    # The change is medium; that the program does not start any more is found in the image itself.
    fatal = images.copy(image, folder / "fatal")
    fatal.env("ENV GOMEMLIMIT=1GB", GOMEMLIMIT="1GB")
    assert tidewaiter("diff", "--fail-on", "critical", changed.source, fatal.source).returncode == 1
    assert tidewaiter("diff", "--fail-on", "critical", fatal.source, changed.source).returncode == 0
    same = tidewaiter("diff", image.source, image.source)
    assert "The running programs will do nothing differently" in same.stdout
    assert tidewaiter("diff", image.source).returncode == 2


def test_dockerfile__stages_and_settings__judged_by_the_go_of_its_stage(folder):
    path = folder / "Dockerfile"
    path.write_text(GOLANG + "ENV GODEBUG=asynctimerchan=1\n")
    done = tidewaiter("scan", f"dockerfile:{path}")
    assert done.returncode == 1
    assert "GODEBUG=asynctimerchan=1 ends the program on go1.27" in done.stdout.replace("\n           ", " ")
    path.write_text(GOLANG.replace("1.27", "1.26") + "ENV GODEBUG=asynctimerchan=1\n")
    assert "TW201" not in tidewaiter("scan", f"dockerfile:{path}").stdout
    path.write_text("FROM golang:1.27\nFORM x\n")
    done = tidewaiter("scan", f"dockerfile:{path}")
    assert (done.returncode, done.stderr) == (
        2, f'tidewaiter: {path}: line 2: "FORM" is no Dockerfile instruction\n')


def test_dockerfile__inside_an_image__read_in_the_cage(image, folder):
    path = folder / "Dockerfile"
    path.write_text("FROM golang:1.27\nRUN go env -w GOROOT_FINAL=/usr/local/go\n")
    script = folder / "entry.sh"
    script.write_text("#!/bin/sh\nexport GOGC=25\nexec app\n")
    changed = images.copy(image, folder)
    changed.add(path, "/src/Dockerfile")
    changed.add(script, "/entry.sh")
    report = json.loads(tidewaiter("scan", "--format", "json", changed.source).stdout)
    found = {f["rule"]: f for f in report["findings"]}
    assert found["TW102"]["severity"] == "low"
    assert found["TW102"]["evidence"][0]["path"] == "src/Dockerfile"
    assert found["TW102"]["evidence"][0]["value"] == "line 2"
    assert found["TW210"]["message"].startswith("/entry.sh sets GOGC=25")


def test_daemon__policy_changed__stored_images_judged_again_without_pulling(
        image, registry, folder, daemon_factory):
    path = policy(folder, "severity: {TW501: medium}")
    daemon = daemon_factory(policy=path)
    digest = registry.push(image.source, "team/app:1.4")
    daemon.wait_report(digest)
    decision = lambda: daemon.get(f"/v1/images/{digest}").json["decision"]
    assert decision() == "warn"
    registry.stop()  # nothing can be pulled from here on
    path.write_text("severity: {TW501: nonsense}")
    daemon.process.send_signal(1)
    wait_for("the refusal", lambda: "stays so" in daemon.log())
    assert "line 1, column 19" in daemon.log() and decision() == "warn"
    path.write_text("fail_on: low")
    daemon.process.send_signal(1)
    wait_for("another decision", lambda: decision() == "deny")
    report = daemon.get(f"/v1/images/{digest}/report").json
    assert (report["verdict"]["decision"], report["verdict"]["fail_on"]) == ("deny", "low")


BETA = "channels: [{name: beta, match: {tag: '*-beta'}, severity: {TW501: info}}]"


def put_index(registry, digests, tag):
    """An index of those manifests of team/app; returns its digest."""
    base = f"http://{registry.host}/v2/team/app/manifests"
    kind = "application/vnd.oci.image.manifest.v1+json"
    entries = []
    for digest in digests:
        size = len(http("GET", f"{base}/{digest}", headers={"Accept": kind}).body)
        entries.append({"mediaType": kind, "digest": digest, "size": size,
                        "platform": {"os": "linux", "architecture": "amd64"}})
    kind = "application/vnd.oci.image.index.v1+json"
    body = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()
    put = http("PUT", f"{base}/{tag}", body, {"Content-Type": kind})
    assert put.status == 201, put.text
    return put.headers["Docker-Content-Digest"]


def test_daemon__pushed_under_another_tag__judged_again_by_its_channel(
        image, registry, folder, daemon_factory):
    daemon = daemon_factory(policy=policy(folder, BETA))
    def place(digest):
        listed = daemon.get(f"/v1/images/{digest}").json
        return listed["tag"], listed["decision"]
    digest = registry.push(image.source, "team/app:1-beta")
    daemon.wait_report(digest)
    assert place(digest) == ("1-beta", "warn")
    for tag, decision in (("1", "deny"), ("2-beta", "warn"), ("1", "deny")):
        assert registry.push(image.source, f"team/app:{tag}") == digest
        wait_for(f"the verdict of {tag}", lambda: place(digest) == (tag, decision))
        report = daemon.get(f"/v1/images/{digest}/report").json
        assert report["verdict"]["decision"] == decision
    assert daemon.log().count(" scan done in ") == 1  # one scan only


def test_daemon__two_tags_in_a_row__the_verdict_is_that_of_the_latest(
        image, registry, folder, daemon_factory):
    daemon = daemon_factory(policy=policy(folder, BETA))
    digest = registry.push(image.source, "team/app:1-beta")
    registry.push(image.source, "team/app:1")  # most often while the scan is under way
    daemon.wait_report(digest)
    def listed():
        it = daemon.get(f"/v1/images/{digest}").json
        return it["tag"], it["decision"]
    wait_for("the verdict of 1", lambda: listed() == ("1", "deny"))


def test_daemon__two_indexes_share_an_image__each_judged_by_its_own_name(
        image, registry, folder, daemon_factory):
    path = policy(folder, BETA)
    daemon = daemon_factory(policy=path)
    decision = lambda digest: daemon.get(f"/v1/images/{digest}").json["decision"]
    child = registry.push(image.source, "team/app:1-beta")
    beta = put_index(registry, [child], "2-beta")
    daemon.wait_report(beta)
    stable = put_index(registry, [child, child], "2")
    daemon.wait_report(stable)
    assert (decision(beta), decision(stable)) == ("warn", "deny")
    path.write_text(BETA + "\n# changed\n")
    daemon.process.send_signal(1)
    wait_for("the second look", lambda: "judged 3 stored images and indexes again" in daemon.log())
    assert (decision(beta), decision(stable)) == ("warn", "deny")


def test_daemon__bad_policy_at_start__refuses_to_start(folder, daemon_factory):
    daemon = daemon_factory(policy=policy(folder, "nonsense: 1"), wait=False)
    wait_for("the end", lambda: not daemon.alive())
    assert daemon.process.returncode == 2
    assert 'line 1, column 1: unknown key "nonsense"' in daemon.log()
