"""The ground of a case: a repository with its remote at a path that stays the same, built once and copied for each use.

The path must stay: worktrees, alternates, remotes and the journal of the program know it by its full name.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from tests.git.world import MAIN, World, plain

SIGNS = ("HOME", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL")
Do = Callable[["Ground"], object]


@contextmanager
def quiet_home(folder: Path) -> Iterator[None]:
    """Nobody's own git settings: the states are to be the same everywhere."""
    before = {name: os.environ.get(name) for name in SIGNS}
    (folder / "gitconfig").touch()
    settings = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(folder / "gitconfig")}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass
class Ground(World):
    """As `World`, with files that no bad commit touches; and how the case is to be started."""

    start: Path | None = None
    """Where the command is started, if not in the clone."""
    env: dict[str, str] = field(default_factory=dict)
    branch: str = MAIN
    """The branch that is acted on here."""
    there: str = MAIN
    """What the remote calls it."""
    far_name: str = "remote.git"
    to: str = ""
    """What `git.reset` is told to go back to; empty: the good commit."""
    target: str = ""
    """The commit that `to` means, if the state made it another."""
    culprit: str = ""
    prefix: tuple[str, ...] = ()
    """Words before the command, like setpriv."""
    closers: list[Do] = field(default_factory=list)
    """What to take down after the case: listeners and the like."""

    @override
    def build(self) -> "Ground":
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "outside").mkdir()
        (self.root / "outside" / "precious.txt").write_text("not of this repository\n")
        for args in (("--bare", str(self.remote)), (str(self.repo),)):
            plain(self.root, "init", "-q", "-b", MAIN, "--template=", *args)
        self.settle_in()
        self.git("remote", "add", "origin", str(self.remote))
        first = {
            "a.txt": "a1\n", "b.txt": "b1\n", "old.txt": "old\n", ".gitignore": "*.log\nbuild/\n", "beside.txt": "1\n",
            "lib/code.py": "x = 1\n", "docs/read me.txt": "words\n",
        }  # fmt: skip
        self.write("run.sh", "#!/bin/sh\n").chmod(0o755)
        self.git("add", "run.sh")
        self.good = self.commit("works", first)
        self.bad = [self.commit("faster leads", {"a.txt": "a2\n"})]
        self.bad.append(self.commit("add cache", {"c.txt": "c1\n", "old.txt": "new\n", "lib/code.py": "x = 2\n"}))
        self.bad.append(self.commit("tune worker", {"b.txt": "b2\n"}, "lee"))
        self.push()
        self.git("fetch", "-q")
        self.git("branch", "-q", "--set-upstream-to=origin/main")
        self.target, self.culprit = self.good, self.bad[0]
        return self

    def settle_in(self) -> None:
        for key, value in (("user.name", "ana"), ("user.email", "ana@example.org"), ("gc.auto", "0")):
            self.git("config", key, value)

    @property
    def far(self) -> Path:
        """The remote that is meant to be pushed to."""
        return self.root / self.far_name

    @property
    def folder(self) -> Path:
        return self.start or self.repo

    def hook(self, name: str, text: str, where: Path | None = None) -> None:
        path = (where or self.repo / ".git") / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def work(self) -> None:
        """Somebody's unsaved work, none of it in the way: unstaged, staged and edited again, untracked, ignored."""
        self.write("beside.txt", "mine, not staged\n")
        self.write("docs/plan.txt", "staged\n")
        self.git("add", "--force", "docs/plan.txt")
        self.write("docs/plan.txt", "staged, then edited\n")
        self.write("notes/to do.txt", "untracked\n")
        self.write("run.log", "ignored\n")

    def clear(self) -> None:
        for step in self.closers:
            step(self)
        self.closers.clear()


@dataclass
class Slot:
    """One place where cases happen, one after the other."""

    folder: Path
    kept: dict[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.folder / "here"

    @property
    def home(self) -> Path:
        """The program's state: it goes with the ground, because the record must know what was done there."""
        return self.root / "home"

    def fresh(self, name: str, make: Callable[[Ground], object], on: str = "") -> Ground:
        """The ground called `name`, made at its first use (on top of the one called `on`)."""
        if name not in self.kept:
            ground = self._copied(on) if on else self._empty()
            make(ground)
            self._keep(name, ground)
            return ground
        return self._copied(name)

    def _empty(self) -> Ground:
        self._wipe()
        return Ground(self.root)

    def _keep(self, name: str, ground: Ground) -> None:
        # What runs or listens cannot be copied: such a ground is made anew each time.
        if ground.closers:
            return
        self.kept[name] = {k: v for k, v in vars(ground).items() if k not in ("reported", "closers")}
        _copy(self.root, self.folder / "kept" / name)

    def _copied(self, name: str) -> Ground:
        self._wipe()
        _copy(self.folder / "kept" / name, self.root)
        ground = Ground(self.root)
        for key, value in self.kept[name].items():
            setattr(ground, key, dict(value) if isinstance(value, dict) else value)
        return ground

    def _wipe(self) -> None:
        if self.root.exists():
            subprocess.run(["chmod", "-R", "u+rwX", str(self.root)], check=False, capture_output=True)
            shutil.rmtree(self.root)


def _copy(here: Path, there: Path) -> None:
    """With times, links, holes and modes, as git would notice them."""
    there.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--sparse=always", "--", str(here), str(there)], check=True)
