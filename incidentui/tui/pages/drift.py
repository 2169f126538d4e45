"""Drift on the page of a workload: what was declared, what runs, and what follows from the difference."""

from collections.abc import Iterator, Sequence

from incidentui.core.drift import Drift, DriftRow, Level
from incidentui.core.drift_alarm import alarm, sentence
from incidentui.core.drift_told import THEN, reference, rows_of, told
from incidentui.core.events import DriftSeen
from incidentui.core.format import count
from incidentui.core.model import Workload
from incidentui.core.state import State
from incidentui.tui.line import Line, Seg, Token, cells
from incidentui.tui.pages.layout import beside, hanging, section

_MARKS: dict[Level, tuple[str, Token, Token]] = {
    "bad": ("✗", "fail", "fail"),
    "look": ("!", "slow", "slow"),
    "unknown": ("?", "unknown", "unknown"),
    "ok": ("✓", "ok", "muted"),
}
_WHAT = 14


def drift_rows(workload: Workload, state: State) -> tuple[DriftRow, ...]:
    """Nothing of one that nobody declared: what it was built from stands among the facts anyway."""
    drift = state.drift.get(workload.name)
    return rows_of(workload, drift, state.repository) if drift else ()


def differs(workload: Workload, state: State) -> str:
    """`4 of 8 differ`; empty when nothing does."""
    return told(drift_rows(workload, state))


def with_drift(
    said: tuple[str, Token, str], workload: Workload, state: State, compared: State
) -> tuple[str, Token, str]:
    """Mark, colour and sentence of a workload, with what differs from what was declared, and where nothing does, from
    what the page compares with. A volume that holds something else than before is said in any case."""
    _, token, text = said
    alarmed = _alarmed(workload, state)
    if token == "fail" and not alarmed:
        return said
    found = next(((s, words) for s in (state, compared) if (words := differs(workload, s))), None)
    if found is None:
        return said
    of = "as it was then" if reference(found[0].drift.get(workload.name)) == THEN else "what was declared"
    return "✗", "fail", f"{text.rstrip('.')}, and {alarmed or f'it is not {of}'}: {found[1]}."


def _alarmed(workload: Workload, state: State) -> str:
    drift = state.drift.get(workload.name)
    row = alarm(drift)
    return sentence(drift, row).removeprefix(f"{workload.name}: ") if drift is not None and row is not None else ""


def drift_lines(workload: Workload, state: State, width: int, *, compact: bool, only: bool = False) -> list[Line]:
    """`only`: without what is as declared. At compact that is left out in any case, and counted."""
    drift, rows = state.drift.get(workload.name), drift_rows(workload, state)
    note = (Seg(_note(workload, drift), "muted"),)
    of = reference(drift)
    name = f"{'CHECKPOINT' if of == THEN else 'DECLARED'}, RUNNING"
    if drift is not None and drift.why:
        said = "It cannot be compared" if of == THEN else "What is declared is not known"
        why = hanging((Seg("? ", "unknown"),), f"{said}: {drift.why}", width)
        known = _table([row for row in rows if row.what == "revision"], of, width)
        return section(width, name, [*why, *known], note)
    shown = [row for row in rows if row.level != "ok"] if compact or only else list(rows)
    body = [line for row in shown for line in _stacked(row, of, width)] if compact else _table(shown, of, width)
    if hidden := len(rows) - len(shown):
        body.append(Line((Seg("✓ ", "ok"), Seg(f"{count(hidden, 'more row')} as {of}", "muted"))))
    return section(width, name, body, note)


def drift_told(event: DriftSeen) -> Iterator[tuple[str, str]]:
    """What differs since then, as label and words: for whoever reads the bare record."""
    for name, row in event.fresh:
        yield name, "; ".join(filter(None, (f"{row.what} {row.running}", row.so_what)))
        yield reference(next(iter(event.drifts), None)), f"{row.declared} {row.place}".rstrip()
    yield "looked at", ", ".join(drift.workload for drift in event.drifts)


def _note(workload: Workload, drift: Drift | None) -> str:
    seen = "as last seen · " if workload.state == "unknown" else ""
    return f"{seen}{drift.by}" if drift else seen.rstrip(" ·")


def _table(rows: Sequence[DriftRow], of: str, width: int) -> list[Line]:
    if not rows:
        return []
    what = min(26, max(_WHAT, *(cells(row.what) for row in rows)))
    column = (width - what - 2 - 9) // 3
    titles = zip((what + 2, column, column, column), ("", of, "running", "so what"), strict=True)
    head = beside(*((room, [Line((Seg(title, "muted"),))]) for room, title in titles))
    return [*head, *(line for row in rows for line in _row(row, what, column))]


def _row(row: DriftRow, what: int, column: int) -> list[Line]:
    mark, token, tone = _MARKS[row.level]
    quiet: Token = "muted" if row.level == "ok" else "text"
    declared = f"{row.declared} ({row.place})" if row.place else row.declared
    return beside(
        (what + 2, hanging((Seg(f"{mark} ", token),), row.what, what + 2, quiet)),
        (column, hanging((), declared, column, quiet)),
        (column, hanging((), row.running, column, tone)),
        (column, hanging((), row.so_what or " ", column, "muted")),
    )


def _stacked(row: DriftRow, of: str, width: int) -> list[Line]:
    mark, token, tone = _MARKS[row.level]
    place = f" ({row.place})" if row.place else ""
    so_what = f"; {row.so_what}" if row.so_what else ""
    text = f"{row.what}: {row.running}, {of} {row.declared}{place}{so_what}"
    return hanging((Seg(f"{mark} ", token),), text, width, tone if row.level == "bad" else "text")
