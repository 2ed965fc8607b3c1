"""tidewaiterd built with ThreadSanitizer, under load from all sides. Its build takes a while: TW_FULL."""
import json
import os
import shutil
import threading
import time

import pytest

import images
import programs
import receivers
from access import Authority, Secure, https, write_private
from programs import BIN, wait_for

pytestmark = pytest.mark.skipif(not os.environ.get("TW_FULL"), reason="tests/run.sh --full")
EVENTS = "application/vnd.docker.distribution.events.v1+json"


def test_threads__webhooks_scans_reads_reloads_and_stop__no_race(threads_build, folder, image):
    authority = Authority(folder)
    cert, key = authority.issue("server")
    policy = folder / "policy.yaml"
    policy.write_text("name: one\n")
    config = folder / "t.yaml"
    config.write_text("workers: 4\n")
    registry = programs.Registry(folder).start()
    digests = []
    for number in range(12):
        (folder / str(number)).mkdir()
        copy = images.copy(image, folder / str(number))
        copy.env(f"ENV N={number}", N=str(number))
        digests.append(registry.push(copy.source, f"team/app{number % 3}:{number}"))
    told = receivers.Receiver(receivers.code(-1), last=receivers.OK)
    sinks = [{"name": name, "kind": name, "url": told.url, "local": True, "min-severity": "info"}
             for name in ("webhook", "wecom", "dingtalk")]
    notify = write_private(folder / "notify.yaml", json.dumps({"sinks": sinks}))
    release = os.environ.get("TW_RELEASE_BIN", BIN)  # the cage has no threads
    daemon = Secure(folder, authority, f"--tls-cert={cert}", f"--tls-key={key}",
                    f"--tls-client-ca={authority.cert}", f"--config={config}", f"--policy={policy}",
                    f"--notify={notify}",
                    f"--cage-program={release}/tidewaiter-layer", "--client-rate=100000",
                    registries=f"http://{registry.host}",
                    env={"TSAN_OPTIONS": "halt_on_error=0 exitcode=66"})
    daemon.argv[0] = threads_build
    daemon.start()
    stop = threading.Event()

    def keep(work):
        def loop():
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    work(number)
                except (OSError, ValueError):
                    pass  # it is stopped in the middle; the metrics are no JSON
        thread = threading.Thread(target=loop)
        thread.start()
        return thread

    def push(number):
        digest = digests[number % len(digests)]
        body = json.dumps({"events": [{"action": "push", "request": {"host": registry.host}, "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest,
            "repository": f"team/app{number % 3}", "tag": str(number % 5)}}]}).encode()
        headers = {"Content-Type": EVENTS, **daemon.signature(body)}
        https(daemon.port, "/v1/webhooks/distribution", authority, headers=headers, body=body)

    def rescan(number):
        body = json.dumps({"reference": f"{registry.host}/team/app{number % 3}:{number % 12}",
                           "rescan": True}).encode()
        headers = {"Content-Type": "application/json", **daemon.bearer("webhook")}
        https(daemon.port, "/v1/scans", authority, headers=headers, body=body)
        time.sleep(0.05)

    def read(number):
        digest = digests[number % len(digests)]
        for path in ("/v1/images", "/v1/scans?limit=3", f"/v1/images/{digest}/report",
                     f"/v1/compare?from={digest}&to={digests[0]}", f"/v1/images/{digest}/drift",
                     "/metrics", "/v1/notifications"):
            https(daemon.port, path, authority, headers=daemon.bearer("read"))

    def change(number):
        config.write_text(f"workers: {number % 5 + 1}\nclient-connections: {100 + number % 3}\n"
                          f"layers-at-once: {number % 3 + 1}\nadmission-memory: {number % 9 + 1}\n"
                          f"log-format: {'json' if number % 2 else 'text'}\nqueue-max: {10000 + number}\n")
        policy.write_text(f"name: p{number}\nfail_on: {'high' if number % 2 else 'low'}\n")
        daemon.write()
        write_private(notify, json.dumps({"sinks": sinks[number % 3:]}))
        for new, old in zip(authority.issue(f"server{number}"), (cert, key)):
            shutil.copy(new, old)
        daemon.process.send_signal(programs.signal.SIGHUP)
        time.sleep(0.5)

    threads = [keep(work) for work in (push, push, rescan, read, read, change)]
    time.sleep(25)
    wait_for("all reports", lambda: all(
        https(daemon.port, f"/v1/images/{d}/report", authority, headers=daemon.bearer("read"))[0] == 200
        for d in digests), 120)
    daemon.process.send_signal(programs.signal.SIGTERM)  # in the middle of it
    stop.set()
    for thread in threads:
        thread.join()
    assert daemon.process.wait(60) == 0, daemon.log()[-4000:]
    registry.stop()
    told.stop()
    assert told.told
    assert "ThreadSanitizer" not in daemon.log(), daemon.log()[:6000]
