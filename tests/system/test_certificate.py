"""tidewaiter-certificate: certificates that real openssl and a real tidewaiterd take, and an order of
things in which nobody who trusts the caBundle is ever shown a certificate that it does not vouch for."""
import os
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

import access
import clusterapi
import programs
from clusterapi import CA, TLS, WEBHOOK, configuration

DAY = 24 * 3600
NAMES = ("tidewaiter.tidewaiter.svc", "tidewaiter.tidewaiter.svc.cluster.local", "tidewaiter.tidewaiter", "tidewaiter")


class Cluster(clusterapi.ClusterApi):
    """Runs the program, and holds every state to the promise."""

    def __init__(self, folder, authority):
        super().__init__(folder, authority)
        self.folder, self.served = folder, []  # certificates that a server may still show
        self.put(WEBHOOK, configuration("tidewaiter", "somebody-else"))
        self.on_write = self.check

    def check(self, path):
        """After every write: whoever holds the last certificates is trusted."""
        if path == TLS:
            self.served = [*self.served, self.value(TLS, "tls.crt")][-2:]
        if path in (TLS, WEBHOOK) and WEBHOOK in self.objects:
            for leaf in self.served:
                assert verified(self.folder, leaf, self.bundle()), path

    def run(self, *flags, days=0, code=0):
        """What it printed, `days` from now."""
        clock = ["faketime", "-f", f"+{days}d"] if days else []
        done = subprocess.run(
            [*clock, programs.BIN / "tidewaiter-certificate", f"--account={self.account}", "--pause=0", *flags],
            env={**os.environ, "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.port),
                 **({"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"} if days else {})},
            capture_output=True, text=True, timeout=120)
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "PRIVATE KEY" not in said and clusterapi.TOKEN not in said
        return said


def verified(folder, leaf, bundle):
    """Real openssl's word, for the name that an API server uses, and any time."""
    (folder / "leaf.pem").write_text(leaf)
    (folder / "bundle.pem").write_text(bundle)
    return subprocess.run(["openssl", "verify", "-no_check_time", "-purpose", "sslserver", "-verify_hostname", NAMES[0],
                           "-CAfile", folder / "bundle.pem", folder / "leaf.pem"], capture_output=True).returncode == 0


def look(certificate, *flags):
    return subprocess.run(["openssl", "x509", "-noout", *flags], input=certificate, capture_output=True, text=True,
                          check=True).stdout


@pytest.fixture
def cluster(folder):
    made = Cluster(folder, access.Authority(folder, "cluster", days=5000))
    yield made
    made.stop()


def test_first_run__nothing_there__certificate_that_openssl_takes(cluster):
    cluster.run()
    assert [path for path, _ in cluster.writes] == [CA, WEBHOOK, TLS]
    leaf, authority = cluster.value(TLS, "tls.crt"), cluster.value(CA, "tls.crt")
    assert cluster.value(TLS, "ca.crt") == authority == cluster.bundle()
    assert verified(cluster.folder, leaf, authority)
    for name in NAMES:
        assert "does match" in look(leaf, "-checkhost", name), name
    assert "does NOT match" in look(leaf, "-checkhost", "tidewaiter.elsewhere.svc")
    assert "TLS Web Server Authentication" in look(leaf, "-ext", "extendedKeyUsage")
    assert "CA:TRUE" in look(authority, "-ext", "basicConstraints")
    for path in (CA, TLS):
        assert cluster.objects[path]["type"] == "kubernetes.io/tls"
    webhooks = cluster.objects[WEBHOOK]["webhooks"]
    assert "caBundle" not in webhooks[1]["clientConfig"], "not ours"
    assert cluster.objects[WEBHOOK]["metadata"]["labels"] == {"kept": "yes"}


def test_second_run__in_order__writes_nothing(cluster):
    cluster.run()
    before = len(cluster.writes)
    said = cluster.run()
    assert len(cluster.writes) == before
    assert "the certificate is good" in said and "has the CA already" in said


