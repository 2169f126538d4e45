"""What the world does while a runbook is worked through: checks, what runs, attempts, and the step that comes next."""

from incidentui.core.format import age, short
from incidentui.core.model import Ms
from incidentui.core.state import State
from incidentui.runbook.model import Step
from incidentui.tui.line import Line, Seg, cells, spread
from incidentui.tui.pages.layout import cell, flow, hanging, section, stack, wall
from incidentui.tui.pages.look import STATE
from incidentui.tui.pages.prose import prose_lines
from incidentui.tui.pages.shown_step import kind_of


def meanwhile(state: State, later: Step | None, now: Ms, width: int) -> list[Line]:
    return stack(
        section(width, "CHECKS NOW", _checks(state, now, width)),
        section(width, "WHAT RUNS", _runs(state, width)),
        section(width, "ATTEMPTS", _attempts(state, width)),
        _next(later, width),
    )


def _checks(state: State, now: Ms, width: int) -> list[Line]:
    name = max((cells(check) for check in state.checks), default=0)
    rows: list[Line] = []
    for check in state.checks.values():
        glyph, token = STATE[check.state]
        bad = check.state == "failing"
        since = age(now - check.since) if check.since is not None else ""
        head = (Seg(f"{glyph} ", token), cell(check.name, name + 1, "fail" if bad else "text", bold=bad))
        body = hanging(head, check.why, width - 6, "fail" if bad else "muted")
        rows += [spread(width, body[0].segs, (Seg(since, "muted"),)), *body[1:]]
    return rows


def _runs(state: State, width: int) -> list[Line]:
    rows: list[Line] = []
    for service in state.services.values():
        running = short(service.running) if service.running else service.running_why or "unknown"
        if service.running or service.running_why:
            rows += hanging((cell(service.name, 12, "muted"),), running, width)
    return rows


def _attempts(state: State, width: int) -> list[Line]:
    rows: list[Line] = []
    for attempt in [a for a in state.attempts.values() if a.number][-5:]:
        word = attempt.verdict.word if attempt.verdict else "running"
        mark = {"complete": Seg("✓ ", "ok"), "running": Seg("▸ ", "accent")}.get(word, Seg("✗ ", "fail"))
        groups = [
            (Seg(attempt.plan.title),),
            (Seg(word, "muted"),),
            (Seg(wall(attempt.ended or attempt.asked), "muted"),),
        ]
        rows += flow(groups, width, (mark, Seg(f"{attempt.number} ", "muted")))
    return rows


def _next(later: Step | None, width: int) -> list[Line]:
    if later is None:
        return []
    name = f"NEXT: {later.n} {later.title.upper()}"
    return section(width, name, prose_lines(later.prose, width, "muted") or [Line((Seg(kind_of(later), "muted"),))])
