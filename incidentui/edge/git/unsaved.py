"""What no commit holds now, for what would build it: asked anew, since what the record says may be of a while ago."""

from dataclasses import replace
from pathlib import Path

from incidentui.core.follow import unsaved
from incidentui.core.inputs import Refusal
from incidentui.core.model import Repository
from incidentui.edge.git.place import layout
from incidentui.edge.git.planning import dirty
from incidentui.edge.git.run import GitError

BUILT = "it would build what is "


async def fresh(folder: Path) -> tuple[str, ...] | Refusal | None:
    """The files that are not committed. None where there is no clone."""
    try:
        return tuple(await dirty(await layout(folder)))
    except GitError as error:
        if error.kind == "not a repository":
            return None
        return Refusal(f"git does not tell what is not committed: {error}", 'uncommitted="why" builds all the same')


def with_files(repository: Repository | None, files: tuple[str, ...]) -> Repository:
    """The clone as known, with these files uncommitted."""
    return replace(repository or Repository(), dirty=files, dirty_count=len(files))


async def built(folder: Path, repository: Repository | None) -> tuple[str, ...]:
    """What a build of this folder would take in that no commit, or no remote, holds; in words, empty where all is."""
    found = await fresh(folder)
    if isinstance(found, Refusal):
        return (f"it builds an image, and {found.why}",)
    return tuple(BUILT + what for what in unsaved(with_files(repository, found))) if found is not None else ()
