"""The git source: what this clone and its remote look like, reported when it changed.

The clone is watched by stat and small reads, the remote by `ls-remote`; processes start only when one of them moved
(and now and then for uncommitted files, which move nothing git could tell by). Never writes a ref of the user's.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from incidentui.core.inputs import GoodFound, Observation, RepositoryLooked, SourceAnswered, SourceFailed
from incidentui.core.model import Commit, Ms, Repository
from incidentui.edge.git.good import kept
from incidentui.edge.git.history import log
from incidentui.edge.git.place import Layout, Place, layout, stand
from incidentui.edge.git.planning import dirty
from incidentui.edge.git.remote import ask, fetch
from incidentui.edge.git.run import GitError
from incidentui.edge.git.sizes import AT_ONCE, Sizes
from incidentui.session.ports import Clock, Report

DIRTY = 20
Fingerprint = tuple[object, ...]


class GitSource:
    """`branch` and `remote` as configured; None: the checkout's branch and the remote it follows."""

    name = "git"

    def __init__(
        self,
        top: Path,
        branch: str | None,
        remote: str | None,
        clock: Clock,
        *,
        every_ms: Ms = 1_000,
        remote_every_ms: Ms = 5_000,
        files_every_ms: Ms = 10_000,
        lost_every_ms: Ms = 10_000,
    ) -> None:
        self._top = top
        self._branch = branch
        self._remote = remote
        self._clock = clock
        self._every = every_ms
        self._remote_every = remote_every_ms
        self._files_every = files_every_ms
        self._lost_every = lost_every_ms
        self._place: Place | None = None
        self._print: Fingerprint | None = None
        self._files_due = 0
        self._dirty: tuple[str, ...] = ()
        self._dirty_count = 0
        self._commits: tuple[tuple[tuple[str, ...], bool] | None, tuple[Commit, ...]] = (None, ())
        self._sizes = Sizes()
        self._upstream: str | None = None
        self._asked: Ms | None = None
        self._there = True
        """Whether the remote's tip is in the clone."""
        self._no_remote: GitError | None = None
        self._seen: Repository | None = None
        self._lost: dict[str, str] = {}
        self._found = asyncio.Event()
        self._drawing = asyncio.Lock()

    async def run(self, report: Report) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_clone(report))
            tasks.create_task(self._watch_remote(report))

    async def look(self) -> Sequence[Observation]:
        """Everything anew, the remote too. The picture comes last, and also when nothing changed."""
        self._sizes.again()
        first = await self._look_clone()
        asked = [o for o in await self._look_remote() if not isinstance(o, RepositoryLooked)]
        await self._measure()
        self._print, self._seen = None, None
        news = [o for o in first if not isinstance(o, RepositoryLooked)]
        return (*news, *asked, *await self._look_clone())

    async def _watch_clone(self, report: Report) -> None:
        while True:
            for observation in await self._look_clone():
                report(observation)
            if await self._measure():
                for observation in await self._picture():
                    report(observation)
            await asyncio.sleep((self._lost_every if "git" in self._lost else self._every) / 1000)

    async def _watch_remote(self, report: Report) -> None:
        await self._found.wait()
        while True:
            for observation in await self._look_remote():
                report(observation)
            await asyncio.sleep(self._remote_every / 1000)

    # -- the clone

    async def _look_clone(self) -> Sequence[Observation]:
        try:
            return (*await self._clone(), *self._answered("git"))
        except (GitError, OSError) as error:
            self._print = None
            words = f"{error.what}: {error.where}" if isinstance(error, GitError) else str(error)
            return self._failed("git", words, self._lost_every)

    async def _clone(self) -> Sequence[Observation]:
        first = self._place is None
        seen = await self._seen_here()
        if not first or self._place is None:
            return seen
        with suppress(GitError):  # a journal that knows of no known-good takes the one that the clone keeps
            return (*(GoodFound(good) for good in (await kept(self._place.layout))[:1]), *seen)
        return seen

    async def _seen_here(self) -> Sequence[Observation]:
        now = self._clock.mono()
        found = fingerprint(self._place.layout, self._branch) if self._place else None
        if self._place is None or self._print is None or found != self._print:
            where = self._place.layout if self._place and self._print else await layout(self._top)
            # The print is taken before git is asked: what changes meanwhile is seen at the next look.
            found = fingerprint(where, self._branch)
            self._place = await self._stand(where)
            self._print = found
            self._found.set()
        elif now < self._files_due:
            return ()
        with suppress(GitError):  # a status that takes too long is no reason to see nothing else
            found = await dirty(self._place.layout)
            self._dirty, self._dirty_count = found[:DIRTY], len(found)
        # At most a twentieth of the time goes into asking for uncommitted files.
        took = self._clock.mono() - now
        self._files_due = self._clock.mono() + max(self._files_every, 20 * took)
        return await self._picture()

    async def _stand(self, where: Layout) -> Place:
        try:
            place, self._no_remote = await stand(where, self._branch, self._remote), None
        except GitError as error:
            # Was it the configured remote? Then it is the remote that is lost, not the clone.
            place, self._no_remote = await stand(where, self._branch, None), error
            return replace(place, remote=self._remote)
        return place

    async def _picture(self) -> Sequence[Observation]:
        async with self._drawing:  # both watchers draw: an older picture must not come after a newer one
            place = self._place
            if place is None:
                return ()
            own = place.tip or (place.head if place.branch is None else None)
            tips = tuple(sorted({tip for tip in (self._upstream if self._there else None, own) if tip}))
            if (key := (tips, place.layout.shallow)) != self._commits[0]:
                self._commits = (key, await self._listed(place.layout, tips))
            picture = Repository(
                place.branch, place.head, self._upstream, place.remote, self._asked, self._dirty, place.operation,
                self._sizes.filled(self._commits[1]), self._dirty_count,
            )  # fmt: skip
            same = self._seen is not None and replace(picture, remote_asked=self._seen.remote_asked) == self._seen
            self._seen = picture
            return () if same else (RepositoryLooked(picture),)

    async def _listed(self, where: Layout, tips: Sequence[str]) -> tuple[Commit, ...]:
        commits = await log(where, tips)
        if 0 < len(new := self._sizes.missing(commits)) <= AT_ONCE:
            await self._sizes.measure(where, new)
        return commits

    async def _measure(self) -> bool:
        """Count the merges that the picture shows without a size; whether there were any."""
        missing = self._sizes.missing(self._commits[1])
        if self._place is None or not missing:
            return False
        await self._sizes.measure(self._place.layout, missing)
        return True

    # -- the remote

    async def _look_remote(self) -> Sequence[Observation]:
        place = self._place
        if place is None or place.remote is None or place.branch is None:
            self._upstream = None
            return ()
        source = f"remote:{place.remote}"
        try:
            if self._no_remote:
                raise self._no_remote
            await self._ask(place, place.remote, place.branch)
            return (*self._answered(source), *await self._picture())
        except (GitError, OSError) as error:
            # The last picture stays; what the remote has now is not known.
            why = error.what if isinstance(error, GitError) else str(error)
            return self._failed(source, why, self._remote_every)

    async def _ask(self, place: Place, remote: str, branch: str) -> None:
        tip = await ask(place.layout, remote, branch)
        self._asked = self._clock.now()
        if tip is not None and (tip != self._upstream or not self._there):
            self._upstream, self._there = tip, False
            await fetch(place.layout, remote, branch, tip)
        self._upstream, self._there = tip, True

    # -- lost and found

    def _failed(self, source: str, why: str, retry_ms: Ms) -> Sequence[Observation]:
        said = re.sub(r"\d+", "", why)  # times and ports in git's words are no news
        if self._lost.get(source) == said:
            return ()
        self._lost[source] = said
        return (SourceFailed(source, why, retry_ms),)

    def _answered(self, source: str) -> Sequence[Observation]:
        return (SourceAnswered(source),) if self._lost.pop(source, None) is not None else ()


