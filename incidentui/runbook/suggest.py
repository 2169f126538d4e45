"""Which runbooks to offer for what is seen now. Rules a tired person can follow, not guesses: each names its reason.

A runbook says in its front matter what it fits: `signatures` of known errors, `alerts` (checks by their names, or what
the title of an incident names), `services`, and `tags` for what has a rule here. What is seen is gone through from the
most telling to the least, causes before their echoes; the project's own runbooks go before those that shipped.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from incidentui.core.causes import echoes
from incidentui.core.drift import Drift
from incidentui.core.drift_alarm import alarm, sentence
from incidentui.core.format import count, short
from incidentui.core.idle import by_hand, idle, words
from incidentui.core.model import Attempt, CheckStatus, SeenError, ServiceStatus, Workload, is_bad
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.runbook.model import Runbook

Kind = Literal["signatures", "alerts", "services", "tags"]
MOST = 3
"""Offers at a time: more would be a list again."""
RULES: dict[str, str] = {
    "incomplete": "an attempt left commits in force",
    "no-deploy": "a push was followed by no deploy",
    "rollback": "red since a deploy",
    "login": "a login page where something else was expected",
    "volume": "a volume that came up empty, or was made anew",
    "configuration": "what runs is not what was declared",
    "crash-loop": "a workload crashes again and again",
    "restart": "a workload crashed, or ended, and nothing was deployed",
    "verify": "an incident is open, nothing is red, and nobody proved it yet",
}
"""Tags that are offered by a rule, and when."""
_VOLUME = re.compile(r"^(?:mount|age of) ")
_FALLEN = ("crashing", "restarting", "exited")
_WORD = re.compile(r"[\w.:-]+")


@dataclass(frozen=True, slots=True)
class Offer:
    id: str
    reason: str
    """Follows "because"."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that is seen, by the words with which a runbook may name it."""

    kind: Kind
    words: frozenset[str]
    reason: str


def offers(runbooks: Sequence[Runbook], state: State) -> tuple[Offer, ...]:
    """The best first, at most three; empty when nothing is seen that any of them fits."""
    found: dict[str, Offer] = {}
    usable = [r for r in runbooks if r.steps]
    own, shipped = ([r for r in usable if (r.origin == "project") is mine] for mine in (True, False))
    for alike in _seen(state):
        for books in (own, shipped):
            for seen in alike:
                for book in books:
                    if _words(book, seen.kind) & seen.words:
                        found.setdefault(book.id, Offer(book.id, seen.reason))
    return tuple(found.values())[:MOST]


def named(runbooks: Sequence[Runbook], word: str) -> tuple[Offer, ...]:
    """Every runbook whose front matter names this service, alert, signature or tag; the project's own first."""
    kinds: tuple[Kind, ...] = ("signatures", "alerts", "services", "tags")
    fitting = ((book, kind) for kind in kinds for book in runbooks if _same(word) in _words(book, kind))
    found: dict[str, Offer] = {}
    for book, kind in sorted(fitting, key=lambda each: each[0].origin != "project"):
        found.setdefault(book.id, Offer(book.id, f"it names {word} in its {kind}"))
    return tuple(found.values())


def _words(book: Runbook, kind: Kind) -> frozenset[str]:
    texts = {"signatures": book.signatures, "alerts": book.alerts, "services": book.services, "tags": book.tags}
    return frozenset(map(_same, texts[kind]))


@lru_cache(4096)
def _same(word: str) -> str:
    """`BackendDown`, `backend-down` and `backend_down` are one name."""
    return re.sub(r"[\W_]+", "", word).casefold() or word


# -- what is seen, the most telling first


def _seen(state: State) -> Iterator[Sequence[Seen]]:
    """In groups of what tells equally much: within a group a project's own runbook goes before one that shipped."""
    causes, echo = _failing(state)
    if not causes:
        yield (*_emptied(state), *_fallen(state, causes))
        yield tuple(_quiet(state))
        return
    yield tuple(_after_acting(state))
    yield tuple(_told(state, causes))
    yield tuple(_beside_git(state))
    yield tuple(_tag("restart", f"{words(w)}, and no deploy did it") for w in by_hand(state, _idle(state, causes)))
    yield tuple(_deployed(state, causes))
    yield tuple(_one("services", s.name, f"{s.name} is failing: {s.why}") for s in causes)
    yield tuple(_logins(state, causes))
    yield (*_drifted(state), *_fallen(state, causes))
    yield tuple(_told(state, echo))


def _idle(state: State, causes: Sequence[ServiceStatus]) -> list[Workload]:
    return [w for service in causes for w in idle(state, service.name)]


def _failing(state: State) -> tuple[list[ServiceStatus], list[ServiceStatus]]:
    """(causes, their echoes), each with what fails longest first."""
    echo = echoes(state)
    red = sorted((s for s in state.services.values() if s.state == "failing"), key=lambda s: s.since or 0)
    return [s for s in red if s.name not in echo], [s for s in red if s.name in echo]


def _quiet(state: State) -> Iterator[Seen]:
    good = any(s.state in ("ok", "slow") for s in state.services.values())
    if state.current is not None and good and not _proven(state):
        yield _tag("verify", f"{state.current.id} is open, and nothing is red")


def _after_acting(state: State) -> Iterator[Seen]:
    if (half := _half_done(state)) is not None:
        left = count(len(half.in_force), "commit")
        yield _tag("incomplete", f"attempt {half.number}, {half.plan.title}: not complete, {left} in force")
    push = state.awaited
    if push is not None and push.alarm is not None:
        yield _tag("no-deploy", f"{short(push.sha)} was pushed, and no deploy of it was seen")


