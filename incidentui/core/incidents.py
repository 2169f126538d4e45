"""Opening, moving through its stages, and closing an incident."""

from incidentui.core import events as e
from incidentui.core import recovery
from incidentui.core.causes import echoes
from incidentui.core.format import count, duration, short
from incidentui.core.idle import by_hand, idle, words
from incidentui.core.inputs import (
    Acknowledge,
    AddNote,
    CloseIncident,
    MarkGood,
    MarkMoment,
    OpenIncident,
    Refusal,
    SetSeverity,
    TickRecovery,
)
from incidentui.core.layers import on_user_path
from incidentui.core.model import Incident, KnownGood, Ms, Severity, Stage
from incidentui.core.recent import CheckRecent, Recent, fresh_within
from incidentui.core.recurrence import like
from incidentui.core.state import State
from incidentui.core.suspects import deploy_before
from incidentui.core.turn import Deciding, Decision, refuse


def nobody(wanted: str | None) -> Decision:
    """The refusal of a command that finds no incident."""
    if wanted:
        return refuse(f"there is no incident {wanted}", "incidents lists them")
    return refuse("no incident is open", "o opens one")


def which(state: State, wanted: str | None) -> Incident | None:
    """The incident a command goes to: the one named, else the open one that was opened last."""
    return state.incidents.get(wanted) if wanted else state.current


def open_one(state: State, wanted: str | None, over: str = "is closed already", hint: str = "") -> Incident | Decision:
    """The incident of a command that only an open one can take; else its refusal. `over`: why a closed one cannot."""
    incident = which(state, wanted)
    if incident is None:
        return nobody(wanted)
    return incident if incident.closed is None else refuse(f"{incident.id} {over}", hint)


def suggested_severity(state: State) -> Severity:
    """SEV1 while users are locked out, SEV2 while something fails or drags, else SEV3."""
    states = [(c.state, c.layer) for c in state.checks.values()]
    if ("failing", "user") in states:
        return "SEV1"
    return "SEV2" if any(s in ("failing", "slow") for s, _ in states) else "SEV3"


def suggested_title(state: State) -> str:
    """What fails, in one line; empty when nothing does."""
    echo = echoes(state)
    red = [s for s in state.services.values() if s.state == "failing" and s.name not in echo]
    if not red:
        return ""
    deploy = deploy_before(state, min(s.since or 0 for s in red))
    after = f" after deploy {short(deploy.now)}" if deploy else ""
    if still := by_hand(state, [w for s in red for w in idle(state, s.name)]):
        after = f"; {words(still[0])}"
    verb = "fails" if len(red) == 1 else "fail"
    return f"{', '.join(s.name for s in red[:2])} {verb}: {red[0].why}{after}"


def window(state: State, since: Ms | None, now: Ms) -> tuple[Ms | None, Ms, int]:
    """(first red, start of the window, events adopted). No red now: first red is unknown."""
    red = [s.since for s in state.services.values() if s.state == "failing" and s.since is not None]
    first = min(red) if red else None
    if since is not None:
        return (first if first is not None and first >= since else since), since, 0
    if first is None:
        return None, now, 0
    deploy = deploy_before(state, first)
    if deploy is None:
        return first, first, 0
    return first, min(deploy.at, first), max(0, state.seq - deploy.seq + 1)


def open_incident(d: Deciding, c: OpenIncident) -> Decision:
    title = c.title.strip() or suggested_title(d.state)
    if not title:
        needs = Refusal("an incident needs a title", 'say what fails: open "Backend answers 503"', usage=True)
        return Decision(refusal=needs)
    first, start, adopted = window(d.state, c.since, d.now)
    name = f"INC-{d.state.incident_count + 1}"
    red = tuple(s.name for s in d.state.services.values() if s.state == "failing")
    d.say(
        e.IncidentOpened(
            id=name,
            title=title,
            severity=c.severity or suggested_severity(d.state),
            by=c.by,
            first_red=first,
            window_from=start,
            services=red,
            adopted=adopted,
        ),
        "opened",
        "key",
        incident=name,
    )
    errors = (known.meaning for seen in d.state.errors for known in seen.known)
    if found := like(d.state.archive, red, [title, *errors]):
        d.say(e.RecurrenceFound(found), "again", "key", incident=name)
    return d.done(name)


def acknowledge(d: Deciding, c: Acknowledge) -> Decision:
    incident = open_one(d.state, c.incident)
    if isinstance(incident, Decision):
        return incident
    if incident.acknowledged is not None and c.by in incident.responders and incident.stage != "open":
        return refuse(f"{incident.acknowledged_by} is on it already", "n writes a note")
    d.say(e.IncidentAcknowledged(c.by), c.by, "key", incident=incident.id)
    return d.done(incident.id)


def set_severity(d: Deciding, c: SetSeverity) -> Decision:
    incident = which(d.state, c.incident)
    if incident is None:
        return nobody(c.incident)
    if incident.severity == c.severity:
        return refuse(f"it is {c.severity} already")
    d.say(e.SeverityChanged(incident.severity, c.severity, c.by), "severity", "key", incident=incident.id)
    return d.done(incident.id)


