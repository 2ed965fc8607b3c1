"""REST and webhooks of a running daemon, with a real registry behind it."""
import json
import re
import socket

import pytest

import programs
from programs import http

EVENTS = {"Content-Type": "application/vnd.docker.distribution.events.v1+json"}


def pages(daemon, path, **query):
    """All items, one a page, by following next."""
    items, cursor = [], None
    while True:
        parameters = {**query, "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = daemon.get(path + "?" + "&".join(f"{k}={v}" for k, v in parameters.items()))
        assert page.status == 200, page.text
        assert len(page.json["items"]) <= 1
        items += page.json["items"]
        cursor = page.json["next"]
        if cursor is None:
            return items
        assert len(items) < 100, "the pages do not end"


@pytest.fixture
def pushed(daemon, registry, image):
    """The digest of one scanned image under two tags, and the daemon."""
    digest = registry.push(image.source, "team/app:1.4")
    assert registry.push(image.source, "team/app:stable") == digest
    daemon.wait_report(digest)
    return digest


def test_api__push__one_scan_and_the_image_is_listed(daemon, registry, pushed):
    scans = [s for s in pages(daemon, "/v1/scans") if s["digest"] == pushed]
    assert len(scans) == 1, scans
    scan = daemon.wait_scan(scans[0]["id"], "done")
    assert scan["requested_by"] == "webhook:distribution"
    assert scan["reports"] == [f"/v1/images/{pushed}/report"]
    assert scan["error"] is None and scan["attempts"] == 1
    assert scan["created"] <= scan["started"] <= scan["finished"]

    image = daemon.get(f"/v1/images/{pushed}").json
    assert (image["registry"], image["repository"]) == (registry.host, "team/app")
    assert image["tag"] in ("1.4", "stable")
    assert image["go_binaries"] == 2 and image["completeness"] == "complete"
    report = daemon.get(image["report"]).json
    assert image["counts"] == report["verdict"]["counts"]
    assert image["decision"] == report["verdict"]["decision"]


def test_api__redelivery__no_second_scan(daemon, registry, pushed):
    before = pages(daemon, "/v1/scans")
    event = {"action": "push", "request": {"host": registry.host, "useragent": "x"},
             "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "repository": "team/app", "tag": "1.4", "digest": pushed}}
    for _ in range(3):
        answer = daemon.post("/v1/webhooks/distribution", {"events": [event, event]}, EVENTS)
        assert (answer.status, answer.json) == (200, {"accepted": 1, "ignored": 1})
    assert [s["id"] for s in pages(daemon, "/v1/scans")] == [s["id"] for s in before]


def test_api__events_that_are_no_push__ignored(daemon, registry, pushed):
    before = len(pages(daemon, "/v1/scans"))
    manifest = "application/vnd.oci.image.manifest.v1+json"
    other = "sha256:" + "1" * 64

    def event(action, media_type=manifest, agent="x"):
        return {"action": action, "request": {"host": registry.host, "useragent": agent},
                "target": {"mediaType": media_type, "repository": "team/app", "digest": other}}
    body = {"events": [event("pull"), event("mount"), event("push", "application/octet-stream"),
                       event("push", agent="tidewaiter/0.1.0"),
                       {"action": "delete", "target": {"repository": "team/app", "tag": "1"}}]}
    answer = daemon.post("/v1/webhooks/distribution", body, EVENTS)
    assert (answer.status, answer.json) == (200, {"accepted": 0, "ignored": 5})
    assert len(pages(daemon, "/v1/scans")) == before


def test_api__registry_not_allowed__403_and_the_good_event_is_kept(daemon, registry, pushed):
    def event(host, repository):
        return {"action": "push", "request": {"host": host},
                "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json",
                           "repository": repository, "digest": "sha256:" + "2" * 64}}
    body = {"events": [event("evil.example", "a"), event(registry.host, "kept/one")]}
    answer = daemon.post("/v1/webhooks/distribution", body, EVENTS)
    assert answer.status == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "evil.example" in answer.json["detail"] and "registries" in answer.json["detail"]
    references = [s["reference"] for s in pages(daemon, "/v1/scans")]
    assert any("kept/one" in r for r in references), references
    assert not any("evil.example" in r for r in references), references


def test_api__images__filters(daemon, registry, pushed):
    def digests(**query):
        return [i["digest"] for i in pages(daemon, "/v1/images", **query)]
    decision = daemon.get(f"/v1/images/{pushed}").json["decision"]
    others = {"pass", "warn", "deny"} - {decision}
    assert digests() == [pushed]
    assert digests(repository="team%2Fapp") == [pushed]
    assert digests(registry=registry.host, repository="team/app", tag="1.4") == [pushed]
    assert digests(decision=decision) == [pushed]
    assert digests(repository="team/other") == []
    assert digests(tag="none") == []
    for other in others:
        assert digests(decision=other) == []


def test_api__cursor_that_no_page_gave__400(daemon):
    for path in ("/v1/scans", "/v1/images", "/v1/rules"):
        answer = daemon.get(f"{path}?cursor=%E2%82%AC")
        assert answer.status == 400, (path, answer.text)


def test_api__report__formats_and_languages(daemon, pushed):
    url = f"/v1/images/{pushed}/report"
    as_json = daemon.get(url)
    assert as_json.headers["Content-Type"].startswith("application/json")
    assert as_json.headers["Vary"] == "Accept, Accept-Language, Accept-Encoding"
    assert as_json.json["image"]["digest"] == pushed
    assert daemon.get(url).body == as_json.body, "the same input gives the same bytes"
    text = daemon.get(url, {"Accept": "text/plain"})
    assert text.headers["Content-Type"].startswith("text/plain")
    assert text.body == daemon.get(url + "?format=text").body != b""
    assert "TW501" in text.text
    chinese = daemon.get(url + "?format=text&lang=zh").text
    assert re.search("[\u4e00-\u9fff]", chinese) and "TW501" in chinese


def test_api__scan_by_hand__rescan_is_a_new_scan(daemon, registry, pushed):
    reference = f"{registry.host}/team/app@{pushed}"
    joined = daemon.post("/v1/scans", {"reference": reference})
    assert joined.status == 202, joined.text
    again = daemon.post("/v1/scans", {"reference": reference, "rescan": True})
    assert again.status == 202 and again.json["id"] != joined.json["id"]
    assert again.json["requested_by"] == "api"
    assert daemon.wait_scan(again.json["id"], "done")["digest"] == pushed


def test_api__missing_image__failed_listed_and_retried(daemon, registry):
    scan = daemon.post("/v1/scans", {"reference": f"{registry.host}/team/none:1"}).json
    failed = daemon.wait_scan(scan["id"], "failed")
    assert failed["error"]["code"] == "not-found" and failed["error"]["message"]
    assert failed["reports"] == []
    assert [s["id"] for s in pages(daemon, "/v1/scans", state="failed")] == [scan["id"]]
    retried = daemon.post(f"/v1/scans/{scan['id']}/retry")
    assert retried.status == 202, retried.text
    assert retried.headers["Location"] == f"/v1/scans/{scan['id']}"
    daemon.wait_scan(scan["id"], "failed")


def test_api__head__same_headers_no_body(daemon, pushed):
    for path in ("/healthz", "/v1/images", f"/v1/images/{pushed}/report", "/none"):
        get, head = daemon.get(path), http("HEAD", daemon.url + path)
        assert (head.status, head.body) == (get.status, b"")
        for name in ("Content-Type", "Content-Length", "Vary"):
            if get.status == 200:
                assert head.headers[name] == get.headers[name]


SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)')


