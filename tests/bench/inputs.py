"""What is measured: layers of Debian's packages and npm's Go programs, and images of them. Made once in a
folder, and kept there."""
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "golang"), str(HERE.parent / "system")]
import builds  # noqa: E402

FOLDER = Path(os.environ.get("TW_BENCH", "/var/tmp/tidewaiter-bench"))
GOLANG = Path(os.environ.get("TW_GOLANG", "/var/tmp/tidewaiter-golang"))
PACKAGES = """chromium libreoffice-core qemu-system-x86 llvm-14 libclang-cpp14 libllvm14 gcc-12 cpp-12 g++-12
    postgresql-15 libwebkit2gtk-4.1-0 texlive-binaries fonts-noto-cjk gdb git libpython3.11-stdlib perl-modules-5.36
    firefox-esr binutils-x86-64-linux-gnu coreutils golang-1.19-go golang-1.19-src docker-registry skopeo umoci
    ffmpeg libavcodec59 libicu72 libboost-dev python3-numpy python3-sympy systemd bash dpkg apt""".split()
NPM = ("@typescript/native-preview-linux-x64", "@esbuild/linux-x64", "lefthook-linux-x64")
MB = 1 << 20


def bring_npm(folder):
    """Packages as they come, unpacked."""
    for name in NPM:
        target = folder / name.replace("/", "-").lstrip("@")
        if target.exists():
            continue
        packed = subprocess.run(["npm", "pack", "--silent", "--pack-destination", folder, name],
                                check=True, capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(folder / packed) as tar:
            tar.extractall(target.with_suffix(".part"))
        (folder / packed).unlink()
        target.with_suffix(".part").rename(target)


def bring_debian(folder):
    """Packages unpacked side by side, as in a base image."""
    if folder.exists():
        return
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    part.chmod(0o777)  # apt downloads as a user of its own
    subprocess.run(["apt-get", "-qq", "download", *PACKAGES], check=True, cwd=part)
    for package in sorted(part.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, part], check=True)
        package.unlink()
    part.rename(folder)


def mixed_files():
    """What base images have: mostly programs, libraries and data that are not Go's; one toolchain."""
    npm, debian = FOLDER / "npm", FOLDER / "debian"
    npm.mkdir(parents=True, exist_ok=True)
    bring_npm(npm)
    bring_debian(debian)
    return [path for source in (debian, npm) for path in sorted(source.rglob("*"))]


def go_files():
    """Nine Go toolchains: a third of it is Go programs."""
    builds.toolchains(GOLANG)
    return [path for version in builds.VERSIONS for path in sorted((GOLANG / version).rglob("*"))]


class Counted:
    """A pipe that tells how much went through it."""

    def __init__(self, pipe):
        self.pipe, self.size = pipe, 0

    def write(self, data):
        self.pipe.write(data)
        self.size += len(data)
        return len(data)


def write_tar(out, name, size, files):
    """Files until there are `size` bytes of them, in ever new folders; a first one makes it like no other."""
    counted, turn = Counted(out), 0
    with tarfile.open(fileobj=counted, mode="w|", bufsize=MB) as tar:
        tar.addfile(tarfile.TarInfo(name))
        while counted.size < size:
            for path in files:
                tar.add(path, f"{turn}{path}", recursive=False)
                if counted.size >= size:
                    break
            turn += 1


def compress(command, target, write):
    """A file that is there whole or not at all."""
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with open(part, "wb") as out:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out) as process:
            write(process.stdin)
            process.stdin.close()
            if process.wait() != 0:
                raise SystemExit(f"{command} failed")
    part.rename(target)
    return target


def layer(name, size, files=mixed_files, command=("gzip", "-6")):
    """A compressed tar of at least `size` bytes, unless it is there."""
    return compress(command, FOLDER / name, lambda pipe: write_tar(pipe, name, size, files()))


def digest_of(path):
    hashed = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(MB):
            hashed.update(block)
    return "sha256:" + hashed.hexdigest()


def put(layout, body):
    digest = "sha256:" + hashlib.sha256(body).hexdigest()
    path = layout / "blobs/sha256" / digest[7:]
    path.write_bytes(body)
    return {"digest": digest, "size": len(body)}


def link(layout, path):
    digest = digest_of(path)
    target = layout / "blobs/sha256" / digest[7:]
    if not target.exists():
        os.link(path, target)
    return {"digest": digest, "size": path.stat().st_size}


def image(name, layers):
    """An OCI layout of these layer files; `oci:` and its path. Blobs are links, so that nothing is
    copied."""
    layout = FOLDER / "images" / name
    if (layout / "index.json").exists():
        return f"oci:{layout}"
    shutil.rmtree(layout, ignore_errors=True)
    (layout / "blobs/sha256").mkdir(parents=True)
    kind = "application/vnd.oci.image"
    config = put(layout, json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/usr/bin"]},
        "rootfs": {"type": "layers", "diff_ids": []}}).encode())
    manifest = put(layout, json.dumps({
        "schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json",
        "config": {"mediaType": f"{kind}.config.v1+json", **config},
        "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", **link(layout, path)}
                   for path in layers]}).encode())
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({
        "schemaVersion": 2, "manifests": [{"mediaType": f"{kind}.manifest.v1+json", **manifest}]}))
    return f"oci:{layout}"


def program_layer(name):
    """A layer of one Go program that the machine has."""
    def write(pipe):
        with tarfile.open(fileobj=pipe, mode="w|", bufsize=MB) as tar:
            tar.add(shutil.which(name), f"usr/local/bin/{name}")
    return compress(["gzip", "-6"], FOLDER / f"{name}.tar.gz", write)


def files_layer(count):
    """A layer of so many small files that are no programs."""
    def write(pipe):
        with tarfile.open(fileobj=pipe, mode="w|", bufsize=MB) as tar:
            for number in range(count):
                info = tarfile.TarInfo(f"srv/{number % 1000}/{number}.txt")
                body = b"%d\n" % number
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
    return compress(["igzip", "-1"], FOLDER / f"files-{count}.tar.gz", write)
