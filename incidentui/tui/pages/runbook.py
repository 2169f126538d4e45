"""The lines of a runbook, worked through or only read: steps, the shown step, what came of the last ones.

Knows nothing of Markdown: it is handed the runbook as values, and the run from the state.
"""

from collections.abc import Mapping, Sequence

from incidentui.core.format import short
from incidentui.core.model import Ms, RunbookRun, RunStep
from incidentui.core.state import State
from incidentui.core.steps import current_step, passed
from incidentui.runbook.model import Runbook
from incidentui.runbook.stands import last_run
from incidentui.runbook.variables import values
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, spread
from incidentui.tui.pages.layout import beside, broken, cell, hanging, heading, section, size_of, stack, wall
from incidentui.tui.pages.meanwhile import meanwhile
from incidentui.tui.pages.running import MARK
from incidentui.tui.pages.shown_step import step_lines
from incidentui.tui.pages.step_rows import step_rows

_LEFT = 34
_ABOVE = 4
"""Rows that no step stands in: the heading, an empty one, the rule, and what lies beyond."""
_BEFORE = 5
"""Steps before the one that is shown, where they have one row together."""


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
    runbook: Runbook,
    view: View,
    now: Ms,
    width: int,
    height: int,
    at: int | None,
    given: Mapping[str, str],
    linked: Sequence[Runbook] = (),
    newer: Runbook | None = None,
) -> list[Line]:
    """`newer`: what the file says by now, where the run goes on with the text that it began with."""
    run = run_of(runbook, view.state)
    top = heading(width, "RUNBOOK", (Seg(runbook.title),), _whose(run, view.state))
    shown = shown_step(runbook, run, at)
    step = next((step for step in runbook.steps if step.n == shown), None)
    kind = size_of(width, height)

    def middle_of(wide: int, space: bool = True) -> list[Line]:
        return step_lines(runbook, step, run, view.state, now, wide, given, linked, space)

    if kind == "compact":
        body = [
            *_changed(runbook, run, newer, width),
            *_last(runbook, run, view.state, now, width),
            _one_line(runbook, run, at, width),
            Line(),
        ]
        return [top, *body, *middle_of(width, False)]
    side = 50 if kind == "wide" else 0
    middle = width - _LEFT - 3 - (side + 3 if side else 0)
    columns = [(_LEFT, _left(runbook, run, view, now, at, given, height - _ABOVE, newer)), (middle, middle_of(middle))]
    if side:
        later = next((s for s in runbook.steps if shown is not None and s.n > shown), None)
        columns.append((side, meanwhile(view.state, later, now, side)))
    return [top, Line(), *beside(*columns)]


def _last(runbook: Runbook, run: RunbookRun | None, state: State, now: Ms, width: int) -> list[Line]:
    """How it was worked through before, while it is only read."""
    last = state.last_runs.get(runbook.id)
    return hanging((), last_run(last, now), width, "muted") if last is not None and run is None else []


def _whose(run: RunbookRun | None, state: State) -> tuple[Seg, ...]:
    if run is None:
        other = state.runbook
        said = f"not started; {other.title} is" if other and other.ended is None else "not started"
        return (Seg(said, "muted"),)
    from_whom = f", handed over by {run.handed}" if run.handed else ""
    return (Seg(f"{run.who} · since {wall(run.held or run.started)}{from_whom}", "muted"),)


# -- steps


def _done(steps: Sequence[RunStep]) -> str:
    done = sum(passed(step) for step in steps)
    undone = sum(step.state == "undone" for step in steps)
    return f"{done} of {len(steps)} done" + (f", {undone} undone" if undone else "")


def _one_line(runbook: Runbook, run: RunbookRun | None, at: int | None, width: int) -> Line:
    steps = steps_of(runbook, run)
    shown = shown_step(runbook, run, at)
    here = next((n for n, step in enumerate(steps) if step.n == shown), 0)
    first = max(0, here - _BEFORE) if len(steps) > _BEFORE else 0
    segs: list[Seg] = [Seg(f"… {first}  ", "muted")] if first else []
    for step in steps[first:]:
        glyph, token = MARK[step.state]
        here = step.n == shown
        glyph = "▸" if here and step.state == "todo" else glyph
        name = f" {step.n} {step.title}" if here else str(step.n)
        segs += [Seg(glyph, "accent" if here else token), Seg(name, "strong" if here else "text", bold=here), Seg("  ")]
    return spread(width, segs, (Seg(_done(steps), "muted"),))


def _left(
    runbook: Runbook,
    run: RunbookRun | None,
    view: View,
    now: Ms,
    at: int | None,
    given: Mapping[str, str],
    room: int,
    newer: Runbook | None,
) -> list[Line]:
    steps = steps_of(runbook, run)
    shown = shown_step(runbook, run, at)
    rows = step_rows(steps, shown, view.state, now, run, _LEFT, room)
    known = values(runbook, view.state, given)
    names = [
        line
        for var in runbook.vars
        for line in hanging((cell(var.name, 10, "muted"),), _value(known.get(var.name, "")), _LEFT)
    ]
    return stack(
        section(_LEFT, "STEPS", rows, (Seg(_done(steps), "muted"),)),
        section(_LEFT, "VARIABLES", names),
        section(_LEFT, "FROM", _from(runbook, run, newer)),
        section(_LEFT, "LAST RUN", _last(runbook, run, view.state, now, _LEFT)),
    )


def _value(value: str) -> str:
    return short(value) if len(value) == 40 else value or "asked when needed"


def _changed(runbook: Runbook, run: RunbookRun | None, newer: Runbook | None, width: int) -> list[Line]:
    if newer is not None:
        said = "the file changed since this run began; this is the text of then"
    elif run is not None and run.digest != runbook.digest:
        said = "the file changed since this run began"
    else:
        return []
    return hanging((Seg("! ", "slow"),), said, width)


def _from(runbook: Runbook, run: RunbookRun | None, newer: Runbook | None) -> list[Line]:
    path = runbook.path or runbook.id
    rows = [Line((Seg(row, "text"),)) for row in broken(path, _LEFT)]
    rows += _changed(runbook, run, newer, _LEFT)
    allowed = "came with the program" if runbook.origin == "shipped" else "allowed" if runbook.trusted else ""
    why = runbook.asked_again + ("; d shows it" if runbook.changes else "")
    rows += hanging(
        (), allowed or why or "its shell commands are not allowed yet", _LEFT, "muted" if allowed else "slow"
    )
    return rows
