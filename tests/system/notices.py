"""Notices of every sender, from the samples of tests/unit/webhook/data, about images that are there;
and what each sender shows of itself."""
import base64
import hashlib
import hmac
import json
import re
import time
import urllib.parse

from programs import TOP, run

SAMPLES = TOP / "tests/unit/webhook/data"
DIGEST = "sha256:" + "0123456789abcdef" * 4
SECRET = "CANARY-of-a-webhook-0123"
EMAIL = "push@project.iam.gserviceaccount.com"
AUDIENCE = "https://tidewaiter.example/v1/webhooks/google"

# The hosts that the samples name; the other senders name none, or one that cannot be here.
HOSTS = {"distribution": "reg.example:5000", "gitlab": "registry.gitlab.example",
         "azure": "reg.azurecr.io", "harbor": "harbor.example", "quay": "quay.example",
         "github": "ghcr.io", "gitea": "git.example"}
# What the sender does not say; the scan finds out.
WITHOUT_DIGEST = {"docker-hub", "quay", "gitea", "nexus"}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class GoogleKey:
    """Stands in for Google's: a key of our own, as a JWK set, and tokens signed by it."""

    def __init__(self, folder):
        self.key, self.file = folder / "google.pem", folder / "google.json"
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.key)
        self.folder = folder
        modulus = bytes.fromhex(
            run("openssl", "rsa", "-in", self.key, "-modulus", "-noout").stdout.strip().split("=")[1])
        self.file.write_text(json.dumps({"keys": [
            {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": base64url(modulus), "e": "AQAB"}]}))

    def token(self, **changes):
        now = int(time.time())
        claims = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": EMAIL,
                  "email_verified": True, "iat": now, "exp": now + 3600, **changes}
        parts = [base64url(json.dumps(part).encode())
                 for part in ({"alg": "RS256", "kid": "k1", "typ": "JWT"}, claims)]
        text, sum_path = self.folder / "signed", self.folder / "signature"
        text.write_text(".".join(parts))
        run("openssl", "dgst", "-sha256", "-sign", self.key, "-out", sum_path, text)
        return f"{text.read_text()}.{base64url(sum_path.read_bytes())}"


class Notice:
    """One sample: where it goes, its headers, its body."""

    def __init__(self, name):
        head, self.body = (SAMPLES / f"{name}.http").read_bytes().split(b"\n\n", 1)
        first, *lines = head.decode().splitlines()
        self.sender = first.split("/")[-1] if "?" not in first else first.split("?")[0].split("/")[-1]
        self.headers = dict(line.split(": ", 1) for line in lines)
        self.query = {}

    def about(self, host, repository, digest):
        """Changes what it tells of; the sample's own image is team/app:1.0."""
        form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        if form:
            self.body = urllib.parse.parse_qs(self.body.decode())["payload"][0].encode()
        text = self.body.decode()
        if self.sender == "google" and "message" in text:
            envelope = json.loads(text)
            inner = base64.b64decode(envelope["message"]["data"]).decode()
            envelope["message"]["data"] = base64.b64encode(
                self.renamed(inner, host, repository, digest).encode()).decode()
            text = json.dumps(envelope)
        text = self.renamed(text, host, repository, digest)
        if self.sender not in HOSTS and self.sender != "google":
            self.query["registry"] = host
        self.body = text.encode()
        if form:
            self.body = urllib.parse.urlencode({"payload": text}).encode()
        return self

    def renamed(self, text, host, repository, digest):
        text = text.replace("eu-docker.pkg.dev/p/repo/app", f"{host}/{repository}")
        text = text.replace(HOSTS.get(self.sender, "\0"), host)
        text = re.sub(r"team/app|Team/App", repository, text)
        owner, name = repository.split("/")
        text = text.replace('"Team"', f'"{owner}"').replace('"name": "app"', f'"name": "{name}"')
        return text.replace(DIGEST, digest).replace(DIGEST[7:], digest[7:])

    def proved(self, how, secret=SECRET):
        """Shows what `how` says: the name of a header, of a signature's header, or "token"."""
        def sign(hash_name):
            return hmac.new(secret.encode(), self.body, hash_name).hexdigest()
        if how == "token":
            self.query["token"] = secret
        elif how == "X-Hub-Signature-256":
            self.headers[how] = "sha256=" + sign(hashlib.sha256)
        elif how == "X-Nexus-Webhook-Signature":
            self.headers[how] = sign(hashlib.sha1)
        elif how in ("X-Gitea-Signature", "X-Forgejo-Signature", "signed X-JFrog-Event-Auth"):
            self.headers[how.split()[-1]] = sign(hashlib.sha256)
        else:
            self.headers[how] = secret
        return self

    def send(self, daemon, name=None):
        query = "?" + urllib.parse.urlencode(self.query) if self.query else ""
        return daemon.post(f"/v1/webhooks/{name or self.sender}{query}", self.body, self.headers)


def access_lines():
    """For the access file: a secret for every sender, and for "auto"."""
    names = [*HOSTS, "docker-hub", "aws", "zot", "artifactory", "nexus", "auto"]
    return ["webhooks:", *(f"  - {{name: {name}, secrets: [{SECRET}]}}" for name in names),
            f"  - {{name: google, google: {{audience: '{AUDIENCE}', email: {EMAIL}}}}}",
            f"  - {{name: keyed, sender: aws, header: X-Api-Key, secrets: [{SECRET}]}}", ""]
