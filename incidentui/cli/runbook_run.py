"""`runbook run`: a runbook worked through without a screen, by the same plans, guards and records as on it.

It stops at the first step that is not done and says what it needs; called again it goes on there.
"""

import re
from collections.abc import Mapping

import click

from incidentui.cli.act import Interrupts, wait_for_first_looks
from incidentui.cli.books import Found, found
from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import Live, live
from incidentui.cli.options import CannotRun, Options, Refused
from incidentui.cli.runbook_say import Said
from incidentui.cli.runbook_walk import Given, Walk
from incidentui.cli.trust import changed_line
from incidentui.config.trust import ONE_RUN
from incidentui.core.acts import STOPPABLE, WATCHES
from incidentui.core.format import count
from incidentui.core.inputs import StopAction
from incidentui.edge.processes import SystemProcesses
from incidentui.edge.text import redact
from incidentui.runbook.model import Runbook

MOST_CHANGES = 60
"""Lines of what changed in a runbook that a refusal shows."""


@click.command("run")
@click.argument("which", metavar="WHICH")
@click.option("--dry-run", is_flag=True, help="Print every command and plan as it would be; run nothing.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A variable, or a place to fill in.")
@click.option(
    "--yes", "words", multiple=True, metavar="WORD", help="The typed word of a change: the branch, the workload."
)
@click.option("--done", "ticks", multiple=True, metavar="N[=NOTE]", help="Step N, which a person does, is done.")
@click.option("--from", "first", type=int, metavar="N", help="Begin anew, at this step; those before it are skipped.")
@click.option("--only", type=int, metavar="N", help="Run this step alone, whichever is to do.")
@click.option("--undo", type=int, metavar="N", help="Undo what was done, last first, down to step N and with it.")
@click.option("--take-over", is_flag=True, help="Go on with a run that another person works through.")
@click.option("--json", "as_json", is_flag=True, help="Print a line per step.")
@click.pass_obj
def command(
    options: Options, which: str, dry_run: bool, pairs: tuple[str, ...], words: tuple[str, ...],
    ticks: tuple[str, ...], first: int | None, only: int | None, undo: int | None, take_over: bool, as_json: bool,
) -> int:  # fmt: skip
    """Work through a runbook; exit 0 when every step is done, else what the step that stopped it says."""
    one = found(options, which)
    given = _pairs(pairs)
    _one_way(one.book, {"--from": first, "--only": only, "--undo": undo})
    notes = _ticks(ticks, one.book, any_step=undo is not None)
    if not one.book.steps:
        raise CannotRun(f"{which} holds no step: it is only to be read.")
    if not dry_run:
        _may_run(options, one)
    said = Said(as_json)
    acting = live(project_root(options), responder(), read_only="read-only" if options.read_only else "")
    left = acting.session.view.state.attempt
    under_way = left if left is not None and left.verdict is None else None
    with Interrupts() as interrupts:
        try:
            acting.session.start()
            wait_for_first_looks(acting)
            walk = Walk(acting, one.book, Given(given, frozenset(words), notes, take_over), said, under_way)
            if dry_run:
                return walk.shown()
            if undo is not None:
                return walk.back(undo)
            return walk.only(only) if only is not None else walk.through(first)
        finally:
            interrupts.later = True
            _stop_what_runs(acting)
            acting.close(f"runbook run {one.book.id} ended")


def _stop_what_runs(acting: Live) -> None:
    """Left in the middle: a block is ended with all that it started, a wait is over, and the record says by whom."""
    attempt = acting.session.view.state.attempt
    if attempt is None or attempt.verdict is not None or acting.session.stopped or attempt.by != acting.session.me:
        return
    processes = SystemProcesses()
    if attempt.owner != processes.me() and processes.alive(attempt.owner) is not False:
        return  # it runs in another program, the screen of the same person maybe
    if attempt.plan.action in (*STOPPABLE, *WATCHES):
        acting.session.submit(StopAction(acting.session.me))


def _may_run(options: Options, one: Found) -> None:
    if options.read_only:
        raise Refused("a runbook acts, and --read-only was given. Leave it out, or add --dry-run.")
    if all(step.by_hand and step.undo_action is None and not step.undo for step in one.book.steps):
        return  # a checklist runs nothing, so there is nothing to allow
    if not one.book.trusted:
        why = f"the file {one.book.asked_again}" if one.book.asked_again else "its commands are not allowed yet"
        _show_changes(one.book)
        raise Refused(
            f"{why}: read it, then `incidentui trust {one.book.path}`  (one run: {ONE_RUN}={one.book.digest})"
        )


def _show_changes(book: Runbook) -> None:
    """What differs from the text that was allowed: whoever allows it anew has seen it."""
    for line in book.changes[:MOST_CHANGES]:
        click.echo(redact(changed_line(line)), err=True)
    if (more := len(book.changes) - MOST_CHANGES) > 0:
        click.echo(f"    … {count(more, 'line')} more: `incidentui trust {book.path}` shows all", err=True)


def _pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for name, equals, _ in split:
        if not equals or not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
            raise CannotRun(f"--set {name!r} is not NAME=VALUE.")
    return {name: value for name, _, value in split}


def _one_way(book: Runbook, asked: Mapping[str, int | None]) -> None:
    ways = {name: n for name, n in asked.items() if n is not None}
    if len(ways) > 1:
        raise CannotRun(f"{' and '.join(ways)} do not go together.")
    for name, n in ways.items():
        if n not in [s.n for s in book.steps]:
            raise CannotRun(f"{name} {n}: {book.title} has {count(len(book.steps), 'step')}.")


def _ticks(ticks: tuple[str, ...], book: Runbook, *, any_step: bool) -> dict[int, str]:
    notes: dict[int, str] = {}
    for tick in ticks:
        number, _, note = tick.partition("=")
        step = next((s for s in book.steps if str(s.n) == number), None)
        if step is None or not (step.by_hand or any_step):
            raise CannotRun(f"--done {tick}: there is no step {number} that a person does.")
        notes[step.n] = note.strip()
    return notes
