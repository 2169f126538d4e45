"""The services pane, the roll call of the compact screen."""

from collections.abc import Container, Iterable, Mapping, Sequence

from incidentui.core.causes import Echoes, deeper, doubts, echo_words
from incidentui.core.format import age, count, duration, latency
from incidentui.core.functions import Function, broken, cannot
from incidentui.core.idle import idle, words
from incidentui.core.layers import BYPASSED, bypassed
from incidentui.core.model import ServiceStatus, Workload, is_bad
from incidentui.core.recent import flaps
from incidentui.core.value import dataclass
from incidentui.tui.line import Line, Seg, Token, cells, cut, cut_middle, cut_sentence, fit, length, pad
from incidentui.tui.present.drifted import drifted
from incidentui.tui.present.format import coarse, hm
from incidentui.tui.present.links import link_lines, shown
from incidentui.tui.present.parts import empty, joined, sparkline, title
from incidentui.tui.present.past import past
from incidentui.tui.present.scene import (
    MARKS,
    TOKENS,
    Scene,
    deciding,
    echo_of,
    in_state,
    loud,
    not_looked,
    services,
    watched,
)

_NAME, _ANSWER, _SPARK = 10, 10, 6
_BYPASSED = "bypassed layer: users are not served"
_DEEPER = 2
"""Red inner checks that are named under their service."""
_LAYERED = 55
"""From this width on a row says which way its check goes."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is said of services beside their state, worked out once for a drawing."""

    echo: Echoes
    flapping: Mapping[str, list[str]]
    bypassed: Container[str]
    broken: Sequence[Function]


def marks_of(scene: Scene) -> Marks:
    flapping: dict[str, list[str]] = {}
    for check in scene.state.project.checks:
        recent = scene.recent.get(check.name)
        if recent is not None and (changes := flaps(recent, check.every_ms)):
            flapping.setdefault(check.service, []).append(f"flapping: {check.name}, {count(changes, 'change')} lately")
    return Marks(echo_of(scene), flapping, bypassed(scene.state), broken(scene.state))


def lines(scene: Scene, width: int, *, focused: bool = False) -> list[Line]:
    out = [title(2, "SERVICES", width, summary(scene), focused=focused)]
    found, marks = services(scene), marks_of(scene)
    columns = _columns(found, max((cells(value(scene, s, marks)[0]) for s in found), default=0), width - 1)
    for service in found:
        out.append(_row(scene, service, width - 1, columns, marks))
        out += [_cause(text, width - 1, loud) for text, loud in causes(scene, service, marks)]
        out += link_lines(scene, service.name, width - 1)
    if len(out) == 1:
        none = "No services are named in incidentui.toml."
        out.append(empty("○ reading the configuration" if scene.unread else none))
    return out


def rows(scene: Scene) -> tuple[int, int]:
    """How many there are when nothing is folded, and how many of them folding must keep."""
    marks, all_of_them, bad = marks_of(scene), 0, 0
    for service in scene.state.services.values():
        under = sum(1 for _ in causes(scene, service, marks))
        tall = 1 + under + len(shown(scene, service.name))
        all_of_them += tall
        if service.since is not None and (service.state != "ok" or under):
            bad += tall
    return all_of_them, bad


def summary(scene: Scene) -> tuple[Seg, ...]:
    failing, echo = len(loud(scene)), len(echo_of(scene))
    slow, unknown = (len(in_state(scene, s)) for s in ("slow", "unknown"))
    total, waiting = len(watched(scene)), len(not_looked(scene))
    parts = []
    if failing:
        parts.append(Seg(f"{failing} failing", "fail"))
    if echo:
        parts.append(Seg(count(echo, "echo", "echoes"), "muted"))
    if slow:
        parts.append(Seg(f"{slow} slow", "slow"))
    if unknown:
        parts.append(Seg(f"{unknown} unknown", "muted" if failing else "unknown"))
    if waiting:
        parts.append(Seg(f"{waiting} not looked yet", "muted"))
    good = total - failing - slow - unknown - waiting
    if not failing and total:
        parts.append(Seg(f"{good} of {total} good" if good == total else f"{good} good", "muted"))
    return joined(parts)


def causes(scene: Scene, service: ServiceStatus, marks: Marks) -> Iterable[tuple[str, bool]]:
    """What hangs under a service: its workloads that are down, why nobody can see it, a check that flaps."""
    for text in marks.flapping.get(service.name, ()):
        yield text, True
    if service.since is None or service.state == "ok":
        return
    if service.state == "unknown":
        last = next((s.since for s in reversed(service.spans) if s.state == "unknown"), None)
        had = any(s.state in ("ok", "slow") for s in service.spans)
        seen = f"; last seen good {hm(last, scene.zone)}" if last is not None and had else ""
        yield f"{service.why}{seen}", False
        return
    for function in marks.broken:
        if service.name in function.services:
            lost = f", {duration(scene.now - function.since)}" if function.since is not None else ""
            yield f"{cannot(function)}{lost}", service.name not in marks.echo
    if service.name in marks.bypassed:
        yield BYPASSED, service.name not in marks.echo
    spec = next((s for s in scene.state.project.services if s.name == service.name), None)
    for name in spec.workloads if spec else ():
        workload = scene.state.workloads.get(name)
        if workload is not None and is_bad(workload):
            yield trouble(workload), True
    yield from ((words(workload), True) for workload in idle(scene.state, service.name))
    if service.name not in marks.echo and service.state == "failing":
        yield from ((text, True) for text in drifted(scene.state, service))
    for check in deeper(scene.state, service)[:_DEEPER]:
        yield f"{check.name}: {check.why}", service.name not in marks.echo
    for text in doubts(scene.state, service, marks.echo):
        yield text, False


