"""Man pages and docs/configuration.md are what the programs say."""
import os
import re

import pytest
import yaml

from programs import BIN, TOP, run

MAN = TOP / "docs/man"
PAGES = ["tidewaiter.1", "tidewaiterd.8", "tidewaiter-layer.8", "tidewaiterd.yaml.5"]


def shown(page):
    """As `man` shows it, without what makes it bold."""
    return re.sub(".\b", "", run("mandoc", "-T", "utf8", "-O", "width=200", MAN / page).stdout)


def test_manual__pages_and_table__are_generated_from_the_programs():
    done = run(TOP / "docs/generate.py", "--check", "--bin", BIN, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_manual__lint__has_nothing_to_say(page):
    told = run("mandoc", "-T", "lint", MAN / page, check=False).stdout.splitlines()
    assert [line for line in told if "referenced manual not found" not in line] == []  # ours are not installed


def test_manual__every_option_of_help__is_there():
    cli, daemon, layer = (shown(page) for page in PAGES[:3])
    commands = re.findall(r"^  tidewaiter (\S+)", run(BIN / "tidewaiter", "--help").stdout, re.M)
    assert len(commands) >= 11
    for command in commands:
        helped = run(BIN / "tidewaiter", command, "--help").stdout
        for option in re.findall(r"^  (--[a-z-]+)", helped, re.M):
            assert option in cli, (command, option)
    for option in re.findall(r"--[a-z][a-z-]+", run(BIN / "tidewaiterd", "--help").stdout):
        assert option in daemon, option
    for option in re.findall(r"--[a-z][a-z-]+", run(BIN / "tidewaiter-layer", "--help").stdout):
        assert option in layer, option


def test_manual__exit_codes_of_help__are_there():
    helped = run(BIN / "tidewaiter", "--help").stdout
    codes = re.findall(r"(?:: |; |\n)([0-9]) ", helped[helped.index("Exit codes"):])
    assert codes == ["0", "1", "2", "3"]
    status = shown("tidewaiter.1").split("EXIT STATUS")[1].split("EXAMPLES")[0]
    assert re.findall(r"^ +([0-9]) ", status, re.M) == codes


def test_manual__every_key_and_limit__is_in_the_page_of_the_file():
    page = shown("tidewaiterd.yaml.5")
    keys = yaml.safe_load(re.sub(r"(?m)^# (?=[a-z-]+: )", "", run(BIN / "tidewaiterd", "--print-config").stdout))
    for key in [*keys, *keys["limits"], "server", "token-file", "ca"]:
        assert re.search(rf"^ +{key}\b", page, re.M) or key == "limits", key


@pytest.mark.parametrize("place", ["docs/configuration.md", "docs/man/tidewaiterd.yaml.5"])
def test_docs__example_of_the_file__is_taken(folder, place):
    text = (TOP / place).read_text()
    example = (re.search(r"```yaml\n(.*?)```", text, re.S) or re.search(r"\.Bd .*?\n(.*?)\.Ed", text, re.S))[1]
    path = folder / "example.yaml"
    path.write_text(example)
    made = yaml.safe_load(run(BIN / "tidewaiterd", "--print-config", f"--config={path}").stdout)
    for key, value in yaml.safe_load(example).items():
        assert (made[key] == value) or (key == "limits" and made[key].items() >= value.items()), key


def test_docs__the_message_of_the_example__is_what_is_said(folder):
    told = re.search(r"tidewaiterd.yaml:(3:1: .*)$", (TOP / "docs/configuration.md").read_text(), re.M)[1]
    path = folder / "tidewaiterd.yaml"
    path.write_text("\n\nworker: 4\n")
    done = run(BIN / "tidewaiterd", "--print-config", f"--config={path}", check=False)
    assert done.stderr == f"tidewaiterd: {path}:{told}\n"


def test_manual__examples_of_the_client__are_run(daemon, registry, image, folder):
    registry.push(image.source, "team/app:1.4")
    policy = folder / "policy.yaml"
    policy.write_text("name: one\n")
    env = {**os.environ, "TIDEWAITER_SERVER": daemon.url, "TIDEWAITER_REGISTRIES": f"http://{registry.host}"}
    lines = re.findall(r"^\.Dl (tidewaiter .*)$", (MAN / "tidewaiter.1").read_text(), re.M)
    assert len(lines) == 5
    for line in lines:
        argv = line.split(" > ")[0].replace("registry.example", registry.host).replace(
            "policy.yaml", str(policy)).replace("oci:image:latest", image.source).split()
        done = run(BIN / argv[0], *argv[1:], check=False, env=env)
        assert done.returncode in (0, 1) and done.stdout, (line, done.stderr)
