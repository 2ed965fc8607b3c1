"""The running daemon against its own document: every route answers as /openapi.yaml says, and all
that it says is asked. The schemas are fetched from the daemon too, by the document's references."""
import json
import re
import warnings

import pytest
import yaml

import access
import images
import notices
import receivers
import reviews
from programs import Daemon, http, wait_for
from streams import Stream

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from jsonschema import Draft202012Validator, RefResolver

METHODS = ("get", "post", "put", "delete", "patch")
UNKNOWN_DIGEST = "sha256:" + "0" * 64
EVENTS = "application/vnd.docker.distribution.events.v1+json"


class Document:
    def __init__(self, daemon):
        self.daemon = daemon
        answer = daemon.get("/openapi.yaml")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/yaml")
        self.tree = yaml.safe_load(answer.body)
        self.resolver = RefResolver(daemon.url + "/openapi.yaml", self.tree)
        self.seen = set()  # (method, path template, status)

    def operations(self):
        return {(method, path) for path, item in self.tree["paths"].items()
                for method in item if method in METHODS}

    def resolve(self, node):
        while "$ref" in node:
            _, node = self.resolver.resolve(node["$ref"])
        return node

    def validate(self, schema, value):
        errors = list(Draft202012Validator(schema, resolver=self.resolver).iter_errors(value))
        assert not errors, "\n".join(f"{e.json_path}: {e.message}" for e in errors[:10])

    def ask(self, method, template, status, path=None, body=None, query="", headers=None):
        """Asks, and holds the answer against the document."""
        operation = self.tree["paths"][template][method]
        if template == "/v1/events" and status == 200:  # a stream does not end
            answer = http("HEAD", self.daemon.url + template + query, headers=headers)
        elif method == "get":
            answer = self.daemon.get((path or template) + query, headers)
        else:
            answer = self.daemon.post((path or template) + query, body, headers)
        assert answer.status == status, answer.text
        documented = operation["responses"]
        assert str(status) in documented, f"{method} {template} answered {status}: not documented"
        response = self.resolve(documented[str(status)])
        for name, header in response.get("headers", {}).items():
            assert not self.resolve(header).get("required") or answer.headers[name], name
        told = {name.lower() for name in response.get("headers", {})} | EVERYWHERE
        assert {name.lower() for name in answer.headers} <= told, (template, status, answer.headers)
        self.seen.add((method, template, status))
        if status == 304:
            assert "content" not in response and not answer.body
            return answer
        media_type = answer.headers["Content-Type"].split(";")[0]
        assert media_type in response["content"], media_type
        if media_type.endswith("json"):
            self.validate(response["content"][media_type]["schema"], answer.json)
        return answer


@pytest.fixture
def document(daemon):
    return Document(daemon)


def events(*items):
    return json.dumps({"events": list(items)}).encode()


def push_event(host, repository="team/app", digest=UNKNOWN_DIGEST):
    return {"action": "push", "request": {"host": host},
            "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json",
                       "repository": repository, "digest": digest}}


def test_openapi__document__is_openapi_with_valid_schemas(document):
    tree = document.tree
    assert tree["openapi"].startswith("3.1.")
    ids = [tree["paths"][path][method]["operationId"] for method, path in document.operations()]
    assert len(ids) == len(set(ids)) >= 15
    for name, schema in tree["components"]["schemas"].items():
        Draft202012Validator.check_schema(document.resolve(schema))
        assert document.resolve(schema), name
    names = [p["schema"]["enum"] for p in tree["paths"]["/schema/{name}"]["get"]["parameters"]]
    for name in names[0]:
        Draft202012Validator.check_schema(document.daemon.get(f"/schema/{name}").json)


