"""`import`: documents become closed incidents of the archive, marked as claims; records come back as they were."""

import json
from pathlib import Path

import pytest

from incidentui.cli.archive import record_of
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.jsonl import JsonlJournal
from tests.postmortem.imports import PAST, Here, place


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ines")
    return place(tmp_path, "quay", capsys)


RESTART = str(PAST / "restart.md")


@pytest.mark.req("R1-01")
def test_the_head_becomes_fields_and_its_duration_is_held_against_the_entries(here: Here) -> None:
    _, meta = here.read("restart.md")
    assert (meta["date"], meta["severity"], meta["duration_ms"]) == ("2026-01-19", "SEV1", 4 * 3_600_000)
    assert meta["severity_said"].startswith("Critical")
    assert meta["cost"][0]["text"] == "Cost Impact: a day of work"
    against = next(c for c in meta["contradictions"] if c["text"].startswith("duration:"))
    assert against["text"] == "duration: the head says ~4 hours, the entries reach over 1h"
    assert against["lines"][0] == 3


@pytest.mark.req("R1-03")
def test_ranges_and_triggers_become_entries(here: Here) -> None:
    entries, _ = here.read("restart.md")
    assert [(e["time"], e["end"], e["trigger"]) for e in entries] == [
        ("2026-01-19T16:00:00.000Z", "2026-01-19T17:00:00.000Z", False),
        ("2026-01-19T17:00:00.000Z", None, True),
    ]
    assert "Trigger: Routine restart" in entries[1]["text"]


@pytest.mark.req("R1-57")
def test_every_cause_is_kept_and_numbered_anew(here: Here) -> None:
    _, meta = here.read("restart.md")
    assert [c["n"] for c in meta["causes"]] == list(range(1, 9))
    assert [c["numbered"] for c in meta["causes"]] == [1, 2, 3, 4, 5, 6, 4, 5]
    here.ok("import", RESTART)
    listed = here.json("cause", "list", "--incident", "INC-1")
    assert [c["n"] for c in listed["causes"]] == list(range(1, 9))
    assert listed["causes"][6]["cause"] == "Agent configuration gone"
    assert all(c["found"] is None for c in listed["causes"])  # nobody says when


@pytest.mark.req("R1-34")
def test_the_sum_of_the_causes_is_computed_and_every_other_total_named(here: Here) -> None:
    _, meta = here.read("restart.md")
    assert meta["lost_ms"] == 265 * 60_000
    said = [c["text"] for c in meta["contradictions"]]
    assert "time lost: the 8 causes add up to 265 min (4h 25m); line 3 says ~4 hours, line 57 says ~3 hours" in said
    assert any("the parts add up to 170 min" in s and "230 min" in s for s in said)
    here.ok("import", RESTART)
    assert "4h 25m lost, says the document" in here.ok("show", "INC-1")


@pytest.mark.req("R1-35")
def test_the_cost_is_kept_and_odd_sections_stand_verbatim(here: Here) -> None:
    _, meta = here.read("restart.md")
    assert "cost: line 60 says 25,000+ tokens, line 91 says 20,000 tokens" in [
        c["text"] for c in meta["contradictions"]
    ]
    here.ok("import", RESTART)
    draft = here.ok("export", "INC-1")
    kept = draft.split("## Verbatim, lines 89 to 95: Ferry Voucher Request")[1]
    assert "**Estimated waste:** 20,000 tokens, please <b>refund</b>" in kept


@pytest.mark.req("R1-36")
def test_the_load_on_people_is_kept_in_their_words(here: Here) -> None:
    here.ok("import", RESTART)
    assert "## Load on responders\n\n11/10 - it had worked before" in here.ok("export", "INC-1")


