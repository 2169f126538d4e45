"""`incidentui [DIR]`: the incident screen on a live session. Draws first; the world is built after the first frame."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import live, read_only_words
from incidentui.cli.options import CannotRun, Options
from incidentui.session.ports import Session

if TYPE_CHECKING:
    from incidentui.runbook.model import Runbook


def open_screen(options: Options) -> int:
    """Runs until the responder leaves; the exit code."""
    need_terminal()
    root = project_root(options)
    me = responder()
    watching = live(root, me, read_only=read_only_words() if options.read_only else "")
    try:
        return show(watching.session, root, options, start=watching.session.start)
    finally:
        watching.close("left the screen")


def need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotRun("the screen needs a terminal; `incidentui status` and `incidentui watch` do without one.")


def show(session: Session, root: Path | None, options: Options, start: Callable[[], None] | None = None) -> int:
    """The same screen for a live session and for a replay."""
    from incidentui.tui.app import IncidentApp, run

    def shelf() -> "Sequence[Runbook]":
        from incidentui.edge.runbooks import read_runbooks

        return read_runbooks(root).runbooks

    app = IncidentApp(
        session,
        shelf=shelf,
        after_first_frame=start,
        ascii=options.ascii or _ascii_terminal(),
        theme="light" if os.environ.get("INCIDENTUI_THEME") == "light" else "dark",
    )
    return run(app)


def _ascii_terminal() -> bool:
    """A terminal that cannot show the glyphs: another encoding than UTF-8, or the Linux console."""
    return (sys.stdout.encoding or "").lower().replace("-", "") != "utf8" or os.environ.get("TERM") == "linux"
