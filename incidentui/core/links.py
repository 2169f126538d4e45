"""Agents and tunnels: what stands between two parts of the project, with a state of its own beside red and green.

Their checks begin their reason with the word; here it is read off, so that a replay shows what was judged then.
"""

from typing import Literal

from incidentui.core.model import CheckSpec, CheckState, CheckStatus
from incidentui.core.needs import needed, services
from incidentui.core.state import State
from incidentui.core.value import dataclass

LinkWord = Literal["connected", "authenticated", "rejected", "absent"]
WORDS: tuple[LinkWord, ...] = ("connected", "authenticated", "rejected", "absent")
KINDS = frozenset({"agent", "tunnel"})


@dataclass(frozen=True, slots=True)
class Link:
    spec: CheckSpec
    status: CheckStatus

    @property
    def word(self) -> LinkWord | None:
        """None: nobody could tell, or nobody looked yet."""
        head = self.status.why.replace(":", ",").partition(",")[0]
        return next((w for w in WORDS if w == head), None) if self.status.state != "unknown" else None

    @property
    def state(self) -> CheckState:
        return self.status.state

    @property
    def text(self) -> str:
        """ "agent lab-agent rejected: invalid token"."""
        known = self.status.why if self.word is not None else f"unknown: {self.status.why}"
        name = self.spec.name if self.spec.kind in self.spec.name else f"{self.spec.kind} {self.spec.name}"
        return f"{name} {known}"


def links(state: State, service: str) -> list[Link]:
    found = [spec for spec in state.project.checks if spec.service == service and spec.kind in KINDS]
    return [Link(spec, state.checks.get(spec.name, CheckStatus(spec.name, service, spec.layer))) for spec in found]


def of_workload(state: State, workload: str) -> list[Link]:
    found = [spec for spec in state.project.checks if spec.workload == workload and spec.kind in KINDS]
    return [link for spec in found for link in links(state, spec.service) if link.spec.name == spec.name]


def behind(state: State, service: str) -> list[Link]:
    """The agents and tunnels that are not well, of a service and of all that it needs: the deeper reason for what it
    says. What was red first comes first."""
    around = needed(services(state.project), service)
    found = [link for name in around for link in links(state, name) if link.state == "failing"]
    return sorted(found, key=lambda link: link.status.since or 0)
