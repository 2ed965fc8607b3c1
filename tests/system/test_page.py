"""The web page at /: a real Chromium over the real daemon, which scanned real images of a real registry."""
import json
import re
import shutil

import pytest
from selenium.webdriver.common.keys import Keys

import access
import images
import programs
import shop
from browser import Browser

VIEWS = ("#/", "#/images", "#/findings", "#/fleet", "#/compare", "#/queue", "#/rules", "#/rules/TW501")
HOSTILE_PATH = "/srv/<script>alert(1)</script>"
HOSTILE_ENV = {"GODEBUG": "\"><img src=x onerror=alert(2)>=1,http2server=0", "TURNED": "a\u202egnp.exe\u2066\x1b[31m",
               "LONG": "<b>x</b> " * 500, "GOMEMLIMIT": "<script>document.title='pwned'</script>"}


class Stage:
    """A registry, a daemon that it notifies, and what was pushed."""

    def __init__(self, folder, image, node_modules, experimental):
        self.folder, port = folder, programs.free_port()
        self.registry = programs.Registry(folder, notify=f"http://127.0.0.1:{port}/v1/webhooks/distribution").start()
        self.daemon = programs.Daemon(folder, "--max-attempts=1", registries=f"http://{self.registry.host}",
                                      port=port).start()
        self.url = f"{self.daemon.url}/"
        self.old = self.push(image, "team/app:1.4")
        changed = images.copy(image, self.place("changed"))
        changed.env("ENV GOGC=50", GOGC="50")
        self.new = self.push(changed, "team/app:1.4")
        hostile = images.new(self.place("hostile"))
        hostile.add(shutil.which("umoci"), HOSTILE_PATH)
        hostile.add("/usr/bin/docker-registry", "/srv/\u202egnp.exe")
        hostile.env("ENV X=<script>alert(3)</script>", **HOSTILE_ENV)
        self.hostile = self.push(hostile, "evil/names:1")
        bundler = images.new(self.place("bundler"))
        bundler.add(next(node_modules.glob("@esbuild/*/bin/esbuild")), "/usr/bin/esbuild")
        self.bundler = self.push(bundler, "web/bundler:1")  # of a later Go, with modules and an old go line
        lab = images.new(self.place("lab"))
        lab.add(experimental, "/usr/bin/experiment")
        self.lab = self.push(lab, "team/lab:1")
        self.clean = self.push(self.plain("clean", "clean"), "base/static:12")
        asked = self.daemon.post("/v1/scans", {"reference": f"{self.registry.host}/team/app:missing"}).json
        self.failed = self.daemon.wait_scan(asked["id"], "failed")

    def place(self, name):
        (self.folder / name).mkdir()
        return self.folder / name

    def plain(self, name, words):
        """An image without any program."""
        place = self.place(name)
        (place / "motd").write_text(words)
        image = images.new(place)
        image.add(place / "motd", "/etc/motd")
        return image

    def push(self, image, name):
        digest = self.registry.push(image.source, name)
        self.daemon.wait_report(digest)
        return digest

    def get(self, path):
        answer = self.daemon.get(path)
        assert answer.status == 200, answer.text
        return answer.json

    def stop(self):
        if self.daemon.alive():
            assert self.daemon.stop() == 0, self.daemon.log()[-4000:]
        self.registry.stop()
        assert "Sanitizer" not in self.daemon.log() and "runtime error" not in self.daemon.log(), self.daemon.log()


@pytest.fixture(scope="module")
def axe(node_modules):
    return (node_modules / "axe-core/axe.min.js").read_text()


@pytest.fixture(scope="module")
def stage(tmp_path_factory, image, node_modules, experimental):
    made = Stage(tmp_path_factory.mktemp("stage"), image, node_modules, experimental)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.quit()


