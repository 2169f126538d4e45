"""What a tick is worth once users are not served again, and whose incident a runbook keeps open."""

from dataclasses import replace

import pytest

from incidentui.core import inputs as i
from incidentui.core.model import CheckSpec, Incident, ProjectSpec, RunStep, ServiceSpec
from incidentui.core.recovery import open_lines
from tests.core.test_suspects import Watch

SYNC = "the sync button answers"
SPEC = ProjectSpec(
    "quay",
    services=(ServiceSpec("api"),),
    checks=(CheckSpec("page", "api", every_ms=1_000, fail_after=2, recover_after=2),),
    recovery=(SYNC,),
)
SAVE = RunStep(1, "Save a lead", before_close=True)


def watched() -> Watch:
    watch = Watch()
    watch.given(i.StartWatch(SPEC, "ana"))
    watch.look("ok")
    return watch


def incident(watch: Watch, name: str = "INC-1") -> Incident:
    return watch.state.incidents[name]


@pytest.mark.req("R3-42")
def test_a_tick_of_an_incident_that_is_still_open_does_not_outlive_a_red_user_path() -> None:
    watch = watched()
    watch.given(i.OpenIncident("slow", "ana"), i.TickRecovery(SYNC, "ana"))
    assert [t.item for t in incident(watch).ticks] == [SYNC]
    watch.look("failing", "500")
    assert (incident(watch).stage, incident(watch).ticks) == ("open", ())


@pytest.mark.req("R3-42")
def test_the_steps_after_recovery_keep_the_incident_open_that_the_runbook_was_begun_for_even_when_it_was_left() -> None:
    watch = watched()
    watch.given(i.OpenIncident("A", "ana"), i.OpenIncident("B", "bo"))
    watch.given(i.StartRunbook("r1", "save", "Save", "d", (SAVE,), "bo"))
    assert open_lines(watch.state, incident(watch, "INC-1")) == (SYNC,)
    assert open_lines(watch.state, incident(watch, "INC-2")) == (SYNC, "step 1 Save a lead")
    watch.given(i.EndRunbook("bo"))
    assert open_lines(watch.state, incident(watch, "INC-2")) == (SYNC, "step 1 Save a lead")


@pytest.mark.req("R3-42")
def test_a_run_of_which_no_incident_is_known_counts_for_the_one_that_is_open_alone() -> None:
    watch = watched()
    watch.given(i.OpenIncident("A", "ana"), i.StartRunbook("r1", "save", "Save", "d", (SAVE,), "ana"))
    assert watch.state.runbook is not None
    watch.state = replace(watch.state, runbook=replace(watch.state.runbook, incident=None))
    assert "step 1 Save a lead" in open_lines(watch.state, incident(watch))
    watch.given(i.OpenIncident("B", "bo"))
    assert open_lines(watch.state, incident(watch)) == (SYNC,)
