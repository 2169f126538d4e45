"""How a drill went, read from its events alone: four times from the break, wrong turns, and what stands at the end."""

from collections.abc import Iterable, Sequence

from incidentui.core import events as e
from incidentui.core.model import Ms, Verdict
from incidentui.core.value import dataclass

SLOW_MS = 960_000
"""Sixteen minutes to recovery are worth no point for speed: the real incident had its second attempt then."""


@dataclass(frozen=True, slots=True)
class Score:
    """Times in milliseconds from the deploy that broke it; None: it did not happen."""

    broke: Ms | None = None
    detected: Ms | None = None
    acknowledged: Ms | None = None
    first_action: Ms | None = None
    recovered: Ms | None = None
    wrong_turns: int = 0
    """Actions that changed something and were not complete; in a cascade only those that also made no check good."""
    tree_equal: bool | None = None
    """What the last git action's first light said."""
    in_force: tuple[str, ...] = ()
    """Commits that the last git action left in force, by its verdict."""
    differs: tuple[str, ...] = ()
    """Files in which it left the branch different from known-good."""
    resolved: bool = False
    """An incident was closed as resolved."""

    @property
    def points(self) -> int:
        """Of 100: resolved 40, tree proven 20, no wrong turns 20, speed 20."""
        if not self.resolved:
            return 0
        turns = max(0, 20 - 10 * self.wrong_turns)
        speed = 0 if self.recovered is None else max(0, round(20 * (1 - self.recovered / SLOW_MS)))
        return 40 + (20 if self.tree_equal else 0) + turns + speed


def score(records: Iterable[e.Recorded], *, forward: bool = False) -> Score:
    """The first red of the users' path, and everything since it broke: an inner check may have been red before it.

    `forward`: causes stand one behind the other, and a fix that made a failing check good led on.
    """
    events = list(records)
    red = next((r for r in events if _turned(r, "failing")), None)
    if red is None:
        return Score()
    since = red.event.since if isinstance(red.event, e.ServiceChanged) and red.event.since is not None else red.at
    # The deploy is noticed by its own look, which may come just after the first red one.
    deploys = [r.at for r in events if isinstance(r.event, e.Deployed) and r.at <= red.recorded]
    broke = min(since, deploys[-1]) if deploys else since
    after = [r for r in events if r.recorded >= broke]
    verdicts = _verdicts(events)
    git = next((v for action, v in reversed(verdicts) if action.startswith("git.")), None)
    closed = [r.event for r in after if isinstance(r.event, e.IncidentClosed)]
    opened = _first(after, broke, e.IncidentOpened, e.IncidentAcknowledged)
    return Score(
        broke=broke,
        # Whoever opens it because of an inner check has seen it before users do.
        detected=min([red.recorded - broke, *([opened] if opened is not None else [])]),
        acknowledged=opened,
        first_action=_first([r for r in after if _changes(r)], broke, e.ActionRequested),
        recovered=_recovered(events, broke),
        wrong_turns=sum(verdict.word not in ("complete", "refused") for _, verdict in verdicts)
        - (_led_on(events) if forward else 0),
        tree_equal=_tree(git) if git else None,
        in_force=git.in_force if git else (),
        differs=git.differs if git else (),
        resolved=bool(closed) and closed[-1].resolved,
    )


def _turned(record: e.Recorded, state: str) -> bool:
    event = record.event
    return isinstance(event, e.ServiceChanged) and event.layer == "user" and event.now == state


def _changes(record: e.Recorded) -> bool:
    return isinstance(record.event, e.ActionRequested) and record.event.plan.changes


def _first(records: Iterable[e.Recorded], broke: Ms, *kinds: type[e.Event]) -> Ms | None:
    return next((r.recorded - broke for r in records if isinstance(r.event, kinds)), None)


def _recovered(records: Sequence[e.Recorded], broke: Ms) -> Ms | None:
    """When the last red service turned good, if none turned red after that."""
    red: set[str] = set()
    last = None
    for record in records:
        event = record.event
        if not isinstance(event, e.ServiceChanged) or event.layer != "user":
            continue
        if event.now == "failing":
            red.add(event.service)
        elif event.now in ("ok", "slow") and event.service in red:
            red.discard(event.service)
            last = record.at - broke if not red else last
    return None if red else last


def _verdicts(records: Iterable[e.Recorded]) -> list[tuple[str, Verdict]]:
    """(action, verdict) of everything that was meant to change something, in order."""
    actions = {}
    found = []
    for record in records:
        event = record.event
        if isinstance(event, e.ActionRequested) and event.plan.changes:
            actions[event.run] = event.plan.action
        elif isinstance(event, e.VerdictGiven) and event.run in actions:
            found.append((actions[event.run], event.verdict))
    return found


def _led_on(events: Sequence[e.Recorded]) -> int:
    """How many actions that were not complete made a failing check good, before the next one was asked for."""
    red: set[str] = set()
    asked, helped, incomplete = "", set[str](), set[str]()
    for event in (record.event for record in events):
        if isinstance(event, e.ActionRequested) and event.plan.changes:
            asked = event.run
        elif isinstance(event, e.VerdictGiven) and event.verdict.word not in ("complete", "refused"):
            incomplete.add(event.run)
        elif isinstance(event, e.CheckChanged) and event.now == "failing":
            red.add(event.check)
        elif isinstance(event, e.CheckChanged) and event.now in ("ok", "slow") and event.check in red:
            # One that could not be read in between was still red.
            red.discard(event.check)
            helped.add(asked)
    return len(helped & incomplete)


def _tree(verdict: Verdict) -> bool | None:
    return next((light.ok for light in verdict.lights if light.name == "tree"), None)
