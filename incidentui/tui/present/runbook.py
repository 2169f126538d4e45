"""The runbook pane: the steps of the run, the one suggested, or the list when it is quiet."""

from incidentui.core.format import minutes, short
from incidentui.core.model import RunbookRun, RunStep, StepState
from incidentui.core.steps import current_step
from incidentui.core.trouble import troubles
from incidentui.tui.line import Line, Seg, Token, cells, fit, length, pad, spread
from incidentui.tui.present.format import hms
from incidentui.tui.present.parts import empty, hints, title
from incidentui.tui.present.scene import RunbookEntry, Scene, in_state

MARKS: dict[StepState, tuple[str, Token]] = {
    "todo": ("○", "text"),
    "running": ("▸", "accent"),
    "done": ("✓", "ok"),
    "failed": ("✗", "fail"),
    "skipped": ("–", "muted"),
    "unknown": ("?", "unknown"),
    "undone": ("←", "text"),
}


def lines(scene: Scene, width: int, *, focused: bool = False) -> list[Line]:
    run, found = scene.state.runbook, offered(scene)
    working = run is not None and run.ended is None
    # At its end, and something is red: what fits that is said, not that all is done.
    if run is not None and working and (current(run) is not None or not found):
        return _steps(scene, run, width, focused)
    if found:
        return _offers(scene, found, width, focused)
    return _list(scene, width, focused)


def current(run: RunbookRun) -> RunStep | None:
    """The step to work on."""
    return current_step(run.steps)


def offered(scene: Scene) -> list[tuple[RunbookEntry, str]]:
    """The runbooks that fit what is bad, the best first, with their reasons."""
    if not scene.offered or not (in_state(scene, "failing") or troubles(scene.state)):
        return []
    entries = {entry.id: entry for entry in scene.runbooks}
    return [(entries[id], reason) for id, reason in scene.offered if id in entries]


def _steps(scene: Scene, run: RunbookRun, width: int, focused: bool) -> list[Line]:
    here = current(run)
    at = f"step {here.n} of {len(run.steps)}" if here else f"all {len(run.steps)} done"
    out = [title(5, "RUNBOOK", width, (Seg(at, "muted"),), focused=focused, about=run.title)]
    for step in run.steps:
        now = here is not None and step.n == here.n
        out.append(_step(scene, step, width, now))
        if now:
            out.append(Line((Seg(" " * 6), *_keys(scene, step))))
            out += _instead(scene, run, step, width)
    if here is None:
        out.append(Line((Seg(" " * 6), *hints(("c", "close the incident"), ("p", "draft")))))
    return out


def _instead(scene: Scene, run: RunbookRun, step: RunStep, width: int) -> list[Line]:
    """Beneath a step that did not go well: what fits by now."""
    if step.state not in ("failed", "unknown"):
        return []
    return [_other(entry, why, width) for entry, why in offered(scene) if entry.id != run.runbook][:1]


def _keys(scene: Scene, step: RunStep) -> tuple[Seg, ...]:
    if step.state == "running":
        return hints(("enter", "watch"), ("ctrl+c", "stop"))
    if scene.view.read_only or scene.view.playhead is not None:
        return hints(("enter", "read"))
    return hints(
        ("x", "preview" if step.action or step.runs else "done"), ("enter", "read"), ("s", "skip, with a reason")
    )


def _step(scene: Scene, step: RunStep, width: int, now: bool) -> Line:
    mark, token = MARKS[step.state]
    if now and step.state == "todo":
        mark, token = "▸", "accent"
    ink: Token = "strong" if now else "text" if step.state in ("done", "failed", "unknown") else "muted"
    when = ""
    if step.state == "running" and step.since is not None:
        when = minutes(scene.now - step.since)
    elif step.since is not None and step.state != "todo":
        when = hms(step.since, scene.zone)
    noted = max(27, width // 2 - 2)
    head = (Seg(f"{mark} ", token), Seg(f"{step.n:>2} ", "muted"), Seg(step.title, ink, bold=now))
    note = step.note or (step.action or "")
    room = max(0, width - noted - 9)
    segs = (
        *fit(head, noted - 1),
        Seg(" " * max(1, noted - length(fit(head, noted - 1)))),
        Seg(pad(note, room), "muted"),
    )
    return Line(fit((*segs, Seg(pad(when, 9, right=True), "muted")), width), key=("step", step.n))


def _offers(scene: Scene, found: list[tuple[RunbookEntry, str]], width: int, focused: bool) -> list[Line]:
    """The best one at length, the others in a row each."""
    play = scene.view.playhead is not None
    note = "not started" if play else "suggested"
    out = [title(5, "RUNBOOK", width, (Seg(note, "muted"),), focused=focused)]
    best, reason = found[0]
    about = fit(_about(scene, best), max(0, width - cells(best.title) - 2))
    out.append(spread(width, (Seg(best.title, "strong", bold=True),), about, key=("runbook", best.id)))
    out.append(Line(fit((Seg("because ", "muted"), Seg(reason)), width)))
    out += [_other(entry, why, width) for entry, why in found[1:]]
    if not play and not scene.view.read_only:
        first = ("o", "open the incident") if scene.incident is None else ("r", "choose it")
        out += [Line(), Line(hints(first, ("enter", "read it first")))]
    return out


def _about(scene: Scene, entry: RunbookEntry) -> tuple[Seg, ...]:
    good = scene.state.good
    segs = (Seg(entry.note, "muted"),) if entry.note else ()
    if scene.state.suspect is None or good is None or not entry.goes_back:
        return segs
    parted = Seg(" · " if segs else "", "muted")
    return (*segs, parted, Seg("goes back to ", "muted"), Seg("★ ", "strong"), Seg(short(good.sha)))


def _other(entry: RunbookEntry, reason: str, width: int) -> Line:
    segs = (Seg("or ", "muted"), Seg(entry.title), Seg(f"  {reason}", "muted"))
    return Line(fit(segs, width), key=("runbook", entry.id))


def _list(scene: Scene, width: int, focused: bool) -> list[Line]:
    n = len(scene.runbooks)
    note = f"{n} · reading only" if scene.view.read_only else f"{n} here"
    out = [title(5, "RUNBOOKS", width, (Seg(note, "muted"),), focused=focused)]
    if not scene.runbooks:
        return [*out, empty("No runbooks found here.")]
    most = max(cells(entry.note) for entry in scene.runbooks)
    longest = max(cells(entry.title) for entry in scene.runbooks)
    room = max(12, width // 2, min(longest + 3, width - most - 1))
    for entry in scene.runbooks:
        segs = (Seg("▸ ", "accent"), Seg(pad(entry.title, room - 2)), Seg(" "), Seg(entry.note, "muted"))
        out.append(Line(fit(segs, width), key=("runbook", entry.id)))
    return out


def tab(scene: Scene) -> str:
    """What the tab of the compact screen says: `2/5`."""
    run = scene.state.runbook
    if run is None or run.ended is not None:
        return ""
    here = current(run)
    return f"{here.n if here else len(run.steps)}/{len(run.steps)}"
