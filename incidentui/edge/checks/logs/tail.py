"""The end of a log file, dated: bounded, over one rotation, whatever zone its times are in."""

import os
import re
import stat
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from incidentui.core.model import Ms
from incidentui.core.value import dataclass

CAP = 2 << 20
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z\b|[+-]\d\d:?\d\d\b)?")
"""ISO 8601, as loggers write it."""
_LOOK_FOR_STAMP, _IN_JSON = 64, 300
_QUARTER = 15 * 60_000
"""Zones differ by quarters of an hour, and by less than fifteen hours."""
_WIDEST = 15 * 3_600_000


class NotReadableError(Exception):
    """Why the file says nothing, in words for the screen."""


@dataclass(frozen=True, slots=True)
class Line:
    at: Ms | None
    text: str


@dataclass(frozen=True, slots=True)
class Tail:
    lines: tuple[Line, ...]
    whole: bool
    """Everything that the file and the one before it hold was read."""
    written: Ms
    """When the file was written to last."""
    said: str = f"{CAP >> 20} MiB"
    """How much is read at most."""
    mixed: bool = False
    """Of several logs: where the first begins says nothing of where the others do."""


def written(path: Path, name: str) -> Ms:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except (OSError, ValueError) as wrong:
        raise NotReadableError(_why(name, wrong)) from wrong


def read(path: Path, name: str, since: Ms | None) -> Tail:
    """`name`: as the configuration calls it."""
    now = _read(path, name, CAP)
    first = now.lines[0].at if now.lines else None
    if not now.whole or (since is not None and first is not None and first < since):
        return now
    room = CAP - sum(len(line.text) for line in now.lines)
    before = _before(path, name, since, room)
    return Tail((*before.lines, *now.lines), before.whole, now.written) if before else now


def _before(path: Path, name: str, since: Ms | None, room: int) -> Tail | None:
    """What was rotated away last, when something of it may still count."""
    try:
        before = _read(path.with_name(f"{path.name}.1"), name, max(room, 4096))
    except NotReadableError:
        return None
    return before if since is None or before.written >= since else None


def _read(path: Path, name: str, cap: int) -> Tail:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):  # a pipe would never end
                raise NotReadableError(f"{name} is not a file")
            start = max(0, found.st_size - cap)
            raw = os.pread(handle, cap, start)
        finally:
            os.close(handle)
    except (OSError, ValueError) as wrong:
        raise NotReadableError(_why(name, wrong)) from wrong
    texts = raw.decode("utf-8", errors="replace").split("\n")
    texts = [text.rstrip("\r") for text in (texts[1:] if start else texts) if text.strip()]
    changed = found.st_mtime_ns // 1_000_000
    return Tail(dated(texts, changed), start == 0, changed)


def _why(name: str, wrong: OSError | ValueError) -> str:
    if isinstance(wrong, FileNotFoundError):
        return f"{name} is not there"
    return f"{name} cannot be read: {wrong.strerror if isinstance(wrong, OSError) else 'not a file name'}"


def dated(texts: Sequence[str], changed: Ms | None) -> tuple[Line, ...]:
    """A line without a time has that of the line before it; the first ones that of the first that has one."""
    stamps = [_stamp(text) for text in texts]
    said = [stamp for stamp in stamps if stamp is not None]
    if not said:
        return tuple(Line(None, text) for text in texts)
    shift = _shift([at for at, zoned in said if not zoned], changed)
    last, lines = _at(said[0], shift), list[Line]()
    for text, stamp in zip(texts, stamps, strict=True):
        last = _at(stamp, shift) if stamp else last
        lines.append(Line(last, text))
    return tuple(lines)


def _at(stamp: tuple[Ms, bool], shift: Ms) -> Ms:
    return stamp[0] if stamp[1] else stamp[0] + shift


def _shift(bare: Sequence[Ms], changed: Ms | None) -> Ms:
    """Times without a zone: the last of them was written about when the file was, which gives the zone away.

    None: nobody knows when it was written, so the zone is that of this machine.
    """
    if not bare:
        return 0
    shift = round((changed - bare[-1]) / _QUARTER) * _QUARTER if changed is not None else _WIDEST
    if abs(shift) < _WIDEST:
        return shift
    return -time.localtime((bare[-1] if changed is None else changed) / 1000).tm_gmtoff * 1000


def _stamp(text: str) -> tuple[Ms, bool] | None:
    """(milliseconds as if it were UTC, whether a zone was said)."""
    found = _STAMP.search(text, 0, _IN_JSON if text.startswith("{") else _LOOK_FOR_STAMP)
    if found is None:
        return None
    day, hour, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{hour}{'' if zone in (None, 'Z') else zone}")
    except ValueError:
        return None
    seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    return round(seconds * 1000) + int((fraction or "0").ljust(3, "0")[:3]), zone is not None
