"""Daemons that ask who is there: tokens, secrets, certificates."""
import hashlib
import hmac
import http.client
import json
import os
import ssl
from pathlib import Path

import programs
from programs import run

ROLES = ("webhook", "read", "admission", "admin")


def new_token():
    """As `tidewaiterd --new-token` makes it: (token, the line for the access file)."""
    lines = run(programs.BIN / "tidewaiterd", "--new-token").stdout.splitlines()
    return lines[1], lines[3]


def write_private(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    os.chmod(path, 0o640)
    return path


class Guarded(programs.Daemon):
    """A daemon with a token for each role (the token's name is the role's), and a secret."""

    def __init__(self, folder, *options, secret="0123456789abcdef-canary", certificates=(), **kw):
        self.folder, self.secret = Path(folder), secret
        self.tokens = {role: new_token() for role in ROLES}
        self.certificates = certificates
        self.file = self.folder / "access.yaml"
        self.write()
        super().__init__(folder, f"--access={self.file}", *options, **kw)

    def write(self):
        lines = ["tokens:"]
        for role, (_, line) in self.tokens.items():
            lines.append(line.replace("CLIENT", role).replace("[read]", f"[{role}]"))
        for name, role in self.certificates:
            lines += [] if "certificates:" in lines else ["certificates:"]
            lines.append(f"  - {{name: {name}, roles: [{role}]}}")
        lines += [f"secrets: {{distribution: [{self.secret}]}}", ""]
        write_private(self.file, "\n".join(lines))

    def bearer(self, role):
        return {"Authorization": f"Bearer {self.tokens[role][0]}"}

    def signature(self, body, secret=None):
        key = (secret or self.secret).encode()
        return {"X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()}


class Authority:
    """A CA that makes certificates for servers and clients."""

    def __init__(self, folder, name="ca", days=2):
        self.folder, self.days = Path(folder) / name, str(days)
        self.folder.mkdir(parents=True)
        self.cert, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", str(days), "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.cert)

    def issue(self, name, usage="serverAuth", alt="DNS:localhost,IP:127.0.0.1"):
        """(certificate, key) as files."""
        cert, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"extendedKeyUsage={usage}\nsubjectAltName={alt}\n")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
            "-CAcreateserial", "-days", self.days, "-extfile", extensions, "-out", cert)
        os.chmod(key, 0o640)
        return cert, key


def https(port, path, authority, client=None, headers=None, body=None):
    """One request over TLS; (status, JSON, the server's certificate as DER)."""
    context = ssl.create_default_context(cafile=authority.cert)
    if client:
        context.load_cert_chain(*client)
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
    try:
        connection.connect()
        served = connection.sock.getpeercert(binary_form=True)
        connection.request("POST" if body is not None else "GET", path, body=body,
                           headers=headers or {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), served
    finally:
        connection.close()


class Secure(Guarded):
    """Is asked over TLS."""

    def __init__(self, folder, authority, *options, **kw):
        super().__init__(folder, *options, **kw)
        self.authority = authority

    def answers(self):
        assert self.alive(), self.log()
        try:
            return https(self.port, "/readyz", self.authority)[0] == 200
        except OSError:
            return False
