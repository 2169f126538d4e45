"""`git.reset` in awkward repositories: each outcome, and that nothing was lost, judged from outside by plain git."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from incidentui.core.inputs import ActionStepped, Refusal
from incidentui.edge.git.executor import GitExecutor
from tests.git.world import Watch, World, attempt, files, plain

Do = Callable[[World], object]
PUSH = {"push": "true", "to": "good"}


@dataclass(frozen=True)
class Case:
    name: str
    before: Do
    """Brings the clone into its state."""
    outcome: str = "done"
    between: Do | None = None
    """Happens between plan and act."""
    follows: bool = False
    """Whether the checkout is expected to move."""
    says: str = ""
    branch: str | None = None


def _dirty_beside(world: World) -> None:
    world.commit("beside", {"beside.txt": "1\n"})
    world.push()
    world.commit("undone", {"a.txt": "a3\n"})
    world.push()
    world.write("keep.txt", "mine\n")


def _on_other_branch(world: World) -> None:
    world.git("switch", "-q", "-c", "feature")
    world.commit("mine", {"f.txt": "f\n"}, "ana")


def _other_worktree(world: World) -> None:
    world.git("switch", "-q", "-c", "feature")
    world.git("worktree", "add", "-q", str(world.root / "second"), "main")


def _merging(world: World) -> None:
    world.git("switch", "-q", "-c", "side", world.good)
    world.commit("clash", {"a.txt": "other\n"})
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "side", ok=False)
    assert (world.repo / ".git/MERGE_HEAD").exists()


def _rebasing(world: World) -> None:
    world.git("switch", "-q", "-c", "side", world.good)
    world.commit("clash", {"a.txt": "other\n"})
    world.git("rebase", "-q", "main", ok=False)
    assert (world.repo / ".git/rebase-merge").exists()


def _bisecting(world: World) -> None:
    for words in (("start",), ("bad",), ("good", world.good)):
        world.git("bisect", *words)


def _reverting(world: World) -> None:
    world.commit("again", {"a.txt": "a3\n"})
    world.push()
    world.git("revert", world.bad[0], ok=False)
    assert (world.repo / ".git/REVERT_HEAD").exists()


def _untracked_in_the_way(world: World) -> None:
    """The old tree has a file that HEAD dropped and the responder made anew."""
    world.git("rm", "-q", "old.txt")
    world.git("commit", "-q", "-m", "drop old")
    world.push()
    world.write("old.txt", "precious\n")


def _ignored_in_the_way(world: World) -> None:
    _untracked_in_the_way(world)
    world.write(".git/info/exclude", "old.txt\n")


def _merge_in_window(world: World) -> None:
    world.git("switch", "-q", "-c", "side", world.good)
    world.commit("side", {"s.txt": "s\n"})
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    world.push()


def _replaced(world: World) -> None:
    world.git("replace", world.good, world.bad[-1])


def _assume_unchanged(world: World) -> None:
    world.write("a.txt", "hidden\n")
    world.git("update-index", "--assume-unchanged", "a.txt")


def _skip_worktree(world: World) -> None:
    world.write("a.txt", "hidden\n")
    world.git("update-index", "--skip-worktree", "a.txt")


def _nobody(world: World) -> None:
    world.git("config", "--unset", "user.name")
    world.git("config", "--unset", "user.email")
    world.git("config", "user.useConfigOnly", "true")


def _hook(text: str) -> Do:
    def make(world: World) -> None:
        path = world.remote / "hooks" / "pre-receive"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    return make


def _pre_push(world: World) -> None:
    path = world.write(".git/hooks/pre-push", "#!/bin/sh\necho tests are red >&2\nexit 1\n")
    path.chmod(0o755)


def _locked(world: World) -> None:
    world.write(".git/index.lock", "")


def _hostile_names(world: World) -> None:
    """Refs that would be options, or other revisions, if a name were passed short."""
    for ref in ("refs/heads/-D", "refs/heads/--upload-pack=x", "refs/tags/main", "refs/heads/origin/main"):
        world.git("update-ref", ref, world.good)


def _submodule_like(world: World) -> None:
    inner = world.repo / "inner"
    plain(world.root, "init", "-q", str(inner))
    (inner / "work.txt").write_text("inner work\n")


def _configured_traps(world: World) -> None:
    for key, value in {
        "merge.autoStash": "true",
        "merge.ff": "false",
        "branch.main.mergeOptions": "--squash",
        "commit.gpgSign": "true",
        "gpg.program": "false",
        "push.followTags": "true",
        "push.default": "nothing",
        "fetch.prune": "true",
    }.items():
        world.git("config", key, value)
    world.git("tag", "-a", "-m", "private", "private-tag", world.bad[-1])


CASES = (
    Case("clean", lambda w: None, follows=True),
    Case("dirty in the way", lambda w: w.write("a.txt", "mine\n"), says="a.txt in the way"),
    Case("dirty beside", _dirty_beside, follows=True),
    Case("staged in the way", lambda w: (w.write("b.txt", "staged\n"), w.git("add", "b.txt")), says="b.txt"),
    Case("staged and edited again",
         lambda w: (w.write("b.txt", "one\n"), w.git("add", "b.txt"), w.write("b.txt", "two\n")), says="b.txt"),
    Case("new file staged", lambda w: (w.write("n.txt", "new\n"), w.git("add", "n.txt")), follows=True),
    Case("deleted, not committed", lambda w: (w.repo / "a.txt").unlink(), follows=True),
    Case("untracked beside", lambda w: w.write("notes/todo.txt", "mine\n"), follows=True),
    Case("untracked in the way", _untracked_in_the_way, says="old.txt in the way"),
    Case("ignored in the way", _ignored_in_the_way, says="old.txt in the way"),
    Case("ignored beside", lambda w: w.write("run.log", "log\n"), follows=True),
    Case("assume-unchanged", _assume_unchanged, says="a.txt in the way"),
    Case("skip-worktree", _skip_worktree, says="a.txt in the way"),
    Case("detached HEAD", lambda w: w.git("switch", "-q", "--detach"), branch="main", says="detached"),
    Case("on another branch", _on_other_branch, branch="main", says="HEAD is feature"),
    Case("branch in another worktree", _other_worktree, branch="main", says="HEAD is feature"),
    Case("merge in progress", _merging, says="merge is in progress"),
    Case("rebase in progress", _rebasing, branch="main", says="HEAD is detached"),
    Case("revert in progress", _reverting, says="revert is in progress"),
    Case("bisect in progress", _bisecting, branch="main", says="HEAD is detached"),
    Case("local commits of one's own", lambda w: w.commit("mine", {"m.txt": "m\n"}, "ana"), says="commits of its own"),
    Case("local branch behind", lambda w: w.colleague({"k.txt": "k\n"}), follows=True),
    Case("merge in the window", _merge_in_window, follows=True),
    Case("replace refs", _replaced, follows=True),
    Case("no identity", _nobody, follows=True),
    Case("hostile ref names", _hostile_names, follows=True),
    Case("a repository inside", _submodule_like, follows=True),
    Case("traps in the configuration", _configured_traps, follows=True),
    Case("stashing on a merge is configured, work in the way",
         lambda w: (w.git("config", "merge.autoStash", "true"), w.write("a.txt", "mine\n")), says="a.txt in the way"),
    Case("index.lock left", _locked, says="lock"),
    Case("the branch's lock left", lambda w: w.write(".git/refs/heads/main.lock", ""), says="main.lock"),
    Case("remote moved meanwhile", lambda w: None, "refused", lambda w: w.colleague({"h.txt": "fix\n"}), says="moved"),
    Case("HEAD moved meanwhile", lambda w: None, "refused", lambda w: w.commit("x", {"x": "x"}), says="HEAD moved"),
    Case("a merge began meanwhile", lambda w: None, "refused", lambda w: w.write(".git/MERGE_HEAD", w.good),
         says="merge"),
    Case("remote gone meanwhile", lambda w: None, "refused", lambda w: w.remote.rename(w.root / "away"),
         says="not there"),
    Case("protected branch", _hook("echo main is protected >&2; exit 1"), "failed", says="main is protected"),
    Case("pre-push hook", _pre_push, "failed", says="tests are red"),
    Case("remote that closes", _hook("kill -9 $PPID"), "failed", says="origin"),
)  # fmt: skip


@pytest.mark.req("R3-05", "R3-38")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_reset_does_it_or_says_why_and_loses_nothing(world: World, case: Case) -> None:
    case.before(world)
    plan = await world.planned(branch=case.branch, **PUSH)
    if case.between:
        case.between(world)
    remote = world.remote if world.remote.exists() else world.root / "away"
    before = Judge(world, remote)
    acted = await world.act(plan, case.branch)
    texts = " | ".join(o.progress.text for o in world.reported if isinstance(o, ActionStepped))
    assert acted.outcome == case.outcome, acted.why
    assert case.says in f"{acted.why} | {texts}", f"{acted.why} | {texts}"
    before.nothing_lost(follows=case.follows)
    if case.outcome == "done":
        assert acted.revision == world.remote_tip()
        assert world.tree(world.remote_tip(), world.remote) == world.tree(world.good)
        assert plain(world.remote, "log", "-1", "--format=%s").startswith("Reset main to ")
        assert plain(world.remote, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
        lights = await world.lights(plan, acted, case.branch)
        assert lights["tree"].ok, lights["tree"].finding
        assert lights["remote"].ok, lights["remote"].finding
        assert (await world.executor(case.branch).settle(attempt(plan))).outcome == "done"
    else:
        assert plain(remote, "rev-parse", "refs/heads/main") == before.tip


class Judge:
    """What must still be there: the responder's work bit for bit, all refs, all commits."""

    def __init__(self, world: World, remote: Path) -> None:
        self.world, self.remote = world, remote
        self.tip = plain(remote, "rev-parse", "refs/heads/main")
        self.files = files(world.repo)
        self.own = set(self._uncommitted())
        self.index = self._index()
        self.head = world.git("rev-parse", "HEAD")
        self.refs = dict(line.split(" ") for line in self._refs().split("\n"))
        self.marks = self._marks()

    def _uncommitted(self) -> list[str]:
        """Files that are not what HEAD says, by content: flags hide nothing here."""
        world = self.world
        paths = world.git("ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0")
        committed = {p: plain(world.repo, "cat-file", "blob", f"HEAD:{p}") for p in paths if p}
        now = self.files
        return [p for p, raw in now.items() if p not in committed or raw.decode().rstrip("\n") != committed[p]]

    def _index(self) -> str:
        return self.world.git("ls-files", "-s", "-v")

    def _refs(self) -> str:
        return self.world.git("for-each-ref", "--format=%(refname) %(objectname)")

    def _marks(self) -> set[str]:
        return {p.name for p in (self.world.repo / ".git").iterdir() if p.name.isupper() or "rebase" in p.name}

    def nothing_lost(self, follows: bool) -> None:
        world = self.world
        now = files(world.repo)
        assert {p: now.get(p) for p in self.own} == {p: self.files[p] for p in self.own}
        if follows:
            assert world.git("rev-parse", "HEAD^{tree}") == world.tree(world.good)
        else:
            assert world.git("rev-parse", "HEAD") == self.head
            assert now == self.files
            assert self._index() == self.index
            assert self._marks() - {"ORIG_HEAD"} == self.marks - {"ORIG_HEAD"}
        moved = {"refs/heads/main", "refs/remotes/origin/main", "refs/remotes/origin/HEAD"} if follows else {
            "refs/remotes/origin/main"
        }  # fmt: skip
        refs = dict(line.split(" ") for line in self._refs().split("\n"))
        assert {r: s for r, s in self.refs.items() if r not in moved} == {
            r: refs.get(r) for r in self.refs if r not in moved
        }
        # Every commit the remote had is still under its tip.
        tip = plain(self.remote, "rev-parse", "refs/heads/main")
        plain(self.remote, "merge-base", "--is-ancestor", self.tip, tip)


