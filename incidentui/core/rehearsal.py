"""What runs before and after a restart of everything, compared, and how it went in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from incidentui.core.checkpoint import Difference
from incidentui.core.format import count, duration
from incidentui.core.model import Ms, Plan, ProjectSpec, ServiceSpec
from incidentui.core.needs import needed, services
from incidentui.core.state import State
from incidentui.core.value import dataclass

ACTION = "workload.rehearse"
QUIET = "quiet"
"""Of the preconditions that make it a quiet hour; a reason goes on all the same."""
Facts = Mapping[str, Mapping[str, str]]
"""Of each workload what is compared: {"state": "running", "mount /data": "volume leads, with files"}."""
EMPTY = ", empty"
_TOLD = 4
_KINDS = ("file", "environment", "volume")
"""What of two checkpoints a restart may not change; of containers the facts tell it."""


@dataclass(frozen=True, slots=True)
class Back:
    """One workload that was restarted."""

    name: str
    took_ms: Ms
    """Until it was up, healthy where it can tell."""
    why: str = ""
    """Why it did not come back."""
    held: bool = False
    """It was not even restarted: why."""


def unquiet(state: State) -> tuple[tuple[str, str], ...]:
    """(what holds in a quiet hour, why it does not; empty: it does): judged for the plan, and again when it runs."""
    red = [c.name for c in state.checks.values() if c.state in ("failing", "unknown")]
    return (
        ("no incident is open", f"{state.current.id} is open: it is no quiet hour" if state.current else ""),
        ("all checks are good", f"{', '.join(red[:4])} not good before anything was restarted" if red else ""),
    )


def no_more_quiet(state: State, plan: Plan) -> str:
    """Why a plan that was made in a quiet hour must not run now."""
    if plan.action != ACTION or dict(plan.args).get("now"):
        return ""
    return next((why for _, why in unquiet(state) if why), "")


def must_end(state: State, run: str) -> str:
    """Why nothing more is restarted: users are out that were served when it began, or somebody works on an incident."""
    attempt = state.attempts[run]
    before = dict(attempt.before)
    red = [c.name for c in state.checks.values() if c.state == "failing" and before.get(c.name) in ("ok", "slow")]
    if red:
        return f"{', '.join(red[:4])} {'is' if len(red) == 1 else 'are'} red since"
    opened = state.current is not None and state.current.id != attempt.incident
    return f"{state.current.id} was opened" if opened and state.current else ""


def ordered(
    project: ProjectSpec, names: Sequence[str], said: Mapping[str, Sequence[str]] | None = None
) -> tuple[str, ...]:
    """What others need first: by how much one needs, over all others, then by name.

    `said`: what each workload needs, as its engine tells, beside what the services of the project do.
    """
    of = {service.name: service.workloads or (service.name,) for service in project.services}
    needs: dict[str, tuple[str, ...]] = {name: tuple(wanted) for name, wanted in (said or {}).items()}
    for name, service in _least(project).items():
        wanted = tuple(each for other in service.depends_on for each in of.get(other, ()))
        needs[name] = (*needs.get(name, ()), *wanted)
    return tuple(sorted(names, key=lambda name: (len(needed(needs, name)) if name in needs else 0, name)))


def _least(project: ProjectSpec) -> dict[str, ServiceSpec]:
    """Workload -> of the services that name it the one that needs least: the others cannot hold it back."""
    needs = services(project)
    deepest_first = sorted(project.services, key=lambda service: -len(needed(needs, service.name)))
    return {name: service for service in deepest_first for name in service.workloads or (service.name,)}


def changed(before: Facts, after: Facts) -> Iterator[str]:
    """ "web: mount /data: volume leads, with files → volume leads, empty"."""
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield f"{name} is gone"
        elif name not in before:
            yield f"{name} is new"
        else:
            was, now = before[name], after[name]
            if was.get("state") != now.get("state"):
                yield f"{name}: {was.get('state', '?')} → {now.get('state', '?')}"
                continue  # nothing can be looked at in what does not run
            rows = [key for key in (*was, *(k for k in now if k not in was)) if was.get(key) != now.get(key)]
            yield from (f"{name}: {key}: {was.get(key, 'none')} → {now.get(key, 'none')}" for key in rows)


def empty(facts: Facts) -> list[str]:
    """Mounts in which nothing is: the same before and after, and still not what anybody wanted."""
    return [f"{name} {key}" for name, rows in facts.items() for key, value in rows.items() if value.endswith(EMPTY)]


def of_checkpoints(found: Sequence[Difference]) -> Iterator[str]:
    return (f"{each.kind} {each.name}: {each.text}" for each in found if each.kind in _KINDS)


def told(
    backs: Sequence[Back], left: Sequence[str], slow_ms: Ms, differs: Sequence[str], hollow: Sequence[str] = ()
) -> str:
    """ "1 of 3 workloads came back; web did not: it did not stay up; not restarted: search; nothing is …"."""
    good = [back for back in backs if not back.why]
    parts = went(backs, left)
    parts += [f"{back.name} slowly, in {duration(back.took_ms)}" for back in good if back.took_ms > slow_ms]
    more = f" and {len(differs) - _TOLD} more" if len(differs) > _TOLD else ""
    parts.append(
        f"another than before: {'; '.join(differs[:_TOLD])}{more}" if differs else "nothing is another than before"
    )
    if hollow:
        parts.append(f"empty: {', '.join(hollow[:_TOLD])}")
    return "; ".join(parts)


def went(backs: Sequence[Back], left: Sequence[str], named: bool = False, undone: str = "not restarted") -> list[str]:
    """ "1 of 3 workloads came back: db"; "api did not: it did not stay up"; "not restarted: web". `named`: who came."""
    good = [back.name for back in backs if not back.why]
    who = f": {', '.join(good)}" if named and good else ""
    parts = [f"{len(good)} of {count(len(backs) + len(left), 'workload')} came back{who}"]
    parts += [f"{back.name} {f'was {undone}' if back.held else 'did not'}: {back.why}" for back in backs if back.why]
    return [*parts, f"{undone}: {', '.join(left)}"] if left else parts


def table(backs: Sequence[Back], left: Sequence[str], before: Facts, after: Facts, differs: Sequence[str]) -> str:
    """All of it, as evidence."""
    lines = ["RESTARTED, in this order"]
    lines += [
        f"  {'–' if b.held else '✗' if b.why else '✓'} {b.name}  {duration(b.took_ms)}"
        + (f"  {b.why}" if b.why else "")
        for b in backs
    ]
    lines += [f"  – {name}  not restarted" for name in left]
    lines += ["", "ANOTHER THAN BEFORE", *(f"  {row}" for row in differs or ("nothing",))]
    for title, facts in (("BEFORE", before), ("AFTER", after)):
        lines += ["", title]
        for name, rows in facts.items():
            lines.append(f"  {name}")
            lines += [f"    {key}: {value}" for key, value in rows.items()]
    return "\n".join(lines)
