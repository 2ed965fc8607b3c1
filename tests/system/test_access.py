"""Who may ask the daemon what: tokens, signatures, certificates, floods, and what is never told."""
import base64
import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

import access
import images
import programs
from access import Authority, Guarded, Secure, https, write_private
from programs import BIN, http, run, wait_for

EVENTS = {"Content-Type": "application/vnd.docker.distribution.events.v1+json"}
HOOK = "/v1/webhooks/distribution"


@pytest.fixture
def started():
    """Starts servers that end with the test, and did not complain."""
    servers = []

    def start(server):
        servers.append(server)
        return server.start()
    yield start
    for server in servers:
        if server.alive():
            ended = server.stop()
            assert ended == 0 or isinstance(server, programs.Registry), server.log()[-4000:]
        assert "Sanitizer" not in server.log() and "runtime error" not in server.log(), server.log()


def event(host, digest, tag=None):
    return {"action": "push", "request": {"host": host},
            "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json",
                       "repository": "team/app", "digest": digest, **({"tag": tag} if tag else {})}}


def envelope(*events):
    return json.dumps({"events": list(events)}).encode()


def digest_of(number):
    return f"sha256:{number:064x}"


# ---- the settings ----

def refused(*options, data):
    done = run(BIN / "tidewaiterd", f"--data-dir={data}", *options, check=False, timeout=20)
    assert done.returncode == 2 and not Path(data).exists(), done.stderr
    return done.stderr


def test_start__others_can_reach_it_and_nothing_is_said__refused(folder):
    said = refused(f"--listen=0.0.0.0:{programs.free_port()}", data=folder / "data")
    assert "--access=FILE" in said and "--access=open" in said


def test_start__files_that_cannot_be_used__refused_with_the_reason(folder):
    authority = Authority(folder)
    cert, key = authority.issue("server")
    _, other_key = authority.issue("other")
    data = folder / "data"
    file = write_private(folder / "access.yaml", "tokens: [{name: a, roles: [read], sha256: CANARY}]")
    said = refused(f"--access={file}", data=data)
    assert "line 1, column" in said and "CANARY" not in said
    assert "No such file" in refused(f"--access={folder}/none", data=data)
    assert "tls-key is needed too" in refused(f"--tls-cert={cert}", data=data)
    assert "is not that of the certificate" in refused(
        f"--tls-cert={cert}", f"--tls-key={other_key}", data=data)
    assert "in PEM" in refused(f"--tls-cert={key}", f"--tls-key={key}", data=data)
    os.chmod(key, 0o644)
    assert "chmod o-rwx" in refused(f"--tls-cert={cert}", f"--tls-key={key}", data=data)
    os.chmod(key, 0o640)
    file = write_private(folder / "access.yaml", "certificates: [{name: a, roles: [read]}]")
    assert "tls-client-ca" in refused(f"--access={file}", data=data)


# ---- tokens and signatures ----

def test_registry__with_a_token_in_its_headers__is_let_in(folder, started, image):
    """docker-registry's notifications carry a fixed header; without it they are refused."""
    port = programs.free_port()
    daemon = Guarded(folder / "daemon", port=port)
    registry = programs.Registry(folder, notify=f"http://127.0.0.1:{port}{HOOK}",
                                 headers={"Authorization": [f"Bearer {daemon.tokens['webhook'][0]}"]})
    daemon.argv.append(f"--registries=http://{registry.host}")
    started(registry)
    started(daemon)
    digest = registry.push(image.source, "team/app:1")

    def report():
        answer = http("GET", f"{daemon.url}/v1/images/{digest}/report", headers=daemon.bearer("read"))
        return answer if answer.status == 200 else None
    wait_for("the report", report)
    assert http("GET", f"{daemon.url}/v1/images/{digest}/report").status == 401


