"""The stepper from outside, by `runbook run`: back, waits, branches, other hands, one step, what attributes ask for."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.world import COMMAND, Ended, Place, until
from tests.runbook.test_run import book, events, lines, place, shell

__all__ = ["place"]  # the fixture
pytestmark = pytest.mark.slow

CHECK = """[project]
name = "pump"
[[services]]
name = "portal"
[[checks]]
name = "portal"
service = "portal"
type = "command"
every = "1s"
fail_after = 1
recover_after = 1
command = ["test", "-e", "up"]
"""
BACK = """# Pump

1. Look

   ```yaml {"action":"wait"}
   for: 50ms
   ```

2. Open the valve

   ```sh
   touch valve
   ```

   ```sh {"undo":"true"}
   rm valve
   ```

   ```sh {"undo":"check"}
   test ! -e held
   ```

3. Call Bo
"""


def run(place: Place, *more: str, user: str = "ana") -> Ended:
    return place.run("runbook", "run", "pump", "--json", *more, user=user)


def states(done: Ended) -> list[tuple[int, str]]:
    return [(line["step"], line["state"]) for line in lines(done)]


def watched_portal(place: Place) -> None:
    (place.root / "incidentui.toml").write_text(CHECK)
    place.ok("trust", "incidentui.toml")


def changed(place: Place) -> list[dict[str, Any]]:
    return [e["data"] for e in events(place) if e["type"] == "incidentui.runbook.step-changed"]


def test_a_block_is_done_by_its_exit_code_and_the_checks_say_what_it_changed(place: Place) -> None:
    watched_portal(place)
    (place.root / "up").touch()
    book(place, shell("rm -f up"))
    done = run(place)
    assert (done.returncode, states(done)) == (0, [(1, "done")]), "a red check is no failed step"
    assert lines(done)[0]["delta"]["newly_red"] == ["portal"]


PROVED = """# Pump

1. Prove it

   ```yaml {"action":"verify"}
   checks: [portal]
   within: 1s
   consecutive: 1
   ```

2. Tell everybody

   ```sh
   touch told
   ```
"""


@pytest.mark.req("F37")
def test_the_next_step_is_closed_until_the_proof_holds(place: Place) -> None:
    watched_portal(place)
    book(place, PROVED)
    red = run(place)
    assert (red.returncode, states(red)) == (1, [(1, "failed")])
    assert not (place.root / "told").exists()
    (place.root / "up").touch()
    assert states(run(place)) == [(1, "done"), (2, "done")]


@pytest.mark.req("R0-18")
def test_a_user_is_asked_to_test_only_when_it_was_proven_and_each_try_counts(place: Place) -> None:
    watched_portal(place)
    book(place, PROVED.replace("```sh\n   touch told\n   ```", "Ask the user to try again."))
    for n in (1, 2):
        red = run(place, "--done", "2=works for Kim")
        assert (red.returncode, states(red)) == (1, [(1, "failed")]), "nobody is asked while it is red"
        assert lines(red)[0]["tries"] == n
    (place.root / "up").touch()
    asked = run(place)
    assert (asked.returncode, states(asked)) == (3, [(1, "done"), (2, "todo")]), "now it is a person's turn"
    assert states(run(place, "--done", "2=works for Kim")) == [(2, "done")]
    assert [c["why"] for c in changed(place)][-1] == "works for Kim"


@pytest.mark.req("F32", "F33")
def test_undo_goes_back_last_first_and_is_checked(place: Place) -> None:
    book(place, BACK)
    assert run(place, "--done", "3=called").returncode == 0
    assert (place.root / "valve").exists()
    (place.root / "held").touch()
    stuck = run(place, "--undo", "1")
    assert (stuck.returncode, states(stuck)) == (3, [(3, "todo")]), "a person takes back what a person did"
    failed = run(place, "--undo", "1", "--done", "3=told Bo to wait")
    assert (failed.returncode, states(failed)) == (1, [(3, "undone"), (2, "failed")])
    assert changed(place)[-1]["why"].startswith("undo failed: test ! -e held: exit 1")
    (place.root / "held").unlink()
    (place.root / "valve").touch()
    back = run(place, "--undo", "1")
    assert (back.returncode, states(back)) == (0, [(2, "undone"), (1, "undone")])
    assert not (place.root / "valve").exists()
    assert changed(place)[-1]["why"] == "it changed nothing"


CHECKED_ONLY = """# Pump

