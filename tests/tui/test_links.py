"""Agents and tunnels on the screen: a word with its time under the service, and behind a message that helps nobody."""

from dataclasses import replace

import pytest

from incidentui.core.checkpoint import OnGreen
from incidentui.core.drift import Drift, DriftRow
from incidentui.core.evidence import CheckLook, write_check_look
from incidentui.core.inputs import Evidence
from incidentui.core.model import CheckSpec, CheckState, CheckStatus
from incidentui.session.ports import View
from incidentui.tui.pages.evidence import EvidencePage
from incidentui.tui.pages.workload import WorkloadPage
from tests.tui import fakes
from tests.tui.pages import builders as b
from tests.tui.screens import shown

SIZES = [(80, 24), (120, 40), (200, 50)]


def linked(view: View, state: CheckState, why: str, kind: str = "agent", service: str = "db") -> View:
    """The invented project: `db` has an agent in the container `web`, and `api` needs `db`."""
    old = view.state
    spec = CheckSpec("lab-agent", service, "inner", "log of web", kind=kind, workload="web")
    specs = tuple(replace(s, depends_on=("db",) if s.name == "api" else ()) for s in old.project.services)
    project = replace(old.project, services=specs, checks=(*old.project.checks, spec))
    status = CheckStatus("lab-agent", service, "inner", state, fakes.at("09:04:10"), why)
    return replace(view, state=replace(old, project=project, checks={**old.checks, "lab-agent": status}))


@pytest.mark.parametrize(
    ("state", "why", "said"),
    [
        ("ok", "authenticated", "lab-agent authenticated · 09:04"),
        ("slow", "connected, not yet authenticated", "lab-agent connected, not yet"),
        ("failing", "rejected: invalid token", "lab-agent rejected: invalid token"),
        ("failing", "absent: no line says that it connected", "lab-agent absent: no line"),
        ("unknown", "docker does not answer", "lab-agent unknown: docker"),
    ],
)
@pytest.mark.req("R1-40")
async def test_its_word_stands_under_its_service(state: CheckState, why: str, said: str) -> None:
    async with shown(linked(fakes.quiet(), state, why), size=(120, 40)) as screen:
        (row,) = [row for row in screen.rows if "lab-agent" in row]
        assert f"└ {said}" in row
        (web,) = [row for row in screen.rows if " web " in row]
        assert ("✗ web" in web and "agent" in web) == (state == "failing"), "a container whose agent is out is not well"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.req("R1-28")
async def test_the_headline_says_what_is_behind_a_red_service_that_nobody_is_suspected_of(
    size: tuple[int, int],
) -> None:
    view = linked(fakes.first_red(), "failing", "rejected: invalid token")
    view = replace(view, state=replace(view.state, suspect=None))
    async with shown(view, size=size) as screen:
        head = "\n".join(screen.rows[:5])
        assert "api is failing" in head
        assert "behind it" in head
        assert "lab-agent rejected: invalid token" in head
        assert all(len(row) <= size[0] for row in screen.rows)


@pytest.mark.parametrize("size", [(78, 20), (118, 34), (198, 44)])
@pytest.mark.req("R1-20", "R1-28")
def test_the_deeper_message_stands_beside_the_generic_one(size: tuple[int, int]) -> None:
    told = "No agent available"
    look = CheckLook("api-check", "api", "user", "http", "http://api/", fakes.at("09:05:00"), "failing", told, 503)
    page = EvidencePage(Evidence("check", write_check_look(look)))
    view = linked(fakes.first_red(), "failing", "rejected: invalid token")
    text = " ".join(b.shown(page, view, *size).split())
    assert text.index("No agent available") < text.index("BEHIND IT")
    assert "✗ lab-agent rejected: invalid token" in text
    assert "of db, since 09:04:10, read from log of web" in text
    well = b.shown(page, linked(fakes.first_red(), "ok", "authenticated"), *size)
    assert "BEHIND IT" not in well


async def test_under_a_red_service_it_is_told_once() -> None:
    view = linked(fakes.first_red(), "failing", "rejected: invalid token", service="api")
    async with shown(view, size=(120, 40)) as screen:
        under = [row for row in screen.rows if "└" in row and "lab-agent" in row]
        assert len(under) == 1


def test_the_page_of_its_workload_says_it_too() -> None:
    view = linked(fakes.first_red(), "failing", "rejected: invalid token")
    text = b.shown(WorkloadPage("web"), view, 118, 34)
    assert "agent         rejected: invalid token, since 09:04:10" in text


async def test_without_an_agent_what_differs_stands_behind_it_and_a_checkpoint_has_its_age() -> None:
    row = DriftRow("mount /data", "bad", "data", "data, empty", "", "compose.yml:12")
    red = fakes.first_red()
    drift = {"backend": Drift("backend", (row,))}
    view = replace(red, state=replace(red.state, suspect=None, drift=drift))
    async with shown(view, size=(120, 40)) as screen:
        (head,) = [line for line in screen.rows[:5] if "behind it" in line]
        assert "backend: mount /data empty (compose.yml:12)" in head
    quiet = fakes.quiet()
    kept = OnGreen("20260303-170200", quiet.state.at - 16 * 3_600_000)
    async with shown(replace(quiet, state=replace(quiet.state, green=kept)), size=(120, 40)) as screen:
        assert f"★ {fakes.GOOD[:7]}, checkpoint 16h ago, is what runs." in "\n".join(screen.rows[:4])