REFUSED: tuple[tuple[str, Do, dict[str, str], str], ...] = (
    ("no commit", lambda w: plain(w.root, "init", "-q", "-b", "main", str(w.root / "empty")), {}, "no commit"),
    ("unknown revision", lambda w: None, {"to": "nowhere"}, 'no revision "nowhere"'),
    ("an option", lambda w: None, {"to": "--upload-pack=x"}, "not a revision"),
    ("a tree", lambda w: None, {"to": "HEAD^{tree}"}, "not a commit"),
    ("two meanings", lambda w: (w.git("tag", "v", w.good), w.git("branch", "v", "main")), {"to": "v"}, "more than one"),
    ("nothing to do", lambda w: None, {"to": "main"}, "nothing to do"),
    ("no such mode", lambda w: None, {"mode": "hard"}, "no mode=hard"),
    ("unknown key", lambda w: None, {"force": "true"}, 'unknown argument "force"'),
    ("bad push", lambda w: None, {"push": "maybe"}, "push=maybe"),
    ("bad within", lambda w: None, {"within": "90"}, "no unit"),
    ("no remote", lambda w: w.git("remote", "remove", "origin"), {}, "no remote"),
    ("remote silent", lambda w: w.remote.rename(w.root / "away"), {}, "origin is not there"),
    ("remote without the branch", lambda w: plain(w.remote, "branch", "-m", "main", "trunk"), {}, "no branch main"),
    ("detached", lambda w: w.git("switch", "-q", "--detach"), {}, "detached"),
)


