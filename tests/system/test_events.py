"""Server-sent events of a real daemon: what happens, going on where one was, and what ends a stream."""
import itertools
import time

import access
import programs
from streams import Stream


def is_image(event):
    return event.get("event") == "image"


def test_events__of_a_push__tell_its_way_and_go_on_after_a_reconnect(daemon, registry, image):
    stream = Stream(daemon)
    assert stream.status == 200 and stream.headers["content-type"] == "text/event-stream"
    assert "content-encoding" not in stream.headers
    digest = registry.push(image.source, "team/app:1")
    seen = stream.until(is_image)
    stream.close()
    kinds = [(e["event"], e["data"].get("state")) for e in seen]
    assert kinds == [("push", None), ("scan", "running"), ("scan", "done"), ("image", None)]
    ids = [int(e["id"]) for e in seen]
    assert ids == list(range(ids[0], ids[0] + 4))
    push, running, done, stored = (e["data"] for e in seen)
    assert push["digest"] == done["digest"] == stored["digest"] == digest
    assert push["scan"] == running["id"] == done["id"] and done["error"] is None
    assert (stored["repository"], stored["tag"], stored["previous_decision"]) == ("team/app", "1", None)
    assert stored["counts"] == daemon.get(f"/v1/images/{digest}").json["counts"]
    for again in (Stream(daemon, last=ids[1]), Stream(daemon, f"?after={ids[1]}")):
        assert again.until(is_image) == seen[2:]
        again.close()


def test_events__id_of_before__is_a_reset(daemon, registry, image):
    for old in ("1", "9" * 18):
        stream = Stream(daemon, last=old)
        (reset,) = stream.until(lambda e: e.get("event") == "reset")
        assert reset["data"] == {} and int(reset["id"]) > 1
        stream.close()
    digest = registry.push(image.source, "team/app:1")
    daemon.wait_report(digest)
    stream = Stream(daemon, last=reset["id"])
    last = stream.until(is_image)[-1]["id"]
    stream.close()
    daemon.stop()
    daemon.start()
    stream = Stream(daemon, last=last)
    assert stream.until(lambda e: "event" in e)[0]["event"] == "reset"
    stream.close()


def test_events__no_id_at_all__400(daemon):
    for bad in ("x", "-1", "1" * 30):
        stream = Stream(daemon, last=bad)
        assert stream.status == 400
        stream.close()


def test_events__daemon_stops__streams_end_at_once(daemon):
    streams = [Stream(daemon) for _ in range(3)]
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < 10  # the grace is 30 s: nobody waited for it
    for stream in streams:
        assert [e for e in stream.events() if "event" in e] == []
        stream.close()


def test_events__token_taken_away__the_stream_ends_and_tells_nothing_more(folder):
    daemon = access.Guarded(folder, registries="http://localhost:5055").start()
    old = daemon.bearer("read")
    stream = Stream(daemon, headers=old)
    lines = stream.lines()
    assert stream.status == 200 and next(lines) == "retry: 3000"
    daemon.tokens["read"] = access.new_token()
    daemon.write()
    programs.wait_for("the new token", lambda: daemon.get("/v1/images", daemon.bearer("read")).status == 200)
    body = {"reference": "localhost:5055/team/app:1"}
    assert daemon.post("/v1/scans", body, daemon.bearer("webhook")).status == 202
    more = list(itertools.islice(lines, 6))
    assert len(more) < 6, "it did not end"
    assert [line for line in more if line.startswith("event:")] == []
    stream.close()
    refused = Stream(daemon, headers=old)
    assert refused.status == 401
    refused.close()
    assert daemon.stop() == 0


def test_events__more_streams_than_may_be__503(folder):
    daemon = programs.Daemon(folder, "--events-max=2").start()
    streams = [Stream(daemon) for _ in range(2)]
    refused = Stream(daemon)
    assert refused.status == 503 and int(refused.headers["retry-after"]) >= 1
    refused.close()
    assert daemon.get("/v1/stats").status == 200
    streams.pop().close()
    programs.wait_for("room", lambda: Stream(daemon).status == 200)
    daemon.stop()


def test_events__idle_timeout__does_not_cut_a_stream(folder):
    daemon = programs.Daemon(folder, "--idle-timeout=1").start()
    stream = Stream(daemon)
    lines = stream.lines()
    while next(lines) != ": still here":
        pass
    stream.close()
    daemon.stop()
