"""On the page of a workload: what it takes now, and what it is tied to."""

from incidentui.core.drift import Drift
from incidentui.core.using import Using, taken, tight
from incidentui.tui.line import Token

Fact = tuple[str, str, Token]
_TIGHT = ", almost full"


def using_facts(using: Using | None, drift: Drift | None) -> list[Fact]:
    """Label, value, tone; nothing before anybody answered. Mounts that are compared below are not told twice."""
    if using is None:
        return []
    rows: list[Fact] = []
    if said := taken(using):
        rows.append(("takes", f"{said}{_TIGHT if tight(using) else ''}", "slow" if tight(using) else "text"))
    rows += [("ports", ", ".join(using.ports), "text")] if using.ports else []
    rows += [("networks", ", ".join(using.networks), "text")] if using.networks else []
    if drift is None or not any(row.what.startswith("mount ") for row in drift.rows):
        rows += [("mount", f"{inside}: {source}", "text") for inside, source in using.mounts or ()]
    return rows
