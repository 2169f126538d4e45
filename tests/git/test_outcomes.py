"""Every awkward state has an outcome that is named, for every action, local and pushed; nothing lost or half done.

Judged by plain git, the files and the remote. A fixed part runs always, all of it with `soak`.
"""

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Plan
from incidentui.edge.git.executor import GitExecutor
from tests.git.test_undo import Record
from tests.git.world import Watch, World, plain

Do = Callable[[World], object]
ACTIONS = {
    "reset": ("git.reset", {"to": "good"}),
    "branch": ("git.reset", {"to": "good", "mode": "branch"}),
    "revert": ("git.revert", {"commits": "bad"}),
    "undo": ("git.undo", {}),
}


@dataclass(frozen=True)
class State:
    name: str
    before: Do
    local: str = "done"
    """The outcome without a push; "refused" by the plan or by the act."""
    pushed: str = "done"
    says: str = ""
    """In the refusal, the reason, or a step."""
    only: tuple[str, ...] = field(default=tuple(ACTIONS))
    branch: str | None = "main"
    after: Do = lambda world: None
    """Takes away what would stand in the way of the judge (a read-only folder)."""


def _merging(world: World) -> None:
    world.git("branch", "side", world.good)
    world.git("switch", "-q", "side")
    world.commit("clash", {"a.txt": "other\n"})
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "side", ok=False)
    assert (world.repo / ".git/MERGE_HEAD").exists()


def _picking(world: World) -> None:
    world.git("branch", "side", world.good)
    world.git("switch", "-q", "side")
    clash = world.commit("clash", {"a.txt": "other\n"})
    world.git("switch", "-q", "main")
    world.git("cherry-pick", clash, ok=False)
    assert (world.repo / ".git/CHERRY_PICK_HEAD").exists()


def _rebasing(world: World) -> None:
    world.git("switch", "-q", "-c", "side", world.good)
    world.commit("clash", {"a.txt": "other\n"})
    world.git("rebase", "-q", "main", ok=False)


def _bisecting(world: World) -> None:
    for words in (("start",), ("bad",), ("good", world.good)):
        world.git("bisect", *words)


def _submodule(world: World) -> None:
    inner = world.root / "inner"
    plain(world.root, "init", "-q", str(inner))
    for n in ("1", "2"):
        (inner / "work.txt").write_text(f"inner {n}\n")
        plain(inner, "add", "-A")
        plain(inner, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", n)
    world.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "module")
    world.git("commit", "-q", "-m", "module")
    world.push()
    world.good = world.git("rev-parse", "HEAD")
    world.bad = [world.commit("later", {"a.txt": "a9\n"})]
    world.push()


def _moved_submodule(world: World) -> None:
    _submodule(world)
    plain(world.repo / "module", "checkout", "-q", "HEAD~1")


def _dirty_submodule(world: World) -> None:
    _submodule(world)
    (world.repo / "module" / "work.txt").write_text("mine\n")


