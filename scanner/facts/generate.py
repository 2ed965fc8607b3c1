#!/usr/bin/env python3
"""Turns data/*.tsv into the committed tables *.gen.c. Standard library only.

Usage: generate.py [OUTPUT-FOLDER]   (default: this folder)

The last columns of godebug.tsv and goexperiment.tsv are the structured form of the prose before
them; of the prose only values, effect, affects, risk and source are read:
  known      first versions that know the key, one a release branch: "1.23.11 1.24.5 1.25"
  defaults   value from a version on: "1.21=0 1.24=2"
  form       int32 (the runtime's numbers), int (strconv.Atoi), word, onoff
  tests      for words: the values that the code compares with; "*": any
  reader     runtime, package, go (the go command only), test, windows, darwin, or an experiment
  place      any, or env (DefaultGODEBUG does not act on it)
  links      the package whose presence in a binary makes the key act, when not `package`
  baseline   "1.26 @arch,arch !os,os; ...": on by default from a version on
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FORMS = {"int32": "TW_GODEBUG_INT32", "int": "TW_GODEBUG_INT", "word": "TW_GODEBUG_WORD",
         "onoff": "TW_GODEBUG_ONOFF"}
READERS = {"runtime": "TW_READ_RUNTIME", "package": "TW_READ_PACKAGE", "go": "TW_READ_GO",
           "test": "TW_READ_TEST", "windows": "TW_READ_WINDOWS", "darwin": "TW_READ_DARWIN",
           "simd": "TW_READ_EXPERIMENT", "pagetrace": "TW_READ_EXPERIMENT"}
CLASSES = {"fatal": "TW_HARM_FATAL", "dead": "TW_HARM_DEAD", "trace": "TW_HARM_TRACE",
           "runtime": "TW_HARM_RUNTIME", "weakens": "TW_HARM_WEAKENS",
           "http2off": "TW_HARM_HTTP2_OFF"}
CONDITIONS = re.compile(r"^(?:(\*)|(!)|(=)(\w+)|(!=|>)(\d+))$")


class DataError(Exception):
    pass


def rows(name):
    path = os.path.join(HERE, "data", name)
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    head = lines[0].split("\t")
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != len(head):
            raise DataError(f"{name}:{number}: {len(fields)} fields, the head line has {len(head)}")
        row = dict(zip(head, fields))
        row["_at"] = f"{name}:{number}"
        yield row


def c_string(text):
    if not text:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def version(text, at):
    """A struct tw_goversion; the empty text is the zero version, which no Go has."""
    if not text:
        return "{0}"
    m = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if not m:
        raise DataError(f"{at}: \"{text}\" is no version")
    return "{%s, %s, %s, TW_GO_RELEASE, 0}" % (m[1], m[2], m[3] or "0")


def pick(table, word, at):
    if word not in table:
        raise DataError(f"{at}: \"{word}\" is none of {', '.join(table)}")
    return table[word]


def first_version(text):
    m = re.match(r"1\.\d+(?:\.\d+)?", text)
    return m[0] if m else ""


class Pool:
    """Items of all rows in one array; a row holds its start and count."""

    def __init__(self):
        self.items = []

    def add(self, items):
        start = len(self.items)
        self.items += items
        return start, len(items)


def condition(text, at):
    m = CONDITIONS.match(text)
    if not m:
        raise DataError(f"{at}: \"{text}\" is no condition")
    if m[1]:
        return "TW_IF_ANY, NULL, 0"
    if m[2]:
        return "TW_IF_UNTESTED, NULL, 0"
    if m[3]:
        number = m[4] if m[4].isdigit() else "0"
        return f"TW_IF_IS, {c_string(m[4])}, {number}"
    return ("TW_IF_NOT" if m[5] == "!=" else "TW_IF_ABOVE") + f", NULL, {m[6]}"


def harm(row):
    at = row["_at"]
    severity = {"": "-1", "info": "0", "low": "1", "medium": "2", "high": "3", "critical": "4"}
    return "{%s, %s, %s, %s, %s, %s, {%s, %s}}" % (
        pick(CLASSES, row["class"], at), condition(row["value"], at), version(row["from"], at),
        version(row["until"], at), pick(severity, row["severity"], at), c_string(row["links"]),
        c_string(row["en"]), c_string(row["zh"]))


def godebug():
    harms = {}
    for row in rows("godebug_harm.tsv"):
        harms.setdefault(row["name"], []).append(harm(row))
    known, defaults, harm_pool, keys = Pool(), Pool(), Pool(), []
    names = set()
    for row in sorted(rows("godebug.tsv"), key=lambda r: (r["name"], r["package"])):
        at, name = row["_at"], row["name"]
        names.add(name)
        if not row["known"] or name == "cpu.*":
            continue  # never existed, or a remark on a family
        k = known.add([version(v, at) for v in row["known"].split()])
        points = [p.split("=") for p in row["defaults"].split()]
        d = defaults.add(["{%s, %s}" % (version(v, at), c_string(value)) for v, value in points])
        h = harm_pool.add(harms.get(name, []))
        old = row["old_value"].split(" ")[0]
        keys.append("{%s, %s, %s, %s, %s, %s, %s, %s, %s, %s,\n    %d, %d, %d, %d, %d, %d,\n    %s,\n    %s,\n    %s,\n    %s}" % (
            c_string(name), c_string(row["links"] or row["package"]), pick(FORMS, row["form"], at),
            pick(READERS, row["reader"], at), "true" if row["place"] == "env" else "false",
            c_string(row["tests"]), c_string(row["arch"]),
            version(first_version(row["changed_in"]), at), c_string(old),
            version(row["removed_in"], at), *k, *d, *h, c_string(row["values"]),
            c_string(row["effect"]), c_string(row["production_risk"]), c_string(row["source"])))
    lost = set(harms) - names
    if lost:
        raise DataError(f"godebug_harm.tsv: no such key in godebug.tsv: {', '.join(sorted(lost))}")
    return [("struct tw_goversion", "tw_godebug_known_points", known.items),
            ("struct tw_godebug_default", "tw_godebug_defaults", defaults.items),
            ("struct tw_godebug_harm", "tw_godebug_harms", harm_pool.items),
            ("struct tw_godebug", "tw_godebug_keys", keys)]


def baseline(text, at):
    for part in filter(None, (p.strip() for p in text.split(";"))):
        words = part.split()
        arches = next((w[1:] for w in words if w[0] == "@"), "").replace(",", " ")
        systems = next((w[1:] for w in words if w[0] == "!"), "").replace(",", " ")
        yield "{%s, %s, %s}" % (version(words[0], at), c_string(arches), c_string(systems))


def goexperiment():
    pool, names = Pool(), []
    for row in sorted(rows("goexperiment.tsv"), key=lambda r: r["name"]):
        if not row["first"]:
            continue  # never existed
        at = row["_at"]
        b = pool.add(list(baseline(row["baseline"], at)))
        names.append("{%s, %s, %s, %d, %d,\n    {%s, %s},\n    %s,\n    %s,\n    %s,\n    %s}" % (
            c_string(row["name"]), version(row["first"], at), version(row["removed"], at), *b,
            c_string(row["en"]), c_string(row["zh"]), c_string(row["affects"]),
            c_string(row["effect"]), c_string(row["risk"]), c_string(row["source"])))
    return [("struct tw_goexperiment_baseline", "tw_goexperiment_baselines", pool.items),
            ("struct tw_goexperiment", "tw_goexperiments", names)]


def release():
    items = ["{%s, %s, %s, %s}" % (version(r["minor"], r["_at"]), c_string(r["released"]),
                                   c_string(r["ended"]), c_string(r["latest"]))
             for r in rows("releases.tsv")]
    return [("struct tw_release", "tw_releases", items)]


def newest():
    latest = [r["latest"] for r in rows("releases.tsv")][-1]
    version(latest, "releases.tsv: newest")
    return f'const char tw_releases_newest[] = "go{latest}";'


def write(folder, noun, tables, sources, extra=()):
    out = [f"// Made by generate.py out of {sources}. Change those, not this file.",
           f'#include "scanner/facts/{noun}.h"', '#include "scanner/facts/tables.h"', "",
           "// clang-format off"]
    for kind, name, items in tables:
        out += [f"const {kind} {name}[] = {{"] + [f"    {item}," for item in items] + ["};"]
        out += [f"const size_t {name}_count = {len(items)};", ""]
    out[-1:] = [*extra, "// clang-format on"]
    with open(os.path.join(folder, f"{noun}.gen.c"), "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else HERE
    try:
        write(folder, "godebug", godebug(), "data/godebug.tsv and data/godebug_harm.tsv")
        write(folder, "goexperiment", goexperiment(), "data/goexperiment.tsv")
        write(folder, "release", release(), "data/releases.tsv", [newest()])
    except DataError as e:
        sys.exit(f"generate.py: {e}")


if __name__ == "__main__":
    main()