def trouble(workload: Workload) -> str:
    """`backend exits 1 at start, 7 restarts`"""
    code = f" {workload.exit_code}" if workload.exit_code is not None else ""
    restarts = workload.restarts if workload.restarts is not None else workload.seen_restarts
    tail = f", {count(restarts, 'restart')}" if restarts else ""
    if workload.health == "unhealthy" and workload.state == "running":
        return f"{workload.name} runs, but its health check fails{tail}"
    verb = f"exited{code}" if workload.state == "exited" else f"exits{code} at start"
    return f"{workload.name} {verb}{tail}"


def _cause(text: str, width: int, loud: bool) -> Line:
    text = _BYPASSED if text == BYPASSED and cells(text) > width - 4 else text
    return Line((Seg("  └ ", "muted"), Seg(cut_sentence(text, width - 4), "text" if loud else "muted")))


def value(scene: Scene, service: ServiceStatus, marks: Marks) -> tuple[str, Token]:
    """What the service answers, in few words."""
    if service.since is None:
        return "not looked yet", "muted"
    if causes := marks.echo.get(service.name):
        return echo_words(causes), "muted"
    if service.state == "unknown":
        return "unknown", "unknown"
    if service.state != "failing" and service.name in marks.flapping:
        return "flapping", "slow"
    cells = deciding(scene, service).cells
    took = next((c.latency_ms for c in reversed(cells) if c.state != "failing" and c.latency_ms is not None), None)
    if service.state in ("ok", "slow") and took is not None:
        return latency(took), "slow" if service.state == "slow" else "muted"
    return service.why, TOKENS[service.state] if service.state != "ok" else "muted"


def lasted(scene: Scene, service: ServiceStatus) -> str:
    if service.since is None:
        return ""
    gone = scene.now - service.since
    return coarse(gone) if service.state == "ok" else duration(gone)


def _columns(found: list[ServiceStatus], longest: int, width: int) -> tuple[int, int, int]:
    """Cells of the name, the answer and the sparkline. A long name takes from the others, down to what they need;
    then the `longest` answer does from the sparkline.
    """
    spark = 14 if width < 52 else 12 if width < 60 else 40 if width >= 110 else 20
    room = width - 2 - 1 - (6 if width >= _LAYERED else 0) - 8 - 1 - _NAME - spark
    want = max(0, max((cells(s.name) for s in found), default=0) - _NAME)
    of_answer = min(want, max(0, room - _ANSWER))
    of_spark = min(want - of_answer, max(0, spark - _SPARK))
    if want > of_answer + of_spark:  # even so a name is cut: what it answers says more than six cells of a curve
        return _NAME + of_answer + of_spark, max(4, room - of_answer) + spark - of_spark, 0
    answer, spark = max(4, room - of_answer), spark - of_spark
    more = min(max(0, longest + 1 - answer), max(0, spark - _SPARK))
    return _NAME + of_answer + of_spark, answer + more, spark - more


def _row(scene: Scene, service: ServiceStatus, width: int, columns: tuple[int, int, int], marks: Marks) -> Line:
    causes = marks.echo.get(service.name)
    bad = service.state == "failing" and not causes
    waiting = service.since is None
    token: Token = "muted" if waiting or causes else TOKENS[service.state]
    name_token: Token = token if bad or causes or waiting else "text"
    name, room, spark = columns
    text, text_token = value(scene, service, marks)
    span = lasted(scene, service)
    head = [
        Seg("○" if waiting else "~" if causes else MARKS[service.state], token, bold=bad),
        Seg(" "),
        Seg(pad(cut_middle(service.name, name), name), name_token, bold=bad),
        Seg(" "),
        Seg(pad(_short(text, room - 1), room), text_token),
    ]
    if width >= _LAYERED:
        head.append(Seg(pad(service.layer if not waiting else "", 6), "muted"))
    head.append(Seg(pad(span, 8, right=True), "text" if service.state != "ok" and not (waiting or causes) else "muted"))
    head.append(Seg(" "))
    slow_ms = next((c.slow_ms for c in scene.state.project.checks if c.name == service.check), None)
    head += sparkline(deciding(scene, service).cells, spark, scene.now, slow_ms, echo=bool(causes))
    return Line(fit(head, width), key=("service", service.name))


def _short(text: str, room: int) -> str:
    """The first part of an answer says enough: `no answer` of `no answer: connection refused`."""
    if cells(text) <= room:
        return text
    head, _, rest = text.partition(":")
    return head if rest and cells(head) <= room else cut(text, room)


def rollcall(scene: Scene, width: int) -> Line:
    """Every service in one row; what does not fit is counted."""
    out: list[Seg] = []
    todo, echo = services(scene), echo_of(scene)
    for n, service in enumerate(todo):
        part = _called(scene, service, service.name in echo)
        more = len(todo) - n
        if length(out) + length(part) + (0 if more == 1 else 6) > width:
            out.append(Seg(f"+{more}", "muted"))
            break
        out += [*part, Seg("   ")]
    none = "No services yet." if past(scene) is None else "A document has no checks: nothing is known of any service."
    return Line(tuple(out) or (Seg(none, "muted"),))


def _called(scene: Scene, service: ServiceStatus, echo: bool) -> list[Seg]:
    waiting = service.since is None
    token: Token = "muted" if waiting or echo else TOKENS[service.state]
    bad = service.state == "failing" and not echo
    out = [
        Seg("○ " if waiting else "~ " if echo else f"{MARKS[service.state]} ", token, bold=bad),
        Seg(cut_middle(service.name, 16), token if bad or echo or service.state == "unknown" else "text", bold=bad),
    ]
    if bad and service.since is not None:
        out.append(Seg(f" {age(scene.now - service.since)}", "muted"))
    return out
