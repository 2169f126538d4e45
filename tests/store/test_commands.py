"""The record commands, through the program as it is installed."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from incidentui.cli.options import CannotRun
from incidentui.cli.times import parse_time
from incidentui.config import paths
from incidentui.core.events import NoteAdded
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.jsonl import JsonlJournal
from incidentui.edge.store.sqlite import open_journal

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a project in it, whose journal lies in the same temporary folder."""
    root = tmp_path / "work" / "leads"
    root.mkdir(parents=True)
    (root / "incidentui.toml").write_text('[project]\nname = "leads"\n')
    return root


def environment(tmp_path: Path) -> dict[str, str]:
    # Unbuffered output would hide what happens to an answer that is held back until the end.
    plain = {k: v for k, v in os.environ.items() if k not in ("CI", "INCIDENTUI_DEBUG", "PYTHONUNBUFFERED")}
    here = str(Path(__file__).parents[2])
    return {**plain, "INCIDENTUI_HOME": str(tmp_path / "home"), "INCIDENTUI_USER": "ana", "PYTHONPATH": here}


@pytest.fixture
def run(tmp_path: Path, project: Path) -> Run:
    def run_it(*argv: str, cwd: Path = project, user: str | None = "ana", **more: Any) -> Done:
        env = environment(tmp_path)
        if user is None:
            del env["INCIDENTUI_USER"]
        command = [sys.executable, "-m", "incidentui", *argv]
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "check": False, **more}
        return subprocess.run(command, cwd=cwd, env=env, **options)

    return run_it


def ok(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def events(run: Run, *argv: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ok(run("events", *argv)).splitlines()]


def test_a_note_is_durable_and_says_its_sequence(run: Run) -> None:
    assert ok(run("note", "API", "answers 503")) == "noted as 1\n"
    second = json.loads(ok(run("note", "again", "--json")))
    assert second["seq"] == 2
    first, again = events(run)
    assert first["data"] == {"text": "API answers 503", "by": "ana", "key": False}
    assert (first["source"], first["subject"], first["type"]) == ("responder:ana", "ana", "incidentui.note.added")
    assert (again["id"], again["prevhash"], again["project"]) == (second["id"], first["hash"], "leads")


def test_a_note_is_what_the_journal_reads(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ok(run("note", "one\ntwo \x1b[31mred\x1b[0m"))
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    journal = open_journal(paths.journal_path(project), "", SystemClock(), read_only=True)
    assert [r.event for r in journal.read()] == [NoteAdded("one two red", "ana")]
    assert journal.verify() == []
    journal.close()


@pytest.mark.req("F2")
def test_a_back_dated_note_stands_where_it_belongs(run: Run) -> None:
    now = time.time()
    ok(run("note", "--at", "-5m", "it began"))
    ok(run("note", "--at", "2026-01-02T03:04:05.678Z", "long ago"))
    first, second = events(run)
    assert second["time"] == "2026-01-02T03:04:05.678Z"
    assert second["recordedtime"] >= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now - 1))
    assert first["time"] < first["recordedtime"]


@pytest.mark.req("R1-03", "R1-36")
def test_a_note_of_what_lasted_of_a_trigger_and_of_its_load(run: Run) -> None:
    ok(run("open", "The restart killed everything", "--since", "-3h"))
    ok(run("note", "--at", "-2h", "--until", "-1h", "the feature was built"))
    ok(run("note", "--at", "-50m", "--trigger", "routine restart for a mount"))
    ok(run("note", "--load", "5", "the third night in a row"))
    built, trigger, load = [e["data"] for e in events(run) if e["type"].endswith("note.added")]
    assert built["until"] - 3_600_000 == moment(events(run)[-3]["time"])
    assert (trigger["trigger"], load["load"]) == (True, 5)
    draft = ok(run("export", "INC-1"))
    assert "the feature was built (for 1h)" in draft
    assert "**trigger: routine restart for a mount**" in draft
    assert "| ana | 5 of 5 | the third night in a row |" in draft.split("## Load on responders")[1]


