"""Notifications: to receivers that fail in every way, over the daemon's death, with nothing told twice."""
import base64
import hashlib
import hmac
import json
import re
import signal
import urllib.parse

import pytest
import yaml

import access
import faults
import images
import receivers
from programs import TOP, Daemon, Registry, free_port, http, run, wait_for
from receivers import OK, Receiver

SECRET = "canary-secret-0123456789"
KEY = "canary-key-of-the-robot"
SLACK_OK = (200, b"ok")


class House:
    """A registry, a daemon that it tells of pushes, and the file that says who is told."""

    def __init__(self, folder):
        self.folder, self.file, self.sinks, self.servers = folder, folder / "notify.yaml", [], []
        self.policy = folder / "policy.yaml"
        self.policy.write_text("name: house\n")
        port = free_port()
        self.registry = Registry(folder, notify=f"http://127.0.0.1:{port}/v1/webhooks/distribution")
        self.daemon = Daemon(folder, f"--notify={self.file}", f"--policy={self.policy}",
                             "--stall-timeout=1", "--connect-timeout=1", "--max-attempts=1",
                             f"--certs-dir={folder}/certs", "--log-level=debug",
                             registries=f"http://{self.registry.host}", port=port)
        self.registry.start()

    def receiver(self, *answers, **options):
        server = Receiver(*answers, **options)
        self.servers.append(server)
        return server

    def sink(self, name, kind, where, **more):
        """Adds a sink; `where`: a receiver, or an address."""
        url = where if isinstance(where, str) else f"{where.url}/{KEY}?key={KEY}"
        self.sinks.append({"name": name, "kind": kind, "url": url, "local": True,
                           "min-severity": "critical", **more})
        return where

    def write(self):
        access.write_private(self.file, yaml.safe_dump({"sinks": self.sinks}, sort_keys=False))

    def start(self):
        self.write()
        self.daemon.start()
        return self.daemon

    def hup(self):
        self.daemon.process.send_signal(signal.SIGHUP)

    def notifications(self, **query):
        answer = self.daemon.get("/v1/notifications?" + urllib.parse.urlencode(query))
        assert answer.status == 200, answer.text
        return answer.json["items"]

    def wait_notification(self, sink, state, seconds=60):
        """The one notification of a sink, in that state and with an error."""
        def there():
            items = [n for n in self.notifications(sink=sink, state=state) if n["error"]]
            return items and items[0]
        return wait_for(f"a {state} notification of {sink}", there, seconds)

    def total(self, sink, outcome):
        text = self.daemon.get("/metrics").text
        found = re.search(rf'^tidewaiter_notifications_total{{sink="{sink}",outcome="{outcome}"}} (\d+)$',
                          text, re.M)
        return int(found[1]) if found else 0

    def check_secrets(self):
        """Nothing that is shown has an address or a secret in it."""
        shown = self.daemon.log() + self.daemon.get("/metrics").text
        shown += json.dumps(self.notifications(limit=200))
        shown += run(*self.daemon.argv, "--print-config").stdout
        assert KEY not in shown and SECRET not in shown and "canary" not in shown
        assert "must not be shown" not in shown

    def stop(self):
        for server in self.servers:
            server.stop()
        if self.daemon.alive():
            self.check_secrets()
            assert self.daemon.stop() == 0, self.daemon.log()[-4000:]
        self.registry.stop()
        log = self.daemon.log() if self.daemon.process else ""
        assert "Sanitizer" not in log and "runtime error" not in log, log


@pytest.fixture
def house(folder):
    made = House(folder)
    yield made
    made.stop()


def variant(image, folder, name, **env):
    """The same image with one more variable."""
    place = folder / name
    place.mkdir()
    changed = images.copy(image, place)
    for key, value in env.items():
        changed.env(f"ENV {key}={value}", **{key: value})
    return changed


def rules_of(told):
    return [finding["rule"] for finding in told.body["findings"]]


def validate(told, house, name):
    from jsonschema import Draft202012Validator
    schema = house.daemon.get(f"/schema/{name}").json
    errors = list(Draft202012Validator(schema).iter_errors(told))
    assert not errors, errors