def _lfs(world: World) -> None:
    """Pointers checked in, the filter configured and required, and no such program."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 5\n"
    world.commit("big file", {"big.bin": pointer, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    world.push()
    world.good = world.git("rev-parse", "HEAD")
    world.bad = [world.commit("later", {"a.txt": "a9\n"})]
    world.push()
    for key, value in (("clean", "git-lfs clean"), ("smudge", "git-lfs smudge"), ("required", "true")):
        world.git("config", f"filter.lfs.{key}", value)


def _sparse(world: World) -> None:
    world.commit("folders", {"in/x.txt": "x\n", "out/y.txt": "y\n"})
    world.push()
    world.git("sparse-checkout", "set", "--no-cone", "/in/", "/*.txt")


def _second_worktree(world: World) -> None:
    world.git("worktree", "add", "-q", "-b", "feature", str(world.root / "second"))
    (world.root / "second" / "mine.txt").write_text("mine\n")


def _hook(name: str, text: str, where: str = "repo") -> Do:
    def make(world: World) -> None:
        folder = world.repo / ".git" / "hooks" if where == "repo" else world.remote / "hooks"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    return make


def _failing_hooks(world: World) -> None:
    for name in ("pre-commit", "commit-msg", "post-commit", "post-checkout", "post-merge", "pre-rebase",
                 "post-index-change"):  # fmt: skip
        _hook(name, "touch ../canary; exit 1")(world)
    _hook("reference-transaction", "exit 1")(world)  # a push runs it, as any push does


def _signing(world: World) -> None:
    for key, value in {"commit.gpgSign": "true", "gpg.program": "false", "user.signingKey": "nobody"}.items():
        world.git("config", key, value)


def _grafted(world: World) -> None:
    world.write(".git/info/grafts", f"{world.bad[-1]} {world.good}\n")


def _renamed_case(world: World) -> None:
    world.git("mv", "a.txt", "A.txt")
    world.git("commit", "-q", "-m", "shout")
    world.push()


def _file_became_folder(world: World) -> None:
    world.git("rm", "-q", "old.txt")
    world.commit("a folder now", {"old.txt/inner.txt": "inner\n"})
    world.push()


def _folder_in_the_way(world: World) -> None:
    """Where good has a file, an ignored folder of the responder's lies."""
    world.git("rm", "-q", "old.txt")
    world.git("commit", "-q", "-m", "drop old")
    world.push()
    world.write(".git/info/exclude", "old.txt\n")
    world.write("old.txt/precious.txt", "precious\n")


def _links_and_bits(world: World) -> None:
    (world.repo / "link").symlink_to("a.txt")
    world.git("add", "link")
    (world.repo / "b.txt").chmod(0o755)
    world.git("add", "b.txt")
    world.git("commit", "-q", "-m", "link and bit")
    world.push()
    (world.repo / "mine").symlink_to("/nowhere")


def _line_ends(world: World) -> None:
    world.git("config", "core.autocrlf", "true")
    world.commit("ends", {".gitattributes": "*.txt text\nb.txt eol=crlf\n"})
    world.push()
    (world.repo / "b.txt").write_bytes(b"mine\r\nmixed\n")


def _readonly(world: World) -> None:
    subprocess.run(["chmod", "-R", "a-w", str(world.repo / ".git")], check=True)


def _writable(world: World) -> None:
    subprocess.run(["chmod", "-R", "u+w", str(world.repo / ".git")], check=True)


def _packed(world: World) -> None:
    world.git("gc", "-q")
    world.git("pack-refs", "--all")


def _packed_locked(world: World) -> None:
    _packed(world)
    world.write(".git/packed-refs.lock", "")


def _partial(world: World) -> None:
    """Blobs are fetched when they are needed; the remote is there."""
    plain(world.remote, "config", "uploadpack.allowFilter", "true")
    plain(world.remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    _again(world, "--filter=blob:none", f"file://{world.remote}")


def _again(world: World, *words: str) -> None:
    shutil.rmtree(world.repo)
    plain(world.root, "clone", "-q", *words, str(world.repo))
    world.git("config", "user.name", "ana")
    world.git("config", "user.email", "ana@example.org")


def _renamed_branch(name: str) -> Do:
    def make(world: World) -> None:
        world.git("update-ref", f"refs/heads/{name}", "HEAD")
        world.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
        world.git("push", "-q", "origin", f"refs/heads/{name}:refs/heads/{name}")

    return make


def _odd_names(world: World) -> None:
    name = os.fsdecode(b"caf\xe9 \xff.txt")
    (world.repo / name).write_bytes(b"odd\n")
    (world.repo / "new\nline;$(touch canary).txt").write_text("x\n")
    (world.repo / "--upload-pack=x").write_text("x\n")
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "--upload-pack=$(touch canary)\x1b[31m")
    world.push()
    (world.repo / os.fsdecode(b"untracked \xe9")).write_bytes(b"mine\n")


def _formats(world: World) -> None:
    for key, value in {"core.untrackedCache": "true", "core.splitIndex": "true", "index.version": "4"}.items():
        world.git("config", key, value)
    world.git("update-index", "--split-index")
    world.git("update-index", "--index-version", "4")


def _unpushed(world: World) -> None:
    world.commit("mine", {"m.txt": "m\n"}, "ana")


