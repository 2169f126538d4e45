"""One workload: what state it is in and what that proves, what runs against what is wanted, and its log."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from incidentui.core.drift import Drift
from incidentui.core.drift_alarm import alarm
from incidentui.core.drift_then import FILES
from incidentui.core.format import count, duration, short
from incidentui.core.links import of_workload as of_workload_links
from incidentui.core.model import CheckState, Ms, Workload, is_bad
from incidentui.core.state import State
from incidentui.core.twins import others
from incidentui.core.using import Using
from incidentui.session.ports import Kept, LogLine, View
from incidentui.tui.line import Line, Seg, Token
from incidentui.tui.page import END, PageContext
from incidentui.tui.pages.act import ActPage, about_workload
from incidentui.tui.pages.asking import Asked, nothing
from incidentui.tui.pages.drift import drift_lines, with_drift
from incidentui.tui.pages.known import known_lines, of_workload
from incidentui.tui.pages.layout import beside, cell, hanging, heading, section, size_of, split, stack, wall
from incidentui.tui.pages.log_lines import errors, log_lines
from incidentui.tui.pages.restarted import restarted
from incidentui.tui.pages.using import Fact, using_facts
from incidentui.tui.pages.volumes import volume_lines
from incidentui.tui.present.workloads import NO_START

LINES = 200
_SINCE = {"running": "up since", "crashing": "ended last"}
_LINK: dict[CheckState, Token] = {"ok": "text", "slow": "slow", "failing": "fail", "unknown": "unknown"}
_NEXT: dict[str, Literal["all", "only", "then"]] = {"all": "only", "only": "then", "then": "all"}
_CAN_WAIT = ("health check", "compose", "networks", "mount")
AHEAD_MS = 5_000
"""What an engine says began later than this from now was dated by another clock."""
EVERY_MS, KEPT_EVERY_MS, USING_EVERY_MS = 2_000, 5_000, 3_000
"""How often a followed log, the backups of the volumes, and what it takes are asked for again."""


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
        case "exited" if is_bad(workload) and workload.note.startswith(NO_START):
            return "✗", "fail", f"{workload.note[0].upper()}{workload.note[1:]}."
        case "exited" if is_bad(workload):
            return "✗", "fail", f"Gone{exit_code}{told}."
        case other:
            return "·", "muted", f"{other.capitalize()}{exit_code}{told}."


def _engine(workload: Workload, state: State) -> str:
    where = state.engine_at.get(workload.engine, "")
    return f"{workload.engine} {where}".rstrip()


def facts(workload: Workload, state: State, now: Ms, using: Using | None = None) -> list[Fact]:
    """Label, value, tone. What the engine cannot tell is said, never shown as 0."""
    up = _since(workload, now)
    rows: list[Fact] = [("engine", _engine(workload, state), "text")]
    if workload.image:
        rows.append(("image", workload.image, "text"))
    if workload.origin:
        too = others(workload, state.workloads.values())
        also = f"; {', '.join(too)} made containers of that name too" if too else ""
        rows.append(("compose", f"{workload.origin}{also}", "slow" if too else "text"))
    rows += [
        ("revision", *_revision(workload, state)),
        ("restarts", *_restarts(workload)),
        *restarted(state, workload.name),
        (_SINCE.get(workload.state, "so since"), up, "text" if workload.since else "muted"),
        ("health check", "none" if workload.health == "none" else workload.health, "text"),
        *using_facts(using, state.drift.get(workload.name)),
    ]
    for link in of_workload_links(state, workload.name):
        since = f", since {wall(link.status.since)}" if link.status.since is not None else ""
        rows.append((link.spec.kind, f"{link.status.why}{since}", _LINK[link.state]))
    serves = [spec.name for spec in state.project.services if workload.name in spec.workloads]
    return [*rows, ("serves", ", ".join(serves), "text")] if serves else rows


def _since(workload: Workload, now: Ms) -> str:
    since = workload.since
    if since is None:
        return "the engine does not say"
    if since - now > AHEAD_MS:
        return f"{wall(since)}, a clock {duration(since - now)} ahead of ours"
    if workload.state == "crashing":
        return f"{wall(since)}, {duration(now - since)} ago"
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


def workload_lines(
    name: str,
    view: View,
    now: Ms,
    width: int,
    height: int,
    only: bool = False,
    known: Sequence[Line] = (),
    using: Using | None = None,
    compared: View | None = None,
) -> list[Line]:
    """All but the log. `only`: of what was declared, only what differs; `known`: what its errors mean; `using`: what
    it takes now; `compared`: with what is compared instead of what was declared. That takes back no word above it."""
    workload = view.state.workloads.get(name)
    compact = size_of(width, height) == "compact"
    if workload is None:
        gone = "It is not in the list of any engine now." if name != FILES else "What lies in the project's folder."
        head = stack([heading(width, "WORKLOAD", (Seg(name),))], hanging((Seg("? ", "unknown"),), gone, width))
        rest = drift_lines(Workload(name, ""), view.state, width, compact=compact, only=only)
        return stack(head, rest, space=not compact)
    beside = (compared or view).state
    glyph, token, text = with_drift(sentence(workload), workload, view.state, beside)
    ident = f"{workload.engine} {workload.ident[:12]}".strip()
    rows = facts(workload, view.state, now, using)
    half = split(width, 0.5)
    body = _facts(_fewer(rows), width) if compact else _two_facts(rows, half)
    return stack(
        [heading(width, "WORKLOAD", (Seg(name),), (Seg(ident, "muted"),))],
        hanging((Seg(f"{glyph} ", token),), text, width, bold=token == "fail"),
        known,
        section(width, "RUNNING", body),
        drift_lines(workload, beside, width, compact=compact, only=only),
        space=not compact,
    )


def _fewer(rows: Sequence[Fact]) -> list[Fact]:
    """On a small screen the log needs the room: the sentence above tells the health, and where it hangs can wait."""
    return [row for row in rows if row[0] not in _CAN_WAIT or row[2] != "text"]


def _facts(rows: Sequence[Fact], width: int) -> list[Line]:
    return [line for label, value, token in rows for line in hanging((cell(label, 13, "muted"),), value, width, token)]


def _two_facts(rows: Sequence[Fact], half: tuple[int, int]) -> list[Line]:
    middle = (len(rows) + 1) // 2
    return beside((half[0], _facts(rows[:middle], half[0])), (half[1], _facts(rows[middle:], half[1])))


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
        self.shows: Literal["all", "only", "then"] = "all"
        """Of what was declared all, only what differs, or instead of it the last good checkpoint."""
        self.then: Asked[Sequence[Drift]] = Asked("the engine")
        self._may_act = True
        self.from_line = 0
        """Where the log begins while it is not followed."""
        self.log: Asked[Sequence[LogLine]] = Asked(name)
        self.volumes: Asked[Sequence[Kept]] = Asked(name)
        self.using: Asked[Using] = Asked(name)
        self._fits = True
        """Whether all of it is in sight: then up means older lines, else what stands further up on the page."""
        self._screen: PageContext | None = None

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        act = (("a", "act"),) if self._may_act else ()
        return (
            ("f", "follow"),
            ("[ ]", "error"),
            ("d", "differences, checkpoint"),
            *act,
            ("y", "copy the log"),
            ("l", "with its service's"),
            ("J K", "workload"),
        )

    def opened(self, screen: PageContext) -> None:
        self._screen = screen
        self.log.ask(screen.session.logs(self.name, LINES), screen)
        self.volumes.ask(screen.session.volumes(self.name), screen)
        self.using.ask(screen.session.using(self.name), screen)

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        self._may_act = not view.read_only
        self._ask_again(now)
        space = size_of(width, height) != "compact"
        known = known_lines(of_workload(self.name, view.state, self.log.answer or ()), width, compact=not space)
        using = self.using.answer if self.using.refusal is None else None
        only, beside = self.shows == "only", self._beside(view)
        about = workload_lines(self.name, view, now, width, height, only, known, using, beside)
        asking = self.then.lines(now, width) if self.shows == "then" else []
        kept = volume_lines(self.volumes.answer, now, width)
        head = stack(about, section(width, "CHECKPOINT, RUNNING", asking), kept, space=space)
        room = max(3, height - len(head) - (2 if space else 1))
        whole = stack(head, section(width, "LOG", self._body(now, width, room), self._note()), space=space)
        self._fits = len(whole) <= height
        return whole

    def _body(self, now: Ms, width: int, room: int) -> list[Line]:
        answer = self.log.answer
        refusal = self.log.lines(now, width) if self.log.refusal or answer is None else []
        if not answer:
            return refusal or nothing("It has written nothing.", answer)
        rows = log_lines(answer[self.from_line :], width)
        shown = rows[-max(1, room - len(refusal)) :] if self.follow else rows
        return [*shown, *refusal]

    def _note(self) -> tuple[Seg, ...]:
        if not self.log.answer:
            return ()
        n = len(self.log.answer)
        said = "following" if self.follow else f"as of {wall(self.log.answered)}"
        return (Seg(f"last {count(n, 'line')} · {said}", "muted"),)

    def _ask_again(self, now: Ms) -> None:
        """A followed log, and what is backed up meanwhile, are asked for again while the page is drawn."""
        if self._screen is not None and self.follow and self.log.due(now, EVERY_MS):
            self.log.ask(self._screen.session.logs(self.name, LINES), self._screen)
        if self._screen is not None and self.volumes.due(now, KEPT_EVERY_MS):
            self.volumes.ask(self._screen.session.volumes(self.name), self._screen)
        if self._screen is not None and self.using.due(now, USING_EVERY_MS):
            self.using.ask(self._screen.session.using(self.name), self._screen)

    def handle(self, key: str, screen: PageContext) -> bool:
        match key:
            case "f":
                self.follow, self.from_line = not self.follow, 0
                screen.scroll(0)
            case "up" | "k" | "pgup" | "ctrl+u" if self.follow and self.log.answer and screen.top == 0 and self._fits:
                self.follow, self.from_line = False, 0
                screen.scroll(END)
                return False
            case "[" | "]":
                self._error(key, screen)
            case "d":
                self._differences(screen)
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

    def _differences(self, screen: PageContext) -> None:
        """All, only what differs, the last good checkpoint: that is asked for each time, nobody watches it."""
        drift = screen.session.view.state.drift.get(self.name)
        self.shows = _NEXT[self.shows]
        if self.shows == "then" and drift is not None and drift.checkpoint:
            self.shows = "all"
        elif self.shows == "then":
            self.then = Asked("the engine")
            self.then.ask(screen.session.drift_then(), screen)
        screen.draw()

    def _beside(self, view: View) -> View:
        """With the checkpoint in the place of what was declared, where that is asked for."""
        if self.shows != "then":
            return view
        found = next((d for d in self.then.answer or () if d.workload == self.name), None)
        declared = view.state.drift.get(self.name)
        if found is None:
            return view  # nothing to compare it with makes nothing good
        if (row := alarm(declared)) is not None and row.what not in {other.what for other in found.rows}:
            found = replace(found, rows=(row, *found.rows))
        return replace(view, state=replace(view.state, drift={**view.state.drift, self.name: found}))

    def _error(self, key: str, screen: PageContext) -> None:
        """The log from the next error on, or from the one before; newest first when coming from the end."""
        at = errors(self.log.answer or ())
        here = len(self.log.answer or ()) if self.follow else self.from_line
        found = [n for n in at if n > here] if key == "]" else [n for n in reversed(at) if n < here]
        if not found:
            screen.refuse(key, "no error line further on" if key == "]" else "no error line before this")
            return
        self.follow, self.from_line = False, found[0]
        screen.scroll(0)

    def _act(self, screen: PageContext) -> None:
        if screen.session.view.read_only:
            screen.refuse("a", screen.session.view.read_only, "Start without it to act.")
            return
        screen.push(ActPage(f"workload {self.name}", about_workload(self.name, screen.session.view.state)))

    def neighbour(self, step: int, view: View) -> "WorkloadPage | None":
        names = list(view.state.workloads)
        at = names.index(self.name) + step if self.name in names else -1
        return WorkloadPage(names[at]) if 0 <= at < len(names) else None