def test_notify__first_push__all_findings_signed__then_only_what_is_new(house, image, folder):
    hook = house.sink("hook", "webhook", house.receiver(), secret=SECRET, **{"min-severity": "low"})
    house.sinks[-1]["events"] = ["findings", "drift"]
    elsewhere = house.sink("elsewhere", "webhook", house.receiver(), repositories=["other/*"])
    daemon = house.start()
    first = house.registry.push(image.source, "team/app:1")
    told, = hook.wait(1)
    assert told.is_signed(SECRET) and not told.is_signed(SECRET + "x")
    assert told.headers["Content-Type"] == "application/json"
    assert told.headers["X-Tidewaiter-Event"] == "findings"
    validate(told.body, house, "notice.json")
    body = told.body
    assert body["id"] == told.id and body["previous"] is None and body["decision"] == "deny"
    assert body["image"] == {"registry": house.registry.host, "repository": "team/app", "tag": "1",
                             "digest": first}
    report = daemon.wait_report(first)
    expected = {f["fingerprint"] for f in report["findings"] if f["severity"] != "info"}
    assert {f["fingerprint"] for f in body["findings"]} == expected
    assert rules_of(told)[0] == "TW501" and body["counts"]["info"] == 0

    # The same tag, one variable more: what is new, and the drift; nothing that was told before.
    newer = variant(image, folder, "newer", GOGC="abc")
    second = house.registry.push(newer.source, "team/app:1")
    events = {told.body["event"]: told for told in hook.wait(3)[1:]}
    assert set(events) == {"findings", "drift"}
    assert rules_of(events["findings"]) == ["TW502"] and events["findings"].body["previous"] == first
    assert events["drift"].body["image"]["digest"] == second
    assert rules_of(events["drift"]) == ["TW603"]
    validate(events["drift"].body, house, "notice.json")

    # Scanned again, judged again, pushed again: nothing. Another repository: everything.
    again = daemon.post("/v1/scans", {"reference": f"{house.registry.host}/team/app:1@{second}",
                                      "rescan": True}).json
    daemon.wait_scan(again["id"], "done")
    house.registry.push(newer.source, "other/app:1")
    other, = elsewhere.wait(1)
    assert rules_of(other) == ["TW501"] and other.body["image"]["repository"] == "other/app"
    told = hook.wait(4)[3]
    assert told.body["image"]["repository"] == "other/app"
    assert {f["fingerprint"] for f in told.body["findings"]} > expected
    assert len(hook.told) == 4 and len(elsewhere.told) == 1
    assert house.notifications() == []
    assert house.total("hook", "delivered") == 4


def test_notify__tag_moves_to_a_known_image__its_drift_is_told(house, image, folder):
    """Promoted from another tag, and rolled back: nothing is scanned, nothing else is told."""
    hook = house.sink("hook", "webhook", house.receiver(), events=["drift"])
    house.start()
    old = house.registry.push(image.source, "team/app:stable")
    house.daemon.wait_report(old)
    newer = variant(image, folder, "newer", GOGC="50")
    new = house.registry.push(newer.source, "team/app:2")
    house.daemon.wait_report(new)
    house.registry.push(newer.source, "team/app:stable")
    told, = hook.wait(1)
    assert told.body["image"] == {"registry": house.registry.host, "repository": "team/app",
                                  "tag": "stable", "digest": new}
    assert told.body["previous"] == old and rules_of(told) == ["TW603"]
    house.registry.push(image.source, "team/app:stable")
    back = hook.wait(2)[1]
    assert back.body["image"]["digest"] == old and back.body["previous"] == new
    house.registry.push(image.source, "team/app:stable")  # no move
    house.registry.push(newer.source, "team/app:stable")
    hook.wait(3)
    assert [t.body["image"]["digest"] for t in hook.told] == [new, old, new]


