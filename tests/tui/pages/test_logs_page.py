"""The page of several logs: what it shows, what it says is not shown, and its keys."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

import pytest

from incidentui.core.inputs import Refusal
from incidentui.core.model import ServiceStatus, Source, Workload
from incidentui.session.ports import FollowedLogs, LogLine, View
from incidentui.tui.pages.logs import PAUSED, LogsPage, Scope
from tests.tui.pages import builders as b

LOG = (
    LogLine(b.at(1), "backend", "info", "starting on 8080"),
    LogLine(b.at(2), "db", "warn", "WARN checkpoint is late"),
    LogLine(b.at(3), "backend", "error", "KeyError: 'header'"),
)


class FakeFeed:
    def __init__(self, logs: FollowedLogs) -> None:
        self.logs = logs
        self.taken: list[tuple[int, str, bool]] = []
        self.over = False

    def take(self, most: int, containing: str = "", loud: bool = False) -> FollowedLogs:
        self.taken.append((most, containing, loud))
        return replace(self.logs, lines=self.logs.lines[-most:])

    def news(self) -> "Future[None]":
        return b.now_done(None)

    def close(self) -> None:
        self.over = True


def followed(lines: Sequence[LogLine] = LOG, gone: int = 0, **more: object) -> FollowedLogs:
    return replace(FollowedLogs(tuple(lines), len(lines), len(lines), gone), **more)  # type: ignore[arg-type]


def world() -> View:
    view = b.view()
    db = Workload("db", "docker", "running", since=b.at(0), ident="c1")
    return replace(view, state=replace(view.state, workloads={**view.state.workloads, "db": db}))


def opened(logs: FollowedLogs | None = None) -> tuple[LogsPage, FakeFeed, b.FakeScreen]:
    feed = FakeFeed(logs or followed())
    session = b.FakeSession(world(), feed=feed)
    page, screen = LogsPage(Scope("all")), b.FakeScreen(session)
    screen.push(page)
    return page, feed, screen


@pytest.mark.req("F60")
@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_lines_of_several_with_their_names_levels_and_what_is_cut(width: int, height: int) -> None:
    page, _, _ = opened(followed(gone=3_120))
    text = b.shown(page, world(), width, height)
    for part in ("LOGS  all", "backend ", "· starting on 8080", "db ", "! WARN", "✗ KeyError", "3 120 no longer kept"):
        assert part in text
    assert text.index("starting") < text.index("WARN") < text.index("KeyError")
    assert "following" in text


def test_what_does_not_fit_is_counted() -> None:
    many = [replace(LOG[0], text=f"line {n}") for n in range(500)]
    page, feed, _ = opened(followed(many))
    text = b.shown(page, world(), 118, 34)
    shown = feed.taken[-1][0]
    assert f"{500 - shown} older lines not shown" in text
    assert "line 499" in text
    assert len(text.splitlines()) <= 34


def test_troubles_and_floods_are_said_once_for_those_who_share_them() -> None:
    why = "docker engine unix:///x.sock: no answer within 3 s; it hangs or is out of reach"
    names = [("api", why), ("db", why), ("queue", why), ("web", why)]
    page, _, _ = opened(followed(troubles=tuple(names), passed=(("noisy", 3),)))
    text = b.shown(page, world(), 198, 44)
    assert f"? api, db, queue and 1 more: {why}" in text
    assert "! noisy: wrote faster than it can be read; 3 stretches passed over" in text
    assert "KeyError" in text, "what was read stays"


def test_standing_still_more_can_be_scrolled_through_and_nothing_new_comes() -> None:
    page, feed, screen = opened()
    screen.type(page, "f")
    assert feed.taken[-1][0] == PAUSED
    assert page.first_row == ("log", 2)
    feed.logs = followed([replace(LOG[0], text="new")])
    assert "new" not in b.shown(page, world(), 118, 34)
    screen.type(page, "f")
    assert "new" in b.shown(page, world(), 118, 34)


def test_filters_are_asked_of_the_feed_and_said() -> None:
    page, feed, screen = opened()
    screen.type(page, "/")
    screen.prompts[-1][1]("header ")
    screen.type(page, ".")
    text = b.shown(page, world(), 118, 34)
    assert feed.taken[-1][1:] == ("header", True)
    assert '"header" · errors, warnings · 3 of 3' in text


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_what_is_filtered_stands_in_the_row_that_never_scrolls(width: int, height: int) -> None:
    """Far down in a log that stands still the title of the lines is out of sight, and with it that most are hidden."""
    page, _, screen = opened()
    page.handle(".", screen)
    page.handle("/", screen)
    screen.prompts[-1][1]("KeyError")
    page.handle("f", screen)
    heading = page.lines(screen.session.view, b.NOW, width, height)[0].text
    assert '"KeyError" · errors, warnings · stands still since' in heading
    page.handle("f", screen)
    assert heading != (now := page.lines(screen.session.view, b.NOW, width, height)[0].text)
    assert '"KeyError" · errors, warnings' in now


def test_since_the_deploy_asks_from_when_the_revision_changed() -> None:
    page, feed, screen = opened()
    service = next(s.name for s in world().state.project.services if "backend" in s.workloads)
    status = ServiceStatus(service, running=b.BAD, running_since=b.at(-5))
    view = world()
    screen.session.view = replace(view, state=replace(view.state, services={service: status}))
    screen.type(page, "@")
    assert screen.session.followed[-1]["backend"] == b.at(-5)
    assert screen.session.followed[-1]["db"] == b.at(0), "no revision is known: since it started"
    assert feed.over, "the feed of before is closed"
    assert "since the deploy" in b.shown(page, screen.session.view, 118, 34)


def test_which_logs_goes_through_the_services() -> None:
    page, _, screen = opened()
    screen.type(page, "l")
    assert page.scope.kind == "service"
    assert "backend" in screen.session.followed[-1]
    assert "db" not in screen.session.followed[-1]
    while page.scope.kind == "service":
        screen.type(page, "l")
    assert page.scope == Scope("all")


def test_a_container_made_anew_is_followed_anew_and_so_is_a_feed_that_ended() -> None:
    page, feed, screen = opened()
    b.shown(page, world(), 118, 34)
    asked = len(screen.session.followed)
    view = world()
    anew = replace(view.state.workloads["db"], ident="c2")
    other = replace(view, state=replace(view.state, workloads={**view.state.workloads, "db": anew}))
    screen.session.view = other
    b.shown(page, other, 118, 34)
    assert len(screen.session.followed) == asked + 1
    feed.over = True
    b.shown(page, other, 118, 34)
    assert len(screen.session.followed) == asked + 2


def test_nobody_can_be_asked() -> None:
    session = b.FakeSession(world(), feed=Refusal("docker engine unix:///x: nobody listens", "start Docker"))
    page, screen = LogsPage(Scope("all")), b.FakeScreen(session)
    screen.push(page)
    assert "? docker engine unix:///x: nobody listens\n  start Docker" in b.shown(page, world(), 118, 34)
    for key in ("f", ".", "y"):
        screen.type(page, key)
    assert screen.refused[-1][0] == "y"


def test_copying_names_every_line() -> None:
    page, _, screen = opened()
    screen.type(page, "y")
    assert screen.copied[0].endswith("backend KeyError: 'header'")
    assert len(screen.copied[0].splitlines()) == 3


def test_none_at_all() -> None:
    page = LogsPage(Scope("service", "nobody"))
    b.FakeScreen(b.FakeSession(world())).push(page)
    assert "No workload is known here." in b.shown(page, world(), 118, 34)


def test_while_its_engine_is_silent_the_page_follows_nothing() -> None:
    page, _, _ = opened()
    view = world()
    lost = {"docker": Source("docker", b.at(4), "docker engine unix:///run/docker.sock: no answer within 3 s")}
    said = [
        "\n".join(
            line.text for line in page.lines(replace(view, state=replace(view.state, sources=known)), b.NOW, 118, 40)
        )
        for known in ({}, lost)
    ]
    assert "following" in said[0]
    assert "following" not in said[1]
    assert "docker does not answer since" in said[1]
