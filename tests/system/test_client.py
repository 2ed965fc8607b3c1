"""`tidewaiter` as a client of a running daemon, and what makes shells complete it."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import access
import programs
from programs import BIN, TOP, run

DONE = re.compile(r"^(\w+)  done\n  reference  (\S+)\n  digest     (sha256:\w{64})\n  asked by   api\n", re.M)


def ask(daemon, *argv, env=None):
    server = daemon if isinstance(daemon, str) else daemon.url
    return run(BIN / "tidewaiter", *argv, check=False,
               env={**os.environ, "TIDEWAITER_SERVER": server, **(env or {})})


def test_client__submit_wait_status_report__one_image(daemon, registry, image):
    digest = registry.push(image.source, "team/app:1.4")
    name = f"{registry.host}/team/app:1.4"
    done = ask(daemon, "submit", "--wait", "--quiet", name)
    assert DONE.search(done.stdout)[3] == digest, done
    assert "  verdict    deny, complete: 1 critical, " in done.stdout and done.returncode == 1, done
    assert f"  report     tidewaiter report {digest}\n" in done.stdout
    assert ask(daemon, "submit", "--wait", "--fail-on", "critical", name).returncode == 1

    # the report is the daemon's, by name and by digest, and exits as `scan` does
    theirs = daemon.get(f"/v1/images/{digest}/report?format=text").text
    for what in (name, digest, f"{registry.host}/team/app@{digest}"):
        told = ask(daemon, "report", what)
        assert (told.stdout, told.returncode, told.stderr) == (theirs, 1, ""), what
    for form in ("json", "sarif", "junit", "cyclonedx"):
        raw = daemon.get(f"/v1/images/{digest}/report?format={form}").text
        assert len(ask(daemon, "report", digest, "--format", form).stdout) == len(raw), form
    assert ask(daemon, "report", digest, "--fail-on=critical").returncode == 1
    chinese = daemon.get(f"/v1/images/{digest}/report?format=text&lang=zh").text
    assert ask(daemon, "report", digest, "--lang=zh").stdout == chinese != theirs

    scan = json.loads(ask(daemon, "submit", "--format=json", name).stdout)
    assert scan["state"] in ("done", "queued", "running") and scan["digest"] in (digest, None)
    for what in (scan["id"], name):
        daemon.wait_scan(scan["id"], "done")
        told = ask(daemon, "status", what)
        assert told.returncode == 0 and digest in told.stdout and "  verdict    deny" in told.stdout
    assert json.loads(ask(daemon, "status", digest, "--format=json").stdout)["image"]["digest"] == digest
    everything = ask(daemon, "status")
    assert everything.stdout.startswith("ready; the newest scans:\n") and scan["id"] in everything.stdout


def test_client__rescan__is_another_scan(daemon, registry, image):
    digest = registry.push(image.source, "team/app:1")
    daemon.wait_report(digest)
    name = f"{registry.host}/team/app@{digest}"
    first, again = (json.loads(ask(daemon, "submit", "--wait", "--format=json", *more, name).stdout)["scan"]["id"]
                    for more in ([], ["--rescan"]))
    assert first != again


def test_client__failed_scan__exit_2_queue_and_retry(folder, registry):
    daemon = programs.Daemon(folder / "d", "--max-attempts=1", registries=f"http://{registry.host}")
    (folder / "d").mkdir()
    daemon.start()
    name = f"{registry.host}/no/such:1"
    done = ask(daemon, "submit", "--wait", name)
    assert done.returncode == 2 and "  error      not-found: " in done.stdout, done
    scan = done.stdout.split()[0]
    assert ask(daemon, "status", scan).returncode == 2
    assert ask(daemon, "queue").stdout == "no scan is running or queued\n"
    listed = ask(daemon, "queue", "--failed").stdout
    assert re.fullmatch(rf"{scan}  failed  {name}  not-found: [^\n]*\n", listed)
    assert json.loads(ask(daemon, "queue", "--state=failed", "--format=json").stdout)["items"][0]["id"] == scan
    again = ask(daemon, "queue", "retry", scan)
    assert (again.returncode, again.stdout.split()[0]) == (0, scan)
    daemon.wait_scan(scan, "failed")
    wrong = ask(daemon, "queue", "retry", "../../x")
    assert (wrong.returncode, wrong.stderr) == (
        2, 'tidewaiter: "../../x" is no id of a scan; tidewaiter queue --failed lists them\n')
    unknown = ask(daemon, "report", f"{registry.host}/never/seen:1")
    assert (unknown.returncode, unknown.stderr) == (2, (
        f"tidewaiter: the daemon knows nothing of {registry.host}/never/seen:1; tidewaiter submit "
        "--wait asks for a scan\n"))
    short = ask(daemon, "report", "sha256:45a3776597f8")
    assert short.returncode == 2 and '"sha256:45a3776597f8" is no whole digest' in short.stderr
    assert daemon.stop() == 0


def test_help__of_a_command__is_its_own():
    asked, usual = (run(BIN / "tidewaiter", *words).stdout for words in (["help", "scan"], ["scan", "--help"]))
    assert asked == usual and asked.startswith("tidewaiter scan SOURCE")
    assert run(BIN / "tidewaiter", "help", "nothing").stdout == run(BIN / "tidewaiter", "--help").stdout


def test_client__queue_of_many__counts_and_pages(folder):
    daemon = programs.Daemon(folder, "--workers=1", registries="http://localhost:1").start()
    for n in range(230):  # more than a page of the daemon has
        daemon.post("/v1/scans", {"reference": f"localhost:1/a:{n}"})
    told = ask(daemon, "queue", "--count=3").stdout.splitlines()
    assert len(told) == 4 and told[3] == "there may be more: --count=N"
    some, all_of_them = (json.loads(ask(daemon, "queue", "--format=json", f"--count={n}").stdout)["items"]
                         for n in (225, 10000))
    assert (len(some), len(all_of_them), len({item["id"] for item in all_of_them})) == (225, 230, 230)
    assert daemon.stop() == 0


def test_client__timeout__says_how_to_go_on(folder):
    daemon = programs.Daemon(folder, registries="http://localhost:1").start()
    done = ask(daemon, "submit", "--wait", "--timeout=1", "localhost:1/a:1")
    assert done.returncode == 2
    assert re.fullmatch(r"tidewaiter: not done within 1 s \(--timeout\); it goes on: tidewaiter status \w+\n",
                        done.stderr)
    assert daemon.stop() == 0


def test_client__tokens__from_variable_and_file_and_never_told(folder, registry):
    authority = access.Authority(folder)
    cert, key = authority.issue("server")
    daemon = access.Secure(folder, authority, f"--tls-cert={cert}", f"--tls-key={key}",
                           registries=f"http://{registry.host}").start()
    url = f"https://localhost:{daemon.port}"
    ca = f"--ca={authority.cert}"
    token = daemon.tokens["read"][0]
    path = access.write_private(folder / "token", token + "\n")
    assert ask(url, "queue", ca, env={"TIDEWAITER_TOKEN": token}).returncode == 0
    assert ask(url, "queue", ca, f"--token-file={path}").returncode == 0

    missing = ask(url, "queue", ca)
    assert missing.returncode == 2 and missing.stderr.startswith(f"tidewaiter: {url} answered 401: ")
    assert missing.stderr.endswith("; put a token into TIDEWAITER_TOKEN or name its file with --token-file "
                                   "(whoever runs the daemon makes one with tidewaiterd --new-token)\n")
    denied = ask(url, "submit", ca, f"--token-file={path}", "localhost:5055/a:1")
    assert denied.returncode == 2 and f"{url} answered 403: " in denied.stderr
    untrusted = ask(url, "queue", env={"TIDEWAITER_TOKEN": token})
    assert (untrusted.returncode, untrusted.stderr) == (2, (
        f"tidewaiter: {url}: its certificate is not trusted, expired, or for another name; --ca=FILE names "
        "the CA of its certificate, --server another daemon\n"))
    os.chmod(path, 0o644)
    public = ask(url, "queue", ca, f"--token-file={path}")
    assert public.returncode == 2 and "everybody on this machine may read" in public.stderr
    broken = ask(url, "queue", ca, env={"TIDEWAITER_TOKEN": "two CANARY words"})
    assert (broken.returncode, broken.stderr) == (2, "tidewaiter: TIDEWAITER_TOKEN: a token has no blanks in it\n")
    for done in (missing, denied, untrusted, public):
        assert token not in done.stderr + done.stdout
    assert daemon.stop() == 0


def test_client__nobody_there__says_what_to_do():
    url = f"http://127.0.0.1:{programs.free_port()}"
    done = ask(url, "status")
    assert (done.returncode, done.stderr) == (2, (
        f"tidewaiter: {url}: no connection; start tidewaiterd, or name "
        "another daemon with --server\n"))
    wrong = ask("ftp://x", "status")
    assert (wrong.returncode, wrong.stderr) == (
        2, 'tidewaiter: server: "ftp://x" must be a URL such as https://tidewaiter.example:8055\n')


@pytest.fixture
def liar():
    """A server that answers as it is told: liar.answer = (status, type, body)."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, kind, body = self.server.answer
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                pass  # it had enough
        do_POST = do_GET

        def log_message(self, *_):
            pass
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


