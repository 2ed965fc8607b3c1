"""/metrics of a daemon that has worked: what Prometheus' own tool says of it, and what the numbers say."""
import json
import re
import subprocess

import pytest

from metrics import Metrics
from programs import TOP, Daemon, wait_for
from reviews import create
from test_cage import double, layers_of


def ask_for_admission(daemon, image):
    answer = daemon.post("/v1/admission", create(image))
    assert answer.status == 200, answer.text


@pytest.fixture
def worked(folder, registry, daemon_port, image):
    """A push, the same again, a push whose second layer kills its cage, an admission, a bad notice."""
    cage = double(folder, layers_of(image)[1], "kill -XCPU $$")
    daemon = Daemon(folder, f"--cage-program={cage}", registries=f"http://{registry.host}",
                    port=daemon_port).start()
    digest = registry.push(image.source, "team/app:1")
    daemon.wait_report(digest)
    second = registry.push(image.source, "team/app:2", "--format", "v2s2")
    daemon.wait_report(second)
    assert daemon.post("/v1/scans", {"reference": f"{registry.host}/team/app@{digest}"}).status == 202
    assert daemon.post("/v1/scans", {"reference": "elsewhere.example/app:1"}).status == 403
    assert daemon.post("/v1/webhooks/distribution", b"{").status == 400
    ask_for_admission(daemon, f"{registry.host}/team/app@{digest}")
    wait_for("the queue", lambda: Metrics(daemon).value("tidewaiter_scans", state="running") == 0)
    yield daemon
    assert daemon.stop() == 0, daemon.log()[-4000:]


def test_metrics__of_a_daemon_that_has_worked__are_what_was_done(worked):
    m = Metrics(worked)
    assert m.value("tidewaiter_scan_attempts_total", end="done") == 2
    assert m.value("tidewaiter_scans", state="done") == 2
    assert m.value("tidewaiter_queue_oldest_seconds") == 0
    assert m.value("tidewaiter_scan_duration_seconds_count") == 2
    assert m.total("tidewaiter_images_scanned_total") == 2
    assert m.total("tidewaiter_images_scanned_total", completeness="partial") == 2
    assert m.value("tidewaiter_pushes_total", sender="distribution", outcome="queued") == 2
    assert m.value("tidewaiter_pushes_total", sender="distribution", outcome="malformed") == 1
    assert m.value("tidewaiter_pushes_total", sender="api", outcome="known") == 1
    assert m.value("tidewaiter_pushes_total", sender="api", outcome="not-allowed") == 1
    # Three layers, then the one that could not be read once more.
    assert m.value("tidewaiter_layers_total", **{"from": "cage"}) == 4
    assert m.value("tidewaiter_layers_total", **{"from": "store"}) == 2
    assert m.value("tidewaiter_cage_deaths_total", reason="time") == m.total("tidewaiter_cage_deaths_total") == 2
    assert m.value("tidewaiter_cages_total") >= 4
    assert m.value("tidewaiter_layer_uncompressed_bytes_total") > 1000000
    assert m.value("tidewaiter_layer_bytes_total") > 1000000
    assert m.total("tidewaiter_admissions_total") == 1
    assert m.total("tidewaiter_admission_containers_total", image="judged") == 1
    assert m.value("tidewaiter_admission_duration_seconds_count") == 1
    assert m.value("tidewaiter_webhook_duration_seconds_count") >= 3
    assert m.value("tidewaiter_store_commit_duration_seconds_count") >= 6
    assert m.value("tidewaiter_store_commit_writes_sum") >= 6
    assert m.value("tidewaiter_store_commit_failures_total") == 0
    assert m.value("tidewaiter_rejudge_backlog") == 0
    # The fleet: both images are current, and what is found in them is what their reports say.
    reports = [worked.get(f"/v1/images/{i['digest']}/report").json for i in worked.get("/v1/images").json["items"]]
    assert m.total("tidewaiter_images") == len(reports) == 2
    found = [(f["rule"], f["severity"]) for r in reports for f in r["findings"]]
    assert found and m.samples["tidewaiter_findings"] == {
        frozenset({"rule": rule, "severity": severity}.items()): found.count((rule, severity))
        for rule, severity in found}
    programs = [b["go"]["version"].removeprefix("go") for r in reports for b in r["go_binaries"]]
    assert m.total("tidewaiter_go_binaries") == len(programs) > 0
    for release in set(programs):
        assert m.value("tidewaiter_go_binaries", release=release) == programs.count(release)
    [info] = m.samples["tidewaiter_build_info"]
    assert re.fullmatch(r"go1\.\d+(\.\d+)?", dict(info)["facts"])
    with open(f"/proc/{worked.process.pid}/stat") as stat:
        assert 0 < m.value("process_start_time_seconds") < 1e11 and stat.read()
    assert m.value("process_resident_memory_bytes") > 1 << 20
    assert 10 < m.value("process_open_fds") < m.value("process_max_fds")
    assert m.value("process_threads") > 3


def test_metrics__promtool__has_nothing_to_say(worked):
    text = worked.get("/metrics").body
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_metrics__labels__name_no_image(worked, registry):
    """A series for each image, tag or repository would be without end."""
    text = worked.get("/metrics").text
    for word in ("sha256:", "team/app", registry.host, "elsewhere.example"):
        assert word not in text, word
    allowed = json.loads((TOP / "tests/system/metrics.json").read_text())
    for name, samples in Metrics(worked).samples.items():
        for labels in samples:
            assert set(dict(labels)) <= set(allowed["labels"]), (name, labels)


def test_metrics__histograms__are_cumulative_and_agree_with_their_count(worked):
    m = Metrics(worked)
    histograms = [name for name, kind in m.types.items() if kind == "histogram"]
    assert len(histograms) == 6
    for name in histograms:
        series = {}
        for labels, value in m.samples[f"{name}_bucket"].items():
            labels = dict(labels)
            le = labels.pop("le")
            series.setdefault(frozenset(labels.items()), []).append((float(le), value))
        for labels, buckets in series.items():
            assert [le for le, _ in buckets] == sorted(le for le, _ in buckets)
            assert [v for _, v in buckets] == sorted(v for _, v in buckets)
            assert buckets[-1] == (float("inf"), m.samples[f"{name}_count"][labels]), name


def test_metrics__many_images__scrape_is_as_long_as_before(daemon, registry, image):
    digest = registry.push(image.source, "team/app:1")
    daemon.wait_report(digest)
    daemon.get("/metrics")
    before = {(n, l) for n, s in Metrics(daemon).samples.items() for l in s}
    for tag in range(2, 8):
        registry.push(image.source, f"other{tag}/app:{tag}")
    wait_for("pushes", lambda: Metrics(daemon).value(
        "tidewaiter_pushes_total", sender="distribution", outcome="known") >= 6)
    after = {(n, l) for n, s in Metrics(daemon).samples.items() for l in s}
    assert after == before
