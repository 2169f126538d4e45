"""What a way back does to the program's own configuration: a checkout that follows loses its checks with it."""

from collections.abc import Iterator
from pathlib import Path

from incidentui.core.model import Plan
from incidentui.edge.git.place import layout
from incidentui.edge.git.run import git

NAME = "incidentui.toml"


async def warned(project: Path, plan: Plan) -> tuple[str, ...]:
    """Sentences for the plan; none where the file is not committed, or is the same in the tree that will be."""
    top = (await layout(project)).top
    path = _path(project, top)
    if plan.expects_tree is None or (now := await _sha(top, f"HEAD:{path}")) is None:
        return ()
    head = await _sha(top, "HEAD") or "HEAD"
    return tuple(_said(f"{head[:7]}:{path}", now, await _sha(top, f"{plan.expects_tree}:{path}")))


def _path(project: Path, top: Path) -> str:
    return (project.resolve() / NAME).relative_to(top.resolve()).as_posix()


def _said(kept: str, now: str, then: str | None) -> Iterator[str]:
    path = kept.partition(":")[2]
    if then is None:
        yield f"{path} goes with it: the next start has no checks. To have it back: git show {kept} > {path}"
    elif then != now:
        yield f"{path} goes back too: the next start has the checks of then."


async def _sha(top: Path, name: str) -> str | None:
    answer = await git(top, "rev-parse", "--verify", "--quiet", name, ok=(0, 1, 128))
    return answer.line if answer.code == 0 else None