JSON, PROBLEM = "application/json", "application/problem+json"


@pytest.mark.parametrize("answer,told", [
    ((200, "text/html", b"<html>"), "answered with something else than application/json: is that a tidewaiterd?"),
    ((302, "text/html", b""), "answered 302: is that a tidewaiterd?"),
    ((200, JSON, b"["), "its answer: not JSON"),
    ((200, JSON, b"[]"), "its answer: not an object"),
    ((200, JSON, b'{"a":' * 100 + b"1" + b"}" * 100), "its answer: "),
    ((200, JSON, b"{}"), "the daemon's answer has no list in it"),
    ((500, PROBLEM, b'{"detail": "\\u001b[31mred\\u0007\xc2\x9b"}'), r"answered 500: \x1b[31mred\x07\xc2\x9b"),
    ((503, PROBLEM, json.dumps({"detail": "x" * 100000}).encode()), "answered 503: " + "x" * 280 + "\n"),
    ((400, "text/plain", b"no"), "answered 400\n"),
])
def test_client__hostile_answers__are_told_and_bounded(liar, answer, told):
    liar.answer = answer
    done = ask(liar.url, "queue")
    assert done.returncode == 2 and told in done.stderr, done.stderr
    assert all(32 <= ord(c) < 127 for c in done.stderr[:-1]), done.stderr


