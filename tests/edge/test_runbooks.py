"""Runbooks of a project are found, bounded, and read without running anything or following a link out of it."""

import os
from pathlib import Path

import pytest

from incidentui.config.trust import allow
from incidentui.edge.runbooks import MOST_BYTES, project_files, read_runbooks

SHELL = "# Restart\n\n1. Do it\n\n   ```sh\n   ls\n   ```\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "p" / "docs/runbooks/deep").mkdir(parents=True)
    (tmp_path / "p" / "runbooks").mkdir()
    return tmp_path / "p"


def test_what_ships_is_there_and_trusted_without_a_project() -> None:
    shelf = read_runbooks(None)
    assert [r.id for r in shelf.runbooks] == [
        "200-but-not-the-right-thing",
        "before-you-deploy",
        "close-and-hand-over",
        "configuration-mismatch",
        "crash-loop",
        "data-drop",
        "reset-to-known-good",
        "restart-a-workload",
        "restart-rehearsal",
        "roll-back-a-bad-deploy",
        "rollback-is-incomplete",
        "the-deploy-did-not-start",
        "verify-recovery",
        "volume-came-up-empty",
    ]
    assert all(r.trusted and r.origin == "shipped" and not r.problems for r in shelf.runbooks)
    assert shelf.left_out == ()


def test_the_projects_own_come_first_and_are_not_trusted_until_allowed(project: Path) -> None:
    (project / "runbooks/restart.md").write_text(SHELL)
    (project / "docs/runbooks/deep/x.md").write_text("# X\n")
    (project / "docs/runbooks/note.txt").write_text("no")
    books = read_runbooks(project).runbooks
    assert [(r.id, r.path, r.origin) for r in books[:2]] == [
        ("restart", "runbooks/restart.md", "project"),
        ("x", "docs/runbooks/deep/x.md", "project"),
    ]
    assert not books[0].trusted
    allow(project / "runbooks/restart.md")
    assert read_runbooks(project).runbooks[0].trusted
    (project / "runbooks/restart.md").write_text(SHELL + "\n")
    assert not read_runbooks(project).runbooks[0].trusted


def test_the_same_name_twice_keeps_both(project: Path) -> None:
    for place in ("runbooks/verify-recovery.md", "docs/runbooks/verify-recovery.md"):
        (project / place).write_text(SHELL)
    ids = [r.id for r in read_runbooks(project).runbooks]
    assert ids[:2] == ["verify-recovery", "docs/runbooks/verify-recovery"]
    assert ids[-2] == "shipped/verify-recovery"
    assert len(set(ids)) == len(ids)


def test_links_out_of_the_project_and_odd_files_are_left_out_and_named(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text(SHELL)
    (project / "runbooks/out.md").symlink_to(tmp_path / "outside.md")
    (project / "runbooks/loop.md").symlink_to("loop.md")
    os.mkfifo(project / "runbooks/pipe.md")
    (project / "runbooks/big.md").write_bytes(b"x" * (MOST_BYTES + 1))
    (project / "runbooks/inside.md").write_text(SHELL)
    (project / "docs/runbooks/again.md").symlink_to(project / "runbooks/inside.md")
    shelf = read_runbooks(project)
    assert [r.path for r in shelf.runbooks if r.origin == "project"] == ["runbooks/inside.md"]
    assert [line.partition(":")[0] for line in shelf.left_out] == [
        "runbooks/out.md",
        "runbooks/big.md",
        "runbooks/loop.md",
        "runbooks/pipe.md",
    ]


def test_a_folder_that_is_a_link_out_is_not_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x.md").write_text(SHELL)
    (project / ".incidentui").mkdir()
    (project / ".incidentui/runbooks").symlink_to(tmp_path / "elsewhere")
    (project / "runbooks/sub").symlink_to(tmp_path / "elsewhere")
    assert project_files(project) == []


def test_hidden_characters_are_shown_and_never_run(project: Path) -> None:
    text = "# A\x1b]52;c;x\x07\n\n1. Do\u202e it\n\n   ```sh\n   ls \x1b[2J; rm \u200bx\n   ```\n"
    text += "\n2. Two\n\n   ```sh\n   a\tb\n   ```\n"
    (project / "runbooks/evil.md").write_bytes(text.encode() + b"\xff")
    evil = read_runbooks(project).runbooks[0]
    assert not any(c in repr(evil) for c in "\x1b\x07\u202e\u200b")
    first, second = (s.commands[0] for s in evil.steps)
    assert (first.runnable, first.why_not) == (False, "it holds hidden characters")
    assert (second.runnable, second.text) == (True, "a\tb")
    assert [p.text for p in evil.problems] == ["hidden characters in a command"]
