"""`runbook run` from outside: one line per step, exit codes, what lies on disk, what the journal says."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from incidentui.drills.history import git
from tests.e2e.world import COMMAND, Ended, Place, until

pytestmark = pytest.mark.slow

BOOK = """---
vars:
  place: { prompt: "Which place", default: quay }
---
# Pump

1. Look

   ```sh
   export WATER=high; DEPTH=3; export PUMP_PASSWORD=tide-and-moon-77
   mkdir -p sub; cd sub
   echo "at $PLACE in $INCIDENT_ID."
   ```

2. Use it

   ```bash {"expectExit":"3"}
   echo "$WATER $DEPTH $(basename "$PWD")"
   exit 3
   ```

3. Ask the owner

   By phone.

4. Go on

   ```sh
   echo "$WATER $(basename "$PWD") $PUMP_PASSWORD"
   test -e ../fixed
   ```
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "project"
    (root / "runbooks").mkdir(parents=True)
    git(["init", "-q", "-b", "main", "."], root)
    git(["config", "user.name", "Ana"], root)
    git(["config", "user.email", "ana@example.org"], root)
    git(["commit", "-q", "--allow-empty", "-m", "first"], root)
    return Place(root, tmp_path / "home")


def book(place: Place, text: str, *, trusted: bool = True) -> None:
    (place.root / "runbooks/pump.md").write_text(text, encoding="utf-8")
    if trusted:
        place.ok("trust", "runbooks/pump.md")


def shell(block: str, attrs: str = "") -> str:
    return f"# Pump\n\n1. Do it\n\n   ```sh {attrs}\n   {block}\n   ```\n"


def lines(done: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def events(place: Place) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.ok("events", "--json").splitlines()]


@pytest.mark.req("F30", "F34", "F36")
def test_a_run_stops_goes_on_and_ends_and_the_journal_has_it(place: Place) -> None:
    book(place, BOOK)
    first = place.run("runbook", "run", "pump", "--json")
    assert first.returncode == 3
    told = lines(first)
    assert [list(line)[:6] for line in told] == [["step", "state", "exit", "output", "took_ms", "delta"]] * 3
    assert [(x["step"], x["state"], x["exit"]) for x in told] == [(1, "done", 0), (2, "done", 3), (3, "todo", None)]
    assert "at quay in ." in told[0]["output"]
    # Exports, plain assignments and the folder flow from block to block.
    assert told[1]["output"].splitlines()[-1] == "high 3 sub"
    assert "By phone." in told[2]["output"]
    assert "--done 3" in first.stderr
    # Another program goes on: what was set is there again, but no secret is.
    second = place.run("runbook", "run", "pump", "--done", "3=called Bo", "--json")
    assert (second.returncode, [(x["step"], x["state"]) for x in lines(second)]) == (1, [(3, "done"), (4, "failed")])
    assert lines(second)[1]["output"].splitlines()[-1].split() == ["high", "sub"]
    kept = b"".join(p.read_bytes() for p in (place.home / "runs").iterdir())
    assert b"tide-and-moon" not in kept
    assert all(p.stat().st_mode & 0o077 == 0 for p in (place.home / "runs").iterdir())
    (place.root / "fixed").touch()
    third = place.run("runbook", "run", "pump", "--json")
    assert (third.returncode, [(x["step"], x["state"]) for x in lines(third)]) == (0, [(4, "done")])
    names = [e["type"].removeprefix("incidentui.") for e in events(place)]
    assert (names.count("runbook.started"), names.count("action.ended"), names.count("runbook.ended")) == (1, 4, 1)
    assert "called Bo" in place.ok("events", "--json")


