"""Which commits may be the cause, in which order, and why: sentences that hold, never a score."""

from dataclasses import replace

import pytest

from incidentui.core import events as e
from incidentui.core import inputs as i
from incidentui.core.decide import decide
from incidentui.core.evidence import CheckLook, write_check_look
from incidentui.core.evolve import evolve
from incidentui.core.kinds import kind_of
from incidentui.core.model import (
    CheckSpec,
    Commit,
    FileChange,
    FileLeft,
    KnownGood,
    Ledger,
    LedgerCommit,
    Light,
    Outcome,
    Owner,
    Plan,
    ProjectSpec,
    Repository,
    ServiceSpec,
    Workload,
)
from incidentui.core.recent import NOTHING, add
from incidentui.core.state import State
from incidentui.core.suspects import find
from incidentui.core.turn import provisional
from incidentui.session.turn import sample_of

GOOD, OLD, DOCS, BIG, FIX = ("a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40)
TRACE = "Traceback\n  File \"/srv/app/server/leads.py\", line 12, in start\nKeyError: 'seats'\n"
SPEC = ProjectSpec(
    "ferry",
    services=(ServiceSpec("api", ("backend",), ("server/",), has_revision=True),),
    checks=(CheckSpec("page", "api", every_ms=1_000, fail_after=2, recover_after=2),),
)


def commit(sha: str, parent: str, subject: str, *files: str, lines: int = 3) -> Commit:
    changes = tuple(FileChange(path, lines, 0) for path in files)
    return Commit(sha, (parent,), "sam", 0, subject, lines * len(files), 0, changes, len(files))


WINDOW = (
    commit(FIX, BIG, 'Revert "seats"', "server/leads.py"),
    commit(BIG, DOCS, "seat map", "server/seats.py", "db/migrate/004_seats.sql", "package-lock.json", lines=60),
    commit(DOCS, OLD, "docs", "docs/a.md"),
    commit(OLD, GOOD, "ran well", "server/old.py", lines=200),
    commit(GOOD, "0" * 40, "works"),
)


OWNER = Owner("h", "b", 1, 1)


class Watch:
    """A project watched: every input is decided, every event folded."""

    def __init__(self) -> None:
        self.state, self.recent, self.now = State(), NOTHING, 1_000_000
        self.events: list[e.Event] = []
        self.effects: list[i.Effect] = []

    def given(self, *seen: i.Input, after: int = 1_000) -> None:
        for one in seen:
            self.now += after
            if isinstance(one, i.Sampled):
                self.recent = add(self.recent, sample_of(one))
            decision = decide(self.state, self.recent, one, self.now)
            assert decision.refusal is None, decision.refusal
            self.effects += decision.effects
            for fact in decision.facts:
                self.events.append(fact.event)
                self.state = evolve(self.state, provisional(fact, self.state.seq + 1))

    def look(self, state: str, why: str = "", body: str = "", times: int = 2) -> None:
        for _ in range(times):
            look = CheckLook("page", "api", status=500, why=why, body=body)
            kept = i.Evidence("check", write_check_look(look)) if state == "failing" else None
            self.given(i.Sampled("page", self.now + 1_000, state, why or state, 500, 9, kept))  # type: ignore[arg-type]

    def red(self, body: str = "", tip: str = FIX) -> "Watch":
        self.given(
            i.StartWatch(SPEC, "ana"),
            i.RepositoryLooked(Repository("main", tip, tip, "origin", 1, commits=WINDOW)),
            i.MarkGood(GOOD, "ana", "it worked"),
            i.RevisionLooked("api", OLD),
        )
        self.look("ok")
        self.given(i.RevisionLooked("api", tip))
        self.look("failing", "500", body)
        return self


@pytest.mark.req("R0-14", "F39")
def test_the_window_is_a_range_with_a_count_and_a_list_in_order() -> None:
    suspect = Watch().red().state.suspect
    assert suspect is not None
    assert (suspect.good, suspect.tip, suspect.count) == (GOOD, FIX, 4)
    assert suspect.window == (FIX, BIG, DOCS, OLD)
    assert [one.sha for one in suspect.ranked] == [BIG, FIX, DOCS, OLD]
    assert suspect.sha == BIG
    big = suspect.ranked[0]
    assert big.reasons == (
        "deployed 1s before the first red",
        "changes 1 file under server/, which api is made of",
        "180 lines in one commit, the limit is 100",
        "changes the schema: db/migrate/004_seats.sql",
        "changes dependencies: package-lock.json",
    )
    assert big.cleared == ("no CI run known",)
    said = {one.sha: one for one in suspect.ranked}
    assert "is itself a revert" in said[FIX].reasons
    assert said[DOCS].cleared == ("no file under server/", "no migration, no new dependency", "no CI run known")
    assert said[OLD].cleared[0] == "ran before the last deploy, without a red"


@pytest.mark.req("R0-09")
def test_what_was_deployed_after_the_first_red_is_no_suspect() -> None:
    """A fix that came seconds later, larger and under the same path, was not there when it broke."""
    watch = Watch()
    watch.given(
        i.StartWatch(SPEC, "ana"),
        i.RepositoryLooked(Repository("main", FIX, FIX, "origin", 1, commits=WINDOW)),
        i.MarkGood(GOOD, "ana", "it worked"),
        i.RevisionLooked("api", GOOD),
    )
    watch.look("ok")
    watch.given(i.RevisionLooked("api", OLD))
    watch.look("failing", "500", times=1)
    watch.given(i.RevisionLooked("api", FIX), after=2_500)
    watch.look("failing", "500", times=1)
    suspect = watch.state.suspect
    assert suspect is not None
    assert (suspect.sha, suspect.window) == (OLD, (FIX, BIG, DOCS, OLD))
    said = {one.sha: one for one in suspect.ranked}
    assert said[OLD].reasons[0] == "deployed 1s before the first red"
    assert said[BIG].cleared[0] == "deployed 2s after the first red"


def test_of_a_merge_that_was_not_counted_yet_nothing_is_said_that_could_be_wrong() -> None:
    listed = tuple(replace(c, added=0, files=(), file_count=0, sized=False) if c.sha == BIG else c for c in WINDOW)
    watch = Watch().red()
    watch.given(i.RepositoryLooked(Repository("main", FIX, FIX, "origin", 1, commits=listed)))
    found = find(watch.state)
    assert found is not None
    (big,) = [one for one in found.ranked if one.sha == BIG]
    assert big.cleared == ("no CI run known",)
    assert not any("line" in reason or "file" in reason for reason in big.reasons)
    watch.given(i.RepositoryLooked(Repository("main", FIX, FIX, "origin", 1, commits=WINDOW)))
    assert watch.state.suspect is not None
    assert "180 lines in one commit, the limit is 100" in watch.state.suspect.ranked[0].reasons


@pytest.mark.req("R0-09", "F39")
def test_the_file_that_the_error_names_comes_before_size_and_path() -> None:
    suspect = Watch().red(TRACE).state.suspect
    assert suspect is not None
    assert suspect.sha == FIX
    assert "leads.py:12 is named by the error" in suspect.reasons


@pytest.mark.req("R0-09")
def test_a_commit_whose_lines_have_the_name_in_the_error_is_named_for_it() -> None:
    watch = Watch().red("KeyError: 'seats'")
    assert i.ReadLedger(GOOD, FIX, "seats") in watch.effects
    commits = tuple(LedgerCommit(c.sha, "in force", names=c.sha == DOCS) for c in WINDOW[:4])
    watch.given(i.LedgerLooked(Ledger(GOOD, FIX, commits, beyond=3, symbol="seats")))
    suspect = watch.state.suspect
    assert suspect is not None
    assert (suspect.sha, suspect.count) == (DOCS, 7)
    assert "its lines have seats, which the error names" in suspect.reasons


@pytest.mark.req("R0-13")
def test_what_ci_said_is_told_when_it_is_known() -> None:
    watch = Watch()
    failed = tuple(replace(c, ci="failed: build") if c.sha == DOCS else replace(c, ci="passed") for c in WINDOW)
    watch.red()
    watch.given(i.RepositoryLooked(Repository("main", FIX, FIX, "origin", 2, commits=failed)))
    suspect = watch.state.suspect
    assert suspect is not None
    said = {one.sha: one for one in suspect.ranked}
    assert "CI failed: build" in said[DOCS].reasons
    assert "CI passed" in said[BIG].cleared


def test_nothing_is_made_up_without_a_known_good() -> None:
    watch = Watch()
    watch.given(i.StartWatch(SPEC, "ana"), i.RepositoryLooked(Repository("main", FIX, FIX, commits=WINDOW)))
    assert watch.state.good is None
    assert not [effect for effect in watch.effects if isinstance(effect, i.ReadLedger | i.KeepGood)]
    watch.given(i.MarkGood(GOOD, "ana"))
    assert [type(effect) for effect in watch.effects] == [i.KeepGood, i.ReadLedger]
    watch.given(i.GoodFound(KnownGood(OLD, 1, "from the clone")))
    assert watch.state.good is not None
    assert watch.state.good.sha == GOOD


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("db/migrate/1_a.rb", "migration"),
        ("app/migrations/0002_x.py", "migration"),
        ("schema.sql", "migration"),
        ("package-lock.json", "dependencies"),
        ("services/x/go.sum", "dependencies"),
        ("docker-compose.prod.yml", "infrastructure"),
        ("deploy/values.yaml", "infrastructure"),
        (".env.production", "configuration"),
        ("server/immigration.py", ""),
        ("src/configure.ts", ""),
    ],
)
@pytest.mark.req("R3-32")
def test_files_that_do_more_than_their_lines(path: str, kind: str) -> None:
    assert kind_of(path) == kind