@pytest.fixture
def page(chromium, stage):
    """The browser, on no page yet. Afterwards: no error, nothing against the policy, nothing from elsewhere."""
    chromium.wide()
    chromium.prefer("light")
    chromium.wrong(), chromium.requests()
    chromium.expected = []
    yield chromium
    # What Browser.open opens before has no icon of its own; the page has.
    expected = [*chromium.expected, "/favicon.ico"]
    unexpected = [line for line in chromium.wrong() if not any(re.search(e, line) for e in expected)]
    assert not unexpected, unexpected
    asked = [url for url in chromium.requests() if not url.startswith(("blob:", "data:", "about:", "chrome:"))]
    assert all(re.match(r"http://127\.0\.0\.1:\d+/", url) for url in asked), asked


def short(digest):
    return digest[:19]


def counts(of):
    return " ".join(f"{n} {name}" for name, n in of.items() if n) or "no findings"


def squeezed(text):
    return " ".join(text.split())


# ---- each view shows what the API says ----

def test_page__overview__now_worst_latest_and_over_time(page, stage):
    page.open(stage.url)
    now = stage.get("/v1/stats")["now"]
    page.wait("the tiles", lambda: page.all(".tile"))
    tiles = {lines[0]: lines[1] for lines in (text.split("\n") for text in page.texts(".tile"))}
    assert tiles["✕ Deny"] == str(now["decisions"]["deny"]) and tiles["✓ Pass"] == str(now["decisions"]["pass"])
    assert tiles["Go programs"] == str(now["go_binaries"]) and tiles["Not read whole"] == "0"
    assert tiles["✕ Failed scans"] == str(now["scans"]["failed"]) == "1"
    worst = stage.get("/v1/images?sort=-severity&current=true&min_severity=low")["items"]
    rows = page.wait_rows("Worst now", len(worst))
    assert [squeezed(row["Findings"]) for row in rows] == [counts(image["counts"]) for image in worst]
    latest = stage.get("/v1/scans?limit=8")["items"]
    rows = page.wait_rows("Latest scans", len(latest))
    assert [row["State"].split()[-1] for row in rows] == [scan["state"] for scan in latest]
    assert [row["Decision"].split()[-1] for row in rows] == [
        "none", "Pass", "Warn", "Warn", "Deny", "Deny", "Deny"]
    rules = {row["Rule"].split()[0]: int(row["Images"]) for row in page.wait_rows("What is found, the worst first")}
    known = {rule["rule"]: rule["images"] for rule in now["rules"]}
    assert rules and rules.items() <= known.items() and "TW501" in rules
    page.wait("the plots", lambda: len(page.all(".plot canvas")) == 2)
    page.script("for (const d of document.querySelectorAll('details')) d.open = true")
    last = page.rows("Findings")[0]
    assert [last[name] for name in ("critical", "high", "medium")] == [
        str(now["findings"][name]) for name in ("critical", "high", "medium")]


def test_page__fleet__releases_settings_and_programs(page, stage):
    page.open(stage.url + "#/fleet")
    now = stage.get("/v1/stats")["now"]
    rows = page.wait_rows("Go releases", len(now["go_releases"]))
    assert {(row["Go"], row["Images"], row["Go programs"]) for row in rows} == {
        (f"Go {r['release']}", str(r["images"]), str(r["binaries"])) for r in now["go_releases"]}
    support = {True: "✓ supported", False: "✕ no longer supported", None: "? unknown"}
    assert {row["Go"]: row["Supported"] for row in rows} == {
        f"Go {r['release']}": support[r["supported"]] for r in now["go_releases"]}
    page.one("section[aria-labelledby=godebug] button").click()
    rows = page.wait_rows("GODEBUG settings in force", len(now["godebug"]))
    assert {row["Setting"]: row["Go programs"] for row in rows} == {
        f"{s['name']}={s['value']}": str(s["binaries"]) for s in now["godebug"]}
    rows = page.wait_rows("GOEXPERIMENTs compiled in", 1)
    assert [(row["Experiments"], row["Go programs"], row["Images"]) for row in rows] == [("fieldtrack", "1", "1")]
    known = stage.get("/v1/binaries")["items"]
    rows = page.wait_rows("Programs", len(known))
    assert [row["Program"] for row in rows][-1] == known[-1]["path"]
    page.go("#/fleet?godebug=gctrace=1")
    known = stage.get("/v1/binaries?godebug=gctrace%3D1")["items"]
    page.wait("those that trace", lambda: len(page.rows("Programs")) == len(known) == 2)
    for row in page.rows("Programs"):
        assert "gctrace=1 ENV of the image" in row["Settings in force"] and "mmap" not in row["Settings in force"]
    page.go("#/fleet?module=golang.org/x/sys")
    known = stage.get("/v1/binaries?module=golang.org/x/sys")["items"]
    page.wait("those with it", lambda: [(r["Program"], r.get("Modules")) for r in page.rows("Programs")] == [
        (b["path"], f"{m['path']} {m['version']}") for b in known for m in b["modules"]])
    assert len(known) == 1 and "defaults of its own" in page.rows("Programs")[0]["Settings in force"]
    page.one("section[aria-labelledby=experiments] table a").click()
    page.wait("the one with it", lambda: [row["Program"] for row in page.rows("Programs")] == ["usr/bin/experiment"])
    page.go("#/fleet?go=1.5")
    page.wait("none", lambda: "No program fits." in page.text())


