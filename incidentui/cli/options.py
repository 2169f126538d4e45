"""What every command shares: the options before its name, and the ways to stop with an exit code of the contract."""

from typing import NamedTuple

import click

CANNOT_RUN = 2
REFUSED = 3
INTERRUPTED = 130
READER_GONE = 141
"""128 + SIGPIPE, as every tool of a pipe answers."""
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class Options(NamedTuple):
    """Given before the command: `incidentui --project DIR --read-only note ...`."""

    project: str | None = None
    read_only: bool = False
    ascii: bool = False


class CannotRun(click.ClickException):  # named for what it says, as click's own Abort and Exit are
    """Exit 2: usage, configuration, no terminal, nothing found."""

    exit_code = CANNOT_RUN


class Refused(click.ClickException):
    """Exit 3: a guard said no."""

    exit_code = REFUSED


def may_write(options: Options, what: str) -> None:
    """Refuses a command that records something under --read-only."""
    if options.read_only:
        raise Refused(f"{what} writes to the journal, and --read-only was given. Leave it out.")
