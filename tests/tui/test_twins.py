"""Two compose projects of one name on one host: said where the containers are listed, and on the page of each."""

from dataclasses import replace

import pytest

from incidentui.core.model import Workload
from incidentui.core.twins import twins
from incidentui.session.ports import View
from incidentui.tui.pages.workload import WorkloadPage
from tests.tui import fakes
from tests.tui.pages import builders as b
from tests.tui.screens import shown

WEB = Workload("web", "docker", "running", origin="lab, in /srv/lab")
WORKER = Workload("worker", "docker", "running", origin="lab, in /home/bo/lab")
OTHER = Workload("db", "docker", "running", origin="db, in /srv/db")


def view(*workloads: Workload) -> View:
    quiet = fakes.quiet()
    return replace(quiet, state=replace(quiet.state, workloads={w.name: w for w in workloads}))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
async def test_the_pane_says_that_two_folders_made_them(size: tuple[int, int]) -> None:
    async with shown(view(WEB, WORKER, OTHER), size) as seen:
        text = await seen.press("4") if size[0] == 80 else seen.text
    assert "! two projects are called lab" in text
    assert "/srv/lab" in b.shown(WorkloadPage("web"), view(WEB, WORKER, OTHER), 118, 34)


def test_the_page_names_the_other_folder() -> None:
    text = " ".join(b.shown(WorkloadPage("web"), view(WEB, WORKER, OTHER), 78, 20).split())
    assert "lab, in /srv/lab; /home/bo/lab made containers of that name too" in text


def test_one_folder_or_none_that_is_known_is_no_twin() -> None:
    assert twins([WEB, OTHER, replace(WORKER, origin="lab"), replace(WEB, name="web-2")]) == []
