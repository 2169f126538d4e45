"""`act git.*` in any git repository: no configuration, no remote, no service. Only the tree is asked for."""

import json
import subprocess
from pathlib import Path

import pytest

from incidentui.drills.history import git
from tests.e2e.world import Place


@pytest.fixture
def plain(tmp_path: Path) -> Place:
    root = tmp_path / "repo"
    root.mkdir()
    git(["init", "-q", "-b", "main", "--template=", "."], root)
    git(["config", "user.name", "Ines"], root)
    git(["config", "user.email", "ines@example.invalid"], root)
    for n, text in enumerate(("good\n", "bad\n", "worse\n")):
        (root / "app.txt").write_text(text, encoding="utf-8")
        git(["add", "app.txt"], root)
        git(["commit", "-q", "-m", f"change {n}"], root)
    return Place(root, tmp_path / "home")


@pytest.mark.req("F1", "F14")
def test_a_reset_here_moves_the_branch_forward_to_the_old_tree(plain: Place) -> None:
    (plain.root / "mine.txt").write_text("kept\n", encoding="utf-8")
    done = plain.run("act", "git.reset", "to=HEAD~2", "--yes", "main", "--json")
    assert done.returncode == 0, done
    document = json.loads(done.stdout)
    verdict = document["verdict"]
    assert document["outcome"] == "done"
    assert verdict["tree_equal"] is True
    assert [verdict[k] for k in ("remote_equal", "running_equal", "user_path")] == [None, None, None]
    assert verdict["complete"] is True
    assert git(["rev-parse", "HEAD^{tree}"], plain.root) == git(["rev-parse", "HEAD~3^{tree}"], plain.root)
    assert git(["rev-list", "--count", "HEAD"], plain.root) == "4"
    assert (plain.root / "app.txt").read_text() == "good\n"
    assert (plain.root / "mine.txt").read_text() == "kept\n"
    saved = git(["for-each-ref", "--format=%(refname)", "refs/incidentui"], plain.root)
    assert saved, "the way back is kept"


def test_a_revert_here_takes_back_one_commit(plain: Place) -> None:
    bad = git(["rev-parse", "HEAD"], plain.root)
    done = plain.run("act", "git.revert", f"commits={bad[:8]}", "--yes", "main", "--json")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["verdict"]["tree_equal"] is True
    assert (plain.root / "app.txt").read_text() == "bad\n"


def test_a_push_without_a_remote_is_refused_and_says_what_to_do(plain: Place) -> None:
    done = plain.run("act", "git.reset", "to=HEAD~1", "push=true", "--yes", "main")
    assert done.returncode == 3
    assert "no remote" in done.stderr
    assert (plain.root / "app.txt").read_text() == "worse\n"


def test_known_good_is_not_guessed(plain: Place) -> None:
    done = plain.run("act", "git.reset", "to=good", "--yes", "main", "--json")
    assert done.returncode == 3
    document = json.loads(done.stdout)
    assert document["outcome"] == "refused"
    assert "known-good" in document["verdict"]["why"]


def test_a_folder_that_is_no_repository_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "incidentui.toml").write_text('[project]\nname = "folder"\n')
    done = Place(tmp_path / "folder", tmp_path / "home").run("act", "git.reset", "to=HEAD", "--yes", "main")
    assert done.returncode in (2, 3), done
    assert "not a git" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_nothing_of_the_repository_is_run_by_looking(plain: Place) -> None:
    """Hooks and filters of the repository belong to whoever can write there."""
    ran = plain.root / ".git" / "ran"
    for name in ("post-checkout", "pre-commit", "reference-transaction"):
        hook = plain.root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho {name} >> '{ran}'\n")
        hook.chmod(0o755)
    status = plain.run("status", "--json")
    assert status.returncode in (0, 4), status
    assert json.loads(status.stdout)["commits"]["branch"] == "main"
    assert plain.run("act", "git.reset", "to=HEAD~2", "--plan").returncode == 0
    assert not ran.exists()
    assert (
        subprocess.run(["git", "status", "--porcelain"], cwd=plain.root, capture_output=True, check=True).stdout == b""
    )
