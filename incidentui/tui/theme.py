"""Colour tokens as terminal styles: dark, light and NO_COLOR. The only place that knows a colour."""

from functools import cache
from typing import Literal

from rich.color import Color
from rich.style import Style

from incidentui.core.value import dataclass
from incidentui.tui.line import Ground, Token

ThemeName = Literal["dark", "light"]

_DARK_TABLE = {
    "text": "#d3dae3", "strong": "#f4f7fa", "muted": "#97a3b3", "accent": "#79b8ff", "ok": "#3fc7b4",
    "slow": "#f0c24f", "fail": "#ff8266", "unknown": "#b8a3f0", "okfill": "#23917f", "slowfill": "#c99a35",
    "failfill": "#d9533c", "unkfill": "#8a74c8", "faint": "#5a6777", "rule": "#303a46", "bg": "#0d1117",
    "surface": "#151b23", "raised": "#1c242e", "select": "#1b3049", "failbg": "#4b1b1a", "slowbg": "#30260b",
    "okbg": "#0c2a27", "unkbg": "#241d38", "addbg": "#0f2a26", "delbg": "#3c1a17", "badge": "#c4352d",
}  # fmt: skip
_LIGHT_TABLE = {
    "text": "#262c34", "strong": "#0a0d11", "muted": "#525c68", "accent": "#0b5cc4", "ok": "#00696b",
    "slow": "#835b00", "fail": "#a8181f", "unknown": "#6440b0", "okfill": "#2b9793", "slowfill": "#b5851f",
    "failfill": "#d0503a", "unkfill": "#8b6fd0", "faint": "#87919c", "rule": "#c9cecd", "bg": "#fcfcfa",
    "surface": "#eceeea", "raised": "#e4e7e3", "select": "#d6e6fb", "failbg": "#fbddd7", "slowbg": "#fbf0d0",
    "okbg": "#d9f0ee", "unkbg": "#ece6f8", "addbg": "#dff2f0", "delbg": "#fde3de", "badge": "#b3221b",
}  # fmt: skip
_BOLD = frozenset({"fail", "slow", "strong", "accent"})
_DIM = frozenset({"muted", "faint", "rule"})
_REVERSED = frozenset({"select", "failbg"})
_BADGES = frozenset({"badge", "mode", "readonly"})
_VEIL = 0.55


def _blend(colour: str, over: str, share: float) -> Color:
    """`share` of `over` on top of `colour`: what lies behind the palette."""
    a, b = Color.parse(colour).get_truecolor(), Color.parse(over).get_truecolor()
    mixed = [round(x + (y - x) * share) for x, y in zip(a, b, strict=True)]
    return Color.from_rgb(*mixed)


@dataclass(frozen=True, slots=True)
class Theme:
    """Token and ground to a style. `plain` sends attributes only (NO_COLOR)."""

    name: ThemeName = "dark"
    plain: bool = False
    veiled: bool = False
    """Everything is drawn darker, because something floats above it."""

    def style(self, token: Token, ground: Ground = "bg", bold: bool = False, under: bool = False) -> Style:
        return _style(self, token, ground, bold, under)

    def cursor(self) -> Style:
        """The block that shows where typed text goes."""
        return Style(reverse=True) if self.plain else _style(self, "mode", "bg", False, False)

    def colour(self, name: Token | Ground) -> str:
        """The hex value of a token, for what Textual itself paints."""
        return (_DARK_TABLE if self.name == "dark" else _LIGHT_TABLE)[name]


DARK = Theme()


@cache
def _style(theme: Theme, token: Token, ground: Ground, bold: bool, under: bool) -> Style:
    if theme.plain:
        return _attributes(token, ground, bold, under)
    table = _DARK_TABLE if theme.name == "dark" else _LIGHT_TABLE
    front, back = _pair(table, theme.name, token, ground)
    share = _VEIL if theme.veiled else 0.0
    veil = "#000000"
    return Style(
        color=_blend(front, veil, share),
        bgcolor=_blend(back, veil, share),
        bold=bold or None,
        underline=under or None,
    )


def _pair(table: dict[str, str], name: ThemeName, token: Token, ground: Ground) -> tuple[str, str]:
    if token == "badge":
        return "#ffffff", table["badge"]
    if token == "mode":
        return table["bg"], table["accent"]
    if token == "readonly":
        return table["bg"], table["slow"]
    return table[token], table[ground]


def _attributes(token: Token, ground: Ground, bold: bool, under: bool) -> Style:
    reverse = (ground in _REVERSED) != (token in _BADGES)
    # Dim letters on a reversed row cannot be read in most terminals.
    return Style(
        bold=(bold or token in _BOLD) or None,
        dim=(token in _DIM and ground not in _REVERSED and not bold) or None,
        reverse=reverse or None,
        underline=under or None,
    )
