"""`incidentui.toml` as frozen values, and what is wrong with it. Reads no file and loads no library.

Every time is in milliseconds; every path but `dir` is as written, relative to `dir`.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from incidentui.config.checks import CheckConfig, RevisionSpec
from incidentui.core.known_errors import Library, Search, Signature
from incidentui.core.model import CheckSpec, Ms, ProjectSpec, ServiceSpec
from incidentui.core.value import dataclass

RUNBOOK_FOLDERS = (".incidentui/runbooks", "runbooks", "docs/runbooks")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do. An error leaves its table out; a warning does not."""

    file: str
    line: int | None
    key: str
    text: str
    hint: str = ""
    column: int | None = None
    level: Literal["error", "warning"] = "error"

    def words(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        what = f"{self.key}: {self.text}" if self.key else self.text
        return f"{place}: {what}" + (f" · {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class DockerConfig:
    compose_project: str | None = None
    compose_files: tuple[str, ...] = ()
    """Empty: those that the containers were made from, else the usual names."""
    context: str | None = None
    """Of the docker command: whose engine is meant where nothing of the shell names one."""


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    name: str
    workloads: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    revision: RevisionSpec | None = None
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RehearseConfig:
    """What a rehearsed tree must get through before a branch moves."""

    commands: tuple[tuple[str, ...], ...] = ()
    timeout_ms: Ms = 600_000
    """Of each command."""
    refused: str = ""
    """Why configured commands are not run."""


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    dir: Path
    name: str
    environment: str = ""
    branch: str | None = None
    """None: the branch of HEAD, as git says."""
    remote: str | None = None
    """None: "origin" if there is one."""
    supervisor: Path | None = None
    """Absolute path of the control socket."""
    docker: DockerConfig | None = None
    """None: the project has no containers to watch."""
    services: tuple[ServiceConfig, ...] = ()
    checks: tuple[CheckConfig, ...] = ()
    deploy_within_ms: Ms = 60_000
    good_after_ms: Ms = 60_000
    size_limit: int = 100
    deploy_by_paths: bool = False
    ci_command: tuple[str, ...] | None = None
    """What tells how the pipeline of a commit ended, instead of gh or glab."""
    deploy_command: tuple[str, ...] | None = None
    """What starts a deploy of what the branch says."""
    bisect_command: tuple[str, ...] | None = None
    checkpoint_files: tuple[str, ...] = ()
    """Beside the compose files; paths and patterns inside the project."""
    green_after_ms: Ms | None = None
    """How long all must be good before a checkpoint is taken by itself; None: never."""
    green_every_ms: Ms = 3_600_000
    green_kept: int = 10
    recovery: tuple[str, ...] = ()
    """The checklist after recovery."""
    runbooks: tuple[str, ...] = RUNBOOK_FOLDERS
    rehearse: RehearseConfig = field(default_factory=RehearseConfig)
    keys: Mapping[str, str] = field(default_factory=dict)
    """Command name -> key."""
    known_errors: tuple[Signature, ...] = ()
    """The project's own (config/known_errors.py)."""

    @property
    def revisions(self) -> tuple[RevisionSpec, ...]:
        return tuple(s.revision for s in self.services if s.revision is not None)

    def library(self, searching: Callable[[], Search] | None = None) -> Library:
        """All errors that are known here, the project's own before those of the program. `searching`: see Library."""
        from incidentui.config.known_errors import shipped

        own = {known.name for known in self.known_errors}
        return Library((*self.known_errors, *(known for known in shipped() if known.name not in own)), searching)

    def spec(self) -> ProjectSpec:
        """What judgements need, as the journal records it: without secrets."""
        return ProjectSpec(
            name=self.name,
            environment=self.environment,
            branch=self.branch,
            remote=self.remote,
            services=tuple(
                ServiceSpec(s.name, s.workloads, s.paths, s.depends_on, s.revision is not None, s.layers)
                for s in self.services
            ),
            checks=tuple(_check_spec(check) for check in self.checks),
            size_limit=self.size_limit,
            deploy_within_ms=self.deploy_within_ms,
            good_after_ms=self.good_after_ms,
            deploy_by_paths=self.deploy_by_paths,
            green_after_ms=self.green_after_ms,
            green_every_ms=self.green_every_ms,
            recovery=self.recovery,
        )

    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(where, argv) of everything in the file that would run a program: what `trust` is asked for."""
        found = [(f"services.{r.service}.revision", r.command) for r in self.revisions if r.command]
        if self.ci_command:
            found.append(("deploy.ci", self.ci_command))
        if self.deploy_command:
            found.append(("deploy.start", self.deploy_command))
        if self.bisect_command:
            found.append(("bisect.command", self.bisect_command))
        found += [(f"rehearse.commands[{n}]", argv) for n, argv in enumerate(self.rehearse.commands)]
        for check in self.checks:
            found += [(f"checks.{check.name}.{key}", argv) for key, argv in check.commands()]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The first, light look: TOML was read, nothing was validated. `spec` is enough for a first frame."""

    dir: Path
    file: Path | None
    """None: there is no incidentui.toml."""
    content: bytes
    text: str
    data: Mapping[str, object]
    spec: ProjectSpec
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    config: ProjectConfig
    problems: tuple[Problem, ...] = ()
    file: Path | None = None
    content: bytes = b""
    """The file as it was read: what trust is about."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.level == "error")


def _check_spec(check: CheckConfig) -> CheckSpec:
    return CheckSpec(
        name=check.name,
        service=check.service,
        layer=check.layer,
        target=check.target,
        every_ms=check.every_ms,
        fail_after=check.fail_after,
        recover_after=check.recover_after,
        slow_ms=check.slow_ms,
        crosses=check.crosses,
        kind=check.kind,
        workload=getattr(check, "workload", ""),
        function=check.function,
    )
