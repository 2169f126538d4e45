"""What a timeline row says about an event: one mark, one sentence, one tone. The subject stands in the envelope.

The same words serve the screen, `events`, and the timeline of the draft.
"""

from collections.abc import Iterable
from dataclasses import replace

from incidentui.core import archive_words, board_words, restarts
from incidentui.core import events as e
from incidentui.core.board_words import Tone as Tone
from incidentui.core.drift_told import reference
from incidentui.core.envelope import erased
from incidentui.core.format import change_size, count, duration, ordinal, short
from incidentui.core.ledger import in_force, taken_back, told
from incidentui.core.model import CheckState, Commit, Fix, FixState, FixStatus, Light, Workload
from incidentui.core.value import dataclass

STATE_MARK: dict[CheckState, str] = {"ok": "✓", "slow": "!", "failing": "✗", "unknown": "?"}
_STATE_TONE: dict[CheckState, Tone] = {"ok": "ok", "slow": "slow", "failing": "fail", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class Row:
    mark: str
    subject: str
    text: str
    tone: Tone = "text"
    """Colour of mark and subject; a failing row's sentence takes it too."""
    evidence: str | None = None


def row(recorded: e.Recorded, commits: Iterable[Commit] = ()) -> Row:
    """The row of one event. `commits`: what git has told since, for a deploy seen before its commit or its size."""
    if isinstance(recorded.event, e.ArchiveEvent):
        mark, text, tone = archive_words.told(recorded.event, recorded.at)
    else:
        mark, text, tone = _say(_told(recorded.event, commits), recorded.moment == "key")
    if isinstance(recorded.event, e.NoteAdded) and recorded.event.until is not None:
        text += f" (for {duration(recorded.event.until - recorded.at)})"
    if tone == "text" and recorded.moment == "detail":
        tone = "muted"
    return Row(mark, recorded.subject, text, tone, evidence_of(recorded.event))


def _told(event: e.Event, commits: Iterable[Commit]) -> e.Event:
    if isinstance(event, e.Deployed) and (event.commit is None or not event.commit.sized):
        return replace(event, commit=next((c for c in commits if c.sha == event.now), event.commit))
    return event


def evidence_of(event: e.Event) -> str | None:
    """SHA-256 of the evidence behind an event."""
    match event:
        case e.LightSeen():
            return event.light.evidence
        case e.DocumentImported():
            return event.document.evidence or None
        case e.CheckChanged() | e.ServiceChanged() | e.WorkloadChanged() | e.ActionEnded() | e.StepChanged():
            return event.evidence
        case _:
            return None


def _say(event: e.Event, key: bool) -> tuple[str, str, Tone]:
    match event:
        case e.CheckChanged() | e.ServiceChanged():
            return _judged(event)
        case e.WorkloadChanged():
            return _workload(event, key)
        case e.WorkloadRestarted():
            return "·", restarts.words(event.restart), "text"
        case (
            e.IncidentOpened()
            | e.WindowMoved()
            | e.IncidentAcknowledged()
            | e.SeverityChanged()
            | e.StageChanged()
            | e.RecoveryTicked()
            | e.IncidentClosed()
            | e.NoteAdded()
            | e.MomentMarked()
        ):
            return _incident(event)
        case e.HypothesisAdded() | e.HypothesisChanged() | e.CauseChanged():
            return board_words.told(event)
        case e.ConclusionDrawn():
            return "·", f"{event.what}: {event.text}", "text"
        case e.RemarkMade():
            return "·", f"{event.kind}: {event.what} ({event.why})", "text"
        case (
            e.ActionPlanned()
            | e.ActionRequested()
            | e.ActionProgressed()
            | e.ActionEnded()
            | e.LightSeen()
            | e.VerdictGiven()
        ):
            return _action(event)
        case e.RunbookStarted() | e.StepChanged() | e.RunbookHandedOver() | e.RunbookEnded():
            return _runbook(event)
        case e.ClockMoved() | e.DataErased() | e.JournalReplaced() | e.UnknownEvent():
            return _of_the_record(event)
        case e.FixMarked() | e.FixSeen() | e.FixForgotten() | e.CommitBack() | e.CommitCleared():
            return _fix(event)
        case e.LedgerRead() | e.ErrorSeen() | e.ErrorCompared() | e.DriftSeen():
            return _found_out(event)
        case e.CheckpointDue() | e.CheckpointTaken() | e.CheckpointMissed():
            return _kept(event)
        case _:
            return _watching(event)


def _judged(event: e.CheckChanged | e.ServiceChanged) -> tuple[str, str, Tone]:
    mark, tone = STATE_MARK[event.now], _STATE_TONE[event.now]
    looks = f", {event.looks} of {event.needed} looks" if event.looks and event.needed > 1 else ""
    match event.now:
        case "failing":
            was = f"{event.was_why} → " if event.was_why else ""
            return mark, f"{was}{event.why}{looks}", tone
        case "ok":
            lasted = f", was {event.was} for {duration(event.was_ms)}" if event.was_ms and event.was != "ok" else ""
            return mark, f"{event.why}{lasted}", tone
        case "slow":
            return mark, f"slow: {event.why}", tone
        case "unknown":
            return mark, f"unknown: {event.why}", tone


def _workload(event: e.WorkloadChanged, key: bool) -> tuple[str, str, Tone]:
    if event.now.state == "unknown":
        return "?", event.words, "unknown"
    if not key:
        return "·", event.words, "text"
    return ("✗", event.words, "fail") if is_bad(event.now) else ("✓", event.words, "ok")


def is_bad(workload: Workload) -> bool:
    """Crashing, or gone with an error: not what anybody asked for."""
    return (
        workload.state in ("crashing", "restarting")
        or (workload.state == "exited" and workload.exit_code != 0)
        or workload.health == "unhealthy"
    )


def _incident(
    event: e.IncidentOpened
    | e.WindowMoved
    | e.IncidentAcknowledged
    | e.SeverityChanged
    | e.StageChanged
    | e.RecoveryTicked
    | e.IncidentClosed
    | e.NoteAdded
    | e.MomentMarked,
) -> tuple[str, str, Tone]:
    match event:
        case e.IncidentOpened():
            adopted = f", adopts {count(event.adopted, 'event')}" if event.adopted else ""
            return "○", f"{event.by}: {event.title}, {event.severity}{adopted}", "text"
        case e.WindowMoved():
            return (
                "·",
                f"the window was moved by {event.by}" + (f": {event.why}" if event.why else ""),
                "text",
            )
        case e.IncidentAcknowledged():
            return "○", "I'm on it", "text"
        case e.SeverityChanged():
            return "!", f"{event.was} → {event.now}, by {event.by}", "text"
        case e.StageChanged():
            mark: tuple[str, Tone] = ("✓", "ok") if event.now in ("monitoring", "resolved") else ("·", "text")
            return mark[0], f"{event.was} → {event.now}: {event.why}", mark[1]
        case e.RecoveryTicked():
            return (
                ("✓", f"ticked: {event.item}", "ok") if event.good else ("○", f"tick taken back: {event.item}", "text")
            )
        case e.IncidentClosed():
            how = "resolved" if event.resolved else "not resolved"
            return (
                "✓" if event.resolved else "–",
                f"{how}, by {event.by}" + (f": {event.reason}" if event.reason else ""),
                "text",
            )
        case e.NoteAdded():
            return "“", ("trigger: " if event.trigger else "") + event.text, "text"
        case e.MomentMarked():
            return "·", f"{event.by} marked event {event.marked} as a key moment", "text"


def _action(
    event: e.ActionPlanned | e.ActionRequested | e.ActionProgressed | e.ActionEnded | e.LightSeen | e.VerdictGiven,
) -> tuple[str, str, Tone]:
    match event:
        case e.ActionPlanned():
            return "·", f"{event.plan.action}: {event.plan.title}", "text"
        case e.ActionRequested():
            return "◇", f"{event.plan.title}, by {event.by}", "text"
        case e.ActionProgressed():
            done = {"done": "✓", "failed": "✗", "running": "▸"}.get(event.progress.state, "·")
            return done, f"{event.progress.verb}: {event.progress.text}", "fail" if done == "✗" else "text"
        case e.ActionEnded():
            if event.outcome == "done":
                moved = f"{short(event.was)} → {short(event.revision)}: " if event.was and event.revision else ""
                return "◆", f"{moved}{event.why}", "text"
            words = {"failed": "failed", "refused": "refused", "unknown": "outcome unknown"}[event.outcome]
            return (
                ("?", f"{words}: {event.why}", "unknown")
                if event.outcome == "unknown"
                else ("✗", f"{words}: {event.why}", "fail")
            )
        case e.LightSeen():
            return light_mark(event.light), event.light.detail or event.light.finding, "text"
        case e.VerdictGiven():
            return _verdict(event)


def light_mark(light: Light) -> str:
    if not light.looked:
        return "○"
    return "–" if light.ok is None else "✓" if light.ok else "✗"


def _verdict(event: e.VerdictGiven) -> tuple[str, str, Tone]:
    text = event.verdict.word + (f": {event.verdict.why}" if event.verdict.why else "")
    if event.verdict.word == "complete":
        return "✓", text, "ok"
    return ("?", text, "unknown") if event.verdict.word == "outcome unknown" else ("✗", text, "fail")


def _runbook(
    event: e.RunbookStarted | e.StepChanged | e.RunbookHandedOver | e.RunbookEnded,
) -> tuple[str, str, Tone]:
    match event:
        case e.RunbookStarted():
            return "▸", f"{event.title}, {count(len(event.steps), 'step')}, by {event.by}", "text"
        case e.StepChanged():
            mark, tone = _STEP[event.now]
            now = "being undone" if event.undo and event.now == "running" else event.now
            return mark, f"{event.title}: {now}" + (f", {event.why}" if event.why else ""), tone
        case e.RunbookHandedOver():
            where = f" at step {event.step}" if event.step is not None else ""
            took = f"{event.to} takes over from {event.was}" if event.by == event.to else f"{event.was} to {event.to}"
            return "▸", f"handed over{where}: {took}" + (f", {event.note}" if event.note else ""), "text"
        case e.RunbookEnded():
            return "▸", "ended" + (f": {event.why}" if event.why else ""), "text"


_STEP: dict[str, tuple[str, Tone]] = {
    "todo": ("○", "text"),
    "running": ("▸", "text"),
    "done": ("✓", "text"),
    "failed": ("✗", "fail"),
    "skipped": ("–", "slow"),
    "unknown": ("?", "unknown"),
    "undone": ("←", "text"),
}


def _of_the_record(event: e.ClockMoved | e.DataErased | e.JournalReplaced | e.UnknownEvent) -> tuple[str, str, Tone]:
    match event:
        case e.ClockMoved():
            way = "ahead" if event.by_ms > 0 else "back"
            return "!", f"the clock moved {duration(abs(event.by_ms))} {way}: times before do not compare", "slow"
        case e.DataErased():
            return "–", f"event {event.seq} was erased by {event.by}: {event.reason}", "text"
        case e.JournalReplaced():
            n = event.taken + event.after
            taken = f", {count(n, 'event')} taken over" if n else ", nothing could be taken over"
            return "!", f"the journal was damaged ({event.why}){taken}; the old file is {event.kept}", "slow"
        case e.UnknownEvent():
            if erased(event.data):
                return "–", f"{event.type}: erased", "muted"
            return "?", f"{event.type}: written by a newer incidentui", "muted"


def _fix(
    event: e.FixMarked | e.FixSeen | e.FixForgotten | e.CommitBack | e.CommitCleared,
) -> tuple[str, str, Tone]:
    match event:
        case e.FixMarked():
            return "★", f"{named(event.fix.commit, event.fix.subject)}: {marker(event.fix)}, by {event.fix.by}", "text"
        case e.FixForgotten():
            return "–", f"{named(event.commit, event.subject)} is not looked for any more: {event.why}", "text"
        case e.FixSeen():
            return _fix_seen(event)
        case e.CommitBack():
            by = f" by {event.by}" if event.by else ""
            failed = f"{', '.join(event.checks)} failed with it and has not passed with it"
            return "✗", f"{short(event.sha)} ({event.subject}), taken back, was pushed again{by}: {failed}", "fail"
        case e.CommitCleared():
            return "✓", f"{short(event.sha)} runs again, and {', '.join(event.checks)} is good with it", "ok"


def _fix_seen(event: e.FixSeen) -> tuple[str, str, Tone]:
    where, name = place_words(event.place, event.revision), named(event.commit, event.subject)
    check = event.place.startswith("check:")
    match event.now:
        case "gone":
            how = f"{where} fails: {event.why}" if check else f"{where} does not have it"
            again = f", the {ordinal(event.lost)} time" if event.lost > 1 else ""
            return "✗", f"{name} is gone: {how}{again}", "fail"
        case "there":
            return "✓", f"{name}: {where} {'is good' if check else 'has it'}", "ok" if event.was == "gone" else "text"
        case "missing":
            return "·", f"{name}: {where} {'fails' if check else 'does not have it yet'}", "text"
        case "unknown":
            return "?", f"{name}: {where} could not be looked at: {event.why}", "unknown"


def named(commit: str, subject: str) -> str:
    return f"fix {short(commit)} ({subject})"


def marker(fix: Fix) -> str:
    """What shows that a fix is there."""
    parts = [f"{'matches' if fix.pattern else 'contains'} {fix.contains!r} in {fix.file}"] if fix.file else []
    return " and ".join([*parts, *([f"check {fix.check}"] if fix.check else [])])


def fix_places(status: FixStatus) -> str:
    """Where a fix is and where not, what is bad first: "gone: HEAD remote, there: runs api, lost 2 times"."""
    order: tuple[FixState, ...] = ("gone", "missing", "unknown", "there")
    by = {word: [p.place.replace(":", " ") for p in status.places if p.state == word] for word in order}
    said = ", ".join(f"{word}: {' '.join(where)}" for word, where in by.items() if where) or "not looked for yet"
    return said + (f", lost {count(status.lost, 'time')}" if status.lost else "")


def place_words(place: str, revision: str | None) -> str:
    """ "the tree of HEAD 298a730", "what api runs, 298a730", "check api-health"."""
    kind, _, name = place.partition(":")
    match kind:
        case "runs":
            return f"what {name} runs, {short(revision)},"
        case "check":
            return f"check {name}"
        case "remote":
            return f"the tree of the remote, {short(revision)},"
        case _:
            return f"the tree of {kind} {short(revision)}"


def _running(event: e.RevisionSeen) -> tuple[str, str, Tone]:
    if event.odd == "dirty":
        return "!", f"runs no commit: {event.why}", "slow"
    if event.now is None:
        return "?", f"running revision unknown: {event.why}", "unknown"
    if event.odd == "nowhere":
        return "!", f"runs {short(event.now)}: {NOWHERE}", "slow"
    return "·", f"runs {short(event.now)}", "text"


NOWHERE = "a commit nobody pushed, it is in no history known here"


def missed(sha: str, runs: Iterable[tuple[str, str | None]], expected: int) -> str:
    """ "298a730 was pushed, but nothing was deployed: api runs a942e4f"."""
    left = tuple(runs)
    still = "runs" if len(left) >= expected else "still runs"
    told = ", ".join(f"{name} {still} {short(now) if now else 'what is unknown'}" for name, now in left)
    return f"{short(sha)} was pushed, but " + (f"nothing was deployed: {told}" if still == "runs" else told)


def _found_out(event: e.LedgerRead | e.ErrorSeen | e.ErrorCompared | e.DriftSeen) -> tuple[str, str, Tone]:
    match event:
        case e.LedgerRead():
            ledger = event.ledger
            back, force = len(taken_back(ledger)), len(in_force(ledger))
            return "·", f"since ★ {short(ledger.good)}: {told(back, force)}", "text"
        case e.ErrorSeen():
            known = event.seen.known[0].meaning if event.seen.known else ""
            return "✗", f"{event.seen.error.text}  · {known}" if known else event.seen.error.text, "fail"
        case e.ErrorCompared():
            if event.other:
                return "≠", f"another error: {event.other[0].text}", "slow"
            return "≡", f"same error again: {event.again[0].text}" if event.again else "no error", "fail"
        case e.DriftSeen():
            of = reference(next(iter(event.drifts), None))
            rows = [f"{name}: {row.what} {row.running}, {of} {row.declared}" for name, row in event.fresh]
            return ("✗", "; ".join(rows), "fail") if rows else ("·", "nothing differs that did not before", "text")


def _kept(event: e.CheckpointDue | e.CheckpointTaken | e.CheckpointMissed) -> tuple[str, str, Tone]:
    match event:
        case e.CheckpointDue():
            return "○", f"one is taken: {event.why}", "text"
        case e.CheckpointTaken():
            return "★", f"{event.id}, {event.why}: {event.told}", "text"
        case e.CheckpointMissed():
            return "!", f"none was kept, {event.wrong} ({event.why})", "slow"


def _watching(event: e.Event) -> tuple[str, str, Tone]:
    match event:
        case e.WatchStarted():
            note = ", read-only" if event.read_only else ""
            return (
                "○",
                f"{event.by} opened the program, {count(len(event.project.checks), 'check')}{note}",
                "text",
            )
        case e.WatchStopped():
            return "○", f"{event.by} left" + (f": {event.why}" if event.why else ""), "text"
        case e.Deployed():
            if event.commit is None:
                return "▲", f"{short(event.now)}, not in this clone yet", "text"
            commit = event.commit
            return "▲", f"{short(event.now)}  {change_size(commit)}  {commit.subject}", "text"
        case e.RevisionSeen():
            return _running(event)
        case e.Pushed():
            by = f", by {event.author}" if event.author else ""
            return "·", f"{event.remote}/{event.branch} {short(event.was)} → {short(event.now)}{by}", "text"
        case e.DeployMissed():
            return (
                "✗",
                missed(event.sha, event.runs, event.expected) + f", {duration(event.within_ms)} after its push",
                "fail",
            )
        case e.DeployFollowed():
            said = f"{short(event.sha)} runs, {duration(event.took_ms)} after its push"
            return "✓", said, "ok" if event.late else "text"
        case e.SourceLost():
            return "?", event.why, "unknown"
        case e.SourceRegained():
            return "✓", "answers again", "text"
        case e.SuspectNamed():
            n = len(event.suspect.window) or 1
            return "·", f"{count(n, 'commit')} in the window: {short(event.suspect.sha)}", "text"
        case e.KnownGoodSet():
            by = f", by {event.good.by}" if event.good.by else ""
            return "★", f"{short(event.good.sha)}: {event.good.why}{by}", "text"
        case e.RepositorySeen():
            return "·", f"HEAD {short(event.repository.head)}", "text"
        case e.WorkloadsSeen():
            return "·", count(len(event.workloads), "workload"), "text"
        case _:
            raise AssertionError(f"no words for {type(event).__name__}")
