"""Which way checks go: the user's path against the inner one."""

from collections.abc import Iterable

from incidentui.core.model import CheckState, Layer, ProjectSpec
from incidentui.core.state import State

BYPASSED = "bypassed layer: inner is green, users are not served"


def is_bypassed(checks: Iterable[tuple[Layer, CheckState]]) -> bool:
    """Of the checks of one service: every inner one is good, and users fail before they get there."""
    seen = list(checks)
    inner = [state for layer, state in seen if layer == "inner"]
    return bool(inner) and all(state in ("ok", "slow") for state in inner) and ("user", "failing") in seen


def bypassed(state: State, service: str) -> bool:
    return is_bypassed((c.layer, c.state) for c in state.checks.values() if c.service == service)


def on_user_path(project: ProjectSpec) -> dict[str, str]:
    """Each service that a check of the user's path goes through, with the service that has the check."""
    needs = {s.name: s.depends_on for s in project.services}
    asked = dict.fromkeys(c.service for c in project.checks if c.layer == "user")
    found = {name: name for name in asked}
    for name in asked:
        todo = list(needs.get(name, ()))
        while todo:
            here = todo.pop()
            if here not in found:
                found[here] = name
                todo += needs.get(here, ())
    return found
