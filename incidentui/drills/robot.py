"""A scripted responder. It works the real screen in a pseudo-terminal, by keys alone, and reads what a person would.

A script is data: words to wait for, keys to press, words that show that the keys arrived.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from incidentui.core.value import dataclass
from incidentui.drills.terminal import Terminal, TerminalError

ENTER, ESC, CLEAR = "\r", "\x1b", "\x15"
CURSOR = "1b3049"
"""The colour of the row under the cursor, in the dark theme."""
MOST_ROWS = 30
SLOW_S = 1.5
STANDS_S = 0.2
AGAIN_S = 0.7
"""A fresh plan is deaf for 0.3 s; a key that had no effect by then is pressed again, as a person would."""


@dataclass(frozen=True, slots=True)
class Step:
    """`wait` for words, press `keys`, and see `then` before the next step."""

    name: str
    wait: str
    keys: tuple[str, ...] = ()
    then: str = ""
    within_s: float = 5.0
    again: bool = False
    """Whether the keys may be pressed again when `then` does not come: only for keys that are harmless twice."""
    only_if: str = ""
    """Left out when these words are not there."""
    read: tuple[str, ...] = ()
    """What a person remembers from this screen: regular expressions of one group each. `{0}` types the first."""
    cursor: str = ""
    """Press the first key, or the second where the list ends, until the row under the cursor has these words."""


def typed_word(what: str, word: str) -> tuple[Step, ...]:
    """The word that a plan asks for, letter by letter, up to the verdict."""
    missing = ("enter runs it", "one letter missing", *(f"{n} letters missing" for n in range(2, len(word) + 1)))
    left = [missing[n] for n in range(len(word), -1, -1)]
    letters = zip(word, left, left[1:], strict=False)
    return (
        Step("go to the word", rf"type the {what} to run it", ("x",), r"enter does nothing until", again=True),
        Step("begin the word anew", r"enter does nothing until", (CLEAR,), left[0]),
        *(Step(f"type {letter}", before, (letter,), after) for letter, before, after in letters),
        Step("run it", r"enter runs it", (ENTER,), r"RUNNING|VERDICT"),
    )


# Where a killed run goes on: the step of the script that belongs to the step of the runbook that is to do.
RUNBOOK_STEPS = {
    "1": "step 1 is to be ticked",
    "2": "plan the reset",
    "4": "plan the verification",
    "6": "step 6 is to be ticked",
}


def play(terminal: Terminal, script: Sequence[Step], seen: Callable[[Step], None] = lambda step: None) -> None:
    """Play the script to its end; TerminalError names the step and holds the last screen.

    `seen` is called when the words of a step are there, before its keys are pressed.
    """
    remembered: list[str] = []
    for step in script:
        try:
            terminal.wait(step.wait, step.within_s)
            seen(step)
            remembered += [_read(terminal, words) for words in step.read]
            if re.search(step.only_if, terminal.text):
                _press(terminal, replace(step, keys=_typed(step.keys, remembered)))
        except TerminalError as error:
            raise TerminalError(f"{step.name}: {error}", error.screen) from None


def _read(terminal: Terminal, words: str) -> str:
    terminal.wait(words, SLOW_S)
    found = re.search(words, terminal.text)
    return found[1] if found else ""


def _typed(keys: Sequence[str], remembered: Sequence[str]) -> tuple[str, ...]:
    """What is remembered is typed letter by letter; every other key is one already."""
    out: list[str] = []
    for key in keys:
        out += key.format(*remembered) if "{" in key else [key]
    return tuple(out)


def play_on(terminal: Terminal, script: Sequence[Step]) -> None:
    """Play to the end what somebody began: look where it stands, and go on from there."""
    names = [step.name for step in script]
    play(terminal, script[names.index(_standing(terminal)) :])


def _standing(terminal: Terminal) -> str:
    """The step to go on with, read off the screen."""
    terminal.wait(r"o open incident|c close", 20)
    # What happened before is on the timeline, as soon as the journal is read.
    if not terminal.see(r"c close", 2):
        return "read the draft" if re.search(r"✓ closed", terminal.text) else "it turns red"
    if terminal.see(r"i I'm on it", 1):
        return "acknowledge"
    # An action that was under way is settled first, by looking at the world.
    terminal.wait(r"now +(▸.*not started|○)", 30)
    if terminal.see(r"close the incident, then read the draft|the runbook is at its end", 1):
        return "close the incident"
    terminal.press("r")
    # The list is passed on the way to the runbook that is being worked through.
    if not terminal.see(r"STEPS ─", 6):
        return "choose one"
    terminal.wait(r"[▸✗?] [1-6] |✓ 6 ", 10)
    to_do = re.search(r"[▸✗?] ([1-6]) ", terminal.text)
    return RUNBOOK_STEPS[to_do[1]] if to_do else "back to the screen"


def _press(terminal: Terminal, step: Step) -> None:
    if step.cursor:
        _move(terminal, step)
        return
    _type(terminal, step.keys)
    until = time.monotonic() + step.within_s
    while step.then and step.again and time.monotonic() < until:
        if terminal.see(step.then, AGAIN_S):
            return
        terminal.press(*step.keys)
    if step.then:
        terminal.wait(step.then, step.within_s)


def _type(terminal: Terminal, keys: Sequence[str]) -> None:
    """One key after the other, each once the one before was answered: a burst would be taken for a paste."""
    for key in keys:
        before = terminal.text
        terminal.press(key)
        until = time.monotonic() + AGAIN_S
        while key != keys[-1] and terminal.text == before and time.monotonic() < until:
            terminal.read(0.05)


def _move(terminal: Terminal, step: Step) -> None:
    """Down the list, and up again where it ends: a slow screen may have let the row slip by."""
    way = 0
    for _ in range(MOST_ROWS):
        before = _settled(terminal)
        if step.cursor in before:
            return
        terminal.press(step.keys[way])
        until = time.monotonic() + SLOW_S
        # A frame may come in two parts: no lit row at all is not yet an answer.
        while terminal.lit(CURSOR) in ("", before) and time.monotonic() < until:
            terminal.read(0.05)
        if terminal.lit(CURSOR) == before:
            way = 1 - way
    raise TerminalError(f"no row with {step.cursor!r} came under the cursor", terminal.text)


def _settled(terminal: Terminal) -> str:
    """The row under the cursor once it stands: the bar of a page may be drawn a moment before its rows."""
    until = time.monotonic() + SLOW_S
    row, since = terminal.lit(CURSOR), time.monotonic()
    while time.monotonic() < until and (not row or time.monotonic() - since < STANDS_S):
        terminal.read(0.05)
        if (now := terminal.lit(CURSOR)) != row:
            row, since = now, time.monotonic()
    return row
