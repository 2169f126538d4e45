"""One incident told by hand-made observations through real turns into a real journal.

A deploy kills the bookings pages; a traveller's report is noted late; a revert is pushed and nothing is deployed; the
reset to the known-good tree brings them back; three good looks; closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from incidentui.cli.drafting import drafted, facts_of
from incidentui.core import inputs as i
from incidentui.core.evidence import CheckLook, Finding, write_check_look
from incidentui.core.model import (
    CheckSpec,
    CheckState,
    Commit,
    FileChange,
    FileLeft,
    Ledger,
    LedgerCommit,
    Light,
    Ms,
    Outcome,
    Owner,
    Plan,
    PlanCommit,
    PlanStep,
    Progress,
    ProjectSpec,
    Repository,
    RunStep,
    ServiceSpec,
    Workload,
)
from incidentui.core.verify import verify_plan
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.postmortem.facts import Facts
from incidentui.session.ports import Done
from incidentui.session.turn import Desk, take

DAY = "2026-03-02"
GOOD, BAD, REVERT, RESET = "a1" * 20, "bad1" * 10, "c3" * 20, "d4" * 20
OWNER = Owner("quay-1", "boot-1", 4321, 99)
SPEC = ProjectSpec(
    name="ferry",
    environment="production",
    branch="main",
    remote="origin",
    services=(
        ServiceSpec("bookings", workloads=("pages",), paths=("server/",), has_revision=True),
        ServiceSpec("ledger"),
        ServiceSpec("tariffs"),
    ),
    checks=(
        CheckSpec("bookings-page", "bookings", every_ms=10_000, fail_after=3, recover_after=2),
        CheckSpec("ledger-ping", "ledger", layer="inner", every_ms=5_000, fail_after=2, recover_after=2),
        CheckSpec("tariffs-feed", "tariffs", every_ms=10_000, fail_after=1, recover_after=1),
    ),
    good_after_ms=30_000,
)


def when(clock: str) -> Ms:
    return int(datetime.fromisoformat(f"{DAY}T{clock}+00:00").astimezone(UTC).timestamp() * 1000)


@dataclass
class Clock:
    at: Ms = 0
    boot: str = "boot-1"

    def now(self) -> Ms:
        return self.at

    def mono(self) -> int:
        return self.at


def commit(sha: str, parent: str, clock: str, author: str, subject: str, added: int, deleted: int) -> Commit:
    files = (FileChange("server/sync.py", added, deleted),)
    return Commit(sha, (parent,), author, when(clock), subject, added, deleted, files, 1, tree=f"tree-{subject[:5]}")


COMMITS = (
    replace(commit(RESET, REVERT, "09:17:05", "ines", "Back to the tree of a1a1a1a", 19, 348), tree="tree-good"),
    commit(REVERT, BAD, "09:12:03", "ines", 'Revert "Sync | safety"', 19, 348),
    commit(BAD, GOOD, "09:00:58", "kofi", "Sync | safety, *all* of it", 348, 19),
    replace(commit(GOOD, "0" * 40, "08:10:00", "kofi", "Fares in one table", 12, 3), tree="tree-good"),
)


def repository(upto: str, **more: object) -> i.RepositoryLooked:
    shas = [c.sha for c in COMMITS]
    seen = COMMITS[shas.index(upto) :]
    values = {"branch": "main", "head": upto, "upstream": upto, "remote": "origin", "commits": seen, **more}
    return i.RepositoryLooked(Repository(**values))  # type: ignore[arg-type]


@dataclass
class Story:
    path: Path
    clock: Clock = field(default_factory=Clock)
    desk: Desk = field(default_factory=Desk)

    def __post_init__(self) -> None:
        self.journal: SqliteJournal = open_journal(self.path / "journal.db", "ferry", self.clock)

    def at(self, clock: str, *given: i.Input) -> Done:
        """One turn at this time; the last answer, which must not be a refusal."""
        self.clock.at = when(clock)
        turn = take(self.journal, self.desk, self.clock, given)
        self.desk = turn.desk
        for answer in turn.answers:
            assert isinstance(answer, Done), answer
        answer = turn.answers[-1]
        assert isinstance(answer, Done)
        return answer

    def looks(self, check: str, state: CheckState, *clocks: str, why: str = "", evidence: str = "") -> None:
        said = why or {"ok": "12 ms", "failing": "503"}.get(state, state)
        status = {"ok": 200, "failing": 503}.get(state)
        found = i.Evidence("check", evidence) if evidence else None
        for clock in clocks:
            self.at(clock, i.Sampled(check, when(clock), state, said, status, 12, found))

    def facts(self, clock: str = "10:00:00", incident: str = "INC-1") -> Facts:
        found = facts_of(self.journal, self.desk.state, incident, when(clock))
        assert isinstance(found, Facts), found
        return found

    def draft(self, clock: str = "10:00:00", incident: str = "INC-1") -> str:
        text = drafted(self.journal, self.desk.state, incident, when(clock))
        assert isinstance(text, str), text
        return text


def git_plan(action: str, title: str, takes_back: Sequence[PlanCommit]) -> Plan:
    return Plan(
        action,
        (("push", "true"),),
        title,
        "main",
        steps=(PlanStep("save", "HEAD, index, work tree"), PlanStep("write", "one commit"), PlanStep("push", "origin")),
        takes_back=tuple(takes_back),
        not_covered=(("database", "rows written since stay; no migration file in the window"),),
        undo="git push origin bad1bad:main",
        expects_tree="tree-good",
        push=True,
        within_ms=60_000,
    )


BACK = (PlanCommit(BAD, "kofi", "Sync | safety", "suspect"),)


def act(story: Story, clock: str, plan: Plan, run: str, was: str, now: str, step: int | None = None) -> None:
    """The word is typed, three steps go well, the branch has moved, and two lights are looked at."""
    story.at(clock, i.ShowPlan(plan, "ines"), i.RunPlan(plan, plan.target, "ines", OWNER, run, step))
    saved = f"refs/incidentui/INC-1/{run}"
    said = (
        (1, "save", saved),
        (2, "write", f"{now[:7]} with the wanted tree"),
        (3, "push", "origin main, fast-forward"),
    )
    story.at(clock, *(i.ActionStepped(run, Progress(n, verb, "done", text, 40)) for n, verb, text in said))
    story.at(
        clock,
        i.LightLooked(run, Light("tree", True, "tree equal", "git rev-parse", when(clock))),
        i.LightLooked(run, Light("worktree", True, "index and files equal", "a fresh index", when(clock))),
        i.LightLooked(run, Light("remote", True, f"origin/main is {now[:7]}, as pushed", "git ls-remote", when(clock))),
        i.ActionActed(run, "done", "pushed to origin", now, was, i.Evidence("output", f"{run} output")),
        repository(now),
    )


LOOK = write_check_look(
    CheckLook(
        "bookings-page",
        "bookings",
        url="http://127.0.0.1:8080/bookings",
        verdict="failing",
        why="503",
        status=503,
        content_type="text/html",
        bytes=41,
        took_ms=9,
        findings=(Finding("status", "200", "503", False),),
        body="<h1>Service Unavailable</h1>\n```not a fence```",
    )
)
CRASH = "starting worker\nTraceback (most recent call last):\nKeyError: 'header'"


def quiet(story: Story) -> None:
    """All good, until half a minute proves the running revision known-good."""
    story.at(
        "08:59:00", i.StartWatch(SPEC, "ines", host="quay-1"), repository(GOOD), i.RevisionLooked("bookings", GOOD)
    )
    story.at("08:59:00", i.WorkloadsLooked("supervisor", (Workload("pages", "supervisor", "running", ident="11"),)))
    for clock in ("08:59:10", "08:59:40", "09:00:10", "09:00:20"):
        for check in ("bookings-page", "ledger-ping", "tariffs-feed"):
            story.looks(check, "ok", clock)
    story.at("09:00:22", i.Ticked())


def broken(story: Story) -> None:
    """A big commit is deployed, the pages crash and answer 503."""
    story.at("09:01:00", repository(BAD))
    story.at("09:01:05", i.RevisionLooked("bookings", BAD))
    crashed = Workload("pages", "supervisor", "crashing", when("09:01:08"), note="Exited too quickly", ident="12")
    logs = (("pages", i.Evidence("log", CRASH)),)
    story.at("09:01:08", i.WorkloadsLooked("supervisor", (crashed,), logs))
    story.looks("bookings-page", "failing", "09:01:10", "09:01:20", "09:01:30", evidence=LOOK)
    story.looks("tariffs-feed", "unknown", "09:02:00", why="no answer from the feed's host")


def opened(story: Story) -> None:
    story.at("09:06:00", i.OpenIncident("Bookings answer 503 | after a deploy", "ines"))
    report = "travellers see a page that *never* loads"
    story.at("09:06:10", i.AddNote(report, "tomasz", at=when("09:05:00")))
    story.at("09:07:00", i.Acknowledge("ines"))
    steps = (RunStep(1, "Look at the suspect"), RunStep(2, "Roll back", action="git.reset"))
    story.at("09:11:00", i.StartRunbook("rb-1", "roll-back-a-bad-deploy", "Roll back", "f" * 64, steps, "ines"))
    story.at("09:11:30", i.SetStep(1, "skipped", "ines", "seen on the commits pane"))


def reverted(story: Story) -> None:
    """Pushed, and nothing is deployed."""
    act(story, "09:12:00", git_plan("git.revert", "Revert bad1bad, then push", BACK), "run-1", BAD, REVERT)
    story.looks("bookings-page", "failing", "09:12:30", "09:12:50", evidence=LOOK)
    story.at("09:13:02", i.Ticked())


def reset(story: Story) -> None:
    """The known-good tree is pushed, deployed, and the pages answer again."""
    plan = git_plan("git.reset", "Reset main to known-good a1a1a1a, then push", BACK)
    act(story, "09:17:00", plan, "run-2", REVERT, RESET, 2)
    story.at("09:17:15", i.RevisionLooked("bookings", RESET))
    well = Workload("pages", "supervisor", "running", when("09:17:16"), ident="13")
    story.at("09:17:16", i.WorkloadsLooked("supervisor", (well,)))
    story.looks("tariffs-feed", "ok", "09:17:18")
    story.looks("bookings-page", "ok", "09:17:20", "09:17:30")


def verified(story: Story) -> None:
    plan = verify_plan({"checks": "bookings-page,tariffs-feed", "within": "2m"}, story.desk.state)
    assert isinstance(plan, Plan)
    story.at("09:18:00", i.RunPlan(plan, "", "ines", OWNER, "run-3"))
    for clock in ("09:18:10", "09:18:20", "09:18:30"):
        story.looks("tariffs-feed", "ok", clock)
        story.looks("bookings-page", "ok", clock)


def whole(path: Path) -> Story:
    story = Story(path)
    for part in (quiet, broken, opened, reverted, reset, verified):
        part(story)
    story.at("09:20:00", i.CloseIncident("ines"))
    return story


def stuck(path: Path) -> Story:
    """The same, left where the revert was pushed in vain; git lost for a while, and nobody watches any more."""
    story = Story(path)
    for part in (quiet, broken, opened, reverted):
        part(story)
    story.at("09:14:00", i.SourceFailed("git", "fatal: not a git repository"))
    story.at("09:15:00", i.SourceAnswered("git"))
    story.at("09:15:10", i.SourceFailed("supervisor", "no such socket"))
    story.at("09:16:00", i.StopWatch("ines", "laptop closed"))
    return story


def odd(path: Path) -> Story:
    """Everything that goes half well: part of a rollback, a failed one, one with an unknown end, a dirty clone."""
    story = Story(path)
    more = (ServiceSpec("gate", has_revision=True),)
    checks = tuple(replace(c, every_ms=500) for c in SPEC.checks)
    story.at("08:59:00", i.StartWatch(replace(SPEC, services=(*SPEC.services, *more), checks=checks), "ines"))
    story.at("08:59:00", repository(GOOD), i.RevisionLooked("bookings", GOOD), i.MarkGood(GOOD, "kofi", "by hand"))
    story.looks("bookings-page", "ok", "08:59:10")
    story.at("09:01:05", i.RevisionLooked("bookings", BAD))
    story.looks("bookings-page", "failing", "09:01:10", "09:01:20", "09:01:30")
    story.at("09:02:00", i.OpenIncident("Bookings answer 503", "ines"), i.Acknowledge("ines"))
    plan = replace(git_plan("git.revert", "Revert bad1bad", BACK), push=False, within_ms=0)
    ends: tuple[tuple[str, Outcome, str], ...] = (
        ("run-1", "done", "partly"),
        ("run-2", "failed", "the branch has moved"),
        ("run-3", "unknown", "no answer from origin"),
    )
    for run, outcome, why in ends:
        story.at("09:03:00", i.RunPlan(plan, "main", "ines", OWNER, run))
        commits, files = (LedgerCommit(BAD, "in force"),), (FileLeft("server/sync.py", 1, 0, (BAD,)),)
        left = Ledger(GOOD, REVERT, commits, files, 1) if outcome == "done" else None
        tree = Light("tree", False, "1 file differs", "git rev-parse", when("09:03:00"))
        revision = REVERT if outcome == "done" else None
        acted = i.ActionActed(run, outcome, why, revision, None, None, left)
        story.at("09:03:10", i.LightLooked(run, tree), acted)
        story.at("09:03:20", i.Ticked())
    story.looks("bookings-page", "slow", "09:04:00", "09:04:10", why="2.1 s")
    story.at("09:04:20", repository(GOOD, dirty=("server/sync.py",), operation="revert"))
    story.at("09:04:30", i.MarkGood(REVERT, "ines", "it answers"))
    box = Workload("gate", "docker", "running", restarts=4, note="OOM killed")
    story.at("09:04:40", i.WorkloadsLooked("docker", (box,)))
    story.looks("bookings-page", "ok", "09:05:00", "09:05:10")
    story.at("09:06:00", i.CloseIncident("ines", "tariffs | are not ours"))
    return story
