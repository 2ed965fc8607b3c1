#!/usr/bin/python3
"""Writes docs/configuration.md and the man pages in docs/man/ from what the programs say of themselves.

usage: docs/generate.py [--bin DIR] [--check]
--check writes nothing; exit 1 when something would change.
"""
import argparse
import re
import subprocess
import sys
import textwrap
from pathlib import Path

DOCS = Path(__file__).resolve().parent
DATE = "November 30, 2026"

FLAG = re.compile(r"^  --([a-z-]+)(?:=(\S+))?\n      (.*)\n(?:      environment: (\w+)(; read again at SIGHUP)?\n)?",
                  re.M)
BOUNDS = re.compile(r" \((?:([0-9]+ to [0-9]+)(?:; )?)?(?:default: ([^()]*))?\)$")


def said(program, *argv):
    return subprocess.run([program, *argv], check=True, text=True, capture_output=True).stdout


def flags(text):
    """The options of a --help, in order: name, metavar, help, range, default, variable, live."""
    found = []
    for name, metavar, what, variable, live in FLAG.findall(text):
        bounds = BOUNDS.search(what)
        # A default that is no value but a rule stays in the sentence.
        is_value = bounds and " " not in (bounds[2] or "")
        if is_value and (bounds[1] or bounds[2]):
            what = what[:bounds.start()]
        found.append({"name": name, "metavar": metavar, "help": what, "variable": variable, "live": bool(live),
                      "range": bounds[1] if is_value else None, "default": bounds[2] if is_value else None})
    return found


def limits(text):
    return [re.match(r"(\S+) +(\d+) +(\d+)  (\S+) +(.*)", line).groups() for line in text.splitlines()[1:]]


# ---- Markdown ----


def cell(text):
    return (text or "").replace("|", "\\|")


def configuration(daemon, client, caps):
    rows = {row["name"]: row for row in daemon}
    only_client = [row for row in client if row["name"] in ("server", "token-file", "ca")]
    assert only_client and "workers" in rows
    out = [(DOCS / "configuration.head.md").read_text().rstrip(), "",
           "| setting | value | default | SIGHUP | what |", "| --- | --- | --- | --- | --- |"]
    for row in daemon + only_client:
        if row["name"] == "limit":
            continue
        value = row["range"] or row["metavar"]
        out.append(f"| `{row['name']}` | {cell(value)} | {cell(row['default']) or '-'} | "
                   f"{'-' if row in only_client else 'yes' if row['live'] else 'no'} | {cell(row['help'])} |")
    out += ["", "## Limits", "",
            "Under `limits:` in the file, `--limit=NAME=VALUE` as a flag, `TIDEWAITER_LIMIT_NAME` in the environment. "
            "They need a restart.", "",
            "| limit | default | at most | unit | what |", "| --- | --- | --- | --- | --- |"]
    out += [f"| `{name}` | {value} | {most} | {unit} | {cell(what)} |" for name, value, most, unit, what in caps]
    return "\n".join(out) + "\n"


# ---- mdoc ----


def roff(text):
    """Sentences on lines of their own, nothing that roff would take for itself."""
    text = text.replace("\\", "\\e")
    lines = []
    for line in re.sub(r"(?<=[a-z0-9)])([.;]) (?=[A-Z`-])", r"\1\n", text).split("\n"):
        line = line.strip().replace("--", "\\-\\-")
        lines.append("\\&" + line if line.startswith((".", "'")) else line)
    return "\n".join(lines)


def option(row, with_environment=True):
    value = f" Ns = Ns Ar {row['metavar']}" if row["metavar"] else ""
    out = [f".It Fl -{row['name']}{value}", roff(row["help"][0].upper() + row["help"][1:]).rstrip(".") + "."]
    if row["range"]:
        out.append(f"A number from {row['range']}.")
    if row["default"]:
        out.append(f"The default is {roff(row['default'])} .")
    if row["variable"] and with_environment:
        out += [".br", f"Environment: {row['variable']}" + ("; read again at SIGHUP." if row["live"] else ".")]
    return out


def head(name, section, summary):
    title = name.upper()
    return [f".\\\" Made by docs/generate.py; change docs/man/{name}.{section}.in, or the program.",
            f".Dd {DATE}", f".Dt {title} {section}", ".Os", ".Sh NAME", f".Nm {name}", f".Nd {summary}"]


