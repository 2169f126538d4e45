"""The facts and the draft of an incident from its journal: one place for the screen, the replay and `export`."""

from typing import cast

from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms
from incidentui.core.state import State
from incidentui.edge.store.window import Record, Window, window_of
from incidentui.postmortem.facts import Facts, gather
from incidentui.session.ports import Journal
from incidentui.session.turn import state_at


def drafted(journal: Journal, state: State, incident: str, now: Ms) -> str | Refusal:
    """The post-mortem draft of an incident as it was known in `state` (a replay stands before its end)."""
    from incidentui.postmortem.draft import render

    facts = facts_of(journal, state, incident, now)
    return facts if isinstance(facts, Refusal) else render(facts)


def facts_of(journal: Journal, state: State, incident: str, now: Ms) -> Facts | Refusal:
    record = cast("Record", journal)  # every journal that the command line opens tells where its incidents lie
    window = window_of(record, incident)
    if window is None:
        return Refusal(f"there is no incident {incident}", "incidents lists them")
    # What came after the end is no part of it: a closed incident keeps the state it was closed in.
    last = min(window.to_seq, state.seq)
    then = state if window.open or last == state.seq else state_at(journal, last)
    found = then.incidents.get(incident)
    if found is None:
        return Refusal(f"{incident} was not open yet at this point", "seek to a later one")
    start = found.window_from if found.window_from is not None else found.opened
    events = [r for r in journal.read(window.from_seq - 1, last) if _holds(window, r.incident, r.at, start)]
    for seq in window.late:
        events += journal.read(seq - 1, min(seq, state.seq))
    before = state_at(journal, window.from_seq - 1)
    return gather(then, found, events, now, before=before, evidence=journal.evidence)


def _holds(window: Window, named: str | None, at: Ms, start: Ms) -> bool:
    """By its id, or by its time when it has none."""
    return named == window.incident.id if named else at >= start