def moment(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["note", "x", "--at", "-5m", "--until", "-6m"], "is not after its beginning"),
        (["note", "  "], "empty note"),
        (["note", "x" * 4_001], "at most 4,000 characters, this one has 4,001"),
        (["note"], "Missing argument"),
        (["note", "x", "--at", "tomorrow"], "is no time"),
        (["note", "x", "--at", "2999-01-01"], "in the future"),
        (["note", "x", "--incident", "INC-9"], "no incident INC-9"),
        (["close"], "no incident is open"),
        (["close", "INC-9"], "no incident INC-9"),
        (["show", "INC-9"], "no incident INC-9"),
        (["events", "INC-9"], "nothing was recorded"),
        (["export", "INC-9", "--format", "jsonl"], "nothing was recorded"),
        (["ntoe", "x"], "did you mean `note`?"),
        (["--project", "nowhere", "incidents"], "no such folder"),
        (["./nowhere"], "no folder"),
        (["open", "x", "--severity", "SEV9"], "SEV9"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_what_cannot_run_is_one_line_and_two(run: Run, argv: list[str], says: str) -> None:
    done = run(*argv)
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_no_name_and_no_terminal_is_an_error(run: Run, tmp_path: Path) -> None:
    done = run("note", "x", user=None)
    assert done.returncode == 2
    assert "INCIDENTUI_USER" in done.stderr
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "responder").write_text("ben\n")
    ok(run("note", "x", user=None))
    assert events(run)[0]["subject"] == "ben"


@pytest.mark.req("F5", "F8")
def test_an_incident_from_open_to_close(run: Run) -> None:
    ok(run("note", "before"))
    assert json.loads(ok(run("open", "Backend", "answers 503", "--severity", "sev1", "--json"))) == {
        "id": "INC-1",
        "seq": 2,
    }
    ok(run("note", "during"))
    assert run("close").returncode == 3, "nothing proves that it is over"
    listed = json.loads(ok(run("incidents", "--json")))
    assert [(i["id"], i["title"], i["severity"], i["closed"]) for i in listed] == [
        ("INC-1", "Backend answers 503", "SEV1", None)
    ]
    assert json.loads(ok(run("close", "--reason", "false alarm", "--json"))) == {"id": "INC-1", "seq": 4}
    ok(run("note", "unrelated"))
    shown = json.loads(ok(run("show", "INC-1", "--json")))
    assert shown["closed"] is not None
    assert shown["reason"] == "false alarm"
    assert shown["metrics"]["to_acknowledge"]["ms"] is None, "nobody knows, so it is not zero"
    assert [e["data"].get("text") for e in events(run, "INC-1")] == [None, "during", None]
    assert [e["sequence"] for e in events(run, "--since", "3")] == [4, 5]
    assert "INC-1" in ok(run("incidents"))
    assert "opened by ana" in ok(run("show", "INC-1"))


def test_an_incident_without_a_title_is_a_mistake_of_usage(run: Run) -> None:
    for words in ((), ("",), ("  ",)):
        done = run("open", *words)
        assert (done.returncode, "needs a title" in done.stderr) == (2, True), words
    assert run("close", "--reason", "x").returncode == 2


def test_a_note_goes_to_the_incident_opened_last(run: Run) -> None:
    ok(run("open", "one"))
    ok(run("open", "two"))
    ok(run("note", "to two"))
    ok(run("note", "to one", "--incident", "INC-1"))
    ok(run("close", "INC-2", "--reason", "over"))
    ok(run("note", "to one again"))
    notes = [e.get("incident") for e in events(run) if e["type"] == "incidentui.note.added"]
    assert notes == ["INC-2", "INC-1", "INC-1"]


@pytest.mark.req("F69")
def test_export_gives_a_record_that_can_be_read(run: Run, tmp_path: Path) -> None:
    ok(run("open", "one"))
    ok(run("note", "n"))
    printed = ok(run("export", "INC-1", "--format", "jsonl"))
    assert ok(run("export", "INC-1", "--format", "jsonl", "-o", str(tmp_path / "r.jsonl"))) == ""
    assert (tmp_path / "r.jsonl").read_text() == printed
    record = JsonlJournal(tmp_path / "r.jsonl")
    assert [r.seq for r in record.read()] == [1, 2]
    assert record.verify() == []
    assert run("export", "INC-2", "--format", "jsonl").returncode == 2


@pytest.mark.req("F25")
def test_read_only_refuses_to_write(run: Run, tmp_path: Path) -> None:
    for argv in (["note", "x"], ["open", "x"], ["close"]):
        assert run("--read-only", *argv).returncode == 3
    assert run("--read-only", "incidents").returncode == 0
    assert not list((tmp_path / "home").rglob("*.db")), "reading makes no journal"


