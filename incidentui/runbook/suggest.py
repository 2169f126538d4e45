"""Which runbook to offer for what is seen now. A rule a tired person can follow, not a guess: it names its reason."""

from collections.abc import Sequence

from incidentui.core.format import count, short
from incidentui.core.model import Attempt
from incidentui.core.state import State
from incidentui.runbook.model import Runbook
from incidentui.runbook.variables import crashing_workload, worst_service


def suggest(runbooks: Sequence[Runbook], state: State) -> tuple[str, str] | None:
    """(runbook id, reason); None when all is quiet or nothing fits. The project's own goes before a shipped one."""
    red = worst_service(state)
    if not red:
        return None
    if (half := _half_done(state)) is not None:
        said = f"attempt {half.number}, {half.plan.title}: not complete, {count(len(half.in_force), 'commit')} in force"
        if (found := _tagged(runbooks, "incomplete", said)) is not None:
            return found
    deploy = _deploy_before(state, red)
    if deploy:
        return _tagged(runbooks, "rollback", f"{red} failed after deploy {short(deploy)}")
    if "login page" in state.services[red].why:
        found = _tagged(runbooks, "login", f"{red} answers with a login page, and nothing was deployed")
        if found is not None:
            return found
    workload = crashing_workload(state)
    if workload is not None:
        return _tagged(runbooks, "restart", f"{workload.name} is {workload.state}, and nothing was deployed")
    return None


def _half_done(state: State) -> Attempt | None:
    """The last action on the code of this incident, when it left something of the bad commits in force."""
    incident = state.current.id if state.current else None
    mine = [a for a in state.attempts.values() if a.plan.action.startswith("git.") and a.verdict and a.number]
    last = max((a for a in mine if a.incident == incident), key=lambda a: a.asked, default=None)
    left = last is not None and last.verdict is not None and last.verdict.word == "not complete" and last.in_force
    return last if left else None


def _deploy_before(state: State, service: str) -> str:
    """The revision last deployed to the service since it was green on known-good, if it went red on it."""
    status = state.services[service]
    for deploy in reversed(state.deploys):
        if service in deploy.services and (status.since is None or deploy.at <= status.since):
            good = state.good.sha if state.good else None
            return "" if deploy.now == good else deploy.now
    # No deploy was seen (it came before the watch began), yet what runs is not what was good.
    running, good = status.running, state.good.sha if state.good else None
    return running if running and good and running != good else ""


def _tagged(runbooks: Sequence[Runbook], tag: str, reason: str) -> tuple[str, str] | None:
    fitting = [r for r in runbooks if tag in r.tags and r.steps]
    own = [r for r in fitting if r.origin == "project"]
    return ((own or fitting)[0].id, reason) if fitting else None
