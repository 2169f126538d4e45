"""Which project, which journal, which responder: what the record commands ask before anything else.

Imports no event class, so that `note` stays quick.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incidentui.cli.options import CannotRun, Options
from incidentui.config import paths
from incidentui.edge.clock import SystemClock
from incidentui.edge.known import learn
from incidentui.edge.text import clean

if TYPE_CHECKING:
    from incidentui.edge.store.sqlite import SqliteJournal

NAME_LIMIT = 60


def project_root(options: Options) -> Path:
    """The project: named, else up from here, else the one with an open incident. CannotRun when there is none.

    From here on its secrets are known: nothing that is said or stored holds them.
    """
    root = _project_root(options)
    learn(root)
    return root


def _project_root(options: Options) -> Path:
    if options.project is not None:
        folder = Path(options.project)
        if not folder.is_dir():
            raise CannotRun(f"--project {options.project}: there is no such folder.")
        return paths.find_root(folder) or folder
    if root := paths.find_root(Path.cwd()):
        return root
    burning = [root for root in paths.known_roots() if _has_open_incident(root)]
    if len(burning) == 1:
        click.echo(f"incidentui: in {burning[0]}, the one project with an open incident", err=True)
        return burning[0]
    several = f"; open incidents are in {', '.join(map(str, burning))}" if burning else ""
    raise CannotRun(
        f"no project here: neither incidentui.toml nor a git work tree from {Path.cwd()} upwards{several}. "
        "Name one with --project DIR."
    )


def _has_open_incident(root: Path) -> bool:
    from incidentui.edge.store.schema import open_reader

    try:
        conn = open_reader(str(paths.journal_path(root)))
    except sqlite3.Error:
        return False
    try:
        return conn.execute("SELECT 1 FROM incidents WHERE closed_seq IS NULL LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return False
    finally:
        conn.close()


def open_to_write(options: Options) -> "SqliteJournal":
    """The project's journal, made when there is none yet."""
    from incidentui.edge.store.sqlite import open_journal

    root = project_root(options)
    paths.remember_root(root)
    path = paths.journal_path(root)
    with damage_told(path):
        return open_journal(path, paths.project_name(root), SystemClock())


@contextmanager
def damage_told(journal: Path) -> Iterator[None]:
    """What is opened or written meanwhile may find the journal damaged, and carry it on: then that is said."""
    before = set(_damaged(journal))
    yield
    if found := sorted(set(_damaged(journal)) - before, key=lambda kept: len(kept.name)):
        said = (
            f"incidentui: the journal was damaged; what could be read of it was taken over. The old file is {found[0]}"
        )
        click.echo(said, err=True)


def _damaged(journal: Path) -> Iterator[Path]:
    return journal.parent.glob(f"{journal.name}.damaged-*")


def open_to_read(options: Options) -> "SqliteJournal | None":
    """The project's journal; None when nothing was recorded yet. Reading makes no file."""
    from incidentui.edge.store.sqlite import open_journal

    path = paths.journal_path(project_root(options))
    if not path.exists() or path.stat().st_size == 0:
        return None
    return open_journal(path, "", SystemClock(), read_only=True)


def responder() -> str:
    """Who is at the keyboard: INCIDENTUI_USER, else the remembered name, else asked once."""
    if given := clean(os.environ.get("INCIDENTUI_USER", ""), NAME_LIMIT).strip():
        return given
    file = paths.responder_file()
    try:
        remembered = clean(file.read_text().strip(), NAME_LIMIT)
    except (OSError, UnicodeDecodeError):
        remembered = ""
    return remembered or _ask(file)


def _ask(file: Path) -> str:
    if os.environ.get("CI") or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CannotRun("who are you? Set INCIDENTUI_USER=NAME: the record names who did what.")
    name = ""
    while not name:
        asked: str = click.prompt("Your name, as the record shall show it", err=True)
        name = clean(asked, NAME_LIMIT).strip()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(name + "\n")
    return name