def test_notify__receivers_fail_in_every_way__each_is_told_in_the_end(house, image, folder):
    port = free_port()
    late = f"http://127.0.0.1:{port}/{KEY}"
    house.sink("late", "webhook", late)
    ways = {
        "hangs": [receivers.hang], "drips": [receivers.drip], "midway": [receivers.midway],
        "trouble": [(500, b""), (503, b"")], "slower": [(429, {"Retry-After": "4"}, b"")],
        "huge": [receivers.huge], "fine": [],
    }
    waits = {name: house.sink(name, "cloudevents" if name == "fine" else "webhook",
                              house.receiver(*answers)) for name, answers in ways.items()}
    target = house.receiver()
    moved = house.sink("moved", "webhook", house.receiver(
        last=(301, {"Location": f"{target.url}/{KEY}"}, b"")))
    refuses = house.sink("refuses", "webhook", house.receiver((422, b"")))
    gone = house.sink("gone", "slack", house.receiver((404, b"no_service"), last=SLACK_OK))
    busy = house.sink("busy", "wecom", house.receiver(receivers.code(-1), last=OK))
    quick = house.sink("quick", "wecom", house.receiver(last=receivers.code(45009)))
    badkey = house.sink("badkey", "wecom", house.receiver(receivers.code(93000), last=OK))
    unsafe = house.sink("unsafe", "dingtalk", house.receiver(receivers.code(310000), last=OK))
    page = house.sink("page", "dingtalk", house.receiver((200, b"<html>"), last=OK))
    cert = faults.certificate(folder)
    secret = house.sink("private-ca", "webhook", house.receiver(tls=cert))
    daemon = house.start()
    house.registry.push(image.source, "team/app:1")

    for name, answers in ways.items():
        asked = len(answers) + 1 if name not in ("huge",) else 1
        ids = {told.id for told in waits[name].wait(asked)}
        assert len(ids) == 1, name
        wait_for(f"{name} to be done", lambda: house.notifications(sink=name) == [])  # noqa: B023
        assert len(waits[name].told) == asked and house.total(name, "delivered") == 1
    first, second = waits["slower"].told
    assert second.at - first.at >= 4
    assert house.total("trouble", "retried") == 2

    assert house.wait_notification("moved", "failed")["error"].startswith("HTTP 301: ")
    assert "write the new address" in house.notifications(sink="moved")[0]["error"]
    assert len(moved.told) == 1 and target.told == []
    assert house.wait_notification("refuses", "failed")["attempts"] == 1
    assert house.wait_notification("gone", "failed")["error"].startswith("HTTP 404: Slack knows")
    assert house.wait_notification("badkey", "failed")["error"].startswith("errcode 93000: ")
    assert house.wait_notification("unsafe", "failed")["error"].startswith("errcode 310000: ")
    assert house.wait_notification("quick", "waiting")["error"].startswith("errcode 45009: ")
    assert "certificate is not trusted" in house.wait_notification("private-ca", "waiting")["error"]
    assert "no connection" in house.wait_notification("late", "waiting")["error"]
    busy.wait(2)
    page.wait(2)

    # Whoever says that it is gone is left alone, whatever comes; others are not.
    house.registry.push(variant(image, folder, "other", GOMEMLIMIT="3GB").source, "team/other:1")
    for name, server in (("refuses", refuses), ("fine", waits["fine"])):
        assert server.wait(2)[1].id != server.told[0].id, name
    for name, server in (("gone", gone), ("badkey", badkey), ("unsafe", unsafe)):
        wait_for(name, lambda: len(house.notifications(sink=name)) == 2)  # noqa: B023
        assert len(server.told) == 1, name
    failed = house.notifications(sink="badkey", state="failed")[0]
    assert daemon.post(f"/v1/notifications/{failed['id']}/retry").status == 202
    badkey.wait(2)
    wait_for("badkey to be done", lambda: house.notifications(sink="badkey") == [])
    assert daemon.log().count("sink badkey: errcode 93000") == 1

    # What the operator mends is found out: the address that listens now, the CA that is trusted.
    certs = folder / "certs" / f"localhost:{secret.port}"
    certs.mkdir(parents=True)
    (certs / "ca.crt").write_text(open(cert[0]).read())
    server = LateReceiver(port)
    house.servers.append(server)
    house.hup()
    ids = {n["id"] for sink in ("late", "private-ca") for n in house.notifications(sink=sink)}
    assert {told.id for told in server.wait(2) + secret.wait(2)} >= ids
    gone.wait(2)
    assert daemon.post("/v1/notifications/none/retry").status == 404


class LateReceiver(Receiver):
    """Listens on a port that was refused until now."""

    def __init__(self, port, **options):
        self.late = port
        super().__init__(**options)

    def __setattr__(self, name, value):
        if name == "http":
            value.server_close()
            address = ("127.0.0.1", self.late)
            value = type(value)(address, value.RequestHandlerClass)
            value.daemon_threads = True
        super().__setattr__(name, value)


