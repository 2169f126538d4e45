"""Whole screens as text, at the three sizes. `GOLDEN=write` writes them anew; read the diff."""

import os
from pathlib import Path

import pytest

from tests.tui import fakes
from tests.tui.screens import shown

HERE = Path(__file__).parent / "golden"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("state", fakes.STATES)
@pytest.mark.req("F20", "F72", "F38")
async def test_the_screen_is_as_it_was_looked_at(state: str, size: tuple[int, int]) -> None:
    async with shown(fakes.STATES[state](), size) as screen:
        text = screen.text + "\n"
    path = HERE / f"{state}-{size[0]}x{size[1]}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
