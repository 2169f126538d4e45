"""Agents and tunnels as frozen values: checks whose answer is a word (core/links.py), not only good or bad."""

import shlex

from typing_extensions import override

from incidentui.config.checks import Check
from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class AgentCheck(Check):
    """An agent that connects to something; read from the log of one of the two sides."""

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
    def kind(self) -> str:
        return "agent"

    @property
    @override
    def target(self) -> str:
        return self.file or f"log of {self.workload}"


@dataclass(frozen=True, slots=True)
class TunnelCheck(Check):
    command: tuple[str, ...] = ()
    """Tells its status; without patterns exit 0 means connected."""
    connected: str = ""
    authenticated: str = ""
    rejected: str = ""
    absent: str = ""

    @property
    @override
    def kind(self) -> str:
        return "tunnel"

    @property
    @override
    def target(self) -> str:
        return shlex.join(self.command)

    @override
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return (("command", self.command),)
