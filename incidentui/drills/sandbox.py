"""A sandbox: a folder with a real remote, real clones and real services under a private Supervisor.

Owns where things lie, how it is built and how it is taken down. Which things break, and when, is the keeper's.
"""

import contextlib
import http.client
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from incidentui.core.value import dataclass
from incidentui.drills import history
from incidentui.drills.history import SandboxError, git
from incidentui.drills.registry import CONTAINERS, DRILLS
from incidentui.drills.scenario import Request, Scenario, marked, without_runbooks

MARKER = ".incidentui-drill"
"""An empty file that says: this folder is a sandbox, and may be deleted as one."""
ABOUT = "about.json"
LONGEST_ROOT = 80
"""A unix socket's whole path must fit in 108 bytes."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where the parts of a sandbox lie."""

    root: Path

    @property
    def remote(self) -> Path:
        return self.root / "remote.git"

    @property
    def work(self) -> Path:
        """The responder's clone."""
        return self.root / "work"

    @property
    def colleague(self) -> Path:
        return self.root / "colleague"

    @property
    def deploy(self) -> Path:
        """What runs: the checked-out commit and its `REV`."""
        return self.root / "deploy"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def conf(self) -> Path:
        return self.root / "supervisord.conf"

    @property
    def socket(self) -> Path:
        return self.root / "supervisor.sock"

    @property
    def about(self) -> "About":
        return About(**json.loads((self.root / ABOUT).read_text(encoding="utf-8")))

    @property
    def keeper(self) -> tuple[str, ...]:
        """The command of the process that keeps it."""
        return (sys.executable, "-P", "-m", "incidentui.drills.keeper", str(self.root))

    @property
    def broken(self) -> bool:
        """Whether everything that breaks was pushed."""
        return (self.root / "pushed").exists()


@dataclass(frozen=True, slots=True)
class About:
    """What a sandbox says of itself, once its parts are there."""

    drill: str
    seed: int
    good: str
    ports: Mapping[str, int]
    engine: str = ""
    """The address of the engine that runs its containers; empty: it has none."""
    without_runbooks: bool = False
    """Its repository has none of its own: who works in it has those that ship."""

    @property
    def scenario(self) -> Scenario:
        found = (CONTAINERS if self.engine else DRILLS)[self.drill]
        return without_runbooks(found) if self.without_runbooks else found

    @property
    def front(self) -> int:
        return self.ports[self.scenario.front]


# -- building


def new() -> Sandbox:
    """An empty folder, marked as a sandbox."""
    base = Path(tempfile.gettempdir()).resolve()
    if len(str(base)) > LONGEST_ROOT - 12:
        base = Path("/tmp")
    sandbox = Sandbox(Path(tempfile.mkdtemp(prefix="iui-", dir=base)))
    (sandbox.root / MARKER).touch()
    return sandbox


def build(sandbox: Sandbox, drill: str, seed: int, now_s: int, host: str = "", bare: bool = False) -> None:
    """Everything but the processes: folders, remote, past, clone, first deploy, Supervisor's configuration.

    `host`: the engine for its containers, which are started too; `bare`: without runbooks of its own.
    """
    scenario = About(drill, seed, "", {}, host, bare).scenario
    ports = dict(zip(scenario.ports, free_ports(len(scenario.ports)), strict=True))
    for folder in (sandbox.remote, sandbox.deploy, sandbox.logs):
        folder.mkdir()
    git(["init", "-q", "--bare", "-b", "main", "--template=", "."], sandbox.remote)
    known = marks(sandbox, ports, host)
    good = history.write_past(sandbox.remote, scenario, known, now_s)
    about = About(drill, seed, good, ports, host, bare)
    _write(sandbox.root / ABOUT, json.dumps({name: getattr(about, name) for name in About.__slots__}))
    _write(sandbox.root / "rows.json", history.data(scenario.rows, "rows.json"))
    if scenario.password_file:
        _write_password(sandbox.root / scenario.password_file)
    _write(sandbox.conf, configuration(sandbox, about))
    _set_hook(sandbox, scenario, known)
    _first_deploy(sandbox, good)
    clone(sandbox, sandbox.work, scenario.responder)
    if scenario.furnish is not None:
        scenario.furnish(sandbox.root, known)


def marks(sandbox: Sandbox, ports: Mapping[str, int], host: str = "") -> dict[str, str]:
    """What the marks in a drill's texts stand for."""
    ctl = f'"{sys.executable}" -P -m supervisor.supervisorctl -c "{sandbox.conf}"'
    with as_file(files("incidentui.drills") / "services") as services:
        places = {
            "ROOT": str(sandbox.root), "DEPLOY": str(sandbox.deploy), "SERVICES": str(services), "CTL": ctl,
            "PYTHON": sys.executable, "NAME": sandbox.root.name, "ENGINE": host,
        }  # fmt: skip
    return places | {name.upper(): str(port) for name, port in ports.items()}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_password(path: Path) -> None:
    path.touch(mode=0o600)
    _write(path, secrets.token_urlsafe(12))


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens on, below the range from which systems give ports to outgoing connections."""
    found: list[int] = []
    with contextlib.ExitStack() as held:
        while len(found) < n:
            port = random.randrange(20_000, 32_000)
            trial = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                trial.bind(("127.0.0.1", port))
                found.append(port)
    return found


def clone(sandbox: Sandbox, place: Path, person: str) -> None:
    """A clone with an identity of its own, which the user's configuration cannot make sign, hook or prompt."""
    git(["clone", "-q", "--template=", str(sandbox.remote), str(place)], sandbox.root)
    name, _, email = person.rstrip(">").partition(" <")
    settings = {
        "user.name": name,
        "user.email": email,
        "commit.gpgsign": "false",
        "core.hooksPath": str(place / ".git" / "hooks"),
    }
    for key, value in settings.items():
        git(["config", "--local", key, value], place)


