"""A push arrives: webhook, durable queue, workers, report. Real registry, real pushes."""
import signal
import time

import faults
from programs import Daemon, Registry, free_port, wait_for

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def envelope(registry, repository, digest, tag="1", action="push", media_type=MANIFEST, **more):
    """A notification as docker-registry 2.8 sends it."""
    target = {"mediaType": media_type, "size": 500, "digest": digest, "length": 500,
              "repository": repository, "tag": tag,
              "url": f"http://{registry.host}/v2/{repository}/manifests/{digest}"}
    event = {"id": "5a1c", "timestamp": "2026-01-02T03:04:05.678Z", "action": action,
             "target": target,
             "request": {"id": "x", "addr": "127.0.0.1:1", "host": registry.host, "method": "PUT",
                         "useragent": "skopeo/1.9.3"},
             "actor": {}, "source": {"addr": registry.host, "instanceID": "y"}, **more}
    return {"events": [event]}


def scans(daemon, query=""):
    return daemon.get(f"/v1/scans{query}").json["items"]


def send(daemon, body):
    return daemon.post("/v1/webhooks/distribution", body,
                       {"Content-Type": "application/vnd.docker.distribution.events.v1+json"})


def test_push__real_registry_notifies__report_is_stored(daemon, registry, image):
    digest = registry.push(image.source, "team/app:1.4")
    report = daemon.wait_report(digest)
    assert report["schema"] == "tidewaiter.report/v1"
    assert report["image"]["digest"] == digest
    assert report["image"]["reference"] == f"{registry.host}/team/app:1.4"
    assert [b["path"] for b in report["go_binaries"]] == [
        "usr/local/bin/registry", "usr/local/bin/umoci"]
    assert "TW204" in [f["rule"] for f in report["findings"]]  # mmap= is no GODEBUG setting
    items = daemon.get("/v1/images?repository=team/app").json["items"]
    assert [i["digest"] for i in items] == [digest]
    assert items[0]["decision"] == report["verdict"]["decision"]


def test_push__same_digest_again_and_redelivered__one_scan(daemon, registry, image):
    digest = registry.push(image.source, "team/app:1")
    daemon.wait_report(digest)
    for _ in range(3):
        assert send(daemon, envelope(registry, "team/app", digest)).status == 200
    assert registry.push(image.source, "team/app:1") == digest
    assert registry.push(image.source, "team/app:other-tag") == digest
    time.sleep(1)  # what the registry still has to say
    assert [s["state"] for s in scans(daemon)] == ["done"]
    metrics = daemon.get("/metrics").text
    assert 'tidewaiter_scan_attempts_total{end="done"} 1\n' in metrics


def test_push__known_layers__are_not_read_again(daemon, registry, image, folder):
    first = registry.push(image.source, "team/app:1")
    daemon.wait_report(first)
    before = daemon.get("/metrics").text
    second = registry.push(image.source, "team/app:2", "--format", "v2s2")
    assert second != first
    daemon.wait_report(second)
    after = daemon.get("/metrics").text
    read = [line for line in before.splitlines() if line.startswith('tidewaiter_layers_total{from="cage"}')]
    assert len(read) == 1 and read[0] in after.splitlines()


