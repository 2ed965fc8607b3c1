"""Pulling from a real registry through a proxy that breaks things, by `tidewaiter scan`."""
import json
import os
import shutil
import socket

import pytest

import faults
import images
import programs
from faults import at

NAME = "team/app"
BIG = 300_000  # bytes after which the large layer is cut; it has three times as many


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    """A registry with one image of two layers, the second one large; (registry, its manifest)."""
    folder = tmp_path_factory.mktemp("pushed")
    image = images.new(folder)
    # Whole tar blocks: umoci leaves out the padding of the last one, which is not the matter here.
    for name, body in (("motd", b"not a program\n" + bytes(498)), ("blob", os.urandom(512 * 1758))):
        (folder / name).write_bytes(body)
        image.add(folder / name, f"/{name}")
    registry = programs.Registry(folder).start()
    digest = registry.push(image.source, f"{NAME}:1")
    manifest = programs.http("GET", f"http://{registry.host}/v2/{NAME}/manifests/{digest}", headers={
        "Accept": "application/vnd.oci.image.manifest.v1+json"}).json
    yield registry, manifest
    registry.stop()


@pytest.fixture
def servers():
    """Starts servers that end with the test."""
    started = []

    def start(server):
        started.append(server)
        return server
    yield start
    for server in started:
        server.stop()


@pytest.fixture
def proxy(pushed, servers):
    return servers(faults.Proxy(pushed[0].host))


@pytest.fixture
def large(pushed):
    """The digest of the large layer."""
    return pushed[1]["layers"][1]["digest"]


def scan(host, *options, tag="1", listed=None, env=None):
    registries = ",".join(f"http://{h}" for h in listed or [host])
    done = programs.tidewaiter("scan", f"{host}/{NAME}:{tag}", "--format=json",
                               f"--registries={registries}", *options,
                               env={"DOCKER_CONFIG": "/nonexistent", **(env or {})})
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    return done


def succeeds(done):
    assert done.returncode == 0, done.stderr
    return done


