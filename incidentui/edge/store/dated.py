"""Folders that are named by the time they were made: written beside, named when they are whole, never written over."""

import os
import re
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from incidentui.edge.store.place import sync_folder

_ID = re.compile(r"\d{8}-\d{6}(?:-\d+)?")


class Dated:
    """All of one kind, in one folder. `one`: what a person calls each; `error`: what is raised, in a person's words."""

    def __init__(self, folder: Path, one: str, error: type[Exception]) -> None:
        self.folder = folder
        self._one, self._error = one, error

    def ids(self) -> list[str]:
        """Oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted((each.name for each in self.folder.iterdir() if _ID.fullmatch(each.name)), key=_order)

    def find(self, wanted: str) -> str:
        """An id, the beginning of one, or `latest`."""
        ids = self.ids()
        found = ids[-1:] if wanted == "latest" else [each for each in ids if each == wanted]
        found = found or [each for each in ids if wanted and each.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise self._error(f"{wanted} begins {len(found)} {self._one}s: {', '.join(found[:5])}")
        there = f"there is {', '.join(ids[-3:])}" if ids else f"none was taken yet: incidentui {self._one} take"
        raise self._error(f"no {self._one} {wanted}; {there}")

    def cannot(self, error: OSError) -> Exception:
        return self._error(f"no {self._one} can be kept in {self.folder}: {error.strerror or error}")

    def _beside(self) -> Path:
        """An empty folder to write into, which is none of them yet."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(dir=self.folder, prefix=".new-"))
        except OSError as error:
            raise self.cannot(error) from None


def free(ident: str) -> Iterator[str]:
    """Ids to try, one after the other: several may be made in one second."""
    yield ident
    yield from (f"{ident}-{n}" for n in count(2))


def named(temporary: Path, wanted: Path) -> bool:
    """False: the name is taken. A folder with something in it is never replaced by a rename."""
    try:
        os.rename(temporary, wanted)
    except OSError:
        if wanted.exists():
            return False
        raise
    sync_folder(str(wanted))
    return True


def _order(ident: str) -> tuple[str, int]:
    day, time, *more = ident.split("-")
    return f"{day}-{time}", int(more[0]) if more else 1
