"""`runbook hand-over` and `runbook cut-short`: what is said to the run in progress from outside of it."""

import json

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import Live, live
from incidentui.cli.options import Options, Refused, may_write
from incidentui.core.handover import handed_over
from incidentui.core.inputs import Command, HandOver, Refusal, StopAction
from incidentui.edge.text import clean_and_redact
from incidentui.runbook.stands import stands


@click.command("hand-over")
@click.argument("to", metavar="WHO")
@click.argument("note", default="")
@click.option("--json", "as_json", is_flag=True, help='Print {"to", "lines", "now", "next"}.')
@click.pass_obj
def hand_over(options: Options, to: str, note: str, as_json: bool) -> None:
    """Give the runbook in progress to another person; prints where it stands, in plain words. WHO may be yourself."""
    may_write(options, "runbook hand-over")
    acting = live(project_root(options), responder())
    try:
        acting.session.start()
        _tell(acting, HandOver(acting.session.me, _plain(to), _plain(note)))
        state, now = acting.session.view.state, acting.session.now()
        lines = stands(state.runbook, now) if state.runbook is not None else []
        told = handed_over(state, state.current, now) if state.current is not None else None
        if as_json:
            parts = {"now": list(told.now), "next": list(told.next)} if told is not None else {"now": [], "next": []}
            click.echo(json.dumps({"to": to, "lines": lines, **parts}, ensure_ascii=False))
            return
        click.echo("\n".join(lines))
        if told is not None:
            click.echo("\nHow it stands\n" + "\n".join(f"  {line}" for line in told.now))
            click.echo("\nNext\n" + "\n".join(f"  {n} {line}" for n, line in enumerate(told.next, 1)))
    finally:
        acting.close("runbook hand-over ended")


@click.command("cut-short")
@click.argument("why", metavar="REASON")
@click.pass_obj
def cut_short(options: Options, why: str) -> None:
    """End the waiting of the step in progress, wherever it runs: the step is skipped with this reason."""
    may_write(options, "runbook cut-short")
    if not why.strip():
        raise Refused("cutting short needs a reason.")
    acting = live(project_root(options), responder())
    try:
        acting.session.start()
        _tell(acting, StopAction(acting.session.me, _plain(why)))
    finally:
        acting.close("runbook cut-short ended")


def _plain(text: str) -> str:
    return clean_and_redact(text, 500).strip()


def _tell(acting: Live, command: Command) -> None:
    answer = acting.session.submit(command).result()
    if isinstance(answer, Refusal):
        raise Refused(answer.why + (f": {answer.hint}" if answer.hint else "") + ".")
