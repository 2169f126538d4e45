"""Which way checks go: the user's path against the inner one, and the layers that each crosses."""

from collections.abc import Iterable

from incidentui.core.model import CheckState, Layer, ProjectSpec
from incidentui.core.needs import services
from incidentui.core.state import State
from incidentui.core.value import dataclass

BYPASSED = "bypassed layer: inner is green, users are not served"


def is_bypassed(checks: Iterable[tuple[Layer, CheckState]]) -> bool:
    """Of the checks of one service: every inner one is good, and users fail before they get there."""
    seen = list(checks)
    inner = [state for layer, state in seen if layer == "inner"]
    return bool(inner) and all(state in ("ok", "slow") for state in inner) and ("user", "failing") in seen


def bypassed(state: State) -> frozenset[str]:
    """The services of which that is so."""
    of: dict[str, list[tuple[Layer, CheckState]]] = {}
    for check in state.checks.values():
        of.setdefault(check.service, []).append((check.layer, check.state))
    return frozenset(name for name, checks in of.items() if is_bypassed(checks))


def on_user_path(project: ProjectSpec) -> dict[str, str]:
    """Each service that a check of the user's path goes through, with the service that has the check."""
    needs = services(project)
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


@dataclass(frozen=True, slots=True)
class Crossing:
    """A layer of a service, and the checks that go through it."""

    layer: str
    user: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()

    @property
    def gap(self) -> str:
        """What nobody would see break here; empty when the user's path goes through it."""
        if self.user:
            return ""
        return "only inner checks cross it" if self.inner else "no check crosses it"


def crossings(project: ProjectSpec, service: str) -> tuple[Crossing, ...]:
    """The matrix of a service, layer by layer: those it says it has, then those that only its checks name."""
    checks = [c for c in project.checks if c.service == service]
    own = next((s.layers for s in project.services if s.name == service), ())
    return tuple(
        Crossing(
            layer,
            tuple(c.name for c in checks if c.layer == "user" and layer in c.crosses),
            tuple(c.name for c in checks if c.layer == "inner" and layer in c.crosses),
        )
        for layer in dict.fromkeys([*own, *(layer for c in checks for layer in c.crosses)])
    )
