"""What a backup and a restore of a volume would do, as plans. Pure: asks no engine, no disk and no clock."""

from collections.abc import Iterator, Mapping, Sequence

from incidentui.core.backup import Backup
from incidentui.core.format import count, duration, storage
from incidentui.core.inputs import Offer, Refusal
from incidentui.core.model import Ms, Plan, PlanStep, Precondition
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.text import clean

BACKUP, RESTORE = "volume.backup", "volume.restore"
LONG_MS: Ms = 6 * 3_600_000
"""A copy may take so long; it can be stopped at any moment."""
_EACH_SECOND = 50_000_000
"""Bytes that are copied, read back and compared, roughly, by a machine that has something else to do, too."""
_LONG_NAME = 40
UNDATED = "?"
"""In the place of when a volume was made, where its engine does not tell."""
_SOCKETS = ("sockets", "no engine archives them: programs make them anew")
_ATTRIBUTES = ("attributes", "extended ones beside file capabilities, and ACLs, are in no archive of an engine")


@dataclass(frozen=True, slots=True)
class User:
    """A container that has the volume."""

    name: str
    """As its workload is called."""
    ident: str
    inside: str
    """Where it has it."""
    runs: bool
    writes: bool
    image: str = ""
    passing: bool = False
    """Started with --rm: a stop takes it away."""


@dataclass(frozen=True, slots=True)
class Found:
    """A volume as its engine has it now."""

    name: str
    created: str = ""
    """Empty: there is none of that name."""
    driver: str = ""
    users: tuple[User, ...] = ()
    size: int | None = None
    """None: the engine did not tell in time."""
    in_memory: bool = False
    """Emptied by its engine when nobody has it any more."""

    @property
    def there(self) -> bool:
        return bool(self.created)


def called(volume: str) -> str:
    """For people, and as the word to type: nobody types the 64 digits of an unnamed one."""
    return clean(volume if len(volume) <= _LONG_NAME else volume[:12], 60)


def backup_plan(found: Sequence[Found], given: Mapping[str, str], room: int, folder: str, host: str) -> Plan | Refusal:
    known = [each.size for each in found if each.size is not None]
    if sum(known) > room:
        hint = f"{storage(room)} are free beside what the journal needs; make room, or set INCIDENTUI_HOME"
        return Refusal(f"{storage(sum(known))} do not fit in {folder}", hint)
    names = ", ".join(called(each.name) for each in found)
    return Plan(
        action=BACKUP,
        args=tuple(given.items()),
        title=f"Back up {count(len(found), 'volume')}: {names}",
        target=called(found[0].name),
        target_kind="volume",
        changes=False,
        steps=tuple(_copy(each, folder) for each in found),
        checked=(_room(sum(known), room, all(each.size is not None for each in found)),),
        not_covered=(*_moving(found), _SOCKETS, _ATTRIBUTES),
        within_ms=LONG_MS,
        host=host,
    )


def _copy(it: Found, folder: str) -> PlanStep:
    size = "the engine does not say how large"
    if it.size is not None:
        size = f"{storage(it.size)}, about {_lasts(it.size)}"
    text = f"{called(it.name)} ({size}) to {folder}; then read it back and compare"
    return PlanStep("copy", text, (("GET", "/containers/HELPER/archive", "of volume", it.name),))


