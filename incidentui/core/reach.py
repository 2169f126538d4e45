"""The blast radius of a plan whose executor cannot say it: what the incident knows of what it would reach. Pure.

An executor that asked its engine knows more (dependants, mounts, ports): what it says is left as it is.
"""

import re
from collections.abc import Iterator, Sequence

from incidentui.core.format import count
from incidentui.core.hosts import other_hosts
from incidentui.core.model import Plan
from incidentui.core.state import State

Row = tuple[str, str]
_WORD = re.compile(r"[\w.-]+")
_SUDO = re.compile(r"(?:^|[\s;&|(])sudo\s", re.MULTILINE)
_UNKNOWN: Row = ("all else", "not known: what a command reaches stands only in its text")
_NOTHING: Row = ("watched here", "nothing that its text names; what else a command reaches is not known")
_MOST = 12


def reach(plan: Plan, state: State) -> tuple[Row, ...]:
    """What it touches, and how; empty for a plan that changes nothing."""
    if plan.blast or not plan.changes:
        return plan.blast
    if plan.action == "shell":
        named = _few(_named(plan, state))
        return (*named, _UNKNOWN) if named else (_NOTHING,)
    if plan.action.startswith("git."):
        return tuple(_pushed(plan, state)) if plan.push else (("this clone", "alone: nothing is pushed"),)
    if plan.action == "checkpoint.restore":
        return tuple(_restored(plan, state))
    return ()


def _few(rows: Iterator[Row]) -> list[Row]:
    found = list(rows)
    return [*found[:_MOST], *([("and", f"{len(found) - _MOST} more that it names")] if len(found) > _MOST else [])]


def _pushed(plan: Plan, state: State) -> Iterator[Row]:
    yield f"branch {plan.target}", "on the remote: everybody who pulls it gets this, and work on top of it meets it"
    for spec in state.project.services:
        if spec.has_revision or spec.paths:
            yield spec.name, "service: what runs is replaced when this is deployed"
        elif spec.depends_on:
            yield spec.name, f"service: needs {', '.join(spec.depends_on)}"


def _restored(plan: Plan, state: State) -> Iterator[Row]:
    written = sum(step.verb == "write" for step in plan.steps)
    if written:
        yield count(written, "file"), "read by who is started next; nobody is restarted for them"
    made = [step.text.partition(" ")[0] for step in plan.steps if step.verb == "create"]
    for name in made:
        yield name, "container: is stopped and created anew"
    for name in (step.text.partition(" ")[0] for step in plan.steps if step.verb == "fill"):
        yield name, "volume: is written anew; who has it is stopped meanwhile"
    yield from _users(made, state)


def _named(plan: Plan, state: State) -> Iterator[Row]:
    text = "\n".join(word for step in plan.steps for argv in step.argv for word in argv)
    words = set(_WORD.findall(text))
    workloads = [name for name in state.workloads if name in words]
    for name in workloads:
        yield name, "workload: the text names it"
    yield from _users(workloads, state)
    for spec in state.project.services:
        if spec.name in words and spec.name not in workloads:
            yield spec.name, "service: the text names it"
    yield from other_hosts(text)
    if _SUDO.search(text):
        yield "this host", "as root: it uses sudo"


def _users(workloads: Sequence[str], state: State) -> Iterator[Row]:
    served = [spec.name for spec in state.project.services if set(spec.workloads) & set(workloads)]
    for name in served:
        if name not in workloads:
            yield name, "service: is served by it"
    named = {*served, *workloads}
    for spec in state.project.services:
        if spec.name not in named and set(spec.depends_on) & named:
            yield spec.name, "service: depends on it"
