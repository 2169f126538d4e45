"""What must hold whatever falls: every answer comes, no effect is cut, nothing that was said is lost in silence."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from incidentui.core.events import ActionEnded, ActionRequested, Fact, NoteAdded
from incidentui.core.inputs import ActionActed, AddNote, Evidence, Refusal, RunPlan
from incidentui.core.model import Attempt, Light, Owner, Plan
from incidentui.core.recent import Sample
from incidentui.edge.clock import SystemClock
from incidentui.edge.processes import SystemProcesses
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.session.actions import new_run
from incidentui.session.live import LiveSession
from incidentui.session.parts import World
from incidentui.session.ports import Appended, Aside, Done, Journal, Moved, NotSaved, Report, View
from tests.session.test_live import until
from tests.session.worlds import SPEC, Doing, Said, plan, session


@dataclass
class Started:
    """Sessions of one test, each ended with it."""

    path: Path
    live: list[LiveSession] = field(default_factory=list)

    def __call__(self, *executors: Doing, journal: Journal | None = None) -> LiveSession:
        parts = session(self.path, Said(), *executors).parts
        if journal is not None:
            parts.journal.close()
            parts = replace(parts, journal=journal, world=lambda: World(SPEC, (Said(),), executors))
        live = LiveSession(parts)
        self.live.append(live)
        live.start()
        until(lambda: live.view.observing or bool(live.stopped), "it observes")
        return live


@pytest.fixture
def start(tmp_path: Path) -> Any:
    started = Started(tmp_path)
    yield started
    for live in started.live:
        live.stop("test over")
        live.parts.journal.close()


def note(live: LiveSession, text: str) -> Done:
    answer = live.submit(AddNote(text, "ines")).result(5)
    assert isinstance(answer, Done), answer
    return answer


def ended(live: LiveSession) -> list[ActionEnded]:
    return [r.event for r in live.parts.journal.read() if isinstance(r.event, ActionEnded)]


def test_an_asker_who_went_away_stops_nobody_else(start: Started) -> None:
    gate = threading.Event()

    class Slow(Doing):
        @override
        async def plan(self, *_: Any) -> Plan | Refusal:
            await asyncio.to_thread(gate.wait, 5)
            return plan()

    live = start(Slow())
    asked = live.plan("git.reset", {})
    assert asked.cancel()
    gate.set()
    hold = threading.Event()

    def held(view: View) -> None:
        hold.wait(1)  # so that its command can still be given up

    off = live.subscribe(held)
    first = live.submit(AddNote("first", "ines"))
    given_up = live.submit(AddNote("given up", "ines"))
    given_up.cancel()
    first.cancel()
    hold.set()
    off()
    assert note(live, "still here").seq is not None
    assert not live.stopped


def test_a_screen_that_falls_takes_no_record_with_it(start: Started) -> None:
    live = start()
    seen: list[View] = []

    def falls(view: View) -> None:
        raise ZeroDivisionError("in a screen")

    live.subscribe(falls)
    live.subscribe(seen.append)
    assert note(live, "still recorded").seq is not None
    assert seen, "the others are told"
    assert not live.stopped


def gone(run: str) -> RunPlan:
    owner: Owner = replace(SystemProcesses().me(), pid=2**22 - 1, started=1)
    return RunPlan(plan(), "main", "ines", owner, run)


def test_settling_that_falls_is_outcome_unknown_and_the_project_can_be_opened(start: Started) -> None:
    class Unsettled(Doing):
        @override
        async def settle(self, attempt: Attempt) -> ActionActed:
            raise ZeroDivisionError("in settle")

    run = new_run()
    before = start()
    before.submit(gone(run)).result(5)
    before.stop()
    live = start(Unsettled())
    until(lambda: live.view.state.attempts[run].verdict is not None, "a verdict")
    assert live.view.state.attempts[run].outcome == "unknown"
    assert "in settle" in live.view.state.attempts[run].why
    assert note(live, "still here").seq is not None


def test_lights_that_nobody_could_look_at_are_not_green(start: Started) -> None:
    class Blind(Doing):
        @override
        async def lights(self, attempt: Attempt) -> Sequence[Light]:
            raise ZeroDivisionError("in lights")

    live = start(Blind())
    run = new_run()
    live.run_plan(plan(), "main", run=run).result(5)
    until(lambda: live.view.state.attempts[run].verdict is not None, "a verdict")
    verdict = live.view.state.attempts[run].verdict
    assert verdict is not None
    assert verdict.word != "complete"
    assert note(live, "still here").seq is not None


@pytest.mark.parametrize("again", range(8))
def test_an_action_asked_for_just_before_leaving_is_finished_or_never_begun(start: Started, again: int) -> None:
    class Slow(Doing):
        @override
        async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
            self.acts.append(run)
            await asyncio.sleep(0.05)
            return ActionActed(run, "done", "written")

    slow = Slow()
    live = start(slow)
    note(live, "before")
    answer = live.run_plan(plan(), "main")
    live.stop("quit")
    asked = [r for r in live.parts.journal.read() if isinstance(r.event, ActionRequested)]
    assert len(slow.acts) == len(asked) == len(ended(live))
    assert isinstance(answer.result(0), Done if asked else Refusal)


@dataclass
class Stubborn:
    """A journal whose disk, and the place of its side file, take nothing for a while."""

    inner: SqliteJournal
    refuse: threading.Event = field(default_factory=threading.Event)

    def append(
        self,
        facts: Sequence[Fact],
        *,
        expected: int | None = None,
        evidence: Sequence[Evidence] = (),
        samples: Sequence[Sample] = (),
    ) -> Appended | Moved | Aside:
        if self.refuse.is_set():
            raise NotSaved("nothing could be saved: the disk is full")
        return self.inner.append(facts, expected=expected, evidence=evidence, samples=samples)

    def moved(self) -> bool:
        if self.refuse.is_set():
            raise OSError("disk I/O error")
        return self.inner.moved()

    def read(self, after: int = 0, until: int | None = None) -> Any:
        if self.refuse.is_set():
            raise OSError("disk I/O error")
        return self.inner.read(after, until)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def stubborn(path: Path) -> Stubborn:
    return Stubborn(open_journal(path / "stubborn.db", "ferry", SystemClock()))


def test_what_no_disk_takes_waits_and_is_not_acknowledged_before_it_is_saved(tmp_path: Path, start: Started) -> None:
    journal = stubborn(tmp_path)
    live = start(journal=journal)
    journal.refuse.set()
    answer = live.submit(AddNote("users see a blank page", "ines"))
    until(lambda: "disk is full" in live.view.journal, "said")
    assert not answer.done()
    assert not live.stopped
    journal.refuse.clear()
    done = answer.result(5)
    assert isinstance(done, Done)
    assert done.seq is not None
    until(lambda: live.view.journal == "ok", "said to be well again")
    notes = [r.event for r in live.parts.journal.read() if isinstance(r.event, NoteAdded)]
    assert [n.text for n in notes] == ["users see a blank page"]


def test_a_journal_that_cannot_be_read_for_a_while_is_read_on_later(tmp_path: Path, start: Started) -> None:
    journal = stubborn(tmp_path)
    live = start(journal=journal)
    journal.refuse.set()
    until(lambda: "cannot be read: disk I/O error" in live.view.journal, "said")
    other = open_journal(tmp_path / "stubborn.db", "ferry", SystemClock())
    other.append([Fact(NoteAdded("of another", "tomasz"), live.now(), "responder:tomasz", "tomasz", "key")])
    other.close()
    journal.refuse.clear()
    until(lambda: live.view.state.seq == journal.inner.last(), "read on")
    until(lambda: live.view.journal == "ok", "said to be well again")
    assert not live.stopped


def test_leaving_while_no_disk_takes_anything_says_so(tmp_path: Path, start: Started) -> None:
    journal = stubborn(tmp_path)
    live = start(journal=journal)
    journal.refuse.set()
    answer = live.submit(AddNote("users see a blank page", "ines"))
    until(lambda: "disk is full" in live.view.journal, "said")
    live.stop("quit")
    assert isinstance(answer.exception(5), Exception), "nobody is told that it was saved"
    assert "disk is full" in live.stopped
    journal.refuse.clear()


def test_every_answer_comes_when_many_threads_ask_while_it_leaves(start: Started) -> None:
    live = start()
    answers: list[Future[Any]] = []
    lock = threading.Lock()

    def ask() -> None:
        for n in range(60):
            found = live.submit(AddNote(f"note {n}", "ines"))
            with lock:
                answers.append(found)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    live.stop("quit")
    for asker in askers:
        asker.join(10)
    assert not wait(answers, 5).not_done
    said = sum(1 for a in answers if a.exception() is None)
    assert said == sum(1 for r in live.parts.journal.read() if isinstance(r.event, NoteAdded))
