"""What people type instead, told as the program would tell it: exit 0 is done. The test of the judge."""

from pathlib import Path

from tests.git.table.ground import Ground
from tests.git.table.judge import Said
from tests.git.table.play import Case
from tests.git.world import plain


def _said(ground: Ground, case: Case, *commands: tuple[str, ...]) -> Said:
    for command in commands:
        try:
            plain(ground.folder, *command)
        except AssertionError as error:
            return Said(1, "failed", {"why": str(error) or "no"})
    revision = plain(ground.folder, "rev-parse", f"refs/heads/{ground.branch}", ok=False)
    return Said(0, "done", {"why": "exit 0", "revision": revision, "tree_equal": True, "remote_equal": case.push})


def _good(ground: Ground) -> str:
    return ground.to or ground.good


def revert(ground: Ground, case: Case, temporary: Path) -> Said:
    """`git revert good..HEAD`, as in the incident that this all began with."""
    push = (("push", "-q"),) if case.push else ()
    return _said(ground, case, ("revert", "--no-edit", f"{_good(ground)}..HEAD"), *push)


def reset_hard(ground: Ground, case: Case, temporary: Path) -> Said:
    push = (("push", "-q"),) if case.push else ()
    return _said(ground, case, ("reset", "-q", "--hard", _good(ground)), *push)


def force_push(ground: Ground, case: Case, temporary: Path) -> Said:
    return _said(ground, case, ("reset", "-q", "--hard", _good(ground)), ("push", "-q", "--force", "origin", "HEAD"))


WAYS = {"git revert": revert, "git reset --hard": reset_hard, "git reset --hard; git push --force": force_push}