def test_print__nothing_there__nothing_written(cluster):
    assert said_of(cluster.run("--print"), "would get new CA", "would get new certificate", "would get the CA")
    assert cluster.writes == []


def said_of(said, *parts):
    return all(part in said for part in parts) or pytest.fail(said)


def test_renewal__a_third_of_its_life_left__new_certificate_of_the_same_ca(cluster):
    cluster.run("--days=90")
    first = cluster.value(TLS, "tls.crt")
    cluster.run("--days=90", days=58)
    assert cluster.value(TLS, "tls.crt") == first
    cluster.run("--days=90", days=62)
    second = cluster.value(TLS, "tls.crt")
    assert second != first and cluster.value(TLS, "tls.key")
    assert [path for path, _ in cluster.writes] == [CA, WEBHOOK, TLS, TLS]


def test_rotation__of_the_ca__both_are_trusted_until_all_have_the_new_certificate(cluster):
    cluster.run("--days=90")
    old = cluster.value(CA, "tls.crt")
    cluster.run("--days=90", days=3600)
    new = cluster.value(CA, "tls.crt")
    assert new != old and [path for path, _ in cluster.writes[3:]] == [CA, WEBHOOK, TLS]
    assert verified(cluster.folder, cluster.value(TLS, "tls.crt"), new)
    cluster.served = cluster.served[-1:]  # kubelets brought it everywhere
    cluster.run("--days=90", days=3601)
    assert cluster.bundle() == new


@pytest.mark.parametrize("lost", (0, 1, 2, 3))
def test_interrupted__at_each_write__the_next_run_goes_on(cluster, lost):
    """The CA's Secret was deleted: the way back is as long as it gets. (3: nothing is lost.)"""
    cluster.run()
    del cluster.objects[CA]
    way = [("POST", clusterapi.SECRETS), ("PUT", WEBHOOK), ("PUT", TLS)]
    if lost < len(way):
        cluster.answers = [(*way[lost], 403)]
        assert "needs the rule" in cluster.run(code=2)
        assert len(cluster.writes) == 3 + lost
    cluster.run()
    assert verified(cluster.folder, cluster.value(TLS, "tls.crt"), cluster.value(CA, "tls.crt"))
    before = len(cluster.writes)
    cluster.run()
    assert len(cluster.writes) == before


