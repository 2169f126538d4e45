"""The engine of Docker: one sparse list per look; the few that just changed are inspected. Deeds go through it, too."""

import importlib
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from incidentui.core.model import Ms, PlanStep, Workload
from incidentui.core.value import dataclass
from incidentui.edge.containers import bind_sources, recreate
from incidentui.edge.containers.blast import Around, Blast, blast_of
from incidentui.edge.containers.docker_client import REACH_S, Client
from incidentui.edge.containers.docker_events import EVENTS
from incidentui.edge.containers.docker_listing import Listing
from incidentui.edge.containers.docker_words import (
    HELPER,
    PROJECT,
    Settings,
    inspected,
    labelled,
    moment,
    named,
    names,
    settings_of,
)
from incidentui.edge.containers.engine import CALL_S, STOP_S, Calls, EngineLost, EngineRefused
from incidentui.edge.containers.seen import Look
from incidentui.edge.containers.volume_made import dated
from incidentui.edge.text import clean_and_redact

if TYPE_CHECKING:
    from docker import APIClient

    from incidentui.edge.containers.logs_docker import DockerLog

T = TypeVar("T")
DIFF_S = 15.0
MOST_KEPT = 300
_LOAD_S = 60.0
_RENEW: dict[str, Callable[[Any, str], None]] = {
    "aside": recreate.aside,
    "renew": recreate.start,
    "remove": recreate.remove,
}
"""The steps of creating a container anew."""


@dataclass(frozen=True, slots=True)
class Raw:
    """For a checkpoint: raw, so values of the environment stand in it."""

    containers: list[tuple[str, dict[str, Any], dict[str, Any]]]
    """(name as a workload, inspection, inspection of its image)"""
    volumes: list[dict[str, Any]]


