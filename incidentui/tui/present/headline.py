"""The band under the header: what fails and for how long, why, what next. The worst state decides its ground."""

from collections.abc import Iterable
from dataclasses import dataclass

from incidentui.core.format import count, duration, short
from incidentui.core.functions import cannot_in
from incidentui.core.idle import words
from incidentui.core.model import ServiceStatus
from incidentui.core.trouble import as_of, troubles
from incidentui.tui.line import (
    Ground,
    Line,
    Seg,
    Token,
    cells,
    cut,
    cut_middle,
    cut_sentence,
    cut_words,
    length,
    spread,
)
from incidentui.tui.present.band import LABEL, band, rail, wide
from incidentui.tui.present.drifted import drifted
from incidentui.tui.present.follow import alarm, unfollowed
from incidentui.tui.present.format import hm, hms
from incidentui.tui.present.links import nearer
from incidentui.tui.present.next_step import stopped_by_hand, what_next
from incidentui.tui.present.parts import hints, joined
from incidentui.tui.present.past import claims, past
from incidentui.tui.present.quiet import quiet
from incidentui.tui.present.runbook import offered
from incidentui.tui.present.scene import Scene, echo_of, in_state, lost, loud, not_looked, watched
from incidentui.tui.present.suspicion import standing, suspicion
from incidentui.tui.regions import Class

_ANSWER = 24
"""Cells of what a service answers that are kept, whatever else is said."""
_NAMED = 24
"""Cells of a service's name: its state, and that others fail too, must stay beside it."""
_OTHER = 60
"""Cells for what may be the cause beside a commit."""
_ROOM = 100
"""From this width on there is room for what is said at the right."""


@dataclass(frozen=True, slots=True)
class Headline:
    lines: tuple[Line, ...]
    banded: bool
    """False: one sentence with air around it."""


def headline(scene: Scene, width: int, kind: Class, *, short_form: bool = False) -> Headline:
    """The band at this size; `short_form` is the one line that stays on detail pages."""
    inner = width - 2
    block = _block(scene, inner, kind)
    if short_form:
        return Headline(block.lines[:1], block.banded)
    if kind == "compact" and len(block.lines) == 3 and past(scene) is not None:
        return Headline(block.lines[:2], block.banded)
    if kind == "compact" and len(block.lines) == 3 and not _offered(scene):
        return Headline((block.lines[0], _merged(scene, inner)), block.banded)
    if (found := alarm(scene)) is not None and len(block.lines) < 3:
        first, *rest = block.lines
        block = Headline((first, unfollowed(scene, found, inner, block.banded), *rest), block.banded)
    if scene.view.problems and not block.banded:
        return Headline((*block.lines, _problems(scene, inner)), False)
    return block


def _offered(scene: Scene) -> bool:
    return bool(scene.incident is None and scene.offer and in_state(scene, "failing") and not scene.view.playhead)


def _block(scene: Scene, width: int, kind: Class) -> Headline:
    if (found := past(scene)) is not None:
        return Headline(claims(found, width), True)
    red = sorted(loud(scene), key=lambda s: s.since or 0)
    if red:
        return Headline(tuple(_failing(scene, red, width, kind)), True)
    unknown = [s.name for s in in_state(scene, "unknown")]
    names = [*(s.name.removeprefix("remote:") for s in lost(scene)), *unknown]
    if names:
        return Headline(tuple(_unknown(scene, names, width, kind)), scene.incident is not None)
    slow = in_state(scene, "slow")
    if slow:
        first = band(width, "slowbg", "slow", "!", *_told(scene, slow, "slow", width, kind))
        return Headline((first, *_open_tail(scene, width, "slowbg", "slow")), scene.incident is not None)
    if scene.incident is not None and (not watched(scene) or not_looked(scene)):
        return Headline((_unseen(scene, width), *_open_tail(scene, width, "unkbg", "unknown")), True)
    if scene.incident is not None:
        return Headline((_recovered(scene, width), *_open_tail(scene, width, "okbg", "ok")), True)
    return Headline((quiet(scene, width, kind), *_fitting(scene, width)), False)


def _failing(scene: Scene, red: list[ServiceStatus], width: int, kind: Class) -> Iterable[Line]:
    yield band(width, "failbg", "fail", "✗", *_told(scene, red, "failing", width, kind))
    why = _why(scene, width, kind)
    if why is not None:
        yield why
    if scene.view.playhead is None:
        yield from _next(scene, width, "failbg", kind)


def _names(bad: list[ServiceStatus], state: str) -> str:
    names = [cut_middle(s.name, _NAMED) for s in bad]
    if len(names) == 1:
        return f"{names[0]} is {state}"
    if len(names) <= 3 and sum(map(len, names)) <= 24:
        return f"{', '.join(names)} are {state}"
    return f"{names[0]} and {len(names) - 1} more are {state}"


