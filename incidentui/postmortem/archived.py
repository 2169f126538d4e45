"""What a document says, as the events of a closed incident of the archive. Claims of the document, marked as such."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from incidentui.core import events as e
from incidentui.core.imported import DOCUMENT, Held, Imported, Past
from incidentui.core.model import Moment, Ms, Severity
from incidentui.core.recurrence import like
from incidentui.postmortem.reader.claims import span
from incidentui.postmortem.reader.said import Cause, Entry, Said, Theory

_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)
SUBJECT = "imported"
UNREAD = "lines not understood"
_UNREAD = 100


def about(said: Said, document: Imported) -> Imported:
    """Where it came from, and all that it says which has no event of its own."""
    assumed = "" if said.zone_said else ", assumed"
    unread = ((UNREAD, len(said.unread) - _UNREAD),) if len(said.unread) > _UNREAD else ()
    return replace(
        document,
        held=_held(said),
        undated=said.undated,
        severity=said.severity_said,
        duration=said.duration_said,
        status=said.status,
        cost=tuple(s.text for s in said.cost),
        header=said.header,
        items=said.items,
        factors=said.factors,
        commits=tuple((c.sha, c.message, c.revert) for c in said.commits),
        good=said.good,
        lessons=tuple(s.text for s in said.lessons),
        load=said.load.text if said.load else "",
        nth=said.nth,
        contradictions=tuple((c.text, c.lines) for c in said.contradictions),
        unread=tuple((u.line, u.text, u.why) for u in said.unread[:_UNREAD]),
        left_out=(*said.left_out, *unread),
        odd=tuple((o.title, o.first, o.last) for o in said.odd),
        zone=f"{said.zone}{assumed}",
    )


def _held(said: Said) -> Held:
    return (
        "minute" if span(said.entries) else "date" if said.date or any(x.at is not None for x in said.entries) else ""
    )


def facts(said: Said, document: Imported, ident: str, archive: Sequence[Past]) -> list[e.Fact]:
    """In one piece, to be written in one transaction. `archive`: what it is held against."""
    start, end = _reach(said, document.at)
    by, source = document.file, f"{DOCUMENT}{document.file}"
    out: list[e.Fact] = []

    def say(event: e.Event, moment: Moment, at: Ms = end) -> None:
        out.append(e.Fact(event, at, source, SUBJECT, moment, ident))

    say(e.IncidentOpened(ident, said.title, _severity(said), by, None, start), "quiet", start)
    say(e.DocumentImported(document), "key", start)
    for event, at in _entries(said, start):
        say(event, "key", at)
    for cause in _board(said, by):
        say(cause, "detail")
    for what, sentence in said.conclusions:
        say(e.ConclusionDrawn(what, sentence.text, by), "detail")
    causes = [c.title for c in said.causes]
    if found := like(archive, (), [said.title, *causes, *(s.text for _, s in said.conclusions)]):
        say(e.RecurrenceFound(found), "detail")
    say(e.IncidentClosed(by, "", resolved=False), "quiet")
    return out


def _severity(said: Said) -> Severity:
    """The field needs one; that nobody said it stands in the document's own words."""
    return said.severity or "SEV3"


def _reach(said: Said, now: Ms) -> tuple[Ms, Ms]:
    times = [t for x in said.entries for t in (x.at, x.end) if t is not None]
    if times:
        return min(times), max(times)
    if said.date:
        at = (date.fromisoformat(said.date) - _EPOCH).days * _DAY_MS
        return at, at
    return now, now


def _entries(said: Said, start: Ms) -> Iterator[tuple[e.EntryImported, Ms]]:
    """What has no time stands where it stood: with the one before it."""
    at = start
    for x in said.entries:
        at = x.at if x.at is not None else at
        yield entry_event(x), at


def entry_event(x: Entry) -> e.EntryImported:
    return e.EntryImported(x.text, x.line, x.precision, x.said, x.end, x.trigger, x.commits, x.recovery)


def _board(said: Said, by: str) -> Iterator[e.CauseImported]:
    for cause in said.causes:
        yield _cause(cause, by)
    for n, theory in enumerate(said.theories, len(said.causes) + 1):
        yield _theory(theory, n, by)


def _cause(cause: Cause, by: str) -> e.CauseImported:
    return e.CauseImported(
        n=cause.n,
        thought=cause.title,
        by=by,
        line=cause.line,
        saw=cause.detail("problem", "error", "result", "impact"),
        why=cause.detail("root cause", "cause"),
        origin=cause.origin,
        lost_ms=cause.lost_ms,
        fix=cause.detail("fix", "fixed", "resolution"),
        again=cause.again,
    )


def _theory(theory: Theory, n: int, by: str) -> e.CauseImported:
    return e.CauseImported(
        n=n, thought=theory.thought, by=by, line=theory.line, did=theory.did, why=theory.why, refuted=theory.refuted
    )
