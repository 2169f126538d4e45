"""What a workload takes and is tied to, on its page at each size: asked for while the page is shown."""

from dataclasses import replace

import pytest

from incidentui.core.drift import Drift, DriftRow
from incidentui.core.inputs import Refusal
from incidentui.core.model import Workload
from incidentui.core.using import Using, taken, tight
from incidentui.tui.pages.workload import USING_EVERY_MS, WorkloadPage
from tests.tui.pages import builders as b

USING = Using(
    cpu=0.42, memory=61_000_000, most=64_000_000, processes=3,
    ports=("28081 → 80/tcp",), networks=("shop_default 192.168.96.7",), mounts=(("/data", "shop_data"),),
)  # fmt: skip


def page(takes: Using | Refusal, *drift: Drift) -> tuple[WorkloadPage, b.FakeSession]:
    session = b.FakeSession(takes=takes)
    state = replace(session.view.state, workloads={"web": Workload("web", "docker", "running")})
    session.view = replace(session.view, state=replace(state, drift={each.workload: each for each in drift}))
    found = WorkloadPage("web")
    b.FakeScreen(session).push(found)
    return found, session


def text(of: tuple[WorkloadPage, b.FakeSession], width: int = 118, height: int = 34) -> str:
    return "\n".join(line.text for line in of[0].lines(of[1].view, of[1].time, width, height))


@pytest.mark.req("F60")
@pytest.mark.parametrize("size", [(78, 20), (118, 34), (198, 44)], ids="{0[0]}x{0[1]}".format)
def test_cpu_memory_and_ports_stand_on_the_page_at_every_size(size: tuple[int, int]) -> None:
    shown = text(page(USING), *size)
    assert "42 % of a core · 61 MB of 64 MB, 95 %" in shown
    assert "28081 → 80/tcp" in shown
    small = size[0] == 78
    assert ("shop_default 192.168.96.7" in shown) is not small, "on a small screen the log needs the room"
    assert ("/data: shop_data" in shown) is not small


def test_a_mount_that_is_compared_below_is_not_told_twice() -> None:
    row = DriftRow("mount /data", "ok", "shop_data", "shop_data", "", "compose.yml:9")
    assert "/data: shop_data" not in text(page(USING, Drift("web", (row,))))


def test_little_room_below_the_limit_is_loud_and_what_nobody_can_tell_is_no_figure() -> None:
    found = page(USING)
    lines = found[0].lines(found[1].view, b.NOW, 118, 34)
    loud = [seg.text for line in lines for seg in line.segs if seg.token == "slow"]
    assert any("95 %" in part for part in loud)
    assert "takes" not in text(page(Using()))
    assert "takes" not in text(page(Refusal("docker does not answer")))
    assert taken(Using(memory=2_000_000)) == "2.0 MB"
    assert taken(Using(cpu=2.5, memory=2_000_000, most=0)) == "2.5 cores · 2.0 MB, no limit"
    assert not tight(Using(memory=1, most=0))


def test_it_is_asked_for_again_while_the_page_is_shown_and_goes_when_nobody_answers() -> None:
    found = page(USING)
    assert "42 %" in text(found)
    found[1].takes = replace(USING, cpu=0.9)
    found[1].time = b.NOW + USING_EVERY_MS - 1
    assert "42 %" in text(found), "not at each drawing"
    found[1].time = b.NOW + USING_EVERY_MS
    text(found)
    assert "90 % of a core" in text(found)
    found[1].takes = Refusal("docker does not answer")
    found[1].time = b.NOW + 2 * USING_EVERY_MS
    text(found)
    assert "90 %" not in text(found), "a figure of before is not one of now"
