"""The git source: pictures of real repositories, reported on change; what is lost is named and retried."""

import asyncio
import gc
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.inputs import Observation, RepositoryLooked, SourceAnswered, SourceFailed
from incidentui.core.model import Commit, Repository
from incidentui.edge.git import run
from incidentui.edge.git.place import layout
from incidentui.edge.git.source import GitSource, fingerprint
from tests.git.world import Watch, World, of, plain


class Seen:
    """What a running source reported; waits for a report instead of for a time."""

    def __init__(self, source: GitSource) -> None:
        self.source = source
        self.all: list[Observation] = []
        self._new = asyncio.Event()

    async def __aenter__(self) -> "Seen":
        self._task = asyncio.create_task(self.source.run(self._take))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _take(self, observation: Observation) -> None:
        self.all.append(observation)
        self._new.set()

    async def until(self, wanted: Callable[[Observation], bool]) -> Observation:
        start = 0
        async with asyncio.timeout(20):
            while True:
                for n, observation in enumerate(self.all[start:], start):
                    if wanted(observation):
                        self.all = self.all[n + 1 :]
                        return observation
                start = len(self.all)
                self._new.clear()
                await self._new.wait()

    async def picture(self, wanted: Callable[[Repository], bool]) -> Repository:
        found = await self.until(lambda o: isinstance(o, RepositoryLooked) and wanted(o.repository))
        assert isinstance(found, RepositoryLooked)
        return found.repository


def source(top: Path, branch: str | None = None, remote: str | None = None) -> GitSource:
    return GitSource(
        top, branch, remote, Watch(), every_ms=20, remote_every_ms=50, files_every_ms=100, lost_every_ms=20
    )


async def look(top: Path, branch: str | None = None, remote: str | None = None) -> Repository:
    observations = await source(top, branch, remote).look()
    (picture,) = [o.repository for o in observations if isinstance(o, RepositoryLooked)]
    return picture


@pytest.mark.req("R3-02", "R3-30")
async def test_one_look_tells_branch_head_remote_and_commits(world: World) -> None:
    world.write("a.txt", "edited\n")
    world.write("new.txt", "new\n")
    picture = await look(world.repo)
    assert (picture.branch, picture.head, picture.upstream) == ("main", world.bad[-1], world.bad[-1])
    assert (picture.remote, picture.operation, set(picture.dirty)) == ("origin", None, {"a.txt", "new.txt"})
    assert of(picture.commits) == [*reversed(world.bad), world.good]
    assert picture.remote_asked is not None


@pytest.mark.req("R3-02")
async def test_a_push_of_somebody_else_is_seen_with_its_commit_and_no_ref_of_ours_moves(world: World) -> None:
    async with Seen(source(world.repo)) as seen:
        await seen.picture(lambda p: p.upstream == world.bad[-1])
        refs = world.git("for-each-ref", "refs/heads", "refs/remotes", "refs/tags")
        pushed = world.colleague({"k.txt": "k\n"}, "hotfix by kim")
        picture = await seen.picture(lambda p: p.upstream == pushed)
    assert picture.commits[0].subject == "hotfix by kim"
    assert picture.head == world.bad[-1]
    assert world.git("for-each-ref", "refs/heads", "refs/remotes", "refs/tags") == refs
    assert pushed not in (world.repo / ".git/FETCH_HEAD").read_text()


async def test_commits_switches_edits_and_operations_are_seen(world: World) -> None:
    async with Seen(source(world.repo)) as seen:
        await seen.picture(lambda p: p.upstream is not None)
        own = world.commit("mine", {"m.txt": "m\n"}, "ana")
        await seen.picture(lambda p: p.head == own and p.commits[0].sha == own)
        world.write("a.txt", "edited\n")
        await seen.picture(lambda p: p.dirty == ("a.txt",))
        world.git("pack-refs", "--all")
        world.git("update-ref", "refs/heads/main", world.bad[0])
        await seen.picture(lambda p: p.head == world.bad[0])
        world.git("update-ref", "refs/heads/main", own)
        await seen.picture(lambda p: p.head == own)
        world.git("checkout", "-q", "--", "a.txt")
        world.git("switch", "-q", "-c", "feature", world.good)
        await seen.picture(lambda p: p.branch == "feature")
        world.commit("clash", {"a.txt": "other\n"})
        world.git("merge", "-q", "main", ok=False)
        await seen.picture(lambda p: p.operation == "merge")


