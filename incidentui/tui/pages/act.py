"""What can be done about one thing: numbered choices, each of which opens its plan first. Nothing acts here."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from incidentui.core.format import short
from incidentui.core.inputs import Command, MarkGood
from incidentui.core.model import Ms
from incidentui.core.state import State
from incidentui.core.suspects import since_good
from incidentui.core.value import dataclass
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, cells
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import cell, flow, hanging, heading, section
from incidentui.tui.pages.plan import open_plan
from incidentui.tui.telling import tell

LABELS = "123456789abcdefgh"
Asks = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be done now: an action with its plan, or a command that only records."""

    title: str
    note: str
    action: str = ""
    args: tuple[tuple[str, str], ...] = ()
    command: Command | None = None
    asks: Asks = ()
    """(argument, what the status row asks for): typed before the plan is made."""


def about_commit(sha: str, me: str, state: State) -> tuple[Choice, ...]:
    """Going back comes first where it leads back: on known-good the way to it, on what came since the way out of it."""
    name, branch, push = short(sha), state.project.branch or "the branch", ("push", "true")
    revert = Choice(f"Revert {name}", "new commit, new push", "git.revert", (("commits", sha), push))
    aside = (
        Choice(
            f"Move {branch} itself to {name}",
            "later commits vanish from it",
            "git.reset",
            (("to", sha), ("mode", "branch"), push),
        ),
        Choice(f"Mark {name} as a fix", "looked for after each move", "fix.mark", (("commit", sha),)),
        Choice(f"Wait for CI of {name}", "only looks", "ci.wait", (("commit", sha),)),
    )
    good = state.good
    if good is not None and good.sha == sha:
        return (to_good(good.sha, branch), *aside, replace(revert, note="takes back what was good"))
    known = (to_good(good.sha, branch),) if good is not None and _came_since(sha, state) else ()
    return (
        revert,
        *known,
        Choice(f"Reset {branch} to {name}", "one new commit with its tree", "git.reset", (("to", sha), push)),
        Choice(f"Mark {name} known-good", "only recorded", command=MarkGood(sha, me)),
        *aside,
        Choice(f"Bisect from known-good to {name}", "only looks", "git.bisect", (("bad", sha),)),
    )


def to_good(good: str, branch: str) -> Choice:
    args = (("to", good), ("push", "true"))
    return Choice(f"Reset {branch} to known-good {short(good)}", "one new commit with its tree", "git.reset", args)


def _came_since(sha: str, state: State) -> bool:
    """Whether it came after known-good, on the branch as it is on the remote, or here where there is none."""
    repository = state.repository
    tip = (repository.upstream or repository.head) if repository is not None else None
    return tip is not None and any(commit.sha == sha for commit in since_good(state, tip))


def about_workload(name: str, state: State) -> tuple[Choice, ...]:
    args = (("name", name),)
    workload = state.workloads.get(name)
    if workload is None:
        return (*brought_up(name, state), *about_checkpoints(state))
    restart = Choice(f"Restart {name}", "the same again", "workload.restart", args)
    stop = Choice(f"Stop {name}", "until it is started", "workload.stop", args)
    start = Choice(f"Start {name}", "when it is down", "workload.start", args)
    anew = Choice(f"Create {name} anew", "the same configuration, volumes kept", "workload.recreate", args)
    down = workload.state in ("stopped", "exited")
    first = (start, restart, stop) if down else (restart, stop, start)
    if workload.engine != "docker":
        return (*first, *about_checkpoints(state), *_about_all(state))
    return (*first, anew, *about_checkpoints(state), *_about_container(name, args), *_about_all(state))


def _about_all(state: State) -> tuple[Choice, ...]:
    """Of the project, wherever one stands in it; last, so that nobody hits it for the one."""
    every = (("name", "all"),)
    engines = [workload.engine for workload in state.workloads.values()]
    if len(engines) < 2:
        return ()
    restart = Choice("Restart the whole project", "one by one, what others need first", "workload.restart", every)
    anew = Choice("Create the whole project anew", "one by one, volumes kept", "workload.recreate", every)
    return (restart, anew, _all_by_compose()) if "docker" in engines else (restart,)


def _all_by_compose() -> Choice:
    title = "Bring the whole project up by compose"
    return Choice(title, "as its compose file declares it", "compose.up", (("name", "all"),))


def brought_up(name: str, state: State) -> tuple[Choice, ...]:
    """Of one that a compose file declares, and that is not there."""
    drift = state.drift.get(name)
    gone = drift is not None and not drift.checkpoint and any(row.what == "container" for row in drift.rows)
    return (_by_compose(name), _all_by_compose()) if gone and name not in state.workloads else ()


def _by_compose(name: str) -> Choice:
    return Choice(f"Bring {name} up by compose", "as its compose file declares it", "compose.up", (("name", name),))


_COMMAND: Asks = (("command", "run, as words without a shell"),)
_OUT: Asks = (("from", "path in the container"), ("to", "into which folder here"))
_IN: Asks = (("from", "file here"), ("to", "path in the container"))