@pytest.mark.parametrize(("name", "before", "args", "why"), REFUSED, ids=[row[0] for row in REFUSED])
async def test_a_plan_that_cannot_be_made_says_why(
    world: World, name: str, before: Do, args: dict[str, str], why: str
) -> None:
    before(world)
    if name == "no commit":
        world.repo.rename(world.root / "was")
        (world.root / "empty").rename(world.repo)
    refused = await world.plan(**{**PUSH, **args})
    assert isinstance(refused, Refusal), refused
    assert why in refused.why
    assert refused.hint
    assert "refs/incidentui" not in plain(world.repo, "for-each-ref")


async def test_an_ambiguous_short_sha_is_asked_back(world: World) -> None:
    """Two commits whose names begin alike."""
    seen: dict[str, str] = {}
    for n in range(5_000):
        raw = f"tree {world.tree('HEAD')}\nauthor a <a> {n} +0000\ncommitter a <a> {n} +0000\n\nx\n"
        sha = hashlib.sha1(f"commit {len(raw)}\0{raw}".encode()).hexdigest()
        if sha[:4] in seen:
            for text in (raw, seen[sha[:4]]):
                path = world.root / "object"
                path.write_text(text)
                world.git("hash-object", "-w", "-t", "commit", str(path))
            refused = await world.plan(to=sha[:4], push="true")
            assert isinstance(refused, Refusal)
            assert "more than one" in refused.why
            return
        seen[sha[:4]] = raw
    pytest.fail("no two shas alike")