def fails(done, *texts):
    """Exit 2, nothing on stdout, and a message of one line with these texts in it."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    for text in texts:
        assert text in done.stderr, done.stderr
    assert "must not be shown" not in done.stderr
    return done


def config(folder, host, **entry):
    path = folder / "config.json"
    path.write_text(json.dumps({"auths": {host: entry}}))
    return f"--docker-config={path}"


# ---- names and statuses ----

def test_tag__image(proxy):
    succeeds(scan(proxy.host))
    accept = proxy.asked("/manifests/1")[0].headers["Accept"]
    for kind in ("oci.image.index.v1", "oci.image.manifest.v1", "distribution.manifest.list.v2",
                 "distribution.manifest.v2"):
        assert f"application/vnd.{'docker.' if 'distribution' in kind else ''}{kind}+json" in accept
    assert proxy.requests[0].headers["User-Agent"].startswith("tidewaiter/")


def test_nothing_listens__says_so():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        host = f"localhost:{s.getsockname()[1]}"
    fails(scan(host), host, "no connection")


def test_name_does_not_resolve__says_so():
    fails(scan("registry.invalid"), "registry.invalid", "cannot be resolved")


def test_https_to_a_plain_registry__hint(proxy):
    fails(scan(proxy.host, listed=["other.example"]), "no TLS", "must start with http://", "--registries")


def test_not_found__says_what(proxy):
    fails(scan(proxy.host, tag="none"), f"{proxy.host}: manifest {NAME}:none",
          "status 404 (MANIFEST_UNKNOWN)", "not found")


@pytest.mark.parametrize("code,text", [(403, "access denied"), (500, "trouble of its own"),
                                       (503, "trouble of its own"), (400, "not an answer"),
                                       (204, "no answer to this")])
def test_error_status__message(proxy, code, text):
    proxy.faults.append(at("/manifests/", faults.error(code, "TEST_CODE")))
    done = fails(scan(proxy.host), f"status {code}", text)
    if code != 204:
        assert "TEST_CODE" in done.stderr
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("value", ["120", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_429_with_retry_after__not_asked_again(proxy, value):
    proxy.faults.append(at("/blobs/", faults.error(429, "TOOMANYREQUESTS", {"Retry-After": value})))
    fails(scan(proxy.host), "status 429 (TOOMANYREQUESTS)", "too many requests")
    assert len(proxy.asked("/blobs/")) == 1


def test_manifest_of_other_bytes__refused(proxy):
    proxy.faults.append(at("/manifests/", faults.other_bytes))
    fails(scan(proxy.host), "manifest", "sha256:")


def test_manifest_of_other_bytes_by_digest__refused(proxy, pushed):
    # Without Docker-Content-Digest there is only the digest of the reference itself.
    def bare(request):
        code, headers, body = proxy.fetch(request.path, request.headers)
        return request.answer(code, {"Content-Type": headers["Content-Type"]}, body + b" ")
    proxy.faults.append(at("/manifests/", bare))
    digest = programs.http("GET", f"http://{pushed[0].host}/v2/{NAME}/manifests/1", headers={
        "Accept": "application/vnd.oci.image.manifest.v1+json"}).headers["Docker-Content-Digest"]
    fails(scan(proxy.host, tag=f"1@{digest}"), digest[:19])
    assert proxy.asked(f"/manifests/{digest}")


def test_manifest_too_long__limit(proxy):
    proxy.faults.append(at("/manifests/", faults.status(200, body=b" " * 200_000)))
    fails(scan(proxy.host, "--limit=manifest_bytes=100000"), "manifest_bytes")


def test_manifest_that_is_a_page__malformed(proxy):
    proxy.faults.append(at("/manifests/", faults.status(
        200, {"Content-Type": "text/html"}, b"<html>log in first</html>")))
    fails(scan(proxy.host))


def test_manifest_cut_once__asked_again(proxy):
    proxy.faults.append(at("/manifests/", faults.cut(100), times=1))
    succeeds(scan(proxy.host))
    assert len(proxy.asked("/manifests/")) == 2


# ---- blobs ----

def test_layer_cut_twice__resumed_where_it_broke(proxy, large):
    proxy.faults.append(at(large, faults.cut(BIG), times=2))
    succeeds(scan(proxy.host))
    ranges = [r.headers.get("Range") for r in proxy.asked(large)]
    assert ranges[0] is None and len(ranges) == 3
    assert [r.partition("-")[0] for r in ranges[1:]] == [f"bytes={BIG}", f"bytes={2 * BIG}"]


def test_layer_cut__registry_without_ranges__read_over(proxy, large):
    proxy.faults += [at(large, faults.no_ranges), at(large, faults.cut(BIG), times=1)]
    succeeds(scan(proxy.host))
    assert len(proxy.asked(large)) == 2


def test_layer_cut__another_range_comes__refused(proxy, large):
    proxy.faults += [at(large, faults.wrong_range), at(large, faults.cut(BIG), times=1)]
    done = scan(proxy.host)
    assert done.returncode != 0
    assert "another range" in done.stdout + done.stderr


def test_layer_cut_and_503__tried_until_it_is_back(proxy, large):
    proxy.faults += [at(large, faults.cut(BIG), times=1)]
    back = [2]

    def restarts(request):
        if "Range" not in request.headers or back[0] == 0:
            return False
        back[0] -= 1
        return request.answer(503)
    proxy.faults.insert(0, at(large, restarts))
    succeeds(scan(proxy.host))
    assert len(proxy.asked(large)) == 4


def test_layer_cut_for_good__gives_up(proxy, large):
    proxy.faults.append(at(large, faults.cut(0)))
    fails(scan(proxy.host), f"blob {large[:19]}", "broke off")
    assert len(proxy.asked(large)) == 1  # nothing came: whoever asked may try later


@pytest.mark.parametrize("fault", [faults.other_bytes, faults.more_bytes])
def test_config_of_other_bytes__refused(proxy, pushed, fault):
    digest = pushed[1]["config"]["digest"]
    proxy.faults.append(at(digest, fault))
    fails(scan(proxy.host), "image configuration", digest[:19])


@pytest.mark.parametrize("fault", [faults.other_bytes, faults.more_bytes])
def test_layer_of_other_bytes__never_clean(proxy, large, fault):
    proxy.faults.append(at(large, fault))
    done = scan(proxy.host)
    assert done.returncode != 0, done.stdout
    assert large[:19] in done.stdout + done.stderr


# ---- time ----

@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_registry_is_silent__ends_after_the_stall_timeout(proxy, part):
    proxy.faults.append(at(part, faults.silent))
    fails(scan(proxy.host, "--stall-timeout=1"), "silent or too slow")


def test_layer_stalls__resumed(proxy, large):
    proxy.faults.append(at(large, faults.stall(BIG), times=1))
    succeeds(scan(proxy.host, "--stall-timeout=1"))
    assert proxy.asked(large)[1].headers["Range"].startswith(f"bytes={BIG}-")


# ---- redirects ----

def test_redirect_to_storage__without_credentials(proxy, pushed, servers, folder):
    storage = servers(faults.Storage(pushed[0].host, NAME))
    proxy.faults += [faults.basic("me", "pass"), at("/blobs/", faults.redirect(
        lambda r: f"{storage.url}/{r.path.rpartition('/')[2]}?X-Signature=s3cret"))]
    succeeds(scan(proxy.host, config(folder, proxy.host, username="me", password="pass")))
    assert len(storage.requests) == 3
    for request in storage.requests:
        assert "Authorization" not in request.headers
    assert "Authorization" in proxy.asked("/blobs/")[0].headers


def test_redirect_to_storage__cut__asked_at_the_registry_again(proxy, pushed, servers, large):
    storage = servers(faults.Storage(pushed[0].host, NAME, at(large, faults.cut(BIG), times=1)))
    storage.fetch = lambda path, headers: faults.Proxy.fetch(
        proxy, f"/v2/{NAME}/blobs/{large}", headers)
    proxy.faults.append(at(large, faults.redirect(lambda r: f"{storage.url}/{large}")))
    succeeds(scan(proxy.host))
    assert [r.headers.get("Range") is not None for r in proxy.asked(large)] == [False, True]
    assert storage.requests[1].headers["Range"].startswith(f"bytes={BIG}-")


def test_redirect_within_the_registry__with_credentials(proxy, folder):
    proxy.faults += [faults.basic("me", "pass"),
                     at("/manifests/1", faults.redirect(f"/v2/{NAME}/manifests/1?again"), times=1)]
    # The first request has no credentials yet, so the redirect is the answer to the second.
    succeeds(scan(proxy.host, config(folder, proxy.host, username="me", password="pass")))
    assert "Authorization" in proxy.asked("?again")[0].headers


def test_redirect_away_and_back__credentials_stay_away(proxy, servers, folder):
    away = servers(faults.Server(faults.redirect(f"{proxy.url}/v2/{NAME}/manifests/1?back")))
    proxy.faults += [faults.basic("me", "pass"), at("/manifests/1", faults.redirect(
        f"{away.url}/"), times=1)]
    fails(scan(proxy.host, config(folder, proxy.host, username="me", password="pass")), "401")
    assert "Authorization" not in away.requests[0].headers
    assert "Authorization" not in proxy.asked("?back")[0].headers


def test_redirect_loop__limit(proxy):
    proxy.faults.append(at("/blobs/", faults.redirect(lambda r: r.path)))
    fails(scan(proxy.host), "redirects", "limit")
    assert len(proxy.asked("/blobs/")) == 6  # the first and the 5 of the limit


@pytest.mark.parametrize("to,text", [
    ("file:///etc/passwd", "no http(s) URL"),
    ("http://169.254.169.254/latest/meta-data/", "metadata"),
    ("http://[::ffff:169.254.169.254]/latest/", "metadata"),
    ("http://2852039166/latest/", "metadata"),
    ("http://0.0.0.0:1/", "unspecified"),
    ("http://[fe80::1]/", "link-local"),
])
def test_redirect_to_where_none_may_lead__refused(proxy, to, text):
    proxy.faults.append(at("/manifests/", faults.redirect(to)))
    fails(scan(proxy.host), text)


def test_redirect_without_location__malformed(proxy):
    proxy.faults.append(at("/manifests/", faults.status(307)))
    fails(scan(proxy.host), "status 307 without a Location")


# ---- credentials ----

def test_basic__right_password__once_refused_then_with_all_requests(proxy, folder):
    proxy.faults.append(faults.basic("me", "pa:ss"))
    succeeds(scan(proxy.host, config(folder, proxy.host, auth="bWU6cGE6c3M=")))
    assert [("Authorization" in r.headers) for r in proxy.requests] == \
        [False] + [True] * (len(proxy.requests) - 1)


def test_basic__wrong_password__tried_once(proxy, folder):
    proxy.faults.append(faults.basic("me", "pass"))
    option = config(folder, proxy.host, username="me", password="wr0ng")
    done = fails(scan(proxy.host, option), "401", "check the credentials", str(folder))
    assert "wr0ng" not in done.stderr
    assert len(proxy.requests) == 2


def test_basic__password_changed_meanwhile__not_tried_again(proxy, folder):
    proxy.faults += [faults.basic("me", "pass"), at("/blobs/", faults.status(
        401, {"WWW-Authenticate": "Basic"}))]
    option = config(folder, proxy.host, username="me", password="pass")
    fails(scan(proxy.host, option), "401", "not accepted")
    assert len(proxy.asked("/blobs/")) == 1


def test_redirect_to_storage_that_wants_a_token__it_gets_none(proxy, servers, folder):
    tokens = servers(faults.TokenServer())
    storage = servers(faults.Server(faults.bearer(tokens)))
    proxy.faults.append(at("/blobs/", faults.redirect(storage.url)))
    option = config(folder, proxy.host, username="me", password="pass")
    fails(scan(proxy.host, option), "status 401")
    assert tokens.requests == [] and len(storage.requests) == 1


def test_basic__no_credentials__advice(proxy):
    proxy.faults.append(faults.basic("me", "pass"))
    fails(scan(proxy.host), "user and password", f"docker login {proxy.host}")


def test_basic__credentials_in_a_helper__not_run_and_said_so(proxy, folder):
    helper = folder / "docker-credential-evil"
    helper.write_text(f"#!/bin/sh\ntouch {folder}/ran\n")
    helper.chmod(0o755)
    path = folder / "config.json"
    path.write_text(json.dumps({"credHelpers": {proxy.host: "evil"}}))
    proxy.faults.append(faults.basic("me", "pass"))
    done = programs.tidewaiter("scan", f"{proxy.host}/{NAME}:1", f"--docker-config={path}",
                               f"--registries=http://{proxy.host}",
                               env={"PATH": f"{folder}:{os.environ['PATH']}"})
    fails(done, "docker-credential-evil", "not run")
    assert not (folder / "ran").exists()


def test_registry_with_htpasswd__pulled(pushed, folder):
    """The real thing: docker-registry's own Basic."""
    crypt = pytest.importorskip("crypt")
    htpasswd = folder / "htpasswd"
    htpasswd.write_text("me:" + crypt.crypt("pass", crypt.METHOD_BLOWFISH) + "\n")
    registry = programs.Registry(folder, htpasswd=htpasswd).start()
    try:
        registry.push(f"docker://{pushed[0].host}/{NAME}:1", f"{NAME}:1", "--src-tls-verify=false",
                      creds="me:pass")
        succeeds(scan(registry.host, config(folder, registry.host, username="me", password="pass")))
        fails(scan(registry.host), "user and password")
    finally:
        registry.stop()


