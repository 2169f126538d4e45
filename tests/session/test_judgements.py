"""Judgements at their edges: two open incidents, late commands, stale looks, crowded counts."""

import json
import random
from dataclasses import replace

import pytest

from incidentui.core import codec
from incidentui.core import inputs as i
from incidentui.core.decide import decide
from incidentui.core.events import WorkloadChanged
from incidentui.core.evolve import evolve
from incidentui.core.model import CheckSpec, CheckState, Plan, ProjectSpec, RunStep, ServiceSpec, Workload
from incidentui.core.recent import NOTHING, add
from incidentui.core.state import State
from incidentui.core.turn import provisional
from incidentui.core.verify import verify_plan
from incidentui.session.turn import sample_of, take
from tests.postmortem.story import (
    GOOD,
    OWNER,
    SPEC,
    Story,
    broken,
    opened,
    quiet,
    repository,
    reset,
    reverted,
    verified,
    when,
)


def refused(story: Story, clock: str, command: i.Command) -> i.Refusal:
    story.clock.at = when(clock)
    turn = take(story.journal, story.desk, story.clock, [command])
    story.desk = turn.desk
    (answer,) = turn.answers
    assert isinstance(answer, i.Refusal), answer
    return answer


def told(story: Story, *parts: object) -> None:
    for part in parts:
        part(story)  # type: ignore[operator]


def restart(step: int | None = None, run: str = "restart-1") -> i.RunPlan:
    plan = Plan("workload.restart", (("name", "pages"),), "Restart pages", "pages", "workload", within_ms=60_000)
    return i.RunPlan(plan, "pages", "ines", OWNER, run, step)


def test_a_command_that_comes_too_late_or_to_nobody_says_so(story: Story) -> None:
    told(story, quiet, broken, opened)
    assert "there is no incident INC-7" in refused(story, "09:09:00", i.Acknowledge("tomasz", "INC-7")).why
    assert "there is no incident INC-7" in refused(story, "09:09:00", i.SetSeverity("SEV3", "tomasz", "INC-7")).why
    assert "there is no incident INC-7" in refused(story, "09:09:00", i.CloseIncident("tomasz", "x", "INC-7")).why
    story.at("09:10:00", i.CloseIncident("ines", "false alarm"))
    closed = story.desk.state.incidents["INC-1"]
    assert "closed" in refused(story, "09:11:00", i.Acknowledge("tomasz", "INC-1")).why
    assert story.desk.state.incidents["INC-1"] == closed


@pytest.mark.req("F8")
def test_an_action_after_recovery_does_not_take_recovery_back(story: Story) -> None:
    told(story, quiet, broken, opened, reverted, reset)
    before = story.desk.state.incidents["INC-1"]
    assert before.stage == "monitoring"
    story.at("09:18:00", i.WorkloadsLooked("supervisor", (Workload("pages", "supervisor", "running"),)))
    story.at("09:18:10", restart())
    story.at("09:18:12", i.ActionActed("restart-1", "done", "restarted"))
    story.looks("bookings-page", "ok", "09:18:20", "09:18:30")
    after = story.desk.state.incidents["INC-1"]
    assert (after.stage, after.mitigated) == ("monitoring", before.mitigated)


@pytest.mark.parametrize(("state", "word"), [("stopped", "complete"), ("running", "not complete")])
def test_a_stop_is_judged_by_the_engine_and_not_by_what_users_lose(story: Story, state: str, word: str) -> None:
    told(story, quiet, broken, opened)
    plan = Plan("workload.stop", (("name", "pages"),), "Stop pages", "pages", "workload", within_ms=5_000)
    story.at("09:18:10", i.RunPlan(plan, "pages", "ines", OWNER, "stop-1", None))
    story.at("09:18:12", i.ActionActed("stop-1", "done", "stopped"))
    story.at("09:18:13", i.WorkloadsLooked("supervisor", (Workload("pages", "supervisor", state),)))  # type: ignore[arg-type]
    story.looks("bookings-page", "failing", "09:18:20", "09:18:30")
    verdict = story.desk.state.attempts["stop-1"].verdict
    assert verdict is not None
    assert verdict.word == word
    lights = {light.name: light.ok for light in verdict.lights}
    assert (lights["running"], lights["user_path"]) == (state == "stopped", None)
    assert "bookings-page" in verdict.delta.red_before