def _proven(state: State) -> bool:
    """The last thing that was done was to verify, and it was complete."""
    last = max(state.attempts.values(), key=lambda a: a.asked, default=None)
    done = last is not None and last.plan.action == "verify" and last.verdict is not None
    return done and last is not None and last.verdict is not None and last.verdict.word == "complete"


def _told(state: State, services: Sequence[ServiceStatus]) -> Iterator[Seen]:
    """What names the trouble by a name of its own: a known error, a check, the title of the incident."""
    names = [s.name for s in services]
    mine = _workloads_of(state, names)
    for error in reversed(state.errors):
        if error.service in names or _of_workload(error) in mine:
            for known in error.known:
                yield _one("signatures", known.name, f"{_who(state, error)}: signature {known.name}")
    for check in _red_checks(state, names):
        yield _one("alerts", check.name, f"{check.name} is failing: {check.why}")
    if state.current is not None and services:
        words = frozenset(map(_same, _WORD.findall(state.current.title)))
        yield Seen("alerts", words, f"{state.current.id} is titled {state.current.title!r}")


def _red_checks(state: State, services: Sequence[str]) -> list[CheckStatus]:
    red = [c for c in state.checks.values() if c.state == "failing" and c.service in services]
    return sorted(red, key=lambda c: (services.index(c.service), c.since or 0))


def _workloads_of(state: State, services: Sequence[str]) -> set[str]:
    return {w for s in state.project.services if s.name in services for w in s.workloads}


def _of_workload(error: SeenError) -> str:
    return error.source.removeprefix("workload:") if error.source.startswith("workload:") else ""


def _who(state: State, error: SeenError) -> str:
    workload = state.workloads.get(_of_workload(error))
    if workload is None:
        return f"{error.source.partition(':')[2] or error.source} is failing"
    return f"{workload.name} is {_words_of_state(workload)}"


def _words_of_state(workload: Workload) -> str:
    again = workload.state in ("crashing", "restarting") and (workload.restarts or workload.seen_restarts)
    return "crash looping" if again else workload.state


def _deployed(state: State, causes: Sequence[ServiceStatus]) -> Iterator[Seen]:
    for service in causes:
        if deploy := deploy_before(state, service.name):
            yield _tag("rollback", f"{service.name} failed after deploy {short(deploy)}")


def _beside_git(state: State) -> Iterator[Seen]:
    """What changed since all was good and lies in no commit: a rollback would leave it as it is."""
    for drift in state.drift.values():
        if rows := [row for row in drift.rows if row.uncommitted and row.level == "bad"]:
            more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
            yield _tag("configuration", f"{rows[0].what}{more} is not as in the checkpoint, and no commit holds it")


def _logins(state: State, causes: Sequence[ServiceStatus]) -> Iterator[Seen]:
    for service in causes:
        if "login page" in service.why:
            more = "" if deploy_before(state, service.name) else ", and nothing was deployed"
            yield _tag("login", f"{service.name} answers with a login page{more}")


def _drifted(state: State) -> Iterator[Seen]:
    for drift in state.drift.values():
        if row := _worst(drift):
            tag = "volume" if _VOLUME.match(row) else "configuration"
            yield _tag(tag, f"{drift.workload} is not as declared: {row}")


def _emptied(state: State) -> Iterator[Seen]:
    """Bad whatever the checks say: they may be answered from what is still in memory."""
    for drift in state.drift.values():
        if (row := alarm(drift)) is not None:
            yield _tag("volume", sentence(drift, row))


def _worst(drift: Drift) -> str:
    bad = [f"{row.what} {row.running}" for row in drift.rows if row.level == "bad"]
    return next((row for row in bad if _VOLUME.match(row)), bad[0] if bad else "")


def _fallen(state: State, causes: Sequence[ServiceStatus]) -> Iterator[Seen]:
    deployed = any(deploy_before(state, s.name) for s in causes)
    more = "" if deployed else ", and nothing was deployed"
    # One that ended well is a cause only where something fails.
    fallen = [w for w in state.workloads.values() if w.state in _FALLEN and (causes or is_bad(w))]
    for workload in fallen:
        if workload.state != "exited":
            yield _tag("crash-loop", f"{workload.name} is {_words_of_state(workload)}{more}")
    yield from (_tag("restart", f"{w.name} is {_words_of_state(w)}{more}") for w in fallen if not deployed)


def _one(kind: Kind, word: str, reason: str) -> Seen:
    return Seen(kind, frozenset({_same(word)}), reason)


def _tag(tag: str, reason: str) -> Seen:
    return _one("tags", tag, reason)


# -- by what was done


def _half_done(state: State) -> Attempt | None:
    """The last action on the code of this incident, when it left something of the bad commits in force."""
    incident = state.current.id if state.current else None
    mine = [a for a in state.attempts.values() if a.plan.action.startswith("git.") and a.verdict and a.number]
    last = max((a for a in mine if a.incident == incident), key=lambda a: a.asked, default=None)
    left = last is not None and last.verdict is not None and last.verdict.word == "not complete" and last.in_force
    return last if left else None


def deploy_before(state: State, service: str) -> str:
    """The revision last deployed to the service since it was green on known-good, if it went red on it."""
    status = state.services[service]
    for deploy in reversed(state.deploys):
        if service in deploy.services and (status.since is None or deploy.at <= status.since):
            good = state.good.sha if state.good else None
            return "" if deploy.now == good else deploy.now
    # No deploy was seen (it came before the watch began), yet what runs is not what was good.
    running, good = status.running, state.good.sha if state.good else None
    return running if running and good and running != good else ""
