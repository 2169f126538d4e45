"""What is in the volumes of a checkpoint, in backups that it names: taken with it, tried with it, put back if asked.

Backups lie beside the checkpoints and are nobody's to take away: no checkpoint that goes takes one along.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from incidentui.core.backup import Backup
from incidentui.core.checkpoint import Checkpoint, ContentsThen, VolumeThen
from incidentui.core.format import count, storage
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms, Plan, PlanStep, Precondition, ProjectSpec
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.containers.engine import EngineLost
from incidentui.edge.containers.telling import Steps, Unheard
from incidentui.edge.text import clean
from incidentui.edge.volumes.executor import told
from incidentui.edge.volumes.plans import RESTORE, Found, backup_plan, called, restore_plan, users_key
from incidentui.edge.volumes.restoring import TROUBLE, Restoring
from incidentui.edge.volumes.store import BackupError, Store
from incidentui.edge.volumes.working import Copier

ALL = "all"
FILL = "fill"
"""The verb of a step that puts back what was in a volume."""
_WANT = "contents"
_WHY = "for a checkpoint"


@dataclass(frozen=True, slots=True)
class Fill:
    """One volume back to what was in it: its own plan, which is one step of that of the checkpoint."""

    backup: Backup
    now: Found
    plan: Plan

    def step(self) -> PlanStep:
        name, holds = called(self.now.name), f"{count(self.backup.files, 'file')}, {storage(self.backup.size)}"
        runs = ", ".join(user.name for user in self.now.users if user.runs)
        stops = f"; {runs} is stopped meanwhile" if runs else ""
        goes = "what came since goes, in a backup that is taken first" if self.now.there else "it is not there now"
        return PlanStep(FILL, f"{name} with what was in it, backup {self.backup.id} ({holds}): {goes}{stops}")

    def check(self) -> Precondition:
        key = f"{self.backup.archive_sha256} {self.now.created} {users_key(self.now.users)}"
        value = hashlib.sha256(key.encode()).hexdigest()[:16]
        text = f"{called(self.now.name)} is the same volume, its backup and who has it too"
        return Precondition(_WANT, text, f"{value} {self.now.name}")


class Contents:
    def __init__(self, keeper: Keeper, backups: Store, me: str = "") -> None:
        self._keeper, self._backups, self._me = keeper, backups, me

    def _copier(self) -> Copier:
        if not self._keeper.engines:
            raise EngineLost("no Docker engine is watched: volumes are Docker's")
        return Copier(self._keeper.engines[0], self._backups, self._keeper.clock, self._me)

    # -- taken with a checkpoint

    async def with_copies(self, plan: Plan, asked: str) -> Plan | Refusal:
        """The plan of a checkpoint with a copy of each volume before it. `asked`: names, or ALL."""
        copier = self._copier()
        wanted = await self._wanted(asked)
        if isinstance(wanted, Refusal):
            return wanted
        found = await copier.found(wanted, sizes=True)
        room, folder = await asyncio.to_thread(self._backups.free), str(self._backups.folder)
        copies = backup_plan(found, {"volumes": ",".join(wanted)}, room, folder, copier.engine.address)
        if isinstance(copies, Refusal):
            return copies
        return replace(
            plan,
            args=copies.args,
            title=f"Take a checkpoint with what is in {count(len(found), 'volume')}",
            steps=(*copies.steps, *plan.steps),
            checked=copies.checked,
            not_covered=copies.not_covered,
            within_ms=copies.within_ms,
            host=copies.host,
        )

    async def _wanted(self, asked: str) -> list[str] | Refusal:
        """Only what a container has is in a checkpoint; the beginning of an unnamed volume's name stands for it."""
        now = (await self._keeper.look()).checkpoint
        there = [volume.name for volume in now.volumes]
        if not there:
            return Refusal("no container here has a volume", now.lost[0] if now.lost else "", usage=True)
        if asked == ALL:
            return there
        found = []
        for name in filter(None, (each.strip() for each in asked.split(","))):
            longer = [each for each in there if each == name or (len(name) >= 12 and each.startswith(name))]
            if len(longer) != 1:
                why = f"no container here has a volume {clean(name, 80)}"
                return Refusal(why, f"there is: {', '.join(map(called, there[:8]))}", usage=True)
            found += longer
        return list(dict.fromkeys(found)) or Refusal("which volumes?", f"their names, or {ALL}", usage=True)

    async def keep(self, run: str, plan: Plan, steps: Steps) -> list[Backup]:
        """Raises CheckpointError: one without a part of what was asked for would be taken for whole."""
        copier, kept = self._copier(), list[Backup]()
        await copier.clear()
        for name, step in zip(dict(plan.args)["volumes"].split(","), plan.steps, strict=False):
            steps.begin(step)
            try:
                (now,) = await copier.found([name])
                kept.append(await copier.back_up(now, _WHY, run, steps))
            except TROUBLE as error:
                steps.end("failed", str(error))
                so_far = f"; kept: {', '.join(each.id for each in kept)}" if kept else ""
                raise CheckpointError(f"no checkpoint was taken: {called(name)}: {error}{so_far}") from None
            steps.end("done", told(kept[-1]))
        return kept

    # -- its test

    def wrong(self, then: Checkpoint) -> list[str]:
        """Each backup that it names read whole, and compared with its checksums. Blocks."""
        found = ((volume, self._wrong(volume, volume.contents)) for volume in then.volumes if volume.contents)
        return [f"what was in volume {called(volume.name)}: {why}" for volume, why in found if why]

    def _wrong(self, volume: VolumeThen, contents: ContentsThen) -> str:
        try:
            it = self._its_own(volume, contents)
        except BackupError as error:
            return str(error)
        why = self._backups.wrong(it)
        return f"backup {it.id} is damaged: {why}" if why else ""

    def _its_own(self, volume: VolumeThen, contents: ContentsThen) -> Backup:
        it = self._backups.read(contents.backup)
        if (it.volume, it.archive_sha256) != (volume.name, contents.sha256):
            raise BackupError(f"backup {it.id} is not the one that was taken with it")
        return it

    # -- back to it

    def left(self, then: Checkpoint) -> Iterator[tuple[str, str]]:
        """What a restore leaves as it is in volumes, and how each comes back."""
        kept = [volume for volume in then.volumes if volume.contents]
        if not kept:
            yield "volumes", "what is in them is in no checkpoint"
            return
        for volume in kept:
            assert volume.contents is not None
            holds = f"{count(volume.contents.files, 'file')}, {storage(volume.contents.size)}"
            back = f"{RESTORE} id={volume.contents.backup} ({holds})"
            yield called(volume.name), f"stays as it is; {back} brings back what was in it, and volumes=true here"
        if bare := [called(volume.name) for volume in then.volumes if not volume.contents]:
            yield "volumes", f"what is in {', '.join(bare)} is in no checkpoint"

    def ways(self, then: Checkpoint) -> str:
        """How what was in volumes comes back; empty where nothing of it is kept."""
        kept = [volume.contents.backup for volume in then.volumes if volume.contents]
        if not kept:
            return ""
        return f"what was in volumes: volumes=true, or {', '.join(f'{RESTORE} id={each}' for each in kept)}"

    async def fills(self, then: Checkpoint, times: tuple[Ms, Ms]) -> list[Fill] | Refusal:
        """Raises BackupError, EngineLost, EngineRefused. `times`: until they are up, and stay so."""
        kept = [(volume, volume.contents) for volume in then.volumes if volume.contents]
        if not kept:
            return Refusal(f"checkpoint {then.id} holds nothing of what was in volumes", "incidentui backup list")
        found = []
        for volume, contents in kept:
            one = await self._fill(volume, contents, times)
            if isinstance(one, Refusal):
                return one
            found.append(one)
        return found

    async def _fill(self, volume: VolumeThen, contents: ContentsThen, times: tuple[Ms, Ms]) -> Fill | Refusal:
        copier = self._copier()
        it = await asyncio.to_thread(self._its_own, volume, contents)
        if why := await asyncio.to_thread(self._backups.glance, it):
            return Refusal(f"backup {it.id} is damaged: {why}", "incidentui backup list")
        (now,) = await copier.found([volume.name], sizes=True)
        room, age = await asyncio.to_thread(self._backups.free), self._keeper.clock.now() - it.at
        # Who depends on it stands in the plan that this is a step of.
        nobody = State(project=ProjectSpec(volume.name))
        plan = restore_plan(it, now, room, times, age, nobody, copier.engine.address)
        if isinstance(plan, Refusal):
            return plan
        if now.there and (now.size or 0) > room:
            return Refusal(f"no room to keep what is in {called(now.name)} now ({storage(now.size or 0)})")
        return Fill(it, now, plan)

    async def moved(self, plan: Plan, then: Checkpoint, times: tuple[Ms, Ms]) -> str:
        """Why the volumes, or the backups, are not those of the plan; empty: they are. Each backup is read whole."""
        planned = [check.want for check in plan.checked if check.name == _WANT]
        if not planned:
            return ""
        try:
            now = await self.fills(then, times)
        except BackupError as error:
            return str(error)
        if isinstance(now, Refusal):
            return now.why
        same = [fill.check().want for fill in now] == planned
        if not same:
            return "a volume is another one by now, or other containers have it"
        return "; ".join(await asyncio.to_thread(self.wrong, then))

    async def filled(
        self, run: str, plan: Plan, then: Checkpoint, times: tuple[Ms, Ms], steps: Steps
    ) -> tuple[list[str], str]:
        """(what was put back, why the rest was not)"""
        rows = [step for step in plan.steps if step.verb == FILL]
        if not rows:
            return [], ""
        done, copier = list[str](), self._copier()
        try:
            await copier.clear()
            fills = await self.fills(then, times)
        except BackupError as error:
            return done, str(error)
        if isinstance(fills, Refusal):
            return done, fills.why
        for fill, step in zip(fills, rows, strict=True):
            steps.begin(step)
            quiet = Unheard(run, fill.plan, lambda _: None, self._keeper.clock)
            restoring = Restoring(copier.engine, copier, fill.backup, fill.now, fill.plan, quiet)
            end = await restoring.run(run)
            steps.over(end)
            if end.outcome != "done":
                return done, end.why
            done.append(end.why)
        return done, ""

    async def differing(self, then: Checkpoint) -> list[str]:
        """Volumes in which something is not as it was then. Raises what is in TROUBLE."""
        copier, found = self._copier(), list[str]()
        await copier.clear()
        for volume in then.volumes:
            if volume.contents is None:
                continue
            it = await asyncio.to_thread(self._its_own, volume, volume.contents)
            (now,) = await copier.found([volume.name])
            if not now.there or await copier.differences(volume.name, it, now.users):
                found.append(f"what is in {called(volume.name)} ({RESTORE} id={it.id}; start who has it)")
        return found


def holding(it: Checkpoint, kept: Sequence[Backup]) -> Checkpoint:
    """With each backup at its volume. Raises CheckpointError where a volume was made anew meanwhile."""
    by: Mapping[str, Backup] = {backup.volume: backup for backup in kept}
    volumes = tuple(_held(volume, by.get(volume.name)) for volume in it.volumes)
    if lost := [each for each in kept if each.id not in {v.contents.backup for v in volumes if v.contents}]:
        why = f"{called(lost[0].volume)} is another volume by now; backup {lost[0].id} of it is kept"
        raise CheckpointError(f"no checkpoint was taken: {why}")
    return replace(it, volumes=volumes)


def _held(volume: VolumeThen, backup: Backup | None) -> VolumeThen:
    if backup is None or (volume.created and backup.created != volume.created):
        return volume
    return replace(volume, contents=ContentsThen(backup.id, backup.files, backup.size, backup.archive_sha256))
