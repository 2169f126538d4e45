"""From the typed word to the verdict: guards, five lights, delta. The effect itself runs elsewhere."""

from dataclasses import replace
from typing import Literal

from incidentui.core import events as e
from incidentui.core.errors import compared, last_words
from incidentui.core.format import count, duration, short
from incidentui.core.incidents import not_resolved, stage
from incidentui.core.inputs import (
    ActionActed,
    ActionStepped,
    CancelAction,
    LightLooked,
    OwnerGone,
    RunPlan,
    SettleAction,
    ShowPlan,
    StartAction,
    StopAction,
)
from incidentui.core.ledger import in_force, partly, taken_back, told
from incidentui.core.model import (
    Attempt,
    CheckState,
    Delta,
    KnownGood,
    Light,
    LightName,
    Moment,
    Ms,
    Outcome,
    Plan,
    SeenError,
    Verdict,
)
from incidentui.core.recent import CheckRecent, all_asked_since
from incidentui.core.redeploy import not_asked, overridden
from incidentui.core.runs import asked as step_asked
from incidentui.core.runs import is_running, others, step_after, step_follows
from incidentui.core.suspects import name_suspect
from incidentui.core.turn import Deciding, Decision, refuse
from incidentui.core.words import is_bad

ORDER: tuple[LightName, ...] = ("tree", "worktree", "remote", "running", "user_path")
NAMES: dict[LightName, str] = {
    "tree": "commit tree",
    "worktree": "work tree",
    "remote": "remote",
    "running": "running",
    "user_path": "user path",
}
GOOD: tuple[CheckState, ...] = ("ok", "slow")
STEADY_MS: Ms = 2_000
STOPPABLE = ("shell", "ci.wait", "git.bisect", "volume.backup", "workload.exec", "workload.copy-out")
"""Actions whose effect can be cut off: it leaves no more half done than its own failing would."""


WATCHES = ("verify", "wait")
"""Actions without an effect: they only look on until a deadline."""
LOOKED_MS: Ms = 15_000
"""How long the checks are waited for that a shell block may have changed."""


TOLD = (
    "ci.wait", "git.bisect", "fix.mark", "fix.forget", "checkpoint.take", "checkpoint.test", "volume.backup",
    "workload.exec", "workload.copy-out",
)  # fmt: skip
"""Actions whose executor's word is the verdict, and no light: they look, or nobody can tell what they change."""
_SAYS_ITSELF = ("checkpoint.restore", "volume.restore", "workload.copy-in")
"""Only their executor knows what was written, and what brings back what was before."""


def can_be_cut(attempt: Attempt) -> bool:
    """Whether it can be ended now without leaving more half done than it would itself."""
    if attempt.verdict is not None:
        return False
    return attempt.plan.action in (STOPPABLE if attempt.outcome is None else WATCHES)


LONG_MS: Ms = 10 * 60_000


def may_take_long(attempt: Attempt, now: Ms) -> Ms:
    """How long its effect may go on, when that is more than whoever leaves would wait for, and it can be ended; else 0.

    A followed command may run for hours: `gh run watch`, a copy.
    """
    left = attempt.plan.within_ms - (now - attempt.asked)
    return left if attempt.outcome is None and can_be_cut(attempt) and left > LONG_MS else 0


def show_plan(d: Deciding, c: ShowPlan) -> Decision:
    incident = d.state.current
    d.say(e.ActionPlanned(c.plan, c.by), "plan", incident=incident.id if incident else None)
    return d.done(incident.id if incident else None)


