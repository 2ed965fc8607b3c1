"""The part of an API server that calls an admission webhook, and holds its answer to the rules
(k8s.io/apiserver, webhook/request and webhook/validating)."""
import http.client
import json
import re
import ssl
import time

import reviews

HEADERS = {"Content-Type": "application/json", "Accept": "application/json, */*",
           "User-Agent": "kube-apiserver-admission", "Accept-Encoding": "gzip"}
WARNING_CHARS, WARNINGS_CHARS = 256, 4096
KEY = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$")
SEVERITIES = ("critical", "high", "medium", "low", "info")


class Decision:
    """An answer that kept the rules."""

    def __init__(self, response, seconds):
        self.allowed, self.seconds = response["allowed"], seconds
        self.status = response.get("status") or {}
        self.message = self.status.get("message", "")
        self.warnings = response.get("warnings") or []
        self.audit = response.get("auditAnnotations") or {}
        self.told = "\n".join([self.message, *self.warnings])

    def __repr__(self):
        return (f"<{'allowed' if self.allowed else 'DENIED'} in {self.seconds:.3f} s {self.status}\n"
                f" warnings {self.warnings}\n audit {self.audit}>")

    def rules(self):
        """Of the audit annotation and what is told: the rules that spoke."""
        return set(re.findall(r"\bTW\d{3}\b", self.told + self.audit.get("findings", "")))


def check_warnings(warnings):
    assert all(isinstance(w, str) and 0 < len(w) <= WARNING_CHARS for w in warnings), warnings
    assert sum(map(len, warnings)) <= WARNINGS_CHARS, sum(map(len, warnings))
    assert len(set(warnings)) == len(warnings), warnings
    for warning in warnings:
        assert all(c >= " " and c != "\x7f" and not "\x80" <= c <= "\x9f" for c in warning), repr(warning)
    named = [m[1] for m in (re.search(rf"\b({'|'.join(SEVERITIES)})\b", w) for w in warnings) if m]
    assert named == sorted(named, key=SEVERITIES.index), warnings  # worst first


def check(sent, status, content_type, body):
    """What VerifyAdmissionResponse asks, and more; returns the response."""
    assert status == 200, (status, body[:2000])
    assert content_type.split(";")[0] == "application/json"
    answer = json.loads(body)
    assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    assert set(answer) == {"apiVersion", "kind", "response"}, set(answer)
    response = answer["response"]
    assert response["uid"] == sent["request"]["uid"]
    assert set(response) <= {"uid", "allowed", "status", "warnings", "auditAnnotations"}, set(response)
    assert isinstance(response["allowed"], bool)
    if not response["allowed"]:
        assert response["status"]["code"] == 403 and response["status"]["message"].strip()
    check_warnings(response.get("warnings") or [])
    for key, value in (response.get("auditAnnotations") or {}).items():
        assert KEY.match(key) and isinstance(value, str), (key, value)
    return response


class Webhook:
    """Calls one webhook over one connection that is kept, as an API server does."""

    def __init__(self, daemon, authority, path="/v1/admission", headers=None, again=True):
        """again: a request that got no answer is sent once more, as Go does on a kept connection."""
        context = ssl.create_default_context(cafile=authority.cert)
        context.set_alpn_protocols(["http/1.1"])
        self.connection = http.client.HTTPSConnection("localhost", daemon.port, context=context,
                                                      timeout=60)
        self.path, self.headers, self.again = path, {**HEADERS, **(headers or {})}, again

    def send(self, body, timeout=10, method="POST", path=None):
        """(status, content type, body, seconds); timeout None: no such parameter."""
        query = "" if timeout is None else f"?timeout={timeout}s"
        began = time.monotonic()
        try:
            answer, text = self.exchange(method, (path or self.path) + query, body)
        except (http.client.HTTPException, OSError):  # it was closed while it was idle, or by an error
            self.connection.close()
            if not self.again:
                raise
            answer, text = self.exchange(method, (path or self.path) + query, body)
        return answer.status, answer.headers["Content-Type"] or "", text, time.monotonic() - began

    def exchange(self, method, path, body):
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def ask(self, review, timeout=10):
        """The Decision about a review, which came in time."""
        *answer, seconds = self.send(reviews.encode(review), timeout)
        response = check(review, *answer)
        assert timeout is None or seconds < timeout, seconds
        return Decision(response, seconds)

    def close(self):
        self.connection.close()