def close(d: Deciding, c: CloseIncident) -> Decision:
    incident = open_one(d.state, c.incident)
    if isinstance(incident, Decision):
        return incident
    attempt = d.state.attempt
    if attempt is not None and attempt.verdict is None and attempt.outcome is None:
        return refuse(f"an action is still running: {attempt.plan.title}", "wait for its verdict, or stop it")
    missing = unproven(d.state, d.recent, d.now, incident)
    if missing and not c.reason.strip():
        return refuse(f"not resolved: {missing}", "closing all the same needs a reason")
    left = recovery.open_lines(d.state, incident)
    closed = e.IncidentClosed(c.by, c.reason.strip(), resolved=not missing, left=left)
    d.say(closed, "closed", "key", incident=incident.id)
    return d.done(incident.id)


def tick(d: Deciding, c: TickRecovery) -> Decision:
    incident = open_one(d.state, c.incident, "is closed: its checklist stays as it was then")
    return incident if isinstance(incident, Decision) else recovery.tick(d, c, incident)


def unproven(state: State, recent: Recent, now: Ms, incident: Incident) -> str:
    """Why nobody can close it as resolved without a reason; empty when users are seen to be served."""
    return not_resolved(state, incident) or _not_looked(state, recent, now) or _not_in_a_row(state, recent)


def not_resolved(state: State, incident: Incident | None = None) -> str:
    """Why the user path does not prove that it is over; empty when it does."""
    user = [c for c in state.checks.values() if c.layer == "user"]
    if not user:
        return "no check goes the user's path"
    bad = [c for c in user if c.state not in ("ok", "slow")]
    if bad:
        return f"{bad[0].service} is {bad[0].state} on the user path"
    return _beside(state, incident) or recovery.unticked(state, incident) if incident is not None else ""


def _beside(state: State, incident: Incident) -> str:
    """Which service of the incident no user path goes through: that others are served says nothing of it."""
    seen, known = on_user_path(state.project), {s.name for s in state.project.services}
    lost = [name for name in incident.services if name in known and name not in seen]
    return f"no check goes the user's path to {lost[0]}" if lost else ""


def _not_looked(state: State, recent: Recent, now: Ms) -> str:
    """Which check of the user path nobody looked at lately: green of yesterday proves nothing about now."""
    specs = {c.name: c for c in state.project.checks}
    for check in state.checks.values():
        looks = recent.get(check.name, CheckRecent()).looks
        spec = specs.get(check.name)
        if check.layer != "user" or (looks and spec and now - looks[-1].at <= fresh_within(spec.every_ms)):
            continue
        return f"{check.name} was not looked at" + (f" for {duration(now - looks[-1].at)}" if looks else " lately")
    return ""


def _not_in_a_row(state: State, recent: Recent) -> str:
    """Which check of the user path comes and goes: its threshold hides that, and users do not have one."""
    specs = {c.name: c for c in state.project.checks}
    for check in (c for c in state.checks.values() if c.layer == "user" and c.name in specs):
        last = recent.get(check.name, CheckRecent()).looks[-specs[check.name].recover_after :]
        bad = [look for look in last if look.state not in ("ok", "slow")]
        if bad:
            return f"{len(bad)} of the last {count(len(last), 'look')} of {check.name} {bad[-1].state}: {bad[-1].why}"
    return ""


def stage(d: Deciding, incident: Incident, to: Stage, why: str) -> None:
    if incident.stage != to and incident.closed is None:
        loud = to in ("monitoring", "resolved") or incident.stage in ("monitoring", "resolved")
        changed = e.StageChanged(incident.stage, to, why)
        d.say(changed, "stage", "key" if loud else "detail", incident=incident.id)


def follow_health(d: Deciding) -> None:
    """Recovery moves every open incident to monitoring; red again takes it back."""
    missing = not_resolved(d.state)
    red = any(s.state == "failing" for s in d.state.services.values())
    for incident in tuple(d.state.incidents.values()):
        if incident.closed is None:
            _follow(d, incident, missing, red)


def _follow(d: Deciding, incident: Incident, missing: str, red: bool) -> None:
    if incident.stage in ("monitoring", "resolved") and red:
        stage(d, incident, "mitigating", f"red again: {missing or 'an inner check fails'}")
    elif (
        incident.first_red is not None and incident.stage not in ("monitoring", "resolved") and not missing and not red
    ):
        stage(d, incident, "monitoring", "every check on the user path answers")


def add_note(d: Deciding, c: AddNote) -> Decision:
    text = " ".join(c.text.split())
    if not text:
        return refuse("an empty note says nothing")
    incident = which(d.state, c.incident)
    if incident is None and c.incident:
        return nobody(c.incident)
    name = incident.id if incident else None
    if c.until is not None and c.until <= (d.now if c.at is None else c.at):
        return refuse("it would end before it begins")
    noted = e.NoteAdded(text, c.by, False, c.until, c.trigger, c.load)
    d.say(noted, c.by, "key", at=c.at, incident=name, source=f"responder:{c.by}")
    return d.done(name)


def mark_moment(d: Deciding, c: MarkMoment) -> Decision:
    if not 0 < c.seq <= d.state.seq:
        return refuse(f"there is no event {c.seq}")
    # The subject carries the sequence: the index is written from the envelope alone.
    d.say(e.MomentMarked(c.seq, c.by), str(c.seq), "quiet", source=f"responder:{c.by}")
    return d.done()


def mark_good(d: Deciding, c: MarkGood) -> Decision:
    if len(c.sha) < 40 or any(x not in "0123456789abcdef" for x in c.sha):
        return refuse(f"{c.sha} is no full commit name")
    good = KnownGood(c.sha, d.now, c.why, c.by)
    d.say(e.KnownGoodSet(good), "good", "key", source=f"responder:{c.by}")
    return d.done()
