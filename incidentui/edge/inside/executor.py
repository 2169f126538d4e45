"""workload.exec, workload.copy-out, workload.copy-in: inside a container, planned and recorded."""

import asyncio
import os
import posixpath
import secrets
import shlex
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incidentui.core.inputs import ActionActed, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Plan, Workload
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.edge.containers.deeds import UP, planned, want
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import find
from incidentui.edge.containers.patient import Patient
from incidentui.edge.containers.telling import Steps
from incidentui.edge.inside.bringing import Bringing, sources
from incidentui.edge.inside.copying import Copied, CopyError, out, stat_of
from incidentui.edge.inside.plans import EXEC, IN, LONG_MS, OUT, Inside, exec_plan, in_plan, mount_of, out_plan
from incidentui.edge.inside.running import NO_PROGRAM, Ended, run
from incidentui.edge.redact import GONE
from incidentui.edge.step import HEAD, TAIL
from incidentui.edge.text import clean, clean_and_redact, redact
from incidentui.edge.volumes.archive import BrokenArchiveError
from incidentui.edge.volumes.store import BackupError, Store
from incidentui.session.ports import Clock, Report

EXEC_MS = 30_000
MOST_MS = 600_000
_KEYS = {
    EXEC: ("name", "command", "user", "engine", "within"),
    OUT: ("name", "from", "to", "engine"),
    IN: ("name", "from", "to", "back", "engine"),
}
_USUAL = {EXEC: 'command="cat /etc/hosts"', OUT: "from=/path to=FOLDER", IN: "from=FILE to=/path"}
_OURS = (CopyError, BackupError, BrokenArchiveError)


