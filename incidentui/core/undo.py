"""What takes an action back, where the action itself knows: the action to ask for, and its arguments."""

from incidentui.core.model import Attempt

_GIT = ("git.reset", "git.revert", "git.undo", "git.restore-work")


def own_undo(attempt: Attempt) -> tuple[str, dict[str, str]] | None:
    """None: nothing that this program could do takes it back."""
    plan, args = attempt.plan, dict(attempt.plan.args)
    if attempt.outcome != "done":
        return None
    if plan.action in _GIT:
        return "git.undo", {"of": attempt.run}
    if plan.action == "workload.stop":
        return "workload.start", _workload(args)
    if plan.action == "workload.start":
        return "workload.stop", _workload(args)
    if plan.action == "checkpoint.restore" and (before := _before(attempt)):
        return plan.action, {"id": before}
    if plan.action == "fix.mark" and "commit" in args:
        return "fix.forget", {"commit": args["commit"], "reason": "the step was undone"}
    return None


def _before(attempt: Attempt) -> str:
    """The checkpoint that it took first, by its own words."""
    said = next((step.text for step in attempt.progress if step.verb == "save" and step.state == "done"), "")
    return said.rpartition("checkpoint ")[2] if "checkpoint " in said else ""


def _workload(args: dict[str, str]) -> dict[str, str]:
    return {key: args[key] for key in ("name", "engine") if key in args}
