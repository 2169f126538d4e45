"""The checkpoint that a plan takes before it acts."""

from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.containers.telling import Steps


async def saved(keeper: Keeper | None, steps: Steps, verb: str = "save") -> str:
    """Why it could not be taken; empty when it was, or the plan has none. `verb`: of its step."""
    save = next((step for step in steps.plan.steps if step.verb == verb), None)
    if save is None or keeper is None:
        return ""
    steps.begin(save)
    try:
        kept = await keeper.take(f"before {steps.plan.action} {steps.plan.target}")
    except CheckpointError as error:
        steps.end("failed", str(error))
        return str(error)
    steps.end("done", f"checkpoint {kept.id}")
    return ""
