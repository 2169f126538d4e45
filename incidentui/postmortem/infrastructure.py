"""The part of the draft about what changed in that on which all runs: compose files, images, tunnels, pipelines."""

from typing import Any

from incidentui.core.format import size
from incidentui.core.kinds import part_of
from incidentui.core.model import Commit
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import sha, stamp, table, text


def touched(commit: Commit) -> tuple[str, ...]:
    return tuple(file.path for file in commit.files if part_of(file.path) == "infrastructure")


def infrastructure(facts: Facts) -> list[str]:
    """A row for each file and commit; what is not committed last. Empty when none of it was touched."""
    rows = [
        (
            text(file.path),
            sha(c.sha),
            stamp(c.at),
            text(c.author),
            size(file.added, file.deleted or 0) if file.added is not None else "binary",
        )
        for c in facts.commits
        for file in c.files
        if part_of(file.path) == "infrastructure"
    ]
    rows += [(text(path), "not committed", "", "", "") for path in uncommitted(facts)]
    return table(("File", "Commit", "Committed", "Author", "Lines"), rows) if rows else []


def uncommitted(facts: Facts) -> tuple[str, ...]:
    repo = facts.state.repository
    return tuple(path for path in (repo.dirty if repo else ()) if part_of(path) == "infrastructure")


def objects(facts: Facts) -> list[dict[str, Any]]:
    """`commit`: null when it is not committed."""
    told: list[dict[str, Any]] = [{"file": path, "commit": c.sha} for c in facts.commits for path in touched(c)]
    return [*told, *({"file": path, "commit": None} for path in uncommitted(facts))]