def ask_without_the_role(document, folder):
    """Of each operation 401, 403 and 429, from daemons that guard; none of it from those open to all."""
    guarded = access.Guarded(folder / "guarded")
    hasty = access.Guarded(folder / "hasty", "--client-rate=1")
    other_role = {"webhook": "read", "read": "webhook", "admission": "read", "admin": "read"}
    open_one = document.daemon
    try:
        guarded.start()
        hasty.start()
        while hasty.get("/healthz").status == 200:
            pass
        for method, template in document.operations():
            operation = document.tree["paths"][template][method]
            path = template.replace("{sender}", "distribution").replace("{digest}", UNKNOWN_DIGEST)
            path = path.replace("{id}", "x").replace("{name}", "x").replace("{hash}", "x")
            body = b"" if method == "post" else None
            document.daemon = guarded
            if "security" in operation:
                role = operation["security"][0]["token"][0]
                document.ask(method, template, 401, path=path, body=body)
                document.ask(method, template, 403, path=path, body=body,
                             headers=guarded.bearer(other_role[role]))
            else:
                answer = guarded.get(path)
                assert answer.status not in (401, 403), (path, answer.status)
            document.daemon = hasty
            document.ask(method, template, 429, path=path, body=body)
    finally:
        document.daemon = open_one
        assert guarded.stop() == 0 and hasty.stop() == 0


def ask_notifications(document, folder):
    """Of a daemon that has somebody to tell: one who refuses it, and one who is not there."""
    refuses = receivers.Receiver((400, b""), last=(200, b""))
    sinks = [{"name": "refuses", "kind": "webhook", "url": refuses.url, "local": True},
             {"name": "away", "kind": "webhook", "url": "http://127.0.0.1:1/", "local": True}]
    file = access.write_private(folder / "notify.yaml", json.dumps({"sinks": sinks}))
    teller = Daemon(folder / "teller", f"--notify={file}", "--max-attempts=1")
    open_one, document.daemon = document.daemon, teller
    listing, retry = "/v1/notifications", "/v1/notifications/{id}/retry"
    try:
        (folder / "teller").mkdir()
        teller.start()
        teller.post("/v1/scans", {"reference": "localhost:5055/none:1"})
        failed, = wait_for("a refusal", lambda: teller.get(f"{listing}?state=failed").json["items"])
        waiting, = document.ask("get", listing, 200, query="?state=waiting&sink=away").json["items"]
        assert len(document.ask("get", listing, 200).json["items"]) == 2
        document.ask("post", retry, 409, path=f"{listing}/{waiting['id']}/retry")
        document.ask("post", retry, 202, path=f"{listing}/{failed['id']}/retry")
        document.ask("post", retry, 404, path=f"{listing}/none/retry")
        told = refuses.wait(2)
        assert told[0].id == told[1].id == failed["id"]
    finally:
        document.daemon = open_one
        refuses.stop()
        assert teller.stop() == 0


def ask_for_too_many_streams(document, folder):
    """Of a daemon that has as many as it may have."""
    busy = Daemon(folder / "busy", "--events-max=1")
    open_one, document.daemon = document.daemon, busy
    try:
        (folder / "busy").mkdir()
        busy.start()
        stream = Stream(busy, last="7")
        assert stream.until(lambda e: "event" in e)[0]["event"] == "reset"
        for query, headers in (("", None), ("?after=7", None), ("", {"Last-Event-ID": "7"})):
            answer = document.ask("get", "/v1/events", 503, query=query, headers=headers)
            assert "events-max" in answer.json["detail"]
        document.ask("get", "/v1/events", 400, headers={"Last-Event-ID": "x"})  # that is looked at first
        stream.close()
    finally:
        document.daemon = open_one
        assert busy.stop() == 0