# ---- tokens ----

def test_token__anonymous__one_for_all_requests(proxy, servers):
    tokens = servers(faults.TokenServer())
    proxy.faults.append(faults.bearer(tokens))
    succeeds(scan(proxy.host))
    assert [r.path for r in tokens.requests] == [
        "/token?service=test-registry&scope=repository%3Ateam%2Fapp%3Apull"]
    assert "Authorization" not in tokens.requests[0].headers


def test_token__challenge_without_scope__pull_of_this_repository(proxy, servers):
    tokens = servers(faults.TokenServer())
    proxy.faults.append(faults.bearer(tokens, scope=""))
    succeeds(scan(proxy.host))
    assert "scope=repository%3Ateam%2Fapp%3Apull" in tokens.requests[0].path


def test_token__with_credentials__only_the_token_server_sees_them(proxy, servers, folder):
    tokens = servers(faults.TokenServer(credentials="me:pass"))
    proxy.faults.append(faults.bearer(tokens))
    succeeds(scan(proxy.host, config(folder, proxy.host, username="me", password="pass")))
    assert tokens.requests[0].headers["Authorization"].startswith("Basic ")
    for request in proxy.requests[1:]:
        assert request.headers["Authorization"].startswith("Bearer ")


def test_token__wrong_credentials__tried_once(proxy, servers, folder):
    tokens = servers(faults.TokenServer(credentials="me:pass"))
    proxy.faults.append(faults.bearer(tokens))
    option = config(folder, proxy.host, username="me", password="wr0ng")
    done = fails(scan(proxy.host, option), f"token server {tokens.host}", "status 401")
    assert "wr0ng" not in done.stderr and len(tokens.requests) == 1