# -- after an action


def acted(watch: Watch, body: str, force: tuple[str, ...] = (BIG, OLD), silent: bool = False) -> e.VerdictGiven:
    plan = Plan("git.revert", (("commits", FIX),), "Revert", "main", push=True, within_ms=2_500)
    watch.given(i.RunPlan(plan, "main", "ana", OWNER, "r1"))
    commits = tuple(LedgerCommit(c.sha, "in force" if c.sha in force else "taken back") for c in WINDOW[:4])
    left = Ledger(GOOD, "9" * 40, commits, (FileLeft("server/seats.py", 60, 0, (BIG,)),), 1)
    watch.given(i.LightLooked("r1", Light("tree", True, "as rehearsed")))
    watch.given(i.LightLooked("r1", Light("remote", True, "origin/main")))
    watch.given(i.ActionActed("r1", "done", "written", "9" * 40, FIX, ledger=left))
    watch.given(i.RevisionLooked("api", "9" * 40), after=1)
    if silent:
        watch.given(i.Ticked(), after=9_000)
    elif body:
        watch.look("failing", "500", body, 3)
    else:
        watch.look("ok", times=3)
    return next(event for event in reversed(watch.events) if isinstance(event, e.VerdictGiven))


@pytest.mark.req("R0-08", "R0-10", "R0-11")
def test_a_revert_of_some_is_refused_as_a_way_back_while_users_are_not_served() -> None:
    watch = Watch().red(TRACE)
    watch.given(i.OpenIncident("it fails", "ana"))
    verdict = acted(watch, TRACE).verdict
    assert (verdict.word, verdict.why) == ("not complete", "2 of 4 commits taken back, 2 still in force")
    assert (verdict.in_force, verdict.taken_back) == ((BIG, OLD), (FIX, DOCS))
    lights = {light.name: (light.ok, light.finding) for light in verdict.lights}
    assert lights["tree"] == (False, "1 file differs from ★ aaaaaaa")
    assert lights["user_path"] == (False, "api: 500, same error again")
    assert verdict.same_error == ("KeyError: 'seats'",)
    compared = [event for event in watch.events if isinstance(event, e.ErrorCompared)]
    assert [(c.run, [x.symbol for x in c.again], c.other) for c in compared] == [("r1", ["seats"], ())]


