"""An action as it goes: its steps with their times, and the lights that fill from the left.

When the verdict is there, the same page shows it (verdict.py). The page owns nothing: leaving it stops nothing.
"""

from collections.abc import Hashable, Sequence

from incidentui.core.acts import can_be_cut
from incidentui.core.format import duration, minutes
from incidentui.core.inputs import StopAction
from incidentui.core.model import Attempt, Ms, Progress
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, cells, spread
from incidentui.tui.page import Page, PageContext
from incidentui.tui.pages import verdict
from incidentui.tui.pages.act import choose, chosen
from incidentui.tui.pages.layout import cell, hanging, heading, section, size_of, stack
from incidentui.tui.pages.lights import five_lights
from incidentui.tui.present.runbook import MARKS
from incidentui.tui.telling import tell

MARK = MARKS | {"todo": ("○", "muted")}


def running_lines(attempt: Attempt, view: View, now: Ms, width: int, height: int) -> list[Line]:
    space = size_of(width, height) != "compact"
    number = f"attempt {attempt.number} · " if attempt.number else ""
    left = f" · {time_left(attempt, now)}" if can_be_cut(attempt) else ""
    right = (Seg(number, "muted"), Seg(_count(now - attempt.asked), "strong", bold=True), Seg(left, "muted"))
    again = (Seg("looked at again until they settle", "muted"),)
    return stack(
        [heading(width, "RUNNING", (Seg(attempt.plan.title),), right)],
        _steps(attempt, now, width),
        section(width, "FIVE LIGHTS", five_lights(attempt.lights, width), again),
        section(width, "OUTPUT", _output(attempt.progress, width)),
        _goes_on(view, width),
        space=space,
    )


def time_left(attempt: Attempt, now: Ms) -> str:
    """Of what it may take: an effect from when it was asked for, a wait from when it began to look."""
    left = attempt.plan.within_ms - (now - (attempt.acted or attempt.asked))
    return f"{duration(left)} of {duration(attempt.plan.within_ms)} left"


def _count(ms: Ms) -> str:
    s = max(0, ms) // 1000
    return f"{s // 60:02d}:{s % 60:02d}"


def _steps(attempt: Attempt, now: Ms, width: int) -> list[Line]:
    seen = {progress.n: progress for progress in attempt.progress}
    planned = [seen.get(n) or Progress(n, step.verb, "todo", step.text) for n, step in enumerate(attempt.plan.steps, 1)]
    extra = [progress for n, progress in sorted(seen.items()) if n > len(planned) or n < 1]
    out: list[Line] = []
    for progress in _waiting(attempt, [*planned, *extra]):
        out += _step(progress, attempt, now, width)
    return out


def _waiting(attempt: Attempt, steps: Sequence[Progress]) -> list[Progress]:
    """Once the effect is over, the step that looks is the one that runs."""
    looking = attempt.acted is not None and attempt.outcome == "done"
    return [
        Progress(p.n, p.verb, "running", p.text) if looking and p.verb == "look" and p.state == "todo" else p
        for p in steps
    ]


def _step(progress: Progress, attempt: Attempt, now: Ms, width: int) -> list[Line]:
    glyph, token = MARK[progress.state]
    running = progress.state == "running"
    took = _took(progress, attempt, now)
    head = (
        Seg(f"{glyph} ", token),
        Seg(f"{progress.n} ", "muted"),
        cell(progress.verb, 9, "strong" if running else "muted" if progress.state == "todo" else "text", bold=running),
    )
    text = (progress.text.splitlines() or [""])[0]
    rows = hanging(head, text, width - cells(took) - 3, "text" if running else "muted")
    return [spread(width, rows[0].segs, (Seg(took, "muted"), Seg("  "))), *rows[1:]]


def _took(progress: Progress, attempt: Attempt, now: Ms) -> str:
    if progress.took_ms is not None:
        return f"{progress.took_ms / 1000:.1f}s"
    if progress.state == "running" and attempt.acted is not None:
        return f"{_count(now - attempt.acted)} / {minutes(attempt.plan.within_ms)}"
    return _count(now - attempt.asked) if progress.state == "running" else ""


def _output(progress: Sequence[Progress], width: int) -> list[Line]:
    """A step tells its story in its first line; what follows is its output."""
    out: list[Line] = []
    for step in progress:
        for text in step.text.splitlines()[1:]:
            out += hanging((Seg("│ ", "muted"), cell(step.verb, 9, "muted")), text, width)
    return out


def _goes_on(view: View, width: int) -> list[Line]:
    if view.playhead is not None:
        return []
    text = "You can leave this page: the action belongs to the incident, not to the screen."
    more = "A dropped line or a closed terminal loses nothing; the outcome is looked up on return."
    return [*hanging((), text, width, "muted"), *hanging((), more, width, "muted")]


