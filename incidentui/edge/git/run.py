"""Runs `git`: by argv only, without prompt, pager, editor or terminal, in its own process group, bounded and timed.

What a repository's own configuration could start while we only look (hooks, fsmonitor, textconv, signature
programs) is switched off here. Knows nothing about what the commands mean.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import IO, Literal

from incidentui.core.value import dataclass
from incidentui.edge.text import clean_and_redact

LOOK_S = 20.0
LIMIT = 32 << 20
"""Bytes of output read before git is stopped."""
_ERRORS = 64 << 10
_STREAM = 64 << 10

# Only these of the caller's GIT_* variables go on: who writes, how to reach a remote, where the user's own settings
# are. GIT_DIR, GIT_INDEX_FILE and the like would send a command to another repository (we may run inside a hook).
_KEPT = (
    "GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH",
    "GIT_SSL_", "GIT_PROXY_", "GIT_HTTP_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM",
)  # fmt: skip
_ALWAYS = {
    "LC_ALL": "C",
    "LANGUAGE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_QUIET = (
    "core.fsmonitor=false", "log.showSignature=false", "core.quotePath=false", "i18n.logOutputEncoding=UTF-8",
    "i18n.commitEncoding=UTF-8", "color.ui=false", "gc.auto=0", "maintenance.auto=false", "submodule.recurse=false",
    # A repository's configuration cannot open what git itself keeps shut: ext:: runs a command.
    "protocol.ext.allow=never",
)  # fmt: skip


_PLAIN_LFS = ("filter.lfs.required=false", "filter.lfs.clean=", "filter.lfs.smudge=", "filter.lfs.process=")


@cache
def _without_lfs() -> tuple[str, ...]:
    """Where git-lfs is not installed its pointers are files like others: git would end at the missing program."""
    return () if shutil.which("git-lfs") else _PLAIN_LFS


class GitError(Exception):
    """Git did not do it. `what` happened `where`, and what to do; `err` holds git's own words, cleaned."""

    def __init__(
        self,
        what: str,
        where: str,
        todo: str,
        *,
        kind: Literal["failed", "timeout", "missing", "not a repository"] = "failed",
        code: int | None = None,
        err: str = "",
    ) -> None:
        super().__init__(" · ".join(part for part in (what, where, todo) if part))
        self.what = what
        self.where = where
        self.todo = todo
        self.kind = kind
        self.code = code
        self.err = err


@dataclass(frozen=True, slots=True)
class Answer:
    out: bytes
    code: int = 0
    err: str = ""
    """Standard error, cleaned and redacted."""
    cut: bool = False
    argv: tuple[str, ...] = field(default=())

    @property
    def line(self) -> str:
        """The output as one word, for shas and names of refs."""
        return self.out.decode("utf-8", "surrogateescape").rstrip("\n")

    @property
    def names(self) -> list[str]:
        """NUL separated output, as file system names."""
        return [os.fsdecode(name) for name in self.out.split(b"\0") if name]


