"""Shell blocks of a runbook through plan and act: what was shown runs, bounded, and nothing is left behind."""

import asyncio
import contextlib
import os
import random
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.config import trust
from incidentui.core.inputs import ActionActed, Observation, Refusal
from incidentui.core.model import Plan, RunbookRun, RunStep
from incidentui.core.state import State
from incidentui.edge.block import Block, Blocks, tail
from incidentui.edge.clock import SystemClock
from incidentui.edge.flow import Flow
from incidentui.edge.runbooks import calls_of, read_runbooks
from incidentui.edge.shell import ShellExecutor
from incidentui.edge.terminal import Terminal
from incidentui.runbook.model import Command
from tests.e2e.world import Place


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "state"))
    work = tmp_path / "work"
    (work / "runbooks").mkdir(parents=True)
    return work


def write(folder: Path, block: str, attrs: str = "") -> Path:
    file = folder / "runbooks" / "look.md"
    file.write_text(f"# Look\n\n## Do\n\n1. It\n\n   ```sh {attrs}\n   {block}\n   ```\n")
    return file


def executor(folder: Path) -> ShellExecutor:
    return ShellExecutor(folder, lambda: read_runbooks(folder).runbooks, SystemClock())


def planned(folder: Path) -> Plan | Refusal:
    (name,) = (r.id for r in read_runbooks(folder).runbooks if r.title == "Look")
    return asyncio.run(executor(folder).plan("shell", {"runbook": name, "step": "1"}, State(), None))


def ran(folder: Path, plan: Plan, seen: list[Observation] | None = None) -> ActionActed:
    report = seen.append if seen is not None else lambda _: None
    return asyncio.run(executor(folder).act("run", plan, "INC-7", report))


def trusted(folder: Path, block: str, attrs: str = "") -> Plan:
    trust.allow(write(folder, block, attrs))
    plan = planned(folder)
    assert isinstance(plan, Plan)
    return plan


@pytest.mark.req("F34", "F4")
def test_what_was_shown_runs_and_its_output_is_kept(folder: Path) -> None:
    plan = trusted(folder, 'echo "in $INCIDENT_ID"; printf "\\033[31mred"')
    assert plan.target == "yes"
    assert plan.steps[0].argv[0][-1].startswith("echo")
    done = ran(folder, plan)
    assert (done.outcome, done.why) == ("done", "exit 0")
    assert done.evidence is not None
    assert "in INC-7" in done.evidence.body
    assert "\033" not in done.evidence.body


def test_a_failing_line_stops_the_block_and_names_the_exit(folder: Path) -> None:
    done = ran(folder, trusted(folder, "false; touch after"))
    assert (done.outcome, done.why) == ("failed", "false; touch after: exit 1")
    assert not (folder / "after").exists()


def test_an_untrusted_file_is_refused_and_a_changed_one_too(folder: Path) -> None:
    write(folder, "touch canary")
    refused = planned(folder)
    assert isinstance(refused, Refusal)
    assert "trust" in refused.hint
    plan = trusted(folder, "touch canary")
    trust.allow(write(folder, "touch canary; touch more"))
    done = ran(folder, plan)
    assert done.outcome == "refused"
    assert not (folder / "canary").exists()


def test_a_block_that_hangs_is_stopped_with_all_its_children(folder: Path) -> None:
    plan = trusted(folder, "sleep 300 & echo $! > child; sleep 300", '{"timeout":"1s"}')
    done = ran(folder, plan)
    assert (done.outcome, done.why[-16:]) == ("failed", "stopped after 1s")
    child = int((folder / "child").read_text())
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and os.path.exists(f"/proc/{child}"):
        if "\nState:\tZ" in Path(f"/proc/{child}/status").read_text():
            break
        time.sleep(0.05)
    else:
        assert not os.path.exists(f"/proc/{child}")


