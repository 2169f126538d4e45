"""The plans of a checkpoint that change nothing, and what one holds in words. Pure."""

from incidentui.core.checkpoint import Checkpoint, contents_told
from incidentui.core.format import count
from incidentui.core.model import Ms, Plan, PlanStep
from incidentui.core.state import State
from incidentui.edge.containers.deeds import STAY_MS

TAKE, TEST, RESTORE = "checkpoint.take", "checkpoint.test", "checkpoint.restore"


def stay_of(within_ms: Ms) -> Ms:
    return min(STAY_MS, within_ms // 2)


def take_plan(state: State) -> Plan:
    text = "commit, images, configuration files, names and sizes of volumes, keyed hashes of the environment"
    steps = (PlanStep("keep", f"{text}, verdicts"),)
    return Plan(TAKE, (), "Take a checkpoint", state.project.name, "project", changes=False, steps=steps)


def test_plan(then: Checkpoint, state: State) -> Plan:
    kept = sum(volume.contents is not None for volume in then.volumes)
    read = PlanStep("read", f"the backups of {count(kept, 'volume')} whole, each file against its checksum")
    return Plan(
        action=TEST,
        args=(("id", then.id),),
        title=f"Test whether checkpoint {then.id} can be restored",
        target=state.project.name,
        target_kind="project",
        changes=False,
        steps=(
            PlanStep("try", "restore its files into a scratch place and compare; look for images and volumes"),
            *([read] if kept else []),
        ),
    )


def told(it: Checkpoint) -> str:
    missing = sum(1 for file in it.files if file.missing)
    parts = [
        f"{len(it.files) - missing} files",
        f"{len(it.containers)} containers",
        contents_told(it.volumes) or f"{len(it.volumes)} volumes",
        f"{sum(1 for c in it.checks if c.state == 'ok')} of {len(it.checks)} checks good",
    ]
    return ", ".join([*parts, *([f"{missing} files without a copy"] if missing else []), *it.lost])
