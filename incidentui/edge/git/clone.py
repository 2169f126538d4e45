"""What judgements ask of the clone: the ledger since known-good, and that known-good is kept. Never raises."""

from pathlib import Path

from incidentui.core.model import KnownGood, Ledger
from incidentui.edge.git.good import keep
from incidentui.edge.git.ledger import read
from incidentui.edge.git.place import layout, sha_of
from incidentui.edge.git.run import GitError


class GitClone:
    def __init__(self, top: Path) -> None:
        self._top = top

    async def ledger(self, good: str, tip: str, symbol: str = "") -> Ledger | None:
        try:
            where = await layout(self._top)
            if await sha_of(where.top, good) is None or await sha_of(where.top, tip) is None:
                return None
            return await read(where, good, tip, symbol=symbol)
        except (GitError, OSError, ValueError):
            return None

    async def keep_good(self, good: KnownGood) -> None:
        try:
            await keep(await layout(self._top), good)
        except (GitError, OSError):
            return  # the journal has it; a clone that cannot be written is told by the plans