def _told(
    scene: Scene, bad: list[ServiceStatus], state: str, width: int, kind: Class
) -> tuple[str, tuple[Seg, ...], tuple[Seg, ...]]:
    """Who, what for how long, and what else is not good."""
    label, others = _names(bad, state), _others(scene)
    room = width - 2 - wide(label) - (length(others) + 2 if others else 0)
    return label, _since(scene, bad[0], kind, room), others


def _since(scene: Scene, service: ServiceStatus, kind: Class, room: int) -> tuple[Seg, ...]:
    """The answer takes the room that how long it lasts leaves: both say what is broken."""
    lasted = duration(scene.now - service.since) if service.since is not None else "some time"
    path = {"user": "user path" if kind == "compact" else "on the user path", "inner": "inner"}[service.layer]
    check = scene.state.checks.get(service.check)
    looks = ""
    if scene.incident is None and check is not None and check.looks > 1:
        of = f"{check.looks} of {check.looks}"
        looks = f", {of}" if kind == "compact" else f", {of} looks"
    rest = (
        Seg(" for ", "strong", bold=True),
        Seg(lasted, "strong", bold=True),
        Seg(f"{looks}: {lost}" if (lost := cannot_in(scene.state, service.name)) else f"{looks}, {path}", "text"),
    )
    return Seg(cut_sentence(service.why, max(_ANSWER, room - length(rest))), "strong", bold=True), *rest


def _others(scene: Scene) -> tuple[Seg, ...]:
    """What is not good either, and is not named in the band."""
    out = []
    red, unknown, slow = (in_state(scene, s) for s in ("failing", "unknown", "slow"))
    if echo := len(echo_of(scene)):
        out.append(Seg(count(echo, "echo", "echoes"), "muted"))
    if red and slow:
        out.append(Seg(f"{len(slow)} slow", "muted"))
    if (red or slow) and unknown:
        out.append(Seg(f"{len(unknown)} unknown", "muted"))
    return joined(out)


def _why(scene: Scene, width: int, kind: Class) -> Line | None:
    suspect = scene.state.suspect
    if stopped_by_hand(scene):
        return _behind(scene, width)
    if suspect is None:
        found = alarm(scene)
        return unfollowed(scene, found, width, True) if found is not None else _behind(scene, width)
    text = suspicion(scene, kind)
    right: tuple[Seg, ...] = ()
    if scene.view.playhead is not None:
        right = (Seg("as seen then", "muted"),)
    elif kind != "compact":
        right = (Seg("cause: suspected", "muted"),) if scene.incident else ()
        if other := next((text for service in loud(scene) for text in drifted(scene.state, service)), ""):
            right = (Seg("or ", "muted"), Seg(cut(other, _OTHER), "strong"))
    return band(width, "failbg", "fail", "▲", f"{short(suspect.sha)} suspect", text, right, loud=False)


def _behind(scene: Scene, width: int) -> Line | None:
    red = min(loud(scene), key=lambda s: s.since or 0)
    text, since = nearer(scene.state, red)
    right = (Seg(f"since {hms(since, scene.zone)}", "muted"),) if since is not None else ()
    said = (Seg(text, "strong"),)
    return band(width, "failbg", "fail", "└", "behind it", said, right, loud=False) if text else None


def _next(scene: Scene, width: int, ground: Ground, kind: Class) -> Iterable[Line]:
    if _offered(scene):
        yield _offer(scene, width, ground, kind)
    elif scene.incident is not None:
        text, right = what_next(scene)
        yield band(width, ground, "accent", "▸", "next", text, right, loud=False)


def _offer(scene: Scene, width: int, ground: Ground, kind: Class) -> Line:
    from incidentui.core.incidents import suggested_severity, window  # only when something is red: brings judgements in

    _, start, _ = window(scene.state, None, scene.now)
    right = (Seg(f"starts {hms(start, scene.zone)}", "muted"),)
    if kind == "compact":
        keys = hints(("o", "open incident"), ("i", "I'm on it"), ("esc", "not now"))
        return spread(width, keys, right, ground=ground, rail=rail(ground))
    keys = hints(
        ("o", f"open an incident, {suggested_severity(scene.state)} suggested"), ("i", "I'm on it"), ("esc", "not now")
    )
    return band(width, ground, "accent", "▸", "next", keys, right, loud=False)


def _merged(scene: Scene, width: int) -> Line:
    """The second line at compact: what is behind it, and what comes next at the right."""
    text, right = what_next(scene)
    suspect, still = scene.state.suspect, stopped_by_hand(scene)
    if suspect is None and not still:
        return band(width, "failbg", "accent", "▸", "next", text, right, loud=False)
    said: tuple[Seg, ...]
    if still:
        mark, label, said = "└", "behind it", (Seg(words(still[0]), "strong", bold=True),)
    else:
        tail = standing(scene)
        mark, label = "▲", f"{short(suspect.sha) if suspect else ''} suspect"
        said = (Seg(tail, "strong", bold=True),) if tail else suspicion(scene, "compact")[:2]
    key = right[:1]
    todo = "".join(seg.text for seg in text)
    if todo.startswith("step "):
        todo = todo.partition(", ")[2]
    todo = todo.partition(", or ")[0]  # here only the first way has room
    room = width - 2 - LABEL - sum(len(s.text) for s in said) - 9
    goes = (Seg("next ", "muted"), Seg(cut(todo, room), "strong"), Seg("  "), *key) if room >= 6 else key
    return band(width, "failbg", "fail", mark, label, said, goes, loud=False)


