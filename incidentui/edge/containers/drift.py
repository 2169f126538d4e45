"""Drift as a source: what the compose files declare against the containers of an engine; where nothing is declared, or
where it is asked for, what a checkpoint holds.

It looks when a container came, went or turned, when a file changed, and every few minutes at what lies in mounts.
Between that it makes a few `stat` calls and asks nobody: the list of containers is the one that the engine's own
source holds.
"""

import asyncio
import hmac
import os
import posixpath
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from incidentui.core.drift import Actual, Around, Declared, Drift, compare, missing
from incidentui.core.drift_then import FILES
from incidentui.core.inputs import DriftLooked, Observation, Refusal
from incidentui.core.model import Ms
from incidentui.edge.checkpoints.files_source import files_beside
from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.checks.agreed.documents import UnreadableError
from incidentui.edge.containers.actual import read_all
from incidentui.edge.containers.declared import Project, project, usual_files
from incidentui.edge.containers.docker_words import PROJECT, SERVICE, by_hand
from incidentui.edge.containers.drift_then import against
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Report

if TYPE_CHECKING:
    from incidentui.edge.checkpoints.reference import Reference
    from incidentui.edge.containers.docker import DockerEngine

EVERY_S = 2.0
AGAIN_S = 300.0
SOON_S = 30.0
"""After a look at which the engine did not answer."""
MOST = 100
_CONFIG_FILES = "com.docker.compose.project.config_files"
_WORKING_DIR = "com.docker.compose.project.working_dir"
_KEY = secrets.token_bytes(32)
"""Of this process alone: a hash that got out could be compared with no guess."""
Entry = tuple[str, Mapping[str, Any]]


class DriftSource:
    name = "drift"

    def __init__(
        self,
        folder: Path,
        seen: "DockerEngine",
        engine: "DockerEngine",
        files: Sequence[str] = (),
        watched: frozenset[str] = frozenset(),
        then: "Reference | None" = None,
    ) -> None:
        """`seen`: tells when its list changes; `engine`: of our own, a mount that hangs must not cost its client.

        `files`: the compose files, relative to the folder; `watched`: services and workloads that a check asks;
        `then`: the checkpoint that is compared with instead, always when one is named in it.
        """
        self._folder = folder
        self._seen = seen
        self._engine = engine
        self._files = tuple(files)
        self._watched = watched
        self._then = then
        self._read: tuple[object, Project] | None = None
        self._print: object = None
        self._looked = -AGAIN_S
        self._last_files: tuple[str, ...] = ()

    async def run(self, report: Report) -> None:
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                now = await asyncio.to_thread(self._fingerprint)
                due = now != self._print or monotonic() - self._looked >= AGAIN_S
                if self._seen.listing.listed is not None and due:
                    self._print, self._looked = now, monotonic()
                    found = await self.look()
                    for observation in found:
                        report(observation)
                    if not found:
                        self._looked -= AGAIN_S - SOON_S
        finally:
            self._engine.close()

    async def beside_checkpoint(self) -> Sequence[Drift] | Refusal:
        """What runs beside the last good checkpoint: asked for by a person, also where compose files declare it."""
        none = Refusal("no checkpoint was taken by hand or on green yet", "incidentui checkpoint take")
        if self._then is None:
            return none
        try:
            return await against(self._engine, (await self._engine.containers())[:MOST], self._then) or none
        except (EngineLost, EngineRefused, CheckpointError) as lost:
            return Refusal(str(lost))

    async def look(self) -> Sequence[Observation]:
        """Nothing when the engine does not answer: its own source says so."""
        try:
            found = await self._drifts()
            return [DriftLooked(found, self._engine.elsewhere)]
        except (EngineLost, EngineRefused):
            return []
        except CheckpointError as wrong:
            why = clean_and_redact(str(wrong), 300)
            return [DriftLooked((Drift(FILES, why=why, checkpoint=(self._then and self._then.wanted) or "?"),))]

    def _fingerprint(self) -> object:
        files = self._files or self._last_files or usual_files(self._folder)
        then = self._then.stamp() if self._then is not None else None
        return self._seen.listing.listed, _stats(self._folder, files), then

    async def _drifts(self) -> tuple[Drift, ...]:
        listed = (await self._engine.containers())[:MOST]
        entries = [(name, entry) for name, entry in listed if _labels(entry).get(SERVICE) and not by_hand(entry)]
        self._last_files = files = self._files or labelled_files(self._folder, entries) or usual_files(self._folder)
        if self._then is not None and (self._then.wanted or not files or not entries):
            then = await against(self._engine, listed, self._then)
            if then or self._then.wanted or not files:
                return then
        if not files or (not entries and not all(by_hand(entry) for _, entry in listed)):
            return ()  # what runs has nothing to do with compose
        try:
            declared = await self._declared(files, _labels(entries[0][1]).get(PROJECT, "") if entries else "")
        except UnreadableError as wrong:
            why = clean_and_redact(str(wrong), 300)
            return tuple(Drift(name, why=why) for name, _ in entries)
        beside = await files_beside(self._then) if self._then is not None else ()
        return (*await self._compared(declared, entries), *(drift for drift in beside if drift.bad))

    async def _declared(self, files: Sequence[str], name: str) -> Project:
        """Asked again only when a file changed: compose takes a second."""
        stamp = (_stats(self._folder, files), name)
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, await project(self._folder, files, name, digest)
        return self._read[1]

    async def _compared(self, declared: Project, entries: Sequence[Entry]) -> tuple[Drift, ...]:
        found = [
            (str(_labels(entry)[SERVICE]), actual)
            for entry, actual in await read_all(self._engine, entries, digest)
            if actual is not None
        ]
        services = {service.service: service for service in declared.services}
        around = Around(self._watched | _healthy(found), _oldest(entries, found))
        there = {_labels(entry)[SERVICE] for _, entry in entries}
        absent = (each for each in declared.services if each.service not in there and not each.optional)
        return (
            *(_drift(services.get(service), service, actual, around, declared.by) for service, actual in found),
            *(missing(each, declared.by) for each in absent),
        )


