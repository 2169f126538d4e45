"""What became of a backup or a restore whose program died in between: the record on disk and the volume say."""

from incidentui.core.backup import Backup
from incidentui.core.model import Attempt, Workload
from incidentui.edge.containers.deeds import UP, End
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.containers.underway import over, stopping
from incidentui.edge.volumes.plans import BACKUP, RESTORE, Found, User, called
from incidentui.edge.volumes.working import Copier


async def settled(copier: Copier, attempt: Attempt) -> End:
    """Raises what `Copier` raises. What is whole, one way or the other, runs again afterwards."""
    kept = [each for each in copier.store.all() if each.run == attempt.run]
    if attempt.plan.action == BACKUP:
        return _backed_up(attempt, kept)
    args = dict(attempt.plan.args)
    name, then = args["volume"], copier.store.read(args["id"])
    (now,) = await copier.found([name])
    if not kept and _was_there(attempt):
        return await _up(copier, attempt, now, End("failed", f"it did not happen: {called(name)} was not touched"))
    if now.there and not await copier.differences(name, then, now.users):
        saved = f"; {RESTORE} id={kept[0].id} brings back what was before" if kept else ""
        return await _up(copier, attempt, now, End("done", f"{called(name)} is as in backup {then.id}{saved}"))
    if kept and now.there and not await copier.differences(name, kept[0], now.users):
        return await _up(copier, attempt, now, End("failed", f"it did not happen: {called(name)} is as before"))
    back = f"; incidentui act {RESTORE} id={kept[0].id} brings back what was before" if kept else ""
    down = ", ".join(user.name for user in now.users if not user.runs)
    left = f"; left stopped: {down}" if down else ""
    again = f"incidentui act {RESTORE} id={then.id} volume={called(name)} finishes it"
    return End("failed", f"half done: {called(name)} is neither as before nor as the backup; {again}{back}{left}")


def _backed_up(attempt: Attempt, kept: list[Backup]) -> End:
    named = ", ".join(each.id for each in kept)
    if len(kept) == len(attempt.plan.steps):
        return End("done", f"kept whole: {named}")
    return End("failed", f"it was not finished; {f'kept whole: {named}' if kept else 'nothing of it is kept'}")


def _was_there(attempt: Attempt) -> bool:
    """Whether there was a volume when the plan was made."""
    return any(check.name == "volume" and check.want for check in attempt.plan.checked)


async def _up(copier: Copier, attempt: Attempt, now: Found, end: End) -> End:
    """Those that were stopped for it run again."""
    wanted = dict(attempt.plan.args).get("starts", "").split(",")
    down = []
    for user in now.users:
        if user.name in wanted:
            try:
                await _started(copier, attempt, user)
            except (EngineLost, EngineRefused) as error:
                down.append(f"{user.name} was not started: {error}")
    if not down:
        return end
    return End("failed" if end.outcome == "done" else end.outcome, f"{end.why}; {'; '.join(down)}")


async def _started(copier: Copier, attempt: Attempt, user: User) -> None:
    """One that the engine is still about to stop is down a moment later."""
    workload, runs = Workload(user.name, "docker", ident=user.ident), user.runs
    if runs and stopping(attempt):
        now = await over(copier.engine, workload, attempt.plan, copier.clock)
        runs = now is None or now.state in UP
    if not runs:
        await copier.engine.do("start", workload)
