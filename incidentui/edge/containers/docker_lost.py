"""Why a Docker engine cannot be asked: the SDK's errors, in a person's words."""

import http.client
import json
import re
import socket
from collections.abc import Iterator

from incidentui.edge.text import clean, clean_and_redact


def lost_words(error: BaseException, address: str, seconds: float) -> str:
    """Why the engine cannot be asked, with its address and what to do. The SDK folds every cause into one text."""
    causes = list(_causes(error))
    where = f"docker engine {address}"
    for kinds, words in _LOST:
        if any(isinstance(cause, kinds) for cause in causes):
            return f"{where}: {words.format(seconds=seconds)}"
    text = " ".join(str(cause) for cause in causes)
    if versions := _VERSIONS.search(f"{text} {' '.join(str(getattr(cause, 'explanation', '')) for cause in causes)}"):
        mine, end, its = versions.groups()
        todo = "upgrade the engine" if end == "Max" else "upgrade this program"
        bound = "at most" if end == "Max" else "at least"
        return f"{where}: speaks another API version: {bound} {its}, not {mine}; {todo}"
    if "InvalidVersion" in {type(cause).__name__ for cause in causes} or "client version" in text:
        return f"{where}: speaks another API version: {clean(str(causes[-1]), 160)}; upgrade the engine"
    for cause in causes:
        if answer := getattr(cause, "explanation", None):
            return f"{where}: answered an error: {clean_and_redact(str(answer), 160)}; look at the engine's log"
    if any(name in text for name in ("timed out", "Timeout")):
        return f"{where}: no answer within {seconds:g} s; it hangs or is out of reach"
    return f"{where}: {clean_and_redact(str(causes[-1]), 160)}; check DOCKER_HOST"


def way_ended(error: BaseException, address: str) -> str:
    """The same over ssh, where a socket of this machine says only that ssh is gone; empty: it is something else."""
    gone = any(isinstance(cause, FileNotFoundError | ConnectionRefusedError) for cause in _causes(error))
    return f"docker engine {address}: the ssh connection ended; it is made anew" if gone else ""


_VERSIONS = re.compile(r"client version ([\d.]+) is too \w+\. (Max|Min)imum supported API version is ([\d.]+)")
_NO_ENGINE = (json.JSONDecodeError, http.client.BadStatusLine, http.client.LineTooLong, KeyError, TypeError)
_LOST: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((FileNotFoundError,), "no socket there; start Docker, or set DOCKER_HOST"),
    ((PermissionError,), "permission denied; run as a member of the group docker, or set DOCKER_HOST"),
    ((ConnectionRefusedError,), "nobody listens; start Docker, or set DOCKER_HOST"),
    ((TimeoutError,), "no answer within {seconds:g} s; it hangs or is out of reach"),
    ((socket.gaierror,), "no such host; correct DOCKER_HOST"),
    (
        (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError),
        "dropped the connection; it has died or is going down",
    ),
    ((*_NO_ENGINE, AttributeError), "what answers is not a Docker engine; check DOCKER_HOST"),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it: requests and urllib3 hide theirs in `args` and `reason`."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < 30:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting += [item for item in inner if isinstance(item, BaseException)]
