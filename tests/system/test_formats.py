"""SARIF, JUnit XML and CycloneDX of real images, held against the published schemas (schema/)."""
import copy
import json
import os
import re
import subprocess
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator, Draft7Validator

import images
from programs import TOP, run, tidewaiter

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from jsonschema import RefResolver

SCHEMAS = Path(__file__).parent / "schema"
FORMATS = ("sarif", "junit", "cyclonedx")
GO = "/usr/lib/go-1.19/bin/go"
SECRET = "hunter2"


def load(name):
    return json.loads((SCHEMAS / name).read_text())


def nowhere(uri):
    raise AssertionError(f"the schema asks for {uri}, which is not in schema/")


def validator(kind, name, *others):
    """One that finds all schemas in schema/, by their ids and by their file names."""
    schema = load(name)
    kind.check_schema(schema)
    store = {}
    for other in others:
        referred = load(other)
        published = other.replace(".schema.json", ".SNAPSHOT.schema.json")
        for uri in (referred["$id"], f"http://cyclonedx.org/schema/{published}"):
            store[uri] = referred
    handlers = dict.fromkeys(("http", "https", "file"), nowhere)
    resolver = RefResolver.from_schema(schema, id_of=kind.ID_OF, store=store, handlers=handlers)
    return kind(schema, resolver=resolver, format_checker=kind.FORMAT_CHECKER)


SARIF = validator(Draft4Validator, "sarif-2.1.0-rtm.5.json")
CYCLONEDX = validator(
    Draft7Validator, "bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json")


def errors(schema, document):
    return [f"{e.json_path}: {e.message[:200]}" for e in schema.iter_errors(document)]


def xml_errors(text, folder):
    path = folder / "junit.xml"
    path.write_text(text)
    done = run("xmllint", "--nonet", "--noout", "--schema", SCHEMAS / "jenkins-junit.xsd", path,
               check=False)
    return done.stderr if done.returncode else ""


def scan(image_source, name, *options):
    done = tidewaiter("scan", "--format", name, *options, image_source)
    assert done.returncode in (0, 1, 3), done.stderr
    return done.stdout


# ---- what GitHub asks for beyond the schema ----

def strings(value):
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return [value] if isinstance(value, str) else []
    return [s for item in value for s in strings(item)]


def check_rule(rule):
    assert len(rule["name"]) <= 255 and rule["help"]["text"] and rule["help"]["markdown"]
    for field in ("shortDescription", "fullDescription"):
        assert 0 < len(rule[field]["text"]) <= 1024
    assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
    properties = rule["properties"]
    assert "security" in properties["tags"] and len(properties["tags"]) <= 10
    assert properties["precision"] in ("very-high", "high", "medium", "low")
    if "security-severity" in properties:
        assert isinstance(properties["security-severity"], str)
        assert 0 < float(properties["security-severity"]) <= 10


