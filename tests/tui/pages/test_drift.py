"""Drift on the page of a workload and in the pane: declared, running, so what; at every size nothing is lost."""

from dataclasses import replace

import pytest

from incidentui.core.drift import Actual, Around, Declared, Drift, DriftRow, Mount, Mounted, compare
from incidentui.core.model import Workload
from incidentui.session.ports import View
from incidentui.tui.pages.workload import WorkloadPage
from incidentui.tui.present import workloads
from tests.tui import fakes, screens
from tests.tui.pages import builders as b

ROWS = (
    DriftRow("port 5050", "bad", "5050", "5051", "who uses the declared port ends nowhere", "compose.yml:18"),
    DriftRow("mount /var/lib/tftpboot", "bad", "/var/lib/tftpboot  ro", "missing", "recreate it", "compose.yml:21"),
    DriftRow("health check", "look", "none", "none", "that it runs proves nothing", "compose.yml:9"),
    DriftRow("env", "ok", "9 names", "9 names, values masked", "", "compose.yml:25"),
)


def view(drift: Drift, **change: object) -> View:
    it = replace(Workload("backend", "docker", "running", ident="4c1f" * 16), **change)  # type: ignore[arg-type]
    was = b.view()
    state = replace(was.state, workloads={"backend": it}, drift={"backend": drift})
    return replace(was, state=state)


def page(session: b.FakeSession | None = None) -> WorkloadPage:
    it = WorkloadPage("backend")
    b.FakeScreen(session or b.FakeSession()).push(it)
    return it


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_what_differs_stands_with_both_sides_its_place_and_what_follows(width: int, height: int) -> None:
    text = b.shown(page(), view(Drift("backend", ROWS, by="docker-compose config")), width, height)
    flat = " ".join(text.split())
    for words in ("not what was declared: 2 of 4 differ", "5051", "compose.yml:18", "missing", "docker-compose config"):
        assert words in flat
    if width >= 98:
        assert "declared" in text
        assert "so what" in text
        assert "✓ env" in text
    else:
        assert "✓ 1 more row as declared" in text


def test_d_leaves_only_what_differs() -> None:
    session = b.FakeSession()
    screen = b.FakeScreen(session)
    it = WorkloadPage("backend")
    screen.push(it)
    screen.type(it, "d")
    text = b.shown(it, view(Drift("backend", ROWS)), 118, 34)
    assert "✓ env" not in text
    assert "✓ 1 more row as declared" in text


def test_what_cannot_be_known_says_why_and_claims_nothing() -> None:
    text = b.shown(page(), view(Drift("backend", why="compose.yml:3 is not YAML")), 118, 34)
    assert "? What is declared is not known: compose.yml:3 is not YAML" in text
    assert "differ" not in text.replace("differences", "")


def test_while_the_engine_is_lost_it_is_as_last_seen() -> None:
    text = b.shown(page(), view(Drift("backend", ROWS, by="docker-compose config"), state="unknown"), 118, 34)
    assert "as last seen · docker-compose config" in text


def test_without_drift_the_page_is_as_before() -> None:
    assert "DECLARED" not in b.shown(page(), view(Drift("backend")), 118, 34)


@pytest.mark.parametrize("width", [50, 56, 78, 118])
def test_the_pane_says_how_much_differs_of_one_that_runs(width: int) -> None:
    scene = fakes.scene(view(Drift("backend", ROWS)))
    row = next(line.text for line in workloads.lines(scene, width) if "backend" in line.text)
    assert row.startswith("! backend")
    assert "2 of 4 differ" in row


THEN = (
    DriftRow("env TOKEN", "bad", "set", "another value", "meant so? Then take a checkpoint; else restore this one"),
    DriftRow("image", "ok", "lab:1 aaaa", "lab:1 aaaa"),
)
BY = "checkpoint 20261130-061200, by hand"


@pytest.mark.parametrize(("width", "height"), b.SIZES)
@pytest.mark.req("F63")
def test_the_reference_is_named_when_it_is_a_checkpoint(width: int, height: int) -> None:
    text = b.shown(page(), view(Drift("backend", THEN, by=BY, checkpoint="20261130-061200")), width, height)
    flat = " ".join(text.split())
    for words in ("not as it was then: 1 of 2 differs", "CHECKPOINT, RUNNING", BY, "another value"):
        assert words in flat
    assert "declared" not in flat.lower()


@pytest.mark.req("F63")
def test_d_goes_on_to_the_last_good_checkpoint_and_back() -> None:
    session = b.FakeSession()
    screen = b.FakeScreen(session)
    it = WorkloadPage("backend")
    screen.push(it)
    declared = view(Drift("backend", ROWS, by="docker-compose config"))
    session.then = [Drift("backend", THEN, by=BY, checkpoint="20261130-061200")]
    screen.type(it, *"dd")
    text = b.shown(it, declared, 118, 34)
    assert "CHECKPOINT, RUNNING" in text
    assert "port 5050" not in text
    screen.type(it, "d")
    assert "DECLARED, RUNNING" in b.shown(it, declared, 118, 34)
    session.then = b.FakeSession().then
    screen.type(it, *"dd")
    assert "? no checkpoint was taken yet\n  incidentui checkpoint take" in b.shown(it, declared, 118, 34)


ANEW = DriftRow("age of shop_data", "bad", "the volume that was here before", "made anew", "stop")
SAME = DriftRow("age of shop_data", "ok", "the same volume", "the same volume")


@pytest.mark.parametrize("then", [None, Drift("backend", (SAME,), by=BY, checkpoint="20261130-061200")])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_whatever_it_is_compared_with_a_volume_made_anew_stays_the_verdict(
    then: Drift | None, size: tuple[int, int]
) -> None:
    drift = Drift("backend", (ANEW,), by="docker-compose config")
    session = fakes.session(view(drift, health="healthy"))
    session.then = [then] if then is not None else []
    async with screens.shown(session.view, size, session) as it:
        await it.press("4", "enter")
        for _ in range(3):
            flat = " ".join(it.text.split())
            assert "✗ Running, its health check is good, and volume shop_data was made anew: 1 of 1 differs." in flat
            assert "✓ Running" not in flat
            await it.press("d")


def test_what_only_a_checkpoint_knows_of_has_a_row_and_a_page() -> None:
    gone = Drift("agent", (DriftRow("container", "bad", "running", "gone"),), by=BY, checkpoint="x")
    files = Drift("project files", (DriftRow("file a.yml", "ok", "1", "1"),), by=BY, checkpoint="x")
    was = view(Drift("backend", ROWS))
    what = replace(was, state=replace(was.state, drift={**was.state.drift, "agent": gone, "project files": files}))
    rows = [line.text.strip() for line in workloads.lines(fakes.scene(what), 78)]
    assert "✗ agent  gone since the checkpoint" in rows
    assert "· project files  as in the checkpoint" in rows
    it = WorkloadPage("agent")
    b.FakeScreen(b.FakeSession()).push(it)
    assert "✗ container" in b.shown(it, what, 118, 34)


def test_a_mount_that_nobody_may_write_to_is_the_same_on_both_sides() -> None:
    declared = Declared("backend", mounts=(Mount("/etc/web", "/srv/web", True),))
    seen = Mounted("/etc/web", "/srv/web", False, read_only=True, empty=False, readable=True)
    drift = compare(declared, Actual("backend", mounts=(seen,)), Around(frozenset(), None))
    text = b.shown(page(), view(drift), 118, 34)
    row = next(line for line in text.splitlines() if "mount /etc/web" in line)
    assert row.count("/srv/web ro") == 2
    assert "✓" in row
