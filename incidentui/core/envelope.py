"""The envelope of an event as plain JSON (CloudEvents 1.0 plus extension attributes) and the hash chain over it.

Knows no event class, so that `note` can write one without importing them all.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

TYPE_PREFIX = "incidentui."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_URI_SAFE = ":/@!$&'()*+,;=~-._"

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
"""The one spelling of a JSON value: sorted keys, no spaces, characters as they are."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rfc3339(ms: int) -> str:
    """`ms` as RFC 3339 in UTC with milliseconds: "2026-01-02T03:04:05.678Z"."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")[:-6] + "Z"


def from_rfc3339(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // _MS


def attributes(
    *,
    id: str,
    source: str,
    type: str,
    at: int,
    recorded: int,
    subject: str,
    moment: str,
    incident: str | None,
    project: str,
    mono_ms: int,
    boot: str,
    seq: int | None = None,
) -> dict[str, Any]:
    """The context attributes of an event; those that have no value are left out."""
    optional = {"subject": subject or None, "incident": incident, "sequence": seq}
    return {
        "specversion": "1.0",
        "id": id,
        "source": quote(source, safe=_URI_SAFE),
        "type": TYPE_PREFIX + type,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "recordedtime": rfc3339(recorded),
        "project": project,
        "moment": moment,
        "monotonic": mono_ms,
        "bootid": boot,
        **{key: value for key, value in optional.items() if value is not None},
    }


def source_of(attribute: str) -> str:
    """The source as it was before it became a URI reference."""
    return unquote(attribute)


_ERASED = '"erased":true'
_FREE: Mapping[str, tuple[str, ...]] = {
    "check.changed": ("why", "was_why"),
    "service.changed": ("why", "was_why"),
    "revision.seen": ("why",),
    "source.lost": ("why",),
    "incident.opened": ("title",),
    "incident.window-moved": ("why",),
    "incident.stage-changed": ("why",),
    "incident.closed": ("reason",),
    "action.ended": ("why",),
    "runbook.step-changed": ("title", "why", "fault"),
}
"""Free text of the events that the state cannot do without: only this is erased of them."""


def erased_data(type: str, data: str) -> str:
    """What stands in an event's place when its data are erased: nothing, or its shape without its free text."""
    if type not in _FREE:
        return canonical({"erased": True})
    kept = json.loads(data)
    return canonical({**kept, "erased": True, **{key: "erased" for key in _FREE[type] if kept.get(key)}})


def free_text(type: str, data: str) -> list[str]:
    """The sentences of an event's data: what may have been repeated elsewhere."""
    values = json.loads(data)
    keys = _FREE.get(type, ("text", "why", "title", "reason"))
    return [value for key in keys if isinstance(value := values.get(key), str) and len(value) >= 8]


def erased(data: str) -> bool:
    """Whether data (as JSON) were erased; whoever holds the journal must find the event that says so."""
    if _ERASED not in data:
        return False
    try:
        values = json.loads(data)
    except ValueError:
        return False
    return isinstance(values, dict) and values.get("erased") is True


def chained(envelope: Mapping[str, Any], data_sha256: str, prev: str) -> str:
    """Hash of an event: over the one before, its attributes and the hash of its data.

    The data themselves are not in it: they can be erased (a leaked secret) and the chain still holds.
    """
    plain = {k: v for k, v in envelope.items() if k not in ("data", "datasha256", "hash", "prevhash")}
    return sha256(prev + canonical({**plain, "datasha256": data_sha256}))
