"""`status`: services, commits, workloads and sources in one fresh look. Records nothing."""

import asyncio
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from incidentui.cli.drifting import drift_lines, drift_objects, unlisted_lines
from incidentui.cli.engines import engine_lines, engine_objects
from incidentui.cli.journal_access import open_to_read, project_root
from incidentui.cli.options import Options
from incidentui.cli.restarted import restart_lines, restart_objects
from incidentui.config.load import parse
from incidentui.core.causes import doubts, echo_words, echoes, in_order, unseen
from incidentui.core.decide import decide
from incidentui.core.evolve import evolve
from incidentui.core.fixes import places
from incidentui.core.follow import behind, dirty_count, missing, same, unpushed, unsaved
from incidentui.core.format import change_size, duration, short
from incidentui.core.functions import broken, cannot, functions
from incidentui.core.inputs import Input, LedgerLooked, LookAtFixes, Sampled, StartWatch
from incidentui.core.kinds import parts
from incidentui.core.known_errors import of_source
from incidentui.core.layers import BYPASSED, bypassed
from incidentui.core.ledger import in_force, partly, taken_back, told
from incidentui.core.links import Link, links
from incidentui.core.model import Commit, FixStatus, Ms, is_bad
from incidentui.core.not_found import tied
from incidentui.core.recent import Recent, add
from incidentui.core.standing import ours, tip, wanted
from incidentui.core.state import State
from incidentui.core.turn import provisional
from incidentui.core.twins import told as told_of_twins
from incidentui.core.twins import twins
from incidentui.core.words import STATE_MARK, fix_places, marker, missed, named
from incidentui.edge.clock import SystemClock
from incidentui.session.turn import load, sample_of

LOOK_S = 20.0


