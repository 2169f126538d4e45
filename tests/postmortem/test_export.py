"""`export` and the hint of `close`, through the program as it is installed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.edge.store.jsonl import JsonlJournal, write_lines
from incidentui.edge.store.window import window_of
from incidentui.postmortem.document import document
from incidentui.session.turn import state_at
from tests.postmortem.story import Story, when, whole

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\n')
    plain = {k: v for k, v in os.environ.items() if k not in ("CI", "INCIDENTUI_DEBUG")}
    here = str(Path(__file__).parents[2])
    env = {**plain, "INCIDENTUI_HOME": str(tmp_path / "home"), "INCIDENTUI_USER": "ines", "PYTHONPATH": here}

    def run_it(*argv: str) -> Done:
        command = [sys.executable, "-m", "incidentui", *argv]
        return subprocess.run(
            command, cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    assert run_it("open", "pages stay blank").returncode == 0
    return run_it


@pytest.mark.req("F14", "R3-07")
def test_the_draft_is_there_while_open_and_after_the_end_and_close_says_how(run: Run) -> None:
    assert run("note", "a traveller called").returncode == 0
    early = run("export", "INC-1")
    assert early.returncode == 0
    assert "| Status | open (open), as of " in early.stdout
    closed = run("close", "--reason", "false alarm")
    assert closed.stdout.startswith("closed INC-1")
    assert "`incidentui export INC-1` prints its post-mortem draft" in closed.stderr
    assert json.loads(run("show", "INC-1", "--json").stdout)["stage"] == "closed"
    draft = run("export", "INC-1", "--format", "md").stdout
    assert draft.startswith("# INC-1: pages stay blank\n")
    assert "| Status | closed, not resolved: false alarm |" in draft
    assert "a traveller called" in draft


def test_close_as_json_says_nothing_else(run: Run) -> None:
    closed = run("close", "--reason", "false alarm", "--json")
    assert set(json.loads(closed.stdout)) == {"id", "seq"}
    assert closed.stderr == ""


@pytest.mark.req("F15")
@pytest.mark.parametrize("form", ["md", "json", "jsonl"])
def test_a_file_that_is_there_is_never_replaced(run: Run, tmp_path: Path, form: str) -> None:
    target = tmp_path / "INC-1.out"
    first = run("export", "INC-1", "--format", form, "-o", str(target))
    assert (first.returncode, first.stdout) == (0, "")
    written = target.read_text()
    assert written.endswith("\n")
    target.write_text("mine")
    again = run("export", "INC-1", "--format", form, "-o", str(target))
    assert again.returncode == 3
    assert "is there already. Name another file" in again.stderr
    assert target.read_text() == "mine"


def test_what_cannot_be_written_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    assert run("export", "INC-9", "-o", str(tmp_path / "a.md")).returncode == 2
    assert not (tmp_path / "a.md").exists()
    lost = run("export", "INC-1", "-o", str(tmp_path / "no" / "a.md"))
    assert lost.returncode == 2
    assert "Traceback" not in lost.stderr
    html = run("export", "INC-1", "--format", "html")
    assert (html.returncode, html.stdout) == (2, "")
    assert "--format md" in html.stderr


def test_the_facts_as_one_json_document(run: Run) -> None:
    facts = json.loads(run("export", "INC-1", "--format", "json").stdout)
    assert facts["incident"]["title"] == "pages stay blank"
    assert facts["metrics"]["to_detect"] == {"ms": 0, "rule": "opened → ines opened the incident"}
    assert "Causes: unknown; no deploy was seen before it." in facts["gaps"]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return whole(tmp_path)


def test_the_document_says_what_the_draft_says(story: Story) -> None:
    facts = document(story.facts())
    story.journal.close()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["recovered"] == "2026-03-02T09:17:20.000Z"
    assert facts["outages"][0]["failing_ms"] == 970_000
    assert facts["attempts"][0]["was"] == "bad1" * 10
    assert facts["attempts"][1]["verdict"]["word"] == "complete"
    assert facts["code"]["running"]["bookings"] == "d4" * 20
    assert {c["sha"][:4]: c["roles"][0] for c in facts["commits"]} == {
        "d4d4": "written by reset 2",
        "c3c3": "written by revert 1",
        "bad1": "suspect",
        "a1a1": "known-good",
    }
    assert [row["text"] for row in facts["timeline"] if row["subject"] == "tomasz"] == [
        "travellers see a page that *never* loads"
    ]


@pytest.mark.req("F69")
def test_an_exported_record_gives_the_same_draft(story: Story, tmp_path: Path) -> None:
    from incidentui.cli.drafting import drafted
    from incidentui.edge.store.jsonl import export_lines

    window = window_of(story.journal, "INC-1")
    assert window is not None
    write_lines(tmp_path / "record.jsonl", export_lines(story.journal, window))
    record = JsonlJournal(tmp_path / "record.jsonl")
    again = drafted(record, state_at(record, record.last()), "INC-1", when("10:00:00"))
    assert again == story.draft()
    story.journal.close()


@pytest.mark.req("F70")
def test_in_a_replay_the_draft_knows_only_what_was_known_then(story: Story) -> None:
    from incidentui.cli.drafting import drafted

    (verdict,) = [r for r in story.journal.read() if r.subject == "verdict" and r.at == when("09:13:02")]
    then = drafted(story.journal, state_at(story.journal, verdict.seq), "INC-1", when("09:14:00"))
    assert isinstance(then, str)
    assert "| Status | open (mitigating), as of 2026-03-02 09:14:00 |" in then
    assert "Reset 2" not in then
    assert "| bookings | 12m 50s | 770 |" in then
    early = drafted(story.journal, state_at(story.journal, 3), "INC-1", when("09:00:00"))
    assert not isinstance(early, str)
    assert "not open yet" in early.why
    story.journal.close()
