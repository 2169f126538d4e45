"""The address of an engine that is reached over ssh: ssh://[user@]host[:port][/path/of/its.sock]."""

import re
import shlex
from urllib.parse import unquote, urlsplit

from incidentui.core.value import dataclass

SCHEME = "ssh://"
SOCKET = "/var/run/docker.sock"
_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.:%@+-]*")
"""Never an option: what begins with a dash would be read as one."""
_PATH = re.compile(r"/[A-Za-z0-9_./@+-]+")
"""No blank, colon, percent or dollar: ssh and the shell over there would each read their own meaning into them."""


class AddressError(Exception):
    """What is wrong with it, and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    """As ssh is told it: a name of the person's own configuration, too."""
    user: str = ""
    port: int | None = None
    socket: str = SOCKET
    """Over there."""

    @property
    def words(self) -> tuple[str, ...]:
        """What ssh is given for it."""
        port = ("-p", str(self.port)) if self.port else ()
        return (*port, *(("-l", self.user) if self.user else ()), self.host)

    @property
    def by_hand(self) -> str:
        port = f"-p {self.port} " if self.port else ""
        return f"ssh {port}{shlex.quote(f'{self.user}@{self.host}' if self.user else self.host)}"

    @property
    def known_as(self) -> str:
        """In the file of known hosts."""
        return f"[{self.host}]:{self.port}" if self.port not in (None, 22) else self.host


def read(url: str) -> Address:
    """Raises AddressError."""
    wanted = "write it as ssh://user@host, with :port and /path/of/its.sock where they are not the usual ones"
    try:
        parts = urlsplit(url)
        host, user, port = parts.hostname or "", unquote(parts.username or ""), parts.port
    except ValueError as error:
        raise AddressError(f"no address: {error}; {wanted}") from None
    if parts.password is not None:
        raise AddressError("a password stands in it, and ssh takes none; take it out, and use a key")
    if parts.query or parts.fragment or not _NAME.fullmatch(host) or (user and not _NAME.fullmatch(user)):
        raise AddressError(f"no address that ssh understands; {wanted}")
    path = parts.path.rstrip("/")
    if path and not _PATH.fullmatch(path):
        raise AddressError(f"{path!r} cannot be the path of a socket; {wanted}")
    # urlsplit makes names small, and a name of somebody's configuration may not be.
    written = parts.netloc.rpartition("@")[2]
    whole = written[: len(host)] if written[: len(host)].lower() == host else host
    return Address(whole, user, port, path or SOCKET)
