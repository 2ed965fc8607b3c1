"""Server-sent events, read as they come."""
import json
import socket


class Stream:
    """An open stream, read as it comes."""

    def __init__(self, daemon, query="", last=None, headers=None):
        self.socket = socket.create_connection(("127.0.0.1", daemon.port), timeout=60)
        extra = f"Last-Event-ID: {last}\r\n" if last else ""
        extra += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self.socket.sendall(f"GET /v1/events{query} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()):
            name, value = line.decode().split(": ", 1)
            self.headers[name.lower()] = value

    def lines(self):
        """The body, of its chunks."""
        rest = b""
        while True:
            size = int(self.file.readline() or b"0", 16)
            if size == 0:
                return
            rest += self.file.read(size)
            self.file.readline()
            *whole, rest = rest.split(b"\n")
            yield from (line.decode() for line in whole)

    def events(self):
        event = {}
        for line in self.lines():
            if line == "" and event:
                yield event
                event = {}
            elif line and not line.startswith(":"):
                name, value = line.split(": ", 1)
                event[name] = json.loads(value) if name == "data" else value

    def until(self, wanted):
        seen = []
        for event in self.events():
            if "event" in event:
                seen.append(event)
            if wanted(event):
                return seen
        raise AssertionError(f"the stream ended: {seen}")

    def close(self):
        self.file.close()
        self.socket.close()
