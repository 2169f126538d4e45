"""One ssh connection to a host, kept for all that this program asks there, and a socket here that leads to its engine.

The machine's own ssh does it: with the person's configuration, agent, jump hosts and known hosts. It asks nothing, and
takes no host key that is not known. Where the person already shares a connection (ControlMaster), that one is used:
a second factor was given once, by hand. Else one of our own is made; it ends with us, also when we are killed.
"""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.edge.ssh.address import Address, read
from incidentui.edge.ssh.said import Said, text
from incidentui.edge.ssh.words import PROBE, ended, of_socket, refusal

CONNECT_S = 8
"""For the way there and the first words of its sshd; less where the person's configuration says so."""
ALIVE_S = 4
"""A line that is dead is told after three of these, not when the kernel gives up after a quarter of an hour."""
REACH_S = 12.0
"""For all of it, with a jump host and the login."""
AGAIN_S = 5.0
"""So long a refusal holds for all that ask: logs, events and lists would each knock for themselves."""
_ASK_S = 3.0
_LONGEST = 58
"""Of TMPDIR, in bytes: the path of a socket has at most 107, on some systems 103, and 45 are added: the folder's name,
the socket's, and what ssh hangs on to that until it listens.
"""
_QUIET = ("-o", "BatchMode=yes", "-o", "LogLevel=INFO", "-T", "-n")
_OWN = (
    *_QUIET,
    *("-o", "StrictHostKeyChecking=yes"),
    *("-o", "ServerAliveCountMax=3"),
    # What the person has forwarded for this host stays with their own connections.
    *("-o", "ClearAllForwardings=yes", "-o", "ControlPersist=no", "-o", "RemoteCommand=none"),
    *("-o", "ForwardAgent=no", "-o", "ForwardX11=no", "-o", "PermitLocalCommand=no"),
)
_HOLD = """
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
ssh=$!
{ read -r _ <&3; rm -rf "$folder"; kill $ssh; sleep 1; kill -9 $ssh; } >/dev/null 2>&1 &
reader=$!
wait $ssh
kill $reader 2>/dev/null
rm -rf "$folder"
"""
"""Between us and ssh: our end closes its standard input, however we end, and ssh goes too. Its death is ssh's, and the
folder is there no longer than either.
"""
_LEND = 'folder=$1; shift; read -r _; rm -rf "$folder"; exec "$@" </dev/null >/dev/null 2>&1'
"""In its place where the connection is the person's own: only what we put into it is taken out again."""


class LinkError(Exception):
    """Why there is no connection, or nothing at its end; and what to do. Without the address."""


