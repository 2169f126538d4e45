"""What stands beside a workload before something is done to it: who needs it by its compose file, in which health they
and it are, and what the checks say. Pure.

Version 1 of compose puts no word on a container of what it depends on; what its files declare is known from drift.
"""

from collections.abc import Collection, Iterator, Sequence

from incidentui.core.model import Workload, is_bad
from incidentui.core.needs import needed
from incidentui.core.state import State

Row = tuple[str, str]
_MOST = 8
BEFORE = "checks before"


def before(workload: Workload, rows: Sequence[Row], state: State) -> tuple[Row, ...]:
    """Its own health, the rows of a blast radius with who needs it besides and with the health of each, the checks."""
    mine = (workload.name, f"workload: now {health(workload)}")
    told = {name for name, _ in rows}
    more = tuple(row for row in _needing(workload.name, state) if row[0] not in told)
    return (mine, *checks(state), *(_with_health(row, state) for row in (*more, *rows)))


def _needing(name: str, state: State) -> Iterator[Row]:
    """Those that need it themselves first, then those that need one of them."""
    needs = {workload: drift.needs for workload, drift in state.drift.items() if drift.needs}
    direct = [other for other in needs if name in needs[other] and other != name]
    yield from ((other, "needs it (depends_on)") for other in direct[:_MOST])
    further = [other for other in needs if other not in (name, *direct) and name in needed(needs, other)]
    for other in further[:_MOST]:
        through = next((by for by in needs[other] if name in needed(needs, by)), "")
        yield other, f"needs {through}, which needs it"


def _with_health(row: Row, state: State) -> Row:
    """A service of the same name may stand beside it: only a row that speaks of the workload says its health."""
    other = state.workloads.get(row[0])
    if other is None or not row[1].startswith(("needs ", "uses ")):
        return row
    return row[0], f"{row[1]}; now {health(other)}"


def health(workload: Workload) -> str:
    """ "healthy", "running, no health check", "crashing, exit 3": what it is in, in a few words."""
    if is_bad(workload) and workload.health != "unhealthy":
        code = f", exit {workload.exit_code}" if workload.exit_code is not None else ""
        return f"{workload.state}{code}"
    if workload.state != "running":
        return workload.state
    checked = {"none": "running, no health check", "starting": "up, its health check has not answered yet"}
    return checked.get(workload.health, workload.health)


def checks(state: State) -> tuple[Row, ...]:
    """What is red already is not the doing of what comes now."""
    every = list(state.checks.values())
    if not every:
        return ()
    good = sum(check.state in ("ok", "slow") for check in every)
    rest = [f"{check.name} {check.state}" for check in every if check.state not in ("ok", "slow")]
    return ((BEFORE, f"{good} of {len(every)} good{_few(rest)}; all are looked at again after it"),)


def _few(names: Collection[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"; not good already: {', '.join(list(names)[:_MOST])}{more}"
