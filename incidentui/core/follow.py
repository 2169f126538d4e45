"""Did the world follow? After a push every service that says what it runs is expected to run it, in time.

Judged against the running revision alone, never against what a pipeline says. One alarm for a push; the next push
takes its place. What is unknown is no alarm: that a service cannot be asked is said where it is seen.
"""

import re
from collections.abc import Sequence

from incidentui.core import events as e
from incidentui.core.format import count, short
from incidentui.core.model import Commit, Ms, Repository, ServiceStatus
from incidentui.core.state import State
from incidentui.core.suspects import ancestors, in_paths
from incidentui.core.turn import Deciding
from incidentui.core.value import dataclass

_NAMES = 3
_DIRTY = re.compile(r"(?:^|[-+._])dirty\b", re.IGNORECASE)


def expected(state: State, repo: Repository, was: str | None, now: str) -> tuple[str, ...]:
    """The services that a push is expected to be deployed in: all that say what they run, less those whose paths it
    does not touch, where the project says so."""
    told = [s for s in state.project.services if s.has_revision]
    if not state.project.deploy_by_paths:
        return tuple(s.name for s in told)
    files = _files(repo, was, now)
    if files is None:
        return tuple(s.name for s in told)
    return tuple(s.name for s in told if not s.paths or any(in_paths(file, s.paths) for file in files))


def _files(repo: Repository, was: str | None, now: str) -> set[str] | None:
    """What a push changed; None when that is not known: history was rewritten, or there is more than was listed."""
    commits = {c.sha: c for c in repo.commits}
    if was is None or was not in ancestors(commits, now):
        return None
    new = [commits[sha] for sha in ancestors(commits, now) - ancestors(commits, was)]
    if not all(c.all_files for c in new):
        return None
    return {file.path for c in new for file in c.files}


def judge(d: Deciding) -> None:
    """Say that the newest push was deployed, or, once its time is up, that it was not."""
    push = d.state.awaited
    if push is None:
        return
    left = behind(d.state)
    known = [s for s in left if s.running is not None or s.odd == "dirty"]
    if not left:
        followed = e.DeployFollowed(push.sha, push.services, max(0, d.now - push.at), push.alarm is not None)
        d.say(followed, "deploy", "key" if followed.late else "quiet")
    elif known and push.alarm is None and d.now - push.at >= d.state.project.deploy_within_ms:
        runs = tuple((s.name, s.running) for s in left)
        within = d.state.project.deploy_within_ms
        missed = e.DeployMissed(push.sha, push.remote, push.branch, push.at, within, runs, len(push.services))
        d.say(missed, "deploy", "key")


def behind(state: State) -> tuple[ServiceStatus, ...]:
    """The services that do not run the newest push, of those that are expected to."""
    push = state.awaited
    named = [state.services[name] for name in push.services if name in state.services] if push else []
    return tuple(s for s in named if push is not None and not same(state, s.running, push.sha))


def same(state: State, one: str | None, other: str | None) -> bool:
    """The same commit, or another with the same tree."""
    if one is None or other is None:
        return False
    trees = {c.sha: c.tree for c in state.repository.commits} if state.repository else {}
    return one == other or bool(trees.get(one) and trees.get(one) == trees.get(other))


@dataclass(frozen=True, slots=True)
class Missing:
    """A push that the world did not follow, as it stands now."""

    sha: str
    since: Ms
    runs: tuple[tuple[str, str | None], ...]
    expected: int


def missing(state: State) -> Missing | None:
    """The alarm, while it lasts."""
    push = state.awaited
    if push is None or push.alarm is None:
        return None
    left = behind(state)
    return Missing(push.sha, push.at, tuple((s.name, s.running) for s in left), len(push.services)) if left else None


# -- what stands here beside what runs ---------------------------------------------------------


def unpushed(repo: Repository | None) -> tuple[Commit, ...]:
    """Commits of HEAD that the remote does not have, newest first, of those that were listed."""
    if repo is None or repo.head is None or repo.upstream is None:
        return ()
    commits = {c.sha: c for c in repo.commits}
    if repo.upstream not in commits:
        return ()
    here = ancestors(commits, repo.head) - ancestors(commits, repo.upstream)
    return tuple(c for c in repo.commits if c.sha in here)


def dirty_count(repo: Repository) -> int:
    return max(repo.dirty_count, len(repo.dirty))


def says_dirty(text: str) -> bool:
    """Whether a label or version names a build of uncommitted code: "a942e4f-dirty", "1.4.0+dirty"."""
    return _DIRTY.search(text) is not None


def odd(service: ServiceStatus) -> str:
    """Why what runs is no commit that a build of the branch could be; empty when it is one."""
    match service.odd:
        case "dirty":
            return f"{service.name} runs no commit: {service.running_why}"
        case "nowhere":
            what = short(service.running) if service.running else service.running_why
            return f"{service.name} runs a commit nobody pushed: {what}"
        case _:
            return ""


def unsaved(repo: Repository) -> list[str]:
    """Work that no build of the remote can have: "5 files not committed: a.py, b.py, c.py, …", and what is not
    pushed."""
    said = []
    if n := dirty_count(repo):
        said.append(f"{count(n, 'file')} not committed: {_first(repo.dirty, n)}")
    if ahead := unpushed(repo):
        said.append(f"{count(len(ahead), 'commit')} not pushed: {_first([short(c.sha) for c in ahead], len(ahead))}")
    return said


def _first(names: Sequence[str], of: int) -> str:
    """The first names; how many there are stands before them."""
    return ", ".join([*names[:_NAMES], *(["…"] if of > _NAMES else [])])
