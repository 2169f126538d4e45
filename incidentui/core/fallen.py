"""A deploy that is over, while something that it started ends again and again: to wait longer serves nobody."""

from collections.abc import Sequence

from incidentui.core.model import Attempt, Light, Ms
from incidentui.core.state import State

FALLEN_MS: Ms = 30_000
"""A program that waits for another one to come up may end a few times before that."""


def falls(state: State, attempt: Attempt, lights: Sequence[Light], now: Ms) -> str:
    """What keeps on ending, in words: a workload of a service that fails since that long. Empty: nothing does.

    Only while every service that tells its revision runs what was deployed: else the deploy itself is still under way.
    """
    running = next((light.ok for light in lights if light.name == "running"), None)
    if attempt.plan.action != "deploy.start" or attempt.acted is None or running is False:
        return ""
    for spec in state.project.services:
        status = state.services.get(spec.name)
        if status is None or status.state != "failing" or status.since is None:
            continue
        if now - max(status.since, attempt.acted) < FALLEN_MS:
            continue
        for name in spec.workloads:
            workload = state.workloads.get(name)
            if workload is not None and workload.state in ("crashing", "restarting"):
                return f"{name} ends again and again"
    return ""