@pytest.mark.req("F22")
def test_a_dry_run_prints_everything_and_runs_nothing(place: Place) -> None:
    text = BOOK + '\n5. Back\n\n   ```yaml {"action":"git.reset"}\n   to: HEAD\n   ```\n'
    book(place, text, trusted=False)
    told: list[dict[str, Any]] = []
    for _ in range(2):  # not allowed yet, then allowed
        done = place.run("runbook", "run", "pump", "--dry-run", "--json")
        assert done.returncode == 0, done.stderr
        told = lines(done)
        assert [x["step"] for x in told] == [1, 2, 3, 4, 5]
        assert 'echo "at $PLACE in $INCIDENT_ID."' in told[0]["output"]
        assert "exit 3" in told[1]["output"]
        assert told[2]["state"] == "manual"
        place.ok("trust", "runbooks/pump.md")
    assert told[0]["state"] == "planned"
    assert not (place.root / "sub").exists()
    names = {e["type"] for e in events(place)}
    assert "incidentui.watch.started" in names
    assert not names & {"incidentui.runbook.started", "incidentui.action.requested"}


@pytest.mark.req("F23", "F25")
def test_what_is_not_allowed_does_not_run(place: Place) -> None:
    book(place, shell("touch canary"), trusted=False)
    refused = place.run("runbook", "run", "pump", "--json")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "incidentui trust" in refused.stderr
    book(place, shell("touch canary"))
    assert place.run("--read-only", "runbook", "run", "pump").returncode == 3
    (place.root / "runbooks/pump.md").write_text(shell("touch  canary"))
    assert place.run("runbook", "run", "pump").returncode == 3
    assert not (place.root / "canary").exists()
    book(place, shell("touch canary"))
    assert place.run("runbook", "run", "pump").returncode == 0
    assert (place.root / "canary").exists()


@pytest.mark.req("F24")
def test_a_change_wants_its_word(place: Place) -> None:
    book(place, shell("touch canary", '{"danger":"yes"}'))
    unsaid = place.run("runbook", "run", "pump")
    assert (unsaid.returncode, "--yes yes" in unsaid.stderr) == (3, True)
    assert not (place.root / "canary").exists()
    assert place.run("runbook", "run", "pump", "--yes", "yes").returncode == 0
    assert (place.root / "canary").exists()


@pytest.mark.parametrize(
    ("block", "attrs", "code", "exit", "says"),
    [
        ("exit 7", "", 1, 7, ""),
        ("exit 0", '{"expectExit":"7"}', 1, 0, ""),
        ("exit 7", '{"expectExit":"7"}', 0, 7, ""),
        ("sleep 60", '{"timeout":"1s"}', 1, None, ""),
        ('n=$(wc -c < n 2>/dev/null || echo 0); printf x >> n; test "$n" = 2', '{"retries":"2"}', 0, 0, ""),
        ("read answer; echo got $answer", "", 1, 1, ""),
        ("vi x", '{"interactive":"true"}', 3, None, "needs a terminal"),
        ("ls <place>", "", 2, None, "<place> is to be filled in · --set 'place=…'"),
        ("cat <<'END'\n   <place>\n   END", "", 3, None, "places to fill in: place"),
    ],
    ids=["fails", "unexpected", "expected", "too slow", "again", "asks", "interactive", "unfilled", "cannot be filled"],
)
def test_how_a_block_ends(place: Place, block: str, attrs: str, code: int, exit: int | None, says: str) -> None:
    book(place, shell(block, attrs))
    done = place.run("runbook", "run", "pump", "--json")
    assert (done.returncode, lines(done)[-1]["exit"]) == (code, exit), done.stdout + done.stderr
    assert says in done.stderr


def test_output_and_manifests_beside_a_command_hold_it_not_back(place: Place) -> None:
    shown = "```yaml\nkind: <none>\n```\n\n```text\nberth <number>\n```\n\n```bash\nkind: pump > canary\n```\n"
    book(
        place, "# P\n\n1. A\n\n" + "".join(f"   {line}\n" for line in ("```sh\necho lifted\n```\n" + shown).split("\n"))
    )
    done = place.run("runbook", "run", "pump", "--json")
    assert (done.returncode, lines(done)[0]["output"]) == (0, "$ echo lifted\nlifted\n"), done.stdout + done.stderr
    assert not (place.root / "canary").exists()


