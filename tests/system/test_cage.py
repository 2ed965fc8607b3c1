"""The cage: what it forbids, what it refuses to run without, and one layer's trouble staying its own."""
import ctypes
import errno
import json
import os
import subprocess
from pathlib import Path

import pytest

from programs import BIN, CAGE_ENV, Daemon, free_port, run, tidewaiter, wait_for

CLEAN, FINDINGS, TROUBLE, INCOMPLETE = range(4)
LAYER = BIN / "tidewaiter-layer"

# What the cage may call, and what it may call in addition when it was built with sanitizers.
CALLS = {"read", "write", "pread64", "lseek", "close", "munmap", "mremap", "brk", "madvise", "futex",
         "clock_gettime", "gettimeofday", "sysinfo", "rt_sigreturn", "rt_sigprocmask", "exit",
         "exit_group", "mmap", "mprotect"}
SANITIZER_CALLS = {"getpid", "gettid", "sigaltstack", "rt_sigaction", "sched_yield", "getrlimit",
                   "prlimit64"}


# ---- kernels and runtimes that have less ----

def refusing(*calls):
    """A function for preexec_fn: each system call (its name, an error, what its first argument must
    be or None for any) answers with that error from then on."""
    class Compare(ctypes.Structure):
        _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64),
                    ("b", ctypes.c_uint64)]
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    lib.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int,
                                           ctypes.c_uint, ctypes.c_void_p]
    lib.seccomp_load.argtypes = [ctypes.c_void_p]
    allow, refuse, equal = 0x7fff0000, 0x00050000, 4

    def install():
        rules = lib.seccomp_init(allow)
        for name, number, first in calls:
            call = lib.seccomp_syscall_resolve_name(name.encode())
            compare = Compare(0, equal, first or 0, 0)
            if lib.seccomp_rule_add_array(rules, refuse | number, call, first is not None,
                                          ctypes.byref(compare)) != 0:
                os._exit(99)
        if lib.seccomp_load(rules) != 0:
            os._exit(99)
    return install


PR_SET_SECCOMP = 22
no_landlock = refusing(("landlock_create_ruleset", errno.ENOSYS, None))
no_filters = refusing(("seccomp", errno.EPERM, None), ("prctl", errno.EPERM, PR_SET_SECCOMP))


def layer(*argv, preexec_fn=None, data=b""):
    return subprocess.run([str(LAYER), *argv], input=data, capture_output=True,
                          preexec_fn=preexec_fn, env=CAGE_ENV)


@pytest.fixture(scope="module")
def self_test():
    """Of the program that is shipped: with sanitizers it takes a quarter of a minute."""
    shipped = os.environ.get("TW_RELEASE_BIN")
    return run(f"{shipped}/tidewaiter-layer" if shipped else LAYER, "--self-test", check=False,
               env=CAGE_ENV)


def test_cage__self_test__everything_is_refused(self_test):
    done = self_test
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) >= 34
    assert all(" refused" in line and "NOT" not in line for line in lines), done.stdout
    calls, listed = lines[-1].split("; allowed are ")
    assert int(calls.split("(")[1].split()[0]) > 900
    assert CALLS <= set(listed.split()) <= CALLS | SANITIZER_CALLS


def test_cage__landlock_alone_and_seccomp_alone__each_refuses_a_file(self_test):
    lines = self_test.stdout.splitlines()
    for what in ("read a file", "write a file", "list a folder"):
        line = next(line for line in lines if line.startswith(what + " "))
        for wall, answer in (("seccomp", "EACCES"), ("landlock", "EACCES"), ("rlimits", "EMFILE")):
            assert f"{wall} alone ({answer})" in line


def test_cage__self_test_without_walls__says_that_nothing_holds():
    done = run(LAYER, "--self-test", "--walls", "none", check=False, env=CAGE_ENV)
    assert done.returncode == 1
    assert "NOT REFUSED (worked)" in done.stdout and "does not hold" in done.stderr


@pytest.mark.parametrize("word, code, says", [
    ("full", 3, b"no landlock"), ("without-landlock", 0, b""), ("none", 0, b"")])