def run_plan(d: Deciding, c: RunPlan) -> Decision:
    """The only door to an effect: intent first, then the effect."""
    running = d.state.attempt
    if running is not None and running.verdict is None:
        return refuse(f"an action is running: {running.plan.title}, since {running.by} asked", "wait for its verdict")
    if c.plan.changes and c.word != c.plan.target:
        return refuse(f"the word is {c.plan.target!r}", f"type the {c.plan.target_kind} to run it")
    failed = [p for p in c.plan.checked if not p.ok]
    if c.plan.changes and failed:
        return refuse(f"{failed[0].text}: {failed[0].note or 'does not hold'}", "open the plan again")
    if c.step is not None and (no := step_asked(d, c.step, c.by, undoes=c.undoes)) is not None:
        return Decision(refusal=no)
    if (taken := not_asked(d.state, c.plan)) is not None:
        return refuse(
            f"{short(taken.sha)} would be in force again, and the plan does not say so", "open the plan again"
        )
    incident = d.state.current
    name = incident.id if incident else None
    for stop in overridden(c.plan):
        d.say(e.NoteAdded(f"{stop.text}; {stop.note}", c.by), c.by, "key", incident=name, source=f"responder:{c.by}")
    number = _number(d, c.plan.changes)
    before = tuple((check.name, check.state) for check in d.state.checks.values())
    errors = tuple(dict.fromkeys(seen.error.signature for seen in d.state.errors))
    asked = e.ActionRequested(c.run, number, c.plan, c.owner, c.by, before, c.step, errors, c.undoes)
    d.say(asked, _subject(c.plan.action, number), "key", incident=name, source=f"responder:{c.by}")
    if incident is not None and c.plan.changes and not c.plan.local and incident.stage in ("open", "acknowledged"):
        stage(d, incident, "mitigating", f"{c.plan.action} asked")
    if c.step is not None:
        step_follows(d, c.step, "running", c.by, "", undo=c.undoes)
    if c.plan.action in WATCHES:
        watched = ", ".join(c.plan.checks) or (
            "the clock" if c.plan.action == "wait" else "every check on the user path"
        )
        d.say(e.ActionEnded(c.run, "done", f"looking at {watched}"), c.plan.action, "quiet", incident=name)
    d.effects.append(StartAction(c.run, c.plan))
    return d.done(name)


def _number(d: Deciding, changes: bool) -> int:
    """Attempts of the incident that change something count from 1; looking has no number."""
    if not changes:
        return 0
    incident = d.state.current
    if incident is not None:
        return incident.actions + 1
    return 1 + max((a.number for a in d.state.attempts.values() if a.incident is None), default=0)


def _subject(action: str, number: int) -> str:
    name = action.rpartition(".")[2]
    return f"{name} {number}" if number else name


def _of(attempt: Attempt) -> str:
    return _subject(attempt.plan.action, attempt.number)


def stepped(d: Deciding, look: ActionStepped) -> None:
    attempt = d.state.attempts.get(look.run)
    if attempt is not None:
        progressed = e.ActionProgressed(look.run, look.progress)
        moment: Moment = "quiet" if look.progress.state == "running" else "detail"
        d.say(progressed, _of(attempt), moment, incident=attempt.incident, source="executor")


def acted(d: Deciding, look: ActionActed) -> None:
    """The effect is over. A second word on the same run is accepted only to settle an unknown one."""
    attempt = d.state.attempts.get(look.run)
    if attempt is None or attempt.verdict is not None or attempt.outcome not in (None, "unknown"):
        return
    evidence = d.keep(look.evidence)
    ended = e.ActionEnded(
        look.run,
        look.outcome,
        look.why,
        look.revision,
        look.was,
        evidence,
        **_left(d, look),
        ledger=look.ledger,
        known=look.known,
    )
    d.say(ended, _of(attempt), "key", incident=attempt.incident, source="executor")
    attempt = d.state.attempts[look.run]
    match look.outcome:
        case "done":
            if attempt.plan.action == "git.mark-good" and look.revision is not None:
                d.say(e.KnownGoodSet(KnownGood(look.revision, d.now, "marked by hand", attempt.by)), "good", "key")
            judge(d)
            if attempt.plan.action == "git.bisect":
                name_suspect(d)
        case "failed" | "refused":
            fault = last_words(look.why, look.evidence) if look.outcome == "failed" else ""
            _verdict(d, attempt, look.outcome, Verdict(look.outcome, look.why, _unlit(d, attempt)), fault=fault)
        case "unknown":
            _verdict(d, attempt, "unknown", Verdict("outcome unknown", look.why, _unlit(d, attempt)))


