"""One look of a check as a page: the verdict, expected against got, hops, body, the layers it went through."""

import shlex
from collections.abc import Sequence
from itertools import pairwise

from incidentui.core.evidence import CheckLook, Finding, Hop, Timing, parse_check_look
from incidentui.core.format import count, duration, latency
from incidentui.core.inputs import Evidence
from incidentui.core.layers import BYPASSED, Crossing, bypassed, crossings, on_user_path
from incidentui.core.model import CheckState
from incidentui.core.state import State
from incidentui.tui.line import Line, Seg, Token, cells, cut_middle, spread
from incidentui.tui.pages.behind import behind_lines
from incidentui.tui.pages.known import known_lines
from incidentui.tui.pages.layout import (
    beside,
    hanging,
    heading,
    numbered,
    section,
    size_of,
    split,
    stack,
    thousands,
    wall,
)

BODY_LINES = 8
STATE: dict[CheckState, tuple[str, Token]] = {
    "ok": ("✓", "ok"),
    "slow": ("!", "slow"),
    "failing": ("✗", "fail"),
    "unknown": ("?", "unknown"),
}


def look_of(evidence: Evidence) -> CheckLook | None:
    """The look, when the evidence is one that can be read."""
    if evidence.kind != "check":
        return None
    try:
        return parse_check_look(evidence.body)
    except ValueError:
        return None


def look_lines(look: CheckLook, state: State, width: int, height: int, whole: bool = False) -> list[Line]:
    """The page of one look."""
    two = size_of(width, height) != "compact"
    left, right = split(width, 0.56) if two else (width, width)
    asked = f"{look.method} {look.url}".strip()
    about = (Seg(look.check), Seg(" · ", "muted"), Seg(cut_middle(asked, max(20, width - 50)), "muted"))
    main = stack(
        finding_lines(look.findings, left),
        hop_lines(look.hops, left, look.timing),
        body_lines(look, left, whole),
        space=two,
    )
    side = stack(_layer(look, state, right), _matrix(look, state, right), _check(look, state, right), space=two)
    return stack(
        [heading(width, "EVIDENCE", about, (Seg(f"looked {wall(look.at)}", "muted"),))],
        _verdict(look, width),
        behind_lines(look, state, width),
        known_lines(look.known, width, compact=not two),
        beside((left, main), (right, side)) if two else stack(main, side, space=False),
        space=two,
    )


def _verdict(look: CheckLook, width: int) -> list[Line]:
    glyph, token = STATE[look.verdict]
    first = look.why[:1].upper() + look.why[1:]
    status = next((f for f in look.findings if f.name == "status" and not f.ok), None)
    if status is not None and look.why == status.got:
        first = f"{status.got}, not {status.expected}"
    head = hanging((Seg(f"{glyph} ", token, bold=True),), first, width, _strong(look.verdict), bold=True)
    more = " ".join(part for part in (_in_words(look), look.error if look.error != look.why else "") if part)
    return [*head, *(hanging((Seg("  "),), more, width, "muted") if more else [])]


def _strong(state: CheckState) -> Token:
    return STATE[state][1] if state != "ok" else "strong"


def _in_words(look: CheckLook) -> str:
    """What the numbers mean together."""
    if look.login_markers and look.status is not None:
        return f"It says {look.status}, and it is wrong: the request was led to a login page."
    if look.status is not None and 200 <= look.status < 300 and look.verdict == "failing":
        return f"It says {look.status}, and it is wrong."
    if look.first_status is not None and look.first_status != look.status:
        return (
            f"First answered {look.first_status}, then {look.status} after {count(_redirects(look.hops), 'redirect')}."
        )
    return ""


def finding_lines(findings: Sequence[Finding], width: int) -> list[Line]:
    if not findings:
        return []
    differ = sum(not finding.ok for finding in findings)
    note = Seg(f"{differ} of {len(findings)} differ", "fail") if differ else Seg("all as expected", "muted")
    name = max([12, *(cells(finding.name) for finding in findings)])
    column = (width - name - 4) // 2
    titles = Line((Seg(" " * (name + 3)), Seg(f"{'expected':<{column}} ", "muted"), Seg("got", "muted")))
    rows = [row for finding in findings for row in _finding(finding, name, column)]
    return section(width, "EXPECTED, GOT", [titles, *rows], (note,))


def _finding(finding: Finding, name: int, column: int) -> list[Line]:
    mark = Seg("✓ ", "ok") if finding.ok else Seg("✗ ", "fail")
    label = Seg(f"{finding.name:<{name}} ", "muted" if finding.ok else "text")
    wanted = hanging((mark, label), finding.expected, name + 3 + column)
    got = hanging((), finding.got, column, "text" if finding.ok else "fail")
    return beside((name + 3 + column, wanted), (column, got), gap=1)


def hop_lines(hops: Sequence[Hop], width: int, timing: Timing | None) -> list[Line]:
    rows: list[Line] = []
    for n, hop in enumerate(hops, 1):
        took = latency(hop.took_ms) if hop.took_ms is not None else ""
        bad = hop.status is None or hop.status >= 300
        status = Seg(str(hop.status) if hop.status is not None else "no answer", "fail" if bad else "text")
        right = (status, Seg(f" {took:>8}", "muted"))
        asked = cut_middle(f"{hop.method} {hop.url}", width - 22)
        rows.append(spread(width, (Seg(f"{n} ", "muted"), Seg(asked)), right))
        if hop.location:
            rows += hanging((Seg("  └ ", "muted"),), f"Location: {hop.location}", width, "muted")
    rows += hanging((Seg("  "),), _spent(timing), width, "muted") if timing and rows else []
    redirects = _redirects(hops)
    note = count(len(hops), "request") + (f", {count(redirects, 'redirect')}" if redirects else "")
    return section(width, "HOPS", rows, (Seg(note, "muted"),))


