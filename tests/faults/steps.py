"""A runbook's shell block, run as a responder runs it: by keys on the screen of the installed program."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from incidentui.core.events import ActionEnded
from tests.e2e.world import COMMAND, Place
from tests.faults.pty import Pty

BOOK = "runbooks/step.md"
TITLE = "A hostile step"


def write(place: Place, block: str, within: str = "1s", lang: str = "sh") -> Path:
    body = block.replace("\n", "\n   ")
    file = place.root / BOOK
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'# {TITLE}\n\n1. Go\n\n   ```{lang} {{"timeout":"{within}"}}\n   {body}\n   ```\n')
    return file


def prepared(place: Place) -> Place:
    """An open incident: a runbook is worked through inside one."""
    assert place.run("open", "x").returncode == 0
    return place


@contextmanager
def at_the_step(place: Place, more: Mapping[str, str] | None = None, *, to_do: str = "x run") -> Iterator[Pty]:
    """The runbook is started and its step is the one to do."""
    with Pty([COMMAND], place.root, {**place.env(), **(more or {})}) as screen:
        screen.see(rf"▸ {TITLE}")
        screen.see(r"\? help")  # keys of the first moments were meant for the shell
        screen.press("r", gap_s=0.2)
        screen.see("CHOOSE")
        screen.press("\r", gap_s=0.2)  # the project's own come first
        screen.see(rf"RUNBOOK +{TITLE}")
        screen.see("x start it")
        screen.press("x", gap_s=0.2)
        screen.see(to_do)
        yield screen


def fire(screen: Pty, key: str = "x") -> None:
    """The plan, its word, enter."""
    screen.press(key, gap_s=0.2)
    screen.see("type the word to run it|Type the word to run it")
    say_the_word(screen)


def say_the_word(screen: Pty) -> None:
    """Of the plan that is shown."""
    screen.rest(0.4, 1)
    screen.press("x", gap_s=0.2)
    screen.see("letters missing")
    screen.press(*"yes")
    screen.see("enter runs it")
    screen.press("\r")


def ended(place: Place) -> ActionEnded | None:
    """What the record says of the run."""
    return next((r.event for r in place.records() if isinstance(r.event, ActionEnded)), None)
