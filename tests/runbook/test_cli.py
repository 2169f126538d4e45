"""`incidentui runbook` from outside: what it prints, its exit codes, and that reading runs nothing."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from incidentui.drills.history import git
from tests.e2e.world import Ended, Place

BOOK = """# Pump stands still

The pump does not turn.

## Meaning

Users see no water.

## Mitigation

1. Look at it

   ```console
   $ ls <place>
   a  b
   ```

2. Read what it says:

   ```
   touch canary
   ```

   ```sql
   drop table pumps
   ```

3. Go back

   ```yaml {"action":"git.reset"}
   to: "{{ good }}"
   ```

4. Ask the owner
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "project"
    root.mkdir()
    git(["init", "-q", "-b", "main", "."], root)
    return Place(root, tmp_path / "home")


@pytest.fixture
def booked(place: Place) -> Place:
    (place.root / "docs/runbooks").mkdir(parents=True)
    (place.root / "docs/runbooks/pump.md").write_text(BOOK, encoding="utf-8")
    return place


def document(done: Ended, code: int = 0) -> dict[str, Any]:
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_show_has_the_shape_of_the_contract(booked: Place) -> None:
    shown = document(booked.run("runbook", "show", "pump", "--json"))
    assert list(shown)[:3] == ["title", "phases", "steps"]
    assert shown["title"] == "Pump stands still"
    assert [p["title"] for p in shown["phases"]] == ["Meaning", "Mitigation"]
    steps: list[dict[str, Any]] = shown["steps"]
    assert all(list(s)[:6] == ["title", "line", "manual", "action", "commands", "placeholders"] for s in steps)
    assert [(s["title"], s["line"], s["manual"], s["action"]) for s in steps] == [
        ("Look at it", 11, False, None),
        ("Read what it says", 18, False, None),
        ("Go back", 28, False, "git.reset"),
        ("Ask the owner", 34, True, None),
    ]
    commands = [{k: c[k] for k in ("lang", "text", "runnable", "line")} for s in steps for c in s["commands"]]
    assert commands == [
        {"lang": "console", "text": "ls <place>", "runnable": True, "line": 13},
        {"lang": "", "text": "touch canary", "runnable": False, "line": 20},
        {"lang": "sql", "text": "drop table pumps", "runnable": False, "line": 24},
    ]
    assert [s["placeholders"] for s in steps] == [["place"], [], [], []]
    assert not (booked.root / "canary").exists()


def test_a_file_can_be_named_where_no_project_is(tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "pump.md").write_text(BOOK)
    here = Place(alone, tmp_path / "home")
    assert document(here.run("runbook", "show", "pump.md", "--json"))["title"] == "Pump stands still"
    assert "Pump stands still" in here.run("runbook", "show", str(alone / "pump.md")).stdout
    assert here.run("runbook", "check", "pump.md").returncode == 1
    assert "roll-back-a-bad-deploy" in here.run("runbook", "list").stdout


@pytest.mark.req("F21")
def test_list_says_what_may_run_and_what_was_left_out(booked: Place) -> None:
    (booked.root / "docs/runbooks/long.md").write_text("x" * 300_000)
    listed = document(booked.run("runbook", "list", "--json"))
    books = {b["id"]: b for b in listed["runbooks"]}
    assert (books["pump"]["origin"], books["pump"]["trusted"], books["pump"]["steps"]) == ("project", False, 4)
    assert books["verify-recovery"]["origin"] == "shipped"
    assert listed["left_out"] == ["docs/runbooks/long.md: longer than 256 KB"]
    assert "not allowed yet" in booked.run("runbook", "list").stdout


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["show", "pmup"], 2, "did you mean pump?"),
        (["show"], 2, "WHICH"),
        (["check", "nothing.md"], 2, "nothing.md"),
        (["check", "empty"], 2, "no Markdown file in empty"),
        (["chek"], 2, "chek"),
        (["new", "..."], 2, "no letter"),
        (["new", "pump"], 3, "there already"),
        (["new", "x", "--from", "nothing"], 2, "nothing"),
    ],
)
def test_what_cannot_be_done_says_why(booked: Place, argv: list[str], code: int, says: str) -> None:
    (booked.root / "empty").mkdir()
    done = booked.run("runbook", *argv)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


# -- check


def test_check_is_clean_red_or_cannot_run(booked: Place) -> None:
    done = booked.run("runbook", "check")
    assert done.returncode == 1
    assert (
        "docs/runbooks/pump.md:30:4: error: nothing after git.reset proves what came of it [no-verify]" in done.stdout
    )
    assert done.stdout.splitlines()[-1] == "1 file, 1 error, 2 warnings"
    assert booked.run("runbook", "check", "verify-recovery").returncode == 0
    assert booked.run("--project", "docs", "runbook", "check", "docs/runbooks").returncode == 1
    (booked.root / "docs/runbooks/pump.md").unlink()
    empty = booked.run("runbook", "check")
    assert (empty.returncode, "no runbook in" in empty.stderr) == (2, True)


def test_a_warning_is_an_error_when_it_is_asked_to_be(place: Place) -> None:
    (place.root / "a.md").write_text("# A\n\n```\nls\n```\n")
    assert place.run("runbook", "check", "a.md").returncode == 0
    assert place.run("runbook", "check", "--strict", "a.md").returncode == 1


def test_what_is_sent_to_another_shell_counts_as_what_it_does_there(place: Place) -> None:
    (place.root / "a.md").write_text("# A\n\n```sh\nssh host '\ncd /data\nrm -rf cache\n'\n```\n")
    assert "nothing after rm -rf proves what came of it" in place.run("runbook", "check", "a.md").stdout


