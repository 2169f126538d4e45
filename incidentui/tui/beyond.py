"""What lies beyond the rows that can be seen: told in the last of them, so that nothing is hidden in silence."""

from incidentui.core.format import count
from incidentui.tui.line import Line, Seg, Token


def beyond(above: int, below: int, rail: Token | None = None) -> Line:
    """`↓ 12 more rows   ↑ 3 above`; each arrow is the key that leads there."""
    parts: list[Seg] = []
    if below:
        parts += [Seg("↓ ", "accent", bold=True), Seg(count(below, "more row"), "text")]
    if above:
        parts += [Seg("   " if below else ""), Seg("↑ ", "accent", bold=True), Seg(f"{above} above", "muted")]
    return Line(tuple(parts), rail=rail)
