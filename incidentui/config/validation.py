"""From parsed TOML to `ProjectConfig`: all problems of a file at once, the sound part of it in use.

A check with an error is left out whole (half a check could be green falsely); of a service only the wrong keys are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from incidentui.config.checks import CheckConfig, RevisionSpec
from incidentui.config.lines import key_lines, line_of
from incidentui.config.mistakes import told
from incidentui.config.model import (
    RUNBOOK_FOLDERS,
    DockerConfig,
    Parsed,
    Problem,
    ProjectConfig,
    RehearseConfig,
    ServiceConfig,
)
from incidentui.config.paths import CONFIG, folder_name
from incidentui.config.schema import (
    BisectTable,
    CheckpointTable,
    DeployTable,
    DockerTable,
    ProjectTable,
    RecoveryTable,
    RehearseTable,
    ServiceTable,
    near,
    unfit,
)
from incidentui.config.tables import KINDS
from incidentui.config.tables.common import CheckTable

_TABLES = ["project", "deploy", "bisect", "services", "checks", "rehearse", "checkpoint", "recovery", "keys"]
_Path = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)


def validated(parsed: Parsed) -> tuple[ProjectConfig, tuple[Problem, ...]]:
    reader = _Reader(parsed)
    config = reader.config()
    return config, tuple(sorted(reader.problems, key=lambda p: p.line or 0))


class _Reader:
    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.lines = key_lines(parsed.text)
        self.problems: list[Problem] = []

    def config(self) -> ProjectConfig:
        for key in self.parsed.data:
            if key not in _TABLES:
                self.wrong((key,), "unknown table", near(key, _TABLES) or "known: " + ", ".join(_TABLES))
        project = self._project()
        deploy = self._deploy()
        bisect = self._sound(BisectTable, self.parsed.data.get("bisect", {}), ("bisect",)) or BisectTable()
        services = self._services()
        checks = self._checks({s.name: s.layers for s in services})
        home, kept = self.parsed.dir, self._checkpoint()
        return ProjectConfig(
            dir=home,
            name=project.name or folder_name(home) or "project",
            environment=project.environment,
            branch=project.branch,
            remote=project.remote,
            supervisor=home / project.supervisor.removeprefix("unix://") if project.supervisor else None,
            docker=_docker(project.docker),
            services=services,
            checks=checks,
            deploy_within_ms=project.deploy_within,
            good_after_ms=project.good_after,
            size_limit=project.size_limit,
            deploy_by_paths=deploy.by_paths,
            ci_command=deploy.ci.command if deploy.ci else None,
            deploy_command=deploy.start.command if deploy.start else None,
            bisect_command=bisect.command,
            runbooks=self._folders(project.runbooks),
            rehearse=self._rehearse(),
            keys=self._keys(),
            checkpoint_files=tuple(kept.files),
            green_after_ms=kept.on_green,
            green_every_ms=kept.at_most,
            green_kept=kept.keep,
            recovery=self._recovery(),
        )

    def wrong(self, path: _Path, text: str, hint: str = "") -> None:
        self.problems.append(Problem(CONFIG, line_of(self.lines, path), dotted(path), text, hint))

    def warn(self, path: _Path, text: str, hint: str = "") -> None:
        self.problems.append(Problem(CONFIG, line_of(self.lines, path), dotted(path), text, hint, level="warning"))

    # -- the tables

    def _project(self) -> ProjectTable:
        table = self.parsed.data.get("project", {})
        return self._sound(ProjectTable, table, ("project",)) or ProjectTable()

    def _deploy(self) -> DeployTable:
        return self._sound(DeployTable, self.parsed.data.get("deploy", {}), ("deploy",)) or DeployTable()

    def _checkpoint(self) -> CheckpointTable:
        table = self.parsed.data.get("checkpoint", {})
        read = self._sound(CheckpointTable, table, ("checkpoint",)) or CheckpointTable()
        for n, path in enumerate(read.files):
            text, hint = unfit(path)
            if text:
                self.wrong(("checkpoint", "files", n), text, hint)
                return CheckpointTable()
        if read.on_green is not None and not self.parsed.data.get("checks"):
            self.warn(("checkpoint", "on_green"), "nothing is ever green without a check", "add [[checks]]")
        return read

    def _recovery(self) -> tuple[str, ...]:
        read = self._sound(RecoveryTable, self.parsed.data.get("recovery", {}), ("recovery",)) or RecoveryTable()
        for n, line in enumerate(read.checklist):
            if line in read.checklist[:n]:
                self.warn(("recovery", "checklist", n), f"“{line}” stands twice", "one tick is enough for both")
        return tuple(dict.fromkeys(read.checklist))

    def _rehearse(self) -> RehearseConfig:
        read = self._sound(RehearseTable, self.parsed.data.get("rehearse", {}), ("rehearse",)) or RehearseTable()
        return RehearseConfig(read.commands, read.timeout)

    def _services(self) -> tuple[ServiceConfig, ...]:
        found: list[tuple[int, ServiceConfig]] = []
        for n, table in self._list("services"):
            path: _Path = ("services", n)
            read = self._sound(ServiceTable, table, path)
            if read is not None and not self._is_double(path, read.name, [s.name for _, s in found]):
                found.append((n, _service(read)))
        return self._wired(found)

    def _checks(self, services: Mapping[str, tuple[str, ...]]) -> tuple[CheckConfig, ...]:
        """`services`: their layers by name."""
        found: list[CheckConfig] = []
        for n, table in self._list("checks"):
            path: _Path = ("checks", n)
            kind = self._kind(table, path)
            read = self._whole(kind, table, path) if kind else None
            if read is None or self._is_double(path, read.name, [c.name for c in found]):
                continue
            if read.service not in services:
                hint = near(read.service, list(services)) or f'add [[services]] with name = "{read.service}"'
                self.wrong((*path, "service"), f"no service is called {read.service}", hint)
                continue
            if read.function and read.layer == "inner":
                hint = "name it at a check that goes the user's way"
                self.warn(
                    (*path, "function"), "an inner check does not see what users can do, so it is not counted", hint
                )
            for key, text, hint in read.doubts():
                self.warn((*path, *key), text, hint)
            if (layers := services[read.service]) and (odd := [c for c in read.crosses if c not in layers]):
                hint = near(odd[0], list(layers)) or "known: " + ", ".join(layers)
                self.warn((*path, "crosses"), f"{read.service} has no layer {odd[0]}", hint)
            found.append(read.check())
        return tuple(found)

    def _list(self, key: str) -> Iterator[tuple[int, Any]]:
        tables = self.parsed.data.get(key, [])
        if isinstance(tables, list):
            yield from enumerate(tables)
        else:
            self.wrong((key,), "must be a list of tables", f"write [[{key}]]")

    def _keys(self) -> Mapping[str, str]:
        table = self.parsed.data.get("keys", {})
        if not isinstance(table, dict):
            self.wrong(("keys",), "must be a table", 'write [keys] and below it: note = "n"')
            return {}
        for key, value in table.items():
            if not isinstance(value, str) or not value:
                self.wrong(("keys", key), "must be the name of a key", f'{key} = "n"')
        return {key: value for key, value in table.items() if isinstance(value, str) and value}

    def _folders(self, given: list[str] | None) -> tuple[str, ...]:
        if given is None:
            return RUNBOOK_FOLDERS
        inside = []
        for folder in given:
            path = PurePosixPath(folder)
            if path.is_absolute() or ".." in path.parts:
                self.wrong(("project", "runbooks"), f"{folder} lies outside the project", "name a folder inside it")
            else:
                inside.append(folder)
        return tuple(inside)

    # -- rules between tables

    def _is_double(self, path: _Path, name: str, names: list[str]) -> bool:
        if name not in names:
            return False
        self.wrong((*path, "name"), f"{name} stands twice", "the second one is left out; rename it")
        return True

    def _wired(self, found: list[tuple[int, ServiceConfig]]) -> tuple[ServiceConfig, ...]:
        """Without the dependencies that lead nowhere or in a circle."""
        names = [s.name for _, s in found]
        wires: dict[str, list[str]] = {name: [] for name in names}
        for n, service in found:
            path: _Path = ("services", n, "depends_on")
            for other in service.depends_on:
                if other not in names:
                    self.wrong(path, f"no service is called {other}", near(other, names))
                elif circle := _way(wires, other, service.name):
                    self.wrong(path, "goes in a circle: " + " → ".join([service.name, *circle]), "take one of them out")
                else:
                    wires[service.name].append(other)
        return tuple(replace(s, depends_on=tuple(wires[s.name])) for _, s in found)

    def _kind(self, table: Any, path: _Path) -> type[CheckTable] | None:
        kind = table.get("type", "http") if isinstance(table, dict) else "http"
        known = KINDS.get(kind) if isinstance(kind, str) else None
        if known is None:
            some = kind if isinstance(kind, str) else type(kind).__name__
            hint = near(some, list(KINDS)) or "known: " + ", ".join(KINDS)
            self.wrong((*path, "type"), f"no check is of type {some}", hint)
        return known

    # -- one table

    def _whole(self, model: type[_Model], table: Any, path: _Path) -> _Model | None:
        try:
            return model.model_validate(table)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._say(model, path, detail)
            return None

    def _sound(self, model: type[_Model], table: Any, path: _Path) -> _Model | None:
        """The table without the keys that are wrong; None when what must be there is not."""
        before = len(self.problems)
        read = self._whole(model, table, path)
        if read is not None or not isinstance(table, dict):
            return read
        bad = {p.key for p in self.problems[before:]}
        kept = {k: v for k, v in table.items() if not any(_under(key, dotted((*path, k))) for key in bad)}
        try:
            return model.model_validate(kept)
        except ValidationError:
            return None

    def _say(self, model: type[BaseModel], path: _Path, detail: ErrorDetails) -> None:
        loc = tuple(detail["loc"])
        text, hint = told(model, loc, detail)
        self.wrong((*path, *loc), text, hint)


def _under(key: str, table: str) -> bool:
    return key == table or key.startswith((f"{table}.", f"{table}["))


def dotted(path: _Path) -> str:
    """`checks[0].expect`."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out


def _way(wires: Mapping[str, list[str]], start: str, end: str) -> list[str]:
    """The services on a way from one to the other, both included; empty when there is none."""
    came_from: dict[str, str] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        if here == end:
            way = [here]
            while way[0] != start:
                way.insert(0, came_from[way[0]])
            return way
        for nearer in wires[here]:
            if nearer not in came_from and nearer != start:
                came_from[nearer] = here
                waiting.append(nearer)
    return []


def _docker(table: DockerTable | None) -> DockerConfig | None:
    return DockerConfig(table.compose_project, tuple(table.compose_files or ()), table.context) if table else None


def _service(table: ServiceTable) -> ServiceConfig:
    revision = table.revision and RevisionSpec(
        service=table.name,
        file=table.revision.file,
        url=table.revision.url,
        json=table.revision.json_,
        label=table.revision.label,
        command=table.revision.command,
    )
    return ServiceConfig(
        table.name,
        tuple(table.workloads),
        tuple(table.paths),
        tuple(table.depends_on),
        revision or None,
        tuple(dict.fromkeys(table.layers)),
    )
