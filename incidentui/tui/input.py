"""Where a key goes: the question, the line being typed, the palette, the page, the screen. In this order."""

from incidentui.tui import commands, moves
from incidentui.tui.desk import Desk
from incidentui.tui.keys import typed
from incidentui.tui.page import ON_PAGES
from incidentui.tui.pane import LinePane
from incidentui.tui.regions import PANES

_TINY = frozenset({"n", "q", "ctrl+c", "ctrl+z"})
_IS_OPEN = frozenset({("?", "help"), ("p", "draft"), ("c", "close")})
"""What a key would open, while that page is the one on top."""


def key(desk: Desk, key: str) -> None:
    if desk.answer is not None:
        desk.answer = None
        desk.surface.redraw()
    if desk.asking is not None:
        _answer(desk, key)
    elif desk.typing is not None:
        _typed(desk, key)
    elif desk.palette is not None:
        _palette(desk, key)
    elif desk.surface.kind == "tiny":
        if key in _TINY:
            commands.press(desk, key)
    elif desk.page is not None:
        _page(desk, key)
    else:
        commands.press(desk, key)


def _answer(desk: Desk, key: str) -> None:
    question, desk.asking = desk.asking, None
    desk.surface.redraw()
    if question is None:
        return
    if key in question.keys:
        question.then()
    elif (other := question.more.get(key)) is not None:
        other()


def _typed(desk: Desk, key: str) -> None:
    prompt = desk.typing
    assert prompt is not None
    ending = prompt.key(key)
    if ending is not None:
        desk.typing = None
    if ending == "done":
        prompt.on_done(prompt.text)
    elif ending == "given up" and prompt.on_change is not None:
        prompt.on_change("")
    desk.surface.redraw()


def _palette(desk: Desk, key: str) -> None:
    palette = desk.palette
    assert palette is not None
    if key == "enter":
        chosen = palette.chosen()
        desk.palette = None
        desk.surface.draw_now()
        if chosen is not None and chosen.refused:
            desk.refuse("enter", chosen.refused)
        elif chosen is not None:
            chosen.run()
    else:
        desk.palette = palette if palette.key(key) else None
        desk.surface.draw_now()


def _page(desk: Desk, key: str) -> None:
    page = desk.page
    assert page is not None
    if page.handle(key, desk):
        desk.surface.redraw()
        return
    if page.typing and key not in ("ctrl+c", "up", "down", "pgup", "pgdn"):
        return
    if key == "esc":
        desk.back()
    elif key == "ctrl+c":
        commands.stop_step(desk)
    elif key in ON_PAGES:
        if (key, page.title) not in _IS_OPEN:
            commands.press(desk, key)
    elif (move := moves.SCROLLS.get(key)) is not None:
        move(desk)
    elif len(key) == 1:
        desk.refuse(key, "it does nothing on this page", "esc goes back")


def burst(desk: Desk, text: str) -> None:
    """Several letters at once. They go where letters are typed; a new line among them only ends a line of text."""
    keys = typed(text)
    page = desk.page
    line = desk.typing is not None
    word = page is not None and page.typing and desk.palette is None and "enter" not in keys
    if desk.asking is not None or not (line or word):
        paste(desk, text)
        return
    for n, letter in enumerate(keys, 1):
        key(desk, "space" if letter == "enter" and n < len(keys) else letter)


def paste(desk: Desk, text: str) -> None:
    """Pasted text goes into the line being typed, never to keys."""
    page = desk.page
    if desk.typing is not None:
        desk.typing.insert(text)
        desk.surface.redraw()
    elif desk.palette is not None:
        desk.palette.insert(" ".join(text.split()))
        desk.surface.draw_now()
    elif page is not None and page.typing:
        desk.refuse("paste", "the word is typed, letter by letter", "Nothing was put in")
    else:
        desk.refuse("paste", "keys are typed one by one here", "n writes a note; paste it there")


def moved(desk: Desk, pane: LinePane) -> None:
    if pane is desk.surface.pane("timeline"):
        moves.stands(desk)
    if desk.surface.kind == "wide" or desk.answer is not None:
        desk.surface.redraw()


def clicked(desk: Desk, ident: str) -> None:
    if ident in PANES and not desk.pages:
        moves.focus(desk, ident)
