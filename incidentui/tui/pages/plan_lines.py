"""A plan as lines: what it does, what is checked, what it takes back, what it does not cover, how to undo it."""

from collections.abc import Sequence
from dataclasses import replace

from incidentui.core.format import duration, short
from incidentui.core.model import Plan, PlanCommit, PlanStep, Precondition
from incidentui.core.plan import COMMITTED
from incidentui.core.redeploy import NAME as TAKEN_BACK
from incidentui.core.rehearsal import QUIET
from incidentui.core.state import State
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, Token, cells, length, pad, spread
from incidentui.tui.pages.layout import beside, cell, commands, flow, hanging, headings, section, size_of, split, stack

_ROLE: dict[str, tuple[str, Token]] = {
    "suspect": ("▲", "fail"),
    "yours": ("◆", "text"),
    "innocent": ("!", "slow"),
    "target": ("◇", "text"),
    "taken back": ("–", "muted"),
}
_RED_LINES = 8
"""Of the output of a command that failed, its end."""


_UNDO = 11
"""Rows that the way back takes at the end of the left column, with the head and the word line."""


def plan_lines(plan: Plan, view: View, width: int, height: int, step: int | None = None) -> list[Line]:
    """All of the plan but its word line: the pinned rows, then the parts."""
    top = plan_head(plan, view, width, step)
    if size_of(width, height) == "compact":
        return [*top, *_labelled(plan, width)]
    left, right = split(width, 0.575)
    does, other = _left(plan, left), _right(plan, right)
    if len(does) + _UNDO > height:  # the way back must be seen without scrolling
        other = stack(other, section(right, "UNDO", _undo(plan, right)))
    else:
        does = stack(does, section(left, "UNDO", _undo(plan, left)))
    return [*top, Line(), *beside((left, does), (right, other))]


def plan_head(plan: Plan, view: View, width: int, step: int | None = None) -> list[Line]:
    """What never scrolls away: what it is, and that nothing happened yet."""
    return [*headings(width, "PLAN", (Seg(plan.title),), _where(plan, view.state, step)), *_warning(plan, width)]


def _where(plan: Plan, state: State, step: int | None) -> tuple[Seg, ...]:
    parts = []
    if plan.changes:
        mine = state.current.id if state.current else None
        numbers = [a.number for a in state.attempts.values() if a.incident == mine]
        parts.append(f"attempt {max(numbers, default=0) + 1}")
    if step is not None and state.runbook is not None:
        parts.append(f"step {step} of {len(state.runbook.steps)}")
    return (Seg(" · ".join(parts), "muted"),) if parts else ()


def _warning(plan: Plan, width: int) -> list[Line]:
    """Where it would happen is not cut: it goes below."""
    if not plan.changes:
        return [Line((Seg("Changes nothing. ", "ok"), Seg("It only looks.", "muted")))]
    said = (Seg("Changes production.", "fail"), Seg(" Nothing has happened yet.", "muted"))
    on = f"On {plan.host}." if plan.host else ""
    if length(said) + 1 + cells(on) <= width:
        return [Line((*said, Seg(f" {on}" if on else "", "muted")))]
    return [Line(said), *hanging((), on, width, "muted")]


def _left(plan: Plan, width: int) -> list[Line]:
    return stack(
        section(width, "WHAT IT DOES", _does(plan.steps, width), _takes(plan)),
        commands(plan_argvs(plan), width),
        section(width, "CHECKED NOW, AND AGAIN WHEN IT RUNS", _checked(plan.checked, width)),
        section(width, "REHEARSAL", rehearsal_lines(plan, width)),
    )


def _right(plan: Plan, width: int) -> list[Line]:
    n = len(plan.takes_back)
    note = (Seg(f"{n} commit" + ("s" if n != 1 else ""), "muted"),)
    return stack(
        section(width, "VANISHES FROM THE BRANCH" if plan.rewrites else "TAKES BACK", _taken(plan, width), note),
        section(width, "WOULD BE LOST", _loses(plan, width)),
        section(width, "BLAST RADIUS", _blast(plan, width)),
        section(width, "NOT COVERED", _not_covered(plan, width)),
        section(width, "LATER", _later(plan, width)),
    )


