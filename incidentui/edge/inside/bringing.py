"""`workload.copy-in` step by step: what is there is kept first, then written, then read back and compared."""

import asyncio
import hashlib
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from incidentui.core.backup import Backup, Difference, Entry, differs
from incidentui.core.format import count, storage
from incidentui.core.inputs import Refusal
from incidentui.core.model import Workload
from incidentui.core.value import dataclass
from incidentui.edge.containers.deeds import End
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.containers.patient import Patient
from incidentui.edge.containers.telling import Steps
from incidentui.edge.inside.copying import CopyError, owners_of, packed
from incidentui.edge.inside.plans import IN, LONG_MS, Inside, of_backup
from incidentui.edge.text import clean
from incidentui.edge.volumes.archive import BrokenArchiveError, Stream, entries
from incidentui.edge.volumes.store import BackupError, Store
from incidentui.session.ports import Clock

_OURS = (CopyError, BackupError, BrokenArchiveError)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is written: a file or a folder of this machine, or what was there before."""

    to: str
    what: str
    args: tuple[tuple[str, str], ...]
    digest: str
    here: Path | None = None
    back: Backup | None = None

    def unfit(self, found: Inside) -> str:
        if self.here is None or not found.there or self.here.is_dir() == found.is_folder:
            return ""
        return f"{found.path} is a {'folder' if found.is_folder else 'file'}, {self.here} is not"


async def sources(
    store: Store, workload: Workload, args: Mapping[str, str], here: Callable[[str], Path]
) -> Chosen | Refusal:
    usual = f"{IN} name={workload.name} from=FILE to=/path"
    if back := args.get("back", ""):
        it = await asyncio.to_thread(lambda: store.read(store.find(back)))
        if not it.path:
            return Refusal(f"{it.id} is a backup of a volume", f"volume.restore id={it.id}", usage=True)
        if workload.name not in it.workloads:
            return Refusal(f"{it.id} is of {', '.join(it.workloads)}, not of {workload.name}", usage=True)
        return Chosen(it.path, of_backup(it), (("back", it.id),), it.archive_sha256, back=it)
    if not args.get("from") or not args.get("to"):
        return Refusal("from where, and to where?", usual, usage=True)
    source, to = here(args["from"]), posixpath.normpath(args["to"])
    if not source.exists():
        return Refusal(f"there is no {source}", usual, usage=True)
    if to == "/":
        return Refusal("the whole of a container is not written over", usual, usage=True)
    content = await asyncio.to_thread(packed, source, "x", {})
    kind = f"folder {source}" if source.is_dir() else f"{source} ({storage(source.stat().st_size)})"
    return Chosen(to, kind, (("from", str(source)),), hashlib.sha256(content).hexdigest(), here=source)


class Bringing:
    """One run."""

    def __init__(
        self, engine: DockerEngine, store: Store, clock: Clock, me: str, workload: Workload, found: Inside,
        chosen: Chosen, steps: Steps,
    ) -> None:  # fmt: skip
        self._patient = Patient(engine, 120, _OURS)
        self._store, self._clock, self._me = store, clock, me
        self._workload, self._found, self._chosen, self._steps = workload, found, chosen, steps
        self._top = posixpath.basename(found.path)

    async def run(self, run: str) -> End:
        plan, kept = iter(self._steps.plan.steps), None
        if self._found.there:
            self._steps.begin(next(plan))
            kept = await self._work(lambda api: self._kept(api, run))
            self._steps.end("done", f"copy {kept.id}")
        self._steps.begin(next(plan))
        undo = f"{IN} name={self._workload.name} back={kept.id} puts back what was before" if kept else ""
        try:
            written = await self._work(lambda api: self._written(api, kept))
            self._steps.end("done")
            self._steps.begin(next(plan))
            if wrong := await self._work(lambda api: self._differing(api, written)):
                return End("failed", f"not as it was written: {wrong}" + (f"; {undo}" if undo else ""))
        except (EngineLost, EngineRefused, *_OURS) as error:
            return End("failed", f"{error}" + (f"; {undo}" if undo else ""))
        return End(
            "done", f"{self._found.path}: {count(len(written), 'name')} compared" + (f"; {undo}" if undo else "")
        )

    async def _work(self, work: Callable[[Any], Any]) -> Any:
        return await self._patient.work(lambda api, _: work(api), LONG_MS / 1000)

    # -- each of these blocks

    def _chunks(self, api: Any) -> Iterator[bytes]:
        found, _ = api.get_archive(self._workload.ident, self._found.path, chunk_size=_CHUNK)
        yield from found

    def _kept(self, api: Any, run: str) -> Backup:
        at = self._clock.now()
        name, path = self._workload.name, self._found.path
        it = Backup(
            id=datetime.fromtimestamp(at / 1000, UTC).strftime("%Y%m%d-%H%M%S"),
            at=at, by=self._me, why=f"before {IN} {name}", run=run, volume=f"{name}:{path}", driver="", created="",
            files=0, entries=0, size=0, archive_size=0, archive_sha256="", manifest_sha256="",
            workloads=(name,), path=path, top=self._top,
        )  # fmt: skip
        with self._store.beside() as writing:
            found, files, size = writing.take(self._chunks(api), lambda _: None, self._top)
            return writing.keep(replace(it, entries=found, files=files, size=size))

    def _written(self, api: Any, kept: Backup | None) -> dict[str, Entry]:
        """What was put there, by its path."""
        above = posixpath.dirname(self._found.path)
        back, here = self._chosen.back, self._chosen.here
        if back is not None:
            if why := self._store.wrong(back):
                raise BackupError(f"copy {back.id} is damaged: {why}")
            with self._store.archive(back.id).open("rb") as file:
                api.put_archive(self._workload.ident, above, file)
            return {entry.path: entry for entry in self._store.manifest(back.id)}
        assert here is not None
        owners = owners_of(self._store.manifest(kept.id)) if kept else {}
        archive = packed(here, self._top, owners)
        api.put_archive(self._workload.ident, above, archive)
        stream = Stream(iter([archive]))
        return {entry.path: entry for entry in entries(stream, self._top)}

    def _differing(self, api: Any, written: Mapping[str, Entry]) -> str:
        """Names that were in a folder before may stay: only what was written is compared."""
        now = {entry.path: entry for entry in entries(Stream(self._chunks(api)), self._top) if entry.path in written}
        missing = [Difference(path, "is missing") for path in written if path not in now]
        other = [Difference(path, why) for path, one in now.items() if (why := differs(written[path], one))]
        return "; ".join(f"{clean(each.path, 80)} {each.text}" for each in (*missing, *other)[:5])
