"""What `gh`, `glab` or a configured command says about the pipeline of a commit, in one shape."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from incidentui.core.value import dataclass
from incidentui.edge.step import Ran, run
from incidentui.edge.text import clean_and_redact

ASK_S = 30.0
COMMAND = "command"
_AGAIN = 75
"""EX_TEMPFAIL: a configured command says "still running" with it."""
RunState = Literal["running", "passed", "failed", "cancelled", "skipped"]
_NO_LOGIN = ("auth login", "not logged in", "401 unauthorized", "authentication required", "requires authentication")


class CannotTellError(Exception):
    """Why nobody can tell how the pipeline stands. `final`: asking again will not help."""

    def __init__(self, why: str, said: str = "", *, final: bool = False) -> None:
        super().__init__(why)
        self.said, self.final = said, final


@dataclass(frozen=True, slots=True)
class Run:
    name: str
    state: RunState
    said: str = ""
    """The provider's own word."""
    url: str = ""

    def words(self) -> str:
        said = f" {self.said}" if self.said else ""
        return f"{self.name}{said}" + (f", {self.url}" if self.url else "")


@dataclass(frozen=True, slots=True)
class Pipeline:
    runs: tuple[Run, ...]
    raw: str


Reader = Callable[[Ran], Pipeline]


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    words: tuple[str, ...]
    """`{commit}` stands for the full sha."""
    read: Reader
    host: str = "\0"
    """Part of the remote's address that tells it."""

    def argv(self, sha: str) -> tuple[str, ...]:
        return tuple(word.replace("{commit}", sha) for word in self.words)

    async def ask(self, sha: str, folder: Path, environment: Mapping[str, str]) -> Pipeline:
        argv = self.argv(sha)
        try:
            ended = await run(argv, folder, ASK_S, environment, apart=True)
        except FileNotFoundError:
            raise CannotTellError(f"there is no program {argv[0]}; install it, or name another", final=True) from None
        except (OSError, ValueError) as error:
            raise CannotTellError(f"{argv[0]} cannot be run: {error}", final=True) from None
        if ended.code is None:
            raise CannotTellError(f"{argv[0]} gave no answer in {ASK_S:g}s")
        return self.read(ended)


def command(argv: tuple[str, ...]) -> Program:
    """The command of the configuration: its exit code is the answer, the last line it says goes with it."""

    def read(ended: Ran) -> Pipeline:
        raw = _text(ended.output) + _text(ended.errors)
        said = clean_and_redact((raw.strip().splitlines() or [""])[-1], limit=120)
        states: dict[int, RunState] = {0: "passed", 1: "failed", _AGAIN: "running"}
        state = states.get(ended.code if ended.code is not None else -1)
        if state is None:
            raise CannotTellError(f"{argv[0]} ended with {ended.code}" + (f": {said}" if said else ""), raw)
        return Pipeline((Run(argv[0], state, said),), raw)

    return Program(COMMAND, argv, read)


def _listed(name: str, one: Callable[[Mapping[str, Any]], Run]) -> Reader:
    """Reads a JSON list of runs, newest first; of several with one name the newest counts."""

    def read(ended: Ran) -> Pipeline:
        raw, words = _text(ended.output), clean_and_redact(ended.errors, limit=300)
        if ended.code != 0:
            login = ended.code == 4 or any(sign in words.lower() for sign in _NO_LOGIN)
            if login:
                raise CannotTellError(f"{name} is not logged in; run: {name} auth login", words, final=True)
            raise CannotTellError(f"{name} failed: {words or f'exit {ended.code}'}", words)
        try:
            runs = [one(entry) for entry in json.loads(raw or "[]")]
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise CannotTellError(f"{name} answered something else than a list of runs", raw) from error
        return Pipeline(tuple({r.name: r for r in reversed(runs)}.values())[::-1], raw)

    return read


_GH: dict[str, RunState] = {
    "success": "passed",
    "neutral": "skipped",
    "skipped": "skipped",
    "cancelled": "cancelled",
}


def _gh_run(entry: Mapping[str, Any]) -> Run:
    status, conclusion = str(entry["status"]), str(entry.get("conclusion") or "")
    # What is no known good word is a failure: "timed_out", "startup_failure", "action_required", and those to come.
    state: RunState = _GH.get(conclusion, "failed") if status == "completed" else "running"
    name = entry.get("workflowName") or f"run {entry['databaseId']}"
    return Run(clean_and_redact(str(name), limit=60), state, conclusion or status, _url(entry.get("url")))


_GLAB: dict[str, RunState] = {
    "success": "passed",
    "failed": "failed",
    "canceled": "cancelled",
    "canceling": "cancelled",
    "skipped": "skipped",
}


def _glab_run(entry: Mapping[str, Any]) -> Run:
    status = str(entry["status"])
    name = str(entry.get("name") or entry.get("source") or "pipeline")
    words = clean_and_redact(name, limit=60)
    return Run(words, _GLAB.get(status, "running"), clean_and_redact(status, limit=30), _url(entry.get("web_url")))


def _url(value: object) -> str:
    return clean_and_redact(str(value), limit=200) if value else ""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


_FIELDS = "databaseId,status,conclusion,url,workflowName"
_GH_ARGV = ("gh", "run", "list", "--commit", "{commit}", "--limit", "50", "--json", _FIELDS)
_GLAB_ARGV = ("glab", "ci", "list", "--sha", "{commit}", "--per-page", "50", "--output", "json")
PROGRAMS: Mapping[str, Program] = {
    "gh": Program("gh", _GH_ARGV, _listed("gh", _gh_run), "github"),
    "glab": Program("glab", _GLAB_ARGV, _listed("glab", _glab_run), "gitlab"),
}