def _drift(declared: Declared | None, service: str, actual: Actual, around: Around, by: str) -> Drift:
    if declared is None:
        return Drift(actual.workload, by=by, why=f"no compose file declares {service} any more")
    return compare(declared, actual, around, by)


def digest(value: str) -> str:
    return hmac.new(_KEY, value.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _labels(entry: Mapping[str, Any]) -> Mapping[str, str]:
    return entry.get("Labels") or {}


def _healthy(found: Sequence[tuple[str, Actual]]) -> frozenset[str]:
    return frozenset(service for service, actual in found if actual.health)


def _oldest(entries: Sequence[Entry], found: Sequence[tuple[str, Actual]]) -> Ms | None:
    made = [int(entry["Created"]) * 1000 for _, entry in entries if isinstance(entry.get("Created"), int)]
    made += [mount.created for _, actual in found for mount in actual.mounts if mount.created is not None]
    return min(made, default=None)


def labelled_files(folder: Path, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The files that these containers were made from, where all of them lie in the project."""
    top = folder.resolve()
    for _, entry in entries:
        labels = _labels(entry)
        names = [name for name in labels.get(_CONFIG_FILES, "").split(",") if name]
        paths = [Path(posixpath.join(labels.get(_WORKING_DIR, ""), name)).resolve() for name in names]
        if paths and all(path.is_relative_to(top) and path.is_file() for path in paths):
            return tuple(str(path.relative_to(top)) for path in paths)
    return ()


def _stats(folder: Path, files: Sequence[str]) -> object:
    beside = {posixpath.join(posixpath.dirname(file), ".env") for file in files}
    return tuple(_stat(folder / name) for name in (*files, *sorted(beside)))


def _stat(path: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
