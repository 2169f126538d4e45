"""What a row of the table is: a fault, how it is done for real, and the words that must stand on the screen then."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.world import Place
from tests.engine import IMAGE, Dockerd

SLEEP = ("sleep", "600")
OBEYS = ("sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done")


@dataclass
class Ground:
    """Where a fault is done: an engine, a folder of the case's own, and the project that the program watches."""

    engine: Dockerd
    folder: Path
    place: Place
    kept: dict[str, str] = field(default_factory=dict)
    """What a fault remembers of before, for its own judgement."""

    def run(self, name: str, *command: str, options: tuple[str, ...] = (), network: str = "host") -> None:
        """A start that the engine refuses is a fault like others."""
        argv = ("run", "-d", "--network", network, "--name", name, *options, IMAGE, *(command or SLEEP))
        self.engine.docker(*argv, check=False)

    def sh(self, name: str, script: str, *options: str) -> None:
        self.run(name, "sh", "-c", script, options=options)

    def docker(self, *argv: str) -> str:
        return self.engine.docker(*argv, check=False).stdout.decode(errors="replace").strip()

    def file(self, name: str, text: str, mode: int = 0o644) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def events(self, kind: str) -> int:
        return self.place.names().count(kind)


def nothing_more(_: Ground) -> str:
    return ""


@dataclass(frozen=True)
class Fault:
    name: str
    inject: Callable[[Ground], object]
    row: str = ""
    """On the screen with its panes, as a regular expression; so are all the others."""
    page: tuple[str, ...] = ()
    """On the page of the workload `of`."""
    of: str = "web"
    plan: tuple[str, ...] = ()
    """On the plan of the deed that stands as `deed` in the workload's menu."""
    deed: str = ""
    then: Callable[[Ground], object] | None = None
    """Done while the words before are on the screen; `after` must come then."""
    after: str = ""
    lost: Callable[[Ground], str] = nothing_more
    """What was lost or done that nobody asked for; empty: nothing."""
    host: Callable[[Ground], str] | None = None
    """DOCKER_HOST, where it is not the engine itself. Such a case has a program of its own, as has one with files."""
    env: Callable[[Ground], Mapping[str, str]] | None = None
    """More of the program's environment, once `host` is there."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Of the project."""
    before: tuple[str, ...] = ()
    """Words in front of the program's command."""
    heal: Callable[[Ground], object] | None = None
    """Always done in the end."""
    long: bool = False
    """Only in the whole sweep."""
    patience_s: float = 25

    @property
    def alone(self) -> bool:
        return bool(self.host or self.files or self.before)


def memory_kb(pid: int) -> int:
    """The most that a process ever held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def root_without_power() -> tuple[str, ...]:
    """A root that file modes count for, as they do for everybody else."""
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
