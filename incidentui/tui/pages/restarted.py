"""How often a workload was restarted, whoever did it: the row of its page."""

from incidentui.core.restarts import told
from incidentui.core.state import State
from incidentui.tui.line import Token
from incidentui.tui.pages.layout import wall


def restarted(state: State, name: str) -> list[tuple[str, str, Token]]:
    """Of which container, in which health before and after; nothing while it was never restarted."""
    ran = state.ran.get(name)
    return [("started anew", told(ran.seen, wall(ran.seen[-1].at)), "text")] if ran is not None and ran.seen else []
