"""Every sender's notice, shown as it can, about an image in a real registry: the scan ends done."""
import pytest

import access
import images
import notices
import programs
from notices import Notice, SECRET
from programs import wait_for

# sample -> how its sender shows itself
SENT = {
    "distribution": "Bearer", "distribution_v3": "X-Hub-Signature-256", "gitlab": "Bearer", "azure": "Basic",
    "azure_event_grid": "token", "azure_event_grid_cloudevent": "Authorization", "docker_hub": "token",
    "harbor": "Authorization", "harbor_cloudevents": "Authorization", "quay": "token",
    "github": "X-Hub-Signature-256", "github_form": "X-Hub-Signature-256", "gitea": "X-Gitea-Signature",
    "gitea_digest": "Authorization", "forgejo": "X-Forgejo-Signature", "aws": "Basic",
    "google": "Google", "google_unwrapped": "Google", "zot": "Basic", "zot_structured": "Bearer",
    "artifactory": "X-JFrog-Event-Auth", "artifactory_index": "signed X-JFrog-Event-Auth",
    "nexus": "X-Nexus-Webhook-Signature",
}


class Yard:
    """A daemon with a secret for every sender, a registry with an image, a key like Google's."""

    def __init__(self, folder, image):
        self.folder, self.image = folder, image
        self.registry = programs.Registry(folder)
        self.google = notices.GoogleKey(folder)
        self.daemon = access.Guarded(folder / "daemon", f"--google-keys={self.google.file}",
                                     "--log-level=debug", registries=f"http://{self.registry.host}")
        text = self.daemon.file.read_text().replace("secrets: {distribution", "secrets: {docker-hub")
        access.write_private(self.daemon.file, text + "\n".join(notices.access_lines()))
        self.read = self.daemon.bearer("read")
        self.answers = []

    def start(self):
        self.registry.start()
        self.daemon.start()
        return self

    def stop(self):
        self.registry.stop()
        assert self.daemon.stop() == 0, self.daemon.log()[-4000:]
        assert "Sanitizer" not in self.daemon.log() and "runtime error" not in self.daemon.log()

    def push(self, name):
        """An image that no other notice tells of."""
        folder = self.folder / name
        folder.mkdir()
        copy = images.copy(self.image, folder)
        copy.env(f"ENV SAMPLE={name}", SAMPLE=name)
        repository = f"{name.replace('_', '-')}/app"
        return repository, self.registry.push(copy.source, f"{repository}:1.0")

    def show(self, notice, how, secret=None):
        if how == "Google":
            changes = {"email": "other@example.com"} if secret else {}
            notice.headers["Authorization"] = f"Bearer {self.google.token(**changes)}"
        elif how == "Bearer":
            token = secret or self.daemon.tokens["webhook"][0]
            notice.headers["Authorization"] = f"Bearer {token}"
        elif how == "Basic":
            pair = f"webhook:{secret or self.daemon.tokens['webhook'][0]}"
            notice.headers["Authorization"] = "Basic " + notices.base64.b64encode(pair.encode()).decode()
        else:
            notice.proved(how, secret or SECRET)
        return notice

    def send(self, notice, name=None):
        answer = notice.send(self.daemon, name)
        self.answers.append(answer)
        return answer

    def scans(self, repository):
        items = self.daemon.get("/v1/scans?limit=200", self.read).json["items"]
        return [s for s in items if f"/{repository}" in s["reference"]]

    def wait_done(self, repository, digest):
        def done():
            scans = self.scans(repository)
            assert not [s for s in scans if s["state"] == "failed"], scans
            return scans if scans and all(s["state"] == "done" for s in scans) else None
        scans = wait_for(f"the scan of {repository}", done)
        assert {s["digest"] for s in scans} == {digest}
        report = self.daemon.get(f"/v1/images/{digest}/report", self.read)
        assert report.status == 200 and report.json["image"]["digest"] == digest
        return scans


@pytest.fixture(scope="module")
def yard(tmp_path_factory, image):
    made = Yard(tmp_path_factory.mktemp("yard"), image).start()
    yield made
    made.stop()


@pytest.mark.parametrize("sample", SENT)
def test_sender__shows_itself_and_its_image_is_scanned(yard, sample):
    def notice():
        made = Notice(sample).about(yard.registry.host, repository, digest)
        if sample == "quay":  # its other tag is not there
            made.body = made.body.replace(b'"latest"', b'"1.0"')
        if sample == "forgejo":
            made.body = made.body.replace(b"forge.example:3000", yard.registry.host.encode())
        return made
    repository, digest = yard.push(sample)
    sender, how = notice().sender, SENT[sample]
    assert yard.send(notice()).status == 401
    assert yard.send(yard.show(notice(), how, "another-CANARY-secret")).status == 401
    assert yard.scans(repository) == []

    answer = yard.send(yard.show(notice(), how))
    assert answer.status == 200, answer.text
    assert answer.json["accepted"] == 1 and "unusable" not in answer.json
    scan, = yard.wait_done(repository, digest)
    assert scan["requested_by"] == f"webhook:{sender}"

    # Again, and by the webhook that finds out itself.
    assert yard.send(yard.show(notice(), how)).json["accepted"] == 1
    by_auto = notice()
    by_auto.proved("token")
    assert yard.send(by_auto, "auto").json["accepted"] == 1
    scans = yard.wait_done(repository, digest)
    has_digest = sample == "gitea_digest" or sender not in notices.WITHOUT_DIGEST
    assert len(scans) == 1 or not has_digest
    by = "webhook:distribution" if sender == "gitlab" else f"webhook:{sender}"
    assert {s["requested_by"] for s in scans} <= {by, f"webhook:{sender}"}