def test_openapi__every_operation__answers_as_documented(document, registry, image, folder):
    daemon = document.daemon
    digest = registry.push(image.source, "team/app:1.4")
    daemon.wait_report(digest)
    ask = document.ask
    host = registry.host

    hook = {"headers": {"Content-Type": EVENTS}, "path": "/v1/webhooks/distribution"}
    receive = "/v1/webhooks/{sender}"
    answer = ask("post", receive, 200, body=events(push_event(host, digest=digest)), **hook)
    assert answer.json == {"accepted": 1, "ignored": 0}
    told = ask("post", receive, 200, body=events({"action": "push"}), **hook).json
    assert (told["unusable"], told["reason"]) == (1, "events[0]: target.mediaType is missing")
    ask("post", receive, 400, body=b"{}", **hook)
    ask("post", receive, 400, path="/v1/webhooks/auto", body=b"{}")
    for sample in notices.SAMPLES.glob("*.http"):  # of every sender, also those of the handshake
        notice = notices.Notice(sample.stem)
        status = notice.send(daemon).status
        ask("post", receive, status, path=f"/v1/webhooks/{notice.sender}", body=notice.body,
            headers=notice.headers)
    ask("post", receive, 403, body=events(push_event("other.example")), **hook)
    ask("post", receive, 404, path="/v1/webhooks/nobody", body=b"{}")
    ask("post", receive, 413, body=b" " * (4 * 2**20 + 1), **hook)
    ask("post", receive, 415, path="/v1/webhooks/distribution", body=b"{}",
        headers={"Content-Type": "text/plain"})

    done = ask("post", "/v1/scans", 202, body={"reference": f"{host}/team/app@{digest}"}).json
    missing = ask("post", "/v1/scans", 202, body={"reference": f"{host}/team/app:missing"})
    assert missing.headers["Location"] == f"/v1/scans/{missing.json['id']}"
    ask("post", "/v1/scans", 400, body={"reference": "UPPER"})
    ask("post", "/v1/scans", 403, body={"reference": "other.example/team/app:1"})
    ask("post", "/v1/scans", 413, body=b" " * (2**20 + 1))
    ask("post", "/v1/scans", 415, body=b"{}", headers={"Content-Type": "text/plain"})

    failed = daemon.wait_scan(missing.json["id"], "failed")
    daemon.wait_scan(done["id"], "done")
    ask("get", "/v1/scans", 200)
    ask("get", "/v1/scans", 200, query="?state=failed&limit=1")
    ask("get", "/v1/scans/{id}", 200, path=f"/v1/scans/{failed['id']}")
    ask("get", "/v1/scans/{id}", 200, path=f"/v1/scans/{done['id']}")
    ask("get", "/v1/scans/{id}", 404, path="/v1/scans/none")
    retry = "/v1/scans/{id}/retry"
    ask("post", retry, 202, path=f"/v1/scans/{failed['id']}/retry")
    ask("post", retry, 404, path="/v1/scans/none/retry")
    ask("post", retry, 409, path=f"/v1/scans/{done['id']}/retry")

    assert ask("get", "/v1/images", 200).json["items"]
    one, report = "/v1/images/{digest}", "/v1/images/{digest}/report"
    ask("get", one, 200, path=f"/v1/images/{digest}")
    ask("get", one, 404, path=f"/v1/images/{UNKNOWN_DIGEST}")
    ask("get", report, 200, path=f"/v1/images/{digest}/report")
    ask("get", report, 200, path=f"/v1/images/{digest}/report", query="?format=text&lang=zh")
    for media_type in ("application/sarif+json", "application/xml",
                       "application/vnd.cyclonedx+json"):
        ask("get", report, 200, path=f"/v1/images/{digest}/report", headers={"Accept": media_type})
    ask("get", report, 404, path=f"/v1/images/{UNKNOWN_DIGEST}/report")
    ask("get", report, 406, path=f"/v1/images/{digest}/report", headers={"Accept": "image/png"})

    for path in {p for m, p in document.operations() if m == "get"} - {"/v1/events"}:
        asked = path.replace("{digest}", digest).replace("{id}", done["id"] if "scans" in path else "TW501")
        asked = asked.replace("{name}", "scan.json")
        asked += {"/v1/compare": f"?from={digest}&to={digest}", "/v1/verdict": f"?image={host}/team/app@{digest}"}.get(path, "")
        if "304" in document.tree["paths"][path]["get"]["responses"]:
            tag = daemon.get(asked).headers["ETag"]
            ask("get", path, 304, path=asked, headers={"If-None-Match": tag})
    ask("get", "/v1/events", 200)
    ask("get", "/v1/events", 200, headers={"Last-Event-ID": "7"})
    ask("get", "/v1/events", 400, query="?after=x")
    ask("get", "/v1/events", 400, query="?after=7", headers={"Last-Event-ID": "x"})
    ask_for_too_many_streams(document, folder)
    assert ask("get", "/v1/binaries", 200).json["items"]
    ask("get", "/v1/binaries", 400, query="?go=one")
    assert ask("get", "/v1/findings", 200).json["items"]
    ask("get", "/v1/findings", 400, query="?severity=none")
    assert ask("get", "/v1/stats", 200, query="?step=day").json["now"]["images"] == 1
    ask("get", "/v1/stats", 400, query="?step=none")

    changed = images.copy(image, folder)
    changed.env("ENV GOGC=50", GOGC="50")
    newer = registry.push(changed.source, "team/app:1.4")
    daemon.wait_report(newer)
    compare, drift = "/v1/compare", "/v1/images/{digest}/drift"
    told = ask("get", compare, 200, query=f"?from={digest}&to={newer}").json["comparisons"][0]
    assert [c["message"] for c in told["changes"]] == ["GOGC was not set and is 50 now."]
    assert ask("get", drift, 200, path=f"/v1/images/{newer}/drift").json["comparisons"] == [told]
    ask("get", compare, 404, query=f"?from={digest}&to={UNKNOWN_DIGEST}")
    ask("get", drift, 404, path=f"/v1/images/{digest}/drift")

    admission, gatekeeper, verdict = "/v1/admission", "/v1/gatekeeper", "/v1/verdict"
    pod = {"containers": [{"name": "app", "image": f"{host}/team/app:1.4"}]}
    keys = {"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest",
            "request": {"keys": [f"{host}/team/app@{digest}", "other.example/app:1"]}}
    response = ask("post", admission, 200, body=reviews.review(reviews.pod(pod))).json["response"]
    assert not response["allowed"] and "TW501" in response["status"]["message"], response
    items = ask("post", gatekeeper, 200, body=keys).json["response"]["items"]
    assert [item["value"]["state"] for item in items] == ["judged", "unknown"]
    assert ask("get", verdict, 200, query=f"?image={host}/team/app:1.4").json["digest"] == newer
    for path, longest in ((admission, 8 * 2**20), (gatekeeper, 8 * 2**20)):
        ask("post", path, 413, body=b" " * (longest + 1))
        ask("post", path, 415, body=b"{}", headers={"Content-Type": "text/plain"})

    ask_notifications(document, folder)
    ask("get", "/v1/rules", 200, query="?lang=zh")
    ask("get", "/v1/rules/{id}", 200, path="/v1/rules/TW501")
    ask("get", "/v1/rules/{id}", 404, path="/v1/rules/TW000")
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.yaml", "/"):
        ask("get", path, 200)
    ask("get", "/schema/{name}", 200, path="/schema/scan.json")
    ask("get", "/schema/{name}", 404, path="/schema/none.json")
    page = "/page/{hash}/{name}"
    for file in re.findall(r'"(/page/[^"]+)"', daemon.get("/").text):
        ask("get", page, 200, path=file)
        ask("get", page, 404, path=f"/page/0123456789abcdef/{file.rsplit('/', 1)[1]}")

    for method, template in document.operations():  # an unknown parameter, everywhere
        path = template.replace("{digest}", digest).replace("{sender}", "distribution")
        path = path.replace("{id}", "x").replace("{name}", "x").replace("{hash}", "x")
        body = b"" if template.endswith("/retry") else b"{}"
        if (method, template, 400) not in document.seen:
            answer = ask(method, template, 400, path=path, query="?nonsense=1", body=body)
            assert "nonsense" in answer.json["detail"]

    ask_without_the_role(document, folder)
    documented = {(method, path, int(status)) for method, path in document.operations()
                  for status in document.tree["paths"][path][method]["responses"]}
    unasked = {entry for entry in documented - document.seen if entry[2] != 503 or entry[1] == "/v1/events"}
    assert not unasked, unasked


