"""What a restore replaces is in the checkpoint that it takes first, or it is not replaced."""

from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.inputs import ActionStepped, Observation, Refusal
from incidentui.core.model import Plan, ProjectSpec
from incidentui.core.state import State
from incidentui.edge.checkpoints.executor import CheckpointExecutor
from incidentui.edge.checkpoints.plans import RESTORE
from incidentui.edge.checkpoints.store import Store
from incidentui.edge.checkpoints.taking import MOST_FILES, Keeper
from incidentui.edge.clock import SystemClock

STATE = State(project=ProjectSpec("ferry"))
Kept = Callable[..., Keeper]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (root := tmp_path / "ferry").mkdir()
    return root


@pytest.fixture
def keeping(top: Path, tmp_path: Path) -> Kept:
    def made(*files: str) -> Keeper:
        return Keeper(top, Store(tmp_path / "state"), [], SystemClock(), "ana", files)

    return made


async def planned(keeper: Keeper, ident: str) -> Plan | Refusal:
    return await CheckpointExecutor(keeper, SystemClock()).plan(RESTORE, {"id": ident}, STATE, None)


async def acted(keeper: Keeper, plan: Plan | Refusal) -> tuple[str, str]:
    assert isinstance(plan, Plan), plan
    end = await CheckpointExecutor(keeper, SystemClock()).act("r1", plan, None, lambda _: None)
    return end.outcome, end.why


async def there_and_back(keeper: Keeper, ident: str) -> None:
    """Restored, and what was before is brought back by the checkpoint that the restore names."""
    assert (await acted(keeper, await planned(keeper, ident)))[0] == "done"
    undo = next(i for i in keeper.store.ids() if keeper.store.read(i).why == f"before {RESTORE} {ident}")
    outcome, why = await acted(keeper, await planned(keeper, undo))
    assert outcome == "done", why


async def test_a_file_that_grew_too_large_for_a_checkpoint_comes_back(top: Path, keeping: Kept) -> None:
    keeper, large = keeping("data.json"), b"z" * 1_500_000
    (top / "data.json").write_text("{}")
    then = await keeper.take()
    (top / "data.json").write_bytes(large)
    plan = await planned(keeper, then.id)
    assert isinstance(plan, Plan)
    assert [check.text for check in plan.checked] == ["data.json is still as it is"]
    await there_and_back(keeper, then.id)
    assert (top / "data.json").read_bytes() == large


async def test_a_file_that_the_configuration_names_no_more_comes_back(top: Path, keeping: Kept) -> None:
    (top / "app.conf").write_text("old")
    then = await keeping("app.conf").take()
    (top / "app.conf").write_text("new")
    await there_and_back(keeping(), then.id)
    assert (top / "app.conf").read_text() == "new"


async def test_a_file_beyond_as_many_as_a_checkpoint_holds_comes_back(top: Path, keeping: Kept) -> None:
    (top / "z.conf").write_text("old")
    then = await keeping("*.conf").take()
    (top / "z.conf").write_text("new")
    for n in range(MOST_FILES):
        (top / f"a{n}.conf").touch()
    await there_and_back(keeping("*.conf"), then.id)
    assert (top / "z.conf").read_text() == "new"


def folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


def leads_out(place: Path) -> None:
    place.unlink()
    place.symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("meanwhile", "says"), [(folder, "is now a folder"), (leads_out, "leads out of the project by now")]
)
async def test_what_cannot_be_kept_is_not_replaced(
    top: Path, keeping: Kept, meanwhile: Callable[[Path], None], says: str
) -> None:
    keeper = keeping("app.conf", "b.conf")
    for name in ("app.conf", "b.conf"):
        (top / name).write_text("old")
    then = await keeper.take()
    (top / "b.conf").write_text("new")
    before = await planned(keeper, then.id)
    meanwhile(top / "app.conf")
    refused = await planned(keeper, then.id)
    assert isinstance(refused, Refusal)
    assert says in refused.why
    assert (await acted(keeper, before))[0] == "refused", "nor by a plan that did not know of it"
    assert (top / "b.conf").read_text() == "new"


async def test_a_file_that_is_not_in_the_plan_is_never_written(top: Path, keeping: Kept) -> None:
    keeper = keeping("a.conf", "b.conf")
    for name in ("a.conf", "b.conf"):
        (top / name).write_text("old")
    then = await keeper.take()
    (top / "b.conf").write_text("new")
    plan = await planned(keeper, then.id)
    (top / "a.conf").write_text("edited just now")
    outcome, why = await acted(keeper, plan)
    assert (outcome, "a.conf was changed since the plan too" in why) == ("refused", True)
    assert [(top / name).read_text() for name in ("a.conf", "b.conf")] == ["edited just now", "new"]


async def test_a_file_that_changes_while_the_others_are_written_is_left_alone(top: Path, keeping: Kept) -> None:
    """Each write goes to the file that its own row of the plan names."""
    keeper = keeping("a.conf", "b.conf", "c.conf")
    for name in ("a.conf", "b.conf", "c.conf"):
        (top / name).write_text("old")
    then = await keeper.take()
    for name in ("b.conf", "c.conf"):
        (top / name).write_text("new")
    plan = await planned(keeper, then.id)
    assert isinstance(plan, Plan)

    def meanwhile(told: Observation) -> None:
        if isinstance(told, ActionStepped) and (told.progress.verb, told.progress.state) == ("save", "done"):
            (top / "a.conf").write_text("edited just now")

    end = await CheckpointExecutor(keeper, SystemClock()).act("r1", plan, None, meanwhile)
    assert (end.outcome, end.why.split(";")[0]) == ("failed", "not all was restored: a.conf")
    texts = [(top / name).read_text() for name in ("a.conf", "b.conf", "c.conf")]
    assert texts == ["edited just now", "old", "old"]
