"""`then` and `else`: which step follows when one came out good, and when it failed. Only onwards: a run must end."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from incidentui.runbook.attributes import near
from incidentui.runbook.model import Problem, Step

RULE = "unknown-step"


def linked(steps: Sequence[Step], problems: list[Problem]) -> tuple[Step, ...]:
    """The steps with the numbers that their names stand for; what leads nowhere is a problem, and is not followed."""
    names = dict(_names(steps))
    return tuple(
        replace(
            step,
            then=_goal(step, "then", names, len(steps), problems),
            otherwise=_goal(step, "else", names, len(steps), problems),
        )
        for step in steps
    )


def _names(steps: Sequence[Step]) -> Iterator[tuple[str, int]]:
    """By the name of a fence, and by number; the first of two of one name counts."""
    for step in reversed(steps):
        yield str(step.n), step.n
        named = [dict(step.action.attrs).get("name", "")] if step.action else []
        yield from ((name, step.n) for name in [*named, *(c.name for c in step.commands)] if name)


def _goal(step: Step, key: str, names: dict[str, int], last: int, problems: list[Problem]) -> int | None:
    wanted = dict(step.attrs).get(key, "").strip()
    if not wanted:
        return None
    goal = names.get(wanted)
    if goal is None:
        said = f"{key}: no step is called {wanted}"
        problems.append(Problem(step.line, said, near(wanted, frozenset(names)), rule=RULE, about=wanted))
    elif goal <= step.n:
        said, hint = f"{key}: step {goal} is not after this one", "only a later step can follow"
        problems.append(Problem(step.line, said, hint, rule=RULE, about=wanted))
    return goal if goal is not None and goal > step.n else None