def part(name):
    """The sentences of a page, by heading: docs/man/NAME.in has '== HEADING' lines between them."""
    pieces = re.split(r"^== (.*)\n", (DOCS / "man" / f"{name}.in").read_text(), flags=re.M)
    return dict(zip(pieces[1::2], (text.strip() for text in pieces[2::2])))


def page(name, section, summary, text, *middle):
    out = head(name, section, summary)
    for heading, body in text.items():
        out += [f".Sh {heading}"] + ([body] if body else [])
        out += [line for after, lines in middle if after == heading for line in lines]
    return "\n".join(wrapped("\n".join(out).splitlines())) + "\n"


def wrapped(lines):
    """Lines of text cut at 79 columns; macros and literal blocks stay."""
    literal = False
    for line in lines:
        literal = line.startswith(".Bd") or (literal and not line.startswith(".Ed"))
        if literal or line.startswith("."):
            yield line
            continue
        for piece in textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False):
            yield "\\&" + piece if piece.startswith((".", "'")) else piece


def cli_page(binary):
    usage = said(binary, "--help")
    commands = re.findall(r"^  tidewaiter (\S+) (.*)\n      (.*)$", usage, re.M)
    body, settings = [], {}
    for name, operands, summary in commands:
        body += [f".Ss {name}", ".Bd -literal", f"tidewaiter {name} {roff(operands)}", ".Ed", ".Pp", roff(summary)]
        own = []
        for row in flags(said(binary, name, "--help")):
            if row["variable"]:
                settings.setdefault(row["name"], row)
            else:
                own.append(row)
        if own:
            body += [".Bl -tag -width Ds"] + [line for row in own for line in option(row)] + [".El"]
    all_settings = [".Bl -tag -width Ds"] + [line for row in settings.values() for line in option(row)] + [".El"]
    return page("tidewaiter", 1, "how the Go programs in an image will really run", part("tidewaiter.1"),
                ("COMMANDS", body), ("SETTINGS", all_settings))


def daemon_page(rows):
    return page("tidewaiterd", 8, "daemon that inspects pushed container images", part("tidewaiterd.8"),
                ("SETTINGS", [".Bl -tag -width Ds"] + [line for row in rows for line in option(row)] + [".El"]))


def file_page(rows, caps):
    keys = [".Bl -tag -width Ds"]
    for row in rows:
        if row["name"] in ("config", "limit"):
            continue
        keys += [f".It Ic {row['name']} : Ar {row['metavar']}"] + option(row, False)[1:]
        if row["name"] not in ("server", "token-file", "ca"):
            keys.append("Read again at SIGHUP." if row["live"] else "A change needs a restart.")
    keys.append(".El")
    names = [".Bl -tag -width Ds"]
    for name, value, most, unit, what in caps:
        names += [f".It Ic {name} : Ar {unit}", roff(what[0].upper() + what[1:]) + ".",
                  f"The default is {value}, the most {most}."]
    names.append(".El")
    return page("tidewaiterd.yaml", 5, "settings of tidewaiterd and tidewaiter", part("tidewaiterd.yaml.5"),
                ("SETTINGS", keys), ("LIMITS", names))


def layer_page():
    return page("tidewaiter-layer", 8, "reads hostile bytes in a cage", part("tidewaiter-layer.8"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=Path, default=DOCS.parent / "build-test" / "bin")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    daemon = flags(said(args.bin / "tidewaiterd", "--help"))
    client = flags(said(args.bin / "tidewaiter", "queue", "--help"))
    caps = limits(said(args.bin / "tidewaiterd", "--print-limits"))
    only_client = [row for row in client if row["name"] in ("server", "token-file", "ca")]
    made = {
        "configuration.md": configuration(daemon, client, caps),
        "man/tidewaiter.1": cli_page(args.bin / "tidewaiter"),
        "man/tidewaiterd.8": daemon_page(daemon),
        "man/tidewaiterd.yaml.5": file_page(daemon + only_client, caps),
        "man/tidewaiter-layer.8": layer_page(),
    }
    stale = [name for name, text in made.items() if not (DOCS / name).exists() or (DOCS / name).read_text() != text]
    for name in stale:
        print(f"docs/{name} is {'stale: run docs/generate.py' if args.check else 'written'}")
        if not args.check:
            (DOCS / name).write_text(made[name])
    return 1 if stale and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
