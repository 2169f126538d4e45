"""Which engine `status` says it shows."""

from incidentui.cli.engines import engine_lines, engine_objects
from incidentui.core.model import Source
from incidentui.core.state import State


def test_an_engine_elsewhere_is_named_and_a_lost_one_is_nowhere() -> None:
    state = State(engines=("docker", "supervisor"), engine_at={"docker": "ssh://yard (context prod)"})
    assert engine_objects(state) == [
        {"name": "docker", "state": "ok", "at": "ssh://yard (context prod)"},
        {"name": "supervisor", "state": "ok", "at": None},
    ]
    assert engine_lines(state) == ["  docker           ssh://yard (context prod)"]
    lost = State(
        engines=("docker",),
        engine_at={"docker": "ssh://yard (context prod)"},
        sources={"docker": Source("docker", why="away")},
    )
    assert engine_objects(lost) == [{"name": "docker", "state": "unknown", "at": None}]
    assert engine_lines(lost) == []
