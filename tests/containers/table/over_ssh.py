"""The way to an engine on another host: its key, its name, its sshd, its socket, and a line that dies meanwhile."""

import contextlib
import os
import socket
from collections.abc import Callable, Mapping

from tests.containers.table.fault import OBEYS, Fault, Ground, root_without_power
from tests.containers.table.stage import recorded
from tests.sshd import Yard, private_yard

_OPEN = contextlib.ExitStack()
_YARDS: list[Yard] = []
"""The one of the present case."""
UP = "web +no health check"


def web(ground: Ground) -> None:
    ground.run("web", *OBEYS)


def _nothing(_: Ground) -> None:
    return


def _close(_: Ground) -> None:
    _YARDS.clear()
    _OPEN.close()


def _yard() -> Yard:
    return _YARDS[-1]


def _over(host: str = "brisk", prepare: Callable[[Ground, Yard], str] | None = None) -> Callable[[Ground], str]:
    """`prepare`: gives the path of the socket over there, if it is not the engine's."""

    def url(ground: Ground) -> str:
        _YARDS.append(yard := _OPEN.enter_context(private_yard()))
        at = prepare(ground, yard) if prepare else ""
        return f"ssh://{host}{at or ground.engine.socket}"

    return url


def _path(_: Ground) -> Mapping[str, str]:
    return {"PATH": _yard().path}


def _no_socket(_: Ground, yard: Yard) -> str:
    return f"{yard.folder}/none.sock"


def _forgotten(_: Ground, yard: Yard) -> str:
    path = yard.folder / "d.sock"
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(path))
    return str(path)


def _forbidden(ground: Ground, yard: Yard) -> str:
    yard.before = root_without_power()
    path = _forgotten(ground, yard)
    os.chown(path, 65534, 65534)
    os.chmod(path, 0o600)
    return path


def _deaf(_: Ground, yard: Yard) -> str:
    yard.accepts = False
    return ""


def _no_way(_: Ground, yard: Yard) -> str:
    _OPEN.enter_context(yard.with_line("AllowStreamLocalForwarding no"))
    return ""


def _cut(_: Ground) -> None:
    _yard().cut()


def _gone(_: Ground) -> None:
    _yard().accepts = False
    _yard().cut()


def _hangs(_: Ground) -> None:
    _yard().hang(True)


def _killed(ground: Ground) -> None:
    ground.engine.kill()


def _wakes(ground: Ground) -> None:
    ground.engine.start()
    _close(ground)


def _told(ground: Ground) -> str:
    return recorded(ground, "SourceLost") or recorded(ground, "SourceRegained")


def _unreached(name: str, row: str, host: Callable[[Ground], str]) -> Fault:
    return Fault(f"over ssh: {name}", _nothing, row, host=host, env=_path, heal=_close)


OVER_SSH = (
    _unreached("a host key that nobody knows", "its host key is not known here.* ssh unknown true", _over("unknown")),
    _unreached("a host key that has changed", "its host key HAS CHANGED.* ask who runs it", _over("changed")),
    _unreached("a key that it does not take", "permission denied root.* ssh-add", _over("keyless")),
    _unreached("a name that nobody has", "no such host: yard.invalid.* correct its address", _over("nameless")),
    _unreached("no sshd there", r"no sshd listens on port \d+.* start it there", _over("closed")),
    _unreached("an sshd that never answers", "no answer from its sshd.* it hangs", _over("brisk", _deaf)),
    _unreached("no engine there", "no socket there.* start Docker there", _over("brisk", _no_socket)),
    _unreached("an engine that is stopped there", "nobody answers there.* start Docker", _over("brisk", _forgotten)),
    _unreached(
        "an engine that others may ask", "root may not open the socket there.* usermod", _over("brisk", _forbidden)
    ),
    _unreached("an sshd that forbids the way", "its sshd forbids the way.* AllowStreamLocal", _over("brisk", _no_way)),
    Fault("over ssh: as it should be", web, UP, ("ssh://brisk",), host=_over(), env=_path, heal=_close),
    Fault(
        "over ssh: a line that is cut and comes back",
        web,
        UP,
        then=_cut,
        after=UP,
        lost=_told,
        host=_over(),
        env=_path,
        heal=_close,
    ),
    Fault(
        "over ssh: a host that goes away",
        web,
        UP,
        then=_gone,
        after=r"(?s)no answer from its sshd.*web +unknown",
        host=_over(),
        env=_path,
        heal=_close,
    ),
    Fault(
        "over ssh: a line that hangs",
        web,
        UP,
        then=_hangs,
        after=r"(?s)no answer (within 3 s|from its sshd).*web +unknown",
        host=_over(),
        env=_path,
        heal=_close,
    ),
    Fault(
        "over ssh: an engine that dies there",
        web,
        UP,
        then=_killed,
        after=r"(?s)(no socket|nobody answers|dropped).*web +unknown",
        host=_over(),
        env=_path,
        heal=_wakes,
    ),
)
