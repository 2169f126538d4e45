"""Real repositories for the git tests: a bare remote, a responder's clone, and plain git as the judge from outside."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incidentui.config.model import RehearseConfig
from incidentui.core.inputs import ActionActed, Observation, Refusal
from incidentui.core.model import Attempt, Commit, KnownGood, Light, Owner, Plan
from incidentui.core.state import State
from incidentui.edge.git.executor import GitExecutor

MAIN = "main"


class Watch:
    """A clock that only counts."""

    boot = "test"

    def __init__(self) -> None:
        self.ticks = 1_700_000_000_000

    def now(self) -> int:
        self.ticks += 1
        return self.ticks

    def mono(self) -> int:
        return self.now()


def plain(where: Path, *args: str, ok: bool = True, env: Mapping[str, str] | None = None) -> str:
    """Git as a person would run it."""
    done = subprocess.run(
        ["git", "-C", str(where), *args], capture_output=True, env={**os.environ, **(env or {})}, check=False
    )
    assert not ok or done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


@dataclass
class World:
    """good (a, b, old) then three bad commits: a edited by sam, c added by sam, b edited by lee."""

    root: Path
    reported: list[Observation] = field(default_factory=list)
    rehearse: RehearseConfig = field(default_factory=RehearseConfig)

    @property
    def remote(self) -> Path:
        return self.root / "remote.git"

    @property
    def repo(self) -> Path:
        return self.root / "repo"

    def git(self, *args: str, ok: bool = True) -> str:
        return plain(self.repo, *args, ok=ok)

    def write(self, name: str, text: str) -> Path:
        path = self.repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def commit(self, subject: str, files: Mapping[str, str], author: str = "sam") -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "--force", "--", *files)
        self.git("commit", "-q", "--author", f"{author} <{author}@example.org>", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def push(self) -> None:
        self.git("push", "-q", "origin", f"HEAD:refs/heads/{MAIN}")

    def build(self) -> "World":
        plain(self.root, "init", "-q", "--bare", "-b", MAIN, str(self.remote))
        plain(self.root, "init", "-q", "-b", MAIN, str(self.repo))
        self.git("config", "user.name", "ana")
        self.git("config", "user.email", "ana@example.org")
        self.git("remote", "add", "origin", str(self.remote))
        self.good = self.commit(
            "works", {"a.txt": "a1\n", "b.txt": "b1\n", "old.txt": "old\n", ".gitignore": "*.log\n"}
        )
        self.bad = [self.commit("faster leads", {"a.txt": "a2\n"})]
        self.bad.append(self.commit("add cache", {"c.txt": "c1\n", "old.txt": "new\n"}))
        self.bad.append(self.commit("tune worker", {"b.txt": "b2\n"}, "lee"))
        self.push()
        self.git("branch", "-q", "--set-upstream-to=origin/main", ok=False)
        self.git("fetch", "-q")
        return self

    def colleague(self, files: Mapping[str, str], subject: str = "hotfix") -> str:
        """Somebody else pushes to the remote."""
        clone = self.root / "colleague"
        if not clone.exists():
            plain(self.root, "clone", "-q", str(self.remote), str(clone))
        plain(clone, "pull", "-q")
        for name, text in files.items():
            (clone / name).write_text(text)
        plain(clone, "add", "-A")
        plain(clone, "-c", "user.name=kim", "-c", "user.email=kim@x", "commit", "-q", "-m", subject)
        plain(clone, "push", "-q", "origin", f"HEAD:refs/heads/{MAIN}")
        return plain(clone, "rev-parse", "HEAD")

    # -- what the program does

    def executor(self, branch: str | None = None, remote: str | None = None) -> GitExecutor:
        return GitExecutor(self.repo, branch, remote, Watch(), self.rehearse)

    def state(self) -> State:
        return State(seq=7, good=KnownGood(self.good, 0, "all checks green"))

    async def plan(self, action: str = "git.reset", branch: str | None = None, **args: str) -> Plan | Refusal:
        return await self.executor(branch).plan(action, args, self.state(), "INC-1")

    async def planned(self, action: str = "git.reset", branch: str | None = None, **args: str) -> Plan:
        plan = await self.plan(action, branch, **args)
        assert isinstance(plan, Plan), plan
        return plan

    async def act(self, plan: Plan, branch: str | None = None) -> ActionActed:
        self.reported.clear()
        return await self.executor(branch).act("run-1", plan, "INC-1", self.reported.append)

    async def lights(self, plan: Plan, acted: ActionActed, branch: str | None = None) -> dict[str, Light]:
        lights = await self.executor(branch).lights(attempt(plan, acted.revision))
        return {light.name: light for light in lights}

    # -- what the judge sees

    def remote_tip(self) -> str:
        return plain(self.remote, "rev-parse", f"refs/heads/{MAIN}")

    def tree(self, name: str, where: Path | None = None) -> str:
        return plain(where or self.repo, "--no-replace-objects", "rev-parse", f"{name}^{{tree}}")


def attempt(plan: Plan, revision: str | None = None) -> Attempt:
    return Attempt("run-1", 1, plan, Owner("h", "b", 1, 1), "ana", 0, revision=revision)


def files(repo: Path) -> dict[str, bytes]:
    """Every file below, bit for bit, without git's own."""
    found = [path for path in repo.rglob("*") if path.is_file() and ".git" not in path.relative_to(repo).parts]
    return {str(path.relative_to(repo)): path.read_bytes() for path in found}


def of(commits: tuple[Commit, ...]) -> list[str]:
    return [commit.sha for commit in commits]