def test_client__hostile_items__shown_escaped(liar):
    liar.answer = (200, JSON, json.dumps({"items": [
        {"id": "\x1b[2J", "state": 5, "reference": "a\nb", "error": {"code": "\x07"}}, 7, None],
        "next": None}).encode())
    done = ask(liar.url, "queue", "--state=failed")
    assert done.stdout == "\\x1b[2J  ?  a\\x0ab  \\x07: \n?  ?  ?\n?  ?  ?\n"
    raw = ask(liar.url, "queue", "--state=failed", "--format=json").stdout
    assert "\x1b" not in raw and json.loads(raw)["items"][0]["id"] == "\x1b[2J"


@pytest.mark.parametrize("image,code", [
    ({"decision": "pass", "completeness": "complete"}, 0), ({"decision": "warn", "completeness": "complete"}, 0),
    ({"decision": "pass", "completeness": "partial"}, 3), ({"decision": "pass"}, 3),
    ({"decision": "deny", "completeness": "complete"}, 1), ({"completeness": "complete"}, 1), ({}, 1)])
def test_client__what_is_not_told__is_not_clean(liar, image, code):
    digest = "sha256:" + "a" * 64
    liar.answer = (200, JSON, json.dumps({"id": "s1", "state": "done", "digest": digest, **image}).encode())
    assert ask(liar.url, "submit", "--wait", "--format=json", "a/b:1").returncode == code
    assert ask(liar.url, "submit", "--wait", "--fail-on=high", "a/b:1").returncode == 1  # no counts


def test_client__wait_on_a_terminal__shows_progress(folder):
    daemon = programs.Daemon(folder, registries="http://localhost:1").start()
    leader, follower = pty.openpty()
    process = subprocess.Popen([BIN / "tidewaiter", "submit", "--wait", "--timeout=3", "--server", daemon.url,
                                "localhost:1/a:1"], stderr=follower, stdout=subprocess.DEVNULL)
    os.close(follower)
    shown = b""
    while select.select([leader], [], [], 20)[0]:
        try:
            shown += os.read(leader, 4096)
        except OSError:
            break
    assert process.wait() == 2
    assert b"\r\x1b[Kscan is " in shown and b"not done within 3 s" in shown
    os.close(leader)
    assert daemon.stop() == 0


# ---- shells ----


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    for shell in ("bash", "zsh", "fish"):
        (folder / shell).write_text(run(BIN / "tidewaiter", "completion", shell).stdout)
    return folder


