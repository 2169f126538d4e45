"""A replay shows at every point what was published live then, from the journal and from its export."""

import random
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from incidentui.core import inputs as i
from incidentui.core.evolve import fold
from incidentui.core.model import CheckState, Commit, Repository, RunStep, Workload
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.processes import SystemProcesses
from incidentui.edge.store.jsonl import JsonlJournal, export_lines, write_lines
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.store.window import window_of
from incidentui.session.ports import Row, View
from incidentui.session.replay import ReplaySession
from incidentui.session.turn import load, take
from tests.session.test_live import until
from tests.session.worlds import SPEC, journal, plan, sample

A, B = "a" * 40, "b" * 40
COMMITS = (Commit(B, (A,), "tomasz", 2_000, "Seat map", 348, 19), Commit(A, (), "ines", 1_000, "Bookings", 12, 3))


def anything(rng: random.Random, clock: SystemClock) -> i.Input:
    """One input of an incident, of any kind."""
    states: tuple[CheckState, ...] = ("ok", "slow", "failing", "unknown")
    run = f"run-{rng.randrange(3)}"
    kinds = (
        lambda: sample(rng.choice(["bookings-page", "ledger-ping"]), rng.choice(states), clock.now()),
        lambda: sample("bookings-page", "failing", clock.now()),
        lambda: i.RevisionLooked("bookings", rng.choice([A, B, None]), "no file"),
        lambda: i.RepositoryLooked(Repository("main", A, rng.choice([A, B]), "origin", commits=COMMITS)),
        lambda: i.WorkloadsLooked("docker", (Workload("web", "docker", rng.choice(["running", "crashing"])),)),
        lambda: i.SourceFailed("docker", rng.choice(["no answer", "permission denied"])),
        lambda: i.SourceAnswered("docker"),
        lambda: i.Ticked(),
        lambda: i.OpenIncident("bookings fails", "ines"),
        lambda: i.Acknowledge("robin"),
        lambda: i.SetSeverity(rng.choice(["SEV1", "SEV2"]), "ines"),
        lambda: i.CloseIncident("ines", rng.choice(["", "gave up"])),
        lambda: i.AddNote("users see a blank page", "ines", at=clock.now() - rng.randrange(60_000)),
        lambda: i.MarkMoment(rng.randrange(1, 20), "ines"),
        lambda: i.MarkGood(A, "ines"),
        lambda: i.RunPlan(plan(), "main", "ines", SystemProcesses().me(), run),
        lambda: i.ActionActed(run, rng.choice(["done", "failed", "unknown"]), "it says", revision=A),
        lambda: i.OwnerGone(run),
        lambda: i.StartRunbook("rb", "roll-back", "Roll back", "d", (RunStep(1, "Look"), RunStep(2, "Reset")), "ines"),
        lambda: i.SetStep(1, rng.choice(["done", "skipped"]), "ines", "seen"),
    )
    return rng.choice(kinds)()


