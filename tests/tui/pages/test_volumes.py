"""The volumes of a workload on its page: what was backed up while it is open shows without leaving it."""

from dataclasses import replace

import pytest

from incidentui.core.inputs import Refusal
from incidentui.core.model import Workload
from incidentui.session.ports import Kept
from incidentui.tui.line import cells
from incidentui.tui.pages.volumes import volume_lines
from incidentui.tui.pages.workload import KEPT_EVERY_MS, WorkloadPage
from tests.tui.pages import builders as b


def test_a_backup_made_while_the_page_is_open_is_shown_soon() -> None:
    session = b.FakeSession(backups=(Kept("leads", "/data"),))
    was = session.view
    session.view = replace(was, state=replace(was.state, workloads={"web": Workload("web", "docker", "running")}))
    page = WorkloadPage("web")
    b.FakeScreen(session).push(page)

    def text(later: int) -> str:
        session.time = b.NOW + later
        return "\n".join(line.text for line in page.lines(session.view, session.time, 118, 34))

    assert "/data · no backup" in text(0)
    session.backups = (Kept("leads", "/data", "20260301-101010", b.NOW, 3, 900, 1),)
    assert "/data · no backup" in text(KEPT_EVERY_MS - 1), "it is not asked for at each drawing"
    assert "/data · backup 5s old, 3 files" in text(KEPT_EVERY_MS)
    session.backups = Refusal("docker does not answer")
    assert "3 files" in text(KEPT_EVERY_MS * 2), "what was known stays"


@pytest.mark.req("F65")
def test_how_old_a_volume_is_stands_beside_it_whatever_its_name() -> None:
    made = b.NOW - 90_000
    (_, line) = volume_lines((Kept("leads", "/data", made=made),), b.NOW, 78)[:2]
    assert "/data · made 1m 30s ago · no backup" in line.text


@pytest.mark.parametrize("width", [78, 118])
def test_only_that_there_is_no_backup_is_loud_and_a_long_place_is_not_cut(width: int) -> None:
    place = "/srv/" + "/".join(["a-place-in-the-container"] * 5)
    lines = volume_lines((Kept("leads", "/data"), Kept("far", place)), b.NOW, width)
    loud = [seg.text for line in lines for seg in line.segs if seg.token == "slow"]
    assert loud == ["no backup", "no backup"]
    assert place in "".join(seg.text for line in lines for seg in line.segs if seg.token == "muted")
    assert all(cells(line.text) <= width for line in lines)
