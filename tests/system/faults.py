"""A proxy in front of a real registry that breaks what it is told to, and a token server.

A fault is a function of a request (a Handler) that answers it and returns True, or lets it pass.
"""
import base64
import hashlib
import http.client
import json
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from programs import run


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.owner.handle(self)

    do_POST = do_GET

    def log_message(self, *args):
        pass

    def answer(self, status, headers=None, body=b"", promised=None):
        """Sends an answer; `promised` is the Content-Length when it is not the body's."""
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in (headers or {}).items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        self.send_header("Content-Length", str(len(body) if promised is None else promised))
        self.end_headers()
        self.wfile.write(body)
        return True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        return True


class Request:
    """What was asked, for a test to look at afterwards."""

    def __init__(self, handler):
        self.method, self.path = handler.command, handler.path
        self.headers = handler.headers

    def __repr__(self):
        return f"{self.method} {self.path} {self.headers.get('Range') or ''}"


class Server:
    """An HTTP server on a free loopback port; faults are tried in order, then serve()."""

    def __init__(self, *faults, tls=None, clients=None):
        """tls: (certificate file, key file), for https; clients: CA of certificates that it wants."""
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.owner = self
        self.port = self.http.server_address[1]
        self.host = f"localhost:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            if clients:
                context.load_verify_locations(clients)
                context.verify_mode = ssl.CERT_REQUIRED
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True,
                                                   do_handshake_on_connect=False)
        self.faults = list(faults)
        self.requests = []
        self.ended = threading.Event()  # a fault that hangs ends with the server
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.ended.set()
        self.http.shutdown()
        self.http.server_close()

    def handle(self, request):
        self.requests.append(Request(request))
        try:
            if not any(fault(request) for fault in self.faults):
                self.serve(request)
        except ConnectionError:  # the client is gone, or what a proxy asks
            request.close_connection = True

    def serve(self, request):
        request.answer(404)

    def asked(self, part):
        return [r for r in self.requests if part in r.path]


class Proxy(Server):
    """Passes on to a registry ("localhost:5000")."""

    def __init__(self, upstream, *faults, tls=None, clients=None):
        super().__init__(*faults, tls=tls, clients=clients)
        self.upstream = upstream

    def fetch(self, path, headers):
        connection = http.client.HTTPConnection(self.upstream, timeout=30)
        try:
            keep = {k: v for k, v in headers.items() if k.lower() in ("accept", "range")}
            connection.request("GET", path, headers=keep)
            answer = connection.getresponse()
            drop = ("content-length", "connection", "transfer-encoding", "date")
            return (answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in drop},
                    answer.read())
        finally:
            connection.close()

    def serve(self, request):
        request.answer(*self.fetch(request.path, request.headers))