def test_page__findings__filtered_as_the_api_does(page, stage):
    page.open(stage.url + "#/findings?min_severity=high")
    known = stage.get("/v1/findings?sort=-severity&min_severity=high")["items"]
    rows = page.wait_rows("Findings", len(known))
    for row, finding in zip(rows, known):
        assert row["Severity"].split()[-1] == finding["severity"]
        assert finding["rule"] in row["Finding"] and short(finding["image"]) in row["Image"]
        assert finding["message"] in row["Finding"]
    page.go("#/findings?rule=TW501")
    page.wait("one rule", lambda: {row["Finding"].split()[0] for row in page.rows("Findings")} == {"TW501"})


def test_page__images__all_rows_as_the_api_has_them(page, stage):
    page.open(stage.url + "#/images")
    known = stage.get("/v1/images")["items"]
    rows = page.wait_rows("Images", len(known))
    for row, image in zip(rows, known):
        assert squeezed(row["Image"]) == f"{image['repository']}:{image['tag']} {short(image['digest'])}"
        assert row["Decision"].split()[-1].lower() == image["decision"]
        assert squeezed(row["Findings"]) == counts(image["counts"])
        assert row["Go programs"] == str(image["go_binaries"])
        assert row["Platform"] == image["platform"] and row["Read"].endswith("complete")


def test_page__images_filtered__address_and_rows_follow(page, stage):
    page.open(stage.url + "#/images?decision=pass")
    rows = page.wait_rows("Images", 1)
    assert "base/static:12" in rows[0]["Image"]
    page.script("""const select = [...document.querySelectorAll(".filters select")].find((s) => s.value === "pass");
                   select.value = "deny"; select.dispatchEvent(new Event("change", {bubbles: true}))""")
    denied = stage.get("/v1/images?decision=deny")["items"]
    page.wait("those that are denied", lambda: len(page.rows("Images")) == len(denied))
    assert page.hash == "#/images?decision=deny"


