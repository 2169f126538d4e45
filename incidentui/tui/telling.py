"""A command that only records goes to the session; the status row says what came of it."""

from collections.abc import Callable

from incidentui.core.inputs import Command, Refusal
from incidentui.session.ports import Done
from incidentui.tui.page import PageContext


def tell(
    screen: PageContext,
    key: str,
    command: Command,
    done: str,
    then: Callable[[], None] | None = None,
    typed: tuple[str, str] = ("", ""),
) -> None:
    """`then` happens once it is accepted, if the page is still shown that asked. `typed`: what for, and what a person
    wrote: if it is refused, `unsent` keeps that for the next prompt of this kind."""
    asker = screen.page

    def answered(answer: Done | Refusal) -> None:
        if isinstance(answer, Refusal):
            if typed[1]:
                screen.unsent[typed[0]] = typed[1]
            screen.refuse(key, answer.why, answer.hint)
            return
        screen.unsent.pop(typed[0], None)
        if then is not None and screen.page is asker:
            then()
        screen.say(done if answer.seq is not None else f"{done}, in the side file")

    screen.when(screen.session.submit(command), answered)
