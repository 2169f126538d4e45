"""What a detail page is to the screen: lines from a view, and what its keys do.

Keys are named as the key bar shows them: a character for what prints (`x`, `!`, `[`, `G`), else a word
(`enter esc space tab backspace up down left right pgup pgdn home end ctrl+u ...`).
"""

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from incidentui.core.model import Ms
from incidentui.session.ports import Session, View
from incidentui.tui.line import Line

if TYPE_CHECKING:
    from incidentui.runbook.model import Runbook

ON_PAGES = frozenset({"?", "ctrl+p", ":", "n", "q", "i", "h", "p", "c", "J", "K", "ctrl+z"})
"""Keys of the main screen that mean the same on a page, unless the page has its own use for them."""
END = 1_000_000_000
"""A row past the end of any page."""


class PageContext(Protocol):
    """What a page may ask of the screen that shows it."""

    @property
    def session(self) -> Session: ...

    @property
    def cursor(self) -> Hashable:
        """Key of the row the cursor stands on; None when no line of the page has a key."""
        ...

    @property
    def top(self) -> int:
        """Rows of the page that are scrolled past."""
        ...

    @property
    def page(self) -> "Page | None":
        """The newest page: an answer may come when its asker is shown no more."""
        ...

    @property
    def unsent(self) -> dict[str, str]:
        """By what it was for: what was typed for a command that was refused, so that nobody types it twice."""
        ...

    def push(self, page: "Page") -> None: ...

    def replace(self, page: "Page") -> None:
        """Shows `page` in the place of the newest one (esc then skips it)."""
        ...

    def back(self) -> None: ...

    def say(self, text: str, ok: bool = True) -> None:
        """The answer to a key, on the status row."""
        ...

    def refuse(self, key: str, why: str, hint: str = "") -> None:
        """`a  refused: why.  hint` on the status row."""
        ...

    def prompt(self, label: str, on_done: Callable[[str], None], initial: str = "") -> None:
        """One line of input on the status row; `esc` gives it up without calling `on_done`."""
        ...

    def when(self, future: "Future[Any]", then: Callable[[Any], None]) -> None:
        """Calls `then(result)` on the screen's thread and draws again. A failed future is said, not raised."""
        ...

    def copy(self, text: str) -> None: ...

    def typed_for(self, runbook: str) -> dict[str, str]:
        """What was typed for the variables of a runbook: kept, and changed in place, as long as the screen is open."""
        ...

    def scroll(self, top: int) -> None:
        """Shows the page from this row of what scrolls on; past the end it is its end."""
        ...

    def draw(self) -> None:
        """Draws the page again soon: something in it changed."""
        ...


@runtime_checkable
class Page(Protocol):
    """A detail page. `lines` gives the whole page; the host scrolls what lies between the pinned rows."""

    @property
    def title(self) -> str: ...

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """The key bar: (key, label), most used first. The host adds `esc` and `?`."""
        ...

    @property
    def pinned(self) -> tuple[int, int]:
        """How many lines at the top and at the bottom never scroll. (1, 0) is usual: the heading."""
        ...

    @property
    def typing(self) -> bool:
        """True while letters go to the page (a word line): then every key but `ctrl+c` is handed to `handle`
        first and pastes are refused."""
        ...

    def lines(self, view: View, now: Ms, width: int, height: int) -> Sequence[Line]:
        """The page at this size. Content starts at column 1; `rail` of a line is drawn in column 0, its ground
        goes from edge to edge. Lines with a `key` take the cursor."""
        ...

    def handle(self, key: str, screen: PageContext) -> bool:
        """True when the key meant something here. `esc`, scrolling and `?` come here only if the page is typing."""
        ...


@runtime_checkable
class Neighbours(Protocol):
    """A page that has neighbours of its kind: `J` and `K` go there without leaving."""

    def neighbour(self, step: int, view: View) -> "Page | None": ...


@runtime_checkable
class Starting(Protocol):
    """A page that knows which row is to be looked at first."""

    @property
    def first_row(self) -> Hashable: ...


@runtime_checkable
class Following(Protocol):
    """A page of runbooks: while it is shown the files are looked at again, and it is told when they changed."""

    def follow(self, books: "Sequence[Runbook]", screen: PageContext) -> None: ...


@runtime_checkable
class Opening(Protocol):
    """A page that asks for something when it appears (a diff, a log): the host calls this once, when it is shown."""

    def opened(self, screen: PageContext) -> None: ...
