"""The composition root: builds the real edges of a project from its configuration.

Imported by the commands that look at the world or act on it; everything heavy is imported inside the functions,
because a screen calls `build` only after its first frame.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from incidentui.config.load import validate
from incidentui.config.model import Loaded, Parsed, ProjectConfig
from incidentui.core.inputs import Refusal
from incidentui.core.value import dataclass
from incidentui.session.live import World
from incidentui.session.ports import Clock, DiffLine, Executor, LogLine, Source

if TYPE_CHECKING:
    from incidentui.edge.containers.engine import Engine
    from incidentui.edge.containers.logs import WorkloadLogs
    from incidentui.edge.git.executor import GitExecutor


@dataclass(frozen=True, slots=True)
class Pages:
    """What pages ask for: git's diffs and the engines' logs."""

    git: "GitExecutor"
    engines: "WorkloadLogs | None"

    async def diff(self, sha: str) -> Sequence[DiffLine] | Refusal:
        return await self.git.diff(sha)

    async def logs(self, workload: str, lines: int = 200) -> Sequence[LogLine] | Refusal:
        if self.engines is None:
            return Refusal("no engine is configured", 'name one in incidentui.toml: supervisor = "run/supervisor.sock"')
        return await self.engines.logs(workload, lines)


def build(parsed: Parsed, clock: Clock) -> World:
    """The whole world of a project; what is wrong in its file is left out and listed."""
    from incidentui.edge.containers.executor import WorkloadExecutor
    from incidentui.edge.containers.logs import WorkloadLogs
    from incidentui.edge.git.clone import GitClone
    from incidentui.edge.git.executor import GitExecutor
    from incidentui.edge.git.source import GitSource
    from incidentui.edge.runbooks import read_runbooks
    from incidentui.edge.shell import ShellExecutor

    loaded = validate(parsed)
    config = loaded.config
    git = GitExecutor(config.dir, config.branch, config.remote, clock, config.rehearse)
    executors: list[Executor] = [git]
    sources: list[Source] = [GitSource(config.dir, config.branch, config.remote, clock)]
    engines, watching = _engines(config, clock)
    sources += watching
    if engines:
        executors.append(WorkloadExecutor(*engines, clock=clock))
    executors.append(ShellExecutor(config.dir, lambda: read_runbooks(config.dir, config.runbooks).runbooks, clock))
    sources += _checks(loaded, clock)
    pages = Pages(git, WorkloadLogs(*engines) if engines else None)
    problems = tuple(p.words() for p in loaded.problems)
    return World(config.spec(), sources, executors, pages, GitClone(config.dir), problems)


def _engines(config: ProjectConfig, clock: Clock) -> "tuple[list[Engine], list[Source]]":
    """Supervisor where its socket is named; Docker where the project asks for it."""
    engines: list[Engine] = []
    sources: list[Source] = []
    if config.supervisor is not None:
        from incidentui.edge.containers.supervisor import SupervisorSource

        supervisor = SupervisorSource(str(config.supervisor), clock)
        engines.append(supervisor.engine)
        sources.append(supervisor)
    if config.docker is not None:
        from incidentui.edge.containers.docker import DockerSource

        docker = DockerSource(config.docker.compose_project, clock)
        engines.append(docker.engine)
        sources.append(docker)
    return engines, sources


def _checks(loaded: Loaded, clock: Clock) -> list[Source]:
    from incidentui.config.trust import allowed
    from incidentui.edge.checks.revision import RevisionSource
    from incidentui.edge.checks.source import ChecksSource
    from incidentui.edge.git.place import sha_of

    config = loaded.config

    async def _full(abbreviated: str) -> str | None:
        return await sha_of(config.dir, abbreviated)

    sources: list[Source] = []
    if config.checks:
        sources.append(ChecksSource(config.checks, clock))
    if config.revisions:
        sources.append(RevisionSource(config.revisions, config.dir, clock, resolve=_full, trusted=allowed(loaded)))
    return sources
