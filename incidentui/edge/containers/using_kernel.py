"""What a supervised program takes and where it listens, as /proc tells: its process and all that it started. Blocks."""

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from incidentui.core.using import Using

_PROC = Path("/proc")
_APART_S = 0.5
_PARENT, _USER, _SYSTEM, _RESIDENT = 1, 11, 12, 21
"""Indices among the fields of /proc/PID/stat that follow the command name."""
_LISTENS = "0A"
_MOST = 20


def of_program(ident: str) -> Using:
    """`ident`: its pid. All None where the kernel does not tell so: it runs elsewhere, or has ended."""
    if not ident.isdigit():
        return Using()
    before = _family(int(ident))
    if not before:
        return Using()
    began = time.monotonic()
    time.sleep(_APART_S)
    now = _family(int(ident))
    took = time.monotonic() - began
    ticks = sum(_ticks(fields) - _ticks(before[pid]) for pid, fields in now.items() if pid in before)
    return Using(
        cpu=max(0.0, ticks / os.sysconf("SC_CLK_TCK") / took) if now else None,
        memory=sum(int(fields[_RESIDENT]) for fields in now.values()) * os.sysconf("SC_PAGE_SIZE") if now else None,
        processes=len(now) or None,
        ports=_told(_listening(now.keys())),
    )


def listens(ident: str) -> tuple[int, ...]:
    """The TCP ports at which it, or what it started, answers; empty where the kernel does not tell."""
    return (_listening(_family(int(ident)).keys()) or ()) if ident.isdigit() else ()


def _told(ports: tuple[int, ...] | None) -> tuple[str, ...] | None:
    return None if ports is None else tuple(f"listens at {port}" for port in ports)


def _ticks(fields: list[str]) -> int:
    return int(fields[_USER]) + int(fields[_SYSTEM])


def _family(pid: int) -> dict[int, list[str]]:
    """The process and its descendants, by pid: the fields of their stat."""
    every = dict(_stats())
    mine = {pid: every[pid]} if pid in every else {}
    grown = True
    while grown and mine:
        more = {n: fields for n, fields in every.items() if int(fields[_PARENT]) in mine and n not in mine}
        mine, grown = {**mine, **more}, bool(more)
    return mine


def _stats() -> Iterator[tuple[int, list[str]]]:
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text(errors="replace")
        except OSError:
            continue  # it ended between the list and the look
        yield int(entry.name), text.rpartition(")")[2].split()  # the command name before may hold anything


def _listening(pids: Collection[int]) -> tuple[int, ...] | None:
    """None: what they have open is not for us to see."""
    sockets: set[str] = set()
    try:
        for pid in pids:
            with os.scandir(_PROC / str(pid) / "fd") as entries:
                sockets |= {os.readlink(entry.path) for entry in entries}
        tables = [(_PROC / str(pid) / "net" / kind).read_text() for pid in list(pids)[:1] for kind in ("tcp", "tcp6")]
    except OSError:
        return None
    rows = (line.split() for table in tables for line in table.splitlines()[1:])
    found = {int(row[1].rpartition(":")[2], 16) for row in rows if _mine(row, sockets)}
    return tuple(sorted(found))[:_MOST]


def _mine(row: list[str], sockets: Collection[str]) -> bool:
    return len(row) > 9 and row[3] == _LISTENS and f"socket:[{row[9]}]" in sockets
