"""What `compose up` of one service would do, as a plan. Pure: asks no engine, no compose and no clock."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from incidentui.core.drift import Declared, Drift
from incidentui.core.follow import unsaved
from incidentui.core.inputs import Offer, Refusal
from incidentui.core.model import Plan, PlanStep, Precondition, Repository, Workload
from incidentui.core.plan import COMMITTED
from incidentui.core.value import dataclass
from incidentui.edge.containers.blast import Blast, digest, unnamed
from incidentui.edge.containers.deeds import Wish, losing, seconds, words
from incidentui.edge.git.unsaved import BUILT
from incidentui.edge.text import clean

ACTION = "compose.up"
AS_DECLARED = "runs as it is declared"
"""Of the refusal of what compose would not touch."""
SAVE = PlanStep("save", "a checkpoint of now: commit, images, configuration files, verdicts")
_MOST = 8
_APPLIED = ("port ", "mount ", "network ", "env ")


@dataclass(frozen=True, slots=True)
class Asked:
    service: str
    wish: Wish
    build: bool = False
    pull: bool = False
    deps: bool = False
    uncommitted: str = ""
    """Why what no commit holds may run."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What was found: the tool, the files, what is declared, what is there."""

    tool: tuple[str, ...]
    version: str
    files: tuple[str, ...]
    project: str
    declared: Declared
    now: Workload | None
    """None: there is no container of it."""
    found: Mapping[str, Any]
    """Its inspection."""
    drift: Drift | None
    """What differs between the two."""
    same: bool | None
    """Whether compose finds nothing changed; None: it did not tell."""
    image: str
    """The id that the declared image stands for now; empty: it is not here."""
    blast: Blast
    volumes: frozenset[str]
    config: str
    """A hash of the resolved configuration, comparable in this process alone."""
    made_in: str = ""
    """The folder that its container was made in, where that is not the one of the compose files."""
    says: str = ""
    """The label of the declared image that says it was built from uncommitted code, with its value."""


def argv(ground: Ground, asked: Asked) -> tuple[str, ...]:
    """The same words for both composes, but for pulling. Volumes are kept: neither `-V` nor `--remove-orphans`."""
    files = (word for file in ground.files for word in ("-f", file))
    named = ("-p", ground.project) if ground.project else ()
    built = "--build" if asked.build else "--no-build"
    alone = () if asked.deps else ("--no-deps",)
    return (
        *ground.tool,
        "--ansi",
        "never",
        *files,
        *named,
        "up",
        "-d",
        *alone,
        built,
        *_pulls(ground, asked),
        asked.service,
    )


def _pulls(ground: Ground, asked: Asked) -> tuple[str, ...]:
    """Version 2 would follow a `pull_policy: always` and run what nobody has seen; version 1 knows no such policy."""
    return () if _version_1(ground) else ("--pull", "missing" if asked.pull else "never")


def _version_1(ground: Ground) -> bool:
    return ground.version.startswith("1.") or (not ground.version and ground.tool == ("docker-compose",))


def make_plan(
    ground: Ground, asked: Asked, save: bool, host: str, repository: Repository | None = None
) -> Plan | Refusal:
    if why := refused(ground, asked):
        return why
    name, wish = asked.service, asked.wish
    blast = (
        Blast(ground.blast.rows, (*ground.blast.loses, *left_behind(ground))) if recreates(ground, asked) else Blast()
    )
    look = "running" if not ground.declared.health else "healthy"
    steps = (
        *((SAVE,) if save else ()),
        PlanStep("up", does(ground, asked), (argv(ground, asked),)),
        PlanStep("look", f"until {name} is {look} and has stayed so for {seconds(wish.stay_ms)}"),
    )
    return Plan(
        action=ACTION,
        args=(("name", name), *_given(asked), ("within", f"{wish.within_ms}ms"), ("stay", f"{wish.stay_ms}ms")),
        title=f"Bring {name} up as {', '.join(ground.files)} declares it: {_verb(ground, asked)}",
        target=name,
        target_kind="service",
        steps=steps,
        checked=(*_preconditions(ground), *_committed(ground, asked, repository), *losing("recreate", blast, wish)),
        not_covered=tuple(_not_covered(ground, asked)),
        undo=_undo(ground, asked),
        within_ms=wish.within_ms,
        host=host,
        warnings=tuple(_warned(ground)),
        blast=(*_changes(ground.drift), *_image(ground), *_rows(blast), *_needed(ground, asked)),
        loses=blast.loses,
    )


