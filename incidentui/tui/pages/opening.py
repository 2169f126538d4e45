"""Which page opens behind a row of the timeline."""

from incidentui.core import events as e
from incidentui.session.ports import Session
from incidentui.tui.page import Page
from incidentui.tui.pages.commit import CommitPage
from incidentui.tui.pages.evidence import row_page
from incidentui.tui.pages.running import ActionPage
from incidentui.tui.pages.workload import WorkloadPage


def open_row(recorded: e.Recorded, session: Session) -> Page:
    """The page that says most about this event: an action, a commit, a workload, evidence, or its bare facts."""
    match recorded.event:
        case e.ActionRequested(run=run) | e.ActionProgressed(run=run) | e.VerdictGiven(run=run) if (
            run in session.view.state.attempts
        ):
            return ActionPage(run)
        case e.Deployed():
            return CommitPage(recorded.event.now)
        case e.DeployMissed() | e.DeployFollowed():
            return CommitPage(recorded.event.sha)
        case e.SuspectNamed():
            return CommitPage(recorded.event.suspect.sha)
        case e.WorkloadChanged(evidence=None, now=workload) if workload.name in session.view.state.workloads:
            return WorkloadPage(workload.name)
        case e.DriftSeen(fresh=((name, _), *_)) if name in session.view.state.workloads:
            return WorkloadPage(name)
        case _:
            return row_page(recorded, session)
