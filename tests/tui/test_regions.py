"""Where things stand, from sizes alone."""

import pytest

from incidentui.tui.regions import PANES, Needs, Rect, Regions, class_of, regions

SIZES = [
    (w, h) for w in (1, 20, 59, 60, 80, 99, 100, 120, 159, 160, 200, 500) for h in (1, 6, 16, 24, 31, 32, 40, 50, 200)
]


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        ((59, 40), "tiny"),
        ((120, 15), "tiny"),
        ((60, 16), "compact"),
        ((80, 24), "compact"),
        ((160, 31), "compact"),
        ((100, 32), "normal"),
        ((120, 40), "normal"),
        ((160, 39), "normal"),
        ((160, 40), "wide"),
        ((200, 50), "wide"),
    ],
)
def test_classes_follow_the_breakpoints(size: tuple[int, int], kind: str) -> None:
    assert class_of(*size) == kind


def _all(r: Regions) -> list[Rect]:
    chrome = [r.header, r.headline, r.rollcall, r.ribbon, r.tabs, r.selected, r.status, r.keys]
    return [rect for rect in (*chrome, *r.panes.values()) if rect]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "needs", [Needs(), Needs(services=40, workloads=30, runbook=20), Needs(headline=1, banded=False)]
)
def test_nothing_overlaps_and_nothing_leaves_the_screen(size: tuple[int, int], needs: Needs) -> None:
    rects = _all(regions(*size, needs))
    taken: set[tuple[int, int]] = set()
    for rect in rects:
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.x + rect.width <= size[0]
        assert rect.bottom <= size[1]
        own = {(x, y) for x in range(rect.x, rect.x + rect.width) for y in range(rect.y, rect.bottom)}
        assert not own & taken
        taken |= own


@pytest.mark.parametrize("size", [(100, 32), (120, 40), (160, 40), (200, 50), (300, 80)])
def test_all_five_panes_stand_side_by_side_when_there_is_room(size: tuple[int, int]) -> None:
    r = regions(*size, Needs())
    assert set(r.panes) == set(PANES)
    assert all(rect.height >= 2 for rect in r.panes.values())
    assert bool(r.selected) == (class_of(*size) == "wide")


def test_the_widths_of_the_pictures() -> None:
    normal, wide = regions(120, 40, Needs()), regions(200, 50, Needs())
    assert (normal.panes["services"].width, normal.panes["timeline"].x, normal.panes["timeline"].width) == (50, 54, 65)
    assert (wide.panes["services"].width, wide.panes["timeline"].width, wide.selected.width) == (56, 78, 58)


def test_compact_shows_one_pane_and_a_page_takes_the_body() -> None:
    assert list(regions(80, 24, Needs(active="commits")).panes) == ["commits"]
    page = regions(120, 40, Needs(page=True))
    assert not page.panes
    assert page.headline.height == 1
    assert page.body.height == 34


def test_rows_that_are_not_ok_are_kept_before_commits_and_workloads() -> None:
    r = regions(120, 32, Needs(services=14, services_bad=12, workloads=12, workloads_bad=1))
    assert r.panes["services"].height > 12
    assert r.panes["workloads"].height >= 2