def recreates(ground: Ground, asked: Asked) -> bool:
    """A build may make another image of it: nobody knows before."""
    return ground.now is not None and (ground.same is not True or _other_image(ground) or asked.build)


def _other_image(ground: Ground) -> bool:
    return bool(ground.image) and ground.image != ground.found.get("Image")


def _verb(ground: Ground, asked: Asked) -> str:
    if ground.now is None:
        return "created"
    if not recreates(ground, asked):
        return "started"
    return "created anew" if ground.same is False or _other_image(ground) else "created anew if it changed"


def does(ground: Ground, asked: Asked) -> str:
    alone = "and what it depends on" if asked.deps else "without what it depends on"
    how = "builds its image first, from the work tree as it is" if asked.build else "builds nothing"
    by = f"{' '.join(ground.tool)} {ground.version}"
    return f"{asked.service} {_verb(ground, asked)} by {by}, {alone}; {how}, keeps volumes"


def refused(ground: Ground, asked: Asked) -> Refusal | None:
    name, here = asked.service, ground.declared.image
    if trap(ground, asked):
        anew = Offer(f"Create {name} anew", "the same configuration as now", "workload.recreate", (("name", name),))
        return Refusal(
            f"docker-compose {ground.version} cannot create {name} anew on this engine: its image has no "
            "ContainerConfig there; compose would set the container aside, then fail",
            "use docker compose (version 2)",
            choices=(anew,),
        )
    if ground.now is not None and not recreates(ground, asked) and ground.now.state == "running":
        return Refusal(f"{name} {AS_DECLARED}: compose would change nothing", f"workload.restart name={name}")
    if ground.found and not ground.found.get("_image_here", True):
        why = f"the image that {name} was made from is gone: compose would ask, and could lose its unnamed volumes"
        return Refusal(why, f"workload.recreate name={name}")
    if not ground.image and not asked.build and ground.declared.built:
        return Refusal(f"the image of {name} was never built here", "build=true builds it, from the work tree as it is")
    if not ground.image and not asked.pull and not ground.declared.built:
        return Refusal(f"image {clean(here, 80)} is not here: compose would pull it", "pull=true lets it")
    return None


def trap(ground: Ground, asked: Asked) -> bool:
    """Version 1 reads a field of images that engines no longer send; it is only read of a container made anew."""
    return (
        ground.version.startswith("1.") and recreates(ground, asked) and not ground.found.get("_container_config", True)
    )


def left_behind(ground: Ground) -> Iterator[str]:
    """A volume that is mounted now and would not be any more: the program would find another, or an empty folder."""
    wanted = {mount.target: mount for mount in ground.declared.mounts}
    for mount in ground.found.get("Mounts") or ():
        if mount.get("Type") != "volume":
            continue
        inside, name = str(mount.get("Destination", "")), str(mount.get("Name", ""))
        place, then = clean(inside, 60), wanted.get(inside)
        if then is None and not unnamed(mount):
            yield f"{place}: volume {clean(name, 60)} is not declared any more, and stays behind"
        elif then is not None and then.source and then.source != name:
            kind = "" if then.source in ground.volumes or then.source.startswith("/") else ", new and empty"
            yield f"{place}: {clean(then.source, 60)}{kind} takes the place of volume {clean(name, 60)}"