@pytest.mark.req("R0-10")
def test_another_error_is_said_to_be_another_one() -> None:
    verdict = acted(Watch().red(TRACE), "KeyError: 'rows'").verdict
    assert verdict.word == "not complete"
    assert verdict.other_error == ("KeyError: 'rows'",)
    assert "same error" not in {light.name: light.finding for light in verdict.lights}["user_path"]


@pytest.mark.req("R0-10")
def test_of_a_check_that_was_red_in_two_ways_the_error_of_now_is_quoted() -> None:
    """It failed with one error, then with another; after the action it is the second one that is there again."""
    watch = Watch().red(TRACE)
    watch.look("failing", "500", "TypeError: the sheet is gone")
    assert acted(watch, "TypeError: the sheet is gone").verdict.same_error == ("TypeError: the sheet is gone",)
    watch = Watch().red(TRACE)
    watch.look("failing", "500", "TypeError: the sheet is gone")
    assert acted(watch, TRACE).verdict.same_error == ("KeyError: 'seats'",), "and back to the first one"


def test_an_error_that_is_there_again_stands_once_in_the_record_of_each_action() -> None:
    watch = Watch().red(TRACE)
    before = len([event for event in watch.events if isinstance(event, e.ErrorSeen)])
    acted(watch, TRACE)
    assert len([event for event in watch.events if isinstance(event, e.ErrorSeen)]) == before + 1
    assert [(s.error.text, s.last is not None) for s in watch.state.errors] == [("KeyError: 'seats'", True)]