def check_result(result, rules):
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] and result["message"]["text"]
    assert re.fullmatch(r"[0-9a-f]{32}:1", result["partialFingerprints"]["primaryLocationLineHash"])
    locations = result["locations"] + result.get("relatedLocations", [])
    assert len(result["locations"]) == 1 and len(locations) <= 101
    for location in locations:
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?!/)(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), uri
        assert location["physicalLocation"]["region"] == {
            "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}


def check_github(sarif):
    assert sarif["version"] == "2.1.0" and 0 < len(sarif["runs"]) <= 20
    assert "" not in strings(sarif)
    ids = [r["automationDetails"]["id"] for r in sarif["runs"]]
    assert len(ids) == len(set(ids)) and all(i.endswith("/") and len(i) > 1 for i in ids)
    for one in sarif["runs"]:
        driver = one["tool"]["driver"]
        assert driver["name"] == "tidewaiter" and re.fullmatch(r"\d+\.\d+\.\d+",
                                                               driver["semanticVersion"])
        rules = driver["rules"]
        assert [r["id"] for r in rules] == sorted({r["ruleId"] for r in one["results"]})
        assert len(one["results"]) <= 25000
        for rule in rules:
            check_rule(rule)
        for result in one["results"]:
            check_result(result, rules)
        prints = [r["partialFingerprints"]["primaryLocationLineHash"] for r in one["results"]]
        assert len(prints) == len(set(prints))


# ---- images ----

def go_program(folder):
    """A program with modules of three kinds (vendored, so nothing is fetched), built by Debian's Go;
    a secret in -ldflags."""
    source = folder / "source"
    files = {
        "go.mod": "module example.org/app\n\ngo 1.19\n\nrequire (\n\tgithub.com/Upper/Case v1.2.3\n"
                  "\texample.org/old v1.0.0\n\texample.org/v2+x v2.0.0+incompatible\n"
                  "\texample.org/local v0.1.0\n)\n\n"
                  "replace example.org/old => example.org/new v1.1.0\n\n"
                  "replace example.org/local => ./local\n",
        "cmd/app/main.go": 'package main\n\nimport (\n\t"example.org/local"\n\t"example.org/old"\n'
                           '\t"example.org/v2+x"\n\tupper "github.com/Upper/Case"\n)\n\n'
                           'var password string\n\nfunc main() {\n'
                           '\tprintln(password, local.A, old.A, x.A, upper.A)\n}\n',
        "local/go.mod": "module example.org/local\n",
        "local/a.go": "package local\n\nvar A = 1\n",
        "vendor/example.org/local/a.go": "package local\n\nvar A = 1\n",
        "vendor/example.org/old/a.go": "package old\n\nvar A = 1\n",
        "vendor/example.org/v2+x/a.go": "package x\n\nvar A = 1\n",
        "vendor/github.com/Upper/Case/a.go": "package upper\n\nvar A = 1\n",
        "vendor/modules.txt":
            "# example.org/local v0.1.0 => ./local\n## explicit\nexample.org/local\n"
            "# example.org/old v1.0.0 => example.org/new v1.1.0\n## explicit\nexample.org/old\n"
            "# example.org/v2+x v2.0.0+incompatible\n## explicit\nexample.org/v2+x\n"
            "# github.com/Upper/Case v1.2.3\n## explicit\ngithub.com/Upper/Case\n"
            "# example.org/local => ./local\n# example.org/old => example.org/new v1.1.0\n",
    }
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GO")} | {
        "GOFLAGS": "-mod=vendor", "GOPROXY": "off", "GOSUMDB": "off", "CGO_ENABLED": "0",
        "GOCACHE": str(folder / "cache"), "GOPATH": str(folder / "gopath")}
    subprocess.run([GO, "build", f"-ldflags=-X main.password={SECRET}", "-o", folder / "app",
                    "./cmd/app"], cwd=source, env=environment, check=True)
    return folder / "app"


@pytest.fixture(scope="module")
def modules_image(tmp_path_factory):
    """A program with modules, twice, one of them at a path that is no friend of URIs and XML."""
    folder = tmp_path_factory.mktemp("modules")
    image = images.new(folder)
    program = go_program(folder)
    image.add(program, "/usr/bin/app")
    image.add(program, "/opt/a <b>&'\"#?%\x1b[31m\ufffe é")
    image.env("ENV GODEBUG=gctrace=1,<b>&=1", GODEBUG="gctrace=1,<b>&=1")
    return image


@pytest.fixture(scope="module")
def empty_image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    image = images.new(folder)
    (folder / "motd").write_text("nothing\n")
    image.add(folder / "motd", "/etc/motd")
    return image


@pytest.fixture(params=["image", "modules_image", "empty_image"])
def any_image(request):
    return request.getfixturevalue(request.param)


# ---- every format ----

@pytest.mark.parametrize("name", FORMATS)
def test_formats__scanned_again__same_bytes(any_image, name):
    assert scan(any_image.source, name) == scan(any_image.source, name) != ""


def test_formats__sarif__valid_and_as_github_wants_it(any_image):
    sarif = json.loads(scan(any_image.source, "sarif"))
    assert errors(SARIF, sarif) == []
    check_github(sarif)
    report = json.loads(scan(any_image.source, "json"))
    assert [r["ruleId"] for r in sarif["runs"][0]["results"]] == [
        f["rule"] for f in report["findings"]]


def test_formats__sarif_in_chinese__valid(image):
    sarif = json.loads(scan(image.source, "sarif", "--lang", "zh"))
    assert errors(SARIF, sarif) == []
    check_github(sarif)
    assert re.search("[\u4e00-\u9fff]", sarif["runs"][0]["results"][0]["message"]["text"])


def test_formats__sarif_of_hostile_path__uri_is_the_path(modules_image):
    sarif = json.loads(scan(modules_image.source, "sarif"))
    uris = {unquote(location["physicalLocation"]["artifactLocation"]["uri"])
            for result in sarif["runs"][0]["results"]
            for location in result["locations"] + result.get("relatedLocations", [])}
    assert "opt/a <b>&'\"#?%\x1b[31m\ufffe é" in uris and "image" in uris


