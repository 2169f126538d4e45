"""The window on the timeline: some hundred rows of what may be a million, fetched by key, never counted."""

from collections.abc import Hashable
from dataclasses import field

from incidentui.core.events import Recorded
from incidentui.core.value import dataclass
from incidentui.session.ports import Row, Session, Unreadable
from incidentui.tui.present.timeline import Drawn, Shown, Times

PAGE = 80
"""Rows fetched at once; the window holds at most three times as many."""


def key_of(record: Recorded) -> Row:
    return Row(record.at, record.seq)


@dataclass(slots=True)
class Window:
    session: Session
    records: list[Recorded] = field(default_factory=list)
    details: bool | None = None
    """None: as wide screens and small ones do."""
    times: Times | None = None
    filter: str = ""
    at_start: bool = False
    at_end: bool = True
    unseen: int = 0
    _asked: tuple[object, ...] = ()
    _drawn: Drawn = field(default_factory=Drawn)

    def shown(self, *, wide: bool, gaps: bool) -> Shown:
        return Shown(
            self.records,
            self.all_of(wide),
            self.times,
            self.filter,
            self.at_start,
            self.at_end,
            self.unseen,
            gaps,
            self._drawn,
        )

    def all_of(self, wide: bool) -> bool:
        """Whether details are shown too: `.` says so, else the width does."""
        return wide if self.details is None else self.details

    def update(self, seq: int, incident: str | None, *, wide: bool, following: bool) -> None:
        """Follow the journal: what is new appears at the end, or is counted while the cursor stands above it."""
        question = (self.all_of(wide), self.filter, incident)
        asked = (*question, seq)
        if asked == self._asked:
            return
        fresh = self._asked[:-1] != question or not self.records
        before = self._asked[-1] if self._asked else 0
        self._asked = asked
        if fresh or (isinstance(before, int) and seq < before) or (following and self.at_end):
            self.last(wide)
        else:
            self._again(wide)

    def last(self, wide: bool) -> None:
        """The newest rows."""
        rows = self._rows(wide)
        if rows is not None:
            self.records = rows
            self.at_start, self.at_end, self.unseen = len(rows) < PAGE, True, 0

    def first(self, wide: bool) -> None:
        """The oldest rows."""
        rows = self._rows(wide, after=Row(0, 0))
        if rows is not None:
            self.records, self.at_start, self.at_end = rows, True, len(rows) < PAGE

    def _again(self, wide: bool) -> None:
        """The same window, read anew: a note that was back-dated may stand inside it."""
        start, had = self.records[0], {r.seq for r in self.records}
        newest = max(had)
        # At the start too: a note can be dated back to before the first row.
        after = Row(0, 0) if self.at_start else Row(start.at, start.seq - 1)
        rows = self._rows(wide, after=after, limit=len(self.records) + PAGE)
        if rows is None:
            return
        self.at_end = len(rows) < len(self.records) + PAGE
        self.unseen += sum(1 for r in rows if r.seq > newest)
        self.records = rows

    def earlier(self, wide: bool) -> bool:
        """One page before the window; what lies far below is dropped."""
        if self.at_start or not self.records:
            return False
        more = self._rows(wide, before=key_of(self.records[0]))
        if more is None:
            return False
        self.at_start = len(more) < PAGE
        self.records = more + self.records
        if len(self.records) > 3 * PAGE:
            self.records, self.at_end = self.records[: 3 * PAGE], False
        return bool(more)

    def later(self, wide: bool) -> bool:
        """One page after the window; what lies far above is dropped."""
        if self.at_end or not self.records:
            return False
        more = self._rows(wide, after=key_of(self.records[-1]))
        if more is None:
            return False
        self.at_end = len(more) < PAGE
        self.records = self.records + more
        if len(self.records) > 3 * PAGE:
            self.records, self.at_start = self.records[-3 * PAGE :], False
        return bool(more)

    def find(self, key: Hashable) -> Recorded | None:
        """The event behind a row of the pane."""
        if not isinstance(key, tuple) or key[:1] != ("event",):
            return None
        return next((r for r in self.records if r.seq == key[1]), None)

    def moment(self, key: Hashable, step: int) -> Hashable:
        """Key of the next key moment up or down from a row."""
        here = self.find(key)
        at = self.records.index(here) if here is not None else len(self.records)
        order = range(at - 1, -1, -1) if step < 0 else range(at + 1, len(self.records))
        found = next((i for i in order if self.records[i].moment == "key"), None)
        return ("event", self.records[found].seq) if found is not None else None

    def _rows(
        self, wide: bool, *, before: Row | None = None, after: Row | None = None, limit: int = PAGE
    ) -> list[Recorded] | None:
        """None when the journal cannot be read: what was shown stays, and the next drawing asks again."""
        try:
            return self.session.rows(
                before=before, after=after, limit=limit, key_only=not self.all_of(wide), containing=self.filter
            )
        except Unreadable:
            self._asked = ()
            return None
