"""Supervised programs: what supervisord says of them, looked at every second, and stop and start.

What it cannot tell stays None: it counts no restarts, and the exit status it gives while it backs off is not one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from incidentui.core.inputs import Observation, WorkloadsLooked
from incidentui.core.known_errors import Library
from incidentui.core.model import Ms, PlanStep, Workload
from incidentui.edge.containers.blast import Blast
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.containers.logs import LOG_BYTES, last_words, recognised
from incidentui.edge.containers.logs_files import FileLogs
from incidentui.edge.containers.seen import Contact, Look, Seen
from incidentui.edge.containers.supervisor_rpc import Rpc
from incidentui.edge.containers.using_kernel import listens
from incidentui.edge.text import clean, clean_and_redact
from incidentui.session.ports import Clock, Report

_STOP_S = 20.0
_STOP_LOOK_S = 0.1
_NOT_RUNNING = "NOT_RUNNING"
_STOPPED = ("STOPPED", "EXITED", "FATAL", "UNKNOWN")


class SupervisorEngine:
    name = "supervisor"

    def __init__(self, socket_path: str) -> None:
        self._rpc = Rpc(socket_path)
        self._names: dict[str, str] = {}
        """Name as shown -> name as supervisord knows it."""
        self._files: dict[str, tuple[str, ...]] = {}

    @property
    def address(self) -> str:
        return f"unix:{clean(self._rpc.path, 200)}"

    async def looks(self) -> tuple[Look, ...]:
        infos = await self._rpc.call("supervisor.getAllProcessInfo")
        try:
            return tuple(self._look(info) for info in infos)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise EngineLost(f"supervisor socket {self._rpc.path}: what answers is not supervisord") from error

    def _look(self, info: dict[str, Any]) -> Look:
        look = look_of(info)
        self._names[look.workload.name] = _namespec(info)
        kept = (info.get("stdout_logfile"), info.get("stderr_logfile"))
        self._files[look.workload.name] = tuple(path for path in kept if isinstance(path, str) and path)
        return look

    async def workloads(self) -> tuple[Workload, ...]:
        return tuple(look.workload for look in await self.looks())

    async def one(self, workload: Workload) -> Workload | None:
        try:
            return self._look(await self._info(workload)).workload
        except EngineRefused:
            return None

    async def _info(self, workload: Workload) -> dict[str, Any]:
        info = await self._rpc.call("supervisor.getProcessInfo", self._spec(workload))
        assert isinstance(info, dict)
        return info

    def _spec(self, workload: Workload) -> str:
        return self._names.get(workload.name, workload.name)

    def steps(self, deed: str, workload: Workload) -> tuple[PlanStep, ...]:
        spec = clean(self._spec(workload), 200)
        pid = f" (pid {workload.ident})" if workload.ident else ""
        stop = PlanStep("stop", f"stop {workload.name}{pid}", (("supervisor", "stopProcess", spec),))
        start = PlanStep("start", f"start {workload.name}", (("supervisor", "startProcess", spec),))
        return {"restart": (stop, start), "stop": (stop,), "start": (start,)}[deed]

    async def blast(self, deed: str, workload: Workload) -> Blast:
        """supervisord knows of no program that needs another one; where it listens the kernel tells."""
        ports = await asyncio.to_thread(listens, workload.ident) if deed != "start" else ()
        return Blast(tuple((f"port {port}", "it listens there: nobody answers meanwhile") for port in ports))

    async def do(self, verb: str, workload: Workload) -> None:
        if verb == "start":
            await self._rpc.call("supervisor.startProcess", self._spec(workload), False)
            return
        try:
            # Without waiting: the answer would take as long as the program takes to stop.
            await self._rpc.call("supervisor.stopProcess", self._spec(workload), False)
        except EngineRefused as refused:
            if _NOT_RUNNING not in str(refused):
                raise
        await self._until_stopped(workload)

    async def _until_stopped(self, workload: Workload) -> None:
        for _ in range(int(_STOP_S / _STOP_LOOK_S)):
            if (await self._info(workload)).get("statename") in _STOPPED:
                return
            await asyncio.sleep(_STOP_LOOK_S)
        raise EngineRefused(f"{workload.name} did not stop within {_STOP_S:g} s")

    async def tail(self, workload: Workload, lines: int) -> str:
        info = await self._info(workload)
        size = min(LOG_BYTES * 8, max(LOG_BYTES, lines * 200))
        out = await self._log(workload, "Stdout", info.get("stdout_logfile"), size)
        err = await self._log(workload, "Stderr", info.get("stderr_logfile"), size)
        return "\n".join(part for part in (out, err) if part)

    def follow(self, workload: Workload, since: Ms | None, lines: int) -> FileLogs:
        return FileLogs(workload.name, self._files.get(workload.name, ()), since, lines)

    async def _log(self, workload: Workload, which: str, path: object, size: int) -> str:
        if not path or not isinstance(path, str):
            return ""  # not kept in a file, or the other stream's
        # supervisord cuts at bytes and then fails to decode its own answer when the cut split a character.
        for length in range(size, size - 4, -1):
            try:
                answer = await self._rpc.call(f"supervisor.tailProcess{which}Log", self._spec(workload), 0, length)
            except EngineRefused:
                return ""
            except EngineLost:
                continue
            return _whole_lines(str(answer[0]), bool(answer[2]))
        return await asyncio.to_thread(_file_end, path, size)


def _whole_lines(text: str, cut: bool) -> str:
    return text.partition("\n")[2] if cut and "\n" in text else text


def _file_end(path: str, size: int) -> str:
    """Read past supervisord, which refuses a log that is not UTF-8. The socket is local, so is the file."""
    try:
        with Path(path).open("rb") as log:
            length = log.seek(0, 2)
            log.seek(max(0, length - size))
            return _whole_lines(log.read(size).decode("utf-8", errors="replace"), length > size)
    except OSError:
        return ""


class SupervisorSource:
    name = "supervisor"

    def __init__(self, socket_path: str, clock: Clock, every_ms: Ms = 1000, library: Library | None = None) -> None:
        self.engine = SupervisorEngine(socket_path)
        self._library = library or Library()
        self._clock = clock
        self._every_ms = every_ms
        self._seen = Seen()
        self._contact = Contact(self.name)
        self._lock = asyncio.Lock()

    async def run(self, report: Report) -> None:
        while True:
            news, wait_ms, _ = await self._turn()
            for observation in news:
                report(observation)
            await asyncio.sleep(wait_ms / 1000)

    async def look(self) -> Sequence[Observation]:
        news, _, workloads = await self._turn()
        return news or ([] if workloads is None else [WorkloadsLooked(self.name, workloads)])

    async def _turn(self) -> tuple[list[Observation], Ms, tuple[Workload, ...] | None]:
        async with self._lock:
            try:
                looks = await self.engine.looks()
            except (EngineLost, EngineRefused) as lost:
                return *self._contact.failed(str(lost)), None
            workloads, worse = self._seen.fold(looks, self._clock.now())
            logs = await last_words(self.engine, worse)
            known = recognised(self._library, worse, logs)
            return self._contact.answered(workloads, logs, known), self._every_ms, workloads


# -- what supervisord says -----------------------------------------------------------------------


def _namespec(info: dict[str, Any]) -> str:
    name, group = str(info["name"]), str(info["group"])
    return name if name == group else f"{group}:{name}"


def look_of(info: dict[str, Any]) -> Look:
    """One entry of getAllProcessInfo."""
    phase = str(info["statename"])
    start, stop, pid = int(info["start"]) * 1000, int(info["stop"]) * 1000, int(info["pid"])
    said = clean_and_redact(str(info["spawnerr"]), 200)
    base = Workload(name=clean(_namespec(info), 120), engine="supervisor", ident=str(pid) if pid else "")
    workload = _workload(base, phase, said, int(info["exitstatus"]), start or None, stop or None)
    return Look(workload, start or None, trying=phase == "BACKOFF")


def _workload(base: Workload, phase: str, said: str, status: int, start: Ms | None, stop: Ms | None) -> Workload:
    match phase:
        case "RUNNING":
            return replace(base, state="running", since=start)
        case "STARTING":
            return replace(base, state="starting", since=start)
        case "BACKOFF":
            return replace(base, state="crashing", since=stop, note=said or "does not stay up")
        case "FATAL":
            return replace(base, state="crashing", since=stop, note=f"gave up: {said}" if said else "gave up")
        case "EXITED":
            # -1 is supervisord's word for "killed by a signal"; which one, it does not tell.
            killed = "killed by a signal" if status < 0 else said
            return replace(base, state="exited", since=stop, exit_code=status if status >= 0 else None, note=killed)
        case "STOPPED":
            return replace(base, state="stopped", since=stop, note="" if start else "never started")
        case "STOPPING":
            return replace(base, state="stopped", note="stopping")
        case _:
            return replace(base, state="unknown", note=clean(phase, 40))