def _unrelated(world: World) -> None:
    """Good is in this clone and in no history of the branch."""
    world.git("switch", "-q", "--orphan", "elsewhere")
    world.good = world.commit("from elsewhere", {"z.txt": "z\n"})
    world.git("switch", "-q", "main")


WAIT = "git push gave no answer"
STATES = (
    State("clean", lambda w: None),
    State("merge in progress", _merging, "refused", says="merge is in progress"),
    State("cherry-pick in progress", _picking, "refused", says="cherry-pick is in progress"),
    State("rebase in progress", _rebasing, "refused", says="HEAD is detached"),
    State("bisect in progress", _bisecting, "refused", says="HEAD is detached"),
    State("detached", lambda w: w.git("switch", "-q", "--detach"), "refused", says="detached"),
    State("on another branch", lambda w: w.git("switch", "-q", "-c", "feature"), "refused", says="HEAD is"),
    State("shallow", lambda w: _again(w, "--depth", "2", f"file://{w.remote}"), "refused", "refused", "shallow",
          only=("reset", "branch")),
    State("partial", _partial, only=("reset", "branch", "revert")),
    State("moved submodule", _moved_submodule),
    State("dirty inside a submodule", _dirty_submodule),
    State("lfs without git-lfs", _lfs),
    State("sparse", _sparse),
    State("another worktree", _second_worktree),
    State("index.lock", lambda w: w.write(".git/index.lock", ""), "refused", says="lock"),
    State("branch lock", lambda w: w.write(".git/refs/heads/main.lock", ""), "refused", says="main.lock"),
    State("HEAD.lock", lambda w: w.write(".git/HEAD.lock", ""), "refused", says="HEAD.lock"),
    State("packed-refs.lock", _packed_locked),
    State("failing hooks", _failing_hooks),
    State("hanging pre-push", _hook("pre-push", "sleep 600"), pushed="failed", says=WAIT),
    State("signing that cannot be", _signing, says="not signed", only=("reset", "revert", "undo")),
    State("protected", _hook("pre-receive", "echo main is protected >&2; exit 1", "remote"), pushed="failed",
          says="main is protected"),
    State("hanging server", _hook("pre-receive", "sleep 600", "remote"), pushed="failed", says=WAIT),
    State("no remote", lambda w: w.git("remote", "remove", "origin"), pushed="refused", says="no remote"),
    State("no upstream", lambda w: w.git("branch", "-q", "--unset-upstream", ok=False)),
    State("remote away", lambda w: w.remote.rename(w.root / "away"), pushed="refused", says="not there"),
    State("remote branch gone", lambda w: plain(w.remote, "update-ref", "-d", "refs/heads/main"), pushed="refused",
          says="no branch main"),
    State("replaced", lambda w: w.git("replace", w.good, w.bad[-1])),
    State("grafted", _grafted),
    State("assume-unchanged",
          lambda w: (w.git("update-index", "--assume-unchanged", "b.txt"), w.write("b.txt", "mine\n")), "refused",
          says="b.txt in the way"),
    State("skip-worktree", lambda w: (w.git("update-index", "--skip-worktree", "b.txt"), w.write("b.txt", "mine\n")),
          "refused", says="b.txt in the way"),
    State("case-only rename", _renamed_case, only=("reset", "branch", "undo")),
    State("file became folder", _file_became_folder, only=("reset", "branch", "undo")),
    State("ignored folder in the way", _folder_in_the_way, "refused", says="old.txt", only=("reset", "branch")),
    State("links and bits", _links_and_bits),
    State("line ends", _line_ends, "refused", says="b.txt in the way", only=("reset", "branch")),
    State("read-only .git", _readonly, "failed", "failed", after=_writable),
    State("packed", _packed),
    State("no upstream, own commits", _unpushed, only=("reset", "branch")),
    State("good elsewhere", _unrelated, only=("reset", "branch")),
    State("names that are not UTF-8", _odd_names),
    State("untracked", lambda w: (w.write("x/y.txt", "mine\n"), w.write("run.log", "ignored\n"))),
    State("index formats", _formats),
    State("branch with a slash", _renamed_branch("team/main"), branch="team/main", only=("reset", "branch", "revert")),
    State("branch with a dash", _renamed_branch("-D"), branch="-D", only=("reset", "revert")),
    State("branch with a word of git", _renamed_branch("--upload-pack=x"), branch="--upload-pack=x",
          only=("reset", "revert")),
    State("branch in unicode", _renamed_branch("höhe-✓"), branch="höhe-✓", only=("reset", "branch", "revert")),
)  # fmt: skip
ALL = [(state, action, push) for state in STATES for action in state.only for push in ("true", "false")]
SAMPLE = [(s.name, a, p) for s, a, p in random.Random(4).sample(ALL, 60)]
"""Of the cases, the ones that CI goes through; the first of them run with every `make test`."""
QUICK, FIXED = set(SAMPLE[:16]), set(SAMPLE)


