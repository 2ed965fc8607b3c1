"""Starting the real programs that the system tests drive, each on a free loopback port."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("TW_BIN", TOP / "build-test" / "bin"))


# Of a cage that a test starts itself: LeakSanitizer traces the process, which nothing may do in there.
CAGE_ENV = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, seconds=60):
    """Asks until the condition gives something true, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


def run(*argv, check=True, **kwargs):
    """A command's completed process, with text output; its stderr is in the failure's message."""
    done = subprocess.run([str(a) for a in argv], text=True, capture_output=True, **kwargs)
    if check and done.returncode != 0:
        raise AssertionError(f"{argv} exited {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def tidewaiter(*argv, env=None):
    """The command line; never raises, look at .returncode, .stdout and .stderr."""
    return run(BIN / "tidewaiter", *argv, check=False, env={**os.environ, **(env or {})})


class Program:
    """A server process whose output goes to a file."""

    def __init__(self, argv, folder, name, env=None):
        self.argv = [str(a) for a in argv]
        self.log_path = Path(folder) / f"{name}.log"
        self.env = {**os.environ, **(env or {})}
        self.process = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, env=self.env,
                                            stdin=subprocess.DEVNULL)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, sig=signal.SIGTERM, seconds=30):
        """Returns the exit code, negative for a signal."""
        if not self.alive():
            return self.process.poll() if self.process else None
        self.process.send_signal(sig)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.argv[0]} did not stop\n{self.log()[-4000:]}")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Registry(Program):
    """A real docker-registry (file system storage), with notifications if a URL is given."""

    def __init__(self, folder, notify=None, htpasswd=None, port=None, token=None, headers=None):
        self.port = port or free_port()
        self.host = f"localhost:{self.port}"
        config = {
            "version": 0.1,
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(Path(folder) / "registry")},
                        "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{self.port}", "secret": "tests"},
        }
        if notify:
            config["notifications"] = {"endpoints": [{
                "name": "tidewaiter", "url": notify, "timeout": "1s", "threshold": 3,
                "backoff": "1s", "headers": headers or {}}]}
        if htpasswd:
            config["auth"] = {"htpasswd": {"realm": "basic-realm", "path": str(htpasswd)}}
        if token:
            config["auth"] = {"token": token}
        path = Path(folder) / "registry.json"
        path.write_text(json.dumps(config))  # JSON is YAML
        super().__init__(["docker-registry", "serve", path], folder, "registry")

    def start(self):
        super().start()
        wait_for("the registry", self.answers)
        return self

    def answers(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/", timeout=2)
        except urllib.error.HTTPError:
            pass
        except OSError:
            return False
        return True

    def push(self, source, name, *options, creds=None):
        """Copies an image (any skopeo source) to name ("team/app:1"); returns its digest."""
        with tempfile.NamedTemporaryFile() as digest:
            argv = ["skopeo", "copy", "--dest-tls-verify=false", "--digestfile", digest.name]
            argv += ["--dest-creds", creds] if creds else []
            run(*argv, *options, source, f"docker://{self.host}/{name}")
            return Path(digest.name).read_text().strip()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


def http(method, url, body=None, headers=None, timeout=30):
    """One request; an error status is an answer like any other."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


class Daemon(Program):
    """tidewaiterd on a data folder of its own."""

    def __init__(self, folder, *options, registries="", port=None, env=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = Path(folder) / "data"
        argv = [BIN / "tidewaiterd", f"--listen=127.0.0.1:{self.port}", f"--data-dir={self.data}"]
        argv += [f"--registries={registries}"] if registries else []
        super().__init__([*argv, *options], folder, "tidewaiterd", env)

    def start(self):
        super().start()
        wait_for("tidewaiterd", self.answers)
        return self

    def answers(self):
        if not self.alive():
            raise AssertionError(f"tidewaiterd ended\n{self.log()[-4000:]}")
        try:
            return self.get("/readyz").status == 200
        except OSError:
            return False

    def get(self, path, headers=None):
        return http("GET", self.url + path, headers=headers)

    def post(self, path, body=None, headers=None):
        headers = {"Content-Type": "application/json", **(headers or {})}
        return http("POST", self.url + path, body if body is not None else b"", headers)

    def wait_report(self, digest, seconds=60):
        """The JSON report of a digest, as soon as it is there."""
        def there():
            answer = self.get(f"/v1/images/{digest}/report")
            return answer if answer.status == 200 else None
        return wait_for(f"the report of {digest}", there, seconds).json

    def wait_scan(self, scan_id, *states, seconds=60):
        def there():
            scan = self.get(f"/v1/scans/{scan_id}").json
            return scan if scan["state"] in states else None
        return wait_for(f"scan {scan_id} to be {states}", there, seconds)
