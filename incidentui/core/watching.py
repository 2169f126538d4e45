"""What git, the running revisions, the workloads and the sources themselves tell."""

from collections.abc import Mapping
from dataclasses import replace

from incidentui.core import errors
from incidentui.core import events as e
from incidentui.core.drift_told import kept, meant, newly, on_engine, remembered
from incidentui.core.follow import expected
from incidentui.core.inputs import (
    DriftLooked,
    Evidence,
    LookNow,
    RepositoryLooked,
    RevisionLooked,
    SourceAnswered,
    SourceFailed,
    WorkloadsLooked,
)
from incidentui.core.model import (
    Attempt,
    Commit,
    ErrorText,
    KnownError,
    Moment,
    Ms,
    Repository,
    SeenError,
    Workload,
    is_bad,
)
from incidentui.core.restarts import Ran, Restart, another_engine, restarted
from incidentui.core.state import State
from incidentui.core.suspects import name_suspect
from incidentui.core.turn import Deciding

SAME_DEPLOY_MS = 60_000
CLOCKS_MS = 3_000
"""So far an engine's clock may be behind ours; some tell whole seconds only."""
SEEN_LATE_MS = 35_000
"""So long after an action its restart may be seen: without events a list is asked for every half minute."""
SEVERAL = ("checkpoint.restore", "compose.up", "volume.restore", "workload.rehearse")
"""Actions that start more than what their word names."""
_KILLED = (137, 143)
"""Exit codes of a program that KILL or TERM ended."""
MOST_GONE = 20
"""Told one by one; more at once are taken down together."""


def repository(d: Deciding, look: RepositoryLooked) -> None:
    old, new = d.state.repository, look.repository
    if old is not None and (new.remote_asked or 0) < (old.remote_asked or 0):
        # A look that began before the remote was asked last: what it says of the remote is older than what we know.
        new = replace(new, upstream=old.upstream, remote_asked=old.remote_asked)
    if old is not None and replace(old, remote_asked=None) == replace(new, remote_asked=None):
        return
    d.say(e.RepositorySeen(new), "git", "quiet", source="git")
    if old is not None and old.upstream and new.upstream and old.upstream != new.upstream:
        by = next((c.author for c in new.commits if c.sha == new.upstream), "")
        expects = expected(d.state, new, old.upstream, new.upstream) if old.branch == new.branch else ()
        pushed = e.Pushed(new.remote or "", new.branch or "", old.upstream, new.upstream, by, expects)
        d.say(pushed, "push", source="git")
    name_suspect(d)


def revision(d: Deciding, look: RevisionLooked) -> None:
    service = d.state.services.get(look.service)
    if look.odd == "nowhere" and _commit(d.state.repository, look.sha or "") is not None:
        look = replace(look, odd="")  # git has told of it since
    seen = (service.running, service.running_why, service.odd) if service else None
    if service is None or seen == (look.sha, look.why, look.odd):
        return
    source = f"revision:{look.service}"
    deployed = look.sha is not None and service.ran is not None and service.ran != look.sha
    last = d.state.deploys[-1] if d.state.deploys else None
    if deployed and last is not None and last.now == look.sha and d.now - last.at < SAME_DEPLOY_MS:
        d.say(e.RevisionSeen(look.service, service.running, look.sha, odd=look.odd), look.service, source=source)
    elif deployed and look.sha is not None:
        commit = _commit(d.state.repository, look.sha)
        d.say(e.Deployed((look.service,), service.ran, look.sha, commit), "deploy", "key", source=source)
        name_suspect(d)
        if commit is None:
            d.effects.append(LookNow())  # git has not heard of it yet
        if look.odd:
            d.say(_odd(look, look.sha), look.service, "key", source=source)
    else:
        moment: Moment = "detail" if service.ran is not None or look.sha is None else "quiet"
        loud = look.odd and look.odd != service.odd
        d.say(_odd(look, service.running), look.service, "key" if loud else moment, source=source)


def _odd(look: RevisionLooked, was: str | None) -> e.RevisionSeen:
    return e.RevisionSeen(look.service, was, look.sha, look.why, look.odd)


def _commit(repo: Repository | None, sha: str) -> Commit | None:
    """The commit without its list of files: the event stays small."""
    found = next((c for c in repo.commits if c.sha == sha), None) if repo else None
    return replace(found, files=()) if found else None


