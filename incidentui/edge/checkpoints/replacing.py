"""The files in the plan of a restore: what stood in their place, whether it still does, and that it is kept."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from incidentui.core.checkpoint import Checkpoint, FileCopy
from incidentui.core.model import Plan, PlanStep, Precondition
from incidentui.edge.checkpoints.restoring import differing, put_back
from incidentui.edge.checkpoints.store import CheckpointError, Store
from incidentui.edge.checkpoints.taking import NOT_THERE, inside, standing
from incidentui.edge.containers.telling import Steps

_KEPT = ("", NOT_THERE)


def written_as(file: FileCopy) -> str:
    return f"{file.path}, {file.holds}" if file.link else f"{file.path} ({file.size} bytes, mode {file.mode:o})"


def still(now: FileCopy) -> Precondition:
    text = f"{now.path} is still as it is" if now.sha256 else f"{now.path} is still {now.missing}"
    return Precondition("file", text, f"{now.sha256} {now.path}")


def beyond_keeping(top: Path, now: FileCopy) -> str:
    """Why what is there now could not be brought back once it was replaced; empty: it can be."""
    if not inside(top, top / now.path):
        return f"{now.path} leads out of the project by now"
    if now.missing in _KEPT:
        return ""
    return f"{now.path} {now.missing}" if now.missing.startswith("cannot") else f"{now.path} is now {now.missing}"


def planned(plan: Plan, then: Checkpoint) -> list[FileCopy]:
    files = {file.path: file for file in then.files}
    return [files[path] for path in _stood(plan)]


def moved(top: Path, plan: Plan, then: Checkpoint) -> str:
    """Why the plan is not that of the files any more; empty: it still is."""
    stood = _stood(plan)
    for file in planned(plan, then):
        now, _ = standing(top, file)
        if now.sha256 != stood[file.path]:
            return f"{file.path} was changed since the plan"
        if why := beyond_keeping(top, now):
            return why
    more = [file.path for file, _ in differing(top, then) if file.path not in stood]
    return f"{more[0]} was changed since the plan too" if more else ""


def unkept(plan: Plan, kept: Checkpoint) -> str:
    """The checkpoint of now is the way back: it holds all that is about to be replaced, as the plan saw it."""
    have = {file.path: file.sha256 for file in kept.files if file.missing in _KEPT}
    lacking = [path for path, sha256 in _stood(plan).items() if have.get(path) != sha256]
    return f"{lacking[0]} was changed since the plan" if lacking else ""


async def written(top: Path, store: Store, then: Checkpoint, plan: Plan, steps: Steps) -> str:
    """Each file of the plan back in its place; why one was not, and then none after it was."""
    for file, stood, step in _rows(plan, then):
        steps.begin(step)
        try:
            content = await asyncio.to_thread(store.copy_of, then.id, file.sha256)
            await asyncio.to_thread(_replaced, top, file, stood, content)
        except (OSError, CheckpointError) as error:
            steps.end("failed", str(error))
            return f"{file.path} could not be written: {error}"
        steps.end("done")
    return ""


def _replaced(top: Path, file: FileCopy, stood: str, content: bytes) -> None:
    now, _ = standing(top, file)
    if (now.sha256, now.mode) == (file.sha256, file.mode):
        return  # a link that was put back leads to it
    if now.sha256 != stood or beyond_keeping(top, now):
        raise CheckpointError("another file is there by now, which is in no checkpoint; make a new plan")
    put_back(top, file, content)


def _rows(plan: Plan, then: Checkpoint) -> Iterator[tuple[FileCopy, str, PlanStep]]:
    steps = [step for step in plan.steps if step.verb == "write"]
    return zip(planned(plan, then), _stood(plan).values(), steps, strict=True)


def _stood(plan: Plan) -> dict[str, str]:
    """By path, in the order of the plan: the hash of what stood there; empty: nothing did."""
    pairs = (check.want.partition(" ") for check in plan.checked if check.name == "file")
    return {path: sha256 for sha256, _, path in pairs}