class Before:
    """What must be there afterwards, as plain git and the disk tell it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.files = everything(world.repo)
        self.refs = refs(world.repo)
        self.tip = refs(world.remote) if world.remote.exists() else {}
        self.locks, self.marks = locks(world), marks(world)
        self.worktrees = world.git("worktree", "list").count("\n")
        tracked = world.git("ls-files", "-z").split("\0")
        changed = set(world.git("diff", "--name-only", "-z", "HEAD", ok=False).split("\0"))
        flags = world.git("ls-files", "-v", "-z").split("\0")
        changed |= {entry[2:] for entry in flags if entry and (entry[0].islower() or entry[0] == "S")}
        self.own = {p: raw for p, raw in self.files.items() if p not in tracked or p in changed}

    def nothing_lost(self) -> None:
        world, now = self.world, everything(self.world.repo)
        assert {p: now.get(p) for p in self.own} == self.own
        for name, sha in self.refs.items():
            holders = plain(world.repo, "for-each-ref", "--contains", sha, "--count=1") or refs(world.repo).get(name)
            assert holders, f"{name} {sha} hangs on nothing"
        assert locks(world) == self.locks
        assert marks(world) == self.marks
        assert world.git("worktree", "list").count("\n") == self.worktrees
        assert not (world.root / "canary").exists()
        assert not (world.repo / "canary").exists()

    def nothing_changed(self) -> None:
        assert everything(self.world.repo) == self.files
        assert {r: s for r, s in refs(self.world.repo).items() if "incidentui" not in r} == {
            r: s for r, s in self.refs.items() if "incidentui" not in r
        }
        assert not self.tip or refs(self.world.remote) == self.tip


def everything(repo: Path) -> dict[str, bytes]:
    found = [p for p in repo.rglob("*") if ".git" not in p.relative_to(repo).parts]
    links = {str(p.relative_to(repo)): os.fsencode(os.readlink(p)) for p in found if p.is_symlink()}
    return links | {str(p.relative_to(repo)): p.read_bytes() for p in found if p.is_file() and not p.is_symlink()}


def refs(where: Path) -> dict[str, str]:
    listed = plain(where, "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split(" ") for line in listed.split("\n") if line)


def locks(world: World) -> set[str]:
    return {str(p) for p in (world.repo / ".git").rglob("*.lock")}


def marks(world: World) -> set[str]:
    names = ("MERGE_HEAD", "REVERT_HEAD", "CHERRY_PICK_HEAD", "sequencer", "rebase-merge", "BISECT_LOG")
    return {name for name in names if (world.repo / ".git" / name).exists()}


def _when(case: tuple[str, str, str]) -> "tuple[pytest.MarkDecorator, ...]":
    if case in QUICK:
        return ()
    return (pytest.mark.slow if case in FIXED else pytest.mark.soak,)


@pytest.mark.parametrize(
    ("state", "action", "push"),
    [
        pytest.param(s, a, p, id=f"{s.name}-{a}-{'pushed' if p == 'true' else 'local'}",
                     marks=_when((s.name, a, p)))
        for s, a, p in ALL
    ],
)  # fmt: skip
async def test_an_outcome_for_every_state(
    world: World, monkeypatch: pytest.MonkeyPatch, state: State, action: str, push: str
) -> None:
    if os.geteuid() == 0 and state.before is _readonly:
        pytest.skip("root may write everywhere")
    monkeypatch.setattr("incidentui.edge.git.remote.PUSH_S", 3)
    record = Record(world)
    if action == "undo":
        await record.act("git.reset", to=world.bad[0], push=push)
    state.before(world)
    if action == "undo" and _built_on(record):
        pytest.skip("this state puts commits on top: nothing is undone then")
    before = Before(world)
    verdict, words = await _tried(record, state, action, push)
    state.after(world)
    before.nothing_lost()
    wanted = state.pushed if push == "true" else state.local
    assert verdict == wanted, words
    if verdict != "done" or push == state.says:
        before.nothing_changed()
    if verdict != "done":
        assert state.says in words, words


def _built_on(record: Record) -> bool:
    return record.world.git("rev-parse", "main", ok=False) != record.done[-1].revision


async def _tried(record: Record, state: State, action: str, push: str) -> tuple[str, str]:
    world = record.world
    name, args = ACTIONS[action]
    words = {**args, "push": push}
    if "commits" in words:
        words["commits"] = world.bad[-1]
    plan = await world.executor(state.branch).plan(name, words, record.state, "INC-1")
    if isinstance(plan, Refusal):
        assert plan.hint
        return "refused", f"{plan.why} · {plan.hint}"
    acted = await world.act(plan, state.branch)
    _proven(world, plan, acted, state.branch or "main")
    said = acted.evidence.body if acted.evidence else ""
    return acted.outcome, f"{acted.why} | {said}"


def _proven(world: World, plan: Plan, acted: ActionActed, branch: str) -> None:
    """`done` only where the branch that was meant has the tree."""
    if acted.outcome == "done":
        where = world.remote if plan.push else world.repo
        assert world.tree(f"refs/heads/{branch}", where) == plan.expects_tree
        assert acted.revision == plain(where, "rev-parse", f"refs/heads/{branch}")


def test_there_are_enough_of_them() -> None:
    assert len({replace(state, name="") for state in STATES}) >= 45


# -- outcomes of their own


def _key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@pytest.mark.parametrize("action", ["git.reset", "git.revert"])
async def test_a_clone_that_signs_signs_without_asking(world: World, action: str) -> None:
    key = _key(world.root / "key")
    for name, value in {"commit.gpgSign": "true", "gpg.format": "ssh", "user.signingKey": str(key)}.items():
        world.git("config", name, value)
    args = {"to": "good"} if action == "git.reset" else {"commits": world.bad[0]}
    plan = await world.planned(action, push="true", **args)
    assert "this clone signs its commits" in [check.text for check in plan.checked]
    assert (await world.act(plan)).outcome == "done"
    assert "gpgsig -----BEGIN SSH SIGNATURE-----" in plain(world.remote, "cat-file", "commit", "main")


async def test_a_file_over_the_limit_is_named_and_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("incidentui.edge.git.backup.FILE_BYTES", 1_000)
    world.write("dump.sql", "x" * 2_000)
    world.write("small.txt", "small\n")
    acted = await world.act(await world.planned(to="good", push="true"))
    assert acted.outcome == "done"
    assert acted.evidence is not None
    assert "1 not saved (too big, unreadable or a repository of its own): dump.sql" in acted.evidence.body
    assert len((world.repo / "dump.sql").read_text()) == 2_000
    assert plain(world.repo, "ls-tree", "--name-only", "refs/incidentui/INC-1/8/worktree", "small.txt") == "small.txt"


@pytest.mark.parametrize("action", ["git.reset", "git.revert", "git.undo", "git.restore-work", "git.mark-good"])
@pytest.mark.parametrize("kind", ["unborn", "bare", "no repository"])
async def test_where_there_is_nothing_to_act_on(world: World, action: str, kind: str) -> None:
    folder = world.root / "other"
    folder.mkdir()
    if kind != "no repository":
        plain(world.root, "init", "-q", *(["--bare"] if kind == "bare" else []), str(folder))
    executor = GitExecutor(folder, None, None, Watch())
    args = {"git.revert": {"commits": "HEAD"}, "git.undo": {"of": "refs/incidentui/act/1"}}.get(action, {})
    refused = await executor.plan(action, args, world.state(), None)
    assert isinstance(refused, Refusal)
    assert refused.why
    assert refused.hint