def test_page__image__verdict_findings_environment_programs_and_layers(page, stage):
    page.open(f"{stage.url}#/images/{stage.new}")
    report = stage.get(f"/v1/images/{stage.new}/report")
    page.wait("the findings", lambda: len(page.all(".finding")) == len(report["findings"]))
    assert page.text("h1") == "team/app:1.4" and stage.new in page.text()
    assert squeezed(page.text(".verdict")).startswith("✕ Deny 1 critical")
    shown = page.texts(".finding")
    for finding, text in zip(report["findings"], shown):
        for part in ("severity", "title", "message", "rule", "remediation"):
            assert finding[part] in text, (part, text)
    environment = {row["Name"]: row for row in page.rows("Environment")}
    assert environment["GODEBUG"]["Value"] == "mmap=1,gcstoptheworld=0,gctrace=1"
    assert environment["GODEBUG"]["Set by"] == images.GODEBUG_ENV
    assert environment["GOGC"]["Set by"] == "ENV GOGC=50"
    page.wait("what acts", lambda: "✓ in force" in page.content())
    page.script("for (const d of document.querySelectorAll('details')) d.open = true")
    programs_ = page.texts(".program")
    for binary, text in zip(report["go_binaries"], programs_, strict=True):
        for part in (binary["path"], f"Go {binary['go']['release']}", binary["main"]["path"]):
            assert part in text, (part, text)
        assert "gctrace=1\t✓ in force\tENV of the image" in text and "mmap=1\t– none on this Go\tENV" in text
        assert all(module["path"] in text for module in binary["modules"])
        assert all(name in text for name in binary["settings"])
    layers = page.rows("Layers")
    assert [row["Layer"] for row in layers] == [short(layer["digest"]) for layer in report["image"]["layers"]]
    assert [row["No."] for row in layers] == ["1", "2", "3"]


def test_page__image_of_two_platforms__each_to_be_chosen(page, stage):
    both = shop.put_index(stage.registry, "team/app", "both", {"amd64": stage.old, "arm64": stage.new})
    stage.daemon.wait_report(both)
    page.open(f"{stage.url}#/images/{both}")
    page.wait("the first", lambda: len(page.all(".choice a")) == 2 and page.all(".finding"))
    assert "ENV GOGC=50" not in page.text()
    page.all(".choice a")[1].click()
    page.wait("the other", lambda: "ENV GOGC=50" in page.text())
    assert page.hash.endswith(f"?manifest={stage.new.replace(':', '%3A')}")


@pytest.mark.parametrize("words,ending,accept", [
    ("JSON", "json", "application/json"), ("SARIF", "sarif.json", "application/sarif+json")])
def test_page__report__as_a_file(page, stage, folder, words, ending, accept):
    page.downloads_to(folder)
    page.open(f"{stage.url}#/images/{stage.new}")
    page.wait("the buttons", lambda: words in page.texts(".actions button"))
    next(button for button in page.all(".actions button") if button.text == words).click()
    file = folder / f"{stage.new[:19].replace(':', '-')}.{ending}"
    wanted = stage.daemon.get(f"/v1/images/{stage.new}/report", {"Accept": accept}).body
    page.wait("the file", lambda: file.exists() and file.read_bytes() == wanted)


def test_page__compare__what_changed_since_the_push_before(page, stage):
    page.open(f"{stage.url}#/compare?drift={stage.new}")
    told = stage.get(f"/v1/images/{stage.new}/drift")["comparisons"][0]
    expected = told["findings_new"] + told["changes"] + told["findings_gone"]
    page.wait("the changes", lambda: len(page.all(".finding")) == len(expected) > 0)
    for finding, text in zip(expected, page.texts(".finding")):
        assert finding["message"] in text
    assert "GOGC was not set and is 50 now." in page.text()
    page.expected = ["404"]
    page.go(f"#/compare?drift={stage.clean}")
    page.wait("that it is the first", lambda: "no push before this one" in page.text())


def test_page__compare__two_that_are_picked(page, stage):
    page.open(stage.url + "#/compare?repository=team/app&tag=1.4")
    rows = page.wait_rows("Choose two images", 2)
    assert [short(stage.new) in row["Image"] for row in rows] == [True, False]
    page.one("tr:nth-child(2) input[name=from]").click()
    page.one("tr:nth-child(1) input[name=to]").click()
    page.wait("the comparison", lambda: "GOGC was not set and is 50 now." in page.text())
    assert f"from={stage.old.replace(':', '%3A')}" in page.hash and f"to={stage.new.replace(':', '%3A')}" in page.hash
    assert short(stage.old) in page.text(".comparison") and short(stage.new) in page.text(".comparison")


