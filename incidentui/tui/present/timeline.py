"""Rows of the timeline: one per event, silences between them, runs of like details folded, `now` at the end."""

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import Literal

from incidentui.core.events import (
    ActionEnded,
    ActionRequested,
    CauseChanged,
    CauseImported,
    CheckChanged,
    ConclusionDrawn,
    Deployed,
    DriftSeen,
    HypothesisChanged,
    NoteAdded,
    Recorded,
    ServiceChanged,
    WorkloadChanged,
)
from incidentui.core.format import count, duration, offset, short
from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.core.words import Row, Tone, evidence_of, row
from incidentui.tui.line import Line, Seg, Token, cut, fit, length, pad
from incidentui.tui.present.format import day, day_words, hms
from incidentui.tui.present.next_step import name_of, what_next
from incidentui.tui.present.parts import empty, title
from incidentui.tui.present.past import row_time
from incidentui.tui.present.scene import Scene, first_red, in_state

SILENCE: Ms = 90_000
FOLD = 3
_SUBJECT = 10
Times = Literal["clock", "offset"]


@dataclass(slots=True)
class Drawn:
    """Rows made so far under one set of circumstances, and the body they gave."""

    given: tuple[object, ...] = ()
    rows: dict[tuple[int, int], Line] = field(default_factory=dict)
    records: Sequence[Recorded] | None = None
    body: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the responder chose to see of the timeline, and where the window on it stands."""

    records: Sequence[Recorded] = ()
    details: bool = False
    times: Times | None = None
    """None: T+ where there is room."""
    filter: str = ""
    at_start: bool = True
    at_end: bool = True
    unseen: int = 0
    """New rows below a cursor that is not at the end."""
    gaps: bool = True
    drawn: Drawn | None = None
    """Lines that were made before: most of a repaint's rows are those of the last one."""


def lines(scene: Scene, width: int, shown: Shown, *, focused: bool = False) -> list[Line]:
    head = title(1, "TIMELINE", width, _note(scene, shown), focused=focused)
    body = list(_remembered(scene, width, shown))
    if not body:
        body = [_nothing(scene, shown)]
    if shown.at_end and not shown.filter:
        last = _now(scene, width, _offsets(scene, width, shown))
        body += [last] if last is not None else []
    return [head, *body]


def _remembered(scene: Scene, width: int, shown: Shown) -> Sequence[Line]:
    """The body, made anew only where something it depends on is different."""
    drawn = shown.drawn
    if drawn is None:
        return list(_body(scene, width, shown, {}))
    suspect = scene.state.suspect.sha if scene.state.suspect is not None else None
    offsets = first_red(scene) if _offsets(scene, width, shown) else None
    given = (width, offsets, scene.zone, suspect, len(scene.state.attempts), shown.gaps)
    if drawn.given != given:
        drawn.given, drawn.rows, drawn.records = given, {}, None
    if drawn.records is not shown.records:
        drawn.body = list(_body(scene, width, shown, drawn.rows))
        drawn.records = shown.records
    return drawn.body


def has_offsets(scene: Scene, width: int) -> bool:
    """T+ stands in panes of 70 and more while something is red or open."""
    return width >= 70 and first_red(scene) is not None


def _offsets(scene: Scene, width: int, shown: Shown) -> bool:
    if shown.times is None:
        return has_offsets(scene, width)
    return shown.times == "offset" and first_red(scene) is not None


def _note(scene: Scene, shown: Shown) -> tuple[Seg, ...]:
    if shown.unseen:
        return (Seg(f"▸ {shown.unseen} new", "accent", bold=True),)
    if shown.filter:
        more = "" if shown.at_start else "+"
        return (Seg("filter ", "muted"), Seg(cut(shown.filter, 20), "accent"), Seg(f" · {_many(shown)}{more}", "muted"))
    total = scene.incident.events if scene.incident is not None else scene.state.events
    if shown.details:
        return (Seg(f"everything · {total}", "muted"),)
    if scene.incident is None and not in_state(scene, "failing") and scene.view.playhead is None:
        return (Seg(f"today · {count(len(shown.records), 'moment')}" if shown.at_start else "today", "muted"),)
    shown_of = f" · {len(shown.records)} of {total}" if shown.at_start and shown.at_end else f" · {total} events"
    return (Seg(f"key moments{shown_of}", "muted"),)


