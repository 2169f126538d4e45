"""Finds the runbooks that a command names: a file, a folder, or a name of the shelf."""

import difflib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CannotRun, Options
from incidentui.config.load import load
from incidentui.config.paths import find_root
from incidentui.core.value import dataclass
from incidentui.edge.runbooks import NotReadError, Shelf, read_one, read_runbooks, shipped_folder
from incidentui.runbook.model import Runbook


@dataclass(frozen=True, slots=True)
class Found:
    file: Path
    book: Runbook
    text: str
    """What it was read from."""


def shelf_of(options: Options) -> Shelf:
    """What the project has, and what came with the program; the latter alone where there is no project."""
    root = root_or_none(options)
    return read_runbooks(root, folders_of(root)) if root else read_runbooks(None)


def folders_of(root: Path) -> tuple[str, ...]:
    return load(root, untrusted=True).config.runbooks


def root_or_none(options: Options) -> Path | None:
    """A runbook can be read where no project is; a project that was named must be there."""
    if options.project is not None:
        return project_root(options)
    return project_root(options) if find_root(Path.cwd()) else None


def found(options: Options, which: str) -> Found:
    """The runbook that is meant: a file that is there, else a name. Exit 2 with what is near when there is none."""
    if Path(which).is_file():
        return read(options, Path(which))
    shelf = shelf_of(options)
    book = shelf.get(which) or shelf.get(which.removesuffix(".md"))
    if book is None:
        raise CannotRun(_unknown(which, [b.id for b in shelf.runbooks]))
    file = file_of(book, root_or_none(options))
    return Found(file, book, read(options, file).text)


def read(options: Options, file: Path) -> Found:
    """A file under the name that the shelf gives it, where it lies there."""
    try:
        root = root_or_none(options) or find_root(file.resolve().parent) or file.resolve().parent
        book, text = read_one(file, _place(file, root), root)
    except NotReadError as why:
        raise CannotRun(f"{file}: {why}.") from None
    return Found(file, book, text)


def _place(file: Path, root: Path) -> str:
    """As the shelf names it: from the root of the project."""
    place = os.path.relpath(os.path.realpath(file), os.path.realpath(root))
    return str(file) if place.startswith("..") else place


def file_of(book: Runbook, root: Path | None) -> Path:
    if book.origin == "shipped" or root is None:
        return (shipped_folder() or Path()) / Path(book.path).name
    return root / book.path


def where(file: Path) -> str:
    """From here where it lies below; CI marks the line of a file by this."""
    place = os.path.relpath(os.path.realpath(file), os.getcwd())
    return str(file) if place.startswith("..") else place


def markdown_in(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in (".git", "node_modules", ".venv"))
        yield from (Path(place, name) for name in sorted(names) if name.lower().endswith(".md"))


def _unknown(which: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(which, known, 1, 0.4)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
    return f"no runbook and no file is called {which}: {hint}"