@pytest.mark.req("F59")
def test_not_seeing_a_red_service_does_not_mend_it(story: Story) -> None:
    """failing, then unknown: one good look is not recovery, as it would not be without the blind looks."""
    told(story, quiet, broken)

    def state_after(state: CheckState, *clocks: str) -> CheckState:
        story.looks("bookings-page", state, *clocks)
        return story.desk.state.checks["bookings-page"].state

    assert state_after("failing", "09:08:50") == "failing"
    assert state_after("unknown", "09:09:00", "09:09:10", "09:09:20") == "unknown"
    assert state_after("ok", "09:09:30") == "unknown"
    assert state_after("ok", "09:09:40") == "ok"


def test_a_red_without_evidence_takes_that_of_the_next_look_that_has_some(story: Story) -> None:
    told(story, quiet)
    story.looks("bookings-page", "failing", "09:05:10", "09:05:20", "09:05:30", why="503")
    assert story.desk.state.checks["bookings-page"].evidence is None
    story.looks("bookings-page", "failing", "09:05:40", why="503", evidence="503 Service Unavailable")
    status = story.desk.state.checks["bookings-page"]
    assert status.evidence is not None
    assert status.since == when("09:05:10")
    before = story.desk.state.seq
    story.looks("bookings-page", "failing", "09:05:50", why="503", evidence="503 Service Unavailable")
    assert story.desk.state.seq == before


@pytest.mark.req("F8")
def test_recovery_reaches_every_open_incident(story: Story) -> None:
    told(story, quiet, broken, opened)
    story.at("09:11:00", i.OpenIncident("A second report of the same", "tomasz"))
    told(story, reverted, reset)
    stages = {n: (x.stage, x.mitigated) for n, x in story.desk.state.incidents.items()}
    assert stages["INC-1"] == stages["INC-2"] == ("monitoring", when("09:17:30"))


def test_attempts_keep_counting_however_often_it_was_only_looked(story: Story) -> None:
    told(story, quiet, broken, opened)
    story.at("09:18:00", i.WorkloadsLooked("supervisor", (Workload("pages", "supervisor", "running"),)))
    story.at("09:18:10", restart())
    story.at("09:18:12", i.ActionActed("restart-1", "failed", "it did not stay up"))
    looking = verify_plan({"within": "1s", "checks": "bookings-page"}, story.desk.state)
    assert isinstance(looking, Plan)
    for n in range(60):
        story.at("09:19:00", i.RunPlan(looking, "", "ines", OWNER, f"verify-{n}"))
        story.at("09:19:02", i.Ticked())
    story.at("09:20:00", restart(run="restart-2"))
    assert story.desk.state.attempts["restart-2"].number == 2


STEPS = (RunStep(1, "Look"), RunStep(2, "Restart it", action="workload.restart"), RunStep(3, "Verify"))


def start_book(name: str) -> i.StartRunbook:
    return i.StartRunbook(f"run-{name}", name, name.title(), "digest", STEPS, "ines")


def test_a_verdict_marks_no_step_of_a_runbook_it_does_not_belong_to(story: Story) -> None:
    told(story, quiet, broken, opened)
    story.at("09:18:00", start_book("first"))
    story.at("09:18:10", restart(step=2))
    story.at("09:18:11", start_book("second"))
    story.at("09:18:12", i.ActionActed("restart-1", "failed", "it did not stay up"))
    book = story.desk.state.runbook
    assert book is not None
    assert [s.state for s in book.steps] == ["todo", "todo", "todo"]


def test_a_runbook_that_ended_is_worked_through_no_more(story: Story) -> None:
    told(story, quiet, broken, opened)
    story.at("09:18:00", start_book("first"), i.EndRunbook("ines", "not the right one"))
    assert "no runbook" in refused(story, "09:18:10", i.SetStep(1, "done", "ines")).why


@pytest.mark.req("R3-24")
def test_one_bad_look_that_left_the_last_twenty_still_counts_against_known_good(story: Story) -> None:
    check = CheckSpec("bookings-page", "bookings", every_ms=1_000, fail_after=3, recover_after=2)
    spec = replace(SPEC, services=SPEC.services[:1], checks=(check,), good_after_ms=60_000)
    story.at("08:59:00", i.StartWatch(spec, "ines"), repository(GOOD), i.RevisionLooked("bookings", GOOD))
    for second in range(60):
        story.looks("bookings-page", "failing" if second == 30 else "ok", f"09:00:{second:02d}")
    story.at("09:01:01", i.Ticked())
    assert story.desk.state.good is None, "a look was bad half a minute ago"
    for second in range(2, 59):
        story.looks("bookings-page", "ok", f"09:01:{second:02d}")
    story.at("09:02:00", i.Ticked())
    assert story.desk.state.good is not None


