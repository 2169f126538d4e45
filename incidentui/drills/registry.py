"""The drills there are, and those of them that also run in containers."""

from incidentui.drills import (
    dead_backend,
    ferry_in_docker,
    half_rollback,
    lab_in_docker,
    login_page_200,
    restart_cascade,
)
from incidentui.drills.scenario import Scenario

_ALL = (dead_backend.SCENARIO, half_rollback.SCENARIO, login_page_200.SCENARIO, restart_cascade.SCENARIO)
DRILLS: dict[str, Scenario] = {s.name: s for s in _ALL}
CONTAINERS: dict[str, Scenario] = {s.name: s for s in (ferry_in_docker.SCENARIO, lab_in_docker.SCENARIO)}
"""With the same story and the same way out, on an engine."""
