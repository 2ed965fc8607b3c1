"""Real toolchains and real programs. Without TW_FULL=1, two toolchains and a part of the builds;
with it, all of them, and every Go program that corpus.py brings."""
import json
import os
import subprocess
from pathlib import Path

import pytest

import builds

FULL = os.environ.get("TW_FULL") == "1"
TOP = Path(os.environ.get("TW_GOLANG", "/var/tmp/tidewaiter-golang"))
TIDEWAITER = Path(os.environ["TW_BIN"]) / "tidewaiter"
VERSIONS = builds.VERSIONS if FULL else ("1.15", "1.27")

collect_ignore = [] if FULL else ["test_corpus.py"]


@pytest.fixture(scope="session")
def top():
    """Where the toolchains are, and what was built with them."""
    builds.toolchains(TOP, (*VERSIONS, "upx"))
    return TOP


@pytest.fixture(scope="session")
def go(top):
    """The newest go command."""
    return top / VERSIONS[-1] / "bin" / "go"


def inspect(path, *options):
    run = subprocess.run([TIDEWAITER, "inspect", "--format", "json", *options, path],
                         capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def inspect_one(path, *options):
    (record,) = inspect(path, *options)
    return record


def functions(path):
    return set(inspect_one(path, "--functions")["functions"]["names"])


@pytest.fixture
def folder(tmp_path):
    return tmp_path
