"""checkpoint.restore between plan and effect, and when nobody saw its end."""

from pathlib import Path

import pytest

from incidentui.core.inputs import Observation
from incidentui.core.model import Attempt, Owner, Plan, ProjectSpec
from incidentui.core.state import State
from incidentui.edge.checkpoints.executor import CheckpointExecutor
from incidentui.edge.checkpoints.plans import RESTORE
from incidentui.edge.checkpoints.store import KEPT, Store
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.clock import SystemClock

STATE = State(project=ProjectSpec("ferry"))


@pytest.fixture
def top(tmp_path: Path) -> Path:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "compose.yml").write_text("services: {}\n")
    (root / "compose.lab.yml").write_text("services: {web: {}}\n")
    return root


@pytest.fixture
def keeper(top: Path, tmp_path: Path) -> Keeper:
    return Keeper(top, Store(tmp_path / "state"), [], SystemClock(), "ana")


async def planned(executor: CheckpointExecutor) -> Plan:
    plan = await executor.plan(RESTORE, {"id": "latest"}, STATE, None)
    assert isinstance(plan, Plan), plan
    return plan


def heard(_: Observation) -> None:
    return


async def test_a_file_that_was_changed_since_the_plan_is_left_alone(top: Path, keeper: Keeper) -> None:
    executor = CheckpointExecutor(keeper, SystemClock())
    await keeper.take()
    (top / "compose.yml").write_text("broken")
    plan = await planned(executor)
    (top / "compose.yml").write_text("a colleague's")
    acted = await executor.act("r1", plan, None, heard)
    assert (acted.outcome, "compose.yml was changed since the plan" in acted.why) == ("refused", True)
    assert (top / "compose.yml").read_text() == "a colleague's"
    assert len(keeper.store.ids()) == 1, "nothing was done, so nothing was saved for it"


async def test_one_nobody_saw_end_is_settled_by_the_files(top: Path, keeper: Keeper) -> None:
    executor = CheckpointExecutor(keeper, SystemClock())
    await keeper.take()
    (top / "compose.yml").write_text("broken")
    (top / "compose.lab.yml").write_text("broken")
    attempt = Attempt("r1", 1, await planned(executor), Owner("h", "b", 1, 1), "ana", 0)
    (top / "compose.yml").write_text("services: {}\n")  # half of it was done
    half = await executor.settle(attempt)
    assert (half.outcome, half.why) == ("failed", "not all was restored: compose.lab.yml")
    (top / "compose.lab.yml").write_text("services: {web: {}}\n")
    assert (await executor.settle(attempt)).outcome == "done"


async def test_what_cannot_be_written_is_not_done_and_the_way_back_is_named(top: Path, keeper: Keeper) -> None:
    executor = CheckpointExecutor(keeper, SystemClock())
    then = await keeper.take()
    (top / "compose.yml").write_text("broken")
    plan = await planned(executor)

    def lost(_: Observation) -> None:
        (copy,) = (f for f in then.files if f.path == "compose.yml")
        (keeper.store.folder / then.id / "files" / copy.sha256).unlink(missing_ok=True)

    acted = await executor.act("r1", plan, None, lost)
    before = next(i for i in keeper.store.ids() if keeper.store.read(i).why.startswith("before"))
    assert acted.outcome == "failed"
    assert "compose.yml could not be written" in acted.why
    assert f"checkpoint.restore id={before} brings back" in acted.why
    assert (top / "compose.yml").read_text() == "broken"


async def test_those_taken_by_hand_or_tested_stay_and_of_the_others_the_newest(keeper: Keeper) -> None:
    hand = (await keeper.take()).id
    first = (await keeper.take("before workload.restart web")).id
    second = (await keeper.take("before workload.restart web")).id
    executor = CheckpointExecutor(keeper, SystemClock())
    test = await executor.plan("checkpoint.test", {"id": first}, STATE, None)
    assert isinstance(test, Plan)
    assert (await executor.act("r1", test, None, heard)).outcome == "done"
    for _ in range(KEPT):
        await keeper.take("before workload.restart web")
    ids = keeper.store.ids()
    assert {hand, first} <= set(ids)
    assert second not in ids
    assert len(ids) == KEPT + 2


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """So many are kept of those before an action: each one is waited for until it is on the disk."""
    monkeypatch.setattr("incidentui.edge.checkpoints.store.KEPT", 3)
    return 3


async def test_the_one_that_is_restored_is_not_pushed_out_by_the_one_that_is_taken_first(
    top: Path, keeper: Keeper, few: int
) -> None:
    executor = CheckpointExecutor(keeper, SystemClock())
    oldest = (await keeper.take("before workload.restart web")).id
    (top / "compose.yml").write_text("broken")
    for _ in range(few - 1):
        await keeper.take("before workload.restart web")
    plan = await executor.plan(RESTORE, {"id": oldest}, STATE, None)
    assert isinstance(plan, Plan)
    assert (await executor.act("r1", plan, None, heard)).outcome == "done"
    assert (top / "compose.yml").read_text() == "services: {}\n"
    assert oldest in keeper.store.ids()


async def test_one_that_nobody_can_read_does_not_keep_the_others_for_ever(keeper: Keeper, few: int) -> None:
    unreadable = (await keeper.take("before workload.restart web")).id
    (keeper.store.folder / unreadable / "checkpoint.json").write_text("{")
    for _ in range(few + 2):
        await keeper.take("before workload.restart web")
    ids = keeper.store.ids()
    assert unreadable in ids, "somebody may mend it"
    assert len(ids) == few + 1
