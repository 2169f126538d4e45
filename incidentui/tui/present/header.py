"""The first row: which incident or project, how bad, since when, who, and in which mode."""

from incidentui.core.format import clock, duration, offset
from incidentui.core.model import Incident
from incidentui.tui.line import Line, Seg, Token, cells, cut, length, spread
from incidentui.tui.present.format import hm, hms
from incidentui.tui.present.past import around, past
from incidentui.tui.present.scene import Scene, first_red, in_state, lost, loud, not_looked, watched
from incidentui.tui.regions import Class

_GAP = Seg("   ")
_TITLE = 24
"""As much of a title must be readable."""


def line(scene: Scene, width: int, kind: Class) -> Line:
    inner = width - 2
    if (found := past(scene)) is not None:
        left, right = around(found)
        room = max(8, inner - length(left) - length(right) - 2)
        return spread(inner, (*left, Seg(cut(found.title, room), "strong", bold=True)), right, ground="surface")
    if scene.incident is not None:
        left, right = _fitting(scene, scene.incident, inner, kind)
        room = inner - length(left) - length(right) - 2
        name = cut(scene.incident.title, max(8, room))
        left = (*left, Seg(name, "strong", bold=True))
    else:
        left, right = _project(scene, kind), _quiet(scene, kind)
    return spread(inner, left, right, ground="surface")


def _fitting(scene: Scene, incident: Incident, inner: int, kind: Class) -> tuple[tuple[Seg, ...], tuple[Seg, ...]]:
    """What stands around the title: stages give way to it first, then people."""
    forms: tuple[Class, ...] = ("wide", "normal", "compact")
    left, right = _incident(scene, incident, kind)
    for form in forms[forms.index(kind) + 1 :] if kind in forms else ():
        if inner - length(left) - length(right) - 2 >= min(_TITLE, cells(incident.title)):
            break
        left, right = _incident(scene, incident, form)
    return left, right


def severity(incident: Incident) -> Seg:
    if incident.severity in ("SEV1", "SEV2"):
        return Seg(f" {incident.severity} ", "badge", bold=True)
    return Seg(incident.severity, "strong", bold=True)


def mode(scene: Scene) -> Seg:
    if scene.view.playhead is not None:
        return Seg(" REPLAY ", "mode")
    if scene.view.read_only:
        return Seg(" READ-ONLY ", "readonly")
    return Seg("live" if scene.view.observing else "following", "muted")


def ticker(scene: Scene) -> Seg:
    """How long it has been red; the clock of the day when nothing is open."""
    red = first_red(scene)
    if scene.incident is None:
        return Seg(hms(scene.now, scene.zone), "strong", bold=True)
    return Seg(clock(scene.now - red) if red is not None else "start unknown", "strong", bold=True)


def _incident(scene: Scene, incident: Incident, kind: Class) -> tuple[tuple[Seg, ...], tuple[Seg, ...]]:
    left = (Seg(incident.id, "muted"), Seg("  "), severity(incident), Seg("  "))
    gap = Seg("  ") if kind == "compact" else _GAP
    stages = _stages(scene, incident) if kind == "wide" else (Seg(incident.stage, "text"),)
    people = () if kind == "compact" else (gap, Seg(_people(incident), "muted"))
    if not incident.responders:
        people = ()
    before = Seg("      ") if kind == "wide" else gap
    return left, (*stages, before, ticker(scene), *people, gap, mode(scene))


def _people(incident: Incident) -> str:
    names = incident.responders
    return " · ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")


def _stages(scene: Scene, incident: Incident) -> tuple[Seg, ...]:
    """detected, acknowledged, mitigating, recovered: done, now, or still to come."""
    start = incident.first_red
    steps = (
        ("detected", start if start is not None else incident.opened),
        ("acknowledged", incident.acknowledged),
        ("mitigating", incident.mitigated),
        ("recovered", incident.resolved),
    )
    out: list[Seg] = []
    for n, (name, at) in enumerate(steps):
        out += [Seg("    ")] if out else []
        here = name == "mitigating" and at is None and incident.stage == "mitigating"
        if at is not None and not (name == "mitigating" and incident.resolved is None):
            when = hms(at, scene.zone) if n == 0 or start is None else "+" + duration(at - start)
            out += [Seg("✓", "ok"), Seg(f" {name} {when}", "muted")]
        elif here or (name == "mitigating" and at is not None):
            since = f" {offset(at - start)}" if at is not None and start is not None else ""
            out += [Seg("▸", "accent"), Seg(f" {name}", "accent", bold=True), Seg(since, "muted")]
        else:
            out += [Seg(f"○ {name}", "muted")]
    return tuple(out)


def _project(scene: Scene, kind: Class) -> tuple[Seg, ...]:
    project = scene.state.project
    return Seg(project.name or "incidentui", "strong", bold=True), Seg(f"  {project.environment}", "muted")


def _quiet(scene: Scene, kind: Class) -> tuple[Seg, ...]:
    if scene.unread:
        return Seg("○ starting", "muted"), _GAP, ticker(scene)
    mark, text, token = _count(scene, kind)
    bold = token in ("fail", "unknown", "slow")
    word: Token = token if bold else "text"
    badge = mode(scene)
    end = _watching(scene, kind) if badge.token == "muted" and scene.view.observing else badge
    return Seg(mark, token, bold=bold), Seg(f" {text}", word, bold=bold), _GAP, ticker(scene), _GAP, end


def _count(scene: Scene, kind: Class) -> tuple[str, str, Token]:
    failing, unknown = loud(scene), in_state(scene, "unknown")
    slow, total = in_state(scene, "slow"), len(watched(scene))
    if failing:
        return "✗", f"{len(failing)} failing", "fail"
    if unseen := len(unknown) + len(lost(scene)):
        return "?", f"{unseen} unknown", "unknown"
    if not total:
        return "·", "no checks yet", "muted"
    if waiting := not_looked(scene):
        return "○", f"{len(waiting)} of {total} not looked yet", "muted"
    if slow:
        return "!", f"{len(slow)} slow", "slow"
    return "✓", f"{total} of {total}" + ("" if kind == "compact" else " good"), "ok"


def _watching(scene: Scene, kind: Class) -> Seg:
    red = in_state(scene, "failing")
    if red:
        return Seg("no incident" if kind == "compact" else "watching, no incident open", "muted")
    since = scene.state.watching_since
    if kind == "compact" or since is None:
        return Seg("watching", "muted")
    return Seg(f"watching since {hm(since, scene.zone)}", "muted")