async def test_a_remote_that_goes_away_is_lost_then_found_and_the_picture_stays(world: World) -> None:
    async with Seen(source(world.repo)) as seen:
        await seen.picture(lambda p: p.upstream is not None)
        world.remote.rename(world.root / "away")
        lost = await seen.until(lambda o: isinstance(o, SourceFailed))
        assert isinstance(lost, SourceFailed)
        assert (lost.source, lost.retry_ms) == ("remote:origin", 50)
        assert "not there" in lost.why
        own = world.commit("meanwhile", {"m.txt": "m\n"})
        picture = await seen.picture(lambda p: p.head == own)
        assert picture.upstream == world.bad[-1]
        (world.root / "away").rename(world.remote)
        assert await seen.until(lambda o: isinstance(o, SourceAnswered)) == SourceAnswered("remote:origin")


async def test_no_repository_is_said_once_and_found_when_it_comes(tmp_path: Path, world: World) -> None:
    folder = tmp_path / "later"
    folder.mkdir()
    async with Seen(source(folder)) as seen:
        lost = await seen.until(lambda o: isinstance(o, SourceFailed))
        assert isinstance(lost, SourceFailed)
        assert lost.source == "git"
        assert "not a git repository" in lost.why
        plain(tmp_path, "clone", "-q", str(world.remote), str(folder))
        assert await seen.until(lambda o: not isinstance(o, RepositoryLooked)) == SourceAnswered("git")


async def test_a_configured_remote_that_is_not_there_is_lost_not_the_clone(world: World) -> None:
    observations = await source(world.repo, "main", "upstream").look()
    lost = [o for o in observations if isinstance(o, SourceFailed)]
    assert [o.source for o in lost] == ["remote:upstream"]
    assert 'no remote is called "upstream"' in lost[0].why
    assert isinstance(observations[-1], RepositoryLooked)


@pytest.mark.parametrize(
    "state", ["empty", "no remote", "detached", "other branch", "shallow", "worktree", "subfolder"]
)
async def test_what_is_missing_makes_a_smaller_picture_and_no_failure(world: World, state: str) -> None:
    top, branch = world.repo, "main"
    if state == "empty":
        top = world.root / "empty"
        plain(world.root, "init", "-q", "-b", "main", str(top))
    elif state == "no remote":
        world.git("remote", "remove", "origin")
    elif state == "detached":
        world.git("switch", "-q", "--detach", world.good)
    elif state == "other branch":
        world.git("switch", "-q", "-c", "feature")
        world.commit("mine", {"f": "f"})
    elif state == "shallow":
        top = world.root / "shallow"
        plain(world.root, "clone", "-q", "--depth", "2", f"file://{world.remote}", str(top))
    elif state == "worktree":
        world.git("switch", "-q", "--detach")
        top = world.root / "second"
        world.git("worktree", "add", "-q", str(top), "main")
    else:
        top = world.repo / "deep"
        top.mkdir()
    observations = await source(top, branch).look()
    assert [type(o) for o in observations] == [RepositoryLooked]
    picture = await look(top, branch)
    expected = {"empty": [], "shallow": world.bad[:0:-1]}.get(state, [*reversed(world.bad), world.good])
    assert of(picture.commits) == expected
    assert picture.branch == "main"
    assert (picture.head is None) == (state == "empty")
    if state == "detached":
        assert picture.head == world.good


async def test_a_fingerprint_moves_with_every_change_and_stands_still_without(world: World) -> None:
    where = await layout(world.repo)
    prints = [fingerprint(where, "main")]
    assert fingerprint(where, "main") == prints[0]
    for words in (
        ("commit", "-q", "--allow-empty", "-m", "one"), ("commit", "-q", "--allow-empty", "-m", "two"),
        ("pack-refs", "--all"), ("reset", "-q", "--soft", "HEAD~1"), ("switch", "-q", "-c", "x"),
        ("switch", "-q", "--detach"), ("config", "a.b", "c"), ("rm", "-q", "--cached", "a.txt"),
    ):  # fmt: skip
        world.git(*words)
        prints.append(fingerprint(where, "main"))
    assert all(one != other for one, other in itertools.pairwise(prints))


def merged(world: World, count: int) -> list[str]:
    """So many merges of a branch with two lines each; newest first."""
    for n in range(count):
        world.git("switch", "-q", "-c", f"side{n}")
        world.commit(f"side {n}", {f"side{n}.txt": "one\ntwo\n"})
        world.git("switch", "-q", "main")
        world.git("merge", "-q", "--no-ff", "-m", f"Merge side {n}", f"side{n}")
    return world.git("rev-list", "--merges", "--first-parent", "main").split()


async def test_merges_come_without_a_size_at_first_never_with_a_wrong_one(world: World) -> None:
    merges = merged(world, 5)
    async with Seen(source(world.repo)) as seen:
        first = (await seen.picture(lambda p: True)).commits
        last = (await seen.picture(lambda p: all(c.sized for c in p.commits))).commits
    assert of(first) == of(last)
    assert [c.sha for c in first if not c.sized] == merges
    assert [(c.added, c.deleted, c.file_count) for c in last if c.sha in merges] == [(2, 0, 1)] * 5
    assert [c for c in first if c.sized] == [c for c in last if c.sha not in merges]


