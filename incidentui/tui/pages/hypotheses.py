"""The hypothesis board: by verdict, with what was done, seen, and why; the refuted stay readable. Keys only record."""

from collections.abc import Sequence
from dataclasses import replace

from incidentui.core.board import Hypothesis, HypothesisWord, total_ms
from incidentui.core.board_words import HYPOTHESIS_MARK
from incidentui.core.format import duration
from incidentui.core.hypotheses import VERDICTS
from incidentui.core.inputs import AddHypothesis, ChangeHypothesis, Refusal
from incidentui.core.model import Incident, Ms
from incidentui.core.state import State
from incidentui.session.ports import Done, View
from incidentui.tui.line import Line, Seg, Token, cells, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.causes import ASKS, ask, cause_lines, keyed, known_causes, tested
from incidentui.tui.pages.conclusion import KEY, conclude, conclusion_lines
from incidentui.tui.pages.impact import impact_lines
from incidentui.tui.pages.layout import hanging, heading, rule, stack, wall
from incidentui.tui.pages.remarks import KINDS, remark, remark_lines
from incidentui.tui.pages.seen_before import seen_before
from incidentui.tui.telling import tell

GROUPS: tuple[tuple[str, tuple[HypothesisWord, ...]], ...] = (
    ("CONFIRMED", ("confirmed",)),
    ("NOT THE CAUSE", ("refuted", "correct, not the cause")),
    ("OPEN", ("to test",)),
)
_INK: dict[HypothesisWord, Token] = {
    "to test": "muted",
    "confirmed": "ok",
    "refuted": "fail",
    "correct, not the cause": "muted",
}
_ASKS: dict[HypothesisWord, str] = {
    "to test": "to test again, because (may stay empty)",
    "confirmed": "confirmed, because",
    "refuted": "refuted, because",
    "correct, not the cause": "correct, not the cause, because",
}


def board_lines(incident: Incident, state: State, now: Ms, width: int) -> list[Line]:
    board = incident.hypotheses
    until = incident.closed if incident.closed is not None else now
    about = (Seg(f"{len(board)}, by what we know now" if board else "none yet", "text"),)
    tail = (Seg("goes into the draft as it stands", "muted"),) if width >= 80 else ()
    top = [heading(width, "HYPOTHESES", about, tail), *([Line()] if width >= 98 else [])]
    impact = impact_lines(incident, state, until, width)
    ends = conclusion_lines(incident.conclusions, width)
    before = seen_before(incident, width)
    if not board:
        empty = "No hypothesis yet. h records what you think is the cause, before you try something."
        said = hanging((), empty, width, "muted")
        return [*top, *stack(before, impact, said, ends, remark_lines(incident.remarks, width))]
    known = known_causes(board)
    others = [h for h in board if h not in known]
    groups = (_group(name, words, others, state, until, width) for name, words in GROUPS)
    causes = cause_lines(board, state, until, width)
    return [*top, *stack(before, impact, causes, ends, *groups, remark_lines(incident.remarks, width))]


def _group(
    name: str, words: tuple[HypothesisWord, ...], board: Sequence[Hypothesis], state: State, until: Ms, width: int
) -> list[Line]:
    found = [h for h in board if h.verdict in words]
    if not found:
        return []
    return [rule(width, name, _note(name, found, until)), *stack(*(_entry(h, state, width) for h in found))]


def _note(name: str, found: list[Hypothesis], until: Ms) -> tuple[Seg, ...]:
    """How many, and how long the wrong ones took."""
    _, spent = total_ms(found, until) if name == "NOT THE CAUSE" else (0, 0)
    return (Seg(f"{len(found)}" + (f" · {duration(spent)}" if spent >= 1000 else ""), "muted"),)


def _entry(h: Hypothesis, state: State, width: int) -> list[Line]:
    head = (Seg(f"{HYPOTHESIS_MARK[h.verdict]} ", _INK[h.verdict]), Seg(f"{h.n} ", "muted"))
    tail = (Seg(h.verdict, _INK[h.verdict]), Seg(f"   {wall(h.judged or h.at)} · {h.judged_by or h.by}", "muted"))
    bold = h.verdict in ("confirmed", "to test")
    lead = sum(cells(seg.text) for seg in head)
    if lead + cells(h.thought) + sum(cells(seg.text) for seg in tail) + 3 <= width:
        rows = [spread(width, (*head, Seg(h.thought, bold=bold)), tail)]
    else:
        rows = [*hanging(head, h.thought, width, bold=bold), Line((Seg(" " * lead), *tail))]
    return keyed(h, [*rows, *tested(h, state, lead, width)])


