"""One command in a container: bounded in time and in what is kept. An engine has no way to end what it began in one."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

from incidentui.core.value import dataclass
from incidentui.edge.step import Bounded

NO_PROGRAM = (126, 127)
_LAST_S = 2.0
_ASKED_S = 0.5
"""How often the engine is asked whether it is over, while its output is not."""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int | None
    """None: its time was up, or it was stopped."""
    output: bytes
    goes_on: bool = False
    """It may still run in there: it could not be ended, or nothing of it is heard any more."""
    in_time: bool = False
    """With `goes_on`: its time was not up, its output ended before it did."""
    held: bool = False
    """It is over, and its output is not: what it started holds that open, and may go on in there."""


def run(api: Any, ident: str, words: Sequence[str], user: str, within_s: float, stop: threading.Event) -> Ended:
    """Blocking; raises what the SDK raises. Its input is empty, and it has no terminal."""
    made = api.exec_create(ident, list(words), stdin=False, tty=False, user=user)["Id"]
    output, over = Bounded(), threading.Event()
    # The stream blocks while the command is silent: it is read beside the waiting.
    reader = threading.Thread(target=_read, args=(api, made, output, over), name="exec", daemon=True)
    reader.start()
    end = monotonic() + within_s
    held = None
    while not over.wait(_ASKED_S) and monotonic() < end and not stop.is_set() and held is None:
        held = _over(api, made)
    if over.wait(_LAST_S if held is not None else 0):
        code = _code(api, made)
        return Ended(code, output.value, goes_on=code is None, in_time=True)
    if held is not None:
        return Ended(held, output.value, in_time=True, held=True)
    goes_on = not _ended(api, ident, made, over)
    return Ended(None, output.value, goes_on, held=not goes_on and not over.is_set())


def _read(api: Any, made: str, output: Bounded, over: threading.Event) -> None:
    with suppress(Exception):  # what ends a stream ends the reading; how the command ended is asked afterwards
        for chunk in api.exec_start(made, stream=True):
            output.add(chunk)
    over.set()


def _over(api: Any, made: str) -> int | None:
    """The exit code of one that is over although its output is not."""
    found = api.exec_inspect(made)
    code: int | None = found.get("ExitCode")
    return None if found.get("Running") else code


def _code(api: Any, made: str) -> int | None:
    """The engine may learn a moment after the output's end that the command ended; None: it still runs."""
    end = monotonic() + _LAST_S
    while True:
        found = api.exec_inspect(made)
        code: int | None = found.get("ExitCode")
        if code is not None and not found.get("Running"):
            return code
        if monotonic() >= end:
            return None
        sleep(0.05)


def _ended(api: Any, ident: str, made: str, over: threading.Event) -> bool:
    """By its number in the container, which only the machine of the engine knows, and by the container's own `kill`."""
    pid = _inner(api.exec_inspect(made).get("Pid") or 0)
    if pid:
        with suppress(Exception):  # no `kill` in there, or it is gone already: what counts is whether it ended
            again = api.exec_create(ident, ["kill", "-KILL", str(pid)], user="0")["Id"]
            api.exec_start(again)
    return over.wait(_LAST_S) or not api.exec_inspect(made).get("Running")


def _inner(pid: int) -> int:
    """What a process of this machine is called in the innermost of its namespaces; 0 when that cannot be read."""
    with suppress(OSError, ValueError):
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            line = next((line for line in status if line.startswith("NSpid:")), "")
        numbers = line.split()[1:]
        return int(numbers[-1]) if len(numbers) > 1 else 0
    return 0
