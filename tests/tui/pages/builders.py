"""A small incident, written by hand, and the two things a page is given: a session and a screen that remember."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from incidentui.core import events as e
from incidentui.core.drift import Drift
from incidentui.core.evidence import CheckLook, Finding, Hop, write_check_look
from incidentui.core.inputs import Command as Ask
from incidentui.core.inputs import Evidence, Refusal
from incidentui.core.model import (
    Attempt,
    CheckSpec,
    CheckStatus,
    Commit,
    Delta,
    Deploy,
    FileChange,
    Incident,
    KnownGood,
    Light,
    Ms,
    Owner,
    Plan,
    PlanCommit,
    PlanStep,
    Precondition,
    Progress,
    ProjectSpec,
    Repository,
    RunbookRun,
    ServiceSpec,
    ServiceStatus,
    Suspect,
    Verdict,
    Workload,
)
from incidentui.core.recent import NOTHING
from incidentui.core.state import State
from incidentui.core.using import Using
from incidentui.runbook.model import Command, Runbook, Step, TypedAction, Variable
from incidentui.session.ports import DiffLine, Done, Kept, LogFeed, LogLine, Row, View
from incidentui.tui.line import Line, cells
from incidentui.tui.page import Opening, Page

T0: Ms = int(datetime(2026, 3, 4, 9, 0, tzinfo=UTC).timestamp() * 1000)
SIZES = ((78, 20), (118, 34), (198, 44))
"""What a page is given at 80×24, 120×40 and 200×50."""
GOOD = "59a77c4" + "0" * 33
BAD = "a942e4f" + "1" * 33
HEAD = "298a730" + "2" * 33
THEIRS = "7d1e5a0" + "3" * 33
ME = Owner("lab", "boot", 1, 1)
T = TypeVar("T")


def at(minutes: float) -> Ms:
    return T0 + int(minutes * 60_000)


NOW = at(14)
COMMITS = (
    Commit(HEAD, (BAD,), "ana", at(12), 'Revert "queue settings"', 19, 348),
    Commit(
        BAD,
        (GOOD,),
        "sam",
        at(-2),
        "comprehensive queue settings",
        348,
        19,
        (FileChange("server/src/workers/queue.py", 340, 11), FileChange("docs/logo.png", None, None)),
        2,
    ),
    Commit(GOOD, (), "lea", at(-960), "Import from sheets", 12, 3),
)

PROJECT = ProjectSpec(
    "shop",
    "production",
    "main",
    "origin",
    (ServiceSpec("api", ("backend",), ("server/",), has_revision=True), ServiceSpec("dashboard", ("web",))),
    (CheckSpec("api-health", "api", target="GET /health"), CheckSpec("dashboard-page", "dashboard")),
)


def state(**changes: Any) -> State:
    base = State(
        seq=52,
        at=at(13),
        project=PROJECT,
        services={
            "api": ServiceStatus("api", "failing", at(5), "503", "user", "api-health", running=BAD),
            "dashboard": ServiceStatus("dashboard", "ok", at(-90), "120 ms", running=GOOD),
        },
        checks={
            "api-health": CheckStatus("api-health", "api", "user", "failing", at(5), "503", 503, 12, 3),
            "dashboard-page": CheckStatus("dashboard-page", "dashboard", "user", "ok", at(-90), "120 ms", 200, 120, 3),
        },
        workloads={
            "backend": Workload(
                "backend", "supervisor", "crashing", at(1), seen_restarts=7, note="Exited too quickly", ident="4711"
            ),
            "web": Workload("web", "docker", "running", at(-900), restarts=0, image="nginx:1.27", ident="4c1f" * 16),
        },
        repository=Repository("main", HEAD, HEAD, "origin", at(12), commits=COMMITS),
        deploys=(Deploy(at(1), ("api",), GOOD, BAD),),
        good=KnownGood(GOOD, at(-60), "all checks green for 60s"),
        suspect=Suspect(
            BAD, "api", ("deployed 3m 46s before the first red", "367 lines in one commit, the limit is 100")
        ),
        incidents={"INC-7": Incident("INC-7", "Backend answers 503", "SEV1", "mitigating", at(6), "ana", at(5))},
    )
    return replace(base, **changes)


def view(**changes: Any) -> View:
    return View(state(**changes), NOTHING)


def plan(**changes: Any) -> Plan:
    base = Plan(
        "git.reset",
        (("to", GOOD), ("push", "true")),
        "Reset main to known-good ★ 59a77c4, then push",
        "main",
        steps=(
            PlanStep(
                "save", "HEAD, index, work tree → refs/incidentui/INC-7/53", (("git", "update-ref", "refs/x", HEAD),)
            ),
            PlanStep(
                "write",
                "one new commit on main with the tree of ★ 59a77c4",
                (("git", "commit-tree", "7be01c2", "-p", "298a730", "-m", "Reset to 59a77c4"),),
            ),
            PlanStep(
                "push", "origin main, fast-forward, no force", (("git", "push", "origin", "4f1c9d2:refs/heads/main"),)
            ),
            PlanStep("look", "five lights: tree, work tree, remote, running, users"),
        ),
        checked=(
            Precondition("head", "HEAD is 298a730", HEAD, True, "as when you opened this"),
            Precondition("remote", "origin/main is 298a730", HEAD, True, "asked 4s ago"),
            Precondition("deploy", "deploy after a push", ok=False, note="revert 1 started none in 60s"),
        ),
        takes_back=(
            PlanCommit(BAD, "sam", "comprehensive queue settings", "suspect"),
            PlanCommit(HEAD, "ana", 'Revert "queue settings"', "yours"),
        ),
        not_covered=(("database", "rows written since 09:01 stay"), ("settings", "not in git")),
        undo="Reset to refs/incidentui/INC-7/53: again one fast-forward commit.",
        push=True,
        within_ms=300_000,
        takes_s=10,
    )
    return replace(base, **changes)


def innocent_plan() -> Plan:
    theirs = PlanCommit(THEIRS, "maximiliane-b", "Fix the import of vouchers", "innocent")
    return plan(takes_back=(*plan().takes_back, theirs))


VERIFY = Plan("verify", (("within", "5m"),), "Verify recovery", "shop", "project", False)

LIGHTS = (
    Light("tree", True, "equal to ★ 59a77c4", "rev-parse", at(12.6)),
    Light("worktree", True, "equal", "git status", at(12.6)),
    Light("remote", True, "origin/main 298a730", "git ls-remote", at(12.7)),
    Light(
        "running", False, "still a942e4f; no deploy of 298a730 started in 60s", "file app/REV", at(13.6), evidence="e1"
    ),
    Light("user_path", False, "503", "GET /health", at(13.6)),
)


def attempt(**changes: Any) -> Attempt:
    base = Attempt(
        "r1",
        1,
        plan(),
        ME,
        "ana",
        at(12.5),
        progress=(
            Progress(1, "save", "done", "refs/incidentui/INC-7/53 = 298a730", 12),
            Progress(2, "write", "done", "4f1c9d2, tree 7be01c2", 30),
            Progress(3, "push", "done", "298a730..4f1c9d2  main → main\nremote: queued\nremote: done", 2100),
        ),
        lights=LIGHTS[:3],
        outcome="done",
        acted=at(12.6),
        incident="INC-7",
    )
    return replace(base, **changes)


def judged(**changes: Any) -> Attempt:
    delta = Delta((), ("dashboard-page",), ("api-health",), ("sheets",), ())
    verdict = replace(Verdict("not complete", "pushed, but nothing deployed", LIGHTS, delta), **changes)
    return attempt(verdict=verdict, lights=LIGHTS, ended=at(13.6))


BOOK = Runbook(
    "roll-back",
    "Roll back a bad deploy",
    "runbooks/roll-back.md",
    "d1",
    steps=(
        Step(1, "Look at the window", 10, "Mitigation", "Read what was deployed."),
        Step(
            2,
            "Reset to known-good",
            14,
            "Mitigation",
            "Users come first.",
            False,
            TypedAction("git.reset", (("to", "{{ good }}"), ("push", "true")), 16),
        ),
        Step(3, "See the log", 20, "Mitigation", "", False, None, (Command("sh", "tail -n 5 app.log", True, 21),)),
        Step(4, "Hand over", 30, "After", "Say what users should do now."),
    ),
    vars=(Variable("good", source="good"),),
    trusted=True,
)


def run(*states: str) -> RunbookRun:
    steps = [replace(step, state=s) for step, s in zip(BOOK.run_steps(), states, strict=True)]  # type: ignore[arg-type]
    return RunbookRun("run1", BOOK.id, BOOK.title, "d1", "ana", at(7), tuple(steps))


LOOK = CheckLook(
    "sync-button",
    "api",
    "user",
    "POST",
    "http://127.0.0.1:8080/sync/",
    at(22),
    "failing",
    "a login page, not the answer",
    200,
    302,
    "text/html; charset=utf-8",
    3517,
    214,
    (
        Hop(302, "http://127.0.0.1:8080/sync/", "/login/?next=/sync/", 38, "POST"),
        Hop(200, "http://127.0.0.1:8080/login/", "", 176),
    ),
    (
        Finding("status", "200", "200", True),
        Finding("first status", "200", "302", False),
        Finding("type", "application/json", "text/html", False),
    ),
    "\n".join(["<!DOCTYPE html>", '<html data-url-name="login">', *(f"<p>{n}</p>" for n in range(20))]),
    ('form action="/login/"',),
)
SEEN = Evidence("check", write_check_look(LOOK))

DIFF = (
    DiffLine("file", None, None, "server/src/workers/queue.py"),
    DiffLine("hunk", None, None, "@@ -10,3 +10,4 @@ def start():"),
    DiffLine("same", 10, 10, "def start():"),
    DiffLine("del", 11, None, "    header = rows[0]"),
    DiffLine("add", None, 11, "    header = found.header"),
    DiffLine("hunk", None, None, "@@ -40,1 +41,1 @@"),
    DiffLine("add", None, 41, "    return None"),
)

LOG = (
    LogLine(at(1), "backend", "info", "starting on 8080"),
    LogLine(at(1.1), "backend", "error", "KeyError: 'header'", 41),
    LogLine(at(1.2), "backend", "warn", "giving up"),
    LogLine(at(1.3), "backend", "error", "exit 1"),
)

DRAFT = """# Backend answers 503