@pytest.mark.req("F29")
def test_what_is_stopped_leaves_nothing(place: Place) -> None:
    book(place, shell("sleep 7777 & echo $$ > pids; echo $! >> pids; exec sleep 7776"))
    running = subprocess.Popen(
        [COMMAND, "runbook", "run", "pump"], cwd=place.root, env=place.env(), stdin=subprocess.DEVNULL
    )
    until(lambda: (place.root / "pids").exists() and len((place.root / "pids").read_text().split()) == 2, "it runs")
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    pids = [int(p) for p in (place.root / "pids").read_text().split()]
    until(lambda: not any(Path(f"/proc/{p}").exists() for p in pids), "its processes are gone")


@pytest.mark.req("F35")
def test_a_secret_is_in_no_line_and_in_no_record(place: Place) -> None:
    (place.root / "incidentui.toml").write_text('[project]\nname = "p"\nsecrets = [{ env = "PUMP_KEY" }]\n')
    book(place, shell('echo "key $PUMP_KEY"'))
    done = place.run("runbook", "run", "pump", "--json", PUMP_KEY="hunter2-hunter2")
    assert done.returncode == 0
    assert "hunter2" not in done.stdout + done.stderr
    for file in (p for p in place.home.rglob("*") if p.is_file()):
        assert b"hunter2-hunter2" not in file.read_bytes(), file


def test_a_value_is_no_code(place: Place) -> None:
    book(place, "---\nvars: { place: { prompt: P } }\n---\n" + shell('echo "<$PLACE>"'))
    hostile = '"; touch canary; $(touch canary) `touch canary`'
    done = place.run("runbook", "run", "pump", "--set", f"place={hostile}", "--json")
    assert done.returncode == 0
    assert f"<{hostile}>" in lines(done)[0]["output"]
    assert not (place.root / "canary").exists()


def test_what_a_person_gave_is_there_for_the_next_program_too(place: Place) -> None:
    head = "---\nvars: { place: { prompt: Where }, kind: { default: calm } }\n---\n"
    second = '\n2. B\n\n   ```sh\n   echo "<$PLACE $KIND>"; test -e go\n   ```\n'
    book(place, head + shell('echo "<$PLACE>"') + second)
    unset = place.run("runbook", "run", "pump", "--json")
    assert (unset.returncode, "Where: nothing gives it a value" in unset.stderr) == (2, True), unset.stderr
    assert place.run("runbook", "run", "pump", "--set", "place=b").returncode == 1
    (place.root / "go").touch()
    done = place.run("runbook", "run", "pump", "--json")
    assert "<b calm>" in lines(done)[0]["output"], done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["pmup"], 2, "did you mean pump"),
        (["pump", "--from", "9"], 2, "1 step"),
        (["pump", "--done", "1"], 2, "that a person does"),
        (["pump", "--set", "x"], 2, "NAME=VALUE"),
    ],
)
def test_what_cannot_be_meant(place: Place, argv: list[str], code: int, says: str) -> None:
    book(place, shell("touch canary"))
    done = place.run("runbook", "run", *argv)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert not (place.root / "canary").exists()
    assert os.listdir(place.root / "runbooks") == ["pump.md"]


def test_while_something_is_red_the_list_begins_with_what_fits(place: Place) -> None:
    check = '[[checks]]\nname = "pump-stands-still"\nservice = "pump"\nurl = "http://127.0.0.1:9/"\nevery = "1s"\n'
    (place.root / "incidentui.toml").write_text(
        f'[project]\nname = "p"\n[[services]]\nname = "pump"\n{check}fail_after = 1\n'
    )
    book(place, "---\nalerts: [PumpStandsStill]\n---\n" + shell("true"))
    watch = place.start("watch")
    try:
        until(lambda: "CheckChanged" in place.names(), "a red check")
    finally:
        watch.send_signal(signal.SIGINT)
        watch.communicate(timeout=60)
    found = json.loads(place.ok("runbook", "list", "--json"))["runbooks"]
    assert found[0]["id"] == "pump"
    assert found[0]["why"].startswith("because pump-stands-still is failing: ")
    for_it = json.loads(place.ok("runbook", "list", "--for", "pump", "--json"))["runbooks"]
    assert [b["why"][:31] for b in for_it[:1]] == ["because pump-stands-still is fa"]


