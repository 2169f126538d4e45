"""What `compose up` of one service would find: the tool, allowed files, what they declare, and what runs."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from incidentui.core.drift import Around, Declared, Drift, compare
from incidentui.core.inputs import Refusal
from incidentui.core.model import Workload
from incidentui.edge import step
from incidentui.edge.containers.actual import ActualReader, volumes_of
from incidentui.edge.containers.blast import Blast
from incidentui.edge.containers.compose_allowed import not_allowed
from incidentui.edge.containers.compose_own import Entry, own
from incidentui.edge.containers.compose_plan import Asked, Ground
from incidentui.edge.containers.declared import project, tool_of, usual_files
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.docker_words import FOLDER, SERVICE, dirty
from incidentui.edge.containers.drift import digest, labelled_files
from incidentui.edge.text import clean_and_redact

_ASK_S = 20.0
_HASH = "com.docker.compose.config-hash"
_OF_VERSION_1 = "1.38"
"""The API that docker-compose 1.29 speaks."""


class ComposeLook:
    def __init__(self, folder: Path, name: str, files: Sequence[str]) -> None:
        """`name`: the compose project; `files`: relative to the folder; empty: those the containers were made from."""
        self._folder, self._name, self._files = folder, name, tuple(files)
        self._versions: dict[tuple[str, ...], str] = {}

    async def declared(self, engine: DockerEngine) -> Mapping[str, tuple[str, ...]] | Refusal:
        """Of each service that need not be asked for by a profile, those that it depends on."""
        entries = [(name, entry) for name, entry in await engine.containers() if _labels(entry).get(SERVICE)]
        files = self._files or labelled_files(self._folder, entries) or usual_files(self._folder)
        if not files:
            return Refusal(f"no compose file in {self._folder}", "[project] docker = { compose_files = [...] }", True)
        if why := await asyncio.to_thread(not_allowed, self._folder, files):
            return why
        found = (await project(self._folder, files, self._name, digest)).services
        return {each.service: tuple(other for other, _ in each.depends_on) for each in found if not each.optional}

    async def ground(self, engine: DockerEngine, asked: Asked) -> Ground | Refusal:
        entries: list[Entry] = [
            (name, entry) for name, entry in await engine.containers() if _labels(entry).get(SERVICE)
        ]
        name = self._name
        if not name:
            base = self._folder / os.path.dirname(self._files[0] if self._files else "")
            found_own = await asyncio.to_thread(own, entries, base, asked.service)
            if isinstance(found_own, Refusal):
                return found_own
            entries, name = found_own
        mine = [(name, entry) for name, entry in entries if _labels(entry)[SERVICE] == asked.service]
        if len(mine) > 1:
            names = ", ".join(name for name, _ in mine)
            return Refusal(f"{asked.service} has {len(mine)} containers ({names})", "compose by hand: it is not alone")
        files = self._files or labelled_files(self._folder, entries) or usual_files(self._folder)
        if not files:
            return Refusal(f"no compose file in {self._folder}", "[project] docker = { compose_files = [...] }", True)
        if why := await asyncio.to_thread(not_allowed, self._folder, files):
            return why
        tool = await tool_of(self._folder)
        if tool is None:
            return Refusal("neither docker compose nor docker-compose is installed", "install one", usage=True)
        declared, told, version = await asyncio.gather(
            project(self._folder, files, name, digest),
            self._hash(engine, tool, files, name, asked.service),
            self._version(engine, tool),
        )
        service = next((each for each in declared.services if each.service == asked.service), None)
        if service is None:
            there = ", ".join(each.service for each in declared.services[:8])
            return Refusal(f"{', '.join(files)} declares no {asked.service}", f"there is: {there}", usage=True)
        now, found, blast, drift = None, dict[str, Any](), Blast(), None
        if mine:
            now, found, blast = await self._container(engine, *mine[0])
            drift = await self._drift(engine, service, *mine[0])
        wanted = service.image or f"{name}_{asked.service}"
        images = [wanted] if service.image else [f"{name}_{asked.service}", f"{name}-{asked.service}"]
        image, says = await engine.call(lambda api: _image(api, images))
        return Ground(
            tool=tool,
            version=version,
            files=files,
            project=name,
            declared=replace(service, image=wanted),
            now=now,
            found=found,
            drift=drift,
            same=_label(found, _HASH) == told if told and _label(found, _HASH) else None,
            image=image,
            made_in=_elsewhere(self._folder, files, found),
            says=says,
            blast=blast,
            volumes=frozenset(await engine.volume_names()),
            config=digest(told or repr(service))[:32],
        )

    async def _container(
        self, engine: DockerEngine, name: str, entry: Mapping[str, Any]
    ) -> tuple[Workload | None, dict[str, Any], Blast]:
        """With two facts about the image it was made from: whether it is here, and what version 1 reads of it."""
        now = await engine.one(Workload(name, "docker", ident=str(entry["Id"])))
        found = dict(await engine.call(lambda api: api.inspect_container(entry["Id"])))
        found |= await engine.call(lambda _: _of_image(engine, str(found["Image"])))
        return now, found, await engine.blast("recreate", Workload(name, "docker", ident=str(entry["Id"])))

    async def _version(self, engine: DockerEngine, tool: tuple[str, ...]) -> str:
        if tool not in self._versions:
            ran = await self._asked_compose(engine, (*tool, "version", "--short"))
            told = clean_and_redact(ran.output, 20).strip() if ran and ran.code == 0 else ""
            self._versions[tool] = told.removeprefix("v")
        return self._versions[tool]

    async def _drift(
        self, engine: DockerEngine, declared: Declared, name: str, entry: Mapping[str, Any]
    ) -> Drift | None:
        volumes = await engine.call(volumes_of)
        ident = str(entry["Id"])
        actual = await engine.call(lambda api: ActualReader(api, volumes, digest).read(name, ident), _ASK_S)
        return compare(declared, actual, Around(frozenset(), None)) if actual is not None else None

    async def _hash(
        self, engine: DockerEngine, tool: Sequence[str], files: Sequence[str], name: str, service: str
    ) -> str:
        """Of the service as it is declared now: compose keeps that of what it made a container from."""
        named = ("-p", name) if name else ()
        words_ = (*tool, *(word for file in files for word in ("-f", file)), *named, "config", "--hash", service)
        ran = await self._asked_compose(engine, words_)
        told = ran.output.decode(errors="replace").split() if ran and ran.code == 0 else []
        return told[1] if len(told) == 2 and told[0] == service else ""

    async def _asked_compose(self, engine: DockerEngine, words_: Sequence[str]) -> step.Ran | None:
        try:
            return await step.run(words_, self._folder, _ASK_S, environment(engine), errors=False)
        except (OSError, ValueError):
            return None


def environment(engine: DockerEngine) -> dict[str, str]:
    """Version 1 knows no contexts, and no version the one that the project names: it is told which engine is meant."""
    return {**os.environ, **engine.named_to_others}


def _elsewhere(folder: Path, files: Sequence[str], found: Mapping[str, Any]) -> str:
    """Where its container was made, if not from where the compose files lie."""
    made = _label(found, FOLDER)
    here = (folder / os.path.dirname(files[0])).resolve()
    return made if made and Path(made).resolve() != here else ""


def _label(found: Mapping[str, Any], label: str) -> str:
    return str(((found.get("Config") or {}).get("Labels") or {}).get(label, ""))


def _labels(entry: Mapping[str, Any]) -> Mapping[str, str]:
    return entry.get("Labels") or {}


def _image(api: Any, names: Sequence[str]) -> tuple[str, str]:
    """Its id, and the label that says it was built from uncommitted code; empty where there is none."""
    from docker.errors import NotFound

    for name in names:
        try:
            found = api.inspect_image(name)
        except NotFound:
            continue
        return str(found["Id"]), dirty((found.get("Config") or {}).get("Labels") or {})
    return "", ""


def _of_image(engine: DockerEngine, ident: str) -> dict[str, bool]:
    from docker.errors import APIError, NotFound

    api: Any = engine.patient(3, _OF_VERSION_1)
    try:
        return {"_image_here": True, "_container_config": "ContainerConfig" in api.inspect_image(ident)}
    except NotFound:
        return {"_image_here": False}
    except APIError:  # too old a version for this engine: compose itself will say so
        return {}
    finally:
        api.close()