def test_endless_output_keeps_its_head_and_tail(folder: Path) -> None:
    done = ran(folder, trusted(folder, "echo first; head -c 3000000 /dev/zero | tr '\\\\0' x; echo; echo last"))
    assert done.evidence is not None
    body = done.evidence.body
    assert len(body) < 300_000
    assert "first" in body
    assert "bytes cut" in body
    assert "last" in body


def _alive(number: int) -> list[str]:
    lines = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            lines.append(Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return [line for line in lines if line.startswith(f"sleep {number}")]


@pytest.mark.parametrize(
    ("block", "attrs", "why"),
    [
        ("setsid sleep N & sleep 0.2", "", "exit 0; 1 process it left behind ended"),
        ("setsid sleep N & sleep N", '{"timeout":"1s"}', "stopped after 1s"),
        ("(sleep N &)", "", "exit 0; 1 process it left behind ended"),
        ("exec >&- 2>&-; sleep N", '{"timeout":"1s"}', "stopped after 1s"),
        ("kill -9 $PPID; sleep N", "", "ended by signal 9; "),
    ],
)
def test_nothing_that_a_step_started_lives_on(folder: Path, block: str, attrs: str, why: str) -> None:
    number = random.randrange(10**8, 10**9)
    done = ran(folder, trusted(folder, block.replace("N", str(number)), attrs))
    assert why in done.why
    assert _alive(number) == []


def test_a_script_that_a_block_calls_is_part_of_what_is_allowed(folder: Path) -> None:
    script = folder / "do.sh"
    script.write_text("touch canary\n")
    write(folder, "sh do.sh")
    (book,) = (r for r in read_runbooks(folder).runbooks if r.title == "Look")
    assert book.calls == ("do.sh",)
    trust.allow(folder / "runbooks/look.md", calls=calls_of(book, folder))
    plan = planned(folder)
    assert isinstance(plan, Plan)
    script.write_text("touch canary other\n")
    assert ran(folder, plan).outcome == "refused"
    refused = planned(folder)
    assert isinstance(refused, Refusal)
    assert "changed since it was allowed, +1 −1 lines" in refused.why
    assert re.search(r"INCIDENTUI_TRUST=\w{64}", refused.hint)
    assert not (folder / "canary").exists()


def test_a_step_that_is_another_one_by_now_is_not_booked_on_the_one_of_before(folder: Path) -> None:
    trust.allow(write(folder, "true"))
    (book,) = (r for r in read_runbooks(folder).runbooks if r.title == "Look")
    args = {"runbook": book.id, "step": "1"}
    run = RunbookRun("r", book.id, "Look", "before", "ana", 0, book.run_steps())
    same = asyncio.run(executor(folder).plan("shell", args, State(runbook=run), None))
    assert isinstance(same, Plan), "only its text changed: that is what the plan shows"
    run = replace(run, steps=(RunStep(1, "Something else"),))
    moved = asyncio.run(executor(folder).plan("shell", args, State(runbook=run), None))
    assert isinstance(moved, Refusal)
    assert moved.why == "the file changed since this run began: step 1 is another one now"


@pytest.mark.parametrize("where", ["the fence", "the front matter"])
def test_a_script_is_looked_for_where_the_block_runs(folder: Path, where: str) -> None:
    (folder / "ops").mkdir()
    script = folder / "ops/fix.sh"
    script.write_text("touch canary\n")
    file = write(folder, "sh fix.sh", '{"cwd":"../ops"}' if where == "the fence" else "")
    if where == "the front matter":
        file.write_text(f"---\ncwd: ../ops\n---\n{file.read_text()}")
    (book,) = (r for r in read_runbooks(folder).runbooks if r.title == "Look")
    assert book.calls == ("ops/fix.sh",)
    # By the command itself: what it grants is what the shelf asks for.
    Place(folder, Path(os.environ["INCIDENTUI_HOME"])).ok("--project", ".", "trust", str(file))
    plan = planned(folder)
    assert isinstance(plan, Plan)
    script.write_text("touch other\n")
    assert ran(folder, plan).outcome == "refused"
    assert isinstance(planned(folder), Refusal)
    assert not (folder / "ops/other").exists()
    script.write_text("touch canary\n")
    assert ran(folder, plan).outcome == "done"
    assert (folder / "ops/canary").exists()


@pytest.mark.parametrize(
    ("block", "runs"),
    [
        ('rm -rf "$DIR"/x; touch canary', False),
        ("sh -c 'echo ${DIR%/}'; touch canary", False),
        ("echo ${DIR:-none}; touch canary", True),
        ("DIR=$(pwd); echo $DIR; touch canary", True),
        ("echo \\$DIR; touch canary", True),
    ],
)
def test_a_variable_of_the_runbook_without_a_value_is_asked_for_first(folder: Path, block: str, runs: bool) -> None:
    file = write(folder, block)
    file.write_text('---\nvars: { dir: { prompt: "Which folder" } }\n---\n' + file.read_text())
    trust.allow(file)
    refused = planned(folder)
    assert isinstance(refused, Plan if runs else Refusal)
    if isinstance(refused, Refusal):
        said = ("Which folder: nothing gives it a value", "--set dir=…", "dir")
        assert (refused.why, refused.hint, refused.unset) == said
    one = executor(folder)
    args = {"runbook": "look", "step": "1", "set.dir": "/nowhere"}
    plan = asyncio.run(one.plan("shell", args, State(), None))
    assert isinstance(plan, Plan)
    assert "nowhere" not in repr(plan), "a value may be a secret, and plans are recorded"
    done = asyncio.run(one.act("run", plan, None, lambda _: None))
    assert (done.outcome, (folder / "canary").exists()) == ("done", True)


@pytest.mark.parametrize(
    ("attrs", "says"),
    [
        ('{"cwd":"nowhere"}', "cwd nowhere: there is no such folder"),
        ('{"interpreter":"no-such-shell"}', "it is not installed here"),
        ('{"interpreter":"sh \'"}', "cannot be read"),
        ('{"interactive":"true"}', "it needs a terminal of its own"),
    ],
)
def test_what_cannot_run_as_its_author_wants_is_refused(folder: Path, attrs: str, says: str) -> None:
    trust.allow(write(folder, "true", attrs))
    refused = planned(folder)
    assert isinstance(refused, Refusal)
    assert says in refused.why


def test_what_was_said_last_counts_when_the_time_is_over(folder: Path) -> None:
    done = ran(folder, trusted(folder, "echo . >> asked; exit 7", '{"within":"1s","every":"700ms"}'))
    assert done.why.endswith("asked 2 times, exit 7, after 1s")
    assert (folder / "asked").read_text().split() == [".", "."]


def test_what_has_no_effect_and_sudo_are_said_in_the_plan(folder: Path) -> None:
    plan = trusted(folder, "sudo true", '{"background":"true","host":"db1","promptEnv":"no"}')
    said = "\n".join(plan.warnings)
    for part in ("background has no effect", "host has no effect", "it uses sudo"):
        assert part in said
    assert "promptEnv" not in said, "what it asks for is what happens"


def test_what_looks_unfinished_is_said_in_the_plan_and_runs_and_what_is_a_place_is_asked_for(folder: Path) -> None:
    plan = trusted(folder, 'echo "YOUR_TOKEN" > said')
    assert "looks unfinished: YOUR_TOKEN" in plan.warnings
    ran(folder, plan)
    assert (folder / "said").read_text() == "YOUR_TOKEN\n"
    trust.allow(write(folder, "echo {pod}"))
    refused = planned(folder)
    assert isinstance(refused, Refusal)
    assert refused.unset == "pod"


@pytest.mark.req("F46")
@pytest.mark.parametrize(
    ("block", "warned"),
    [
        ("docker build -t leads:1 .", True),
        ("docker compose up -d --build web", True),
        ("docker-compose -f a.yml build", True),
        ("docker buildx bake", True),
        ("docker compose up -d web", False),
        ("docker compose exec web build", False),
        ("true # docker build .", False),
        ("echo rebuild", False),
    ],
)
def test_a_block_that_builds_says_before_what_no_commit_holds(folder: Path, block: str, warned: bool) -> None:
    git = ("git", "-C", str(folder), "-c", "user.name=ana", "-c", "user.email=ana@example.org")
    trust.allow(write(folder, block))
    for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *argv], check=True, capture_output=True)
    assert not planned(folder).warnings, "all of it is committed"  # type: ignore[union-attr]
    (folder / "Dockerfile").write_text("FROM scratch\n")
    plan = planned(folder)
    assert isinstance(plan, Plan)
    assert plan.warnings == (("it would build what is 1 file not committed: Dockerfile",) if warned else ())