def _about_container(name: str, args: tuple[tuple[str, str], ...]) -> tuple[Choice, ...]:
    return (
        Choice(f"Back up the volumes of {name}", "changes nothing", "volume.backup", args),
        Choice(f"Restore a volume of {name}", "from one of its backups", "volume.restore", args),
        _by_compose(name),
        Choice(f"Run a command in {name}", "words, without a shell", "workload.exec", args, asks=_COMMAND),
        Choice(f"Copy something out of {name}", "nothing is written over", "workload.copy-out", args, asks=_OUT),
        Choice(f"Copy a file into {name}", "what is there is kept first", "workload.copy-in", args, asks=_IN),
    )


_WITH_CONTENTS = Choice(
    "Checkpoint with what is in its volumes", "a backup of each, too", "checkpoint.take", (("volumes", "all"),)
)


def about_checkpoints(state: State) -> tuple[Choice, ...]:
    docker = any(workload.engine == "docker" for workload in state.workloads.values())
    latest = (("id", "latest"),)
    return (
        Choice("Take a checkpoint", "only looks, and keeps what it saw", "checkpoint.take"),
        Choice("Restore the latest checkpoint", "configuration files and images of then", "checkpoint.restore", latest),
        Choice("Test the latest checkpoint", "a restore into a scratch place", "checkpoint.test", latest),
        *([_WITH_CONTENTS] if docker else []),
    )


def choice_lines(choices: Sequence[Choice], width: int) -> list[Line]:
    """The numbered list; titles are never cut."""
    column = max((cells(choice.title) for choice in choices), default=0) + 2
    out: list[Line] = []
    for n, choice in enumerate(choices, 1):
        head = (Seg(f"{LABELS[n - 1 : n] or ' '}  ", "accent", bold=True),)
        if 3 + column + cells(choice.note) <= width:
            rows = [Line((*head, cell(choice.title, column - 1), Seg(choice.note, "muted")))]
        else:
            rows = flow([(Seg(choice.title),), (Seg(choice.note, "muted"),)], width, head)
        out += [replace(rows[0], key=("choice", n)), *rows[1:]]
    return [*out, Line((Seg("Each opens its plan first.", "muted"),))] if choices else []


def choose(
    n: int, choices: Sequence[Choice], screen: PageContext, step: int | None = None, undoes: bool = False
) -> None:
    """The n-th choice: its plan (for `step`; `undoes`: to take it back), or its record."""
    if not 1 <= n <= len(choices):
        screen.refuse(str(n), f"there are {len(choices)} choices here")
        return
    choice = choices[n - 1]

    def planned(args: dict[str, str]) -> None:
        open_plan(screen, str(n), choice.action, args, step, undoes)

    if choice.command is None:
        _asked(str(n), choice.asks, dict(choice.args), planned, screen)
    else:
        tell(screen, str(n), choice.command, choice.title)


def _asked(
    key: str, asks: Asks, args: dict[str, str], then: Callable[[dict[str, str]], None], screen: PageContext
) -> None:
    """One answer after the other, then the plan."""
    if not asks:
        then(args)
        return
    name, label = asks[0]

    def answered(text: str) -> None:
        if not text.strip():
            screen.refuse(key, f"{label}: nothing was given", "Nothing was planned.")
            return
        _asked(key, asks[1:], {**args, name: text.strip()}, then, screen)

    screen.prompt(label, answered)


def chosen(key: str, screen: PageContext, most: int = 9) -> int | None:
    """The choice a key means: its digit, after the ninth its letter, or `enter` on its row."""
    if len(key) == 1 and key in LABELS[:most]:
        return LABELS.index(key) + 1
    row = screen.cursor
    on_row = key == "enter" and isinstance(row, tuple) and len(row) == 2 and row[0] == "choice"
    return int(row[1]) if on_row and isinstance(row, tuple) else None


def commit_menu(sha: str, me: str, state: State) -> "ActPage":
    good = " ★ known-good" if state.good is not None and state.good.sha == sha else ""
    return ActPage(f"commit {short(sha)}{good}", about_commit(sha, me, state))


class ActPage:
    """The menu behind `a`."""

    title = "act"
    pinned = (1, 0)
    typing = False

    def __init__(self, about: str, choices: Sequence[Choice]) -> None:
        self.about = about
        self.choices = tuple(choices)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        last = f"1–{LABELS[len(self.choices) - 1]}" if len(self.choices) > 1 else "1"
        return ((last, "choose"), ("enter", "choose")) if self.choices else ()

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        head = heading(width, "ACT", (Seg(self.about),))
        if not self.choices:
            return [head, Line(), *hanging((), "Nothing can be done about it from here.", width, "muted")]
        return [head, Line(), *section(width, "CHOOSE", choice_lines(self.choices, width))]

    def handle(self, key: str, screen: PageContext) -> bool:
        n = chosen(key, screen, len(self.choices))
        if n is not None:
            choose(n, self.choices, screen)
        return n is not None
