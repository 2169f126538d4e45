"""The live session on a real journal, with worlds that the test controls."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from incidentui.core.evolve import fold
from incidentui.core.inputs import (
    ActionActed,
    AddNote,
    CloseIncident,
    FixesLooked,
    KeepGood,
    LookAtFixes,
    Observation,
    OpenIncident,
    ReadLedger,
    Refusal,
    RevisionLooked,
    RunPlan,
    StopAction,
)
from incidentui.core.model import Fix, KnownGood, Ledger, Plan
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.processes import SystemProcesses
from incidentui.edge.shell import ShellExecutor
from incidentui.runbook.model import Command, Runbook, Step
from incidentui.session.actions import SILENT_MS, Actions, new_run
from incidentui.session.door import SessionStopped
from incidentui.session.live import LiveSession
from incidentui.session.parts import World
from incidentui.session.ports import Done, Report, Source, View
from tests.session.worlds import SPEC, Doing, Said, plan, sample, session


def until(condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[..., LiveSession]]:
    started: list[LiveSession] = []

    def start(*executors: Doing, folder: str = "a", **more: Any) -> LiveSession:
        (tmp_path / folder).mkdir(exist_ok=True)
        live = session(tmp_path / folder, Said(), *executors, **more)
        started.append(live)
        live.start()
        return live

    yield start
    for live in started:
        live.stop("test over")
        live.parts.journal.close()


def look(live: LiveSession, *states: str, check: str = "bookings-page") -> None:
    now = live.now()
    for k, state in enumerate(states):
        live.observe(sample(check, state, now + k))  # type: ignore[arg-type]


def open_gate(doing: Doing) -> None:
    assert doing.gate is not None
    doing.gate.set()


def test_a_note_is_on_disk_when_it_is_answered(running: Callable[..., LiveSession]) -> None:
    live = running()
    answer = live.submit(AddNote("users see a blank page", "ines")).result(5)
    assert isinstance(answer, Done)
    assert answer.seq is not None
    (said,) = [r for r in live.parts.journal.read() if r.source == "responder:ines"]
    assert said.seq == answer.seq


@pytest.mark.req("R3-03", "R3-15")
def test_red_after_enough_looks_and_the_clock_starts_at_the_first(running: Callable[..., LiveSession]) -> None:
    live = running()
    until(lambda: bool(live.view.state.checks), "the watch started")
    look(live, "ok")
    until(lambda: live.view.state.services["bookings"].state == "ok", "green")
    first = live.now()
    look(live, "failing")
    live.submit(AddNote("one bad look is not red", "ines")).result(5)
    assert live.view.state.services["bookings"].state == "ok"
    look(live, "failing")
    until(lambda: live.view.state.services["bookings"].state == "failing", "red")
    since = live.view.state.services["bookings"].since
    assert since is not None
    assert abs(since - first) < 1_000
    live.submit(OpenIncident("bookings fails", "ines")).result(5)
    incident = live.view.state.current
    assert incident is not None
    assert incident.first_red == since
    assert incident.severity == "SEV1"


@pytest.mark.req("R3-02")
def test_a_deploy_before_the_red_opens_the_window(running: Callable[..., LiveSession]) -> None:
    live = running()
    until(lambda: bool(live.view.state.checks), "the watch started")
    look(live, "ok")
    live.observe(RevisionLooked("bookings", "a" * 40))
    live.observe(RevisionLooked("bookings", "b" * 40))
    until(lambda: len(live.view.state.deploys) == 1, "deploy seen")
    look(live, "failing", "failing")
    until(lambda: live.view.state.suspect is not None, "suspect named")
    suspect = live.view.state.suspect
    assert suspect is not None
    assert suspect.sha == "b" * 40
    live.submit(OpenIncident("", "ines")).result(5)
    incident = live.view.state.current
    assert incident is not None
    assert incident.window_from == live.view.state.deploys[0].at
    assert incident.events > 1, "it adopts what was recorded before"


def test_closing_red_needs_a_reason(running: Callable[..., LiveSession]) -> None:
    live = running()
    until(lambda: bool(live.view.state.checks), "the watch started")
    look(live, "failing", "failing")
    live.submit(OpenIncident("bookings fails", "ines")).result(5)
    refused = live.submit(CloseIncident("ines")).result(5)
    assert isinstance(refused, Refusal)
    assert "user path" in refused.why
    assert isinstance(live.submit(CloseIncident("ines", "false alarm")).result(5), Done)
    closed = live.view.state.incidents["INC-1"]
    assert closed.stage == "closed"
    assert closed.resolved is None


def test_every_published_state_is_the_fold_of_the_journal_so_far(running: Callable[..., LiveSession]) -> None:
    live = running(Doing())
    seen: list[State] = []
    live.subscribe(lambda view: seen.append(view.state))
    until(lambda: bool(live.view.state.checks), "the watch started")
    look(live, "ok", "failing", "failing", "slow", "ok", "ok")
    live.submit(OpenIncident("bookings fails", "ines")).result(5)
    live.run_plan(plan(), "main").result(5)
    until(lambda: any(a.verdict for a in live.view.state.attempts.values()), "a verdict")
    records = list(live.parts.journal.read())
    for state in seen:
        assert fold(records[: state.seq]) == state


@pytest.mark.req("R3-05", "F1", "F23", "F24")
def test_the_word_guards_the_action_and_intent_is_on_disk_first(running: Callable[..., LiveSession]) -> None:
    doing = Doing()
    live = running(doing)
    refused = live.run_plan(plan(), "mai").result(5)
    assert isinstance(refused, Refusal)
    assert doing.acts == []
    assert isinstance(live.run_plan(plan(), "main").result(5), Done)
    until(lambda: any(a.verdict for a in live.view.state.attempts.values()), "a verdict")
    names = [type(r.event).__name__ for r in live.parts.journal.read()]
    assert names.index("ActionRequested") < names.index("ActionProgressed") < names.index("ActionEnded")
    assert names.index("ActionEnded") < names.index("VerdictGiven")


def test_while_an_action_runs_no_other_starts(running: Callable[..., LiveSession]) -> None:
    doing = Doing(gate=threading.Event())
    live = running(doing)
    live.run_plan(plan(), "main").result(5)
    until(lambda: len(doing.acts) == 1, "the first acts")
    refused = live.run_plan(plan(), "main").result(5)
    assert isinstance(refused, Refusal)
    assert "running" in refused.why
    open_gate(doing)
    until(lambda: any(a.verdict for a in live.view.state.attempts.values()), "a verdict")
    assert len(doing.acts) == 1


def test_leaving_waits_for_the_running_effect(running: Callable[..., LiveSession]) -> None:
    doing = Doing(gate=threading.Event())
    live = running(doing)
    live.run_plan(plan(), "main").result(5)
    until(lambda: len(doing.acts) == 1, "it acts")
    stopping = threading.Thread(target=live.stop, args=("quit",))
    stopping.start()
    time.sleep(0.1)
    assert stopping.is_alive()
    open_gate(doing)
    stopping.join(10)
    assert not stopping.is_alive()
    names = [type(r.event).__name__ for r in live.parts.journal.read()]
    assert "ActionEnded" in names


def test_a_dead_owners_action_is_settled_by_looking(running: Callable[..., LiveSession], tmp_path: Path) -> None:
    live = running()
    gone = replace(SystemProcesses().me(), pid=2**22 - 1, started=1)
    run = new_run()
    live.submit(RunPlan(plan(), "main", "ines", gone, run)).result(5)
    live.stop()
    live.parts.journal.close()
    again = running(Doing())
    until(lambda: again.view.state.attempts[run].verdict is not None, "settled")
    attempt = again.view.state.attempts[run]
    assert attempt.outcome == "done"
    said = [r.event for r in again.parts.journal.read() if type(r.event).__name__ == "ActionEnded"]
    assert [e.outcome for e in said] == ["unknown", "done"]  # type: ignore[union-attr]


def test_an_owner_on_another_host_blocks_nobody_for_ever(running: Callable[..., LiveSession]) -> None:
    """Nobody here can see whether it lives; once it is silent for longer than any effect takes, the world is asked."""
    live = running()
    elsewhere = replace(SystemProcesses().me(), host="the-container-before", boot="b")
    run = new_run()
    live.submit(RunPlan(plan(), "main", "ines", elsewhere, run)).result(5)
    attempt = live.view.state.attempts[run]
    actions = Actions(lambda _: None, lambda: live.view.state, SystemProcesses())
    assert not actions.orphaned(attempt, attempt.asked + SILENT_MS)
    assert actions.orphaned(attempt, attempt.asked + SILENT_MS + plan().within_ms + 1)


def test_read_only_refuses_to_act_and_still_takes_notes(running: Callable[..., LiveSession]) -> None:
    doing = Doing()
    live = running(doing, read_only="read-only since 08:40, started with --read-only")
    refused = live.run_plan(plan(), "main").result(5)
    assert isinstance(refused, Refusal)
    assert "read-only" in refused.why
    assert isinstance(live.submit(AddNote("still recording", "ines")).result(5), Done)
    assert doing.acts == []


def test_a_second_session_follows_the_first_within_a_second(running: Callable[..., LiveSession]) -> None:
    first = running()
    until(lambda: first.view.observing, "the first observes")
    second = running(me="tomasz")
    views: list[View] = []
    second.subscribe(views.append)
    look(first, "failing", "failing")
    until(lambda: second.view.state.services.get("bookings") == first.view.state.services["bookings"], "followed")
    assert not second.view.observing
    second.submit(AddNote("me too", "tomasz")).result(5)
    until(lambda: first.view.state.seq == second.view.state.seq, "both in one order")
    first.stop()
    until(lambda: second.view.observing, "the second takes over")


class Fallen:
    """A source with a fault in it."""

    name = "fallen"

    async def run(self, report: Report) -> None:
        raise ZeroDivisionError("in run")

    async def look(self) -> Sequence[Observation]:
        raise ZeroDivisionError("in look")


class Falling(Doing):
    """An executor that falls in the middle of its effect."""

    @override
    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        self.acts.append(run)
        raise ZeroDivisionError("half-way")


def with_sources(path: Path, *sources: Source, executor: Doing | None = None) -> LiveSession:
    live = session(path, Said())
    executors = (executor,) if executor else ()
    return LiveSession(replace(live.parts, world=lambda: World(SPEC, sources, executors)))


def test_a_source_that_falls_is_unknown_and_the_others_go_on(tmp_path: Path) -> None:
    said = Said()
    live = with_sources(tmp_path, Fallen(), said)
    live.start()
    try:
        until(lambda: "fallen" in live.view.state.sources, "told")
        assert "ZeroDivisionError" in live.view.state.sources["fallen"].why
        look(live, "failing", "failing")
        until(lambda: live.view.state.services["bookings"].state == "failing", "the others are judged")
        live.look_now()
        assert isinstance(live.submit(AddNote("still here", "ines")).result(5), Done)
    finally:
        live.stop()
        live.parts.journal.close()


def test_a_look_is_told_when_it_is_there_and_waits_for_no_slower_one(tmp_path: Path) -> None:
    gate = threading.Event()

    @dataclass
    class Slow(Said):
        @override
        async def look(self) -> Sequence[Observation]:
            await asyncio.to_thread(gate.wait)
            return ()

    quick = Said("quick", [sample("bookings-page", "failing", 1), sample("bookings-page", "failing", 2)])
    live = with_sources(tmp_path, quick, Slow())
    live.start()
    live.look_now()
    try:
        until(lambda: "bookings" in live.view.state.services, "the service is known")
        until(lambda: live.view.state.services["bookings"].state == "failing", "the quick look is told")
    finally:
        gate.set()
        live.stop("test over")
        live.parts.journal.close()


def test_an_effect_that_falls_is_outcome_unknown_and_leaving_does_not_hang(tmp_path: Path) -> None:
    falling = Falling()
    live = with_sources(tmp_path, Said(), executor=falling)
    live.start()
    try:
        live.run_plan(plan(), "main").result(5)
        until(lambda: any(a.verdict for a in live.view.state.attempts.values()), "a verdict")
        (attempt,) = live.view.state.attempts.values()
        assert attempt.outcome == "unknown"
        assert "half-way" in attempt.why
    finally:
        live.stop()
        live.parts.journal.close()
    assert live.stopped


class FallenGit:
    """Whatever is asked of it in the background."""

    async def look(self, asked: LookAtFixes) -> FixesLooked:
        raise ValueError("subsection not found")

    async def ledger(self, good: str, tip: str, symbol: str = "") -> Ledger | None:
        raise IndexError(good)

    async def keep_good(self, good: KnownGood) -> None:
        raise IndexError(good.sha)


def test_what_is_looked_up_in_the_background_and_falls_ends_nothing(tmp_path: Path) -> None:
    live, git = session(tmp_path, Said()), FallenGit()
    live = LiveSession(replace(live.parts, world=lambda: World(SPEC, (Said(),), fixes=git, clone=git)))
    live.start()
    try:
        until(lambda: live.view.observing, "it observes")
        fix = Fix("f00d", "retry", "ana", 1, "server/app.py", "retry")
        asked = (LookAtFixes((fix,), (("main", "abc"),)), ReadLedger("good", "tip"), KeepGood(KnownGood("good", 1, "")))
        ends = [live._soon(partial(live._effect, effect)) for effect in asked]
        assert [end.result(5) for end in ends] == [None, None, None]
    finally:
        live.stop()
        live.parts.journal.close()


def test_a_journal_that_takes_nothing_at_all_ends_the_session_and_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    live = with_sources(tmp_path, Said())
    live.start()
    until(lambda: live.view.observing, "it observes")
    live.parts.journal.close()
    answer = live.submit(AddNote("lost", "ines"))
    with pytest.raises(SessionStopped, match="nothing is watched"):
        answer.result(10)
    until(lambda: not live.view.observing, "said")
    assert "nothing is watched or recorded any more" in live.view.journal
    with pytest.raises(SessionStopped):
        live.plan("git.reset", {}).result(5)
    live.stop()
    assert "Traceback" not in capfd.readouterr().err


def test_waiting_can_be_stopped_and_the_next_action_may_start(running: Callable[..., LiveSession]) -> None:
    live = running()
    until(lambda: bool(live.view.state.checks), "the watch started")
    look(live, "failing", "failing")
    verify = live.plan("verify", {"within": "5m"}).result(5)
    assert not isinstance(verify, Refusal)
    assert isinstance(live.run_plan(verify, "").result(5), Done)
    assert isinstance(live.run_plan(verify, "").result(5), Refusal), "one at a time"
    assert isinstance(live.submit(StopAction("ines")).result(5), Done)
    until(lambda: any(a.verdict for a in live.view.state.attempts.values()), "a verdict")
    (attempt,) = live.view.state.attempts.values()
    assert attempt.verdict is not None
    assert attempt.verdict.word == "not complete"
    assert "ines stopped waiting" in attempt.verdict.why
    assert isinstance(live.submit(StopAction("ines")).result(5), Refusal)


def test_an_effect_that_cannot_be_cut_off_says_so(running: Callable[..., LiveSession]) -> None:
    doing = Doing(gate=threading.Event())
    live = running(doing)
    live.run_plan(plan(), "main").result(5)
    until(lambda: len(doing.acts) == 1, "it acts")
    refused = live.submit(StopAction("ines")).result(5)
    assert isinstance(refused, Refusal)
    assert "cannot be cut off" in refused.why
    open_gate(doing)
    until(lambda: any(a.verdict for a in live.view.state.attempts.values()), "a verdict")


def test_a_shell_block_is_ended_with_its_children(running: Callable[..., LiveSession], tmp_path: Path) -> None:
    block = Command("sh", f"echo $$ > {tmp_path}/pid; sleep 300", True, 1)
    step = Step(1, "Wait", 1, "Do", manual=False, commands=(block,))
    book = Runbook("rb", "Look", "look.md", "digest", steps=(step,), origin="shipped")
    live = running(ShellExecutor(tmp_path, lambda: (book,), SystemClock()))
    shell = live.plan("shell", {"runbook": "rb", "step": "1"}).result(5)
    assert not isinstance(shell, Refusal)
    assert isinstance(live.run_plan(shell, "yes").result(5), Done)
    until((tmp_path / "pid").exists, "it runs")
    until(lambda: bool((tmp_path / "pid").read_text().strip()), "it says its pid")
    assert isinstance(live.submit(StopAction("ines")).result(5), Done)
    until(lambda: any(a.verdict for a in live.view.state.attempts.values()), "a verdict")
    (attempt,) = live.view.state.attempts.values()
    assert (attempt.outcome, attempt.why) == ("failed", "stopped by ines")
    until(lambda: not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}"), "its process is gone")


@pytest.mark.req("F2")
def test_a_note_dated_back_to_before_the_window_stands_first_on_the_timeline(
    running: Callable[..., LiveSession],
) -> None:
    live = running()
    until(lambda: bool(live.view.state.checks), "the watch started")
    look(live, "failing", "failing")
    live.submit(OpenIncident("bookings fails", "ines")).result(5)
    early = live.now() - 3_600_000
    live.submit(AddNote("the harbour called an hour ago", "ines", at=early)).result(5)
    first = live.rows(limit=50)[0]
    assert first.at == early
    assert live.view.state.current is not None
    assert live.view.state.current.window_from != early, "the window itself does not move"