def test_killed__at_each_write__the_next_run_goes_on(cluster):
    for nth in range(3):
        cluster.objects.pop(CA, None)
        writes = len(cluster.writes)
        gate = threading.Event()

        def stop_there(path, until=writes + nth + 1):
            cluster.check(path)
            if len(cluster.writes) == until:
                gate.set()
                time.sleep(1)  # it waits for the answer
        cluster.on_write = stop_there
        process = subprocess.Popen(
            [programs.BIN / "tidewaiter-certificate", f"--account={cluster.account}", "--pause=0"],
            env={**os.environ, "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(cluster.port)},
            stdout=subprocess.DEVNULL)
        assert gate.wait(20)
        process.kill()
        process.wait()
        cluster.on_write = cluster.check
        cluster.run()
        assert verified(cluster.folder, cluster.value(TLS, "tls.crt"), cluster.value(CA, "tls.crt"))


def test_together__two_runs__one_certificate_of_one_ca(cluster):
    threads = [threading.Thread(target=cluster.run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cluster.run()
    assert verified(cluster.folder, cluster.value(TLS, "tls.crt"), cluster.value(CA, "tls.crt"))
    assert cluster.value(CA, "tls.crt") in cluster.bundle()


@pytest.mark.parametrize("told, words", (
    (("GET", CA, 403), ("Role", 'resources: [secrets], resourceNames: [tidewaiter-ca], verbs: [get]')),
    (("POST", clusterapi.SECRETS, 403), ('resources: [secrets], verbs: [create]',)),
    (("PUT", WEBHOOK, 403), ("ClusterRole", "validatingwebhookconfigurations", "verbs: [update]")),
    (("GET", CA, 401), ("token",)),
))
def test_refused__by_the_api_server__names_what_is_missing(cluster, told, words):
    cluster.answers = [told]
    assert said_of(cluster.run(code=2), *words)


def test_no_webhook__yet__certificate_all_the_same_and_told(cluster):
    configured = cluster.objects.pop(WEBHOOK)
    said_of(cluster.run(code=2), "webhook configuration tidewaiter", "apply it, then run this again")
    assert [path for path, _ in cluster.writes] == [CA, TLS]
    cluster.put(WEBHOOK, configured)
    cluster.run()
    assert cluster.bundle() == cluster.value(CA, "tls.crt")


@pytest.mark.parametrize("status", (409, 429, 500, 503))
def test_trouble__that_passes__tried_again(cluster, status):
    cluster.answers = [("PUT", WEBHOOK, status), ("POST", clusterapi.SECRETS, status)]
    assert "once more in 1 s" in cluster.run()
    assert verified(cluster.folder, cluster.value(TLS, "tls.crt"), cluster.bundle())


def test_changed_meanwhile__by_others__their_change_stays(cluster):
    """Somebody labels the configuration between our reading and our writing."""
    def label(path):
        if path == CA:
            cluster.objects[WEBHOOK]["metadata"]["labels"]["added"] = "meanwhile"
    cluster.on_write = label
    cluster.run()
    assert cluster.objects[WEBHOOK]["metadata"]["labels"] == {"kept": "yes", "added": "meanwhile"}


def test_other_ca__of_an_impostor__nothing_is_sent(cluster, folder):
    other = access.Authority(folder, "impostor")
    (cluster.account / "ca.crt").write_text(other.cert.read_text())
    assert "its certificate is not of the CA" in cluster.run(code=2)
    assert cluster.writes == []


def test_rotation__under_load__no_request_is_refused(cluster, folder):
    """A real tidewaiterd, Secrets that reach it seconds later, and a client that knows the caBundle only."""
    cluster.run()
    files = folder / "tls.crt", folder / "tls.key"

    def mount():
        for file, key in zip(files, ("tls.crt", "tls.key")):
            access.write_private(file.with_suffix(".new"), cluster.value(TLS, key))
            os.replace(file.with_suffix(".new"), file)
    mount()
    daemon = Served(folder / "daemon", cluster, files)
    daemon.start()
    seen, failures, over = set(), [], threading.Event()

    def ask_on():
        while not over.is_set():
            try:
                seen.add(daemon.ask())
            except OSError as e:
                failures.append(e)
    client = threading.Thread(target=ask_on)
    client.start()
    try:
        for what in (CA, TLS, CA):
            del cluster.objects[what]
            cluster.run("--pause=1")
            time.sleep(1)
            mount()
            before = len(seen)
            programs.wait_for("the new certificate", lambda: len(seen) > before, 15)
    finally:
        over.set()
        client.join()
        assert daemon.stop() == 0
    assert failures == [] and len(seen) == 4


class Served(access.Guarded):
    """Is asked for /healthz by whoever trusts the caBundle of the moment, under the Service's name."""

    def __init__(self, folder, cluster, files):
        self.cluster = cluster
        super().__init__(folder, f"--tls-cert={files[0]}", f"--tls-key={files[1]}")

    def ask(self):
        """The certificate that it showed, as DER."""
        context = ssl.create_default_context(cadata=self.cluster.bundle())
        with socket.create_connection(("127.0.0.1", self.port), 10) as plain, \
                context.wrap_socket(plain, server_hostname=NAMES[0]) as stream:
            stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: tidewaiter\r\nConnection: close\r\n\r\n")
            status = stream.recv(64)
            assert re.match(rb"HTTP/1.1 200 ", status), status
            return stream.getpeercert(binary_form=True)

    def answers(self):
        assert self.alive(), self.log()
        try:
            return bool(self.ask())
        except OSError:
            return False