class ActionPage:
    """One action by its run: running, then its verdict."""

    pinned = (1, 0)
    typing = False

    def __init__(self, run: str) -> None:
        self.run = run
        self._judged = False
        self._choices = 0
        self._left = self._cut = False
        self._live = True
        """Not a replay: that only shows what was."""
        self.first_row: Hashable = None

    @property
    def title(self) -> str:
        return "verdict" if self._judged else "running"

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        if not self._judged:
            cut = (("s", "cut short, with a reason"),) if self._cut else ()
            return *cut, *self._note, ("y", "copy"), *((("ctrl+c", "stop, asks"),) if self._live else ())
        last = f"1–{self._choices}" if self._choices > 1 else "1"
        choices = ((last, "plan what next"),) if self._choices else ()
        return (
            *choices,
            ("enter", "open the row"),
            *((("d", "all differences"),) if self._left else ()),
            *((("v", "look again"),) if self._live else ()),
            *self._note,
            ("y", "copy verdict"),
        )

    @property
    def _note(self) -> tuple[tuple[str, str], ...]:
        return (("n", "note"),) if self._live else ()

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        attempt = view.state.attempts.get(self.run)
        if attempt is None:
            why = "This action is not in what is known here: another journal, or a time before it was asked for."
            return [heading(width, "ACTION"), Line(), *hanging((), why, width, "muted")]
        self._judged = attempt.verdict is not None
        self._left = attempt.ledger is not None and bool(attempt.in_force)
        red = next((lit for lit in attempt.lights if lit.looked and lit.ok is False), None)
        self._live = view.playhead is None
        may_act = not view.read_only and self._live
        self._cut = may_act and attempt.step is not None and can_be_cut(attempt)
        self._choices = len(verdict.what_now(view.state, attempt)) if may_act else 0
        compact = size_of(width, height) == "compact"
        self.first_row = self._start(attempt, red.name if red is not None else None, compact)
        if attempt.verdict is not None:
            return verdict.verdict_lines(attempt, attempt.verdict, view, width, height)
        return running_lines(attempt, view, now, width, height)

    def _start(self, attempt: Attempt, red: str | None, compact: bool) -> Hashable:
        """The row that says most, of those that leave the sentence on top in sight."""
        if not self._judged:
            return None
        if self._left:
            return ("commit", attempt.in_force[0])
        if compact:
            return ("choice", 1) if self._choices else None
        return ("light", red) if red is not None else None

    def handle(self, key: str, screen: PageContext) -> bool:
        attempt = screen.session.view.state.attempts.get(self.run)
        if attempt is None:
            return False
        if key == "y":
            screen.copy(_as_text(self.lines(screen.session.view, screen.session.now(), 100, 50)))
            screen.say("copied")
            return True
        if key == "s" and self._cut:
            cut_short(attempt, screen)
            return True
        return attempt.verdict is not None and self._after(key, attempt, screen)

    def _after(self, key: str, attempt: Attempt, screen: PageContext) -> bool:
        n = chosen(key, screen)
        if key == "d" or (key == "enter" and n is None):
            if page := self._behind(key, attempt, screen.cursor):
                screen.push(page)
                return True
            if key == "d":
                screen.refuse("d", "nothing is known to differ")
                return True
        if n is not None:
            choose(n, verdict.what_now(screen.session.view.state, attempt), screen)
        elif key == "enter":
            return self._evidence(attempt, screen)
        elif key == "v" and screen.session.view.playhead is not None:
            screen.refuse("v", "a replay shows what was seen then", "It cannot look again.")
        elif key == "v":
            screen.session.look_now()
            screen.say("looking again; what is found becomes new events, this verdict stays")
        return n is not None or key == "v"

    def _behind(self, key: str, attempt: Attempt, row: Hashable) -> Page | None:
        """The differences of a file, or of all; the page of a commit."""
        from incidentui.tui.pages.commit import CommitPage
        from incidentui.tui.pages.difference import DifferencePage

        ledger = attempt.ledger
        kind, name = row if isinstance(row, tuple) and len(row) == 2 else ("", "")
        if ledger is not None and (key == "d" or kind == "file"):
            return DifferencePage(ledger.good, ledger.tip, str(name) if kind == "file" and key == "enter" else "")
        return CommitPage(str(name)) if key == "enter" and kind == "commit" else None

    def _evidence(self, attempt: Attempt, screen: PageContext) -> bool:
        light = next((lit for lit in attempt.lights if ("light", lit.name) == screen.cursor), None)
        if light is None:
            return False
        from incidentui.tui.pages.evidence import light_page

        page = light_page(light, screen.session)
        if page is None:
            screen.refuse("enter", "nothing more was kept of this look", "v looks again.")
        else:
            screen.push(page)
        return True


def cut_short(attempt: Attempt, screen: PageContext) -> None:
    """Ends a wait, or an effect that may be ended; its step is skipped with the reason."""

    def cut(why: str) -> None:
        if why.strip():
            tell(screen, "s", StopAction(screen.session.me, why.strip()), f"cut short: {why.strip()}")
        else:
            screen.refuse("s", "cutting short needs a reason", "ctrl+c stops it without one.")

    screen.prompt(f"cut step {attempt.step} short, why", cut)


def _as_text(lines: Sequence[Line]) -> str:
    return "\n".join(line.text.rstrip() for line in lines)
