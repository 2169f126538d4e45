"""The hypothesis board: what was thought, done and seen, the verdict and its reason. All of it people's words.

A cause is a hypothesis that was confirmed: when it was fixed, that it is there again, and where it comes from, are said
of the same entry.
"""

import re

from incidentui.core import events as e
from incidentui.core.board import FIXED, Hypothesis, HypothesisWord, cause_word
from incidentui.core.envelope import rfc3339
from incidentui.core.incidents import open_one
from incidentui.core.inputs import AddHypothesis, ChangeCause, ChangeHypothesis, Conclude, MakeRemark
from incidentui.core.model import Incident, Moment, Ms
from incidentui.core.state import State
from incidentui.core.turn import Deciding, Decision, refuse

MOST = 100
VERDICTS: tuple[HypothesisWord, ...] = ("to test", "confirmed", "refuted", "correct, not the cause")
_SHA = re.compile(r"\b[0-9a-f]{7,40}\b")


def add(d: Deciding, c: AddHypothesis) -> Decision:
    incident = _open_board(d.state, c.incident)
    if isinstance(incident, Decision):
        return incident
    thought, did, saw = _line(c.thought), _line(c.did), _line(c.saw)
    if not thought:
        return refuse("a hypothesis says what is thought to be the cause")
    if len(incident.hypotheses) >= MOST:
        return refuse(f"{incident.id} has {MOST} hypotheses", "what else is thought fits into a note")
    n = max((h.n for h in incident.hypotheses), default=0) + 1
    added = e.HypothesisAdded(n, thought, c.by, did, saw, named(d.state, did), c.origin)
    d.say(added, c.by, "key", at=c.at, incident=incident.id, source=f"responder:{c.by}")
    if why := _line(c.why):
        _confirm(d, incident, n, c.by, why, c.at)
    return d.done(incident.id)


def _confirm(d: Deciding, incident: Incident, n: int, by: str, why: str, at: Ms | None) -> None:
    old = next(h for h in d.state.incidents[incident.id].hypotheses if h.n == n)
    now = e.HypothesisChanged(n, old.verdict, "confirmed", by, why, old.did, old.saw, old.commits, judged=True)
    d.say(now, by, "key", at=at, incident=incident.id, source=f"responder:{by}")


def change(d: Deciding, c: ChangeHypothesis) -> Decision:
    incident = _open_board(d.state, c.incident)
    if isinstance(incident, Decision):
        return incident
    old = _numbered(incident, c.n)
    if old is None:
        return _unnumbered(incident, c.n)
    changed = _changed(d.state, old, c)
    if changed.judged and changed.now != "to test" and not changed.why:
        return refuse(f"“{changed.now}” needs a reason", "say what was seen that shows it")
    if not changed.judged and (changed.did, changed.saw) == (old.did, old.saw):
        return refuse(f"hypothesis {c.n} says so already")
    d.say(changed, c.by, "key" if changed.judged else "detail", incident=incident.id, source=f"responder:{c.by}")
    return d.done(incident.id)


def remark(d: Deciding, c: MakeRemark) -> Decision:
    incident = _open_board(d.state, c.incident)
    if isinstance(incident, Decision):
        return incident
    what, why = _line(c.what), _line(c.why)
    if not what or not why:
        return refuse(f"“{c.kind}” needs a thing and a reason", "say what was seen that shows it")
    known = next((a for a in incident.remarks if (a.kind, a.what) == (c.kind, what)), None)
    if known is not None and known.why == why:
        return refuse("the board says so already")
    if known is None and len(incident.remarks) >= MOST:
        return refuse(f"{incident.id} has {MOST} of these", "what else was seen fits into a note")
    said = e.RemarkMade(c.kind, what, why, c.by)
    d.say(said, c.by, "key", incident=incident.id, source=f"responder:{c.by}")
    return d.done(incident.id)


def conclude(d: Deciding, c: Conclude) -> Decision:
    incident = _open_board(d.state, c.incident)
    if isinstance(incident, Decision):
        return incident
    text = _line(c.text)
    if not text:
        return refuse(f"what is the {c.what}?", "say it in one sentence")
    if any((said.what, said.text) == (c.what, text) for said in incident.conclusions):
        return refuse("the board says so already")
    d.say(e.ConclusionDrawn(c.what, text, c.by), c.by, "key", incident=incident.id, source=f"responder:{c.by}")
    return d.done(incident.id)


