"""How far a plan has come, told to the session."""

from typing_extensions import override

from incidentui.core.inputs import ActionStepped
from incidentui.core.model import Ms, Outcome, Plan, PlanStep, Progress, StepState
from incidentui.edge.containers.deeds import End
from incidentui.session.ports import Clock, Report


class Steps:
    """Tells the session how far the plan has come."""

    def __init__(self, run: str, plan: Plan, report: Report, clock: Clock) -> None:
        self.plan = plan
        self._run = run
        self._report = report
        self._clock = clock
        self._step: PlanStep | None = None
        self._began: Ms = 0

    def begin(self, step: PlanStep) -> None:
        self._step, self._began = step, self._clock.now()
        self._tell(step, "running", step.text, None)

    def far(self, text: str) -> None:
        """How far the step that runs has come."""
        if self._step is not None:
            self._tell(self._step, "running", text, None)

    def end(self, state: StepState, text: str = "") -> None:
        if self._step is not None:
            self._tell(self._step, state, text or self._step.text, self._clock.now() - self._began)
            self._step = None

    def over(self, end: End) -> None:
        states: dict[Outcome, StepState] = {"done": "done", "failed": "failed"}
        self.end(states.get(end.outcome, "unknown"), end.why)

    def _tell(self, step: PlanStep, state: StepState, text: str, took_ms: Ms | None) -> None:
        n = self.plan.steps.index(step) + 1
        self._report(ActionStepped(self._run, Progress(n, step.verb, state, text, took_ms)))


class Unheard(Steps):
    """For a deed that is one step of a greater plan."""

    @override
    def _tell(self, step: PlanStep, state: StepState, text: str, took_ms: Ms | None) -> None:
        return
