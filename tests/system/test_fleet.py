"""Questions about all images, of a real daemon with real images: /v1/binaries, /v1/findings, /v1/stats."""
import contextlib
import sqlite3

import pytest

import images
import programs


def items(daemon, path):
    """All pages of a list."""
    found, cursor = [], ""
    while True:
        answer = daemon.get(path + cursor)
        assert answer.status == 200, (path, answer.text)
        found += answer.json["items"]
        if not answer.json["next"]:
            return found
        cursor = ("&" if "?" in path else "?") + "cursor=" + answer.json["next"]


@pytest.fixture
def fleet(daemon, registry, image, folder):
    """Two pushes of team/app:1, the first of which is history, and the same programs as team/other:2."""
    first = registry.push(image.source, "team/app:1")
    daemon.wait_report(first)
    changed = images.copy(image, folder)
    changed.env("ENV GODEBUG=madvdontneed=0", GODEBUG="madvdontneed=0")
    second = registry.push(changed.source, "team/app:1")
    daemon.wait_report(second)
    registry.push(changed.source, "team/other:2")
    programs.wait_for("the other name", lambda: daemon.get(f"/v1/images/{second}").json["repository"] == "team/other")
    programs.wait_for("judged", lambda: daemon.get("/v1/binaries").json["items"])
    return first, second


def test_binaries__by_every_filter__tells_current_programs(daemon, fleet):
    first, second = fleet
    all_now = items(daemon, "/v1/binaries")
    assert {b["image"] for b in all_now} == {second}
    paths = sorted(b["path"] for b in all_now)
    assert paths == ["usr/local/bin/registry", "usr/local/bin/umoci"]
    one = next(b for b in all_now if b["path"].endswith("registry"))
    report = daemon.get(f"/v1/images/{second}/report").json
    binary = next(b for b in report["go_binaries"] if b["path"] == one["path"])
    assert one["go"] == {"version": binary["go"]["version"], "release": binary["go"]["release"], "experiments": []}
    assert one["sha256"] == binary["sha256"] and one["arch"] == binary["arch"]
    assert one["main"]["path"] == binary["main"]["path"]
    assert one["godebug"] == [{"name": "madvdontneed", "value": "0", "source": "env"}]
    assert one["modules"] == [] and one["pushed"] and one["platform"]

    release = binary["go"]["release"]
    line = ".".join(release.split(".")[:2])

    def found(query):
        return sorted(b["path"] for b in items(daemon, "/v1/binaries" + query))
    assert one["path"] in found(f"?go={release}")
    assert found(f"?go={line}") == paths and found(f"?go={line}.99") == []
    assert found("?go_below=1.4") == [] and found("?go_below=1.99") == paths
    assert found(f"?go={line}&go_below={line}") == []
    assert found("?module=example.org/none") == found("?module=example.org/none@v1.0.0") == []
    assert found(f"?main={one['main']['path']}") == [one["path"]]
    assert found("?experiment=fieldtrack") == []
    assert found(f"?image={second}") == paths == found(f"?image={second}&repository=team/other")
    assert found(f"?image={first}") == found(f"?image=sha256:{64 * '0'}&current=false") == []
    assert {(b["image"], b["path"]) for b in items(daemon, f"/v1/binaries?image={first}&current=false&limit=1")} == {
        (first, path) for path in paths}
    assert found("?godebug=madvdontneed") == paths == found("?godebug=madvdontneed=0")
    assert found("?godebug=madvdontneed=1") == [] and found("?godebug=gctrace") == []
    assert found("?godebug=gctrace=1&current=false") == paths
    assert found("?repository=team/other&tag=2") == paths and found("?repository=team/none") == []
    assert found(f"?registry={one['registry']}&tag=1") == paths and found("?registry=other.example") == []
    assert {b["image"] for b in items(daemon, "/v1/binaries?current=false")} == {first, second}
    assert {b["tag"] for b in items(daemon, "/v1/binaries?repository=team/app")} == {"1"}


@pytest.mark.parametrize("sort", ["go", "-go", "path", "pushed", "-pushed"])
@pytest.mark.parametrize("current", ["true", "false"])
def test_binaries__in_every_order__pages_are_the_whole(daemon, fleet, sort, current):
    path = f"/v1/binaries?sort={sort}&current={current}"
    whole = daemon.get(path + "&limit=200").json["items"]
    assert len(whole) == (2 if current == "true" else 4)
    assert items(daemon, path + "&limit=1") == whole
    if sort == "path":
        assert [b["path"] for b in whole] == sorted(b["path"] for b in whole)
    if sort == "-pushed":
        times = [b["pushed"] for b in whole]
        assert times == sorted(times, reverse=True)


