"""The values an incident is made of. Frozen, without behaviour that needs a clock or the world.

Times are whole milliseconds since 1970-01-01 UTC (`Ms`): they add up exactly and survive JSON.
Shas are full 40-digit object names. `None` always means "nobody knows", never zero.
"""

from dataclasses import field
from typing import Literal

from incidentui.core.board import Concluded, Hypothesis, Remark
from incidentui.core.board import Ms as Ms
from incidentui.core.ticks import Tick
from incidentui.core.value import dataclass

CheckState = Literal["ok", "slow", "failing", "unknown"]
BADNESS: dict[CheckState, int] = {"ok": 0, "slow": 1, "unknown": 2, "failing": 3}
"""Which of several decides: what nobody can see is worse than slow, and not as bad as what is known to fail."""
Layer = Literal["user", "inner"]
Severity = Literal["SEV1", "SEV2", "SEV3", "SEV4"]
Stage = Literal["open", "acknowledged", "mitigating", "monitoring", "resolved", "closed"]
Moment = Literal["key", "detail", "quiet"]
"""How loud an event is on the timeline: a key moment, a detail, or not a row at all."""
Outcome = Literal["done", "failed", "refused", "unknown"]
StepState = Literal["todo", "running", "done", "failed", "skipped", "unknown", "undone"]
WorkloadState = Literal["running", "starting", "restarting", "crashing", "exited", "stopped", "paused", "unknown"]
LightName = Literal["tree", "worktree", "remote", "running", "user_path"]
FixState = Literal["there", "missing", "gone", "unknown"]
"""Of a fix in a place. "missing": it never was there; "gone": it was."""
OddBuild = Literal["", "dirty", "nowhere"]
"""What runs is no commit of the branch: built from uncommitted code, or from a commit that nobody pushed."""
InForce = Literal["taken back", "in force", "partly"]
"""Of a commit since known-good: how much of it stands in the tree now."""


# -- what is watched ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A configured check as the journal knows it: no secret, no header value, no body."""

    name: str
    service: str
    layer: Layer = "user"
    target: str = ""
    """What is asked, cleaned for showing: "GET http://127.0.0.1:8080/health" (userinfo and query secrets gone)."""
    every_ms: Ms = 10_000
    fail_after: int = 3
    recover_after: int = 2
    slow_ms: int | None = None
    crosses: tuple[str, ...] = ()
    kind: str = ""
    """The `type` of the file; empty in records from before it was kept."""
    workload: str = ""
    """Whose log or state it reads."""
    function: str = ""
    """What users do that it stands for, as the project says it: "make a booking"."""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """What users need: checks, workloads, the paths whose commits can break it, and what runs."""

    name: str
    workloads: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    has_revision: bool = False
    layers: tuple[str, ...] = ()
    """What stands between users and it, from the outside in."""


