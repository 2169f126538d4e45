"""The lines of a runbook, worked through or only read: steps, the shown step, what came of the last ones.

Knows nothing of Markdown: it is handed the runbook as values, and the run from the state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from incidentui.core.format import age, minutes, short
from incidentui.core.model import Attempt, Ms, RunbookRun, RunStep
from incidentui.core.runs import current_step
from incidentui.core.state import State
from incidentui.core.visible import look_alikes, plainly
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.variables import resolve, values
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, Token, cells, spread
from incidentui.tui.pages.evidence import STATE
from incidentui.tui.pages.layout import (
    beside,
    broken,
    cell,
    flow,
    hanging,
    heading,
    paragraph,
    rule,
    section,
    size_of,
    stack,
    wall,
)
from incidentui.tui.pages.running import MARK
from incidentui.tui.pages.verdict import delta_lines, delta_rows

_LEFT = 34
LOOKS_ONLY = frozenset({"verify"})
"""Actions that change nothing."""


def run_of(runbook: Runbook, state: State) -> RunbookRun | None:
    """The run that goes on with this runbook; None while it is only read."""
    run = state.runbook
    return run if run is not None and run.runbook == runbook.id and run.ended is None else None


def steps_of(runbook: Runbook, run: RunbookRun | None) -> tuple[RunStep, ...]:
    """The steps with their states; all to do while it is only read."""
    return run.steps if run else runbook.run_steps()


def shown_step(runbook: Runbook, run: RunbookRun | None, at: int | None) -> int | None:
    """The step that is shown: the one chosen, else the one to do, else the last."""
    numbers = [step.n for step in runbook.steps]
    if at in numbers:
        return at
    to_do = current_step(run.steps) if run else None
    if to_do is not None:
        return to_do.n
    return (numbers[-1] if run else numbers[0]) if numbers else None


def runbook_lines(
    runbook: Runbook, view: View, now: Ms, width: int, height: int, at: int | None, given: Mapping[str, str]
) -> list[Line]:
    run = run_of(runbook, view.state)
    top = heading(width, "RUNBOOK", (Seg(runbook.title),), _whose(run, view.state))
    kind = size_of(width, height)
    if kind == "compact":
        body = [_one_line(runbook, run, at, width), Line(), *_step(runbook, view, now, width, at, given, False)]
        return [top, *body]
    side = 50 if kind == "wide" else 0
    middle = width - _LEFT - 3 - (side + 3 if side else 0)
    columns = [
        (_LEFT, _left(runbook, run, view, now, at, given)),
        (middle, _step(runbook, view, now, middle, at, given)),
    ]
    if side:
        columns.append((side, _right(runbook, view, now, side, at)))
    return [top, Line(), *beside(*columns)]


def _whose(run: RunbookRun | None, state: State) -> tuple[Seg, ...]:
    if run is None:
        other = state.runbook
        said = f"not started; {other.title} is" if other and other.ended is None else "not started"
        return (Seg(said, "muted"),)
    return (Seg(f"{run.by} · since {wall(run.started)}", "muted"),)


# -- steps


def _done(steps: Sequence[RunStep]) -> str:
    done = sum(step.state in ("done", "skipped") for step in steps)
    return f"{done} of {len(steps)} done"


def _one_line(runbook: Runbook, run: RunbookRun | None, at: int | None, width: int) -> Line:
    steps = steps_of(runbook, run)
    shown = shown_step(runbook, run, at)
    segs: list[Seg] = []
    for step in steps:
        glyph, token = MARK[step.state]
        here = step.n == shown
        glyph = "▸" if here and step.state == "todo" else glyph
        name = f" {step.n} {step.title}" if here else str(step.n)
        segs += [Seg(glyph, "accent" if here else token), Seg(name, "strong" if here else "text", bold=here), Seg("  ")]
    return spread(width, segs, (Seg(_done(steps), "muted"),))


def _left(
    runbook: Runbook, run: RunbookRun | None, view: View, now: Ms, at: int | None, given: Mapping[str, str]
) -> list[Line]:
    steps = steps_of(runbook, run)
    shown = shown_step(runbook, run, at)
    rows = [row for step in steps for row in _step_row(step, step.n == shown, view.state, now, run)]
    known = values(runbook, view.state, given)
    names = [
        line
        for var in runbook.vars
        for line in hanging((cell(var.name, 10, "muted"),), _value(known.get(var.name, "")), _LEFT)
    ]
    return stack(
        section(_LEFT, "STEPS", rows, (Seg(_done(steps), "muted"),)),
        section(_LEFT, "VARIABLES", names),
        section(_LEFT, "FROM", _from(runbook, run)),
    )


def _value(value: str) -> str:
    return short(value) if len(value) == 40 else value or "asked when needed"


def _from(runbook: Runbook, run: RunbookRun | None) -> list[Line]:
    path = runbook.path or runbook.id
    rows = [Line((Seg(row, "text"),)) for row in broken(path, _LEFT)]
    if run is not None and run.digest != runbook.digest:
        rows += hanging((Seg("! ", "slow"),), "the file changed since this run began", _LEFT)
    allowed = "came with the program" if runbook.origin == "shipped" else "allowed" if runbook.trusted else ""
    why = runbook.asked_again + ("; d shows it" if runbook.changes else "")
    rows += hanging(
        (), allowed or why or "its shell commands are not allowed yet", _LEFT, "muted" if allowed else "slow"
    )
    return rows


def _step_row(step: RunStep, here: bool, state: State, now: Ms, run: RunbookRun | None) -> list[Line]:
    glyph, token = MARK[step.state]
    if here and step.state == "todo":
        glyph, token = "▸", "accent"
    took = minutes(step.took_ms) if step.took_ms is not None else ""
    if step.state == "running" and step.since is not None:
        took = minutes(now - step.since)
    head = (Seg(f"{glyph} ", token), Seg(f"{step.n} ", "muted"))
    text: Token = "strong" if here else "text" if step.state != "todo" else "muted"
    rows = hanging(head, step.title, _LEFT - 7, text, bold=here)
    first = spread(_LEFT, rows[0].segs, (Seg(took, "muted"), Seg(" ")))
    about = _about(step, state, run)
    return [first, *rows[1:], *(hanging((Seg("    "),), about, _LEFT, "muted") if about else [])]


def _about(step: RunStep, state: State, run: RunbookRun | None) -> str:
    if step.note:
        return step.note
    attempt = attempt_of(step.n, state, run)
    if attempt is None or attempt.verdict is None:
        return ""
    number = f"attempt {attempt.number}, " if attempt.number else ""
    return f"{number}{attempt.verdict.word}"


def attempt_of(step: int, state: State, run: RunbookRun | None) -> Attempt | None:
    """The newest action of this step in this run."""
    if run is None:
        return None
    mine = [a for a in state.attempts.values() if a.step == step and a.asked >= run.started]
    return max(mine, key=lambda a: a.asked) if mine else None


# -- the shown step


def _step(
    runbook: Runbook, view: View, now: Ms, width: int, at: int | None, given: Mapping[str, str], space: bool = True
) -> list[Line]:
    run = run_of(runbook, view.state)
    n = shown_step(runbook, run, at)
    step = next((step for step in runbook.steps if step.n == n), None)
    if step is None:
        return hanging((), "It holds no step: only something to read.", width, "muted")
    found = resolve(step, values(runbook, view.state, given))
    kind = _kind(step if found.action is None else replace(step, action=found.action))
    title = spread(width, (Seg(f"{step.n}  {step.title}", "strong", bold=True),), (Seg(kind, "muted"),))
    return stack(
        [title, *paragraph(step.prose, width)],
        _what_runs(runbook, step, view.state, given, width),
        _output(step, view.state, run, now, width),
        _delta(step, view.state, run, width),
        space=space,
    )


def _kind(step: Step) -> str:
    if step.action is not None:
        args = dict(step.action.args)
        parts = [step.action.name, "changes nothing" if step.action.name in LOOKS_ONLY else "opens its plan"]
        return " · ".join([*parts, *([f"within {args['within']}"] if "within" in args else [])])
    return "shell, needs a typed yes" if any(c.runnable for c in step.commands) else "done by hand"


def _what_runs(runbook: Runbook, step: Step, state: State, given: Mapping[str, str], width: int) -> list[Line]:
    rows: list[Line] = []
    found = resolve(step, values(runbook, state, given))
    if found.action is not None:
        text = " ".join([found.action.name, *(f"{key}={_short(value)}" for key, value in found.action.args)])
        rows += hanging((Seg("│ ", "muted"),), text, width)
        if found.missing:
            rows += hanging((Seg("! ", "slow"),), "asked when it runs: " + ", ".join(found.missing), width, "muted")
    for command in step.commands:
        rows += [
            Line((Seg("│ ", "muted"), Seg(row)))
            for text in command.text.splitlines()
            for row in broken(plainly(text), width - 2)
        ]
        if odd := look_alikes(command.text):
            rows += hanging((Seg("! ", "slow"),), f"not ASCII: {odd}", width, "muted")
        if command.why_not:
            rows += hanging((Seg("– ", "muted"),), command.why_not, width, "muted")
    return rows


def _short(value: str) -> str:
    return short(value) if len(value) == 40 and not set(value) - set("0123456789abcdef") else value


def _output(step: Step, state: State, run: RunbookRun | None, now: Ms, width: int) -> list[Line]:
    attempt = attempt_of(step.n, state, run)
    if attempt is None:
        return []
    rows: list[Line] = []
    for progress in attempt.progress:
        glyph, token = MARK[progress.state]
        took = f"{progress.took_ms / 1000:.1f}s" if progress.took_ms is not None else ""
        head = (Seg(f"{glyph} ", token), cell(progress.verb, 9))
        text = hanging(head, progress.text, width - cells(took) - 2, "muted")
        rows += [spread(width, text[0].segs, (Seg(took, "muted"),)), *text[1:]]
    if attempt.verdict is None:
        going = f"running {minutes(now - attempt.asked)} of {minutes(attempt.plan.within_ms)}"
        return [rule(width, "OUTPUT", (Seg("▸ ", "accent"), Seg(going, "muted"))), *rows]
    bad = attempt.verdict.word != "complete"
    said = attempt.verdict.word + (f": {attempt.verdict.why}" if attempt.verdict.why else "")
    rows += hanging((Seg("✗ " if bad else "✓ ", "fail" if bad else "ok"),), said, width)
    return [rule(width, "OUTPUT", (Seg(f"{wall(attempt.asked)} → {wall(attempt.ended)} · enter", "muted"),)), *rows]


def _delta(step: Step, state: State, run: RunbookRun | None, width: int) -> list[Line]:
    """All checks before and after: of this step, or of the newest one before it that has a verdict."""
    for n in range(step.n, 0, -1):
        attempt = attempt_of(n, state, run)
        if attempt is not None and attempt.verdict is not None:
            rows = delta_lines(delta_rows(attempt, attempt.verdict), width)
            return section(width, f"DELTA OF STEP {n}", rows, (Seg("before → after, all checks", "muted"),))
    return []


# -- wide: what the world does meanwhile


def _right(runbook: Runbook, view: View, now: Ms, width: int, at: int | None) -> list[Line]:
    state = view.state
    return stack(
        section(width, "CHECKS NOW", _checks(state, now, width)),
        section(width, "WHAT RUNS", _runs(state, width)),
        section(width, "ATTEMPTS", _attempts(state, width)),
        _next(runbook, state, width, at),
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


def _next(runbook: Runbook, state: State, width: int, at: int | None) -> list[Line]:
    shown = shown_step(runbook, run_of(runbook, state), at)
    later = next((step for step in runbook.steps if shown is not None and step.n > shown), None)
    if later is None:
        return []
    name = f"NEXT: {later.n} {later.title.upper()}"
    return section(width, name, paragraph(later.prose, width, "muted") or [Line((Seg(_kind(later), "muted"),))])