def _many(shown: Shown) -> str:
    return count(len(shown.records), "row")


def _nothing(scene: Scene, shown: Shown) -> Line:
    if shown.filter:
        return empty(f"Nothing holds “{cut(shown.filter, 20)}”.", ("esc", "clears the filter"))
    if not shown.details and scene.state.events:
        return empty("No key moment yet.", (".", "shows details"))
    return empty("Nothing has happened yet.", ("n", "writes a note"))


def _body(scene: Scene, width: int, shown: Shown, rows: dict[tuple[int, int], Line]) -> Iterable[Line]:
    offsets = _offsets(scene, width, shown)
    before: Recorded | None = None
    for group in _groups(shown.records):
        first = group[0]
        if before is not None and day(before.at, scene.zone) != day(first.at, scene.zone):
            yield Line((Seg(day_words(first.at, scene.zone), "muted"),))
        elif before is not None and shown.gaps and first.at - before.at >= SILENCE:
            yield _gap(first.at - before.at, offsets)
        known = (group[0].seq, len(group))
        if known not in rows:
            rows[known] = _row(scene, group, width, offsets)
        yield rows[known]
        before = group[-1]


def _groups(records: Sequence[Recorded]) -> Iterable[Sequence[Recorded]]:
    """Runs of like details are one row."""
    run: list[Recorded] = []
    for record in records:
        if run and not _alike(run[-1], record):
            yield from _folded(run)
            run = []
        run.append(record)
    yield from _folded(run)


def _alike(a: Recorded, b: Recorded) -> bool:
    return (
        a.moment == b.moment == "detail"
        and type(a.event) is type(b.event)
        and a.subject == b.subject
        and not isinstance(a.event, NoteAdded | HypothesisChanged | CauseChanged | CauseImported | ConclusionDrawn)
    )


def _folded(run: list[Recorded]) -> Iterable[Sequence[Recorded]]:
    if len(run) >= FOLD:
        yield run
    else:
        yield from ([record] for record in run)


def _gap(ms: Ms, offsets: bool) -> Line:
    return Line((Seg(" " * (17 if offsets else 9)), Seg(f"┆ {duration(ms)}", "muted")))


def _row(scene: Scene, group: Sequence[Recorded], width: int, offsets: bool) -> Line:
    record = group[-1] if len(group) > 1 else group[0]
    said = told(scene, record)
    text = f"{said.text} · {len(group)}×" if len(group) > 1 else said.text
    loud = record.moment == "key"
    ink: Token = "text" if loud else "muted"
    failing = loud and said.tone == "fail"
    red = failing and isinstance(record.event, ServiceChanged | CheckChanged)
    sentence: Token = "fail" if failing and not isinstance(record.event, Deployed | WorkloadChanged) else ink
    arrow = Seg("↵ ", "muted") if has_evidence(record) else Seg("  ")
    head = (
        *_time(scene, group[0], offsets),
        Seg(f"{said.mark} ", _mark_token(said.tone, loud)),
        Seg(pad(said.subject, _SUBJECT), "fail" if red else ink, bold=red),
        Seg(" "),
    )
    room = max(0, width - length(head) - 4)
    segs = (*head, Seg(pad(text, room), sentence), Seg(" "), arrow)
    return Line(fit(segs, width), key=("event", record.seq))


def _time(scene: Scene, record: Recorded, offsets: bool) -> tuple[Seg, ...]:
    at = record.at
    out = [Seg(row_time(record, scene.zone) + " ", "muted")]
    if offsets:
        red = first_red(scene)
        out.append(Seg(pad(_offset(at - red) if red is not None else "", 7, right=True) + " ", "muted"))
    return tuple(out)


def _offset(ms: Ms) -> str:
    """T+ in seven cells: seconds within the hour, then minutes, then hours."""
    if abs(ms) < 3_600_000:
        return offset(ms)
    sign, minutes = "+" if ms > 0 else "−", abs(ms) // 60_000
    return f"{sign}{minutes // 60}h {minutes % 60:02d}m" if minutes < 600 else f"{sign}{minutes // 60}h"


