"""The pane: its cursor keeps its row, pinned rows stay, nothing is drawn twice."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from typing_extensions import override

from incidentui.tui.line import Line, Seg
from incidentui.tui.pane import LinePane


class Alone(App[None]):
    CSS = "LinePane { width: 40; height: 6; }"

    def __init__(self, pinned: tuple[int, int], tells: bool) -> None:
        super().__init__()
        self.pane = LinePane(id="alone", pinned=pinned)
        self.pane.tells = tells

    @override
    def compose(self) -> ComposeResult:
        yield self.pane


def rows(numbers: Sequence[int]) -> list[Line]:
    return [Line((Seg("TITLE"),)), *(Line((Seg(f"row {n}"),), key=n) for n in numbers)]


@asynccontextmanager
async def pane(lines: Sequence[Line], pinned: tuple[int, int] = (1, 0), tells: bool = False) -> AsyncIterator[LinePane]:
    app = Alone(pinned, tells)
    async with app.run_test() as pilot:
        app.pane.set_active(True)
        app.pane.set_lines(lines)
        await pilot.pause()
        yield app.pane


def texts(pane: LinePane) -> list[str]:
    return [strip.text.strip() for strip in pane.render_lines(pane.size.region)]


async def test_the_title_stays_while_rows_scroll() -> None:
    async with pane(rows(range(20))) as p:
        p.move(10)
        assert texts(p) == ["TITLE", "row 6", "row 7", "row 8", "row 9", "row 10"]
        p.end(last=True)
        assert texts(p)[-1] == "row 19"
        p.end(last=False)
        assert texts(p)[1] == "row 0"


async def test_the_last_rows_can_be_pinned_too() -> None:
    async with pane([*rows(range(20)), Line((Seg("WORD"),))], pinned=(1, 1)) as p:
        p.move(19)
        assert texts(p)[0] == "TITLE"
        assert texts(p)[-1] == "WORD"
        assert p.cursor == 19


async def test_rows_that_come_before_do_not_move_the_cursor_or_what_is_seen() -> None:
    async with pane(rows(range(10, 30))) as p:
        p.move(8)
        before = texts(p)
        p.set_lines(rows(range(30)))
        assert p.cursor == 18
        assert texts(p) == before


async def test_the_worst_comes_into_view_though_somebody_stands_at_the_top() -> None:
    async with pane(rows(range(10, 30))) as p:
        p.worst_first = True
        p.move(1)
        p.set_lines(rows([3, *range(10, 30)]))
        assert (p.cursor, texts(p)[1:4]) == (11, ["row 3", "row 10", "row 11"])
        p.set_lines(rows([*range(4), *range(10, 30)]))
        assert (p.cursor, texts(p)[-1]) == (11, "row 11"), "the cursor stays to be seen"


async def test_a_row_that_goes_leaves_the_cursor_near() -> None:
    async with pane(rows(range(10))) as p:
        p.move(5)
        p.set_lines(rows([0, 1, 2, 3, 4, 6, 7]))
        assert p.cursor in (4, 6)
        p.set_lines(rows([]))
        assert p.cursor is None


async def test_lines_without_rows_scroll_as_text() -> None:
    async with pane([Line((Seg(f"line {n}"),)) for n in range(20)], pinned=(0, 0)) as p:
        assert p.move(3)
        assert texts(p)[0] == "line 3"
        p.end(last=True)
        assert not p.move(1)


async def test_equal_lines_ask_for_no_repaint() -> None:
    async with pane(rows(range(10))) as p:
        p._repaint_regions.clear()
        p.set_lines(rows(range(10)))
        assert not p._repaint_regions
        changed = rows(range(10))
        changed[2] = Line((Seg("row X"),), key=1)
        p.set_lines(changed)
        assert {(r.x, r.y, r.width, r.height) for r in p._repaint_regions} == {(4, 2, 1, 1)}


async def test_a_cursor_move_repaints_two_rows() -> None:
    async with pane(rows(range(10))) as p:
        p._repaint_regions.clear()
        p.move(1)
        assert {r.y for r in p._repaint_regions} == {1, 2}


async def test_what_lies_beyond_is_told_in_the_last_row() -> None:
    async with pane([*rows(range(20)), Line((Seg("WORD"),))], pinned=(1, 1), tells=True) as p:
        assert texts(p) == ["TITLE", "row 0", "row 1", "row 2", "↓ 17 more rows", "WORD"]
        p.move(5)
        assert texts(p) == ["TITLE", "row 3", "row 4", "row 5", "↓ 14 more rows   ↑ 3 above", "WORD"]
        p.end(last=True)
        assert texts(p) == ["TITLE", "row 17", "row 18", "row 19", "↑ 17 above", "WORD"]
        p.set_lines([*rows(range(4)), Line((Seg("WORD"),))])
        assert texts(p) == ["TITLE", "row 0", "row 1", "row 2", "row 3", "WORD"]
