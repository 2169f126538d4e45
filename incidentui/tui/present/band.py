"""One line of the band under the header: mark, label, what is said, what stands at the right."""

from collections.abc import Iterable

from incidentui.tui.line import Ground, Line, Seg, Token, cells, pad, spread

LABEL = 19
"""Cells from mark to text; a longer label pushes it on."""


def band(
    width: int,
    ground: Ground,
    token: Token,
    mark: str,
    label: str,
    text: Iterable[Seg],
    right: Iterable[Seg] = (),
    *,
    loud: bool = True,
) -> Line:
    name = Seg(pad(label, wide(label)), token if loud else "strong", bold=loud)
    return spread(width, (Seg(f"{mark} ", token, bold=True), name, *text), right, ground=ground, rail=rail(ground))


def wide(label: str) -> int:
    return max(LABEL, cells(label) + 3)


def rail(ground: Ground) -> Token:
    rails: dict[Ground, Token] = {"failbg": "fail", "unkbg": "unknown", "slowbg": "slow", "okbg": "ok"}
    return rails.get(ground, "accent")
