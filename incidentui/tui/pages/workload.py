"""One workload: what state it is in and what that proves, what runs against what is wanted, and its log."""

from collections.abc import Sequence

from incidentui.core.format import count, duration, short
from incidentui.core.model import Ms, Workload
from incidentui.core.state import State
from incidentui.core.words import is_bad
from incidentui.session.ports import LogLine, View
from incidentui.tui.line import Line, Seg, Token
from incidentui.tui.page import PageContext
from incidentui.tui.pages.act import ActPage, about_workload
from incidentui.tui.pages.asking import Asked, nothing
from incidentui.tui.pages.drift import differs, drift_lines
from incidentui.tui.pages.known import below, known_lines, of_workload
from incidentui.tui.pages.layout import beside, cell, hanging, heading, section, size_of, split, stack, wall

LINES = 200
MOST_ALIKE = 40
"""The longest block of lines that is looked for again."""
AHEAD_MS = 5_000
"""What an engine says began later than this from now was dated by another clock."""
EVERY_MS = 2_000
"""How often a followed log is asked for again."""
_LEVEL: dict[str, tuple[str, Token, Token]] = {
    "error": ("✗", "fail", "text"),
    "warn": ("!", "slow", "text"),
    "info": ("·", "muted", "muted"),
    "": ("·", "muted", "muted"),
}


def sentence(workload: Workload) -> tuple[str, Token, str]:
    """Mark, its colour, and what the state means. Running without a health check is never a tick."""
    told = f": {workload.note}" if workload.note else ""
    exit_code = f", exit {workload.exit_code}" if workload.exit_code is not None else ""
    match workload.state:
        case "running" if workload.health == "healthy":
            return "✓", "ok", f"Running, its health check is good{told}."
        case "running" if workload.health == "unhealthy":
            return "✗", "fail", f"Running, its health check fails{told}."
        case "running" if workload.health == "starting":
            return "·", "muted", f"Running, its health check has not answered yet{told}."
        case "running":
            return "·", "muted", f"Running, no health check: that alone proves nothing{told}."
        case "starting" if workload.health == "starting":
            return "·", "muted", f"Started, its health check is not good yet{told}."
        case "paused":
            return "!", "slow", f"Paused: it stands still and answers nobody{told}."
        case "unknown":
            return "?", "unknown", f"Nobody can see it{told}."
        case "crashing":
            return "✗", "fail", f"Starts and ends, again and again{exit_code}{told}."
        case "restarting":
            return "✗", "fail", f"Being restarted by its engine{exit_code}{told}."
        case "exited" if is_bad(workload):
            return "✗", "fail", f"Gone{exit_code}{told}."
        case other:
            return "·", "muted", f"{other.capitalize()}{exit_code}{told}."


def facts(workload: Workload, state: State, now: Ms) -> list[tuple[str, str, Token]]:
    """Label, value, tone. What the engine cannot tell is said, never shown as 0."""
    up = _since(workload.since, now)
    rows: list[tuple[str, str, Token]] = [("engine", workload.engine, "text")]
    if workload.image:
        rows.append(("image", workload.image, "text"))
    if workload.origin:
        rows.append(("compose", workload.origin, "text"))
    rows += [
        ("revision", *_revision(workload, state)),
        ("restarts", *_restarts(workload)),
        ("up since" if workload.state == "running" else "so since", up, "text" if workload.since else "muted"),
        ("health check", "none" if workload.health == "none" else workload.health, "text"),
    ]
    serves = [spec.name for spec in state.project.services if workload.name in spec.workloads]
    return [*rows, ("serves", ", ".join(serves), "text")] if serves else rows


def _since(since: Ms | None, now: Ms) -> str:
    if since is None:
        return "the engine does not say"
    if since - now > AHEAD_MS:
        return f"{wall(since)}, a clock {duration(since - now)} ahead of ours"
    return f"{wall(since)}, for {duration(now - since)}"


def _revision(workload: Workload, state: State) -> tuple[str, Token]:
    running = workload.revision or _of_service(workload, state)
    wanted = state.repository.head if state.repository else None
    if workload.dirty:
        return f"{workload.dirty.rpartition(' = ')[2]}: built from uncommitted code", "fail"
    if running is None:
        return "unknown: it does not say what it was built from", "muted"
    if wanted is None or running == wanted:
        return f"{short(running)}{', as HEAD' if wanted else ''}", "text"
    return f"{short(running)} ≠ HEAD {short(wanted)}", "fail"


