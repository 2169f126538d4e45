"""Samples go after 14 days; those inside an incident's window stay for good."""

from pathlib import Path

from typing_extensions import override

from incidentui.core.inputs import CloseIncident, OpenIncident
from incidentui.core.recent import Sample
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from incidentui.edge.store.window import times
from incidentui.session.turn import load, take

DAY = 86_400_000


class Then(SystemClock):
    """A clock that stands where the test puts it."""

    at = 0

    @override
    def now(self) -> int:
        return self.at


def test_samples_of_an_incident_outlive_the_others(tmp_path: Path) -> None:
    clock = Then()
    today = SystemClock().now()
    journal = open_journal(tmp_path / "journal.db", "ferry", clock)
    try:
        old = today - 30 * DAY
        desk = load(journal, old)
        clock.at = old
        desk = take(journal, desk, clock, [OpenIncident("bookings fails", "ines", since=old - 60_000)]).desk
        clock.at = old + 60_000
        take(journal, desk, clock, [CloseIncident("ines", "over")])
        looks = [Sample("bookings", at, "ok") for at in (old - DAY, old, old + DAY, today)]
        journal.append((), samples=looks)
        assert journal.prune(today, times(journal, today)) == 2
        assert [s.at for s in journal.samples(0)] == [old, today]
    finally:
        journal.close()
