"""When the looking is over, and what it comes to."""

from dataclasses import replace

from incidentui.core.acts.lights import ORDER, against_good, five, unlit
from incidentui.core.acts.traits import TOLD, WATCHES
from incidentui.core.acts.verdict import give
from incidentui.core.fallen import falls
from incidentui.core.format import duration
from incidentui.core.ledger import told
from incidentui.core.model import Attempt, Light, Ms, Verdict
from incidentui.core.recent import all_asked_since
from incidentui.core.turn import Deciding

LOOKED_MS: Ms = 15_000
"""How long the checks are waited for that a shell block may have changed."""
_SAYS_ITSELF = ("checkpoint.restore", "volume.restore", "workload.copy-in")
"""Only their executor knows what was written, and what brings back what was before."""


def judge(d: Deciding, stopped_by: str = "") -> None:
    """Of the action whose effect is over: the verdict, once it is settled, its time is up, or it is stopped."""
    attempt = d.state.attempt
    if attempt is None or attempt.verdict is not None or attempt.outcome != "done" or attempt.acted is None:
        return
    lights = five(d, attempt)
    if attempt.plan.action in WATCHES:
        _judge_watch(d, attempt, lights, stopped_by)
    elif attempt.plan.action in TOLD:
        give(d, attempt, "done", Verdict("complete", attempt.why, unlit(lights)))
    elif attempt.plan.action == "shell":
        if all_asked_since(d.recent, d.state.checks, attempt.acted) or d.now - attempt.acted >= LOOKED_MS or stopped_by:
            # Whether users are served is judged as after every change; the step itself is done by its exit code.
            _judge_as_seen(d, attempt, lights)
    elif attempt.plan.local:
        _judge_as_seen(d, attempt, lights)
    else:
        _judge_change(d, attempt, lights, d.now - attempt.acted, stopped_by)


def _judge_as_seen(d: Deciding, attempt: Attempt, lights: tuple[Light, ...]) -> None:
    red = next((light.finding for light in lights if light.ok is False), "")
    give(d, attempt, "done", Verdict("not complete" if red else "complete", red or attempt.why, lights))


def _judge_change(d: Deciding, attempt: Attempt, lights: tuple[Light, ...], waited: Ms, stopped_by: str) -> None:
    fallen = falls(d.state, attempt, lights, d.now)
    waits = waited < attempt.plan.within_ms and not stopped_by and not fallen
    if attempt.plan.changes and not _settled(attempt, lights) and waits:
        return
    lights = against_good(attempt, lights)
    if all(light.ok in (True, None) for light in lights if light.name != "worktree"):
        rest = told(len(attempt.taken_back), len(attempt.in_force)) if attempt.in_force else ""
        said = attempt.why if attempt.plan.action in _SAYS_ITSELF else _holds(lights)
        why = "; ".join(part for part in (said, rest) if part)
        give(d, attempt, "done", Verdict("complete", why, lights))
    else:
        why = _missing(d, attempt, lights) + (_stopped(stopped_by, waited) or (fallen and f"; {fallen}"))
        give(d, attempt, "done", Verdict("not complete", why, lights))


def _settled(attempt: Attempt, lights: tuple[Light, ...]) -> bool:
    world = attempt.plan.action.startswith(("workload.", "checkpoint.", "volume.", "compose.", "deploy."))
    wanted = ORDER if attempt.plan.push or world else ("tree",)
    return all(light.ok in (True, None) for light in lights if light.name in wanted and light.name != "worktree")


def _stopped(by: str, waited: int) -> str:
    return f", when {by} stopped waiting after {duration(waited)}" if by else ""


def _holds(lights: tuple[Light, ...]) -> str:
    """What the verdict rests on: what runs, and what users get; without either, the tree."""
    said = [light.finding for light in lights if light.ok and light.name in ("running", "user_path")]
    return ", ".join(said) or next((light.finding for light in lights if light.ok), "nothing to look at")


def _missing(d: Deciding, attempt: Attempt, lights: tuple[Light, ...]) -> str:
    by = {light.name: light for light in lights}
    if by["tree"].ok is False:
        if attempt.in_force:
            return told(len(attempt.taken_back), len(attempt.in_force))
        return by["tree"].finding
    if by["remote"].ok is False:
        return by["remote"].finding if attempt.plan.push else f"not pushed: {by['remote'].finding}"
    if by["running"].ok is False:
        deployed = any(dep.at > attempt.asked for dep in d.state.deploys)
        if attempt.plan.push and not deployed:
            return "pushed, but nothing deployed"
        return by["running"].finding
    return by["user_path"].finding


def _judge_watch(d: Deciding, attempt: Attempt, lights: tuple[Light, ...], stopped_by: str) -> None:
    user = next(light for light in lights if light.name == "user_path")
    waited = d.now - (attempt.acted or attempt.asked)
    lights = tuple(
        light if light.name == "user_path" else replace(light, ok=None, finding="does not apply") for light in lights
    )
    over = waited >= attempt.plan.within_ms
    if attempt.plan.action == "wait" and not attempt.plan.checks:
        _judge_timer(d, attempt, lights, waited, stopped_by)
    elif user.ok:
        give(d, attempt, "done", Verdict("complete", user.finding, lights))
    elif user.ok is None:
        give(d, attempt, "refused", Verdict("refused", user.finding, lights))
    elif over or stopped_by:
        why = user.finding + (_stopped(stopped_by, waited) or f", after {duration(waited)}")
        give(d, attempt, "failed", Verdict("not complete", why, lights))


def _judge_timer(d: Deciding, attempt: Attempt, lights: tuple[Light, ...], waited: Ms, stopped_by: str) -> None:
    if waited >= attempt.plan.within_ms:
        give(d, attempt, "done", Verdict("complete", f"{duration(waited)} waited", lights))
    elif stopped_by:
        why = f"only {duration(waited)} waited, then {stopped_by} stopped it"
        give(d, attempt, "failed", Verdict("not complete", why, lights))