@dataclass(frozen=True, slots=True)
class ProjectSpec:
    """The part of the configuration that judgements need. Recorded, so that a replay judges nothing anew."""

    name: str
    environment: str = ""
    branch: str | None = None
    remote: str | None = None
    services: tuple[ServiceSpec, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    size_limit: int = 100
    """Changed lines above which a commit is called big."""
    deploy_within_ms: Ms = 60_000
    """After a push: how long a deploy may take to be seen."""
    good_after_ms: Ms = 60_000
    """How long every look must be good before the running revision is judged known-good."""
    deploy_by_paths: bool = False
    """A push that touches no path of a service is not expected to be deployed there."""
    green_after_ms: Ms | None = None
    """How long all must be good after a deploy or an action before a checkpoint is taken; None: by hand alone."""
    green_every_ms: Ms = 3_600_000
    """At most one in this time."""
    recovery: tuple[str, ...] = ()
    """The checklist after recovery: what people look at themselves before it is over."""


# -- what was seen -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """A state that held from `since` until the next span begins."""

    since: Ms
    state: CheckState


@dataclass(frozen=True, slots=True)
class CheckStatus:
    name: str
    service: str
    layer: Layer
    state: CheckState = "unknown"
    since: Ms | None = None
    """First look of the run of looks that gave this state."""
    why: str = "not looked yet"
    """In a person's words: "503", "login page, not the answer", "212 ms"."""
    status: int | None = None
    latency_ms: int | None = None
    looks: int = 0
    """How many looks in a row agree with the state when it was judged."""
    evidence: str | None = None
    """SHA-256 of the evidence behind the last transition."""
    failed_ms: Ms | None = None
    """How long it failed the last time, once that was over."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    name: str
    state: CheckState = "unknown"
    since: Ms | None = None
    why: str = "not looked yet"
    layer: Layer = "user"
    """The layer of the check that decides the state."""
    check: str = ""
    """The check that decides the state."""
    spans: tuple[Span, ...] = ()
    """The last 64 states, oldest first: ribbon and outage clock are read off here."""
    running: str | None = None
    """Full sha of the revision that runs, when known."""
    running_since: Ms | None = None
    running_why: str = ""
    """Why the running revision is not known."""
    ran: str | None = None
    """The last revision that was known: stays when `running` becomes unknown."""
    odd: OddBuild = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    path: str
    added: int | None
    deleted: int | None
    """None for a binary file."""


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    parents: tuple[str, ...]
    author: str
    at: Ms
    """Committer time."""
    subject: str
    added: int = 0
    deleted: int = 0
    files: tuple[FileChange, ...] = ()
    """At most 20; `file_count` has the whole number."""
    file_count: int = 0
    tree: str = ""
    ci: str = ""
    """What CI said of it: "passed", "failed: build"; empty when nobody knows of a run."""
    sized: bool = True
    """False: a merge that nobody counted yet; its lines and files are not known, not none."""

    @property
    def all_files(self) -> bool:
        """Whether `files` names every file it changes."""
        return self.sized and len(self.files) >= self.file_count


@dataclass(frozen=True, slots=True)
class Repository:
    """What git said, from one look. Commits newest first, at most 50, of `branch` (remote tip included)."""

    branch: str | None = None
    head: str | None = None
    upstream: str | None = None
    """Sha of the remote's branch as the remote itself said it (`ls-remote`), None when not asked or not there."""
    remote: str | None = None
    remote_asked: Ms | None = None
    dirty: tuple[str, ...] = ()
    """Paths with uncommitted or untracked changes, at most 20."""
    operation: str | None = None
    """A merge, rebase, revert or bisect in progress, by its git name."""
    commits: tuple[Commit, ...] = ()
    dirty_count: int = 0
    """How many there are of `dirty`; 0 in records from before it was counted."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A container or a supervised program."""

    name: str
    engine: str
    """"docker" or "supervisor"."""
    state: WorkloadState = "unknown"
    since: Ms | None = None
    """When it entered this state (start time for running), None when the engine cannot tell."""
    exit_code: int | None = None
    """None when the engine cannot tell (Supervisor says 0 while it backs off: that is not an exit code)."""
    restarts: int | None = None
    """Restarts the engine counted; None when it has no count. `seen_restarts` is what this program saw."""
    seen_restarts: int = 0
    health: Literal["healthy", "unhealthy", "starting", "none"] = "none"
    image: str = ""
    revision: str | None = None
    note: str = ""
    """The engine's own words: "Exited too quickly", "OOM killed"."""
    ident: str = ""
    """Container id or pid: what an action must still find."""
    dirty: str = ""
    """The label of its image that says it was built from uncommitted code, with its value."""
    policy: str = ""
    """What its engine does when it ends, in Docker's words ("no", "always", "on-failure:3"); empty: not told."""
    origin: str = ""
    """What it was made from: the compose project and the folder of its file."""


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    """"git", "remote:origin", "docker", "supervisor", "check:api"."""
    lost_since: Ms | None = None
    why: str = ""
    retry_ms: Ms | None = None


@dataclass(frozen=True, slots=True)
class Deploy:
    """A service's running revision changed."""

    at: Ms
    services: tuple[str, ...]
    was: str | None
    now: str
    seq: int = 0


@dataclass(frozen=True, slots=True)
class AwaitedDeploy:
    """The newest push, until every service that was expected to follow runs it."""

    sha: str
    was: str | None
    at: Ms
    remote: str
    branch: str
    services: tuple[str, ...]
    alarm: Ms | None = None
    """When it was said that the world did not follow."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A commit that mends something, and what shows that it is there: a text in a file, or a check."""

    commit: str
    subject: str
    by: str
    at: Ms
    file: str = ""
    contains: str = ""
    pattern: bool = False
    """`contains` is an extended regular expression."""
    check: str = ""


@dataclass(frozen=True, slots=True)
class FixPlace:
    """A place that a fix was looked for: "HEAD", "remote", "runs:api", "check:api-health"."""

    place: str
    state: FixState
    since: Ms
    revision: str | None = None
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class FixStatus:
    fix: Fix
    places: tuple[FixPlace, ...] = ()
    lost: int = 0
    """How often it was gone again."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A commit that an action of ours took back while checks failed: not to be deployed again before they pass."""

    sha: str
    subject: str
    revision: str
    """The commit that took it back."""
    at: Ms
    checks: tuple[tuple[str, Ms], ...]
    """(check, since when it failed)."""
    back: str | None = None
    """The tip of the remote in which it is again, by somebody's push."""


@dataclass(frozen=True, slots=True)
class KnownGood:
    sha: str
    at: Ms
    why: str
    by: str | None = None
    """Who marked it; None when it was judged from checks."""


@dataclass(frozen=True, slots=True)
class Suspected:
    """One commit of the window, with what speaks for it being the cause, and what was looked at and does not."""

    sha: str
    reasons: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspect:
    sha: str
    service: str
    reasons: tuple[str, ...]
    window: tuple[str, ...] = ()
    """All commits since known-good that are listed here, newest first."""
    ranked: tuple[Suspected, ...] = ()
    """The likeliest first, at most ten; the first is `sha`."""
    count: int = 0
    """How many commits the window has; 0 in records from before it was counted."""
    good: str | None = None
    """Where the window begins."""
    tip: str | None = None
    """Where it ends: what was deployed."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What a failure says of itself (core/errors.py)."""

    signature: str
    """The message without what changes from one time to the next."""
    text: str
    symbol: str = ""
    """The name in the code that it speaks of."""
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class KnownError:
    """An error that was met before (core/known_errors.py): what it means, and a next step that breaks nothing."""

    name: str
    meaning: str
    step: str
    line: str
    """What it was recognised by: a line as it was read, or an exit code."""


@dataclass(frozen=True, slots=True)
class SeenError:
    """An error of something that is red now."""

    source: str
    """"check:api-health", "workload:backend"."""
    service: str
    error: ErrorText
    at: Ms
    """When it was seen first since it is red."""
    revision: str | None = None
    """What ran then."""
    known: tuple[KnownError, ...] = ()
    last: Ms | None = None
    """When it was told again after an action; None: never."""

    @property
    def told(self) -> Ms:
        return self.at if self.last is None else self.last


@dataclass(frozen=True, slots=True)
class LedgerCommit:
    sha: str
    state: InForce
    author: str = ""
    subject: str = ""
    files: int = 0
    """In how many files something of it stands."""
    of: int = 0
    """How many files it changed."""
    claims: str = ""
    """What its message says, where the tree says otherwise."""
    names: bool = False
    """Whether a line it changed has the name in the error."""


@dataclass(frozen=True, slots=True)
class FileLeft:
    """A file that is not as it was at known-good."""

    path: str
    added: int | None = None
    deleted: int | None = None
    """None for a binary file."""
    by: tuple[str, ...] = ()
    """The commits that left it so, first the one with most lines; at most three."""
    mode: str = ""
    """"new", "gone", or how its mode changed."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every commit since known-good against the tree of `tip` (see core/ledger.py for the rule)."""

    good: str
    tip: str
    commits: tuple[LedgerCommit, ...] = ()
    """Newest first, at most 200."""
    files: tuple[FileLeft, ...] = ()
    """What differs, at most 100; `file_count` has the whole number."""
    file_count: int = 0
    beyond: int = 0
    """Commits of the window that are older than those here and were not looked at."""
    symbol: str = ""
    """The name in the error that was looked for."""
    places: tuple[tuple[str, int], ...] = ()
    """Where it occurs in the tree: file and line, at most 20."""
    by_file: bool = False
    """The patches were too big to read: every commit that touched a differing file counts as in force."""


# -- acting ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs an action: enough to tell, later and elsewhere, whether that process still lives."""

    host: str
    boot: str
    pid: int
    started: int
    """Process start in clock ticks since boot: a reused pid has another one."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    verb: str
    """"save", "write", "push", "look", "restart", ..."""
    text: str
    argv: tuple[tuple[str, ...], ...] = ()
    """The exact commands or API calls ("docker", "restart", id)."""


@dataclass(frozen=True, slots=True)
class Precondition:
    name: str
    """Machine name, e.g. "head", "remote", "container": re-checked by the executor when it runs."""
    text: str
    want: str = ""
    """The value that must still be there."""
    ok: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanCommit:
    sha: str
    author: str
    subject: str
    role: Literal["suspect", "yours", "innocent", "target", "taken back"] = "innocent"
    """"taken back": an earlier action did it already, and nothing brought it back since."""


@dataclass(frozen=True, slots=True)
class RehearsedCommand:
    """One of the project's own commands, run on the rehearsed tree."""

    argv: tuple[str, ...]
    state: Literal["ok", "failed", "stopped", "not run"]
    why: str = ""
    """"exit 2", "stopped after 5m"."""
    took_ms: Ms | None = None
    output: str = ""
    """The last of what it said, bounded."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was tried in a scratch worktree before anything moves."""

    tree: str
    text: str
    """What the tree was compared with: "tree equal to 59a77c4", "no conflict"."""
    commands: tuple[RehearsedCommand, ...] = ()
    took_ms: Ms | None = None
    skipped: str = ""
    """Why the commands were not run: a responder's own words."""
    missing: str = ""
    """Why there was nothing to run, or nothing that was allowed."""

    @property
    def red(self) -> RehearsedCommand | None:
        """The command that did not go through; while it is there, nothing is run."""
        return next((c for c in self.commands if c.state in ("failed", "stopped")), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do, as data. Never holds a secret: the journal is evidence and gets shared."""

    action: str
    """"git.reset", "git.revert", "workload.restart", "verify"."""
    args: tuple[tuple[str, str], ...]
    title: str
    """"Reset main to known-good 59a77c4, then push"."""
    target: str
    """The word to type: the branch, the workload, the project."""
    target_kind: str = "branch"
    changes: bool = True
    """False: it only looks, and runs without a word."""
    steps: tuple[PlanStep, ...] = ()
    checked: tuple[Precondition, ...] = ()
    takes_back: tuple[PlanCommit, ...] = ()
    not_covered: tuple[tuple[str, str], ...] = ()
    """(what, why): databases, volumes, settings."""
    undo: str = ""
    undo_argv: tuple[str, ...] = ()
    expects_tree: str | None = None
    """The tree the branch must have afterwards (git actions)."""
    push: bool = False
    within_ms: Ms = 60_000
    consecutive: int = 1
    checks: tuple[str, ...] = ()
    """Checks that `verify` waits for; empty: every user-path check."""
    takes_s: float | None = None
    host: str = ""
    """Engine or remote this touches, shown in the confirmation."""
    rewrites: bool = False
    """The branch itself moves: what it takes back vanishes from the branch instead of staying in its history."""
    local: bool = False
    """Only files or refs of this clone: what runs, and what users get, is not judged by it."""
    rehearsal: Rehearsal | None = None
    warnings: tuple[str, ...] = ()
    """What will surprise somebody later: a merge that brings nothing back."""
    blast: tuple[tuple[str, str], ...] = ()
    """(what, what happens to it): dependants, mounts, ports and networks of a workload."""
    loses: tuple[str, ...] = ()
    """What nothing brings back; not run without a reason."""


@dataclass(frozen=True, slots=True)
class Light:
    """One of the five. `ok` is None when there is nothing to look at; `looked` False when not looked yet."""

    name: LightName
    ok: bool | None
    finding: str
    how: str = ""
    """How it was looked at: "git ls-remote"."""
    at: Ms | None = None
    looked: bool = True
    evidence: str | None = None
    detail: str = ""
    """The finding at length, where there is more to say: both tree ids, the files that differ."""


@dataclass(frozen=True, slots=True)
class Delta:
    """All checks, before the action and after."""

    newly_red: tuple[str, ...] = ()
    newly_green: tuple[str, ...] = ()
    red_before: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    word: Literal["complete", "not complete", "failed", "refused", "outcome unknown"]
    why: str
    lights: tuple[Light, ...] = ()
    delta: Delta = field(default_factory=Delta)
    in_force: tuple[str, ...] = ()
    """Commits since known-good of which something is still in the tree; those of this program are not counted."""
    differs: tuple[str, ...] = ()
    """Files that still differ from the wanted tree."""
    partly: tuple[str, ...] = ()
    """Those of `in_force` of which only a part is."""
    taken_back: tuple[str, ...] = ()
    """The other commits since known-good."""
    same_error: tuple[str, ...] = ()
    """Errors from before the action that are there again; at most three."""
    other_error: tuple[str, ...] = ()
    """Errors that were not there before it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a plan, as it goes."""

    n: int
    verb: str
    state: StepState
    text: str = ""
    took_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action that was asked for, from request to verdict. `run` is its id."""

    run: str
    number: int
    """Counts actions of the incident that change something (verify has none: 0)."""
    plan: Plan
    owner: Owner
    by: str
    asked: Ms
    before: tuple[tuple[str, CheckState], ...] = ()
    progress: tuple[Progress, ...] = ()
    lights: tuple[Light, ...] = ()
    outcome: Outcome | None = None
    """None while it runs."""
    why: str = ""
    acted: Ms | None = None
    """When the effect ended and the looking began."""
    ended: Ms | None = None
    revision: str | None = None
    """The commit that was written, or the revision wanted."""
    found: str | None = None
    """The commit that an action that changes nothing found or marked: no commit of ours."""
    verdict: Verdict | None = None
    in_force: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    ledger: Ledger | None = None
    """Kept for the last attempts only; the lists above stay."""
    errors: tuple[str, ...] = ()
    """Signatures of what was red when it was asked for."""
    step: int | None = None
    """Step of the runbook it belongs to."""
    incident: str | None = None
    undoes: bool = False
    """It takes that step back."""
    known: tuple[KnownError, ...] = ()
    """What is known of the error it ended in."""


@dataclass(frozen=True, slots=True)
class RunStep:
    n: int
    title: str
    state: StepState = "todo"
    since: Ms | None = None
    took_ms: int | None = None
    note: str = ""
    action: str | None = None
    then: int | None = None
    """The step that follows when this one came out good; None: the next."""
    otherwise: int | None = None
    """The step that follows when it failed; None: nothing goes on before it is done or skipped."""
    looks: bool = False
    """It changes nothing, so there is nothing to take back."""
    before_close: bool = False
    """Closing as resolved waits for it."""
    tries: int = 0
    fault: str = ""
    """What it failed with last."""
    same: int = 0
    """How often in a row it failed with just that again."""
    undoing: bool = False
    begun: bool = False
    """Something of it was tried or done, and not taken back since."""
    runs: bool = False
    """Something of it can be run here: `x` shows that first. False: a person does it and ticks it."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """How a runbook was worked through last."""

    runbook: str
    run: str
    by: str
    started: Ms
    last: Ms
    """When its last step changed."""
    passed: int
    of: int
    stuck: str = ""
    """The step that is neither done nor skipped: "3 Restart the pump, failed". Empty: every step was gone through."""
    ended: bool = False
    undone: int = 0


@dataclass(frozen=True, slots=True)
class RunbookRun:
    id: str
    runbook: str
    title: str
    digest: str
    by: str
    started: Ms
    steps: tuple[RunStep, ...] = ()
    ended: Ms | None = None
    holder: str = ""
    """Who works through it; empty: who began it."""
    held: Ms | None = None
    handed: str = ""
    """What was said when it was handed over, and by whom: "ana: the disk is full, step 3 waits"."""
    incident: str | None = None
    """For which it was begun; None: for none, or the journal is too old to tell."""

    @property
    def who(self) -> str:
        return self.holder or self.by


@dataclass(frozen=True, slots=True)
class Incident:
    """A window of the journal."""

    id: str
    title: str
    severity: Severity
    stage: Stage
    opened: Ms
    by: str
    first_red: Ms | None = None
    """Where the clock starts; None is a gap in the draft."""
    window_from: Ms | None = None
    """Where the window starts: the last deploy before the first red, else the first red."""
    acknowledged: Ms | None = None
    acknowledged_by: str | None = None
    mitigated: Ms | None = None
    resolved: Ms | None = None
    closed: Ms | None = None
    closed_reason: str = ""
    services: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    events: int = 0
    attempts: tuple[str, ...] = ()
    """Runs of its actions, oldest first, at most 50."""
    earliest: Ms | None = None
    """Time of its own earliest event: a note can be dated back to before the window."""

    @property
    def shown_from(self) -> Ms | None:
        """Where its timeline starts: with the window, or with a note that lies before it."""
        if self.window_from is None or self.earliest is None:
            return self.window_from
        return min(self.window_from, self.earliest)

    actions: int = 0
    """How many of all of them were to change something."""
    hypotheses: tuple[Hypothesis, ...] = ()
    conclusions: tuple[Concluded, ...] = ()
    """Symptom, root cause, real problem: those that somebody said."""
    remarks: tuple[Remark, ...] = ()
    """As they were said; a thing said again stands once, with its newest reason."""
    ticks: tuple[Tick, ...] = ()
    """Of the checklist after recovery, since users were served last."""
    left: tuple[str, ...] = ()
    """What of it was open when the incident was closed."""