class Link:
    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._said = Said()
        self._control = ""
        self._lent = False
        self._doubted = False
        self._ended = False
        self._refused: tuple[float, str] | None = None

    @property
    def socket(self) -> Path:
        """Leads to the engine's while the connection stands. In a folder that only this user may enter."""
        return (self._folder or Path("/nowhere")) / "engine.sock"

    @property
    def how(self) -> str:
        return "over your shared ssh connection" if self._lent else "over an ssh connection of our own"

    def reach(self) -> None:
        """Until the connection stands: at once where it does, `REACH_S` at the longest. Raises LinkError."""
        with self._lock:
            if self._there() and (not self._doubted or self._answers()):
                self._doubted = False
                return
            if self._refused and time.monotonic() < self._refused[0]:
                raise LinkError(self._refused[1])
            if self._ended:
                raise LinkError("the program ends")
            self._drop()
            try:
                self._open()
            except LinkError as error:
                self._drop()
                self._refused = time.monotonic() + AGAIN_S, str(error)
                raise
            self._refused, self._doubted = None, False

    def check(self) -> None:
        """Raises LinkError if it ended since it was reached."""
        if not self._there():
            raise LinkError(ended(self._said.text))

    def doubt(self) -> None:
        """Something over it was not answered. Our own finds out by itself; one that is lent is looked at again."""
        self._doubted = self._lent

    def try_again(self) -> None:
        """Somebody asks for it: the last refusal does not hold."""
        self._refused = None

    def why_nothing(self) -> str:
        """Why nothing comes out of the socket at its end: it is looked at over the same connection."""
        asked = _run([*self._over(), PROBE.format(socket=self.address.socket)])
        answer = text(asked.stdout) if asked else ""
        if not answer and self._keeper is not None and _ends(self._keeper, 1.0):
            return ended(self._said.text)
        return of_socket(answer, self.address)

    def end(self, within_s: float = 0) -> None:
        """Waits for no longer, nor for one that is being made: what stands between follows by itself."""
        self._ended = True
        self._drop(within_s)

    # -- a connection

    def _stands(self) -> bool:
        return self._keeper is not None and self._keeper.poll() is None

    def _there(self) -> bool:
        """Whether it stands and leads on: its folder is where others clean up."""
        return self._stands() and self.socket.exists()

    def _answers(self) -> bool:
        """Of one that is lent and doubted. Others use its socket too: it stays where it is while it leads on."""
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.settimeout(_ASK_S)
                door.connect(str(self.socket))
        except OSError:
            return False
        return self._shares(self._control)

    def _open(self) -> None:
        if shutil.which("ssh") is None:
            raise LinkError("there is no ssh here; install it (Debian: openssh-client)")
        person = self._configured()
        self._lent = self._shares(person.get("controlpath", ""))
        top = tempfile.gettempdir()
        short = len(os.fsencode(top)) <= _LONGEST
        self._folder = Path(tempfile.mkdtemp(prefix="incidentui-ssh-", dir=top if short else "/tmp"))
        if self._lent:
            back = self._over("-O", "cancel", "-L", self._leads)
            self._keep([_LEND, "ssh", str(self.socket.parent), *back])
        else:
            self._connect(_least(person, "connecttimeout", CONNECT_S), _least(person, "serveraliveinterval", ALIVE_S))
        told = _run(self._over("-O", "forward", "-L", self._leads))
        if not self.socket.exists():
            raise LinkError(refusal(text(told.stderr) if told else "timed out", self.address, _ASK_S))

    @property
    def _leads(self) -> str:
        return f"{self.socket}:{self.address.socket}"

    def _configured(self) -> dict[str, str]:
        """What the person's configuration says of this host: option, in small letters -> value."""
        told = _run(["ssh", *_QUIET, "-G", *self.address.words])
        lines = text(told.stdout).splitlines() if told else []
        return dict(line.split(" ", 1) for line in lines if " " in line)

    def _shares(self, path: str) -> bool:
        """Whether the person's own shared connection is there, and its other end answers, if only with a refusal."""
        self._control = path
        if path in ("", "none") or not os.path.exists(path):
            return False
        there = _run(self._over("-O", "check"))
        return there is not None and there.returncode == 0 and _run(self._over("-W", "localhost:9")) is not None

    def _connect(self, within_s: int, alive_s: int) -> None:
        self._control = str(self.socket.with_name("ssh"))
        timing = ("-o", f"ConnectTimeout={within_s}", "-o", f"ServerAliveInterval={alive_s}")
        options = (*_OWN, *timing, "-N", "-o", "ControlMaster=yes", "-S", self._control)
        self._keep([_HOLD, "ssh", str(self.socket.parent), "ssh", *options, *self.address.words])
        until = time.monotonic() + REACH_S
        while not os.path.exists(self._control):
            if not self._stands():
                self._said.whole()
                raise LinkError(refusal(self._said.text, self.address, within_s))
            if time.monotonic() > until:
                raise LinkError(refusal("timed out", self.address, REACH_S))
            time.sleep(0.02)

    def _keep(self, script: Sequence[str]) -> None:
        try:
            keeper = subprocess.Popen(
                ["/bin/sh", "-c", *script],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,  # a key that ends us is not for it
            )
        except OSError as error:
            raise LinkError(f"ssh could not be started: {error.strerror}; see what this machine lacks") from None
        self._keeper, self._said = keeper, Said(keeper)

    def _drop(self, within_s: float = 2.0) -> None:
        keeper, self._keeper = self._keeper, None
        folder, self._folder = self._folder, None
        if keeper is not None and keeper.stdin is not None:
            keeper.stdin.close()
            _ends(keeper, within_s)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    # -- over a connection

    def _over(self, *words: str) -> list[str]:
        """Only over that connection: without it nothing else is tried, and no configuration is read."""
        only = ("-F", "none", "-S", self._control, "-o", "ControlMaster=no", "-o", "ProxyCommand=false")
        return ["ssh", *_QUIET, *only, *words, self.address.host]


def _least(person: Mapping[str, str], option: str, ours: int) -> int:
    value = person.get(option, "")
    return min(ours, int(value)) if value.isdecimal() and int(value) else ours


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}


def _run(argv: Sequence[str]) -> "subprocess.CompletedProcess[bytes] | None":
    """None: it did not end in time, or not even begin."""
    try:
        return subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_S,
            check=False,
            env=_environment(),
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _ends(process: "subprocess.Popen[bytes]", within_s: float) -> bool:
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    return True


# -- those of this process

_LINKS: dict[Address, Link] = {}
_MAKING = threading.Lock()


def link_to(url: str) -> Link:
    """The one to this address, for all that ask; not connected yet. Raises AddressError."""
    address = read(url)
    with _MAKING:
        return _LINKS.setdefault(address, Link(address))


@atexit.register
def end_all(within_s: float = 0) -> None:
    with _MAKING:
        links = list(_LINKS.values())
        _LINKS.clear()
    for link in links:
        link.end(within_s)
