"""Whether volumes are backed up, and not too long ago: read from the folder of backups, whoever took them."""

import asyncio
import shlex
from collections.abc import Sequence

from incidentui.config.kept import BackupCheck
from incidentui.config.paths import backups
from incidentui.core.evidence import Finding
from incidentui.core.format import count, duration, storage
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms
from incidentui.edge.checks.probe import AHEAD_MS, Ground, Look, in_time
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.checks.workload import NO_ENGINE, GoneError, NotKnownError, find
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.volumes.listing import newest, volumes_of
from incidentui.edge.volumes.store import Store
from incidentui.session.ports import Kept


class BackupProbe:
    def __init__(self, check: BackupCheck, ground: Ground) -> None:
        self.check = check
        self._engines = ground.engines
        self._now = ground.clock.now
        self._store = Store(backups(ground.dir))

    async def look(self) -> Look:
        return await in_time(self.check, self._now, self._judged, self._again(), unknown=(NotKnownError,))

    async def _judged(self, at: Ms) -> tuple[Judgement, str]:
        try:
            kept = await self._kept()
        except GoneError as why:
            return Judgement("unknown", f"{why}: which volumes it has is not known"), ""
        return judged(kept, at, self.check.max_age_ms), ""

    def _again(self) -> str:
        return shlex.join(["incidentui", "backup", "list", *(["--volume", v] if (v := self.check.volume) else [])])

    async def _kept(self) -> Sequence[Kept]:
        if self.check.volume:
            every = await asyncio.to_thread(lambda: list(self._store.all()))
            return (newest(self.check.volume, "", every),)
        if not any(isinstance(engine, DockerEngine) for engine in self._engines):
            raise NotKnownError(NO_ENGINE)
        await find(self._engines, self.check.workload)
        found = await volumes_of(self._engines, self._store, self.check.workload)
        if isinstance(found, Refusal):
            raise NotKnownError(found.why)
        return found


def judged(kept: Sequence[Kept], now: Ms, max_age: Ms) -> Judgement:
    if not kept:
        return Judgement("unknown", "it has no volume: there is nothing to keep")
    findings = tuple(_finding(each, now, max_age) for each in kept)
    wrong = [finding for finding in findings if not finding.ok]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return Judgement("failing", f"{wrong[0].name}: {wrong[0].got}{more}", findings)
    oldest = min(each.at for each in kept)
    return Judgement("ok", f"{count(len(kept), 'volume')} backed up, {duration(max(0, now - oldest))} ago", findings)


def no_use(it: Kept, now: Ms) -> str:
    """Why the newest backup proves nothing, however young it says it is; empty: it may be of use."""
    if it.at - now > AHEAD_MS:
        return f"backup {it.id} is dated in the future: how old it is, nobody can tell"
    return "" if it.files else f"backup {it.id} holds no file"


def _finding(it: Kept, now: Ms, max_age: Ms) -> Finding:
    wanted, name = f"a backup under {duration(max_age)} old", f"volume {it.volume}"
    if not it.id:
        return Finding(name, wanted, "no backup", False)
    if said := no_use(it, now):
        return Finding(name, wanted, said, False)
    if now - it.at > max_age:
        return Finding(name, wanted, f"last backup over {duration(max_age)} old", False)
    return Finding(name, wanted, f"{it.id}, {count(it.files, 'file')}, {storage(it.size)}", True)
