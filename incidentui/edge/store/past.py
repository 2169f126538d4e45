"""The numbers that a check saw before, from the record: read beside a journal that others write."""

from pathlib import Path

from incidentui.core.model import CheckState, Ms
from incidentui.core.numbers import MOST, Past, first_number
from incidentui.edge.store import schema
from incidentui.edge.store.errors import JournalError

_SQL = """SELECT at, state, why FROM samples WHERE name = ? AND state IN ('ok', 'slow', 'unknown')
ORDER BY at DESC LIMIT ?"""


class NotReadError(Exception):
    """Why the record says nothing."""


class NumbersOfBefore:
    """Of the journal of one project. Blocking."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def __call__(self, check: str) -> tuple[Past, ...]:
        """Oldest first; none where nothing was recorded. Raises NotReadError."""
        try:
            rows = self._rows(check)
        except (*schema.BROKEN, JournalError, OSError) as wrong:
            raise NotReadError(f"the record cannot be read: {wrong}") from wrong
        seen = ((at, state, first_number(why)) for at, state, why in reversed(rows))
        return tuple(Past(at, state, number) for at, state, number in seen if number is not None)

    def _rows(self, check: str) -> list[tuple[Ms, CheckState, str]]:
        if not self._journal.exists() or not self._journal.stat().st_size:
            return []
        conn = schema.open_reader(str(self._journal))
        try:
            return conn.execute(_SQL, (check, MOST)).fetchall()
        finally:
            conn.close()
