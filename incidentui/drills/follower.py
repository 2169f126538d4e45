"""A responder who knows nothing of the drill: takes the runbook that is offered, and does what it says, by keys.

What it knows is the screen: where the offers stand with their reasons, which step is to do, which word a plan asks for,
what the verdict is. It reads no prose; a step for a person is ticked. Where a step is not complete it looks at what is
offered now, as the verdict page tells people to.
"""

import re
import time
from collections.abc import Sequence

from incidentui.core.value import dataclass
from incidentui.drills.robot import ENTER, ESC, SLOW_S, STANDS_S, Step, play, typed_word
from incidentui.drills.terminal import Terminal, TerminalError

ROUNDS = 14
"""Runbooks taken up before it gives in."""
TRIES = 2
"""At one step: a plan is refused when somebody pushed meanwhile."""
PLAN_S, RUNS_S, PATIENCE_S = 15.0, 200.0, 40.0
"""How long a plan, an action, and a look may take at what ends again and again."""
BELIEVED_S, SETTLES_S, PAUSE_S = 1.6, 25.0, 0.3
"""An offer that stood this long is believed; how long the checks may take to agree; between two looks."""
_OFFER = re.compile(r"^ +▸ (?P<title>\S.*?)  +(?P<why>.*\bbecause .*?)(?:  +\d+ steps?)?$", re.MULTILINE)
_TO_DO = re.compile(r"^ [▸✗?] +(\d+) ", re.MULTILINE)
_ALL_DONE = re.compile(r"\b(\d+) of \1 done")
_WORD = re.compile(r"type the \w+ to run it: +(\S+)")
_YES, _AT_ONCE = r"Y yes, take back", r"runs it at once"
_PLAN = rf"x type the \w+ to run it|{_YES}|{_AT_ONCE}"
_WORDS = r"[✓✗–?] (COMPLETE|NOT COMPLETE|FAILED|REFUSED|OUTCOME UNKNOWN)"
_FALLS, _CUT, _WHY = r"✗ .* crashing with exit", r"\bs cut short, with a reason", r"short, why ›"
_RED = r"✗ .* (is|are) failing"
_MAIN, _LIST, _PAGE = r"\bc close\b", r"CHOOSE ─", r"STEPS ─"


@dataclass(frozen=True, slots=True)
class Offered:
    title: str
    why: str


def follow(terminal: Terminal, before: Sequence[Step], after: Sequence[Step]) -> None:
    """`before` opens the incident, `after` closes it; between them the runbooks lead. TerminalError: it is stuck."""
    play(terminal, before)
    tried: list[Offered] = []
    for _ in range(ROUNDS):
        offered = _chosen(terminal, tried)
        if offered is None:
            _home(terminal)
            play(terminal, after)
            return
        tried.append(offered)
        _take_up(terminal, offered)
        while _one_step(terminal):
            pass
    raise TerminalError(f"{ROUNDS} runbooks were followed, and it is still red", terminal.text)


# -- what is offered


def _chosen(terminal: Terminal, tried: Sequence[Offered]) -> Offered | None:
    """The first offer that stands for a while and was not followed for the same reason twice; None: nothing is left."""
    until, since = time.monotonic() + SETTLES_S, time.monotonic()
    seen: tuple[Offered, ...] | None = None
    while True:
        now = _offers(terminal)
        if _names(now) != _names(seen):
            seen, since = now, time.monotonic()
        fresh = [offered for offered in now if tried.count(offered) < 2 and offered not in tried[-1:]]
        stood = time.monotonic() - since >= BELIEVED_S
        if stood and fresh:
            return fresh[0]
        if stood and not now and not re.search(_RED, terminal.text):
            return None
        if time.monotonic() > until:
            again = [offered for offered in now if tried.count(offered) < 2]
            if again:
                return again[0]
            raise TerminalError("what is offered was followed twice, and helped not", terminal.text)
        time.sleep(PAUSE_S)


def _names(offers: tuple[Offered, ...] | None) -> list[str] | None:
    return None if offers is None else [offered.title for offered in offers]


def _offers(terminal: Terminal) -> tuple[Offered, ...]:
    """Read off the list, which stands still while it is open: it is opened anew for each look."""
    _home(terminal)
    play(terminal, (Step("look at the runbooks", r"r runbook", ("r",), rf"{_LIST}|{_PAGE}"),))
    if not re.search(_LIST, terminal.text):  # the one being worked through lies before it
        play(terminal, (Step("the list behind it", _PAGE, (ESC,), _LIST),))
    terminal.wait(r"enter read it", 5)
    _still(terminal)
    return tuple(Offered(m["title"], m["why"].strip()) for m in _OFFER.finditer(terminal.text))


