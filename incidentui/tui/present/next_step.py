"""The next thing to do in an open incident, and its key."""

from incidentui.core.format import count, minutes, ordinal, short
from incidentui.core.idle import by_hand, idle
from incidentui.core.model import Attempt, Workload
from incidentui.core.recurrence import nth
from incidentui.core.ticks import left
from incidentui.tui.line import Seg
from incidentui.tui.present.parts import hints
from incidentui.tui.present.runbook import offered
from incidentui.tui.present.scene import Scene, in_state, loud, watched


def stopped_by_hand(scene: Scene) -> list[Workload]:
    """Of what fails first: no commit is suspected while it stands still for another reason."""
    red = min(loud(scene), key=lambda s: s.since or 0)
    return by_hand(scene.state, idle(scene.state, red.name))


def name_of(attempt: Attempt) -> str:
    """`reset 2`"""
    verb = attempt.plan.action.rpartition(".")[2]
    return f"{verb} {attempt.number}" if attempt.number else verb


def what_next(scene: Scene) -> tuple[tuple[Seg, ...], tuple[Seg, ...]]:
    """The next thing to do in an open incident, and its key; at its beginning, that it was there before."""
    text, right = _step(scene)
    return (*text, *_seen_before(scene)), right


def _seen_before(scene: Scene) -> tuple[Seg, ...]:
    incident = scene.incident
    if incident is None or not incident.recurs or incident.stage not in ("open", "acknowledged"):
        return ()
    names = ", ".join(r.id for r in incident.recurs[:2])
    return (Seg(f" · {ordinal(nth(incident.recurs))} of its kind: {names}", "slow"),)


def _step(scene: Scene) -> tuple[tuple[Seg, ...], tuple[Seg, ...]]:
    acting, run, incident = scene.state.attempt, scene.state.runbook, scene.incident
    if acting is not None:
        return (Seg(f"{name_of(acting)}: {_doing(scene, acting)}"),), hints(("enter", "watch"))
    if incident is not None and incident.stage == "resolved":
        return (Seg("close the incident, then read the draft"),), hints(("c", "close"))
    if run is not None and run.ended is None:
        step = next((s for s in run.steps if s.state in ("running", "todo", "failed", "unknown")), None)
        if step is not None:
            if scene.me and run.who != scene.me:
                return (Seg(f"{run.who} works through {run.title}, step {step.n}"),), hints(("r", "see it"))
            key = ("x", "preview") if step.action or step.runs else ("x", "done")
            return (Seg(f"step {step.n}, {step.title[:1].lower()}{step.title[1:]}"),), hints(key)
        if not in_state(scene, "failing"):
            return (Seg("the runbook is at its end"),), hints(("c", "close"))
    if incident is not None and incident.acknowledged is None and incident.stage == "open":
        return (Seg("nobody has said they are on it"),), hints(("i", "I'm on it"))
    if not watched(scene):
        return (Seg("see for yourself what users get, and note it"),), hints(("n", "note"), ("c", "close"))
    if not in_state(scene, "failing"):
        todo = left(scene.state.project.recovery, incident.ticks) if incident is not None else ()
        if todo and not in_state(scene, "unknown"):
            return (Seg(f"{count(len(todo), 'line')} to tick after recovery, then close"),), hints(("c", "checklist"))
        return (Seg("prove that it stays good, then close"),), hints(("a", "act"), ("c", "close"))
    if still := stopped_by_hand(scene):
        return (Seg(f"start {still[0].name}, or find out who stopped it"),), hints(("a", "act"), ("l", "logs"))
    best = next((entry for entry, _ in offered(scene)), None)
    if best is not None and not best.goes_back:
        return (Seg(f"{best.title}, the runbook that fits"),), hints(("r", "choose it"))
    if scene.state.good is not None and scene.state.suspect is not None:
        text = (Seg("reset to "), Seg("★", "strong"), Seg(f" {short(scene.state.good.sha)}, or a runbook"))
        return text, hints(("a", "act"), ("r", "runbooks"))
    return (Seg("choose a runbook, or look at the evidence"),), hints(("r", "runbooks"))


def _doing(scene: Scene, attempt: Attempt) -> str:
    now = next((p for p in reversed(attempt.progress) if p.state == "running"), None)
    since = minutes(scene.now - attempt.asked)
    if attempt.acted is not None:
        looked = sum(1 for light in attempt.lights if light.looked)
        return f"looking again, {looked} of 5 lights, {since}"
    return f"{now.verb} {now.text}, {since}" if now else f"running, {since}"
