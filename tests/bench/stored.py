"""What the store has to bear: known layers, judging again, pushes, and lists of ever more images."""
import json
import sqlite3
import statistics
import subprocess
import time
from datetime import datetime

import inputs
import programs
from figure import Figure

SERVICE = ("--client-rate=0", "--client-connections=0", "--log-level=info")
COUNTS = (1, 1_000, 10_000, 100_000)
REJUDGED = 10_000
PUSH_SECONDS = 8
PROGRAMS = ("docker-registry", "skopeo", "umoci")


class House:
    """A registry with one image of several layers, and a daemon that has scanned it."""

    def __init__(self, folder):
        self.registry = programs.Registry(folder).start()
        self.policy = folder / "policy.yaml"
        self.policy.write_text("name: one\n")
        self.daemon = programs.Daemon(folder, *SERVICE, f"--policy={self.policy}",
                                      registries=f"http://{self.registry.host}").start()
        layers = [inputs.program_layer(name) for name in PROGRAMS]
        layers += [inputs.files_layer(n) for n in (10, 100, 1000)]
        self.digest = self.registry.push(inputs.image("several", layers), "bench/several:1")
        self.reference = f"{self.registry.host}/bench/several:1"
        self.scan()
        self.copies = 0

    def scan(self):
        """Seconds of one scan, from the lease to the stored result."""
        scan = self.daemon.post("/v1/scans", {"reference": self.reference, "rescan": True}).json
        done = self.daemon.wait_scan(scan["id"], "done", seconds=300)
        began, ended = (datetime.fromisoformat(done[key].replace("Z", "+00:00"))
                        for key in ("started", "finished"))
        return (ended - began).total_seconds()

    def store(self):
        (path,) = [p for p in self.daemon.data.iterdir() if p.suffix in (".db", ".sqlite")]
        return sqlite3.connect(path, isolation_level=None)

    def multiply(self, count):
        """So many stored images in all, each a copy of the scanned one under a digest, tag and repository of
        its own, written into the store while the daemon is down."""
        self.daemon.stop()
        with self.store() as db:
            columns = [row[1] for row in db.execute("PRAGMA table_info(image)")
                       if row[1] not in ("id", "digest", "scan_id", "is_counted", "is_current", "pushed_ms")]
            (image_id,) = db.execute("SELECT id FROM image WHERE digest = ?", (self.digest,)).fetchone()
            have = db.execute("SELECT count(*) FROM image").fetchone()[0]
            numbers = "WITH RECURSIVE n (n) AS (VALUES (?1) UNION ALL SELECT n + 1 FROM n WHERE n < ?2) "
            span = (have, count - 1)
            db.execute("BEGIN")
            if count > have:
                db.execute("INSERT OR IGNORE INTO repository (registry, name) " + numbers.replace(
                    "?1", "0").replace("?2", "99") + "SELECT ?1, 'team-' || n || '/app' FROM n",
                    (self.registry.host,))
                db.execute(numbers + f"INSERT INTO image (digest, {', '.join(columns)}) SELECT"
                           f" printf('sha256:%064x', n), {', '.join('i.' + c for c in columns)} FROM n"
                           " JOIN image i ON i.id = ?3", (*span, image_id))
                db.execute("INSERT INTO image_inventory SELECT o.id, CAST(replace(CAST(j.json AS TEXT), ?1,"
                           " o.digest) AS BLOB) FROM image o JOIN image_inventory j ON j.image_id = ?2"
                           " WHERE NOT EXISTS (SELECT 1 FROM image_inventory h WHERE h.image_id = o.id)",
                           (self.digest, image_id))
                db.execute(numbers + "INSERT INTO push (repository_id, tag, digest, pushed_ms, requested_by)"
                           " SELECT r.id, n, printf('sha256:%064x', n), 1000 * n, 'bench' FROM n JOIN repository r"
                           " ON r.registry = ?3 AND r.name = 'team-' || (n % 100) || '/app'",
                           (*span, self.registry.host))
                db.execute("INSERT INTO tag SELECT repository_id, tag, digest, id FROM push WHERE tag <> ''"
                           " ON CONFLICT DO NOTHING")
                for table in ("image_program", "image_godebug", "finding"):  # as of the scanned image
                    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "image_id"]
                    db.execute(f"INSERT INTO {table} (image_id, {', '.join(names)})"
                               f" SELECT o.id, {', '.join('t.' + name for name in names)} FROM image o JOIN {table} t"
                               f" ON t.image_id = ?1 WHERE o.id > ?1 AND NOT EXISTS"
                               f" (SELECT 1 FROM {table} h WHERE h.image_id = o.id)", (image_id,))
                db.execute("UPDATE image SET is_counted = is_current WHERE is_counted <> is_current")
            db.execute("COMMIT")
        self.daemon.start()

    def stop(self):
        self.daemon.stop()
        self.registry.stop()


