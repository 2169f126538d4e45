"""`incidents` and `show`: what was, how bad, how long."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import click

from incidentui.cli.archive import record_of
from incidentui.cli.cause import as_object as causes_object
from incidentui.cli.cause import conclusion_lines, conclusion_object
from incidentui.cli.checklist import checklist_lines, checklist_object
from incidentui.cli.hypothesis import as_lines as hypothesis_lines
from incidentui.cli.hypothesis import as_object as hypothesis_object
from incidentui.cli.hypothesis import remark_lines, remark_object
from incidentui.cli.journal_access import open_to_read
from incidentui.cli.options import CannotRun, Options
from incidentui.cli.show_past import notes_here, show_past, tell_notes
from incidentui.core import codec
from incidentui.core.board_words import total
from incidentui.core.envelope import rfc3339
from incidentui.core.format import duration
from incidentui.core.functions import function_outages
from incidentui.core.metrics import Metric, Outage, metrics, outages
from incidentui.core.model import Incident
from incidentui.core.recurrence import told as recurrence
from incidentui.core.words.archive import begun, came_from
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.store.window import find_incident, window_of
from incidentui.postmortem.since import note_objects
from incidentui.session.turn import state_at

TIMES = ("window_from", "first_red", "opened", "acknowledged", "mitigated", "resolved", "closed")


@click.command("incidents")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.pass_obj
def list_command(options: Options, as_json: bool) -> None:
    """List the incidents of the project, newest first."""
    journal = open_to_read(options)
    found = sorted(_all(journal), key=lambda i: -i.opened) if journal else []
    if journal:
        journal.close()
    if as_json:
        click.echo(json.dumps([as_object(i) for i in found], ensure_ascii=False))
        return
    if not found:
        click.echo("no incident was recorded here yet", err=True)
    for i in found:
        known = i.imported is None or i.imported.kind == "record" or i.imported.severity
        severity = i.severity if known else "SEV?"
        stage = i.stage if i.imported is None else "imported"
        click.echo(f"{i.id:<8} {severity}  {stage:<12} {begun(i):<17}  {i.title}")


@click.command("show")
@click.argument("incident", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@click.pass_obj
def show_command(options: Options, incident: str, as_json: bool) -> None:
    """One incident with its metrics."""
    opened = open_to_read(options)
    if opened is None or find_incident(opened, incident) is None:
        raise CannotRun(f"there is no incident {incident}; `incidentui incidents` lists them.")
    journal, inside, came = record_of(opened, incident)
    window = window_of(journal, inside)
    assert window is not None
    if window.incident.imported is not None:
        show_past(journal, window, as_object(window.incident), as_json)
        opened.close()
        return
    records = sorted(journal.read(window.from_seq - 1, window.to_seq), key=lambda r: (r.at, r.seq))
    before = state_at(journal, window.from_seq - 1)
    state = state_at(journal, journal.last())
    notes = notes_here(opened, window_of(opened, incident)) if came is not None else ()
    opened.close()
    found = window.incident
    until = found.closed if found.closed is not None else SystemClock().now()
    measured = metrics(found, records, before.services)
    down = outages(records, until, found.window_from, before.services)
    lost = function_outages(state.project, records, until, found.window_from, before.checks)
    if as_json:
        whole = {
            **as_object(found),
            "id": incident,
            "imported_from": came.file if came is not None else None,
            "notes_since": note_objects(notes),
            "metrics": {m.name.replace(" ", "_"): _measured(m) for m in measured},
            "outages": _each(down),
            "functions": _each(lost),
            "hypotheses": [hypothesis_object(h) for h in found.hypotheses],
            "remarks": [remark_object(r) for r in found.remarks],
            "after_recovery": checklist_object(state, found),
            **conclusion_object(found),
            **causes_object(found.hypotheses, until),
        }
        click.echo(json.dumps(whole, ensure_ascii=False))
        return
    click.echo(f"{incident}  {found.title}\n{found.severity}, {found.stage}, opened by {found.by}")
    if came is not None:
        click.echo(f"{came_from(came)}: {came.origin_id} of {came.origin_project}, as it was recorded there")
    if again := recurrence(found.recurs):
        click.echo(f"  {'again':<16} {again}")
    for name in TIMES:
        if (at := getattr(found, name)) is not None:
            click.echo(f"  {name.replace('_', ' '):<16} {rfc3339(at)}")
    for metric in measured:
        took = duration(metric.ms) if metric.ms is not None else "not yet" if found.closed is None else "no"
        click.echo(f"  {metric.name:<16} {took:<10} {metric.rule}")
    for outage in (*down, *(replace(f, service=f"users: {f.service}") for f in lost)):
        slow = f", slow for {duration(outage.slow_ms)}" if outage.slow_ms else ""
        unknown = f", unknown for {duration(outage.unknown_ms)}" if outage.unknown_ms else ""
        still = ", still failing" if outage.now == "failing" and found.closed is None else ""
        click.echo(f"  {outage.service:<16} failing for {duration(outage.failing_ms)}{slow}{unknown}{still}")
    said = (*hypothesis_lines(found.hypotheses), *remark_lines(found.remarks), *conclusion_lines(found))
    for line in (*said, *checklist_lines(state, found)):
        click.echo(f"  {line}")
    if cost := total(found.hypotheses, until):
        click.echo(f"  {cost}")
    tell_notes(notes)


def _measured(metric: Metric) -> dict[str, Any]:
    return {"ms": metric.ms, "rule": metric.rule}


def _each(found: Sequence[Outage]) -> list[dict[str, Any]]:
    times = ("first", "last")
    return [
        {**asdict(o), **{t: rfc3339(at) if (at := getattr(o, t)) is not None else None for t in times}} for o in found
    ]


def as_object(incident: Incident) -> dict[str, Any]:
    """An incident as other programs read it: times in RFC 3339, null where nobody knows."""
    came = incident.imported
    known = came.held if came is not None else "minute"
    cut = 10 if known == "date" else None
    said = {name: getattr(incident, name) for name in TIMES}
    times = {name: rfc3339(at)[:cut] if at is not None and known else None for name, at in said.items()}
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "stage": incident.stage,
        "by": incident.by,
        **times,
        "reason": incident.closed_reason,
        "services": list(incident.services),
        "responders": list(incident.responders),
        "events": incident.events,
        "imported_from": came.file if came is not None else None,
        "times_known": known or "no",
        "like": [codec.to_json(r) for r in incident.recurs],
    }


def _all(journal: SqliteJournal) -> list[Incident]:
    """The state knows the open ones and the last closed; older ones are as they were when they closed."""
    newest = state_at(journal, journal.last())
    found = []
    for key in journal.incidents():
        incident = newest.incidents.get(key.id)
        if incident is None and key.closed_seq is not None:
            incident = state_at(journal, key.closed_seq).incidents.get(key.id)
        if incident is not None:
            found.append(incident)
    return found
