"""What a killed run leaves: lock files of git, and scratch folders of ours. The first are named, the second taken away.

A lock may belong to a git that runs right now, so it is never removed here. A scratch folder carries in its name the id
of its process and when that one started (an id alone is used again): it goes when that very process is gone.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from incidentui.edge.git.place import Layout
from incidentui.edge.processes import lives, started

SCRATCH = "incidentui-scratch-"
INDEX = "incidentui-index-"


def named(prefix: str) -> str:
    """The beginning of a scratch folder's name: `mkdtemp` does the rest."""
    pid = os.getpid()
    return f"{prefix}{pid}-{started(pid) or 0}-"


def locks(where: Layout) -> list[Path]:
    """Every lock that can stop an action here."""
    found = [path for folder in {where.gitdir, where.common} for path in folder.glob("*.lock")]
    found += (where.common / "refs").rglob("*.lock")
    return sorted(found)


def abandoned(where: Layout) -> list[Path]:
    """Scratch folders, and git's records of such worktrees, whose process is gone."""
    records = [path for path in (where.common / "worktrees").glob(f"{SCRATCH}*") if owner_gone(path.name)]
    return [*records, *_folders()]


def _folders() -> Iterator[Path]:
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith((SCRATCH, INDEX)) and owner_gone(entry.name):
                yield Path(entry.path)


def owner_gone(name: str) -> bool:
    """Of a folder that is called as `named` says. One of an earlier version tells no start: its id must do."""
    words = name.split("-")[2:]  # incidentui-KIND-PID-START-RANDOM
    if not all(word.isdigit() for word in words[:-1]) or len(words) not in (2, 3):
        return False
    return not lives(int(words[0]), int(words[1]) if len(words) == 3 else 0)


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
