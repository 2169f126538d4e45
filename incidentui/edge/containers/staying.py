"""Look after look: whether a workload became what was asked for, and stays so. Pure: is told looks and times."""

from typing_extensions import override

from incidentui.core.model import Ms, Plan, Workload
from incidentui.edge.containers.deeds import DOWN, LOOKS, End, deed_of, is_up, seconds, stay_of, words

LOST_MS: Ms = 5_000
_CRASHING_MS: Ms = 5_000


class Watch:
    """What a restart and a start need: it is up, healthy where it can tell, and the same process goes on."""

    def __init__(self, plan: Plan, asked: Ms) -> None:
        self.name = plan.target
        self.until = asked + plan.within_ms
        self.within_ms = plan.within_ms
        self.asked = asked
        self.stay_ms = stay_of(plan)
        self._same: tuple[object, ...] = ()
        self._looks = 0
        self._first: Ms = 0
        self._crashing: Ms | None = None
        self._silent: Ms | None = None

    def silent(self, why: str, now: Ms) -> End | None:
        self._silent = self._silent or now
        if now - self._silent < LOST_MS and now < self.until:
            return None
        return End("unknown", f"the engine went away meanwhile: {why}")

    def looked(self, it: Workload | None, now: Ms) -> End | None:
        self._silent = None
        return self._judged(it, now)

    def _judged(self, it: Workload | None, now: Ms) -> End | None:
        if it is None:
            return End("failed", f"{self.name} is gone: it was removed meanwhile")
        self._count(it, now)
        if self.stays(now):
            return End("done", f"{words(it)}, stayed so for {seconds(now - self._first)}, {self._looks} looks in a row")
        if it.state == "exited" or (it.state == "stopped" and it.note != "stopping"):
            return End("failed", f"it did not stay up: {words(it)}")
        if self._crashing is not None and (it.note.startswith("gave up") or now - self._crashing >= _CRASHING_MS):
            return End("failed", f"it does not stay up: {words(it)}")
        if now >= self.until:
            return End("failed", f"not up within {seconds(self.within_ms)}: {words(it)}")
        return None

    def _count(self, it: Workload, now: Ms) -> None:
        self.tally(it, is_up(it), now)
        if it.state == "crashing" or it.restarts:
            self._crashing = self._crashing or now
        elif self._looks:
            self._crashing = None

    def tally(self, it: Workload, good: bool, now: Ms) -> None:
        same = (it.ident, it.since, it.restarts)
        again = good and self._looks > 0 and same == self._same
        if good and not again:
            self._first = now
        self._looks = (self._looks + 1 if again else 1) if good else 0
        self._same = same

    def stays(self, now: Ms) -> bool:
        return self._looks >= LOOKS and now - self._first >= self.stay_ms


class Down(Watch):
    """What a stop needs: it ended, and nothing starts it again."""

    @override
    def _judged(self, it: Workload | None, now: Ms) -> End | None:
        if it is None:
            return End("done", f"{self.name} stopped, and its engine removed it")
        down = it.state in DOWN and it.note != "stopping"
        self.tally(it, down, now)
        if self.stays(now):
            killed = ", killed: it was deaf to TERM" if it.exit_code == 137 and not it.note else ""
            return End("done", f"{words(it)}{killed}, stayed so for {seconds(now - self._first)}")
        if now >= self.until:
            return End("failed", f"not down within {seconds(self.within_ms)}: {words(it)}")
        return None


def watch_for(plan: Plan, asked: Ms) -> Watch:
    return Down(plan, asked) if deed_of(plan) == "stop" else Watch(plan, asked)