async def test_a_shallow_clone_works_and_a_commit_beyond_its_cut_is_refused(world: World) -> None:
    world.repo.rename(world.root / "whole")
    plain(world.root, "clone", "-q", "--depth", "2", f"file://{world.remote}", str(world.repo))
    world.git("config", "user.name", "ana")
    world.git("config", "user.email", "ana@x")
    refused = await world.plan(to=world.good, push="true")
    assert isinstance(refused, Refusal)
    assert "shallow" in refused.why
    assert "unshallow" in refused.hint
    acted = await world.act(await world.planned(to=world.bad[1], push="true"))
    assert acted.outcome == "done"
    assert world.tree(world.remote_tip(), world.remote) == plain(
        world.root / "whole", "rev-parse", f"{world.bad[1]}^{{tree}}"
    )


async def test_a_linked_worktree_is_a_checkout_like_any_other(world: World) -> None:
    world.git("switch", "-q", "-c", "feature")
    second = world.root / "second"
    world.git("worktree", "add", "-q", str(second), "main")
    (second / "mine.txt").write_text("mine\n")
    executor = GitExecutor(second, None, None, Watch())
    plan = await executor.plan("git.reset", PUSH, world.state(), None)
    assert not isinstance(plan, Refusal)
    acted = await executor.act("r", plan, None, lambda o: None)
    assert acted.outcome == "done"
    assert plain(second, "rev-parse", "HEAD") == world.remote_tip()
    assert plain(second, "status", "--porcelain") == "?? mine.txt"
    assert world.git("symbolic-ref", "HEAD") == "refs/heads/feature"