def _redirects(hops: Sequence[Hop]) -> int:
    """The steps of a journey lead nowhere by themselves."""
    return sum(hop.step == after.step and bool(hop.location or not hop.step) for hop, after in pairwise(hops))


def _spent(timing: Timing) -> str:
    steps = (
        ("connect", timing.connect_ms),
        ("TLS", timing.tls_ms),
        ("first byte", timing.first_byte_ms),
        ("body", timing.body_ms),
    )
    kept = "" if timing.connect_ms is not None else "connection kept · "
    return kept + " · ".join(f"{name} {latency(took)}" for name, took in steps if took is not None)


def body_lines(look: CheckLook, width: int, whole: bool) -> list[Line]:
    lines = look.body.splitlines()
    shown = lines if whole else lines[:BODY_LINES]
    said = [look.content_type, f"{thousands(look.bytes)} bytes" if look.bytes is not None else ""]
    said.append(f"first {count(len(shown), 'line')}" if len(shown) < len(lines) else count(len(lines), "line"))
    rows = numbered(shown, width)
    if look.login_markers:
        rows += hanging((Seg("  "),), "login markers: " + ", ".join(look.login_markers), width, "muted")
    note = " · ".join(part for part in said if part)
    return section(width, "BODY", rows, (Seg(note, "muted"),)) if lines or look.login_markers else []


def _layer(look: CheckLook, state: State, width: int) -> list[Line]:
    """Which way the check goes; an inner one proves less, and says so."""
    if look.layer == "user":
        text = "It goes the way users go: what it sees is what they get."
        rows = hanging((), text, width, "muted")
        passed = look.service in bypassed(state)
        if passed:
            rows += hanging((), f"{BYPASSED[:1].upper()}{BYPASSED[1:]}.", width)
        return section(width, "USER PATH", rows, (Seg("bypassed layer", "fail"),) if passed else ())
    service = state.services.get(look.service)
    rows = hanging((), "It enters behind the user's way, so it proves less.", width, "muted")
    passed = look.verdict == "ok" and service is not None and service.layer == "user" and service.state == "failing"
    if passed:
        text = f"Users of {look.service} fail before this layer, so the service reads failing, never green."
        rows += hanging((), text, width)
    note = (Seg("bypassed layer", "fail"),) if passed else (Seg("proves less", "muted"),)
    return section(width, "INNER CHECK", rows, note)


def _matrix(look: CheckLook, state: State, width: int) -> list[Line]:
    """The layers of the service, and the checks that cross each."""
    found = crossings(state.project, look.service)
    name = max((cells(c.layer) for c in found), default=0)
    rows = [row for c in found for row in _crossed(c, state, name, width)]
    seen = on_user_path(state.project).get(look.service)
    if seen is None:
        rows += hanging((Seg("! ", "slow"),), f"No check goes the user's path to {look.service}.", width)
    elif seen != look.service:
        rows += hanging((Seg("  "),), f"Users are seen by the checks of {seen}, which needs it.", width, "muted")
    gaps = sum(bool(c.gap) for c in found)
    note = (Seg(f"{gaps} of {len(found)} not on the user path", "slow"),) if gaps else ()
    return section(width, "LAYERS", rows, note)


def _crossed(crossing: Crossing, state: State, name: int, width: int) -> list[Line]:
    lead = (Seg("! " if crossing.gap else "  ", "slow"), Seg(f"{crossing.layer:<{name}}  "))
    told = [_marked(state, check) for check in crossing.user]
    told += [f"{_marked(state, check)} (inner)" for check in crossing.inner]
    said = ", ".join([*told, *([crossing.gap] if crossing.gap else [])])
    return hanging(lead, said, width, "text" if crossing.gap else "muted")


def _marked(state: State, check: str) -> str:
    status = state.checks.get(check)
    return f"{STATE[status.state][0] if status is not None and status.since is not None else '○'} {check}"


def _check(look: CheckLook, state: State, width: int) -> list[Line]:
    spec = next((spec for spec in state.project.checks if spec.name == look.check), None)
    status = state.checks.get(look.check)
    rows: list[Line] = []
    project = state.project
    if project.environment:
        rows += hanging((), f"of {project.name} {project.environment}", width, "muted")
    if spec is not None:
        text = (
            f"every {duration(spec.every_ms)}; failing after {count(spec.fail_after, 'bad look')} in a row, "
            f"good again after {spec.recover_after}"
        )
        rows += hanging((), text, width, "muted")
    if status is not None and status.since is not None:
        glyph, token = STATE[status.state]
        rows += hanging(
            (Seg(f"{glyph} ", token),), f"now {status.state}, since {wall(status.since)}: {status.why}", width
        )
    return section(width, "THIS CHECK", rows)


def as_curl(look: CheckLook) -> str:
    return look.curl or f"curl -i -X {look.method} {shlex.quote(look.url)}"
