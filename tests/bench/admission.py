"""Admission over TLS: a registry, images, a daemon that knows them, and reviews for bench_admission."""
import json
import os
import subprocess

import access
import programs
import reviews
from figure import Figure
from many import Many
from shop import POLICY, Door

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


def run(folder, out):
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
        print(f"{len(lines)} reviews of {sum(map(len, lines)) / len(lines) / 1000:.1f} kB, {IMAGES} images",
              flush=True)
        subprocess.run([programs.BIN / "bench_admission", str(door.port), str(door.authority.cert),
                        folder / "reviews", os.environ.get("TW_CONNECTIONS", "1,8,64"),
                        os.environ.get("TW_RATE", "2000"), os.environ.get("TW_SECONDS", "5"), out],
                       check=True, env={**os.environ, "TW_SERVER": str(door.process.pid)})
    finally:
        door.stop()
        registry.stop()


def figures(folder):
    out = folder / "admission.json"
    run(folder, out)
    rows = [row for row in json.loads(out.read_text())["rows"] if row["path"] == "/v1/admission"]
    assert not any(row["failed"] for row in rows), rows
    most = max((row for row in rows if not row["rate"]), key=lambda row: row["answers_per_second"])
    yield Figure("admission answers over TLS, kept alive", most["answers_per_second"], "1/s", 2000,
                 at_least=True, how=f"{most['connections']} connections, {most['server_cpu_us']:.0f} us of CPU each")
    for row in rows:
        if row["rate"]:
            yield Figure(f"  99th percentile at {row['rate']:.0f} a second", row["p99_ms"], "ms", 5,
                         how=f"{row['connections']} connections, median {row['p50_ms']:.2f} ms")
