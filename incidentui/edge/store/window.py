"""The window of an incident on a journal: which events belong to it, and the state before the first of them."""

from collections.abc import Iterable
from typing import Any, Protocol

from incidentui.core.events import IncidentOpened
from incidentui.core.model import Incident, Ms
from incidentui.core.value import dataclass
from incidentui.edge.store.sqlite import IncidentKey
from incidentui.session.ports import Journal
from incidentui.session.turn import state_at


class Record(Journal, Protocol):
    """A journal that also tells where its incidents lie."""

    project: str

    def incidents(self) -> list[IncidentKey]: ...

    def first_seen(self, at: Ms) -> int: ...

    def late(self, incident: str, after: int) -> list[int]: ...

    def cloudevents(self, after: int = 0, until: int | None = None) -> Iterable[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Window:
    incident: Incident
    from_seq: int
    to_seq: int
    late: tuple[int, ...] = ()
    """Events of the incident that came after it was closed."""
    open: bool = False

    def holds(self, event: dict[str, Any], happened: Ms) -> bool:
        """Whether an event of the range belongs to the incident: by its id, or by its time when it has none."""
        if "incident" in event:
            return bool(event["incident"] == self.incident.id)
        start = self.incident.window_from or self.incident.opened
        return start <= happened and (self.incident.closed is None or happened <= self.incident.closed)


def find_incident(journal: Record, ident: str) -> Incident | None:
    """An incident as it is known now, however long ago it was closed."""
    for key in journal.incidents():
        if key.id == ident:
            newest = state_at(journal, journal.last())
            if ident in newest.incidents or key.closed_seq is None:
                return newest.incidents.get(ident)
            return state_at(journal, key.closed_seq).incidents.get(ident)
    return None


def window_of(journal: Record, ident: str) -> Window | None:
    """The window of an incident; None when there is no such incident."""
    incident = find_incident(journal, ident)
    key = next((k for k in journal.incidents() if k.id == ident), None)
    if incident is None or key is None:
        return None
    start = incident.window_from if incident.window_from is not None else incident.opened
    # What came from a document was written in one piece: nothing of its time that was recorded here belongs to it.
    first = min(journal.first_seen(start), key.opened_seq) if incident.imported is None else key.opened_seq
    if key.closed_seq is None:
        return Window(incident, first, journal.last(), open=True)
    return Window(incident, first, key.closed_seq, tuple(journal.late(ident, key.closed_seq)))


def times(journal: Record, now: Ms) -> list[tuple[Ms, Ms]]:
    """When each incident's window began and ended: its samples are kept for good."""
    found = []
    for key in journal.incidents():
        opened = next(iter(journal.read(key.opened_seq - 1, key.opened_seq))).event
        start = opened.window_from if isinstance(opened, IncidentOpened) else None
        end = next(iter(journal.read(key.closed_seq - 1, key.closed_seq))).at if key.closed_seq else now
        found.append((start if start is not None else 0, end))
    return found
