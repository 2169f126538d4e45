"""One event appended without the journal's port: for `note`, which decides nothing and must be quick.

Imports no event class; the caller brings the data as plain JSON.
"""

from collections.abc import Callable
from typing import NamedTuple

from incidentui.edge.store import schema
from incidentui.edge.store.aside import SideFiles
from incidentui.edge.store.errors import DisplacedError, JournalError
from incidentui.edge.store.place import Place
from incidentui.edge.store.transaction import Draft, Transaction, aside_lines, commit


class Written(NamedTuple):
    draft: Draft
    seq: int | None
    """None: the journal could not be written; the fact waits in `path`."""
    path: str
    why: str = ""


def append_one(path: str, project: str, make: Callable[[Transaction | None], Draft]) -> Written:
    """Durable when it returns. `make` gives the draft inside the transaction (None: the journal cannot be asked)."""
    side = SideFiles(path)
    made: list[Draft] = []

    def work(transaction: Transaction) -> Written:
        made[:] = [make(transaction)]
        stored = transaction.insert(made)[0]
        return Written(stored.draft, stored.seq, path)

    try:
        conn = schema.open_writer(path, project)
        try:
            return commit(conn, schema.project_of(conn), side, [work], Place(path))[0][0]
        finally:
            conn.close()
    except (*schema.BROKEN, OSError, schema.SchemaError, DisplacedError) as error:
        # The same one: a disk that fails at the end of a commit may have kept it, and its id says so.
        draft = made[0] if made else make(None)
        try:
            return Written(draft, None, side.write(aside_lines([draft], (), project)), str(error))
        except OSError as second:
            raise JournalError(
                f"nothing could be saved: {path}: {error}; and the side file: {second}. Free some disk space."
            ) from error
