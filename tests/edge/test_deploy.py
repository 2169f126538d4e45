"""`deploy.start` through plan and act on a real clone: what was shown runs, if it still is what was allowed."""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.config import trust
from incidentui.config.load import load
from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Attempt, Incident, Owner, Plan, PlanCommit, RunbookRun, RunStep, Suspect
from incidentui.core.state import State
from incidentui.edge import deploy
from incidentui.edge.clock import SystemClock
from incidentui.edge.deploy import DeployExecutor

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b")


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "state"))
    folder = tmp_path / "quay"
    folder.mkdir()
    subprocess.run([*GIT, "init", "-q", "-b", "main"], cwd=folder, check=True)
    (folder / "deploy.sh").write_text("echo went > went\n")
    return folder


def commit(top: Path) -> str:
    for argv in (["add", "-A"], ["commit", "-q", "--allow-empty", "-m1"]):
        subprocess.run([*GIT, *argv], cwd=top, check=True)
    return subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=top, check=True, capture_output=True, text=True).stdout[:40]


def configured(top: Path, argv: str = '["sh", "deploy.sh"]') -> None:
    (top / "incidentui.toml").write_text(f'[project]\nname = "quay"\n[deploy]\nstart = {{ command = {argv} }}\n')


def allowed(top: Path) -> None:
    loaded = load(top, untrusted=True)
    trust.allow(top / "incidentui.toml", calls=trust.calls_of(loaded.config))


def executor(top: Path) -> DeployExecutor:
    return DeployExecutor(top, "main", None, SystemClock())


def asked(top: Path, state: State | None = None) -> Plan | Refusal:
    return asyncio.run(executor(top).plan("deploy.start", {}, state or State(), None))


def planned(top: Path, argv: str = '["sh", "deploy.sh"]') -> Plan:
    configured(top, argv)
    allowed(top)
    commit(top)
    plan = asked(top)
    assert isinstance(plan, Plan), plan
    return plan


def ran(top: Path, plan: Plan) -> ActionActed:
    return asyncio.run(executor(top).act("run", plan, None, lambda _: None))


def test_what_was_shown_runs(top: Path) -> None:
    done = ran(top, planned(top))
    assert (done.outcome, (top / "went").read_text()) == ("done", "went\n")


def test_a_script_that_became_another_one_is_not_run(top: Path) -> None:
    plan = planned(top)
    (top / "deploy.sh").write_text("echo other > went\n")
    done = ran(top, plan)
    assert done.outcome == "refused"
    assert "changed since it was allowed" in done.why
    allowed(top)
    again = ran(top, plan)
    assert (again.outcome, "changed since it was shown" in again.why) == ("refused", True)
    assert not (top / "went").exists()
    refused = asked(top)
    assert isinstance(refused, Plan), "a new plan shows it"


def test_another_command_than_the_one_shown_is_not_run(top: Path) -> None:
    plan = planned(top)
    configured(top, '["sh", "-c", "echo other > went"]')
    allowed(top)
    done = ran(top, plan)
    assert (done.outcome, "changed since it was shown" in done.why) == ("refused", True)
    assert not (top / "went").exists()


def test_before_it_is_allowed_it_says_how_and_without_one_too(top: Path) -> None:
    commit(top)
    refused = asked(top)
    assert isinstance(refused, Refusal)
    assert refused.why == "nothing says how a deploy is started"
    configured(top)
    refused = asked(top)
    assert isinstance(refused, Refusal)
    assert ("not run before you allow it" in refused.why, "incidentui trust" in refused.hint) == (True, True)


def test_what_goes_on_behind_it_is_ended_and_not_called_done(top: Path) -> None:
    done = ran(top, planned(top, '["sh", "-c", "(sleep 300; touch went) & echo on its way"]'))
    assert done.outcome == "unknown"
    assert "left behind" in done.why
    assert "look at what runs" in done.why


def test_one_that_was_cut_off_is_unknown_not_failed(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "RUNS_S", 0.3)
    done = ran(top, planned(top, '["sh", "-c", "echo half; sleep 300"]'))
    assert (done.outcome, "half-way" in done.why) == ("unknown", True)
    assert done.evidence is not None
    assert "half" in done.evidence.body


def test_a_secret_among_its_words_is_neither_in_the_plan_nor_in_the_evidence(top: Path) -> None:
    plan = planned(
        top, '["sh", "deploy.sh", "--password", "hunter2hunter2", "TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345"]'
    )
    done = ran(top, plan)
    assert done.outcome == "done"
    assert done.evidence is not None
    for said in (repr(plan), done.evidence.body):
        assert "[redacted]" in said
        assert "hunter2" not in said
        assert "ghp_" not in said


def reset(sha: str, action: str = "git.reset") -> Attempt:
    taken = (PlanCommit(sha, "ines", "bad"),)
    plan = Plan(action=action, args=(), title="Reset", target="main", target_kind="branch", takes_back=taken)
    return Attempt(action, 1, plan, Owner("h", "b", 1, 1), "ines", 1, outcome="refused", incident="INC-1")


def stands(sha: str, *attempts: Attempt, steps: tuple[RunStep, ...] = ()) -> State:
    return replace(
        State(),
        incidents={"INC-1": Incident("INC-1", "red", "SEV2", "open", 1, "ines")},
        attempts={a.run: a for a in attempts},
        suspect=Suspect(sha, "api", ("deployed just before",)),
        runbook=RunbookRun("r", "roll-back", "Roll back", "d", "ines", 1, steps) if steps else None,
    )


def test_the_commit_that_a_reset_was_to_take_back_is_not_deployed_anew(top: Path) -> None:
    sha = dict.fromkeys(p.want for p in planned(top).checked if p.name == "commit").popitem()[0]
    step = RunStep(2, "Reset", "failed", action="git.reset")
    for state in (stands(sha, reset(sha)), stands(sha, steps=(step,))):
        refused = asked(top, state)
        assert isinstance(refused, Refusal)
        assert refused.why.startswith(f"the tip of main is still {sha[:7]}")
    # What was undone is wanted again; and without a way back under way it may be innocent: it is only said.
    undone = replace(reset(sha, "git.undo"), outcome="done")
    for state in (stands(sha, reset(sha), undone, steps=(step,)), stands(sha)):
        plan = asked(top, state)
        assert isinstance(plan, Plan)
        assert plan.warnings == (f"{sha[:7]} is the suspect: this deploys it again",)
