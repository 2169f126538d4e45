"""What went well, what went wrong, and where there was luck: what the record shows, then what people said.

People say it by a note that begins with `well:`, `wrong:` or `lucky:`. The program never judges that something was
luck because it helped: only that nothing anybody did explains it.
"""

from collections.abc import Iterator
from typing import Literal

from incidentui.core import events as e
from incidentui.core.format import count, duration
from incidentui.core.model import Attempt
from incidentui.core.value import dataclass
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, section, stamp, text

Kind = Literal["well", "wrong", "lucky"]
TITLES: dict[Kind, str] = {"well": "Went well", "wrong": "Went wrong", "lucky": "Where we were lucky"}


@dataclass(frozen=True, slots=True)
class Told:
    kind: Kind
    what: str
    by: str
    at: int


def sections(facts: Facts) -> list[str]:
    said = told(facts)
    return [section(title, _lines(facts, kind, said)) for kind, title in TITLES.items()]


def _lines(facts: Facts, kind: Kind, said: list[Told]) -> list[str]:
    record = [f"- {text(line)}" for line in _RECORD[kind](facts)]
    people = [f"- {text(one.what)} ({text(one.by)}, {stamp(one.at)})" for one in said if one.kind == kind]
    ask = [] if people else [f"{UNKNOWN}: for the people who were there (a note “{kind}: …” says it)"]
    both = [*record, *people]
    return [*both, "", *ask] if both and ask else [*both, *ask]


def told(facts: Facts) -> list[Told]:
    """What people said, in the order of the timeline."""
    return [
        one for r in facts.timeline if isinstance(r.event, e.NoteAdded) and (one := _told(r.event, r.at)) is not None
    ]


def _told(note: e.NoteAdded, at: int) -> Told | None:
    word, colon, what = note.text.partition(":")
    kind: Kind | None = next((kind for kind in TITLES if word.strip().casefold() == kind), None)
    return Told(kind, what.strip(), note.by, at) if colon and kind is not None and what.strip() else None


def unsaid(facts: Facts) -> tuple[str, ...]:
    """The parts of which nobody said anything."""
    kinds = {one.kind for one in told(facts)}
    return tuple(title for kind, title in TITLES.items() if kind not in kinds)


# -- by the record


def _well(facts: Facts) -> Iterator[str]:
    first, detect = facts.incident.first_red, next((m for m in facts.metrics if m.name == "to detect"), None)
    if first is not None and detect is not None and detect.ms is not None and _by_a_check(facts):
        began = "the deploy" if detect.rule.startswith("deploy ") else "it began"
        yield f"It was seen {duration(detect.ms)} after {began}, by {facts.detected.how}."
    for a in _changing(facts):
        if a.verdict is not None and a.verdict.word == "complete" and a.ended is not None:
            yield f"{_name(a)} was complete after {duration(a.ended - a.asked)}: {a.verdict.why}."
    for a in facts.attempts:
        if a.outcome == "refused":
            yield f"{_name(a)} was refused before it did anything: {a.why}."
    skipped = sum(step.state == "skipped" for run in facts.runbooks for step in run.steps)
    done = sum(step.state == "done" for run in facts.runbooks for step in run.steps)
    if done:
        yield f"{count(done, 'step')} of runbooks done" + (f", {skipped} skipped with a reason." if skipped else ".")


def _wrong(facts: Facts) -> Iterator[str]:
    for a in _changing(facts):
        if a.verdict is not None and a.verdict.word in ("not complete", "failed", "outcome unknown"):
            again = "; the same error again" if a.verdict.same_error else ""
            yield f"{_name(a)}: {a.verdict.word}: {a.verdict.why}{again}."
            if a.verdict.delta.newly_red:
                yield f"{_name(a)} turned red: {', '.join(a.verdict.delta.newly_red)}."
    for r in facts.timeline:
        if isinstance(r.event, e.DeployMissed):
            yield f"A push at {stamp(r.at)} was followed by no deploy."
    for h in facts.incident.hypotheses:
        if h.verdict in ("refuted", "correct, not the cause") and h.judged is not None:
            yield f"{duration(h.judged - h.at)} went into “{h.thought}”, which was not the cause."
    if not _by_a_check(facts):
        yield f"No check saw it first: {facts.detected.how}."
    if facts.incident.acknowledged is None:
        yield "Nobody said that they are on it."


def _lucky(facts: Facts) -> Iterator[str]:
    if facts.recovered is not None:
        before = [a for a in _changing(facts) if a.outcome == "done" and a.asked < facts.recovered]
        if not before and not _deployed(facts, facts.recovered):
            yield f"All answered again at {stamp(facts.recovered)}, and no action of this record explains it."
        elif before and all(a.verdict is not None and a.verdict.word != "complete" for a in before):
            yield f"All answered again at {stamp(facts.recovered)}, after attempts of which none was complete."
    for start, until in facts.unwatched:
        yield f"Nobody watched from {stamp(start)} to {stamp(until)}; nothing worse is known to have happened then."


def _deployed(facts: Facts, until: int) -> bool:
    """What runs was replaced while it was red, by whomever: that may be why it is over."""
    first = facts.incident.first_red
    return any(isinstance(r.event, e.Deployed) and first is not None and first < r.at <= until for r in facts.timeline)


_RECORD = {"well": _well, "wrong": _wrong, "lucky": _lucky}


def _by_a_check(facts: Facts) -> bool:
    return facts.detected.at < facts.incident.opened or " look" in facts.detected.how


def _changing(facts: Facts) -> list[Attempt]:
    return [a for a in facts.attempts if a.plan.changes]


def _name(attempt: Attempt) -> str:
    return f"Attempt {attempt.number}, {attempt.plan.title}" if attempt.number else attempt.plan.title
