"""Bodies that are no reviews, reviews that make no sense, who may ask, and the other ways to ask."""
import copy
import json
import random
import socket
import ssl
import threading
import time

import pytest

import reviews
from reviews import container, env, pod, pod_spec, review, template_spec, workload
from shop import Door

UID = b'"request":{"uid":"705ab4f5-6393-11e8-b7cc-42010a800002"'
HEAD = b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1",' + UID


def problem(webhook, body, *statuses):
    """The body is refused as a problem, and the next one is answered."""
    status, content_type, text, seconds = webhook.send(body)
    assert status in statuses, (status, text[:500])
    assert content_type == "application/problem+json" and json.loads(text)["status"] == status
    assert seconds < 5
    assert webhook.ask(review(None, "DELETE", None, kind="Pod", name="")).allowed


@pytest.mark.parametrize("body", (
    b"", b"x", b"{", b"[]", b"null", b"3", b'"AdmissionReview"', b"{}", b"\x00", b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 100_000,
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}',
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}',
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":[]}',
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}',
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":""}}',
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":7}}',
    b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"x","allowed":true}}',
    b'{"kind":"Pod","apiVersion":"v1","metadata":{"name":"till"}}',
    HEAD.replace(b"AdmissionReview", b"SubjectAccessReview") + b"}}",
    HEAD.replace(b"admission.k8s.io/v1", b"admission.k8s.io/v2") + b"}}",
    HEAD.replace(b"admission.k8s.io/v1", b"admission.k8s.io/v1beta1") + b"}}",
), ids=lambda b: repr(b[:24]))
def test_body__no_review_with_a_uid__a_problem(webhook, body):
    problem(webhook, body, 400, 413)


@pytest.mark.parametrize("body", (HEAD, HEAD + b"}", HEAD + b"}}}"), ids=("open", "half open", "too closed"))
def test_body__no_json_but_a_uid__as_unknown_says(webhook, body):
    status, _, text, _ = webhook.send(body)
    response = json.loads(text)["response"]
    assert status == 200 and response["allowed"] and "not JSON" in response["warnings"][0]
    assert response["uid"] == "705ab4f5-6393-11e8-b7cc-42010a800002"


def test_body__too_long__413_and_the_connection_lives_or_closes(shop, webhook):
    problem(webhook, HEAD + b',"x":"' + b"x" * (9 << 20) + b'"}}', 413)
    big = reviews.create(shop["good"], annotations={"last": "x" * (3 << 20)})
    big["request"]["oldObject"] = copy.deepcopy(big["request"]["object"])
    assert webhook.ask(big).allowed  # what an API server may send: 3 MiB, twice


def test_body__another_media_type_or_none__told_or_read(webhook, shop):
    body = reviews.encode(reviews.create(shop["good"]))
    for media_type in ("text/plain", "application/vnd.kubernetes.protobuf", "application/json; charset=utf-8"):
        webhook.headers["Content-Type"] = media_type
        status, *_ = webhook.send(body)
        assert status in ((200,) if "json" in media_type else (200, 415)), (media_type, status)


@pytest.mark.parametrize("method", ("GET", "PUT", "DELETE"))
def test_method__other_than_post__405(webhook, method):
    status, content_type, text, _ = webhook.send(None if method == "GET" else b"{}", method=method)
    assert status == 405 and content_type == "application/problem+json", text


@pytest.mark.parametrize("timeout", ("", "x", "-1s", "0s", "99999999999999999999s", "1h", "10", "1e3s", "%00", "10s&x=1"))
def test_timeout__senseless__a_problem_or_the_daemons_own(shop, webhook, timeout):
    body = reviews.encode(reviews.create(shop["good"]))
    status, _, text, seconds = webhook.send(body, None, path=f"/v1/admission?timeout={timeout}")
    assert status in (200, 400) and seconds < 5, text
    assert status == 400 or json.loads(text)["response"]["allowed"]


# ---- reviews that make no sense ----

def understood(webhook, made, timeout=10):
    """Answered with a decision; `unknown: warn` allows what cannot be told, with a warning."""
    return webhook.ask(made, timeout)


WRONG = (None, True, 7, -1, 1.5, 1e300, "", "x", [], {}, [None], [[]], [{}], {"": None}, {"a": []}, ["x"])


