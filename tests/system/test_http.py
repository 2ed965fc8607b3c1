"""Conditional requests, compression, and pages of other origins, of a real daemon."""
import gzip

import pytest

import programs

BIG = "/v1/rules?limit=200"


def test_etag__the_same_again__304(daemon):
    for path in (BIG, "/openapi.yaml", "/schema/report.json", "/v1/images", "/v1/binaries", "/v1/stats"):
        first = daemon.get(path)
        tag = first.headers["ETag"]
        assert first.status == 200 and tag.strip("W/").startswith('"'), path
        assert tag.startswith("W/") == (path == "/v1/stats")
        for wanted in (tag, f'"other", {tag}', "W/" + tag.removeprefix("W/"), "*"):
            again = daemon.get(path, {"If-None-Match": wanted})
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag), (path, wanted)
            assert "Accept-Encoding" in again.headers["Vary"]
        for other in ('"other"', tag[:-2] + '"', "nonsense", '"'):
            assert daemon.get(path, {"If-None-Match": other}).status == 200
    assert daemon.get("/v1/scans/none").headers["ETag"] is None


def test_etag__of_a_list__changes_with_it(daemon, registry, image):
    tag = daemon.get("/v1/images").headers["ETag"]
    digest = registry.push(image.source, "team/app:1")
    daemon.wait_report(digest)
    assert daemon.get("/v1/images", {"If-None-Match": tag}).status == 200
    report = f"/v1/images/{digest}/report"
    assert daemon.get(report, {"If-None-Match": daemon.get(report).headers["ETag"]}).status == 304


@pytest.mark.parametrize("accept, packed", [
    ("gzip", True), ("deflate, gzip;q=0.5", True), ("GZIP", True), ("gzip;q=1.0, identity;q=0.5", True),
    ("gzip;q=0", False), ("br", False), ("identity", False), ("identity, gzip;q=0.5", False), ("*", False), ("", False)])
def test_gzip__by_accept_encoding(daemon, accept, packed):
    plain = daemon.get(BIG)
    answer = daemon.get(BIG, {"Accept-Encoding": accept})
    assert (answer.headers["Content-Encoding"] == "gzip") == packed
    assert (gzip.decompress(answer.body) if packed else answer.body) == plain.body
    assert (answer.headers["ETag"] == plain.headers["ETag"]) == (not packed)
    assert "Accept-Encoding" in answer.headers["Vary"]
    head = programs.http("HEAD", daemon.url + BIG, headers={"Accept-Encoding": accept})
    for name in ("Content-Length", "Content-Encoding", "ETag", "Vary", "Content-Type"):
        assert head.headers[name] == answer.headers[name], name
    assert daemon.get(BIG, {"Accept-Encoding": accept, "If-None-Match": answer.headers["ETag"]}).status == 304


def test_gzip__short_answers_and_problems__are_sent_as_they_are(daemon):
    for path in ("/v1/images", "/healthz", "/v1/rules?limit=0"):
        assert daemon.get(path, {"Accept-Encoding": "gzip"}).headers["Content-Encoding"] is None


def preflight(daemon, path, origin, method="GET"):
    return programs.http("OPTIONS", daemon.url + path, headers={
        "Origin": origin, "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization"})


def cors_headers(answer):
    return {name.lower() for name in answer.headers if name.lower().startswith("access-control")}


def test_cors__is_off(daemon):
    assert preflight(daemon, "/v1/images", "https://board.example").status == 405
    assert cors_headers(daemon.get("/v1/images", {"Origin": "https://board.example"})) == set()