def in_bash(scripts, line):
    words = line.replace("=", " = ").split(" ")
    words = [w for w in words[:-1] if w] + [words[-1]]
    script = (f"source {scripts}/bash; compopt() {{ :; }}; COMP_WORDS=({' '.join(repr(w) for w in words)}); "
              f"COMP_CWORD={len(words) - 1}; _tidewaiter; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return set(run("bash", "--norc", "-c", script).stdout.split())


def in_fish(scripts, line, home):
    out = run("fish", "--no-config", "-c", f"source {scripts}/fish; complete -C '{line}'",
              env={**os.environ, "HOME": str(home)}).stdout
    return {text.split("\t")[0].split("=")[-1] if "=" in line else text.split("\t")[0] for text in out.splitlines()}


def in_zsh(scripts, line, home):
    """What a real zsh shows on a terminal when Tab is pressed twice, without what draws it."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(["zsh", "-f", "-i"], stdin=follower, stdout=follower, stderr=follower,
                               start_new_session=True,
                               env={**os.environ, "HOME": str(home), "TERM": "dumb", "COLUMNS": "200"})
    os.close(follower)
    os.write(leader, (f"PS1=; stty -echo; autoload -Uz compinit; compinit -u -d {home}/dump; source {scripts}/zsh; "
                      "LISTMAX=1000; setopt no_beep list_ambiguous; print READY$((1+1))\n").encode())

    def read_until(end, seconds):
        got = b""
        while end not in got and select.select([leader], [], [], seconds)[0]:
            try:
                got += os.read(leader, 65536)
            except OSError:
                break
        return got
    assert b"READY2" in read_until(b"READY2", 30)
    os.write(leader, line.encode() + b"\t\t")
    shown = read_until(b"\0never", 1.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.close(leader)
    return set(re.findall(r"[\w./=-]+", re.sub(r"\x1b\[[\d;?]*[A-Za-z]", " ", shown.decode(errors="replace"))))


COMMANDS = {"scan", "gate", "diff", "inspect", "facts", "rules", "submit", "status", "report", "queue",
            "completion"}
FORMATS = {"text", "json", "sarif", "junit", "cyclonedx"}


@pytest.mark.parametrize("line,all_of,none_of", [
    ("tidewaiter ", COMMANDS, {"--format"}),
    ("tidewaiter scan --format=", FORMATS, {"bash"}),
    ("tidewaiter report --fail-on ", {"critical", "high", "medium", "low", "info"}, {"json"}),
    ("tidewaiter rules TW20", {"TW201", "TW202"}, {"TW501"}),
    ("tidewaiter completion ", {"bash", "zsh", "fish"}, {"json"}),
    ("tidewaiter queue --state ", {"queued", "running", "done", "failed"}, {"retry"}),
    ("tidewaiterd --log-format=", {"text", "json"}, {"sarif"}),
    ("tidewaiterd --cage ", {"full", "without-landlock", "none"}, set()),
])
@pytest.mark.parametrize("shell", [in_bash, in_fish, in_zsh])
def test_completion__words__are_those_of_the_programs(scripts, folder, shell, line, all_of, none_of):
    offered = shell(scripts, line) if shell is in_bash else shell(scripts, line, folder)
    assert all_of <= offered, offered
    assert not none_of & offered


def test_completion__flags_and_files__in_bash(scripts, folder):
    options = in_bash(scripts, "tidewaiter submit --")
    assert {"--wait", "--timeout=", "--server=", "--token-file=", "--help"} <= options
    assert not {"--listen=", "--plain-http", "--limit="} & options
    (folder / "policy.yaml").write_text("")
    assert in_bash(scripts, f"tidewaiter gate --policy={folder}/pol") == {f"{folder}/policy.yaml"}
    helped = run(BIN / "tidewaiterd", "--help").stdout
    told = set(re.findall(r"--[a-z][a-z-]+", helped)) | {"--help"}
    assert {flag.rstrip("=") for flag in in_bash(scripts, "tidewaiterd --")} == told
    for command in COMMANDS:
        helped = run(BIN / "tidewaiter", command, "--help").stdout
        told = set(re.findall(r"^  (--[a-z-]+)", helped, re.M)) | {"--help"}
        assert {flag.rstrip("=") for flag in in_bash(scripts, f"tidewaiter {command} --")} == told, command