def test_openapi__events__are_as_the_schema_has_them(document, registry, image, folder):
    """Every kind of event, all states of scans (a tag that is not there is tried again before it failed); a stream that goes on has the same."""
    daemon = document.daemon
    schema = document.resolve(document.tree["components"]["schemas"]["Event"])
    first = Stream(daemon, last="7")
    digest = registry.push(image.source, "team/app:1")
    daemon.wait_report(digest)
    changed = images.copy(image, folder)
    changed.env("ENV GOGC=50", GOGC="50")
    newer = registry.push(changed.source, "team/app:1")
    daemon.wait_report(newer)
    missing = daemon.post("/v1/scans", {"reference": f"{registry.host}/team/app:missing"}).json["id"]
    seen = first.until(lambda e: e.get("event") == "scan" and e["data"]["state"] == "failed")
    first.close()
    for event in seen:
        document.validate(schema, event)
    assert {e["event"] for e in seen} == set(schema["properties"]["event"]["enum"])
    assert {e["data"]["state"] for e in seen if e["event"] == "scan"} == {"queued", "running", "done", "failed"}
    ids = [int(e["id"]) for e in seen]
    assert ids == list(range(ids[0], ids[0] + len(ids))) and seen[0]["event"] == "reset"
    drift, = (e["data"] for e in seen if e["event"] == "drift")
    assert (drift["previous"], drift["digest"]) == (digest, newer)
    told = seen[-1]["data"]
    assert told["id"] == missing and told["digest"] is None and told["error"]["code"] == "not-found"
    second = Stream(daemon, last=seen[0]["id"])
    assert second.until(lambda e: e.get("id") == seen[-1]["id"]) == seen[1:]
    second.close()
    for wrong in ({**seen[1], "event": "scan"}, {**seen[0], "data": {"at": "x"}}, {**seen[1], "id": "x"},
                  {**seen[-1], "data": {**told, "state": "lost"}}, {**seen[1], "data": {}}):
        with pytest.raises(AssertionError):
            document.validate(schema, wrong)


