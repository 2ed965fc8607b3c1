"""What docs/ says is what the programs do."""
import json
import re

import pytest
import yaml

import access
import notices
from programs import BIN, Daemon, TOP, run, tidewaiter


@pytest.mark.parametrize("name,lang", [("rules.md", "en"), ("rules.zh-CN.md", "zh")])
def test_docs__rules__are_the_catalogue(name, lang):
    made = tidewaiter("rules", "--markdown", "--lang", lang).stdout
    assert (TOP / "docs" / name).read_text() == made, (
        f"run `tidewaiter rules --markdown --lang {lang}` into docs/{name}")


def test_docs__policy__the_example_is_taken_and_does_what_it_says(image, folder):
    text = re.search(r"```yaml\n(.*?)```", (TOP / "docs/policy.md").read_text(), re.S)[1]
    path = folder / "policy.yaml"
    path.write_text(text)
    done = tidewaiter("gate", "--format", "json", "--policy", path, image.source)
    verdict = json.loads(done.stdout)["verdict"]
    assert (done.returncode, verdict["policy"], verdict["decision"]) == (1, "production", "deny")


def test_docs__access__the_example_is_taken(folder):
    """The file of docs/access.md, with TLS as it says: the daemon starts, and a token of it is known."""
    text = re.search(r"```yaml\n(.*?)```", (TOP / "docs/access.md").read_text(), re.S)[1]
    path = access.write_private(folder / "example.yaml", text)
    refused = run(BIN / "tidewaiterd", f"--access={path}", f"--data-dir={folder}/x", check=False)
    assert refused.returncode == 2 and "SHA-256 of the token" in refused.stderr  # copied as it is
    authority = access.Authority(folder)
    cert, key = authority.issue("server")
    tokens = [access.new_token() for _ in range(2)]
    for _, line in tokens:
        text = text.replace("SHA256-OF-ITS-TOKEN", line.rsplit(" ", 1)[1].rstrip("}"), 1)
    access.write_private(path, text.replace("A-SECRET", "0123456789abcdef").replace(
        "ONE-BEFORE", "fedcba9876543210"))
    daemon = access.Secure(folder, authority, f"--tls-cert={cert}", f"--tls-key={key}",
                           f"--tls-client-ca={authority.cert}")
    daemon.argv = [a.replace(str(daemon.file), str(path)) for a in daemon.argv]
    daemon.start()
    for (token, _), status in zip(tokens, (403, 200)):  # webhook, read
        headers = {"Authorization": f"Bearer {token}"}
        assert access.https(daemon.port, "/v1/images", authority, headers=headers)[0] == status
    assert access.https(daemon.port, "/v1/images", authority)[0] == 401
    assert daemon.stop() == 0


def test_docs__webhooks__the_example_is_taken_and_each_sender_has_its_row_and_chapter(folder):
    page = (TOP / "docs/webhooks.md").read_text()
    text = re.search(r"```yaml\n(.*?)```", page, re.S)[1]
    path = access.write_private(folder / "example.yaml", text)
    refused = run(BIN / "tidewaiterd", f"--access={path}", f"--data-dir={folder}/x", check=False)
    assert refused.returncode == 2 and "at least 16 bytes" in refused.stderr  # copied as it is
    token, line = access.new_token()
    text = text.replace("SHA256-OF-ITS-TOKEN", line.rsplit(" ", 1)[1].rstrip("}"))
    text = text.replace("A-SECRET", notices.SECRET).replace("ONE-BEFORE", "0123456789abcdef")
    keys = notices.GoogleKey(folder)
    daemon = Daemon(folder, f"--access={path}", f"--google-keys={keys.file}")
    access.write_private(path, text)
    daemon.start()
    asked = {"hub": ("docker_hub", "token"), "github": ("github_ping", "X-Hub-Signature-256"),
             "nexus-team": ("nexus_asset", "X-Nexus-Webhook-Signature"),
             "artifactory": ("artifactory_promoted", "X-JFrog-Event-Auth"), "events": ("aws_scan", "X-Api-Key")}
    for name, (sample, how) in asked.items():
        assert notices.Notice(sample).send(daemon, name).status == 401, name
        status = notices.Notice(sample).proved(how).send(daemon, name).status
        assert status == (403 if name == "hub" else 200), name  # docker.io is not in registries
    images = notices.Notice("google_delete")
    images.headers["Authorization"] = "Bearer " + keys.token(
        aud="https://tidewaiter.example/v1/webhooks/images", email="push@PROJECT.iam.gserviceaccount.com")
    assert images.send(daemon, "images").status == 200
    assert daemon.stop() == 0

    document = yaml.safe_load((TOP / "api/openapi.yaml").read_text())
    sender = document["paths"]["/v1/webhooks/{sender}"]["post"]["parameters"][0]
    listed = set(re.findall(r"^\| `([a-z-]+)`.*\|.*\|.*\|.*\|", page, re.M))
    assert set(sender["schema"]["examples"]) - {"auto"} == listed and len(listed) == 13
    assert len(re.findall(r"^## ", page, re.M)) == 1 + len(listed)
    for name in (*listed, "auto"):  # each is there, and no other
        assert daemon_knows(folder, name)
    assert not daemon_knows(folder, "nobody")


def daemon_knows(folder, sender):
    """Whether the access file may have secrets of that sender."""
    path = access.write_private(folder / "one.yaml", f"secrets: {{{sender}: [0123456789abcdef]}}")
    options = [f"--tls-{part}={folder}/none" for part in ("cert", "key")]
    done = run(BIN / "tidewaiterd", f"--access={path}", f"--data-dir={folder}/x", *options,
               check=False, timeout=20)
    assert done.returncode == 2  # for want of a certificate, at the latest
    return "there are no webhooks of" not in done.stderr


def test_docs__settings_and_limits__are_those_of_the_program():
    """Every --name and every limit that docs/ and SECURITY.md speak of is there, with that default."""
    known = run(BIN / "tidewaiterd", "--help").stdout + run(BIN / "tidewaiter", "scan", "--help").stdout
    limits = run(BIN / "tidewaiterd", "--print-limits").stdout
    for name in ("docs/access.md", "docs/notifications.md", "docs/webhooks.md", "SECURITY.md"):
        text = (TOP / name).read_text()
        for option in set(re.findall(r"`--([a-z][a-z-]+)", text)) - {"limit", "self-test", "full"}:
            assert f"--{option}" in known or f"--{option}" in limits, (name, option)
        if name == "docs/webhooks.md":  # its words with a _ are of senders and metrics
            continue
        for limit in set(re.findall(r"`((?!test_)[a-z]+(?:_[a-z]+)+)`", text)) | set(
                re.findall(r"--limit=([a-z_]+)", text)):
            assert re.search(rf"^{limit} ", limits, re.M), (name, limit)
