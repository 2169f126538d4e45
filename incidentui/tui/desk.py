"""The state of the screen itself: focus, zoom, open pages, the line being typed, the answer to the last key.

It is the `PageContext` of the pages. It draws nothing; `Surface` is the screen it sits on.
"""

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import field, replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.session.ports import Session, View
from incidentui.tui.page import Following, Opening, Page
from incidentui.tui.palette import Palette
from incidentui.tui.pane import LinePane
from incidentui.tui.present.scene import RunbookEntry, Scene, first_red
from incidentui.tui.present.status import Said
from incidentui.tui.prompt import Prompt
from incidentui.tui.regions import Class, PaneName
from incidentui.tui.window import Window

if TYPE_CHECKING:
    from incidentui.runbook.model import Runbook

_KEYS = frozenset({"enter", "esc", "space", "tab"})
FRESH_S = 6.0
"""How long an answer on the status row is news."""


class Surface(Protocol):
    """What the desk needs of the screen."""

    @property
    def kind(self) -> Class: ...

    @property
    def host(self) -> LinePane: ...

    def pane(self, name: PaneName) -> LinePane: ...

    def redraw(self) -> None:
        """Draws what changed, soon."""
        ...

    def draw_now(self) -> None: ...

    def on_screen_thread(self, call: Callable[[], None]) -> None: ...

    def mono(self) -> float: ...

    def clipboard(self, text: str) -> None: ...

    def leave(self) -> None: ...

    def suspend(self) -> bool:
        """Stands still until the shell brings it back. False: no shell is there to do so."""
        ...


@dataclass(slots=True)
class Opened:
    """A page, and where its reader stood when another one was put on top."""

    page: Page
    cursor: Hashable = None
    top: int = 0
    origin: Hashable = None
    """The row it was opened from: `J` and `K` go on from there."""


@dataclass(slots=True)
class Question:
    """Asked on the status row; one key answers."""

    text: str
    keys: tuple[str, ...]
    then: Callable[[], None]
    more: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    """What other keys answer."""