def workloads(d: Deciding, look: WorkloadsLooked) -> None:
    # What ran on another engine says nothing about this one.
    ran = d.state.ran if not another_engine(d.state.engine_at.get(look.engine, ""), look.where) else {}
    _looked(d, look)
    for w in look.workloads:
        was = ran.get(w.name)
        found = restarted(was, w, d.now)
        if was is not None and found is not None:
            found = found if found.own else replace(found, run=_doing(d.state, was, w, d.now))
            d.say(e.WorkloadRestarted(found), w.name, _of_restart(d.state, found), source=w.engine)


def _doing(state: State, was: Ran, workload: Workload, now: Ms) -> str:
    """The action of ours in whose time it was started: on it, or on several at once. Where the clock of its engine is
    another than ours, the process that the plan was made for tells: it is gone since, and the action was under way.
    """
    started = workload.since if workload.since is not None else now
    for attempt in reversed(tuple(state.attempts.values())):
        on_it = workload.name in _named(attempt) or attempt.plan.action in SEVERAL
        if not attempt.plan.changes or not on_it:
            continue
        over = attempt.ended if attempt.ended is not None else max(now, started)
        if attempt.asked - CLOCKS_MS <= started <= over or _meant(attempt, was, now):
            return attempt.run
    return ""


def _named(attempt: Attempt) -> tuple[str, ...]:
    """The word of its plan, and the workloads that it is about one after the other."""
    return attempt.plan.target, *dict(attempt.plan.args).get("name", "").split(",")


def _meant(attempt: Attempt, was: Ran, now: Ms) -> bool:
    """Whether it is under way, or hardly over, and its plan named the very process that is gone."""
    wanted = {check.name: check.want for check in attempt.plan.checked}
    ident = wanted.get("container") or wanted.get("process")
    start = wanted.get("start", str(was.since))
    hardly = attempt.ended is None or now - attempt.ended <= SEEN_LATE_MS
    return bool(ident) and ident == was.ident and start == str(was.since) and attempt.asked <= now and hardly


def _of_restart(state: State, found: Restart) -> Moment:
    """A deploy is a restart too, and has a row of its own: a moment is only what somebody else did to the same
    container while users suffer.
    """
    same = found.engine == "docker" and found.was == found.now
    needed = any(found.workload in service.workloads for service in state.project.services)
    return "key" if same and needed and not found.run and state.current is not None else "detail"


def _looked(d: Deciding, look: WorkloadsLooked) -> None:
    known = {n: w for n, w in d.state.workloads.items() if w.engine == look.engine}
    logs = dict(look.logs)
    came_back = any(known[w.name].state == "unknown" for w in look.workloads if w.name in known)
    other = look.engine not in d.state.engines or d.state.engine_at.get(look.engine, "") != look.where
    if set(known) != {w.name for w in look.workloads} or other or came_back:
        _say_gone(d, known, look)
        d.say(e.WorkloadsSeen(look.engine, look.workloads, look.where), look.engine, "quiet", source=look.engine)
        for w in look.workloads:
            if is_bad(w) and w.name not in d.state.crashed:
                old = known.get(w.name, replace(w, state="unknown"))
                _say_workload(d, e.WorkloadChanged(old, w, _words(None, w, logs.get(w.name))), "key", look)
        return
    for w in look.workloads:
        old = known[w.name]
        if old == w:
            continue
        told = w.name in d.state.crashed
        # "starting" between two crashes is no recovery, and the next crash of a loop no news.
        recovered = told and w.state == "running" and not is_bad(w)
        loud = recovered or (old.state != "unknown" and is_bad(w) and not told)
        words = _words(old, w, logs.get(w.name))
        _say_workload(d, e.WorkloadChanged(old, w, words), "key" if loud else "detail", look)


def _say_gone(d: Deciding, known: Mapping[str, Workload], look: WorkloadsLooked) -> None:
    """What is in no list any more was removed, or has another name now. Of one that users need it is a moment."""
    here = {w.name for w in look.workloads}
    renamed = {w.ident: w.name for w in look.workloads if w.ident and w.name not in known}
    gone = [w for name, w in known.items() if name not in here]
    for old in gone[:MOST_GONE]:
        words = f"has another name now: {renamed[old.ident]}" if old.ident in renamed else "is gone: removed"
        needed = any(old.name in service.workloads for service in d.state.project.services)
        changed = e.WorkloadChanged(old, replace(old, state="unknown"), words)
        _say_workload(d, changed, "key" if needed and d.state.acting is None else "detail", look)


