"""checkpoint.take, checkpoint.test, checkpoint.restore. Only a restore changes anything; it takes one of now first."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from incidentui.core.checkpoint import Checkpoint
from incidentui.core.format import count, duration
from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, PlanStep, Precondition, ProjectSpec, Workload
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.checkpoints.contents import FILL, Contents, Fill, holding
from incidentui.edge.checkpoints.plans import RESTORE, TAKE, TEST, stay_of, take_plan, test_plan, told
from incidentui.edge.checkpoints.replacing import beyond_keeping, moved, planned, still, unkept, written, written_as
from incidentui.edge.checkpoints.restoring import differing, stood_a_test, tried, untested
from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.containers.blast import Blast
from incidentui.edge.containers.deeds import WITHIN_MS, Wish, losing, make_plan
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.containers.recreating import Recreating
from incidentui.edge.containers.telling import Steps, Unheard
from incidentui.edge.text import clean
from incidentui.edge.volumes.restoring import TROUBLE
from incidentui.edge.volumes.store import BackupError
from incidentui.edge.volumes.store import Store as Backups
from incidentui.session.ports import Clock, Report


@dataclass(frozen=True, slots=True)
class Back:
    """A container whose image is another one by now, and the image of then is still here."""

    name: str
    ident: str
    image: str
    blast: Blast


class CheckpointExecutor:
    actions = frozenset({TAKE, TEST, RESTORE})

    def __init__(self, keeper: Keeper, clock: Clock, contents: Contents | None = None) -> None:
        """`contents`: keeps what is in volumes; None: beside the checkpoints."""
        self._keeper, self._clock = keeper, clock
        self._store = keeper.store
        self._contents = contents or Contents(keeper, Backups(keeper.store.folder.with_name("backups")))

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        self._keeper.saw(state)
        if action != TAKE and "id" not in args:
            return Refusal("which checkpoint?", f"{action} id=latest", usage=True)
        try:
            if action == TAKE:
                plan = take_plan(state)
                asked = args.get("volumes", "")
                return await self._contents.with_copies(plan, asked) if asked else plan
            then = await asyncio.to_thread(lambda: self._store.read(self._store.find(args["id"])))
            if action == TEST:
                return test_plan(then, state)
            return await self._restore_plan(then, args, state)
        except CheckpointError as error:
            return Refusal(str(error), "incidentui checkpoint list", usage=True)
        except (EngineLost, EngineRefused, BackupError) as error:
            return Refusal(str(error), "nothing was done")

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        try:
            if plan.action == TAKE:
                kept = await self._take(run, plan, Steps(run, plan, report, self._clock))
                return ActionActed(run, "done", f"checkpoint {kept.id}: {told(kept)}")
            if plan.action == TEST:
                return await self._test(run, dict(plan.args)["id"])
            return await self._restore(run, plan, Steps(run, plan, report, self._clock))
        except CheckpointError as error:
            return ActionActed(run, "failed", str(error))
        except (EngineLost, EngineRefused) as error:
            return ActionActed(run, "refused", f"nothing was done: {error}")

    async def _take(self, run: str, plan: Plan, steps: Steps) -> Checkpoint:
        if not plan.args:
            return await self._keeper.take()
        backups = await self._contents.keep(run, plan, steps)
        steps.begin(plan.steps[-1])
        kept = await self._keeper.take(complete=lambda it: holding(it, backups))
        steps.end("done", f"checkpoint {kept.id}")
        return kept

    async def settle(self, attempt: Attempt) -> ActionActed:
        if attempt.plan.action != RESTORE:
            return ActionActed(attempt.run, "failed", "it was not finished; ask again")
        try:
            ident = dict(attempt.plan.args)["id"]
            rest = await self._rest(ident)
            if any(step.verb == FILL for step in attempt.plan.steps):
                rest += await self._contents.differing(self._store.read(ident))
        except (CheckpointError, *TROUBLE) as error:
            return ActionActed(attempt.run, "unknown", f"cannot be looked at: {error}")
        if rest:
            return ActionActed(attempt.run, "failed", f"not all was restored: {', '.join(rest[:5])}")
        return ActionActed(attempt.run, "done", "all is as in the checkpoint")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()

    # -- test

    async def _test(self, run: str, ident: str) -> ActionActed:
        then = self._store.read(ident)
        gone = [*await self._gone(then), *await asyncio.to_thread(self._contents.wrong, then)]
        tested = await asyncio.to_thread(tried, self._store, then, gone, self._clock.now())
        await asyncio.to_thread(self._store.add_test, ident, tested)
        if tested.ok:
            read = f", what was in {count(tested.contents, 'volume')} read whole" if tested.contents else ""
            return ActionActed(run, "done", f"checkpoint {ident} can be restored: {tested.files} files compared{read}")
        return ActionActed(run, "failed", f"checkpoint {ident} cannot be restored whole: {'; '.join(tested.findings)}")

    async def _gone(self, then: Checkpoint) -> list[str]:
        """Images and volumes of then that are not here any more."""
        images = {c.image_id: c.image for c in then.containers}
        used = {name for c in then.containers for name in c.volumes} - {v.name for v in then.volumes if v.contents}
        try:
            there = {name for engine in self._keeper.engines for name in await engine.volume_names()}
            missing = [(name, image) for image, name in images.items() if not await self._here(image)]
        except (EngineLost, EngineRefused) as error:
            return [f"images and volumes cannot be looked at: {error}"] if images else []
        gone = [f"image {name} ({image.removeprefix('sha256:')[:12]}) is gone" for name, image in missing]
        return [*gone, *(f"volume {name} is gone" for name in sorted(used - there))]

    async def _here(self, image: str) -> bool:
        return any([await engine.has_image(image) for engine in self._keeper.engines])

    # -- restore

    async def _restore_plan(self, then: Checkpoint, args: Mapping[str, str], state: State) -> Plan | Refusal:
        within_ms = deadline(args, WITHIN_MS)
        if isinstance(within_ms, Refusal):
            return within_ms
        files = await asyncio.to_thread(differing, self._keeper.top, then)
        for file, present in files:
            await asyncio.to_thread(self._store.copy_of, then.id, file.sha256)
            if why := beyond_keeping(self._keeper.top, present):
                return Refusal(f"{why}: no checkpoint of now could bring it back", "move it out of the way, then again")
        now = (await self._keeper.look()).checkpoint
        backs, beyond = await self._images(then, now)
        wish = Wish(within_ms, stay_of(within_ms), args.get("lose", "").strip())
        fills = await self._fills(then, args, within_ms)
        if isinstance(fills, Refusal):
            return fills
        if not fills and then.volumes:
            beyond = (*beyond, *self._contents.left(then))
        if not files and not backs and not fills:
            rest = f"; it does not cover: {beyond[0][0]}: {beyond[0][1]}" if beyond else ""
            hint = self._contents.ways(then) or "diff shows more"
            return Refusal(f"nothing that a restore writes differs from checkpoint {then.id}{rest}", hint)
        losses = Blast(loses=tuple(f"{back.name}: {what}" for back in backs for what in back.blast.loses))
        return Plan(
            action=RESTORE,
            args=(
                ("id", then.id),
                ("within", f"{within_ms}ms"),
                *_given("lose", wish.lose),
                *_given("volumes", "true" if fills else ""),
            ),
            title=f"Restore checkpoint {then.id}, {duration(self._clock.now() - then.at)} old, taken {then.why}",
            target=state.project.name,
            target_kind="project",
            steps=(
                PlanStep("save", "a checkpoint of now first"),
                *(PlanStep("write", written_as(file)) for file, _ in files),
                *(PlanStep("create", f"{b.name} anew from image {b.image[7:19]}, its volumes kept") for b in backs),
                *(fill.step() for fill in fills),
                PlanStep("look", "compare files and images with the checkpoint"),
            ),
            checked=(
                *stood_a_test(self._store.tests(then.id)),
                *(still(now_) for _, now_ in files),
                *(Precondition("container", f"{b.name} is still {b.ident[:12]}", f"{b.ident} {b.name}") for b in backs),
                *(losing("recreate", losses, wish) if backs else ()),
                *(fill.check() for fill in fills),
            ),
            not_covered=(*untested(self._store.tests(then.id)), *beyond),
            undo=f"The checkpoint that is taken first brings back what is now{_VOLUMES_TOO if fills else ''}.",
            warnings=(_RESTART,) if files and not backs and not fills else (),
            within_ms=within_ms,
            host=", ".join(engine.address for engine in self._keeper.engines) if backs or fills else "",
            loses=losses.loses,
        )

    async def _fills(self, then: Checkpoint, args: Mapping[str, str], within_ms: Ms) -> list[Fill] | Refusal:
        if (asked := args.get("volumes", "false")) not in ("true", "false"):
            return Refusal(f"volumes={clean(asked, 40)} is neither true nor false", usage=True)
        return await self._contents.fills(then, (within_ms, stay_of(within_ms))) if asked == "true" else []

    async def _images(self, then: Checkpoint, now: Checkpoint) -> tuple[list[Back], tuple[tuple[str, str], ...]]:
        """Which containers go back to their image, and what a restore leaves as it is."""
        present = {c.name: c for c in now.containers}
        backs: list[Back] = []
        beyond = [("not seen", text) for text in now.lost]
        for was in then.containers:
            found = present.get(was.name)
            if found is None:
                beyond.append((was.name, "is not there: create it by its compose file"))
            elif found.image_id != was.image_id and not await self._here(was.image_id):
                pull = f"; docker pull {was.digests[0]}" if was.digests else ""
                beyond.append((was.name, f"its image of then is gone ({was.image}){pull}"))
            elif found.image_id != was.image_id:
                blast = await self._blast(found.name)
                backs.append(Back(found.name, found.ident, was.image_id, blast))
            if found is not None and (keys := [k for k, v in was.env if dict(found.env).get(k) != v]):
                beyond.append((was.name, f"environment differs: {', '.join(keys[:5])}; values are in no checkpoint"))
        if then.commit != now.commit:
            beyond.append(("commit", f"HEAD stays; git.reset to={(then.commit or '?')[:7]} goes back"))
        return backs, tuple(beyond)

    async def _blast(self, name: str) -> Blast:
        for engine in self._keeper.engines:
            if (workload := await engine.named(name)) is not None:
                return await engine.blast("recreate", workload)
        return Blast()

    async def _restore(self, run: str, plan: Plan, steps: Steps) -> ActionActed:
        then = self._store.read(dict(plan.args)["id"])
        if why := await self._moved(plan, then):
            return ActionActed(run, "refused", f"nothing was done: {why}; make a new plan")
        steps.begin(plan.steps[0])
        try:
            kept = await self._keeper.take(f"before {RESTORE} {then.id}", also=planned(plan, then), spare=then.id)
        except CheckpointError as error:
            return ActionActed(run, "refused", f"nothing was done: {error}")
        if why := unkept(plan, kept):
            steps.end("failed", why)
            return ActionActed(run, "refused", f"nothing was done: {why}; make a new plan")
        steps.end("done", f"checkpoint {kept.id}")
        undo = f"checkpoint.restore id={kept.id} brings back what was before"
        files = await written(self._keeper.top, self._store, then, plan, steps)
        if why := files or await self._anew(run, plan, then, steps):
            return ActionActed(run, "failed", f"{why}; {undo}")
        # Last: a program of another image than that of then does not write into what was put back.
        times = (plan.within_ms, stay_of(plan.within_ms))
        filled, why = await self._contents.filled(run, plan, then, times, steps)
        undo = "; ".join([undo, *filled])
        if why:
            return ActionActed(run, "failed", f"{why}; {undo}")
        steps.begin(plan.steps[-1])
        if rest := await self._rest(then.id):
            steps.end("failed", rest[0])
            return ActionActed(run, "failed", f"not all was restored: {', '.join(rest[:5])}; {undo}")
        steps.end("done")
        return ActionActed(run, "done", f"as in checkpoint {then.id}; {undo}")

    async def _moved(self, plan: Plan, then: Checkpoint) -> str:
        for check in plan.checked:
            value, _, name = check.want.partition(" ")
            if check.name == "container" and await self._ident(name) != value:
                return f"{name} is another container by now"
        if why := await self._contents.moved(plan, then, (plan.within_ms, stay_of(plan.within_ms))):
            return why
        return await asyncio.to_thread(moved, self._keeper.top, plan, then)

    async def _ident(self, name: str) -> str:
        found = [await engine.named(name) for engine in self._keeper.engines]
        return next((workload.ident for workload in found if workload is not None), "")

    async def _anew(self, run: str, plan: Plan, then: Checkpoint, steps: Steps) -> str:
        images = {c.name: c.image_id for c in then.containers}
        wish = Wish(plan.within_ms, stay_of(plan.within_ms), dict(plan.args).get("lose", ""))
        names = [check.want.partition(" ")[2] for check in plan.checked if check.name == "container"]
        for name, step in zip(names, [s for s in plan.steps if s.verb == "create"], strict=True):
            steps.begin(step)
            why = await self._one_anew(run, name, images[name], wish)
            steps.end("failed" if why else "done", why)
            if why:
                return f"{name}: {why}"
        return ""

    async def _one_anew(self, run: str, name: str, image: str, wish: Wish) -> str:
        engine, workload = await self._found(name)
        found = await engine.one(workload)
        if found is None:
            return "it went away"
        deed = make_plan(engine, "recreate", found, wish, Blast(), State(project=ProjectSpec(name)))
        if isinstance(deed, Refusal):
            return deed.why
        old = replace(found, image=image)
        anew = Recreating(engine, old, deed, Unheard(run, deed, lambda _: None, self._clock), self._clock)
        end = await anew.run(self._clock.now())
        return "" if end.outcome == "done" else end.why

    async def _found(self, name: str) -> tuple[DockerEngine, Workload]:
        for engine in self._keeper.engines:
            if (workload := await engine.named(name)) is not None:
                return engine, workload
        raise EngineRefused(f"{name} is not there any more")

    async def _rest(self, ident: str) -> list[str]:
        """What a restore would still write."""
        then = self._store.read(ident)
        files = [file.path for file, _ in await asyncio.to_thread(differing, self._keeper.top, then)]
        backs, _ = await self._images(then, (await self._keeper.look()).checkpoint)
        return [*files, *(back.name for back in backs)]


_RESTART = "restart who reads these files: most programs read them when they start"
_VOLUMES_TOO = "; of volumes, the backup that is taken of each"


def _given(key: str, value: str) -> tuple[tuple[str, str], ...]:
    return ((key, value),) if value else ()
