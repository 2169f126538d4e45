"""Records of `export` through `import`: the right incident, whole, once, and without secrets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postmortem.imports import PAST, Here, place


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


# -- once


def test_a_file_that_several_take_in_at_once_is_there_once(here: Here, tmp_path: Path) -> None:
    rows = "".join(f"- 2026-01-02 09:{n % 60:02} - {'the queue grows ' * 20}{n}\n" for n in range(300))
    (tmp_path / "long.md").write_text(f"# Queue\n\n## Timeline\n\n{rows}", encoding="utf-8")
    files = (str(tmp_path / "long.md"), str(PAST / "restart.md"))
    command = [sys.executable, "-m", "incidentui", "--project", str(here.root), "import", "--json", *files]
    here.ok("note", "the journal is there")
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    # What they say of the first file is more than a pipe holds: all are in before one of them goes on to the second.
    begun = [one.stdout.readline() for one in several if one.stdout is not None]
    said = [first + one.communicate(timeout=60)[0] for one, first in zip(several, begun, strict=True)]
    assert [one.returncode for one in several] == [0] * 3
    metas = [json.loads(line)["meta"] for text in said for line in text.splitlines() if line.startswith('{"meta"')]
    for file in ("long.md", "restart.md"):
        of_it = [meta for meta in metas if meta["file"] == file]
        assert (len(of_it), len({meta["id"] for meta in of_it})) == (3, 1)
        assert [meta["already"] for meta in of_it].count(True) == 2
    assert len(here.json("incidents")) == 2