def test_formats__junit__valid_and_counted(any_image, folder):
    text = scan(any_image.source, "junit")
    assert xml_errors(text, folder) == ""
    suites = ElementTree.fromstring(text)
    for suite in suites:
        cases = suite.findall("testcase")
        names = [(c.get("classname"), c.get("name")) for c in cases]
        assert len(names) == len(set(names)) > 0
        assert int(suite.get("tests")) == len(cases)
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors")) == len(suite.findall("testcase/error"))
    for count in ("tests", "failures", "errors"):
        assert int(suites.get(count)) == sum(int(s.get(count)) for s in suites)


def test_formats__junit__fails_as_the_exit_code_does(image):
    for fail_on in ("critical", "high", "medium", "low", "info"):
        report = json.loads(scan(image.source, "json", "--fail-on", fail_on))
        order = ("info", "low", "medium", "high", "critical")
        bad = {(f["rule"], f["binary"]) for f in report["findings"]
               if order.index(f["severity"]) >= order.index(fail_on)}
        suites = ElementTree.fromstring(scan(image.source, "junit", "--fail-on", fail_on))
        failed = {(c.get("name").split()[0],
                   None if c.get("classname") == "image" else c.get("classname").lstrip("/"))
                  for c in suites.iter("testcase") if c.find("failure") is not None}
        assert failed == bad != set(), fail_on


