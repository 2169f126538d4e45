"""Where a tunnel stands, by the command that tells its status: its output against patterns, else its exit code."""

from incidentui.config.links import TunnelCheck
from incidentui.core.evidence import Finding
from incidentui.core.links import LinkWord
from incidentui.edge import step
from incidentui.edge.checks.command import asked, last_line, not_run, printed
from incidentui.edge.checks.probe import Ground, Look
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.matching import Matching
from incidentui.edge.text import clean


class TunnelProbe:
    def __init__(self, check: TunnelCheck, ground: Ground) -> None:
        self.check = check
        self._dir = ground.dir
        self._now = ground.clock.now

    async def look(self) -> Look:
        return await asked(self.check, self._dir, self._now, lambda ran, _: judged(self.check, ran))


def judged(check: TunnelCheck, ran: step.Ran) -> Judgement:
    if ran.code is None:
        # Who does not even tell its status holds nothing open.
        return _failing("absent", f"no status within {check.timeout_ms / 1000:g}s")
    if why := not_run(ran):
        return Judgement("unknown", why)
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
