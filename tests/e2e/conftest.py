"""One sandbox for a module: building it takes a second, knowing what is good three."""

from collections.abc import Iterator

import pytest

from tests.e2e.world import Ferry, ferry


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ferry]:
    """A green sandbox of which a known-good commit is recorded."""
    with ferry(tmp_path_factory.mktemp("home")) as built:
        built.learn_good()
        yield built
