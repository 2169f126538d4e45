"""What a step needs and only a person knows: variables of the runbook, and places like `<pod>` in its shell text."""

from collections.abc import Callable

from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.places import places
from incidentui.tui.page import PageContext

Then = Callable[[], None]


def ask(
    book: Runbook, name: str, given: dict[str, str], then: Then, screen: PageContext, why: str = "", key: str = "x"
) -> None:
    """`why`: what was given cannot stand there; it is there to be mended. `key`: which began it."""

    def typed(text: str) -> None:
        if text.strip():
            given[name] = text.strip()
            then()
        else:
            screen.refuse(key, f"{name} needs a value")

    screen.prompt(why or book.prompt_of(name), typed, given.get(name, ""))


def asked_anew(step: Step, given: dict[str, str], sure: set[int], then: Then, screen: PageContext) -> bool:
    """Places that an earlier step had too are asked for once more, with what was given there: another pod may be meant.

    Whether it asks, and calls `then` when all is answered. `sure`: the steps that were asked for already.
    """
    if step.n in sure:
        return False
    texts = (command.text for command in step.commands if command.runnable)
    names = dict.fromkeys(place.name for text in texts for place in places(text) if place.name in given)

    def answered() -> None:
        sure.add(step.n)
        then()

    if names:
        _anew(list(names), given, answered, screen)
    else:
        sure.add(step.n)
    return bool(names)


def _anew(names: list[str], given: dict[str, str], then: Then, screen: PageContext) -> None:
    name = names[0]

    def typed(text: str) -> None:
        given[name] = text.strip()  # empty: it is asked for as if it never had a value
        if names[1:]:
            _anew(names[1:], given, then, screen)
        else:
            then()

    screen.prompt(f"{name}, as before", typed, given[name])
