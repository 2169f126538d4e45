"""The hypothesis board: what was thought, done and seen, the verdict and its reason. All of it people's words."""

import re

from incidentui.core import events as e
from incidentui.core.incidents import nobody, which
from incidentui.core.inputs import AddHypothesis, ChangeHypothesis, MakeRemark
from incidentui.core.model import Hypothesis, HypothesisWord, Incident
from incidentui.core.state import State
from incidentui.core.turn import Deciding, Decision, refuse

MOST = 100
VERDICTS: tuple[HypothesisWord, ...] = ("to test", "confirmed", "refuted", "correct, not the cause")
_SHA = re.compile(r"\b[0-9a-f]{7,40}\b")


def add(d: Deciding, c: AddHypothesis) -> Decision:
    incident = which(d.state, c.incident)
    if incident is None or incident.closed is not None:
        return _none(incident, c.incident)
    thought, did, saw = _line(c.thought), _line(c.did), _line(c.saw)
    if not thought:
        return refuse("a hypothesis says what is thought to be the cause")
    if len(incident.hypotheses) >= MOST:
        return refuse(f"{incident.id} has {MOST} hypotheses", "what else is thought fits into a note")
    n = max((h.n for h in incident.hypotheses), default=0) + 1
    added = e.HypothesisAdded(n, thought, c.by, did, saw, named(d.state, did))
    d.say(added, c.by, "key", at=c.at, incident=incident.id, source=f"responder:{c.by}")
    return d.done(incident.id)


def change(d: Deciding, c: ChangeHypothesis) -> Decision:
    incident = which(d.state, c.incident)
    if incident is None or incident.closed is not None:
        return _none(incident, c.incident)
    old = next((h for h in incident.hypotheses if h.n == c.n), None)
    if old is None:
        return refuse(f"{incident.id} has no hypothesis {c.n}", "h shows them")
    changed = _changed(d.state, old, c)
    if changed.judged and changed.now != "to test" and not changed.why:
        return refuse(f"“{changed.now}” needs a reason", "say what was seen that shows it")
    if not changed.judged and (changed.did, changed.saw) == (old.did, old.saw):
        return refuse(f"hypothesis {c.n} says so already")
    d.say(changed, c.by, "key" if changed.judged else "detail", incident=incident.id, source=f"responder:{c.by}")
    return d.done(incident.id)


def remark(d: Deciding, c: MakeRemark) -> Decision:
    incident = which(d.state, c.incident)
    if incident is None or incident.closed is not None:
        return _none(incident, c.incident)
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


def _changed(state: State, old: Hypothesis, c: ChangeHypothesis) -> e.HypothesisChanged:
    now = c.verdict or old.verdict
    # Another verdict has its own reason: the old one would speak for what it spoke against.
    why = _line(c.why) if c.why is not None else old.why if now == old.verdict else ""
    did = old.did if c.did is None else _line(c.did)
    saw = old.saw if c.saw is None else _line(c.saw)
    judged = (now, why) != (old.verdict, old.why)
    return e.HypothesisChanged(c.n, old.verdict, now, c.by, why, did, saw, named(state, did), judged)


def _none(incident: Incident | None, wanted: str | None) -> Decision:
    if incident is None:
        return nobody(wanted)
    return refuse(f"{incident.id} is closed: its board stays as it was then", "a note can still be added to it")


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
