"""Takes the checkpoint that the session found due; see core/green.py."""

from incidentui.core.inputs import Refusal
from incidentui.core.state import State
from incidentui.edge.checkpoints.plans import told
from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.checkpoints.taking import Keeper


class OnGreen:
    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    async def keep(self, why: str, state: State) -> tuple[str, str] | Refusal:
        """An engine that does not answer makes it worth less than the one before: it is not kept as good."""
        self._keeper.saw(state)
        try:
            kept = await self._keeper.take(why, whole=True)
        except CheckpointError as error:
            return Refusal(str(error))
        return kept.id, told(kept)