1. Call Bo

   ```sh
   touch valve
   ```
BACK
   ```sh {"undo":"check"}
   touch checked
   ```
"""
TYPED = """
   ```yaml {"action":"workload.restart","undo":"true"}
   name: web
   ```

"""


@pytest.mark.parametrize(("typed", "says"), [("\n", "nothing says how to undo it"), (TYPED, "undo: ")])
def test_a_check_alone_takes_nothing_back(place: Place, typed: str, says: str) -> None:
    book(place, CHECKED_ONLY.replace("BACK\n", typed))
    assert states(run(place)) == [(1, "done")]
    back = run(place, "--undo", "1")
    assert back.returncode != 0
    assert says in back.stderr
    assert states(back) == [(1, "todo")]
    assert not (place.root / "checked").exists()


BY_HAND = """# Pump

1. Call Bo

   ```yaml {"action":"workload.copy-out","undo":"true"}
   name: web
   from: /etc/hostname
   to: taken
   ```
"""


def test_what_a_checklist_takes_back_with_must_be_allowed_too(place: Place) -> None:
    book(place, BY_HAND, trusted=False)
    refused = run(place, "--done", "1")
    assert (refused.returncode, refused.stdout) == (3, ""), "its undo is no ticking"
    assert "incidentui trust runbooks/pump.md" in refused.stderr
    book(place, BY_HAND)
    assert states(run(place, "--done", "1")) == [(1, "done")]
    back = run(place, "--undo", "1", "--yes", "web")
    assert "undo: no engine" in back.stderr, "allowed: only that there is none stops it"


@pytest.mark.soak
def test_an_undo_that_turns_a_check_red_has_failed(place: Place) -> None:
    watched_portal(place)
    (place.root / "up").touch()
    book(place, '# Pump\n\n1. Up\n\n   ```sh\n   touch up\n   ```\n\n   ```sh {"undo":"true"}\n   rm up\n   ```\n')
    assert run(place).returncode == 0
    back = run(place, "--undo", "1")
    assert (back.returncode, states(back)) == (1, [(1, "failed")])
    assert "newly red: portal" in lines(back)[0]["why"]


BRANCH = """# Pump

1. Wait for the portal

   ```yaml {"action":"wait","then":"end","else":"restart"}
   checks: [portal]
   within: 2s
   every: 1s
   ```

2. Nobody comes here

3. Restart it: <https://portal.example/admin>

   ```sh {"name":"restart"}
   touch up
   ```

4. End

   ```sh {"name":"end"}
   echo end
   ```
