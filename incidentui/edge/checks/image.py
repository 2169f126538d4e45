"""Whether an image brings a file itself: looked for in a container of it that is made without mounts and never started.

An image does not change under its id, so it is looked into once.
"""

from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any
from uuid import uuid4

from incidentui.config.kept import ImageCheck
from incidentui.core.evidence import Finding
from incidentui.core.model import Ms
from incidentui.edge.checks.probe import Ground, Look, alone, in_time
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.checks.workload import NO_ANSWER, GoneError, NotKnownError, find
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.docker_words import HELPER
from incidentui.edge.containers.engine import EngineLost, EngineRefused

_MARK = "image "
_LEFT_MS: Ms = 600_000
"""So old, one is nobody's any more: whoever made it was killed."""


class ImageProbe:
    def __init__(self, check: ImageCheck, ground: Ground) -> None:
        self.check = check
        self._engines = ground.engines
        self._now = ground.clock.now
        self._known: tuple[str, tuple[str, ...]] | None = None
        """An image, and which of the paths it has."""
        self._mark = _MARK + uuid4().hex

    async def look(self) -> Look:
        lost = (GoneError, NotKnownError, EngineLost, EngineRefused)
        return await in_time(self.check, self._now, self._judged, alone(self.check), unknown=lost, late=NO_ANSWER)

    async def _judged(self, at: Ms) -> tuple[Judgement, str]:
        image, has = await self._has()
        return judged(self.check.has, has), image

    async def _has(self) -> tuple[str, tuple[str, ...]]:
        engine, found = await find(self._engines, self.check.workload)
        if not isinstance(engine, DockerEngine):
            raise NotKnownError(f"{self.check.workload} has no image: it is a program of {engine.name}")
        about = await engine.call(lambda api: api.inspect_container(found.ident))
        image = str(about["Image"])
        if self._known is None or self._known[0] != image:
            self._known = (
                image,
                await engine.call(lambda api: brings(api, image, self.check.has, self._mark, self._now())),
            )
        return self._known


def judged(wanted: Sequence[str], has: Sequence[str]) -> Judgement:
    findings = tuple(
        Finding(path, "in the image", "there" if path in has else "not there", path in has) for path in wanted
    )
    missing = [path for path in wanted if path not in has]
    if not missing:
        return Judgement("ok", f"the image brings {', '.join(wanted)}", findings)
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    why = f"the image does not bring {missing[0]}{more}: without its mount it starts with nothing"
    return Judgement("failing", why, findings)


def brings(api: Any, image: str, paths: Sequence[str], mark: str, now: Ms) -> tuple[str, ...]:
    """Blocks; raises what the SDK raises. The container is gone afterwards, with what volumes the image declares.

    An engine that answered too late made one all the same: those of this `mark` go first.
    """
    _clear(api, mark, now)
    nothing = {"Image": image, "Cmd": ["never-started"], "Entrypoint": [], "Labels": {HELPER: mark}}
    made = api.create_container_from_config({**nothing, "NetworkDisabled": True, "HostConfig": {"NetworkMode": "none"}})
    try:
        return tuple(path for path in paths if _is_there(api, made["Id"], path))
    finally:
        api.remove_container(made["Id"], v=True, force=True)


def _clear(api: Any, mark: str, now: Ms) -> None:
    """What others look into at this moment stays: a file that goes under their hands would be told as missing."""
    from docker.errors import APIError

    for left in api.containers(all=True, filters={"label": [HELPER]}):
        whose = str((left.get("Labels") or {}).get(HELPER, ""))
        old = now - int(left.get("Created") or 0) * 1000 > _LEFT_MS
        if whose == mark or (old and whose.startswith(_MARK.strip())):
            with suppress(APIError):  # gone meanwhile, or being removed
                api.remove_container(left["Id"], v=True, force=True)


def _is_there(api: Any, ident: str, path: str) -> bool:
    from docker.errors import NotFound

    try:
        found, _ = api.get_archive(ident, path)
    except NotFound:
        return False
    with closing(found):
        return True
