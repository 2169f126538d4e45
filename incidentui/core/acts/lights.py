"""The five lights: the tree, the work tree, the remote, what runs, and what users get."""

from dataclasses import replace

from incidentui.core.acts.traits import TOLD, WATCHES
from incidentui.core.format import count, short
from incidentui.core.model import Attempt, CheckState, Light, LightName, Ms, Plan, is_bad
from incidentui.core.recent import CheckRecent
from incidentui.core.turn import Deciding

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


def unlit(lights: tuple[Light, ...]) -> tuple[Light, ...]:
    return tuple(replace(light, ok=None, finding="does not apply") for light in lights)


def against_good(attempt: Attempt, lights: tuple[Light, ...]) -> tuple[Light, ...]:
    """Users get no good answer and commits are still in force: then the tree that counts is that of known-good.

    A revert of chosen commits is right as rehearsed while users are served; it need not take innocent ones back.
    """
    red = any(light.name == "user_path" and light.ok is False for light in lights)
    if not red or attempt.plan.action != "git.revert" or not attempt.in_force or attempt.ledger is None:
        return lights
    files, good = attempt.ledger.file_count, short(attempt.ledger.good)
    finding = f"{count(files, 'file')} differ{'s' if files == 1 else ''} from ★ {good}"
    return tuple(replace(one, ok=False, finding=finding) if one.name == "tree" else one for one in lights)


def _running(d: Deciding, attempt: Attempt) -> Light:
    if attempt.plan.action in (*WATCHES, "shell", "checkpoint.restore", *TOLD):
        return Light("running", None, "does not apply")
    if attempt.plan.action == "volume.restore":
        return _workloads_light(d, [name for name in dict(attempt.plan.args).get("starts", "").split(",") if name])
    if attempt.plan.action.startswith(("workload.", "compose.")) and attempt.plan.target_kind == "project":
        return _workloads_light(d, dict(attempt.plan.args).get("name", "").split(","))
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
    since = asked_since(d, attempt)
    need = max(1, attempt.plan.consecutive)
    unasked = ""
    for check in checks:
        recent = d.recent.get(check.name, CheckRecent())
        looks = [look for look in recent.looks if look.at > since]
        good = min(len(looks), recent.row(*GOOD))
        if not looks and check.state in GOOD and attempt.outcome not in (None, "done"):
            unasked = unasked or check.service  # it ended too early for a look: no reason to call users unserved
            continue
        if looks and looks[-1].state not in GOOD:
            return Light("user_path", False, f"{check.service}: {looks[-1].why}", check.name, looks[-1].at)
        if good < need or check.state not in GOOD:
            finding = (
                f"{check.service}: {good} of {need} good" if looks else f"{check.service}: {check.why}, not asked again"
            )
            return Light("user_path", False, finding, check.name, d.now)
        if looks[-1].at - looks[-good].at < _steady(d, attempt, check.name):
            return Light("user_path", False, f"{check.service}: good, for too short a time", check.name, d.now)
    if unasked:
        return Light("user_path", None, f"{unasked} was good before, and was not asked again")
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
    """A restore that touches no container: what it wrote is read by who is started next."""
    return plan.action == "checkpoint.restore" and not any(step.verb in ("create", "fill") for step in plan.steps)


def asked_since(d: Deciding, attempt: Attempt) -> int:
    """Only looks at the new world count: after the effect, and after the new revision began to run."""
    since = attempt.acted or attempt.asked
    running = [s.running_since for s in d.state.services.values() if _same(d, s.running, attempt) and s.running_since]
    return max([since, *running]) if attempt.plan.action.startswith("git.") and attempt.plan.push else since
