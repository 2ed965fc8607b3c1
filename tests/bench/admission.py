#!/usr/bin/env python3
"""Sets up what bench_admission measures: a registry, images, a daemon that knows them, reviews.
usage: TW_BIN=BUILD/bin tests/bench/admission.py [JSON-FILE]   (a release build, see README.md)"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import access  # noqa: E402
import programs  # noqa: E402
import reviews  # noqa: E402
from many import Many  # noqa: E402
from shop import POLICY, Door  # noqa: E402

IMAGES = 50
SETTINGS = [{"name": f"TILL_SETTING_{i:02d}", "value": f"value-{i}-of-something-that-people-configure"}
            for i in range(30)]
PROBE = {"httpGet": {"path": "/healthz", "port": 8443, "scheme": "HTTPS"}, "initialDelaySeconds": 3,
         "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def container(image, name):
    """With probes, ports, limits and 30 variables, as real ones have."""
    env = [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1",
                                                           "fieldPath": "metadata.name"}}},
           *SETTINGS, {"name": "GODEBUG", "value": "http2debug=0"},
           {"name": "TILL_URL", "value": "https://$(POD_NAME).$(TILL_SETTING_01).svc"}]
    return reviews.container(
        image, name=name, env=env, ports=[{"name": "https", "containerPort": 8443, "protocol": "TCP"}],
        resources={"limits": {"cpu": "2", "memory": "4Gi"}, "requests": {"cpu": "1", "memory": "2Gi"}},
        livenessProbe=PROBE, readinessProbe=PROBE,
        securityContext={"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}})


def review(number, host, digests):
    """A Pod with two containers by digest; every fifth is in a namespace with a channel."""
    namespace = f"beta-{number % 10}" if number % 5 == 0 else f"shop-{number % 10}"
    pair = [container(f"{host}/many/app:{n}@{digests[n]}", name)
            for n, name in ((number % IMAGES, "till"), ((number * 7 + 1) % IMAGES, "proxy"))]
    made = reviews.pod_of_replicaset(reviews.pod_spec(*pair), namespace=namespace)
    return reviews.review(made, namespace=namespace, user=reviews.CONTROLLER)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        registry = programs.Registry(folder).start()
        many = Many(registry)
        digests = [many.push(i) for i in range(IMAGES)]
        door = Door(folder / "door", access.Authority(folder), "--client-rate=0", "--client-connections=0",
                    "--log-level=warning", policy=POLICY, registries=f"http://{registry.host}")
        door.start()
        try:
            body = [review(n, registry.host, digests) for n in range(4 * IMAGES)]
            for one in body:
                door.decide(one, timeout=30)
            for digest in digests:
                door.scanned(digest)
            lines = [reviews.encode(one) for one in body]
            (folder / "reviews").write_bytes(b"\n".join(lines) + b"\n")
            print(f"{len(lines)} reviews of {sum(map(len, lines)) / len(lines) / 1000:.1f} kB,"
                  f" {IMAGES} images; {os.cpu_count()} cores, client and server on both")
            sys.stdout.flush()
            subprocess.run([programs.BIN / "bench_admission", str(door.port), str(door.authority.cert),
                            folder / "reviews", os.environ.get("TW_CONNECTIONS", "1,8,32,64"),
                            os.environ.get("TW_RATE", "2000"), os.environ.get("TW_SECONDS", "5"),
                            *sys.argv[1:]], check=True,
                           env={**os.environ, "TW_SERVER": str(door.process.pid)})
            status = Path("/proc", str(door.process.pid), "status").read_text()
            print(next(line for line in status.splitlines() if "VmHWM" in line).replace("\t", " "))
        finally:
            door.stop()
            registry.stop()


if __name__ == "__main__":
    main()