@click.command("status")
@click.option("--against", metavar="ID", default="", help="Compare with this checkpoint: id, its beginning, `latest`.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_obj
def command(options: Options, against: str, as_json: bool) -> int:
    """Services, commits, workloads and sources as they are now; exit 1 when a service fails, 4 when one is unknown."""
    root = project_root(options)
    clock = SystemClock()
    journal = open_to_read(options)
    known = State()
    if journal is not None:
        known = load(journal, clock.now()).state
        journal.close()
    state, problems = asyncio.run(_look(root, clock, known, against))
    click.echo(
        json.dumps(document(state, problems), ensure_ascii=False)
        if as_json
        else "\n".join(lines(state, problems, clock.now()))
    )
    states = [s.state for s in state.services.values()]
    return 1 if "failing" in states else 4 if "unknown" in states else 0


async def _look(root: Path, clock: SystemClock, known: State, against: str) -> tuple[State, tuple[str, ...]]:
    """Every source looks once; one look decides here, whatever the thresholds of the watch are."""
    from incidentui.cli.world import build

    world = build(parse(root), clock, once=True, against=against)
    checks = tuple(replace(c, fail_after=1, recover_after=1) for c in world.spec.checks)
    spec = replace(world.spec, checks=checks)
    seen = await asyncio.gather(*(asyncio.wait_for(source.look(), LOOK_S) for source in world.sources))
    # What was said of fixes and pushes is known from the record; the rest is looked at anew.
    state = replace(known, services={}, checks={}, workloads={}, sources={})
    inputs: list[Input] = [StartWatch(spec, "status"), *(one for some in seen for one in some)]
    state = _after(state, {}, inputs, clock)
    if world.fixes is not None and state.fixes:
        marks = tuple(s.fix for s in state.fixes.values() if s.fix.file)
        found = await world.fixes.look(LookAtFixes(marks, places(state)))
        state = _after(state, {}, [found], clock)
    want = wanted(state)
    ledger = await world.clone.ledger(want.good, want.tip, want.symbol) if world.clone and want else None
    return (_after(state, {}, [LedgerLooked(ledger)], clock) if ledger else state), world.problems


def _after(state: State, recent: Recent, inputs: list[Input], clock: SystemClock) -> State:
    for given in inputs:
        if isinstance(given, Sampled):
            recent = add(recent, sample_of(given))
        for fact in decide(state, recent, given, clock.now()).facts:
            state = evolve(state, provisional(fact, state.seq + 1))
    return state


def document(state: State, problems: tuple[str, ...]) -> dict[str, Any]:
    repo, incident = state.repository, state.current
    echo, past = echoes(state), bypassed(state)
    return {
        "project": state.project.name,
        "environment": state.project.environment,
        "incident": incident.id if incident else None,
        "services": [
            {
                "name": s.name,
                "state": s.state,
                "why": s.why,
                "layer": s.layer,
                "echo_of": list(echo.get(s.name, ())),
                "needs_unknown": [n.name for n in unseen(state, s.name)],
                "bypassed": s.name in past,
                "running": s.running,
                "running_why": s.running_why,
                "running_is": _against(state, s.running),
                "build": s.odd or None,
                "not_found": [
                    {"says": t.says, "path": t.path, "workload": t.workload, "mount": t.target, "is": t.state}
                    for t in (tied(state, s.name) if s.state == "failing" else ())
                ],
            }
            for s in state.services.values()
        ],
        "functions": [
            {"name": f.name, "state": f.state, "why": f.why, "check": f.check, "services": list(f.services)}
            for f in functions(state)
        ],
        "checks": [
            {"name": c.name, "service": c.service, "state": c.state, "why": c.why, "layer": c.layer}
            for c in state.checks.values()
        ],
        "links": [_link(link) for s in state.services for link in links(state, s)],
        "commits": {
            "branch": repo.branch if repo else None,
            "head": repo.head if repo else None,
            "remote": repo.remote if repo else None,
            "upstream": repo.upstream if repo else None,
            "dirty": list(repo.dirty) if repo else [],
            "dirty_count": dirty_count(repo) if repo else 0,
            "unpushed": [{"sha": c.sha, "subject": c.subject} for c in unpushed(repo)],
            "operation": repo.operation if repo else None,
            "known_good": state.good.sha if state.good else None,
            "known_good_why": state.good.why if state.good else None,
            "known_good_by": state.good.by if state.good else None,
            "last": [
                {"sha": c.sha, "author": c.author, "subject": c.subject, **_size(c), "touches": list(_touches(c))}
                for c in (repo.commits[:10] if repo else ())
            ],
        },
        "ledger": _ledger(state),
        "workloads": [
            {
                "name": w.name,
                "engine": w.engine,
                "state": w.state,
                "exit_code": w.exit_code,
                "restarts": w.restarts,
                "health": w.health,
                "revision": w.revision,
                "dirty": w.dirty or None,
                "note": w.note,
                "restarted": restart_objects(state, w.name),
            }
            for w in state.workloads.values()
        ],
        "same_name": [{"project": name, "folders": list(made)} for name, made in twins(state.workloads.values())],
        "drift": drift_objects(state),
        "known_errors": [
            {"source": seen.source, "service": seen.service, "says": seen.error.text, **asdict(known)}
            for seen in state.errors
            for known in seen.known
        ],
        "push": _push(state),
        "fixes": [_fix(status) for status in state.fixes.values()],
        "taken_back": [
            {"sha": t.sha, "subject": t.subject, "at": t.at, "checks": [n for n, _ in t.checks], "back_in": t.back}
            for t in state.taken_back.values()
        ],
        "engines": engine_objects(state),
        "sources": [{"name": s.name, "state": "unknown", "why": s.why} for s in state.sources.values()],
        "problems": list(problems),
    }


def _touches(commit: Commit) -> tuple[str, ...]:
    return parts(file.path for file in commit.files)


def _beneath(commit: Commit) -> str:
    return "  (infrastructure)" if "infrastructure" in _touches(commit) else ""


def _link(link: Link) -> dict[str, Any]:
    """`word`: connected, authenticated, rejected or absent; null when nobody can tell."""
    spec, status = link.spec, link.status
    found = {"name": spec.name, "kind": spec.kind, "service": spec.service, "word": link.word}
    return {**found, "state": status.state, "why": status.why, "since": status.since}


def _against(state: State, running: str | None) -> dict[str, bool | None]:
    """Whether a service runs what HEAD and the remote's branch are; null where one of the two is not known."""
    repo = state.repository
    tips = {"head": repo.head if repo else None, "upstream": repo.upstream if repo else None}
    return {name: same(state, running, tip) if running and tip else None for name, tip in tips.items()}


def _push(state: State) -> dict[str, Any] | None:
    """The newest push that is not deployed everywhere yet; `alarm` says since when that is too late."""
    push = state.awaited
    left = behind(state)
    if push is None or not left:
        return None
    return {
        "sha": push.sha,
        "seen": push.at,
        "alarm": push.alarm,
        "why": missed(push.sha, [(s.name, s.running) for s in left], len(push.services)) if push.alarm else None,
        "runs": {s.name: s.running for s in left},
    }


def _fix(status: FixStatus) -> dict[str, Any]:
    fix = status.fix
    return {
        "commit": fix.commit,
        "subject": fix.subject,
        "marker": marker(fix),
        "lost": status.lost,
        "places": {p.place: {"state": p.state, "revision": p.revision, "since": p.since} for p in status.places},
    }


def _fix_line(status: FixStatus) -> str:
    states = {p.state for p in status.places}
    mark = next((m for word, m in (("gone", "✗"), ("unknown", "?"), ("missing", "·")) if word in states), "✓")
    return f"{mark} {named(status.fix.commit, status.fix.subject)}  {fix_places(status)}"


def _size(commit: Commit) -> dict[str, int | None]:
    known = commit.sized
    return {"added": commit.added if known else None, "deleted": commit.deleted if known else None}


def _ledger(state: State) -> dict[str, Any] | None:
    """Null when no known-good is known, or its commits could not be read."""
    ledger = state.ledger
    if ledger is None or state.good is None or (ledger.good, ledger.tip) != (state.good.sha, tip(state)):
        return None
    return {
        "good": ledger.good,
        "tip": ledger.tip,
        "equal": not ledger.file_count,
        "in_force": list(in_force(ledger, ours(state))),
        "partly": list(partly(ledger, ours(state))),
        "taken_back": list(taken_back(ledger, ours(state))),
        "beyond": ledger.beyond,
        "by_file": ledger.by_file,
        "commits": [asdict(commit) for commit in ledger.commits],
        "files": [asdict(file) for file in ledger.files],
        "file_count": ledger.file_count,
        "symbol": ledger.symbol or None,
        "places": [{"path": path, "line": line} for path, line in ledger.places],
    }


def lines(state: State, problems: tuple[str, ...], now: Ms) -> list[str]:
    out = [f"{state.project.name}  {state.project.environment}".rstrip(), ""]
    out += [f"! {problem}" for problem in problems]
    if (found := missing(state)) is not None:
        lasted = duration(now - found.since)
        out += [f"✗ {missed(found.sha, found.runs, found.expected)}, for {lasted}", ""]
    echo, past = echoes(state), bypassed(state)
    for s in in_order(state, echo):
        runs = f"runs {short(s.running)}" if s.running else (s.running_why and f"runs unknown: {s.running_why}")
        head = ", not HEAD" if _against(state, s.running)["head"] is False else ""
        nowhere = ", a commit nobody pushed" if s.odd == "nowhere" else ""
        mark, why = ("~", echo_words(echo[s.name])) if s.name in echo else (STATE_MARK[s.state], s.why)
        out.append(f"{mark} {s.name:<16} {why:<40} {runs}{head}{nowhere}".rstrip())
        out += [f"  └ {cannot(f)}: {f.why}" for f in broken(state) if s.name in f.services]
        out += [f"  └ {BYPASSED}"] if s.name in past else []
        out += [f"  └ {text}" for text in doubts(state, s, echo)]
        out += [f"  └ {link.text}" for link in links(state, s.name)]
        out += [f"  └ {one.text}" for one in tied(state, s.name)] if s.state == "failing" else []
    if repo := state.repository:
        out.append("")
        good = f", known-good {short(state.good.sha)}" if state.good else ""
        where = f"{repo.remote}/{repo.branch} {short(repo.upstream)}" if repo.remote else "no remote"
        out.append(f"HEAD {short(repo.head)} on {repo.branch or 'no branch'}, {where}{good}")
        out += [f"! {text}" for text in unsaved(repo)]
        out += [
            f"  {short(c.sha)} {change_size(c):>12}  {c.author:<12} {c.subject}{_beneath(c)}" for c in repo.commits[:5]
        ]
    ledger = state.ledger
    if _ledger(state) is not None and ledger is not None and ledger.commits:
        back, force = taken_back(ledger, ours(state)), in_force(ledger, ours(state))
        out.append(f"since known-good: {told(len(back), len(force))}")
        out += [f"  {short(c.sha)} {c.state:<10} {c.subject}" for c in ledger.commits[:20]]
    out += ["", *map(_fix_line, state.fixes.values())] if state.fixes else []
    out += [
        f"✗ {short(t.sha)} was taken back and is in {short(t.back)} again: {', '.join(n for n, _ in t.checks)} failed"
        for t in state.taken_back.values()
        if t.back
    ]
    if state.workloads:
        out.append("")
    out += engine_lines(state)
    out += [f"! {told_of_twins(*twin)}" for twin in twins(state.workloads.values())]
    for w in state.workloads.values():
        mark = "✗" if is_bad(w) else "?" if w.state == "unknown" else "·" if w.health == "none" else "✓"
        built = f"built from uncommitted code: {w.dirty}" if w.dirty else ""
        out.append(f"{mark} {w.name:<16} {w.state:<12} {', '.join(part for part in (w.note, built) if part)}".rstrip())
        out += [*restart_lines(state, w.name), *drift_lines(state, w)]
        for known in of_source(state.errors, f"workload:{w.name}"):
            out.append(f"  └ known: {known.meaning} Next: {known.step}")
    out += unlisted_lines(state)
    out += [f"? {s.name:<16} {s.why}" for s in state.sources.values()]
    return out