def test_webhook__signed__is_let_in_and_nothing_else(folder, started):
    daemon = started(Guarded(folder, registries="http://localhost:1"))
    body = envelope(event("localhost:1", digest_of(1)))
    good = daemon.signature(body)
    assert daemon.post(HOOK, body, {**EVENTS, **good}).json == {"accepted": 1, "ignored": 0}
    for headers in ({}, daemon.signature(body + b" "), daemon.signature(body, "wrong secret ......."),
                    {"X-Hub-Signature-256": good["X-Hub-Signature-256"][:-1]},
                    {"X-Hub-Signature-256": good["X-Hub-Signature-256"].upper()},
                    {"X-Hub-Signature-256": ""}, {"X-Hub-Signature": good["X-Hub-Signature-256"]}):
        answer = daemon.post(HOOK, envelope(event("localhost:1", digest_of(2))) if not headers else body,
                             {**EVENTS, **headers})
        assert answer.status == 401, (headers, answer.text)
    assert daemon.post("/v1/scans", {"reference": "localhost:1/a:1"}, good).status == 401
    scans = daemon.get("/v1/scans", daemon.bearer("read")).json["items"]
    assert [s["digest"] for s in scans] == [digest_of(1)]


def test_access__file_changed__holds_within_seconds_and_a_bad_one_changes_nothing(folder, started):
    daemon = started(Guarded(folder))
    old = daemon.bearer("read")
    assert daemon.get("/v1/images", old).status == 200
    write_private(daemon.file, "tokens: [")
    daemon.process.send_signal(programs.signal.SIGHUP)
    wait_for("the error", lambda: "the access that was in force stays so" in daemon.log())
    assert daemon.get("/v1/images", old).status == 200
    daemon.tokens["read"] = access.new_token()
    daemon.write()
    wait_for("the new token", lambda: daemon.get("/v1/images", daemon.bearer("read")).status == 200)
    assert daemon.get("/v1/images", old).status == 401


def test_tokens__two_made__differ_and_are_long():
    one, two = access.new_token()[0], access.new_token()[0]
    assert one != two and len(one) == len(two) == 46 and one.startswith("tw_")


# ---- TLS ----

@pytest.fixture
def tls(folder):
    """(authority, options of a daemon that has a certificate of it)."""
    authority = Authority(folder)
    cert, key = authority.issue("server")
    return authority, [f"--tls-cert={cert}", f"--tls-key={key}"], (cert, key)


def test_tls__old_versions_and_plain_http__refused(folder, started, tls):
    authority, options, _ = tls
    daemon = started(Secure(folder, authority, *options))
    assert https(daemon.port, "/v1/images", authority)[0] == 401
    assert https(daemon.port, "/v1/images", authority, headers=daemon.bearer("read"))[0] == 200
    with pytest.raises(OSError):
        http("GET", f"http://127.0.0.1:{daemon.port}/healthz", timeout=5)
    for version, fits in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                          (ssl.TLSVersion.TLSv1_3, True)):
        context = ssl.create_default_context(cafile=authority.cert)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("localhost", daemon.port), timeout=10) as plain:
            try:
                context.wrap_socket(plain, server_hostname="localhost").close()
                assert fits, version
            except ssl.SSLError:
                assert not fits, version
    check = [BIN / "tidewaiterd", "--check", f"--listen=127.0.0.1:{daemon.port}", *options]
    assert run(*check).returncode == 0
    assert run(*check[:-2], check=False).returncode == 2  # it speaks no plain HTTP


