"""Many small distinct images in a real registry, pushed by HTTP in milliseconds each."""
import gzip
import hashlib
import http.client
import io
import json
import tarfile

from programs import TOP

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PROGRAM = (TOP / "tests/unit/gobin/data/inline-amd64.bin").read_bytes()


def digest_of(body):
    return "sha256:" + hashlib.sha256(body).hexdigest()


def layer(**files):
    """A tar.gz with these files: (compressed, uncompressed)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(body), 0o755
            tar.addfile(info, io.BytesIO(body))
    return gzip.compress(out.getvalue(), mtime=0), out.getvalue()


class Many:
    """Images of two layers: one with a Go program, the same in all, and one of each image's own."""

    def __init__(self, registry):
        self.registry = registry
        self.connection = http.client.HTTPConnection(registry.host, timeout=30)
        self.base = layer(app=PROGRAM)
        self.known = set()

    def request(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status < 300, (method, path, answer.status)
        return answer

    def blob(self, repository, body):
        if (repository, digest_of(body)) in self.known:
            return
        place = self.request("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
        path = place[place.index("/v2/"):]
        self.request("PUT", f"{path}{'&' if '?' in path else '?'}digest={digest_of(body)}", body,
                     Content_Type="application/octet-stream")
        self.known.add((repository, digest_of(body)))

    def push(self, number, repository="many/app"):
        """Returns the manifest's digest."""
        own = layer(number=str(number).encode())
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "config": {"Env": [f"N={number}"]},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(self.base[1]), digest_of(own[1])]},
        }).encode()
        layers = [self.base[0], own[0]]
        for body in [*layers, config]:
            self.blob(repository, body)
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "size": len(config), "digest": digest_of(config)},
            "layers": [{"mediaType": LAYER, "size": len(b), "digest": digest_of(b)} for b in layers],
        }).encode()
        self.request("PUT", f"/v2/{repository}/manifests/{number}", manifest, Content_Type=MANIFEST)
        return digest_of(manifest)
