"""The checklist after recovery in words and as JSON: what `close` asks for, and what `show` tells."""

from typing import Any

from incidentui.cli.options import CannotRun
from incidentui.core.envelope import rfc3339
from incidentui.core.format import count
from incidentui.core.incidents import which
from incidentui.core.model import Incident
from incidentui.core.recovery import open_lines, open_steps, step_line
from incidentui.core.state import State
from incidentui.core.ticks import left


def to_tick(state: State, incident: str | None, numbers: tuple[int, ...]) -> list[str]:
    """The lines that the numbers mean, without those that are ticked."""
    checklist, known = state.project.recovery, which(state, incident)
    if beyond := [n for n in numbers if n > len(checklist)]:
        has = f"has {count(len(checklist), 'line')}" if checklist else "is empty ([recovery] in incidentui.toml)"
        raise CannotRun(f"--tick {beyond[0]}: the checklist after recovery {has}.")
    open_ones = left(checklist, known.ticks if known is not None else ())
    return [item for item in dict.fromkeys(checklist[n - 1] for n in numbers) if item in open_ones]


def checklist_lines(state: State, incident: Incident) -> list[str]:
    """With the numbers that `--tick` takes. Of a closed incident: as it was then."""
    ticks = {t.item: f"  ({t.by}, {rfc3339(t.at)})" for t in incident.ticks}
    if incident.closed is not None:
        return [*(f"✓ {item}{by}" for item, by in ticks.items()), *(f"○ {item}" for item in incident.left)]
    lines = [
        f"{'✓' if item in ticks else '○'} {n} {item}{ticks.get(item, '')}"
        for n, item in enumerate(state.project.recovery, 1)
    ]
    return [*lines, *(f"○ {step_line(state, run, step)}" for run, step in open_steps(state, incident))]


def how_to_tick(state: State, incident: Incident) -> list[str]:
    out = []
    if left(state.project.recovery, incident.ticks):
        out.append("incidentui: `close --tick N` says that a line was seen to be so, as a user sees it")
    for run, step in open_steps(state, incident)[:1]:
        out.append(f"incidentui: `runbook run {run.runbook} --done {step.n}=NOTE` says so of a step")
    return out


def checklist_object(state: State, incident: Incident) -> dict[str, Any]:
    """Times in RFC 3339."""
    return {
        "ticked": [{"item": t.item, "by": t.by, "at": rfc3339(t.at)} for t in incident.ticks],
        "left": list(incident.left if incident.closed is not None else open_lines(state, incident)),
    }
