"""One awkward state of a repository."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.git.table.ground import Ground

Do = Callable[[Ground], object]


@dataclass(frozen=True)
class State:
    name: str
    make: Do
    work: bool = True
    """Whether unsaved work lies beside what the actions touch."""
    waits: bool = False
    """Whether the program's own time limits must pass: not for a quick run."""


def toml(ground: Ground, branch: str = "main", remote: str = "origin") -> None:
    ground.write("incidentui.toml", f'[project]\nname = "api"\nbranch = "{branch}"\nremote = "{remote}"\n')
    ground.write(".git/info/exclude", "incidentui.toml\n")


def on(*steps: tuple[str, ...]) -> Do:
    """Git commands, one after the other, each of which must work."""

    def make(ground: Ground) -> None:
        for step in steps:
            ground.git(*step)

    return make


def both(*parts: Do) -> Do:
    def make(ground: Ground) -> None:
        for part in parts:
            part(ground)

    return make