def change_cause(d: Deciding, c: ChangeCause) -> Decision:
    incident = _open_board(d.state, c.incident)
    if isinstance(incident, Decision):
        return incident
    old, at = _numbered(incident, c.n), d.now if c.at is None else c.at
    if old is None:
        return _unnumbered(incident, c.n)
    if wrong := _no_cause(old, c, at):
        return refuse(*wrong)
    said = _line(c.said)
    if c.what == "fixed" and old.verdict == "to test":
        _confirm(d, incident, c.n, c.by, FIXED + said, c.at)
    again = old.again + (c.what == "again")
    origin = c.origin if c.what == "origin" else old.origin
    changed = e.CauseChanged(c.n, c.what, c.by, said, again, origin)
    loud: Moment = "detail" if c.what == "origin" else "key"
    d.say(changed, c.by, loud, at=c.at, incident=incident.id, source=f"responder:{c.by}")
    return d.done(incident.id)


def _no_cause(h: Hypothesis, c: ChangeCause, at: Ms) -> tuple[str, str] | None:
    """Why this cannot be said of it, and what to do: (why, hint)."""
    word = cause_word(h)
    if c.what == "origin":
        return (f"cause {h.n} is {h.origin} already", "") if c.origin == h.origin else None
    if word == "ruled out":
        return f"hypothesis {h.n} is ruled out: {h.verdict}", "give it another verdict first"
    if c.what == "again":
        last = h.fixed if h.fixed is not None else h.at
        return (f"cause {h.n} was {word} at {rfc3339(last)}, later than that", "") if at < last else None
    if word == "fixed":
        return f"cause {h.n} is fixed since {rfc3339(h.fixed or 0)}", "say that it is there again first"
    if not _line(c.said):
        return f"how was cause {h.n} fixed?", "say what was done, in a few words"
    began = h.since if h.since is not None else h.at
    return (f"cause {h.n} was found at {rfc3339(began)}, later than that", "") if at < began else None


def _numbered(incident: Incident, n: int) -> Hypothesis | None:
    return next((h for h in incident.hypotheses if h.n == n), None)


def _unnumbered(incident: Incident, n: int) -> Decision:
    return refuse(f"{incident.id} has no hypothesis {n}", "h shows them")


def _changed(state: State, old: Hypothesis, c: ChangeHypothesis) -> e.HypothesisChanged:
    now = c.verdict or old.verdict
    # Another verdict has its own reason: the old one would speak for what it spoke against.
    why = _line(c.why) if c.why is not None else old.why if now == old.verdict else ""
    did = old.did if c.did is None else _line(c.did)
    saw = old.saw if c.saw is None else _line(c.saw)
    judged = (now, why) != (old.verdict, old.why)
    return e.HypothesisChanged(c.n, old.verdict, now, c.by, why, did, saw, named(state, did), judged)


def _open_board(state: State, wanted: str | None) -> Incident | Decision:
    return open_one(state, wanted, "is closed: its board stays as it was then", "a note can still be added to it")


def to_decide(h: Hypothesis, state: State) -> tuple[str, ...]:
    """Its commits that still stand although it was not the cause: somebody has to keep them or take them back."""
    if h.verdict not in ("refuted", "correct, not the cause"):
        return ()
    gone = {c.sha for c in state.ledger.commits if c.state == "taken back"} if state.ledger is not None else set[str]()
    return tuple(sha for sha in h.commits if sha not in gone)


def named(state: State, text: str) -> tuple[str, ...]:
    """The commits that a text names by seven digits or more, as git knows them."""
    commits = state.repository.commits if state.repository is not None else ()
    shas = (next((c.sha for c in commits if c.sha.startswith(name)), None) for name in _SHA.findall(text))
    return tuple(dict.fromkeys(sha for sha in shas if sha is not None))


def _line(text: str) -> str:
    return " ".join(text.split())
