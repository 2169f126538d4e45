"""The verdict as it is given: with what else changed, and the errors of before against those of now."""

from dataclasses import replace

from incidentui.core import events as e
from incidentui.core.acts.lights import GOOD, asked_since, five
from incidentui.core.errors import compared
from incidentui.core.incidents import not_resolved, stage
from incidentui.core.model import Attempt, Delta, Outcome, SeenError, Verdict
from incidentui.core.runs import is_running, step_after
from incidentui.core.turn import Deciding


def give(d: Deciding, attempt: Attempt, outcome: Outcome, verdict: Verdict, *, fault: str = "") -> None:
    verdict = replace(
        verdict,
        lights=verdict.lights or five(d, attempt),
        delta=(delta := _delta(d, attempt)),
        in_force=attempt.in_force,
        differs=attempt.differs,
        partly=attempt.partly,
        taken_back=attempt.taken_back,
    )
    if attempt.undoes and verdict.word in ("complete", "not complete") and delta.newly_red:
        # The check that the undo worked: what was served before is served still.
        verdict = replace(verdict, word="not complete", why=f"{verdict.why}; newly red: {', '.join(delta.newly_red)}")
    if verdict.word == "not complete" and attempt.plan.changes:
        verdict = _with_errors(d, attempt, verdict)
    given = e.VerdictGiven(attempt.run, outcome, verdict)
    d.say(given, "verdict", "key", incident=attempt.incident)
    good = verdict.word == "complete"
    if attempt.step is not None and is_running(d, attempt.step):
        step_after(d, attempt, attempt.step, verdict, fault)
    incident = d.state.incidents.get(attempt.incident or "")
    if good and attempt.plan.action == "verify" and incident is not None and not not_resolved(d.state, incident):
        stage(d, incident, "resolved", verdict.why)


def _with_errors(d: Deciding, attempt: Attempt, verdict: Verdict) -> Verdict:
    """The errors of before against those of now: a change that changed nothing about them is told as such."""
    again, other = compared(_seen_since(d, attempt), attempt.errors)
    if not attempt.errors or not (again or other):
        return verdict
    told = e.ErrorCompared(attempt.run, again, other)
    d.say(told, "errors", "key", incident=attempt.incident)
    same = again and not other
    lights = tuple(
        replace(light, finding=f"{light.finding}, same error again")
        if same and light.name == "user_path" and light.ok is False
        else light
        for light in verdict.lights
    )
    texts = tuple(error.text for error in again), tuple(error.text for error in other)
    return replace(verdict, lights=lights, same_error=texts[0], other_error=texts[1])


def _seen_since(d: Deciding, attempt: Attempt) -> tuple[SeenError, ...]:
    """What services told when they were asked again and failed: what nobody heard since is not the same again. Of a
    workload that said nothing since, its last words stand."""
    since = asked_since(d, attempt)
    specs = {check.name: check.service for check in d.state.project.checks}
    last = {name: d.recent[name].looks[-1] for name in specs if name in d.recent and d.recent[name].looks}
    failed = [name for name, look in last.items() if look.at > since and look.state == "failing"]
    services = {specs[name] for name in failed}
    last_words = {seen.source: seen for seen in sorted(d.state.errors, key=lambda seen: seen.told)}
    return tuple(
        seen
        for seen in d.state.errors
        if (
            seen.service in services and (seen.told > since or seen is last_words[seen.source])
            if seen.source.startswith("workload:")
            else seen.source[6:] in failed and seen.told > since
        )
    )


def _delta(d: Deciding, attempt: Attempt) -> Delta:
    before = dict(attempt.before)
    now = {c.name: c.state for c in d.state.checks.values()}
    return Delta(
        newly_red=tuple(n for n, s in now.items() if s == "failing" and before.get(n) != "failing"),
        newly_green=tuple(n for n, s in now.items() if s in GOOD and before.get(n) not in (*GOOD, None)),
        red_before=tuple(n for n, s in now.items() if s == "failing" and before.get(n) == "failing"),
        unknown=tuple(n for n, s in now.items() if s == "unknown"),
        unchanged=tuple(n for n, s in now.items() if s in GOOD and before.get(n) in GOOD),
    )
