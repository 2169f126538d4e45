"""The composition root: builds the real edges of a project from its configuration.

Imported by the commands that look at the world or act on it; everything heavy is imported inside the functions,
because a screen calls `build` only after its first frame.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from incidentui.config.load import validate
from incidentui.config.model import Loaded, Parsed, ProjectConfig
from incidentui.core.drift import Drift
from incidentui.core.inputs import FixesLooked, LookAtFixes, Refusal
from incidentui.core.model import Ms
from incidentui.core.using import Using
from incidentui.core.value import dataclass
from incidentui.session.parts import World
from incidentui.session.ports import Clock, DiffLine, Executor, Kept, LogFeed, LogLine, Source

if TYPE_CHECKING:
    from incidentui.core.known_errors import Library
    from incidentui.core.numbers import Past
    from incidentui.edge.checkpoints.taking import Keeper
    from incidentui.edge.containers.drift import DriftSource
    from incidentui.edge.containers.engine import Engine
    from incidentui.edge.containers.logs import WorkloadLogs
    from incidentui.edge.git.executor import GitExecutor
    from incidentui.edge.terminal import Terminal
    from incidentui.runbook.model import Runbook


@dataclass(frozen=True, slots=True)
class Pages:
    """What pages ask for: git's diffs and the engines' logs."""

    git: "GitExecutor"
    engines: "WorkloadLogs | None"
    kept: "Callable[[str], Awaitable[Sequence[Kept] | Refusal]]"
    """The volumes of a workload, with their backups."""
    used: "Callable[[str], Awaitable[Using | Refusal]]"
    """What a workload takes now."""
    drift: "DriftSource | None" = None

    async def diff(self, sha: str) -> Sequence[DiffLine] | Refusal:
        return await self.git.diff(sha)

    async def logs(self, workload: str, lines: int = 200) -> Sequence[LogLine] | Refusal:
        if self.engines is None:
            return Refusal("no engine is configured", 'name one in incidentui.toml: supervisor = "run/supervisor.sock"')
        return await self.engines.logs(workload, lines)

    async def volumes(self, workload: str) -> Sequence[Kept] | Refusal:
        return await self.kept(workload)

    async def using(self, workload: str) -> Using | Refusal:
        return await self.used(workload)

    async def follow_logs(self, since: Mapping[str, Ms | None]) -> LogFeed | Refusal:
        if self.engines is None:
            return Refusal("no engine is configured", 'name one in incidentui.toml: supervisor = "run/supervisor.sock"')
        return await self.engines.follow(since)

    async def drift_then(self) -> Sequence[Drift] | Refusal:
        if self.drift is None:
            return Refusal("no container engine is configured", "name one in incidentui.toml: [project] docker")
        return await self.drift.beside_checkpoint()


@dataclass(frozen=True, slots=True)
class MarkerLook:
    """Looks for the markers of fixes in the trees of a clone."""

    top: Path

    async def look(self, asked: LookAtFixes) -> FixesLooked:
        from incidentui.edge.git.fixes import look

        return await look(self.top, asked)


def build(
    parsed: Parsed,
    clock: Clock,
    *,
    me: str = "",
    once: bool = False,
    typed: bool = False,
    against: str = "",
    terminal: "Terminal | None" = None,
) -> World:
    """The whole world of a project; what is wrong in its file is left out and listed.

    `once`: for one look alone, which has no time to wait and see. `typed`: a person types the arguments of actions.
    `against`: the checkpoint that what runs is compared with, whatever compose files declare.
    `terminal`: what a step that needs one is lent.
    """
    from incidentui.config.paths import backups
    from incidentui.edge.checkpoints.contents import Contents
    from incidentui.edge.checkpoints.executor import CheckpointExecutor
    from incidentui.edge.checkpoints.green import OnGreen
    from incidentui.edge.ci import CiExecutor
    from incidentui.edge.containers.drift import DriftSource
    from incidentui.edge.containers.logs import WorkloadLogs
    from incidentui.edge.containers.rehearsal import RehearsalExecutor
    from incidentui.edge.containers.several import SeveralExecutor
    from incidentui.edge.containers.several_by_compose import SeveralByCompose
    from incidentui.edge.containers.using import using_of
    from incidentui.edge.deploy import DeployExecutor
    from incidentui.edge.git.bisecting import BisectExecutor
    from incidentui.edge.git.clone import GitClone
    from incidentui.edge.git.executor import GitExecutor
    from incidentui.edge.git.fix_marks import FixExecutor
    from incidentui.edge.git.source import GitSource
    from incidentui.edge.inside.executor import InsideExecutor
    from incidentui.edge.recognised import Recognising
    from incidentui.edge.runbooks import read_runbooks
    from incidentui.edge.shell import ShellExecutor
    from incidentui.edge.volumes.executor import VolumeExecutor
    from incidentui.edge.volumes.listing import volumes_of
    from incidentui.edge.volumes.store import Store as Backups

    loaded = validate(parsed)
    config = loaded.config
    git = GitExecutor(config.dir, config.branch, config.remote, clock, config.rehearse)
    executors: list[Executor] = [
        git,
        FixExecutor(config.dir, me, clock),
        BisectExecutor(config.dir, config.bisect_command, clock, typed=typed),
        CiExecutor(config.dir, config.remote, config.ci_command, clock),
        DeployExecutor(config.dir, config.branch, config.remote, clock),
    ]
    sources: list[Source] = [GitSource(config.dir, config.branch, config.remote, clock)]
    engines, watching = engines_of(config, clock, against)
    sources += watching
    keeper = keeper_of(config, engines, clock, me)
    kept = Backups(backups(config.dir))
    executors += [
        CheckpointExecutor(keeper, clock, Contents(keeper, kept, me)),
        VolumeExecutor(engines, kept, clock, me, keeper),
        InsideExecutor(config.dir, engines, kept, clock, me),
    ]
    drift = next((source for source in sources if isinstance(source, DriftSource)), None)
    if engines:
        executors.append(SeveralExecutor(*engines, clock=clock, keeper=keeper, drift=drift.look if drift else None))
        executors.append(RehearsalExecutor(*engines, clock=clock, keeper=keeper))
    if config.docker is not None:
        named, files = config.docker.compose_project, config.docker.compose_files
        executors.append(SeveralByCompose(config.dir, engines, named, files, clock, keeper))

    def shelf() -> "Sequence[Runbook]":
        return read_runbooks(config.dir, config.runbooks).runbooks

    executors.append(ShellExecutor(config.dir, shelf, clock, terminal))
    sources += _checks(loaded, clock, engines)
    sources += _revisions(loaded, clock, engines, once)
    logs = WorkloadLogs(*engines, library=library_of(config)) if engines else None
    pages = Pages(
        git,
        logs,
        lambda workload: volumes_of(engines, kept, workload),
        lambda workload: using_of(engines, workload),
        drift,
    )
    problems = tuple(p.words() for p in loaded.problems)
    clone = GitClone(config.dir)
    return World(
        config.spec(),
        sources,
        [Recognising(each, library_of(config)) for each in executors],
        pages,
        MarkerLook(config.dir),
        clone,
        problems,
        OnGreen(keeper),
    )


def keeper_of(config: ProjectConfig, engines: "Sequence[Engine]", clock: Clock, me: str) -> "Keeper":
    from incidentui.config.paths import checkpoints
    from incidentui.edge.checkpoints.store import Store
    from incidentui.edge.checkpoints.taking import Keeper

    return Keeper(
        config.dir, Store(checkpoints(config.dir), config.green_kept), engines, clock, me, config.checkpoint_files
    )


def engines_of(config: ProjectConfig, clock: Clock, against: str = "") -> "tuple[list[Engine], list[Source]]":
    """Supervisor where its socket is named; Docker where the project asks for it."""
    from incidentui.config.paths import checkpoints
    from incidentui.edge.checkpoints.files_source import FilesSource
    from incidentui.edge.checkpoints.reference import Reference
    from incidentui.edge.checkpoints.store import Store

    then = Reference(config.dir, Store(checkpoints(config.dir)), against)
    engines: list[Engine] = []
    sources: list[Source] = []
    if config.supervisor is not None:
        from incidentui.edge.containers.supervisor import SupervisorSource

        supervisor = SupervisorSource(str(config.supervisor), clock, library=library_of(config))
        engines.append(supervisor.engine)
        sources.append(supervisor)
    if config.docker is not None:
        from incidentui.edge.containers.docker import DockerEngine
        from incidentui.edge.containers.docker_source import DockerSource
        from incidentui.edge.containers.drift import DriftSource

        named, context = config.docker.compose_project, config.docker.context
        docker = DockerSource(named, clock, library=library_of(config), context=context)
        engines.append(docker.engine)
        checked = {check.service for check in config.checks}
        watched = {name for s in config.services if s.name in checked for name in (s.name, *s.workloads)}
        files = config.docker.compose_files
        own = DockerEngine(named, context=context)
        sources += [docker, DriftSource(config.dir, docker.engine, own, files, frozenset(watched), then)]
    else:
        sources.append(FilesSource(then))
    return engines, sources


def library_of(config: ProjectConfig) -> "Library":
    """The errors that are known here; patterns of the project's own end in time."""
    from incidentui.edge.matching import searching

    return config.library(searching)


