"""The command line: finds a command by name and imports its module only then. Every error becomes one line.

`incidentui [DIR]` without a command opens the screen.
"""

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, cast

import click
from typing_extensions import override

from incidentui.cli.options import CANNOT_RUN, INTERRUPTED, READER_GONE, CannotRun, Options
from incidentui.cli.output import NotPrintedError

COMMANDS = {
    "demo": ("incidentui.cli.drill:demo", "one drill, chosen for you; needs neither Docker nor a network"),
    "open": ("incidentui.cli.opening:open_command", "open an incident"),
    "note": ("incidentui.cli.note:command", "write a note into the journal"),
    "close": ("incidentui.cli.opening:close_command", "close an incident"),
    "hypothesis": ("incidentui.cli.hypothesis:command", "what is thought to be the cause, and what came of it"),
    "cause": ("incidentui.cli.cause:command", "the causes, in order: state, time lost, how often again, origin"),
    "incidents": ("incidentui.cli.incidents:list_command", "list the incidents of the project"),
    "show": ("incidentui.cli.incidents:show_command", "one incident with its times"),
    "events": ("incidentui.cli.events:command", "the journal as CloudEvents, one per line"),
    "watch": ("incidentui.cli.watch:command", "the session without a screen"),
    "trust": ("incidentui.cli.trust:command", "allow what a repository's file wants to run"),
    "check": ("incidentui.cli.check:command", "every check once"),
    "validate": ("incidentui.cli.validate:command", "configuration and compose files: right, and fitting each other"),
    "map": ("incidentui.cli.map:command", "what needs what, and which checks see it, as a page"),
    "prove": ("incidentui.cli.prove:command", "which failures each check can see"),
    "act": ("incidentui.cli.act:command", "an action without a screen: plan, guards, record and verdict"),
    "runbook": ("incidentui.cli.runbook:command", "list, show, check, make and run runbooks"),
    "checkpoint": ("incidentui.cli.checkpoint:command", "known-good, kept: images, configuration, volumes, verdicts"),
    "backup": ("incidentui.cli.backup:command", "what is in volumes, kept, checked, and brought back"),
    "status": ("incidentui.cli.status:command", "services, commits, workloads and sources in one look"),
    "export": ("incidentui.cli.export:command", "the draft of an incident, or its record"),
    "import": ("incidentui.cli.importing:command", "past post-mortems, and records, as closed incidents"),
    "replay": ("incidentui.cli.replay:command", "walk through an incident again"),
    "journal": ("incidentui.cli.journal:command", "is the record whole, a copy of it, erasing a leaked secret"),
    "drill": ("incidentui.cli.drill:command", "practise on a sandbox that really breaks"),
    "config": ("incidentui.cli.config:command", "the values in force, and where each comes from"),
    "schema": (
        "incidentui.cli.schema:command",
        "JSON Schemas: of the configuration, an event, a runbook's actions",
    ),
    "init": ("incidentui.cli.init:command", "a first incidentui.toml, from what lies in this folder"),
    "doctor": ("incidentui.cli.doctor:command", "what works here, and what is missing"),
}


class Commands(click.Group):
    """The commands of the table, each imported when it is called."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found = cast("click.Command", getattr(importlib.import_module(module), attribute))
        gc.enable()  # off since the start; the screen turns it on after its first frame
        return found

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and os.path.isdir(name):
            return "screen", _screen_command, args
        if name not in COMMANDS and not name.startswith("-"):
            raise CannotRun(_unknown(name))
        return super().resolve_command(ctx, args)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            ctx.exit(_reader_gone())

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _unknown(name: str) -> str:
    if os.sep in name:
        return f"{name} is no folder"
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, 1, 0.5)
    hint = f"did you mean `{near[0]}`?" if near else "`incidentui --help` lists the commands."
    return f"{name!r} is neither a command nor a folder: {hint}"


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "color": True},
    options_metavar="[OPTIONS]",
    subcommand_metavar="[DIR | COMMAND ...]",
)
@click.option("--project", metavar="DIR", help="The project (default: up from here).")
@click.option("--read-only", is_flag=True, help="Take every action away.")
@click.option("--ascii", "ascii_", is_flag=True, help="Draw in ASCII.")
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def cli(ctx: click.Context, project: str | None, read_only: bool, ascii_: bool, version: bool) -> int | None:
    """What an on-call engineer opens when production breaks. Without a command: the screen of the project in DIR."""
    ctx.obj = Options(project, read_only, ascii_)
    if version:
        from incidentui import __version__

        click.echo(f"incidentui {__version__}")
        ctx.exit()
    return _screen(ctx.obj, project) if ctx.invoked_subcommand is None else None


@click.command("screen", hidden=True)
@click.argument("folder")
@click.pass_obj
def _screen_command(options: Options, folder: str) -> int:
    return _screen(options, folder)


def _screen(options: Options, folder: str | None) -> int:
    from incidentui.cli.screen import open_screen

    code: int = open_screen(options._replace(project=folder))
    return code


def run(argv: Sequence[str]) -> int:
    """Run the command line; the exit code. Nothing is raised and no traceback is shown."""
    try:
        result: Any = cli.main(list(argv), prog_name="incidentui", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _say(error.format_message() + _where_to_look(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:  # a short answer is sent at the very end
        return _reader_gone()
    except NotPrintedError as error:
        _print_nothing_more()
        return _say(str(error), CANNOT_RUN)
    except Exception as error:  # the last line of defence: a person sees a sentence, never a traceback
        return _say(_sentence(error), CANNOT_RUN)
    return result if isinstance(result, int) else 0


def _reader_gone() -> int:
    """Whoever read our output has gone (`events | head`): nobody is there to tell."""
    _print_nothing_more()
    return READER_GONE


def _print_nothing_more() -> None:
    """What is held back still would be tried again as the interpreter ends, and fail with an exit code of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _where_to_look(error: click.ClickException) -> str:
    """Click knows which word it did not know or missed, not what there is."""
    known_to_click = isinstance(error, click.NoSuchOption | click.MissingParameter)
    if not (known_to_click or error.message.startswith("No such command")):
        return ""
    asked = error.ctx if isinstance(error, click.UsageError) else None
    return f" `{asked.command_path} --help` tells what there is." if asked is not None else ""


def _say(message: str, code: int) -> int:
    from contextlib import suppress
    from pathlib import Path

    from incidentui.config.paths import find_root
    from incidentui.edge.known import learn
    from incidentui.edge.text import redact

    root = None
    with suppress(OSError):  # a folder that was deleted meanwhile
        root = find_root(Path.cwd())
    learn(root)  # an argument that is repeated may hold one, and it may come before any project is looked for
    click.echo(f"incidentui: {' '.join(redact(message).split())}", err=True)
    return code


def _sentence(error: Exception) -> str:
    """Errors of ours and of the system speak for themselves; anything else is a fault of the program."""
    from sqlite3 import DatabaseError

    from incidentui.edge.store.errors import JournalError
    from incidentui.edge.text import clean_and_redact

    if os.environ.get("INCIDENTUI_DEBUG"):
        import traceback

        sys.stderr.write(clean_and_redact("".join(traceback.format_exception(error)), 200_000, lines=True))
    if isinstance(error, DatabaseError):
        return f"the journal cannot be read: {error}. `incidentui journal verify` says where."
    if isinstance(error, JournalError | OSError):
        return str(error)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else "?"
    said = clean_and_redact(str(error), 500)
    return f"a fault of the program: {type(error).__name__}: {said} ({where}). INCIDENTUI_DEBUG=1 shows more."
