"""What differs from what was declared stands under the service that is red, and in the headline beside the suspect."""

from dataclasses import replace

import pytest

from incidentui.core import events as e
from incidentui.core.drift import Drift, DriftRow
from incidentui.session.ports import View
from incidentui.tui.present import services
from incidentui.tui.present.scene import Scene
from tests.tui import fakes
from tests.tui.screens import shown

ROWS = (
    DriftRow("image", "bad", "harbor:1", "an older image than harbor:1 names now", "recreate it", "ops/compose.yml:6"),
    DriftRow("mount /data", "bad", "harbor_data", "harbor_data, empty", "was it made anew?", "ops/compose.yml:26"),
    DriftRow("health check", "look", "none", "none", "", "ops/compose.yml:5"),
)
EMPTY = "backend: mount /data empty (compose.yml:26)"


def differing(view: View, *rows: DriftRow) -> View:
    state = view.state
    backend = replace(state.workloads["backend"], state="running", exit_code=None)
    drift = {"backend": Drift("backend", rows)}
    return replace(view, state=replace(state, workloads={**state.workloads, "backend": backend}, drift=drift))


async def test_an_empty_volume_is_told_before_an_older_image_and_beside_the_suspect() -> None:
    async with shown(differing(fakes.first_red(), *ROWS), (120, 40)) as seen:
        head, rest = seen.text.splitlines()[:4], "\n".join(seen.text.splitlines()[4:])
    assert f"or {EMPTY}" in head[2]
    assert "suspect" in head[2]
    assert "└ backend: mount /data empty (compose.yml:26)" in rest


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids="{0[0]}x{0[1]}".format)
async def test_at_every_size_the_services_pane_has_it(size: tuple[int, int]) -> None:
    async with shown(differing(fakes.first_red(), *ROWS), size) as seen:
        text = await seen.press("2") if size[0] == 80 else seen.text
    assert "└ backend: mount /data empty" in text


@pytest.mark.parametrize("view", [fakes.quiet(), fakes.first_red()], ids=["green", "nothing that counts"])
def test_nothing_is_claimed_of_a_good_service_or_of_a_hint(view: View) -> None:
    rows = ROWS if not view.state.suspect else ROWS[2:]
    found = differing(view, *rows)
    drawn = "\n".join(line.text for line in services.lines(Scene(found, found.state.at), 60))
    assert "mount" not in drawn
    assert "health check" not in drawn


async def test_the_tab_of_the_workloads_counts_what_differs() -> None:
    async with shown(differing(fakes.first_red(), *ROWS), (80, 24)) as seen:
        assert "4 workloads !1" in seen.text


async def test_what_was_built_from_other_code_counts_in_the_pane_too() -> None:
    view = differing(fakes.first_red(), ROWS[2])
    backend = replace(view.state.workloads["backend"], revision="d" * 40)
    state = replace(view.state, workloads={**view.state.workloads, "backend": backend})
    async with shown(replace(view, state=state), (120, 40)) as seen:
        assert "! backend   1 of 2 differs" in seen.text


ANEW = DriftRow("age of harbor_data", "bad", "the volume that was here before", "made anew", "its content is another")


@pytest.mark.req("F65")
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
async def test_a_volume_made_anew_stands_in_the_headline_while_everything_answers(size: tuple[int, int]) -> None:
    async with shown(differing(fakes.quiet(), *ROWS[2:], ANEW), size) as seen:
        text = await seen.press("4") if size[0] == 80 else seen.text
    assert "Everything answers, but backend: volume harbor_data was made anew." in text
    pane = next(line for line in text.splitlines() if "volume is new" in line)
    assert "✗ backend" in pane


