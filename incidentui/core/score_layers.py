"""How long each of several causes took that stood one behind the other, read from the events of a drill alone."""

from collections.abc import Iterable, Sequence

from incidentui.core import events as e
from incidentui.core.model import Ms
from incidentui.core.value import dataclass

GOOD = ("ok", "slow")


@dataclass(frozen=True, slots=True)
class Peeled:
    """One of them: when it was uncovered, and when it was out of the way for good. None: that did not happen."""

    check: str
    seen: Ms | None = None
    gone: Ms | None = None
    lost: Ms | None = None
    """From when it was uncovered, or the one before it was gone, until it was out of the way itself."""


def peeled(records: Iterable[e.Recorded], checks: Sequence[str]) -> tuple[Peeled, ...]:
    """In the order of `checks`, each of which turns red with one of the causes."""
    turned = [(r.at, r.event) for r in records if isinstance(r.event, e.CheckChanged)]
    out: list[Peeled] = []
    free: Ms = 0
    for check in checks:
        mine = [(at, event.now) for at, event in turned if event.check == check]
        seen = next((at for at, now in mine if now == "failing"), None)
        gone = _gone(mine, seen)
        lost = gone - max(seen, free) if seen is not None and gone is not None else None
        out.append(Peeled(check, seen, gone, None if lost is None else max(0, lost)))
        free = max(free, gone or 0)
    return tuple(out)


def _gone(turns: Sequence[tuple[Ms, str]], seen: Ms | None) -> Ms | None:
    """When it turned good after its last red; one that cannot be read is not good."""
    if seen is None:
        return None
    last = max(at for at, now in turns if now == "failing")
    return next((at for at, now in turns if at > last and now in GOOD), None)
