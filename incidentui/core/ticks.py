"""The checklist after recovery: what people look at themselves, as users do, before an incident is over."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from incidentui.core.model import Incident, Ms, Tick


def ticked(ticks: tuple[Tick, ...], item: str, by: str, at: Ms, *, good: bool) -> tuple[Tick, ...]:
    """The ticks after one more was given, or taken back."""
    others = tuple(t for t in ticks if t.item != item)
    return (*others, Tick(item, by, at)) if good else others


def red_again(incident: Incident) -> Incident:
    """What was seen before it was red again says nothing of after, in whatever stage an open incident is."""
    return replace(incident, ticks=()) if incident.ticks and incident.closed is None else incident


def unticked(incidents: Mapping[str, Incident]) -> Mapping[str, Incident]:
    """Users are not served again."""
    if not any(i.ticks and i.closed is None for i in incidents.values()):
        return incidents
    return {name: red_again(one) for name, one in incidents.items()}


def left(checklist: Sequence[str], ticks: Sequence[Tick]) -> tuple[str, ...]:
    """The lines nobody ticked, in the order of the checklist."""
    done = {t.item for t in ticks}
    return tuple(item for item in checklist if item not in done)
