"""An incident handed over, in plain words: how users are served now, what was done last, what is next. Pure.

For whoever goes on with it: the next shift, the person who is woken, the one who asked for the repair.
"""

from collections.abc import Iterator

from incidentui.core.causes import echoes
from incidentui.core.format import age, count, short
from incidentui.core.model import Attempt, Incident, Ms, RunbookRun
from incidentui.core.recovery import open_lines
from incidentui.core.state import State
from incidentui.core.steps import current_step, passed
from incidentui.core.value import dataclass

_NEXT_STEPS = 3


@dataclass(frozen=True, slots=True)
class HandOver:
    now: tuple[str, ...]
    """How things stand, a sentence each."""
    next: tuple[str, ...]
    """What is to be done, the first first."""


def handed_over(state: State, incident: Incident, now: Ms) -> HandOver:
    return HandOver(tuple(_now(state, incident, now)), tuple(_next(state, incident)))


# -- how it stands


def _now(state: State, incident: Incident, now: Ms) -> Iterator[str]:
    echo, services = echoes(state), state.services.values()
    red = [s for s in services if s.state == "failing"]
    for s in red:
        if s.name not in echo:
            since = f" for {age(now - s.since)}" if s.since is not None else ""
            yield f"{s.name} is failing{since}: {s.why}"
    if passed_on := [s.name for s in red if s.name in echo]:
        yield f"{', '.join(passed_on)} {'is' if len(passed_on) == 1 else 'are'} red because of that"
    blind = [s.name for s in services if s.state == "unknown"]
    if not services:
        yield "no check tells how users are served"
    elif not red:
        yield _not_red(state)
    for s in services:
        if s.state == "slow":
            yield f"{s.name} is slow: {s.why}"
    if blind:
        yield f"nobody can tell how {', '.join(blind)} {'is' if len(blind) == 1 else 'are'}"
    mine = [a for a in state.attempts.values() if a.incident == incident.id and a.plan.changes]
    if mine:
        yield _attempt(max(mine, key=lambda a: a.asked), now)


def _not_red(state: State) -> str:
    """That users are served is said only where checks of their path see it."""
    if not _sees_users(state):
        return "nothing is seen failing, but no check goes the user's path"
    seen = [*(s.state for s in state.services.values()), *(c.state for c in state.checks.values())]
    return "users are served" if set(seen) == {"ok"} else "nothing is seen failing"


def _sees_users(state: State) -> bool:
    return any(c.layer == "user" for c in state.checks.values())


def _attempt(attempt: Attempt, now: Ms) -> str:
    name = f"attempt {attempt.number}" if attempt.number else "last"
    if attempt.verdict is None and attempt.outcome is not None:
        asked = f"{age(now - attempt.asked)} ago by {attempt.by}"
        return f"{name}, {asked}: {attempt.plan.title}: ended ({attempt.outcome}), no verdict yet"
    if attempt.verdict is None:
        return f"{name} is running: {attempt.plan.title}, begun {age(now - attempt.asked)} ago by {attempt.by}"
    why = f": {attempt.verdict.why}" if attempt.verdict.why else ""
    return f"{name}, {age(now - attempt.asked)} ago by {attempt.by}: {attempt.plan.title}: {attempt.verdict.word}{why}"


# -- what is next


def _next(state: State, incident: Incident) -> Iterator[str]:
    running = state.attempt
    if running is not None and running.verdict is None:
        yield f"wait for the verdict of {running.plan.title}"
    if state.awaited is not None and state.awaited.alarm is not None:
        yield f"find out why {short(state.awaited.sha)} was pushed and not deployed"
    if state.runbook is not None and state.runbook.ended is None:
        yield from _steps(state.runbook)
    for h in incident.hypotheses:
        if h.verdict == "to test":
            yield f"test hypothesis {h.n}: {h.thought}"
    red = [s for s in state.services.values() if s.state == "failing"]
    for s in state.services.values():
        if s.state == "unknown":
            yield f"look at {s.name} by hand: {s.why or 'no check tells how it is'}"
    if red and (state.runbook is None or state.runbook.ended is not None):
        yield "choose a runbook: nobody works through one"
    if not red and not _sees_users(state):
        yield "look as a user does whether they are served"
    if not red:
        yield from (f"see as a user does: {line}" for line in open_lines(state, incident))
        yield (
            "prove that it is over (verify), tell people, then close the incident"
            if incident.resolved is None
            else ("tell people, then close the incident")
        )


def _steps(run: RunbookRun) -> Iterator[str]:
    here = current_step(run.steps)
    if here is None:
        return
    state = {"failed": f", which failed: {here.fault}", "unknown": ", of which nobody knows how it ended"}
    yield f"step {here.n} of {run.title}: {here.title}{state.get(here.state, '')}"
    later = [s for s in run.steps if s.n > here.n and not passed(s)]
    if later:
        more = f", and {count(len(later) - _NEXT_STEPS, 'more step')}" if len(later) > _NEXT_STEPS else ""
        yield "then " + ", ".join(f"{s.n} {s.title}" for s in later[:_NEXT_STEPS]) + more
