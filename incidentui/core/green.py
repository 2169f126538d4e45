"""A checkpoint by itself: when all was good for long enough after a deploy or an action that worked, and not too often.

What is taken then is what a later restore goes back to, so nothing may be red, unknown or under way.
"""

from incidentui.core import events as e
from incidentui.core.format import duration, short
from incidentui.core.inputs import CheckpointKept, CheckpointLost, KeepCheckpoint, Ticked
from incidentui.core.judge import good_since, known_good
from incidentui.core.model import Ms, is_bad
from incidentui.core.state import State
from incidentui.core.turn import Deciding

AGAIN_MS: Ms = 10 * 60_000
"""After one that could not be kept."""
Trigger = tuple[Ms, str]
"""When something happened after which all must be good, and what it was."""


def due(d: Deciding) -> None:
    """Asks for one, once for each trigger. Said before it is taken: the next look must not ask again."""
    after = d.state.project.green_after_ms
    trigger = _trigger(d.state)
    if after is None or trigger is None or _too_soon(d, after, trigger[0]) or not_green(d.state):
        return
    # From when the last of them got well: what was red between the trigger and then is over.
    since = max([trigger[0], *(c.since or 0 for c in d.state.checks.values())])
    if not all(good_since(d, spec, since, after) for spec in d.state.project.checks):
        return
    why = f"green for {duration(d.now - since)} after {trigger[1]}"
    d.say(e.CheckpointDue(why, trigger[0]), "checkpoint", "quiet")
    d.effects.append(KeepCheckpoint(why, trigger[0]))


def _too_soon(d: Deciding, after: Ms, trigger: Ms) -> bool:
    green = d.state.green
    every = d.state.project.green_every_ms
    return (
        green.due is not None
        or (green.trigger is not None and trigger <= green.trigger)
        or d.now - trigger < after
        or (green.at is not None and d.now - green.at < every)
        or (green.missed is not None and d.now - green.missed < AGAIN_MS)
    )


def _trigger(state: State) -> Trigger | None:
    """The last deploy, or the last action that changed something and worked; while none was taken yet, the watch."""
    found: list[Trigger] = [(deploy.at, f"deploy {short(deploy.now)}") for deploy in state.deploys[-1:]]
    for attempt in state.attempts.values():
        worked = attempt.verdict is not None and attempt.verdict.word == "complete"
        if worked and attempt.plan.changes and attempt.ended is not None:
            found.append((attempt.ended, f"{attempt.plan.action} {attempt.plan.target}"))
    if not found and state.green.trigger is None and state.watching_since is not None:
        return state.watching_since, "the watch began"
    return max(found, default=None)


def not_green(state: State) -> str:
    """Why nothing may be kept as good now; empty when it may. How long it was so is not asked here."""
    if not state.project.checks:
        return "nothing is checked"
    if state.attempt is not None:
        return f"{state.attempt.plan.action} is under way"
    if bad := next((c for c in state.checks.values() if c.state != "ok"), None):
        return f"{bad.name} is {bad.state}"
    if down := next((w for w in state.workloads.values() if is_bad(w) or w.state == "unknown"), None):
        return f"{down.name} is {down.state}"
    if lost := next((s for s in state.sources.values() if s.lost_since is not None), None):
        return f"{lost.name} does not answer"
    return ""


def observed(d: Deciding, seen: Ticked | CheckpointKept | CheckpointLost) -> None:
    if isinstance(seen, Ticked):
        known_good(d)
        if seen.keeps:
            due(d)
    elif isinstance(seen, CheckpointKept):
        d.say(e.CheckpointTaken(seen.id, seen.why, seen.told, seen.trigger), "checkpoint", "key", source="checkpoints")
    else:
        d.say(e.CheckpointMissed(seen.why, seen.wrong, seen.trigger), "checkpoint", "detail", source="checkpoints")
