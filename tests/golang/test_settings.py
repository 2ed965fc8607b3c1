"""What settings do to programs, by running them: the tables and the rules say the same."""
import concurrent.futures
import json
import subprocess

import pytest

from builds import HERE, Build
from conftest import TIDEWAITER, TOP, VERSIONS

VALUES = ("0", "1", "2", "3")


@pytest.fixture(scope="module", params=VERSIONS)
def version(request, top):
    return request.param


@pytest.fixture(scope="module")
def program(version):
    return Build("settings").make(TOP, version, HERE / "settings")


@pytest.fixture(scope="module")
def facts(version):
    """What we say of every key to exactly that release."""
    def ask(*options):
        return subprocess.run([TIDEWAITER, "facts", "godebug", *options], check=True, text=True,
                              capture_output=True).stdout.splitlines()
    release = (TOP / version / "VERSION").read_text().split()[0]
    # Of the cpu.* keys there are several of a name, one an architecture.
    names = sorted({n for n in ask() if not n.startswith("cpu.")})
    return {f["name"]: f for f in map(json.loads, ask("--go", release, "--format", "json", *names))}


def run(program, **environment):
    """How it ends; a program that hangs is no better off than one that ends."""
    try:
        return subprocess.run([program], env=environment, capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([program], -1, "", "")


def test_settings__every_key_with_every_value__stops_the_program_when_the_facts_say_so(
        program, facts):
    def differs(setting):
        key, value = setting
        fatal = (facts[key]["fatal"] or ":").split(":")[0].split(", ")
        stopped = run(program, GODEBUG=f"{key}={value}").returncode != 0
        return stopped != (value in fatal)
    settings = [(key, value) for key in facts for value in VALUES]
    assert len(settings) > 400
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert [s for s, bad in zip(settings, pool.map(differs, settings)) if bad] == []


def test_settings__counted_by_this_go__known_to_the_facts(program, facts):
    counted = json.loads(run(program).stdout) or []
    assert bool(counted) == (facts["panicnil"]["standing"] == "known")  # 1.21 began to count
    assert {k: facts[k]["standing"] for k in counted} == {k: "known" for k in counted}


# name, value, what a person sees when it acts: an end with a code, or a trace on standard error
CASES = [
    ("GODEBUG", "gctrace=1"), ("GODEBUG", "inittrace=1"), ("GODEBUG", "gctrace=on"),
    ("GODEBUG", "gctrace= 1"), ("GODEBUG", "gctrace=0"), ("GODEBUG", "mmap=1"),
    ("GODEBUG", "cgocheck=2"), ("GODEBUG", "tls10server=1"), ("GODEBUG", "tls10server=0"),
    ("GODEBUG", "x509sha1=1"), ("GODEBUG", "asynctimerchan=1"), ("GODEBUG", "sbrk=1"),
    ("GODEBUG", "fips140=yes"), ("GODEBUG", "gctrace=1,gctrace=0"), ("GODEBUG", "gctrace=0,gctrace=1"),
    ("GOMEMLIMIT", "10GB"), ("GOMEMLIMIT", "10GiB"), ("GOMEMLIMIT", "off"), ("GOMEMLIMIT", "-1"),
    ("GOMEMLIMIT", "1e9"), ("GOMEMLIMIT", " 1GiB"),
]
FATAL = {"GODEBUG": "TW201", "GOMEMLIMIT": "TW501"}


@pytest.fixture(scope="module")
def layout(program, tmp_path_factory):
    layout = tmp_path_factory.mktemp("settings") / "oci"
    for command in (["init", "--layout", layout], ["new", "--image", f"{layout}:1"],
                    ["insert", "--image", f"{layout}:1", program, "/app"]):
        subprocess.run(["umoci", *command], check=True, capture_output=True)
    return layout


@pytest.mark.parametrize("name, value", CASES, ids=lambda text: text.replace(" ", "_"))
def test_settings__in_an_image__the_rules_say_what_the_program_does(name, value, program, layout):
    tag = f"{layout}:case"
    subprocess.run(["umoci", "config", "--image", f"{layout}:1", "--tag", "case", "--config.env",
                    f"{name}={value}"], check=True, capture_output=True)
    report = subprocess.run([TIDEWAITER, "scan", "--format", "json", "--quiet", f"oci:{tag}"],
                            capture_output=True, text=True)
    rules = {f["rule"] for f in json.loads(report.stdout)["findings"]}
    ran = run(program, **{name: value})
    stopped, printed = ran.returncode != 0, ran.stderr.startswith(("gc ", "init "))
    assert (FATAL[name] in rules) == stopped
    assert ("TW204" in rules) == printed
    if name == "GODEBUG" and not stopped and not printed:
        # It did nothing that shows: then it is unknown, has no effect, or is told as a risk.
        assert rules & {"TW202", "TW203", "TW205", "TW206", "TW208"}
