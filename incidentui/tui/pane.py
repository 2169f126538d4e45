"""Widgets that draw lines: `LineView` as they are, `LinePane` with pinned rows, scrolling and a cursor.

They know nothing of incidents. Only columns that changed are refreshed.
"""

from collections.abc import Callable, Hashable, Sequence

from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from incidentui.core.value import dataclass
from incidentui.tui.beyond import beyond
from incidentui.tui.line import Ground, Line
from incidentui.tui.strips import Paint, changed, draw, selected

_EMPTY = Line()


@dataclass()
class RowMoved(Message):
    """The mouse put the cursor on another row."""

    pane: "LinePane"
    key: Hashable


@dataclass()
class RowOpened(Message):
    """Somebody clicked the row the cursor stands on."""

    pane: "LinePane"
    key: Hashable


@dataclass()
class PaneClicked(Message):
    """The responder chose this pane with the mouse."""

    pane: "LinePane"


class LineView(Widget):
    """Rows of lines from the top. Nothing scrolls."""

    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, *, id: str, margin: bool = False, paint: Paint | None = None) -> None:
        super().__init__(id=id)
        self.paint = paint or Paint()
        self._margin = margin
        self._lines: Sequence[Line] = ()
        self._height = 0
        self._drawn: dict[int, tuple[tuple[Line, bool, int, Paint], Strip]] = {}
        self.painter: Callable[[], None] | None = None
        """Who sends changed regions to the terminal at once; without one they go the way of every widget."""

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Draws these lines; what did not change is left alone."""
        self._lines = lines
        self._update()

    def repaint(self, paint: Paint) -> None:
        """Draws everything with another theme."""
        self.paint = paint
        self._drawn.clear()
        self.refresh()

    def _at(self, y: int) -> tuple[Line, bool]:
        """The line of row `y`, and whether the cursor stands there."""
        return (self._lines[y] if 0 <= y < len(self._lines) else _EMPTY), False

    def _strip(self, y: int, width: int) -> tuple[Strip, Strip | None]:
        """The row as it is now, and as it was drawn before if that was different."""
        line, cursor = self._at(y)
        before = self._drawn.get(y)
        if before is not None:
            old = before[0]
            if (old[0] is line or old[0] == line) and old[1] == cursor and old[2] == width and old[3] is self.paint:
                return before[1], None
        value = (line, cursor, width, self.paint)
        ground: Ground | None = "select" if cursor else None
        strip = draw(selected(line) if cursor else line, width, self.paint, margin=self._margin, ground=ground)
        self._drawn[y] = (value, strip)
        return strip, before[1] if before else None

    def _update(self) -> None:
        width, height = self.size
        self._height = height
        if not self._drawn or not width:
            self.refresh()
            return
        regions = []
        for y in range(height):
            known = y in self._drawn
            strip, before = self._strip(y, width)
            if not known or (before is not None and before.cell_length != strip.cell_length):
                regions.append(Region(0, y, width, 1))
            elif before is not None and (span := changed(before, strip)):
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if not regions:
            return
        if self.painter is None:
            self.refresh(*regions)
        else:
            self._repaint_regions.update(regions)
            self.painter()

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        # Past the styles cache: our strips are complete, with ground and width, and cached by value.
        width, self._height = self.size
        strips = [self._strip(y, width)[0] for y in range(crop.y, crop.bottom)]
        if crop.x == 0 and crop.width == width:
            return strips
        return [strip.crop(crop.x, crop.right) for strip in strips]

    def on_resize(self, _event: events.Resize) -> None:
        self._height = self.size.height
        self._drawn.clear()
        self.refresh()


class LinePane(LineView):
    """Lines with a cursor. The first and last `pinned` rows do not scroll."""

    def __init__(
        self, *, id: str, margin: bool = False, pinned: tuple[int, int] = (1, 0), paint: Paint | None = None
    ) -> None:
        super().__init__(id=id, margin=margin, paint=paint)
        self.pinned = pinned
        self.active = self.visited = False
        """Focused: only then the cursor is drawn."""
        self.tells = False
        """Whether the last row that scrolls is given up to say how many lie beyond."""
        self.worst_first = False
        """What comes in before the rows at its top is to be seen, also by who stands in it."""
        self._cursor: Hashable = None
        self._top = 0
        self._rows: dict[Hashable, int] = {}
        """Where each row that takes the cursor stands, in order."""

    # -- content

    @property
    def cursor(self) -> Hashable:
        """Key of the row the cursor stands on."""
        return self._cursor

    @cursor.setter
    def cursor(self, key: Hashable) -> None:
        self._cursor = key
        self._reveal()
        self._update()

    @override
    def set_lines(self, lines: Sequence[Line]) -> None:
        """New content, pinned rows included. The cursor keeps its row, and its place on the screen."""
        old = self._index(self._cursor)
        self._lines = lines
        first, stop = self.pinned[0], len(lines) - self.pinned[1]
        self._rows = {lines[i].key: i for i in range(first, stop) if lines[i].key is not None}
        new = self._index(self._cursor)
        if new is None:
            if self._rows:
                near = old if old is not None else 0
                self._cursor = min(self._rows, key=lambda key: abs(self._rows[key] - near))
            elif self._cursor is not None:
                self._cursor = None
        elif old is not None and (self._top or (self.active and not self.worst_first)):
            # At its top a pane that nobody stands in shows what is worst now: that comes first.
            self._top += new - old
        self._clamp()
        if self._cursor is not None and (old is None or (self.active and self.worst_first)):
            self._reveal()
        self._update()

    def set_active(self, active: bool) -> None:
        if active != self.active:
            self.active = active
            self.visited = True
            if active:
                self._reveal()
            self._update()

    def rest(self) -> None:
        """Where nobody has been yet, the cursor waits on the first row, whatever row that is now."""
        if not self.visited and self._rows:
            self._cursor = next(iter(self._rows))

    # -- moving

    def move(self, rows: int) -> bool:
        """The cursor `rows` further (or the text, if no row takes a cursor). False at the edge."""
        keys = self._keyed()
        if not keys:
            return self._slide(rows)
        here = self._index(self._cursor)
        at = keys.index(here) if here in keys else 0
        to = max(0, min(len(keys) - 1, at + rows))
        if to == at:
            # What stands beyond the last row that takes a cursor can still be read.
            return self._slide(rows)
        self._cursor = self._lines[keys[to]].key
        self._reveal()
        self._update()
        return True

    def page(self, share: float) -> bool:
        """A page (1) or half a page (0.5) down; negative is up."""
        rows = max(1, int(self._room() * abs(share)))
        return self.move(rows if share > 0 else -rows)

    def end(self, last: bool) -> None:
        """To the first or the last row."""
        self.move(len(self._lines) if last else -len(self._lines))
        self._top = len(self._lines) if last else 0
        self._clamp()
        self._update()

    def to_end(self) -> None:
        """To the newest row without telling anybody: the list is being followed."""
        keys = self._keyed()
        self._cursor = self._lines[keys[-1]].key if keys else None
        self._top = len(self._lines)
        self._clamp()
        self._update()

    @property
    def top(self) -> int:
        """Rows scrolled past."""
        return self._top

    def stand(self, cursor: Hashable, top: int) -> None:
        """Where a page was left: taken up with its next lines."""
        self._cursor, self._top, self._lines, self._rows = cursor, top, (), {}

    @property
    def at_last(self) -> bool:
        keys = self._keyed()
        return not keys or self._cursor == self._lines[keys[-1]].key

    @property
    def room(self) -> int:
        """Rows that scroll."""
        return self._room()

    # -- where things are

    def _index(self, key: Hashable) -> int | None:
        return self._rows.get(key) if key is not None else None

    def _keyed(self) -> list[int]:
        return list(self._rows.values())

    def _room(self) -> int:
        return self._rows_for_body() - self._told()

    def _rows_for_body(self) -> int:
        return max(0, (self._height or self.size.height) - sum(self.pinned))

    def _told(self) -> int:
        """The row that says what lies beyond: 1 when something does, and there is more than that row."""
        return int(self.tells and 1 < self._rows_for_body() < self._body())

    def _body(self) -> int:
        return max(0, len(self._lines) - sum(self.pinned))

    def _clamp(self) -> None:
        self._top = max(0, min(self._top, self._body() - self._room()))

    def _slide(self, rows: int) -> bool:
        before = self._top
        self._top += rows
        self._clamp()
        self._update()
        return self._top != before

    def _reveal(self) -> None:
        at = self._index(self._cursor)
        if at is not None and self._room():  # without room, nothing can be scrolled past yet
            row = at - self.pinned[0]
            self._top = max(min(self._top, row), row - max(0, self._room() - 1))
        self._clamp()

    def _line_at(self, y: int) -> int | None:
        """Index of the line on row `y`."""
        first, last = self.pinned
        height = self._height
        if y < first:
            return y
        if y >= height - last:
            return len(self._lines) - (height - y)
        if y - first >= self._room():
            return None
        index = first + self._top + (y - first)
        return index if index < len(self._lines) - last else None

    @override
    def _at(self, y: int) -> tuple[Line, bool]:
        index = self._line_at(y)
        if index is None and self._told():
            rail = self._lines[self.pinned[0] + self._top].rail
            return beyond(self._top, self._body() - self._top - self._room(), rail), False
        if index is None or not 0 <= index < len(self._lines):
            return _EMPTY, False
        line = self._lines[index]
        return line, self.active and line.key is not None and line.key == self._cursor

    # -- size and mouse

    @override
    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._reveal()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._wheel(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._wheel(-3)

    def _wheel(self, rows: int) -> None:
        if self.move(rows):
            self.post_message(RowMoved(self, self._cursor))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        index = self._line_at(int(event.y))
        key = self._lines[index].key if index is not None and 0 <= index < len(self._lines) else None
        was_active = self.active
        self.post_message(PaneClicked(self))
        if key is None:
            return
        if was_active and key == self._cursor:
            self.post_message(RowOpened(self, key))
        else:
            self.cursor = key
            self.post_message(RowMoved(self, key))
