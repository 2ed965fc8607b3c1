"""The Debian packages: what lintian says, and their life in a real Debian: installed, run, upgraded, purged."""
import os
import re
import shutil
from pathlib import Path

import pytest

import container
from programs import BIN, TOP, run

RELEASE = Path(os.environ.get("TW_RELEASE_BIN", BIN)).parent
UNITS = ("tidewaiterd.service", "tidewaiterd.socket")

# lintian's tag -> why it stays. What is not here is a failure; what lintian no longer says, too.
LEFT = {
    "bogus-mail-host": "the project has no address of its own to be written to",
    "bogus-mail-host-in-debian-changelog": "the same",
    "initial-upload-closes-no-bugs": "it was never proposed to Debian",
}


def pack(folder, release):
    made = folder / f"packages-{release}"
    run("cpack", "--config", RELEASE / "CPackConfig.cmake", "-B", made,
        "-D", f"CPACK_DEBIAN_PACKAGE_RELEASE={release}", "-D", "CPACK_DEBIAN_TIDEWAITERD_PACKAGE_DEPENDS="
        f"tidewaiter (= 0.1.0-{release}), init-system-helpers (>= 1.54~), "
        "systemd | systemd-standalone-sysusers | systemd-sysusers")
    return sorted(made.glob("*.deb"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    return pack(tmp_path_factory.mktemp("deb"), 1)


def pages():
    return {p.name.rsplit(".", 1)[0] for d in ("docs/man", "deploy/man") for p in (TOP / d).glob("*.[158]")}


def test_debian__lintian__says_only_what_is_left(packages):
    said = {}
    for line in run("lintian", "--allow-root", *packages, check=False).stdout.splitlines():
        tag = re.match(r"[EW]: (\S+): (\S+)(.*)", line)
        if tag:
            said.setdefault(tag[2], []).append(tag[3])
    unpaged = {re.search(r"usr/bin/([\w-]+)", text)[1] for text in said.pop("no-manual-page", [])}
    assert unpaged == {"tidewaiter", "tidewaiterd", "tidewaiter-certificate"} - pages()
    assert set(said) == set(LEFT), said


def test_debian__own_page__has_every_option_of_help():
    text = (TOP / "deploy/man/tidewaiter-certificate.8").read_text().replace("Fl -", "--")
    options = re.findall(r"^  (--[a-z-]+)", run(BIN / "tidewaiter-certificate", "--help").stdout, re.M)
    assert len(options) >= 8 and all(f".It {o}" in text for o in options)


def test_debian__conffile__speaks_of_settings_that_there_are():
    text = (TOP / "deploy/debian/tidewaiterd.yaml").read_text()
    known = run(BIN / "tidewaiterd", "--help").stdout
    names = re.findall(r"^# ([a-z-]+): ", text, re.M)
    assert len(names) >= 3
    for name in names:
        assert f"--{name}" in known, name


class Debian:
    """A minimal Debian in a folder, and its root's commands."""

    def __init__(self, root):
        self.root = root
        root.mkdir()
        run("tar", "-C", root, "-xf", container.base_tree(root.parent))
        (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # nothing is started in here
        (root / "usr/sbin/policy-rc.d").chmod(0o755)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")

    def __call__(self, *argv, check=True):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        proxies = {k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}
        return run("chroot", self.root, *argv, check=check, env={**env, **proxies})

    def install(self, debs):
        for deb in debs:
            shutil.copy(deb, self.root / "tmp")
        self("apt-get", "install", "-y", "--no-install-recommends", *(f"/tmp/{d.name}" for d in debs))

    def files(self):
        """What is on the disk, but for what apt and dpkg keep for themselves."""
        own = ("./var/lib/dpkg", "./var/lib/apt", "./var/cache", "./var/log", "./tmp", "./proc", "./dev", "./root")
        found = run("find", ".", "-xdev", cwd=self.root).stdout.splitlines()
        return {f for f in found if not f.startswith(own)}


def test_debian__install_run_upgrade_purge__leaves_nothing_but_its_user(packages, folder):
    if os.geteuid() != 0:
        pytest.skip("a chroot takes root")
    debian = Debian(folder / "root")
    debian("apt-get", "update")
    needs = sorted({n for d in packages for n in re.findall(
        r"([\w.+-]*lib[\w.+-]+)", run("dpkg-deb", "-f", d, "Depends").stdout)})
    debian("apt-get", "install", "-y", "--no-install-recommends", "systemd-standalone-sysusers", *needs)
    before, accounts = debian.files(), (debian.root / "etc/passwd").read_text()

    debian.install(packages)
    installed = debian.files() - before
    assert {f"./usr/lib/systemd/system/{u}" for u in UNITS} <= installed
    data = debian.root / "var/lib/tidewaiter"
    uid = int(debian("id", "-u", "tidewaiter").stdout)
    assert uid != 0 and (data.stat().st_uid, data.stat().st_mode & 0o777) == (uid, 0o700)
    for link in ("multi-user.target.wants/tidewaiterd.service", "sockets.target.wants/tidewaiterd.socket"):
        assert (debian.root / "etc/systemd/system" / link).is_symlink(), link

    # As the packaged user, without any setting: the cage is found where the package has it.
    as_user = ["setpriv", "--reuid", "tidewaiter", "--regid", "tidewaiter", "--clear-groups", "--no-new-privs"]
    done = debian("sh", "-c", f"mount -t proc proc /proc 2>/dev/null; trap 'umount /proc' EXIT; "
                  f"{' '.join(as_user)} tidewaiterd --listen=127.0.0.1:58055 --data-dir=/var/lib/tidewaiter "
                  "& for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; tidewaiterd --check --listen=127.0.0.1:58055 "
                  "&& ok=1 && break; done; kill $!; wait $!; [ \"$ok\" ] && tidewaiter inspect /usr/bin/tidewaiterd")
    assert "listens on 127.0.0.1:58055" in done.stderr and "stopped" in done.stderr, done.stderr
    assert (data / "tidewaiter.db").stat().st_uid == uid

    (debian.root / "etc/tidewaiter/tidewaiterd.yaml").write_text("# mine\n")
    debian.install(pack(folder, 2))
    assert debian("dpkg-query", "-W", "-f", "${Version}", "tidewaiterd").stdout == "0.1.0-2"
    assert (debian.root / "etc/tidewaiter/tidewaiterd.yaml").read_text() == "# mine\n"
    assert (data / "tidewaiter.db").exists()

    debian("apt-get", "remove", "-y", "tidewaiterd")
    assert (data / "tidewaiter.db").exists() and (debian.root / "etc/tidewaiter/tidewaiterd.yaml").exists()
    debian("apt-get", "purge", "-y", "tidewaiterd", "tidewaiter")
    assert debian.files() - before - {"./etc/passwd-", "./etc/group-", "./etc/shadow-", "./etc/gshadow-"} == set()
    left = set((debian.root / "etc/passwd").read_text().splitlines()) - set(accounts.splitlines())
    assert [line.split(":")[0] for line in left] == ["tidewaiter"]
    assert list(left)[0].endswith("/nologin")
