"""Records of `export` through `import`: the right incident, whole, once, and without secrets."""

import json
from pathlib import Path

import pytest

from tests.postmortem.imports import Here, place


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ines")
    return place(tmp_path, "quay", capsys)


@pytest.fixture
def pier(here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Here:
    """Another project."""
    return place(tmp_path, "pier", capsys)


def exported(here: Here, ident: str, file: Path) -> str:
    here.ok("export", ident, "--format", "jsonl", "-o", str(file))
    return str(file)


# -- the right one


def test_the_incident_of_a_record_is_the_one_it_was_exported_as(here: Here, pier: Here, tmp_path: Path) -> None:
    here.ok("open", "pages stay blank")
    here.ok("open", "a certificate ran out")
    here.ok("close", "INC-2", "--reason", "renewed")
    here.ok("close", "INC-1", "--reason", "false alarm")
    first = exported(here, "INC-1", tmp_path / "first.jsonl")
    assert "INC-1, there already  pages stay blank" in here.ok("import", first)
    said = pier.ok("import", first)
    assert "→ INC-1  pages stay blank" in said
    assert "record of      INC-1 of quay" in said
    assert pier.json("show", "INC-1")["title"] == "pages stay blank"
    assert pier.ok("export", "INC-1", "--format", "jsonl") == Path(first).read_text(encoding="utf-8")
    state = json.loads(pier.ok("replay", first, "--at", here.json("show", "INC-1")["closed"], "--json"))
    assert state["incidents"]["INC-1"]["title"] == "pages stay blank"


def test_of_plain_events_it_is_the_one_opened_last(here: Here, pier: Here, tmp_path: Path) -> None:
    here.ok("open", "pages stay blank")
    here.ok("open", "a certificate ran out")
    (tmp_path / "events.jsonl").write_text(here.ok("events"), encoding="utf-8")
    assert "→ INC-1  a certificate ran out" in pier.ok("import", str(tmp_path / "events.jsonl"))
