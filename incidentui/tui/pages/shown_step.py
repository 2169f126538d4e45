"""The step of a runbook that is shown: its prose, what runs and how, what it says while it runs, what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from incidentui.core.acts import can_be_cut
from incidentui.core.format import duration, minutes, short
from incidentui.core.model import Attempt, Ms, RunbookRun, RunStep
from incidentui.core.state import State
from incidentui.core.visible import look_alikes, plainly
from incidentui.runbook.attributes import fence, unheeded
from incidentui.runbook.back import of_step
from incidentui.runbook.model import Command, Runbook, Step
from incidentui.runbook.places import places
from incidentui.runbook.shell_words import uses_sudo
from incidentui.runbook.stands import tries
from incidentui.runbook.variables import resolve, values
from incidentui.tui.line import Line, Seg, cells, cut, spread
from incidentui.tui.pages.layout import broken, cell, hanging, rule, section, stack, wall
from incidentui.tui.pages.prose import prose_lines
from incidentui.tui.pages.running import MARK, time_left
from incidentui.tui.pages.verdict import delta_lines, delta_rows

_MOST_SAID = 6
"""Lines of sample output that are shown."""


def attempt_of(step: int, state: State, run: RunbookRun | None) -> Attempt | None:
    """The newest action of this step in this run."""
    mine = of_step(step, state, run)
    return mine[-1] if mine else None


def step_lines(
    runbook: Runbook,
    step: Step | None,
    run: RunbookRun | None,
    state: State,
    now: Ms,
    width: int,
    given: Mapping[str, str],
    linked: Sequence[Runbook] = (),
    space: bool = True,
) -> list[Line]:
    if step is None:
        return hanging((), "It holds no step: only something to read.", width, "muted")
    there = next((s for s in run.steps if s.n == step.n), None) if run else None
    found = resolve(step, values(runbook, state, given)).action
    kind = kind_of(step if found is None else replace(step, action=found))
    title = spread(width, (Seg(f"{step.n}  {step.title}", "strong", bold=True),), (Seg(kind, "muted"),))
    return stack(
        [title, *prose_lines(step.prose, width), *_links(linked, width)],
        [*_what_runs(runbook, step, state, given, width), *_how_it_runs(step, width), *_where_it_leads(step, width)],
        _output(step, there, state, run, now, width),
        _delta(step, state, run, width),
        space=space,
    )


def _links(linked: Sequence[Runbook], width: int) -> list[Line]:
    return [row for n, book in enumerate(linked, 1) for row in hanging((Seg(f"{n} ", "accent"),), book.title, width)]


def kind_of(step: Step) -> str:
    if step.action is not None:
        args = dict(step.action.args)
        long = args.get("within") or args.get("for")
        parts = [step.action.name, "changes nothing" if step.looks else "opens its plan"]
        return " · ".join([*parts, *([f"within {long}"] if long else [])])
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
        rows += _text(command, "│ ", width)
        if odd := look_alikes(command.text):
            rows += hanging((Seg("! ", "slow"),), f"not ASCII: {odd}", width, "muted")
        if command.why_not:
            rows += hanging((Seg("– ", "muted"),), command.why_not, width, "muted")
        rows += _once_said(command, width)
    texts = (command.text for command in step.commands if command.runnable)
    if asked := ", ".join(dict.fromkeys(place.name for text in texts for place in places(text))):
        rows += hanging((Seg("! ", "slow"),), f"asked when it runs: {asked}", width, "muted")
    return rows


def _once_said(command: Command, width: int) -> list[Line]:
    """The sample output that stands beside it in the file: to compare with what it says now."""
    said = [line for line in command.expected.splitlines() if line.strip()]
    rows = [Line((Seg("· ", "muted"), Seg(cut(plainly(line), width - 2), "muted"))) for line in said[:_MOST_SAID]]
    if not rows:
        return []
    more = len(said) - len(rows)
    left = [Line((Seg("· ", "muted"), Seg(f"… {more} more", "muted")))] if more else []
    return [Line((Seg("· ", "muted"), Seg("the file says it answers:", "muted"))), *rows, *left]


def _text(command: Command, mark: str, width: int) -> list[Line]:
    return [
        Line((Seg(mark, "muted"), Seg(row)))
        for text in command.text.splitlines()
        for row in broken(plainly(text), width - cells(mark))
    ]


def _short(value: str) -> str:
    return short(value) if len(value) == 40 and not set(value) - set("0123456789abcdef") else value


# -- how it runs, and where it leads


def _how_it_runs(step: Step, width: int) -> list[Line]:
    """What its attributes ask for; one that does nothing here is told, not passed over."""
    rows: list[Line] = []
    for command in step.commands:
        if not command.runnable:
            continue
        if said := " · ".join(_asked_for(command)):
            rows += hanging((Seg("· ", "muted"),), said, width, "muted")
        for name, why in unheeded(command.attrs):
            rows += hanging((Seg("! ", "slow"),), f"{name} has no effect: {why}", width, "muted")
        if uses_sudo(command.text) and not fence(command).interactive:
            said = "uses sudo: no password can be typed here, so log in with sudo before"
            rows += hanging((Seg("! ", "slow"),), said, width, "muted")
    return rows


def _asked_for(command: Command) -> Iterator[str]:
    how = fence(command)
    if how.interactive:
        yield "on the terminal itself: the screen steps aside"
    if how.follows:
        yield "followed until it ends"
    if how.polls_ms is not None:
        yield f"asked every {duration(how.every_ms)} until exit {how.wanted}, up to {duration(how.polls_ms)}"
    elif how.wanted:
        yield f"good when exit {how.wanted}"
    if how.retries:
        yield f"tried up to {how.retries + 1} times"
    if how.folder:
        yield f"in {how.folder}"
    if how.interpreter:
        yield f"by {how.interpreter}"


def _where_it_leads(step: Step, width: int) -> list[Line]:
    rows = [row for command in step.undo for row in _text(command, "← ", width)]
    if step.undo_action is not None:
        text = " ".join([step.undo_action.name, *(f"{k}={_short(v)}" for k, v in step.undo_action.args)])
        rows += hanging((Seg("← ", "muted"),), text, width, "muted")
    leads = [f"step {step.then} when it comes out good"] if step.then is not None else []
    leads += [f"step {step.otherwise} when it fails"] if step.otherwise is not None else []
    return [*rows, *(hanging((Seg("→ ", "muted"),), " · ".join(leads), width, "muted") if leads else [])]


# -- what it says, what came of it


def _output(step: Step, there: RunStep | None, state: State, run: RunbookRun | None, now: Ms, width: int) -> list[Line]:
    attempt = attempt_of(step.n, state, run)
    if attempt is None:
        return []
    rows: list[Line] = []
    for progress in attempt.progress:
        glyph, token = MARK[progress.state]
        took = f"{progress.took_ms / 1000:.1f}s" if progress.took_ms is not None else ""
        head = (Seg(f"{glyph} ", token), cell(progress.verb, 9))
        first, *live = progress.text.splitlines() or [""]
        text = hanging(head, first, width - cells(took) - 2, "muted")
        rows += [spread(width, text[0].segs, (Seg(took, "muted"),)), *text[1:]]
        rows += [Line((Seg("│ ", "muted"), Seg(row, "muted"))) for line in live for row in broken(line, width - 2)]
    name = "UNDO" if attempt.undoes else "OUTPUT"
    if attempt.verdict is None:
        going = f"{minutes(now - attempt.asked)} · {time_left(attempt, now)}"
        cut = " · s cuts it short" if can_be_cut(attempt) else ""
        return [rule(width, name, (Seg("▸ ", "accent"), Seg(going + cut, "muted"))), *rows]
    rows += _judged(attempt, there, width)
    return [rule(width, name, (Seg(f"{wall(attempt.asked)} → {wall(attempt.ended)} · enter", "muted"),)), *rows]


def _judged(attempt: Attempt, there: RunStep | None, width: int) -> list[Line]:
    verdict = attempt.verdict
    assert verdict is not None
    if there is not None and attempt.plan.action == "shell" and there.state in ("done", "undone"):
        rows = hanging((Seg("✓ ", "ok"),), attempt.why, width)
        if verdict.word != "complete":
            rows += hanging((Seg("· "),), f"users are not served: {verdict.why}", width, "muted")
        return rows
    bad = verdict.word != "complete"
    said = verdict.word + (f": {verdict.why}" if verdict.why else "")
    rows = hanging((Seg("✗ " if bad else "✓ ", "fail" if bad else "ok"),), said, width)
    if bad and there is not None and there.state == "failed":
        last = there.fault.rpartition(" · ")[2]
        if last and last not in said:
            rows += hanging((Seg("  "),), last, width, "muted")
        if again := tries(there).removeprefix("; "):
            mark = "≡ " if there.same else "· "
            rows += hanging((Seg(mark, "fail" if there.same else "muted"),), again, width, "text")
    for text in verdict.same_error:
        rows += hanging((Seg("≡ ", "fail"),), f"same error again: {text}", width)
    return rows


def _delta(step: Step, state: State, run: RunbookRun | None, width: int) -> list[Line]:
    """All checks before and after: of this step, or of the newest one before it that has a verdict."""
    for n in range(step.n, 0, -1):
        attempt = attempt_of(n, state, run)
        if attempt is not None and attempt.verdict is not None:
            rows = delta_lines(delta_rows(attempt, attempt.verdict), width)
            return section(width, f"DELTA OF STEP {n}", rows, (Seg("before → after, all checks", "muted"),))
    return []
