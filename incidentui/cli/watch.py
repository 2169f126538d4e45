"""`watch`: the session without a screen. Checks, git and workloads go into the journal until it is stopped."""

import signal
import threading

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import live
from incidentui.cli.options import CannotRun, Options
from incidentui.cli.rows import row_line
from incidentui.core.codec import to_cloudevent
from incidentui.core.envelope import canonical
from incidentui.session.ports import View


@click.command("watch")
@click.option("--json", "as_json", is_flag=True, help="Every event as a CloudEvent, one per line.")
@click.pass_obj
def command(options: Options, as_json: bool) -> int:
    """Watch without a screen, until stopped. Prints what happens."""
    watching = live(project_root(options), responder(), read_only="read-only" if options.read_only else "")
    stopped = threading.Event()
    caught: list[int] = []

    def leave(number: int, _: object) -> None:
        caught.append(number)
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, leave)
    news = threading.Event()
    watching.session.subscribe(lambda view: news.set())
    told = watching.journal.last()
    try:
        watching.session.start()
        wrong: tuple[str, ...] = ()
        while not stopped.is_set():
            if watching.session.stopped:
                raise CannotRun(f"{watching.session.stopped}.")
            wrong = _tell_problems(watching.session.view, wrong)
            news.wait(0.2)
            news.clear()
            for recorded in watching.journal.read(told):
                told = recorded.seq
                if as_json:
                    click.echo(canonical(to_cloudevent(recorded)))
                elif recorded.moment != "quiet":
                    click.echo(row_line(recorded))
    finally:
        watching.close("watch ended")
    return 128 + caught[0]


def _tell_problems(view: View, told: tuple[str, ...]) -> tuple[str, ...]:
    """The configuration is validated after the start; what is wrong in it is said once."""
    for problem in view.problems[len(told) :]:
        click.echo(f"incidentui: {problem}", err=True)
    return view.problems
