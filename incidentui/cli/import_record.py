"""A record that `export` wrote, as `import` takes it in: whole, and without secrets."""

import codecs
import json
from typing import Any

from incidentui.core import envelope
from incidentui.edge.known import says_secret
from incidentui.edge.redact import GONE, redact
from incidentui.edge.store.errors import DamagedRecordError, JournalError
from incidentui.edge.store.jsonl import JsonlJournal
from incidentui.edge.store.window import find_incident
from incidentui.edge.text import clean_and_redact

BOM = codecs.BOM_UTF8


class RecordRefusedError(Exception):
    """Why a record cannot be imported, in a sentence without its name."""


def read_record(content: bytes, file: str) -> tuple[str, JsonlJournal]:
    """Its text as it may be kept, and the record in it. RecordRefusedError: it is not whole, or no record."""
    try:
        text = _without_secrets(content.removeprefix(BOM).decode())
        record = JsonlJournal(file, text)
        broken = record.verify(1)
    except DamagedRecordError as error:
        again = "" if "update to read it" in error.why else ". Export the record again."
        raise RecordRefusedError(_told(f"line {error.line}: {error.why}{again}")) from None
    except (JournalError, ValueError) as error:  # half a character too: "\ud800" is JSON, and no text
        raise RecordRefusedError(_told(f"it is no record: {error}")) from None
    if broken:
        raise RecordRefusedError(_told(f"it is not as it was exported: {broken[0]}"))
    if (inside := record.about()) is None or find_incident(record, inside) is None:
        raise RecordRefusedError("there is no whole incident in it; `export ID --format jsonl` writes one")
    return text, record


def _told(why: str) -> str:
    return clean_and_redact(why, 500)


def _without_secrets(text: str) -> str:
    """Line by line, each where it was. What holds no secret stays as it is, byte for byte."""
    return "\n".join(_line(number, line) for number, line in enumerate(text.split("\n"), 1))


def _line(number: int, text: str) -> str:
    try:
        held = json.loads(text)
    except ValueError:
        return text.strip()  # whoever reads the record says what is wrong with it
    if not isinstance(held, dict):
        return text
    clear = _clear(held)
    if clear != held and "evidence" in held:
        return ""  # named by its hash: other words under it would be a forgery
    if clear != held and "specversion" in held:
        clear = _event(number, held, clear)
    return json.dumps(clear, ensure_ascii=False, separators=(",", ":"))


def _event(number: int, held: dict[str, Any], clear: dict[str, Any]) -> dict[str, Any]:
    """As an event is after `journal erase`: the chain holds, by the hash that its data had."""
    data, kept = envelope.canonical(held.get("data", {})), clear.pop("data", {})
    for key in clear.keys() | held.keys() - {"data"}:
        if clear.get(key) != held.get(key):
            raise RecordRefusedError(f"line {number}: what looks like a secret stands in {_told(repr(key))}")
    hashed = held.get("datasha256") if envelope.erased(data) else None
    shown = kept if isinstance(kept, dict) else {}
    return {**clear, "data": {**shown, "erased": True}, "datasha256": hashed or envelope.sha256(data)}


def _clear(value: Any, inside: str = "") -> Any:
    """Without secrets in its strings and keys; of an event's data also behind a key that says it is one."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_clear(item) for item in value]
    if isinstance(value, dict):
        told = {
            name for name, item in value.items() if inside == "data" and isinstance(item, str) and says_secret(name)
        }
        return {redact(name): GONE if name in told else _clear(item, name) for name, item in value.items()}
    return value


def _behind(name: str, item: Any, inside: str) -> Any:
    told = inside == "data" and isinstance(item, str) and says_secret(name)
    return GONE if told else _clear(item, name)
