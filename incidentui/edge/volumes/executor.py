"""volume.backup and volume.restore: what is in a volume kept, and back to it. Only a restore changes anything."""

import asyncio
from collections.abc import Mapping, Sequence

from incidentui.core.backup import Backup
from incidentui.core.format import count, storage
from incidentui.core.inputs import ActionActed, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Plan
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.edge.checkpoints.before import saved
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.containers.deeds import STAY_MS, WITHIN_MS, End, want
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import find
from incidentui.edge.containers.telling import Steps
from incidentui.edge.containers.underway import when_back
from incidentui.edge.text import clean
from incidentui.edge.volumes.before import before
from incidentui.edge.volumes.plans import BACKUP, RESTORE, Found, backup_plan, called, offers, restore_plan, users_key
from incidentui.edge.volumes.restoring import TROUBLE, Restoring
from incidentui.edge.volumes.settling import settled
from incidentui.edge.volumes.store import BackupError, Store
from incidentui.edge.volumes.working import Copier
from incidentui.session.ports import Clock, Report

_KEYS = {
    BACKUP: ("volume", "name", "before", "engine"),
    RESTORE: ("id", "volume", "name", "engine", "within", "stay", "starts"),
}


class VolumeExecutor:
    actions = frozenset({BACKUP, RESTORE})

    def __init__(
        self, engines: Sequence[Engine], store: Store, clock: Clock, me: str, keeper: Keeper | None = None
    ) -> None:
        """`keeper`: takes a checkpoint before a restore."""
        self._engines, self._keeper = engines, keeper
        self._store, self._clock, self._me = store, clock, me
        self._docker = next((engine for engine in engines if isinstance(engine, DockerEngine)), None)

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        if (odd := next((key for key in args if key not in _KEYS[action]), None)) is not None:
            return Refusal(f"{action} takes no {odd!r}", f"it takes {', '.join(_KEYS[action][:3])}", usage=True)
        if self._docker is None:
            return Refusal(
                "no Docker engine is watched: volumes are Docker's", "[project] docker names one", usage=True
            )
        copier = self._copier(self._docker)
        try:
            if action == BACKUP:
                return await self._backup_plan(args, copier)
            return await self._restore_plan(args, copier, state)
        except BackupError as error:
            return Refusal(str(error), "incidentui backup list", usage=True)
        except (EngineLost, EngineRefused) as error:
            return Refusal(str(error), "nothing was done")

    def _copier(self, engine: DockerEngine) -> Copier:
        return Copier(engine, self._store, self._clock, self._me)

    # -- plans

    async def _backup_plan(self, args: Mapping[str, str], copier: Copier) -> Plan | Refusal:
        wanted = await self._wanted(args)
        if isinstance(wanted, Refusal):
            return wanted
        found = await copier.found(wanted, sizes=True)
        if (gone := next((each.name for each in found if not each.there), None)) is not None:
            return await self._no_volume(gone)
        room, folder = await asyncio.to_thread(self._store.free), str(self._store.folder)
        return backup_plan(found, args, room, folder, copier.engine.address)

    async def _wanted(self, args: Mapping[str, str]) -> list[str] | Refusal:
        """Those that are asked for: by name, all of a workload, or those that it had before."""
        if args.get("before", "false") not in ("true", "false"):
            return Refusal(f"before={clean(args['before'], 40)} is neither true nor false", usage=True)
        volumes = await self._volumes(args)
        if isinstance(volumes, Refusal) or args.get("before") != "true":
            return volumes if isinstance(volumes, Refusal) else list(volumes)
        if earlier := await self._before(args.get("name", ""), volumes):
            return list(earlier.values())
        why = f"no checkpoint knows another volume of {clean(args.get('name', '?'), 80)} than it has now"
        return Refusal(why, f"by its name: {BACKUP} volume=NAME")

    async def _before(self, name: str, volumes: Mapping[str, str]) -> dict[str, str]:
        """By the volume that a workload has now, the one that it had before in its place."""
        if self._keeper is None or not name:
            return {}
        now = {inside: volume for volume, inside in volumes.items()}
        return await asyncio.to_thread(before, self._keeper.store, name, now)

    async def _volumes(self, args: Mapping[str, str]) -> dict[str, str] | Refusal:
        """Those that are there now, with where a workload has them: by name, or all of a workload."""
        if volume := args.get("volume", ""):
            return {await self._whole(volume): ""}
        if not (name := args.get("name", "")):
            return Refusal("which volume?", f"{BACKUP} volume=NAME, or name=WORKLOAD", usage=True)
        found = await find(self._engines, name, args.get("engine"))
        if isinstance(found, Refusal):
            return found
        engine, workload = found
        if not isinstance(engine, DockerEngine):
            return Refusal(f"{name} is no container: it has no volumes", "its files lie in folders", usage=True)
        inspected = await engine.call(lambda api: api.inspect_container(workload.ident))
        mounts = inspected.get("Mounts") or ()
        volumes = {
            str(mount["Name"]): str(mount.get("Destination", ""))
            for mount in mounts
            if mount.get("Type") == "volume" and mount.get("Name")
        }
        if volumes:
            return volumes
        folders = ", ".join(clean(str(mount.get("Source", "")), 80) for mount in mounts)
        return Refusal(f"{name} has no volume", f"folders of the host: {folders}" if folders else "it has no mount")

    async def _whole(self, volume: str) -> str:
        """The beginning of an unnamed volume's name stands for it."""
        assert self._docker is not None
        names = await self._docker.volume_names()
        longer = [name for name in names if len(volume) >= 12 and name.startswith(volume)]
        return longer[0] if volume not in names and len(longer) == 1 else volume

    async def _no_volume(self, name: str) -> Refusal:
        assert self._docker is not None
        there = ", ".join(called(each) for each in sorted(await self._docker.volume_names())[:8])
        return Refusal(f"no volume {clean(name, 80)}", f"there is: {there}" if there else "there is none", usage=True)

    async def _restore_plan(self, args: Mapping[str, str], copier: Copier, state: State) -> Plan | Refusal:
        chosen = await self._which(args)
        if isinstance(chosen, Refusal):
            return chosen
        then, into = chosen
        within_ms = deadline(args, WITHIN_MS)
        stay_ms = deadline(args, STAY_MS, "stay")
        if isinstance(within_ms, Refusal):
            return within_ms
        if isinstance(stay_ms, Refusal):
            return stay_ms
        if why := await asyncio.to_thread(self._store.glance, then):
            return Refusal(f"backup {then.id} is damaged: {why}", "incidentui backup list")
        name = await self._whole(args["volume"]) if args.get("volume") else into
        (now,) = await copier.found([name], sizes=True)
        room, age = await asyncio.to_thread(self._store.free), self._clock.now() - then.at
        if self._keeper is not None:
            self._keeper.saw(state)
        keep = self._keeper is not None
        return restore_plan(then, now, room, (within_ms, stay_ms), age, state, copier.engine.address, keep)

    async def _which(self, args: Mapping[str, str]) -> tuple[Backup, str] | Refusal:
        """The backup that is meant, and the volume for it; where several could be, they are offered."""
        wanted = args.get("id", "")
        if wanted and wanted != "latest":
            it = await asyncio.to_thread(lambda: self._store.read(self._store.find(wanted)))
            hint = f"workload.copy-in name={it.workloads[0]} back={it.id}" if it.path else ""
            if it.path:
                return Refusal(f"{it.id} is a copy of {it.path}, not of a volume", hint, usage=True)
            return it, it.volume
        volumes = await self._volumes(args) if args.get("volume") or args.get("name") else None
        if isinstance(volumes, Refusal):
            return volumes
        every = await asyncio.to_thread(lambda: [each for each in self._store.all() if not each.path])
        mine = [each for each in every if volumes is None or each.volume in volumes]
        into: dict[str, str] = {}
        if volumes is not None and not any(each.files for each in mine):
            # Nothing of what was in it: it is of what the workload had in its place before.
            into = {then: now for now, then in (await self._before(args.get("name", ""), volumes)).items()}
            mine = [each for each in every if each.volume in into] + mine
        if not mine:
            of = f" of {', '.join(map(called, volumes))}" if volumes else ""
            return Refusal(f"there is no backup{of}", "incidentui backup list shows all")
        # One of an empty volume is never what was lost: only its id asks for that.
        full = [each for each in mine if each.files] if into else mine
        if full and full[0].files and (len(full) == 1 or (wanted and len({each.volume for each in full}) == 1)):
            return full[0], into.get(full[0].volume, full[0].volume)
        return Refusal("which backup?", "id= says which", usage=True, choices=offers(mine, self._clock.now(), into))

    # -- acting

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        if self._docker is None:
            return ActionActed(run, "refused", "no Docker engine is watched")
        copier, steps = self._copier(self._docker), Steps(run, plan, report, self._clock)
        try:
            await copier.clear()
            if plan.action == BACKUP:
                return await self._back_up(run, plan, copier, steps)
            return await self._restore(run, plan, copier, steps)
        except (EngineLost, EngineRefused, BackupError) as error:
            return ActionActed(run, "refused", f"nothing was done: {error}")

    async def _back_up(self, run: str, plan: Plan, copier: Copier, steps: Steps) -> ActionActed:
        wanted = await self._wanted(dict(plan.args))
        if isinstance(wanted, Refusal):
            return ActionActed(run, "refused", f"nothing was done: {wanted.why}")
        if len(wanted) != len(plan.steps):
            return ActionActed(run, "refused", "nothing was done: it has other volumes by now; make a new plan")
        kept: list[Backup] = []
        for name, step in zip(wanted, plan.steps, strict=True):
            steps.begin(step)
            try:
                (now,) = await copier.found([name])
                kept.append(await copier.back_up(now, "by hand", run, steps))
            except TROUBLE as error:
                steps.end("failed", str(error))
                so_far = f"; kept: {', '.join(each.id for each in kept)}" if kept else ""
                return ActionActed(run, "failed", f"{called(name)}: {error}{so_far}")
            steps.end("done", told(kept[-1]))
        return ActionActed(run, "done", "; ".join(map(told, kept)), evidence=_evidence(kept))

    async def _restore(self, run: str, plan: Plan, copier: Copier, steps: Steps) -> ActionActed:
        args = dict(plan.args)
        then = await asyncio.to_thread(self._store.read, args["id"])
        (now,) = await copier.found([args["volume"]])
        if why := _moved(plan, then, now):
            return ActionActed(run, "refused", f"nothing was done: {why}; make a new plan")
        if self._docker is None:
            raise EngineLost("no Docker engine is watched")
        # One that cannot be kept stands in the record; the backup of what is there now is the way back all the same.
        await saved(self._keeper, steps, "keep")
        restoring = Restoring(self._docker, copier, then, now, plan, steps)
        end = await restoring.run(run)
        steps.over(end)
        return ActionActed(run, end.outcome, end.why)

    async def settle(self, attempt: Attempt) -> ActionActed:
        if self._docker is None:
            return ActionActed(attempt.run, "unknown", "no Docker engine is watched")
        copier = self._copier(self._docker)
        try:
            end = await when_back(lambda: _settled(copier, attempt), self._clock)
        except TROUBLE as error:
            return ActionActed(attempt.run, "unknown", f"cannot be looked at: {error}")
        return ActionActed(attempt.run, end.outcome, end.why)

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


async def _settled(copier: Copier, attempt: Attempt) -> End:
    await copier.clear()
    return await settled(copier, attempt)


def _moved(plan: Plan, then: Backup, now: Found) -> str:
    if then.archive_sha256 != want(plan, "backup"):
        return f"backup {then.id} is another one by now"
    if now.created != want(plan, "volume"):
        return f"{called(now.name)} is another volume by now" if now.there else f"{called(now.name)} is gone by now"
    if users_key(now.users) != want(plan, "users"):
        return "other containers have it by now, or another one runs"
    return ""


def told(it: Backup) -> str:
    moving = ""
    if it.changed_count:
        moving = (
            f", {count(it.changed_count, 'name')} changed meanwhile ({', '.join(it.running)} ran): not of one moment"
        )
    holds = f"{count(it.files, 'file')}, {storage(it.size)}"
    return f"backup {it.id} of {called(it.volume)}: {holds}, read back and compared{moving}"


def _evidence(kept: Sequence[Backup]) -> Evidence | None:
    paths = [f"{called(it.volume)}: {clean(path, 200)}" for it in kept for path in it.changed]
    return Evidence("output", "changed while it was copied:\n" + "\n".join(paths)) if paths else None
