"""Where a run stands, in plain words: for the person who takes it over, and for whoever asks what is next. Pure."""

from collections.abc import Iterator

from incidentui.core.format import age, count
from incidentui.core.model import LastRun, Ms, RunbookRun, RunStep
from incidentui.core.steps import current_step, passed

_NEXT = 3


def stands(run: RunbookRun, now: Ms) -> list[str]:
    return list(_lines(run, now))


def _lines(run: RunbookRun, now: Ms) -> Iterator[str]:
    gone = [s for s in run.steps if passed(s)]
    of = count(len(run.steps), "step")
    yield f"{run.title}: {len(gone)} of {of}, by {run.who}, begun {age(now - run.started)} ago"
    if run.handed:
        yield f"Handed over: {run.handed}"
    yield from (f"  {s.state} {s.n} {s.title}" + (f": {s.note}" if s.note else "") for s in run.steps if _told(s))
    here = current_step(run.steps)
    if here is None:
        yield "Nothing is left to do."
        return
    yield f"Now: {here.n} {here.title}, {_how(here)}"
    later = [s for s in run.steps if s.n > here.n and not passed(s)]
    if later:
        more = f", and {len(later) - _NEXT} more" if len(later) > _NEXT else ""
        yield "Then: " + ", ".join(f"{s.n} {s.title}" for s in later[:_NEXT]) + more


def _told(step: RunStep) -> bool:
    return step.state in ("done", "skipped", "undone") or (passed(step) and step.state == "failed")


def _how(step: RunStep) -> str:
    state = {"todo": "to do", "unknown": "nobody knows how it ended"}.get(step.state, step.state)
    why = f": {step.fault}" if step.state == "failed" else ""
    return state + why + tries(step)


def tries(step: RunStep) -> str:
    """ "; try 3, same error again" where there is more to say than that it was tried."""
    if step.tries < 2:
        return ""
    return f"; try {step.tries}" + (f", {same_again(step.same)}" if step.state == "failed" and step.same else "")


def same_again(times: int) -> str:
    return "same error again" + (f", {times} times" if times > 1 else "")


def last_run(last: LastRun, now: Ms) -> str:
    """ "last run 3d ago by ana: all 5 steps", "…: stopped at 3 Restart the pump, failed"."""
    if not last.stuck:
        how = f"all {count(last.of, 'step')}" if last.of > 1 else "its step"
        how += f", {last.undone} undone" if last.undone else ""
    else:
        to_do = last.stuck.removesuffix(", todo")
        word = "before" if to_do != last.stuck else "at"
        how = f"{'stopped' if last.ended else 'stands'} {word} {to_do}"
    found = f"; {last.found}" if last.found else ""
    return f"last run {age(now - last.last)} ago by {last.by}: {how}{found}"
