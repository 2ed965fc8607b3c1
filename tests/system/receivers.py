"""Those who are told: real HTTP servers on this machine that take notifications, or fail to."""
import hashlib
import hmac
import json
import time

import faults
from programs import wait_for


class Told:
    """One request that came in."""

    def __init__(self, request):
        self.path, self.headers, self.raw = request.path, request.headers, request.body()
        self.at = time.monotonic()

    @property
    def body(self):
        return json.loads(self.raw)

    @property
    def id(self):
        return self.headers["X-Tidewaiter-Delivery"]

    def is_signed(self, secret):
        stamp = self.headers["X-Tidewaiter-Timestamp"]
        assert abs(time.time() - int(stamp)) < 600
        made = hmac.new(secret.encode(), stamp.encode() + b"." + self.raw, hashlib.sha256)
        return hmac.compare_digest("sha256=" + made.hexdigest(), self.headers["X-Signature-256"])


class Receiver(faults.Server):
    """Answers as it is told, then with `last`; keeps what came."""

    def __init__(self, *answers, last=(200, b"ok"), tls=None):
        self.told, self.answers, self.last = [], list(answers), last
        super().__init__(tls=tls)

    def serve(self, request):
        self.told.append(Told(request))
        answer = self.answers.pop(0) if self.answers else self.last
        if callable(answer):
            return answer(self, request)
        return request.answer(*answer) if len(answer) == 3 else request.answer(answer[0], {}, answer[1])

    def wait(self, count, seconds=60):
        """The first `count` that came."""
        wait_for(f"{count} notifications, not {len(self.told)}",
                 lambda: len(self.told) >= count, seconds)
        return self.told[:count]


def code(number):
    return (200, json.dumps({"errcode": number, "errmsg": "text that must not be shown"}).encode())


OK = code(0)


def hang(receiver, request):
    receiver.ended.wait(120)
    return request.hang_up()


def drip(receiver, request):
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    while not receiver.ended.wait(0.3):
        request.wfile.write(b".")
        request.wfile.flush()
    return request.hang_up()


def midway(receiver, request):
    request.close_connection = True
    return request.answer(200, {}, b"half", promised=1000)


def huge(receiver, request):
    return request.answer(200, {}, b"x" * (8 << 20))
