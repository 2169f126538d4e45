"""The addresses of a name, asked for in threads that nobody has to wait for.

The loop's own way takes a worker of a small pool for as long as the resolver is silent, which may be a minute: a few
such names hold up everything else that needs the pool, and the program could not end before they had.
"""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, TypeVar

from incidentui.core.model import CheckState
from incidentui.edge.text import clean

Made = TypeVar("Made")
_NEXT_S = 0.25
Address = tuple[int, str, int]
"""(family, address, port)."""
_Waiting = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Sequence[Address]]"]
_lock = threading.Lock()
_asked: dict[tuple[str, int], list[_Waiting]] = {}
"""Who waits for which name: a name is asked for once at a time, however many checks wait for it, and however often."""


async def addresses(host: str, port: int) -> Sequence[Address]:
    """At least one. Raises gaierror; waits as long as its caller does."""
    with suppress(ValueError):
        version = ip_address(host.partition("%")[0]).version
        return [(socket.AF_INET if version == 4 else socket.AF_INET6, host, port)]
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[Address]] = loop.create_future()
    with _lock:
        waiting = _asked.setdefault((host, port), [])
        waiting.append((loop, answer))
        first = len(waiting) == 1
    if first:
        # A daemon: the end of the program does not wait for a resolver.
        threading.Thread(target=_ask, args=(host, port), name=f"look up {host}", daemon=True).start()
    return await answer


async def first_of(
    found: Sequence[Address], to: Callable[[Address], Coroutine[Any, Any, Made]], drop: Callable[[Made], None]
) -> Made:
    """The first that answers; the next one is tried when one fails, or is slow to. `drop`: closes one too many. Raises
    OSError, or a group of them where there are several addresses and none answers."""
    if len(found) == 1:
        return await to(found[0])
    todo, reasons, running = deque(found), list[Exception](), set[asyncio.Task[Made]]()
    try:
        while todo or running:
            if todo:
                running.add(asyncio.create_task(to(todo.popleft())))
            wait = _NEXT_S if todo else None
            done, running = await asyncio.wait(running, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            reasons += [wrong for task in done if isinstance(wrong := task.exception(), Exception)]
            made = [task.result() for task in done if task.exception() is None]
            for late_one in made[1:]:
                drop(late_one)
            if made:
                return made[0]
    finally:
        for task in running:
            task.cancel()
    # Which of them refuses is what a person has to know: asyncio would melt them into one text.
    raise ExceptionGroup("no address answers", reasons)


def late(host: str, why: str) -> tuple[CheckState, str]:
    """What it means that time is over: of a name that nobody resolved, nothing about the service; else `why`."""
    with _lock:
        unanswered = any(name == host for name, _ in _asked)
    return ("unknown", f"DNS does not answer for {clean(host, 100)}") if unanswered else ("failing", why)


def _ask(host: str, port: int) -> None:
    found: Sequence[Address] = ()
    wrong: OSError | None = None
    try:
        found = _looked_up(host, port)
    except OSError as error:
        wrong = error
    except UnicodeError:  # a name that no DNS could hold
        wrong = socket.gaierror(socket.EAI_NONAME, "no name")
    with _lock:
        waiting = _asked.pop((host, port))
    for loop, answer in waiting:
        with suppress(RuntimeError):  # that loop is over
            loop.call_soon_threadsafe(_tell, answer, found, wrong)


def _tell(answer: "asyncio.Future[Sequence[Address]]", found: Sequence[Address], wrong: OSError | None) -> None:
    if answer.done():
        return
    if wrong is not None:
        answer.set_exception(wrong)
    else:
        answer.set_result(found)


def _looked_up(host: str, port: int) -> Sequence[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(address[0]), int(address[1])) for family, _, _, _, address in found]
