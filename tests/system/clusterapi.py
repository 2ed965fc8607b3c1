"""The few calls of the Kubernetes API that tidewaiter-certificate makes. A stand-in: no API server can be
had here. It keeps objects with their resourceVersion, and fails as it is told."""
import base64
import copy
import http.server
import json
import ssl
import threading
from pathlib import Path

SECRETS = "/api/v1/namespaces/tidewaiter/secrets"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
WEBHOOK = f"{WEBHOOKS}/tidewaiter"
TLS, CA = f"{SECRETS}/tidewaiter-tls", f"{SECRETS}/tidewaiter-ca"
TOKEN = "canary-token-of-a-service-account"


def configuration(*services):
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "tidewaiter", "labels": {"kept": "yes"}},
            "webhooks": [{"name": f"{n}.tidewaiter.internal", "failurePolicy": "Ignore", "clientConfig": {
                "service": {"namespace": "tidewaiter", "name": service, "path": "/v1/admission", "port": 443}}}
                         for n, service in enumerate(services)]}


class ClusterApi:
    def __init__(self, folder, authority):
        self.objects, self.version, self.writes = {}, 0, []
        self.asked = set()  # (verb, resource, name or None)
        self.answers = []   # (method, path or None, status): the next such request gets it, once
        self.on_write = lambda path: None
        self.lock = threading.Lock()
        cert, key = authority.issue("cluster")
        self.account = Path(folder) / "account"
        self.account.mkdir()
        for name, text in (("token", TOKEN), ("namespace", "tidewaiter"), ("ca.crt", authority.cert.read_text())):
            (self.account / name).write_text(text)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                size = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(size)) if size else None
                status, answer = outer.handle(self.command, self.path.partition("?")[0], body, self.headers)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            do_GET = do_POST = do_PUT = serve  # noqa: N815

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def put(self, path, obj):
        """As somebody else would."""
        with self.lock:
            self.version += 1
            obj["metadata"]["resourceVersion"] = str(self.version)
            self.objects[path] = obj

    def handle(self, method, path, body, headers):
        def status(code, message=""):
            return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return status(401, "Unauthorized")
        for told in self.answers:
            if told[0] == method and told[1] in (None, path):
                self.answers.remove(told)
                return status(told[2], f"{method} {path} was told to fail")
        *_, resource, name = (path if method != "POST" else path + "/").split("/")
        self.asked.add(({"GET": "get", "POST": "create", "PUT": "update"}[method], resource, name or None))
        with self.lock:
            if method == "POST":
                path = f"{path}/{body['metadata']['name']}"
            old = self.objects.get(path)
            if method == "POST" and old:
                return status(409, "already exists")
            if method != "POST" and not old:
                return status(404, "not found")
            if method == "GET":
                return 200, old
            if method == "PUT" and body["metadata"].get("resourceVersion") != old["metadata"]["resourceVersion"]:
                return status(409, "the object has been modified")
            self.version += 1
            body["metadata"]["resourceVersion"] = str(self.version)
            self.objects[path] = body
            self.writes.append((path, copy.deepcopy(body)))
        self.on_write(path)
        return 200 if old else 201, body

    def value(self, path, key):
        """A Secret's value, decoded."""
        return base64.b64decode(self.objects[path]["data"][key]).decode()

    def bundle(self):
        """The caBundle that all webhooks of our Service have."""
        found = {w["clientConfig"].get("caBundle", "") for w in self.objects[WEBHOOK]["webhooks"]
                 if w["clientConfig"]["service"]["name"] == "tidewaiter"}
        assert len(found) == 1, found
        return base64.b64decode(found.pop()).decode()
