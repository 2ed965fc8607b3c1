#!/usr/bin/env python3
"""Measures what design/speed.md bounds, and prints each figure beside its bound.
usage: TW_BIN=BUILD/bin tests/bench/bench.py [--json FILE] [PART...]   (a release build; see README.md)"""
import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import admission  # noqa: E402
import growth  # noqa: E402
import layer  # noqa: E402
import parts  # noqa: E402
import stored  # noqa: E402
from figure import machine  # noqa: E402

PARTS = {"layer": layer.figures, "parts": parts.figures, "stored": stored.figures, "admission": admission.figures,
         "growth": growth.figures}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part is named {', '.join(unknown)}; there are {', '.join(PARTS)}")
    print(", ".join(f"{key} {value}" for key, value in machine().items()), flush=True)
    figures = []
    for name in options.parts or [name for name in PARTS if name != "growth"]:
        with tempfile.TemporaryDirectory(prefix="tidewaiter-bench-") as folder:
            for figure in PARTS[name](Path(folder)):
                print(figure.row(), flush=True)
                figures.append(figure)
    if options.json:
        Path(options.json).write_text(json.dumps(
            {"machine": machine(), "figures": [vars(f) | {"holds": f.holds()} for f in figures]},
            indent=2) + "\n")
    return 0 if all(figure.holds() for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