def test_cage__kernel_without_landlock__runs_only_when_told_to(word, code, says):
    done = layer("--as", "layer", "--walls", word, preexec_fn=no_landlock)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    if code:
        assert b"cage=without-landlock" in done.stderr and done.stdout == b""
    else:
        assert json.loads(done.stdout)["complete"] is True


@pytest.mark.parametrize("word, code", [("full", 3), ("without-landlock", 3), ("none", 0)])
def test_cage__no_seccomp_filters__runs_only_when_told_to(word, code):
    done = layer("--as", "layer", "--walls", word, preexec_fn=no_filters)
    assert done.returncode == code, done.stderr
    if code:
        assert b"cage=none" in done.stderr and done.stdout == b""


def test_cage__no_word_of_walls__is_full():
    assert layer("--as", "layer", preexec_fn=no_landlock).returncode == 3
    done = layer("--as", "layer", "--walls", "most")
    assert done.returncode == 2 and b"full, without-landlock or none" in done.stderr


def test_scan__kernel_without_landlock__is_refused_or_done_as_the_setting_says(image):
    def scan(*options):
        return subprocess.run([str(BIN / "tidewaiter"), "scan", "--format", "json", *options,
                               image.source], capture_output=True, preexec_fn=no_landlock)
    refused = scan()
    assert refused.returncode == TROUBLE and b"cage=without-landlock" in refused.stderr
    assert refused.stdout == b""
    report = json.loads(scan("--cage=without-landlock").stdout)
    assert len(report["go_binaries"]) == 2
    assert report["completeness"]["status"] == "complete"


def test_settings__unknown_word_for_the_cage__lists_them():
    done = tidewaiter("scan", "--cage=some", "oci:/nonexistent")
    assert done.returncode == TROUBLE
    assert 'cage: "some" must be one of full|without-landlock|none' in done.stderr


def test_daemon__kernel_without_landlock__does_not_start(folder):
    argv = [str(BIN / "tidewaiterd"), f"--data-dir={folder}/data", f"--listen=127.0.0.1:{free_port()}"]
    done = subprocess.run(argv, capture_output=True, text=True, preexec_fn=no_landlock, timeout=60)
    assert done.returncode != 0
    assert "cage=without-landlock" in done.stderr + done.stdout


def test_daemon__fewer_walls__are_warned_of(folder):
    full = Daemon(folder).start()
    assert full.stop() == 0 and "fewer walls" not in full.log()
    fewer = Daemon(folder, env={"TIDEWAITER_CAGE": "without-landlock"}).start()
    assert fewer.stop() == 0
    assert "cage=without-landlock" in fewer.log() and "fewer walls" in fewer.log()


# ---- one layer's death or lie ----

LIE = ('{"reader":4,"executables":0,"texts_read":0,"compression":"none","in_bytes":1,"out_bytes":1,"entries":0,"complete":true,'
       '"files":[],"symlinks":[],"hardlinks":[],"whiteouts":[],"opaques":[],"version_files":[],'
       '"texts":[],"notes":[],"notes_dropped":0,"path_keys":""}')

HARM = {
    "crashes": ("kill -SEGV $$", "crashed (SIGSEGV)"),
    "breaks out": ("kill -SYS $$", "forbidden system call"),
    "uses up its time": ("kill -XCPU $$", "layer_seconds"),
    "uses up its memory": ("echo 'out-of-memory: out of memory' >&2; exit 1", "cage_memory_bytes"),
    "says nothing": ("exit 0", "said nothing"),
    "says nonsense": ("echo '{}'", "is missing"),
    "lies about its input": (f"echo '{LIE}'", "in_bytes"),
    "floods": ("exec cat /dev/zero", "inventory_bytes"),
    "hangs": ("exec sleep 1000", "cage_idle_seconds"),
}


def layers_of(image):
    """The digests of an OCI layout's layers, lowest first."""
    blobs = image.layout / "blobs" / "sha256"
    index = json.loads((image.layout / "index.json").read_text())
    manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_text())
    return [found["digest"][7:] for found in manifest["layers"]]


