"""The drills there are."""

from incidentui.drills import dead_backend, half_rollback
from incidentui.drills.scenario import Scenario

DRILLS: dict[str, Scenario] = {s.name: s for s in (dead_backend.SCENARIO, half_rollback.SCENARIO)}