def test_a_project_is_found_from_below_by_name_and_by_its_open_incident(
    run: Run, project: Path, tmp_path: Path
) -> None:
    below = project / "a" / "b"
    below.mkdir(parents=True)
    ok(run("open", "x", cwd=below))
    ok(run("--project", str(project), "note", "by name", cwd=tmp_path))
    far = run("note", "from afar", cwd=tmp_path)
    assert far.stdout == "noted as 3\n"
    assert str(project) in far.stderr
    ok(run("close", "--reason", "over"))
    nowhere = run("note", "lost", cwd=tmp_path)
    assert nowhere.returncode == 2
    assert "--project" in nowhere.stderr


def test_a_git_work_tree_is_a_project(run: Run, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    ok(run("note", "here", cwd=tree / "sub"))
    assert json.loads(ok(run("events", cwd=tree)))["project"] == "tree"


def test_follow_shows_what_others_write(run: Run, project: Path, tmp_path: Path) -> None:
    ok(run("note", "first"))
    # A background job of a script ignores SIGINT, and so would all that it starts.
    hears = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = "runpy.run_module('incidentui', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", f"{hears}; {start}", "events", "--follow"]
    with subprocess.Popen(
        command, cwd=project, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as following:
        try:
            assert following.stdout is not None
            assert json.loads(following.stdout.readline())["sequence"] == 1
            ok(run("note", "second"))
            assert json.loads(following.stdout.readline())["data"]["text"] == "second"
            following.send_signal(2)
            assert following.wait(10) == 130
            assert following.stderr is not None
            assert following.stderr.read().strip() == ""
        finally:
            following.kill()


def test_a_reader_that_goes_away_is_told_nothing(run: Run, project: Path, tmp_path: Path) -> None:
    ok(run("note", "x"))
    line = f"{sys.executable} -m incidentui events | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=project, env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("141\n", "")


@pytest.mark.parametrize("command", ["export INC-1", "incidents"])
def test_a_short_answer_whose_reader_has_gone_is_told_nothing_either(
    run: Run, project: Path, tmp_path: Path, command: str
) -> None:
    ok(run("open", "one"))
    line = f"exec 3> >(exec <&-; sleep 0.2); {sys.executable} -m incidentui {command} >&3"
    done = subprocess.run(["bash", "-c", line], cwd=project, env=environment(tmp_path), capture_output=True, text=True)
    assert (done.returncode, done.stderr) in [(141, ""), (0, "")]


FULL = "the answer cannot be printed: No space left on device. What the command did and recorded stands."


@pytest.mark.parametrize(("where", "code", "said"), [(">/dev/full", 2, FULL), (">&-", 0, "")])
def test_a_note_whose_answer_cannot_be_printed_is_not_said_to_be_lost(
    run: Run, project: Path, tmp_path: Path, where: str, code: int, said: str
) -> None:
    line = f"{sys.executable} -m incidentui note kept {where}"
    done = subprocess.run(["bash", "-c", line], cwd=project, env=environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == code
    assert done.stderr.strip() == (f"incidentui: {said}" if said else "")
    assert [event["data"]["text"] for event in events(run)] == ["kept"]


@pytest.mark.parametrize(("where", "code", "said"), [(">/dev/full", 2, FULL), (">&-", 0, "")])
def test_the_quick_answer_to_version_is_told_so_too(tmp_path: Path, where: str, code: int, said: str) -> None:
    line = f"{sys.executable} -m incidentui --version {where}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == code
    assert done.stderr.strip() == (f"incidentui: {said}" if said else "")


def test_a_journal_as_it_lies_there_is_replayed(run: Run, tmp_path: Path) -> None:
    """A drill's, a backup: the file alone is enough, in any folder."""
    ok(run("open", "Backend answers 503"))
    ok(run("note", "seen"))
    file = next((tmp_path / "home").rglob("journal.db"))
    then = json.loads(ok(run("replay", str(file), "--json", "--at", "23:59:59")))
    assert then["incidents"]["INC-1"]["title"] == "Backend answers 503"
    (tmp_path / "notes.txt").write_bytes(b"\xff\xfe")
    assert "is no record" in run("replay", str(tmp_path / "notes.txt")).stderr


def test_a_broken_journal_is_one_sentence(run: Run, project: Path, tmp_path: Path) -> None:
    ok(run("note", "x"))
    file = next((tmp_path / "home").rglob("journal.db"))
    file.write_bytes(b"rubbish" * 1000)
    for argv in (["incidents"], ["events"]):
        done = run(*argv)
        assert done.returncode == 2
        assert "not a journal" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_note_survives_a_broken_journal_in_the_side_file(run: Run, tmp_path: Path) -> None:
    ok(run("note", "x"))
    folder = next((tmp_path / "home").rglob("journal.db"))
    whole = folder.read_bytes()
    folder.unlink()
    folder.mkdir()  # nothing can be opened there
    done = run("note", "kept", "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["seq"] is None
    assert "it waits in" in done.stderr
    folder.rmdir()
    folder.write_bytes(whole)
    assert ok(run("note", "next")) == "noted as 3\n"
    assert [e["id"] == told["id"] for e in events(run)] == [False, True, False]


HEAVY = ("textual", "httpx", "git", "docker", "pydantic", "rich", "yaml", "jinja2")


@pytest.mark.parametrize(
    "argv",
    [
        ["note", "x"],
        ["incidents"],
        ["open", "x"],
        ["events"],
        ["export", "INC-1", "--format", "jsonl"],
        ["export", "INC-1"],
        ["export", "INC-1", "--format", "md"],
        ["export", "INC-1", "--format", "json"],
        ["show", "INC-1"],
    ],
    ids=" ".join,
)
def test_the_record_commands_import_nothing_heavy(run: Run, project: Path, tmp_path: Path, argv: list[str]) -> None:
    ok(run("open", "one"))
    script = (
        "import sys; from incidentui.cli.main import run; code = run(sys.argv[1:]);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *argv],
        cwd=project,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "[]")


NOON = 1_767_355_200_000  # 2026-01-02T12:00:00Z


@pytest.mark.parametrize(
    ("text", "back_ms"),
    [
        ("-5m", 300_000),
        ("-1h30m", 5_400_000),
        ("-90s", 90_000),
        ("2026-01-02T11:59Z", 60_000),
        ("2026-01-02T12:59:00+01:00", 60_000),
        ("11:59", 60_000),
        ("11:59:30", 30_000),
        ("12:01", 86_400_000 - 60_000),
    ],
)
def test_times_as_people_type_them(text: str, back_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert NOON - parse_time(text, NOON, "--at") == back_ms


@pytest.mark.parametrize("text", ["", "25:00", "5m", "now", "2026-13-01", "12:60"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(CannotRun, match="is no time"):
        parse_time(text, NOON, "--at")


def test_the_golden_journal_of_version_one_opens(tmp_path: Path) -> None:
    """Written by the first release; never to be made again."""
    script = (Path(__file__).parent / "golden" / "journal-1.sql").read_text()
    with sqlite3.connect(tmp_path / "journal.db") as conn:
        conn.executescript(script)
    conn.close()
    journal = open_journal(tmp_path / "journal.db", "", SystemClock())
    assert journal.read_only == ""
    assert journal.verify() == []
    assert [type(r.event).__name__ for r in journal.read()] == [
        "CheckChanged",
        "IncidentOpened",
        "NoteAdded",
        "IncidentClosed",
    ]
    assert [r.seq for r in journal.rows()] == [1, 3, 2, 4]
    assert [s.check for s in journal.samples(0)] == ["api"]
    assert journal.incidents() == [("INC-1", 2, 4)]
    journal.close()


def test_where_the_project_lies_is_written_again_when_a_power_cut_emptied_it(run: Run, project: Path) -> None:
    ok(run("open", "API down"))
    (file,) = (project.parents[1] / "home" / "projects").glob("*/root")
    file.write_bytes(b"")
    ok(run("note", "here"))
    assert file.read_text() == str(project.resolve())
    assert ok(run("note", "from elsewhere", cwd=project.parents[1])) == "noted as 3\n"


@pytest.mark.parametrize("words", [("note", "after"), ("open", "API down")])
def test_who_writes_into_a_damaged_journal_is_told_where_the_old_one_lies(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert ok(run("note", "before")) == "noted as 1\n"
    (path,) = (tmp_path / "home").rglob("journal.db")
    path.write_bytes(b"\x93" * 5000)
    done = run(*words)
    ok(done)
    (kept,) = path.parent.glob("*.damaged-*Z")
    assert f"the journal was damaged; what could be read of it was taken over. The old file is {kept}" in done.stderr
    assert "damaged" not in run("note", "later").stderr