_STATS = ("packed-refs", "reftable/tables.list", "config", "shallow")
_OWN = ("index", "reftable/tables.list", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge",
        "rebase-apply", "sequencer", "BISECT_LOG")  # fmt: skip


@lru_cache(maxsize=8)
def _paths(where: Layout) -> tuple[str, str, tuple[str, ...]]:
    own, common = str(where.gitdir), str(where.common)
    # A set, because both directories are one in an ordinary clone.
    stats = dict.fromkeys([*(f"{common}/{name}" for name in _STATS), *(f"{own}/{name}" for name in _OWN)])
    return f"{own}/HEAD", common, tuple(stats)


def fingerprint(where: Layout, branch: str | None) -> Fingerprint:
    """Changes whenever HEAD, the branch, the index, the remotes or an operation do; costs a few stats, no process.

    Loose refs by content (two commits may come within one tick of the clock), the rest by stat.
    """
    head_path, common, stats = _paths(where)
    head = _content(head_path)
    ref = os.fsdecode(head[5:].strip()) if head.startswith(b"ref: ") else ""
    wanted = f"refs/heads/{branch}" if branch else ref
    refs = [_content(f"{common}/{name}") for name in dict.fromkeys((ref, wanted)) if name]
    return (head, *refs, *map(_stat, stats))


def _content(path: str) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(file, 4096)
    except OSError:
        return b""
    finally:
        os.close(file)


def _stat(path: str) -> tuple[int, int, int] | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size, info.st_ino
