"""The step to do is in sight, however many there are and whatever came of those before it."""

import pytest

from incidentui.core.model import RunStep
from incidentui.core.state import State
from incidentui.tui.pages.step_rows import step_rows

NOTE = "complete: as in checkpoint 20261130-100308; checkpoint.restore id=20261130-100318 brings back what was before"


def steps(many: int, at: int) -> list[RunStep]:
    done = [RunStep(n, f"Look at part {n} of what was deployed", state="done", note=NOTE) for n in range(1, at)]
    return [*done, *(RunStep(n, f"Then mend part {n} of it, and look again") for n in range(at, many + 1))]


def told(many: int, at: int, room: int) -> list[str]:
    return [line.text.rstrip() for line in step_rows(steps(many, at), at, State(), 0, None, 34, room)]


@pytest.mark.parametrize(("many", "at", "room"), [(3, 2, 30), (11, 11, 30), (30, 1, 20), (30, 17, 20), (30, 30, 20)])
def test_the_one_to_do_is_in_sight_and_whole(many: int, at: int, room: int) -> None:
    rows = told(many, at, room)
    assert len(rows) <= room
    here = next(n for n, row in enumerate(rows) if row.startswith(f"▸ {at:>{len(str(many))}} "))
    assert " ".join(row.strip() for row in rows[here : here + 2]).endswith("and look again")


def test_where_there_is_room_nothing_is_cut_and_where_there_is_none_the_rest_is_counted() -> None:
    assert "…" not in "\n".join(told(3, 3, 30))
    tight = told(11, 11, 30)
    assert sum("complete: as in checkpoint" in row for row in tight) == 10, "a row each for what came of them"
    rows = told(30, 17, 20)
    above, below = rows[0], rows[-1]
    first = int(rows[1].split()[1])
    assert above.strip() == f"… {first - 1} above"
    assert below.strip().endswith("below")