def test_findings__are_those_of_the_reports(daemon, fleet):
    first, second = fleet
    report = daemon.get(f"/v1/images/{second}/report").json
    listed = items(daemon, "/v1/findings?limit=3")
    keys = ("rule", "severity", "title", "message", "binary", "fingerprint")
    assert sorted(tuple(f[k] or "" for k in keys) for f in listed) == sorted(
        tuple(f.get(k) or "" for k in keys) for f in report["findings"])
    rank = ["info", "low", "medium", "high", "critical"]
    ranks = [rank.index(f["severity"]) for f in listed]
    assert ranks == sorted(ranks, reverse=True)
    assert {f["image"] for f in items(daemon, "/v1/findings?current=false")} == {first, second}
    worst = listed[0]["severity"]
    exact = items(daemon, f"/v1/findings?severity={worst}")
    assert exact and {f["severity"] for f in exact} == {worst}
    least = items(daemon, "/v1/findings?min_severity=medium")
    assert {f["severity"] for f in least} <= {"medium", "high", "critical"} and least
    rule = listed[0]["rule"]
    assert {f["rule"] for f in items(daemon, f"/v1/findings?rule={rule}")} == {rule}
    for sort in ("-first_seen", "first_seen"):
        got = items(daemon, f"/v1/findings?sort={sort}&limit=1&current=false")
        times = [f["first_seen"] for f in got]
        assert times == sorted(times, reverse=sort[0] == "-") and len(set(times)) == 2
        late = items(daemon, f"/v1/findings?sort={sort}&current=false&since={max(times)}")
        assert {f["first_seen"] for f in late} == {max(times)}
        assert {f["first_seen"] for f in items(
            daemon, f"/v1/findings?current=false&sort={sort}&until={max(times)}")} == {min(times)}
    assert items(daemon, "/v1/findings?waived=true") == []
    assert items(daemon, "/v1/findings?repository=team/app&tag=1") != []


def test_stats__count_what_is_current(daemon, fleet):
    listed = items(daemon, "/v1/findings")
    now = daemon.get("/v1/stats").json["now"]
    assert now["images"] == 1 and now["go_binaries"] == 2
    assert sum(now["decisions"].values()) == sum(now["completeness"].values()) == 1
    for severity, count in now["findings"].items():
        assert count == sum(f["severity"] == severity for f in listed)
    for rule in now["rules"]:
        assert rule["images"] == 1
        assert rule["findings"] == sum(f["rule"] == rule["rule"] for f in listed)
    assert {g["release"]: g["binaries"] for g in now["go_releases"]} == {
        r: sum(b["go"]["release"] == r for b in items(daemon, "/v1/binaries"))
        for r in {b["go"]["release"] for b in items(daemon, "/v1/binaries")}}
    assert all(g["supported"] is False for g in now["go_releases"])  # Debian's Go 1.19
    assert now["godebug"] == [{"name": "madvdontneed", "value": "0", "binaries": 2, "images": 1}]
    assert now["experiments"] == []
    assert now["scans"]["done"] == 2 and now["scans"]["queued"] == 0


UNCOUNTED, UNLISTED = 1, 2  # schemas ago: experiments were not counted, there were no lists


@contextlib.contextmanager
def store_before(daemon, versions):
    """The store of a stopped daemon, to be made what it was so many schemas ago."""
    (path,) = daemon.data.glob("*.db")
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        yield db
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version - versions}")


@pytest.fixture
def tools(daemon, registry, node_modules, experimental, folder):
    """team/tools:1, scanned: esbuild of npm, which has modules, and a program that today's Go built with
    GOEXPERIMENT=fieldtrack."""
    made = images.new(folder)
    made.add(next(node_modules.glob("@esbuild/*/bin/esbuild")), "/usr/bin/esbuild")
    made.add(experimental, "/usr/bin/experiment")
    daemon.wait_report(registry.push(made.source, "team/tools:1"))
    return made


def test_binaries__of_real_modules_and_experiments__are_found_by_them(daemon, tools):
    digest = daemon.get("/v1/images").json["items"][0]["digest"]
    report = daemon.get(f"/v1/images/{digest}/report").json
    esbuild, experiment = (next(b for b in report["go_binaries"] if b["path"] == f"usr/bin/{name}")
                           for name in ("esbuild", "experiment"))
    sys = next(m for m in esbuild["modules"] if m["path"] == "golang.org/x/sys")

    def found(query):
        return [(b["path"], b["modules"]) for b in items(daemon, "/v1/binaries?" + query)]
    shown = [("usr/bin/esbuild", [{"path": sys["path"], "version": sys["version"]}])]
    assert sys["version"].startswith("v0.")
    assert found("module=golang.org/x/sys") == found(f"module=golang.org/x/sys@{sys['version']}") == shown
    assert found("module=golang.org/x/sys@v0.0.1") == found("module=golang.org/x") == []
    assert found(f"module=golang.org/x/sys&main={esbuild['main']['path']}") == shown
    assert found("module=golang.org/x/sys&experiment=fieldtrack") == []
    assert experiment["go"]["experiments"] == ["fieldtrack"] and "fieldtrack" in experiment["go"]["version"]
    one, = items(daemon, "/v1/binaries?experiment=fieldtrack")
    assert one["path"] == "usr/bin/experiment" and one["go"] == {
        name: experiment["go"][name] for name in ("version", "release", "experiments")}
    assert found("experiment=arenas") == found("experiment=field") == []