@pytest.mark.parametrize("how", ["hangs", "refuses"])
def test_notify__killed_before_it_is_delivered__told_after_the_restart(house, image, how):
    port = free_port()
    first = house.receiver(receivers.hang) if how == "hangs" else None
    house.sink("hook", "webhook", first or f"http://127.0.0.1:{port}/x", secret=SECRET)
    daemon = house.start()
    house.registry.push(image.source, "team/app:1")
    if first:
        told, = first.wait(1)
        known = told.id
    else:
        known = house.wait_notification("hook", "waiting")["id"]
    daemon.kill()
    server = first or LateReceiver(port)
    house.servers += [] if first else [server]
    daemon.start()
    told = server.wait(2 if first else 1)[-1]
    assert told.id == known and told.is_signed(SECRET)
    wait_for("nothing to be left", lambda: house.notifications() == [])
    assert len(server.told) == (2 if first else 1)


def test_notify__killed_at_any_moment__no_image_is_forgotten(house, image, folder):
    """Pushes while the daemon dies again and again: each image is told of, and nothing under two ids."""
    hook = house.sink("hook", "webhook", house.receiver())
    daemon = house.start()
    digests = set()
    for i in range(4):
        made = variant(image, folder, f"v{i}", X=str(i))
        digests.add(house.registry.push(made.source, f"team/app{i}:1"))
        daemon.kill()
        daemon.start()
    wait_for("all to be told", lambda: {t.body["image"]["digest"] for t in hook.told} == digests)
    wait_for("nothing to be left", lambda: house.notifications() == [])
    # A scan has one attempt here: one that was killed may be told as a dead letter, and the image's findings
    # behind it, when the registry sends the push again. Each of these under one id only.
    ids = {}
    for told in hook.told:
        ids.setdefault((told.body["image"]["digest"], told.body["event"]), set()).add(told.id)
    assert all(len(of_one) == 1 for of_one in ids.values()), ids
    assert {event for _, event in ids} <= {"findings", "dead-letter"}


def test_notify__scan_that_fails_for_good__is_told(house):
    hook = house.sink("hook", "webhook", house.receiver(), secret=SECRET)
    ding = house.sink("ding", "dingtalk", house.receiver(last=OK), lang="zh", events=["dead-letter"])
    deaf = house.sink("deaf", "webhook", house.receiver(), events=["findings", "drift"])
    daemon = house.start()
    scan = daemon.post("/v1/scans", {"reference": f"{house.registry.host}/team/none:1"}).json
    told, = hook.wait(1)
    validate(told.body, house, "notice.json")
    assert told.body["event"] == "dead-letter" and told.body["image"]["tag"] == "1"
    assert told.body["scan"]["id"] == scan["id"] and told.body["scan"]["attempts"] == 1
    assert told.body["scan"]["error"]["code"] == daemon.wait_scan(scan["id"], "failed")["error"]["code"]
    text = ding.wait(1)[0].body["markdown"]["text"]
    assert text.startswith(f"#### 扫描失败：{house.registry.host}/team/none:1") and scan["id"] in text
    assert deaf.told == []


def test_notify__policy_changes__what_became_worse_is_told(house, image):
    hook = house.sink("hook", "webhook", house.receiver())
    daemon = house.start()
    digest = house.registry.push(image.source, "team/app:1")
    assert set(rules_of(hook.wait(1)[0])) == {"TW501"}
    house.policy.write_text("name: house\nseverity: {TW204: critical}\n")
    house.hup()
    told = hook.wait(2)[1]
    assert set(rules_of(told)) == {"TW204"} and told.body["image"]["digest"] == digest
    house.policy.write_text("name: again\n")
    house.hup()
    wait_for("the judgement", lambda: daemon.wait_report(digest)["verdict"]["policy"] == "again")
    house.policy.write_text("name: back\nseverity: {TW204: critical}\n")
    house.hup()
    wait_for("the judgement", lambda: daemon.wait_report(digest)["verdict"]["policy"] == "back")
    newer = house.sink("late", "webhook", house.receiver())
    house.write()
    house.hup()
    house.registry.push(image.source, "team/other:1")
    assert set(rules_of(newer.wait(1)[0])) == {"TW501", "TW204"}
    hook.wait(3)
    assert len(hook.told) == 3 and len(newer.told) == 1


