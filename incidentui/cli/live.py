"""A live session on a project, as the screen, `watch`, `act`, `check` and `status` need it."""

import logging
import socket
import time
from pathlib import Path
from sqlite3 import DatabaseError
from typing import TYPE_CHECKING

from incidentui.config.load import parse
from incidentui.config.paths import journal_path, observer_lock, project_name, remember_root
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.clock import SystemClock
from incidentui.edge.processes import SystemProcesses
from incidentui.edge.store.observer import ObserverLock
from incidentui.edge.store.schema import mend
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.edge.store.window import times
from incidentui.session.live import LiveSession
from incidentui.session.parts import Parts, World
from incidentui.session.ports import Journal

if TYPE_CHECKING:
    from incidentui.edge.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Live:
    session: LiveSession
    journal: SqliteJournal

    def close(self, why: str = "") -> None:
        self.session.stop(why)
        self.journal.close()


def live(root: Path, me: str, *, read_only: str = "", typed: bool = False, terminal: "Terminal | None" = None) -> Live:
    """Opens the journal and reads it; nothing is looked at before `session.start()`.

    A journal that cannot be read is mended first: a screen is wanted most when things break.
    """
    try:
        return _live(root, me, read_only, typed, terminal)
    except DatabaseError:
        mend(str(journal_path(root)), project_name(root))
        return _live(root, me, read_only, typed, terminal)


def _live(root: Path, me: str, read_only: str, typed: bool, terminal: "Terminal | None") -> Live:
    # asyncio writes to stderr, over the screen, when a child was reaped before its watcher woke; nothing is lost by it.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    clock = SystemClock()
    parsed = parse(root)
    remember_root(root)
    journal = open_journal(journal_path(root), parsed.spec.name, clock)

    def world() -> World:
        from incidentui.cli.world import build

        return build(parsed, clock, me=me, typed=typed, terminal=terminal)

    def drafter(journal: Journal, state: State, incident: str, now: Ms) -> str | Refusal:
        from incidentui.cli.drafting import drafted  # not needed before somebody asks for a draft

        return drafted(journal, state, incident, now)

    parts = Parts(
        journal=journal,
        clock=clock,
        processes=SystemProcesses(),
        lock=ObserverLock(observer_lock(root)),
        world=world,
        drafter=drafter,
        me=me,
        host=socket.gethostname(),
        read_only=read_only or journal.read_only,
        tidy=lambda: journal.prune(clock.now(), times(journal, clock.now())),
    )
    try:
        return Live(LiveSession(parts), journal)
    except DatabaseError:
        journal.close()
        raise


def read_only_words() -> str:
    """The reason that a refused key gives."""
    since = time.strftime("%H:%M")
    return f"read-only since {since}, started with --read-only"