def test_token__revoked_in_the_middle__a_new_one(proxy, servers, large):
    tokens = servers(faults.TokenServer())

    def revoke(request):
        tokens.valid.clear()
        return False
    proxy.faults += [at(large, revoke, times=1), faults.bearer(tokens)]
    succeeds(scan(proxy.host))
    assert len(tokens.requests) == 2


def test_token__never_accepted__asked_once_and_denied(proxy, servers):
    tokens = servers(faults.TokenServer())
    tokens.is_valid = lambda token: False
    proxy.faults.append(faults.bearer(tokens))
    done = fails(scan(proxy.host), "status 401")
    assert len(tokens.requests) == 1 and len(proxy.requests) == 2
    assert not any(token in done.stderr for token in tokens.valid)


def test_token__identity_token__by_post(proxy, servers, folder):
    tokens = servers(faults.TokenServer(refresh_token="r3fresh+/="))
    proxy.faults.append(faults.bearer(tokens))
    succeeds(scan(proxy.host, config(folder, proxy.host, auth="bWU6", identitytoken="r3fresh+/=")))
    assert tokens.forms == [{
        "grant_type": "refresh_token", "refresh_token": "r3fresh+/=", "client_id": "tidewaiter",
        "service": "test-registry", "scope": "repository:team/app:pull"}]