def test_registry__notifies_by_itself__with_a_secret_in_the_url_of_auto(folder, image):
    """A real docker-registry, whose pushers use another name of it than is to be asked."""
    port, registry_port = programs.free_port(), programs.free_port()
    # Its events say "localhost:PORT"; only 127.0.0.1 is allowed.
    asked = f"127.0.0.1:{registry_port}"
    daemon = access.Guarded(folder / "daemon", port=port, registries=f"http://{asked}")
    access.write_private(daemon.file, daemon.file.read_text() +
                         f"webhooks: [{{name: auto, secrets: [{SECRET}]}}]\n")
    query = notices.urllib.parse.urlencode({"token": SECRET, "registry": asked})
    registry = programs.Registry(folder, port=registry_port,
                                 notify=f"http://127.0.0.1:{port}/v1/webhooks/auto?{query}")
    registry.start()
    daemon.start()
    digest = registry.push(image.source, "team/app:1")
    read = daemon.bearer("read")
    wait_for("the report", lambda: daemon.get(f"/v1/images/{digest}/report", read).status == 200)
    scan, = daemon.get("/v1/scans", read).json["items"]
    assert (scan["requested_by"], scan["state"]) == ("webhook:distribution", "done")
    assert scan["reference"].startswith(f"{asked}/team/app:1")
    assert daemon.stop() == 0
    registry.stop()
    assert SECRET not in daemon.log()


def test_github__both_events_of_one_push__one_scan(yard):
    repository, digest = yard.push("both")
    for sample in ("github", "github_registry_package"):
        notice = Notice(sample).about(yard.registry.host, repository, digest)
        assert yard.send(yard.show(notice, "X-Hub-Signature-256")).json["accepted"] == 1
    scan, = yard.wait_done(repository, digest)
    assert scan["requested_by"] == "webhook:github"


def test_aws__header_of_its_own__lets_it_in(yard):
    repository, digest = yard.push("keyed")
    notice = Notice("aws").about(yard.registry.host, repository, digest)
    assert yard.send(notice, "keyed").status == 401
    assert yard.send(notice.proved("X-Api-Key"), "keyed").json["accepted"] == 1
    yard.wait_done(repository, digest)


def test_event_grid__validation__is_answered_and_nothing_else_happens(yard):
    notice = yard.show(Notice("azure_event_grid_handshake"), "token")
    assert yard.send(notice).json == {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}


@pytest.mark.parametrize("sample", [p.stem for p in sorted(notices.SAMPLES.glob("*.http"))])
def test_samples__refused_or_not_as_their_sender_bears_it(yard, sample):
    """Of registries that are not listed, and of malformed events: the table of docs/webhooks.md."""
    notice = yard.show(Notice(sample), "token")
    before = yard.daemon.get("/v1/scans?limit=200", yard.read).json["items"]
    answer = yard.send(notice, "auto" if sample.startswith("google") else None)
    # Google's webhook has no secret here; "auto" has.
    harmed = {"azure", "quay", "artifactory", "nexus"}
    allowed = {200} if notice.sender in harmed else {200, 400, 403}
    assert answer.status in allowed, answer.text
    if answer.status == 200 and "validationResponse" not in answer.json:
        assert answer.json["accepted"] == 0
        assert answer.json["ignored"] + answer.json.get("unusable", 0) > 0
        assert ("reason" in answer.json) == ("unusable" in answer.json)
    elif answer.status != 200:
        assert answer.json["detail"]
    assert yard.daemon.get("/v1/scans?limit=200", yard.read).json["items"] == before


def test_google__new_keys__are_taken_and_old_tokens_no_longer(yard):
    def status():
        notice = yard.show(Notice("google_delete"), "Google")
        return yard.send(notice).status
    assert status() == 200
    older = yard.google
    folder = yard.folder / "newer"
    folder.mkdir()
    newer = notices.GoogleKey(folder)
    text = older.file.read_text()
    older.file.write_text(newer.file.read_text())
    wait_for("the new key", lambda: status() == 401)
    older.file.write_text("{}")
    wait_for("the error", lambda: "the access that was in force stays so" in yard.daemon.log())
    older.file.write_text(text)
    wait_for("the old key", lambda: status() == 200)


def test_secrets__of_webhooks__are_in_no_log_answer_or_metric(yard):
    """After all that came before, and one refusal and one success more."""
    for secret in ("another-CANARY-secret", None):
        yard.send(yard.show(Notice("harbor_pull"), "token", secret))
    metrics = yard.daemon.get("/metrics", yard.read).text
    printed = programs.run(programs.BIN / "tidewaiterd", "--print-config", *yard.daemon.argv[1:]).stdout
    told = [yard.daemon.log(), metrics, printed] + [a.text + str(a.headers) for a in yard.answers]
    assert yard.answers and "?***" in yard.daemon.log()
    assert 'tidewaiter_pushes_total{sender="' in metrics
    for text in told:
        assert "CANARY" not in text
        assert yard.daemon.tokens["webhook"][0] not in text
        assert "eyJ" not in text  # the start of any JSON Web Token
    assert b"CANARY" not in b"".join(p.read_bytes() for p in yard.daemon.data.iterdir() if p.is_file())
