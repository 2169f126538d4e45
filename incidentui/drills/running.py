"""A drill from its beginning to its end: sandbox up (or found again), somebody works, sandbox down."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from incidentui.config.paths import CONFIG
from incidentui.core.value import dataclass
from incidentui.drills import records
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import SandboxError, git
from incidentui.drills.records import Record
from incidentui.drills.sandbox import Sandbox


def begin(folder: Path, drill: str, seed: int, now_s: int, host: str = "") -> Record:
    """A new sandbox with its processes started. Remembered first: a kill at any moment leaves nothing unknown."""
    record = remembered(folder, drill, seed, host)
    build(record, now_s)
    return record


def remembered(folder: Path, drill: str, seed: int, host: str = "") -> Record:
    """A drill that is only known so far. Hold it, then build it: what nobody holds, another run may take down."""
    if shutil.which("git") is None:
        raise SandboxError("a drill needs git", "install it, then run this again")
    return records.remember(folder, sandboxes.new(), drill, seed, host)


def build(record: Record, now_s: int, bare: bool = False) -> None:
    """`bare`: the repository has no runbooks of its own."""
    sandboxes.build(record.sandbox, record.drill, record.seed, now_s, record.engine, bare)
    sandboxes.start(record.sandbox)


def again(folder: Path, drill: str) -> Record:
    """The newest drill of this name that a killed run left, with its processes running."""
    record = records.unfinished(folder, drill)
    if record is None:
        raise SandboxError(f"no unfinished {drill} is here", f"incidentui drill run {drill} begins one")
    if not sandboxes.kept(record.sandbox):
        sandboxes.take_down(record.sandbox)
        sandboxes.start(record.sandbox)
    return record


def allow_commands(record: Record) -> None:
    """Allow what its configuration, compose files and runbooks run, in the state directory of the drill."""
    from incidentui.config import trust
    from incidentui.config.load import load

    if not record.sandbox.about.scenario.commands:
        return
    loaded = load(record.sandbox.work, untrusted=True)
    trust.allow(record.sandbox.work / CONFIG, loaded.content, "drill", trust.calls_of(loaded.config))
    for name in loaded.config.docker.compose_files if loaded.config.docker else ():
        file = record.sandbox.work / name
        trust.allow(file, file.read_bytes(), "drill")
    for file in sorted(record.sandbox.work.glob("runbooks/*.md")):
        _allow_runbook(file, record.sandbox.work)


def _allow_runbook(file: Path, project: Path) -> None:
    from incidentui.config import trust
    from incidentui.config.called import called
    from incidentui.runbook.attributes import what_runs
    from incidentui.runbook.parse import parse

    content = file.read_bytes()
    path = str(file.relative_to(project))
    texts = what_runs(path, parse(content.decode(), path).steps)
    trust.allow(file, content, "drill", called(texts, project))


@contextlib.contextmanager
def held(record: Record, *, keep: bool) -> Iterator[None]:
    """Hold the drill while it runs; afterwards its sandbox goes, and its journal stays."""
    with records.using(record) as free:
        if not free:
            raise SandboxError("this drill is running", "in another terminal")
        try:
            yield
        finally:
            if not keep:
                records.dismantle(records.mark_ended(record))


@dataclass(frozen=True, slots=True)
class World:
    """What stands at the end, looked at from outside: no word of the program counts here."""

    tree_equal: bool
    """The remote's branch holds exactly the tree that it should: known-good, or what was pushed where that is sound."""
    answers: bool
    """Users are served."""


def look(record: Record) -> World:
    sandbox = record.sandbox
    trees = git(["rev-parse", "main^{tree}", f"{_wanted(sandbox)}^{{tree}}"], sandbox.remote).split()
    return World(trees[0] == trees[1], sandboxes.healthy(sandbox))


def _wanted(sandbox: Sandbox) -> str:
    """The commit whose tree the remote should have at the end."""
    about = sandbox.about
    if not about.scenario.forward:
        return about.good
    author = f"--author={about.scenario.breaking[-1].author}"
    pushed = git(["log", "-1", "--format=%H", "--fixed-strings", author, f"{about.good}..main"], sandbox.remote)
    return pushed or about.good
