#!/usr/bin/python3
"""Includes go one way, each system library is known to one folder, and some functions are banned.

scanner < api < daemon; in the scanner base < {layer, gobin, image, facts} < inventory < rules <
{report, pod}, and cage sees base, layer, gobin and inventory (design: README, "The shape of the code").
"""
import re
import subprocess
import sys

BASE = {"scanner/base"}
PEERS = ["scanner/layer", "scanner/gobin", "scanner/image", "scanner/facts"]
INVENTORY = BASE | set(PEERS) | {"scanner/inventory"}
POD = INVENTORY | {"scanner/rules", "scanner/pod"}
SCANNER = POD | {"scanner/report"}
API = {"api", "api/access", "api/admission", "api/metric", "api/webhook"}
DAEMON = {f"daemon/{name}" for name in (
    "admit", "certificate", "clock", "config", "judge", "log", "cage", "http", "notify",
    "events", "registry", "source", "scan", "stats", "store", "worker", "service",
    "cli", "systemd", "tidewaiterd")}

# folder -> folders that it may include, itself among them
MAY_SEE = {
    "scanner/base": BASE,
    **{peer: BASE | {peer} for peer in PEERS},
    "scanner/gobin": BASE | {"scanner/gobin", "scanner/facts"},
    "scanner/inventory": INVENTORY,
    "scanner/rules": INVENTORY | {"scanner/rules"},
    "scanner/pod": POD,
    "scanner/report": INVENTORY | {"scanner/rules", "scanner/report"},
    "scanner/cage": BASE | {"scanner/layer", "scanner/gobin", "scanner/inventory", "scanner/cage"},
    **{folder: SCANNER | API for folder in API},
    **{folder: SCANNER | API | DAEMON for folder in DAEMON},
}

# system header -> the folders that know it
ONLY_IN = {
    r"archive(_entry)?\.h": {"scanner/layer"},
    r"(isa-l|igzip_lib|isa-l/igzip_lib)\.h": {"scanner/layer"},
    r"zstd\.h": {"scanner/layer", "scanner/gobin"},
    r"seccomp\.h": {"scanner/cage"},
    r"linux/landlock\.h": {"scanner/cage"},
    r"microhttpd\.h": {"api"},
    r"zlib\.h": {"api"},
    r"gnutls/.*": {"api", "daemon/certificate"},
    r"sqlite3\.h": {"daemon/store"},
    r"curl/.*": {"daemon/http", "daemon/registry", "daemon/certificate"},
    r"openssl/.*": {"scanner/base"},
    r"yaml\.h": {"scanner/rules"},
}

# Not in the scanner: clock, environment, network (scanner/cage is a program of its own).
IMPURE = re.compile(r"\b(time|clock_gettime|gettimeofday|getenv|setenv|socket|connect|getaddrinfo)\s*\(")
BANNED = re.compile(
    r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|strtok|alloca|system|popen|tmpnam|"
    r"mktemp|scanf|sscanf)\s*\(")
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def folder_of(path):
    return path.rsplit("/", 1)[0]


def check(path, text, problems):
    folder = folder_of(path)
    if folder not in MAY_SEE:
        problems.append(f"{path}: folder {folder} is not in the table of tests/style/check_layers.py")
        return
    for number, line in enumerate(text.splitlines(), 1):
        own = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        system = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if own and folder_of(own[1]) not in MAY_SEE[folder]:
            problems.append(f"{path}:{number}: {folder} may not include {own[1]}")
        for pattern, owners in ONLY_IN.items():
            if system and re.fullmatch(pattern, system[1]) and folder not in owners:
                known = ", ".join(sorted(owners))
                problems.append(f"{path}:{number}: <{system[1]}> is known to {known} only")
    code = COMMENT_OR_STRING.sub(lambda m: "\n" * m[0].count("\n"), text)
    for number, line in enumerate(code.splitlines(), 1):
        for hit in BANNED.finditer(line):
            problems.append(f"{path}:{number}: {hit[1]}() is banned")
        if folder.startswith("scanner/") and folder != "scanner/cage":
            for hit in IMPURE.finditer(line):
                problems.append(f"{path}:{number}: {hit[1]}() in the scanner, which is pure")


def main():
    files = subprocess.run(["git", "ls-files", "--", "scanner", "api", "daemon"], text=True,
                           capture_output=True, check=True).stdout.split()
    sources = [f for f in files if f.endswith((".c", ".h"))]
    problems = [] if sources else ["no source file found"]
    for path in sources:
        with open(path, encoding="utf-8") as file:
            check(path, file.read(), problems)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
