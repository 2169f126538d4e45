"""`runbook hand-over` and `runbook cut-short`: what is said to the run in progress from outside of it."""

import json

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import Live, live
from incidentui.cli.options import Options, Refused, may_write
from incidentui.core.inputs import Command, HandOver, Refusal, StopAction
from incidentui.edge.text import clean_and_redact
from incidentui.runbook.stands import stands


@click.command("hand-over")
@click.argument("to", metavar="WHO")
@click.argument("note", default="")
@click.option("--json", "as_json", is_flag=True, help='Print {"to", "lines": [...]}.')
@click.pass_obj
def hand_over(options: Options, to: str, note: str, as_json: bool) -> None:
    """Give the runbook in progress to another person; prints where it stands, in plain words. WHO may be yourself."""
    may_write(options, "runbook hand-over")
    acting = live(project_root(options), responder())
    try:
        acting.session.start()
        _tell(acting, HandOver(acting.session.me, _plain(to), _plain(note)))
        run = acting.session.view.state.runbook
        lines = stands(run, acting.session.now()) if run is not None else []
        click.echo(json.dumps({"to": to, "lines": lines}, ensure_ascii=False) if as_json else "\n".join(lines))
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
