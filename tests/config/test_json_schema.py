"""`schema`: what the program takes and writes is what its schemas say."""

import json
import re
import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest

from incidentui.config.json_schema import of_config
from incidentui.core.codec import to_json
from incidentui.core.events import NoteAdded
from incidentui.core.json_schema import of_events
from incidentui.drills.history import git
from tests.e2e.world import Place

TYPES = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list, "object": dict}
DOCS = Path(__file__).resolve().parents[2] / "docs"


def fits(schema: dict[str, Any], value: Any, defs: dict[str, Any]) -> bool:
    """As much of JSON Schema as these use."""
    if "$ref" in schema:
        return fits(defs[schema["$ref"].rpartition("/")[2]], value, defs)
    if "anyOf" in schema and not any(fits(one, value, defs) for one in schema["anyOf"]):
        return False
    for one in schema.get("allOf", ()):
        if "if" not in one:
            if not fits(one, value, defs):
                return False
        elif fits(one["if"], value, defs) and not fits(one["then"], value, defs):
            return False
    if schema.get("type") == "null":
        return value is None
    kind = schema.get("type")
    if kind and not any(isinstance(value, TYPES[k]) for k in ([kind] if isinstance(kind, str) else kind)):
        return False
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        return False
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return False
    if isinstance(value, list):
        return all(fits(schema.get("items", {}), one, defs) for one in value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        if not set(schema.get("required", ())) <= set(value) or (more is False and not set(value) <= set(known)):
            return False
        rest = more if isinstance(more, dict) else {}
        return all(fits(known.get(key, rest), one, defs) for key, one in value.items())
    return True


def examples() -> list[str]:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    return [part for part in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[[errors]]" not in part]


@pytest.mark.parametrize("text", examples())
def test_every_example_of_the_page_fits_the_schema(text: str) -> None:
    schema = of_config()
    assert fits(schema, tomllib.loads(text), schema["$defs"]), text


@pytest.mark.parametrize(
    "text",
    [
        "[projet]\nname = 'a'\n",
        "[project]\ngood_after = 60\n",
        "[project]\ngood_after = 'soon'\n",
        "[[services]]\npaths = ['a']\n",
        "[[checks]]\nname = 'a'\nservice = 'b'\nurll = 'http://a/'\n",
        "[[checks]]\nname = 'a'\nservice = 'b'\ntype = 'htp'\n",
        "[bisect]\ncommand = 'make test'\n",
    ],
)
def test_what_is_wrong_does_not_fit(text: str) -> None:
    schema = of_config()
    assert not fits(schema, tomllib.loads(text), schema["$defs"])


def test_what_events_print_fits_and_what_is_no_event_does_not(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "home")
    (tmp_path / "incidentui.toml").write_text("")
    place.ok("open", "it is down")
    place.ok("note", "at work")
    schema = json.loads(place.ok("schema", "event"))
    lines = [json.loads(line) for line in place.ok("events").splitlines()]
    assert len(lines) == 2
    assert all(fits(schema, line, schema["$defs"]) for line in lines)
    assert not fits(schema, {**lines[1], "data": {"text": 7}}, schema["$defs"])
    assert schema == of_events()


@pytest.mark.slow
def test_what_commands_print_fits(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "home")
    git(["init", "-q", "-b", "main", "."], tmp_path)
    git(["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "1"], tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "Procfile").write_text(f"web: run --port {server.getsockname()[1]}\n")
        printed = {
            name: json.loads(place.run(*name.split(), *more, "--json").stdout)
            for name, more in (
                ("init", ()), ("check", ()), ("open", ("down",)), ("note", ("x",)), ("validate", ()),
                ("config show", ()),
                ("incidents", ()), ("act", ("git.mark-good", "rev=HEAD", "--plan")), ("close", ("--reason", "x")),
            )
        }  # fmt: skip
    defs = json.loads(place.run("schema", "answers").stdout)["$defs"]
    assert set(printed) < set(defs)
    assert [name for name, said in printed.items() if not fits(defs[name], said, defs)] == []
    assert not fits(defs["check"], {"verdict": "ok"}, defs)


def test_of_a_class_what_has_no_default_is_required() -> None:
    note = of_events()["$defs"]["NoteAdded"]
    assert set(note["required"]) < set(to_json(NoteAdded("a", "b"))) == set(note["properties"])


def test_defaults_are_as_a_file_says_them() -> None:
    table = of_config()["$defs"]["ProjectTable"]["properties"]
    assert (table["deploy_within"]["default"], table["size_limit"]["default"]) == ("60s", 100)