class DockerEngine:
    name = "docker"

    def __init__(
        self, compose_project: str | None = None, base_url: str | None = None, context: str | None = None
    ) -> None:
        """`context`: of the docker command, where neither `base_url` nor the environment names an engine."""
        self._project = compose_project
        self._client = Client(base_url, context)
        self._calls = Calls("docker")
        self.listing = Listing(self._list, self._inspect)

    @property
    def address(self) -> str:
        return self._client.address

    @property
    def elsewhere(self) -> str:
        """Its address, if it is not the machine's own that nobody had to name."""
        return self._client.elsewhere

    @property
    def way(self) -> str:
        return self._client.way

    def changed(self, ident: str, code: int | None = None) -> None:
        """An event named this container. `code`: what it ended with."""
        self.listing.changed(ident, code)

    async def looks(self) -> tuple[Look, ...]:
        try:
            return await self._ask(self.listing.look)
        except EngineRefused as refused:
            raise EngineLost(f"docker engine {self.address}: refuses to list: {refused}") from refused

    async def answers(self) -> bool:
        """Whether it answers at all: a word, no list."""
        try:
            await self._ask(lambda: self._connected().ping())
        except (EngineLost, EngineRefused):
            return False
        return True

    async def glance(self, idents: Collection[str]) -> tuple[Look, ...] | None:
        """The last list with these few inspected anew; None when only another list can tell."""
        try:
            return await self._ask(lambda: self.listing.glance(idents))
        except EngineRefused:
            return None

    async def workloads(self) -> tuple[Workload, ...]:
        return tuple(look.workload for look in await self.looks())

    def _list(self) -> list[dict[str, Any]]:
        labels = [f"{PROJECT}={self._project}"] if self._project else []
        found = self._connected().containers(all=True, filters={"label": labels} if labels else None)
        if not isinstance(found, list):
            raise TypeError("not a list")
        return [entry for entry in found if HELPER not in (entry.get("Labels") or {})]

    def _inspect(self, ident: str) -> dict[str, Any] | None:
        from docker.errors import NotFound

        try:
            found: dict[str, Any] = self._connected().inspect_container(ident)
        except NotFound:
            return None  # gone since the list
        return found

    async def labelled(self, wanted: Collection[str], label: str) -> dict[str, str]:
        """The value of an image's label on each of these workloads, by name."""
        return labelled(await self._ask(self._list), wanted, label)

    async def settings(self, workload: str) -> Settings | None:
        """What one workload was started with, raw: one list and one inspection; None when there is none."""

        def ask() -> Settings | None:
            entries = self._list()
            ident = named(entries, workload)
            found = self._inspect(ident) if ident else None
            return settings_of(found) if found else None

        return await self._ask(ask)

    async def containers(self) -> list[tuple[str, dict[str, Any]]]:
        """(workload, entry of the list), as the engine has it."""
        entries = await self._ask(self._list)
        return list(zip(names(entries), entries, strict=True))

    async def call(self, work: "Callable[[APIClient], T]", seconds: float = CALL_S) -> T:
        """Something that only one part of the program asks. Raises EngineLost, EngineRefused."""
        return await self._ask(lambda: work(self._connected()), seconds)

    def patient(self, seconds: int, version: str | None = None) -> "APIClient":
        """A client of its own for what takes longer than a look, and may be silent for so long. Blocks."""
        return self._client.another(seconds, version)

    @property
    def named_to_others(self) -> dict[str, str]:
        """The environment in which another program asks the same engine."""
        return self._client.named_to_others

    def try_again(self) -> None:
        """Somebody asks for it now: what was refused before does not hold."""
        self._client.try_again()

    def refusal(self, error: Exception, seconds: float) -> EngineLost | EngineRefused:
        """What the SDK raised, in our words."""
        return EngineRefused(_said(error)) if _was_answered(error) else EngineLost(self._client.lost(error, seconds))

    async def one(self, workload: Workload) -> Workload | None:
        found = await self._ask(lambda: self._inspect(workload.ident))
        return None if found is None else inspected(found, workload)

    async def began(self, workload: Workload) -> Ms | None:
        """From when on its log is of the run that is there: a program may write before the engine calls it started."""
        found = await self._ask(lambda: self._inspect(workload.ident))
        state = (found or {}).get("State") or {}
        return moment(str(state.get("FinishedAt" if state.get("Running") else "StartedAt", ""))) if found else None

    def steps(self, deed: str, workload: Workload) -> tuple[PlanStep, ...]:
        if deed == "recreate":
            return recreate.steps(workload, STOP_S)
        short, after = f"{workload.name} ({workload.ident[:12]})", f"TERM, after {STOP_S} s KILL"
        text = {"restart": f": {after}, then start", "stop": f": {after}", "start": ", the same container"}[deed]
        wait = () if deed == "start" else ("--time", str(STOP_S))
        return (PlanStep(deed, f"{deed} {short}{text}", (("docker", deed, *wait, workload.ident),)),)

    async def do(self, verb: str, workload: Workload) -> None:
        await self._ask(lambda: self._do(verb, workload), STOP_S + 2 * CALL_S)

    def _do(self, verb: str, workload: Workload) -> None:
        """The engine answers when it is done: a program deaf to TERM takes all of STOP_S."""
        api, ident = self._connected(), workload.ident
        if verb == "create":
            recreate.create(api, ident, workload.image)
        elif verb in _RENEW:
            _RENEW[verb](api, ident)
        elif verb == "start":
            api.start(ident)
        elif verb == "stop":
            api.stop(ident, timeout=STOP_S)
        else:
            api.restart(ident, timeout=STOP_S)

    async def blast(self, deed: str, workload: Workload) -> Blast:
        around = await self._ask(lambda: self._around(workload.ident))
        return blast_of(
            deed, replace(around, changes=await self._changes(workload.ident) if deed == "recreate" else ())
        )

    async def _changes(self, ident: str) -> list[dict[str, Any]] | None:
        """The engine walks the container's whole file system for it: that may take longer than a plan can wait."""
        try:
            return await self._ask(lambda: self._connected().diff(ident) or [], DIFF_S)
        except EngineLost:
            return None

    def _around(self, ident: str) -> Around:
        api = self._connected()
        found = api.inspect_container(ident)
        return Around(found, api.containers(all=True), (), self._image_now(found), bind_sources.gone(found))

    def _image_now(self, found: dict[str, Any]) -> str:
        return str((self._image(found["Config"]["Image"]) or {}).get("Id", ""))

    async def newcomer(self, old: Workload) -> Workload | None:
        """The container that took the name of this one."""
        found = await self._ask(lambda: recreate.newcomer(self._connected(), old.ident))
        return None if found is None else inspected(found, old)

    async def bring_back(self, old: Workload, run: bool) -> None:
        await self._ask(lambda: recreate.bring_back(self._connected(), old.ident, run), STOP_S + 2 * CALL_S)

    async def for_checkpoint(self, measure: bool) -> Raw:
        """Every container with its image, and the volumes they use, as the engine has them; `measure`: their sizes."""
        containers = await self._ask(self._all_with_images, 4 * CALL_S)
        used = {m.get("Name") for _, found, _ in containers for m in found.get("Mounts") or () if m.get("Name")}
        volumes = await self._ask(self._volumes)
        sizes = await self._sizes() if measure else {}
        mine = [each for each in volumes if each.get("Name") in used]
        return Raw(containers, [{**each, "UsageData": sizes.get(each["Name"])} for each in mine])

    def _volumes(self) -> list[Mapping[str, Any]]:
        api = self._connected()
        return dated(api, api.volumes()["Volumes"] or ())

    def _all_with_images(self) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        entries = self._list()[:MOST_KEPT]
        images: dict[str, dict[str, Any]] = {}
        out = []
        for entry, name in zip(entries, names(entries), strict=True):
            if (found := self._inspect(entry["Id"])) is not None:
                image = str(found["Image"])
                images[image] = images.get(image) or self._image(image) or {}
                out.append((name, found, images[image]))
        return out

    async def _sizes(self) -> dict[str, Any]:
        """The engine measures every volume for it; without an answer in time they are not known."""
        try:
            df = await self._ask(lambda: self._connected().df(), DIFF_S)
            return {each["Name"]: each.get("UsageData") for each in df.get("Volumes") or ()}
        except (EngineLost, EngineRefused):
            return {}

    def _image(self, ident: str) -> dict[str, Any] | None:
        from docker.errors import NotFound

        api: Any = self._connected()
        try:
            found: dict[str, Any] = api.inspect_image(ident)
        except NotFound:
            return None
        return found

    async def has_image(self, ident: str) -> bool:
        return await self._ask(lambda: self._image(ident)) is not None

    async def volume_names(self) -> set[str]:
        found = await self._ask(lambda: self._connected().volumes())
        return {str(each.get("Name")) for each in found.get("Volumes") or ()}

    async def named(self, name: str) -> Workload | None:
        return next((each for each in await self.workloads() if each.name == name), None)

    async def tail(self, workload: Workload, lines: int) -> str:
        # Never without `tail`: a log of gigabytes would come whole. A line of the engine is at most 16 KiB.
        text: bytes = await self._ask(
            lambda: self._connected().logs(workload.ident, tail=lines, timestamps=True, stream=False)
        )
        return text.decode("utf-8", errors="replace")

    def follow(self, workload: Workload, since: Ms | None, lines: int) -> "DockerLog":
        from incidentui.edge.containers.logs_docker import DockerLog

        def words(error: Exception) -> str:
            return str(self.refusal(error, CALL_S))

        return DockerLog(workload.name, workload.ident, self._connected, words, since, lines)

    def events(self) -> Any:
        filters: dict[str, Any] = {"type": "container", "event": EVENTS}
        if self._project:
            filters["label"] = f"{PROJECT}={self._project}"
        return self._connected().events(decode=True, filters=filters)

    def _connected(self) -> "APIClient":
        return self._client.connected()

    async def _ask(self, work: Callable[[], T], seconds: float = CALL_S) -> T:
        if not _loaded.is_set():
            # Loading the SDK on a busy machine is no silence of the engine.
            await self._calls.run(_load, _LOAD_S)
        try:
            if not self._client.reached:
                # Nor is the way to its host, which may lead over several others.
                await self._calls.run(self._client.reach, REACH_S)
            return await self._calls.run(work, seconds)
        except Exception as error:  # the SDK raises its own, requests', urllib3's and plain OSErrors alike
            said = self.refusal(error, seconds)
            if isinstance(said, EngineLost):
                self._client.lose()
            raise said from error

    def close(self) -> None:
        self._client.close()


_loaded = threading.Event()
"""A module is in `sys.modules` before it is whole: who went on by that would meet half of the SDK."""
_loading = threading.Lock()


def _load() -> None:
    with _loading:
        importlib.import_module("docker")
    _loaded.set()


def _was_answered(error: Exception) -> bool:
    from docker.errors import APIError

    return isinstance(error, APIError)


def _said(error: Exception) -> str:
    return clean_and_redact(str(getattr(error, "explanation", None) or error), 300)
