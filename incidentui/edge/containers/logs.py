"""The end of a workload's log: cleaned, free of secrets, repeats folded, bounded."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from incidentui.core.errors import STAMP, undated
from incidentui.core.inputs import Evidence, Refusal
from incidentui.core.known_errors import Library
from incidentui.core.model import KnownError, Ms, Workload
from incidentui.edge.containers.docker_words import moment
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import find, named
from incidentui.edge.text import clean_and_redact, redact
from incidentui.session.ports import LogLine

if TYPE_CHECKING:
    from incidentui.edge.containers.logs_feed import Feed

LOG_BYTES = 8192
LOGS_AT_ONCE = 4
MOST_LINES = 2000
_LINE = 1000
_ERROR = re.compile(r"\b(?:ERROR|FATAL|CRITICAL|PANIC|Traceback|panic|error|fatal|critical|\w+(?:Error|Exception))\b")
_WARN = re.compile(r"\b(?:WARN|WARNING|warn|warning)\b")
_INFO = re.compile(r"\b(?:INFO|DEBUG|NOTICE|info|debug|notice)\b")


class WorkloadLogs:
    def __init__(self, *engines: Engine, library: Library | None = None) -> None:
        self._engines = engines
        self._library = library or Library()

    async def logs(self, workload: str, lines: int = 200) -> Sequence[LogLine] | Refusal:
        found = await find(self._engines, workload)
        if isinstance(found, Refusal):
            return found
        engine, it = found
        try:
            text = await engine.tail(it, min(lines, MOST_LINES))
        except (EngineLost, EngineRefused) as error:
            return Refusal(f"no log of {workload}: {error}")
        return await asyncio.to_thread(self._read, it.name, text, lines)

    async def follow(self, since: Mapping[str, Ms | None]) -> "Feed | Refusal":
        """One feed of all these; what cannot be found is a trouble of the feed, unless nothing can."""
        from incidentui.edge.containers.logs_feed import BEGIN, KEEP, Feed

        told = await named(self._engines, since)
        if not told.found:
            return Refusal("; ".join(told.lost) or "none of them is in the list of any engine now")
        lines = max(BEGIN, KEEP // len(told.found))
        engines = dict.fromkeys(f"{engine.name} {engine.address}" for engine, _ in told.found)
        feed = Feed(engines=tuple(engines))
        for name in since.keys() - {workload.name for _, workload in told.found}:
            feed.trouble(name, "; ".join(told.lost) or "it is not in the list of any engine now")
        feed.start(engine.follow(it, since[it.name], lines) for engine, it in told.found)
        return feed

    def _read(self, workload: str, text: str, lines: int) -> list[LogLine]:
        found = parse(workload, text, lines)
        known = self._library.of_lines([line.text for line in found])
        return [replace(line, known=each) for line, each in zip(found, known, strict=True)]


def parse(workload: str, text: str, lines: int) -> list[LogLine]:
    """The last `lines` lines; a line that repeats the one before it is counted, not shown."""
    folded: list[LogLine] = []
    for raw in redact(text).split("\n")[-lines - 1 :]:  # whole: a key is many lines
        if not raw.strip():
            continue
        line = _line(workload, raw)
        last = folded[-1] if folded else None
        if last is not None and last.text == line.text:
            folded[-1] = LogLine(line.at, workload, last.level, last.text, last.repeats + 1)
        else:
            folded.append(line)
    return folded[-lines:]


def _line(workload: str, raw: str) -> LogLine:
    at, said = stamped(raw)
    text = clean_and_redact(said, _LINE).rstrip()
    return LogLine(at, workload, level(text), text)


def stamped(raw: str) -> tuple[Ms | None, str]:
    """A line of an engine that dates its lines: when, and what."""
    stamp = STAMP.match(raw)
    return (moment(stamp[1]), raw[stamp.end() :]) if stamp else (None, raw)


def level(text: str) -> Literal["error", "warn", "info", ""]:
    """Said near the start of a line; further on the words belong to the message."""
    head = text[:120]
    if _ERROR.search(head):
        return "error"
    if _WARN.search(head):
        return "warn"
    return "info" if _INFO.search(head) else ""


async def last_words(engine: Engine, worse: Sequence[Workload]) -> tuple[tuple[str, Evidence], ...]:
    """The end of the log of those that just got worse."""
    found = []
    for workload in worse[:LOGS_AT_ONCE]:
        if text := await last_word(engine, workload):
            found.append((workload.name, text))
    return tuple(found)


def recognised(
    library: Library, worse: Sequence[Workload], logs: Sequence[tuple[str, Evidence]]
) -> tuple[tuple[str, KnownError], ...]:
    """What is known of those that just got worse: by their logs, their engine's words, their exit codes."""
    said = dict(logs)
    return tuple(
        (workload.name, known)
        for workload in worse
        for known in library.of_workload(workload, _undated(said[workload.name].body) if workload.name in said else "")
    )


def _undated(log: str) -> str:
    return "\n".join(map(undated, log.splitlines()))


async def last_word(engine: Engine, workload: Workload) -> Evidence | None:
    try:
        text = await engine.tail(workload, 40)
    except (EngineLost, EngineRefused):
        return None  # the state is worth telling without its log
    text = clean_and_redact(redact(text)[-LOG_BYTES:], LOG_BYTES, lines=True)
    return Evidence("log", text) if text.strip() else None
