"""Reads the runbooks that ship with the program and those of a project. Looks only: nothing is run, no link out of the
project is followed, number and size are bounded, and what a terminal would obey is made visible before it is parsed.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from incidentui.config import trust
from incidentui.config.called import Called, called
from incidentui.config.model import RUNBOOK_FOLDERS
from incidentui.core.value import dataclass
from incidentui.edge.text import clean
from incidentui.runbook.attributes import what_runs
from incidentui.runbook.model import Command, Problem, Runbook, Step

MOST_FILES = 500
MOST_BYTES = 262_144
_DEEPEST = 6
_MADE_VISIBLE = re.compile("[\u2400-\u2421\ufffd]")


@dataclass(frozen=True, slots=True)
class Shelf:
    runbooks: tuple[Runbook, ...]
    """The project's first, then what shipped."""
    left_out: tuple[str, ...] = ()
    """Files that were not read, each with its reason."""

    def get(self, id: str) -> Runbook | None:
        return next((r for r in self.runbooks if r.id == id), None)


def read_runbooks(project_dir: Path | None, folders: Sequence[str] = RUNBOOK_FOLDERS) -> Shelf:
    left_out: list[str] = []
    found: dict[str, Runbook] = {}
    shipped = shipped_folder()
    own = _project_files(project_dir, folders, left_out) if project_dir else []
    for file in own:
        if project_dir and (shipped is None or shipped not in file.parents):
            place = os.path.relpath(file, os.path.realpath(project_dir))
            _put(found, _own(file, place, project_dir, left_out), place)
    for file in sorted(shipped.glob("*.md")) if shipped else []:
        _put(found, _shipped(file, left_out), f"shipped/{file.stem}")
    return Shelf(tuple(found.values()), tuple(left_out))


def shipped_folder() -> Path | None:
    """Package data of an installed program, `runbooks/` beside the package in a checkout."""
    package = Path(str(files("incidentui"))).resolve()
    if (package / "runbooks").is_dir():
        return package / "runbooks"
    beside = package.parent / "runbooks"
    # Beside an installed package lie other packages: a checkout is known by its pyproject.
    return beside if beside.is_dir() and (package.parent / "pyproject.toml").is_file() else None


def project_files(project_dir: Path, folders: Sequence[str] = RUNBOOK_FOLDERS) -> list[Path]:
    """The runbook files of a project, without those that shipped."""
    shipped = shipped_folder()
    return [file for file in _project_files(project_dir, folders, []) if shipped not in file.parents]


def _put(found: dict[str, Runbook], runbook: Runbook | None, place: str) -> None:
    if runbook is not None:
        id = runbook.id if runbook.id not in found else place.removesuffix(".md")
        found[id] = replace(runbook, id=id)


def _project_files(project_dir: Path, folders: Sequence[str], left_out: list[str]) -> list[Path]:
    root = Path(os.path.realpath(project_dir))
    out: list[Path] = []
    for folder in folders:
        for file in _markdown_below(root / folder):
            real = Path(os.path.realpath(file))
            if root not in real.parents:
                left_out.append(f"{os.path.relpath(file, root)}: a link that leads out of the project")
            elif real not in out:
                out.append(real)
            if len(out) > MOST_FILES:
                left_out.append(f"{folder}: only the first {MOST_FILES} files are read")
                return out[:MOST_FILES]
    return out


def _markdown_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, followlinks=False):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(folders) if depth < _DEEPEST else []
        for name in sorted(names):
            if name.lower().endswith(".md"):
                yield Path(place, name)


def _shipped(file: Path, left_out: list[str]) -> Runbook | None:
    place = f"runbooks/{file.name}"
    content = _read(file, place, left_out)
    if content is None:
        return None
    return replace(parsed(content, place), digest=trust.digest(content), origin="shipped", trusted=True)


def read_one(file: Path, place: str, project_dir: Path) -> tuple[Runbook, str]:
    """(the runbook, the text it was read from). Raises NotReadError. `project_dir`: where its commands would run."""
    real = Path(os.path.realpath(file))
    content = read_bounded(real)
    if shipped_folder() in real.parents:
        shipped = replace(parsed(content, place), digest=trust.digest(content), origin="shipped", trusted=True)
        return shipped, visible(content)
    return _allowed(real, content, clean(place, 200), project_dir), visible(content)


def _own(file: Path, place: str, project_dir: Path, left_out: list[str]) -> Runbook | None:
    content = _read(file, clean(place, 200), left_out)
    if content is None:
        return None
    return _allowed(file, content, clean(place, 200), project_dir)


def _allowed(file: Path, content: bytes, place: str, project_dir: Path) -> Runbook:
    runbook = parsed(content, place)
    calls = calls_of(runbook, project_dir)
    runbook = replace(runbook, digest=trust.digest(content, calls), calls=tuple(clean(c.name, 200) for c in calls))
    if trust.is_trusted(file, content, calls):
        return replace(runbook, trusted=True)
    again = trust.why_asked_again(file, content, calls)
    return replace(runbook, asked_again=again, changes=trust.changes(file, content, calls) if again else ())


@lru_cache(MOST_FILES + 100)
def parsed(content: bytes, place: str) -> Runbook:
    """What is shown and what runs: both come of these bytes, which were read once. The same bytes are not parsed twice:
    an open screen looks at the files again and again."""
    from incidentui.runbook.parse import LONGEST, parse

    # Four bytes are the longest character: what is cut here is refused there for its length.
    return _without_hidden(parse(visible(content[: 4 * (LONGEST + 1)]), place))


def calls_of(runbook: Runbook, project_dir: Path) -> tuple[Called, ...]:
    """The scripts of the project that its shell blocks name."""
    return called(what_runs(runbook.path, runbook.steps), project_dir)


def _read(file: Path, place: str, left_out: list[str]) -> bytes | None:
    try:
        return read_bounded(file)
    except NotReadError as why:
        left_out.append(f"{place}: {why}")
        return None


class NotReadError(Exception):
    """Why a file was not read."""


def read_bounded(file: Path) -> bytes:
    """All bytes of a file that is no link and at most 256 KB long."""
    try:
        # Without waiting: a pipe of that name would hold the program for ever.
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise NotReadError("not a file")
            content = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise NotReadError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > MOST_BYTES:
        raise NotReadError(f"longer than {MOST_BYTES // 1024} KB")
    return content


def visible(content: bytes) -> str:
    """The text with control characters as pictures; tabs and line ends stay, for a command may need them."""
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")
    text = text.replace("\x1b", "␛").replace("\x9b", "\ufffd")  # colours too: what is allowed is shown with its marks
    return "\t".join(clean(part, len(part) + 1, lines=True) for part in text.split("\t"))


def _without_hidden(runbook: Runbook) -> Runbook:
    """A command that held hidden characters is shown with their marks, and not run."""
    problems = list(runbook.problems)
    steps = tuple(_shown_only(step, problems) for step in runbook.steps)
    return replace(runbook, steps=steps, problems=tuple(problems))


def _shown_only(step: Step, problems: list[Problem]) -> Step:
    commands, undo = (tuple(_checked(command, problems) for command in some) for some in (step.commands, step.undo))
    return replace(step, commands=commands, undo=undo) if (commands, undo) != (step.commands, step.undo) else step


def _checked(command: Command, problems: list[Problem]) -> Command:
    if not _MADE_VISIBLE.search(command.text):
        return command
    said, hint = "hidden characters in a command", "it is shown with marks, and not run"
    problems.append(Problem(command.line, said, hint, rule="hidden-characters"))
    return replace(command, runnable=False, why_not="it holds hidden characters", held=command.runnable or command.held)
