"""Lines of a log as pages show them: the level as a mark, what repeats folded and counted."""

from collections.abc import Sequence

from incidentui.core.format import count
from incidentui.session.ports import LogLine
from incidentui.tui.line import Line, Seg, Token
from incidentui.tui.pages.known import below
from incidentui.tui.pages.layout import cell, hanging, wall

MOST_ALIKE = 40
"""The longest block of lines that is looked for again."""
_LEVEL: dict[str, tuple[str, Token, Token]] = {
    "error": ("✗", "fail", "text"),
    "warn": ("!", "slow", "text"),
    "info": ("·", "muted", "muted"),
    "": ("·", "muted", "muted"),
}


def log_lines(log: Sequence[LogLine], width: int, column: int = 0) -> list[Line]:
    """`column`: cells of the workload's name; 0: no name."""
    out: list[Line] = []
    end = 0
    for block, again in folded(log):
        end += len(block) * (again + 1)
        out += [row for line in block for row in _log_line(line, column, width)]
        if again:
            said = "same line" if len(block) == 1 else f"same {len(block)} lines"
            last = log[end - 1].at
            until = f", last {wall(last)}" if last is not None else ""
            out.append(Line((Seg(f"  ┆ {said}, {count(again, 'more time')}{until}", "muted"),)))
    return out


def folded(log: Sequence[LogLine]) -> list[tuple[Sequence[LogLine], int]]:
    """A program that dies again and again writes the same lines each time: they are shown once, and counted."""
    told = [(line.workload, line.text) for line in log]
    out: list[tuple[Sequence[LogLine], int]] = []
    at = 0
    while at < len(log):
        period, again = _repeats(told, at)
        out.append((log[at : at + period], again))
        at += period * (again + 1)
    return out


def _repeats(told: Sequence[tuple[str, str]], at: int) -> tuple[int, int]:
    """How many lines from here come again right behind themselves, and how often."""
    for period in range(1, min(MOST_ALIKE, (len(told) - at) // 2) + 1):
        block = told[at : at + period]
        stop = at + period
        while told[stop : stop + period] == block:
            stop += period
        if (again := (stop - at) // period - 1) >= 2:
            return period, again
    return 1, 0


def _log_line(line: LogLine, column: int, width: int) -> list[Line]:
    glyph, token, body = _LEVEL[line.level]
    name = (cell(line.workload, column),) if column else ()
    when = (Seg(wall(line.at) + " ", "muted"),) if line.at is not None else ()
    indent = Seg(" " * min(16, len(line.text) - len(line.text.lstrip(" "))))
    rows = hanging((*when, *name, Seg(f"{glyph} ", token), indent), line.text, width, body)
    if line.repeats:
        rows.append(Line((Seg(f"         ┆ same line, {count(line.repeats, 'more time')}", "muted"),)))
    return [*rows, *below(line, width)]


def errors(log: Sequence[LogLine]) -> list[int]:
    """Where a run of errors begins."""
    return [n for n, line in enumerate(log) if line.level == "error" and (n == 0 or log[n - 1].level != "error")]
