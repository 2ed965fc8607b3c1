"""Images from real Dockerfiles: buildah in a chroot, on small bases of busybox and a toolchain."""
import json
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import TIDEWAITER

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from container import Buildah  # noqa: E402 pylint: disable=wrong-import-position

CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"


class Kitchen:
    """buildah with the bases alpine:3.20 and golang:VERSION-alpine: as small as Alpine's, and with
    what those have that a Go program looks for."""

    def __init__(self, folder, top, versions):
        self.folder, self.buildah = folder, Buildah(folder)
        (folder / "cache").mkdir()  # of go build, so that only the first build is slow
        self.caches = [f"--volume={folder / 'cache'}:{home}/.cache" for home in ("", "/root")]
        tree = folder / "alpine"
        (tree / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), tree / "bin")
        for name in ("sh", "bash", "cat", "cp", "date", "echo", "ls", "mkdir", "true"):
            (tree / "bin" / name).symlink_to("busybox")
        (tree / CERTIFICATES).parent.mkdir(parents=True)
        shutil.copy(Path("/", CERTIFICATES), tree / CERTIFICATES)
        (tree / "etc/os-release").write_text("ID=alpine\nVERSION_ID=3.20.0\n")
        (tree / "tmp").mkdir()
        self.base("alpine:3.20", tree)
        for version in versions:
            go = folder / "golang" / "usr/local/go"
            shutil.copytree(tree, folder / "golang", symlinks=True)
            for part in ("bin", "pkg", "src", "lib", "VERSION", "go.env"):
                of = top / version / part
                if of.is_dir():
                    shutil.copytree(of, go / part, symlinks=True)
                elif of.exists():
                    shutil.copy(of, go / part)
            path = "/go/bin:/usr/local/go/bin:/bin"
            self.base(f"golang:{version}-alpine", folder / "golang", f"PATH={path}",
                      f"GOLANG_VERSION={version}", "GOTOOLCHAIN=local", "GOPATH=/go")
            shutil.rmtree(folder / "golang")

    def base(self, name, tree, *environment):
        container = self.buildah("from", "scratch")
        self.buildah("add", container, tree, "/")
        for variable in environment:
            self.buildah("config", "--env", variable, container)
        self.buildah("commit", "--rm", container, name)

    def bud(self, context, name):
        """The completed process of a build; it may have failed, as some here must."""
        return subprocess.run(["buildah", *self.buildah.options, "bud", "--isolation", "chroot",
                               "--pull=never", *self.caches, "-t", name, str(context)], text=True,
                              capture_output=True)

    def build(self, context, name):
        """The source of the image, for tidewaiter."""
        done = self.bud(context, name)
        assert done.returncode == 0, done.stdout + done.stderr
        layout = self.folder / f"{name}-layout"
        self.buildah("push", name, f"oci:{layout}:1")
        return f"oci:{layout}:1"


def scan(source, *options):
    run = subprocess.run([TIDEWAITER, "scan", "--format", "json", "--quiet", *options, source],
                         capture_output=True, text=True)
    assert run.returncode in (0, 1) and run.stderr == "", run.stderr
    return json.loads(run.stdout)


def findings(report):
    """"TW101 low GOROOT_FINAL=... does nothing" ...: the rule, how bad, and where."""
    return sorted(f"{f['rule']} {f['severity']} {f['binary'] or '-'}" for f in report["findings"])