def lived(path: Path, seed: int, turns: int = 30) -> tuple[SqliteJournal, list[State]]:
    """A journal of random turns, and the state that each of them published."""
    rng, clock = random.Random(seed), SystemClock()
    record = journal(path)
    desk = load(record, clock.now())
    published = []
    desk = take(record, desk, clock, [i.StartWatch(SPEC, "ines")]).desk
    for _ in range(turns):
        turn = take(record, desk, clock, [anything(rng, clock) for _ in range(rng.randrange(1, 5))])
        desk = turn.desk
        published.append(desk.state)
    return record, published


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_every_published_state_is_a_fold_and_a_point_of_the_replay(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    record, published = lived(tmp_path_factory.mktemp("lived"), seed)
    try:
        records = list(record.read())
        replay = ReplaySession(record, SystemClock(), "me", lambda *_: "", first=1, last=record.last())
        for state in published:
            assert fold(records[: state.seq]) == state
            replay.step(state.seq - replay.view.state.seq)
            assert replay.view.state == state
        for state in reversed(published):
            replay.step(state.seq - replay.view.state.seq)
            assert replay.view.state == state, "seeking back gives the same"
    finally:
        record.close()


@pytest.mark.req("F70")
def test_an_export_replays_the_same_states_and_rows(tmp_path: Path) -> None:
    record, _ = lived(tmp_path, 7, turns=120)
    try:
        ident = record.incidents()[0].id
        window = window_of(record, ident)
        assert window is not None
        file = tmp_path / "incident.jsonl"
        write_lines(file, export_lines(record, window))
        opened = JsonlJournal(file)
        there = window_of(opened, ident)
        assert there is not None
        pairs = [
            ReplaySession(
                r, SystemClock(), "me", lambda *_: "", first=w.from_seq, last=w.to_seq, since=w.incident.window_from
            )
            for r, w in ((record, window), (opened, there))
        ]
        here, elsewhere = pairs
        assert here.view.playhead is not None
        for _ in range(here.view.playhead.total):
            assert here.view == elsewhere.view
            assert here.now() == elsewhere.now()
            for key_only in (True, False):
                rows = [s.rows(limit=40, key_only=key_only) for s in pairs]
                assert [(r.seq, r.at, r.event) for r in rows[0]] == [(r.seq, r.at, r.event) for r in rows[1]]
            here.step(1)
            elsewhere.step(1)
    finally:
        record.close()


def test_a_replay_refuses_every_command_and_holds_no_way_to_act(tmp_path: Path) -> None:
    record, _ = lived(tmp_path, 3)
    try:
        replay = ReplaySession(record, SystemClock(), "me", lambda *_: "", first=1, last=record.last())
        before = record.last()
        for command in (i.AddNote("x", "me"), i.CloseIncident("me", "x"), i.MarkGood(A, "me")):
            assert isinstance(replay.submit(command).result(), i.Refusal)
        assert isinstance(replay.plan("git.reset", {}).result(), i.Refusal)
        assert isinstance(replay.run_plan(plan(), "main").result(), i.Refusal)
        assert record.last() == before
    finally:
        record.close()


@pytest.mark.req("F70")
def test_key_moments_can_be_stepped(tmp_path: Path) -> None:
    record, _ = lived(tmp_path, 5)
    try:
        replay = ReplaySession(record, SystemClock(), "me", lambda *_: "", first=1, last=record.last())
        replay.key_moment(1)
        head = replay.view.playhead
        assert head is not None
        assert replay.rows(before=Row(1 << 60, 1 << 60), limit=1)[0].moment == "key"
        replay.ends(last=True)
        assert replay.view.state.seq == record.last()
        replay.key_moment(-1)
        assert replay.view.state.seq < record.last()
    finally:
        record.close()


class Still(SystemClock):
    """Time does not pass: a play never reaches the end."""

    @override
    def mono(self) -> int:
        return 0


def playing() -> int:
    return sum(thread.name == "replay" for thread in threading.enumerate())


def test_pause_and_play_at_once_leaves_one_playhead(tmp_path: Path) -> None:
    record, _ = lived(tmp_path, 5)
    replay = ReplaySession(record, Still(), "me", lambda *_: "", first=1, last=record.last())
    pressed = 0

    def key_pressed_meanwhile(view: View) -> None:
        nonlocal pressed
        if threading.current_thread().name == "replay" and pressed < 4:
            pressed += 1
            replay.pause()
            replay.play()

    try:
        replay.subscribe(key_pressed_meanwhile)
        replay.play()
        until(lambda: pressed == 4, "it was paused and played again")
        until(lambda: playing() == 1, "one of them plays")
        assert replay.view.playhead is not None
        assert replay.view.playhead.playing
    finally:
        replay.pause()
        until(lambda: playing() == 0, "none plays")
        record.close()


@pytest.mark.req("F70")
def test_play_goes_on_to_the_end_and_stops_there(tmp_path: Path) -> None:
    record, _ = lived(tmp_path, 5)
    try:
        replay = ReplaySession(record, SystemClock(), "me", lambda *_: "", first=1, last=record.last())
        replay.faster(512)
        replay.play()
        until(lambda: replay.view.playhead is not None and not replay.view.playhead.playing, "it stops")
        assert replay.view.state.seq == record.last()
        until(lambda: playing() == 0, "none plays")
    finally:
        record.close()