def test_notify__waived__is_told_when_the_waiver_is_gone(house, image):
    hook = house.sink("hook", "webhook", house.receiver())
    waiver = "name: {}\nseverity: {{TW204: critical}}\nwaivers: [{{rule: {}, reason: r, who: w, until: 2999-01-01}}]\n"
    house.policy.write_text(waiver.format("one", "TW501"))
    house.start()
    house.registry.push(image.source, "team/app:1")
    assert set(rules_of(hook.wait(1)[0])) == {"TW204"}
    house.policy.write_text(waiver.format("two", "TW204"))
    house.hup()
    assert set(rules_of(hook.wait(2)[1])) == {"TW501"}
    house.policy.write_text("name: three\n")
    house.hup()
    wait_for("the judgement", lambda: house.daemon.log().count("judged 1 stored images") >= 2)
    assert len(hook.told) == 2


def test_notify__image_of_several_platforms__is_told_once(house, image, folder):
    """Its images come in by their digests before it: they are told of with it, under its tag."""
    hook = house.sink("hook", "webhook", house.receiver())
    house.start()
    made = [variant(image, folder, name, NAME=name) for name in ("amd64", "arm64")]
    media_type = "application/vnd.oci.image.manifest.v1+json"
    base, entries = f"http://{house.registry.host}/v2/team/app/manifests", []
    for platform, one in zip(("amd64", "arm64"), made):
        place = folder / f"{platform}.digest"
        run("skopeo", "copy", "--dest-tls-verify=false", "--digestfile", place, one.source,
            f"docker://{house.registry.host}/team/app:{platform}-build")
        digest = place.read_text().strip()
        body = http("GET", f"{base}/{digest}", headers={"Accept": media_type}).body
        entries.append({"mediaType": media_type, "digest": digest, "size": len(body),
                        "platform": {"os": "linux", "architecture": platform}})
    hook.wait(2)  # of the tags of each
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
             "manifests": entries}
    put = http("PUT", f"{base}/1", json.dumps(index).encode(), {"Content-Type": index["mediaType"]})
    digest = put.headers["Docker-Content-Digest"]
    told = hook.wait(3)[2]
    assert told.body["image"]["digest"] == digest and told.body["image"]["tag"] == "1"
    prints = [f["fingerprint"] for f in told.body["findings"]]
    assert len(prints) == len(set(prints)) and set(rules_of(told)) == {"TW501"}
    by_digest = f"{house.registry.host}/team/other@{entries[0]['digest']}"
    run("skopeo", "copy", "--all", "--dest-tls-verify=false", "--src-tls-verify=false",
        f"docker://{house.registry.host}/team/app:1", f"docker://{house.registry.host}/team/other:1")
    other = hook.wait(4)[3]
    assert other.body["image"]["repository"] == "team/other" and other.body["image"]["digest"] == digest
    scan = house.daemon.post("/v1/scans", {"reference": by_digest, "rescan": True}).json
    house.daemon.wait_scan(scan["id"], "done")
    wait_for("nothing to be left", lambda: house.notifications() == [])
    assert len(hook.told) == 4