def test_a_clock_that_steps_back_while_an_action_waits_writes_no_error_at_every_look() -> None:
    watch = Watch().red(TRACE)
    plan = Plan("git.revert", (("commits", FIX),), "Revert", "main", push=True, within_ms=60_000)
    watch.given(i.RunPlan(plan, "main", "ana", OWNER, "r1"))
    watch.given(i.ActionActed("r1", "done", "written", "9" * 40, FIX))
    before = len([event for event in watch.events if isinstance(event, e.ErrorSeen)])
    watch.now -= 3_600_000
    watch.given(i.ClockShifted(-3_600_000))
    watch.look("failing", "500", TRACE, 5)
    assert len([event for event in watch.events if isinstance(event, e.ErrorSeen)]) == before + 1
    watch.given(i.RevisionLooked("api", "9" * 40))
    watch.look("failing", "500", TRACE, 5)
    assert len([event for event in watch.events if isinstance(event, e.ErrorSeen)]) == before + 2, "of what runs since"


def test_what_nobody_asked_again_is_not_the_same_again() -> None:
    verdict = acted(Watch().red(TRACE), TRACE, silent=True).verdict
    assert verdict.word == "not complete"
    assert verdict.same_error == ()
    assert "not asked again" in {light.name: light.finding for light in verdict.lights}["user_path"]


@pytest.mark.req("R0-08")
def test_a_revert_of_the_culprit_is_complete_when_users_are_served_and_says_what_else_is_in_force() -> None:
    watch = Watch().red(TRACE)
    verdict = acted(watch, "").verdict
    assert verdict.word == "complete"
    assert "2 of 4 commits taken back, 2 still in force" in verdict.why
    assert next(light for light in verdict.lights if light.name == "tree").ok is True
    assert not [event for event in watch.events if isinstance(event, e.ErrorCompared)]
    assert watch.state.errors == ()


def test_a_message_that_is_new_every_time_does_not_fill_the_record() -> None:
    watch = Watch().red()
    for n in range(40):
        watch.look("failing", "500", f"Error: {'abcdefghij'[n % 10] * 4} {'klmnopqrst'[n // 10] * 4} lost", 1)
    assert len([event for event in watch.events if isinstance(event, e.ErrorSeen)]) == 5
    assert len(watch.state.errors) == 5


def test_a_crash_tells_its_error_once_and_forgets_it_when_it_runs_again() -> None:
    watch = Watch().red()
    up = Workload("backend", "docker", "running", health="healthy", restarts=0)
    watch.given(i.WorkloadsLooked("docker", (up,)))
    for restarts in (1, 2, 3):
        down = replace(up, state="crashing", exit_code=1, restarts=restarts, health="none")
        watch.given(i.WorkloadsLooked("docker", (down,), (("backend", i.Evidence("log", TRACE)),)))
    seen = [s for s in watch.state.errors if s.source == "workload:backend"]
    assert [(s.service, s.error.text, s.revision) for s in seen] == [("api", "KeyError: 'seats'", FIX)]
    watch.given(i.WorkloadsLooked("docker", (replace(up, restarts=4),)))
    assert [s.source for s in watch.state.errors] == ["check:page"]


@pytest.mark.parametrize("outcome", ["refused", "failed", "unknown"])
def test_what_ended_before_anybody_looked_calls_no_user_unserved(outcome: Outcome) -> None:
    watch = Watch()
    watch.given(i.StartWatch(SPEC, "ana"))
    watch.look("ok")
    watch.given(i.RunPlan(Plan("workload.restart", (("name", "web"),), "Restart", "web"), "web", "ana", OWNER, "r1"))
    watch.given(i.ActionActed("r1", outcome, "web is another run by now"))
    verdict = watch.state.attempts["r1"].verdict
    assert verdict is not None
    (light,) = (light for light in verdict.lights if light.name == "user_path")
    assert (light.ok, light.finding) == (None, "api was good before, and was not asked again")