def _lasts(size: int) -> str:
    return duration(max(1000, size * 1000 // _EACH_SECOND))


def _room(needed: int, room: int, certain: bool) -> Precondition:
    note = (
        f"{storage(needed)} needed" if certain else "how much is needed is not known; it stops before the disk is full"
    )
    return Precondition("room", f"{storage(room)} free for it", str(room), note=note)


def _moving(found: Sequence[Found]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(user.name for each in found for user in each.users if user.runs and user.writes):
        yield name, "runs and may write meanwhile: files may be of different moments (stop it first for one moment)"


# -- restore


def restore_plan(
    then: Backup, now: Found, room: int, times: tuple[Ms, Ms], age: Ms, state: State, host: str, keep: bool = False
) -> Plan | Refusal:
    if (gone := next((user for user in now.users if user.runs and user.passing), None)) is not None:
        return Refusal(
            f"{gone.name} has it and was started with --rm: stopping it takes the container away",
            "stop it yourself, then restore",
        )
    if now.in_memory and any(user.runs for user in now.users):
        why = "it lies in memory, and is emptied when who has it is stopped"
        return Refusal(f"{called(now.name)} cannot be restored: {why}", "copy the files in: workload.copy-in")
    name, within_ms, stay_ms = called(now.name), *times
    runs = [user for user in now.users if user.runs]
    starts = (("starts", ",".join(user.name for user in runs)),) if runs else ()
    of = "" if then.volume == now.name else f" of {called(then.volume)}"
    return Plan(
        action=RESTORE,
        args=(
            ("id", then.id),
            ("volume", now.name),
            ("within", f"{within_ms}ms"),
            ("stay", f"{stay_ms}ms"),
            *starts,
        ),
        title=f"Restore {name} from backup {then.id}{of}, {duration(age)} old",
        target=name,
        target_kind="volume",
        steps=(*((_KEEP,) if keep else ()), *_steps(then, now, runs, stay_ms)),
        checked=(
            *_preconditions(then, now),
            *((_room(now.size or 0, room, now.size is not None),) if now.there else ()),
        ),
        not_covered=(*_torn(then), _SOCKETS, _ATTRIBUTES),
        undo=_undo(now),
        within_ms=within_ms,
        host=host,
        blast=tuple(_blast(now, state)),
    )


_KEEP = PlanStep("keep", "a checkpoint of now: commit, images, configuration files, verdicts")


def _steps(then: Backup, now: Found, runs: Sequence[User], stay_ms: Ms) -> Iterator[PlanStep]:
    name, holds = called(now.name), f"{count(then.files, 'file')}, {storage(then.size)}"
    yield PlanStep("check", f"the backup's own checksums ({holds}), before anything is stopped")
    for user in runs:
        yield PlanStep("stop", f"{user.name}, which has it at {user.inside}", (("docker", "stop", user.ident),))
    if now.there:
        yield PlanStep("save", f"a backup of what is in {name} now")
        yield PlanStep("empty", f"{name}: all that is in it goes, the volume itself stays")
    else:
        yield PlanStep("create", f"{name}, with the driver, options and labels it had")
    yield PlanStep("write", f"{holds}, with owners, modes and links", (("PUT", "/containers/HELPER/archive?path=/"),))
    yield PlanStep(
        "compare", "every name with the backup: content, owner, mode, links; else what was before is put back"
    )
    for user in runs:
        yield PlanStep("start", user.name, (("docker", "start", user.ident),))
    if runs:
        names = ", ".join(user.name for user in runs)
        yield PlanStep("look", f"until {names} is up, healthy where it can tell, and stays so for {duration(stay_ms)}")


def _preconditions(then: Backup, now: Found) -> Iterator[Precondition]:
    yield Precondition("backup", f"backup {then.id} is the one shown", then.archive_sha256)
    yield Precondition("volume", _made(now), now.created)
    names = ", ".join(user.name for user in now.users) or "nobody"
    yield Precondition("users", f"{names} has it, as now", users_key(now.users))


def _made(it: Found) -> str:
    if not it.there:
        return f"no volume {called(it.name)}"
    if it.created == UNDATED:
        return f"there still is a volume {called(it.name)}; when it was made, its engine does not tell"
    return f"{called(it.name)} is still the volume made {it.created}"


def users_key(users: Sequence[User]) -> str:
    return " ".join(sorted(f"{user.ident}:{'up' if user.runs else 'down'}" for user in users))


def _torn(then: Backup) -> Iterator[tuple[str, str]]:
    if then.changed_count:
        files = count(then.changed_count, "file")
        yield "one moment", f"{files} changed while the backup was taken: a database may have to recover"
    elif then.running:
        yield "one moment", f"{', '.join(then.running)} ran while it was taken; nothing was seen to change"


def _blast(now: Found, state: State) -> Iterator[tuple[str, str]]:
    for user in now.users:
        what = "is stopped meanwhile, then started" if user.runs else "does not run: is left so"
        yield user.name, f"has it at {user.inside}: {what}"
    down = {user.name for user in now.users if user.runs}
    for service in state.project.services:
        if down & {service.name, *service.workloads}:
            yield service.name, "service: is down meanwhile"


def _undo(now: Found) -> str:
    if not now.there:
        return "There is no such volume now: nothing of before could come back."
    return "The backup that is taken first brings back what is now (volume.restore)."


def offers(backups: Sequence[Backup], now: Ms, into: Mapping[str, str]) -> tuple[Offer, ...]:
    """`into`: by the volume of a backup, the other one that it would be restored into."""
    return tuple(
        Offer(
            f"{called(each.volume)} as of {each.id}",
            f"{duration(now - each.at)} old, {count(each.files, 'file')}, {storage(each.size)}, {each.why}",
            RESTORE,
            (("id", each.id), *((("volume", into[each.volume]),) if each.volume in into else ())),
        )
        for each in backups[:9]
    )