def test_check_as_json_and_as_annotations(booked: Place) -> None:
    told = document(booked.run("runbook", "check", "--json"), 1)
    assert (told["ok"], told["files"], told["errors"], told["warnings"]) == (False, ["docs/runbooks/pump.md"], 1, 2)
    first = told["findings"][0]
    assert list(first) == ["file", "line", "column", "level", "rule", "text", "hint"]
    assert (first["file"], first["line"], first["column"]) == ("docs/runbooks/pump.md", 20, 4)
    name = "a,b%25.md"
    (booked.root / name).write_text('# A\n\n```yaml {"action":"ci.wait"}\nwithin: 100%\n```\n')
    done = booked.run("runbook", "check", "--format", "github", name)
    assert done.stdout.splitlines() == [
        "::error file=a%2Cb%2525.md,line=3,col=20,title=missing-argument::ci.wait needs commit (commit: …)",
        "::error file=a%2Cb%2525.md,line=4,col=9,title=bad-value::within '100%25' is no duration (30s, 5m, 1h)",
    ]
    assert done.stderr.strip() == "1 file, 2 errors, 0 warnings"


def test_a_file_that_is_never_offered_is_an_error_of_its_own(place: Place) -> None:
    books = place.root / "runbooks"
    books.mkdir()
    (books / "long.md").write_text("x" * 300_000)
    (books / "hidden.md").write_bytes(b"# H\n\n```sh\nls\x1b[2K\n```\n")
    done = place.run("runbook", "check", "runbooks")
    assert done.returncode == 1
    assert re.findall(r"runbooks/(\w+)\.md:(\d+):\d+: error: .*\[([\w-]+)\]", done.stdout) == [
        ("hidden", "3", "hidden-characters"),
        ("long", "1", "not-read"),
    ]
    assert "\x1b" not in done.stdout


# -- new


def test_a_new_one_passes_its_own_check_and_goes_over_nothing(place: Place) -> None:
    made = document(place.run("runbook", "new", "Restart the pump", "--json"))
    file = place.root / ".incidentui/runbooks/restart-the-pump.md"
    assert made == {"file": str(file)}
    assert "# Restart the pump\n" in file.read_text()
    assert place.run("runbook", "check", "--strict").stdout.splitlines()[-1] == "1 file, 0 errors, 0 warnings"
    file.write_text("mine")
    again = place.run("runbook", "new", "restart-the-pump")
    assert (again.returncode, file.read_text()) == (3, "mine")
    assert place.run("--read-only", "runbook", "new", "other").returncode == 3


@pytest.mark.slow
def test_a_copy_is_byte_for_byte_and_lands_where_the_others_are(booked: Place) -> None:
    booked.ok("runbook", "new", "ours", "--from", "roll-back-a-bad-deploy")
    source = Path(__file__).parents[2] / "runbooks/roll-back-a-bad-deploy.md"
    assert (booked.root / "docs/runbooks/ours.md").read_bytes() == source.read_bytes()
    assert booked.run("runbook", "check", "ours").returncode == 0


def test_a_secret_that_is_known_is_not_shown(booked: Place) -> None:
    (booked.root / "docs/runbooks/leak.md").write_text(
        "# L\n\n1. Use hunter2-hunter2\n\n   ```sh\n   echo hunter2-hunter2\n   ```\n"
    )
    (booked.root / "incidentui.toml").write_text('[project]\nname = "p"\nsecrets = [{ env = "PUMP_KEY" }]\n')
    for argv in (("show", "leak", "--json"), ("show", "leak"), ("check", "leak", "--json")):
        done = booked.run("runbook", *argv, PUMP_KEY="hunter2-hunter2")
        assert "hunter2" not in done.stdout + done.stderr, argv


def test_a_journal_that_cannot_be_read_keeps_nobody_from_the_runbooks(booked: Place) -> None:
    booked.journal_file.parent.mkdir(parents=True)
    booked.journal_file.write_bytes(b"no journal at all" * 300)
    for argv in (["list"], ["show", "pump"]):
        done = booked.run("runbook", *argv)
        assert (done.returncode, "Pump stands still" in done.stdout) == (0, True), done.stderr


def test_list_says_which_are_for_what_somebody_was_paged_with(booked: Place) -> None:
    front = "---\nservices: [pump]\nalerts: [PumpStandsStill]\n---\n"
    (booked.root / "docs/runbooks/pump.md").write_text(front + BOOK, encoding="utf-8")
    for word, kind in (("pump", "services"), ("pump_stands_still", "alerts")):
        found = document(booked.run("runbook", "list", "--for", word, "--json"))
        assert [(b["id"], b["why"]) for b in found["runbooks"]] == [("pump", f"it names {word} in its {kind}")]
    said = booked.ok("runbook", "list", "--for", "port-allocated")
    assert "it names port-allocated in its signatures" in said
    assert len(said.splitlines()) == 2
    none = booked.run("runbook", "list", "--for", "gate")
    assert (none.returncode, none.stdout) == (2, "")
    assert "PumpStandsStill" in none.stderr


def test_check_says_that_a_runbook_is_for_nothing_known_here(booked: Place) -> None:
    (booked.root / "incidentui.toml").write_text('[project]\nname = "p"\n[[services]]\nname = "pump"\n')
    front = "---\nservices: [pmup]\nsignatures: [port-alocated]\n---\n"
    (booked.root / "docs/runbooks/pump.md").write_text(front + BOOK, encoding="utf-8")
    said = booked.run("runbook", "check").stdout
    assert "2:12: warning: no service is called pmup [never-offered] (did you mean pump?)" in said
    assert "3:14: warning: no signature is called port-alocated" in said
