"""Every Go program that Debian's and npm's packages bring: the same as `go version -m -json` says."""
import subprocess
import sys

import agreement
from conftest import TIDEWAITER, TOP

AT_LEAST = 150


def why_only_ours(record):
    """Why the go command cannot read it; None: it should."""
    if record["go"]["source"] == "buildversion":
        return "no build info"
    if record["format"] in ("xcoff", "plan9"):
        return "symbols are gone, which the go command needs in this format"
    return None


def test_corpus__every_program__agrees_with_the_go_command(go):
    corpus = TOP / "corpus"
    subprocess.run([sys.executable, agreement.HERE / "corpus.py", corpus], check=True)
    programs, unexplained = 0, []
    for path in agreement.executables([corpus]):
        record, different = agreement.compare(go, TIDEWAITER, path)
        programs += record["is_go"]
        if "only ours" in different and why_only_ours(record):
            continue
        unexplained += [(path, *d) for d in different.items()]
    assert unexplained == []
    assert programs >= AT_LEAST