def test_token__registry_token__used_as_it_is(proxy, servers, folder):
    tokens = servers(faults.TokenServer())
    tokens.valid.add("fixed")
    proxy.faults.append(faults.bearer(tokens))
    succeeds(scan(proxy.host, config(folder, proxy.host, registrytoken="fixed")))
    assert tokens.requests == []


@pytest.mark.parametrize("fault,text", [
    (faults.status(503), "status 503"), (faults.status(404), "no token server"),
    (faults.status(200, body=b"{}"), "no usable"), (faults.status(200, body=b"<html>"), "JSON"),
    (faults.status(200, body=b" " * 70000), "token_bytes"),
    (faults.redirect("http://169.254.169.254/"), "metadata"),
])
def test_token_server_has_trouble__says_so(proxy, servers, fault, text):
    tokens = servers(faults.TokenServer())
    tokens.faults.append(fault)
    proxy.faults.append(faults.bearer(tokens))
    fails(scan(proxy.host), f"token server {tokens.host}", text)


@pytest.mark.parametrize("realm,text", [
    ("http://token.example/", "plain http"),
    ("http://169.254.169.254/token", "plain http"),
    ("https://169.254.169.254/token", "metadata"),
    ("https://[fe80::1]/token", "link-local"),
    ("ftp://token.example/", "no http(s) URL"),
])
def test_realm_where_none_may_be__not_asked(proxy, realm, text):
    proxy.faults.append(faults.status(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'}))
    fails(scan(proxy.host), text)


@pytest.mark.parametrize("value,text", [
    ("Negotiate", "by Negotiate"), ('Bearer realm="open', "WWW-Authenticate"), ("", "without WWW")])
def test_challenge_of_no_use__says_so(proxy, value, text):
    proxy.faults.append(faults.status(401, {"WWW-Authenticate": value} if value else {}))
    fails(scan(proxy.host), text)


# ---- TLS ----

@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return faults.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(pushed, servers, tls):
    """The registry over https, by a certificate that nobody trusts unless told to."""
    return servers(faults.Proxy(pushed[0].host, tls=tls))


def scan_secure(server, tls, *options):
    return scan(server.host, *options, listed=["other.example"], env={"SSL_CERT_FILE": tls[0]})


def test_https__trusted_certificate__pulled_with_credentials(secure, tls, folder):
    secure.faults.append(faults.basic("me", "pass"))
    succeeds(scan_secure(secure, tls, config(folder, secure.host, username="me", password="pass")))


def test_https__unknown_certificate__refused(secure):
    fails(scan(secure.host, listed=["other.example"]), "certificate is not trusted")
    assert secure.requests == []


def test_https__certificate_of_another_name__refused(pushed, servers, tmp_path):
    other = faults.certificate(tmp_path, "other.example")
    server = servers(faults.Proxy(pushed[0].host, tls=other))
    fails(scan_secure(server, other), "certificate is not trusted")
    assert server.requests == []


def test_https__redirect_to_http__refused(secure, proxy, tls):
    secure.faults.append(at("/blobs/", faults.redirect(lambda r: proxy.url + r.path)))
    fails(scan_secure(secure, tls), "from https to plain http")
    assert proxy.requests == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost.", "[::1]"])
def test_https__redirect_to_this_machine__refused(secure, tls, servers, host):
    other = servers(faults.Server(tls=tls))
    secure.faults.append(at("/blobs/", faults.redirect(f"https://{host}:{other.port}/")))
    fails(scan_secure(secure, tls), "loopback")
    assert other.requests == []


def test_https__realm_on_http_or_on_this_machine__not_asked(secure, tls, servers):
    plain = servers(faults.TokenServer())
    secure.faults.append(faults.bearer(plain))
    fails(scan_secure(secure, tls), "plain http")
    plain.url = f"https://{plain.host}"
    fails(scan_secure(secure, tls), "loopback")
    assert plain.requests == []


def own_hosts(folder, **names):
    """A command in front that gives what runs behind it a hosts file of its own."""
    hosts = folder / "hosts"
    lines = [f"{address} {name.replace('_', '.')}" for name, address in names.items()]
    hosts.write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))
    own = ["unshare", "--mount", "sh", "-c", f"mount --bind {hosts} /etc/hosts && exec \"$@\"", "sh"]
    if programs.run(*own, "true", check=False).returncode != 0:
        pytest.skip("a mount namespace cannot be made here (it takes root)")
    return own