class HypothesesPage:
    title = "hypotheses"
    pinned = (1, 0)
    typing = False

    def __init__(self, incident: str, first: int = 0) -> None:
        self.incident = incident
        self.first_row = ("hypothesis", first, 0) if first else None
        self._may_record, self._empty = True, False

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        if not self._may_record:
            return (("y", "copy"),)
        of_one = ("1–4", "verdict"), ("5", "fixed"), ("6", "again"), ("7", "origin")
        beside = ("8", "ruled out"), ("9", "misled us"), (KEY, "conclusion")
        if self._empty:
            return (("h", "new"), *beside, ("n", "note"))
        return (("h", "new"), *of_one, *beside, ("e", "did, saw"), ("n", "note"), ("y", "copy"))

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        self._may_record = view.playhead is None
        incident = view.state.incidents.get(self.incident)
        if incident is None:  # a replay stands before it was opened
            return [heading(width, "HYPOTHESES"), Line(), Line((Seg(f"{self.incident} is not open yet.", "muted"),))]
        self._empty = not incident.hypotheses
        return board_lines(incident, view.state, now, width)

    def handle(self, key: str, screen: PageContext) -> bool:
        if key == "y":
            self._copy(screen)
        elif key not in ("h", "e", *"0123456789"):
            return False
        elif refusal := _refused(screen.session.view):
            screen.refuse(key, *refusal)
        elif key == "h":
            self._new(screen)
        elif key == KEY:
            incident = screen.session.view.state.incidents.get(self.incident)
            conclude(incident.conclusions if incident else (), self.incident, screen)
        elif key in KINDS:
            remark(key, self.incident, screen)
        else:
            self._on_chosen(key, screen)
        return True

    def _on_chosen(self, key: str, screen: PageContext) -> None:
        h = self._chosen(screen)
        if h is None:
            screen.refuse(key, "no hypothesis is chosen", "h records one")
        elif key == "e":
            self._tested(h.n, h.did, h.saw, screen)
        elif key in ASKS:
            ask(key, h, self.incident, screen)
        else:
            self._judge(key, h, VERDICTS[int(key) - 1], screen)

    def _chosen(self, screen: PageContext) -> Hypothesis | None:
        key = screen.cursor
        incident = screen.session.view.state.incidents.get(self.incident)
        n = key[1] if isinstance(key, tuple) and key[0] == "hypothesis" else None
        return next((h for h in incident.hypotheses if h.n == n), None) if incident else None

    def _copy(self, screen: PageContext) -> None:
        h = self._chosen(screen)
        if h is None:
            screen.refuse("y", "no hypothesis is chosen")
        else:
            said = [f"{name}: {text}" for name, text in (("did", h.did), ("saw", h.saw), ("why", h.why)) if text]
            screen.copy("\n".join([f"{h.n} {h.thought} ({h.verdict})", *said]))

    # -- recording: what was said so far is on disk before the next question

    def _new(self, screen: PageContext) -> None:
        def thought(text: str) -> None:
            if not text.strip():
                screen.say("nothing recorded", ok=False)
                return
            new = AddHypothesis(text, screen.session.me, incident=self.incident)
            screen.when(screen.session.submit(new), lambda answer: self._added(answer, screen))

        screen.prompt("hypothesis, what is thought to be the cause", thought)

    def _added(self, answer: Done | Refusal, screen: PageContext) -> None:
        """The cursor goes to the new one: what is pressed next is about it."""
        if isinstance(answer, Refusal):
            screen.refuse("h", answer.why, answer.hint)
            return
        incident = screen.session.view.state.incidents.get(self.incident)
        if screen.page is self and incident is not None:
            newest = max((h.n for h in incident.hypotheses), default=0)
            screen.replace(HypothesesPage(self.incident, newest))
        screen.say("recorded, to test; e says what was done and seen, 1 to 4 the verdict")

    def _tested(self, n: int, did: str, saw: str, screen: PageContext) -> None:
        def done(text: str) -> None:
            if text.strip() != did:
                self._change("e", ChangeHypothesis(n, screen.session.me, did=text), screen)
            screen.prompt(f"hypothesis {n}, seen then", seen, saw)

        def seen(text: str) -> None:
            if text.strip() != saw:
                self._change("e", ChangeHypothesis(n, screen.session.me, saw=text), screen)

        screen.prompt(f"hypothesis {n}, done to test it", done, did)

    def _judge(self, key: str, h: Hypothesis, verdict: HypothesisWord, screen: PageContext) -> None:
        def because(why: str) -> None:
            self._change(key, ChangeHypothesis(h.n, screen.session.me, verdict, why), screen)

        label = f"hypothesis {h.n} {_ASKS[verdict]}"
        screen.prompt(label, because, h.why if h.verdict == verdict else "")

    def _change(self, key: str, change: ChangeHypothesis, screen: PageContext) -> None:
        done = f"hypothesis {change.n}: {change.verdict or 'noted'}"
        tell(screen, key, replace(change, incident=self.incident), done)


def _refused(view: View) -> tuple[str, str] | None:
    """Read-only takes actions away, not the record: what is thought is written down as a note is."""
    if view.playhead is not None:
        return "this is a replay, it only shows what was", "Start incidentui on the project to record"
    return None
