"""Lines to cells: exact widths, inert text, ASCII twins, the smallest change."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from incidentui.tui.glyphs import TWINS, ascii_twin, net
from incidentui.tui.line import Line, Seg, cells, cut
from incidentui.tui.strips import Paint, changed, draw
from incidentui.tui.theme import Theme

HOSTILE = (
    "\x1b[2J", "\x1b]52;c;ZXZpbA==\x07", "\x1b]0;title\x07", "\x9b31m", "\x07\x08\x0b\x0c\r", "\u202etxt.exe",
    "\u200b\u2066x",
    "[@click=app.quit]x[/]", "[/]", "a\nb\tc", "\ud7ff\x00", "日本語 wide", "e\u0301", "\ufeffBOM", "\U000e0041tag",
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_make_the_terminal_obey(text: str) -> None:
    strip = draw(Line((Seg(text),)), 40, Paint())
    console = Console(force_terminal=True, color_system="truecolor")
    sent = re.sub(r"\x1b\[[0-9;]*m", "", strip.render(console))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", sent)


@given(texts, st.integers(1, 60), st.booleans())
def test_a_row_is_as_wide_as_asked_whatever_it_holds(text: str, width: int, margin: bool) -> None:
    strip = draw(Line((Seg(text), Seg("·", "muted"))), width, Paint(), margin=margin)
    assert strip.cell_length == width
    assert cell_len(strip.text) == width


@given(texts)
@example("\u0941")
def test_ascii_is_ascii_cell_for_cell(text: str) -> None:
    drawn = ascii_twin(net(text))
    assert drawn.isascii()
    assert cells(drawn) == cells(net(text))


@pytest.mark.parametrize(("glyph", "twin"), TWINS.items())
def test_every_glyph_and_its_twin_take_one_cell(glyph: str, twin: str) -> None:
    assert cells(glyph) == cells(twin) == cell_len(glyph) == 1
    assert twin.isascii()


def test_only_the_changed_columns_are_named() -> None:
    before = draw(Line((Seg("✗ api  "), Seg("11m 42s", "muted"), Seg("  ok"))), 30, Paint())
    after = draw(Line((Seg("✗ api  "), Seg("11m 43s", "muted"), Seg("  ok"))), 30, Paint())
    assert changed(before, after) == (12, 13)
    assert changed(before, before) is None


@given(texts, texts, st.integers(1, 40))
def test_outside_the_changed_columns_rows_are_equal(a: str, b: str, width: int) -> None:
    old, new = draw(Line((Seg(a), Seg("x", "fail"))), width, Paint()), draw(Line((Seg(b),)), width, Paint())
    span = changed(old, new)
    start, stop = span or (width, width)
    assert old.crop(0, start).text == new.crop(0, start).text
    assert old.crop(stop, width).text == new.crop(stop, width).text


def test_no_color_sends_attributes_only() -> None:
    line = Line((Seg(" SEV1 ", "badge", bold=True), Seg("x", "fail"), Seg("y", "muted")), "failbg", "fail")
    console = Console(force_terminal=True, color_system="truecolor")
    sent = draw(line, 20, Paint(Theme(plain=True)), margin=True).render(console)
    codes = {code for group in re.findall(r"\x1b\[([0-9;]*)m", sent) for code in group.split(";")}
    assert codes <= {"0", "1", "2", "4", "7", ""}
    assert "7" in codes


def test_a_cut_never_splits_a_wide_character() -> None:
    assert cells(cut("日本語", 4)) <= 4
