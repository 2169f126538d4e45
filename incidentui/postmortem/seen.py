"""The parts of the draft about what was seen: the components as they stand, the evidence, the timeline."""

import re

from incidentui.core import events as e
from incidentui.core.evidence import parse_check_look
from incidentui.core.format import count
from incidentui.core.inputs import Evidence
from incidentui.core.model import ServiceStatus, Workload
from incidentui.core.words import evidence_of, row
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.gaps import not_covered
from incidentui.postmortem.markdown import UNKNOWN, fence, stamp, table, text

LINES = 20
WIDTH = 200
BACK_DATED_MS = 1_000


def components(facts: Facts) -> list[str]:
    state = facts.state
    rows = [_service(service, _unwatched(facts)) for service in state.services.values()]
    rows += [_workload(workload) for workload in state.workloads.values()]
    rows += [
        (text(what), "not covered", UNKNOWN, "", text(why), "assumed: no rollback covers it, nobody looked")
        for what, why in not_covered(facts)
    ]
    head = ("Component", "Kind", "State", "Since", "Says", "How it is known")
    return table(head, rows) if rows else ["No component is configured."]


def _unwatched(facts: Facts) -> str:
    """What was true when nobody watched any more is assumed to hold."""
    last = facts.unwatched[-1] if facts.unwatched else None
    return f"; assumed since {stamp(last[0])}, when watching ended" if last and last[1] == facts.as_of else ""


def _service(service: ServiceStatus, unwatched: str) -> tuple[str, ...]:
    check = text(service.check)
    if service.since is None or service.state == "unknown":
        how = f"assumed: {check} cannot tell" if service.since is not None else "assumed: nobody looked"
        since = stamp(service.since) if service.since is not None else ""
        return (text(service.name), "service", UNKNOWN, since, text(service.why), how)
    path = "on the user path" if service.layer == "user" else "an inner check: it does not prove the user path"
    how = f"verified by {check}, {path}{unwatched}"
    return (text(service.name), "service", service.state, stamp(service.since), text(service.why), how)


def _workload(workload: Workload) -> tuple[str, ...]:
    if workload.state == "unknown":
        how = f"assumed: {text(workload.engine)} does not answer"
        return (text(workload.name), "workload", UNKNOWN, "", text(workload.note), how)
    says = [workload.note] if workload.note else []
    restarts = workload.restarts if workload.restarts is not None else workload.seen_restarts
    says += [count(restarts, "restart")] if restarts else []
    since = stamp(workload.since) if workload.since is not None else UNKNOWN
    return (
        text(workload.name),
        "workload",
        workload.state,
        since,
        text(", ".join(says)),
        f"seen in {text(workload.engine)}",
    )


def evidence(facts: Facts) -> list[str]:
    out: list[str] = []
    for number, (recorded, found) in enumerate(facts.evidence, 1):
        out += [
            f"### Evidence {number}: {text(recorded.subject)}",
            "",
            f"{stamp(recorded.at)}, {_cut(recorded, facts)}",
        ]
        out += ["", *_quoted(found), ""]
    return out[:-1]


def _cut(recorded: e.Recorded, facts: Facts) -> str:
    return f"{text(row(recorded, facts.commits).text)}. SHA-256 `{(evidence_of(recorded.event) or '')[:12]}`."


def _quoted(found: Evidence) -> list[str]:
    """The request and the first lines of its answer; of an output the last lines, where programs say why."""
    if found.kind != "check":
        return fence(_bounded(found.body.rstrip().splitlines()[-LINES:]))
    try:
        look = parse_check_look(found.body)
    except ValueError:
        return fence(_bounded(found.body.splitlines()[:LINES]))
    got = [str(look.status) if look.status is not None else look.error or "no answer", look.content_type]
    got += [f"{look.bytes} bytes" if look.bytes is not None else "", f"{look.took_ms} ms" if look.took_ms else ""]
    lines = [f"{look.method} {look.url}".strip(), "→ " + ", ".join(part for part in got if part)]
    lines += [f"expected {f.name}: {f.expected}; got {f.got}" for f in look.findings if not f.ok]
    body = look.body.strip().splitlines()[:LINES]
    return fence(_bounded([*lines, *(["", *body] if body else [])]))


def _bounded(lines: list[str]) -> str:
    return "\n".join(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…" for line in lines)


def timeline(facts: Facts) -> list[str]:
    numbers = {evidence_of(r.event): n for n, (r, _) in enumerate(facts.evidence, 1)}
    rows = []
    for recorded in facts.timeline:
        said = row(recorded, facts.commits)
        words = text(said.text)
        loud = f"**{words}**" if facts.is_key(recorded) and words else words
        known = [_source(recorded)]
        if said.evidence:
            known.append(
                f"evidence {numbers[said.evidence]}" if said.evidence in numbers else f"`{said.evidence[:12]}`"
            )
        rows.append((_when(recorded), text(said.mark), text(said.subject), loud, ", ".join(known)))
    cut = [f"{count(facts.cut, 'detail')} left out; `incidentui export --format jsonl` has all.", ""]
    return [*(cut if facts.cut else []), *table(("Time (UTC)", "", "Subject", "What", "From"), rows)]


def _when(recorded: e.Recorded) -> str:
    """Of a note about something that lasted, from when to when."""
    until = recorded.event.until if isinstance(recorded.event, e.NoteAdded) else None
    return stamp(recorded.at) + (f" to {stamp(until)}" if until is not None else "")


def _source(recorded: e.Recorded) -> str:
    if not isinstance(recorded.event, e.NoteAdded):
        return text(recorded.source)
    late = recorded.recorded - recorded.at > BACK_DATED_MS
    by = re.sub("^responder:", "", recorded.source)
    return f"note by {text(by)}" + (f", written at {stamp(recorded.recorded)}" if late else "")
