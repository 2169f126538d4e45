"""A session that remembers what it was asked, and four states of one invented project, written by hand."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from incidentui.core import events as e
from incidentui.core.drift import Drift
from incidentui.core.inputs import Command, Evidence, Refusal
from incidentui.core.model import (
    Attempt,
    CheckSpec,
    CheckState,
    CheckStatus,
    Commit,
    Deploy,
    FileChange,
    Incident,
    KnownGood,
    Layer,
    Moment,
    Ms,
    Owner,
    Plan,
    ProjectSpec,
    Repository,
    RunbookRun,
    RunStep,
    ServiceSpec,
    ServiceStatus,
    Source,
    Span,
    Suspect,
    Verdict,
    Workload,
)
from incidentui.core.recent import CELL_MS, Cell, CheckRecent, Recent, Sample
from incidentui.core.state import State
from incidentui.core.using import Using
from incidentui.session.ports import DiffLine, Done, Kept, LogFeed, LogLine, Playhead, Row, View
from incidentui.tui.present.scene import RunbookEntry, Scene

DAY = int(datetime(2026, 3, 4, tzinfo=UTC).timestamp() * 1000)
GOOD, BAD, HEAD = "59a77c4" + "0" * 33, "a942e4f" + "1" * 33, "298a730" + "2" * 33
RUNBOOKS = (
    RunbookEntry("Roll back a bad deploy", "bad-deploy", "5 steps", goes_back=True),
    RunbookEntry("Reset to known-good", "reset", "4 steps"),
    RunbookEntry("Restart a workload", "restart", "3 steps"),
    RunbookEntry("Verify recovery", "verify", "2 steps"),
)
ME = Owner("lab", "boot", 1, 1)


def at(clock: str, days: int = 0) -> Ms:
    """`09:04:58` of the day, `days` earlier."""
    h, m, s = (int(p) for p in clock.split(":"))
    return DAY + ((h * 60 + m) * 60 + s) * 1000 - days * 86_400_000


NOW = at("09:16:40")

# -- the project

NAMES: tuple[tuple[str, Layer, int], ...] = (
    ("api", "user", 212),
    ("dashboard", "user", 340),
    ("login", "user", 88),
    ("sheets", "inner", 610),
    ("db", "inner", 12),
    ("queue", "inner", 3),
)
PROJECT = ProjectSpec(
    "harbor",
    "production",
    "main",
    "origin",
    tuple(ServiceSpec(n, ("backend",) if n == "api" else (), has_revision=n == "api") for n, _, _ in NAMES),
    tuple(CheckSpec(f"{n}-check", n, layer, f"GET /{n}", slow_ms=2_000) for n, layer, _ in NAMES),
)
SUBJECTS = (
    ("Google Sheets header detection", "sam", 12, 3, 16),
    ("docs: env table", "bo", 4, 4, 24),
    ("cache lead list", "sam", 61, 22, 26),
    ("lint", "sam", 9, 2, 48),
    ("import wizard, second page", "lee", 140, 31, 50),
    ("retry on 429", "bo", 18, 7, 72),
    ("typo", "lee", 2, 2, 74),
    ("export: quote commas", "bo", 33, 8, 96),
    ("bump sheets client", "sam", 7, 1, 98),
    ("split leads router", "ana", 88, 40, 120),
    ("rename env vars", "bo", 5, 5, 122),
    ("rate limit import", "lee", 24, 3, 144),
    ("bump node to 20.11", "bo", 1, 1, 146),
    ("lead owner filter", "ana", 52, 17, 168),
    ("health: report version", "bo", 6, 0, 190),
    ("dashboard: new tiles", "lee", 210, 98, 192),
)


def commits(*, broken: bool, reverted: bool) -> tuple[Commit, ...]:
    out = []
    if reverted:
        out.append(Commit(HEAD, (BAD,), "ana", at("09:12:31"), 'Revert "comprehensive sync safety"', 19, 348))
    if broken:
        files = (FileChange("server/leadsSync.ts", 340, 11), FileChange("server/index.ts", 8, 8))
        out.append(Commit(BAD, (GOOD,), "sam", at("09:00:50"), "comprehensive sync safety features", 348, 19, files, 2))
    for n, (subject, author, added, deleted, hours) in enumerate(SUBJECTS):
        sha = GOOD if n == 0 else f"{(n * 7919 + 4096):07x}" + "5" * 33
        out.append(Commit(sha, (), author, at("09:00:00") - hours * 3_600_000, subject, added, deleted))
    return tuple(out)


def workloads(now: Ms, *, crashing: bool, restarts: int = 7) -> dict[str, Workload]:
    hour = 3_600_000
    web = Workload("web", "docker", "running", now - 16 * hour, revision=GOOD, image="web")
    good = Workload("backend", "docker", "running", now - 16 * hour, revision=GOOD, health="healthy")
    bad = Workload("backend", "docker", "crashing", now - 3_000, 1, restarts, revision=BAD)
    return {
        "backend": bad if crashing else good,
        "db": Workload("db", "docker", "running", now - 74 * hour, health="healthy", image="postgres:16"),
        "web": web,
        "proxy": Workload("proxy", "docker", "running", now - 300 * hour, image="nginx:1.27"),
    }


def recent(now: Ms, since: Mapping[str, tuple[CheckState, Ms]]) -> Recent:
    """Thirty half-minutes of each check; those named have been in another state since then."""
    out = {}
    last = now - now % CELL_MS
    for name, _, latency in NAMES:
        cells = []
        for i in range(29, -1, -1):
            start = last - i * CELL_MS
            state, begin = since.get(name, ("ok", now + 1))
            bad = start + CELL_MS > begin
            cells.append(Cell(start, state if bad else "ok", None if bad else latency + (i * 37) % 60))
        looks = tuple(Sample(f"{name}-check", now - i * 10_000, cells[-1].state, 31, None, "") for i in range(3, 0, -1))
        out[f"{name}-check"] = CheckRecent(looks, tuple(cells))
    return out


def service(name: str, layer: Layer, state: CheckState, since: Ms, why: str, running: str | None) -> ServiceStatus:
    start = since - 3_600_000 * 4
    spans = (Span(start, "ok"), Span(since, state)) if state != "ok" else (Span(since, "ok"),)
    return ServiceStatus(name, state, since, why, layer, f"{name}-check", spans, running)


def _state(now: Ms, bad: Mapping[str, tuple[CheckState, Ms, str]], running: str, **more: Any) -> State:
    services, checks = {}, {}
    for name, layer, latency in NAMES:
        state, since, why = bad.get(name, ("ok", now - 16 * 3_600_000, f"{latency} ms"))
        runs = running if name == "api" else None
        services[name] = service(name, layer, state, since, why, runs)
        checks[f"{name}-check"] = CheckStatus(
            f"{name}-check", name, layer, state, since, why, 503 if state == "failing" else 200, latency, 3, "e" * 64
        )
    base = State(
        at=now,
        project=PROJECT,
        watching_since=at("08:40:00"),
        services=services,
        checks=checks,
        engines=("docker",),
        good=KnownGood(GOOD, at("17:10:00", 1), "all checks good"),
    )
    return replace(base, **more)


# -- four states


def quiet() -> View:
    now = at("08:59:04")
    state = _state(
        now,
        {},
        GOOD,
        seq=41,
        events=41,
        moments=9,
        workloads=workloads(now, crashing=False),
        repository=Repository("main", GOOD, GOOD, "origin", now, commits=commits(broken=False, reverted=False)),
        deploys=(Deploy(at("17:02:11", 1), ("api",), None, GOOD),),
    )
    return View(state, recent(now, {}))


RED: Mapping[str, tuple[CheckState, Ms, str]] = {"api": ("failing", at("09:04:58"), "503")}
SUSPECT = Suspect(
    BAD, "api", ("deployed 3m 46s before the first red", "367 lines in one commit, the limit is 100"), (BAD,)
)


def first_red() -> View:
    now = at("09:05:40")
    state = _state(
        now,
        RED,
        BAD,
        seq=60,
        events=60,
        moments=4,
        workloads=workloads(now, crashing=True, restarts=4),
        repository=Repository("main", BAD, BAD, "origin", now, commits=commits(broken=True, reverted=False)),
        deploys=(Deploy(at("09:01:12"), ("api",), GOOD, BAD),),
        suspect=SUSPECT,
    )
    return View(state, recent(now, {"api": ("failing", at("09:04:58"))}))


def incident(now: Ms = NOW) -> View:
    bad: Mapping[str, tuple[CheckState, Ms, str]] = {
        **RED,
        "sheets": ("unknown", at("09:10:38"), "no route to host"),
    }
    plan = Plan("git.revert", (("commits", BAD),), "Revert a942e4f, then push", "main")
    verdict = Verdict("not complete", "pushed, but nothing deployed")
    attempt = Attempt(
        "run-1",
        1,
        plan,
        ME,
        "ana",
        at("09:12:20"),
        outcome="done",
        acted=at("09:12:36"),
        ended=at("09:13:35"),
        revision=HEAD,
        verdict=verdict,
        incident="INC-7",
    )
    steps = (
        RunStep(1, "Look at the window", "done", at("09:16:04"), 42_000, "2 commits, 1 suspect"),
        RunStep(2, "Reset to known-good", "todo", action="git.reset"),
        RunStep(3, "Wait for the deploy", "todo", note="running = pushed, up to 5m"),
        RunStep(4, "Verify recovery", "todo", note="api, 3 good in a row"),
        RunStep(5, "Hand over", "todo", note="what users should do now"),
    )
    state = _state(
        now,
        bad,
        BAD,
        seq=52,
        events=52,
        moments=13,
        workloads=workloads(now, crashing=True),
        repository=Repository("main", HEAD, HEAD, "origin", now, commits=commits(broken=True, reverted=True)),
        deploys=(Deploy(at("09:01:12"), ("api",), GOOD, BAD),),
        suspect=SUSPECT,
        incidents={
            "INC-7": Incident(
                "INC-7",
                "Backend answers 503 after deploy",
                "SEV1",
                "mitigating",
                at("09:07:00"),
                "ana",
                first_red=at("09:04:58"),
                window_from=at("09:01:12"),
                acknowledged=at("09:07:00"),
                acknowledged_by="ana",
                mitigated=at("09:12:31"),
                services=("api",),
                responders=("ana", "bo"),
                events=52,
                attempts=("run-1",),
            )
        },
        attempts={"run-1": attempt},
        runbook=RunbookRun("r1", "bad-deploy", "Roll back a bad deploy", "d", "ana", at("09:16:00"), steps),
    )
    since: dict[str, tuple[CheckState, Ms]] = {
        "api": ("failing", at("09:04:58")),
        "sheets": ("unknown", at("09:10:38")),
    }
    return View(state, recent(now, since))


def unknown() -> View:
    view = quiet()
    now = at("08:44:12")
    bad: Mapping[str, tuple[CheckState, Ms, str]] = {"sheets": ("unknown", at("08:41:30"), "no route to host")}
    state = _state(
        now,
        bad,
        GOOD,
        seq=44,
        events=44,
        repository=view.state.repository,
        sources={
            "docker": Source(
                "docker", at("08:41:10"), "No answer from unix:///var/run/docker.sock · permission denied", 20_000
            ),
            "remote:origin": Source("remote:origin", at("08:41:12"), "could not resolve git.harbor.example", 20_000),
            "git": Source("git"),
        },
    )
    return View(
        state,
        recent(now, {"sheets": ("unknown", at("08:41:30"))}),
        read_only="read-only since 08:40, started with --read-only",
    )


def replay() -> View:
    view = incident(at("09:12:52"))
    state = replace(view.state, runbook=None, attempts={})
    head = Playhead(31, 52, True, 8.0, at("09:13:35"), at("09:00:00"), at("09:31:00"))
    return View(state, view.recent, "a replay", playhead=head)


# -- what happened


def record(seq: int, when: Ms, event: e.Event, subject: str, moment: Moment = "key") -> e.Recorded:
    incident_id = "INC-7" if when >= at("09:01:12") else None
    return e.Recorded(seq, f"id-{seq}", when, when, "test", subject, moment, incident_id, "harbor", when, "boot", event)


def _changed(name: str, was: CheckState, now: CheckState, why: str, was_why: str = "") -> e.ServiceChanged:
    return e.ServiceChanged(name, was, now, why, was_why, f"{name}-check", looks=3, needed=3, evidence="e" * 64)


def records() -> list[e.Recorded]:
    bad = next(c for c in commits(broken=True, reverted=False) if c.sha == BAD)
    view = incident()
    attempt = view.state.attempts["run-1"]
    crash = e.WorkloadChanged(
        workloads(0, crashing=False)["backend"], workloads(0, crashing=True)["backend"], "exits 1 at start"
    )
    assert attempt.verdict is not None
    rows: list[tuple[Ms, e.Event, str, Moment]] = [
        (at("14:51:30", 1), _changed("sheets", "ok", "failing", "header row not found"), "sheets", "key"),
        (at("15:20:08", 1), e.NoteAdded("on it, the sheet was renamed", "sam"), "sam", "key"),
        (at("17:02:11", 1), e.Deployed(("api",), None, GOOD), "deploy", "key"),
        (at("17:10:00", 1), e.KnownGoodSet(KnownGood(GOOD, 0, "all 6 checks good")), "good", "key"),
        (at("08:40:00"), e.WatchStarted(PROJECT, "ana"), "watch", "detail"),
        (at("08:58:10"), e.NoteAdded("heads-up: sam deploys sync changes at 9", "bo"), "bo", "key"),
        (at("09:01:12"), e.Deployed(("api",), GOOD, BAD, bad), "deploy", "key"),
        (at("09:01:14"), e.Pushed("origin", "main", GOOD, BAD, "sam"), "push", "detail"),
        (at("09:01:53"), crash, "backend", "key"),
        (at("09:02:04"), replace(crash, words="restart 1, exit 1"), "backend", "detail"),
        (at("09:03:12"), replace(crash, words="restart 2, exit 1"), "backend", "detail"),
        (at("09:03:50"), replace(crash, words="restart 3, exit 1"), "backend", "detail"),
        (at("09:04:58"), _changed("api", "ok", "failing", "503", "200"), "api", "key"),
        (at("09:05:31"), e.NoteAdded('user reports "loading forever"', "bo"), "bo", "key"),
        (at("09:07:00"), e.IncidentAcknowledged("ana"), "ana", "key"),
        (at("09:07:20"), e.SeverityChanged("SEV2", "SEV1", "ana"), "severity", "key"),
        (at("09:10:38"), _changed("sheets", "ok", "unknown", "no route to host"), "sheets", "key"),
        (at("09:12:31"), e.ActionEnded("run-1", "done", "pushed", HEAD, BAD), "revert", "key"),
        (at("09:13:35"), e.VerdictGiven("run-1", "done", attempt.verdict), "verdict", "key"),
        (at("09:14:20"), e.NoteAdded("a revert starts no pipeline here?", "ana"), "ana", "key"),
    ]
    return [record(n, *row) for n, row in enumerate(rows, 1)]


@dataclass
class FakeSession:
    """Answers at once; what was asked stands in `asked`."""

    view: View
    time: Ms
    log: list[e.Recorded] = field(default_factory=list)
    me: str = "ana"
    asked: list[Any] = field(default_factory=list)
    answer: Done | Refusal = field(default_factory=lambda: Done(53, "INC-7"))
    plan_answer: Plan | Refusal = field(default_factory=lambda: Refusal("no plan in this test"))
    listeners: list[Callable[[View], None]] = field(default_factory=list)
    then: Sequence[Drift] = ()
    """As a checkpoint has it; empty: none was taken."""

    def now(self) -> Ms:
        return self.time

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def publish(self, view: View) -> None:
        self.view = view
        for listener in list(self.listeners):
            listener(view)

    def submit(self, command: Command) -> "Future[Done | Refusal]":
        self.asked.append(command)
        return _done(self.answer)

    def plan(self, action: str, args: Mapping[str, str]) -> "Future[Plan | Refusal]":
        self.asked.append((action, dict(args)))
        return _done(self.plan_answer)

    def run_plan(
        self, plan: Plan, word: str, step: int | None = None, run: str = "", undoes: bool = False
    ) -> "Future[Done | Refusal]":
        self.asked.append(("run", plan.action, word))
        return _done(self.answer)

    def look_now(self) -> None:
        self.asked.append("look")

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        containing: str = "",
    ) -> list[e.Recorded]:
        found = [r for r in self.log if (r.moment == "key" or not key_only) and r.moment != "quiet"]
        if containing:
            found = [r for r in found if containing.lower() in f"{r.subject} {r.event}".lower()]
        found.sort(key=lambda r: (r.at, r.seq))
        if after is not None:
            return [r for r in found if (r.at, r.seq) > (after.at, after.seq)][:limit]
        if before is not None:
            found = [r for r in found if (r.at, r.seq) < (before.at, before.seq)]
        return found[-limit:]

    def evidence(self, sha256: str) -> Evidence | None:
        return Evidence("output", "HTTP/1.1 503 Service Unavailable\n\n<h1>Server Error</h1>")

    def diff(self, sha: str) -> "Future[Sequence[DiffLine] | Refusal]":
        return _done(())

    def logs(self, workload: str, lines: int = 200) -> "Future[Sequence[LogLine] | Refusal]":
        return _done(())

    def volumes(self, workload: str) -> "Future[Sequence[Kept] | Refusal]":
        return _done(())

    def using(self, workload: str) -> "Future[Using | Refusal]":
        return _done(Refusal("no engine is configured"))

    def follow_logs(self, since: Mapping[str, Ms | None]) -> "Future[LogFeed | Refusal]":
        return _done(Refusal("no engine is configured"))

    def drift_then(self) -> "Future[Sequence[Drift] | Refusal]":
        return _done(self.then or Refusal("no checkpoint was taken yet", "incidentui checkpoint take"))

    def draft(self, incident: str) -> "Future[str | Refusal]":
        return _done("# Draft\n\n## Summary\n\napi answered 503.\n")


@dataclass
class FakeReplay(FakeSession):
    """The same with the keys of a replay."""

    def play(self) -> None:
        self.asked.append("play")

    def pause(self) -> None:
        self.asked.append("pause")

    def step(self, events: int) -> None:
        self.asked.append(("step", events))

    def key_moment(self, direction: int) -> None:
        self.asked.append(("moment", direction))

    def seek(self, at: Ms) -> None:
        self.asked.append(("seek", at))

    def ends(self, last: bool) -> None:
        self.asked.append(("ends", last))

    def faster(self, factor: float) -> None:
        self.asked.append(("faster", factor))


def _done(value: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def session(view: View, *, now: Ms | None = None) -> FakeSession:
    """The session of a state, with what had happened by then."""
    time = view.state.at if now is None else now
    quiet_yet = view.state.current is None
    log = [r for r in records() if r.at <= time]
    if not quiet_yet:
        log = [r for r in log if r.at >= at("09:01:12")]
    make = FakeReplay if view.playhead is not None else FakeSession
    return make(view, time, log)


def scene(view: View) -> Scene:
    return Scene(view, view.state.at, "ana", UTC, runbooks=RUNBOOKS, offered=(("bad-deploy", "red after a deploy"),))


STATES: dict[str, Callable[[], View]] = {
    "quiet": quiet,
    "first-red": first_red,
    "incident": incident,
    "unknown": unknown,
    "replay": replay,
}
"""The states of the screen that its pictures and golden files show."""