def double(folder, digest, deed, unless="/nonexistent"):
    """A cage that does its own deed for one layer, and is the real one for all others."""
    path = Path(folder) / "cage"
    path.write_text(f"""#!/bin/sh
input=$(mktemp {folder}/input.XXXXXX)
cat >$input
exec <$input
rm $input
[ "$(sha256sum <&0 | cut -c1-64)" = {digest} ] && [ ! -e {unless} ] && {{ {deed}
exit 0
}}
exec {path}.rewind {LAYER} "$@"
""")
    # The input has been read by sha256sum: descriptor 0 goes back to its start.
    rewind = Path(f"{path}.rewind")
    rewind.write_text("#!/usr/bin/python3\nimport os, sys\nos.lseek(0, 0, 0)\n"
                      "os.execv(sys.argv[1], sys.argv[1:])\n")
    path.chmod(0o755)
    rewind.chmod(0o755)
    return path


@pytest.mark.parametrize("harm", HARM)
def test_scan__one_layer_of_three__harms_that_layer_only(image, folder, harm):
    deed, says = HARM[harm]
    layers = layers_of(image)
    cage = double(folder, layers[1], deed)
    done = tidewaiter("scan", "--format", "json", f"--cage-program={cage}",
                      "--limit=cage_idle_seconds=10", "--limit=inventory_bytes=3000000", image.source)
    assert done.returncode == FINDINGS, done.stderr  # those of the image's ENV
    report = json.loads(done.stdout)
    assert [b["path"] for b in report["go_binaries"]] == ["usr/local/bin/umoci"]
    assert report["completeness"]["status"] == "partial"
    missing = [n for n in report["completeness"]["notes"] if n["code"] != "no-end-marker"]
    assert len(missing) == 1 and says in missing[0]["message"], missing
    assert layers[1] in json.dumps(missing[0])


def test_scan__every_layer_dies__is_a_report_of_nothing(image, folder):
    cage = folder / "cage"
    cage.write_text(f"#!/bin/sh\nn=$(head -c 1 | wc -c)\n[ $n = 0 ] && exec {LAYER} \"$@\"\nkill -SEGV $$\n")
    cage.chmod(0o755)
    done = tidewaiter("scan", "--format", "json", f"--cage-program={cage}", image.source)
    assert done.returncode == FINDINGS, done.stderr
    report = json.loads(done.stdout)
    assert report["go_binaries"] == [] and report["completeness"]["status"] != "complete"
    assert len(report["completeness"]["notes"]) == 3


def layers_read(daemon):
    start = 'tidewaiter_layers_total{from="cage"} '
    return next(int(line[len(start):]) for line in daemon.get("/metrics").text.splitlines()
                if line.startswith(start))


@pytest.fixture
def daemon_of(folder, registry, daemon_port):
    """Starts the daemon that the registry notifies, with a cage program."""
    servers = []

    def make(cage):
        servers.append(Daemon(folder, f"--cage-program={cage}", registries=f"http://{registry.host}",
                              port=daemon_port).start())
        return servers[0]
    yield make
    for server in servers:
        assert server.stop() == 0, server.log()[-4000:]
        assert "Sanitizer" not in server.log() and "runtime error" not in server.log(), server.log()


def test_daemon__layer_dies__goes_on_and_does_not_keep_it(folder, registry, daemon_of, image):
    healed = folder / "healed"
    daemon = daemon_of(double(folder, layers_of(image)[1], "kill -SEGV $$", unless=healed))
    digest = registry.push(image.source, "team/app:1")
    report = daemon.wait_report(digest)
    assert report["completeness"]["status"] == "partial"
    assert [b["path"] for b in report["go_binaries"]] == ["usr/local/bin/umoci"]
    # The next scan reads that layer again, and only that one.
    healed.write_text("")
    before = layers_read(daemon)
    body = {"reference": f"{registry.host}/team/app@{digest}", "rescan": True}
    assert daemon.post("/v1/scans", body).status == 202
    whole = wait_for("the whole report", lambda: next(
        (r for r in [daemon.get(f"/v1/images/{digest}/report").json]
         if r["completeness"]["status"] == "complete"), None))
    assert len(whole["go_binaries"]) == 2
    assert layers_read(daemon) - before == 1
