"""What admission needs around it: a registry with programs of today's Go, and a daemon that is asked."""
import os
import shutil
import sys
from pathlib import Path

import access
import images
import programs
from apiserver import Webhook
from programs import TOP, http

sys.path.append(str(TOP / "tests/golang"))
import builds  # noqa: E402 pylint: disable=wrong-import-position

GOLANG = Path(os.environ.get("TW_GOLANG", "/var/tmp/tidewaiter-golang"))
GO = "1.27"
SOURCE = Path(__file__).parent / "admission" / "till"
TILL = "usr/local/bin/till"
ENTRYPOINT = f"/{TILL}"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
POLICY = """\
name: shop
admission: {enforce: true, unscanned: wait, unknown: warn}
channels:
  - name: beta
    match: {namespace: "beta-*"}
    allow: {godebug: [gctrace, asyncpreemptoff]}
  - name: canary
    match: {label: {tier: canary}}
    allow: {godebug: [gctrace, asyncpreemptoff]}
"""


def till(version=GO, arch="amd64"):
    """The program, built by that Go."""
    builds.toolchains(GOLANG, [version])
    build = builds.Build(f"till-{arch}", "-trimpath", "-ldflags=-s -w", platform=f"linux/{arch}")
    return build.make(GOLANG, version, SOURCE)


def till_image(folder, program, **variables):
    """The image that a Dockerfile `FROM scratch` with that program, CAs and ENV makes."""
    folder.mkdir()
    image = images.new(folder)
    image.add(CERTIFICATES, CERTIFICATES)
    image.add(program, ENTRYPOINT)
    image.umoci("config", "--config.entrypoint", ENTRYPOINT)
    for name, value in variables.items():
        image.env(f"ENV {name}={value}", **{name: value})
    return image


class Door(programs.Daemon):
    """A daemon over TLS: everybody may ask for admission, tokens are for the rest."""

    def __init__(self, folder, authority, *options, policy=POLICY, anybody="[admission]",
                 program=None, **kw):
        """program: the folder of another build."""
        folder = Path(folder)
        folder.mkdir(exist_ok=True)
        self.authority = authority
        cert, key = authority.issue("server")
        self.certificate = folder / "tls.crt", folder / "tls.key"
        for source, target in zip((cert, key), self.certificate):
            shutil.copy(source, target)
        self.token, line = access.new_token()
        self.other_token, other = access.new_token()
        lines = ["tokens:", line.replace("CLIENT", "admin").replace("[read]", "[admin]"),
                 other.replace("CLIENT", "apiserver").replace("[read]", "[admission]")]
        lines += [f"anybody: {anybody}"] if anybody else []
        self.access = access.write_private(folder / "access.yaml", "\n".join([*lines, ""]))
        self.policy = folder / "policy.yaml"
        self.policy.write_text(policy)
        super().__init__(folder, f"--access={self.access}", f"--tls-cert={self.certificate[0]}",
                         f"--tls-key={self.certificate[1]}", f"--policy={self.policy}",
                         *options, **kw)
        self.argv[0] = f"{program}/tidewaiterd" if program else self.argv[0]
        self.admin = {"Authorization": f"Bearer {self.token}"}
        self.url = f"https://localhost:{self.port}"

    def answers(self):
        assert self.alive(), self.log()[-4000:]
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False

    def ask(self, path, body=None, headers=None):
        """(status, JSON) of one request; by default as the administrator."""
        headers = self.admin if headers is None else headers
        return access.https(self.port, path, self.authority, headers=headers, body=body)[:2]

    def webhook(self, **kw):
        return Webhook(self, self.authority, **kw)

    def decide(self, review, timeout=10):
        """One review over a connection of its own."""
        webhook = self.webhook()
        try:
            return webhook.ask(review, timeout)
        finally:
            webhook.close()

    def scans(self):
        """All of them, by digest: their states."""
        found, cursor = {}, ""
        while cursor is not None:
            page = self.ask(f"/v1/scans?limit=200{cursor and '&cursor=' + cursor}")[1]
            for scan in page["items"]:
                found.setdefault(scan["digest"], []).append(scan["state"])
            cursor = page["next"]
        return found

    def scanned(self, digest, seconds=60):
        """Waits for the report of a digest."""
        programs.wait_for(f"the report of {digest}", lambda: self.ask(
            f"/v1/images/{digest}/report")[0] == 200, seconds)
        return digest


def put_index(registry, name, tag, platforms):
    """An index of manifests, {"amd64": digest, …}; returns its digest."""
    base = f"http://{registry.host}/v2/{name}/manifests"
    kind = "application/vnd.oci.image.manifest.v1+json"
    entries = [{"mediaType": kind, "digest": digest,
                "size": len(http("GET", f"{base}/{digest}", headers={"Accept": kind}).body),
                "platform": {"os": "linux", "architecture": arch}}
               for arch, digest in platforms.items()]
    kind = "application/vnd.oci.image.index.v1+json"
    put = http("PUT", f"{base}/{tag}", {"schemaVersion": 2, "mediaType": kind, "manifests": entries},
               {"Content-Type": kind})
    assert put.status == 201, put.text
    return put.headers["Docker-Content-Digest"]


class Shop:
    """A registry with images, and a daemon that has scanned them all. shop["bad"] is a reference
    with a tag and a digest, shop.digest["bad"] the digest."""

    def __init__(self, folder):
        self.folder, self.authority = folder, access.Authority(folder)
        port = programs.free_port()
        self.registry = programs.Registry(folder).start()
        self.door = Door(folder / "door", self.authority, port=port,
                         registries=f"http://{self.registry.host}")
        self.door.start()
        self.digest = {}

    def push(self, name, source):
        self.digest[name] = self.registry.push(source, f"shop/{name}:1")
        return self.scan(name)

    def scan(self, name):
        status, answer = self.door.ask("/v1/scans", body=programs.json.dumps(
            {"reference": self.tag(name)}).encode(),
            headers={**self.door.admin, "Content-Type": "application/json"})
        assert status == 202, answer
        self.door.scanned(self.digest[name])
        return self.digest[name]

    def tag(self, name):
        return f"{self.registry.host}/shop/{name}:1"

    def __getitem__(self, name):
        return f"{self.tag(name)}@{self.digest[name]}"

    def stop(self):
        assert not self.door.alive() or self.door.stop() == 0, self.door.log()[-4000:]
        self.registry.stop()
        assert "Sanitizer" not in self.door.log() and "runtime error" not in self.door.log(), \
            self.door.log()


def open_shop(folder):
    """good: nothing to say against it; bad: ENV that ends it at start; old: Debian's registry."""
    shop = Shop(folder)
    program = till()
    shop.push("good", till_image(folder / "good", program).source)
    shop.push("bad", till_image(folder / "bad", program, GODEBUG="tls10server=1").source)
    shop.push("base", till_image(folder / "base", program, SET="tls10server=1").source)
    shop.push("loud", till_image(folder / "loud", program, GODEBUG="asyncpreemptoff=1").source)
    old = images.new(folder)
    old.add("/usr/bin/docker-registry", "/usr/bin/registry")
    old.add(CERTIFICATES, CERTIFICATES)
    old.umoci("config", "--config.entrypoint", "/usr/bin/registry")
    shop.push("old", old.source)
    return shop
