"""`c`: how an incident is closed. First its checklist, where there is one; then the last yes, or the reason."""

from functools import partial

from incidentui.core.incidents import unproven
from incidentui.core.inputs import CloseIncident
from incidentui.core.recovery import has_checklist
from incidentui.tui.desk import Desk
from incidentui.tui.telling import tell


def close_incident(desk: Desk) -> None:
    incident = desk.scene().incident
    if incident is None:
        desk.refuse("c", "no incident is open", "p shows the draft of the last one")
    elif not has_checklist(desk.view.state, incident):
        _ask(desk, incident.id)
    else:
        from incidentui.tui.pages.closing import ClosingPage  # pages come after the first frame

        desk.push(ClosingPage(incident.id, partial(_ask, desk, incident.id), partial(_runbook, desk)))


def _ask(desk: Desk, ident: str) -> None:
    view, listed = desk.view, desk.page is not None and desk.page.title == "close"
    incident = view.state.incidents[ident]  # as it is now: ticks were given since its page was opened
    missing = unproven(view.state, view.recent, desk.session.now(), incident)

    def done(reason: str) -> None:
        if missing and not reason.strip():
            desk.refuse("c", f"not resolved: {missing}", "Closing all the same needs a reason")
            return
        command = CloseIncident(desk.session.me, reason.strip(), incident.id)
        said = f"{incident.id} closed, p shows the draft"
        tell(desk, "c", command, said, desk.back if listed else None, (what, reason.strip()))

    what = f"close {incident.id}"
    before = desk.unsent.get(what, "")
    if missing and listed:  # the page says what is missing
        desk.prompt(f"close {incident.id} as not resolved, because", done, before)
    elif missing:
        desk.prompt(f"close {incident.id} though {missing}, because", done, before)
    else:
        ask = f"Close {incident.id} as resolved?  c or y closes it, any other key does not."
        desk.ask(ask, ("c", "y"), lambda: done(""))


def _runbook(desk: Desk, name: str) -> None:
    """Its steps are ticked there."""
    from incidentui.tui.openings import runbook_page

    if (page := runbook_page(desk, name, "x")) is not None:
        desk.push(page)