def test_api__metrics__every_line_is_a_sample_of_a_declared_type(daemon, pushed):
    answer = daemon.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    types, samples = {}, {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} is declared twice"
            types[name] = kind
        elif line and not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            family = re.sub("_(bucket|sum|count)$", "", match[1])
            assert match[1] in types or types.get(family) == "histogram", line
            assert (match[1], match[2]) not in samples, f"{line} is there twice"
            samples[match[1], match[2]] = float(match[3])
    hook = '{route="/v1/webhooks/{sender}",method="POST",status="200"}'
    assert samples["tidewaiter_http_requests_total", hook] >= 1


def test_api__errors__are_problems(daemon):
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/v1/scans", 405),
                                 ("GET", "/v1/scans?x=1", 400), ("GET", "/v1/scans/%zz", 400)):
        answer = http(method, daemon.url + path, headers={"X-Request-Id": "from-a-test"})
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["X-Request-Id"] == "from-a-test"
        problem = answer.json
        assert sorted(problem) == ["detail", "instance", "status", "title", "type"]
        assert problem["status"] == status
        assert problem["instance"] == "urn:tidewaiter:request:from-a-test"


def test_api__client_that_sends_nothing__others_are_served(daemon):
    silent = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(50)]
    for s in silent:
        s.sendall(b"POST /v1/scans HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n")
    assert daemon.get("/healthz").status == 200
    for s in silent:
        s.close()


def test_api__port_in_use__says_so(daemon, folder):
    second = programs.Daemon(folder / "second", port=daemon.port)
    (folder / "second").mkdir()
    programs.Program.start(second)
    assert second.process.wait(30) != 0
    assert f"127.0.0.1:{daemon.port}" in second.log() and "in use" in second.log()
    assert json.loads(daemon.get("/healthz").body) == {"status": "ok"}
