"""A runbook of several steps, worked through by keys on the screen of the installed program."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from incidentui.core.events import ActionEnded, StepChanged
from tests.e2e.world import COMMAND, Place, until
from tests.faults import steps
from tests.faults.pty import Pty

ESC, ENTER = "\x1b", "\r"


def book(blocks: Sequence[str], front: str = "") -> str:
    """A step a block, which may begin with the line of its fence; `hand:` begins one that a person does."""
    out = [f"---\n{front}---\n" if front else "", f"# {steps.TITLE}\n"]
    for n, block in enumerate(blocks, 1):
        out.append(f"\n{n}. Part {n}\n")
        if block.startswith("hand:"):
            out.append(f"\n   {block.removeprefix('hand:')}\n")
            continue
        for part in block.split("\n---\n"):
            info, newline, text = part.partition("\n") if part.startswith("```") else ("```sh", "\n", part)
            body = text.replace("\n", "\n   ")
            out.append(f"\n   {info}{newline}   {body}\n   ```\n")
    return "".join(out)


class Run:
    """One case: a project, its runbook, and the screen as it is opened, left and opened again."""

    def __init__(self, place: Place, blocks: Sequence[str], front: str, stack: ExitStack) -> None:
        self.place, self._stack = place, stack
        self.file = place.root / steps.BOOK
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(book(blocks, front))
        self.root = place.root

    @property
    def screen(self) -> Pty:
        return self._screen

    def trust(self) -> None:
        self.place.ok("trust", steps.BOOK)

    def begin_untrusted(self) -> None:
        self._screen = self._stack.enter_context(steps.at_the_step(self.place))

    def begin_by_hand(self) -> None:
        """Its first step is one that a person ticks."""
        self.trust()
        self._screen = self._stack.enter_context(steps.at_the_step(self.place, to_do="x done"))

    def begin(self, env: Mapping[str, str] | None = None) -> None:
        """Allowed, and started on the screen."""
        self.trust()
        self._screen = self._stack.enter_context(steps.at_the_step(self.place, env))

    def open(self, *argv: str, user: str = "ana", columns: int = 120, rows: int = 40) -> Pty:
        """Another screen, at the runbook that is being worked through."""
        env = self.place.env(user)
        self._screen = self._stack.enter_context(
            Pty([COMMAND, *argv], self.place.root, env, columns, rows, keep_slave=False)
        )
        self._screen.see(r"\? help")
        self._screen.rest(0.4, 1)
        return self._screen

    def to_the_step(self) -> None:
        self.press("r")
        self.see("CHOOSE ─|STEPS ─")
        if "STEPS ─" not in self.screen.text:  # the list comes first while the runbooks are being read
            self.press(ENTER)
        self.see(rf"RUNBOOK +{steps.TITLE}")

    def press(self, *keys: str) -> None:
        self.screen.press(*keys, gap_s=0.25)

    def see(self, words: str) -> None:
        self.screen.see(words)

    # -- a step

    def fire(self, last: str) -> None:
        """Plan, word, enter; until the record has the step in this state, then back on its page."""
        steps.fire(self.screen)
        self.until(last)
        self.back()

    def back(self) -> None:
        for _ in range(4):
            if "STEPS ─" in self.screen.text:
                return
            self.press(ESC)
        self.see("STEPS ─")

    def until(self, last: str) -> None:
        self._pumped(lambda: self.states()[-1:] == [last], f"{last}, not {self.states()}")

    def _pumped(self, seen: Callable[[], bool], what: str) -> None:
        def looked() -> bool:
            self.screen.rest(0.05, 0.2)
            return seen()

        until(looked, what, 60)

    def leave(self) -> int:
        self.press(ESC, ESC, ESC, "q", "q")
        return self.screen.end(40)

    # -- what the record says

    def states(self) -> list[str]:
        changes = [r.event for r in self.place.records() if isinstance(r.event, StepChanged)]
        return [f"{event.n} {event.now}" for event in changes]

    def said(self) -> list[str]:
        """The words of each run, in order."""
        return [r.event.why for r in self.place.records() if isinstance(r.event, ActionEnded)]

    def output(self) -> str:
        """What was kept of the last one."""
        ended = [r.event for r in self.place.records() if isinstance(r.event, ActionEnded)]
        with self.place.journal() as journal:
            kept = journal.evidence(ended[-1].evidence or "")
        return kept.body if kept else ""

    def there(self, name: str) -> bool:
        return (self.root / name).exists()

    def names(self) -> list[str]:
        return self.place.names()


@contextmanager
def prepared(place: Place, blocks: Sequence[str], front: str = "") -> Iterator[Run]:
    with ExitStack() as stack:
        yield Run(steps.prepared(place), blocks, front, stack)


def path_without(*programs: str, folder: Path) -> str:
    """A PATH on which everything is found but these."""
    folder.mkdir()
    for name in ("/bin", "/usr/bin", "/usr/local/bin"):
        for file in Path(name).iterdir():
            if file.name not in programs and not (folder / file.name).exists():
                (folder / file.name).symlink_to(file)
    return str(folder)
