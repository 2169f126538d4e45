"""The ribbon: marks above, the worst user-path state below, one lane per troubled service when there is room."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from incidentui.core.format import short
from incidentui.core.model import BADNESS, CheckState, Ms, ServiceStatus, Span
from incidentui.core.value import dataclass
from incidentui.tui.line import Line, Seg, Token, cells, cut, cut_middle, pad
from incidentui.tui.present.next_step import name_of
from incidentui.tui.present.parts import merged
from incidentui.tui.present.past import moment, past
from incidentui.tui.present.scene import Scene, echo_of, first_red, in_state, watched
from incidentui.tui.regions import Class

MINUTE: Ms = 60_000
QUIET: Ms = 3 * 3_600_000
_LANES = 4
_TIME = 6
_DRAWN: dict[CheckState, tuple[str, Token]] = {
    "ok": ("▁", "okfill"),
    "slow": ("▄", "slowfill"),
    "failing": ("▆", "failfill"),
    "unknown": ("╌", "unknown"),
}
# Lengths of a bucket, in seconds: each is a little longer than the one before, so that the row stays nearly full.
_LENGTHS = (
    *(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50),
    *(60, 75, 90, 105, 120, 150, 180, 240, 300, 420, 600),
)
_STEPS = tuple(int(s * 1000) for s in (*_LENGTHS, 900, 1200, 1800, 3600, 7200, 14400, 43200, 86400, 604800, 31536000))


@dataclass(frozen=True, slots=True)
class Mark:
    at: Ms
    glyph: str
    label: str
    token: Token


@dataclass(frozen=True, slots=True)
class Window:
    """`columns` buckets of `step` each, the last of which holds now."""

    start: Ms
    step: Ms
    columns: int
    head: Ms
    """Where the future begins."""

    def column(self, at: Ms) -> int:
        return (at - self.start) // self.step

    @property
    def end(self) -> Ms:
        return self.start + self.step * self.columns


def height(scene: Scene, kind: Class) -> int:
    """Rows: one at compact, one without marks when quiet, two or more else."""
    if kind == "compact":
        return 1
    marks = 0 if _is_quiet(scene) else 1
    return marks + (max(1, len(_lanes(scene))) if kind == "wide" and marks else 1)


def lines(scene: Scene, width: int, kind: Class) -> list[Line]:
    """Rows without margins: content starts in column 1 of the screen."""
    inner = width - 2
    named = _lanes(scene) if kind == "wide" and not _is_quiet(scene) else []
    left = (11 if named else 0) + _TIME
    window = _window(scene, max(1, inner - left - _TIME))
    changes = _worst(_user(scene))
    base = list(_states(changes, window)) if past(scene) is None else [Seg(*_DRAWN["unknown"])] * window.columns
    _play(scene, window, base)
    if kind == "compact":
        return [_framed(scene, window, _over(base, _marks(scene), window), "", left)]
    out: list[Line] = []
    if not _is_quiet(scene):
        out.append(Line((Seg(" " * left), *_mark_row(_marks(scene), window))))
    if not named:
        return [*out, _framed(scene, window, base, "", left)]
    echo = echo_of(scene)
    for n, service in enumerate(named):
        changes = _worst([service])
        lane = list(_states(changes, window))
        if service.name in echo:
            lane = [Seg("▂", "faint") if seg.token == "failfill" else seg for seg in lane]
        _play(scene, window, lane)
        out.append(_framed(scene, window, lane, pad(cut_middle(service.name, 10), 10) + " ", left, times=n == 0))
    return out


def _is_quiet(scene: Scene) -> bool:
    return scene.incident is None and not in_state(scene, "failing") and scene.view.playhead is None


def _lanes(scene: Scene) -> list[ServiceStatus]:
    """Services that were not ok inside the window, worst now first, echoes after what is red by itself."""
    since, echo = _first(scene), echo_of(scene)
    hit = [s for s in watched(scene) if s.state != "ok" or any(p.state != "ok" and p.since >= since for p in s.spans)]
    return sorted(hit, key=lambda s: -BADNESS[s.state] + (s.name in echo))[:_LANES]


def _user(scene: Scene) -> list[ServiceStatus]:
    """Services on the user path; all of them if no check goes there."""
    names = {c.service for c in scene.state.project.checks if c.layer == "user"}
    return [s for s in watched(scene) if s.name in names] or watched(scene)


# -- time


def _first(scene: Scene) -> Ms:
    """Where the story starts: a minute before the first change."""
    if scene.incident is not None:
        start = scene.incident.window_from or scene.incident.first_red or scene.incident.opened
        return start - MINUTE
    red = first_red(scene)
    if red is None:
        return scene.now - QUIET
    before = [d.at for d in scene.state.deploys if red - 3_600_000 <= d.at <= red]
    return (before[-1] if before else red) - MINUTE


def _seen(scene: Scene) -> Ms:
    """The same, but not before anything was watched: an empty row tells nothing."""
    watched_since = min((s.spans[0].since for s in watched(scene) if s.spans), default=scene.now)
    return min(max(_first(scene), watched_since), scene.now - MINUTE)


def _window(scene: Scene, columns: int) -> Window:
    play = scene.view.playhead
    first, last = (play.first, max(play.last, play.first + 1)) if play else (_seen(scene), scene.now)
    if play:
        # The record does not grow: its buckets take what length fills the row.
        return Window(first, (last - first) // columns + 1, columns, scene.now)
    step = next((s for s in _STEPS if (last - first) // s + 1 <= columns), _STEPS[-1])
    # The newest bucket stands at the right edge and spare columns show what was before; so the picture
    # moves by whole buckets and stands still in between.
    stop = last - last % step + step
    return Window(stop - step * columns, step, columns, stop)


def _worst(services: Sequence[ServiceStatus]) -> tuple[tuple[Ms, CheckState], ...]:
    """The worst state of all from each change on, oldest first."""
    changes = sorted({p.since for s in services for p in s.spans})
    return tuple((at, worst) for at in changes if (worst := _at(services, at)) is not None)


def _at(services: Sequence[ServiceStatus], at: Ms) -> CheckState | None:
    states = [state for s in services if (state := _span(s.spans, at)) is not None]
    return max(states, key=lambda s: BADNESS[s], default=None)


def _span(spans: tuple[Span, ...], at: Ms) -> CheckState | None:
    return next((p.state for p in reversed(spans) if p.since <= at), None)


@lru_cache(maxsize=16)
def _states(changes: tuple[tuple[Ms, CheckState], ...], window: Window) -> tuple[Seg, ...]:
    """One segment per bucket. Remembered, because most repaints are inside one bucket and without news."""
    return tuple(_state(changes, window, i) for i in range(window.columns))


def _state(changes: tuple[tuple[Ms, CheckState], ...], window: Window, column: int) -> Seg:
    """The worst state inside one bucket."""
    start = window.start + column * window.step
    stop = start + window.step
    if start >= window.head:
        return Seg("▁", "faint")
    inside = [state for at, state in changes if start <= at < stop]
    before = [state for at, state in changes if at < start]
    states = inside + before[-1:]
    if not states:
        return Seg(" ")
    glyph, token = _DRAWN[max(states, key=lambda s: BADNESS[s])]
    return Seg(glyph, token)


def _play(scene: Scene, window: Window, row: list[Seg]) -> None:
    if scene.view.playhead is not None:
        column = max(0, min(window.columns - 1, window.column(scene.now)))
        row[column] = Seg("┃", "accent", bold=True)


def _framed(scene: Scene, window: Window, row: list[Seg], name: str, left: int, *, times: bool = True) -> Line:
    play = scene.view.playhead
    last = play.last if play else scene.now
    start = pad(moment(scene, window.start)[:5] if times else "", _TIME)
    tail = (Seg(f" {moment(scene, last)[:5]}", "muted"),) if times else ()
    return Line((Seg(name, "muted"), Seg(start, "muted"), *merged(row), *tail))


# -- marks


def _marks(scene: Scene) -> list[Mark]:
    return sorted([*_deploys(scene), *_changes(scene), *_doings(scene)], key=lambda m: m.at)


def _deploys(scene: Scene) -> Iterable[Mark]:
    suspect = scene.state.suspect.sha if scene.state.suspect else None
    for deploy in scene.state.deploys:
        yield Mark(deploy.at, "▲", short(deploy.now), "fail" if deploy.now == suspect else "text")


def _changes(scene: Scene) -> Iterable[Mark]:
    since = _first(scene)
    for service in watched(scene):
        was: CheckState | None = None
        for span in service.spans:
            if was is not None and span.since >= since:
                if span.state == "failing":
                    yield Mark(span.since, "✗", service.name, "fail")
                elif was == "failing" and span.state in ("ok", "slow"):
                    yield Mark(span.since, "✓", service.name, "ok")
            was = span.state


def _doings(scene: Scene) -> Iterable[Mark]:
    incident = scene.incident
    if incident is not None:
        yield Mark(incident.opened, "○", incident.by, "muted")
    for attempt in scene.state.attempts.values():
        if not attempt.plan.changes or (incident is not None and attempt.incident != incident.id):
            continue
        number = str(attempt.number or "")
        if attempt.acted is None and attempt.ended is None:
            yield Mark(attempt.asked, "◇", number, "text")
        else:
            yield Mark(attempt.acted or attempt.asked, "◆", number, "text")
        if attempt.verdict is not None and attempt.ended is not None and attempt.verdict.word != "complete":
            yield Mark(attempt.ended, "✗", cut(name_of(attempt) + " " + attempt.verdict.word, 24), "fail")
    run = scene.state.runbook
    if run is not None and run.ended is None:
        step = next((s for s in run.steps if s.state == "running" and s.since is not None), None)
        if step is not None and step.since is not None:
            yield Mark(step.since, "▸", str(step.n), "accent")


def _placed(marks: list[Mark], window: Window) -> dict[int, Mark]:
    """One mark per column; of marks in one cell the red one wins, of red ones the first."""
    out: dict[int, Mark] = {}
    for mark in marks:
        column = window.column(mark.at)
        if 0 <= column < window.columns and (
            column not in out or (mark.token == "fail" and out[column].token != "fail")
        ):
            out[column] = mark
    return out


def _mark_row(marks: list[Mark], window: Window) -> tuple[Seg, ...]:
    """Marks with their labels where there is room."""
    placed = sorted(_placed(marks, window).items())
    out: list[Seg] = []
    at = 0
    for n, (column, mark) in enumerate(placed):
        stop = placed[n + 1][0] if n + 1 < len(placed) else window.columns
        faint: Token = "muted" if mark.at >= window.head else mark.token
        gap = "" if mark.label.isdigit() else " "
        label = gap + mark.label
        if cells(label) + 2 > stop - column or not mark.label:
            label = ""
        out += [Seg(" " * (column - at)), Seg(mark.glyph + label, faint)]
        at = column + 1 + cells(label)
    return tuple(out)


def _over(row: list[Seg], marks: list[Mark], window: Window) -> list[Seg]:
    """Marks on the state row itself (compact)."""
    out = list(row)
    for column, mark in _placed(marks, window).items():
        if out[column].text != "┃":
            out[column] = Seg(mark.glyph, mark.token)
    return out