def _later(plan: Plan, width: int) -> list[Line]:
    return [line for text in plan.warnings for line in hanging((Seg("! ", "slow"),), text, width)]


def _labelled(plan: Plan, width: int) -> list[Line]:
    """One column: a label before each part, the commands last."""
    parts: list[tuple[str, Token, list[Line]]] = [
        ("lost", "fail", _loses(plan, width - 13)),  # first: of a small screen only the beginning is sure to be seen
        ("does", "muted", _does(plan.steps, width - 13)),
        ("vanishes" if plan.rewrites else "takes back", "muted", _taken(plan, width - 13)),
        ("touches", "muted", _blast(plan, width - 13)),
        ("not covered", "slow", _not_covered(plan, width - 13)),
        ("later", "slow", _later(plan, width - 13)),
        ("checked", "muted", _checked(plan.checked, width - 13)),
        ("rehearsal", "muted", rehearsal_lines(plan, width - 13)),
        ("undo", "muted", _undo(plan, width - 13)),
        ("commands", "muted", commands(plan_argvs(plan), width - 13)),
    ]
    out: list[Line] = []
    for label, token, body in parts:
        for n, line in enumerate(body):
            out.append(replace(line, segs=(cell(label if not n else "", 12, token), *line.segs)))
    return out


def _takes(plan: Plan) -> tuple[Seg, ...]:
    return (Seg(f"about {plan.takes_s:.0f}s", "muted"),) if plan.takes_s else ()


def _does(steps: Sequence[PlanStep], width: int) -> list[Line]:
    verb = max([7, *(cells(step.verb) for step in steps)])
    out: list[Line] = []
    for n, step in enumerate(steps, 1):
        out += hanging((Seg(f"{n} ", "muted"), cell(step.verb, verb, "strong")), step.text, width)
    return out


def plan_argvs(plan: Plan) -> list[Sequence[str]]:
    return [argv for step in plan.steps for argv in step.argv]


def _checked(checked: Sequence[Precondition], width: int) -> list[Line]:
    out: list[Line] = []
    for check in checked:
        head = Seg("✓ ", "ok") if check.ok else Seg("! ", "slow")
        text, note = Seg(check.text), Seg(check.note, "muted")
        column = 29
        if cells(check.text) < column and column + cells(check.note) + 2 <= width:
            out.append(Line((head, cell(check.text, column - 1), note)))
        elif cells(check.text) + 2 <= width:
            out += flow([(text,), *([(note,)] if check.note else [])], width, (head,))
        else:
            out += hanging((head,), check.text, width)
            out += hanging((Seg("  "),), check.note, width, "muted") if check.note else []
    return out


def rehearsal_lines(plan: Plan, width: int) -> list[Line]:
    """The project's own commands one by one, and the end of what a red one said."""
    if plan.rehearsal is None:
        return []
    out: list[Line] = []
    for command in plan.rehearsal.commands:
        glyph, token = _REHEARSED[command.state]
        name = command.argv[2] if command.argv[:2] == ("sh", "-ec") else " ".join(command.argv)
        took = (Seg(duration(command.took_ms), "muted"),) if command.took_ms is not None else ()
        words = " ".join(part for part in (name, "·", command.why or command.state) if part)
        rows = hanging((Seg(f"{glyph} ", token),), words, width - 10)
        out += [spread(width, rows[0].segs, took), *rows[1:]]
        if command.state in ("failed", "stopped"):
            said = command.output.strip().splitlines()[-_RED_LINES:]
            out += [line for text in said for line in hanging((Seg("│ ", "muted"),), text, width, "muted")]
    return out


_REHEARSED: dict[str, tuple[str, Token]] = {
    "ok": ("✓", "ok"),
    "failed": ("✗", "fail"),
    "stopped": ("✗", "fail"),
    "not run": ("○", "muted"),
}


