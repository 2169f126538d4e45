"""The steps of a run as they follow one another: which is to do, which is taken back, what an event makes of it.

Pure values; `runs` decides, `evolve` folds.
"""

from dataclasses import replace

from incidentui.core import events as e
from incidentui.core.model import LastRun, Ms, RunbookRun, RunStep
from incidentui.core.rehearsal import ACTION
from incidentui.core.state import State

LAST_RUNS = 200
Told = e.RunbookStarted | e.StepChanged | e.RunbookHandedOver | e.RunbookEnded


def passed(step: RunStep) -> bool:
    """Nothing waits for it any more: done, skipped, or failed where its author says what follows then."""
    return step.state in ("done", "skipped") or (step.state == "failed" and step.otherwise is not None)


def current_step(steps: tuple[RunStep, ...]) -> RunStep | None:
    """The first that is not passed: a failed one is still the current one."""
    return next((s for s in steps if not passed(s)), None)


def to_undo(steps: tuple[RunStep, ...]) -> RunStep | None:
    """The step that is taken back first: the last that was gone through, by time."""
    gone = [s for s in steps if s.state in ("done", "failed", "unknown") or _cut_off(s)]
    return max(gone, key=lambda s: (s.since or 0, s.n), default=None)


def _cut_off(step: RunStep) -> bool:
    """Skipped, but not before something of it was tried."""
    return step.state == "skipped" and step.begun and not step.looks


def between(steps: tuple[RunStep, ...], n: int, to: int) -> tuple[RunStep, ...]:
    return tuple(s for s in steps if n < s.n < to)


def went_on(n: int, to: int) -> str:
    """Why the steps between are skipped; by these words they are found again."""
    return f"step {n} went on with step {to}"


def fold_run(state: State, event: Told, at: Ms, incident: str | None) -> State:
    """`incident`: of the record."""
    run = run_after(state.runbook, event, at, incident)
    if run is None or run is state.runbook:
        return state
    others = {n: r for n, r in state.last_runs.items() if n != run.runbook}
    last = dict([*others.items(), (run.runbook, _last(run, at))][-LAST_RUNS:])
    left = _left(state, run) if isinstance(event, e.RunbookStarted) else state.left_runs
    return replace(state, runbook=run, last_runs=last, left_runs=left)


def held(run: RunbookRun) -> tuple[RunStep, ...]:
    """The steps that the closing of its incident waits for. One that is skipped has its reason already."""
    return tuple(s for s in run.steps if s.before_close and s.state not in ("done", "skipped"))


def _left(state: State, begun: RunbookRun) -> tuple[RunbookRun, ...]:
    """Those of before that still hold an incident open; a runbook that is begun again is to do anew."""
    runs = (*state.left_runs, *((state.runbook,) if state.runbook is not None else ()))
    open_ones = {i.id for i in state.incidents.values() if i.closed is None}
    return tuple(
        r
        for r in runs
        if held(r) and r.incident in open_ones and (r.runbook, r.incident) != (begun.runbook, begun.incident)
    )


def run_after(run: RunbookRun | None, event: Told, at: Ms, incident: str | None = None) -> RunbookRun | None:
    """The run after an event; None when the event is not of it."""
    if isinstance(event, e.RunbookStarted):
        return RunbookRun(
            event.run, event.runbook, event.title, event.digest, event.by, at, event.steps, incident=incident
        )
    if run is None or run.id != event.run:
        return None
    if isinstance(event, e.RunbookEnded):
        return replace(run, ended=at)
    if isinstance(event, e.RunbookHandedOver):
        given = event.by == event.was and event.note
        return replace(run, holder=event.to, held=at, handed=f"{event.by}: {event.note}" if given else event.note)
    steps = tuple(_step(step, event, at) if step.n == event.n else step for step in run.steps)
    return replace(run, steps=steps)


def _step(step: RunStep, event: e.StepChanged, at: Ms) -> RunStep:
    ended, failed, begins = event.now in ("done", "failed", "unknown"), event.now == "failed", event.now == "running"
    took = max(0, at - step.since) if ended and step.since is not None and step.state == "running" else None
    fault = (event.fault or event.why) if failed else step.fault
    return replace(
        step,
        state=event.now,
        since=at,
        took_ms=took,
        note=event.why,
        tries=step.tries + (begins and not event.undo),
        fault=fault,
        same=(step.same + 1 if fault == step.fault else 0) if failed else step.same,
        undoing=begins and event.undo,
        begun=event.now != "undone" and (step.begun or begins or ended),
    )


def _last(run: RunbookRun, at: Ms) -> LastRun:
    stuck = current_step(run.steps)
    gone = sum(s.state in ("done", "skipped", "failed") and s is not stuck for s in run.steps)
    undone = sum(s.state == "undone" for s in run.steps)
    words = f"{stuck.n} {stuck.title}, {stuck.state}" if stuck else ""
    return LastRun(
        run.runbook, run.id, run.who, run.started, at, gone, len(run.steps), words, run.ended is not None, undone,
        _found(run),
    )  # fmt: skip


def _found(run: RunbookRun) -> str:
    tried = (s for s in run.steps if s.action == ACTION and s.state in ("done", "failed"))
    return next((step.note for step in tried), "")
