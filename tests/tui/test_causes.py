"""On the screen: the cause is named first, its echo is muted, a bypassed layer is said, closing needs proof."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from incidentui.core.inputs import CloseIncident
from incidentui.core.model import CheckState, CheckStatus, Ms
from incidentui.core.recent import Sample
from incidentui.session.ports import View
from incidentui.tui.line import Line
from incidentui.tui.present import services
from incidentui.tui.present.scene import Scene
from tests.tui import fakes
from tests.tui.screens import shown

SIZES = [(80, 24), (120, 40), (200, 50)]
NEEDS = {"dashboard": ("api",), "api": ("db", "queue"), "login": ("db",)}


def wired(view: View, bad: Mapping[str, tuple[CheckState, Ms, str]]) -> View:
    """The invented project, with what needs what, and these services not good."""
    state = view.state
    specs = tuple(replace(s, depends_on=NEEDS.get(s.name, ())) for s in state.project.services)
    found = {
        name: fakes.service(name, s.layer, *bad[name], s.running) if name in bad else s
        for name, s in state.services.items()
    }
    project = replace(state.project, services=specs)
    cells = fakes.recent(state.at, {name: (word, since) for name, (word, since, _) in bad.items()})
    return replace(view, state=replace(state, project=project, services=found), recent=cells)


def chain(view: View | None = None) -> View:
    """dashboard is red first, db deepest."""
    bad: dict[str, tuple[CheckState, Ms, str]] = {
        "dashboard": ("failing", fakes.at("09:04:50"), "500"),
        "api": ("failing", fakes.at("09:04:58"), "503"),
        "db": ("failing", fakes.at("09:04:59"), "connection refused"),
    }
    return wired(view or fakes.first_red(), bad)


def row(view: View, name: str, width: int = 60) -> Line:
    lines = services.lines(Scene(view, view.state.at), width)
    return next(line for line in lines if line.key == ("service", name))


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_the_headline_names_the_cause_and_counts_its_echoes(size: tuple[int, int]) -> None:
    async with shown(chain(), size) as seen:
        head = seen.text.splitlines()[1]
        assert "✗ db is failing" in head
        assert "2 echoes" in head
        assert "1 failing" in seen.text.splitlines()[0]
        assert "dashboard is failing" not in seen.text


async def test_an_echo_is_muted_and_stands_behind_what_fails_by_itself() -> None:
    async with shown(chain()) as seen:
        text = seen.text
    body = [line[:48].rstrip() for line in text.splitlines()]
    order = [line.split()[1] for line in body if line.startswith((" ✗ ", " ~ ", " ✓ "))]
    assert order[:3] == ["db", "api", "dashboard"]
    assert any("~ dashboard  echo of db" in line for line in body)
    assert "1 failing · 2 echoes" in text
    drawn = row(chain(), "dashboard")
    assert {seg.token for seg in drawn.segs if seg.text.strip()} <= {"muted", "faint", "rule", "okfill"}
    assert "▂" in drawn.text
    assert "▇" not in drawn.text
    assert "▇" in row(chain(), "db").text


async def test_the_roll_call_the_tab_and_the_smallest_window_count_causes_alone() -> None:
    async with shown(chain(), (80, 24)) as seen:
        assert "✗ db" in seen.text
        assert "~ dashboard" in seen.text
        assert "services ✗1" in seen.text
    async with shown(chain(), (40, 8)) as seen:
        assert "db is failing" in seen.text
        assert "+2" not in seen.text


async def test_a_need_that_nobody_can_see_is_said_under_the_row() -> None:
    bad: dict[str, tuple[CheckState, Ms, str]] = {
        "api": ("failing", fakes.at("09:04:58"), "503"),
        "queue": ("unknown", fakes.at("09:04:59"), "no route to host"),
    }
    async with shown(wired(fakes.first_red(), bad)) as seen:
        assert "✗ api is failing" in seen.text
        assert "└ needs queue, which is unknown" in seen.text
        assert "echo" not in seen.text


async def test_an_incident_opened_on_it_is_called_after_the_cause() -> None:
    async with shown(chain()) as seen:
        await seen.press("o")
        assert "db fails: connection refused" in seen.status


async def test_the_lanes_of_the_ribbon_begin_with_the_cause() -> None:
    async with shown(chain(), (200, 50)) as seen:
        lanes = [line for line in seen.text.splitlines()[5:9] if "▁" in line]
    assert [line.split()[0] for line in lanes] == ["db", "api", "dashboard"]
    assert "▆" in lanes[0]
    assert "▆" not in lanes[1]
    assert "▂" in lanes[1]


# -- the layer that was bypassed


def bypassed() -> View:
    """api is red for users, and its inner check is green."""
    view = fakes.first_red()
    inner = CheckStatus("api-direct", "api", "inner", "ok", fakes.at("08:41:00"), "48 objects")
    checks = {**view.state.checks, "api-direct": inner}
    return replace(view, state=replace(view.state, checks=checks))


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_inner_green_and_users_red_is_said_under_the_row(size: tuple[int, int]) -> None:
    async with shown(bypassed(), size) as seen:
        text = await seen.press("2")
        wide = "bypassed layer: inner is green, users are not served"
        assert (wide if size[0] == 80 else "bypassed layer: users are not served") in text
        assert "✗ api" in text
    async with shown(fakes.first_red(), size) as seen:
        assert "bypassed" not in await seen.press("2")


async def test_closing_asks_for_the_reason_when_what_failed_has_no_user_path() -> None:
    view = fakes.incident()
    state = view.state
    incident = replace(state.incidents["INC-7"], services=("queue",))
    good = {n: replace(c, state="ok") for n, c in state.checks.items()}
    quiet = replace(view, state=replace(state, checks=good, incidents={"INC-7": incident}))
    async with shown(quiet) as seen:
        await seen.press("c", "enter")
        assert "not resolved: no check goes the user's path to queue" in seen.status
        assert not [a for a in seen.session.asked if isinstance(a, CloseIncident)]


async def test_closing_asks_for_the_reason_when_nobody_looked_lately() -> None:
    """A yes to "as resolved" that the session must refuse would leave no way to give the reason."""
    view = fakes.incident()
    good = {n: replace(c, state="ok") for n, c in view.state.checks.items()}
    blind = replace(view, state=replace(view.state, checks=good), recent={})
    async with shown(blind) as seen:
        await seen.press("c")
        await seen.type("moved away")
        await seen.press("enter")
        assert [a for a in seen.session.asked if isinstance(a, CloseIncident)] == [
            CloseIncident("ana", "moved away", "INC-7")
        ]


# -- flapping


def flapping(view: View, name: str = "login") -> View:
    """Every second look of this check fails, and no threshold is reached."""
    now, check = view.state.at, f"{name}-check"
    states: list[CheckState] = ["ok", "failing"] * 6
    looks = tuple(Sample(check, now - (12 - n) * 10_000, word) for n, word in enumerate(states))
    return replace(view, recent={**view.recent, check: replace(view.recent[check], looks=looks)})


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_a_check_that_flaps_is_marked_and_its_state_stays(size: tuple[int, int]) -> None:
    async with shown(flapping(fakes.quiet()), size) as seen:
        text = await seen.press("2")
        assert "✓ login" in text
        assert "└ flapping: login-check, 10 changes lately" in text
        assert "Everything answers" in text, "a mark is no judgement"
    async with shown(fakes.quiet(), size) as seen:
        assert "flapping" not in await seen.press("2")


async def test_a_failing_service_keeps_its_answer_beside_the_mark() -> None:
    drawn = services.lines(Scene(flapping(fakes.first_red(), "api"), fakes.at("09:05:40")), 60)
    row = next(n for n, line in enumerate(drawn) if line.key == ("service", "api"))
    assert "503" in drawn[row].text
    assert "flapping: api-check" in drawn[row + 1].text


# -- workloads that are down while all that is asked answers


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_quiet_does_not_hide_a_workload_that_is_down(size: tuple[int, int]) -> None:
    view = fakes.quiet()
    crashing = fakes.workloads(view.state.at, crashing=True)
    async with shown(replace(view, state=replace(view.state, workloads=crashing)), size) as seen:
        assert "! Everything answers, but backend is down." in seen.text
    async with shown(view, size) as seen:
        assert "✓ Everything answers. All" in seen.text


@pytest.mark.req("R1-28")
@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_under_what_users_lose_stands_the_inner_check_that_fails_too(size: tuple[int, int]) -> None:
    view = fakes.first_red()
    inner = CheckStatus("api-token", "api", "inner", "failing", fakes.at("09:04:57"), "two tokens differ")
    other = replace(inner, name="api-disk", state="ok", why="40 % free")
    checks = {**view.state.checks, inner.name: inner, other.name: other}
    async with shown(replace(view, state=replace(view.state, checks=checks)), size) as seen:
        text = await seen.press("2")
        assert "└ api-token: two tokens differ" in text
        assert "api-disk" not in text
