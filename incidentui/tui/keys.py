"""The key table: what each key is called, means and is good for, and what the bar shows.

One letter, one meaning. Names are those of the bar (`x ! [ esc pgdn ctrl+u`), never Textual's.
"""

from typing import Literal

from textual.events import Key, Paste

from incidentui.core.value import dataclass
from incidentui.tui.present.scene import Scene, in_state
from incidentui.tui.present.status import KeyHint
from incidentui.tui.regions import PaneName

Group = Literal["move", "look", "record", "runbook", "act", "replay"]
_NAMES = {
    "escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "space": "space", "return": "enter",
    "backtab": "shift+tab", "delete": "del",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Binding:
    action: str
    keys: tuple[str, ...]
    label: str
    group: Group
    shown: str = ""
    """How the help page writes the keys."""


TABLE: tuple[Binding, ...] = (
    Binding("down", ("down", "j"), "row", "move", "↑ ↓  j k"),
    Binding("up", ("up", "k"), "row", "move", "-"),
    Binding("first", ("g", "home"), "first, last", "move", "g G"),
    Binding("last", ("G", "end"), "last", "move", "-"),
    Binding("half_down", ("ctrl+d",), "half a page", "move", "ctrl+d  u"),
    Binding("half_up", ("ctrl+u",), "half a page", "move", "-"),
    Binding("page_down", ("pgdn",), "page", "move", "-"),
    Binding("page_up", ("pgup",), "page", "move", "-"),
    Binding("next_pane", ("tab",), "next pane", "move"),
    Binding("previous_pane", ("shift+tab",), "previous pane", "move", "-"),
    Binding("pane_1", ("1",), "pane by number", "move", "1 to 5"),
    Binding("pane_2", ("2",), "services", "move", "-"),
    Binding("pane_3", ("3",), "commits", "move", "-"),
    Binding("pane_4", ("4",), "workloads", "move", "-"),
    Binding("pane_5", ("5",), "runbook", "move", "-"),
    Binding("previous_moment", ("[",), "key moment, hunk", "move", "[ ]"),
    Binding("next_moment", ("]",), "key moment", "move", "-"),
    Binding("next_item", ("J",), "next item, same page", "move", "J K"),
    Binding("previous_item", ("K",), "previous item", "move", "-"),
    Binding("zoom", ("z",), "zoom, and back", "move"),
    Binding("back", ("esc",), "one step back", "move"),
    Binding("leave", ("q",), "leave, asks", "move"),
    Binding("suspend", ("ctrl+z",), "suspend, fg comes back", "move"),
    Binding("open_row", ("enter",), "open the row", "look"),
    Binding("filter", ("/",), "filter", "look"),
    Binding("details", (".",), "details", "look"),
    Binding("times", ("t",), "clock, T+ or UTC", "look"),
    Binding("follow", ("f",), "follow the newest", "look"),
    Binding("logs", ("l",), "logs of several", "look"),
    Binding("copy", ("y",), "copy", "look"),
    Binding("look_now", ("v",), "look now, all checks", "look"),
    Binding("diff", ("d",), "differences", "look"),
    Binding("help", ("?",), "keys", "look"),
    Binding("palette", ("ctrl+p", ":"), "commands", "look", "ctrl+p  :"),
    Binding("note", ("n",), "note; @09:12 back-dates", "record"),
    Binding("acknowledge", ("i",), "I'm on it", "record"),
    Binding("severity", ("!",), "severity", "record"),
    Binding("mark", ("m",), "mark: moment, good", "record"),
    Binding("hypotheses", ("h",), "hypotheses", "record"),
    Binding("draft", ("p",), "draft", "record"),
    Binding("open_incident", ("o",), "open an incident", "record"),
    Binding("close_incident", ("c",), "close, with its checks", "record"),
    Binding("runbooks", ("r",), "choose, read", "runbook"),
    Binding("run_step", ("x",), "run the step: plan first", "runbook"),
    Binding("skip_step", ("s",), "skip, with a reason", "runbook"),
    Binding("stop_step", ("ctrl+c",), "stop the running step", "runbook"),
    Binding("act", ("a",), "act on the row", "act"),
)
REPLAY: tuple[Binding, ...] = (
    Binding("play", ("space",), "play, pause", "replay"),
    Binding("step_back", ("left",), "one event back", "replay", "← →"),
    Binding("step_on", ("right",), "one event on", "replay", "-"),
    Binding("moment_back", ("[",), "key moment", "replay", "[ ]"),
    Binding("moment_on", ("]",), "key moment", "replay", "-"),
    Binding("slower", ("-",), "speed", "replay", "- +"),
    Binding("faster", ("+", "="), "speed", "replay", "-"),
    Binding("go_to", ("@",), "go to a time", "replay"),
    Binding("begin", ("<",), "begin, end", "replay", "< >"),
    Binding("finish", (">",), "end", "replay", "-"),
)
ACTS = frozenset({"act", "run_step", "skip_step"})
RECORDS = frozenset({"note", "acknowledge", "severity", "mark", "open_incident", "close_incident"})


class Burst(Paste):
    """Several characters in one read, without the marks of a paste: a slow line, a script, or an old terminal."""


_TYPED = {
    "\r": "enter", "\n": "enter", " ": "space", "\t": "space", "\x7f": "backspace", "\x08": "backspace",
    "\x15": "ctrl+u", "\x17": "ctrl+w",
}  # fmt: skip


def typed(text: str) -> list[str]:
    """The keys of a burst."""
    return [key for letter in text if (key := _TYPED.get(letter, letter if letter.isprintable() else ""))]


def name(event: Key) -> str:
    """The key as the bar calls it: the character if it prints, else a word."""
    if event.character and event.is_printable and event.key != "space":
        return event.character
    return _NAMES.get(event.key, event.key)


def action_of(key: str, replay: bool) -> str | None:
    tables = (*REPLAY, *TABLE) if replay else TABLE
    return next((b.action for b in tables if key in b.keys), None)


def bar(scene: Scene, focus: PaneName, width: int) -> list[KeyHint]:
    """What the focus can use now, most used first."""
    if scene.view.playhead is not None:
        return _replay_bar()
    row = focus == "workloads" and bool(scene.state.workloads)
    if scene.view.read_only:
        looks = ["enter workload", "l its log"] if row else ["enter evidence"]
        return _hints("n note", "r read runbooks", "v look now", *looks, "/ filter", "z zoom", "y copy")
    opens = f"enter {_OPENS.get(focus, 'evidence')}"
    marks = "m mark known-good" if focus == "commits" else "m mark"
    on_row = [opens, "a act", "l its log"] if row else []
    if scene.incident is not None:
        first = [] if scene.incident.acknowledged is not None else ["i I'm on it"]
        also = [] if row else [opens]
        acts = on_row or ["a act"]
        return _hints(*acts, *first, "n note", "r runbook", "p draft", "c close", *also, "/ filter", "z zoom")
    if in_state(scene, "failing"):
        also = [] if row else [opens]
        return _hints(*on_row, "o open incident", "i I'm on it", "n note", *also, "r runbooks", "v look now", "z zoom")
    return _hints(*on_row, "o open incident", "n note", "r runbooks", "v look now", marks, "/ filter", "z zoom")


_OPENS = {"runbook": "read", "commits": "changes", "workloads": "workload"}
"""What `enter` leads to from a pane, where that is not the evidence of its row."""


def _hints(*texts: str) -> list[KeyHint]:
    return [KeyHint(*text.split(" ", 1)) for text in texts]


def _replay_bar() -> list[KeyHint]:
    pairs = (
        ("space", "play, pause"),
        ("← →", "step"),
        ("[ ]", "key moment"),
        ("- +", "speed"),
        ("@", "go to a time"),
        ("enter", "evidence"),
        ("z", "zoom"),
    )
    return [KeyHint(key, label) for key, label in pairs]
