#!/usr/bin/env python3
"""What `go version -m -json` reads of executables, and what tidewaiter reads, field by field.
usage: tests/golang/agreement.py GO TIDEWAITER FILE|DIR..."""
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
FIELDS = ("version", "path", "main", "modules", "settings")


def executables(paths):
    for path in map(Path, paths):
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        yield from (f for f in files if ".apt" not in f.parts)


def module(m):
    """A module of `go version`, in the words of the contract."""
    if not m or not m.get("Path"):
        return None
    return {"path": m["Path"], "version": m.get("Version"), "sum": m.get("Sum"),
            "replace": module(m.get("Replace"))}


def theirs(go, path):
    """The fields, or None when the go command says that it is no Go executable."""
    environment = os.environ | {"GOROOT": str(Path(go).parents[1]), "GOTOOLCHAIN": "local"}
    run = subprocess.run([go, "version", "-m", "-json", path], capture_output=True, text=True,
                         env=environment)
    if not run.stdout.strip():
        return None
    info = json.loads(run.stdout)
    return {"version": info["GoVersion"], "path": info.get("Path"), "main": module(info.get("Main")),
            "modules": [module(m) for m in info.get("Deps") or []],
            "settings": {s["Key"]: s.get("Value", "") for s in info.get("Settings") or []}}


def records(tidewaiter, path):
    run = subprocess.run([tidewaiter, "inspect", "--format", "json", path], capture_output=True,
                         text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def fields(record):
    """The fields that both have, of one record of ours."""
    return {"version": record["go"]["version"], "path": record["main"]["path"],
            "main": record["main"]["module"], "modules": record["modules"],
            "settings": record["settings"]}


def compare(go, tidewaiter, path):
    """(what we read, what is different): of a universal file the go command reads the first part."""
    them, us = theirs(go, path), records(tidewaiter, path)[0]
    if them is None and not us["is_go"]:
        return us, {"is Go": (False, False)} if us["notes"] else {}
    if them is None:
        return us, {"only ours": (None, us["go"]["source"])}
    if not us["is_go"]:
        return us, {"only theirs": (them["version"], us["notes"])}
    mine = fields(us)
    return us, {f: (them[f], mine[f]) for f in FIELDS if them[f] != mine[f]}


def main():
    go, tidewaiter, *paths = sys.argv[1:]
    kinds, different = Counter(), []
    for path in executables(paths):
        us, differences = compare(go, tidewaiter, path)
        kinds["Go" if us["is_go"] else "not Go", us["format"], us["arch"]] += 1
        different += [(path, f, *sides) for f, sides in differences.items()]
    for (what, *kind), count in sorted(kinds.items(), key=str):
        print(f"{count:5} {what}", *kind)
    for path, field, them, us in different:
        print(f"{path}: {field}\n  go: {json.dumps(them)[:300]}\n  us: {json.dumps(us)[:300]}")
    print(f"{sum(kinds.values())} executables, {len(different)} differences")


if __name__ == "__main__":
    main()
