"""How long each of several causes took that stood one behind the other, read from the events of a drill alone."""

from collections.abc import Iterable, Sequence

from incidentui.core import events as e
from incidentui.core.model import Ms
from incidentui.core.value import dataclass

GOOD = ("ok", "slow")


@dataclass(frozen=True, slots=True)
class Peeled:
    """One of them. None: that did not happen."""

    check: str
    seen: Ms | None = None
    """When it was uncovered."""
    lost: Ms | None = None
    """Until the next one was, for that is what taking it away shows; of the last, until it was out of the way."""


def peeled(records: Iterable[e.Recorded], checks: Sequence[str]) -> tuple[Peeled, ...]:
    """`checks`: each turns red with one of the causes. Those that were uncovered first, in that order.

    A check that turns red again, while something else is restarted, uncovers nothing.
    """
    turned = [(r.at, r.event) for r in records if isinstance(r.event, e.CheckChanged)]
    first = {check: _first(turned, check) for check in checks}
    seen = sorted((at, checks.index(check)) for check, at in first.items() if at is not None)
    out: list[Peeled] = []
    for n, (at, which) in enumerate(seen):
        over = seen[n + 1][0] if n + 1 < len(seen) else _gone(turned, checks[which])
        out.append(Peeled(checks[which], at, None if over is None else over - at))
    return (*out, *(Peeled(check) for check in checks if first[check] is None))


def _first(turned: Sequence[tuple[Ms, e.CheckChanged]], check: str) -> Ms | None:
    return next((at for at, event in turned if event.check == check and event.now == "failing"), None)


def _gone(turned: Sequence[tuple[Ms, e.CheckChanged]], check: str) -> Ms | None:
    """When it turned good after its last red; one that cannot be read is not good."""
    last: Ms | None = None
    for at, event in turned:
        if event.check == check and event.now == "failing":
            last = None
        elif event.check == check and event.now in GOOD:
            last = last or at
    return last
