"""What is said of the commit that is suspected, and what the last action did to it."""

from incidentui.core.format import change_size, duration, short
from incidentui.core.model import Attempt
from incidentui.tui.line import Seg
from incidentui.tui.present.follow import alarm
from incidentui.tui.present.format import hms
from incidentui.tui.present.next_step import name_of
from incidentui.tui.present.scene import Scene, commit, first_red, running
from incidentui.tui.regions import Class


def suspicion(scene: Scene, kind: Class) -> tuple[Seg, ...]:
    state, suspect = scene.state, scene.state.suspect
    assert suspect is not None
    if alarm(scene) is not None:  # more urgent than all that can be said of the commit
        return (Seg(standing(scene), "strong", bold=True),)
    found = commit(scene, suspect.sha)
    head = f"{change_size(found)} by {found.author}" if found else "not in this clone"
    deploy = next((d for d in reversed(state.deploys) if d.now == suspect.sha), None)
    segs = [Seg(head)]
    red = first_red(scene)
    if deploy is not None:
        before = red - deploy.at if red is not None else None
        if scene.incident is not None or before is None:
            segs.append(Seg(f", deployed {hms(deploy.at, scene.zone)}"))
        elif before >= 0:
            said = "before first red" if kind == "compact" else "before the first red"
            lead = ", " if kind == "compact" else ", deployed "
            segs.append(Seg(f"{lead}{duration(before) if before >= 1000 else 'just'} {said}"))
        else:
            segs.append(Seg(f", seen running {duration(-before)} after the first red"))
    tail = standing(scene)
    if tail:
        segs += [Seg("; "), Seg(tail, "strong", bold=True)]
    elif state.good is not None and kind != "compact":
        segs += [Seg("; "), Seg("★", "strong"), Seg(f" {short(state.good.sha)} was good")]
    return tuple(segs)


def standing(scene: Scene) -> str:
    """What the last action did to it: "still running after reset 1"; a push that was not followed says more."""
    if (found := alarm(scene)) is not None:
        return f"{short(found.sha)} was pushed {duration(scene.now - found.since)} ago and is not deployed"
    suspect, last = scene.state.suspect, _last_attempt(scene)
    if suspect is None or last is None or last.ended is None or last.revision == suspect.sha:
        return ""
    if running(scene) == suspect.sha:
        return f"still running after {name_of(last)}"
    # Only a git action can: what a shell block or a restart did, the running revision does not tell.
    took_back = last.outcome == "done" and last.plan.action.startswith("git.")
    return f"{name_of(last)} took it back" if took_back else ""


def _last_attempt(scene: Scene) -> Attempt | None:
    mine = [a for a in scene.state.attempts.values() if a.number and a.plan.changes]
    if scene.incident is not None:
        mine = [a for a in mine if a.incident == scene.incident.id]
    return mine[-1] if mine else None