def _left(d: Deciding, look: ActionActed) -> dict[str, tuple[str, ...]]:
    """What the ledger says of the commits of others: our own ways back are not counted."""
    ledger = look.ledger
    if ledger is None:
        return {}
    ours = {look.revision, *(a.revision for a in d.state.attempts.values())}
    return {
        "in_force": in_force(ledger, ours),
        "differs": tuple(file.path for file in ledger.files),
        "partly": partly(ledger, ours),
        "taken_back": taken_back(ledger, ours),
    }


def lit(d: Deciding, look: LightLooked) -> None:
    attempt = d.state.attempts.get(look.run)
    if attempt is None:
        return
    light = replace(look.light, evidence=d.keep(look.evidence) or look.light.evidence)
    d.say(e.LightSeen(look.run, light), NAMES[light.name], incident=attempt.incident, source="executor")


def stop(d: Deciding, c: StopAction) -> Decision:
    """While the looking goes on: the verdict, now. While the effect does: its executor is asked to end it."""
    attempt = d.state.attempt
    if attempt is None or attempt.verdict is not None:
        return refuse("nothing is running that could be stopped")
    run = d.state.runbook
    if c.why and attempt.step is not None and run is not None and run.who != c.by:
        return Decision(refusal=others(run))
    if c.owner is not None and attempt.outcome is None and c.owner != attempt.owner:
        where = f"pid {attempt.owner.pid} on {attempt.owner.host}"
        return refuse(f"it runs in {attempt.by}'s program, {where}", "only there it can be stopped")
    if c.why and attempt.step is not None and (attempt.outcome is not None or attempt.plan.action in STOPPABLE):
        waited = duration(d.now - (attempt.acted or attempt.asked))
        words = f"cut short after {waited}: {c.why}"
        if attempt.undoes:  # half taken back is neither skipped nor undone: it stays the one to take back
            step_follows(d, attempt.step, "unknown", c.by, f"undo {words}", undo=True)
        else:
            step_follows(d, attempt.step, "skipped", c.by, words)
    if attempt.outcome is None:
        if attempt.plan.action not in STOPPABLE:
            return refuse(f"{attempt.plan.title} cannot be cut off half-way", "it ends by itself, within seconds")
        d.effects.append(CancelAction(attempt.run, c.by))
    else:
        judge(d, stopped_by=c.by)
    return d.done(attempt.incident)


def owner_gone(d: Deciding, look: OwnerGone) -> None:
    attempt = d.state.attempts.get(look.run)
    if attempt is None or attempt.outcome is not None or attempt.verdict is not None:
        return
    who = f"pid {attempt.owner.pid} on {attempt.owner.host}"
    why = f"the program that ran it ({who}) is gone, or silent too long; looking at the world"
    d.say(e.ActionEnded(look.run, "unknown", why), _of(attempt), "key", incident=attempt.incident)
    d.effects.append(SettleAction(look.run))


# -- the lights and the verdict


