"""What a runbook is once read: phases, steps, commands and typed actions. Values only; nothing here runs anything.

`line` is always the line of the file, counted from 1, so that a problem or a step can be found in an editor.
"""

from dataclasses import field
from typing import Literal

from incidentui.core.difference import DiffLine
from incidentui.core.model import RunbookRun, RunStep
from incidentui.core.value import dataclass

Pairs = tuple[tuple[str, str], ...]
Level = Literal["error", "warning"]
AFTER_RECOVERY = "after recovery"
"""A heading: once the runbook is begun, closing as resolved waits for the steps under it."""


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    text: str
    hint: str = ""
    level: Level = "error"
    rule: str = ""
    """The rule of the linter that it breaks."""
    about: str = ""
    """The word in the file that it is about."""


@dataclass(frozen=True, slots=True)
class Command:
    """One fence. `text` is what would run; sample output that stood beside `$ ` prompts is in `expected`."""

    lang: str
    text: str
    runnable: bool
    line: int
    attrs: Pairs = ()
    expected: str = ""
    why_not: str = ""
    """Why it cannot be run, in a person's words; empty when it can."""
    held: bool = False
    """It was meant to run and may not: nothing of its step does. What is only shown holds nothing back."""

    @property
    def name(self) -> str:
        return dict(self.attrs).get("name", "")


@dataclass(frozen=True, slots=True)
class TypedAction:
    """A `yaml` fence with an `action` attribute. Values are text as written; `{{ name }}` is not yet filled in."""

    name: str
    args: Pairs
    line: int
    attrs: Pairs = ()


@dataclass(frozen=True, slots=True)
class Step:
    n: int
    title: str
    line: int
    phase: str
    prose: str = ""
    manual: bool = True
    """Nothing to run: a person does it and ticks it."""
    action: TypedAction | None = None
    commands: tuple[Command, ...] = ()
    placeholders: tuple[str, ...] = ()
    """Names like `<namespace>` that must be filled in before a command can run."""
    undo: tuple[Command, ...] = ()
    """What takes it back, and what shows that it did (`undo` is `check`); not run with the step."""
    undo_action: TypedAction | None = None
    then: int | None = None
    otherwise: int | None = None
    """The steps that follow when it came out good, and when it failed; None: as they stand."""
    looks: bool = False
    """It changes nothing."""

    @property
    def attrs(self) -> Pairs:
        """Of all its fences that are run with it."""
        typed = self.action.attrs if self.action else ()
        return (*typed, *(pair for command in self.commands for pair in command.attrs))

    @property
    def texts(self) -> tuple[Command, ...]:
        """All its fences, those that take it back too."""
        return (*self.commands, *self.undo)

    @property
    def held(self) -> str:
        """Why nothing of it may run, though something of it could; empty when nothing is held back."""
        return next((command.why_not for command in self.commands if command.held), "")

    @property
    def by_hand(self) -> bool:
        """Nothing of it can be run here: a person does it, and ticks it."""
        return self.action is None and not any(command.runnable for command in self.commands)


@dataclass(frozen=True, slots=True)
class Phase:
    """A heading of the runbook, with the text beneath it that belongs to no step."""

    title: str
    level: int
    line: int
    prose: str = ""
    reading: bool = False
    """Only to be read (Meaning, Impact, ...): holds no steps."""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    prompt: str = ""
    default: str = ""
    source: str = ""
    """Where the value comes from: git.head, good, suspect, service, workload, branch."""


@dataclass(frozen=True, slots=True)
class Runbook:
    id: str
    title: str
    path: str
    digest: str
    """What is allowed: SHA-256 of the file as it was read, and of the scripts of the project that its commands name."""
    summary: str = ""
    phases: tuple[Phase, ...] = ()
    steps: tuple[Step, ...] = ()
    alerts: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    """Names of known errors that it answers."""
    tags: tuple[str, ...] = ()
    vars: tuple[Variable, ...] = field(default=())
    problems: tuple[Problem, ...] = ()
    origin: Literal["shipped", "project"] = "project"
    trusted: bool = False
    """Whether its shell text may run. What came with the program may; a file of a repository only once allowed."""
    calls: tuple[str, ...] = ()
    """The scripts of the project that its commands name."""
    asked_again: str = ""
    """Why what was allowed once is not any more, in a person's words."""
    changes: tuple[DiffLine, ...] = ()
    """What differs from the text that was allowed last."""

    def run_steps(self) -> tuple[RunStep, ...]:
        """What a run of it begins with: every step still to do."""
        return tuple(
            RunStep(
                s.n,
                s.title,
                action=s.action.name if s.action else None,
                then=s.then,
                otherwise=s.otherwise,
                looks=s.looks,
                before_close=s.phase.strip().lower() == AFTER_RECOVERY,
                runs=not s.by_hand,
            )
            for s in self.steps
        )

    def step(self, n: int) -> Step | None:
        return next((step for step in self.steps if step.n == n), None)

    def moved(self, run: RunbookRun, n: int) -> bool:
        """Whether step n of the run is another one here: the file changed since the run began."""
        was, now = next((s.title for s in run.steps if s.n == n), None), self.step(n)
        return run.digest != self.digest and was != (now.title if now is not None else None)

    def prompt_of(self, name: str) -> str:
        """What a person is asked for a variable: its prompt, else its name."""
        return next((v.prompt for v in self.vars if v.name == name and v.prompt), name)
