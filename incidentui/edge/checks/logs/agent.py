"""Where an agent stands, by the log of one of the two sides: connected, authenticated, rejected or absent.

What was said last counts, with two exceptions: a new attempt is no better than those before it until it has outlived
them, and that it left after it was rejected says less than the rejection.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from incidentui.config.links import AgentCheck
from incidentui.core.evidence import Finding
from incidentui.core.format import count
from incidentui.core.links import LinkWord
from incidentui.core.model import CheckState, Ms
from incidentui.core.value import dataclass
from incidentui.edge.checks.logs.log import Window, read_in_time, stands, window
from incidentui.edge.checks.logs.tail import Line, Tail, read
from incidentui.edge.checks.probe import Ground, Look
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.matching import LINES_S, Matching
from incidentui.edge.text import clean

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Standing:
    word: LinkWord
    line: Line | None = None
    """That says so; None: no line did."""
    said: str = ""
    """The part of it that the pattern matched: the same from one attempt to the next."""
    pairs: tuple[tuple[Line, Line], ...] = ()
    """(connected, rejected) of each attempt that was turned away."""
    carried: bool = False
    """The file that said so was rotated away or emptied, and what is there now says nothing."""


ABSENT = Standing("absent")


@dataclass(frozen=True, slots=True)
class NotRunning:
    """The workload whose log it is does not run: nothing is connected."""

    words: str


class AgentProbe:
    def __init__(self, check: AgentCheck, ground: Ground) -> None:
        self.check = check
        self._dir = ground.dir
        self._engines = ground.engines
        self._now = ground.clock.now
        self._stood: tuple[object, Standing] = (None, ABSENT)
        """Where it stood last, in which run."""

    async def look(self) -> Look:
        return await read_in_time(self.check, self._now, self._judged)

    async def _judged(self, at: Ms) -> tuple[Judgement, str]:
        source, run = await self._of_workload(at) if self.check.workload else (None, None)
        return await asyncio.to_thread(self._looked, at, source, run)

    async def _of_workload(self, now: Ms) -> tuple[Tail | NotRunning, Ms | None]:
        """Its log, and since when its run lasts: what it said before is of another connection."""
        from incidentui.edge.checks.logs.engine_log import NotThereError, told_of

        try:
            told = await told_of(self._engines, self.check.workload, now)
        except NotThereError as gone:
            return NotRunning(str(gone)), None
        workload, tail = told.workload, told.tail
        if workload.state not in ("running", "starting"):
            code = f", exit {workload.exit_code}" if workload.exit_code is not None else ""
            return NotRunning(f"{workload.name} is {workload.state}{code}"), None
        return tail, None if all(line.at is None for line in tail.lines) else told.began

    def _looked(self, at: Ms, source: Tail | NotRunning | None, run: Ms | None) -> tuple[Judgement, str]:
        """Of a window in time nothing is remembered: what lies before it does not count."""
        window_ms = self.check.since_ms
        since = run if window_ms is None else max(at - window_ms, run or 0)
        before = self._stood[1] if window_ms is None and self._stood[0] == run else ABSENT
        judgement, output, stood = looked(self.check, self._dir, at, source, since, before)
        self._stood = run, stood
        return judgement, output


def looked(
    check: AgentCheck, folder: Path, now: Ms, source: Tail | NotRunning | None, since: Ms | None, before: Standing
) -> tuple[Judgement, str, Standing]:
    """The judgement, the lines that it rests on, and where the agent stands. Without a source the file is read.

    `before`: where it stood when it was looked at last, in the same run: what said so may have scrolled away since.
    """
    if isinstance(source, NotRunning):
        finding = _finding("absent", source.words, ok=False)
        return Judgement("failing", f"absent: {source.words}", (finding,)), "", ABSENT
    tail = source or read(folder / check.file, check.file, since)
    found = window(check.target, tail, since) if since is not None else Window(tail.lines, _left_out(tail))
    stood = standing(check, found, now, before if found.missing else ABSENT)
    # Of a file only one rotation is read: what goes on saying nothing has not left.
    if stood.line is None and before.line is not None and check.file:
        stood = replace(before, carried=True)
    return judged(check, found, stood), _shown(found, stood), stood


def _left_out(tail: Tail) -> str:
    return "" if tail.whole else f"only the last {tail.said} were read, and none of them says where it stands"


def standing(check: AgentCheck, found: Window, now: Ms, before: Standing) -> Standing:
    matching = Matching(LINES_S)
    current = before
    pairs: list[tuple[Line, Line]] = []
    for line in found.lines:
        current = _after(check, current, line, matching)
        if current.line is line and current.word == "rejected" and current.pairs:
            pairs += current.pairs
    if current.word == "connected" and pairs and not stands(current.line, pairs, found.lines, now):
        last = pairs[-1][1]
        hit = matching.search(check.rejected, last.text)
        current = Standing("rejected", last, hit.group() if hit else last.text)
    return Standing(current.word, current.line, current.said, tuple(pairs))


def _after(check: AgentCheck, was: Standing, line: Line, matching: Matching) -> Standing:
    """Rejected is asked first: "disconnected" holds "connected"."""
    if check.rejected and (hit := matching.search(check.rejected, line.text)):
        connected = was.line if was.word in ("connected", "authenticated") else None
        return Standing("rejected", line, hit.group(), ((connected, line),) if connected else ())
    if check.left and (hit := matching.search(check.left, line.text)):
        return was if was.word == "rejected" else Standing("absent", line, hit.group())
    if check.authenticated and (hit := matching.search(check.authenticated, line.text)):
        return Standing("authenticated", line, hit.group())
    if hit := matching.search(check.connected, line.text):
        return Standing("connected", line, hit.group())
    return was


def judged(check: AgentCheck, found: Window, now: Standing) -> Judgement:
    """The reason begins with the word, and does not change from look to look while nothing else does."""
    said = clean(now.said.strip(), 100)
    if now.line is None:
        if found.missing:
            return Judgement("unknown", found.missing)
        return Judgement(
            "failing", "absent: no line says that it connected", (_finding("absent", "no line of it", ok=False),)
        )
    match now.word:
        case "rejected":
            state: CheckState = "failing"
            words = f"rejected: {said}"
        case "absent":
            state, words = "failing", f"absent: it left: {said}"
        case "connected" if check.authenticated:
            state, words = "slow", "connected, not yet authenticated"
        case _:
            state, words = "ok", now.word
    if now.carried:
        words += ", said before the log began anew"
    times = f", {count(len(now.pairs), 'time')} connected and rejected" if now.pairs else ""
    got = clean(now.line.text.strip(), 140) + times
    return Judgement(state, words, (_finding(now.word, got, ok=state == "ok", wants=bool(check.authenticated)),))


def _finding(word: LinkWord, got: str, *, ok: bool, wants: bool = True) -> Finding:
    return Finding("agent", "authenticated" if wants else "connected", f"{word}: {got}", ok)


def _shown(found: Window, now: Standing) -> str:
    """The attempts that failed, then what was said last: the line that the word rests on is among them."""
    lines: Sequence[Line] = [line for pair in now.pairs[-3:] for line in pair]
    rest = [line for line in found.lines[-_SHOWN:] if line not in lines]
    own = [now.line] if now.line is not None and now.line not in rest and now.line not in lines else []
    return "\n".join(line.text for line in (*lines, *own, *rest)[-_SHOWN * 2 :])
