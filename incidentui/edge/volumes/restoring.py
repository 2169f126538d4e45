"""`volume.restore` step by step: what is there is kept first, and put back when what was written is not the backup."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from incidentui.core.backup import Backup
from incidentui.core.format import count
from incidentui.core.model import Plan, Workload
from incidentui.edge.containers.deeds import End
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.containers.looking import until_known
from incidentui.edge.containers.staying import Watch
from incidentui.edge.containers.telling import Steps
from incidentui.edge.text import clean
from incidentui.edge.volumes.archive import BrokenArchiveError
from incidentui.edge.volumes.plans import RESTORE, Found, User, called
from incidentui.edge.volumes.store import BackupError
from incidentui.edge.volumes.working import Copier

if TYPE_CHECKING:
    from incidentui.edge.containers.docker import DockerEngine

_TOLD = 5
TROUBLE = (EngineLost, EngineRefused, BackupError, BrokenArchiveError)


class Restoring:
    """One run. `saved`: the backup of what was there before, once it is kept."""

    def __init__(
        self, engine: "DockerEngine", copier: Copier, then: Backup, now: Found, plan: Plan, steps: Steps
    ) -> None:
        self._engine, self._copier, self._then, self._now = engine, copier, then, now
        self._plan, self._steps = plan, steps
        self._left = list(plan.steps)
        self.saved: Backup | None = None

    async def run(self, run: str) -> End:
        self._begin("check")
        if why := await asyncio.to_thread(self._copier.store.wrong, self._then):
            return End("refused", f"nothing was done: backup {self._then.id} is damaged: {why}")
        self._steps.end("done")
        stopped: list[User] = []
        try:
            await self._stop(stopped)
            await self._save(run)
            end = await self._written()
        except TROUBLE as error:
            self._steps.end("failed", str(error))
            end = End("failed", f"nothing in {called(self._now.name)} was changed: {error}")
        if end.outcome == "unknown":
            return End("unknown", f"{end.why}{_still_down(stopped)}")
        return await self._up(stopped, end)

    def _begin(self, verb: str) -> None:
        """The next step of the plan of that kind."""
        step = next(each for each in self._left if each.verb == verb)
        self._left.remove(step)
        self._steps.begin(step)

    async def _stop(self, stopped: list[User]) -> None:
        for user in (user for user in self._now.users if user.runs):
            self._begin("stop")
            stopped.append(user)
            await self._engine.do("stop", _workload(user))
            self._steps.end("done")
        (now,) = await self._copier.found([self._now.name])
        if again := next((user.name for user in now.users if user.runs), ""):
            raise EngineRefused(f"{again} was started by somebody else meanwhile: it would go on writing")

    async def _save(self, run: str) -> None:
        if not self._now.there:
            return
        self._begin("save")
        why = f"before {RESTORE} {called(self._now.name)}"
        self.saved = await self._copier.back_up(self._now, why, run, self._steps)
        self._steps.end("done", f"backup {self.saved.id}")

    async def _written(self) -> End:
        """From here on the volume is changed: whatever goes wrong, what was before is put back."""
        try:
            if why := await self._put(self._then, tell=True):
                return await self._back(why)
        except TROUBLE as error:
            return await self._back(str(error))
        undo = f"; {RESTORE} id={self.saved.id} brings back what was before" if self.saved else ""
        holds = f"{count(self._then.entries, 'name')} compared"
        return End("done", f"{called(self._now.name)} is as in backup {self._then.id}, {holds}{undo}")

    async def _put(self, backup: Backup, tell: bool = False) -> str:
        """Why the volume is not as the backup; empty when it is."""
        copier, name = self._copier, self._now.name
        if tell:
            self._begin("empty" if self._now.there else "create")
        await copier.made_ready(self._now, backup)
        if tell:
            self._steps.end("done")
            self._begin("write")
        await copier.put(name, backup, self._now.users)
        if tell:
            self._steps.end("done")
            self._begin("compare")
        differences = await copier.differences(name, backup, self._now.users)
        if tell and not differences:
            self._steps.end("done")
        return told(differences)

    async def _back(self, why: str) -> End:
        self._steps.end("failed", why)
        name, saved = called(self._now.name), self.saved
        if saved is None:
            return End("unknown", f"{name} was not there before and is not as the backup: {why}; plan it again")
        again = f"incidentui act {RESTORE} id={saved.id}"
        try:
            rest = await self._put(saved)
        except TROUBLE as error:
            rest = str(error)
        if rest:
            return End("unknown", f"{why}; what was before could not be put back: {rest}; once it can: {again}")
        return End("failed", f"{why}; what was before is back in {name}")

    async def _up(self, stopped: Sequence[User], end: End) -> End:
        """Whatever came of it, the volume is whole: who was stopped for it runs again."""
        down = []
        for user in stopped:
            try:
                self._begin("start")
                await self._engine.do("start", _workload(user))
                self._steps.end("done")
            except (EngineLost, EngineRefused) as error:
                self._steps.end("failed", str(error))
                down.append(f"{user.name} was not started: {error}")
        if stopped:
            self._begin("look")
            down += [why for user in stopped if (why := await self._stays_up(user))]
        if not down:
            return end
        return End("failed" if end.outcome == "done" else end.outcome, f"{end.why}; {'; '.join(down)}")

    async def _stays_up(self, user: User) -> str:
        watch = Watch(replace(self._plan, target=user.name), self._copier.clock.now())
        end, _ = await until_known(watch, lambda: self._engine.one(_workload(user)), self._copier.clock)
        return "" if end.outcome == "done" else f"{user.name}: {end.why}"


def _workload(user: User) -> Workload:
    return Workload(user.name, "docker", ident=user.ident)


def _still_down(stopped: Sequence[User]) -> str:
    if not stopped:
        return ""
    return f"; {', '.join(user.name for user in stopped)} is left stopped: nothing should write there now"


def told(differences: Sequence[tuple[str, str]]) -> str:
    """The first of them in words; empty when there is none."""
    if not differences:
        return ""
    some = "; ".join(f"{clean(path, 80)} {text}" for path, text in differences[:_TOLD])
    more = f"; … ({len(differences)} or more)" if len(differences) > _TOLD else ""
    return f"not as in the backup: {some}{more}"