def known_layers(house):
    times = [house.scan() for _ in range(21)]
    yield Figure("scan of an image whose layers are all known", 1000 * statistics.median(times), "ms", 20,
                 how=f"6 layers, of 21 scans {1000 * max(times):.0f} ms at most")


def judging_again(house):
    house.multiply(REJUDGED)
    with house.store() as db:
        policy = house.policy
        (stale,) = db.execute("SELECT count(*) FROM image WHERE judged_by = ''").fetchone()
        assert stale == 0, stale
        (before,) = db.execute("SELECT judged_by FROM image LIMIT 1").fetchone()
        policy.write_text("name: two\nprofile: strict\n")
        began = time.monotonic()
        house.daemon.process.send_signal(programs.signal.SIGHUP)
        left = "SELECT count(*) FROM image WHERE judged_by = ?"
        while db.execute(left, (before,)).fetchone()[0]:
            time.sleep(0.05)
    seconds = time.monotonic() - began
    (decision,) = {i["decision"] for i in house.daemon.get("/v1/images?limit=100").json["items"]}
    yield Figure("10,000 stored images judged again after a change of policy", seconds, "s", 10,
                 how=f"each of 3 Go programs, then {decision}")


def get(house, path, times=50):
    took = []
    for _ in range(times):
        began = time.monotonic()
        answer = house.daemon.get(path)
        took.append(time.monotonic() - began)
        assert answer.status == 200, (path, answer.status, answer.body[:200])
    return 1000 * statistics.median(took)


QUESTIONS = (
    ("newest images", "/v1/images"),
    ("images that are refused", "/v1/images?decision=deny"),
    ("images that pass", "/v1/images?decision=pass"),
    ("images of one repository", "/v1/images?repository=team-7/app"),
    ("images of one registry", "/v1/images?registry={host}"),
    ("one image", "/v1/images/{digest}"),
    ("a verdict", "/v1/verdict?image={host}/bench/several@{digest}"),
    ("programs of one Go line, by Go", "/v1/binaries?go=1.19&sort=go"),
    ("programs of a line that nobody has", "/v1/binaries?go=1.4"),
    ("programs with a setting, of one repository", "/v1/binaries?godebug=gctrace&repository=team-7/app"),
    ("programs of all stored images, by push", "/v1/binaries?current=false&sort=pushed"),
    ("findings, the worst first", "/v1/findings"),
    ("findings of one rule", "/v1/findings?rule=TW401&sort=first_seen"),
    ("images with something high, the newest first", "/v1/images?min_severity=high&sort=-pushed"),
    ("numbers", "/v1/stats"),
    ("metrics, with the queue", "/metrics"),
    ("scans", "/v1/scans"),
)


def push(daemon, host, seconds=PUSH_SECONDS):
    """Pushes of that many seconds, each of another image, to a registry of that name."""
    run = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", inputs.HERE / "push.lua",
                          f"{daemon.url}/v1/webhooks/distribution", "--", host],
                         check=True, capture_output=True, text=True)
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["failed"] == 0, told
    return told


def accepted(folder):
    """Of a registry that is down, so that the two cores are those of the client and of what accepts."""
    host = "127.0.0.1:1"
    folder.mkdir()
    daemon = programs.Daemon(folder, *SERVICE, registries=f"http://{host}").start()
    told = push(daemon, host)
    daemon.stop()
    yield Figure("pushes accepted durably, 64 connections", told["requests"] / told["seconds"], "1/s", 5000,
                 at_least=True, how=f"{told['requests']} in {told['seconds']:.0f} s")
    yield Figure("  99th percentile of their answers", told["p99_ms"], "ms", 25,
                 how=f"median {told['p50_ms']:.1f} ms")


def growth(house, counts=COUNTS):
    """(count, {question: ms}) for ever more stored images."""
    for count in counts:
        house.multiply(count)
        names = {"host": house.registry.host, "digest": house.digest}
        for _, path in QUESTIONS:
            get(house, path.format(**names), 3)
        yield count, {name: get(house, path.format(**names)) for name, path in QUESTIONS}


def figures(folder):
    house = House(folder)
    try:
        yield from known_layers(house)
        yield from judging_again(house)
    finally:
        house.stop()
    yield from accepted(folder / "accepted")
