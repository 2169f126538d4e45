"""A story that nothing was told of yet, on a real journal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postmortem.story import Story


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    told = Story(tmp_path)
    yield told
    told.journal.close()