def judge(d: Deciding, stopped_by: str = "") -> None:
    """Of the action whose effect is over: the verdict, once it is settled, its time is up, or it is stopped."""
    attempt = d.state.attempt
    if attempt is None or attempt.verdict is not None or attempt.outcome != "done" or attempt.acted is None:
        return
    lights = five(d, attempt)
    if attempt.plan.action in WATCHES:
        _judge_watch(d, attempt, lights, stopped_by)
        return
    if attempt.plan.action in TOLD:
        _verdict(d, attempt, "done", Verdict("complete", attempt.why, _no_lights(lights)))
        return
    if attempt.plan.action == "shell":
        if all_asked_since(d.recent, d.state.checks, attempt.acted) or d.now - attempt.acted >= LOOKED_MS or stopped_by:
            # Whether users are served is judged as after every change; the step itself is done by its exit code.
            red = next((light.finding for light in lights if light.ok is False), "")
            word: Literal["not complete", "complete"] = "not complete" if red else "complete"
            _verdict(d, attempt, "done", Verdict(word, red or attempt.why, lights))
        return
    if attempt.plan.local:
        bad = next((light.finding for light in lights if light.ok is False), "")
        _verdict(d, attempt, "done", Verdict("not complete" if bad else "complete", bad or attempt.why, lights))
        return
    world = attempt.plan.action.startswith(("workload.", "checkpoint.", "volume.", "compose.", "deploy."))
    wanted = ORDER if attempt.plan.push or world else ("tree",)
    settled = all(light.ok in (True, None) for light in lights if light.name in wanted and light.name != "worktree")
    waited = d.now - attempt.acted
    if attempt.plan.changes and not settled and waited < attempt.plan.within_ms and not stopped_by:
        return
    lights = _against_good(attempt, lights)
    complete = all(light.ok in (True, None) for light in lights if light.name != "worktree")
    if complete:
        rest = told(len(attempt.taken_back), len(attempt.in_force)) if attempt.in_force else ""
        said = attempt.why if attempt.plan.action in _SAYS_ITSELF else _holds(lights)
        why = "; ".join(part for part in (said, rest) if part)
        _verdict(d, attempt, "done", Verdict("complete", why, lights))
    else:
        why = _missing(d, attempt, lights) + _stopped(stopped_by, waited)
        _verdict(d, attempt, "done", Verdict("not complete", why, lights))


def _unlit(d: Deciding, attempt: Attempt) -> tuple[Light, ...]:
    return _no_lights(five(d, attempt)) if attempt.plan.action in TOLD else ()


def _no_lights(lights: tuple[Light, ...]) -> tuple[Light, ...]:
    return tuple(replace(light, ok=None, finding="does not apply") for light in lights)


def _against_good(attempt: Attempt, lights: tuple[Light, ...]) -> tuple[Light, ...]:
    """Users get no good answer and commits are still in force: then the tree that counts is that of known-good.

    A revert of chosen commits is right as rehearsed while users are served; it need not take innocent ones back.
    """
    red = any(light.name == "user_path" and light.ok is False for light in lights)
    if not red or attempt.plan.action != "git.revert" or not attempt.in_force or attempt.ledger is None:
        return lights
    files, good = attempt.ledger.file_count, short(attempt.ledger.good)
    finding = f"{count(files, 'file')} differ{'s' if files == 1 else ''} from ★ {good}"
    return tuple(replace(one, ok=False, finding=finding) if one.name == "tree" else one for one in lights)


def _stopped(by: str, waited: int) -> str:
    return f", when {by} stopped waiting after {duration(waited)}" if by else ""


def five(d: Deciding, attempt: Attempt) -> tuple[Light, ...]:
    """The five lights as they are now; those an executor looked at are taken as it found them."""
    seen = {light.name: light for light in attempt.lights}
    nothing = "nothing to look at" if attempt.outcome is not None else ""
    out = []
    for name in ORDER:
        if attempt.plan.local and name != "worktree":
            out.append(Light(name, None, "does not apply"))
        elif name == "running":
            out.append(_running(d, attempt))
        elif name == "user_path":
            out.append(_user_path(d, attempt))
        else:
            out.append(seen.get(name, Light(name, None, nothing, looked=attempt.outcome is not None)))
    return tuple(out)


