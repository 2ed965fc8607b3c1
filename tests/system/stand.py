"""A daemon that knows nothing yet, and a registry behind a proxy that breaks on demand."""
import json
import re
import threading

import access
import faults
import programs
from shop import Door


class Stand:
    """A registry behind a proxy that breaks on demand, and daemons that know nothing yet."""

    def __init__(self, folder):
        self.folder, self.authority = folder, access.Authority(folder)
        self.registry = programs.Registry(folder).start()
        self.proxy = faults.Proxy(self.registry.host)
        self.doors = []

    def door(self, *options, **kw):
        folder = self.folder / f"door{len(self.doors)}"
        made = Door(folder, self.authority, "--connect-timeout=2", *options,
                    registries=f"http://{self.proxy.host},http://localhost:1", **kw)
        self.doors.append(made)
        return made.start()

    def push(self, source, name="shop/till", tag="1"):
        """The digest, and the reference through the proxy."""
        digest = self.registry.push(source, f"{name}:{tag}")
        return digest, f"{self.proxy.host}/{name}:{tag}"

    def hold(self, part="/blobs/"):
        """From now on requests for `part` wait; returns the event that lets them go on."""
        gate = threading.Event()

        def fault(request):
            if part in request.path:
                while not gate.is_set() and not request.server.owner.ended.is_set():
                    gate.wait(0.05)
            return False
        self.proxy.faults.append(fault)
        return gate

    def stop(self):
        self.proxy.stop()
        for door in self.doors:
            assert not door.alive() or door.stop() == 0, door.log()[-4000:]
            assert "Sanitizer" not in door.log() and "runtime error" not in door.log(), door.log()
        self.registry.stop()


def policy(unscanned="wait", unknown="warn", enforce="true", more=""):
    return f"admission: {{enforce: {enforce}, unscanned: {unscanned}, unknown: {unknown}}}\n{more}"


def tell(door, digest, reference):
    """The notice of a push, as a registry sends it."""
    host, name, tag = re.fullmatch(r"([^/]+)/(.*):(.*)", reference).groups()
    event = {"action": "push", "request": {"host": host}, "target": {
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "repository": name,
        "digest": digest, "tag": tag}}
    status, answer = door.ask("/v1/webhooks/distribution", json.dumps({"events": [event]}).encode(), {
        **door.admin, "Content-Type": "application/vnd.docker.distribution.events.v1+json"})
    assert (status, answer["accepted"]) == (200, 1), answer