def _restarts(workload: Workload) -> int:
    """What the engine counted, else what was seen here."""
    return workload.restarts if workload.restarts is not None else workload.seen_restarts


def _say_workload(d: Deciding, changed: e.WorkloadChanged, moment: Moment, look: WorkloadsLooked) -> None:
    evidence = dict(look.logs).get(changed.now.name)
    known = tuple(known for name, known in look.known if name == changed.now.name)
    if evidence is not None:
        changed = replace(changed, evidence=d.keep(evidence))
    d.say(changed, changed.now.name, moment, source=changed.now.engine)
    error = _error(changed.now, evidence, known) if is_bad(changed.now) else None
    source = f"workload:{changed.now.name}"
    service = next((s.name for s in d.state.project.services if changed.now.name in s.workloads), "")
    if error is not None and errors.is_news(d.state, source, service, error):
        runs = d.state.services[service].running if service in d.state.services else None
        seen = SeenError(source, service, error, d.now, runs, known, after=errors.after(d.state, service))
        d.say(e.ErrorSeen(seen), changed.now.name, "quiet", source=changed.now.engine)


def _error(workload: Workload, log: Evidence | None, known: tuple[KnownError, ...]) -> ErrorText | None:
    """What its log says; of one that wrote nothing, what it was recognised by."""
    said = errors.of_log(log.body) if log is not None else None
    return said or (errors.of_log(f"{workload.name}: {known[0].line}") if known else None)


def _words(old: Workload | None, new: Workload, log: Evidence | None = None) -> str:
    code = f" {new.exit_code}" if new.exit_code is not None else ""
    killed = new.exit_code in _KILLED
    why = (errors.last_line(log.body, killed)[:120] if log is not None else "") or new.note
    if is_bad(new) and old is not None and is_bad(old) and _restarts(new) > _restarts(old):
        return f"restart {_restarts(new)}{', exit' + code if code else ''}"
    if new.state in ("crashing", "restarting"):
        return f"exits{code} at start" + (f": {why}" if why else "")
    if new.health == "unhealthy":
        return "running, but its health check fails"
    if new.state == "exited":
        return f"exited{code}" + (f": {why}" if why else "")
    if new.state == "running" and old is not None and (is_bad(old) or old.ident != new.ident):
        return "running again"
    if new.health not in ("none", "healthy"):
        return f"{new.state}, health: {new.health}"
    return f"{new.state}, healthy" if new.health == "healthy" else new.state


def source(d: Deciding, look: SourceFailed | SourceAnswered) -> None:
    if isinstance(look, SourceFailed):
        source_failed(d, look)
    else:
        source_answered(d, look)


def source_failed(d: Deciding, look: SourceFailed) -> None:
    old = d.state.sources.get(look.source)
    if old is not None and old.why == look.why:
        return
    moment: Moment = "key" if old is None else "detail"
    d.say(e.SourceLost(look.source, look.why, look.retry_ms), look.source, moment, source=look.source)


def source_answered(d: Deciding, look: SourceAnswered) -> None:
    if look.source in d.state.sources:
        d.say(e.SourceRegained(look.source), look.source, source=look.source)


def drift(d: Deciding, look: DriftLooked) -> None:
    """Recorded when it changed. What differs only now is told; of a mount or a volume that is a moment."""
    looked = (on_engine(each, look.where) for each in look.drifts)
    since = meant(d.state.attempts.values())
    seen = tuple(remembered(d.state.drift.get(each.workload), each, d.now, since) for each in looked)
    now = (*seen, *kept(d.state.drift, seen))
    if {each.workload: each for each in now} == dict(d.state.drift):
        return
    fresh = newly(d.state.drift, now)
    alarm = any(row.what.startswith(("mount ", "age of ")) for _, row in fresh)
    moment: Moment = "key" if alarm else "detail" if fresh else "quiet"
    d.say(e.DriftSeen(now, fresh[:5]), "drift", moment, source="drift")
