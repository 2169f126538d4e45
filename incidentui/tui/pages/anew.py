"""Places that an earlier step had too are asked for once more, with what was given there: another pod may be meant."""

from collections.abc import Callable

from incidentui.runbook.model import Step
from incidentui.runbook.places import places
from incidentui.tui.page import PageContext


def asked_anew(
    step: Step, given: dict[str, str], sure: set[int], then: Callable[[], None], screen: PageContext
) -> bool:
    """Whether it asks, and calls `then` when all is answered. `sure`: the steps that were asked for already."""
    if step.n in sure:
        return False
    sure.add(step.n)
    texts = (command.text for command in step.commands if command.runnable)
    names = dict.fromkeys(place.name for text in texts for place in places(text) if place.name in given)
    if names:
        _ask(list(names), given, then, screen)
    return bool(names)


def _ask(names: list[str], given: dict[str, str], then: Callable[[], None], screen: PageContext) -> None:
    name = names[0]

    def typed(text: str) -> None:
        given[name] = text.strip()  # empty: it is asked for as if it never had a value
        if names[1:]:
            _ask(names[1:], given, then, screen)
        else:
            then()

    screen.prompt(f"{name}, as before", typed, given[name])