def test_notify__robots__their_own_words_limits_and_signature(house, image, folder):
    keys = ",".join(f"nobody{i}=1" for i in range(60))  # a finding each
    many = variant(image, folder, "many", GODEBUG=keys)
    link = "https://tidewaiter.example/"
    slack = house.sink("slack", "slack", house.receiver(last=SLACK_OK), mentions=["U1", "here"],
                       **{"min-severity": "low"})
    wecom = house.sink("wecom", "wecom", house.receiver(last=OK), lang="zh", mentions=["anna"],
                       **{"min-severity": "info"})
    plain = house.sink("plain", "wecom", house.receiver(last=OK), format="text", mobiles=["@all"],
                       **{"min-severity": "info"})
    ding = house.sink("ding", "dingtalk", house.receiver(last=OK), secret=SECRET, lang="zh",
                      mobiles=["13800000000"], mentions=["all"], keyword="警报")
    access.write_private(house.file, yaml.safe_dump({"link": link, "sinks": house.sinks}))
    house.daemon.start()
    digest = house.registry.push(many.source, "team/app:1")

    body = slack.wait(1)[0].body
    assert body["blocks"][0]["type"] == "header" and body["text"].startswith("New findings: ")
    sections = [b["text"]["text"] for b in body["blocks"][1:]]
    assert sections[0].startswith("<@U1> <!here>") and all(len(s) <= 3000 for s in sections)
    assert f"https://tidewaiter.example/v1/images/{digest}/report?format=text" in sections[0]

    content = wecom.wait(1)[0].body["markdown"]["content"]
    assert 3500 < len(content.encode()) <= 4096 and content.endswith("\n<@anna>")
    assert re.search(r"另有 \d+ 项，详见报告</font>\n<@anna>$", content)
    assert content.startswith("## 发现新问题：") and '<font color="warning">严重</font>' in content
    text = plain.wait(1)[0].body["text"]
    assert 1600 < len(text["content"].encode()) <= 2048 and text["mentioned_mobile_list"] == ["@all"]
    assert re.search(r"and \d+ more; the report has all$", text["content"])

    told, = ding.wait(1)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(told.path).query)
    stamp = query["timestamp"][0]
    sign = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"][0]) == sign and query["key"] == [KEY]
    assert len(told.raw) <= 20000
    assert told.body["at"] == {"atMobiles": ["13800000000"], "atUserIds": [], "isAtAll": True}
    assert "@13800000000" in told.body["markdown"]["text"]
    assert told.body["markdown"]["text"].endswith("警报")


def test_notify__many_wait_for_a_robot__are_told_in_one_message(house, image, folder):
    port = free_port()
    house.sink("wecom", "wecom", f"http://127.0.0.1:{port}/{KEY}")
    house.start()
    for i in range(6):
        made = variant(image, folder, f"v{i}", X=str(i))
        house.registry.push(made.source, f"team/app{i}:1")
    wait_for("six to wait", lambda: len(house.notifications(sink="wecom")) == 6)
    wecom = LateReceiver(port, last=OK)
    house.servers.append(wecom)
    house.hup()
    content = wecom.wait(1)[0].body["markdown"]["content"]
    assert content.startswith("## Tidewaiter: 6 notices") and content.count("TW501") == 0
    assert all(f"New findings: {house.registry.host}/team/app{i}:1" in content for i in range(6))
    wait_for("nothing to be left", lambda: house.notifications() == [])
    assert len(wecom.told) == 1 and house.total("wecom", "delivered") == 6


def test_notify__file_is_changed__bad_one_stays_out_and_strangers_are_dropped(house, image):
    port = free_port()
    house.sink("down", "webhook", f"http://127.0.0.1:{port}/{KEY}")
    hook = house.sink("hook", "webhook", house.receiver())
    daemon = house.start()
    house.registry.push(image.source, "team/app:1")
    hook.wait(1)
    house.wait_notification("down", "waiting")
    access.write_private(house.file, f"sinks:\n  - {{name: x, kind: webhook, ulr: 'http://{KEY}'}}\n")
    house.hup()
    wait_for("the error", lambda: "unknown key" in daemon.log())
    assert f'{house.file}: line 2, column 30: unknown key "ulr"; did you mean url?' in daemon.log()
    assert len(house.notifications(sink="down")) == 1
    house.sinks = [house.sinks[1]]
    house.write()
    wait_for("the drop", lambda: "for the sink down are dropped" in daemon.log())
    assert house.notifications() == [] and house.total("down", "dropped") == 1
    house.registry.push(image.source, "team/other:1")
    assert hook.wait(2)[1].body["image"]["repository"] == "team/other"


def test_notify__settings_are_reloaded__they_hold_for_messages_too(registry, image, folder):
    cert = faults.certificate(folder)
    server = Receiver(tls=cert)
    trusted = folder / "trusted" / f"localhost:{server.port}"
    trusted.mkdir(parents=True)
    (trusted / "ca.crt").write_text(open(cert[0]).read())
    file, settings = folder / "notify.yaml", folder / "settings.yaml"
    access.write_private(file, yaml.safe_dump({"sinks": [
        {"name": "hook", "kind": "webhook", "url": server.url, "local": True}]}))
    known = f"registries: [http://{registry.host}]\nnotify: {file}\n"
    settings.write_text(known + f"certs-dir: {folder}/none\n")
    daemon = Daemon(folder, f"--config={settings}").start()
    registry.push(image.source, "team/app:1")
    daemon.post("/v1/scans", {"reference": f"{registry.host}/team/app:1"})
    wait_for("the refusal", lambda: "certificate is not trusted" in daemon.log())
    settings.write_text(known + f"certs-dir: {folder}/trusted\n")
    daemon.process.send_signal(signal.SIGHUP)
    assert server.wait(1)[0].body["image"]["repository"] == "team/app"
    assert daemon.stop() == 0
    server.stop()


