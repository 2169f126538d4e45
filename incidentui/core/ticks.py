"""The checklist after recovery: what people look at themselves, as users do, before an incident is over."""

from collections.abc import Sequence

from incidentui.core.value import dataclass

Ms = int


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the checklist, seen to be good."""

    item: str
    """The line as it stood: the project may word it anew later."""
    by: str
    at: Ms


def ticked(ticks: tuple[Tick, ...], item: str, by: str, at: Ms, *, good: bool) -> tuple[Tick, ...]:
    """The ticks after one more was given, or taken back."""
    others = tuple(t for t in ticks if t.item != item)
    return (*others, Tick(item, by, at)) if good else others


def left(checklist: Sequence[str], ticks: Sequence[Tick]) -> tuple[str, ...]:
    """The lines nobody ticked, in the order of the checklist."""
    done = {t.item for t in ticks}
    return tuple(item for item in checklist if item not in done)
