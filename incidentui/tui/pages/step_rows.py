"""The column of a runbook's steps: the one that is shown is always in sight, however many there are."""

from collections.abc import Sequence

from incidentui.core.format import minutes
from incidentui.core.model import Ms, RunbookRun, RunStep
from incidentui.core.state import State
from incidentui.runbook.stands import tries
from incidentui.tui.line import Line, Seg, Token, cells, cut, spread
from incidentui.tui.pages.layout import hanging
from incidentui.tui.pages.running import MARK, time_left
from incidentui.tui.pages.shown_step import attempt_of


def step_rows(
    steps: Sequence[RunStep],
    shown: int | None,
    state: State,
    now: Ms,
    run: RunbookRun | None,
    width: int,
    room: int,
) -> list[Line]:
    """Whole where they fit into `room` rows; else what is said of those gone by is cut, then their titles, and at last
    those furthest from the one that is shown are only counted."""
    digits = len(str(max((step.n for step in steps), default=0)))
    blocks: list[list[Line]] = []
    for least in (0, 1, 2):
        blocks = [
            _step_row(s, s.n == shown, state, now, run, width, 0 if s.n == shown else least, digits) for s in steps
        ]
        if sum(map(len, blocks)) <= room:
            break
    return _window(blocks, next((n for n, s in enumerate(steps) if s.n == shown), 0), room)


def _window(blocks: list[list[Line]], here: int, room: int) -> list[Line]:
    first, last, left = here, here, room - len(blocks[here]) - 2 if blocks else 0
    while left > 0 and (first > 0 or last < len(blocks) - 1):
        before = here - first <= last - here
        if first > 0 and (before or last == len(blocks) - 1):
            first, left = first - 1, left - len(blocks[first - 1])
        else:
            last, left = last + 1, left - len(blocks[last + 1])
    if sum(map(len, blocks)) <= room:
        first, last = 0, len(blocks) - 1
    above = [Line((Seg(f"  … {first} above", "muted"),))] if first > 0 else []
    below = [Line((Seg(f"  … {len(blocks) - 1 - last} below", "muted"),))] if last < len(blocks) - 1 else []
    return [*above, *(row for block in blocks[first : last + 1] for row in block), *below]


def _step_row(
    step: RunStep, here: bool, state: State, now: Ms, run: RunbookRun | None, width: int, least: int, digits: int
) -> list[Line]:
    """`least`: 0 whole, 1 a row each of title and what came of it, 2 the title alone."""
    glyph, token = MARK[step.state]
    if here and step.state == "todo":
        glyph, token = "▸", "accent"
    took = minutes(step.took_ms) if step.took_ms is not None else ""
    if step.state == "running" and step.since is not None:
        took = minutes(now - step.since)
    head = (Seg(f"{glyph} ", token), Seg(f"{step.n:>{digits}} ", "muted"))
    text: Token = "strong" if here else "text" if step.state != "todo" else "muted"
    title = cut(step.title, width - 7 - sum(cells(seg.text) for seg in head)) if least else step.title
    rows = hanging(head, title, width - 7, text, bold=here)
    first = spread(width, rows[0].segs, (Seg(took, "muted"), Seg(" ")))
    about = _about(step, state, run, now) if least < 2 else ""
    indent = 3 + digits
    about = cut(about, width - indent) if least else about
    return [first, *rows[1:], *(hanging((Seg(" " * indent),), about, width, "muted") if about else [])]


def _about(step: RunStep, state: State, run: RunbookRun | None, now: Ms) -> str:
    attempt = attempt_of(step.n, state, run)
    if step.state == "running" and attempt is not None and attempt.verdict is None:
        return ("being undone, " if step.undoing else "") + time_left(attempt, now)
    if step.note:
        return step.note + tries(step)
    if attempt is None or attempt.verdict is None:
        return ""
    number = f"attempt {attempt.number}, " if attempt.number else ""
    return f"{number}{attempt.verdict.word}{tries(step)}"