def test_metadata_address__registry_itself__never_asked(folder):
    """Even a registry that the configuration names: its name may be pointed there by others."""
    fails(scan("169.254.169.254"), "cloud metadata")
    fails(scan("[fd00:ec2::254]"), "cloud metadata")
    own = own_hosts(folder, registry_example="169.254.169.254")
    done = programs.run(*own, programs.BIN / "tidewaiter", "scan", f"registry.example/{NAME}:1",
                        "--registries=http://registry.example", check=False)
    fails(done, "cloud metadata")


def certs_d(folder, host, **files):
    """docker's certs.d with files for one registry; returns the option."""
    (folder / "certs.d" / host).mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        shutil.copy(source, folder / "certs.d" / host / name.replace("_", "."))
    return f"--certs-dir={folder / 'certs.d'}"


def test_https__own_ca_in_certs_d__trusted_for_that_registry_only(secure, tls, folder, servers):
    option = certs_d(folder, secure.host, ca_crt=tls[0])
    succeeds(scan(secure.host, option, listed=["other.example"]))
    option = certs_d(folder / "x", "another.example:1", ca_crt=tls[0])
    fails(scan(secure.host, option, listed=["other.example"]), "certificate is not trusted")


def test_https__own_ca_beside_that_of_the_environment__both_trusted(secure, tls, folder):
    other = folder / "other"
    other.mkdir()
    another = faults.certificate(other, "other.example")
    option = certs_d(folder, secure.host, ca_crt=another[0])
    succeeds(scan(secure.host, option, listed=["other.example"], env={"SSL_CERT_FILE": tls[0]}))


