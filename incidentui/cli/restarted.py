"""Restarts of workloads, as `status` tells them."""

from datetime import UTC, datetime
from typing import Any

from incidentui.core.envelope import rfc3339
from incidentui.core.restarts import told
from incidentui.core.state import State


def restart_objects(state: State, name: str) -> list[dict[str, Any]]:
    """Oldest first. `after`: its health when it was up again; `settled`: once its check had answered, else null."""
    ran = state.ran.get(name)
    return [
        {
            "at": rfc3339(seen.at),
            "number": seen.restart.number,
            "was": seen.restart.was,
            "now": seen.restart.now,
            "before": seen.restart.before,
            "after": seen.restart.after,
            "settled": seen.settled or None,
            "run": seen.restart.run or None,
            "by_engine": seen.restart.own,
        }
        for seen in (ran.seen if ran is not None else ())
    ]


def restart_lines(state: State, name: str) -> list[str]:
    ran = state.ran.get(name)
    if ran is None or not ran.seen:
        return []
    at = datetime.fromtimestamp(ran.seen[-1].at / 1000, UTC).astimezone().strftime("%H:%M:%S")
    return [f"  └ restarted {told(ran.seen, at)}"]