def test_places_are_filled_through_the_environment(place: Place) -> None:
    said = "echo <berth> '<berth>' \"at <berth> with $(echo <key>)\" # <not this>"
    second = '\n2. B\n\n   ```sh\n   echo "it was <berth>"\n   ```\n'
    book(place, shell(f"export BERTH=mine\n   {said}\n   echo $BERTH") + second)
    dry = place.run("runbook", "run", "pump", "--dry-run", "--set", "berth=four", "--set", "key=k")
    assert "echo four 'four' \"at four with $(echo k)\" # <not this>" in dry.stdout
    done = place.run("runbook", "run", "pump", "--json", "--set", "berth=four", "--set", "key=k")
    assert done.returncode == 0, done.stderr
    first, second_ran = (line["output"] for line in lines(done))
    assert "four four at four with k\nmine\n" in first  # `berth` is no name for the variable BERTH
    assert "it was four\n" in second_ran  # what was given stays with the run


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("printf '[%s]' <berth>", "a-b.c/d:1=2", 0),
        ("printf '[%s]' <berth>", "a b", 2),
        ("printf '[%s]' <berth>", " ", 2),
        ("rm -f <berth>", "-rf", 2),
        ("echo <berth>", "$(touch canary)", 2),
        ("eval ls <berth>", "a; touch canary", 2),
        ("sh -c 'ls <berth>'", "'; touch canary; '", 2),
        ('echo "<berth>"', '"; touch canary; "', 2),
        ("echo <berth>", "a\ntouch canary", 2),
    ],
)
def test_what_fills_a_place_is_no_code(place: Place, text: str, value: str, code: int) -> None:
    book(place, shell(text))
    done = place.run("runbook", "run", "pump", "--set", f"berth={value}", "--json")
    assert done.returncode == code, done.stdout + done.stderr
    assert not (place.root / "canary").exists()
    if code == 0:
        assert f"[{value}]" in lines(done)[0]["output"]


def test_a_secret_that_fills_a_place_is_in_no_line_and_in_no_record(place: Place) -> None:
    book(place, shell("echo <quay> <api-token> | wc -c\n   echo with <api-token>"))
    done = place.run("runbook", "run", "pump", "--json", "--set", "api-token=tide-and-moon-77", "--set", "quay=a")
    said = lines(done)[0]["output"]
    assert "$ echo a <api-token> | wc -c\n" in said
    assert "19\nwith [redacted]\n" in said
    for file in (p for p in place.home.rglob("*") if p.is_file()):
        assert b"tide-and-moon" not in file.read_bytes(), file


def test_a_script_that_is_filled_in_was_never_allowed(place: Place) -> None:
    (place.root / "scripts").mkdir()
    (place.root / "scripts/prod.sh").write_text("touch canary\n")
    book(place, shell("sh scripts/<env>.sh"))
    done = place.run("runbook", "run", "pump", "--set", "env=prod")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "it would run scripts/prod.sh, which is not among what was allowed" in done.stderr
    assert not (place.root / "canary").exists()


def test_no_step_takes_what_was_given_for_another_run(place: Place) -> None:
    book(place, shell("echo <berth>\n   false") + "\n2. B\n\n   ```sh\n   echo gone <berth>\n   ```\n")
    assert place.run("runbook", "run", "pump", "--set", "berth=four").returncode == 1
    again = place.run("runbook", "run", "pump", "--only", "2")
    assert again.returncode == 2, again.stdout
    assert "<berth> is to be filled in" in again.stdout + again.stderr
