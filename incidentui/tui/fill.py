"""One drawing of the screen: view -> regions -> lines of every pane. Called for each repaint, so it stays cheap."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from incidentui.tui import moves
from incidentui.tui.keys import bar
from incidentui.tui.line import Line, Seg
from incidentui.tui.page import Page, Starting
from incidentui.tui.present import (
    commits,
    header,
    ribbon,
    runbook,
    selected,
    services,
    status,
    timeline,
    tiny,
    workloads,
)
from incidentui.tui.present.headline import Headline, headline
from incidentui.tui.present.parts import more, title
from incidentui.tui.present.past import row_time
from incidentui.tui.present.scene import Scene
from incidentui.tui.present.status import KeyHint
from incidentui.tui.regions import NONE, PANES, Needs, PaneName, Rect, Regions, class_of, regions

if TYPE_CHECKING:
    from incidentui.tui.screen import IncidentScreen


def draw(screen: "IncidentScreen", width: int, height: int) -> None:
    desk = screen.desk
    scene = desk.scene()
    kind = class_of(width, height)
    if kind == "tiny":
        screen.regions = regions(width, height, Needs())
        typing = desk.typing.shown() if desk.typing is not None else None
        screen.top_view.set_lines(tiny.lines(scene, width, height, desk.said, typing) if width and height else ())
        return
    head = headline(scene, width, kind, short_form=bool(desk.pages))
    screen.regions = regions(width, height, _needs(screen, scene, head))
    screen._floating = screen._palette_rect()
    _veil(screen)
    _top(screen, scene, head, width)
    if desk.palette is not None:
        screen.floating.set_lines(desk.palette.lines(screen._floating.width))
    if desk.pages:
        _page(screen, scene, screen.regions.body)
    _foot(screen, scene, width)  # after the page: only then it knows which keys it takes
    if desk.pages:
        return
    for name in PANES:
        rect = screen.regions.panes.get(name, NONE)
        if rect:
            _pane(screen, scene, name, rect)
    if screen.regions.selected:
        _selected(screen, scene, screen.regions.selected)


_LINES: dict[PaneName, Callable[..., list[Line]]] = {
    "services": services.lines,
    "commits": commits.lines,
    "workloads": workloads.lines,
    "runbook": runbook.lines,
}


_WHOLE = ("services", "workloads")
"""Lists of what there is now: what does not fit is counted in their title. Commits go on for ever anyway."""


def top_rect(r: Regions) -> Rect:
    if r.kind == "tiny":
        return r.body
    last = max(r.header.bottom, r.headline.bottom, r.rollcall.bottom, r.ribbon.bottom, r.tabs.bottom)
    return Rect(0, 0, r.header.width, last)


def _needs(screen: "IncidentScreen", scene: Scene, head: Headline) -> Needs:
    desk = screen.desk
    rows, bad = services.rows(scene)
    kind = class_of(screen.size.width, screen.size.height) if screen.size else "normal"
    return Needs(
        headline=len(head.lines),
        banded=head.banded,
        ribbon=ribbon.height(scene, "wide" if kind == "wide" else "normal"),
        services=rows,
        services_bad=bad,
        workloads=workloads.rows(scene),
        workloads_bad=workloads.bad_rows(scene),
        runbook=len(runbook.lines(scene, 60)) - 1,
        page=bool(desk.pages),
        zoom=desk.zoom,
        active=desk.focus,
    )


def _veil(screen: "IncidentScreen") -> None:
    """What lies behind the palette is drawn darker."""
    veiled = screen.desk.palette is not None
    if screen.paint.theme.veiled != veiled:
        paint = replace(screen.paint, theme=replace(screen.paint.theme, veiled=veiled))
        screen.repaint(paint)
        screen.floating.repaint(replace(paint, theme=replace(paint.theme, veiled=False)))


def _top(screen: "IncidentScreen", scene: Scene, head: Headline, width: int) -> None:
    r, desk = screen.regions, screen.desk
    lines = [Line()] * top_rect(r).height
    _put(lines, r.header.y, [header.line(scene, width, r.kind)])
    _put(lines, r.headline.y, list(head.lines))
    if r.rollcall:
        _put(lines, r.rollcall.y, [services.rollcall(scene, width - 2)])
    if r.ribbon:
        _put(lines, r.ribbon.y, ribbon.lines(scene, width, r.kind)[: r.ribbon.height])
    if r.tabs:
        _put(lines, r.tabs.y, [status.tabs(scene, width, desk.zoom or desk.focus)])
    screen.top_view.set_lines(lines)


def _put(lines: list[Line], at: int, rows: list[Line]) -> None:
    lines[at : at + len(rows)] = rows


def _foot(screen: "IncidentScreen", scene: Scene, width: int) -> None:
    desk = screen.desk
    typing = desk.typing.shown() if desk.typing is not None else None
    page = desk.page
    hints = _page_hints(page) if page is not None else bar(scene, desk.focus, width)
    keys = status.keys(hints, width)
    if desk.typing is not None:
        typed = [KeyHint("enter", "done"), KeyHint("esc", "gives it up"), KeyHint("ctrl+u", "clears")]
        keys = status.typing_keys(typed, "letters go to the line", width)
    elif page is not None and page.typing:
        keys = status.typing_keys(hints, "letters go to the word", width)
    if not screen.live:
        keys = status.no_keys(width)
    below = status.rest(scene, width, desk.said, typing)
    screen.foot.set_lines([status.status(scene, width, desk.said, typing), below or keys])


def _page_hints(page: Page) -> list[KeyHint]:
    own = [KeyHint(key, label) for key, label in page.keys]
    return own if page.typing else [*own, KeyHint("esc", "back")]


def _pane(screen: "IncidentScreen", scene: Scene, name: PaneName, rect: Rect) -> None:
    desk = screen.desk
    pane = screen.panes[name]
    here = (desk.zoom or desk.focus) == name
    pane.set_active(here)
    tabbed = screen.regions.kind == "compact"
    width = rect.width
    if name == "timeline":
        _timeline(screen, scene, width, here, tabbed)
        return
    lines = _LINES[name](scene, width, focused=here)
    pane.pinned = (0, 0) if tabbed else (1, 0)
    pane.tells = tabbed
    if name in _WHOLE and not tabbed:
        lines[0] = more(lines[0], len(lines) - rect.height - pane.top)
    # In the compact form the tab is the title.
    pane.set_lines(lines[1:] if tabbed else lines)
    pane.rest()


def _timeline(screen: "IncidentScreen", scene: Scene, width: int, here: bool, tabbed: bool) -> None:
    desk, pane = screen.desk, screen.panes["timeline"]
    wide = moves.shows_all(desk)
    incident = scene.incident.id if scene.incident is not None else None
    desk.window.update(scene.state.seq, incident, wide=wide, following=desk.follow)
    shown = desk.window.shown(wide=wide, gaps=not tabbed)
    lines = timeline.lines(scene, width, shown, focused=here)
    bare = tabbed and not (shown.filter or shown.unseen)
    pane.pinned = (0, 0) if bare else (1, 0)
    pane.set_lines(lines[1:] if bare else lines)
    if desk.follow:
        pane.to_end()


def _selected(screen: "IncidentScreen", scene: Scene, rect: Rect) -> None:
    """Evidence of the cursor's row; facts of commits, services and workloads."""
    desk = screen.desk
    key = screen.panes[desk.focus].cursor
    record = desk.window.find(key)
    if record is None and desk.focus in ("timeline", "runbook"):
        record = desk.window.find(screen.panes["timeline"].cursor)
    if record is not None:
        from incidentui.core.words import evidence_of
        from incidentui.tui.pages.evidence import selected_lines
        from incidentui.tui.pages.layout import ZONE

        ZONE.set(scene.zone)
        sha = evidence_of(record.event)
        evidence = desk.session.evidence(sha) if sha else None
        note = (Seg("evidence · " if evidence else "", "muted"), Seg(row_time(record, scene.zone), "muted"))
        body = selected_lines(record, evidence, rect.width, rect.height - 1)
    else:
        kind, body = selected.about(scene, key, rect.width)
        note = (Seg(""), Seg(kind, "muted"))
    screen.selected.set_lines([title(None, "SELECTED", rect.width, note), *body])


def _page(screen: "IncidentScreen", scene: Scene, rect: Rect) -> None:
    page, host = screen.desk.page, screen.page_host
    assert page is not None
    host.set_active(True)
    from incidentui.tui.pages.layout import ZONE

    ZONE.set(scene.zone)
    lines = list(page.lines(scene.view, scene.now, rect.width - 2, rect.height))
    host.pinned = page.pinned
    if host.cursor is None and isinstance(page, Starting) and page.first_row is not None:
        host.stand(page.first_row, 0)
    host.set_lines(lines)