async def test_an_empty_mount_and_a_workload_that_is_down_are_both_told() -> None:
    view = differing(fakes.quiet(), ROWS[1])
    worker = replace(view.state.workloads["backend"], name="jobs", state="exited", exit_code=3)
    state = replace(view.state, workloads={**view.state.workloads, "jobs": worker})
    async with shown(replace(view, state=state), (120, 40)) as seen:
        assert "Everything answers, but backend: mount /data is empty; jobs is down." in seen.text
        assert "✗ backend  mount is empty" in " ".join(seen.text.split(" ")) or "mount is empty" in seen.text


async def test_what_never_started_says_so_in_its_row() -> None:
    view = fakes.quiet()
    note = "could not start: port is already allocated"
    api = replace(view.state.workloads["backend"], state="exited", exit_code=None, note=note)
    async with shown(replace(view, state=replace(view.state, workloads={"backend": api})), (120, 40)) as seen:
        assert "✗ backend   could not start" in seen.text


@pytest.mark.parametrize("size", [(120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
async def test_a_pane_that_takes_the_body_says_why_and_which_image(size: tuple[int, int]) -> None:
    view = differing(fakes.quiet(), *ROWS)
    known = view.state.workloads
    made = {**known, "backend": replace(known["backend"], image="harbor:1", policy="always")}
    made["jobs"] = replace(known["backend"], name="jobs", image="jobs:2", revision=None, policy="always")
    view = replace(view, state=replace(view.state, workloads=made))
    async with shown(view, size) as seen:
        assert "harbor:1" not in seen.text, "a narrow pane has the revision"
        text = await seen.press("4", "z")
    backend, jobs = [next(row for row in text.splitlines() if image in row) for image in ("harbor:1", "jobs:2")]
    assert "mount is empty · mount /data: harbor_data, empty" in backend
    assert "healthy · policy always" in jobs
    assert backend.rindex("harbor:1") == jobs.rindex("jobs:2"), "one column"
    assert backend.index(" up ") == jobs.index(" up ")


def told_in_the_timeline(view: View, *fresh: tuple[str, DriftRow]) -> fakes.FakeSession:
    event = e.DriftSeen((Drift("backend", tuple(row for _, row in fresh)),), fresh)
    at = view.state.at
    record = e.Recorded(99, "99", at, at, "drift", "drift", "key", None, "harbor", 0, "boot", event)
    session = fakes.session(view)
    session.log = [*session.log, record]
    return session


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
async def test_a_difference_in_the_timeline_is_a_sentence_and_leads_to_its_workload(size: tuple[int, int]) -> None:
    view = differing(fakes.quiet(), ANEW)
    async with shown(view, size, told_in_the_timeline(view, ("backend", ANEW))) as seen:
        text = await seen.press("1", "G")
        page = await seen.press("enter")
    row = next(line for line in text.splitlines() if "✗ backend    volume harbor_data was made anew" in line)
    assert "↵" in row
    assert "DriftRow" not in text, "nor beside it, where a wide screen shows what is selected"
    assert "WORKLOAD  backend" in page
    assert "age of harbor_data" in page


async def test_a_difference_of_what_is_gone_is_told_in_words_too() -> None:
    view = differing(fakes.quiet(), ANEW)
    async with shown(view, (120, 40), told_in_the_timeline(view, ("gone", ANEW))) as seen:
        page = await seen.press("1", "G", "enter")
    assert "volume harbor_data was made anew" in page
    assert "gone           age of harbor_data made anew" in page
    assert "DriftRow" not in page


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids="{0[0]}x{0[1]}".format)
async def test_to_compare_with_nothing_makes_no_workload_good(size: tuple[int, int]) -> None:
    view = differing(fakes.quiet(), ANEW)
    async with shown(view, size) as seen:
        await seen.press("4", "g", "enter")
        page = await seen.press("d", "d")
    assert "CHECKPOINT, RUNNING" in page
    assert "✓ Running" not in page
    assert any("✗ " in line and "made anew" in line for line in page.splitlines()[3:])
    assert "✗ Running, its health check is good, and volume harbor_data was made anew" in " ".join(page.split())
