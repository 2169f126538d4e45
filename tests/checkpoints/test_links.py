"""Links to folders in a checkpoint, the word `good`, and files that no commit holds."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.checkpoint import differences
from incidentui.core.inputs import ActionStepped, DriftLooked, Observation, Refusal
from incidentui.core.model import Attempt, Owner, Plan, ProjectSpec
from incidentui.core.state import State
from incidentui.core.undo import own_undo
from incidentui.edge.checkpoints.executor import CheckpointExecutor
from incidentui.edge.checkpoints.files_source import FilesSource
from incidentui.edge.checkpoints.plans import RESTORE
from incidentui.edge.checkpoints.reference import Reference
from incidentui.edge.checkpoints.store import Store
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.clock import SystemClock
from incidentui.runbook.suggest import Offer, offers
from tests.runbook.test_offer import SHIPPED, seen

STATE = State(project=ProjectSpec("ferry"))


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A project with a release that a link names, and settings that no commit holds."""
    root = tmp_path / "ferry"
    for release in ("41", "42"):
        (root / "releases" / release).mkdir(parents=True)
    (root / "current").symlink_to("releases/41")
    (root / "run.json").write_text('{"port": 1}')
    (root / "compose.yml").write_text("services: {}\n")
    for argv in (
        ["init", "-q"],
        ["add", "compose.yml"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm1"],
    ):
        subprocess.run(["git", *argv], cwd=root, check=True)
    return root


@pytest.fixture
def keeper(top: Path, tmp_path: Path) -> Keeper:
    return Keeper(top, Store(tmp_path / "state"), [], SystemClock(), "ana", ["current", "run.json", "way-out"])


async def restored(keeper: Keeper, ident: str = "good") -> tuple[Plan, str]:
    executor = CheckpointExecutor(keeper, SystemClock())
    plan = await executor.plan(RESTORE, {"id": ident}, STATE, None)
    assert isinstance(plan, Plan), plan
    return plan, (await executor.act("r1", plan, None, lambda _: None)).outcome


async def test_a_link_to_a_folder_comes_back_as_the_link_it_was(top: Path, keeper: Keeper) -> None:
    then = await keeper.take()
    (top / "current").unlink()
    (top / "current").symlink_to("releases/42")
    (told,) = [d for d in differences(then, (await keeper.look()).checkpoint) if d.name == "current"]
    assert told.text == "a link to releases/41 → a link to releases/42"
    plan, outcome = await restored(keeper)
    assert [s.text for s in plan.steps if s.verb == "write"] == ["current, a link to releases/41"]
    assert (outcome, (top / "current").readlink()) == ("done", Path("releases/41"))
    (top / "current").unlink()
    assert (await restored(keeper))[1] == "done", "it is not there at all: it is made"
    assert (top / "current").readlink() == Path("releases/41")


async def test_a_link_comes_back_before_the_files_that_are_reached_through_it(top: Path, keeper: Keeper) -> None:
    for release in ("41", "42"):
        (top / "releases" / release / "x").write_text(release)
    (top / "app").mkdir()
    (top / "app" / "x").symlink_to("../current/x")
    through = Keeper(top, keeper.store, [], SystemClock(), "ana", ["current", "app/x"])
    await through.take()
    (top / "current").unlink()
    (top / "current").symlink_to("releases/42")
    await there_and_back(through, "41", "42")
    (top / "releases" / "41" / "x").write_text("edited")
    _, outcome = await restored(through)
    assert outcome == "failed", "what the link leads to now was in no checkpoint yet"
    assert (top / "releases" / "41" / "x").read_text() == "edited"
    assert (await restored(through))[1] == "done", "a new plan knows of it, and keeps it first"
    assert (top / "releases" / "41" / "x").read_text() == "41"
    assert (top / "releases" / "42" / "x").read_text() == "42"


async def there_and_back(keeper: Keeper, then: str, before: str) -> None:
    """Restored, and undone: `current` leads there and back, and both releases stay as they are."""
    known = set(keeper.store.ids())
    for ident, release in (("good", then), ("", before)):
        (ident,) = (ident,) if ident else set(keeper.store.ids()) - known
        assert (await restored(keeper, ident))[1] == "done"
        assert (keeper.top / "current").readlink() == Path(f"releases/{release}")
        assert [(keeper.top / "releases" / each / "x").read_text() for each in ("41", "42")] == ["41", "42"]


async def test_a_link_that_led_to_a_folder_and_leads_to_a_file_now(top: Path, keeper: Keeper) -> None:
    good = await keeper.take()
    (top / "releases" / "42" / "x").write_text("42")
    (top / "current").unlink()
    (top / "current").symlink_to("releases/42/x")
    assert (await restored(keeper))[1] == "done"
    assert (top / "current").readlink() == Path("releases/41")
    (undo,) = set(keeper.store.ids()) - {good.id}
    assert (await restored(keeper, undo))[1] == "done"
    assert (top / "current").readlink() == Path("releases/42/x")
    assert (top / "releases" / "42" / "x").read_text() == "42"


async def test_a_file_in_whose_place_a_link_to_a_folder_came_and_a_link_in_whose_place_a_file_came(
    top: Path, keeper: Keeper
) -> None:
    good = await keeper.take()
    (top / "run.json").unlink()
    (top / "run.json").symlink_to("releases")
    (top / "current").unlink()
    (top / "current").write_text("by hand")
    assert (await restored(keeper))[1] == "done"
    assert ((top / "run.json").is_symlink(), (top / "run.json").read_text()) == (False, '{"port": 1}')
    assert (top / "current").readlink() == Path("releases/41")
    (undo,) = set(keeper.store.ids()) - {good.id}
    assert (await restored(keeper, undo))[1] == "done"
    assert (top / "run.json").readlink() == Path("releases")
    assert ((top / "current").is_symlink(), (top / "current").read_text()) == (False, "by hand")
    assert sorted(each.name for each in (top / "releases").iterdir()) == ["41", "42"]


async def test_links_stand_the_restore_test_however_they_name_a_place_in_the_project(top: Path, keeper: Keeper) -> None:
    (top / "current").unlink()
    (top / "current").symlink_to(top / "releases" / "41")
    (top / "releases" / "41" / "x").write_text("41")
    through = Keeper(top, keeper.store, [], SystemClock(), "ana", ["current", "current/x"])
    good = await through.take()
    assert [file.path for file in good.files if not file.missing] == ["compose.yml", "current", "current/x"]
    executor = CheckpointExecutor(through, SystemClock())
    test = await executor.plan("checkpoint.test", {"id": good.id}, STATE, None)
    assert isinstance(test, Plan)
    acted = await executor.act("r1", test, None, lambda _: None)
    assert (acted.outcome, acted.why) == ("done", f"checkpoint {good.id} can be restored: 3 files compared")
    (top / "current").unlink()
    assert (await restored(through))[1] == "done"
    assert (top / "current").readlink() == top / "releases" / "41"


async def test_a_link_that_leads_out_is_not_kept_and_a_folder_in_its_place_is_left_alone(
    top: Path, keeper: Keeper
) -> None:
    (top / "way-out").symlink_to("/etc")
    then = await keeper.take()
    assert "way-out" not in [file.path for file in then.files]
    (top / "current").unlink()
    (top / "current").mkdir()
    (top / "current" / "work").touch()
    refused = await CheckpointExecutor(keeper, SystemClock()).plan(RESTORE, {"id": "good"}, STATE, None)
    assert isinstance(refused, Refusal)
    assert refused.why == "current is now a folder: no checkpoint of now could bring it back"
    assert (top / "current" / "work").exists()


async def test_good_is_the_last_that_was_good_and_undo_brings_back_what_was_before(top: Path, keeper: Keeper) -> None:
    executor = CheckpointExecutor(keeper, SystemClock())
    nothing = await executor.plan(RESTORE, {"id": "good"}, STATE, None)
    assert isinstance(nothing, Refusal)
    assert "no checkpoint was taken by hand or on green" in nothing.why
    good = await keeper.take()
    (top / "run.json").write_text('{"port": 2}')
    await keeper.take("before workload.restart web")
    heard: list[Observation] = []
    plan = await executor.plan(RESTORE, {"id": "good"}, STATE, None)
    assert isinstance(plan, Plan)
    assert dict(plan.args)["id"] == good.id
    assert "restart who reads these files" in plan.warnings[0]
    await executor.act("r1", plan, None, heard.append)
    assert (top / "run.json").read_text() == '{"port": 1}'
    saved = [one.progress for one in heard if isinstance(one, ActionStepped)]
    attempt = Attempt("r1", 1, plan, Owner("h", "b", 1, 1), "ana", 0, outcome="done", progress=tuple(saved))
    way = own_undo(attempt)
    assert way is not None
    assert way[0] == RESTORE
    assert (await restored(keeper, way[1]["id"]))[1] == "done"
    assert (top / "run.json").read_text() == '{"port": 2}'


async def test_what_changed_and_lies_in_no_commit_is_offered_before_a_rollback(top: Path, keeper: Keeper) -> None:
    """Red after a deploy: but a rollback would leave such a file as it is."""
    await keeper.take()
    source = FilesSource(Reference(top, keeper.store))
    (top / "compose.yml").write_text("services: {a: {}}\n")
    state = seen(deployed=True)
    assert offers(SHIPPED, with_drift(state, await looked(source)))[0] == Offer(
        "roll-back-a-bad-deploy",
        "api failed after deploy bbbbbbb",
    )
    (top / "run.json").write_text('{"port": 2}')
    rows = {row.what: row for drift in (await looked(source)).drifts for row in drift.rows if row.level == "bad"}
    assert [rows[f"file {name}"].uncommitted for name in ("compose.yml", "run.json")] == [False, True]
    assert offers(SHIPPED, with_drift(state, await looked(source)))[0] == Offer(
        "configuration-mismatch",
        "file run.json is not as in the checkpoint, and no commit holds it",
    )


async def looked(source: FilesSource) -> DriftLooked:
    (found,) = await source.look()
    assert isinstance(found, DriftLooked)
    return found


def with_drift(state: State, found: DriftLooked) -> State:
    return replace(state, drift={drift.workload: drift for drift in found.drifts})


def staged(top: Path, *paths: str) -> None:
    subprocess.run(["git", "add", *paths], cwd=top, check=True)


def committed(top: Path, *paths: str) -> None:
    staged(top, *paths)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm2"], cwd=top, check=True)


async def test_a_commit_holds_what_is_reached_through_a_link_and_not_what_is_only_staged(
    top: Path, keeper: Keeper
) -> None:
    places = {"releases/41/x": "current/x", "releases/41/y": "y.json"}
    for real in places:
        (top / real).write_text("1")
    (top / "y.json").symlink_to("current/y")
    committed(top, "current", *places)
    staged(top, "run.json")
    await Keeper(top, keeper.store, [], SystemClock(), "ana", ["current", "run.json", *places.values()]).take()
    for real in (*places, "run.json"):
        (top / real).write_text("2")
    (top / "compose.yml").unlink()
    (top / "compose.yml").symlink_to("/etc/hostname")
    source = FilesSource(Reference(top, keeper.store))
    rows = {
        row.what: row.uncommitted for drift in (await looked(source)).drifts for row in drift.rows if row.level == "bad"
    }
    assert rows == {"file compose.yml": True, "file current/x": False, "file y.json": False, "file run.json": True}
