"""Fifty commits from one log, whatever bytes are in them; one commit as a diff."""

from pathlib import Path

import pytest

from incidentui.core.inputs import Refusal
from incidentui.edge.git.diff import LINES, diff
from incidentui.edge.git.history import between, log, several
from incidentui.edge.git.place import layout
from tests.git.world import World, attempt, of, plain


@pytest.mark.req("R3-08")
async def test_sizes_and_files_are_those_of_git(world: World) -> None:
    big = world.commit("big one", {f"many/{n}.txt": "x\n" * n for n in range(1, 31)}, "lee")
    commits = await log(await layout(world.repo), [big])
    newest = commits[0]
    assert of(commits) == [big, *reversed(world.bad), world.good]
    assert (newest.file_count, len(newest.files), newest.added, newest.deleted) == (30, 20, sum(range(31)), 0)
    assert (newest.author, newest.subject, newest.parents) == ("lee", "big one", (world.bad[-1],))
    assert newest.tree == world.tree(big)
    assert commits[1].files[0].path == "b.txt"
    assert (commits[1].added, commits[1].deleted) == (1, 1)


async def test_any_byte_in_a_subject_author_or_path_is_harmless(world: World) -> None:
    path = b"we\tird\n\x1b[2J\xff>.txt"
    (Path(bytes(world.repo).decode()) / path.decode("utf-8", "surrogateescape")).write_text("x\n")
    world.git("add", "-A")
    subject = b">1\t2\tfake \xff\x1b]0;owned\x07 [red] \xe2\x80\xae"
    env = {"GIT_AUTHOR_NAME": "e\x1b[31mve", "GIT_AUTHOR_EMAIL": "e@x"}
    plain(world.repo, "-c", "i18n.commitEncoding=latin-9", "commit", "-q", "--allow-empty-message", "-F",
          str(_file(world.root / "msg", subject)), env=env)  # fmt: skip
    commits = await log(await layout(world.repo), ["HEAD"])
    assert of(commits)[1:] == [*reversed(world.bad), world.good]
    shown = commits[0].subject + commits[0].author + commits[0].files[0].path
    assert commits[0].file_count == 1
    assert not any(ord(char) < 32 or char in "\x1b\x9b\u202e" for char in shown)


async def test_a_child_comes_before_its_parent_even_within_one_second(world: World) -> None:
    newest = [world.commit(f"step {n}", {"n.txt": str(n)}) for n in range(4)]
    commits = await log(await layout(world.repo), [world.good, *world.bad, *newest])
    assert of(commits) == [*reversed(newest), *reversed(world.bad), world.good]


async def test_empty_commits_merges_and_binary_files_keep_the_records_apart(world: World) -> None:
    world.git("switch", "-q", "-c", "side", world.good)
    world.commit("side work", {"side.txt": "1\n2\n"})
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
    world.git("commit", "-q", "--allow-empty", "-m", "nothing")
    (world.repo / "blob").write_bytes(b"\0\1\2")
    world.git("add", "-A")
    world.git("commit", "-q", "-m", "binary")
    binary, nothing, merge, *_ = await log(await layout(world.repo), ["HEAD"])
    assert (binary.files[0].path, binary.files[0].added, binary.file_count) == ("blob", None, 1)
    assert (nothing.file_count, nothing.added) == (0, 0)
    assert (merge.subject, merge.sized, len(merge.parents)) == ("merge side", False, 2)
    (counted,) = await several(await layout(world.repo), [merge.sha])
    assert (counted.subject, counted.added, counted.file_count, counted.sized) == ("merge side", 2, 1, True)
    window = await between(await layout(world.repo), world.good, "HEAD")
    assert {"side work", "merge side", "tune worker"} <= {commit.subject for commit in window}


async def test_the_cut_of_a_shallow_clone_is_not_a_commit_that_added_everything(world: World) -> None:
    clone = world.root / "shallow"
    plain(world.root, "clone", "-q", "--depth", "1", f"file://{world.remote}", str(clone))
    (commit,) = await log(await layout(clone), ["HEAD"])
    assert (commit.sha, commit.file_count, commit.added) == (world.bad[-1], 0, 0)


async def test_a_diff_numbers_its_lines_and_names_its_files(world: World) -> None:
    text = "".join(f"line {n}\n" for n in range(20))
    world.commit("long", {"a.txt": text})
    sha = world.commit(
        "edit", {"a.txt": text.replace("line 7\n", "-- seven\n++ more\n"), "n/new.txt": "diff --git a b\n"}
    )
    lines = await diff(world.repo, sha)
    assert not isinstance(lines, Refusal)
    shown = [(line.kind, line.old, line.new, line.text) for line in lines]
    assert ("file", None, None, "a.txt") in shown
    assert ("del", 8, None, "line 7") in shown
    assert ("add", None, 8, "-- seven") in shown
    assert ("same", 9, 10, "line 8") in shown
    assert ("file", None, None, "n/new.txt (new file)") in shown
    assert ("add", None, 1, "diff --git a b") in shown


async def test_a_diff_is_bounded_and_refuses_what_is_no_commit(world: World) -> None:
    sha = world.commit("huge", {"huge.txt": "x\n" * 7_000})
    lines = await diff(world.repo, sha)
    assert not isinstance(lines, Refusal)
    assert len(lines) == LINES + 1
    assert "more" in lines[-1].text
    for name in ("--output=owned", "nowhere", ""):
        assert isinstance(await diff(world.repo, name), Refusal)
    assert not (world.repo / "owned").exists()


async def test_looking_starts_nothing_that_the_repository_configured(world: World) -> None:
    canary = world.root / "canary"
    script = _file(world.root / "script", f'#!/bin/sh\ntouch {canary}\ncat "$1"\n'.encode())
    script.chmod(0o755)
    world.commit("attributes", {".gitattributes": "*.txt diff=bad\n"})
    hooks = world.root / "hooks"
    hooks.mkdir()
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman", "post-merge"):
        _file(hooks / hook, script.read_bytes()).chmod(0o755)
    for key, value in {
        "core.fsmonitor": str(script), "core.hooksPath": str(hooks), "diff.external": str(script),
        "diff.bad.textconv": str(script), "diff.bad.command": str(script), "core.pager": str(script),
        "core.editor": str(script), "gpg.program": str(script), "log.showSignature": "true",
        "protocol.ext.allow": "always",
    }.items():  # fmt: skip
        world.git("config", key, value)
    canary.unlink(missing_ok=True)
    world.write("a.txt", "edited\n")
    plan = await world.planned(push="true")
    await log(await layout(world.repo), ["HEAD"])
    await diff(world.repo, world.bad[0])
    executor = world.executor()
    await executor.lights(attempt(plan))
    assert not canary.exists()
    world.git("status")
    assert canary.exists(), "the canary sings when plain git looks, so its silence above means something"


def _file(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path
