"""The plan page: what an action would do, and the word line that alone can start it.

Nothing here acts: the word goes to the session, which checks everything again. Red rail, typed word, no paste.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic

from incidentui.core.inputs import Refusal, ShowPlan
from incidentui.core.model import Ms, Plan
from incidentui.core.state import State
from incidentui.session.ports import Done, View
from incidentui.tui.line import Line, Seg, spread
from incidentui.tui.moves import SCROLLS
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import hanging, quoted, railed, size_of
from incidentui.tui.pages.plan_lines import closed, innocents, may_skip, plan_argvs, plan_head, plan_lines
from incidentui.tui.pages.word_line import closed_lines, missing, stop_hint, word_lines

DEAF_S = 0.3
"""Keys of this time after the page appeared were meant for another screen."""


def _answer_lines(text: str, width: int) -> list[Line]:
    return [replace(line, ground="failbg") for line in hanging((), text, width, "strong", bold=True)]


_WORD_OF_OTHERS = frozenset("ciph")
"""Letters that mean something on other pages: on a plan they may belong to its word, and nothing is done by them."""


class PlanPage:
    """One plan, open. Holds what was typed and whether the innocent commits had their yes; nothing else."""

    title = "plan"

    def __init__(
        self, plan: Plan, step: int | None = None, mono: Callable[[], float] = monotonic, undoes: bool = False
    ) -> None:
        self.plan = plan
        self.step = step
        self.undoes = undoes
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
        run: tuple[tuple[str, str], ...] = (("x", "type the word" if self.plan.changes else "run it"),)
        yes = (("Y", "yes, theirs too"),) if innocents(self.plan) and not self.yes else ()
        diff = (("d", "what it takes back"),) if self.plan.takes_back else ()
        may = may_skip(self.plan)
        skip = (("s", f"{may[1]}, with a reason"),) if may else ()
        run = () if closed(self.plan) else run
        return *yes, *run, *skip, *diff, ("y", "copy the commands"), ("n", "no, stop")

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
            return [*_answer_lines(self.answer, width), spread(width, (), stop_hint("esc"), ground="failbg")]
        if view.read_only:
            return [Line((Seg("x refused: ", "muted"), Seg(view.read_only, "muted")))]
        if not self.plan.changes:
            return [Line((Seg("x ", "accent", bold=True), Seg("runs it at once: it only looks")))]
        if shut := closed(self.plan):
            return closed_lines(shut, (may_skip(self.plan) or ("", ""))[1], width)
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
                screen.copy("\n".join(quoted(argv) for argv in plan_argvs(self.plan)))
                screen.say("commands copied")
            case "d" if self.plan.takes_back:
                from incidentui.tui.pages.commit import CommitPage

                screen.push(CommitPage(self.plan.takes_back[0].sha))
            case "s" if (may := may_skip(self.plan)) is not None:
                screen.prompt(f"{may[1]}, why", lambda reason: self._skip(may[0], reason, screen))
            case "n":
                screen.say("stopped, nothing changed")
                screen.back()
            case _ if self._begins_word(key) or (self.plan.changes and key in _WORD_OF_OTHERS):
                screen.refuse(key, "the word comes after x", f"x, then {self.plan.target}")
            case _:
                return False
        return True

    def _begins_word(self, key: str) -> bool:
        """Who reads "type the branch: main" types it. Without x it is not taken: it may have been meant for a shell."""
        wanted = self.plan.changes and not self._asked and not closed(self.plan)
        return wanted and key == self.plan.target[:1] and key not in SCROLLS

    def _begin(self, screen: PageContext) -> None:
        self.answer = ""
        others = innocents(self.plan)
        if screen.session.view.read_only:
            screen.refuse("x", screen.session.view.read_only, "Start without it to act.")
        elif shut := closed(self.plan):
            screen.refuse("x", shut, "s goes on, with a reason.")
        elif self._asked:
            screen.refuse("x", "it was asked for already", "The answer is on its way.")
        elif not self.plan.changes:
            self._run(screen)
        elif others and not self.yes:
            authors = ", ".join(sorted({commit.author for commit in others}))
            screen.refuse("x", f"it also takes back work of {authors}", "Y says yes to that.")
        else:
            self.typing, self.typed = True, ""

    def _skip(self, what: str, reason: str, screen: PageContext) -> None:
        """The same plan again, without what closed it."""
        if not reason.strip():
            screen.refuse("s", "skipping needs a reason")
            return
        args = {**dict(self.plan.args), what: reason.strip()}

        def shown(answer: Plan | Refusal) -> None:
            if isinstance(answer, Refusal):
                screen.refuse("s", answer.why, answer.hint)
            else:
                screen.replace(PlanPage(answer, self.step, undoes=self.undoes))
                screen.say("the reason is part of the plan now; nothing has happened yet")

        screen.when(screen.session.plan(self.plan.action, args), shown)

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
        asked = screen.session.run_plan(self.plan, word, self.step, undoes=self.undoes)
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


def open_plan(
    screen: PageContext,
    key: str,
    action: str,
    args: Mapping[str, str],
    step: int | None = None,
    undoes: bool = False,
    unset: Callable[[Refusal], None] | None = None,
) -> None:
    """Asks the session for a plan and shows it. Every acting key of every page ends here. `undoes`: the step.

    `unset` is called where a variable needs a value first, or another one.
    """
    if screen.session.view.read_only:
        screen.refuse(key, screen.session.view.read_only, "Start without it to act.")
        return

    def shown(answer: Plan | Refusal) -> None:
        if isinstance(answer, Refusal) and answer.choices:
            from incidentui.tui.pages.refused import RefusedPage

            screen.push(RefusedPage(action, answer, step, undoes))
            screen.say("refused, nothing changed")
        elif isinstance(answer, Refusal) and answer.unset and unset is not None:
            unset(answer)
        elif isinstance(answer, Refusal):
            screen.refuse(key, answer.why, answer.hint)
        else:
            screen.push(PlanPage(answer, step, undoes=undoes))
            screen.say("the plan is ready, nothing has happened yet")

    state = screen.session.view.state
    lost = (s.name for s in state.sources.values() if s.lost_since is not None and s.name in state.engines)
    silent = f"; {name} does not answer now" if (name := next(lost, "")) else ""
    screen.say(f"the plan is being made, nothing has happened yet{silent}", ok=not silent)
    screen.when(screen.session.plan(action, args), shown)
