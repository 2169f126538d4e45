"""Sessions for measuring: states written by hand whose clock runs, and a timeline of a million rows made on demand."""

import threading
import time
from dataclasses import dataclass, field, replace

from typing_extensions import override

from incidentui.core import events as e
from incidentui.core.model import Ms
from incidentui.session.ports import Row, View
from tests.tui import fakes


@dataclass
class Running(fakes.FakeSession):
    """Its clock goes on from the moment of the state."""

    begun: float = field(default_factory=time.monotonic)

    @override
    def now(self) -> Ms:
        return self.time + int((time.monotonic() - self.begun) * 1000)


@dataclass
class Million(Running):
    """Rows are made when they are asked for; row n is a second after row n - 1."""

    count: int = 0

    @override
    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        containing: str = "",
    ) -> list[e.Recorded]:
        end = before.seq if before is not None else self.count + 1
        first = after.seq + 1 if after is not None else end - limit
        stop = min(self.count + 1, max(first, 1) + limit)
        return [self._row(n) for n in range(max(first, 1), stop)]

    def _row(self, n: int) -> e.Recorded:
        event = e.ServiceChanged("api", "ok", "failing", f"503, look {n}", "200", looks=3, needed=3, evidence="e" * 64)
        return fakes.record(n, self.time - (self.count - n) * 1000, event, "api")


def _running(view: View) -> Running:
    base = fakes.session(view)
    return Running(view, base.time, base.log)


def incident() -> Running:
    return _running(fakes.incident())


def quiet() -> Running:
    return _running(fakes.quiet())


def million(count: int) -> Million:
    view = fakes.incident()
    return Million(replace(view, state=replace(view.state, seq=count, events=count)), view.state.at, count=count)


def stir(session: Running, period: float) -> None:
    """Publishes a view in which services, workloads, the timeline and the header differ, again and again."""

    def run() -> None:
        for n in range(1_000_000):
            time.sleep(period)
            view = session.view
            state = view.state
            api = replace(state.services["api"], why=f"50{n % 10}")
            backend = replace(state.workloads["backend"], restarts=n)
            commit = replace(state.repository.commits[0], added=n % 500) if state.repository else None
            assert state.repository is not None
            assert commit is not None
            repository = replace(state.repository, commits=(commit, *state.repository.commits[1:]))
            note = e.NoteAdded(f"note {n}", "ana")
            session.log.append(fakes.record(100 + n, session.now(), note, "ana"))
            changed = replace(
                state,
                seq=state.seq + 1,
                events=state.events + 1,
                services={**state.services, "api": api},
                workloads={**state.workloads, "backend": backend},
                repository=repository,
            )
            session.publish(replace(view, state=changed))

    threading.Thread(target=run, daemon=True, name="stir").start()