def _unknown(scene: Scene, names: list[str], width: int, kind: Class) -> Iterable[Line]:
    """What was bad when it was seen last stands first: that nobody can see it now makes it no better."""
    known = tuple(_trouble(scene, width))
    yield from known
    label = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    good = [*in_state(scene, "ok"), *in_state(scene, "slow")]
    rest = " The rest is good." if good and not known and not not_looked(scene) else ""
    who = "What it would show" if len(names) == 1 else "What they would show"
    said = f"{who} is unknown, not bad."
    room = width - 2 - wide(label) - 1
    right = _again(scene, room - cells(said + rest))
    text = cut_words(said + rest if cells(said + rest) + length(right) <= room else said, room - length(right))
    yield band(width, "unkbg", "unknown", "?", label, (Seg(text),), right)
    if not known or kind != "compact":
        yield from _open_tail(scene, width, "unkbg", "unknown")


def _again(scene: Scene, room: int) -> tuple[Seg, ...]:
    """The key, and how often it is asked anyway where there is room for that."""
    if scene.view.playhead is not None:
        return ()
    every = max((s.retry_ms or 0 for s in scene.state.sources.values() if s.lost_since is not None), default=0)
    often, key = Seg(f"asked again every {duration(every)}   ", "muted"), hints(("v", "try now"))
    return (often, *key) if every > 1_000 and length((often, *key)) <= room else key


def _trouble(scene: Scene, width: int) -> Iterable[Line]:
    """What is bad though no check is red; "as of" where its engine is silent since."""
    said, since = "; ".join(troubles(scene.state)), as_of(scene.state)
    if said:
        label = f"as of {hm(since, scene.zone)}" if since is not None else "not good"
        text = cut_words(said, width - 2 - wide(label))
        yield band(width, "unkbg", "fail", "✗", label, (Seg(text, "strong", bold=True),))


def _fitting(scene: Scene, width: int) -> Iterable[Line]:
    """While every check is green and something is bad all the same: what to do about it."""
    if scene.view.playhead is not None or not_looked(scene) or not watched(scene) or not troubles(scene.state):
        return
    best = next((entry for entry, _ in offered(scene)), None)
    if best is None:
        goes = (Seg("open the workload's row"), Seg("   "), *hints(("4", "workloads"), ("r", "runbooks")))
    else:
        goes = (Seg(f"{best.title}, the runbook that fits", "strong"), Seg("   "), *hints(("r", "choose it")))
    yield spread(width, (Seg("▸ ", "accent", bold=True), Seg("next  ", "strong"), *goes))


def _open_tail(scene: Scene, width: int, ground: Ground, token: Token) -> Iterable[Line]:
    if scene.incident is None or scene.view.playhead is not None:
        return
    text, right = what_next(scene)
    yield band(width, ground, "accent", "▸", "next", text, right, loud=False)


def _unseen(scene: Scene, width: int) -> Line:
    """Nothing red in sight, for nothing looks: that is no recovery."""
    if waiting := not_looked(scene):
        label, why = "first look", f"{count(len(waiting), 'service')} to go, nothing is known of it yet"
    else:
        told = next(iter(scene.view.problems), "")
        label, why = "nothing is checked", told or "no check is configured: what users get is unknown"
    return band(width, "unkbg", "unknown", "?", label, (Seg(cut(why, max(8, width - LABEL - 4)), "strong"),))


def _recovered(scene: Scene, width: int) -> Line:
    since = max((s.since or 0 for s in watched(scene)), default=0)
    lasted = f"all good for {duration(scene.now - since)}" if since else "all good"
    users = any(c.layer == "user" for c in scene.state.project.checks)
    path = "on the user path" if users else "inner: no check goes the users' way"
    text = (Seg(lasted, "strong", bold=True), Seg(f", {path}"))
    incident = scene.incident
    right = (Seg("recovered", "muted"),) if incident is not None and incident.resolved is not None else ()
    return band(width, "okbg", "ok", "✓", "everything answers", text, right)


def _problems(scene: Scene, width: int) -> Line:
    """What is wrong in the configuration: the first thing, and where the rest is told."""
    problems = scene.view.problems
    said = problems[0]
    if len(problems) > 1:
        said = f"{len(problems)} problems in the configuration, incidentui doctor lists them: {problems[0]}"
    return spread(width, (Seg("! ", "slow", bold=True), Seg(cut(said, width - 2), "slow")))
