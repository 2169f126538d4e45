"""A host that is reached over ssh: a real sshd on loopback with keys, known hosts and a configuration of its own.

Each connection gets an `sshd -i` of its own behind a listener on a free port, so a session can be stopped or killed by
its process. The program's ssh is the machine's own; only its configuration is this folder's, by a word in front of its
arguments: it takes a person's from the passwd entry, never from HOME. Needs root and openssh (Debian: openssh-server).
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_SSHD = "/usr/sbin/sshd"


def missing() -> str:
    """Why no sshd can be started here; empty when one can."""
    if os.geteuid() != 0:
        return "a private sshd needs root"
    for program in (_SSHD, "ssh", "ssh-keygen"):
        if shutil.which(program) is None:
            return f"no {program} here (Debian: apt-get install openssh-server openssh-client)"
    return ""


class Yard:
    """The host `yard`, and others that are it too, each with something wrong: see `config`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before: tuple[str, ...] = ()
        """Words in front of the next sshd's command."""
        self.accepts = True
        """False: who connects is heard by nobody."""
        self._sessions: list[subprocess.Popen[bytes]] = []
        self._held: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            self.free: int = nobody.getsockname()[1]
        for key in ("host", "other", "mine", "stranger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
        shutil.copy(folder / "mine.pub", folder / "authorized")
        for name, key in (("known", "host"), ("stale", "other")):
            public = " ".join((folder / f"{key}.pub").read_text().split()[:2])
            (folder / name).write_text(f"[127.0.0.1]:{self.port} {public}\n")
        (folder / "sshd_config").write_text(self._sshd_config())
        (folder / "config").write_text(self._config())
        (folder / "bin").mkdir()
        ssh = folder / "bin" / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
        ssh.chmod(0o755)
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it asks for it, whoever starts it
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _sshd_config(self) -> str:
        return f"""
HostKey {self.folder}/host
AuthorizedKeysFile {self.folder}/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
SetEnv HOME={self.folder}
"""

    def _config(self) -> str:
        hosts = {
            "yard": f"Port {self.port}",
            "unknown": f"Port {self.port}\n  UserKnownHostsFile /dev/null",
            "changed": f"Port {self.port}\n  UserKnownHostsFile {self.folder}/stale",
            "keyless": f"Port {self.port}\n  IdentityFile {self.folder}/stranger",
            "brisk": f"Port {self.port}\n  ConnectTimeout 1\n  ServerAliveInterval 1",
            "nameless": f"Port {self.port}\n  HostName yard.invalid",
            "closed": f"Port {self.free}",
            "shared": f"Port {self.port}\n  ControlPath {self.folder}/%n.ctl",
        }
        text = "".join(f"Host {name}\n  {lines}\n" for name, lines in hosts.items())
        return f"""{text}Host * !keyless
  IdentityFile {self.folder}/mine
Host *
  HostName 127.0.0.1
  User root
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {self.folder}/known
  GlobalKnownHostsFile /dev/null
"""

    @property
    def path(self) -> str:
        """PATH, with its ssh first."""
        return f"{self.folder / 'bin'}:{os.environ['PATH']}"

    def ssh(self, *argv: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([str(self.folder / "bin" / "ssh"), *argv], capture_output=True, check=True, timeout=20)

    def url(self, socket: Path, host: str = "yard") -> str:
        """What DOCKER_HOST has to be for an engine that listens there."""
        return f"ssh://{host}{socket}"

    @contextmanager
    def with_line(self, line: str) -> Iterator[None]:
        """One more line of its sshd's configuration, for the sessions that begin meanwhile."""
        config = self.folder / "sshd_config"
        before = config.read_text()
        config.write_text(f"{before}{line}\n")
        try:
            yield
        finally:
            config.write_text(before)

    @contextmanager
    def wrong_configuration(self) -> Iterator[None]:
        """The person's own."""
        config = self.folder / "config"
        before = config.read_text()
        config.write_text(f"Foo 1\n{before}")
        try:
            yield
        finally:
            config.write_text(before)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            if not self.accepts:
                self._held.append(line)
                continue
            argv = [*self.before, _SSHD, "-i", "-e", "-f", str(self.folder / "sshd_config")]
            with line, (self.folder / "log").open("ab") as log:
                session = subprocess.Popen(argv, stdin=line.fileno(), stdout=line.fileno(), stderr=log)
            self._sessions.append(session)

    @property
    def sessions(self) -> list[int]:
        """Those that are there."""
        return [session.pid for session in self._sessions if session.poll() is None]

    def cut(self) -> None:
        """As a machine does that goes: every session at once, without a word."""
        self._signal(signal.SIGKILL)

    def hang(self, hangs: bool) -> None:
        """Its sessions stand still, and who comes anew is not heard."""
        self.accepts = not hangs
        self._signal(signal.SIGSTOP if hangs else signal.SIGCONT)
        if not hangs:
            self._let_go()

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.sessions:
            for each in (*_below(pid), pid):
                with suppress(ProcessLookupError):
                    os.kill(each, number)

    def _let_go(self) -> None:
        held, self._held = self._held, []
        for line in held:
            line.close()

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
        self.cut()
        self._let_go()
        for session in self._sessions:
            session.wait(10)


def _below(pid: int) -> Sequence[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return ()
    return [each for child in children for each in (*_below(int(child)), int(child))]


@contextmanager
def private_yard() -> Iterator[Yard]:
    folder = Path(tempfile.mkdtemp(prefix="incident-yard-", dir="/tmp"))
    yard = Yard(folder)
    try:
        yield yard
    finally:
        yard.close()
        shutil.rmtree(folder, ignore_errors=True)