def closed(plan: Plan) -> str:
    """Why the word line is closed; empty when it is open."""
    if again := brought_back(plan) or uncommitted(plan) or losing(plan) or not_quiet(plan):
        return again
    red = plan.rehearsal.red if plan.rehearsal else None
    return f"the rehearsal is red, {' '.join(red.argv)[:80]}: {red.why}" if red else ""


def brought_back(plan: Plan) -> str:
    """What stands against a commit that was taken back and would be in force again; empty when nothing does."""
    return next((p.text for p in plan.checked if p.name == TAKEN_BACK and not p.ok), "")


def not_quiet(plan: Plan) -> str:
    """Why it is no quiet hour for a rehearsal; empty when it is."""
    return next((p.text for p in plan.checked if p.name == QUIET and not p.ok), "")


def may_skip(plan: Plan) -> tuple[str, str] | None:
    """The argument that goes on all the same, with its reason, and what it is called."""
    if brought_back(plan):
        return "anyway", "go on all the same"
    if uncommitted(plan):
        return "uncommitted", "run it all the same"
    if losing(plan):
        return "lose", "let it be lost"
    if not_quiet(plan):
        return "now", "rehearse it now all the same"
    commands = plan.rehearsal is not None and bool(plan.rehearsal.commands)
    return ("skip_rehearsal", "skip the rehearsal") if commands else None


def _undo(plan: Plan, width: int) -> list[Line]:
    if not plan.changes:
        return []
    text = plan.undo or "No way back is known."
    argv = commands([plan.undo_argv], width) if plan.undo_argv else []
    return [*hanging((), text, width, "text" if plan.undo else "slow"), *argv]


def _taken(plan: Plan, width: int) -> list[Line]:
    if not plan.takes_back:
        return []
    author = max(cells(commit.author) for commit in plan.takes_back)
    rows = [_commit(commit, author, width) for commit in plan.takes_back]
    if not innocents(plan):
        rows.append(Line((Seg("  no innocent commit in the window", "muted"),)))
    return rows


def _commit(commit: PlanCommit, author: int, width: int) -> Line:
    glyph, token = _ROLE[commit.role]
    role = Seg(
        f"{commit.role:<11}" if commit.role == "taken back" else f"{commit.role:<9}",
        token if commit.role in ("suspect", "innocent") else "muted",
    )
    return spread(
        width,
        (
            Seg(f"{glyph} ", token),
            Seg(f"{short(commit.sha)} "),
            role,
            Seg(f"{pad(commit.author, author)}  ", "muted"),
            Seg(commit.subject),
        ),
    )


def _not_covered(plan: Plan, width: int) -> list[Line]:
    return _named(plan.not_covered, 16, width, (Seg("! ", "slow"),))


def _loses(plan: Plan, width: int) -> list[Line]:
    return [line for text in plan.loses for line in hanging((Seg("✗ ", "fail"),), text, width)]


def _blast(plan: Plan, width: int) -> list[Line]:
    return _named(plan.blast, 20, width)


def _named(pairs: Sequence[tuple[str, str]], most: int, width: int, lead: tuple[Seg, ...] = ()) -> list[Line]:
    """What is named, and a sentence about it; a name of more than `most` cells stands above its own."""
    column = max([9, *(n + 1 for what, _ in pairs if (n := cells(what)) <= most)])
    out: list[Line] = []
    for what, why in pairs:
        if cells(what) < column:
            out += hanging((*lead, cell(what, column)), why, width, "muted")
        else:
            out += hanging(lead, what, width)
            out += hanging((Seg(" " * (length(lead) + 2)),), why, width, "muted")
    return out


def losing(plan: Plan) -> str:
    """What would be lost and has no reason yet; empty when nothing stands against the plan."""
    return next((p.text for p in plan.checked if p.name == "loses" and not p.ok), "")


def uncommitted(plan: Plan) -> str:
    """What would run and no commit holds, without a reason yet; empty when nothing does."""
    return next((p.text for p in plan.checked if p.name == COMMITTED and not p.ok), "")


def innocents(plan: Plan) -> list[PlanCommit]:
    return [commit for commit in plan.takes_back if commit.role == "innocent"]
