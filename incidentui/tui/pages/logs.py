"""Logs of several workloads in one order of time: all of them, or those of a service."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Literal

from incidentui.core.format import count
from incidentui.core.model import Ms
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.session.ports import FollowedLogs, LogFeed, View
from incidentui.tui.line import Line, Seg, cells
from incidentui.tui.page import PageContext
from incidentui.tui.pages.asking import Asked
from incidentui.tui.pages.layout import hanging, heading, section, size_of, stack, thousands, wall
from incidentui.tui.pages.log_lines import log_lines
from incidentui.tui.present.workloads import state_words

PAUSED = 1_000
"""Lines that can be scrolled through once the log stands still."""
_NAME = 20


def silent(names: Sequence[str], state: State, width: int) -> list[Line]:
    """Those that do not run: a log that stops says nothing of it."""
    out: list[Line] = []
    for workload in filter(None, map(state.workloads.get, names)):
        if workload.state not in ("running", "starting", "unknown"):
            mark, words, token = state_words(workload)
            word = ", last" if workload.state == "crashing" else " since"
            since = f"{word} {wall(workload.since)}" if workload.since else ""
            out += hanging((Seg(f"{mark} ", token),), f"{workload.name}: {words}{since}", width)
    return out


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose logs."""

    kind: Literal["all", "service", "workload"]
    name: str = ""

    def words(self, many: int) -> str:
        return f"all, {count(many, 'workload')}" if self.kind == "all" else f"{self.kind} {self.name}"


def scopes(state: State) -> list[Scope]:
    """All of them, then those of each service that names any."""
    of_services = [Scope("service", spec.name) for spec in state.project.services if spec.workloads]
    return [Scope("all"), *of_services]


def members(scope: Scope, state: State) -> tuple[str, ...]:
    if scope.kind == "all":
        return tuple(state.workloads)
    if scope.kind == "workload":
        return (scope.name,)
    return next((spec.workloads for spec in state.project.services if spec.name == scope.name), ())


def about(name: str, state: State) -> Scope:
    """The service of a workload; itself, when it serves none."""
    serves = (spec.name for spec in state.project.services if name in spec.workloads)
    service = next(serves, None)
    return Scope("service", service) if service else Scope("workload", name)


def deployed(name: str, state: State) -> Ms | None:
    """When what runs in it began to: the revision of its service, or itself where none is known."""
    statuses = (state.services.get(spec.name) for spec in state.project.services if name in spec.workloads)
    told = [status.running_since for status in statuses if status and status.running_since]
    workload = state.workloads.get(name)
    return max(told) if told else workload.since if workload else None