def test_tls__certificate_renewed__new_connections_get_it_and_no_request_is_lost(folder, started, tls):
    authority, options, files = tls
    daemon = started(Secure(folder, authority, *options))
    headers, failures, answered, stop = daemon.bearer("read"), [], [0], threading.Event()

    def ask_on():
        context = ssl.create_default_context(cafile=authority.cert)
        connection = access.http.client.HTTPSConnection("localhost", daemon.port, context=context)
        while not stop.is_set():
            try:
                connection.request("GET", "/v1/images", headers=headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                answered[0] += 1
            except Exception as error:  # whatever it is, it is a lost request
                failures.append(repr(error))
                connection.close()

    threads = [threading.Thread(target=ask_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen = {https(daemon.port, "/healthz", authority)[2]}
    for i in range(3):
        for new, old in zip(authority.issue(f"server{i}"), files):
            shutil.copy(new, old)  # the certificate first: for a moment they do not belong together
            time.sleep(0.1)
        daemon.process.send_signal(programs.signal.SIGHUP)
        wait_for("the new certificate",
                 lambda: https(daemon.port, "/healthz", authority)[2] not in seen, 20)
        seen.add(https(daemon.port, "/healthz", authority)[2])
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == [] and answered[0] > 20
    assert len(seen) == 4


def test_tls__key_of_another_certificate__old_one_stays(folder, started, tls):
    authority, options, (cert, _) = tls
    daemon = started(Secure(folder, authority, *options))
    before = https(daemon.port, "/healthz", authority)[2]
    shutil.copy(authority.issue("other")[0], cert)
    daemon.process.send_signal(programs.signal.SIGHUP)
    wait_for("the error", lambda: "the TLS certificate that was in force stays so" in daemon.log())
    assert https(daemon.port, "/healthz", authority)[2] == before


def test_mtls__client_certificate__gives_the_roles_of_its_name(folder, started, tls):
    authority, options, _ = tls
    clients = Authority(folder, "clients")
    strangers = Authority(folder, "strangers")
    named = [("spiffe://example/api", "read"), ("board.example", "read"), ("hook", "webhook")]
    daemon = started(Secure(folder, authority, *options, f"--tls-client-ca={clients.cert}",
                            certificates=named))

    def status(client, path="/v1/images"):
        return https(daemon.port, path, authority, client)[0]

    assert status(None) == 401
    assert status(clients.issue("x", "clientAuth", "URI:spiffe://example/api")) == 200
    assert status(clients.issue("y", "clientAuth", "DNS:board.example")) == 200
    assert status(clients.issue("hook", "clientAuth", "DNS:nobody.example")) == 403
    assert status(clients.issue("nobody", "clientAuth", "DNS:nobody.example")) == 401
    assert status(clients.issue("z", "serverAuth", "DNS:board.example")) == 401  # no client's
    assert status(None, "/healthz") == 200

    def refused(client):  # either by TLS, or as nobody
        try:
            return status(client) == 401
        except (ssl.SSLError, OSError):
            return True
    assert refused(strangers.issue("w", "clientAuth", "DNS:board.example"))


# ---- floods ----

def test_flood__queue_full__429_with_a_time_and_what_was_taken_is_kept(folder, started):
    daemon = started(programs.Daemon(folder, "--queue-max=50", "--workers=1",
                                     registries="http://localhost:1"))
    taken, refused = set(), 0
    for number in range(1, 200):
        answer = daemon.post(HOOK, envelope(event("localhost:1", digest_of(number))), EVENTS)
        if answer.status == 200:
            taken.add(digest_of(number))
        else:
            assert answer.status == 429, answer.text
            assert int(answer.headers["Retry-After"]) >= 1
            assert "queue is full" in answer.json["detail"]
            refused += 1
    assert refused > 100 and len(taken) >= 50

    def stored():
        cursor, found = "", []
        while cursor is not None:
            page = daemon.get(f"/v1/scans?limit=200{'&cursor=' + cursor if cursor else ''}").json
            found += [s["digest"] for s in page["items"]]
            cursor = page["next"]
        return found
    assert sorted(stored()) == sorted(taken)
    daemon.kill()
    daemon.start()
    assert sorted(stored()) == sorted(taken)


def test_flood__disk_short__429_before_it_is_full_and_reading_goes_on(folder, started):
    daemon = started(programs.Daemon(folder, "--disk-reserve=1048576", registries="http://localhost:1"))
    free = shutil.disk_usage(folder).free
    assert free < 1 << 40, "this disk has more than a terabyte free: the test says nothing"
    answer = daemon.post(HOOK, envelope(event("localhost:1", digest_of(1))), EVENTS)
    assert answer.status == 429 and "disk-reserve" in answer.json["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert daemon.get("/v1/scans").json["items"] == []


def test_flood__large_bodies_at_once__memory_stays_bounded(folder, started):
    """60 clients send 4 MiB each: those past the limit get 429, the others their answer."""
    daemon = programs.Daemon(folder)
    release = os.environ.get("TW_RELEASE_BIN")
    daemon.argv[0] = f"{release}/tidewaiterd" if release else daemon.argv[0]
    started(daemon)
    # Lots of JSON values in few bytes: what costs most when it is parsed (2.3 GB, once).
    body = b'{"events":[' + b"{}," * 1_000_000 + b"{}]}"
    statuses, lock = [], threading.Lock()

    def send():
        try:
            status = http("POST", daemon.url + HOOK, body, EVENTS, timeout=60).status
        except OSError:
            status = 0
        with lock:
            statuses.append(status)
    threads = [threading.Thread(target=send) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {413, 429} and statuses.count(413) >= 1, statuses  # json_values
    status = Path("/proc", str(daemon.process.pid), "status").read_text()
    peak_kb = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    assert peak_kb < 400_000 or not release, peak_kb
    assert daemon.get("/healthz").status == 200


def test_slow_clients__hold_all_connections__are_ended_and_others_served(folder, started):
    daemon = started(programs.Daemon(folder, "--max-connections=8", "--client-connections=0",
                                     "--limit=request_header_seconds=2"))
    slow = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(8)]
    end = time.monotonic() + 15
    served = False
    while not served and time.monotonic() < end:
        for s in slow:
            try:
                s.send(b"G")
            except OSError:
                pass
        try:
            served = http("GET", daemon.url + "/healthz", timeout=1).status == 200
        except OSError:
            pass
        time.sleep(0.2)
    for s in slow:
        s.close()
    assert served


# ---- secrets ----

def test_secrets__canaries__are_nowhere_in_logs_answers_and_metrics(folder, started, image):
    """Every secret that the daemon is given, or shown, in a run with successes and failures."""
    canary = {name: f"CANARY{name}0123456789" for name in (
        "password", "hmac", "token", "refused", "query", "userinfo", "identity", "basic")}
    htpasswd = folder / "htpasswd"
    htpasswd.write_text(run("htpasswd", "-nbB", "me", canary["password"]).stdout)
    registry = started(programs.Registry(folder, htpasswd=htpasswd))
    digest = registry.push(image.source, "team/app:1", creds=f"me:{canary['password']}")
    config = write_private(folder / "docker" / "config.json", json.dumps({"auths": {
        registry.host: {"auth": base64.b64encode(
            f"me:{canary['password']}".encode()).decode()},
        "localhost:1": {"identitytoken": canary["identity"]}}}))
    daemon = Guarded(folder / "daemon", f"--docker-config={config}", "--log-level=debug",
                     "--connect-timeout=1", secret=canary["hmac"],
                     registries=f"http://{registry.host},http://localhost:1")
    daemon.tokens["webhook"] = (canary["token"], "  - {name: CLIENT, roles: [read], sha256: %s}" % (
        hashlib.sha256(canary["token"].encode()).hexdigest()))
    daemon.write()
    started(daemon)
    answers = []

    def ask(method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answers.append(http(method, daemon.url + path, body, headers))
        return answers[-1]

    token, read = f"Bearer {canary['token']}", daemon.bearer("read")["Authorization"]
    good = envelope(event(registry.host, digest), event("localhost:1", digest_of(1)))
    json_type = {"Content_Type": "application/json"}
    assert ask("POST", HOOK, good, Authorization=token, **json_type).status == 200
    assert ask("POST", HOOK, good, Authorization=f"Bearer {canary['refused']}", **json_type).status == 401
    assert ask("POST", HOOK, good, Authorization=f"Basic {canary['basic']}", **json_type).status == 401
    assert ask("POST", HOOK, good, X_Hub_Signature_256=f"sha256={canary['refused']}",
               **json_type).status == 401
    assert ask("GET", "/v1/images?token=" + "x", Authorization=read).status == 400
    wrong = f"user:{canary['userinfo']}@{registry.host}/team/app:1"
    assert ask("POST", "/v1/scans", {"reference": wrong}, Authorization=token, **json_type).status == 400
    wait_for("the report", lambda: ask("GET", f"/v1/images/{digest}/report",
                                       Authorization=read).status == 200)
    wait_for("a failure", lambda: [s for s in ask("GET", "/v1/scans", Authorization=read).json["items"]
                                   if s["error"]])
    for path in ("/metrics", "/v1/images", "/v1/scans?limit=200"):
        assert ask("GET", path, Authorization=read).status == 200
    htpasswd.write_text(run("htpasswd", "-nbB", "me", "changed").stdout)  # now it is refused
    rescan = {"reference": f"{registry.host}/team/app:1", "rescan": True}
    scan = ask("POST", "/v1/scans", rescan, Authorization=token, **json_type).json["id"]
    wait_for("the refusal", lambda: (ask("GET", f"/v1/scans/{scan}",
                                         Authorization=read).json["error"] or {}).get("message"))
    assert daemon.stop() == 0
    printed = run(BIN / "tidewaiterd", "--print-config", *daemon.argv[1:]).stdout
    told = [daemon.log(), printed] + [a.text + str(a.headers) for a in answers]
    for name, value in canary.items():
        for text in told:
            assert value not in text, (name, text[-2000:])
    for role, (value, _) in daemon.tokens.items():
        assert all(value not in text for text in told), role
    stored = b"".join(p.read_bytes() for p in daemon.data.iterdir())
    assert not [name for name, value in canary.items() if value.encode() in stored]


def test_reports__credentials_in_an_image__are_covered_and_not_stored(folder, started, image):
    """Who may read reports need not be who may pull: ENV of an image is told without its secrets."""
    registry = started(programs.Registry(folder))
    copy = images.copy(image, folder)
    copy.env("ENV AWS_SECRET_ACCESS_KEY=CANARYaws1", AWS_SECRET_ACCESS_KEY="CANARYaws1")
    copy.env("ENV DATABASE_URL=postgres://me:CANARYdb1@db/x", DATABASE_URL="postgres://me:CANARYdb1@db/x")
    copy.env("ENV GOPROXY=https://me:CANARYproxy1@proxy.example",
             GOPROXY="https://me:CANARYproxy1@proxy.example")
    digest = registry.push(copy.source, "team/app:1")
    daemon = started(programs.Daemon(folder, "--log-level=debug", registries=f"http://{registry.host}"))
    assert daemon.post("/v1/scans", {"reference": f"{registry.host}/team/app:1"}).status == 202
    report = daemon.wait_report(digest)
    told = {v["name"]: v["value"] for v in report["environment"]}
    assert told["AWS_SECRET_ACCESS_KEY"] == "***"
    assert told["DATABASE_URL"] == "postgres://me:***@db/x"
    assert told["GOPROXY"] == "https://me:***@proxy.example"
    for form in ("json", "text", "sarif", "junit", "cyclonedx"):
        answer = daemon.get(f"/v1/images/{digest}/report?format={form}")
        assert answer.status == 200 and "CANARY" not in answer.text
        assert "CANARY" not in programs.tidewaiter("scan", copy.source, "--format", form).stdout
    assert daemon.stop() == 0
    assert "CANARY" not in daemon.log()
    assert b"CANARY" not in b"".join(p.read_bytes() for p in daemon.data.iterdir())
