"""The end of a workload's log as its engine has it, dated, in the form that a log file is read in."""

from collections.abc import Sequence

from incidentui.core.model import Ms, Workload
from incidentui.core.value import dataclass
from incidentui.edge.checks.logs.tail import CAP, Line, NotReadableError, Tail, dated
from incidentui.edge.checks.workload import GoneError, NotKnownError, find
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.logs import LOG_BYTES, MOST_LINES, stamped

_OF_SUPERVISOR = LOG_BYTES * 8
"""Bytes that supervisord is asked for of each of its two logs."""


class NotThereError(NotReadableError):
    """The engine answers, and knows nothing of this name."""


@dataclass(frozen=True, slots=True)
class Told:
    workload: Workload
    tail: Tail
    began: Ms | None
    """Lines from then on are of the run that is there; None: all are, or nobody can tell."""


async def told_of(engines: Sequence[Engine], name: str, now: Ms) -> Told:
    """The workload as it is, and its log. Raises NotReadableError."""
    try:
        engine, workload = await find(engines, name)
        text = await engine.tail(workload, MOST_LINES)
        began = await engine.began(workload) if isinstance(engine, DockerEngine) else workload.since
    except GoneError as why:
        raise NotThereError(str(why)) from why
    except NotKnownError as why:
        raise NotReadableError(str(why)) from why
    except (EngineLost, EngineRefused) as lost:
        raise NotReadableError(f"no log of {name}: {lost}") from lost
    return Told(workload, _docker(text, now) if engine.name == "docker" else _supervisor(text, now), began)


def _docker(text: str, now: Ms) -> Tail:
    """Docker dates every line itself."""
    raw = text[-CAP:].split("\n")
    cut = len(text) > CAP or len(raw) - 1 >= MOST_LINES
    lines = tuple(Line(*stamped(line)) for line in raw[len(text) > CAP :] if line.strip())
    return Tail(lines, not cut, now, said=f"{MOST_LINES} lines")


def _supervisor(text: str, now: Ms) -> Tail:
    """Two logs, one after the other, dated by what the program says, in the zone of this machine.

    Of each a line that was cut is missing: whole is only what is far from the limit.
    """
    lines = dated([line for line in text.split("\n") if line.strip()], None)
    whole = len(text.encode()) < _OF_SUPERVISOR // 2
    ordered = sorted(lines, key=lambda line: line.at or 0)
    return Tail(tuple(ordered), whole, now, said=f"{_OF_SUPERVISOR >> 10} KiB", mixed=True)