@pytest.mark.parametrize("path", (
    "object", "object.metadata", "object.metadata.labels", "object.metadata.annotations", "object.metadata.name",
    "object.spec", "object.spec.containers", "object.spec.containers.0", "object.spec.containers.0.name",
    "object.spec.containers.0.image", "object.spec.containers.0.env", "object.spec.containers.0.env.0",
    "object.spec.containers.0.env.0.name", "object.spec.containers.0.env.0.value",
    "object.spec.containers.0.env.1.valueFrom", "object.spec.containers.0.env.1.valueFrom.fieldRef",
    "object.spec.containers.0.env.1.valueFrom.fieldRef.fieldPath", "object.spec.containers.0.envFrom",
    "object.spec.containers.0.envFrom.0", "object.spec.containers.0.envFrom.0.prefix",
    "object.spec.containers.0.command", "object.spec.containers.0.command.0", "object.spec.containers.0.args",
    "object.spec.containers.0.resources", "object.spec.containers.0.resources.limits",
    "object.spec.containers.0.resources.limits.cpu", "object.spec.containers.0.resources.limits.memory",
    "object.spec.initContainers", "object.spec.ephemeralContainers", "object.spec.volumes",
    "object.spec.volumes.0", "object.spec.volumes.0.image", "object.spec.volumes.0.image.reference",
    "object.spec.nodeSelector", "object.spec.os", "object.spec.os.name",
    "kind", "kind.kind", "kind.group", "resource", "operation", "subResource", "oldObject", "namespace", "name",
    "dryRun", "userInfo", "options",
))
def test_types__each_wrong_one_in_each_place__a_decision(shop, webhook, path):
    fields = {"env": [*env(A="b"), {"name": "V", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
              "envFrom": [{"prefix": "X_", "configMapRef": {"name": "c"}}], "command": ["env", "A=b"],
              "args": ["till"], "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    volume = {"name": "tools", "image": {"reference": shop["good"]}}
    spec = pod_spec(container(shop["good"], **fields), volumes=[volume], os={"name": "linux"},
                    initContainers=[container(shop["good"], name="first")],
                    nodeSelector={"kubernetes.io/arch": "amd64"})
    made = review(pod(spec), subResource="")
    for wrong in WRONG:
        one = copy.deepcopy(made)
        at = one["request"]
        *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]
        for step in way:
            at = at[step]
        at[last] = wrong
        understood(webhook, one)


@pytest.mark.parametrize("what", ("spec", "object", "containers"))
def test_object__that_cannot_be_understood__as_unknown_says(shop, webhook, tmp_path, what):
    made = reviews.create(shop["good"])
    if what == "object":
        made["request"]["object"] = "no Pod"
    elif what == "spec":
        made["request"]["object"]["spec"] = "no spec"
    else:
        made["request"]["object"]["spec"]["containers"] = {"name": "till"}
    decision = webhook.ask(made)
    assert decision.allowed and decision.warnings and decision.audit["reason"], decision
    door = Door(tmp_path / "deny", shop.authority, policy="admission: {unknown: deny}\n")
    door.start()
    try:
        decision = door.decide(made)
        assert not decision.allowed and decision.audit["reason"], decision
    finally:
        assert door.stop() == 0


def test_object__null_on_create__a_decision(webhook):
    understood(webhook, review(None, kind="Pod", name="till"))


def test_keys__duplicate_or_with_nul__as_unknown_says(shop, webhook):
    """Of two `containers` a Go reader takes the last; whoever sends two is answered by `unknown`."""
    body = reviews.encode(reviews.create(shop["good"]))
    bad = json.dumps([container(shop["bad"])]).encode()
    twice = body.replace(b'"containers":[', b'"containers":' + bad + b',"containers":[', 1)
    last = body.replace(b'"restartPolicy":"Always"', b'"restartPolicy":"Always","containers":' + bad, 1)
    for sent in (twice, last):
        assert sent != body
        status, _, text, seconds = webhook.send(sent)
        assert status == 200 and seconds < 5, text
        assert "duplicate" in json.loads(text)["response"]["auditAnnotations"]["reason"], text
    for name in (b'"a\\u0000b"', b'"\\u0000"', b'"\\ud800"'):
        status, _, text, _ = webhook.send(body.replace(b'"dryRun"', name + b':1,"dryRun"', 1))
        assert status in (200, 400), text


NESTED = {"a": 1}
for _ in range(200):
    NESTED = {"a": [NESTED]}


@pytest.mark.parametrize("what", ("nul", "nul-name", "deep", "values", "expansion", "variables"))
def test_object__odd_but_valid_for_an_api_server__answered_with_200(shop, webhook, what):
    """Whoever may create Pods can write these: an error here would be a way around the webhook."""
    fields = {"env": env(GODEBUG="tls10server=1")}
    made = workload("Rollout", template_spec(container(shop["good"], **fields)))
    spec = made["spec"]["template"]["spec"]
    if what == "nul":
        made["metadata"]["annotations"] = {"note": "a\u0000b"}
    elif what == "nul-name":
        made["metadata"]["annotations"] = {"a\u0000b": "note"}
    elif what == "deep":
        made["spec"]["strategy"]["plugin"] = NESTED
    elif what == "values":
        spec["containers"] += [{"name": f"c{i}", "image": shop["good"], "env": [{"name": "A"}] * 10}
                               for i in range(5_000)]
    elif what == "expansion":
        chain = [("V0", "x"), *((f"V{i}", f"$(V{i - 1})$(V{i - 1})") for i in range(1, 64))]
        spec["containers"].append(container(shop["good"], name="chain", env=env(*chain, GOGC="$(V63)")))
    else:
        spec["containers"].append(container(shop["good"], name="many", env=[{"name": "A"}] * 60_000))
    decision = webhook.ask(review(made))
    assert not decision.allowed or decision.audit["reason"], decision
    if what == "nul":
        assert not decision.allowed and "TW201" in decision.message, decision


def test_text__nul_and_lone_surrogates_and_bad_utf8__no_crash(shop, webhook):
    body = reviews.encode(reviews.create(shop["good"], env=env(GODEBUG="MARK")))
    for text in (b"\\u0000", b"a\\u0000tls10server=1", b"\\ud800", b"\\udc00x", b"\xff", b"\xc0\x80", b"\xed\xa0\x80"):
        status, _, answer, _ = webhook.send(body.replace(b"MARK", text, 1))
        assert status in (200, 400), (text, answer)


@pytest.mark.parametrize("count", (1_000, 10_000, 40_000))
def test_containers__very_many__in_time(shop, webhook, count):
    many = [{"name": f"c{i}", "image": shop["good"]} for i in range(count)]
    decision = webhook.ask(review(pod({"containers": many})), timeout=10)
    assert decision.seconds < 9.5 + 0.3
    last = [*many[:-1], {"name": "last", "image": shop["bad"]}]
    decision = webhook.ask(review(pod({"containers": last})), timeout=10)
    assert not decision.allowed or decision.audit["reason"], "the last of many was passed over in silence"


def test_containers__each_of_another_unknown_registry__in_time(shop, webhook):
    many = [container(f"registry{i}.example/app:1", name=f"c{i}") for i in range(2_000)]
    decision = webhook.ask(review(pod(pod_spec(*many))), timeout=5)
    assert decision.allowed and decision.seconds < 4.8


def test_environment__very_long__decided(shop, webhook):
    def keys(count):
        return env(GODEBUG=",".join(f"k{i}=1" for i in range(count)))

    chain = [("V0", "x")] + [(f"V{i}", f"$(V{i - 1})$(V{i - 1})") for i in range(1, 64)]
    many = [(f"N{i}", f"$(N{i - 1})") for i in range(20_000)]
    unknown = "till: GODEBUG is not known here: it comes from "
    for fields, warnings in (
            ({"env": env(*chain, GODEBUG="$(V63)")}, [unknown + "$(V63)"]),  # 2^63 characters
            ({"env": env(*many)}, []),
            ({"env": keys(50_000)}, [unknown + "a value that is too long"]),
            ({"command": ["sh", "-c", "(" * 20_000], "args": ["$(" * 20_000]}, [])):
        decision = webhook.ask(reviews.create(shop["good"], **fields), timeout=30)
        assert decision.allowed and decision.warnings == warnings
    decision = webhook.ask(reviews.create(shop["good"], env=keys(13_000)), timeout=30)
    assert decision.allowed and decision.rules() == {"TW202"}


def test_reviews__broken_at_random__always_an_answer(shop, webhook):
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    kinds = [review(pod(pod_spec(container(shop["good"], env=env(GODEBUG="gctrace=1"))))),
             review(workload("CronJob", template_spec(container(shop["good"]))))]
    for _ in range(300):
        body = bytearray(reviews.encode(chance.choice(kinds)))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(body))
            kind = chance.randrange(3)
            if kind == 0:
                body[at] = chance.randrange(256)
            elif kind == 1:
                del body[at:at + chance.randrange(40)]
            else:
                body[at:at] = chance.choice([b"{", b"}", b"[", b"]", b'"', b",", b"null", b"\\", b"1e9"])
        status, _, text, seconds = webhook.send(bytes(body))
        assert status in (200, 400) and seconds < 9.8, (seed, bytes(body), text)


def test_client__sends_half_and_stalls_or_leaves__others_are_served(shop, webhook):
    context = ssl.create_default_context(cafile=shop.authority.cert)
    open_ones = []
    for i in range(20):
        plain = socket.create_connection(("localhost", shop.door.port))
        it = context.wrap_socket(plain, server_hostname="localhost")
        it.send(b"POST /v1/admission?timeout=10s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{")
        if i % 2:
            it.close()
        else:
            open_ones.append(it)
    assert webhook.ask(reviews.create(shop["good"])).seconds < 2
    for it in open_ones:
        it.close()


def test_threads__sixty_four_at_once__each_gets_its_own_answer(shop):
    wrong = []

    def ask_on(number):
        webhook = shop.door.webhook()
        for i in range(10):
            name = ("good", "bad", "loud")[(number + i) % 3]
            decision = webhook.ask(reviews.create(shop[name]), timeout=30)
            rule = {"good": "", "bad": "TW201", "loud": "TW205"}[name]
            if decision.allowed != (name == "good") or rule not in decision.message:
                wrong.append(decision)
        webhook.close()
    threads = [threading.Thread(target=ask_on, args=(i,)) for i in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# ---- who may ask ----

def refused(door, path, body=None, headers=None):
    status, answer = door.ask(path, body=body, headers=headers or {})
    assert status in (401, 403), answer
    return status


def provider_request(*keys):
    return json.dumps({"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest",
                       "request": {"keys": list(keys)}}).encode()


JSON = {"Content-Type": "application/json"}


def test_anybody__has_the_role_admission__and_no_other(shop):
    door, body = shop.door, reviews.encode(reviews.create(shop["good"]))
    for headers in ({}, {"Authorization": f"Bearer {door.other_token}"}):
        assert door.ask("/v1/admission?timeout=5s", body=body, headers={**JSON, **headers})[0] == 200
        assert door.ask(f"/v1/verdict?image={shop['good']}", headers=headers)[0] == 200
        assert door.ask("/v1/gatekeeper", body=provider_request(shop["good"]),
                        headers={**JSON, **headers})[0] == 200
        for path in ("/v1/images", "/v1/scans", "/metrics", f"/v1/images/{shop.digest['good']}/report"):
            refused(door, path, headers=headers)
        refused(door, "/v1/scans", body=b'{"reference": "x"}', headers={**JSON, **headers})
        refused(door, "/v1/webhooks/distribution", body=b'{"events": []}', headers={**JSON, **headers})


def test_nobody__has_the_role__401_without_and_200_with_a_token(shop, tmp_path):
    door = Door(tmp_path / "door", shop.authority, anybody=None)
    door.start()
    try:
        body = reviews.encode(reviews.create("localhost:1/app:1"))
        assert refused(door, "/v1/admission?timeout=3s", body=body, headers=JSON) == 401
        assert refused(door, "/v1/verdict?image=localhost:1/app:1") == 401
        assert refused(door, "/v1/gatekeeper", body=provider_request("x"), headers=JSON) == 401
        for token in (door.token, door.other_token):  # admin, admission
            headers = {**JSON, "Authorization": f"Bearer {token}"}
            assert door.ask("/v1/admission?timeout=3s", body=body, headers=headers)[0] == 200
        read = {"Authorization": f"Bearer {door.other_token}"}
        assert refused(door, "/v1/images", headers=read) == 403
    finally:
        assert door.stop() == 0


# ---- the other ways to ask ----

def verdict(shop, **parameters):
    import urllib.parse
    return shop.door.ask("/v1/verdict?" + urllib.parse.urlencode(parameters), headers={})


VERDICT_KEYS = {"image", "digest", "state", "decision", "policy", "channel", "counts", "reason", "findings"}


def test_verdict__of_known_images__the_same_decision_without_a_pod(shop):
    status, it = verdict(shop, image=shop["bad"])
    assert status == 200 and set(it) == VERDICT_KEYS, it
    assert (it["image"], it["digest"], it["state"]) == (shop["bad"], shop.digest["bad"], "judged")
    assert (it["decision"], it["policy"], it["channel"], it["reason"]) == ("deny", "shop", None, None)
    assert it["counts"] == {"critical": 1, "high": 0, "medium": 0, "low": 0, "info": 0}
    (finding,) = it["findings"]
    assert (finding["rule"], finding["severity"], finding["binary"]) == ("TW201", "critical", "usr/local/bin/till")
    assert "tls10server=1" in finding["message"] and "go1.27" in finding["message"]
    status, it = verdict(shop, image=shop["good"], platform="linux/amd64")
    assert (it["state"], it["decision"], it["findings"]) == ("judged", "allow", [])
    assert verdict(shop, image=shop.tag("bad"))[1]["digest"] == shop.digest["bad"]


def test_verdict__namespace__chooses_the_channel(shop):
    def ask(namespace):
        it = verdict(shop, image=shop["loud"], namespace=namespace)[1]
        return it["decision"], it["channel"]
    assert (ask("shop"), ask("beta-2")) == (("deny", None), ("allow", "beta"))


def test_verdict__cannot_be_told__state_and_reason(shop):
    status, it = verdict(shop, image="localhost:1/app:1", timeout="2s")
    assert status == 200 and it["state"] == "unknown" and it["reason"] and it["findings"] == [], it
    assert it["decision"] == "warn"
    for parameters in ({}, {"image": ""}, {"image": "Not//An:Image@"}, {"image": shop["good"], "timeout": "x"},
                       {"image": shop["good"], "platform": "x"}, {"image": shop["good"], "what": "x"}):
        status, it = verdict(shop, **parameters)
        assert status in (200, 400), it
        assert status == 400 or it["state"] == "unknown", (parameters, it)


def ask_gatekeeper(shop, body, timeout="?timeout=5s"):
    return shop.door.ask(f"/v1/gatekeeper{timeout}", body=body, headers=JSON)


def test_gatekeeper__several_keys__an_item_each_in_their_order(shop):
    keys = [shop["bad"], shop["good"], "localhost:1/app:1", shop.tag("loud"), shop["bad"]]
    status, it = ask_gatekeeper(shop, provider_request(*keys))
    assert status == 200
    assert (it["apiVersion"], it["kind"]) == ("externaldata.gatekeeper.sh/v1beta1", "ProviderResponse")
    answer = it["response"]
    assert answer.get("systemError", "") == "" and [i["key"] for i in answer["items"]][:4] == keys[:4]
    by_key = {i["key"]: i for i in answer["items"]}
    assert by_key[shop["bad"]]["value"]["decision"] == "deny"
    assert by_key[shop["good"]]["value"] == {**by_key[shop["good"]]["value"], "decision": "allow", "state": "judged"}
    assert by_key[shop.tag("loud")]["value"]["decision"] == "deny"
    assert by_key["localhost:1/app:1"]["value"]["state"] == "unknown"
    assert all(not i.get("error") for i in answer["items"][:2])


def test_gatekeeper__no_keys_or_no_request__empty_or_a_problem(shop):
    status, it = ask_gatekeeper(shop, provider_request())
    assert status == 200 and not it["response"].get("items"), it
    for body in (b"", b"{}", b"[]", provider_request().replace(b"ProviderRequest", b"Pod"), b'{"request":{"keys":7}}'):
        assert ask_gatekeeper(shop, body)[0] == 400, body
    status, it = ask_gatekeeper(shop, provider_request(7, None, {}))
    assert status in (200, 400), it
    began = time.monotonic()
    status, it = ask_gatekeeper(shop, provider_request(*(f"r{i}.example/app:1" for i in range(3000))))
    assert status in (200, 400, 413) and time.monotonic() - began < 5