def test_https__registry_that_wants_a_certificate__shown_to_it(pushed, servers, tls, folder):
    client = folder / "client"
    client.mkdir()
    mine = faults.certificate(client, "client")
    server = servers(faults.Proxy(pushed[0].host, tls=tls, clients=mine[0]))
    option = certs_d(folder, server.host, ca_crt=tls[0])
    fails(scan(server.host, option, listed=["other.example"]), "")
    assert server.requests == []
    option = certs_d(folder, server.host, ca_crt=tls[0], me_cert=mine[0], me_key=mine[1])
    succeeds(scan(server.host, option, listed=["other.example"]))
    os.unlink(folder / "certs.d" / server.host / "me.key")
    fails(scan(server.host, option, listed=["other.example"]), "me.key", "No such file")
    shutil.copy(tls[1], folder / "certs.d" / server.host / "me.key")
    fails(scan(server.host, option, listed=["other.example"]), "certs.d")


def test_https__name_that_resolves_to_this_machine__refused(secure, tls, servers, folder):
    """The address is looked at once the name is resolved: here by a hosts file of its own."""
    other = servers(faults.Server(tls=tls))
    own = own_hosts(folder, rebound_example="127.0.0.1")
    secure.faults.append(at("/blobs/", faults.redirect(f"https://rebound.example:{other.port}/")))
    done = programs.run(*own, programs.BIN / "tidewaiter", "scan", f"{secure.host}/{NAME}:1",
                        "--registries=https://other.example", check=False,
                        env={**os.environ, "SSL_CERT_FILE": tls[0], "DOCKER_CONFIG": "/nonexistent"})
    fails(done, "redirected to rebound.example", "loopback")
    assert other.requests == []


# ---- proxies of the environment ----

def test_proxy_of_the_environment__used_and_not_taken_for_an_address(pushed, servers):
    """A proxy on this machine carries a redirect to a host that only it can resolve."""
    storage = servers(faults.Storage(pushed[0].host, NAME))
    proxy = servers(faults.Proxy(pushed[0].host))
    proxy.faults += [
        faults.one_each, at("http://storage.example/", lambda r: bool(storage.serve(r)) or True),
        at("/blobs/", faults.redirect(
            lambda r: f"http://storage.example/{r.path.rpartition('/')[2]}"))]
    done = scan("registry.example", listed=["registry.example"],
                env={"http_proxy": proxy.url, "no_proxy": "", "NO_PROXY": ""})
    succeeds(done)
    assert proxy.asked("http://storage.example/")