def _given(asked: Asked) -> Iterator[tuple[str, str]]:
    for key, value in (("build", asked.build), ("pull", asked.pull), ("deps", asked.deps)):
        if value:
            yield key, "true"
    if asked.wish.lose:
        yield "lose", asked.wish.lose
    if asked.uncommitted:
        yield "uncommitted", asked.uncommitted


def _preconditions(ground: Ground) -> Iterator[Precondition]:
    yield Precondition("config", f"{', '.join(ground.files)} is as it was read, and allowed", ground.config)
    if ground.now is None:
        yield Precondition("container", "there is no container of it", "")
    else:
        ident = ground.now.ident
        yield Precondition("container", f"still container {ident[:12]}, {words(ground.now)}", ident)
    yield Precondition("image", f"its image is still {digest(ground.image) or 'not here'}", ground.image)


def _committed(ground: Ground, asked: Asked, repository: Repository | None) -> Iterator[Precondition]:
    """What would run for the first time, and no commit holds: nobody could build it again, nor say what is in it."""
    reason = asked.uncommitted
    note = f"goes all the same: {reason}" if reason else 'uncommitted="why" goes on all the same'
    for what in unsaved(repository) if asked.build and repository is not None else ():
        yield Precondition(COMMITTED, BUILT + what, what, bool(reason), note)
    if not asked.build and ground.says and (ground.now is None or _other_image(ground)):
        text = f"image {clean(ground.declared.image, 80)} was built from uncommitted code: {clean(ground.says, 120)}"
        yield Precondition(COMMITTED, text, ground.says, bool(reason), note)


def _changes(drift: Drift | None) -> Iterator[tuple[str, str]]:
    """What differs from what is declared: that is what it would apply."""
    rows = [row for row in (drift.rows if drift else ()) if row.level != "ok" and row.what.startswith(_APPLIED)]
    for row in rows[:_MOST]:
        place = f" ({row.place})" if row.place else ""
        yield row.what, f"{row.running or 'none'} → {row.declared}{place}"


def _image(ground: Ground) -> Iterator[tuple[str, str]]:
    if ground.now is not None and _other_image(ground):
        yield "image", f"{digest(str(ground.found.get('Image', '')))} → {digest(ground.image)}"


def _rows(blast: Blast) -> Iterator[tuple[str, str]]:
    yield from (row for row in blast.rows if row[0] != "image")


def _needed(ground: Ground, asked: Asked) -> Iterator[tuple[str, str]]:
    for service, _ in ground.declared.depends_on if asked.deps else ():
        yield f"service {clean(service, 60)}", "started, or created anew where its declaration changed: not looked at"


def _warned(ground: Ground) -> Iterator[str]:
    if ground.made_in:
        said = f"container {ground.now.name if ground.now else ''} was made in {clean(ground.made_in, 120)}"
        yield f"{said}, by another project of the name {ground.project}: this one would take it over"


def _not_covered(ground: Ground, asked: Asked) -> Iterator[tuple[str, str]]:
    yield "env files", "and what a build reads are not allowed by hash: only the compose files are"
    if not asked.deps and ground.declared.depends_on:
        needs: Sequence[str] = [service for service, _ in ground.declared.depends_on]
        yield "depends on", f"{', '.join(needs)}: left as {'it is' if len(needs) == 1 else 'they are'} (deps=true)"
    if ground.now is not None and ground.same is None:
        yield "what changed", "compose did not tell whether it would create it anew"
    yield "data, volumes", "are not touched: what is wrong in them stays wrong"


def _undo(ground: Ground, asked: Asked) -> str:
    if ground.now is None:
        return "Stop it again: what it wrote into volumes stays."
    if not recreates(ground, asked):
        return "Stop it again."
    when = (
        "compose removes it once the new one runs. While compose fails before that, the old one is brought back."
        if _version_1(ground)
        else "compose removes it before the new one is started, and does not bring it back when that fails."
    )
    like = "With the file as it was, compose.up makes its like; volumes go on."
    return f"There is no way back to the old container: {when} {like}"
