"""What a killed run leaves: lock files of git, and scratch folders of ours. The first are named, the second taken away.

A lock may belong to a git that runs right now, so it is never removed here. A scratch folder carries the id of its
process in its name: it goes when that process is gone.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from incidentui.edge.git.place import Layout
from incidentui.edge.processes import exists

SCRATCH = "incidentui-scratch-"
INDEX = "incidentui-index-"


def named(prefix: str) -> str:
    """The beginning of a scratch folder's name: `mkdtemp` does the rest."""
    return f"{prefix}{os.getpid()}-"


def locks(where: Layout) -> list[Path]:
    """Every lock that can stop an action here."""
    found = [path for folder in {where.gitdir, where.common} for path in folder.glob("*.lock")]
    found += (where.common / "refs").rglob("*.lock")
    return sorted(found)


def abandoned(where: Layout) -> list[Path]:
    """Scratch folders, and git's records of such worktrees, whose process is gone."""
    records = [path for path in (where.common / "worktrees").glob(f"{SCRATCH}*") if _owner_gone(path.name)]
    return [*records, *_folders()]


def _folders() -> Iterator[Path]:
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith((SCRATCH, INDEX)) and _owner_gone(entry.name):
                yield Path(entry.path)


def _owner_gone(name: str) -> bool:
    owner = name.removeprefix(SCRATCH).removeprefix(INDEX).partition("-")[0]
    return owner.isdigit() and not exists(int(owner))


def tidy(where: Layout) -> list[Path]:
    """Take away what is abandoned; what it was."""
    found = abandoned(where)
    for path in found:
        if path.parent.name == "worktrees":
            _folder_of(path)
        shutil.rmtree(path, ignore_errors=True)
    return found


def _folder_of(record: Path) -> None:
    """The worktree may lie in another temporary folder than today's."""
    with suppress(OSError):
        folder = Path((record / "gitdir").read_text().strip()).parent
        if folder.name.startswith(SCRATCH):
            shutil.rmtree(folder, ignore_errors=True)
