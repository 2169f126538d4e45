"""The plan page: what an action would do, and the word line that alone can start it.

Nothing here acts: the word goes to the session, which checks everything again. Red rail, typed word, no paste.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic

from incidentui.core.inputs import Refusal, ShowPlan
from incidentui.core.model import Ms, Plan, PlanCommit, PlanStep, Precondition
from incidentui.core.state import State
from incidentui.session.ports import Done, View
from incidentui.tui.line import Line, Seg, Token, cells, length, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import (
    beside,
    broken,
    cell,
    commands,
    flow,
    hanging,
    headings,
    quoted,
    railed,
    section,
    size_of,
    split,
    stack,
)

DEAF_S = 0.3
"""Keys of this time after the page appeared were meant for another screen."""
_ROLE: dict[str, tuple[str, Token]] = {
    "suspect": ("▲", "fail"),
    "yours": ("◆", "text"),
    "innocent": ("!", "slow"),
    "target": ("◇", "text"),
}


def plan_lines(plan: Plan, view: View, width: int, height: int, step: int | None = None) -> list[Line]:
    """All of the plan but its word line: the pinned rows, then the parts."""
    top = plan_head(plan, view, width, step)
    if size_of(width, height) == "compact":
        return [*top, *_labelled(plan, width)]
    left, right = split(width, 0.575)
    body = beside((left, _left(plan, left)), (right, _right(plan, right)))
    return [*top, Line(), *body]


def plan_head(plan: Plan, view: View, width: int, step: int | None = None) -> list[Line]:
    """What never scrolls away: what it is, and that nothing happened yet."""
    return [*headings(width, "PLAN", (Seg(plan.title),), _where(plan, view.state, step)), _warning(plan)]


def _where(plan: Plan, state: State, step: int | None) -> tuple[Seg, ...]:
    parts = []
    if plan.changes:
        mine = state.current.id if state.current else None
        numbers = [a.number for a in state.attempts.values() if a.incident == mine]
        parts.append(f"attempt {max(numbers, default=0) + 1}")
    if step is not None and state.runbook is not None:
        parts.append(f"step {step} of {len(state.runbook.steps)}")
    return (Seg(" · ".join(parts), "muted"),)


def _warning(plan: Plan) -> Line:
    if not plan.changes:
        return Line((Seg("Changes nothing. ", "ok"), Seg("It only looks.", "muted")))
    on = f" On {plan.host}." if plan.host else ""
    return Line((Seg("Changes production.", "fail"), Seg(f" Nothing has happened yet.{on}", "muted")))


def _left(plan: Plan, width: int) -> list[Line]:
    return stack(
        section(width, "WHAT IT DOES", _does(plan.steps, width), _takes(plan)),
        commands(_argvs(plan), width),
        section(width, "CHECKED NOW, AND AGAIN WHEN IT RUNS", _checked(plan.checked, width)),
        section(width, "UNDO", _undo(plan, width)),
    )


def _right(plan: Plan, width: int) -> list[Line]:
    n = len(plan.takes_back)
    note = (Seg(f"{n} commit" + ("s" if n != 1 else ""), "muted"),)
    return stack(
        section(width, "TAKES BACK", _taken(plan, width), note),
        section(width, "NOT COVERED", _not_covered(plan, width)),
    )


def _labelled(plan: Plan, width: int) -> list[Line]:
    """One column: a label before each part, the commands last."""
    parts: list[tuple[str, Token, list[Line]]] = [
        ("does", "muted", _does(plan.steps, width - 13)),
        ("takes back", "muted", _taken(plan, width - 13)),
        ("not covered", "slow", _not_covered(plan, width - 13)),
        ("checked", "muted", _checked(plan.checked, width - 13)),
        ("undo", "muted", _undo(plan, width - 13)),
        ("commands", "muted", commands(_argvs(plan), width - 13)),
    ]
    out: list[Line] = []
    for label, token, body in parts:
        for n, line in enumerate(body):
            out.append(replace(line, segs=(cell(label if not n else "", 12, token), *line.segs)))
    return out


def _takes(plan: Plan) -> tuple[Seg, ...]:
    return (Seg(f"about {plan.takes_s:.0f}s", "muted"),) if plan.takes_s else ()


def _does(steps: Sequence[PlanStep], width: int) -> list[Line]:
    verb = max([7, *(cells(step.verb) for step in steps)])
    out: list[Line] = []
    for n, step in enumerate(steps, 1):
        out += hanging((Seg(f"{n} ", "muted"), cell(step.verb, verb, "strong")), step.text, width)
    return out


def _argvs(plan: Plan) -> list[Sequence[str]]:
    return [argv for step in plan.steps for argv in step.argv]


def _checked(checked: Sequence[Precondition], width: int) -> list[Line]:
    out: list[Line] = []
    for check in checked:
        head = Seg("✓ ", "ok") if check.ok else Seg("! ", "slow")
        text, note = Seg(check.text), Seg(check.note, "muted")
        column = 29
        if cells(check.text) < column and column + cells(check.note) + 2 <= width:
            out.append(Line((head, cell(check.text, column - 1), note)))
        else:
            out += flow([(text,), *([(note,)] if check.note else [])], width, (head,))
    return out


def _undo(plan: Plan, width: int) -> list[Line]:
    if not plan.changes:
        return []
    text = plan.undo or "No way back is known."
    argv = commands([plan.undo_argv], width) if plan.undo_argv else []
    return [*hanging((), text, width, "text" if plan.undo else "slow"), *argv]


def _taken(plan: Plan, width: int) -> list[Line]:
    if not plan.takes_back:
        return []
    author = max(cells(commit.author) for commit in plan.takes_back)
    rows = [_commit(commit, author, width) for commit in plan.takes_back]
    if not innocents(plan):
        rows.append(Line((Seg("  no innocent commit in the window", "muted"),)))
    return rows


def _commit(commit: PlanCommit, author: int, width: int) -> Line:
    glyph, token = _ROLE[commit.role]
    role = Seg(f"{commit.role:<9}", token if commit.role in ("suspect", "innocent") else "muted")
    return spread(
        width,
        (
            Seg(f"{glyph} ", token),
            Seg(f"{commit.sha[:7]} "),
            role,
            Seg(f"{commit.author:<{author}}  ", "muted"),
            Seg(commit.subject),
        ),
    )


def _not_covered(plan: Plan, width: int) -> list[Line]:
    column = min(max([9, *(cells(what) for what, _ in plan.not_covered)]), 16)
    out: list[Line] = []
    for what, why in plan.not_covered:
        out += hanging((Seg("! ", "slow"), cell(what, column)), why, width, "muted")
    return out


def innocents(plan: Plan) -> list[PlanCommit]:
    return [commit for commit in plan.takes_back if commit.role == "innocent"]


# -- the word line


def missing(word: str, typed: str) -> str:
    """What stands between the typed text and the word."""
    if typed == word:
        return "complete"
    if not word.startswith(typed):
        return "not the word: backspace, or ctrl+u clears"
    n = len(word) - len(typed)
    return "one letter missing" if n == 1 else f"{n} letters missing"


def word_lines(plan: Plan, typed: str, typing: bool, yes: bool, width: int, rows: int) -> list[Line]:
    """The only tinted place: `rows` rows at the bottom of the plan, more when the word is long."""
    if typing:
        body = _typing_lines(plan, typed, width)
    else:
        note = (Seg("nothing runs before the word is typed", "muted"),)
        body = [*flow([_invitation(plan, yes)], width), spread(width, note, _stop())]
    return [replace(line, ground="failbg") for line in ([Line(), *body] if rows > 2 else body)]


def _typing_lines(plan: Plan, typed: str, width: int) -> list[Line]:
    done = typed == plan.target
    hint = Seg(missing(plan.target, typed), "strong" if done else "muted", bold=done)
    ask = Seg(f"Type the {plan.target_kind} to run it:  ")
    word = Seg(plan.target, "strong", bold=True)
    cursor = (Seg("› ", "accent"), Seg(typed, "strong", bold=True, under=True), Seg("█", "accent"))
    first = (ask, word, Seg("     "), *cursor)
    if length((*first, hint)) + 2 <= width:
        says = "enter runs it" if done else "enter does nothing until the word is complete"
        note = Seg(says, "strong" if done else "muted", bold=done)
        return [spread(width, first, (hint,)), spread(width, (note,), _stop())]
    # Neither the word nor what was typed is ever cut: each takes the rows it needs.
    asked = [Line((ask,)), *(Line((replace(word, text=row),)) for row in broken(plan.target, width))]
    answer = [
        Line((cursor[0] if not n else Seg("  "), replace(cursor[1], text=row)))
        for n, row in enumerate(broken(typed + "█", width - 2))
    ]
    return [*asked, *answer, spread(width, (hint,), _stop())]


def _invitation(plan: Plan, yes: bool) -> tuple[Seg, ...]:
    others = innocents(plan)
    if others and not yes:
        n = len(others)
        what = "1 innocent commit" if n == 1 else f"{n} innocent commits"
        return (Seg("Y ", "accent", bold=True), Seg(f"yes, take back the {what} too     "), Seg("then x", "muted"))
    return (
        Seg("x ", "accent", bold=True),
        Seg(f"type the {plan.target_kind} to run it:  "),
        Seg(plan.target, "strong", bold=True),
    )


def _stop() -> tuple[Seg, ...]:
    return (Seg("esc esc", "accent", bold=True), Seg(" stop, nothing changes", "muted"))


def _answer_lines(text: str, width: int) -> list[Line]:
    return [replace(line, ground="failbg") for line in hanging((), text, width, "strong", bold=True)]


class PlanPage:
    """One plan, open. Holds what was typed and whether the innocent commits had their yes; nothing else."""

    title = "plan"

    def __init__(self, plan: Plan, step: int | None = None, mono: Callable[[], float] = monotonic) -> None:
        self.plan = plan
        self.step = step
        self.typed = ""
        self.typing = False
        self.yes = False
        self.answer = ""
        self._asked = False
        self._may_act = True
        self._mono = mono
        self._since = mono()

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        if self.typing:
            return ("esc", "leave the word"), ("ctrl+u", "clear"), ("enter", "runs, once the word is complete")
        if not self._may_act:
            return ("y", "copy the commands"), ("n", "no, stop")
        run = ("x", "type the word" if self.plan.changes else "run it")
        yes = (("Y", "yes, theirs too"),) if innocents(self.plan) and not self.yes else ()
        diff = (("d", "what it takes back"),) if self.plan.takes_back else ()
        return *yes, run, *diff, ("y", "copy the commands"), ("n", "no, stop")

    @property
    def pinned(self) -> tuple[int, int]:
        return self._pinned

    _pinned = (2, 2)

    def opened(self, screen: PageContext) -> None:
        screen.session.submit(ShowPlan(self.plan, screen.session.me))

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        self._may_act = not view.read_only
        top = plan_lines(self.plan, view, width, height, self.step)
        bottom = self._foot(view, width, height)
        self._pinned = len(plan_head(self.plan, view, width, self.step)), len(bottom)
        room = [Line()] * (height - len(top) - len(bottom))
        whole = [*top, *room, *bottom]
        return railed(whole) if self.plan.changes else whole

    def _foot(self, view: View, width: int, height: int) -> list[Line]:
        if self.answer:
            return [*_answer_lines(self.answer, width), spread(width, (), _stop(), ground="failbg")]
        if view.read_only:
            return [Line((Seg("x refused: ", "muted"), Seg(view.read_only, "muted")))]
        if not self.plan.changes:
            return [Line((Seg("x ", "accent", bold=True), Seg("runs it at once: it only looks")))]
        rows = 2 if size_of(width, height) == "compact" else 3
        return word_lines(self.plan, self.typed, self.typing, self.yes, width, rows)

    def handle(self, key: str, screen: PageContext) -> bool:
        if self._mono() - self._since < DEAF_S and key != "esc":
            return True
        if self.typing:
            return self._type(key, screen)
        match key:
            case "x":
                self._begin(screen)
            case "Y":
                self._agree(screen)
            case "y":
                screen.copy("\n".join(quoted(argv) for argv in _argvs(self.plan)))
                screen.say("commands copied")
            case "d" if self.plan.takes_back:
                from incidentui.tui.pages.commit import CommitPage

                screen.push(CommitPage(self.plan.takes_back[0].sha))
            case "n":
                screen.say("stopped, nothing changed")
                screen.back()
            case _:
                return False
        return True

    def _begin(self, screen: PageContext) -> None:
        self.answer = ""
        others = innocents(self.plan)
        if screen.session.view.read_only:
            screen.refuse("x", screen.session.view.read_only, "Start without it to act.")
        elif self._asked:
            screen.refuse("x", "it was asked for already", "The answer is on its way.")
        elif not self.plan.changes:
            self._run(screen)
        elif others and not self.yes:
            authors = ", ".join(sorted({commit.author for commit in others}))
            screen.refuse("x", f"it also takes back work of {authors}", "Y says yes to that.")
        else:
            self.typing, self.typed = True, ""

    def _agree(self, screen: PageContext) -> None:
        if innocents(self.plan):
            self.yes = True
            screen.say("yes to the innocent commits; x goes to the word")
        else:
            screen.refuse("Y", "there is no innocent commit in this plan")

    def _type(self, key: str, screen: PageContext) -> bool:
        match key:
            case "esc":
                self.typing, self.typed = False, ""
            case "enter":
                self._enter(screen)
            case "ctrl+u":
                self.typed = ""
            case "backspace":
                self.typed = self.typed[:-1]
            case "paste":
                screen.refuse("paste", "the word is typed, not pasted")
            case "up" | "down" | "pgup" | "pgdn":
                return False
            case _:
                # Bounded, so that a stuck key or a flood cannot grow it.
                letter = " " if key == "space" else key
                self.typed += letter if len(letter) == 1 and len(self.typed) < len(self.plan.target) + 20 else ""
        return True

    def _enter(self, screen: PageContext) -> None:
        if self.typed == self.plan.target:
            self.typing = False
            self._run(screen)
        else:
            screen.refuse("enter", missing(self.plan.target, self.typed))

    def _run(self, screen: PageContext) -> None:
        self._asked = True
        word, self.typed = self.typed, ""
        asked = screen.session.run_plan(self.plan, word, self.step)
        screen.when(asked, lambda answer: self._answered(answer, screen))

    def _answered(self, answer: Done | Refusal, screen: PageContext) -> None:
        if isinstance(answer, Refusal):
            self._asked = False
            self.answer = " ".join(part for part in (f"Refused: {answer.why}.", answer.hint) if part)
            screen.refuse("x", answer.why, answer.hint)
            return
        from incidentui.tui.pages.running import ActionPage

        run = newest_run(screen.session.view.state, self.plan)
        if run is None:
            screen.say("accepted; the timeline shows how it goes")
            screen.back()
        else:
            screen.replace(ActionPage(run))


def newest_run(state: State, plan: Plan) -> str | None:
    """The latest attempt at this plan."""
    runs = [a for a in state.attempts.values() if (a.plan.action, a.plan.args) == (plan.action, plan.args)]
    return max(runs, key=lambda a: a.asked).run if runs else None


def open_plan(screen: PageContext, key: str, action: str, args: Mapping[str, str], step: int | None = None) -> None:
    """Asks the session for a plan and shows it. Every acting key of every page ends here."""
    if screen.session.view.read_only:
        screen.refuse(key, screen.session.view.read_only, "Start without it to act.")
        return

    def shown(answer: Plan | Refusal) -> None:
        if isinstance(answer, Refusal):
            screen.refuse(key, answer.why, answer.hint)
        else:
            screen.push(PlanPage(answer, step))

    screen.say(f"planning {action}")
    screen.when(screen.session.plan(action, args), shown)
