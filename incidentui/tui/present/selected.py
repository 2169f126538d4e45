"""The SELECTED pane of wide screens: what stands behind the row under the cursor, where no page says it better."""

from collections.abc import Iterable

from incidentui.core.drift_alarm import alarm, brief_sentence
from incidentui.core.format import change_size, duration, latency, short, size
from incidentui.core.known_errors import of_source
from incidentui.core.model import Commit, ServiceStatus, Workload
from incidentui.tui.line import Line, Seg, Token, cut_middle, fit, pad, spread
from incidentui.tui.present.format import hms
from incidentui.tui.present.parts import empty
from incidentui.tui.present.scene import MARKS, TOKENS, Scene, commit, deciding

_LABEL = 11


def about(scene: Scene, key: object, width: int) -> tuple[str, list[Line]]:
    """A word for the title, and the facts of the row."""
    if isinstance(key, tuple) and len(key) == 2:
        kind, name = key
        found = commit(scene, str(name)) if kind == "commit" else None
        if found is not None:
            return "commit", list(_commit(scene, found, width))
        if kind == "service" and name in scene.state.services:
            return "service", list(_service(scene, scene.state.services[name], width))
        if kind == "workload" and name in scene.state.workloads:
            return "workload", list(_workload(scene, scene.state.workloads[name], width))
    return "", [empty("Nothing is chosen.")]


def _fact(label: str, text: str, width: int, token: Token = "text") -> Line:
    return Line(fit((Seg(pad(label, _LABEL), "muted"), Seg(text, token)), width))


def _commit(scene: Scene, found: Commit, width: int) -> Iterable[Line]:
    yield spread(width, (Seg(short(found.sha), "strong", bold=True), Seg(f" {found.subject}")))
    yield Line()
    yield _fact("author", found.author, width)
    yield _fact("when", f"{hms(found.at, scene.zone)}, {duration(scene.now - found.at)} ago", width)
    files = f" in {found.file_count} files" if found.sized else ""
    yield _fact("size", f"{change_size(found)}{files}", width)
    suspect = scene.state.suspect
    if suspect is not None and suspect.sha == found.sha:
        for n, reason in enumerate(suspect.reasons):
            yield _fact("suspect" if n == 0 else "", reason, width, "fail")
    yield Line()
    for file in found.files:
        lines = size(file.added, file.deleted or 0) if file.added is not None else "binary"
        yield spread(width, (Seg(cut_middle(file.path, max(8, width - 14))),), (Seg(lines, "muted"),))


def _service(scene: Scene, service: ServiceStatus, width: int) -> Iterable[Line]:
    token = TOKENS[service.state]
    yield Line((Seg(f"{MARKS[service.state]} ", token), Seg(service.name, "strong", bold=True), Seg(f" {service.why}")))
    yield Line()
    spec = next((c for c in scene.state.project.checks if c.name == service.check), None)
    if spec is not None:
        yield _fact("check", spec.name, width)
        yield _fact("asks", spec.target, width)
        layer = "user path" if spec.layer == "user" else "inner: it does not prove the user path"
        yield _fact("layer", layer, width)
        yield _fact("judged", f"red after {spec.fail_after} looks, green after {spec.recover_after}", width)
    if service.running:
        yield _fact("runs", short(service.running), width)
    elif service.running_why:
        yield _fact("runs", f"unknown: {service.running_why}", width, "unknown")
    yield Line()
    for look in reversed(deciding(scene, service).looks[-10:]):
        took = latency(look.latency_ms) if look.latency_ms is not None else ""
        head = (Seg(f"{hms(look.at, scene.zone)} ", "muted"), Seg(f"{MARKS[look.state]} ", TOKENS[look.state]))
        yield spread(width, (*head, Seg(look.why)), (Seg(took, "muted"),))


def _workload(scene: Scene, workload: Workload, width: int) -> Iterable[Line]:
    yield Line((Seg(workload.name, "strong", bold=True), Seg(f" {workload.state}")))
    yield Line()
    yield _fact("engine", workload.engine, width)
    if workload.since is not None:
        label = "ended last" if workload.state == "crashing" else "since"
        yield _fact(label, f"{hms(workload.since, scene.zone)}, {duration(scene.now - workload.since)}", width)
    if (row := alarm(scene.state.drift.get(workload.name))) is not None:
        yield _fact("look", f"{brief_sentence(row)}; {row.so_what}", width, "fail")
    if workload.health != "none":
        yield _fact("health", workload.health, width)
    if workload.exit_code is not None or workload.state not in ("running", "starting", "paused"):
        code = str(workload.exit_code) if workload.exit_code is not None else "the engine cannot tell"
        yield _fact("exit code", code, width)
    restarts = workload.restarts if workload.restarts is not None else workload.seen_restarts
    how = "counted by the engine" if workload.restarts is not None else "seen since watching began"
    yield _fact("restarts", f"{restarts}, {how}", width)
    if workload.image or workload.revision:
        yield _fact("image", workload.image or short(workload.revision), width)
    if workload.note:
        yield _fact("engine says", workload.note, width)
    for known in of_source(scene.state.errors, f"workload:{workload.name}"):
        yield _fact("known", known.meaning, width, "slow")