@pytest.mark.parametrize("lang,title", [("en", "Rules"), ("zh", "规则")])
def test_page__rules__the_whole_library_in_both_languages(page, stage, lang, title):
    page.open(stage.url + "#/rules")
    page.one("header select[aria-label='Language']").send_keys("中" if lang == "zh" else "E")
    known = stage.get(f"/v1/rules?lang={lang}&limit=200")["items"]
    page.wait(title, lambda: page.text("h1") == title)
    page.wait("its rules", lambda: [r["title"] for r in known] == page.texts("tbody td:nth-child(3)"))
    assert page.texts("tbody th") == [rule["id"] for rule in known]
    page.go("#/rules/TW501")
    rule = next(rule for rule in known if rule["id"] == "TW501")
    page.wait("the rule", lambda: rule["for_good"] in page.text())
    for part in ("title", "what", "why", "see", "now", "for_good"):
        assert rule[part] in page.text()
    assert all(source in page.text() for source in rule["sources"])


def test_page__queue__failures_with_their_reasons_and_a_retry(page, stage):
    page.open(stage.url + "#/queue")
    rows = page.wait_rows("Failed", 1)
    assert rows[0]["Image"] == "team/app:missing" and rows[0]["Last failure"] == stage.failed["error"]["message"]
    done = stage.get("/v1/scans?state=done")["items"]
    assert len(page.wait_rows("Done lately")) == len(done)
    assert "Nothing waits." in page.text()
    stage.registry.push(stage.plain("late", "late").source, "team/app:missing")
    page.one("button[aria-label^='Try again']").click()
    page.wait("that nothing failed any more", lambda: "No scan failed." in page.text())
    stage.daemon.wait_scan(stage.failed["id"], "done")


# ---- what comes from outside stays text ----

def test_page__hostile_names__are_text(page, stage):
    for hash_ in (f"#/images/{stage.hostile}", "#/images", "#/queue", f"#/compare?from={stage.old}&to={stage.hostile}"):
        page.open(stage.url + hash_)
        page.wait("its content", lambda: page.all("main table, main .finding"))
        page.script("for (const d of document.querySelectorAll('details')) d.open = true")
        assert page.script("return document.querySelectorAll('main script, main img, main b b').length") == 0
        assert "pwned" not in page.driver.title
        shown = page.script("return document.body.textContent")
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", shown), hash_
    page.open(f"{stage.url}#/images/{stage.hostile}")
    page.wait("the environment", lambda: page.rows("Environment"))
    values = {row["Name"]: row["Value"] for row in page.rows("Environment")}
    assert values["GODEBUG"] == HOSTILE_ENV["GODEBUG"] and values["GOMEMLIMIT"] == HOSTILE_ENV["GOMEMLIMIT"]
    assert values["TURNED"] == r"a\u{202e}gnp.exe\u{2066}\u{1b}[31m"
    assert values["LONG"].startswith("<b>x</b> <b>x</b>") and len(values["LONG"]) < 400
    assert values["LONG"].endswith("show all 4,500 characters")
    assert HOSTILE_PATH[1:] in page.text() and r"srv/\u{202e}gnp.exe" in page.text()
    page.one("[aria-expanded=false]").click()
    page.wait("all of it", lambda: HOSTILE_ENV["LONG"].strip() in page.content())


def test_page__hostile_address__is_text(page, stage):
    page.expected = ["400", "404"]
    for hash_ in ("#/images/%3Cimg%20src=x%20onerror=alert(1)%3E", "#/rules/<script>alert(1)</script>", "#/%00/%ff",
                  "#/images?q=<script>", "#/fleet/x", "#/compare?from=javascript:alert(1)&to=x", "#/images/__proto__", "#/constructor"):
        page.open(stage.url + hash_)
        page.wait("an answer", lambda: page.text().strip() and "Loading" not in page.text())
        assert page.script("return document.querySelectorAll('main script, main img').length") == 0


# ---- by keyboard, in a narrow window, in both schemes, for those who hear it ----