def _running(d: Deciding, attempt: Attempt) -> Light:
    if attempt.plan.action in (*WATCHES, "shell", "checkpoint.restore", *TOLD):
        return Light("running", None, "does not apply")
    if attempt.plan.action == "volume.restore":
        return _workloads_light(d, [name for name in dict(attempt.plan.args).get("starts", "").split(",") if name])
    if attempt.plan.action.startswith(("workload.", "compose.")):
        return _workload_light(d, attempt)
    services = [s for s in d.state.services.values() if s.running or s.running_why or s.ran]
    if not services:
        return Light("running", None, "no service says what it runs")
    bad = [s for s in services if not _same(d, s.running, attempt)]
    if not bad:
        return Light("running", True, f"runs {short(services[0].running)}", "running revision", d.now)
    first = bad[0]
    if first.running is None:
        return Light("running", False, f"{first.name}: unknown, {first.running_why}", "running revision", d.now)
    return Light("running", False, f"still {short(first.running)}", "running revision", d.now)


def _same(d: Deciding, running: str | None, attempt: Attempt) -> bool:
    if running is None:
        return False
    if running == attempt.revision:
        return True
    commits = d.state.repository.commits if d.state.repository else ()
    tree = next((c.tree for c in commits if c.sha == running), None)
    return bool(tree) and tree == attempt.plan.expects_tree


def _workload_light(d: Deciding, attempt: Attempt) -> Light:
    workload, stopped = d.state.workloads.get(attempt.plan.target), attempt.plan.action == "workload.stop"
    if workload is None and not stopped:
        return Light("running", False, f"{attempt.plan.target} is gone", "the engine's list", d.now)
    if stopped:
        down = workload is None or workload.state in ("stopped", "exited")
        state = workload.state if workload is not None else "stopped and removed"
        return Light("running", down, f"{attempt.plan.target} {state}, as asked for", "the engine's list", d.now)
    assert workload is not None
    good = workload.state == "running" and not is_bad(workload)
    return Light("running", good, f"{workload.name} {workload.state}", "the engine's list", d.now)


def _workloads_light(d: Deciding, wanted: list[str]) -> Light:
    """Of several that were stopped and started for something else."""
    if not wanted:
        return Light("running", None, "nothing that runs had it")
    seen = [it for name in wanted if (it := d.state.workloads.get(name)) is not None]
    if not seen:
        return Light("running", None, f"{', '.join(wanted)} is not watched here")
    bad = [it.name for it in seen if it.state != "running" or is_bad(it)]
    names = ", ".join(bad or [it.name for it in seen])
    return Light("running", not bad, f"{names} {'not up' if bad else 'running'}", "the engine's list", d.now)


def _user_path(d: Deciding, attempt: Attempt) -> Light:
    if attempt.plan.action == "workload.stop":
        # Who stops a thing asks for what users lose by it: the delta names the checks that turned red.
        return Light("user_path", None, "does not apply: it was stopped on purpose")
    wanted = attempt.plan.checks
    if attempt.plan.action == "wait" and not wanted:
        return Light("user_path", None, "does not apply")
    if _only_files(attempt.plan):
        return Light("user_path", None, "does not apply: nothing was restarted, and files are read at a start")
    checks = [c for c in d.state.checks.values() if (c.name in wanted if wanted else c.layer == "user")]
    if not checks:
        return Light("user_path", None, "no check goes the user's path")
    since = _asked_since(d, attempt)
    need = max(1, attempt.plan.consecutive)
    for check in checks:
        recent = d.recent.get(check.name, CheckRecent())
        looks = [look for look in recent.looks if look.at > since]
        good = min(len(looks), recent.row(*GOOD))
        if looks and looks[-1].state not in GOOD:
            return Light("user_path", False, f"{check.service}: {looks[-1].why}", check.name, looks[-1].at)
        if good < need or check.state not in GOOD:
            finding = (
                f"{check.service}: {good} of {need} good" if looks else f"{check.service}: {check.why}, not asked again"
            )
            return Light("user_path", False, finding, check.name, d.now)
        if looks[-1].at - looks[-good].at < _steady(d, attempt, check.name):
            return Light("user_path", False, f"{check.service}: good, for too short a time", check.name, d.now)
    said = f"{count(len(checks), 'check')} good" + (f" {need} times in a row" if need > 1 else "")
    return Light("user_path", True, said, ", ".join(c.name for c in checks), d.now)


