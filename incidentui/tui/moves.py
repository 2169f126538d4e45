"""Moving about: rows, panes, zoom, one step back. Nothing here leaves the screen."""

from collections.abc import Callable
from functools import partial

from incidentui.tui.desk import Desk
from incidentui.tui.present.scene import first_red, in_state
from incidentui.tui.regions import PANES, PaneName


def shows_all(desk: Desk) -> bool:
    """Whether details are shown unless the responder says otherwise: in wide, while an incident is open."""
    return desk.surface.kind == "wide" and desk.scene().incident is not None


def move(desk: Desk, rows: int) -> None:
    """The cursor of the pane in focus (or of the page)."""
    pane = desk.pane
    if pane is desk.surface.pane("timeline"):
        _reach(desk, rows)
        pane.move(rows)
        stands(desk)
    else:
        pane.move(rows)
    if desk.surface.kind == "wide" and not desk.pages:
        desk.surface.redraw()  # SELECTED follows the cursor


def _reach(desk: Desk, rows: int) -> None:
    """Fetches rows before the cursor gets to the edge of the window."""
    window, wide = desk.window, shows_all(desk)
    here = window.find(desk.surface.pane("timeline").cursor)
    at = window.records.index(here) if here is not None else 0
    got = False
    if rows < 0 and at + rows < 0:
        got = window.earlier(wide)
    elif rows > 0 and at + rows >= len(window.records):
        got = window.later(wide)
    if got:
        desk.follow = False
        desk.surface.draw_now()


def stands(desk: Desk) -> None:
    """Following goes on when the cursor stands on the newest row."""
    desk.follow = desk.window.at_end and desk.surface.pane("timeline").at_last
    if desk.follow and desk.window.unseen:
        desk.window.unseen = 0
        desk.surface.redraw()


def page(desk: Desk, share: float) -> None:
    rows = max(1, int(desk.pane.room * abs(share)))
    move(desk, rows if share > 0 else -rows)


def first(desk: Desk) -> None:
    if desk.pane is desk.surface.pane("timeline"):
        if not desk.window.at_start:
            desk.window.first(shows_all(desk))
        desk.follow = False
        desk.surface.draw_now()
    desk.pane.end(last=False)


def last(desk: Desk) -> None:
    if desk.pane is desk.surface.pane("timeline"):
        follow(desk)
    else:
        desk.pane.end(last=True)


def follow(desk: Desk) -> None:
    """To the newest row, and on with it."""
    if not desk.window.at_end or desk.window.unseen:
        desk.window.last(shows_all(desk))
    desk.follow = True
    desk.surface.draw_now()


def follow_said(desk: Desk) -> None:
    follow(desk)
    desk.say("following the newest row")


def moment(desk: Desk, step: int) -> None:
    pane = desk.surface.pane("timeline")
    key = desk.window.moment(pane.cursor, step)
    if key is None:
        desk.refuse("]" if step > 0 else "[", "no key moment further on" if step > 0 else "no key moment before this")
        return
    focus(desk, "timeline")
    pane.cursor = key
    stands(desk)


def focus(desk: Desk, name: PaneName) -> None:
    if desk.focus == name and desk.zoom in (None, name):
        return
    desk.focus = name
    if desk.zoom is not None:
        desk.zoom = name
    desk.surface.draw_now()


def cycle(desk: Desk, step: int) -> None:
    order: tuple[PaneName, ...] = PANES
    focus(desk, order[(order.index(desk.focus) + step) % len(order)])


def zoom(desk: Desk) -> None:
    if desk.surface.kind == "compact":
        desk.refuse("z", "the pane has the whole body already", "1 to 5 change it")
        return
    desk.zoom = None if desk.zoom else desk.focus
    desk.surface.draw_now()


def back(desk: Desk) -> None:
    """One step: the filter, then the zoom, then the offer."""
    scene = desk.scene()
    if desk.window.filter:
        desk.window.filter, desk.follow = "", True
        desk.say("filter cleared")
    elif desk.zoom is not None:
        zoom(desk)
    elif scene.incident is None and scene.offer and in_state(scene, "failing"):
        desk.declined = first_red(scene)
        desk.say("not now; it is recorded all the same, o opens an incident at any time")


TABLE: dict[str, Callable[[Desk], None]] = {
    "down": partial(move, rows=1),
    "up": partial(move, rows=-1),
    "first": first,
    "last": last,
    "half_down": partial(page, share=0.5),
    "half_up": partial(page, share=-0.5),
    "page_down": partial(page, share=1),
    "page_up": partial(page, share=-1),
    "next_pane": partial(cycle, step=1),
    "previous_pane": partial(cycle, step=-1),
    **{f"pane_{n}": partial(focus, name=name) for n, name in enumerate(PANES, 1)},
    "next_moment": partial(moment, step=1),
    "previous_moment": partial(moment, step=-1),
    "zoom": zoom,
    "back": back,
    "follow": follow_said,
}
SCROLLS = {
    key: TABLE[action]
    for key, action in (
        ("down", "down"), ("j", "down"), ("up", "up"), ("k", "up"), ("g", "first"), ("home", "first"), ("G", "last"),
        ("end", "last"), ("ctrl+d", "half_down"), ("ctrl+u", "half_up"), ("pgdn", "page_down"), ("pgup", "page_up"),
        ("space", "page_down"),
    )
}  # fmt: skip
"""Keys that move a page."""
