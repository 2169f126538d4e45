"""From one version of the journal's file to the next: a copy first, then every step in one transaction.

Killed at any moment, the file is what it was or what it shall be, and nothing between.
"""

import os
import sqlite3

from incidentui.edge.store import place, schema
from incidentui.edge.store.transaction import holds, newest

STEPS: dict[int, tuple[str, ...]] = {}
"""Statements that make a journal of this version one of the next. A release adds its own, and never changes others."""


def migrate(conn: sqlite3.Connection, path: str) -> None:
    """Bring the journal to this program's version; nothing, when another process has done so meanwhile."""
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("BEGIN IMMEDIATE")
    try:
        version = schema.user_version(conn)
        if version < schema.VERSION:
            _keep(conn, path, version)
        for step in range(version, schema.VERSION):
            for statement in STEPS[step]:
                conn.execute(statement)
        if version < schema.VERSION:
            conn.execute(f"PRAGMA user_version = {schema.VERSION}")
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def _keep(conn: sqlite3.Connection, path: str, version: int) -> None:
    """A copy as it was, beside the journal. One that a killed migration has made already is not made again."""
    name, n = f"{path}.version-{version}", 1
    while os.path.lexists(name):
        if _is_copy(conn, name):
            return
        name, n = f"{path}.version-{version}-{n}", n + 1
    source = schema.connect(path, "rw")  # a connection that holds the lock for writing cannot be copied from
    try:
        place.copy_out(source, name)
    finally:
        source.close()


def _is_copy(conn: sqlite3.Connection, name: str) -> bool:
    """Copies get their name when they are whole; so the last event tells."""
    known = newest(conn)
    try:
        other = schema.connect(name, "rw")
        try:
            return holds(other, known) and newest(other) == known
        finally:
            other.close()
    except schema.BROKEN:
        return False
