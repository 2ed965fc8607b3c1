"""`tidewaiter scan` and `inspect` on real images from every kind of source."""
import json
import shutil
import subprocess

import pytest

import images
from programs import BIN, TOP, run, tidewaiter

CLEAN, FINDINGS, TROUBLE, INCOMPLETE = range(4)


def scan(source, *options):
    done = tidewaiter("scan", "--format", "json", *options, source)
    assert done.returncode in (CLEAN, FINDINGS, INCOMPLETE), done.stderr
    return json.loads(done.stdout)


def facts(report):
    """What must not depend on where an image came from, or on how its layers are compressed."""
    return {
        "environment": report["environment"],
        "binaries": [{k: v for k, v in b.items() if k != "layer"} for b in report["go_binaries"]],
        "findings": [(f["rule"], f["binary"], f["message"]) for f in report["findings"]],
        "completeness": report["completeness"]["status"],
        "notes": [(n["path"], n["code"]) for n in report["completeness"]["notes"]],
        "decision": report["verdict"]["decision"],
    }


def copy(image, target, *options):
    run("skopeo", "--insecure-policy", "copy", "-q", *options, image.source, target)
    return target


def test_scan__registry_and_layout_and_archives__same_facts(image, registry, folder):
    expected = scan(image.source)
    assert [b["path"] for b in expected["go_binaries"]] == [
        "usr/local/bin/registry", "usr/local/bin/umoci"]
    assert expected["go_binaries"][0]["go"]["release"].startswith("1.19")
    assert expected["completeness"]["status"] == "complete"  # umoci leaves off the end marker
    assert {n["code"] for n in expected["completeness"]["notes"]} == {"no-end-marker"}
    registry.push(image.source, "team/app:1")
    sources = {
        "oci-archive": copy(image, f"oci-archive:{folder}/image.oci.tar:1"),
        "docker-archive": copy(image, f"docker-archive:{folder}/image.docker.tar:team/app:1"),
    }
    for name, source in sources.items():
        assert facts(scan(source)) == facts(expected), name
    report = scan(f"{registry.host}/team/app:1", "--plain-http")
    assert facts(report) == facts(expected)
    assert report["image"]["registry"] == registry.host
    assert report["image"]["repository"] == "team/app" and report["image"]["tag"] == "1"
    assert facts(scan(f"docker://{registry.host}/team/app@{report['image']['digest']}",
                      "--plain-http")) == facts(expected)


@pytest.mark.parametrize("options", [
    ["--format", "v2s2"],
    ["--dest-compress-format", "zstd", "--dest-compress"],
    ["--dest-decompress"],
])
def test_scan__other_media_types_and_compressions__same_facts(image, registry, folder, options):
    if "--dest-decompress" in options or "zstd" in options:
        target = f"dir:{folder}/copy"
        copy(image, target, *options)
        # skopeo's dir: is only a way to a registry here: it keeps what the options did.
        run("skopeo", "--insecure-policy", "copy", "-q", "--preserve-digests",
            "--dest-tls-verify=false", target, f"docker://{registry.host}/team/app:2")
    else:
        copy(image, f"docker://{registry.host}/team/app:2", "--dest-tls-verify=false", *options)
    report = scan(f"{registry.host}/team/app:2", "--plain-http")
    assert facts(report) == facts(scan(image.source))
    types = {layer["media_type"] for layer in report["image"]["layers"]}
    if "v2s2" in options:
        assert types == {"application/vnd.docker.image.rootfs.diff.tar.gzip"}
    elif "zstd" in options:
        assert types == {"application/vnd.oci.image.layer.v1.tar+zstd"}
    else:
        assert types == {"application/vnd.oci.image.layer.v1.tar"}


def test_scan__unpacked_tree_and_single_file__same_binaries(image, folder):
    run("umoci", "unpack", "--rootless", "--image", f"{image.layout}:1", folder / "bundle")
    binaries = facts(scan(image.source))["binaries"]
    tree = scan(f"dir:{folder}/bundle/rootfs")
    assert facts(tree)["binaries"] == binaries
    assert tree["environment"] == [] and tree["image"].get("digest") is None
    path = f"{folder}/bundle/rootfs/usr/local/bin/umoci"
    single = scan(f"file:{path}")["go_binaries"]
    assert len(single) == 1 and single[0]["path"].endswith("usr/local/bin/umoci")
    assert single[0]["sha256"] == binaries[1]["sha256"]