async def git(
    top: Path,
    *args: str,
    ok: tuple[int, ...] | None = (0,),
    writes: bool = False,
    hooks: bool = False,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout_s: float = LOOK_S,
    limit: int = LIMIT,
) -> Answer:
    """Run git in `top`. An exit code outside `ok` (None: any is fine) raises GitError."""
    argv = ["git", "--no-pager", "-C", str(top)]
    for setting in (*_QUIET, *_without_lfs(), *(() if hooks else ("core.hooksPath=/dev/null",))):
        argv += ["-c", setting]
    environment = _environment(writes, env or {})
    # Errors go to a file: what git leaves behind (a shared ssh connection) may hold a pipe open for hours.
    with tempfile.TemporaryFile() as errors:
        try:
            process, transport = await _started(
                *argv,
                *args,
                stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise GitError("there is no git program", "PATH", "install git", kind="missing") from None
        except (OSError, ValueError) as error:
            raise GitError(f"git could not be started: {error}", str(top), "", kind="missing") from None
        try:
            out, cut = await _finish(process, _verb(args), stdin, timeout_s, limit, top)
        finally:
            transport.close()
        errors.seek(0)
        words = clean_and_redact(errors.read(_ERRORS), lines=True).strip()
    code = process.returncode if process.returncode is not None else -1
    answer = Answer(out, 0 if cut else code, words, cut, ("git", *args))
    if ok is not None and answer.code not in ok:
        raise _failure(answer, top)
    return answer


async def _started(
    *argv: str, stdin: int, stdout: int, stderr: IO[bytes], env: Mapping[str, str], start_new_session: bool
) -> tuple[asyncio.subprocess.Process, asyncio.SubprocessTransport]:
    """As `asyncio.create_subprocess_exec`, with the transport: a pipe open when the loop ends prints a traceback."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: asyncio.subprocess.SubprocessStreamProtocol(limit=_STREAM, loop=loop),
        *argv,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=env,
        start_new_session=start_new_session,
    )
    return asyncio.subprocess.Process(transport, protocol, loop), transport


def _verb(args: Sequence[str]) -> str:
    """The command, behind any settings of its own."""
    words = list(args)
    while words[:1] == ["-c"]:
        words = words[2:]
    return words[0] if words else ""


def _environment(writes: bool, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith(_KEPT)}
    return {**kept, **_ALWAYS, **({} if writes else {"GIT_OPTIONAL_LOCKS": "0"}), **extra}


async def _finish(
    process: asyncio.subprocess.Process, verb: str, stdin: bytes | None, timeout_s: float, limit: int, top: Path
) -> tuple[bytes, bool]:
    """The output, and whether it was cut."""

    async def talk() -> tuple[bytes, bool]:
        read, _ = await asyncio.gather(_read(process, limit), _feed(process, stdin))
        await process.wait()
        return read

    try:
        # Not wait_for: before Python 3.12 it can swallow a cancellation, and a source would then never stop.
        async with asyncio.timeout(timeout_s):
            return await talk()
    except TimeoutError:
        await _stop(process)
        what = f"git {verb} gave no answer in {timeout_s:g} s and was stopped"
        raise GitError(what, str(top), "look again", kind="timeout") from None
    except BaseException:
        # Cancelled: git must not go on by itself.
        await asyncio.shield(_stop(process))
        raise


async def _read(process: asyncio.subprocess.Process, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes; then the process is stopped."""
    assert process.stdout is not None
    kept, size, cut = [], 0, False
    while block := await process.stdout.read(65_536):
        if size < limit:
            kept.append(block)
        size += len(block)
        if size > limit and not cut:
            cut = True
            _signal(process, signal.SIGKILL)
    return b"".join(kept)[:limit], cut


async def _feed(process: asyncio.subprocess.Process, data: bytes | None) -> None:
    if data is None or process.stdin is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _stop(process: asyncio.subprocess.Process) -> None:
    """TERM first, so that git takes its lock files away; the whole group, so that no helper keeps the pipes."""
    _signal(process, signal.SIGTERM)
    await _gone(process, 1.0)
    _signal(process, signal.SIGKILL)
    await _gone(process, 1.0)


async def _gone(process: asyncio.subprocess.Process, within_s: float) -> None:
    """Asked, not awaited: `wait` also waits for pipes, which a process outside the group may hold."""
    for _ in range(int(within_s * 200)):
        if process.returncode is not None:
            return
        await asyncio.sleep(0.005)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _failure(answer: Answer, top: Path) -> GitError:
    words = answer.err
    if "dubious ownership" in words:
        todo = f"if you trust it: git config --global --add safe.directory {top}"
        return GitError("the repository belongs to another user", str(top), todo, code=answer.code, err=words)
    if "not a git repository" in words:
        return GitError(
            "not a git repository", str(top), "start in the project, or git init", kind="not a repository", err=words
        )
    if ".lock'" in words and "File exists" in words:
        todo = "another git runs here, or one was killed: look, then remove the lock file"
        return GitError("the repository is locked", _lock(words) or str(top), todo, code=answer.code, err=words)
    if "external filter" in words:
        what = f"a filter of this repository could not be run: {short(words)}"
        todo = "install its program, or take the filter out of .git/config"
        return GitError(what, str(top), todo, code=answer.code, err=words)
    what = f"git {_verb(answer.argv[1:])} failed: {short(words) or f'exit {answer.code}'}"
    return GitError(what, str(top), "", code=answer.code, err=words)


def _lock(words: str) -> str:
    return next((part for part in words.split("'") if part.endswith(".lock")), "")


def short(words: str) -> str:
    """The first line of git's own words that says something."""
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith("hint:")]
    best = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "")
    return best.removeprefix("fatal: ").removeprefix("error: ")