def _of_service(workload: Workload, state: State) -> str | None:
    specs = (spec for spec in state.project.services if workload.name in spec.workloads)
    statuses = (state.services.get(spec.name) for spec in specs)
    return next((status.running for status in statuses if status and status.running), None)


def _restarts(workload: Workload) -> tuple[str, Token]:
    if workload.restarts is not None:
        said = ", ".join(filter(None, (str(workload.restarts), _policy(workload, workload.restarts))))
        return said, "fail" if workload.restarts and is_bad(workload) else "text"
    return f"the engine has no count; seen here: {workload.seen_restarts}", "text"


def _policy(workload: Workload, restarts: int) -> str:
    """What its engine does when it ends."""
    policy = workload.policy
    if policy == "no":
        return "no restart policy: nobody starts it again"
    tries = policy.partition(":")[2]
    used_up = tries.isdigit() and workload.state == "exited" and restarts >= int(tries)
    return f"{policy} is used up" if used_up else policy and f"policy {policy}"


def workload_lines(name: str, view: View, now: Ms, width: int, height: int, only: bool = False) -> list[Line]:
    """All but the log. `only`: of what was declared, only what differs."""
    workload = view.state.workloads.get(name)
    if workload is None:
        gone = "It is not in the list of any engine now."
        return stack([heading(width, "WORKLOAD", (Seg(name),))], hanging((Seg("? ", "unknown"),), gone, width))
    glyph, token, text = sentence(workload)
    if token != "fail" and (differing := differs(workload, view.state)):
        glyph, token, text = "✗", "fail", f"{text.rstrip('.')}, and it is not what was declared: {differing}."
    ident = f"{workload.engine} {workload.ident[:12]}".strip()
    compact = size_of(width, height) == "compact"
    rows = facts(workload, view.state, now)
    half = split(width, 0.5)
    body = _facts(rows, width) if compact else _two_facts(rows, half)
    return stack(
        [heading(width, "WORKLOAD", (Seg(name),), (Seg(ident, "muted"),))],
        hanging((Seg(f"{glyph} ", token),), text, width, bold=token == "fail"),
        section(width, "RUNNING", body),
        drift_lines(workload, view.state, width, compact=compact, only=only),
        space=not compact,
    )


def _facts(rows: Sequence[tuple[str, str, Token]], width: int) -> list[Line]:
    return [line for label, value, token in rows for line in hanging((cell(label, 13, "muted"),), value, width, token)]


def _two_facts(rows: Sequence[tuple[str, str, Token]], half: tuple[int, int]) -> list[Line]:
    middle = (len(rows) + 1) // 2
    return beside((half[0], _facts(rows[:middle], half[0])), (half[1], _facts(rows[middle:], half[1])))


# -- the log


def log_lines(log: Sequence[LogLine], width: int, column: int = 0) -> list[Line]:
    """`column`: cells of the workload's name; 0: no name."""
    out: list[Line] = []
    for block, again in folded(log):
        out += [row for line in block for row in _log_line(line, column, width)]
        if again:
            said = "same line" if len(block) == 1 else f"same {len(block)} lines"
            out.append(Line((Seg(f"  ┆ {said}, {count(again, 'more time')}", "muted"),)))
    return out


def folded(log: Sequence[LogLine]) -> list[tuple[Sequence[LogLine], int]]:
    """A program that dies again and again writes the same lines each time: they are shown once, and counted."""
    told = [(line.workload, line.text) for line in log]
    out: list[tuple[Sequence[LogLine], int]] = []
    at = 0
    while at < len(log):
        period, again = _repeats(told, at)
        out.append((log[at : at + period], again))
        at += period * (again + 1)
    return out


