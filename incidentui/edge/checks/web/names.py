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
from contextvars import ContextVar
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
_pending: ContextVar[str] = ContextVar("pending", default="")
"""The name that this look, and no other, waits for; what its deadline interrupted stays until `late` has told it."""


async def addresses(host: str, port: int) -> Sequence[Address]:
    """At least one. Raises gaierror; waits as long as its caller does."""
    with suppress(ValueError):
        version = ip_address(host.partition("%")[0]).version
        return [(socket.AF_INET if version == 4 else socket.AF_INET6, host, port)]
    answer = _answer(asyncio.get_running_loop(), host, port)
    _pending.set(host)
    try:
        found = await answer
    except Exception:
        _pending.set("")
        raise
    _pending.set("")
    return found


def _answer(loop: asyncio.AbstractEventLoop, host: str, port: int) -> "asyncio.Future[Sequence[Address]]":
    """Of the thread that asks for it already, else of a new one; where none can be started, that is the answer."""
    answer: asyncio.Future[Sequence[Address]] = loop.create_future()
    with _lock:
        waiting = _asked.setdefault((host, port), [])
        waiting.append((loop, answer))
        if len(waiting) > 1:
            return answer
    # A daemon: the end of the program does not wait for a resolver.
    thread = threading.Thread(target=_ask, args=(host, port), name=f"look up {clean(host, 100)}", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        _answered(host, port, (), socket.gaierror(socket.EAI_AGAIN, "no thread can be started"))
    return answer


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
            task.add_done_callback(lambda ended: _dropped(ended, drop))
    # Which of them refuses is what a person has to know: asyncio would melt them into one text.
    raise ExceptionGroup("no address answers", reasons)


def _dropped(ended: "asyncio.Task[Made]", drop: Callable[[Made], None]) -> None:
    """One that was made before it could be told to stop is closed: nobody else holds it."""
    if not ended.cancelled() and ended.exception() is None:
        drop(ended.result())


def late(why: str) -> tuple[CheckState, str]:
    """What it means that time is over: in the middle of a lookup, nothing about the service; else `why`. Asked by the
    task whose look it was.
    """
    host = _pending.get()
    _pending.set("")
    return ("unknown", f"DNS does not answer for {clean(host, 100)}") if host else ("failing", why)


def _ask(host: str, port: int) -> None:
    found: Sequence[Address] = ()
    wrong: OSError | None = socket.gaierror(socket.EAI_FAIL, "the lookup broke off")
    try:
        found, wrong = _looked_up(host, port), None
    except OSError as error:
        wrong = error
    except ValueError:  # a name that no DNS could hold
        wrong = socket.gaierror(socket.EAI_NONAME, "no name")
    finally:  # whatever it was: who waits is told, and the name can be asked for again
        _answered(host, port, found, wrong)


def _answered(host: str, port: int, found: Sequence[Address], wrong: OSError | None) -> None:
    with _lock:
        waiting = _asked.pop((host, port), [])
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
    return [(family, _scoped(address), int(address[1])) for family, _, _, _, address in found]


def _scoped(address: tuple[Any, ...]) -> str:
    """A link-local address leads nowhere without the interface it is on."""
    host, scope = str(address[0]), int(address[3]) if len(address) > 3 else 0
    return f"{host}%{scope}" if scope and "%" not in host else host
