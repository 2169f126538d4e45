"""A check of a log, of a file or a workload: what must be said, what not, how many errors are new, who was let in.

Silence proves nothing where the lines in question were not read: then it is unknown, not ok.
"""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from incidentui.config.kinds import LogCheck, Rejected
from incidentui.config.links import AgentCheck
from incidentui.core.evidence import Finding
from incidentui.core.format import clock, count, duration
from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.edge.checks.logs.tail import Line, NotReadableError, Tail, read, written
from incidentui.edge.checks.probe import Ground, Look, alone, in_time
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.containers.logs import level
from incidentui.edge.matching import LINES_S, Matching, TooSlowError
from incidentui.edge.text import clean

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Window:
    """The lines that count, and whether some that should were not read."""

    lines: Sequence[Line]
    missing: str = ""


class LogProbe:
    def __init__(self, check: LogCheck, ground: Ground) -> None:
        self.check = check
        self._dir = ground.dir
        self._engines = ground.engines
        self._now = ground.clock.now

    async def look(self) -> Look:
        return await read_in_time(self.check, self._now, self._judged)

    async def _judged(self, at: Ms) -> tuple[Judgement, str]:
        tail, start = await self._of_workload(at) if self.check.workload else (None, None)
        # Beside the loop: megabytes are read and searched.
        return await asyncio.to_thread(looked, self.check, self._dir, at, tail, start)

    async def _of_workload(self, now: Ms) -> tuple[Tail, Ms | None]:
        """Its log, and since when it runs."""
        from incidentui.edge.checks.logs.engine_log import told_of

        told = await told_of(self._engines, self.check.workload, now)
        # A container that never ended before has no earlier run whose lines could count.
        return told.tail, told.began if told.began is not None else 0 if told.workload.engine == "docker" else None


async def read_in_time(
    check: LogCheck | AgentCheck, now: Callable[[], Ms], judged: Callable[[Ms], Awaitable[tuple[Judgement, str]]]
) -> Look:
    """A look at a log; what cannot be read, or not in time, is unknown."""
    again = shlex.join(["tail", "-n", "200", check.file]) if check.file else alone(check)
    return await in_time(check, now, judged, again, unknown=(NotReadableError, TooSlowError), late="not read")


def looked(
    check: LogCheck, folder: Path, now: Ms, tail: Tail | None = None, start: Ms | None = None
) -> tuple[Judgement, str]:
    """The judgement, and the lines that it rests on. Without a tail the file is read."""
    if check.since_start and start is None:
        raise NotReadableError(f"its engine does not tell since when {check.workload} runs")
    since = now - check.since_ms if check.since_ms is not None else start if check.since_start else None
    if check.since_file:
        since = written(folder / check.since_file, check.since_file)
    found = window(check.target, tail or read(folder / check.file, check.file, since), since)
    trial = _Trial(check, found, now)
    judgement = trial.judged()
    shown = trial.bad or found.lines
    return judgement, "\n".join(line.text for line in shown[-_SHOWN:])


def window(target: str, tail: Tail, since: Ms | None) -> Window:
    if since is None:
        return Window(tail.lines)
    if tail.written < since:
        return Window(())
    if tail.lines and all(line.at is None for line in tail.lines):
        raise NotReadableError(f"no line of {target} says when it was written: since cannot be told")
    # What was rotated away may be without times; it is old, but how old nobody knows: it counts.
    lines = [line for line in tail.lines if line.at is None or line.at >= since]
    first = tail.lines[0].at if tail.lines else None
    if tail.whole or first is None or (first <= since and not tail.mixed):
        return Window(lines)
    return Window(lines, f"only the last {tail.said} were read, they begin at {clock(first)}")