def test_what_is_heard_while_it_runs_is_whole_lines_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    said = b"one\n\x1b[31mtwo\x1b[0m\npassword=hunter2-hunter2\nhalf a sec"
    assert tail(said).splitlines()[:2] == ["one", "two"]
    assert "hunter2-hunter2" not in tail(said)
    assert "half" not in tail(said)
    assert tail(b"no line yet") == ""
    assert len(tail(b"x\n" * 10_000).splitlines()) == 12


def test_what_is_set_for_want_of_a_terminal_is_not_handed_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_PAGER", "less")
    blocks, flow = Blocks(SystemClock(), Terminal()), Flow(folder, dict(os.environ))
    here = Command("sh", "echo $PAGER; export WATER=high GIT_TERMINAL_PROMPT=1", True, 1)
    said, after, _ = asyncio.run(blocks.run(Block(here, None, "Look"), flow, lambda _: None))
    assert said.output == b"cat\n"
    found = {n: after.environment.get(n) for n in ("WATER", "GIT_PAGER", "SSH_ASKPASS_REQUIRE", "GIT_TERMINAL_PROMPT")}
    assert found == {"WATER": "high", "GIT_PAGER": "less", "SSH_ASKPASS_REQUIRE": None, "GIT_TERMINAL_PROMPT": "1"}


