"""Where a tunnel stands, by the command that tells its status: its output against patterns, else its exit code."""

import shlex
from time import perf_counter

from incidentui.config.links import TunnelCheck
from incidentui.core.evidence import Finding
from incidentui.core.links import LinkWord
from incidentui.edge import step
from incidentui.edge.checks.command import CANNOT_START, last_line, printed
from incidentui.edge.checks.probe import Ground, Look
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.matching import Matching, TooSlowError
from incidentui.edge.text import clean


class TunnelProbe:
    def __init__(self, check: TunnelCheck, ground: Ground) -> None:
        self.check = check
        self._dir = ground.dir
        self._now = ground.clock.now

    async def look(self) -> Look:
        at, started, output = self._now(), perf_counter(), ""
        try:
            ran = await step.run(self.check.command, self._dir, self.check.timeout_ms / 1000, apart=True)
            output = printed(ran)
            judgement = judged(self.check, ran)
        except TooSlowError as rule:
            judgement = Judgement("unknown", str(rule))
        except (OSError, ValueError) as wrong:
            why = getattr(wrong, "strerror", None) or str(wrong)
            judgement = Judgement("unknown", f"{self.check.command[0]} cannot be run: {clean(why, 100)}")
        took = round((perf_counter() - started) * 1000)
        return Look(self.check, at, judgement, took, output=output, again=shlex.join(self.check.command))


def judged(check: TunnelCheck, ran: step.Ran) -> Judgement:
    if ran.code is None:
        # Who does not even tell its status holds nothing open.
        return _failing("absent", f"no status within {check.timeout_ms / 1000:g}s")
    if ran.code in CANNOT_START:
        said = last_line(ran.errors)
        return Judgement("unknown", f"exit {ran.code}: {CANNOT_START[ran.code]}" + (f" ({said})" if said else ""))
    return _told(check, ran)


def _told(check: TunnelCheck, ran: step.Ran) -> Judgement:
    text, matching = printed(ran), Matching()

    def says(pattern: str) -> str:
        hit = matching.search(pattern, text, multiline=True) if pattern else None
        return clean(hit.group().strip(), 100) if hit else ""

    if hit := says(check.rejected):
        return _failing("rejected", hit)
    if hit := says(check.absent):
        return _failing("absent", hit)
    if hit := says(check.authenticated):
        return _good("authenticated", hit, ran)
    if ran.code != 0:
        said = last_line(ran.errors) or last_line(ran.output)
        return _failing("absent", f"exit {ran.code}" + (f": {said}" if said else ""))
    if check.connected and not says(check.connected):
        return _failing("absent", f"no {check.connected} in its status")
    if check.authenticated:
        finding = Finding("tunnel", "authenticated", "connected", ok=False)
        return Judgement("slow", "connected, not yet authenticated", (finding,))
    return _good("connected", says(check.connected) or "exit 0", ran)


def _good(word: LinkWord, said: str, ran: step.Ran) -> Judgement:
    if ran.code != 0:
        return _failing("absent", f"it says {said}, and ends with exit {ran.code}")
    return Judgement("ok", word, (Finding("tunnel", word, said, ok=True),))


def _failing(word: LinkWord, said: str) -> Judgement:
    return Judgement("failing", f"{word}: {said}", (Finding("tunnel", "connected", f"{word}: {said}", ok=False),))