def test_cors__listed_origins__are_answered_and_no_others(folder):
    origins = "https://board.example http://localhost:3000"
    daemon = programs.Daemon(folder, f"--cors-origins={origins}").start()
    for origin in origins.split():
        answer = daemon.get("/v1/images", {"Origin": origin})
        assert answer.headers["Access-Control-Allow-Origin"] == origin and "Origin" in answer.headers["Vary"]
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        asked = preflight(daemon, "/v1/scans", origin, "POST")
        assert (asked.status, asked.body) == (204, b"")
        assert asked.headers["Access-Control-Allow-Origin"] == origin
        assert asked.headers["Access-Control-Allow-Methods"] == "POST, GET, HEAD"
        assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
        assert "access-control-allow-credentials" not in cors_headers(asked) | cors_headers(answer)
    for other in ("https://board.example.evil", "http://board.example", "https://board.exampl", "null", ""):
        assert cors_headers(daemon.get("/v1/images", {"Origin": other})) == set(), other
        assert preflight(daemon, "/v1/images", other).status == 405
    assert preflight(daemon, "/nothing", "https://board.example").status == 404
    assert "Origin" in daemon.get("/v1/images").headers["Vary"]
    daemon.stop()


def test_cors__any_origin__never_with_credentials(folder):
    daemon = programs.Daemon(folder, "--cors-origins=*").start()
    for answer in (daemon.get("/v1/images", {"Origin": "https://a.example"}),
                   preflight(daemon, "/v1/images", "https://a.example"),
                   daemon.get("/v1/scans/none", {"Origin": "https://a.example"})):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "access-control-allow-credentials" not in cors_headers(answer)
    daemon.stop()
    assert " warning access is open and cors-origins is *: every page " in daemon.log()


def ask_from(daemon, origin, headers=None, path="/v1/scans/none/retry"):
    return programs.http("POST", daemon.url + path, b"", {"Origin": origin, **(headers or {})})


def test_post__from_a_page_of_another_origin__403_and_nothing_is_done(folder):
    """Such a request needs no preflight when it has no body, or one without a type."""
    daemon = programs.Daemon(folder, "--cors-origins=https://board.example").start()
    own = f"http://127.0.0.1:{daemon.port}"
    for other in ("https://evil.example", "null", own + "0", own.replace("127.0.0.1", "localhost"), "http://"):
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            answer = ask_from(daemon, other, headers)
            assert answer.status == 403 and "cors-origins" in answer.json["detail"], (other, answer.text)
    assert ask_from(daemon, "https://evil.example", path="/v1/webhooks/google").status == 403
    assert ask_from(daemon, own).status == 404  # our own page; there is no such scan
    assert ask_from(daemon, "https://behind-a-proxy.example", {"Sec-Fetch-Site": "same-origin"}).status == 404
    assert ask_from(daemon, "https://board.example").status == 404
    assert daemon.get("/v1/images", {"Origin": "https://evil.example"}).status == 200  # it may not read it
    assert daemon.stop() == 0


def test_verdict__from_a_page_of_another_origin__403(folder):
    """A GET, but what has not been scanned is put on the queue: an <img> of any page could do that."""
    daemon = programs.Daemon(folder, "--cors-origins=https://board.example").start()
    ask = lambda headers: daemon.get("/v1/verdict?image=registry.example/app:1", headers).status  # noqa: E731
    for site in ("cross-site", "same-site"):
        assert ask({"Sec-Fetch-Site": site}) == 403
        assert ask({"Sec-Fetch-Site": site, "Origin": "https://evil.example"}) == 403
        assert ask({"Sec-Fetch-Site": site, "Origin": "https://board.example"}) == 200
    assert ask({"Origin": "https://evil.example"}) == 403
    assert [ask({}), ask({"Sec-Fetch-Site": "none"}), ask({"Sec-Fetch-Site": "same-origin"})] == [200] * 3
    assert daemon.get("/v1/images", {"Sec-Fetch-Site": "cross-site"}).status == 200
    assert daemon.stop() == 0


@pytest.mark.parametrize("origins", ["board.example", "https://board.example/", "https://", "* https://a.example"])
def test_cors__setting_that_is_none__is_refused(folder, origins):
    result = programs.run(programs.BIN / "tidewaiterd", f"--data-dir={folder}", f"--cors-origins={origins}", check=False)
    assert result.returncode == 2 and "is no origin" in result.stderr