class LogsPage:
    title = "logs"
    pinned = (1, 0)
    typing = False

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.follow = True
        self.containing = ""
        self.loud = False
        self.deploy = False
        self.feed: Asked[LogFeed] = Asked("the logs")
        self._asked: Mapping[str, Ms | None] = {}
        self._idents: tuple[str, ...] = ()
        self._stood: FollowedLogs | None = None
        self._stood_at: Ms | None = None
        self._waiting: Future[None] | None = None
        self._screen: PageContext | None = None

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        loud = "all lines" if self.loud else "errors, warnings"
        since = "from the end" if self.deploy else "since the deploy"
        return ("f", "follow"), ("/", "filter"), ("l", "which logs"), (".", loud), ("@", since), ("y", "copy")

    @property
    def first_row(self) -> object:
        """Standing still, it begins where following left off: at the end."""
        return None if self._stood is None else ("log", len(self._stood.lines) - 1)

    def opened(self, screen: PageContext) -> None:
        self._screen = screen
        self._open(screen.session.view.state)

    def _open(self, state: State) -> None:
        names = members(self.scope, state)
        self._asked = {name: deployed(name, state) if self.deploy else None for name in names}
        self._idents = self._containers(state)
        self._stood = None
        if self.feed.answer is not None:
            self.feed.answer.close()
        self.feed = Asked(f"the logs of {count(len(names), 'workload')}")
        if names and self._screen is not None:
            self.feed.ask(self._screen.session.follow_logs(self._asked), self._screen)

    def _containers(self, state: State) -> tuple[str, ...]:
        """A container that was made anew has another log; a program keeps its own over all restarts."""
        here = (state.workloads.get(name) for name in members(self.scope, state))
        return tuple(w.ident if w.engine == "docker" else w.name for w in here if w is not None)

    # -- drawn

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        self._open_again(view.state)
        feed = self.feed.answer
        many = len(self._asked)
        # The first row alone stays when one scrolls: an old log must not look like a live one.
        only = " · ".join(self._filters())
        stands = "" if self.follow else f"stands still since {wall(self._stood_at)}"
        still = (Seg(" · ".join(filter(None, (only, stands))), "slow"),) if only or stands else ()
        head = [heading(width, "LOGS", (Seg(self.scope.words(many)),), still)]
        if feed is None:
            empty = [Line((Seg("No workload is known here.", "muted"),))] if not many else []
            return stack(head, empty or self.feed.lines(now, width), space=size_of(width, height) != "compact")
        room = max(3, height - len(head) - 2)
        logs = self._logs(feed, room)
        ended = silent(members(self.scope, view.state), view.state, width)
        told = [*self._from(logs, width), *self._troubles(logs, width), *ended, self._cut(logs, width)]
        rows = self._rows(logs, width)
        if self.follow:
            rows = rows[-max(1, room - len(told)) :]
        self._wait(feed)
        return stack(head, section(width, "LOG", [*told, *rows], self._note(logs)), space=height > 30)

    def _open_again(self, state: State) -> None:
        """After a container was made anew, and when the feed ended because another page lay on top."""
        feed = self.feed.answer
        if self.follow and not self.feed.waiting:
            ended = feed is not None and feed.over
            if ended or self._containers(state) != self._idents:
                self._open(state)

    def _logs(self, feed: LogFeed, room: int) -> FollowedLogs:
        if self._stood is not None:
            return self._stood
        return feed.take(room, self.containing, self.loud)

    def _rows(self, logs: FollowedLogs, width: int) -> list[Line]:
        if not logs.lines:
            filtered = self.containing or self.loud
            text = "No line fits." if filtered and logs.kept else "They have written nothing."
            return [Line((Seg(text, "muted"),))]
        if self._stood is None:
            return log_lines(logs.lines, width, self._column())
        return [
            Line(row.segs, row.ground, key=None if more else ("log", n))
            for n, line in enumerate(logs.lines)
            for more, row in enumerate(log_lines((line,), width, self._column()))
        ]

    def _column(self) -> int:
        longest = max((cells(name) for name in self._asked), default=0)
        return min(longest, _NAME) if len(self._asked) > 1 else 0

    def _troubles(self, logs: FollowedLogs, width: int) -> list[Line]:
        out: list[Line] = []
        for why in dict.fromkeys(why for _, why in logs.troubles):
            names = [name for name, said in logs.troubles if said == why]
            whom = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            out += hanging((Seg("? ", "unknown"),), f"{whom}: {why}", width)
        for name, times in logs.passed:
            said = f"{name}: wrote faster than it can be read; {count(times, 'stretch', 'stretches')} passed over"
            out += hanging((Seg("! ", "slow"),), said, width)
        return out

    def _from(self, logs: FollowedLogs, width: int) -> list[Line]:
        """Which engine is looked at: the wrong one answers just as readily."""
        return hanging((Seg("from ", "muted"),), " · ".join(logs.engines), width, "muted") if logs.engines else []

    def _cut(self, logs: FollowedLogs, width: int) -> Line:
        """What is not shown: lines that no longer fit, and lines that are no longer kept."""
        older = logs.fitting - len(logs.lines)
        said = [f"{thousands(older)} older lines not shown"] if older else []
        said += [f"{thousands(logs.gone)} no longer kept"] if logs.gone else []
        begins = "from the deploy on" if self.deploy else "what stood there before was not read"
        return Line((Seg(f"… {', '.join(said) or begins}", "muted"),))

    def _note(self, logs: FollowedLogs) -> tuple[Seg, ...]:
        parts = self._filters()
        parts += [f"{thousands(logs.fitting)} of {thousands(logs.kept)}"] if parts else []
        parts += ["since the deploy"] if self.deploy else []
        parts.append("following" if self.follow else f"as of {wall(self._stood_at)}")
        return (Seg(" · ".join(parts), "muted"),)

    def _filters(self) -> list[str]:
        """Which lines alone are shown: where that is out of sight, the others seem not to be there."""
        named = [f'"{self.containing}"'] if self.containing else []
        return [*named, *(["errors, warnings"] if self.loud else [])]

    def _wait(self, feed: LogFeed) -> None:
        """Drawn again when something new came; a page that is not shown waits for nothing."""
        screen = self._screen
        if not self.follow or screen is None or (self._waiting is not None and not self._waiting.done()):
            return
        self._waiting = feed.news()
        screen.when(self._waiting, lambda _: screen.draw())

    # -- keys

    def handle(self, key: str, screen: PageContext) -> bool:
        match key:
            case "f":
                self._stand(screen) if self.follow else self._go_on()
            case "/":
                screen.prompt("filter", lambda text: self._filter(text, screen), self.containing)
                return True
            case ".":
                self.loud = not self.loud
                self._again(screen)
            case "@":
                self._since(screen)
            case "l":
                self._next_scope(screen)
            case "y":
                self._copy(screen)
                return True
            case _:
                return False
        screen.draw()
        return True

    def _stand(self, screen: PageContext) -> None:
        feed = self.feed.answer
        if feed is not None:
            self.follow, self._stood_at = False, screen.session.now()
            self._stood = feed.take(PAUSED, self.containing, self.loud)

    def _go_on(self) -> None:
        self.follow, self._stood = True, None

    def _again(self, screen: PageContext) -> None:
        """The same under another filter; standing still, it is taken anew from what is kept."""
        if not self.follow:
            self._stand(screen)

    def _filter(self, text: str, screen: PageContext) -> None:
        self.containing = text.strip()
        self._again(screen)
        screen.draw()

    def _since(self, screen: PageContext) -> None:
        self.deploy, self.follow = not self.deploy, True
        self._open(screen.session.view.state)
        screen.say("since the deploy" if self.deploy else "from the end of each log")

    def _next_scope(self, screen: PageContext) -> None:
        state = screen.session.view.state
        known = scopes(state)
        at = known.index(self.scope) + 1 if self.scope in known else 0
        there = known[at % len(known)]
        if there == self.scope:
            screen.refuse("l", "no service names its workloads", "workloads = [...] in incidentui.toml does")
            return
        self.scope, self.follow = there, True
        self._open(state)

    def _copy(self, screen: PageContext) -> None:
        feed = self.feed.answer
        logs = self._stood or (feed.take(PAUSED, self.containing, self.loud) if feed is not None else None)
        if logs is None or not logs.lines:
            screen.refuse("y", "there is nothing to copy")
            return
        screen.copy("\n".join(f"{wall(line.at)} {line.workload} {line.text}" for line in logs.lines))
