"""A check that would run a command which nobody allowed: it is looked at like any other, and says so."""

from incidentui.config.checks import HeldCheck
from incidentui.config.paths import CONFIG
from incidentui.edge.checks.probe import Ground, Look
from incidentui.edge.checks.web.expect import Judgement


class HeldProbe:
    def __init__(self, check: HeldCheck, ground: Ground) -> None:
        self.check = check
        self._now = ground.clock.now

    async def look(self) -> Look:
        judged = Judgement("unknown", self.check.why)
        return Look(self.check, self._now(), judged, 0, again=f"incidentui trust {CONFIG}")