def _checks(loaded: Loaded, clock: Clock, engines: "Sequence[Engine]") -> list[Source]:
    from incidentui.edge.checks.source import ChecksSource

    config = loaded.config
    if not config.checks:
        return []
    return [ChecksSource(config.checks, clock, config.dir, engines, before(config), library_of(config))]


def before(config: ProjectConfig) -> "Callable[[str], Sequence[Past]]":
    """What the record knows of the numbers that a check saw."""
    from incidentui.config.paths import journal_path
    from incidentui.edge.store.past import NumbersOfBefore

    return NumbersOfBefore(journal_path(config.dir))


def _revisions(loaded: Loaded, clock: Clock, engines: "Sequence[Engine]", once: bool) -> list[Source]:
    from incidentui.config.trust import allowed
    from incidentui.edge.checks.revision import PATIENCE_MS, RevisionSource
    from incidentui.edge.git.place import known_here

    config = loaded.config
    if not config.revisions:
        return []
    trusted = allowed(loaded)
    patience = 0 if once else PATIENCE_MS
    label = _labels(config, engines)

    async def _full(said: str) -> str | None:
        return await known_here(config.dir, said)

    return [
        RevisionSource(
            config.revisions, config.dir, clock, resolve=_full, label=label, trusted=trusted, patience_ms=patience
        )
    ]


def _labels(config: ProjectConfig, engines: "Sequence[Engine]") -> "Callable[[str, str], Awaitable[str | None]]":
    """Reads a label of the images that a service's workloads run, where Docker is watched."""
    from incidentui.edge.containers.docker import DockerEngine

    docker = next((engine for engine in engines if isinstance(engine, DockerEngine)), None)
    workloads = {s.name: s.workloads or (s.name,) for s in config.services}

    async def _label(service: str, label: str) -> str | None:
        from incidentui.edge.checks.revision import NotKnownError
        from incidentui.edge.containers.engine import EngineLost, EngineRefused

        if docker is None:
            raise NotKnownError("no Docker engine is watched: [project] docker is missing")
        try:
            found = await docker.labelled(workloads.get(service, ()), label)
        except (EngineLost, EngineRefused) as lost:
            raise NotKnownError(str(lost)) from None
        if len(set(found.values())) > 1:
            several = ", ".join(f"{name} {value[:12]}" for name, value in sorted(found.items()))
            raise NotKnownError(f"its workloads run different revisions: {several}")
        return next(iter(found.values()), None)

    return _label
