"""Which of several red services is the cause, by what the configuration says they need. Never a fact of the record:
it is read off the states, so a replay shows it as it was seen.
"""

from collections.abc import Mapping

from incidentui.core.format import duration
from incidentui.core.links import KINDS
from incidentui.core.model import CheckState, CheckStatus, ServiceStatus
from incidentui.core.needs import needed
from incidentui.core.state import State

Echoes = Mapping[str, tuple[str, ...]]

_ORDER: dict[CheckState, int] = {"failing": 0, "slow": 1, "unknown": 2, "ok": 4}
_ECHO = 3
_BEFORE_MS = 30_000
"""Two checks do not look in the same second: a lead of less says nothing."""


def echoes(state: State) -> Echoes:
    """Each failing service that needs another failing one, with the deepest of those: it is the echo of them.

    Only a way through failing services counts: nobody claims that a service which is good, or which nobody can see,
    passes on what is broken behind it.
    """
    red = (s.name for s in state.services.values() if s.state == "failing" and s.since is not None)
    failing = {name: n for n, name in enumerate(red)}
    if len(failing) < 2:
        return {}
    needs = {s.name: [n for n in s.depends_on if n in failing] for s in state.project.services if s.name in failing}
    found = {name: _deepest(needs, name) for name in failing}
    return {name: tuple(sorted(deep, key=lambda n: failing[n])) for name, deep in found.items() if deep}


def _deepest(needs: Mapping[str, list[str]], name: str) -> set[str]:
    """Where the ways of a service end. A circle has no end: what leads nowhere else stays a cause of its own."""
    return {n for n in needed(needs, name) if n != name and not needs.get(n)}


def in_order(state: State, echo: Echoes) -> list[ServiceStatus]:
    """Causes first, then what is slow or unknown, then echoes, then what is good."""
    return sorted(state.services.values(), key=lambda s: _ECHO if s.name in echo else _ORDER[s.state])


def echo_words(causes: tuple[str, ...]) -> str:
    """ "echo of db", "echo of db and 1 more"."""
    return f"echo of {causes[0]}" + (f" and {len(causes) - 1} more" if len(causes) > 1 else "")


def deeper(state: State, service: ServiceStatus) -> list[CheckStatus]:
    """The inner checks of a failing service that fail too: nearer to the cause than what users see. Earliest first.

    Agents and tunnels have rows of their own (core/links.py).
    """
    found = [c for c in state.checks.values() if c.service == service.name and c.layer == "inner"]
    apart = {c.name for c in state.project.checks if c.kind in KINDS} | {service.check}
    red = [c for c in found if c.state == "failing" and c.name not in apart]
    return sorted(red, key=lambda c: c.since or 0)


def doubts(state: State, service: ServiceStatus, echo: Echoes) -> list[str]:
    """What a reader of the chain must know: a need that nobody can see, and an echo that was red before its cause."""
    if service.state != "failing":
        return []
    return [*_unseen(state, service), *_early(state, service, echo.get(service.name, ()))]


def unseen(state: State, name: str) -> list[ServiceStatus]:
    """What a service needs and nobody can see. It may be the cause; it is not taken for it."""
    needs = next((s.depends_on for s in state.project.services if s.name == name), ())
    found = [state.services.get(n, ServiceStatus(n)) for n in needs]
    return [s for s in found if s.state == "unknown"]


def _unseen(state: State, service: ServiceStatus) -> list[str]:
    found = unseen(state, service.name)
    checked = {c.service for c in state.project.checks} if found else set()
    whys = [(s.name, s.why if s.name in checked else "no check looks at it") for s in found]
    return [f"needs {name}, which is unknown: {why}" for name, why in whys]


def _early(state: State, service: ServiceStatus, causes: tuple[str, ...]) -> list[str]:
    began = min((s.since for n in causes if (s := state.services[n]).since is not None), default=None)
    if began is None or service.since is None or began - service.since < _BEFORE_MS:
        return []
    return [f"but red {duration(began - service.since)} before {causes[0]}"]
