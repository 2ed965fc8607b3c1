#!/usr/bin/python3
"""Makes data/ anew with umoci and skopeo: an OCI layout with two images and three tags, and archives."""
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"


def run(*argv):
    subprocess.run([str(a) for a in argv], check=True)


def archive_of_two():
    """What `docker save a b` writes: one config and layer each, named in one manifest.json."""
    with tarfile.open(DATA / "docker.tar") as one:
        entry = json.load(one.extractfile("manifest.json"))[0]
        members = [(m, one.extractfile(m).read()) for m in one.getmembers()
                   if m.name in (entry["Config"], entry["Layers"][0])]
    images = [entry, {**entry, "RepoTags": ["other/app:2", "team/app:stable"]}]
    with tarfile.open(DATA / "docker-two.tar", "w", format=tarfile.USTAR_FORMAT) as two:
        for member, body in members:
            two.addfile(member, io.BytesIO(body))
        text = json.dumps(images).encode()
        member = tarfile.TarInfo("manifest.json")
        member.size = len(text)
        two.addfile(member, io.BytesIO(text))


def main():
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    layout = DATA / "layout"
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:1.0")
    (DATA / "motd").write_text("hello\n")
    run("umoci", "insert", "--image", f"{layout}:1.0", DATA / "motd", "/etc/motd")
    run("umoci", "tag", "--image", f"{layout}:1.0", "stable")
    run("umoci", "config", "--image", f"{layout}:1.0", "--tag", "1.1", "--config.env", "A=b")
    (DATA / "motd").unlink()
    run("umoci", "gc", "--layout", layout)
    run("skopeo", "copy", "-q", f"oci:{layout}:1.0", f"oci-archive:{DATA}/oci.tar:1.0")
    run("skopeo", "copy", "-q", f"oci:{layout}:1.0", f"docker-archive:{DATA}/docker.tar:team/app:1.0")
    archive_of_two()
    run("gzip", "-nk", DATA / "oci.tar")


main()
