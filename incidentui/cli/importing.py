"""`import`: past incidents from documents that people wrote, and from records that `export` wrote."""

import json
import os
import stat
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import click

from incidentui.cli.archive import Archive, Given, Kept
from incidentui.cli.import_record import BOM, RecordRefusedError, read_record
from incidentui.cli.import_told import (
    entry_objects,
    record_objects,
    record_summary,
    record_title,
    said_object,
)
from incidentui.cli.options import CANNOT_RUN, CannotRun, Options, may_write
from incidentui.edge.clock import SystemClock
from incidentui.edge.redact import GONE
from incidentui.edge.text import clean_and_redact
from incidentui.postmortem.past import told
from incidentui.postmortem.reader.decode import LIMIT, NotTextError, decode
from incidentui.postmortem.reader.read import read
from incidentui.postmortem.reader.zones import Zone, zone

NAME = 200
RECORD_LIMIT = 200_000_000


class NotImportedError(Exception):
    """Why a file cannot be imported, in a sentence without its name."""


@click.command("import")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Read and tell, save nothing.")
@click.option("--zone", "zone_name", metavar="Z", help="Of times that name none: UTC, CET, Europe/Paris. Default: UTC.")
@click.option("--json", "as_json", is_flag=True, help='Per entry a line, then {"meta": {...}}, for each file.')
@click.pass_obj
def command(options: Options, files: tuple[str, ...], dry_run: bool, zone_name: str | None, as_json: bool) -> int:
    """Past post-mortems, in Markdown or plain text, and records of `export`, as closed incidents of the archive.

    Nothing is invented: what a document does not say stays unknown, what was not understood is listed with its line.
    """
    if not dry_run:
        may_write(options, "import")
    assumed = _zone(zone_name)
    clock = SystemClock()
    done = Counter[str]()
    with Archive(options, dry_run) as archive:
        for file in files:
            try:
                given = given_file(file, assumed, clock.now())
            except NotImportedError as why:
                done["not imported"] += 1
                click.echo(f"incidentui: {file}: {why}", err=True)
                continue
            kept = archive.keep(given)
            done["there already" if kept.again else "read, nothing saved" if dry_run else "imported"] += 1
            for line in _objects(given, kept) if as_json else _lines(given, kept, dry_run):
                click.echo(line)
    click.echo("incidentui: " + ", ".join(f"{n} {what}" for what, n in done.items()), err=True)
    return CANNOT_RUN if done["not imported"] else 0


def _lines(given: Given, kept: Kept, dry_run: bool) -> Iterator[str]:
    title = given.said.title if given.said is not None else record_title(given.record)
    where = f"{kept.ident}, there already" if kept.again else kept.ident or "not saved"
    yield f"{given.file} → {where}  {title}"
    if kept.again and not dry_run:
        return
    if given.said is not None and kept.incident is not None:
        yield from told(kept.incident, kept.entries)
    elif given.record is not None:
        yield from record_summary(given.record)
    if kept.ident is not None and not kept.again:
        yield f"  `incidentui show {kept.ident}`, `replay {kept.ident}` and `export {kept.ident}` work on it"


def _objects(given: Given, kept: Kept) -> Iterator[str]:
    entries = entry_objects(given.said.entries) if given.said is not None else record_objects(given.record)
    about = said_object(given.said) if given.said is not None else {"title": record_title(given.record)}
    meta = {
        "file": given.file,
        "sha256": given.sha256,
        "kind": "document" if given.said is not None else "record",
        "id": kept.ident,
        "already": kept.again,
        "decoded": given.decoded or None,
        **about,
    }
    for line in (*entries, {"meta": meta}):
        yield json.dumps(line, ensure_ascii=False)


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
    try:
        if _is_record(content.removeprefix(BOM)):
            return _record(file, name, digest, content)
    except RecursionError:
        raise NotImportedError("its JSON is nested too deeply to be a record or a document") from None
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
    # What is wrongly decoded hides the name of a secret: then the repaired text is the one that is kept.
    same = decoded.text == decoded.original or GONE in text
    original = text if same else clean_and_redact(decoded.original, LIMIT * 2, lines=True)
    return Given(name, digest, original, decoded.how, said)


def _content(file: str) -> bytes:
    try:
        with open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as source:
            info = os.fstat(source.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise NotImportedError(
                    "it is no file" + (", it is a folder: name the files in it" * stat.S_ISDIR(info.st_mode))
                )
            head = source.read(len(BOM) + 1)
            if info.st_size > (RECORD_LIMIT if head.removeprefix(BOM)[:1] == b"{" else LIMIT):
                raise NotImportedError(
                    f"it has {info.st_size / 1_000_000:.0f} MB; a document of more than 2 MB is not read"
                )
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
    try:
        text, record = read_record(content, file)
    except RecordRefusedError as why:
        raise NotImportedError(str(why)) from None
    return Given(name, digest, text, record=record)