def test_stats__experiments__follow_the_tags(daemon, registry, tools, image, folder):
    def experiments():
        return daemon.get("/v1/stats").json["now"]["experiments"]
    assert experiments() == [{"name": "fieldtrack", "binaries": 1, "images": 1}]
    other = images.copy(tools, folder / "other")
    other.env("ENV N=1", N="1")
    daemon.wait_report(registry.push(other.source, "team/tools:2"))
    assert experiments() == [{"name": "fieldtrack", "binaries": 2, "images": 2}]
    daemon.wait_report(registry.push(image.source, "team/tools:2"))  # which has none
    assert experiments() == [{"name": "fieldtrack", "binaries": 1, "images": 1}]
    daemon.wait_report(registry.push(image.source, "team/tools:1"))
    programs.wait_for("the tag", lambda: daemon.get("/v1/stats").json["now"]["images"] == 1)
    assert experiments() == []


def test_store__of_before_experiments_were_counted__counts_them(daemon, registry, tools, image, folder):
    other = images.copy(tools, folder / "other")
    other.env("ENV N=1", N="1")
    daemon.wait_report(registry.push(other.source, "team/tools:1"))  # the first is history: not counted
    before = daemon.get("/v1/stats").json["now"]["experiments"]
    daemon.stop()
    with store_before(daemon, UNCOUNTED) as db:
        db.execute("DROP TRIGGER image_counted_experiments")
        assert db.execute("DELETE FROM fleet_count WHERE kind = 'experiment'").rowcount == 1
    daemon.start()
    assert daemon.get("/v1/stats").json["now"]["experiments"] == before == [
        {"name": "fieldtrack", "binaries": 1, "images": 1}]
    daemon.wait_report(registry.push(image.source, "team/tools:1"))
    assert daemon.get("/v1/stats").json["now"]["experiments"] == []


def test_store__of_before_the_lists__is_listed_from_what_is_stored(daemon, fleet, registry):
    """The tables of the version before, and no registry to pull from."""
    before = items(daemon, "/v1/binaries?current=false"), items(daemon, "/v1/findings?current=false")
    daemon.stop()
    registry.stop()
    with store_before(daemon, UNLISTED) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND (sql LIKE '%is_current%'"
                                  " OR sql LIKE '%is_counted%' OR sql LIKE '%pushed_ms <%' OR sql LIKE '%tally%'"
                                  " OR sql LIKE '%DELETE FROM program%' OR sql LIKE '%image_known%')").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        for name in ("image_current", "image_pushed", "image_current_pushed", "image_worst"):
            db.execute(f"DROP INDEX {name}")
        for name in ("finding", "image_godebug", "image_program", "program_module", "program_experiment",
                     "module", "program", "fleet_count", "sample", "tally", "tag"):
            db.execute(f"DROP TABLE {name}")
        db.execute("DROP VIEW image_known")
        for name in ("worst", "is_current", "is_counted", "pushed_ms", "programs_mark", "findings_mark"):
            db.execute(f"ALTER TABLE image DROP COLUMN {name}")
    daemon.start()
    programs.wait_for("all listed", lambda: len(items(daemon, "/v1/binaries?current=false")) == len(before[0]))
    assert items(daemon, "/v1/binaries?current=false") == before[0]
    programs.wait_for("all found", lambda: len(items(daemon, "/v1/findings?current=false")) == len(before[1]))
    assert daemon.get("/v1/stats").json["now"]["images"] == 1


CURSORS = ("x", "b", "b3d", "b3d1.1.", "b3u1.1.1", "b3d1.1.1g", "b3d.1.1", "b3d1.1.11111111111111111", "f5d1.1.1",
           "b3d1.1.1.1", "b2u1.1.00", "%00", "b3d1.1.1'", "b" * 9000)


@pytest.mark.parametrize("path", ["/v1/binaries?", "/v1/findings?", "/v1/binaries?sort=path&"])
def test_lists__hostile_cursors__are_refused(daemon, path):
    for cursor in CURSORS:
        answer = daemon.get(f"{path}cursor={cursor}")
        assert answer.status == 400, (cursor, answer.text)