## Summary

The API answered 503 for 15m 26s.

## Timeline

- 09:01 deploy a942e4f
- 09:05 api failing

## Action items

## Gaps

- Causes: suspected, nobody confirmed it
- Action items: none has an owner
"""


def recorded(event: e.Event, subject: str = "api", seq: int = 40) -> e.Recorded:
    return e.Recorded(
        seq, "id", at(5), at(5), "check:api", subject, "key", "INC-7", "shop", 0, "boot", event, "abc" * 20
    )


RED = e.ServiceChanged("api", "ok", "failing", "503", "200", "api-health", looks=3, needed=3, evidence=SEEN.sha256)


def now_done(value: T) -> "Future[T]":
    future: Future[T] = Future()
    future.set_result(value)
    return future


@dataclass
class FakeSession:
    """Answers at once and remembers what it was asked."""

    view: View = field(default_factory=view)
    me: str = "ana"
    time: Ms = NOW
    plans: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    runs: list[tuple[Plan, str, int | None]] = field(default_factory=list)
    commands: list[Ask] = field(default_factory=list)
    planned: Plan | Refusal = field(default_factory=plan)
    answer: Done | Refusal = field(default_factory=lambda: Done(60))
    diffs: Sequence[DiffLine] | Refusal = DIFF
    log: Sequence[LogLine] | Refusal = LOG
    backups: Sequence[Kept] | Refusal = ()
    takes: Using | Refusal = field(default_factory=lambda: Refusal("no engine is configured"))
    feed: LogFeed | Refusal = field(default_factory=lambda: Refusal("no engine is configured"))
    followed: list[dict[str, Ms | None]] = field(default_factory=list)
    text: str | Refusal = DRAFT
    kept: dict[str, Evidence] = field(default_factory=dict)
    timeline: list[e.Recorded] = field(default_factory=list)
    looks: int = 0
    then: Sequence[Drift] | Refusal = field(
        default_factory=lambda: Refusal("no checkpoint was taken yet", "incidentui checkpoint take")
    )

    def now(self) -> Ms:
        return self.time

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        return lambda: None

    def submit(self, command: Ask) -> "Future[Done | Refusal]":
        self.commands.append(command)
        return now_done(self.answer)

    def plan(self, action: str, args: Mapping[str, str]) -> "Future[Plan | Refusal]":
        self.plans.append((action, dict(args)))
        return now_done(self.planned)

    def run_plan(
        self, plan: Plan, word: str, step: int | None = None, run: str = "", undoes: bool = False
    ) -> "Future[Done | Refusal]":
        self.runs.append((plan, word, step))
        return now_done(self.answer)

    def look_now(self) -> None:
        self.looks += 1

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        containing: str = "",
    ) -> list[e.Recorded]:
        if after is not None:
            return [r for r in self.timeline if r.seq > after.seq][:limit]
        return [r for r in self.timeline if before is None or r.seq < before.seq][-limit:]

    def evidence(self, sha256: str) -> Evidence | None:
        return self.kept.get(sha256)

    def diff(self, sha: str) -> "Future[Sequence[DiffLine] | Refusal]":
        return now_done(self.diffs)

    def logs(self, workload: str, lines: int = 200) -> "Future[Sequence[LogLine] | Refusal]":
        return now_done(self.log)

    def using(self, workload: str) -> "Future[Using | Refusal]":
        return now_done(self.takes)

    def volumes(self, workload: str) -> "Future[Sequence[Kept] | Refusal]":
        return now_done(self.backups)

    def follow_logs(self, since: Mapping[str, Ms | None]) -> "Future[LogFeed | Refusal]":
        self.followed.append(dict(since))
        return now_done(self.feed)

    def drift_then(self) -> "Future[Sequence[Drift] | Refusal]":
        return now_done(self.then)

    def draft(self, incident: str) -> "Future[str | Refusal]":
        return now_done(self.text)


@dataclass
class FakeScreen:
    """The page host's side: what was shown, said, refused, asked."""

    session: FakeSession = field(default_factory=FakeSession)
    cursor: Hashable = None
    pages: list[Page] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    prompts: list[tuple[str, Callable[[str], None]]] = field(default_factory=list)
    initial: str = ""
    """What stood in the last of them."""
    copied: list[str] = field(default_factory=list)
    typed: dict[str, dict[str, str]] = field(default_factory=dict)
    unsent: dict[str, str] = field(default_factory=dict)
    backs: int = 0
    top: int = 0

    @property
    def page(self) -> Page | None:
        return self.pages[-1] if self.pages else None

    def push(self, page: Page) -> None:
        self.pages.append(page)
        if isinstance(page, Opening):
            page.opened(self)

    def replace(self, page: Page) -> None:
        if self.pages:
            self.pages.pop()
        self.push(page)

    def back(self) -> None:
        self.backs += 1
        if self.pages:
            self.pages.pop()

    def say(self, text: str, ok: bool = True) -> None:
        self.said.append(text)

    def refuse(self, key: str, why: str, hint: str = "") -> None:
        self.refused.append((key, why, hint))

    def prompt(self, label: str, on_done: Callable[[str], None], initial: str = "") -> None:
        self.prompts.append((label, on_done))
        self.initial = initial

    def when(self, future: "Future[Any]", then: Callable[[Any], None]) -> None:
        then(future.result(5))

    def typed_for(self, runbook: str) -> dict[str, str]:
        return self.typed.setdefault(runbook, {})

    def copy(self, text: str) -> None:
        self.copied.append(text)

    def scroll(self, top: int) -> None:
        self.top = top

    def draw(self) -> None:
        return None

    def type(self, page: Page, *keys: str) -> None:
        for key in keys:
            page.handle(key, self)


def texts(lines: Sequence[Line]) -> list[str]:
    return [line.text.rstrip() for line in lines]


def shown(page: Page, what: View, width: int, height: int, now: Ms = NOW) -> str:
    """The page as text; every row must fit."""
    lines = page.lines(what, now, width, height)
    wide = [line.text for line in lines if cells(line.text) > width]
    assert not wide, wide
    return "\n".join(texts(lines))