def test_page__keyboard__to_an_image_and_back_without_a_mouse(page, stage):
    page.open(stage.url + "#/images")
    page.wait_rows("Images")
    page.keys(Keys.TAB)
    assert page.focus() == "Skip to the content"
    page.keys(Keys.ENTER)
    assert page.focus() and page.script("return document.activeElement.id") == "main"
    page.keys("/")
    assert page.script("return document.activeElement.id") == "search"
    page.keys("static", Keys.ENTER)
    page.wait("what was searched", lambda: len(page.rows("Images")) == 1)
    assert page.hash == "#/images?q=static"
    page.driver.back()
    rows = page.wait_rows("Images", len(stage.get("/v1/images")["items"]))
    page.script("document.querySelector('tbody a').focus()")
    page.keys(Keys.ARROW_DOWN)
    assert page.focus() == rows[1]["Image"].split()[0]
    page.keys(Keys.ARROW_DOWN, Keys.ARROW_UP)
    assert page.focus() == rows[1]["Image"].split()[0]
    assert page.script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keys(Keys.ENTER)
    page.wait("the image", lambda: page.text("h1") == rows[1]["Image"].split()[0])
    assert page.script("return document.activeElement.id") == "main"


@pytest.mark.parametrize("scheme,rules", [("light", []), ("dark", ["color-contrast"])])
def test_page__all_views__nothing_that_axe_calls_serious(page, stage, axe, scheme, rules):
    page.prefer(scheme)
    page.open(stage.url)
    for hash_ in (*VIEWS, f"#/images/{stage.hostile}", f"#/compare?drift={stage.new}"):
        settle(page, hash_)
        page.script("for (const d of document.querySelectorAll('details')) d.open = true")
        assert page.axe(axe, *rules) == [], hash_


def settle(page, hash_):
    page.go(hash_)
    page.wait(hash_, lambda: page.hash == hash_ and page.text().strip() and not page.all(".loading"))


def test_page__360_pixels__no_sideways_scroll(page, stage):
    page.size(360, 740)
    page.open(stage.url)
    for hash_ in (*VIEWS, f"#/images/{stage.hostile}", f"#/compare?drift={stage.new}"):
        settle(page, hash_)
        page.script("for (const d of document.querySelectorAll('details')) d.open = true")
        wide = page.script("return document.documentElement.scrollWidth")
        assert wide <= 360, (hash_, wide)


def test_page__scheme__the_systems_or_the_readers(page, stage):
    colour = "return getComputedStyle(document.body).backgroundColor"
    page.prefer("dark")
    page.open(stage.url + "#/rules")
    page.wait_rows("Rules")
    assert page.script(colour) == "rgb(18, 22, 27)"
    page.one("header select[aria-label='Colours']").send_keys("L")
    page.wait("light", lambda: page.script(colour) == "rgb(255, 255, 255)")
    page.driver.refresh()
    page.wait("light again", lambda: page.script(colour) == "rgb(255, 255, 255)")
    page.one("header select[aria-label='Colours']").send_keys("S")
    page.wait("the system's", lambda: page.script(colour) == "rgb(18, 22, 27)")


def sentences(lang):
    """Of a table of words, those without blanks."""
    words = (programs.TOP / f"api/page/source/words/{lang}.js").read_text()
    return {line.strip() for line in re.findall(r'": "([^{}"]+)",', words)}


def test_page__chinese__all_of_it(page, stage):
    page.open(stage.url)
    page.script("localStorage.setItem('tidewaiter.lang', 'zh')")
    page.driver.refresh()
    views = ["概览", "镜像", "发现", "全部程序", "比较", "队列", "规则"]
    page.wait("Chinese", lambda: page.texts("header nav a") == views)
    assert page.script("return document.documentElement.lang") == "zh-CN"
    english = sentences("en") - sentences("zh")
    assert len(english) > 150
    for hash_ in (*VIEWS, f"#/images/{stage.new}", f"#/compare?drift={stage.new}"):
        settle(page, hash_)
        left = english & {line.strip() for line in page.text("body").splitlines()}
        assert not left, (hash_, left)
    report = stage.get(f"/v1/images/{stage.new}/report?lang=zh")
    settle(page, f"#/images/{stage.new}")
    page.wait("its findings", lambda: report["findings"][0]["message"] in page.text())