@pytest.mark.req("R1-42", "R1-43")
def test_items_come_with_box_and_horizon_and_those_nobody_will_do_are_named(here: Here) -> None:
    _, meta = here.read("restart.md")
    assert [(i["done"], i["horizon"]) for i in meta["items"]] == [
        *[(True, "Immediate")] * 3,
        *[(False, "Immediate")] * 2,
        (False, "Next Sprint"),
    ]
    assert meta["items"][2]["owner"], meta["items"][2]["due"] == ("Ana", "2026-01-20")
    assert len(meta["lint"]["no_owner"]) == len(meta["lint"]["no_due"]) == 2
    here.ok("import", RESTART)
    draft = here.ok("export", "INC-1")
    assert "- [x] Fix the tunnel port (owner: _unknown_, due: _unknown_)" in draft
    gaps = draft.split("## Gaps")[1]
    assert "2 open items without owner: “Document all port dependencies”; “Implement configuration validation”." in gaps
    assert "2 open items without due date: “Document all port dependencies”; “Template of the agent file”." in gaps


@pytest.mark.req("R1-53", "R1-54", "R1-55")
def test_conclusion_factors_and_origin(here: Here) -> None:
    here.ok("import", RESTART)
    found = here.json("show", "INC-1")
    assert found["symptom"] == "a small change broke all of it"
    assert found["root_cause"] == "infrastructure debt"
    assert found["real_problem"] == "nothing validates the configuration"
    assert [f["state"] for f in found["imported"]["factors"]] == ["open", "fixed", "fixed", "open"]
    assert {c["origin"] for c in found["causes"]} == {"pre-existing"}


@pytest.mark.req("R0-01")
def test_a_date_alone_never_becomes_a_time(here: Here) -> None:
    here.ok("import", str(PAST / "rollback.md"))
    assert "2025-12-29, time unknown" in here.ok("show", "INC-1")
    assert "2025-12-29 ??:??" in here.ok("incidents")
    assert here.json("show", "INC-1")["opened"] == "2025-12-29"
    assert "00:00" not in here.ok("show", "INC-1") + here.ok("export", "INC-1") + here.ok("incidents")
    here.ok("import", str(PAST / "theories.md"))
    assert here.json("show", "INC-2")["opened"] is None
    assert "time unknown" in here.ok("incidents")


@pytest.mark.req("R0-15", "R0-23")
def test_contradictions_are_kept_and_reverts_are_attempts(here: Here) -> None:
    _, meta = here.read("rollback.md")
    assert [c["text"] for c in meta["contradictions"]] == [
        "rollback: line 13 says 2 failed rollback attempts, line 25 says it was rolled back",
        "commits: line 12 says 6 broken commits; 6 are listed, 2 of them take something back",
    ]
    assert [c["revert"] for c in meta["commits"]] == [False] * 4 + [True] * 2
    assert meta["known_good"] == "87810ff"
    here.ok("import", str(PAST / "rollback.md"))
    draft = here.ok("export", "INC-1")
    assert "| `cddd466` | Revert all backup changes | took back |" in draft
    assert "2 failed rollback attempts" in draft


def test_theories_that_were_wrong_are_ruled_out(here: Here) -> None:
    here.ok("import", str(PAST / "theories.md"))
    found = here.json("show", "INC-1")
    assert [(h["verdict"], h["did"]) for h in found["hypotheses"]] == [
        ("refuted", "separated the two"),
        ("refuted", "sent one"),
    ]
    assert found["root_cause"] == "the session is lost"


# -- in the archive


@pytest.mark.req("F13")
def test_where_it_came_from_stands_everywhere(here: Here) -> None:
    assert "→ INC-1" in here.ok("import", RESTART)
    claim = "what a document says: this program saw none of it"
    shown, draft = here.ok("show", "INC-1"), here.ok("export", "INC-1")
    for text in (shown, draft):
        assert claim in text
        assert "restart.md by ines" in text
    assert "imported " in here.ok("incidents")
    assert "to detect" not in shown  # nothing of it was measured
    rows = [json.loads(line) for line in here.ok("events", "INC-1").splitlines()]
    assert {row["source"] for row in rows} == {"document:restart.md"}


def test_twice_adds_nothing_and_says_so(here: Here) -> None:
    here.ok("import", RESTART)
    before = here.ok("events")
    code, said, _ = here.run("import", RESTART, RESTART)
    assert code == 0
    assert said.count("INC-1, there already") == 2
    assert here.ok("events") == before