@pytest.mark.parametrize("query, says", [
    ("binaries?go=one", "go \"one\" is no Go release"),
    ("binaries?current=yes", "none of: false, true"),
    ("binaries?image=sha256:0", "image: \"sha256:0\" is no digest; it reads like sha256:<64 hex digits>"),
    ("binaries?sort=size", "none of: -pushed, pushed, go, -go, path"),
    ("findings?rule=TW000", "GET /v1/rules lists them"),
    ("findings?severity=bad", "none of: info, low, medium, high, critical"),
    ("findings?since=yesterday", "2026-11-30T12:00:00Z"),
    ("findings?since=2026-02-30", "is no time"),
    ("findings?modul=x", "this route knows"),
    ("stats?step=week", "none of: hour, day"),
    ("stats?from=2000-01-01&step=hour", "step=day"),
    ("stats?from=2026-01-02&to=2026-01-01", "from must be before to"),
])
def test_lists__wrong_values__are_told_what_fits(daemon, query, says):
    answer = daemon.get("/v1/" + query)
    assert answer.status == 400 and says in answer.json["detail"], answer.text


def test_images__filters_and_orders(daemon, fleet):
    first, second = fleet

    def found(query):
        return [i["digest"] for i in items(daemon, "/v1/images" + query)]
    assert found("?current=true") == [second] and found("?current=false") == [first]
    assert found("?sort=-pushed") == [second, first] and found("?sort=pushed&limit=1") == [first, second]
    assert sorted(found("?sort=-severity&limit=1")) == sorted(fleet)
    assert found("?sort=repository&limit=1") == [first, second]  # team/app, team/other
    assert found("?q=othe") == [second] and found("?q=nothing") == []
    assert found("?kind=image&completeness=complete") == [second, first] and found("?kind=index") == []
    release = items(daemon, "/v1/binaries")[0]["go"]["release"]
    assert found(f"?go={release}&current=true") == [second] and found("?go=1.4") == []
    worst = daemon.get(f"/v1/images/{second}").json["counts"]
    assert found("?min_severity=info") == [second, first]
    assert (found("?min_severity=critical") == []) == (worst["critical"] == 0)
    pushed = daemon.get(f"/v1/images/{second}").json["pushed"]
    assert found(f"?since={pushed}") == [second] and found(f"?until={pushed}&sort=-pushed") == [first]
    assert found("?repository=team/app&current=true") == [second] and found("?tag=2&sort=-pushed") == [second]
    assert sorted(found("?repository=team/app&sort=repository")) == sorted(fleet)


def test_docs__every_command_of_the_rest_page__is_answered(daemon, fleet):
    page = (programs.TOP / "docs" / "rest.md").read_text()
    commands = [line.strip() for line in page.splitlines() if line.startswith("    curl ")]
    assert len(commands) >= 15
    for command in commands:
        result = programs.run("sh", "-c", command.replace(
            "localhost:8055", f"127.0.0.1:{daemon.port}").replace("sha256:DIGEST", fleet[1]), check=False)
        streams = "/v1/events" in command  # curl's limit of time ends that one
        assert result.returncode == (28 if streams else 0), (command, result.stderr)
        assert result.stdout.startswith("retry:" if streams else "{"), (command, result.stdout[:200])


def test_scans__by_repository_and_time__in_both_orders(daemon, fleet):
    both = [s["id"] for s in items(daemon, "/v1/scans?limit=1")]
    assert len(both) == 2
    assert [s["id"] for s in items(daemon, "/v1/scans?sort=created&limit=1")] == both[::-1]
    assert [s["id"] for s in items(daemon, "/v1/scans?repository=team/app")] == both
    assert items(daemon, "/v1/scans?repository=team/none") == items(daemon, "/v1/scans?registry=none") == []
    newer = daemon.get(f"/v1/scans/{both[0]}").json["created"]
    for sort in ("created", "-created"):
        assert [s["id"] for s in items(daemon, f"/v1/scans?sort={sort}&since={newer}")] == both[:1]
        assert [s["id"] for s in items(daemon, f"/v1/scans?sort={sort}&until={newer}&state=done")] == both[1:]


def test_images__current__are_shown_by_a_tag_that_points_to_them(daemon, registry, image, folder):
    other = images.copy(image, folder / "other")
    other.env("ENV N=1", N="1")
    first = registry.push(image.source, "team/app:1")
    daemon.wait_report(first)
    assert registry.push(image.source, "team/app:live") == first
    second = registry.push(other.source, "team/app:live")  # the tag moves on
    daemon.wait_report(second)

    def tags(query):
        return {i["digest"]: i["tag"] for i in items(daemon, f"/v1/images{query}")}
    for sort in ("", "&sort=-pushed", "&sort=-severity", "&sort=repository"):
        assert tags(f"?current=true{sort}") == {first: "1", second: "live"}, sort
    assert tags("?current=true&tag=live") == {second: "live"}
    assert tags("?sort=-pushed") == {first: "live", second: "live"}, "any push, the latest"
