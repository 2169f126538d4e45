"""Between two parts of an action: whether it goes on."""

import asyncio
from collections.abc import Awaitable, Callable

from incidentui.core.rehearsal import must_end
from incidentui.core.state import State

LOOKS = 5
"""So many bad looks in a row end it: what was restarted last may need a moment until it serves."""
PAUSE_S = 1.0


async def between(
    run: str, state: Callable[[], State], look: Callable[[], Awaitable[None]], stopped_by: Callable[[], str]
) -> str:
    """Why it must end here; empty: it goes on. Every source is looked at for it."""
    why = ""
    for _ in range(LOOKS):
        if by := stopped_by():
            return f"{by} stopped it"
        await look()
        await asyncio.sleep(PAUSE_S)  # what was seen is folded meanwhile
        if not (why := must_end(state(), run)):
            break
    return f"{stopped_by()} stopped it" if stopped_by() else why
