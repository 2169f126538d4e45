"""The drills there are."""

from incidentui.drills import dead_backend, half_rollback, login_page_200, restart_cascade
from incidentui.drills.scenario import Scenario

_ALL = (dead_backend.SCENARIO, half_rollback.SCENARIO, login_page_200.SCENARIO, restart_cascade.SCENARIO)
DRILLS: dict[str, Scenario] = {s.name: s for s in _ALL}