def test_what_another_program_of_the_run_set_meanwhile_is_there(folder: Path) -> None:
    block = 'echo "$WATER in $(basename "$PWD") ${PUMP_PASSWORD:+known}"; WATER=$((WATER+1)); cd "/$WATER"'
    block = block.replace('"/$WATER"', f'"{folder.parent}/$WATER"; export PUMP_PASSWORD=tide-and-moon-77')
    for n in range(1, 4):
        (folder.parent / str(n)).mkdir()
    plan = trusted(folder, block)
    plan = replace(plan, args=(*plan.args, ("run", "r1")))
    screen, other = executor(folder), executor(folder)
    said = []
    for program in (screen, other, screen):
        done = asyncio.run(program.act("a", plan, None, lambda _: None))
        assert done.evidence is not None
        said.append(done.evidence.body.splitlines()[-1].strip())
    assert said == ["in work", "1 in 1", "2 in 2 known"], "a secret is only remembered, the rest goes on"


def test_a_plan_names_the_blocks_of_its_step_that_do_not_run(folder: Path) -> None:
    plan = trusted(folder, "true\n   ```\n\n   ```sh\n   state: locked")
    assert len(plan.steps) == 1
    assert dict(plan.not_covered)["block, line 11"] == "not run: it reads as output, not as a command"


def test_a_block_that_may_be_output_in_part_keeps_its_step_from_running(folder: Path) -> None:
    trust.allow(write(folder, "true\n   ```\n\n   ```sh\n   ls\n   state: locked"))
    refused = planned(folder)
    assert isinstance(refused, Refusal)
    assert "line 13 reads as output" in refused.why