# ---- who may see it, and what happens meanwhile ----

def test_page__token__asked_for_kept_in_the_tab_and_forgotten(page, folder):
    guarded = access.Guarded(folder)
    guarded.start()
    try:
        page.expected = ["401", "403"]
        url = guarded.url + "/"
        page.open(url + "#/images")
        page.wait("the question", lambda: page.text("h1") == "Who is there?")
        page.one("input[name=token]").send_keys("tw_wrong", Keys.ENTER)
        page.wait("that it is wrong", lambda: "is not known here" in page.text())
        page.one("input[name=token]").send_keys(guarded.tokens["webhook"][0], Keys.ENTER)
        page.wait("that it does not do", lambda: "has not the role read" in page.text())
        page.one(".problem button:nth-of-type(2)").click()
        page.one("input[name=token]").send_keys(guarded.tokens["read"][0], Keys.ENTER)
        page.wait("the images", lambda: "No image fits" in page.text())
        assert page.script("return [localStorage.length, Object.entries(sessionStorage), document.cookie]") == [
            0, [["tidewaiter.token", guarded.tokens["read"][0]]], ""]
        page.driver.refresh()
        page.wait("the images again", lambda: "No image fits" in page.text())
        page.one(".settings button").click()
        page.wait("the question again", lambda: page.text("h1") == "Who is there?")
        assert page.script("return sessionStorage.length") == 0
        page.go("#/rules")
        page.wait_rows("Rules")  # for everybody
        assert guarded.tokens["read"][0] not in guarded.log()
    finally:
        assert guarded.stop() == 0


def test_page__retry_without_the_role__says_so(page, folder, stage):
    guarded = access.Guarded(folder, "--max-attempts=1", registries=f"http://{stage.registry.host}")
    guarded.start()
    try:
        page.expected = ["403"]
        body, headers = {"reference": f"{stage.registry.host}/team/app:never"}, guarded.bearer("webhook")
        scan = guarded.post("/v1/scans", body, headers).json["id"]
        programs.wait_for("the failure", lambda: guarded.get(
            f"/v1/scans/{scan}", guarded.bearer("read")).json["state"] == "failed")
        page.open(f"{guarded.url}/#/queue", guarded.tokens["read"][0])
        page.wait_rows("Failed", 1)
        page.one("button[aria-label^='Try again']").click()
        page.wait("the refusal", lambda: "has not the role admin" in page.text())
    finally:
        assert guarded.stop() == 0


def test_page__push_while_it_is_open__shown_at_once(page, stage):
    page.open(stage.url)
    page.wait("the stream", lambda: page.text(".live").endswith("Live"))
    page.wait_rows("Latest scans")
    before = page.script("return performance.timeOrigin")
    page.requests()
    stage.push(stage.plain("fresh", "fresh"), "live/fresh:1")
    page.wait("the push", lambda: page.rows("Latest scans")[0]["Image"].startswith("live/fresh:1"))
    page.wait("its end", lambda: page.rows("Latest scans")[0]["State"].endswith("done"))
    passed = str(stage.get("/v1/stats")["now"]["decisions"]["pass"])
    page.wait("the tile", lambda: page.texts(".tile")[2].split("\n")[1] == passed)
    assert page.script("return performance.timeOrigin") == before
    asked = page.requests()
    assert not [url for url in asked if "/page/" in url or "/v1/events" in url]  # one stream, one document


def test_page__daemon_gone_and_back__says_so_and_goes_on(page, stage):
    page.expected = ["ERR_", "503"]
    page.open(stage.url)
    page.wait("the latest", lambda: page.rows("Latest scans"))
    assert stage.daemon.stop() == 0
    page.wait("that it is gone", lambda: "The daemon does not answer." in page.text() and page.rows("Latest scans"), 30)
    assert page.text(".live").endswith("Not live")
    stage.daemon.start()
    page.wait("that it is back", lambda: "does not answer" not in page.text()
              and page.text(".live").endswith("Live"), 30)