def _steady(d: Deciding, attempt: Attempt, check: str) -> Ms:
    """How long the answer of a check that was red must be good after a push.

    While a deploy swaps what runs, the old process may answer from the new files: good once, and then never again.
    """
    if not attempt.plan.push or dict(attempt.before).get(check) != "failing":
        return 0
    every = next((spec.every_ms for spec in d.state.project.checks if spec.name == check), STEADY_MS)
    return min(every, STEADY_MS)


def _only_files(plan: Plan) -> bool:
    """A restore that makes no container anew: what it wrote is read by who is started next."""
    return plan.action == "checkpoint.restore" and not any(step.verb == "create" for step in plan.steps)


def _asked_since(d: Deciding, attempt: Attempt) -> int:
    """Only looks at the new world count: after the effect, and after the new revision began to run."""
    since = attempt.acted or attempt.asked
    running = [s.running_since for s in d.state.services.values() if _same(d, s.running, attempt) and s.running_since]
    return max([since, *running]) if attempt.plan.action.startswith("git.") and attempt.plan.push else since


def _holds(lights: tuple[Light, ...]) -> str:
    """What the verdict rests on: what runs, and what users get; without either, the tree."""
    said = [light.finding for light in lights if light.ok and light.name in ("running", "user_path")]
    return ", ".join(said) or next((light.finding for light in lights if light.ok), "nothing to look at")


def _missing(d: Deciding, attempt: Attempt, lights: tuple[Light, ...]) -> str:
    by = {light.name: light for light in lights}
    if by["tree"].ok is False:
        if attempt.in_force:
            return told(len(attempt.taken_back), len(attempt.in_force))
        return by["tree"].finding
    if by["remote"].ok is False:
        return by["remote"].finding if attempt.plan.push else f"not pushed: {by['remote'].finding}"
    if by["running"].ok is False:
        deployed = any(dep.at > attempt.asked for dep in d.state.deploys)
        if attempt.plan.push and not deployed:
            return "pushed, but nothing deployed"
        return by["running"].finding
    return by["user_path"].finding


def _judge_watch(d: Deciding, attempt: Attempt, lights: tuple[Light, ...], stopped_by: str) -> None:
    user = next(light for light in lights if light.name == "user_path")
    waited = d.now - (attempt.acted or attempt.asked)
    lights = tuple(
        light if light.name == "user_path" else replace(light, ok=None, finding="does not apply") for light in lights
    )
    over = waited >= attempt.plan.within_ms
    if attempt.plan.action == "wait" and not attempt.plan.checks:
        _judge_timer(d, attempt, lights, waited, stopped_by)
    elif user.ok:
        _verdict(d, attempt, "done", Verdict("complete", user.finding, lights))
    elif user.ok is None:
        _verdict(d, attempt, "refused", Verdict("refused", user.finding, lights))
    elif over or stopped_by:
        why = user.finding + (_stopped(stopped_by, waited) or f", after {duration(waited)}")
        _verdict(d, attempt, "failed", Verdict("not complete", why, lights))


def _judge_timer(d: Deciding, attempt: Attempt, lights: tuple[Light, ...], waited: Ms, stopped_by: str) -> None:
    if waited >= attempt.plan.within_ms:
        _verdict(d, attempt, "done", Verdict("complete", f"{duration(waited)} waited", lights))
    elif stopped_by:
        why = f"only {duration(waited)} waited, then {stopped_by} stopped it"
        _verdict(d, attempt, "failed", Verdict("not complete", why, lights))


def _verdict(d: Deciding, attempt: Attempt, outcome: Outcome, verdict: Verdict, *, fault: str = "") -> None:
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
    since = _asked_since(d, attempt)
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