@pytest.mark.req("R3-24")
def test_looks_of_long_ago_make_nothing_known_good(story: Story) -> None:
    check = CheckSpec("bookings-page", "bookings", every_ms=1_000, fail_after=3, recover_after=2)
    spec = replace(SPEC, services=SPEC.services[:1], checks=(check,), good_after_ms=60_000)
    story.at("08:59:00", i.StartWatch(spec, "ines"), repository(GOOD), i.RevisionLooked("bookings", GOOD))
    story.looks("bookings-page", "ok", "09:00:00", "09:00:01", "09:00:02")
    story.at("09:10:00", i.Ticked())
    assert story.desk.state.good is None


def test_green_of_yesterday_proves_no_recovery_today(story: Story) -> None:
    told(story, quiet)
    story.at("09:30:00", i.OpenIncident("A traveller reports a blank page", "ines"))
    stale = refused(story, "09:31:00", i.CloseIncident("ines"))
    assert "not looked at for" in stale.why
    story.looks("bookings-page", "ok", "09:31:10")
    story.looks("tariffs-feed", "ok", "09:31:10")
    story.at("09:31:12", i.CloseIncident("ines"))
    assert story.desk.state.incidents["INC-1"].resolved == when("09:31:12")


@pytest.mark.req("F59")
def test_what_comes_and_goes_below_its_threshold_is_not_resolved(story: Story) -> None:
    told(story, quiet, broken, opened, reverted, reset, verified)
    story.looks("bookings-page", "failing", "09:18:40")
    assert story.desk.state.checks["bookings-page"].state == "ok", "three in a row would make it failing"
    late = refused(story, "09:18:42", i.CloseIncident("ines"))
    assert "1 of the last 2 looks of bookings-page failing: 503" in late.why
    story.looks("bookings-page", "ok", "09:18:50")
    assert "1 of the last 2 looks" in refused(story, "09:18:52", i.CloseIncident("ines")).why
    story.looks("bookings-page", "ok", "09:19:00")
    story.at("09:19:02", i.CloseIncident("ines"))
    assert story.desk.state.incidents["INC-1"].resolved is not None


def test_a_folder_is_not_another_one_that_begins_like_it() -> None:
    from incidentui.core.suspects import in_paths

    assert in_paths("server/sync.py", ("server",))
    assert in_paths("server/sync.py", ("server/",))
    assert in_paths("server", ("server",))
    assert not in_paths("server-docs/sync.md", ("server",))


# -- a year of watching


def year_input(rng: random.Random, n: int, now: int) -> i.Input:
    sha = f"{rng.randrange(400):040x}"
    names = [f"job-{n // 50 + k}" for k in range(5)]
    workloads = tuple(
        Workload(name, "docker", rng.choice(("running", "crashing", "exited")), restarts=rng.randrange(5))
        for name in names
    )
    kind = rng.randrange(12)
    if kind < 6:
        check = rng.choice(("page", "ping", "feed"))
        return i.Sampled(check, now, rng.choice(("ok", "ok", "failing", "slow", "unknown")), f"why {rng.randrange(9)}")
    picks: tuple[i.Input, ...] = (
        i.RevisionLooked(rng.choice(("a", "b")), rng.choice((sha, None))),
        i.WorkloadsLooked("docker", workloads),
        i.SourceFailed(rng.choice(("git", "docker", "remote:origin")), f"why {rng.randrange(9)}"),
        i.SourceAnswered(rng.choice(("git", "docker", "remote:origin"))),
        i.OpenIncident(f"incident {n}", f"person {rng.randrange(5)}"),
        i.CloseIncident("ines", "over"),
    )
    return picks[kind - 6] if kind - 6 < len(picks) else i.Ticked()