def test_a_dry_run_saves_nothing_and_needs_neither_a_name_nor_a_project(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INCIDENTUI_USER")
    monkeypatch.chdir(tmp_path)
    assert "not saved" in here.ok("import", "--dry-run", RESTART)
    assert not (tmp_path / "home").exists() or not list((tmp_path / "home").rglob("*.db"))
    assert here.run("import", "--read-only", RESTART)[0] == 2  # an option of the program, not of the command
    assert here.run("incidents")[1] == ""


def test_one_bad_file_does_not_keep_the_others_out(here: Here, tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(b"\x7fELF\0\1\2")
    (tmp_path / "huge.md").write_bytes(b"# x\n" + b"words " * 400_000)
    (tmp_path / "README.md").write_text("# Quay\n\nHow to build it.\n", encoding="utf-8")
    bad = [str(tmp_path / name) for name in ("binary.md", "huge.md", "README.md", "absent.md")]
    code, said, why = here.run("import", *bad, str(tmp_path), RESTART)
    assert code == 2
    assert said.startswith("restart.md → INC-1")
    for sentence in (
        "binary.md: it is a binary file",
        "huge.md: it has 2 MB; a document of more than 2 MB is not read",
        "README.md: no incident was found in it",
        "absent.md: it cannot be read: No such file",
        "it is a folder: name the files in it",
        "5 not imported, 1 imported",
    ):
        assert sentence in why
    assert "Traceback" not in why


def test_hostile_text_and_secrets_never_reach_the_journal(here: Here, tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    (tmp_path / "x.md").write_text(
        f"# Down \x1b[2J\u202e\n\n## Timeline\n\n- 2026-01-02 09:00 - token {secret} \x1b]0;owned\x07\n",
        encoding="utf-8",
    )
    here.ok("import", str(tmp_path / "x.md"))
    everything = here.ok("show", "INC-1") + here.ok("export", "INC-1") + here.ok("export", "INC-1", "--format", "jsonl")
    assert secret not in everything
    assert not any(mark in everything for mark in ("\x1b", "\x07", "\u202e"))
    database = b"".join(p.read_bytes() for p in here.home.rglob("*") if p.is_file())
    assert secret.encode() not in database


def test_what_is_open_stays_open_and_its_window_is_its_own(here: Here) -> None:
    here.ok("open", "pages stay blank")
    here.ok("note", "a traveller called")
    here.ok("import", RESTART)
    found = here.json("show", "INC-1")
    assert (found["stage"], found["closed"]) == ("open", None)
    here.ok("note", "and another")
    assert here.json("show", "INC-1")["events"] == found["events"] + 1
    assert "a traveller called" not in here.ok("export", "INC-2", "--format", "jsonl")
    draft = here.ok("export", "INC-1")
    assert "Seat map" not in draft


# -- round trips


@pytest.mark.parametrize("name", ["restart.md", "table.md", "headings.md", "jst.md", "bullets.md", "decoded.txt"])
def test_the_draft_of_an_imported_incident_reads_back_the_same(here: Here, tmp_path: Path, name: str) -> None:
    here.ok("import", str(PAST / name))
    here.ok("export", "INC-1", "-o", str(tmp_path / "draft.md"))
    entries, _ = here.read(name)
    *back, last = here.lines("--dry-run", str(tmp_path / "draft.md"))
    kept = ("time", "end", "precision", "text")
    assert [[e[k] for k in kept] for e in back] == [[e[k] for k in kept] for e in entries]
    assert len(last["meta"]["causes"]) == len(here.json("show", "INC-1")["causes"])


def test_a_record_comes_into_another_project_without_loss(
    here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here.ok("open", "pages stay blank", "--severity", "SEV2")
    here.ok("note", "a traveller called")
    here.ok("close", "--reason", "false alarm")
    record = tmp_path / "record.jsonl"
    here.ok("export", "INC-1", "--format", "jsonl", "-o", str(record))
    other = place(tmp_path, "pier", capsys)
    other.ok("open", "something of its own")
    assert "record of      INC-1 of quay" in other.ok("import", str(record))
    assert other.ok("export", "INC-2", "--format", "jsonl") == record.read_text(encoding="utf-8")
    then, now = here.json("show", "INC-1"), other.json("show", "INC-2")
    assert (now["title"], now["metrics"], now["opened"]) == (then["title"], then["metrics"], then["opened"])
    assert now["imported_from"] == "record.jsonl"
    assert "INC-1 of quay, as it was recorded there" in other.ok("show", "INC-2")
    assert "INC-2    SEV2  imported" in other.ok("incidents")
    at = now["closed"]
    then_state = json.loads(other.ok("replay", "INC-2", "--at", at, "--json"))
    assert then_state["incidents"]["INC-1"]["title"] == "pages stay blank"
    assert other.json("show", "INC-1")["stage"] == "open"
    *rows, meta = other.lines("--dry-run", str(record))
    assert meta["meta"]["already"] is True
    assert any(row["text"].endswith("a traveller called") and row["line"] for row in rows)
    assert here.lines(str(record))[-1]["meta"] == {**meta["meta"], "id": "INC-1"}  # it is at home there


@pytest.mark.parametrize("as_record", [False, True])
def test_a_note_to_what_was_imported_stands_beside_it(
    here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_record: bool
) -> None:
    source = RESTART
    if as_record:
        here.ok("open", "Seats are gone")
        here.ok("close", "INC-1", "--reason", "drill")
        source = str(tmp_path / "record.jsonl")
        here.ok("export", "INC-1", "--format", "jsonl", "-o", source)
    other = place(tmp_path / "elsewhere", "pier", capsys)
    other.ok("import", source)
    assert "oted here since" not in other.ok("show", "INC-1") + other.ok("export", "INC-1")
    other.ok("note", "--incident", "INC-1", "the *pump* was it")
    assert "  noted here since it was imported\n    2" in other.ok("show", "INC-1")
    assert "Z ines: the *pump* was it\n" in other.ok("show", "INC-1")
    draft = other.ok("export", "INC-1")
    assert "## Noted here since it was imported\n\nNothing of this stands in what was imported.\n\n- 2" in draft
    assert " ines: the \\*pump\\* was it\n" in draft
    for told in (other.json("show", "INC-1"), json.loads(other.ok("export", "INC-1", "--format", "json"))):
        assert [(n["by"], n["text"]) for n in told["notes_since"]] == [("ines", "the *pump* was it")]


def test_a_record_that_was_changed_is_refused(here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here.ok("open", "pages stay blank")
    here.ok("close", "--reason", "false alarm")
    record = here.ok("export", "INC-1", "--format", "jsonl").replace("false alarm", "true alarm")
    (tmp_path / "x.jsonl").write_text(record, encoding="utf-8")
    code, _, why = place(tmp_path, "pier", capsys).run("import", str(tmp_path / "x.jsonl"))
    assert code == 2
    assert "it is not as it was exported: event 2 was changed" in why


def test_the_replay_of_a_document_stands_alone(here: Here) -> None:
    here.ok("import", RESTART)
    state = json.loads(here.ok("replay", "INC-1", "--at", "2026-01-19T16:30Z", "--json"))
    assert list(state["incidents"]) == ["INC-1"]
    assert state["services"] == {}
    from incidentui.config import paths
    from incidentui.edge.store.sqlite import open_journal

    journal = open_journal(paths.journal_path(here.root), "", SystemClock(), read_only=True)
    record, _, came = record_of(journal, "INC-1")
    assert isinstance(record, JsonlJournal)
    assert came is not None
    assert record.evidence(came.evidence) is not None
    journal.close()


# -- again


@pytest.mark.req("R1-56", "F12")
def test_it_is_said_at_opening_that_it_was_there_before(here: Here) -> None:
    here.ok("import", RESTART, str(PAST / "table.md"))
    code, _, said = here.run("open", "restart of the ferry board: nothing answers")
    assert code == 0
    assert "the 4th of its kind: INC-1 “Ferry board restart” (both: " in said  # the document says it is the 3rd
    assert "`incidentui show INC-1`" in said
    assert here.json("show", "INC-3")["like"][0]["id"] == "INC-1"
    assert "the 4th of its kind" in here.ok("show", "INC-3")
    here.ok("close", "INC-3", "--reason", "drill")
    assert json.loads(here.ok("open", "seat prices are wrong", "--json")).keys() == {"id", "seq"}
    again = json.loads(here.ok("open", "restart of the ferry board again", "--json"))
    assert again["like"] == ["INC-3", "INC-1"]
