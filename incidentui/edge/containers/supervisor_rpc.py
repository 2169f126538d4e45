"""XML-RPC to supervisord over its unix socket, with a limit on time and size; every failure in a person's words.

Not supervisor.xmlrpc.SupervisorTransport: it has no timeout, and one ESC in a log line breaks its parser.
"""

import contextlib
import http.client
import re
import socket
import xmlrpc.client
from typing import Any
from xml.parsers.expat import ExpatError

from incidentui.edge.containers.engine import CALL_S, Calls, EngineLost, EngineRefused
from incidentui.edge.text import clean

MOST_BYTES = 4 * 1024 * 1024
# XML knows no control characters, yet supervisord sends them as they are. They travel through the parser in the
# private use area and come out as themselves, for `clean` to judge.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PRIVATE = re.compile("[\ue000-\ue01f]")


class _Wire:
    """One connection for one call. `hang_up` may come from another thread and ends a read that would never end."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(CALL_S)

    def ask(self, method: str, params: tuple[Any, ...]) -> Any:
        connection = http.client.HTTPConnection("localhost", timeout=CALL_S)
        try:
            self._socket.connect(self._path)
            connection.sock = self._socket
            connection.request("POST", "/RPC2", xmlrpc.client.dumps(params, method), {"Content-Type": "text/xml"})
            response = connection.getresponse()
            data = response.read(MOST_BYTES + 1)
            response.close()
        finally:
            connection.close()
            self._socket.close()
        if response.status != 200:
            raise _StatusError(response.status)
        if len(data) > MOST_BYTES:
            raise ValueError("answer too big")
        return _parse(data)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # it is over already
            self._socket.shutdown(socket.SHUT_RDWR)


class Rpc:
    def __init__(self, path: str) -> None:
        self.path = path
        self._calls = Calls("supervisor")

    async def call(self, method: str, *params: Any) -> Any:
        wire = _Wire(self.path)
        try:
            return await self._calls.run(lambda: wire.ask(method, params))
        except xmlrpc.client.Fault as fault:
            said = clean(fault.faultString, 200)
            raise EngineRefused("supervisord is shutting down" if said == "SHUTDOWN_STATE" else said) from fault
        except (OSError, http.client.HTTPException, ValueError, ExpatError, xmlrpc.client.Error) as error:
            raise EngineLost(self._words(error)) from error
        finally:
            wire.hang_up()

    def _words(self, error: Exception) -> str:
        where = f"supervisor socket {clean(self.path, 200)}"
        match error:
            case FileNotFoundError():
                return f"{where}: not there; start supervisord, or correct `supervisor` in incidentui.toml"
            case ConnectionRefusedError():
                return f"{where}: nobody listens; supervisord has died, start it again"
            case PermissionError():
                return f"{where}: permission denied; run as a user who may open it, or set chmod in [unix_http_server]"
            case TimeoutError():
                return f"{where}: no answer within {CALL_S:g} s; supervisord hangs, look at its log"
            case ConnectionResetError() | BrokenPipeError() | http.client.RemoteDisconnected():
                return f"{where}: the connection was dropped; supervisord is going down or has died"
            case OSError() if "path too long" in str(error):
                return f"{where}: the path is too long for a socket; give a shorter one"
            case _StatusError() if error.code == 401:
                return f"{where}: asks for a user name and password; allow this socket without one"
            case _StatusError():
                return f"{where}: answered HTTP {error.code}; is it supervisord's?"
            case OSError():
                return f"{where}: {clean(str(error), 120)}; check the path"
            case _:
                return f"{where}: what answers is not supervisord; check the path"


class _StatusError(ValueError):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _parse(data: bytes) -> Any:
    safe = _CONTROL.sub(lambda found: chr(0xE000 + found.group()[0]).encode(), data)
    (value,), _ = xmlrpc.client.loads(safe.decode("utf-8", errors="replace"))
    return _restore(value)


def _restore(value: Any) -> Any:
    if isinstance(value, str):
        return _PRIVATE.sub(lambda found: chr(ord(found.group()) - 0xE000), value)
    if isinstance(value, list):
        return [_restore(item) for item in value]
    if isinstance(value, dict):
        return {key: _restore(item) for key, item in value.items()}
    return value
