"""Agents and tunnels as frozen values: checks whose answer is a word (core/links.py), not only good or bad."""

from typing_extensions import override

from incidentui.config.checks import ByCommand, Check
from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class AgentCheck(Check):
    """An agent that connects to something; read from the log of one of the two sides."""

    kind = "agent"
    file: str = ""
    """Relative to the project; or `workload`."""
    workload: str = ""
    since_ms: Ms | None = None
    """Only the lines of so long; without it, of a workload those since it was started, of a file all that is read."""
    connected: str = ""
    authenticated: str = ""
    """Empty: to be connected, and not turned away, is all there is."""
    rejected: str = ""
    left: str = ""

    @property
    @override
    def target(self) -> str:
        return self.file or f"log of {self.workload}"


@dataclass(frozen=True, slots=True)
class TunnelCheck(ByCommand):
    """Its command tells its status; without patterns exit 0 means connected."""

    kind = "tunnel"
    connected: str = ""
    authenticated: str = ""
    rejected: str = ""
    absent: str = ""
