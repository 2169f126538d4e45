"""Reads one value of an agreement from where it stands. Raw: who asks compares it, and decides what is shown."""

import asyncio
import os
from typing import TYPE_CHECKING

from incidentui.config.agreement import (
    InAnswer,
    InCompose,
    InEnvironment,
    InFile,
    InWorkload,
    OfCommand,
    Origin,
    Value,
)
from incidentui.config.checks import Check, Expect, HttpCheck
from incidentui.edge import step
from incidentui.edge.checks.agreed import compose
from incidentui.edge.checks.agreed.compose import AbsentError
from incidentui.edge.checks.agreed.documents import Found, UnreadableError, at, found_by, scalar_at, text_of
from incidentui.edge.checks.probe import Ground
from incidentui.edge.checks.web.http import HttpProbe
from incidentui.edge.checks.web.json_rules import NOT_JSON, parse
from incidentui.edge.containers.engine import Calls, EngineLost, EngineRefused

if TYPE_CHECKING:
    from incidentui.edge.containers.docker_words import Settings


class Reader:
    """One value, made ready to be read again and again. Raises UnreadableError or AbsentError, nothing else."""

    def __init__(self, check: Check, value: Value, ground: Ground) -> None:
        self.value = value
        self._ground = ground
        self._within_s = check.timeout_ms / 1000
        self._calls = Calls("agreement")
        self._probe = _probe(check, value.origin, ground) if isinstance(value.origin, InAnswer) else None

    async def read(self) -> Found:
        try:
            async with asyncio.timeout(self._within_s):
                return await self._read(self.value.origin)
        except TimeoutError:
            raise UnreadableError(f"no answer within {self._within_s:g}s") from None

    async def _read(self, origin: Origin) -> Found:
        match origin:
            case InFile():
                return await self._calls.run(lambda: self._in_file(origin), self._within_s)
            case InCompose():
                return await self._calls.run(lambda: compose.read(self._ground.dir, origin), self._within_s)
            case InWorkload():
                return await self._in_workload(origin)
            case InAnswer():
                return await self._in_answer(origin)
            case OfCommand():
                return await self._of_command(origin)
            case InEnvironment():
                return _in_environment(origin)

    def _in_file(self, origin: InFile) -> Found:
        if origin.path is not None:
            return at(self._ground.dir, origin.file, origin.path)
        text = text_of(self._ground.dir, origin.file)
        return found_by(origin.regex, text, origin.file) if origin.regex is not None else Found(text.strip())

    async def _in_workload(self, origin: InWorkload) -> Found:
        from incidentui.edge.containers.docker import DockerEngine

        docker = next((engine for engine in self._ground.engines if isinstance(engine, DockerEngine)), None)
        if docker is None:
            raise UnreadableError("no Docker engine is watched: [project] docker is missing")
        try:
            found = await docker.settings(origin.workload)
        except (EngineLost, EngineRefused) as lost:
            raise UnreadableError(str(lost)) from lost
        if found is None or not found.running:
            raise UnreadableError(f"container {origin.workload} {'is not there' if found is None else 'does not run'}")
        if origin.port is not None:
            return _published(found, origin.port)
        said = found.env.get(origin.env) if origin.env is not None else found.labels.get(origin.label or "")
        if said is None:
            raise AbsentError(f"has no {origin.env or f'label {origin.label}'}")
        return Found(said.strip())

    async def _in_answer(self, origin: InAnswer) -> Found:
        look = await self._probe.look() if self._probe else None
        if look is None or look.response is None or look.judgement.state not in ("ok", "slow"):
            raise UnreadableError(f"{origin.place()}: {look.judgement.why if look else 'not asked'}")
        if origin.header:
            said = look.response.headers.get(origin.header.lower())
            if said is None:
                raise AbsentError(f"has no header {origin.header}")
            return Found(said.strip())
        data = parse(look.response.text())
        if data is NOT_JSON:
            raise UnreadableError(f"{origin.place()}: the answer is no JSON")
        return Found(scalar_at(data, origin.json, "the answer").strip())

    async def _of_command(self, origin: OfCommand) -> Found:
        program = origin.command[0]
        try:
            ran = await step.run(origin.command, self._ground.dir, self._within_s, errors=False)
        except (OSError, ValueError) as wrong:
            why = getattr(wrong, "strerror", None) or wrong
            raise UnreadableError(f"{program} cannot be run: {why}") from wrong
        if ran.code is None:
            raise UnreadableError(f"{program} timed out after {self._within_s:g}s")
        if ran.code != 0:
            raise UnreadableError(f"{program} ended with exit code {ran.code}")
        return Found(ran.output.decode("utf-8", errors="replace").strip())


def _in_environment(origin: InEnvironment) -> Found:
    said = os.environ.get(origin.env)
    if said is None:
        raise UnreadableError(f"{origin.env} is not set here")
    return Found(said.strip())


def _published(found: "Settings", port: int) -> Found:
    if found.ports is None:
        return Found(str(port))
    hosts = found.ports.get(port, ())
    if not hosts:
        raise AbsentError(f"does not publish {port}")
    if len(hosts) > 1:
        raise UnreadableError(f"publishes {port} as {' and '.join(str(host) for host in hosts)}")
    return Found(str(hosts[0]))


def _probe(check: Check, origin: InAnswer, ground: Ground) -> HttpProbe:
    asked = HttpCheck(
        check.name, check.service, url=origin.url, timeout_ms=check.timeout_ms, expect=Expect(not_login=False)
    )
    return HttpProbe(asked, ground.transports, ground.clock.now)