class InsideExecutor:
    actions = frozenset({EXEC, OUT, IN})

    def __init__(self, folder: Path, engines: Sequence[Engine], store: Store, clock: Clock, me: str) -> None:
        """`folder`: what relative paths of this machine start from; `store`: keeps what is written over."""
        self._folder, self._engines, self._store = folder, engines, store
        self._clock, self._me = clock, me
        self._words: dict[str, tuple[str, ...]] = {}
        """By a plan's key: the words of its command as they were given, which may hold a secret."""

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        if odd := next((key for key in args if key not in _KEYS[action]), ""):
            return Refusal(f"{action} takes no {odd!r}", f"it takes {', '.join(_KEYS[action])}", usage=True)
        if not args.get("name"):
            return Refusal("which workload?", f"{action} name=NAME {_USUAL[action]}", usage=True)
        found = await find(self._engines, args["name"], args.get("engine"))
        if isinstance(found, Refusal):
            return found
        engine, listed = found
        if not isinstance(engine, DockerEngine):
            why = f"{listed.name} is no container: it runs on this machine itself"
            return Refusal(why, "a shell sees what it sees", usage=True)
        try:
            workload = await engine.one(listed)
            if workload is None:
                return Refusal(f"{listed.name} went away between two looks", "look again")
            if action == EXEC:
                return self._exec_plan(workload, args, engine.address)
            if action == OUT:
                return await self._out_plan(engine, workload, args)
            return await self._in_plan(engine, workload, args)
        except (EngineLost, EngineRefused, *_OURS) as error:
            return Refusal(str(error), "nothing was done")

    def _exec_plan(self, workload: Workload, args: Mapping[str, str], host: str) -> Plan | Refusal:
        try:
            words = shlex.split(args.get("command", ""))
        except ValueError as error:
            return Refusal(f"the command cannot be read: {error}", "words as in a shell, without a shell", usage=True)
        if GONE in args.get("command", ""):
            return Refusal(f"the command holds {GONE}: its secret was not kept", "type it again", usage=True)
        if not words:
            return Refusal("which command?", f"{EXEC} name={workload.name} {_USUAL[EXEC]}", usage=True)
        if workload.state not in UP or workload.state == "paused":
            return Refusal(f"{workload.name} does not run: nothing can be run in it", "copy-out works all the same")
        within_ms = deadline(args, EXEC_MS)
        if isinstance(within_ms, Refusal):
            return within_ms
        if within_ms > MOST_MS:
            return Refusal(f"within={args['within']} is longer than 10m", "a diagnostic is short", usage=True)
        key = secrets.token_hex(8)
        self._words[key] = tuple(words)
        return exec_plan(workload, words, args.get("user", ""), within_ms, host, key)

    async def _out_plan(self, engine: DockerEngine, workload: Workload, args: Mapping[str, str]) -> Plan | Refusal:
        if not args.get("from") or not args.get("to"):
            return Refusal("from where, and to where?", f"{OUT} name={workload.name} {_USUAL[OUT]}", usage=True)
        found = await self._inside(engine, workload, args["from"])
        if isinstance(found, Refusal):
            return found
        if not found.there:
            return Refusal(f"there is no {found.path} in {workload.name}", "look: workload.exec", usage=True)
        folder = self._here(args["to"])
        place = folder / _name(found.path, workload)
        if why := await asyncio.to_thread(_in_the_way, place):
            return Refusal(why, "name another folder")
        return out_plan(workload, found, str(folder), engine.address)

    async def _in_plan(self, engine: DockerEngine, workload: Workload, args: Mapping[str, str]) -> Plan | Refusal:
        chosen = await sources(self._store, workload, args, self._here)
        if isinstance(chosen, Refusal):
            return chosen
        found = await self._inside(engine, workload, chosen.to)
        if isinstance(found, Refusal):
            return found
        if found.read_only:
            return Refusal(f"{found.path} cannot be written: {found.lies_in}, mounted read-only", "change its source")
        if why := chosen.unfit(found):
            return Refusal(why, "nothing was done", usage=True)
        above = await self._inside(engine, workload, posixpath.dirname(found.path))
        if isinstance(above, Inside) and not above.there:
            return Refusal(f"there is no folder {above.path} in {workload.name}", "make it: workload.exec", usage=True)
        return in_plan(workload, found, chosen.what, chosen.args, chosen.digest, engine.address)

    def _here(self, text: str) -> Path:
        return Path(os.path.normpath(self._folder / Path(text).expanduser()))

    async def _inside(self, engine: DockerEngine, workload: Workload, path: str) -> Inside | Refusal:
        wanted = posixpath.normpath(path)
        if not wanted.startswith("/"):
            return Refusal(
                f"{clean(path, 80)} does not begin with /", "a path in a container is a whole one", usage=True
            )
        inspected = await engine.call(lambda api: api.inspect_container(workload.ident))
        told = await Patient(engine, 20).work(lambda api, _: stat_of(api, workload.ident, wanted), 20)
        lies_in, read_only = mount_of(wanted, inspected.get("Mounts") or ())
        read_only = read_only or (not lies_in and bool((inspected.get("HostConfig") or {}).get("ReadonlyRootfs")))
        if told is None:
            return Inside(wanted, False, lies_in=lies_in, read_only=read_only)
        # Go's os.FileMode: the highest bit says that it is a folder.
        is_folder = bool(int(told.get("mode", 0)) >> 31 & 1)
        return Inside(wanted, True, is_folder, int(told.get("size", 0)), lies_in, read_only)

    # -- acting

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        steps = Steps(run, plan, report, self._clock)
        try:
            engine = self._engine()
            now = await engine.one(planned(plan))
            if now is None or now.ident != want(plan, "container"):
                return ActionActed(run, "refused", f"nothing was done: {plan.target} is another container by now")
            if plan.action == EXEC:
                return await self._exec(run, plan, engine, now, steps)
            if plan.action == OUT:
                return await self._out(run, plan, engine, now, steps)
            return await self._in(run, plan, engine, now, steps)
        except (EngineLost, EngineRefused, *_OURS) as error:
            steps.end("failed", str(error))
            return ActionActed(run, "failed", str(error))

    def _engine(self) -> DockerEngine:
        for engine in self._engines:
            if isinstance(engine, DockerEngine):
                return engine
        raise EngineRefused("no Docker engine is watched")

    async def _exec(self, run_: str, plan: Plan, engine: DockerEngine, now: Workload, steps: Steps) -> ActionActed:
        args = dict(plan.args)
        words = self._words.get(want(plan, "words"))
        if words is None or now.state not in UP:
            return ActionActed(run_, "refused", "nothing was done: it does not run any more; make a new plan")
        steps.begin(plan.steps[0])

        def work(api: Any, stop: threading.Event) -> Ended:
            return run(api, now.ident, words, args.get("user", ""), plan.within_ms / 1000, stop)

        ended = await Patient(engine, plan.within_ms // 1000 + 20).work(work, plan.within_ms / 1000 + 20)
        said, good = _told(ended, plan), ended.code == 0
        steps.end("done" if good else "failed", said)
        text = clean_and_redact(ended.output, limit=HEAD + TAIL, lines=True)
        evidence = Evidence("output", f"$ {redact(args['command'])}\n{text}")
        return ActionActed(run_, "done" if good else "failed", said, evidence=evidence)

    async def _out(self, run_: str, plan: Plan, engine: DockerEngine, now: Workload, steps: Steps) -> ActionActed:
        args = dict(plan.args)
        steps.begin(plan.steps[0])

        def work(api: Any, stop: threading.Event) -> Copied:
            chunks, _ = api.get_archive(now.ident, args["from"], chunk_size=1 << 20)
            return out(chunks, Path(args["to"]), _name(args["from"], now), stop)

        copied = await Patient(engine, 120, _OURS).work(work, LONG_MS / 1000)
        steps.end("done")
        left = f"; left out: {'; '.join(clean(each, 120) for each in copied.left_out)}" if copied.left_out else ""
        more = f" and {copied.left_out_count - len(copied.left_out)} more" if copied.left_out_count > 5 else ""
        return ActionActed(run_, "done", f"{copied.files} files, {copied.size} bytes in {copied.path}{left}{more}")

    async def _in(self, run_: str, plan: Plan, engine: DockerEngine, now: Workload, steps: Steps) -> ActionActed:
        args = dict(plan.args)
        chosen = await sources(self._store, now, args, self._here)
        if isinstance(chosen, Refusal):
            return ActionActed(run_, "refused", f"nothing was done: {chosen.why}")
        found = await self._inside(engine, now, args["to"])
        if isinstance(found, Refusal) or str(found.there) != want(plan, "there"):
            return ActionActed(run_, "refused", f"nothing was done: {args['to']} came or went; make a new plan")
        if chosen.digest != want(plan, "content"):
            return ActionActed(run_, "refused", "nothing was done: what would be written changed; make a new plan")
        bringing = Bringing(engine, self._store, self._clock, self._me, now, found, chosen, steps)
        end = await bringing.run(run_)
        steps.over(end)
        return ActionActed(run_, end.outcome, end.why)

    async def settle(self, attempt: Attempt) -> ActionActed:
        if attempt.plan.action == OUT:
            return ActionActed(attempt.run, "failed", "it was not finished; nothing is left under its name")
        if attempt.plan.action == EXEC:
            top = f"docker top {want(attempt.plan, 'container')[:12]}"
            why = f"what it did cannot be looked up, and it may go on in there: {top} shows that"
            return ActionActed(attempt.run, "unknown", why)
        kept = next((each.id for each in self._store.all() if each.run == attempt.run), "")
        back = f"; {IN} name={attempt.plan.target} back={kept} puts back what was before" if kept else ""
        return ActionActed(attempt.run, "unknown", f"whether it was written is not known{back}")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


def _name(path: str, workload: Workload) -> str:
    """Of what is copied out; the whole of a container by the container's name."""
    return posixpath.basename(posixpath.normpath(path)) or clean(workload.name, 60).replace("/", "-")


def _in_the_way(place: Path) -> str:
    if os.path.lexists(place):
        return f"{place} is there already: it is not written over"
    folder = place.parent
    return f"{folder} is no folder" if folder.exists() and not folder.is_dir() else ""


def _told(ended: Ended, plan: Plan) -> str:
    held = "; what it started holds its output open, and may go on in there" if ended.held else ""
    if ended.code is None and ended.in_time:
        return "its output ended and it goes on in there: see for yourself how it ends"
    if ended.code is None:
        still = ": it goes on in there, end it yourself" if ended.goes_on else ": it was ended"
        return f"stopped after {plan.within_ms / 1000:g} s{still}{held}"
    if ended.code in NO_PROGRAM:
        return f"exit {ended.code}: there is no such program in {plan.target}, or it cannot be run"
    return f"exit {ended.code}{held}"