def _repeats(told: Sequence[tuple[str, str]], at: int) -> tuple[int, int]:
    """How many lines from here come again right behind themselves, and how often."""
    for period in range(1, min(MOST_ALIKE, (len(told) - at) // 2) + 1):
        block = told[at : at + period]
        stop = at + period
        while told[stop : stop + period] == block:
            stop += period
        if (again := (stop - at) // period - 1) >= 2:
            return period, again
    return 1, 0


def _log_line(line: LogLine, column: int, width: int) -> list[Line]:
    glyph, token, body = _LEVEL[line.level]
    name = (cell(line.workload, column),) if column else ()
    when = (Seg(wall(line.at) + " ", "muted"),) if line.at is not None else ()
    indent = Seg(" " * min(16, len(line.text) - len(line.text.lstrip(" "))))
    rows = hanging((*when, *name, Seg(f"{glyph} ", token), indent), line.text, width, body)
    if line.repeats:
        rows.append(Line((Seg(f"         ┆ same line, {line.repeats} more times", "muted"),)))
    return [*rows, *below(line, width)]


def errors(log: Sequence[LogLine]) -> list[int]:
    """Where a run of errors begins."""
    return [n for n, line in enumerate(log) if line.level == "error" and (n == 0 or log[n - 1].level != "error")]


def open_logs(name: str, screen: PageContext) -> None:
    from incidentui.tui.pages.logs import LogsPage, about

    screen.push(LogsPage(about(name, screen.session.view.state)))


class WorkloadPage:
    """One workload with its log. Following keeps the newest line in sight."""

    title = "workload"
    pinned = (1, 0)
    typing = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.follow = True
        self.only = False
        """Of what was declared, only what differs."""
        self._may_act = True
        self.start = 0
        self.log: Asked[Sequence[LogLine]] = Asked(name)
        self._screen: PageContext | None = None

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        act = (("a", "act"),) if self._may_act else ()
        return (
            ("f", "follow"),
            ("[ ]", "error"),
            ("d", "differences only"),
            *act,
            ("y", "copy the log"),
            ("l", "with its service's"),
            ("J K", "workload"),
        )

    def opened(self, screen: PageContext) -> None:
        self._screen = screen
        self.log.ask(screen.session.logs(self.name, LINES), screen)

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        self._may_act = not view.read_only
        self._ask_again(now)
        space = size_of(width, height) != "compact"
        known = known_lines(of_workload(self.name, view.state, self.log.answer or ()), width, compact=not space)
        about = workload_lines(self.name, view, now, width, height, self.only)
        head = stack(about, known, space=space)
        room = max(3, height - len(head) - (2 if space else 1))
        return stack(head, section(width, "LOG", self._body(now, width, room), self._note()), space=space)

    def _body(self, now: Ms, width: int, room: int) -> list[Line]:
        answer = self.log.answer
        refusal = self.log.lines(now, width) if self.log.refusal or answer is None else []
        if not answer:
            return refusal or nothing("It has written nothing.", answer)
        rows = log_lines(answer[self.start :], width)
        shown = rows[-max(1, room - len(refusal)) :] if self.follow else rows
        return [*shown, *refusal]

    def _note(self) -> tuple[Seg, ...]:
        if not self.log.answer:
            return ()
        n = len(self.log.answer)
        said = "following" if self.follow else f"as of {wall(self.log.answered)}"
        return (Seg(f"last {count(n, 'line')} · {said}", "muted"),)

    def _ask_again(self, now: Ms) -> None:
        """A followed log is read again while the page is drawn; one question at a time."""
        due = self.log.answered is not None and now - self.log.answered >= EVERY_MS
        if self._screen is not None and self.follow and due and not self.log.waiting:
            self.log.ask(self._screen.session.logs(self.name, LINES), self._screen)

    def handle(self, key: str, screen: PageContext) -> bool:
        match key:
            case "f":
                self.follow, self.start = not self.follow, 0
                screen.draw()
            case "[" | "]":
                self._error(key, screen)
            case "d":
                self.only = not self.only
                screen.draw()
            case "a":
                self._act(screen)
            case "y":
                screen.copy("\n".join(line.text for line in self.log.answer or ()))
                screen.say("log copied")
            case "l":
                open_logs(self.name, screen)
            case _:
                return False
        return True

    def _error(self, key: str, screen: PageContext) -> None:
        """The log from the next error on, or from the one before; newest first when coming from the end."""
        at = errors(self.log.answer or ())
        here = len(self.log.answer or ()) if self.follow else self.start
        found = [n for n in at if n > here] if key == "]" else [n for n in reversed(at) if n < here]
        if not found:
            screen.refuse(key, "no error line further on" if key == "]" else "no error line before this")
            return
        self.follow, self.start = False, found[0]
        screen.draw()

    def _act(self, screen: PageContext) -> None:
        if screen.session.view.read_only:
            screen.refuse("a", screen.session.view.read_only, "Start without it to act.")
            return
        screen.push(ActPage(f"workload {self.name}", about_workload(self.name)))

    def neighbour(self, step: int, view: View) -> "WorkloadPage | None":
        names = list(view.state.workloads)
        at = names.index(self.name) + step if self.name in names else -1
        return WorkloadPage(names[at]) if 0 <= at < len(names) else None
