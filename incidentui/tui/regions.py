"""Where everything stands: one pure function from the size of the terminal. Textual only places."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, NamedTuple

from incidentui.core.value import dataclass

Class = Literal["tiny", "compact", "normal", "wide"]
PaneName = Literal["timeline", "services", "commits", "workloads", "runbook"]
PANES: tuple[PaneName, ...] = ("timeline", "services", "commits", "workloads", "runbook")
"""In the order of their numbers, 1 to 5."""
MIN_WIDTH, MIN_HEIGHT = 60, 16
_GAP = 3


class Rect(NamedTuple):
    x: int
    y: int
    width: int
    height: int

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def __bool__(self) -> bool:
        return self.width > 0 and self.height > 0


NONE = Rect(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Needs:
    """What the content asks for. Rows do not count pane titles."""

    headline: int = 3
    """Lines of the band (or of the quiet sentence, which stands between two blank rows)."""
    banded: bool = True
    """Whether the band is tinted; the quiet sentence has air around it instead."""
    ribbon: int = 2
    """Rows of the ribbon: marks and state, more with lanes."""
    services: int = 6
    services_bad: int = 0
    """Rows that must stay: not-ok services with their causes."""
    workloads: int = 4
    workloads_bad: int = 0
    runbook: int = 6
    page: bool = False
    """A detail page stands in the place of the panes."""
    zoom: PaneName | None = None
    active: PaneName = "timeline"


@dataclass(frozen=True, slots=True)
class Regions:
    kind: Class
    header: Rect
    headline: Rect
    rollcall: Rect
    ribbon: Rect
    tabs: Rect
    body: Rect
    """What a page or a zoomed pane takes."""
    panes: Mapping[PaneName, Rect] = field(default_factory=dict)
    """Panes without a region are not on the screen."""
    selected: Rect = NONE
    status: Rect = NONE
    keys: Rect = NONE


def class_of(width: int, height: int) -> Class:
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return "tiny"
    if width < 100 or height < 32:
        return "compact"
    return "wide" if width >= 160 and height >= 40 else "normal"


def regions(width: int, height: int, needs: Needs) -> Regions:
    kind = class_of(width, height)
    if kind == "tiny":
        return Regions("tiny", NONE, NONE, NONE, NONE, NONE, Rect(0, 0, max(0, width), max(0, height)))
    header = Rect(0, 0, width, 1)
    status, keys = Rect(0, height - 2, width, 1), Rect(0, height - 1, width, 1)
    last = height - 2
    if needs.page:
        headline = Rect(0, 1, width, 1)
        top = 2 if kind == "compact" else 3
        body = Rect(0, top, width, last - top - (0 if kind == "compact" else 1))
        return Regions(kind, header, headline, NONE, NONE, NONE, body, {}, NONE, status, keys)
    if kind == "compact":
        return _compact(width, last, needs, header, status, keys)
    return _full(kind, width, last, needs, header, status, keys)


def _compact(width: int, last: int, needs: Needs, header: Rect, status: Rect, keys: Rect) -> Regions:
    lines = needs.headline
    headline = Rect(0, 1, width, lines)
    rollcall = Rect(0, 1 + lines, width, 1)
    ribbon = Rect(0, 2 + lines, width, 1)
    tabs = Rect(0, 3 + lines, width, 1)
    body = Rect(1, 4 + lines, width - 2, last - 4 - lines)
    active = needs.zoom or needs.active
    return Regions("compact", header, headline, rollcall, ribbon, tabs, body, {active: body}, NONE, status, keys)


def _full(kind: Class, width: int, last: int, needs: Needs, header: Rect, status: Rect, keys: Rect) -> Regions:
    top = 1 if needs.banded else 2
    headline = Rect(0, top, width, needs.headline)
    ribbon = Rect(0, headline.bottom + (0 if needs.banded else 1), width, needs.ribbon)
    y = ribbon.bottom + 1
    body = Rect(1, y, width - 2, last - y - 1)
    if needs.zoom:
        return Regions(kind, header, headline, NONE, ribbon, NONE, body, {needs.zoom: body}, NONE, status, keys)
    if kind == "wide":
        panes, selected = _wide(body, needs)
    else:
        panes, selected = _normal(body, needs), NONE
    return Regions(kind, header, headline, NONE, ribbon, NONE, body, panes, selected, status, keys)


def _left(x: int, width: int, body: Rect, needs: Needs) -> dict[PaneName, Rect]:
    """Services, commits, workloads under each other; commits take the rest and give first."""
    room = body.height - 2
    services, workloads = max(1, needs.services) + 1, max(1, needs.workloads) + 1
    keep = 4
    spare = room - services - workloads - keep
    if spare < 0:
        least = max(2, needs.workloads_bad + 1)
        give = min(-spare, max(0, workloads - least))
        workloads, spare = workloads - give, spare + give
    if spare < 0:
        least = max(2, needs.services_bad + 1)
        give = min(-spare, max(0, services - least))
        services, spare = services - give, spare + give
    commits = max(2, room - services - workloads)
    s = Rect(x, body.y, width, services)
    c = Rect(x, s.bottom + 1, width, commits)
    w = Rect(x, c.bottom + 1, width, max(0, body.bottom - c.bottom - 1))
    return {"services": s, "commits": c, "workloads": w}


def _normal(body: Rect, needs: Needs) -> dict[PaneName, Rect]:
    left = round((body.width + 2) * 0.42)
    right = body.x + left + _GAP
    width = body.width - left - _GAP
    rows = min(max(2, needs.runbook) + 1, body.height // 3)
    book = Rect(right, body.bottom - rows, width, rows)
    line = Rect(right, body.y, width, body.height - rows - 1)
    return {"timeline": line, **_left(body.x, left, body, needs), "runbook": book}


def _wide(body: Rect, needs: Needs) -> tuple[dict[PaneName, Rect], Rect]:
    spare = body.width - 56 - 78 - 2 * _GAP
    # Up to 58 columns go to the evidence; beyond that the timeline's sentences profit most.
    line_width = 78 + max(0, spare - 58) if spare >= 40 else body.width - 56 - 40 - 2 * _GAP
    left = _left(body.x, 56, body, needs)
    line = Rect(body.x + 56 + _GAP, body.y, line_width, body.height)
    x = line.x + line.width + _GAP
    width = body.x + body.width - x
    # The top third is the runbook's, whatever it holds, so that the evidence below stays in its place.
    rows = max(min(needs.runbook + 1, body.height // 2), min(8, body.height // 3))
    book = Rect(x, body.y, width, rows)
    selected = Rect(x, book.bottom + 1, width, body.height - rows - 1)
    return {"timeline": line, **left, "runbook": book}, selected