@dataclass()
class Desk:
    session: Session
    surface: Surface
    runbooks: tuple[RunbookEntry, ...] = ()
    books: "tuple[Runbook, ...]" = ()
    """The same, parsed; they come after the first frame."""
    shelved: bool = False
    """Whether they have come."""
    begun: "Runbook | None" = None
    """The text that the run began with, once its file says something else."""
    typed: dict[str, dict[str, str]] = field(default_factory=dict)
    """By runbook: values that only a person knows, so that nobody types them twice in a run. In no record."""
    unsent: dict[str, str] = field(default_factory=dict)
    reread: Callable[[], None] = lambda: None
    """Looks at the files again, in a thread; `restock` hears of it when they changed."""
    zone: tzinfo | None = None
    focus: PaneName = "timeline"
    zoom: PaneName | None = None
    pages: list[Opened] = field(default_factory=list)
    typing: Prompt | None = None
    asking: Question | None = None
    palette: Palette | None = None
    answer: Said | None = None
    answered: float = 0.0
    follow: bool = True
    utc: bool = False
    declined: Ms | None = None
    """First red of what the responder did not want to open."""

    def __post_init__(self) -> None:
        self.window = Window(self.session)

    # -- what is drawn

    @property
    def view(self) -> View:
        return self.session.view

    def scene(self) -> Scene:
        scene = Scene(
            self.view,
            self.session.now(),
            self.session.me,
            UTC if self.utc else self.zone,
            runbooks=self.runbooks,
            offered=self._offered() if self.books else (),
        )
        red = first_red(scene)
        offered = scene.incident is not None or red is None or red != self.declined
        return scene if offered else replace(scene, offer=False)

    def _offered(self) -> tuple[tuple[str, str], ...]:
        from incidentui.runbook.suggest import offers  # there are no books before the first frame

        return tuple((offer.id, offer.reason) for offer in offers(self.books, self.view.state))

    @property
    def page(self) -> Page | None:
        return self.pages[-1].page if self.pages else None

    @property
    def said(self) -> Said | None:
        """The answer to the last key; muted after six seconds."""
        if self.asking is not None:
            return Said(self.asking.text, ok=False)
        if self.answer is None:
            return None
        old = self.surface.mono() - self.answered > FRESH_S
        return replace(self.answer, old=True) if old else self.answer

    @property
    def pane(self) -> LinePane:
        """The pane that has the focus, or the page's."""
        return self.surface.host if self.pages else self.surface.pane(self.zoom or self.focus)

    def restock(self, books: "tuple[Runbook, ...]") -> None:
        """Files changed while the screen was open: pages follow, and a run keeps the text that it began with."""
        run = self.view.state.runbook
        if run is not None and run.ended is None:
            mine = next((b for b in self.books if (b.id, b.digest) == (run.runbook, run.digest)), None)
            self.begun = mine or self.begun
        self.books = books
        for opened in self.pages:
            if isinstance(opened.page, Following):
                opened.page.follow(books, self)

    # -- PageContext

    @property
    def cursor(self) -> Hashable:
        return self.surface.host.cursor

    @property
    def top(self) -> int:
        return self.surface.host.top

    def push(self, page: Page, origin: Hashable = None) -> None:
        self._remember()
        self.pages.append(Opened(page, origin=origin))
        self._enter(page)

    def replace(self, page: Page, origin: Hashable = None) -> None:
        if self.pages:
            origin = origin if origin is not None else self.pages[-1].origin
            self.pages[-1] = Opened(page, origin=origin)
            self._enter(page)
        else:
            self.push(page, origin)

    def back(self) -> None:
        if self.pages:
            self.pages.pop()
        self._show()

    def say(self, text: str, ok: bool = True) -> None:
        self._answer(Said(text, ok))

    def refuse(self, key: str, why: str, hint: str = "") -> None:
        self._answer(Said(why.rstrip("."), False, key, _sentence(hint)))

    def prompt(self, label: str, on_done: Callable[[str], None], initial: str = "") -> None:
        self.typing = Prompt(label, on_done, initial, len(initial))
        self.surface.redraw()

    def ask(
        self,
        text: str,
        keys: tuple[str, ...],
        then: Callable[[], None],
        more: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        """A question on the status row; any key but `keys`, and those of `more`, means no."""
        self.asking = Question(text, keys, then, more or {})
        self.surface.redraw()

    def when(self, future: "Future[Any]", then: Callable[[Any], None]) -> None:
        future.add_done_callback(lambda f: self.surface.on_screen_thread(lambda: self._done(f, then)))

    def copy(self, text: str) -> None:
        self.surface.clipboard(text)
        self.say(f"copied {len(text)} characters")

    def scroll(self, top: int) -> None:
        self.surface.host.stand(None, top)
        self.surface.draw_now()

    def typed_for(self, runbook: str) -> dict[str, str]:
        return self.typed.setdefault(runbook, {})

    def draw(self) -> None:
        self.surface.redraw()

    # -- inside

    def _answer(self, said: Said) -> None:
        self.answer, self.answered = said, self.surface.mono()
        self.surface.redraw()

    def _done(self, future: "Future[Any]", then: Callable[[Any], None]) -> None:
        try:
            result = future.result()
        except (Exception, CancelledError) as error:  # whatever a source raised: the screen goes on, and says so
            self.say(f"no answer: {type(error).__name__}", ok=False)
            return
        then(result)
        self.surface.redraw()

    def _remember(self) -> None:
        if self.pages:
            host = self.surface.host
            self.pages[-1].cursor, self.pages[-1].top = host.cursor, host.top

    def _enter(self, page: Page) -> None:
        if isinstance(page, Opening):
            page.opened(self)
        if isinstance(page, Following):
            self.reread()
        self._show()

    def _show(self) -> None:
        """Puts the newest page where its reader left it."""
        if self.pages:
            newest = self.pages[-1]
            self.surface.host.stand(newest.cursor, newest.top)
        self.surface.draw_now()


def _sentence(hint: str) -> str:
    hint = hint.strip()
    if not hint:
        return ""
    first = hint.split()[0].rstrip(",;:")
    # R is not r, so the name of a key stays as it is; and a command is written as it is typed.
    as_it_is = len(first) == 1 or first in _KEYS or first == "incidentui" or "." in first[1:-1]
    return (hint if as_it_is else hint[0].upper() + hint[1:]) + ("" if hint.endswith((".", "?", "!")) else ".")