def test_scan__environment__says_which_instruction_set_it(image):
    report = scan(image.source)
    godebug = next(v for v in report["environment"] if v["name"] == "GODEBUG")
    assert godebug["value"] == "mmap=1,gcstoptheworld=0,gctrace=1"
    assert godebug["set_by"]["instruction"] == images.GODEBUG_ENV
    final = next(v for v in report["environment"] if v["name"] == "GOROOT_FINAL")
    assert final["set_by"]["instruction"] == images.GODEBUG_ENV


def test_scan__whiteout__takes_the_binary_away(folder):
    image = images.new(folder)
    image.add("/usr/bin/docker-registry", "/usr/local/bin/registry")
    assert len(scan(image.source)["go_binaries"]) == 1
    image.umoci("insert", "--whiteout", "/usr/local")
    report = scan(image.source)
    assert report["go_binaries"] == [] and report["completeness"]["status"] == "complete"


def test_scan__damaged_layer__is_partial_and_says_which(folder):
    image = images.new(folder)
    image.add("/usr/bin/docker-registry", "/usr/local/bin/registry")
    image.add(shutil.which("umoci"), "/usr/local/bin/umoci")
    layer = scan(image.source)["image"]["layers"][-1]["digest"]
    blob = image.layout / "blobs" / "sha256" / layer.split(":")[1]
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.write_bytes(data)
    done = tidewaiter("scan", "--format", "json", "--fail-on", "critical", image.source)
    assert done.returncode == INCOMPLETE, done.stderr
    report = json.loads(done.stdout)
    assert report["completeness"]["status"] == "partial"
    assert report["completeness"]["notes"][0]["layer"] == layer
    assert "TW901" in [f["rule"] for f in report["findings"]]
    assert [b["path"] for b in report["go_binaries"]] == ["usr/local/bin/registry"]


def test_scan__exit_codes__follow_the_threshold(image, folder):
    report = scan(image.source)
    worst = next(s for s in ("critical", "high", "medium", "low", "info")
                 if report["verdict"]["counts"][s])
    assert tidewaiter("scan", "--fail-on", worst, image.source).returncode == FINDINGS
    clean = images.new(folder)
    clean.add("/etc/hostname", "/etc/motd")
    assert tidewaiter("scan", clean.source).returncode == CLEAN
    for bad in (["scan"], ["scan", "oci:/nonexistent:1"], ["scan", "--format", "nonsense", "x"],
                ["nonsense"], ["scan", "UPPER/case"], ["scan", "file:/etc"]):
        done = tidewaiter(*bad)
        assert done.returncode == TROUBLE, bad
        assert done.stdout == "" and done.stderr.startswith("tidewaiter: "), (bad, done.stderr)


def test_scan__twice__same_bytes(image):
    first, second = (tidewaiter("scan", "--format", "json", image.source) for _ in range(2))
    assert first.stdout == second.stdout


def go_version_m(path):
    """`go version -m` as a dictionary: version, path, mod, deps, settings."""
    done = run("go", "version", "-m", path, env={"PATH": "/usr/lib/go-1.19/bin:/usr/bin:/bin",
                                                  "HOME": "/nonexistent"})
    first, *lines = done.stdout.splitlines()
    said = {"version": first.rsplit(": ", 1)[1], "mod": None, "dep": [], "build": {}, "path": None}
    for line in lines:
        kind, *fields = line.strip("\t").split("\t")
        if kind == "path":
            said["path"] = fields[0]
        elif kind == "mod":
            said["mod"] = fields[:2]
        elif kind == "dep":
            said["dep"].append(fields[:2])
        elif kind == "build":
            key, value = fields[0].split("=", 1)
            said["build"][key] = value
    return said


@pytest.mark.parametrize("program", ["docker-registry", "skopeo", "umoci", "buildah", "runc"])
def test_inspect__debian_s_programs__agree_with_go_version(program):
    path = shutil.which(program)
    ours = json.loads(tidewaiter("inspect", "--format", "json", path).stdout)
    go = go_version_m(path)
    assert ours["is_go"] and ours["format"] == "elf" and ours["os"] == "linux"
    assert ours["go"]["version"] == go["version"]
    assert (ours["main"]["path"] or None) == go["path"]
    module = ours["main"]["module"]
    assert (module and [module["path"], module["version"] or ""]) == go["mod"]
    assert [[m["path"], m["version"] or ""] for m in ours["modules"]] == go["dep"]
    assert ours["settings"] == go["build"]


def test_inspect__not_go__says_so():
    done = tidewaiter("inspect", "--format", "json", "/bin/true")
    assert done.returncode == CLEAN
    record = json.loads(done.stdout)
    assert record["is_go"] is False and record["format"] == "elf"