def test_notify__address_that_is_not_meant__is_never_asked(house, folder):
    """Of this machine only with local: true, of a cloud's metadata never."""
    for url, more, says in (
            ("http://127.0.0.1:1/x", {}, "this address is loopback: add local: true"),
            ("http://169.254.169.254/x", {"local": True}, "this address is cloud metadata: nothing"),
            ("https://user:canary@hooks.example/x", {}, "user and password")):
        access.write_private(house.file, yaml.safe_dump(
            {"sinks": [{"name": "x", "kind": "webhook", "url": url, **more}]}))
        done = run(*house.daemon.argv, check=False)
        assert done.returncode == 2 and says in done.stderr and "line " in done.stderr, done.stderr
        assert "canary" not in done.stderr and "127.0.0.1" not in done.stderr.replace("--listen", "")
    server = house.receiver()
    access.write_private(house.file, yaml.safe_dump({"sinks": [  # a name that leads here
        {"name": "x", "kind": "webhook", "url": f"http://localhost.localdomain:{server.port}/{KEY}"}]}))
    done = run(*house.daemon.argv, "--test-notify=x", check=False)
    assert done.returncode == 2 and server.told == [], done.stderr
    house.file.chmod(0o644)
    done = run(*house.daemon.argv, check=False)
    assert done.returncode == 2 and "everybody on this machine may read" in done.stderr


def test_notify__test_message__to_each_kind(house, folder):
    for kind in ("webhook", "cloudevents", "slack", "wecom", "dingtalk"):
        server = house.sink(f"my-{kind}", kind, house.receiver(last=OK), lang="zh")
        house.write()
        done = run(*house.daemon.argv, f"--test-notify=my-{kind}")
        assert done.stdout == f"sink my-{kind}: delivered (HTTP 200)\n"
        assert len(server.told) == 1
        if kind in ("slack", "wecom", "dingtalk"):
            assert "测试消息" in server.told[0].raw.decode()
        else:
            assert "test" in (server.told[0].body.get("type", ""), server.told[0].body.get("event")) \
                or server.told[0].body["data"]["event"] == "test"
    bad = house.sink("bad", "wecom", house.receiver(last=receivers.code(93000)))
    house.write()
    done = run(*house.daemon.argv, "--test-notify", "bad", check=False)
    assert done.returncode == 2 and "sink bad: errcode 93000: it does not know the key" in done.stderr
    done = run(*house.daemon.argv, "--test-notify", "nobody", check=False)
    assert "there is no sink \"nobody\"; there are: my-webhook" in done.stderr
    assert len(bad.told) == 1 and KEY not in done.stderr


def examples():
    text = (TOP / "docs/notifications.md").read_text()
    return re.findall(r"```yaml\n(.*?)```", text, re.S)


def test_notify__docs__each_example_is_taken_and_works(house, folder):
    """Addresses are put in the place of the examples'; everything else stays."""
    kinds = set()
    for text in examples():
        server = house.receiver(last=OK)
        for what, name in re.findall(r"(url|secret)-file: (\S+)\n", text):
            value = "SEC0123456789abcdef" if what == "secret" else f"{server.url}/{KEY}"
            mine = access.write_private(folder / name.rsplit("/", 1)[1], value + "\n")
            text = text.replace(name, str(mine))
        tree = yaml.safe_load(text)
        for sink in tree["sinks"]:
            kinds.add(sink["kind"])
            sink["local"] = True
            if "url" in sink:
                sink["url"] = f"{server.url}/{KEY}"
        access.write_private(house.file, yaml.safe_dump(tree, allow_unicode=True))
        for sink in tree["sinks"]:
            done = run(*house.daemon.argv, f"--test-notify={sink['name']}")
            assert done.stdout.endswith("delivered (HTTP 200)\n")
    assert kinds == {"webhook", "cloudevents", "slack", "wecom", "dingtalk"}