def _mark_token(tone: Tone, loud: bool) -> Token:
    tokens: dict[Tone, Token] = {
        "text": "text",
        "muted": "muted",
        "fail": "fail",
        "slow": "slow",
        "unknown": "unknown",
        "ok": "ok",
    }
    return tokens[tone] if loud or tone != "text" else "muted"


def told(scene: Scene, record: Recorded) -> Row:
    """The words of a row, with the two things only the state knows: the suspect, and numbers of attempts."""
    said = row(record, scene.state.repository.commits if scene.state.repository else ())
    event = record.event
    if said.subject.startswith("remote:"):
        said = replace(said, subject=said.subject.removeprefix("remote:"))
    if isinstance(event, Deployed) and scene.state.suspect is not None and scene.state.suspect.sha == event.now:
        return replace(said, tone="fail")
    if isinstance(event, ActionRequested | ActionEnded):
        attempt = scene.state.attempts.get(event.run)
        return replace(said, subject=name_of(attempt)) if attempt is not None else said
    return said


def has_evidence(record: Recorded) -> bool:
    """Whether something stands behind the row: stored evidence, a commit, a plan, a verdict."""
    if isinstance(record.event, DriftSeen):
        return bool(record.event.fresh)
    return evidence_of(record.event) is not None or type(record.event).__name__ in (
        "Deployed",
        "DeployMissed",
        "VerdictGiven",
        "ActionRequested",
        "ActionEnded",
        "ServiceChanged",
        "WorkloadChanged",
        "SuspectNamed",
        "KnownGoodSet",
    )


def _now(scene: Scene, width: int, offsets: bool) -> Line | None:
    """What is being waited for; in a replay, what lies ahead."""
    play = scene.view.playhead
    if play is not None:
        if play.seq >= play.total:
            return Line((Seg(" " * (17 if offsets else 9)), Seg("┃ ", "accent"), Seg("end of the record", "muted")))
        ahead = f"{count(play.total - play.seq, 'event')} ahead"
        if play.next_key is not None:
            ahead += f", the next key moment in {duration(play.next_key - scene.now)}"
        return Line((Seg(" " * (17 if offsets else 9)), Seg("┃ ", "accent"), Seg(ahead, "muted")))
    mark, subject, text = waiting(scene)
    if not text:
        return None
    head = [Seg("     now ", "accent", bold=True)]
    if offsets:
        red = first_red(scene)
        head.append(Seg(pad(_offset(scene.now - red) if red is not None else "", 7, right=True) + " ", "muted"))
    head.append(Seg(f"{mark} ", "text"))
    if subject:
        head.append(Seg(pad(subject, _SUBJECT) + " "))
    return Line(fit((*head, Seg(text)), width))


def waiting(scene: Scene) -> tuple[str, str, str]:
    """Mark, subject and sentence of the `now` row; no sentence when there is nothing to wait for."""
    state = scene.state
    if state.attempt is not None:
        text, _ = what_next(scene)
        return "◇", name_of(state.attempt), text[0].text.partition(": ")[2]
    if scene.incident is None:
        if not in_state(scene, "failing"):
            return "", "", ""
        since = f"; recorded since {hms(state.watching_since, scene.zone)[:5]}" if state.watching_since else ""
        return "○", "", f"no incident open{since}"
    if state.runbook is not None and state.runbook.ended is None:
        step = next((s for s in state.runbook.steps if s.state in ("running", "todo")), None)
        if step is not None:
            return "▸", f"step {step.n}", f"{step.title}, {'not started' if step.state == 'todo' else 'running'}"
    if in_state(scene, "failing"):
        good = f", ★ {short(state.good.sha)} was good" if state.good is not None else ""
        return "○", "", f"waiting for you{good}"
    return "○", "", f"{scene.incident.stage}, nothing is failing"


def moment_of(record: Recorded) -> str:
    """For copying: `09:04:58 api 200 → 503, 3 of 3 looks`."""
    said = row(record)
    return f"{said.mark} {said.subject}: {said.text}"
