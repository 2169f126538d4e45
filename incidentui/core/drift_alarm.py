"""The one difference that does not wait: a volume that holds something else than before, or nothing. Pure."""

from incidentui.core.drift import Drift, DriftRow

NAMELESS = "a volume without a name"
_AGE = "age of "
_HELD = "it held something before; stop"


def alarm(drift: Drift | None) -> DriftRow | None:
    """The row that says so; None when nothing does."""
    return next((row for row in drift.rows if _is_alarm(row)), None) if drift is not None else None


def _is_alarm(row: DriftRow) -> bool:
    return row.level == "bad" and (row.what.startswith(_AGE) or _is_empty(row))


def _is_empty(row: DriftRow) -> bool:
    return row.what.startswith("mount ") and row.running.endswith(", empty")


def brief(row: DriftRow) -> str:
    """For a row of the pane: at most 15 cells."""
    return "volume is new" if row.what.startswith(_AGE) else "mount is empty"


def sentence(drift: Drift, row: DriftRow) -> str:
    """ "db: volume shop_db-data was made anew", "db: mount /data is empty"."""
    return f"{drift.workload}: {brief_sentence(row)}"


def brief_sentence(row: DriftRow) -> str:
    """Without whose it is; empty where the row is no alarm."""
    if not _is_alarm(row):
        return ""
    anew = row.what.startswith(_AGE)
    return f"volume {row.what.removeprefix(_AGE)} was made anew" if anew else f"{row.what} is empty"


def judged(before: Drift | None, row: DriftRow) -> DriftRow:
    """A volume without a name that is empty: an alarm only where it was seen with something in it. One that was just
    made is empty, as it was declared."""
    if row.level != "look" or not _is_empty(row) or not row.running.startswith(NAMELESS):
        return row
    was = next((r for r in before.rows if r.what == row.what), None) if before is not None else None
    if was is None or not was.running.startswith(NAMELESS) or (_is_empty(was) and was.so_what != _HELD):
        return row
    return DriftRow(row.what, "bad", row.declared, row.running, _HELD, row.place)