class _Trial:
    """The findings as they are made; the first that is wrong gives the reason."""

    def __init__(self, check: LogCheck, window: Window, now: Ms) -> None:
        self.check, self.lines, self.missing, self.now = check, window.lines, window.missing, now
        self.findings: list[Finding] = []
        self.whys: list[str] = []
        self.bad: list[Line] = []
        self.absent: list[str] = []
        """Reasons that stand only if everything was read."""
        self._matching = Matching(LINES_S)

    def judged(self) -> Judgement:
        if self.check.rejected is not None:
            self.rejected(self.check.rejected)
        self.not_contains()
        if self.check.max_new_errors is not None:
            self.errors(self.check.max_new_errors)
        self.contains()
        findings = tuple(self.findings)
        whys = self.whys or ([] if self.missing else self.absent)
        if whys:
            return Judgement("failing", whys[0], findings)
        if self.missing and (self.absent or not self.only_contains):
            return Judgement("unknown", self.missing, findings)
        return Judgement("ok", f"{count(len(self.lines), 'line')}{self._since()}", findings)

    @property
    def only_contains(self) -> bool:
        check = self.check
        return not check.not_contains and check.max_new_errors is None and check.rejected is None

    def contains(self) -> None:
        for pattern in self.check.contains:
            ok = any(self._matching.search(pattern, line.text) for line in self.lines)
            self.findings.append(Finding("log", pattern, "found" if ok else "not found", ok))
            if not ok:
                self.absent.append(f"no {pattern}{self._since()}")

    def not_contains(self) -> None:
        for pattern in self.check.not_contains:
            hits = [line for line in self.lines if self._matching.search(pattern, line.text)]
            self._never("log", f"no {pattern}", hits, "it says ")

    def errors(self, most: int) -> None:
        hits = [line for line in self.lines if level(line.text) == "error"]
        ok = len(hits) <= most
        self.findings.append(Finding("error lines", f"at most {most}", str(len(hits)), ok))
        if not ok:
            self.bad += hits
            self.whys.append(f"{count(len(hits), 'new error line')}{self._since()}: {_short(hits[-1])}")

    def rejected(self, rule: Rejected) -> None:
        pairs, standing = attempts(self.lines, rule, self._matching)
        last = [] if not pairs or stands(standing, pairs, self.lines, self.now) else [pairs[-1][1]]
        times = f" ({count(len(pairs), 'time')})" if len(pairs) > 1 else ""
        self._never("connection", "stands", last, f"connected, then rejected{times}: ")
        self.bad += [line for pair in pairs[-_SHOWN // 2 :] for line in pair] if last else []

    def _never(self, name: str, expected: str, hits: list[Line], words: str) -> None:
        got = _short(hits[-1]) if hits else "none" if name == "log" else "stands"
        self.findings.append(Finding(name, expected, got, not hits))
        if hits:
            self.bad += hits if name == "log" else []
            self.whys.append(words + got)

    def _since(self) -> str:
        if self.check.since_start:
            return " since it was started"
        if self.check.since_ms is not None:
            return f" in the last {duration(self.check.since_ms)}"
        return f" since {self.check.since_file} was written" if self.check.since_file else ""


def attempts(lines: Sequence[Line], rule: Rejected, matching: Matching) -> tuple[list[tuple[Line, Line]], Line | None]:
    """(connected, rejected) of each attempt that was turned away, and the connection that was not."""
    pairs: list[tuple[Line, Line]] = []
    standing: Line | None = None
    for line in lines:
        # First: "disconnected" holds "connected".
        if standing is not None and matching.search(rule.pattern, line.text):
            pairs.append((standing, line))
            standing = None
        elif matching.search(rule.after, line.text) and not matching.search(rule.pattern, line.text):
            standing = line
    return pairs, standing


def stands(standing: Line | None, pairs: list[tuple[Line, Line]], lines: Sequence[Line], now: Ms) -> bool:
    """A new attempt is no better than those before it until it has outlived them."""
    if standing is None:
        return False
    gaps = [b.at - a.at for a, b in pairs if a.at is not None and b.at is not None]
    if standing.at is None or not gaps:
        return lines[-1] is not standing
    return now - standing.at > max(gaps) * 2 + 1000


def _short(line: Line) -> str:
    return clean(line.text.strip(), 140)
