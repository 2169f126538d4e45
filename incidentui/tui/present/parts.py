"""Pieces that several panes share: the title line, key hints, sparklines."""

from collections.abc import Hashable, Iterable
from dataclasses import replace

from incidentui.core.model import CheckState, Ms
from incidentui.core.recent import CELL_MS, Cell
from incidentui.tui.line import Line, Seg, Token, cells, fit, length

LEVELS = "▁▂▃▄▅▆▇"
_FILLS: dict[CheckState, Token] = {"ok": "okfill", "slow": "slowfill", "failing": "failfill", "unknown": "unknown"}


def title(
    number: int | None,
    name: str,
    width: int,
    right: Iterable[Seg] = (),
    *,
    focused: bool = False,
    about: str = "",
) -> Line:
    """`1 TIMELINE ──────── key moments`; title and rule turn accent in the focused pane."""
    head = [Seg(f"{number} ", "muted")] if number is not None else []
    head.append(Seg(name, "accent" if focused else "strong", bold=True))
    if about:
        head.append(Seg(f"  {about}", "muted"))
    tail = fit(right, max(0, width - length(head[:2]) - 4))
    head = list(fit(head, max(0, width - length(tail) - 4)))
    rule = width - length(head) - length(tail) - 1 - (1 if tail else 0)
    line = Seg(" " + "─" * max(0, rule), "accent" if focused else "rule")
    return Line((*head, line, *((Seg(" "), *tail) if tail else ())))


def more(heading: Line, hidden: int) -> Line:
    """The title of a pane that has no room for all its rows: `↓ 497` at its end, taken off the rule."""
    at = next((n for n, seg in enumerate(heading.segs) if seg.text.startswith(" ─")), None)
    said = (Seg(" · " if at is not None and at + 1 < len(heading.segs) else " ", "muted"), Seg(f"↓ {hidden}", "text"))
    if hidden <= 0 or at is None or cells(heading.segs[at].text) < length(said) + 3:
        return heading
    rule = replace(heading.segs[at], text=heading.segs[at].text[: -length(said)])
    return replace(heading, segs=(*heading.segs[:at], rule, *heading.segs[at + 1 :], *said))


def joined(parts: Iterable[Seg]) -> tuple[Seg, ...]:
    """Parts with a muted dot between them."""
    out: list[Seg] = []
    for part in parts:
        if out:
            out.append(Seg(" · ", "muted"))
        out.append(part)
    return tuple(out)


def hints(*pairs: tuple[str, str]) -> tuple[Seg, ...]:
    """`x preview   enter read`"""
    out: list[Seg] = []
    for key, label in pairs:
        out += [Seg("   ")] if out else []
        out += [Seg(key, "accent", bold=True), Seg(f" {label}", "muted")]
    return tuple(out)


def empty(text: str, *keys: tuple[str, str], key: Hashable = None) -> Line:
    """One muted sentence and the key that helps."""
    return Line((Seg(text, "muted"), *((Seg("  "), *hints(*keys)) if keys else ())), key=key)


def level(latency_ms: int | None, slow_ms: int | None) -> str:
    """Height by latency on a log scale: 10 ms is `▁`, the slow threshold `▄`."""
    if latency_ms is None or latency_ms <= 10:
        return LEVELS[0]
    ratio, steps, limit = 1.0, 0, (slow_ms or 1_000) / 10
    # log() without math: three steps lead from 10 ms to the threshold, each the cube root of the whole.
    step = limit ** (1 / 3)
    while ratio * step <= latency_ms / 10 and steps < 5:
        ratio, steps = ratio * step, steps + 1
    return LEVELS[steps]


def sparkline(
    cells: tuple[Cell, ...], width: int, now: Ms, slow_ms: int | None, *, echo: bool = False
) -> tuple[Seg, ...]:
    """One cell per half-minute, newest right; neighbours of one kind share a segment."""
    end = now - now % CELL_MS
    by_start = {cell.start: cell for cell in cells}
    drawn = [_cell(by_start.get(end - (width - 1 - i) * CELL_MS), slow_ms, echo) for i in range(width)]
    if drawn and drawn[-1] == _cell(None, slow_ms) and len(drawn) > 1:
        drawn[-1] = drawn[-2]  # this half-minute has no look yet
    return merged(drawn)


def _cell(cell: Cell | None, slow_ms: int | None, echo: bool = False) -> Seg:
    if cell is None:
        return Seg("·", "rule")
    if cell.state == "failing":
        return Seg("▂", "faint") if echo else Seg("▇", "failfill")
    if cell.state == "unknown":
        return Seg("╌", "unknown")
    return Seg(level(cell.latency_ms, slow_ms), _FILLS[cell.state])


def merged(segs: Iterable[Seg]) -> tuple[Seg, ...]:
    out: list[Seg] = []
    for seg in segs:
        if out and (out[-1].token, out[-1].bold, out[-1].under) == (seg.token, seg.bold, seg.under):
            out[-1] = Seg(out[-1].text + seg.text, seg.token, seg.bold, seg.under)
        else:
            out.append(seg)
    return tuple(out)
