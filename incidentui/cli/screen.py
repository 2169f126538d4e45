"""`incidentui [DIR]`: the incident screen on a live session. Draws first; the world is built after the first frame."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import live, read_only_words
from incidentui.cli.options import CannotRun, Options
from incidentui.core.acts import may_take_long
from incidentui.core.inputs import StopAction
from incidentui.edge.terminal import Terminal
from incidentui.session.ports import Session

if TYPE_CHECKING:
    from incidentui.runbook.model import Runbook

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)


def open_screen(options: Options) -> int:
    """Runs until the responder leaves; the exit code."""
    need_terminal()
    root = project_root(options)
    me = responder()
    terminal = Terminal()
    watching = live(root, me, read_only=read_only_words() if options.read_only else "", terminal=terminal)
    with _told_later() as told:
        try:
            code = show(watching.session, root, options, start=watching.session.start, told=told, terminal=terminal)
        finally:
            with _waited_for(watching.session):
                watching.close("left the screen")
    return code or (128 + told[0] if told else 0)


@contextmanager
def _told_later() -> Iterator[list[int]]:
    """Beside the screen's own handlers: once it is left, no further signal may cut the step that is being finished."""
    told: list[int] = []
    before = {number: signal.signal(number, lambda given, _frame: told.append(given)) for number in _SIGNALS}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _waited_for(session: Session) -> Iterator[None]:
    """Says what is finished before this ends. What may go on for hours ctrl+c ends; nothing else cuts it."""
    attempt, ends = session.view.state.attempt, ""
    if attempt is not None and attempt.outcome is None and attempt.by == session.me:
        if may_take_long(attempt, session.now()):
            ends = "; ctrl+c ends it"
            signal.signal(signal.SIGINT, lambda *_: session.submit(StopAction(session.me)) and None)
        with suppress(OSError):  # the terminal may be gone
            click.echo(
                f"incidentui: {attempt.plan.title}: it is finished and recorded before this ends{ends}", err=True
            )
    yield


def need_terminal() -> None:
    """On all three: the keys come from one, the screen is drawn on another, and Textual draws on the third."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise CannotRun("the screen needs a terminal; `incidentui status` and `incidentui watch` do without one.")


def show(
    session: Session,
    root: Path | None,
    options: Options,
    start: Callable[[], None] | None = None,
    told: Sequence[int] = (),
    terminal: Terminal | None = None,
) -> int:
    """The same screen for a live session and for a replay. `told`: signals from before it could heed them."""
    from incidentui.tui.app import IncidentApp, run
    from incidentui.tui.aside import lend

    def shelf() -> "Sequence[Runbook]":
        from incidentui.config.load import load
        from incidentui.edge.runbooks import read_runbooks

        if root is None:
            return read_runbooks(None).runbooks
        return read_runbooks(root, load(root, untrusted=True).config.runbooks).runbooks

    def begin() -> None:
        if told:
            app.exit(return_code=128 + told[0])
        elif start is not None:
            start()

    app = IncidentApp(
        session,
        shelf=shelf,
        after_first_frame=begin,
        ascii=options.ascii or _ascii_terminal(),
        redact=_redacted,
        theme="light" if os.environ.get("INCIDENTUI_THEME") == "light" else "dark",
    )
    if terminal is not None:
        terminal.lender = partial(lend, app)
    return run(app)


def _redacted(text: str) -> str:
    from incidentui.edge.text import clean_and_redact

    return clean_and_redact(text, 200_000, lines=True)


def _ascii_terminal() -> bool:
    """A terminal that cannot show the glyphs: another encoding than UTF-8, or the Linux console."""
    return (sys.stdout.encoding or "").lower().replace("-", "") != "utf8" or os.environ.get("TERM") == "linux"
