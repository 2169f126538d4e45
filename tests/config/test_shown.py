"""`config show`: what is in force is what the program uses, and where it comes from is where a person finds it."""

import json
from pathlib import Path

import pytest

from incidentui.config.load import parse, parse_content, validate
from incidentui.config.shown import DEFAULT, shown
from tests.e2e.world import Place

TEXT = """[project]
branch = "trunk"
good_after = "1m"
size_limit = 0

[[services]]
name = "api"

[[checks]]
name = "page"
service = "api"
url = "http://127.0.0.1:1/"
every = "15s"
headers = { Authorization = "Bearer tide-and-moon-77-abcdefgh" }

[[checks]]
name = "left-out"
service = "nobody"
url = "http://127.0.0.1:1/"

[keys]
note = "n"
"""


def test_each_value_in_force_has_its_line_or_is_a_default(tmp_path: Path) -> None:
    root = tmp_path / "quay"
    root.mkdir()
    (root / "incidentui.toml").write_text(TEXT)
    place = Place(root, tmp_path / "home")
    done = place.run("config", "show", "--origin")
    lines = done.stdout.splitlines()
    for line in (
        'project.name = "quay"  # default',
        'project.branch = "trunk"  # incidentui.toml:2',
        'project.good_after = "1m"  # incidentui.toml:3',
        "project.size_limit = 100  # default",
        'project.deploy_within = "60s"  # default',
        'checks[0].every = "15s"  # incidentui.toml:13',
        "checks[0].fail_after = 3  # default",
        'checks[0].expect = {"status": [200], "not_login": true}  # default',
        'keys.note = "n"  # incidentui.toml:22',
    ):
        assert line in lines
    assert not any("left-out" in line for line in lines)
    assert "tide-and-moon" not in done.stdout
    assert done.returncode == 1
    assert "2 errors, and what they are about is not in force" in done.stderr


def test_without_a_file_all_is_default_and_it_says_what_writes_one(tmp_path: Path) -> None:
    done = Place(tmp_path, tmp_path / "home").run("--project", ".", "config", "show", "--json")
    assert {row["origin"] for row in json.loads(done.stdout)} == {DEFAULT}
    assert "`incidentui init` writes one" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("text", ["", "checks = 1\n", "[[checks]]\ntype = 7\n", "keys = 1\n", "[project]\nname = [\n"])
def test_a_file_with_mistakes_is_shown_as_far_as_it_holds(text: str, tmp_path: Path) -> None:
    parsed = parse_content(tmp_path, text.encode())
    rows = list(shown(parsed, validate(parsed, untrusted=True)))
    assert {row.origin for row in rows} == {DEFAULT}
    assert [row.key for row in rows][:2] == ["project.name", "project.environment"]


def test_a_default_is_one_that_the_file_may_say(tmp_path: Path) -> None:
    parsed = parse(tmp_path)
    values = {row.key: row.value for row in shown(parsed, validate(parsed, untrusted=True))}
    said = "\n".join(
        f"{key.partition('.')[2]} = {json.dumps(value)}"
        for key, value in values.items()
        if key.startswith("project.") and value not in (None, "")
    )
    again = validate(parse_content(tmp_path, f"[project]\n{said}\n".encode()), untrusted=True)
    assert again.problems == ()
    assert again.config == validate(parsed, untrusted=True).config