async def test_a_new_merge_has_its_size_in_the_first_picture_that_shows_it(world: World) -> None:
    merged(world, 5)
    async with Seen(source(world.repo)) as seen:
        await seen.picture(lambda p: p.upstream is not None and all(c.sized for c in p.commits))
        newest = merged_again(world)
        picture = await seen.picture(lambda p: p.head == newest)
    assert (picture.commits[0].sized, picture.commits[0].added) == (True, 3)
    assert all(c.sized for c in picture.commits)


def merged_again(world: World) -> str:
    world.git("switch", "-q", "-c", "more", "main~1")
    world.commit("more", {"more.txt": "1\n2\n3\n"})
    tree = world.git("merge-tree", "--write-tree", "main", "more")
    new = world.git("commit-tree", tree, "-p", "main", "-p", "more", "-m", "Merge more")
    world.git("update-ref", "refs/heads/main", new)
    world.git("symbolic-ref", "HEAD", "refs/heads/main")
    return new


async def test_a_look_that_was_asked_for_has_every_size(world: World) -> None:
    merged(world, 5)
    assert all(c.sized for c in (await look(world.repo)).commits)


async def test_merges_that_cannot_be_counted_are_not_asked_for_again_and_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged(world, 5)
    asked = []

    async def slow(*_: object, **__: object) -> tuple[Commit, ...]:
        asked.append(1)
        raise run.GitError("git log gave no answer in 20 s and was stopped", "", "", kind="timeout")

    monkeypatch.setattr("incidentui.edge.git.sizes.several", slow)
    it = source(world.repo)
    for _ in range(3):
        await it._look_clone()
        await it._measure()
    assert len(asked) == 1
    (picture,) = [o.repository for o in await it.look() if isinstance(o, RepositoryLooked)]
    assert len(asked) == 2
    assert sum(not c.sized for c in picture.commits) == 5


async def test_nothing_changed_starts_no_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    merged(world, 5)
    slow = GitSource(world.repo, None, None, Watch(), every_ms=1, remote_every_ms=60_000, files_every_ms=10**9)
    async with Seen(slow) as seen:
        await seen.picture(lambda p: p.upstream is not None and all(c.sized for c in p.commits))
        for _ in range(20_000):
            if slow._there:  # else the remote's tip is still being fetched
                break
            await asyncio.sleep(0.001)
        # From here on there is no git to be found: a look that started one would be a failure.
        monkeypatch.setenv("PATH", str(world.root))
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert seen.all == []


async def test_a_source_stops_when_it_is_told_to_at_any_moment(world: World) -> None:
    for n in range(60):
        async with Seen(source(world.repo)):
            await asyncio.sleep(n * 0.0007)


async def test_no_git_program_is_said_plainly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(world.root))
    (lost,) = await source(world.repo).look()
    assert isinstance(lost, SourceFailed)
    assert "no git program" in lost.why


async def test_a_git_that_hangs_is_stopped_with_its_children(world: World) -> None:
    pid = world.root / "pid"
    script = world.root / "hang"
    script.write_text(f"#!/bin/sh\necho $$ > {pid}\nsleep 60\n")
    script.chmod(0o755)
    world.git("config", "alias.hang", f"!{script}")
    with pytest.raises(run.GitError) as failed:
        await run.git(world.repo, "hang", timeout_s=0.5)
    assert failed.value.kind == "timeout"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


async def test_what_git_leaves_running_does_not_hold_the_answer(world: World) -> None:
    """As a shared ssh connection does: it keeps standard error open long after git is over."""
    world.git("config", "alias.leave", "!setsid sleep 5 >/dev/null & echo done")
    answer = await run.git(world.repo, "leave", timeout_s=3)
    assert answer.line == "done"


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_what_a_stopped_git_leaves_holding_its_output_is_let_go(world: World) -> None:
    """The pipe outlives git; the program's loop ends first, and nothing may complain then."""
    world.git("config", "alias.hold", "!setsid sleep 5 & sleep 60")
    with pytest.raises(run.GitError, match="was stopped"):
        asyncio.run(run.git(world.repo, "hold", timeout_s=0.3))
    gc.collect()


async def test_the_callers_git_variables_do_not_lead_elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(world.remote))
    answer = await run.git(world.repo, "rev-parse", "HEAD")
    assert answer.line == world.bad[-1]


async def test_output_is_bounded(world: World) -> None:
    world.commit("big", {"big.txt": "x" * 300_000})
    answer = await run.git(world.repo, "show", "HEAD:big.txt", limit=1000)
    assert (len(answer.out), answer.cut) == (1000, True)