def _set_hook(sandbox: Sandbox, scenario: Scenario, known: Mapping[str, str]) -> None:
    hook = sandbox.remote / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    _write(hook, marked(history.data(scenario.data, "post-receive"), known))
    hook.chmod(0o755)
    git(["config", "core.hooksPath", str(hook.parent)], sandbox.remote)


def _first_deploy(sandbox: Sandbox, good: str) -> None:
    index = {"GIT_INDEX_FILE": str(sandbox.deploy / ".index")}
    git([f"--work-tree={sandbox.deploy}", "read-tree", "-u", "--reset", good], sandbox.remote, env=index)
    _write(sandbox.deploy / "REV", f"{good}\n")


# -- the processes


def programs(sandbox: Sandbox, about: About) -> dict[str, tuple[str, ...]]:
    """The exact command of each supervised program."""
    known, quick = marks(sandbox, about.ports, about.engine), (sys.executable, "-B", "-E", "-s", "-S")
    return {p.name: (*quick, *(marked(word, known) for word in p.argv)) for p in about.scenario.programs}


def configuration(sandbox: Sandbox, about: About) -> str:
    """supervisord.conf. It retries for ever, as production does; a restart by the hook begins anew."""
    known = marks(sandbox, about.ports, about.engine)
    values = ",".join(f'{name}="{marked(value, known)}"' for name, value in about.scenario.environment.items())
    parts = [marked(history.data("services", "supervisord.conf"), {**known, "ENVIRONMENT": values})]
    program = history.data("services", "program.conf")
    for name, argv in programs(sandbox, about).items():
        command = " ".join(f'"{word}"' for word in argv)
        parts.append(marked(program, {"NAME": name, "COMMAND": command, "LOG": str(sandbox.logs / f"{name}.log")}))
    return "".join(parts)


def start(sandbox: Sandbox) -> int:
    """Start the keeper, which starts Supervisor; both outlive this program. Returns its pid."""
    log = str(sandbox.logs / "keeper.log")
    return os.posix_spawn(
        sys.executable,
        sandbox.keeper,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def kept(sandbox: Sandbox) -> bool:
    """Whether its keeper runs."""
    return any(command == " ".join(sandbox.keeper) for _, command in processes())


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    """One request that the front door does not count as a user's; status 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request(method, path, headers={"X-Rehearsal": "1"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def served(about: About, request: Request) -> bool:
    """Whether a user gets what the request promises."""
    status, body = ask(about.ports[request.port], request.path, request.method)
    return status == 200 and re.match(request.says, body) is not None


def healthy(sandbox: Sandbox) -> bool:
    about, visit = sandbox.about, sandbox.about.scenario.visit
    return all(served(about, request) for request in about.scenario.healthy) and (
        visit is None or visit(sandbox.root, about.front)
    )


def _wake(sandbox: Sandbox) -> None:
    """Supervisor starts its programs on its next tick, a second away; a connection makes it tick now."""
    with socket.socket(socket.AF_UNIX) as knock:
        knock.connect_ex(str(sandbox.socket))


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def wait_green(sandbox: Sandbox, within_s: float = 15.0) -> None:
    """Wait until every service answers. Pages are not asked: what they ask at the front door would be a user's."""
    about = sandbox.about
    front = [request for request in about.scenario.healthy if request.port == about.scenario.front]
    listening = [port for name, port in about.ports.items() if name not in about.scenario.silent]
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if all(served(about, request) for request in front) and all(map(_listens, listening)):
            return
        _wake(sandbox)
        time.sleep(0.02)
    raise SandboxError("the sandbox's services do not answer", f"see {sandbox.logs}")


# -- taking down


def take_down(sandbox: Sandbox) -> None:
    """End this sandbox's processes, and only these; hard, for nothing here has anything to save."""
    supervisor = (sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(sandbox.conf), "-n")
    if not (sandbox.root / ABOUT).is_file():
        return  # it was never finished, so nothing of it runs
    # Who restarts others goes first.
    for commands in ((sandbox.keeper, supervisor), programs(sandbox, sandbox.about).values()):
        ours = {" ".join(command) for command in commands}
        end([pid for pid, command in processes() if command in ours])


def remove(sandbox: Sandbox) -> None:
    """Delete the folder, if it is one of ours."""
    if (sandbox.root / MARKER).is_file():
        shutil.rmtree(sandbox.root, ignore_errors=True)


def end(pids: Sequence[int], patience_s: float = 5.0) -> None:
    """Kill, and return when they are gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + patience_s
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits for its parent does not."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except PermissionError:
        return True
    except OSError:
        return False


def processes() -> Iterator[tuple[int, str]]:
    """Every process with its whole command: a pid file may name somebody else's process by now."""
    if not Path("/proc/self").exists():
        listing = subprocess.run(["ps", "-axwwo", "pid=,args="], capture_output=True, text=True, check=False)
        for line in listing.stdout.splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command.strip()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().decode(errors="surrogateescape").split("\0")
            yield int(entry.parent.name), " ".join(words[:-1])
