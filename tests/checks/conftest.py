"""A clock that stands where a test puts it, and secrets that no test leaves to the next."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from incidentui.edge.text import set_known_secrets


class StillClock:
    boot = "boot"

    def __init__(self) -> None:
        self.time = 1_000_000

    def now(self) -> int:
        return self.time

    def mono(self) -> int:
        return self.time


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    set_known_secrets([])


async def until(done: Callable[[], bool]) -> None:
    """Waits for what another thread or task does; there is no event to wait on."""
    async with asyncio.timeout(20):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
