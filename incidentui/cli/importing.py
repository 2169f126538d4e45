"""`import`: past incidents from documents that people wrote, and from records that `export` wrote."""

import json
import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from incidentui.cli.import_told import as_objects, as_summary, rows_of
from incidentui.cli.options import CannotRun, Options, may_write
from incidentui.core.value import dataclass
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.jsonl import JsonlJournal
from incidentui.edge.text import clean, clean_and_redact
from incidentui.postmortem.reader.decode import LIMIT, NotTextError, decode
from incidentui.postmortem.reader.read import read
from incidentui.postmortem.reader.said import Said
from incidentui.postmortem.reader.zones import Zone, zone

NAME = 200
RECORD_LIMIT = 200_000_000


class NotImportedError(Exception):
    """Why a file cannot be imported, in a sentence without its name."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it was read. `said`: of a document; `record`: of what `export --format jsonl` wrote."""

    file: str
    sha256: str
    original: str
    """Its text, harmless and without secrets."""
    decoded: str = ""
    said: Said | None = None
    record: JsonlJournal | None = None


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Read and tell, save nothing.")
@click.option("--zone", "zone_name", metavar="Z", help="Of times that name none: UTC, CET, Europe/Paris. Default: UTC.")
@click.option("--json", "as_json", is_flag=True, help='Per entry a line, then {"meta": {...}}, for each file.')
@click.pass_obj
def command(options: Options, files: tuple[str, ...], dry_run: bool, zone_name: str | None, as_json: bool) -> int:
    """Past post-mortems, in Markdown or plain text, and records of `export`, as closed incidents of the archive.

    Nothing is invented: what a document does not say stays unknown, and what was not understood is listed with its line.
    """
    if not dry_run:
        may_write(options, "import")
    assumed = _zone(zone_name)
    clock = SystemClock()
    with _Archive(options, dry_run) as archive:
        failed = 0
        for file in files:
            try:
                given = given_file(file, assumed, clock.now())
                ident, again = archive.keep(given)
            except NotImportedError as why:
                failed += 1
                _say(file, str(why), as_json)
                continue
            _tell(given, ident, again, dry_run, as_json)
    if not as_json:
        click.echo(archive.counted(len(files), failed), err=True)
    return 2 if failed else 0


def _zone(name: str | None) -> Zone | None:
    if name is None:
        return None
    if (known := zone(name)) is None:
        raise CannotRun(f"--zone {name!r} is no zone. Write UTC, CET, +02:00 or Europe/Paris.")
    return known


def given_file(file: str, assumed: Zone | None, now: int) -> Given:
    """NotImportedError says what is wrong with it."""
    content = _content(file)
    name, digest = clean_and_redact(Path(file).name, NAME), sha256(content).hexdigest()
    if _is_record(content):
        return _record(file, name, digest, content)
    try:
        decoded = decode(content)
    except NotTextError as error:
        raise NotImportedError(f"{error}. A document is text: Markdown or plain.") from None
    if not decoded.text.strip():
        raise NotImportedError("it is empty")
    text = clean_and_redact(decoded.text, LIMIT * 2, lines=True)
    said = read(text, clean_and_redact(file, 4 * NAME), zone=assumed, now=now)
    if said.empty:
        raise NotImportedError("no incident was found in it: no timeline, no cause, no action item")
    original = text if decoded.text == decoded.original else clean_and_redact(decoded.original, LIMIT * 2, lines=True)
    return Given(name, digest, original, decoded.how, said)


def _content(file: str) -> bytes:
    try:
        with open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as source:
            info = os.fstat(source.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise NotImportedError("it is no file" + (", it is a folder: name the files in it" * stat.S_ISDIR(info.st_mode)))
            head = source.read(1)
            if info.st_size > (RECORD_LIMIT if head == b"{" else LIMIT):
                raise NotImportedError(f"it has {info.st_size / 1_000_000:.0f} MB; a document of more than 2 MB is not read")
            return head + source.read()
    except IsADirectoryError:
        raise NotImportedError("it is a folder: name the files in it") from None
    except OSError as error:
        raise NotImportedError(f"it cannot be read: {error.strerror}") from None


def _is_record(content: bytes) -> bool:
    """Whether its first line is an event of ours, or the head of an export."""
    try:
        first = json.loads(content[:200_000_000].lstrip().split(b"\n", 1)[0]) if content.lstrip()[:1] == b"{" else None
    except ValueError:
        return False
    return isinstance(first, dict) and ("incidentui" in first or str(first.get("type", "")).startswith("incidentui."))


def _record(file: str, name: str, digest: str, content: bytes) -> Given:
    from incidentui.edge.store.errors import JournalError

    try:
        text = content.decode("utf-8")
        record = JsonlJournal(file, text)
    except (JournalError, UnicodeDecodeError) as error:
        raise NotImportedError(clean(str(error), 500)) from None
    if broken := record.verify(1):
        raise NotImportedError(f"it is not as it was exported: {broken[0]}")
    if not record.incidents():
        raise NotImportedError("there is no whole incident in it; `export ID --format jsonl` writes one")
    return Given(name, digest, text, record=record)
