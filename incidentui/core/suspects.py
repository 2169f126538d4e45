"""Which commit may be the cause: the last deploy before the first red, and the reasons, listed rather than scored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from incidentui.core import events as e
from incidentui.core.causes import echoes
from incidentui.core.format import short
from incidentui.core.model import Commit, Deploy, Ms, ServiceSpec, Suspect, Suspected
from incidentui.core.reasons import Asked
from incidentui.core.reasons import in_paths as in_paths
from incidentui.core.reasons import ranked as ranked_of
from incidentui.core.state import State
from incidentui.core.turn import Deciding

LOOK_BACK_MS: Ms = 24 * 3_600_000
NEAR_MS: Ms = 5_000
"""Deploys so near to a red are not told apart by when they were seen alone."""


def name_suspect(d: Deciding) -> None:
    """Name the suspect, or name it better when git has told more since."""
    found = find(d.state)
    if found is not None and _doubted(d, found):
        found = find(d.state)  # the window reaches back to the known-good before it
    found = bisected(d.state, found)
    if found is not None and found != d.state.suspect:
        same = d.state.suspect is not None and d.state.suspect.sha == found.sha
        d.say(e.SuspectNamed(found), "suspects", "quiet" if same else "detail")


def bisected(state: State, found: Suspect | None) -> Suspect | None:
    """What a bisect of these days found is no guess: it goes before what the commits look like."""
    ended = [a for a in state.attempts.values() if a.plan.action == "git.bisect" and a.outcome == "done" and a.found]
    if found is None or not ended or state.at - ended[-1].asked > LOOK_BACK_MS:
        return found
    sha, why = ended[-1].found or "", ended[-1].why
    if sha != found.sha and sha not in found.window:
        return found
    reason = why.rpartition("(")[2].rstrip(")")
    return replace(found, sha=sha, reasons=(reason, *(found.reasons if sha == found.sha else found.reasons[:1])))


def _doubted(d: Deciding, found: Suspect) -> bool:
    """A commit that ran well for a while and is now the suspect is no place to go back to: the one before it is.

    What a person marked stays, whatever happens.
    """
    good, before = d.state.good, d.state.was_good
    if good is None or before is None or good.sha != found.sha or good.by is not None:
        return False
    d.say(e.KnownGoodSet(replace(before, why=f"{before.why}; {short(good.sha)} came after it and is red")), "good")
    return True


def find(state: State) -> Suspect | None:
    failing = [s for s in state.services.values() if s.state == "failing" and s.since is not None]
    if not failing:
        return None
    echo = echoes(state)
    red = [s for s in failing if s.name not in echo] or failing
    first = min(red, key=lambda s: s.since or 0)
    assert first.since is not None
    deploy = last_deploy(state, first.since, first.name)
    if deploy is None:
        return None
    window = since_good(state, deploy.now)
    spec = next((s for s in state.project.services if s.name == first.name), ServiceSpec(first.name))
    asked = Asked(state, spec, first.since, _began(state, deploys_near(state, first.since, first.name)))
    own = _commit(state, deploy.now)
    ranked = ranked_of(asked, window or ((own,) if own else ()))
    if not ranked:
        missing = "not in this clone: git has not told what it changes"
        ranked = (Suspected(deploy.now, (asked.when(deploy.at), missing)),)
    best = ranked[0]
    reasons = best.reasons
    good = state.good
    if good is not None and any(c.sha == best.sha for c in window):
        reasons = (*reasons, f"{short(good.sha)} was good: {good.why}")
    whole = _whole(state, deploy.now) or len(window)
    since = good.sha if good is not None and window else None
    return Suspect(best.sha, first.name, reasons, tuple(c.sha for c in window), ranked, whole, since, deploy.now)


def _whole(state: State, tip: str) -> int:
    """How many commits there are since known-good, also when more than are listed; 0 when not counted for this tip."""
    ledger = state.ledger
    if ledger is None or state.good is None or (ledger.good, ledger.tip) != (state.good.sha, tip):
        return 0
    return len(ledger.commits) + ledger.beyond


def _began(state: State, deploys: Sequence[Deploy]) -> Mapping[str, Ms]:
    """When each commit that these deploys brought began to run."""
    began: dict[str, Ms] = {}
    for deploy in deploys:
        for sha in _came_with(state, deploy):
            began.setdefault(sha, deploy.at)
    return began


def _came_with(state: State, deploy: Deploy) -> frozenset[str]:
    """The commits that ran since this deploy and not before it; all that ran, when nobody knows what did before."""
    commits = {c.sha: c for c in state.repository.commits} if state.repository else {}
    now = ancestors(commits, deploy.now)
    return frozenset(now - ancestors(commits, deploy.was) if deploy.was in commits and deploy.was else now)


def last_deploy(state: State, before: Ms, service: str | None = None) -> Deploy | None:
    """The last deploy up to `before` (a little later counts too: a look at what runs comes once a second).

    What was deployed after somebody began to act on it is a way back, however quickly it came.
    """
    return next(reversed(_deploys(state, before, service)), None)


def deploy_before(state: State, red: Ms) -> Deploy | None:
    """The deploy that a red is dated to, of any service."""
    found = _deploys(state, red, None)
    at = before_red([d.at for d in found], red)
    return None if at is None else found[at]


def before_red(times: Sequence[Ms], red: Ms) -> int | None:
    """Of deploys in order the last one just before the red. One seen just after it only where none came just before:
    a look at what runs comes once a second, and what was deployed while it was red already did not bring it."""
    after = next((n for n, at in enumerate(times) if at > red), len(times))
    if after and times[after - 1] >= red - NEAR_MS:
        return after - 1
    if after < len(times) and times[after] <= red + NEAR_MS:
        return after
    return after - 1 if after else None


def deploys_near(state: State, red: Ms, service: str) -> list[Deploy]:
    """Those that may have brought the red: the last before it, with what came seconds before or after. Oldest first."""
    found = _deploys(state, red, service)
    before = [d for d in found if d.at <= red]
    close = [d for d in before if d.at >= red - NEAR_MS]
    return [*(close or before[-1:]), *(d for d in found if d.at > red)]


def _deploys(state: State, before: Ms, service: str | None) -> list[Deploy]:
    acted = [a.asked for a in state.attempts.values() if a.plan.changes and a.asked >= before]
    until = min([before + NEAR_MS, *acted])
    near = [d for d in state.deploys if before - LOOK_BACK_MS <= d.at <= until]
    mine = [d for d in near if service is None or service in d.services]
    return mine or near


def since_good(state: State, tip: str) -> tuple[Commit, ...]:
    """Commits after known-good up to `tip`, newest first; empty when either is not in sight."""
    commits = {c.sha: c for c in state.repository.commits} if state.repository else {}
    if state.good is None or state.good.sha not in commits or tip not in commits:
        return ()
    before = ancestors(commits, state.good.sha)
    wanted = ancestors(commits, tip) - before
    return tuple(c for c in commits.values() if c.sha in wanted)


def ancestors(commits: dict[str, Commit], tip: str) -> set[str]:
    """The commit and all before it, of those that are listed."""
    seen: set[str] = set()
    todo = [tip]
    while todo:
        sha = todo.pop()
        if sha in seen or sha not in commits:
            continue
        seen.add(sha)
        todo.extend(commits[sha].parents)
    return seen


def _commit(state: State, sha: str) -> Commit | None:
    return next((c for c in state.repository.commits if c.sha == sha), None) if state.repository else None
