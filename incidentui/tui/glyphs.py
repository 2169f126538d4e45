"""One table: every glyph of the screen and its ASCII twin, cell for cell; and the net that lets no control
character of any text through to the terminal."""

import unicodedata

from incidentui.tui.line import cells

TWINS = {
    "✓": "+", "!": "!", "✗": "X", "?": "?", "~": "~", "≈": "<", "≡": "=", "≠": "!", "└": "`", "┆": ":",
    "▎": "|", "▲": "^", "★": "*", "◇": "%", "◆": "#", "▸": ">", "○": "o", "–": "-", "“": '"', "”": '"',
    "·": ".", "↵": ">", "┃": "|", "│": "|", "‹": "<", "›": ">", "╌": "?", "─": "-", "━": "=", "…": "~",
    "→": ">", "←": "<", "↑": "^", "↓": "v", "−": "-", "×": "x", "▁": "_", "▂": "_", "▃": "-", "▄": "-",
    "▅": "=", "▆": "=", "▇": "#", "█": "#", "◂": "<", "☐": "o", "’": "'", "‘": "'", "—": "-",
}  # fmt: skip


def _inert() -> dict[int, str]:
    """Control, bidi and zero-width characters, each drawn as one harmless cell."""
    table = dict.fromkeys(range(32), "·") | dict.fromkeys(range(127, 160), "·")
    table |= {c: "·" for c in range(0x2000, 0x2070) if unicodedata.category(chr(c)) in {"Cf", "Zl", "Zp"}}
    return table | dict.fromkeys((173, 1564, 6158, 65279, *range(65529, 65532), *range(917504, 917632)), "·")


_INERT = _inert()
_ASCII = {ord(glyph): twin for glyph, twin in TWINS.items()}


def net(text: str) -> str:
    """`text` without anything a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_INERT)


def ascii_twin(text: str) -> str:
    """`text` in ASCII, as many cells as before: unknown letters become `?`."""
    if text.isascii():
        return text
    out = []
    for c in text.translate(_ASCII):
        if c.isascii():
            out.append(c)
        elif width := cells(c):
            base = unicodedata.normalize("NFKD", c)[:1]
            out.append(base if base.isascii() and width == 1 else "?" * width)
    return "".join(out)
