"""A heartbeat: when a file was written last, or what time an answer says, is not too long ago."""

import asyncio
import math
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from incidentui.config.checks import Expect, HttpCheck, clean_url
from incidentui.config.kinds import HeartbeatCheck
from incidentui.core.evidence import Finding
from incidentui.core.format import duration
from incidentui.core.model import Ms
from incidentui.edge.checks.probe import AHEAD_MS, Ground, Look, in_time
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.checks.web.http import HttpProbe
from incidentui.edge.checks.web.json_rules import NOT_JSON, find, parse
from incidentui.edge.matching import TooSlowError
from incidentui.edge.text import clean

_MILLISECONDS = 1e11
"""A number above it counts milliseconds: as seconds it would be the year 5138."""


class HeartbeatProbe:
    def __init__(self, check: HeartbeatCheck, ground: Ground) -> None:
        self.check = check
        self._dir = ground.dir
        self._now = ground.clock.now
        self._page = HttpProbe(_page(check), ground.transports, self._now) if check.url else None

    async def look(self) -> Look:
        return await (self._ask(self._page) if self._page else self._stat())

    async def _stat(self) -> Look:
        again = shlex.join(["stat", self.check.file])
        return await in_time(self.check, self._now, self._age, again, late="not looked at")

    async def _age(self, at: Ms) -> tuple[Judgement, str]:
        found = await asyncio.to_thread(_written, self._dir / self.check.file, self.check.file)
        return found if isinstance(found, Judgement) else judged(found, at, self.check.max_age_ms), ""

    async def _ask(self, page: HttpProbe) -> Look:
        look = await page.look()
        judgement = look.judgement
        if look.response is not None and judgement.state == "ok":
            judgement = self._read(look.response.text(), look.at)
        again = shlex.join(
            ["curl", "-sS", "--max-time", f"{self.check.timeout_ms / 1000:g}", clean_url(page.check.url)]
        )
        return Look(self.check, look.at, judgement, look.took_ms, look.hops, look.response, again=again)

    def _read(self, text: str, at: Ms) -> Judgement:
        data = parse(text)
        if data is NOT_JSON:
            return Judgement("failing", "not JSON", (Finding("JSON", "can be read", clean(text, 60), False),))
        try:
            values = find(self.check.json, data)
        except TooSlowError as rule:
            return Judgement("unknown", str(rule))
        moment = moment_of(values[0]) if values else None
        if moment is None:
            got = clean(str(values[0]), 60) if values else "absent"
            why = f"{self.check.json} is {got}, no time" if values else f"{self.check.json} is not there"
            return Judgement("failing", why, (Finding(self.check.json, "a time", got, False),))
        return judged(moment, at, self.check.max_age_ms)


def judged(moment: Ms, now: Ms, max_age: Ms) -> Judgement:
    age, wanted = now - moment, f"under {duration(max_age)}"
    if age < -AHEAD_MS:
        ahead = f"{duration(-age)} in the future"
        return Judgement("unknown", f"{ahead}: a clock is wrong", (Finding("age", wanted, ahead, False),))
    said = duration(max(0, age))
    if age > max_age:
        why = f"last beat {said} ago, over {duration(max_age)}"
        return Judgement("failing", why, (Finding("age", wanted, said, False),))
    return Judgement("ok", f"last beat {said} ago", (Finding("age", wanted, said, True),))


def moment_of(value: Any) -> Ms | None:
    """ISO 8601 (without a zone it is UTC), or seconds or milliseconds since 1970, as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _iso(str(value))
    if not math.isfinite(number):
        return None
    return round(number if abs(number) > _MILLISECONDS else number * 1000)


def _iso(text: str) -> Ms | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _written(path: Path, name: str) -> Ms | Judgement:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        if path.parent.is_dir():
            return Judgement("failing", f"{name} is not there: no beat")
        return Judgement("unknown", f"{name} is not there, nor its folder")  # looked for in a wrong place
    except (OSError, ValueError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "not a file name"
        return Judgement("unknown", f"{name} cannot be looked at: {why}")


def _page(check: HeartbeatCheck) -> HttpCheck:
    return HttpCheck(check.name, check.service, timeout_ms=check.timeout_ms, url=check.url, expect=Expect())
