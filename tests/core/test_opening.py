"""What an incident is dated to: the deploy before the red, not one that came while users were failing already."""

import pytest

from incidentui.core import inputs as i
from incidentui.core.events import IncidentOpened
from incidentui.core.model import Repository
from incidentui.core.suspects import before_red
from tests.core.test_suspects import BIG, DOCS, FIX, GOOD, SPEC, WINDOW, Watch


@pytest.mark.parametrize(
    ("deploys", "red", "found"),
    [
        ((), 60_000, None),
        ((50_000,), 60_000, 0),
        ((50_000, 61_000), 60_000, 1),  # seen a second late: nothing else came just before
        ((59_000, 61_000, 62_000), 60_000, 0),  # those came while it was red already
        ((58_000, 59_500), 60_000, 1),
        ((60_000,), 60_000, 0),
        ((70_000,), 60_000, None),
    ],
)
def test_the_deploy_that_a_red_is_dated_to(deploys: tuple[int, ...], red: int, found: int | None) -> None:
    assert before_red(deploys, red) == found


def test_a_second_push_while_it_is_red_is_in_neither_title_nor_start() -> None:
    watch = Watch()
    watch.given(
        i.StartWatch(SPEC, "ana"),
        i.RepositoryLooked(Repository("main", FIX, FIX, "origin", 1, commits=WINDOW)),
        i.MarkGood(GOOD, "ana", "it worked"),
        i.RevisionLooked("api", DOCS),
    )
    watch.look("ok")
    watch.given(i.RevisionLooked("api", BIG))
    broke = watch.now
    watch.look("failing", "500", times=1)
    watch.given(i.RevisionLooked("api", FIX))
    watch.look("failing", "500", times=1)
    watch.given(i.OpenIncident("", "ana"))
    opened = next(event for event in watch.events if isinstance(event, IncidentOpened))
    assert opened.title == f"api fails: 500 after deploy {BIG[:7]}"
    assert opened.window_from == broke
    assert opened.first_red is not None
    assert opened.window_from < opened.first_red
