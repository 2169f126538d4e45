"""The client of an engine: found, made on first use, thrown away when the engine is lost."""

import os
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from incidentui.edge.containers.docker_lost import lost_words, way_ended
from incidentui.edge.containers.docker_sdk import load
from incidentui.edge.containers.docker_where import DEFAULT, NowhereError, Where, where
from incidentui.edge.containers.engine import CALL_S
from incidentui.edge.ssh.link import REACH_S as _LINK_S
from incidentui.edge.ssh.link import Link, LinkError
from incidentui.edge.text import clean_and_redact

if TYPE_CHECKING:
    from docker import APIClient

REACH_S = _LINK_S + 2 * CALL_S
_PING = b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n"


class Client:
    """Its methods block, but for `reached` and the words."""

    def __init__(self, base_url: str | None, context: str | None = None) -> None:
        self._base_url, self._context = base_url, context
        self._where = Where({}, base_url or DEFAULT, "")
        self._api: APIClient | None = None
        self._connecting = threading.Lock()

    @property
    def address(self) -> str:
        said_by = f" ({self._where.said_by})" if self._where.said_by else ""
        return clean_and_redact(self._where.address, 200) + said_by

    @property
    def elsewhere(self) -> str:
        return self.address if self._where.said_by or self._where.address != DEFAULT else ""

    @property
    def way(self) -> str:
        """How it is reached, where that is not plain; empty: it is."""
        return self._where.link.how if self._where.link is not None else ""

    @property
    def named_to_others(self) -> dict[str, str]:
        tls = self._where.params.get("tls")
        keys = {"DOCKER_CERT_PATH": os.path.dirname(tls.cert[0]), "DOCKER_TLS_VERIFY": "1"} if tls and tls.cert else {}
        return {"DOCKER_HOST": self._socket, **keys}

    @property
    def _socket(self) -> str:
        """Over ssh the end that is here."""
        return str(self._where.params.get("base_url") or self._where.address)

    @property
    def reached(self) -> bool:
        return self._api is not None

    def reach(self) -> None:
        """The way to its host, if it is another one; asks nobody else. Raises NowhereError, LinkError, OSError."""
        load()
        if self._api is not None:
            return
        found = where(self._base_url, self._context)
        if (link := found.link) is not None:
            self._where = found
            link.reach()
            found = replace(found, params={"base_url": f"unix://{link.socket}"})
            _knock_over(link)
        self._where = found

    def connected(self) -> "APIClient":
        """Its constructor talks to the engine."""
        load()
        from docker import APIClient

        with self._connecting:
            self.reach()
            if self._where.link is not None:
                self._where.link.check()
            _knock(self._socket)
            if self._api is None:
                self._api = APIClient(timeout=int(CALL_S), **self._where.params)
            return self._api

    def another(self, seconds: int, version: str | None = None) -> "APIClient":
        from docker import APIClient

        self.connected()
        return APIClient(timeout=seconds, version=version, **self._where.params)

    def try_again(self) -> None:
        if self._where.link is not None:
            self._where.link.try_again()

    def lost(self, error: Exception, seconds: float) -> str:
        """Why the engine cannot be asked, with its address and what to do."""
        if isinstance(error, NowhereError):
            return f"docker {error}"
        if isinstance(error, LinkError):
            return f"docker engine {self.address}: {error}"
        over = self._where.link is not None
        said = (over and way_ended(error, self.address)) or lost_words(error, self.address, seconds)
        named = self._where.said_by == "DOCKER_HOST"
        return said.replace("or set DOCKER_HOST", "or correct DOCKER_HOST") if named else said

    def lose(self) -> None:
        """It was lost: a client of an engine that is gone is of no use, for another version may come back."""
        if self._where.link is not None:
            self._where.link.doubt()
        self.close()

    def close(self) -> None:
        api, self._api = self._api, None
        if api is not None:
            api.close()


def _knock(address: str) -> None:
    """Fails as the connection would. The SDK leaves its socket open when a connect fails; this one is closed."""
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(CALL_S)
            door.connect(address.removeprefix("unix://"))


def _knock_over(link: Link) -> None:
    """Here ssh always opens; only an answer tells that somebody is at the other end. Raises LinkError, OSError."""
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(CALL_S)
            door.connect(str(link.socket))
            door.sendall(_PING)
            if door.recv(1):
                return
    except (ConnectionError, FileNotFoundError):
        link.check()
    raise LinkError(link.why_nothing())