def certificate(folder, name="localhost"):
    """A certificate that is its own CA, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
        "-keyout", key, "-out", cert)
    return str(cert), str(key)


def at(part, fault, times=None):
    """The fault for paths with `part` in them, so many times."""
    left = [times]

    def maybe(request):
        if part not in request.path or left[0] == 0:
            return False
        if left[0] is not None:
            left[0] -= 1
        return fault(request)
    return maybe


def status(code, headers=None, body=b""):
    return lambda request: request.answer(code, headers, body)


def error(code, name, headers=None):
    body = json.dumps({"errors": [{"code": name, "message": "text that must not be shown"}]})
    return status(code, {"Content-Type": "application/json", **(headers or {})}, body.encode())


def basic(user, password):
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def check(request):
        if request.headers.get("Authorization") == wanted:
            return False
        return request.answer(401, {"WWW-Authenticate": 'Basic realm="test, \\"x\\""'})
    return check


def bearer(tokens, scope="repository:{}:pull"):
    """Lets pass what has a token of the TokenServer."""
    def check(request):
        kind, _, token = (request.headers.get("Authorization") or "").partition(" ")
        if kind == "Bearer" and tokens.is_valid(token):
            return False
        name = request.path.removeprefix("/v2/").partition("/manifests/")[0].partition("/blobs/")[0]
        said = f'Bearer realm="{tokens.url}/token",service="test-registry"'
        said += f',scope="{scope.format(name)}"' if scope else ""
        return request.answer(401, {"WWW-Authenticate": ['Negotiate', said]})
    return check


def other_bytes(request):
    """As many bytes as there should be, with the last one changed."""
    code, headers, body = request.server.owner.fetch(request.path, request.headers)
    return request.answer(code, headers, body[:-1] + bytes([body[-1] ^ 1]))


def more_bytes(request):
    code, headers, body = request.server.owner.fetch(request.path, request.headers)
    return request.answer(code, headers, body + b"!")


def cut(after):
    """Sends so many bytes of an answer, and hangs up."""
    def fault(request):
        code, headers, body = request.server.owner.fetch(request.path, request.headers)
        request.answer(code, headers, body[:after], promised=len(body))
        return request.hang_up()
    return fault


def no_ranges(request):
    """A registry that knows no Range: drops the header, lets the request pass."""
    del request.headers["Range"]
    return False


def wrong_range(request):
    """Answers a Range request with another range."""
    if "Range" not in request.headers:
        return False
    code, headers, body = request.server.owner.fetch(request.path, request.headers)
    start, rest = headers["Content-Range"].removeprefix("bytes ").split("-", 1)
    return request.answer(code, {**headers, "Content-Range": f"bytes {int(start) - 1}-{rest}"}, body)


def one_each(request):
    """Every request on a connection of its own."""
    request.close_connection = True
    return False


def silent(request):
    """No answer at all, for as long as the server runs."""
    request.server.owner.ended.wait()
    return request.hang_up()


def stall(after):
    """Sends so many bytes, then nothing more."""
    def fault(request):
        code, headers, body = request.server.owner.fetch(request.path, request.headers)
        request.answer(code, headers, body[:after], promised=len(body))
        return silent(request)
    return fault


def redirect(to, code=307):
    """`to`: a URL, or a function of the request."""
    return lambda request: request.answer(
        code, {"Location": to(request) if callable(to) else to})


class Storage(Server):
    """An object store that has an image's blobs, and refuses who shows credentials (as S3)."""

    def __init__(self, registry, name, *faults):
        super().__init__(*faults)
        self.registry, self.name = registry, name

    def serve(self, request):
        if "Authorization" in request.headers:
            request.answer(400)
            return
        digest = urllib.parse.urlsplit(request.path).path.rpartition("/")[2]
        proxy = Proxy.fetch
        self.upstream = self.registry
        request.answer(*proxy(self, f"/v2/{self.name}/blobs/{digest}", request.headers))


class TokenServer(Server):
    """Gives tokens by GET with Basic or anonymously, and by POST for a refresh token."""

    def __init__(self, credentials=None, refresh_token=None, lifetime_s=300, *faults):
        super().__init__(*faults)
        self.credentials, self.refresh_token = credentials, refresh_token
        self.lifetime_s = lifetime_s
        self.valid = set()
        self.forms = []

    def is_valid(self, token):
        return token in self.valid

    def serve(self, request):
        if request.command == "POST":
            form = dict(urllib.parse.parse_qsl(request.body().decode()))
            self.forms.append(form)
            if self.refresh_token is None:
                return request.answer(405)
            if form.get("refresh_token") != self.refresh_token:
                return request.answer(401)
            return self.give(request, "access_token")
        if self.credentials:
            wanted = "Basic " + base64.b64encode(self.credentials.encode()).decode()
            if request.headers.get("Authorization") != wanted:
                return request.answer(401, {"WWW-Authenticate": "Basic"})
        return self.give(request, "token")

    def give(self, request, key):
        token = hashlib.sha256(f"{request.path}{len(self.valid)}".encode()).hexdigest()
        self.valid.add(token)
        body = json.dumps({key: token, "expires_in": self.lifetime_s}).encode()
        return request.answer(200, {"Content-Type": "application/json"}, body)
