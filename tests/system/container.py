"""Building the project's Dockerfile without a Docker engine: debootstrap, then buildah in a chroot."""
import json
import os
import shutil
import subprocess
from pathlib import Path

from programs import TOP, run

BASE = "debian:bookworm-slim"


class Buildah:
    """buildah with a storage of its own."""

    def __init__(self, folder):
        self.options = ["--storage-driver", "vfs", "--root", str(folder / "storage"),
                        "--runroot", str(folder / "run")]

    def __call__(self, *argv):
        return run("buildah", *self.options, *argv).stdout.strip()

    def start(self, container, *argv, log):
        command = ["buildah", *self.options, "run", "--isolation", "chroot", container, "--", *argv]
        return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def base_tree(folder):
    """Debian's minimal system, from the mirror that this machine's own apt uses."""
    kept = Path(os.environ.get("TW_BASE_TREE", TOP / "build-test" / "base.tar"))
    if not kept.exists():
        root = folder / "base"
        sites = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)").stdout.split("\n")
        mirror = next(s.split()[0] for s in sites if s.endswith(" bookworm"))
        run("debootstrap", "--variant=minbase", "bookworm", root, mirror)
        for name in ("sources.list.d", "apt.conf.d", "auth.conf.d", "trusted.gpg.d", "keyrings"):
            if Path("/etc/apt", name).is_dir():
                shutil.copytree(Path("/etc/apt", name), root / "etc/apt" / name, dirs_exist_ok=True)
        if Path("/etc/apt/sources.list").exists():
            shutil.copy("/etc/apt/sources.list", root / "etc/apt/sources.list")
        else:
            (root / "etc/apt/sources.list").unlink()
        part = kept.with_suffix(".part")
        kept.parent.mkdir(exist_ok=True)
        run("tar", "-C", root, "--one-file-system", "-cf", part, ".")
        shutil.rmtree(root)
        part.rename(kept)
    return kept


def checkout(folder):
    """What a clean checkout would have: the files that git knows, as they are now."""
    target = folder / "checkout"
    files = run("git", "-C", TOP, "ls-files", "-z").stdout.split("\0")
    for name in filter(None, files):
        if (TOP / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, target / name)
    return target


def build(folder):
    """The project's image, and the buildah that has it."""
    buildah = Buildah(folder)
    scratch = buildah("from", "scratch")
    buildah("add", scratch, base_tree(folder), "/")
    buildah("commit", "--rm", scratch, BASE)
    buildah("bud", "--isolation", "chroot", "--pull=never", "--format", "docker",
            "-t", "tidewaiter", checkout(folder))
    return buildah


def config(buildah):
    return json.loads(buildah("inspect", "--type", "image", "tidewaiter"))["Docker"]["config"]