"""


@pytest.mark.req("R3-33", "R3-36")
def test_still_red_after_so_long_leads_to_the_step_that_is_named(place: Place) -> None:
    watched_portal(place)
    book(place, BRANCH)
    red = run(place)
    assert (red.returncode, states(red)) == (0, [(1, "failed"), (2, "skipped"), (3, "done"), (4, "done")])
    assert "after 2s" in lines(red)[0]["why"]
    assert lines(red)[1]["output"] == "step 1 went on with step 3"
    green = run(place, "--from", "1")
    assert (green.returncode, states(green)) == (0, [(1, "done"), (2, "skipped"), (3, "skipped"), (4, "done")])


@pytest.mark.soak
@pytest.mark.req("R3-33", "R3-17")
def test_a_wait_is_cut_short_with_a_reason_from_another_program(place: Place) -> None:
    book(place, '# Pump\n\n1. Wait\n\n   ```yaml {"action":"wait"}\n   for: 5h\n   ```\n\n2. Say so\n')
    waiting = place.start("runbook", "run", "pump", "--json", "--done", "2=portal restarted by hand, it answers")
    until(lambda: "ActionEnded" in place.names(), "it waits")
    assert place.run("runbook", "cut-short", "  ").returncode == 3
    assert place.run("runbook", "cut-short", "x", user="bo").returncode == 3, "ana works through it"
    place.ok("runbook", "cut-short", "the portal is up")
    out, _ = waiting.communicate(timeout=30)
    told = [json.loads(line) for line in out.splitlines()]
    assert [(x["step"], x["state"]) for x in told] == [(1, "skipped"), (2, "done")], out
    assert changed(place)[1]["why"].endswith("the portal is up")
    assert changed(place)[-1]["why"] == "portal restarted by hand, it answers"


def test_a_wait_of_another_program_goes_on_when_this_one_leaves(place: Place) -> None:
    book(place, '# Pump\n\n1. Wait\n\n   ```yaml {"action":"wait"}\n   for: 5h\n   ```\n')
    waiting = place.start("runbook", "run", "pump", "--json")
    until(lambda: "ActionEnded" in place.names(), "it waits")
    assert place.run("runbook", "run", "pump", "--dry-run").returncode == 0
    assert (waiting.poll(), "VerdictGiven" in place.names()) == (None, False)
    place.ok("runbook", "cut-short", "it was seen")
    waiting.communicate(timeout=30)


@pytest.mark.soak
def test_a_wait_that_was_left_is_waited_for_by_the_next(place: Place) -> None:
    book(place, '# Pump\n\n1. Wait\n\n   ```yaml {"action":"wait"}\n   for: 4s\n   ```\n')
    waiting = place.start("runbook", "run", "pump")
    until(lambda: "ActionEnded" in place.names(), "it waits")
    waiting.send_signal(signal.SIGKILL)
    waiting.communicate(timeout=30)
    done = run(place)
    assert (done.returncode, states(done)) == (0, [(1, "done")]), done.stdout + done.stderr
    assert place.names().count("ActionRequested") == 1


@pytest.mark.soak
@pytest.mark.req("R3-33", "F28")
def test_a_command_is_asked_again_until_it_comes_out_as_wanted(place: Place) -> None:
    block = 'n=$(wc -c < n 2>/dev/null || echo 0); printf x >> n; test "$n" = 2'
    book(place, shell(block, '{"within":"1m","every":"200ms"}'))
    assert run(place).returncode == 0
    assert (place.root / "n").read_text() == "xxx"
    book(place, shell("test -e never", '{"within":"1s","every":"200ms"}'))
    never = run(place)
    assert (never.returncode, states(never)) == (1, [(1, "failed")])
    assert "exit 1, after 1s" in lines(never)[0]["why"]


@pytest.mark.req("R3-39")
def test_a_followed_command_is_heard_while_it_runs(place: Place) -> None:
    block = "for n in 1 2 3; do echo job $n of 3; sleep 1.2; done; touch go; sleep 0.2; exit 3"
    book(place, shell(block, '{"follow":"true","expectExit":"3","timeout":"1h"}'))
    running = place.start("runbook", "run", "pump")
    until(lambda: any("job 1 of 3" in json.dumps(e["data"]) for e in events(place)), "its first line is recorded", 30)
    assert not (place.root / "go").exists(), "it was heard before it ended"
    out, err = running.communicate(timeout=30)
    assert (running.returncode, "… job" in err) == (0, True), out + err


PROGRAM = "from os import getcwd, environ\n   print(getcwd(), environ['WATER'])"


def test_attributes_do_what_they_say(place: Place) -> None:
    (place.root / "runbooks/sub").mkdir()
    text = "# Pump\n\n1. A\n\n   ```sh\n   export WATER=high\n   cd /tmp\n   ```\n\n"
    text += f'2. B\n\n   ```sh {{"cwd":"sub","interpreter":"python3 -B"}}\n   {PROGRAM}\n   ```\n\n'
    text += '3. C\n\n   ```sh {"cwd":"sub"}\n   pwd\n   export MUD=low\n   ```\n\n'
    text += "4. D\n\n   ```sh\n   pwd; echo $MUD\n   ```\n\n"
    text += '5. E\n\n   ```sh {"interpreter":"bash"}\n   [[ a == a ]] && echo "$BASH_VERSION"\n   ```\n\n'
    text += '6. F\n\n   ```sh {"excludeFromRunAll":"true"}\n   touch canary\n   ```\n\n'
    text += '7. G\n\n   ```sh {"ignore":"true"}\n   touch canary\n   ```\n'
    book(place, text)
    done = run(place, "--done", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    out = {line["step"]: line["output"].splitlines() for line in lines(done)}
    sub = str((place.root / "runbooks/sub").resolve())
    assert (out[2][-1], out[3][-1], out[4][-2:]) == (f"{sub} high", sub, ["/tmp", "low"])
    assert out[5][-1].startswith("5.")
    assert states(done)[5:] == [(6, "skipped"), (7, "done")]
    assert not (place.root / "canary").exists()
    assert run(place, "--only", "6").returncode == 0
    assert Path("/tmp/canary").exists() is False
    assert (place.root / "canary").exists()


TWO = "# Pump\n\n1. A\n\n   ```sh\n   export WATER=high\n   ```\n\n"
TWO += "2. B\n\n   ```sh\n   test -e fixed; echo $WATER\n   ```\n"


def test_a_file_that_changed_in_mid_run_is_begun_anew(place: Place) -> None:
    book(place, TWO)
    assert run(place).returncode == 1
    (place.root / "fixed").touch()
    book(place, TWO.replace("1. A", "1. Z\n\n   ```sh\n   true\n   ```\n\n2. A").replace("2. B", "3. B"))
    done = run(place)
    assert (done.returncode, states(done)) == (0, [(1, "done"), (2, "done"), (3, "done")]), done.stderr
    assert "the file changed since ana began with it" in done.stderr
    assert [e["data"]["why"] for e in events(place) if e["type"] == "incidentui.runbook.ended"] == [
        "its file changed, it is begun anew",
        "every step is done",
    ]


def test_another_runbook_takes_the_place_of_somebodys_only_when_that_is_said(place: Place) -> None:
    book(place, TWO)
    assert run(place).returncode == 1
    (place.root / "runbooks/sluice.md").write_text(shell("touch opened").replace("# Pump", "# Sluice"))
    place.ok("trust", "runbooks/sluice.md")
    bo = place.run("runbook", "run", "sluice", user="bo")
    assert (bo.returncode, "ana works through Pump" in bo.stderr) == (3, True)
    assert not (place.root / "opened").exists()
    assert place.run("runbook", "run", "sluice", "--take-over", user="bo").returncode == 0
    assert (place.root / "opened").exists()


@pytest.mark.req("F36", "R3-41")
def test_another_person_goes_on_at_the_same_step(place: Place) -> None:
    book(place, TWO)
    place.ok("open", "the pump is dry")
    assert run(place).returncode == 1
    bo = run(place, user="bo")
    assert (bo.returncode, bo.stdout, "--take-over" in bo.stderr) == (3, "", True)
    said = place.ok("runbook", "hand-over", "bo", "the disk is full")
    for part in ("Pump: 1 of 2 steps, by bo", "ana: the disk is full", "done 1 A", "Now: 2 B, failed", "exit 1"):
        assert part in said
    for part in ("How it stands", "Next", "1 step 2 of Pump: B, which failed: test -e fixed"):
        assert part in said, said
    (place.root / "fixed").touch()
    ana = run(place)
    assert (ana.returncode, "bo works through Pump, at step 2" in ana.stderr) == (3, True)
    bo = run(place, user="bo")
    assert (bo.returncode, states(bo)) == (0, [(2, "done")])
    assert lines(bo)[0]["output"].splitlines()[-1] == "high", "what the steps of ana set is there"
    given = next(e["data"] for e in events(place) if e["type"] == "incidentui.runbook.handed-over")
    assert (given["was"], given["to"], given["note"], given["step"]) == ("ana", "bo", "the disk is full", 2)


@pytest.mark.soak
def test_a_run_is_taken_over_only_when_that_is_said(place: Place) -> None:
    book(place, TWO)
    assert run(place).returncode == 1
    (place.root / "fixed").touch()
    bo = run(place, "--take-over", user="bo")
    assert (bo.returncode, states(bo)) == (0, [(2, "done")])


@pytest.mark.soak
@pytest.mark.req("F36")
def test_a_failed_step_says_its_tries_and_the_same_error_again(place: Place) -> None:
    book(place, shell("test -e b && { echo other; exit 4; }; cat missing"))
    tries = [lines(run(place))[0] for _ in range(3)]
    assert [(t["tries"], t["same_error"]) for t in tries] == [(1, 0), (2, 1), (3, 2)]
    (place.root / "b").touch()
    again = place.run("runbook", "run", "pump")
    assert "try 4" in again.stdout
    assert "same error" not in again.stdout


@pytest.mark.soak
@pytest.mark.req("R1-38")
def test_the_last_run_and_how_it_ended_is_shown(place: Place) -> None:
    book(place, TWO)
    run(place)
    assert "by ana: stands at 2 B, failed" in place.ok("runbook", "list")
    (place.root / "fixed").touch()
    run(place)
    assert "by ana: all 2 steps" in place.ok("runbook", "show", "pump")
    listed = {b["id"]: b["last_run"] for b in place.json("runbook", "list")["runbooks"]}
    assert (listed["pump"]["passed"], listed["pump"]["ended"]) == (2, True)
    assert listed["restart-rehearsal"] is None


@pytest.mark.req("R1-45", "R3-45")
def test_a_checklist_of_the_repository_is_found_and_ticked_by_a_person(place: Place) -> None:
    folder = place.root / "docs/runbooks"
    folder.mkdir(parents=True)
    (folder / "preflight.md").write_text(
        "# Before you deploy\n\n1. Is somebody on call?\n\n2. Is the backup of today?\n"
    )
    assert "preflight" in place.ok("runbook", "list"), "read without any configuration"
    asked = place.run("runbook", "run", "preflight", "--json", "--done", "1=Bo")
    assert asked.returncode == 3
    done = place.run("runbook", "run", "preflight", "--json", "--done", "1=Bo", "--done", "2=03:00")
    assert states(done)[-1] == (2, "done")
    assert [c["why"] for c in changed(place)] == ["Bo", "03:00"]


@pytest.mark.soak
def test_ctrl_c_ends_a_wait_and_says_so(place: Place) -> None:
    book(place, '# Pump\n\n1. Wait\n\n   ```yaml {"action":"wait"}\n   for: 5h\n   ```\n')
    waiting = subprocess.Popen(
        [COMMAND, "runbook", "run", "pump"], cwd=place.root, env=place.env(), stdin=subprocess.DEVNULL
    )
    until(lambda: "ActionEnded" in place.names(), "it waits")
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(30) == 130
    assert place.dangling() == set()
    assert "then ana stopped it" in changed(place)[-1]["why"]


def test_killed_in_mid_step_nobody_knows_and_the_step_is_done_anew(place: Place) -> None:
    book(place, shell("touch begun; test -e go || sleep 60"))
    running = place.start("runbook", "run", "pump")
    until((place.root / "begun").exists, "the step runs")
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=30)
    lost = run(place)
    assert (lost.returncode, states(lost)) == (4, [(1, "unknown")]), lost.stdout + lost.stderr
    (place.root / "go").touch()
    again = run(place)
    assert (again.returncode, states(again)) == (0, [(1, "done")])
    assert lines(again)[0]["tries"] == 2