def test_formats__junit_of_clean_and_of_incomplete__passes_and_error(empty_image, folder):
    suite = ElementTree.fromstring(scan(empty_image.source, "junit"))[0]
    assert [c.get("name") for c in suite.findall("testcase")] == ["completeness", "no-findings"]
    assert list(suite.iter("error")) == list(suite.iter("failure")) == []
    manifest = json.loads(run("skopeo", "inspect", "--raw", empty_image.source).stdout)
    copied = folder / "oci"
    run("cp", "-r", empty_image.layout, copied)
    blob = copied / "blobs" / manifest["layers"][0]["digest"].replace(":", "/")
    blob.write_bytes(blob.read_bytes()[:-9] + b"\0" * 9)
    text = scan(f"oci:{copied}:1", "junit")
    assert xml_errors(text, folder) == ""
    suite = ElementTree.fromstring(text)[0]
    case = next(c for c in suite.findall("testcase") if c.get("name") == "completeness")
    assert case.find("error").get("type") == "partial" and case.find("error").text.strip()
    sarif = json.loads(scan(f"oci:{copied}:1", "sarif"))
    assert errors(SARIF, sarif) == []
    levels = [n["level"] for n in sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"]]
    assert "error" in levels


def test_formats__waiver_of_a_policy__suppressed_and_skipped(image, folder):
    policy = folder / "policy.yaml"
    policy.write_text("waivers:\n- {rule: TW501, who: <alice>, reason: known & taken, until: 2999-01-31}\n")
    done = tidewaiter("gate", "--policy", policy, "--format", "sarif", image.source)
    assert done.returncode == 0, done.stderr
    sarif = json.loads(done.stdout)
    assert errors(SARIF, sarif) == []
    check_github(sarif)
    assert {r["ruleId"]: r["suppressions"] for r in sarif["runs"][0]["results"]
            if r["suppressions"]} == {"TW501": [{
                "kind": "external", "status": "accepted",
                "justification": "known & taken (<alice>, until 2999-01-31)"}]}
    text = tidewaiter("gate", "--policy", policy, "--format", "junit", image.source).stdout
    assert xml_errors(text, folder) == ""
    suite = ElementTree.fromstring(text)[0]
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")
    assert suite.find("testcase/skipped").text.startswith("critical: ")


def refs_of(bom):
    refs, stack = [], [bom["metadata"]["component"], *bom["components"]]
    while stack:
        component = stack.pop()
        refs.append(component["bom-ref"])
        stack += component.get("components", [])
    return refs


def check_references(bom):
    """What the schema cannot say: references are unique, and all lead somewhere."""
    refs = refs_of(bom)
    assert len(refs) == len(set(refs))
    graph = {d["ref"]: d.get("dependsOn", []) for d in bom["dependencies"]}
    assert len(graph) == len(bom["dependencies"]) and set(graph) == set(refs)
    used = {r for on in graph.values() for r in on}
    used |= {r for c in bom["compositions"] for r in c["assemblies"]}
    assert used <= set(refs)
    assert set(refs) - used == set(), "nothing is left over"


def test_formats__cyclonedx__valid_and_connected(any_image):
    bom = json.loads(scan(any_image.source, "cyclonedx"))
    assert errors(CYCLONEDX, bom) == []
    check_references(bom)
    report = json.loads(scan(any_image.source, "json"))
    seen = sorted(c["evidence"]["occurrences"][0]["location"] for c in bom["components"]
                  if c["type"] == "application")
    assert seen == sorted(b["path"] for b in report["go_binaries"])
    assert bom["metadata"]["component"]["version"] == report["image"]["digest"]


def test_formats__cyclonedx_of_modules__purls_and_no_secret(modules_image):
    text = scan(modules_image.source, "cyclonedx")
    assert SECRET not in text
    bom = json.loads(text)
    libraries = {c["name"]: c for c in bom["components"] if c["type"] == "library"}
    release = libraries["stdlib"]["version"]
    assert {name: c.get("purl") for name, c in libraries.items()} == {
        "stdlib": f"pkg:golang/stdlib@{release}",
        "github.com/Upper/Case": "pkg:golang/github.com/Upper/Case@v1.2.3",
        "example.org/new": "pkg:golang/example.org/new@v1.1.0",
        "example.org/v2+x": "pkg:golang/example.org/v2%2Bx@v2.0.0%2Bincompatible",
        "example.org/local": None,
    }
    program = next(c for c in bom["components"] if c["bom-ref"] == "image-1/usr/bin/app")
    assert program["name"] == "example.org/app/cmd/app"
    assert program["purl"] == "pkg:golang/example.org/app#cmd/app"
    on = next(d["dependsOn"] for d in bom["dependencies"] if d["ref"] == program["bom-ref"])
    assert sorted(on) == sorted(c["bom-ref"] for c in libraries.values())
    for library in libraries.values():
        assert len(library["evidence"]["occurrences"]) == 2
    properties = {p["name"]: p["value"] for p in program["properties"]}
    assert properties["tidewaiter:go:release"] == release
    assert properties["tidewaiter:setting:CGO_ENABLED"] == "0"


def test_formats__of_the_unit_tests_image__valid_too(folder):
    """It has what is hard to find in real ones: replaced modules, a packed program, a Go range."""
    data = TOP / "tests" / "unit" / "report" / "data"
    assert errors(SARIF, json.loads((data / "report.sarif.json").read_text())) == []
    assert xml_errors((data / "report.junit.xml").read_text(), folder) == ""
    bom = json.loads((data / "report.cdx.json").read_text())
    assert bom.pop("serialNumber") == "-"  # masked there
    assert errors(CYCLONEDX, bom) == []
    check_references(bom)


# ---- several platforms, and the daemon ----

@pytest.fixture(params=["amd64", "arm64"])
def index(request, image, folder):
    """An index with an image for amd64, and another: for the same again, or for arm64."""
    other = images.new(folder)
    (folder / "motd").write_text("nothing\n")
    other.add(folder / "motd", "/etc/motd")
    other.umoci("config", "--architecture", request.param)
    layout = folder / "index"
    run("umoci", "init", "--layout", layout)
    entries = []
    for source, arch in ((image, "amd64"), (other, request.param)):
        run("cp", "-r", f"{source.layout}/blobs", layout)
        raw = run("skopeo", "inspect", "--raw", source.source).stdout.encode()
        listed = json.loads((source.layout / "index.json").read_text())["manifests"]
        entry = next(m for m in listed
                     if m["annotations"]["org.opencontainers.image.ref.name"] == "1")
        assert len(raw) == entry["size"]
        entries.append({k: entry[k] for k in ("mediaType", "digest", "size")}
                       | {"platform": {"os": "linux", "architecture": arch}})
    body = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                       "manifests": entries}).encode()
    (folder / "index.json").write_bytes(body)
    digest = run("sha256sum", folder / "index.json").stdout.split()[0]
    (layout / "blobs" / "sha256" / digest).write_bytes(body)
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.index.v1+json", "digest": f"sha256:{digest}",
        "size": len(body), "annotations": {"org.opencontainers.image.ref.name": "1"}}]}))
    return f"oci:{layout}:1"


