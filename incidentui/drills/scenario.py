"""What makes one drill: data, and a function that gives the files of a commit.

How a sandbox is built, broken, judged and scored is the same for all of them and knows none by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """A commit: of the past, `ago` hours before the drill; or one that breaks, written when it is pushed."""

    author: str
    subject: str
    ago: float = 0.0


@dataclass(frozen=True, slots=True)
class Program:
    """A supervised program: Python run on these words, without site-packages. The words may hold marks."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks at one of the ports, and how a good answer begins (a regular expression)."""

    port: str
    path: str
    method: str = "GET"
    says: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One time of those to whom it really happened, from the deploy on, and what it was."""

    time: Ms | Literal["never", "unknown"]
    what: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One of the causes that stand behind one another: the check that turns red with it, and what the record tells."""

    check: str
    what: str
    lost: Ms | None = None
    """How long it took those to whom it really happened."""


@dataclass(frozen=True, slots=True)
class Original:
    """The real incident, as far as its record tells."""

    heading: str
    detect: Told
    acknowledge: Told
    first_action: Told
    recover: Told
    wrong_turns: int | Literal["unknown"]
    turns: str
    """Which they were."""
    more: tuple[str, ...] = ()
    """What else is known, a sentence each."""


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    about: str
    """What whoever works through it will see. Nothing of it, or of what stands below it, says what is broken."""
    learns: str
    """What is practised: an infinitive."""
    minutes: tuple[int, int]
    """How long a person takes, from and to."""
    debrief: str
    """What was broken: told when it is over."""
    goal: str
    data: str
    """The folder of its files."""
    responder: str
    past: tuple[Written, ...]
    """Up to the commit that is good, oldest first."""
    breaking: tuple[Written, ...]
    pushes: tuple[tuple[int, ...], ...]
    """Ways in which the breaking commits may come: how many in each push. The seed chooses one."""
    tree: Callable[[int], Mapping[str, str]]
    """Every file of the n-th commit, the breaking ones counted on. The texts may hold marks."""
    ports: tuple[str, ...]
    """The first is the front door."""
    programs: tuple[Program, ...]
    environment: Mapping[str, str]
    healthy: tuple[Request, ...]
    """What a user is served when all is well."""
    original: Original
    password_file: str = ""
    """A file in the sandbox's folder with a password of its own, where users have to log in."""
    commands: bool = False
    """Whether its configuration runs commands: they are allowed in the drill's own state directory."""
    visit: Callable[[Path, int], bool] | None = None
    """What takes a user more than one request: given the sandbox's folder and the front door, whether it worked."""
    requests: str = "front-door.log"
    """The log that has a line as soon as a user asked for something."""
    silent: tuple[str, ...] = ()
    """Ports that nobody listens on."""
    furnish: Callable[[Path, Mapping[str, str]], None] | None = None
    """Puts what lies beside the deployed code into the sandbox's folder; it is given the marks."""
    rot: Callable[[Path, Mapping[str, str]], None] | None = None
    """What became of that by the time of the first push, though no running program reads it again."""
    forward: bool = False
    """The way out is a row of fixes, and what is pushed is sound and stays: going back heals nothing."""
    asked: tuple[str, str] | None = None
    """Where it runs in containers: the service and the words in its log that say that a user asked for something."""
    unasked: bool = False
    """Whether its containers are taken without being asked for, where an engine is here."""
    layers: tuple[Layer, ...] = ()
    """The causes in their order, where they stand one behind the other."""
    checkpoint: bool = False
    """Whether one was taken while all was good, before anything broke."""
    left_out: str = ""
    """What of the real incident it does not show here, and why."""

    @property
    def rows(self) -> str:
        """The folder of what its database begins with; a way of running it lies in a folder of that."""
        return self.data.partition("/")[0]

    @property
    def front(self) -> str:
        return self.ports[0]

    @property
    def told(self) -> str:
        """What a responder is told at the start."""
        return f"{self.goal} Left out here: {self.left_out}." if self.left_out else self.goal


def without_runbooks(scenario: Scenario) -> Scenario:
    """The same drill, with a repository that has no runbooks of its own."""

    def tree(n: int) -> dict[str, str]:
        return {name: text for name, text in scenario.tree(n).items() if not name.startswith("runbooks/")}

    return replace(scenario, tree=tree)


def marked(text: str, marks: Mapping[str, str]) -> str:
    """The text with each `@MARK@` replaced by what it stands for."""
    for mark, value in marks.items():
        text = text.replace(f"@{mark}@", value)
    return text
