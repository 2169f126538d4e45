"""What counts as backed up: neither a date in the future nor a backup of nothing."""

from dataclasses import replace

import pytest

from incidentui.cli.doctor_backups import said
from incidentui.edge.checks.kept import judged
from incidentui.session.ports import Kept

NOW, HOUR = 1_800_000_000_000, 3_600_000
GOOD = Kept("ferry_data", "/data", "20270115-080000", NOW - HOUR, files=3, size=9, count=1)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (replace(GOOD, at=NOW + 10 * HOUR), "is dated in the future"),
        (replace(GOOD, files=0, size=0), "holds no file"),
    ],
)
def test_a_backup_of_the_future_and_one_of_nothing_are_red(kept: Kept, why: str) -> None:
    judgement = judged((kept,), NOW, 24 * HOUR)
    assert judgement.state == "failing"
    assert why in judgement.why
    ((well, text, todo),) = said((kept,), NOW)
    assert (well, why in text, todo) == (False, True, "incidentui backup take --volume ferry_data")


@pytest.mark.parametrize("at", [NOW - HOUR, NOW + 5_000])
def test_a_young_one_is_green_also_where_two_clocks_are_a_little_apart(at: int) -> None:
    kept = replace(GOOD, at=at)
    assert judged((kept,), NOW, 24 * HOUR).state == "ok"
    assert [well for well, _, _ in said((kept,), NOW)] == [True]
