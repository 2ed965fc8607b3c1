"""What docs/ says is what the programs do."""
import json
import re

import pytest

from programs import TOP, tidewaiter


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