def test_formats__of_an_index__a_run_and_a_suite_each_and_one_bom(index, folder):
    sarif = json.loads(scan(index, "sarif"))
    assert errors(SARIF, sarif) == [] and len(sarif["runs"]) == 2
    check_github(sarif)
    text = scan(index, "junit")
    assert xml_errors(text, folder) == ""
    suites = ElementTree.fromstring(text)
    assert len({s.get("name") for s in suites}) == 2
    bom = json.loads(scan(index, "cyclonedx"))
    assert errors(CYCLONEDX, bom) == []
    check_references(bom)
    assert [c["version"] for c in bom["components"] if c["type"] == "container"] == [
        run_["properties"]["imageDigest"] for run_ in sarif["runs"]]


def test_formats__over_rest__same_formats_by_accept_and_by_name(daemon, registry, image, folder):
    digest = registry.push(image.source, "team/app:1.4")
    daemon.wait_report(digest)
    url = f"/v1/images/{digest}/report"
    for name, media_type in (("sarif", "application/sarif+json"), ("junit", "application/xml"),
                             ("cyclonedx", "application/vnd.cyclonedx+json; version=1.6")):
        answer = daemon.get(url, {"Accept": media_type})
        assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
        assert daemon.get(f"{url}?format={name}").body == answer.body
    sarif = daemon.get(url + "?format=sarif").json
    assert errors(SARIF, sarif) == []
    check_github(sarif)
    assert sarif["runs"][0]["automationDetails"]["id"].startswith(
        f"tidewaiter/{registry.host}/team/app/linux/")
    bom = daemon.get(url + "?format=cyclonedx").json
    assert errors(CYCLONEDX, bom) == []
    assert bom["metadata"]["component"]["purl"].startswith(
        f"pkg:oci/app@{digest.replace(':', '%3A')}?arch=")
    assert xml_errors(daemon.get(url + "?format=junit").text, folder) == ""


def test_formats__of_records__refused():
    for command in (["inspect", "/bin/true"], ["facts", "godebug"]):
        done = tidewaiter(command[0], "--format", "sarif", *command[1:])
        assert (done.returncode, done.stdout) == (2, "")
        assert "must be text or json" in done.stderr


# ---- the checks themselves ----

def test_checks__broken_sarif__refused(image):
    good = json.loads(scan(image.source, "sarif"))
    for breaks in (lambda d: d.pop("version"), lambda d: d["runs"][0]["tool"].pop("driver"),
                   lambda d: d["runs"][0]["results"][0].update(level="fatal"),
                   lambda d: d["runs"][0].update(nonsense=1),
                   lambda d: d["runs"][0]["results"][0]["message"].update(text=1)):
        bad = copy.deepcopy(good)
        breaks(bad)
        assert errors(SARIF, bad) != []
    for breaks in (
            lambda r: r["results"][0]["message"].update(text=""),
            lambda r: r["automationDetails"].update(id="x"),
            lambda r: r["tool"]["driver"]["rules"][0]["properties"].update({"security-severity": 7}),
            lambda r: r["tool"]["driver"]["rules"][0]["shortDescription"].update(text="x" * 1025),
            lambda r: r["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"].update(
                uri="/usr/bin/app"),
            lambda r: r["results"].append(r["results"][0])):
        bad = copy.deepcopy(good)
        breaks(bad["runs"][0])
        with pytest.raises(AssertionError):
            check_github(bad)


def test_checks__broken_junit__refused(image, folder):
    good = scan(image.source, "junit")
    for old, new in (("<testcase ", "<case "), (' tests="', ' test="'), ("&#39;", "&nbsp;"),
                     ("</testsuites>", ""), ("<properties>", "<properties>\x01")):
        assert old in good
        assert xml_errors(good.replace(old, new, 1), folder) != "", old


def test_checks__broken_cyclonedx__refused(modules_image):
    good = json.loads(scan(modules_image.source, "cyclonedx"))
    for breaks in (lambda d: d.pop("bomFormat"), lambda d: d.update(serialNumber="urn:uuid:1"),
                   lambda d: d["components"][0].update(type="module"),
                   lambda d: d["components"][0].pop("name"),
                   lambda d: d["components"][0].update(nonsense=1),
                   lambda d: d["components"].append(d["components"][0]),
                   lambda d: d["components"][0].update(licenses=[{"license": {"id": "Nonsense"}}]),
                   lambda d: d["dependencies"][0].pop("ref")):
        bad = copy.deepcopy(good)
        breaks(bad)
        assert errors(CYCLONEDX, bad) != []
    bad = copy.deepcopy(good)
    bad["dependencies"][0]["dependsOn"] = ["nobody"]
    with pytest.raises(AssertionError):
        check_references(bad)
