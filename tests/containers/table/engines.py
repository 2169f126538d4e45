"""The engine itself: dead, hung, slow, restarted, forbidden, too old, full of containers; the host beside it."""

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.containers.daemon import answering
from tests.containers.table.doors import door, forbid, hanging_up
from tests.containers.table.fault import OBEYS, SLEEP, Fault, Ground, root_without_power
from tests.containers.table.stage import recorded
from tests.engine import IMAGE, private_engine

MANY = 500
OLD = json.dumps({"ApiVersion": "1.12"}).encode()


def web(ground: Ground) -> None:
    ground.run("web", *OBEYS, options=("--restart", "always"))


def _nothing(_: Ground) -> None:
    return


# -- in front of the engine: what is opened is closed when the case is over

_OPEN = contextlib.ExitStack()


def _close(_: Ground) -> None:
    _OPEN.close()


def _behind(make: Callable[[Path, Ground], AbstractContextManager[object]]) -> Callable[[Ground], str]:
    def host(ground: Ground) -> str:
        path = ground.folder / "d.sock"
        _OPEN.enter_context(make(path, ground))
        return f"unix://{path}"

    return host


@contextmanager
def _forbidden(path: Path, ground: Ground) -> Iterator[None]:
    with door(path, ground.engine.socket):
        forbid(path)
        yield


def _says(status: str, body: bytes, kind: str = "application/json") -> Callable[[Ground], str]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return _behind(lambda path, _: answering(path, head + body, until_end=b"\r\n\r\n"))


# -- the engine's own faults


def _killed(ground: Ground) -> None:
    ground.engine.kill()


def _back(ground: Ground) -> None:
    ground.engine.start()


def _restarted(ground: Ground) -> None:
    ground.engine.stop()
    ground.engine.start()


def _hung(ground: Ground) -> None:
    ground.engine.pause(True)


def _wakes(ground: Ground) -> None:
    ground.engine.pause(False)


def _on_a_small_disk(ground: Ground) -> str:
    ground.engine = _OPEN.enter_context(private_engine("24m"))
    ground.run("web", *OBEYS)
    return ground.engine.url


def _disk_full(ground: Ground) -> None:
    with contextlib.suppress(OSError), (ground.engine.root / "data" / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 4096):
            pass
    ground.docker("stop", "web")
    ground.docker("start", "web")


def _many(ground: Ground) -> None:
    import docker

    api = docker.APIClient(base_url=ground.engine.url, timeout=60)
    try:
        for n in range(MANY):
            api.create_container(IMAGE, list(SLEEP), name=f"w{n:03}", host_config=api.create_host_config())
    finally:
        api.close()
    ground.sh("web", "exit 3")


def _seen_once(ground: Ground) -> str:
    return "" if ground.events("WorkloadsSeen") else "the last list is not in the record"


ENGINES = (
    Fault("nobody listens", _nothing, r"no socket there.* start Docker", host=lambda g: f"unix://{g.folder}/none.sock"),
    Fault(
        "a socket that only others may open",
        _nothing,
        "permission denied.* run as",
        host=_behind(_forbidden),
        before=root_without_power(),
        heal=_close,
    ),
    Fault(
        "an engine whose API is too old",
        _nothing,
        "speaks another API version",
        host=_says("200 OK", OLD),
        heal=_close,
    ),
    Fault(
        "a login page in the engine's place",
        _nothing,
        "what answers is not a Docker engine",
        host=_says("200 OK", b"<html>Sign in</html>", "text/html"),
        heal=_close,
    ),
    Fault(
        "an engine that says it is broken",
        _nothing,
        "layer store is corrupt",
        host=_says("500 Oops", b'{"message": "layer store is corrupt"}'),
        heal=_close,
    ),
    Fault(
        "an engine that asks for a newer client",
        _nothing,
        "speaks another API version",
        host=_says("400 Bad Request", b'{"message": "client version 1.41 is too old. Minimum supported is 1.99"}'),
        heal=_close,
    ),
    Fault(
        "an engine that drips its answer",
        _nothing,
        "no answer within 3 s.* it hangs",
        host=_behind(lambda path, _: answering(path, b"", drip=True)),
        heal=_close,
    ),
    Fault(
        "noise in the engine's place",
        _nothing,
        "what answers is not a Docker engine",
        host=_behind(lambda path, _: answering(path, b"\x16\x03\x01\x00\xff SSH-2.0\r\n\r\n", until_end=b"\r\n\r\n")),
        heal=_close,
    ),
    Fault(
        "an engine that hangs up at once",
        _nothing,
        "dropped the connection.* it has died or is going down",
        host=_behind(lambda path, _: hanging_up(path)),
        heal=_close,
    ),
    Fault(
        "an engine that answers half a second late",
        web,
        "web +no health check",
        ("Running, no health check",),
        host=_behind(lambda path, ground: door(path, ground.engine.socket, 0.5)),
        heal=_close,
    ),
    Fault(
        "an engine that answers too late",
        web,
        "no answer within 3 s.* it hangs",
        host=_behind(lambda path, ground: door(path, ground.engine.socket, 3.5)),
        heal=_close,
    ),
    Fault(
        "hundreds of containers",
        _many,
        "✗ web +exit 3",
        ("Gone, exit 3",),
        long=True,
        patience_s=120,
    ),
    Fault(
        "a hung engine",
        web,
        "web +no health check",
        then=_hung,
        after="no answer within 3 s.* it hangs",
        heal=_wakes,
        lost=_seen_once,
    ),
    Fault(
        "a dead engine",
        web,
        "web +no health check",
        then=_killed,
        after="nobody listens.* start Docker|dropped the connection",
        heal=_back,
        lost=_seen_once,
    ),
    Fault(
        "an engine that restarts",
        web,
        "web +no health check",
        then=_restarted,
        after=r"web +no health check +(up )?\d{1,2}s",
        lost=lambda g: recorded(g, "SourceLost") or recorded(g, "SourceRegained"),
    ),
    Fault(
        "a full disk under the engine",
        _disk_full,
        "✗ web +exit",
        ("no space left on device", "means +A disk is full"),
        host=_on_a_small_disk,
        heal=_close,
    ),
    Fault(
        "a clock that is an hour behind",
        web,
        "web +no health check",
        ("Running, no health check", r"a clock \d+[hm] ?(\d+s)? ahead of ours"),
        before=("faketime", "-f", "-1h"),
    ),
)