def test_openapi__parameters__each_is_taken(document):
    """A documented query parameter is never called unknown."""
    for method, template in document.operations():
        if method != "get":
            continue
        path = template.replace("{digest}", UNKNOWN_DIGEST).replace("{id}", "TW501")
        path = path.replace("{name}", "scan.json").replace("{hash}", "x")
        parameters = [document.resolve(parameter) for parameter in
                      document.tree["paths"][template][method].get("parameters", [])]
        needed = "".join(f"&{p['name']}={UNKNOWN_DIGEST}" for p in parameters
                         if p["in"] == "query" and p.get("required"))
        for parameter in parameters:
            if f"&{parameter['name']}=" in needed or parameter["in"] != "query" \
                    or parameter["name"] == "cursor":
                continue
            schema = document.resolve(parameter["schema"])
            for value in schema.get("enum", schema.get("examples", [schema.get("maximum", "x")])):
                value = str(value).lower() if isinstance(value, bool) else value
                value = "7" if "pattern" in schema and value == "x" else value
                answer = http("HEAD" if path == "/v1/events" else "GET",
                              f"{document.daemon.url}{path}?{parameter['name']}={value}{needed}")
                assert answer.status in (200, 404), answer.text


def test_openapi__parameters__are_those_that_the_daemon_knows(document):
    """The other way round: an unknown one is answered with all that are known."""
    for method, template in document.operations():
        path = template.replace("{digest}", UNKNOWN_DIGEST).replace("{sender}", "distribution")
        path = path.replace("{id}", "x").replace("{name}", "x")
        answer = http(method.upper(), f"{document.daemon.url}{path}?nonsense=1", body=b"" if method == "post" else None)
        assert answer.status == 400, answer.text
        known = set(answer.json["detail"].split("this route knows: ")[1].split(", ")) - {"none"}
        parameters = [document.resolve(p) for p in document.tree["paths"][template][method].get("parameters", [])]
        assert {p["name"] for p in parameters if p["in"] == "query"} == known, template


# What every answer may have, and the document tells once, in its introduction.
EVERYWHERE = {"date", "content-length", "content-type", "content-encoding", "content-language", "cache-control", "vary",
              "etag", "referrer-policy", "content-security-policy", "x-content-type-options", "x-request-id", "connection", "transfer-encoding"}
