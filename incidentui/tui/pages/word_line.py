"""The word line: the only tinted place of a plan. It says what is typed, what is missing, and what enter does."""

from dataclasses import replace

from incidentui.core.model import Plan
from incidentui.tui.line import Line, Seg, cells, cut, length, spread
from incidentui.tui.pages.layout import broken, flow
from incidentui.tui.pages.plan_lines import innocents


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
        body = [*flow([_invitation(plan, yes)], width), spread(width, note, stop_hint("esc"))]
    return [replace(line, ground="failbg") for line in ([Line(), *body] if rows > 2 else body)]


def closed_lines(why: str, skip: str, width: int) -> list[Line]:
    """Where the word would be: why there is none."""
    head, room = Seg("The word is closed: ", "strong", bold=True), width - 20
    said = why if cells(why) <= room else f"{cut(why, room - 18)} (all of it above)"
    text = [Line((head, Seg(said)))]
    key = (Seg("s", "accent", bold=True), Seg(f" {skip}, with a reason", "muted")) if skip else ()
    return [replace(line, ground="failbg") for line in (*text, spread(width, key, stop_hint("esc")))]


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
        return [spread(width, first, (hint,)), spread(width, (note,), stop_hint("esc esc"))]
    # Neither the word nor what was typed is ever cut: each takes the rows it needs.
    asked = [Line((ask,)), *(Line((replace(word, text=row),)) for row in broken(plan.target, width))]
    answer = [
        Line((cursor[0] if not n else Seg("  "), replace(cursor[1], text=row)))
        for n, row in enumerate(broken(typed + "█", width - 2))
    ]
    return [*asked, *answer, spread(width, (hint,), stop_hint("esc esc"))]


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


def stop_hint(key: str) -> tuple[Seg, ...]:
    return (Seg(key, "accent", bold=True), Seg(" stop, nothing changes", "muted"))
