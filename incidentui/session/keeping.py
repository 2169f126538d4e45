"""A checkpoint that is due is taken; what turned red since that was decided is not kept as good."""

from incidentui.core.green import not_green
from incidentui.core.inputs import CheckpointKept, CheckpointLost, KeepCheckpoint, Refusal
from incidentui.core.state import State
from incidentui.session.actions import fault
from incidentui.session.ports import Checkpoints


async def kept(checkpoints: Checkpoints, asked: KeepCheckpoint, state: State) -> CheckpointKept | CheckpointLost:
    if bad := not_green(state):
        return CheckpointLost(asked.why, bad, asked.trigger)
    try:
        done = await checkpoints.keep(asked.why, state)
    except Exception as error:  # nobody asked for it: it must never end the session that watches
        return CheckpointLost(asked.why, f"a fault of the program: {fault(error)}", asked.trigger)
    if isinstance(done, Refusal):
        return CheckpointLost(asked.why, done.why, asked.trigger)
    ident, told = done
    return CheckpointKept(ident, asked.why, told, asked.trigger)