def test_push__of_two_platforms__one_report_each(daemon, registry, image, folder):
    import json
    from programs import http
    digest = registry.push(image.source, "team/app:amd64")
    base = f"http://{registry.host}/v2/team/app/manifests"
    size = len(http("GET", f"{base}/{digest}", headers={"Accept": MANIFEST}).body)
    entry = {"mediaType": MANIFEST, "digest": digest, "size": size}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
             "manifests": [{**entry, "platform": {"os": "linux", "architecture": "amd64"}},
                           {**entry, "platform": {"os": "unknown", "architecture": "unknown"},
                            "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}]}
    body = json.dumps(index).encode()
    put = http("PUT", f"{base}/multi", body, {"Content-Type": index["mediaType"]})
    assert put.status == 201, put.body
    report = daemon.wait_report(put.headers["Docker-Content-Digest"])
    assert report["schema"] == "tidewaiter.index/v1"
    assert [r["image"]["digest"] for r in report["reports"]] == [digest]


def test_queue__registry_down__is_retried_with_its_reason_and_ends_done(folder, image):
    port = free_port()
    registry = Registry(folder, port=port).start()
    digest = registry.push(image.source, "team/app:1")
    registry.stop()
    daemon = Daemon(folder, registries=f"http://{registry.host}").start()
    answer = send(daemon, envelope(registry, "team/app", digest))
    assert answer.status == 200
    scan = wait_for("a first attempt", lambda: next(
        (s for s in scans(daemon) if s["attempts"] >= 1 and s["error"]), None))
    assert scan["state"] in ("queued", "running")
    assert scan["error"]["code"] == "unavailable" and registry.host in scan["error"]["message"]
    assert scan["error"]["retry_at"]
    registry.start()
    daemon.wait_report(digest)
    assert daemon.stop() == 0
    registry.stop()


def test_queue__dead_letter__is_listed_and_can_be_retried(folder, image):
    registry = Registry(folder).start()
    digest = registry.push(image.source, "team/app:1")
    registry.stop()
    daemon = Daemon(folder, "--max-attempts=1", registries=f"http://{registry.host}").start()
    send(daemon, envelope(registry, "team/app", digest))
    scan = wait_for("the dead letter", lambda: next(iter(scans(daemon, "?state=failed")), None))
    assert scan["error"]["code"] == "unavailable"
    registry.start()
    again = daemon.post(f"/v1/scans/{scan['id']}/retry")
    assert again.status == 202, again.body
    assert again.json["state"] == "queued"
    daemon.wait_report(digest)
    assert scans(daemon, "?state=failed") == []
    assert daemon.stop() == 0
    registry.stop()


def test_daemon__sigterm__ends_with_zero_and_frees_its_data(folder):
    daemon = Daemon(folder).start()
    assert daemon.stop(signal.SIGTERM) == 0
    assert "stopped" in daemon.log()
    daemon.start()  # the data folder can be taken again
    assert daemon.stop(signal.SIGINT) == 0


def test_daemon__registry_falls_silent__sigterm_still_ends_it_and_loses_nothing(folder, image):
    registry = Registry(folder).start()
    digest = registry.push(image.source, "team/app:1")
    proxy = faults.Proxy(registry.host, faults.at("/blobs/", faults.silent))
    daemon = Daemon(folder, "--grace=1", registries=f"http://{proxy.host}").start()
    send(daemon, envelope(proxy, "team/app", digest))
    wait_for("the scan to wait for the registry",
             lambda: [s["state"] for s in scans(daemon)] == ["running"])
    daemon.process.send_signal(signal.SIGTERM)
    wait_for("the drain", lambda: "signal TERM" in daemon.log())
    daemon.process.send_signal(signal.SIGHUP)  # ends nothing
    assert daemon.process.wait(20) == 0  # the stall timeout alone is 30 s
    proxy.faults.clear()
    daemon.start()
    daemon.wait_report(digest)
    assert [s["attempts"] for s in scans(daemon)] == [1]
    assert daemon.stop() == 0
    proxy.stop()
    registry.stop()


def test_daemon__second_one_on_the_same_data__is_refused(folder):
    first = Daemon(folder).start()
    second = Daemon(folder)
    Daemon.__mro__[1].start(second)  # without waiting for it
    assert second.process.wait(20) == 2
    assert "tidewaiter.db" in second.log()
    assert first.stop() == 0


def test_webhook__what_is_no_push_of_an_image__starts_no_scan(daemon, registry):
    digest = "sha256:" + "ab" * 32
    layer = "application/vnd.oci.image.layer.v1.tar+gzip"
    ours = {"request": {"host": registry.host, "method": "PUT", "useragent": "tidewaiter/0.1.0"}}
    for body in (envelope(registry, "a", digest, action="pull"),
                 envelope(registry, "a", digest, action="delete"),
                 envelope(registry, "a", digest, media_type=layer),
                 envelope(registry, "a", digest, **ours)):
        assert send(daemon, body).status == 200
    assert scans(daemon) == []


def test_webhook__bad_bodies__get_a_clear_problem_and_harm_nothing(daemon, registry):
    foreign = envelope(registry, "a", "sha256:" + "ab" * 32)
    foreign["events"][0]["request"]["host"] = "registry.elsewhere.example"
    foreign["events"][0]["target"]["url"] = "https://registry.elsewhere.example/v2/a/manifests/x"
    for status, body in ((400, b"not json"), (400, b"[]"), (400, b'{"events": 3}'),
                         (403, foreign), (413, b" " * (5 << 20))):
        answer = send(daemon, body)
        assert answer.status == status, answer.body
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["status"] == status and answer.json["detail"]
    assert "registry.elsewhere.example" in send(daemon, foreign).json["detail"]
    assert scans(daemon) == []
    assert daemon.get("/readyz").status == 200
