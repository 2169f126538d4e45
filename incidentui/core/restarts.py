"""Restarts, whoever asked for them: of which container, in which health before and after, and how often by now.

What runs is compared with what ran last, so one that happened while nobody watched is seen too. Tries of a crash loop
never run, and are none. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from incidentui.core.format import duration, ordinal
from incidentui.core.model import Ms, Workload
from incidentui.core.value import dataclass

AGAIN_MS: Ms = 24 * 3_600_000
"""One that comes within this after the last is counted with it."""
REMEMBERED = 20
"""Of each workload."""
GONE = 20
"""Of workloads that are in no list any more, so many are remembered: one that is made anew is gone for a moment."""
IDENT = 12


@dataclass(frozen=True, slots=True)
class Restart:
    workload: str
    engine: str
    was: str
    """Container id or pid before."""
    now: str
    before: str
    """Its health before: "healthy", "unhealthy", "starting", "none" (it has no health check)."""
    after: str
    """Its health when it was seen up again."""
    number: int = 1
    """How often it was restarted by now, each within a day of the one before."""
    since: Ms | None = None
    """When it started again, where the engine tells."""
    run: str = ""
    """The action of this program that did it."""
    own: bool = False
    """Its engine did it, after it had ended."""


@dataclass(frozen=True, slots=True)
class Seen:
    at: Ms
    restart: Restart
    settled: str = ""
    """Its health after that, once its check had answered."""
    settled_ms: Ms = 0
    """How long after the restart."""


@dataclass(frozen=True, slots=True)
class Ran:
    """The process of a workload that was seen up last."""

    ident: str
    since: Ms | None
    health: str
    restarts: int | None = None
    """As its engine counts."""
    engine: str = ""
    seen: tuple[Seen, ...] = field(default=())
    """Oldest first."""


def up(workload: Workload) -> bool:
    return workload.state in ("running", "starting")


def another_engine(known: str, where: str) -> bool:
    """Of two that a look names: by their addresses, whatever named them."""
    return known.partition(" (")[0] != where.partition(" (")[0]


def restarted(was: Ran | None, now: Workload, at: Ms) -> Restart | None:
    """The restart that lies between what was seen up last and what is up now; None where it is the same process."""
    if was is None or was.engine != now.engine or not up(now) or not _another(was, now):
        return None
    own = now.restarts is not None and was.restarts is not None and now.restarts > was.restarts
    last = was.seen[-1] if was.seen else None
    number = last.restart.number + 1 if last is not None and at - last.at < AGAIN_MS else 1
    ids = (was.ident, now.ident)
    return Restart(now.name, now.engine, *ids, was.health, now.health, number, now.since, own=own)


def _another(was: Ran, now: Workload) -> bool:
    if was.ident and now.ident and was.ident != now.ident:
        return True
    if was.since is None or now.since is None:
        return False
    # The engine of processes moves their start back when its clock was set back: the process is the same.
    return was.since != now.since if now.engine == "docker" else was.since < now.since


# -- what is known of them


def ran(known: Mapping[str, Ran], workloads: Iterable[Workload], at: Ms) -> Mapping[str, Ran]:
    """With a look at these. What is down says nothing: the health before is that of when it was up."""
    made = {w.name: _ran(known.get(w.name), w, at) for w in workloads if up(w)}
    return _newest(known, {name: new for name, new in made.items() if known.get(name) != new})


def _ran(old: Ran | None, now: Workload, at: Ms) -> Ran:
    since = now.since if now.since is not None or old is None or old.ident != now.ident else old.since
    return Ran(now.ident, since, now.health, now.restarts, now.engine, _settled(old.seen if old else (), now, at))


def _settled(seen: tuple[Seen, ...], now: Workload, at: Ms) -> tuple[Seen, ...]:
    last = seen[-1] if seen else None
    if last is None or last.settled or last.restart.now != now.ident or now.health not in ("healthy", "unhealthy"):
        return seen
    return (*seen[:-1], replace(last, settled=now.health, settled_ms=at - last.at))


def remembered(known: Mapping[str, Ran], restart: Restart, at: Ms) -> Mapping[str, Ran]:
    old = known.get(restart.workload)
    if old is None:
        return known
    settled = restart.after if restart.after in ("healthy", "unhealthy") else ""
    seen = (*old.seen, Seen(at, restart, settled))[-REMEMBERED:]
    return _newest(known, {restart.workload: replace(old, seen=seen)})


def _newest(known: Mapping[str, Ran], made: Mapping[str, Ran]) -> Mapping[str, Ran]:
    """What changed last stands last, and is forgotten last."""
    if not made:
        return known
    others = [(name, value) for name, value in known.items() if name not in made]
    return dict([*others, *made.items()])


def kept(known: Mapping[str, Ran], listed: Mapping[str, Workload]) -> Mapping[str, Ran]:
    gone = [name for name in known if name not in listed]
    forgotten = frozenset(gone[:-GONE])
    return {name: value for name, value in known.items() if name not in forgotten} if forgotten else known


# -- in words


def words(restart: Restart) -> str:
    """ "made anew for the 2nd time: container 3f2a91c0d1e2 healthy → 91bce0aa31f0 starting"."""
    anew = restart.engine == "docker" and restart.was != restart.now
    what = "made anew" if anew else "restarted by its engine" if restart.own else "restarted"
    again = f" for the {ordinal(restart.number)} time" if restart.number > 1 else ""
    return f"{what}{again}: {ids_and_health(restart, restart.after)}"


def ids_and_health(restart: Restart, after: str) -> str:
    """What has no health check before nor after is not said to have none twice."""
    kind = "container" if restart.engine == "docker" else "pid"
    before, after = (_health(word) if {restart.before, after} != {"none"} else "" for word in (restart.before, after))
    if restart.was == restart.now:
        return f"{kind} {restart.now[:IDENT]}" + (f", {before} → {after}" if before else ", no health check")
    return " ".join(filter(None, (kind, restart.was[:IDENT], before, "→", restart.now[:IDENT], after)))


def _health(health: str) -> str:
    return "no health check" if health == "none" else health


def told(seen: tuple[Seen, ...], wall: str) -> str:
    """The last one, and how many: for a row of a page. `wall`: its time, as the page writes it."""
    last = seen[-1]
    after = last.settled or last.restart.after
    took = f" after {duration(last.settled_ms)}" if last.settled and last.settled_ms >= 1_000 else ""
    return f"{last.restart.number}×, last {wall}: {ids_and_health(last.restart, after)}{took}"