@pytest.mark.slow
def test_a_year_of_watching_leaves_the_state_small_and_each_decision_quick() -> None:
    spec = ProjectSpec(
        "ferry",
        services=(ServiceSpec("a", has_revision=True), ServiceSpec("b", has_revision=True)),
        checks=tuple(
            CheckSpec(c, s, fail_after=2, recover_after=2) for c, s in (("page", "a"), ("ping", "a"), ("feed", "b"))
        ),
    )
    rng = random.Random(7)
    state, recent = State(), NOTHING
    sizes: list[int] = []
    for n in range(60_000):
        now = n * 500_000
        given = i.StartWatch(spec, "ines") if n == 0 else year_input(rng, n, now)
        if isinstance(given, i.Sampled):
            recent = add(recent, sample_of(given))
        for fact in decide(state, recent, given, now).facts:
            state = evolve(state, provisional(fact, state.seq + 1))
        if n in (10_000, 59_999):
            sizes.append(len(json.dumps(codec.to_json(state))))
    assert state.seq > 30_000
    assert sizes[1] < sizes[0] * 1.3, sizes
    assert sizes[1] < 200_000


def test_a_commit_that_ran_well_for_a_while_and_is_the_suspect_now_is_no_place_to_go_back_to() -> None:
    spec = ProjectSpec(
        "ferry",
        services=(ServiceSpec("a", has_revision=True),),
        checks=(CheckSpec("page", "a", every_ms=1_000, fail_after=2, recover_after=2),),
        good_after_ms=3_000,
    )
    state, recent, now = State(), NOTHING, 1_000_000

    def given(seen: i.Input, after: int = 1_000) -> None:
        nonlocal state, recent, now
        now += after
        if isinstance(seen, i.Sampled):
            recent = add(recent, sample_of(seen))
        for fact in decide(state, recent, seen, now).facts:
            state = evolve(state, provisional(fact, state.seq + 1))

    def looks(*verdicts: CheckState) -> None:
        for verdict in verdicts:
            given(i.Sampled("page", now + 1_000, verdict, verdict))
            given(i.Ticked(), 0)

    first, slow_poison = "a" * 40, "b" * 40
    given(i.StartWatch(spec, "ines"))
    given(i.RevisionLooked("a", first))
    looks("ok", "ok", "ok", "ok", "ok")
    assert state.good is not None
    assert state.good.sha == first
    given(i.RevisionLooked("a", slow_poison))
    looks("ok", "ok", "ok", "ok", "ok")
    assert state.good.sha == slow_poison
    looks("failing", "failing")
    assert state.suspect is not None
    assert state.suspect.sha == slow_poison
    assert state.good.sha == first
    assert "is red" in state.good.why


def test_the_last_words_of_a_container_come_without_the_time_its_engine_puts_before_them(story: Story) -> None:
    told(story, quiet)
    crashed = Workload("pages", "docker", "crashing", when("09:01:08"), ident="12", exit_code=1)
    log = i.Evidence("log", "2026-03-02T09:01:07.5Z starting\n2026-03-02T09:01:08.123456789Z KeyError: 'seats'\n")
    story.at("09:01:08", i.WorkloadsLooked("docker", (crashed,), (("pages", log),)))
    said = [r.event.words for r in story.journal.read() if isinstance(r.event, WorkloadChanged)]
    assert said[-1] == "exits 1 at start: KeyError: 'seats'"


@pytest.mark.req("R1-24")
@pytest.mark.parametrize(
    ("code", "log", "said"),
    [
        (3, "ERROR: no /spool/queue.json\nstarting", "exits 3 at start: ERROR: no /spool/queue.json"),
        (3, "starting\nno more room", "exits 3 at start: no more room"),
        (137, "INFO request 342 GET /orders 200", "exits 137 at start"),
        (143, "INFO bye\nValueError: no seat", "exits 143 at start: ValueError: no seat"),
    ],
    ids=["two streams in no order", "no error among them", "killed: no line is a reason", "killed, and said why"],
)
def test_a_crash_is_told_by_the_line_that_says_why(story: Story, code: int, log: str, said: str) -> None:
    told(story, quiet)
    crashed = Workload("pages", "docker", "crashing", when("09:01:08"), ident="12", exit_code=code)
    dated = "".join(f"2026-03-02T09:01:07.5Z {line}\n" for line in log.splitlines())
    story.at("09:01:08", i.WorkloadsLooked("docker", (crashed,), (("pages", i.Evidence("log", dated)),)))
    words = [r.event.words for r in story.journal.read() if isinstance(r.event, WorkloadChanged)]
    assert words[-1] == said