def _still(terminal: Terminal) -> None:
    """A screen comes in parts: until no more of it comes for a moment."""
    until, before = time.monotonic() + SLOW_S, ""
    while terminal.text != before and time.monotonic() < until:
        before = terminal.text
        end = time.monotonic() + STANDS_S
        while time.monotonic() < end:
            terminal.read(0.05)


def _home(terminal: Terminal) -> None:
    """Back to the incident's own screen, page by page."""
    for _ in range(8):
        _still(terminal)
        if re.search(_MAIN, terminal.text):
            return
        before = terminal.text
        terminal.press(ESC)
        until = time.monotonic() + 1.0
        while terminal.text == before and time.monotonic() < until:
            terminal.read(0.05)
    terminal.wait(_MAIN, 5)


# -- one runbook


def _take_up(terminal: Terminal, offered: Offered) -> None:
    """From the list to its page, started; one that was begun is gone on with."""
    play(terminal, (Step("choose it", r"enter read it", ("j", "k"), cursor=offered.title),))
    begun = "worked through" in offered.why
    play(terminal, (Step("take it up", _LIST, ("\r" if begun else "x",), rf"{_PAGE}[\s\S]*s skip, with a reason"),))


def _one_step(terminal: Terminal) -> bool:
    """The step to do, done; False: there is none, or it is not complete."""
    terminal.wait(_PAGE, 10)
    _still(terminal)
    n = _to_do(terminal)
    if not n or _ALL_DONE.search(terminal.text):
        return False
    terminal.wait(rf" {n}  \S", 5)  # beside the steps: what it is, and how it is done
    if re.search(rf" {n}  \S.* done by hand", terminal.text):
        note = Step(f"tick step {n}", _PAGE, ("x",), rf"step {n} done, note")
        play(
            terminal, (note, Step("no note", rf"step {n} done, note", (ENTER,), rf"step {n} is done|[▸✗?] +(?!{n} )\d"))
        )
        return True
    words = (_ran(terminal) for _ in range(TRIES))
    if next((word for word in words if word != "REFUSED"), "") == "COMPLETE":
        return True
    _still(terminal)
    # Done, and users wait for something else; or not done, and its author says what follows then.
    return re.search(rf"^ ✓ +{n} ", terminal.text, re.MULTILINE) is not None or _to_do(terminal) not in ("", n)


def _to_do(terminal: Terminal) -> str:
    """The number of the step to do; those before it may have failed, and led on. Empty: there is none."""
    return next(reversed(_TO_DO.findall(terminal.text)), "")


def _ran(terminal: Terminal) -> str:
    """One try at an action: its plan, its word, and the word of the verdict."""
    play(terminal, (Step("plan it", _PAGE, ("x",)),))
    if not terminal.see(_PLAN, PLAN_S):
        return "REFUSED"
    while re.search(_YES, terminal.text):
        play(terminal, (Step("the others too", _YES, ("Y",), r"x type the \w+ to run it", again=True),))
    if re.search(_AT_ONCE, terminal.text):
        play(terminal, (Step("look", _AT_ONCE, ("x",), r"RUNNING|VERDICT", again=True),))
    elif word := _WORD.search(terminal.text):
        play(terminal, typed_word(r"\w+", word[1]))
    return _judged(terminal)


def _judged(terminal: Terminal) -> str:
    if not terminal.see(r"VERDICT", PATIENCE_S) and re.search(_FALLS, terminal.text) and re.search(_CUT, terminal.text):
        reason = Step("say why", _WHY, (*"it ends again and again", ENTER), r"VERDICT|STEPS ─", within_s=10)
        play(terminal, (Step("wait no longer", _CUT, ("s",), _WHY), reason))
        if not terminal.see(r"VERDICT", SLOW_S):
            return "NOT COMPLETE"
    terminal.wait(r"VERDICT", RUNS_S)
    terminal.wait(_WORDS, 5)
    found = re.search(_WORDS, terminal.text)
    play(terminal, (Step("back to the step", _WORDS, (ESC,), _PAGE),))
    return found[1] if found else ""
