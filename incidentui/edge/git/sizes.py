"""What merges brought, measured once each: a commit never changes, so what was counted is kept.

A merge can be as large as a whole branch: fifty of them take git several times as long as fifty plain commits. So the
first look lists them without a size, and a second one counts; later the few new ones are counted at once.
"""

from collections.abc import Sequence

from incidentui.core.model import Commit
from incidentui.edge.git.history import several
from incidentui.edge.git.place import Layout
from incidentui.edge.git.run import GitError

AT_ONCE = 3
"""So many new merges cost about one more commit's worth of time: no picture is drawn without their size."""
KEPT = 1_000


class Sizes:
    def __init__(self) -> None:
        self._known: dict[str, Commit] = {}
        self._in_vain: set[str] = set()

    def filled(self, commits: Sequence[Commit]) -> tuple[Commit, ...]:
        return tuple(commit if commit.sized else self._known.get(commit.sha, commit) for commit in commits)

    def missing(self, commits: Sequence[Commit]) -> list[str]:
        """What has no size and was not asked for in vain: that would be asked for at each look."""
        return [c.sha for c in self.filled(commits) if not c.sized and c.sha not in self._in_vain]

    async def measure(self, where: Layout, shas: Sequence[str]) -> None:
        try:
            found = await several(where, shas, capped=True)
        except GitError:
            self._in_vain.update(shas)  # too large for the time there is: they stay without a size
            return
        self.keep(found)

    def keep(self, commits: Sequence[Commit]) -> None:
        self._known.update((commit.sha, commit) for commit in commits)
        for old in list(self._known)[:-KEPT]:
            del self._known[old]

    def again(self) -> None:
        """Somebody asked for a new look."""
        self._in_vain.clear()
