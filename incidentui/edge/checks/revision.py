"""Which commit a service runs, as the service's own side says it: a file, an address, a label or a command.

Knows nothing of deploys. What cannot be known is None with the reason; it never guesses from git.
"""

import asyncio
import os
import random
import re
import stat
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from incidentui.config.checks import Expect, HttpCheck, RevisionSpec
from incidentui.core.follow import says_dirty
from incidentui.core.inputs import RevisionLooked
from incidentui.core.model import Ms, OddBuild
from incidentui.edge import step
from incidentui.edge.checks.web.http import HttpProbe, Transports
from incidentui.edge.checks.web.json_rules import BadPathError, find, parse
from incidentui.edge.matching import TooSlowError
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock, Report

Resolve = Callable[[str], Awaitable[str | None]]
"""A short or full sha to the full one; None when the repository knows no such commit, or several."""
Label = Callable[[str, str], Awaitable[str | None]]
"""(service, label) to its value on the image of one of its workloads."""

_SHA = re.compile(r"[0-9a-f]{7,40}")
_DESCRIBED = re.compile(r".+-\d+-g([0-9a-f]{7,40})")
"""As `git describe` says it."""
PATIENCE_MS: Ms = 12_000
"""How long a commit may be missing here before it is one that nobody pushed: a fetch may be on its way."""
_ASK_AGAIN_MS: Ms = 3_000
_CAP = 4096
_TIMEOUT_MS: Ms = 5_000


class NotKnownError(Exception):
    """Why the revision cannot be known, in words for the screen."""

    def __init__(self, why: str, odd: OddBuild = "") -> None:
        super().__init__(why)
        self.odd: OddBuild = odd


class RevisionSource:
    name = "revision"

    def __init__(
        self,
        specs: Sequence[RevisionSpec],
        base_dir: Path,
        clock: Clock,
        every_ms: Ms = 1_000,
        resolve: Resolve | None = None,
        label: Label | None = None,
        trusted: bool = False,
        patience_ms: Ms = PATIENCE_MS,
    ) -> None:
        self._specs = tuple(specs)
        self._dir = base_dir
        self._every_s = every_ms / 1000
        self._resolve = resolve
        self._label = label
        self._trusted = trusted
        self._clock = clock
        self._patience = patience_ms
        self._here: set[str] = set()
        """Full shas that the repository has."""
        self._absent: dict[str, tuple[Ms, Ms]] = {}
        """Full shas that it has not: when that was seen first, and last."""
        self._transports = Transports()
        self._probes = {spec.service: self._probe(spec, clock) for spec in specs if spec.url is not None}

    async def run(self, report: Report) -> None:
        said: dict[str, RevisionLooked] = {}
        async with self._transports.in_use():
            while True:
                for looked in await self.look():
                    if said.get(looked.service) != looked:
                        said[looked.service] = looked
                        report(looked)
                await asyncio.sleep(self._every_s * random.uniform(0.95, 1.05))

    async def look(self) -> Sequence[RevisionLooked]:
        async with self._transports.in_use():
            return await asyncio.gather(*(self._look(spec) for spec in self._specs))

    async def _look(self, spec: RevisionSpec) -> RevisionLooked:
        try:
            sha = await self._full(await self._said(spec))
            return RevisionLooked(spec.service, sha, odd=await self._odd(sha))
        except NotKnownError as why:
            return RevisionLooked(spec.service, None, clean_and_redact(str(why), 200), why.odd)

    async def _full(self, said: str) -> str:
        text = said.strip()
        if says_dirty(text):
            raise NotKnownError(f"built from uncommitted code: {clean_and_redact(text, 60)}", "dirty")
        described = _DESCRIBED.fullmatch(text.lower())
        sha = described[1] if described else text.lower()
        if not _SHA.fullmatch(sha):
            shown = clean_and_redact(text, 40)
            raise NotKnownError(f'"{shown}" is no commit' if shown else "the answer is empty")
        if len(sha) == 40:
            return sha
        full = await self._resolve(sha) if self._resolve else None
        if full is None:
            raise NotKnownError(f"{sha}: not one commit of this repository")
        return full

    async def _odd(self, sha: str) -> OddBuild:
        """Whether the repository, which fetches what is pushed, has had time to hear of this commit and has not."""
        if self._resolve is None or sha in self._here:
            return ""
        now = self._clock.mono()
        first, last = self._absent.get(sha, (now, now - _ASK_AGAIN_MS))
        if now - last >= _ASK_AGAIN_MS:
            if await self._resolve(sha) is not None:
                self._absent.pop(sha, None)
                self._here.add(sha)
                return ""
            last = now
        self._absent = {sha: (first, last), **{k: v for k, v in self._absent.items() if k != sha}}
        return "nowhere" if now - first >= self._patience else ""

    async def _said(self, spec: RevisionSpec) -> str:
        if spec.file is not None:
            return _read(self._dir, spec.file)
        if spec.url is not None:
            return await self._ask(self._probes[spec.service], spec.json)
        if spec.label is not None:
            return await self._labelled(spec.service, spec.label)
        if spec.command is not None:
            return await self._ran(spec.command)
        raise NotKnownError("no way to know is configured")

    def _probe(self, spec: RevisionSpec, clock: Clock) -> HttpProbe:
        check = HttpCheck(
            f"revision of {spec.service}",
            spec.service,
            url=spec.url or "",
            timeout_ms=_TIMEOUT_MS,
            expect=Expect(not_login=False),
        )
        return HttpProbe(check, self._transports, clock.now)

    async def _ask(self, probe: HttpProbe, path: str | None) -> str:
        look = await probe.look()
        if look.response is None or look.judgement.state not in ("ok", "slow"):
            raise NotKnownError(look.judgement.why)
        text = look.response.text()
        if path is None:
            return text
        try:
            values = find(path, parse(text))
        except (BadPathError, TooSlowError) as wrong:
            raise NotKnownError(str(wrong)) from wrong
        if not values or not isinstance(values[0], str):
            raise NotKnownError(f"the answer has no {path}")
        return values[0]

    async def _labelled(self, service: str, label: str) -> str:
        value = await self._label(service, label) if self._label else None
        if value is None:
            raise NotKnownError(f"no workload of {service} has the label {label}")
        return value

    async def _ran(self, argv: Sequence[str]) -> str:
        if not self._trusted:
            raise NotKnownError("not trusted: incidentui trust allows the command")
        return await _run(argv, self._dir)


def _read(base: Path, name: str) -> str:
    """A short regular file; anything else (a pipe would never end) is refused."""
    try:
        handle = os.open(base / name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise NotKnownError(f"{name} is not a file")
            return os.read(handle, _CAP).decode("utf-8", errors="replace")
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise NotKnownError(f"{name} is not there") from None
    except (OSError, ValueError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "not a file name"
        raise NotKnownError(f"{name} cannot be read: {why}") from wrong


async def _run(argv: Sequence[str], directory: Path) -> str:
    try:
        ran = await step.run(argv, directory, _TIMEOUT_MS / 1000, errors=False)
    except (OSError, ValueError) as wrong:
        raise NotKnownError(f"{argv[0]} cannot be run: {getattr(wrong, 'strerror', None) or wrong}") from wrong
    if ran.code is None:
        raise NotKnownError(f"{argv[0]} timed out after {_TIMEOUT_MS / 1000:g}s")
    if ran.code != 0:
        raise NotKnownError(f"{argv[0]} ended with exit code {ran.code}")
    return ran.output[:_CAP].decode("utf-8", errors="replace")
