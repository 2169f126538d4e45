"""The values an incident is made of, one module a subject. Frozen, without behaviour that needs a clock or the world.

Times are whole milliseconds since 1970-01-01 UTC (`Ms`): they add up exactly and survive JSON.
Shas are full 40-digit object names. `None` always means "nobody knows", never zero.
"""

from incidentui.core.model.attempts import Attempt, Delta, Light, LightName, Outcome, Owner, Progress, Verdict
from incidentui.core.model.errors import ErrorText, KnownError, SeenError
from incidentui.core.model.fixes import Fix, FixPlace, FixState, FixStatus, TakenBack
from incidentui.core.model.health import BADNESS, CheckState, CheckStatus, OddBuild, ServiceStatus, Span
from incidentui.core.model.incidents import Incident, Moment, Severity, Stage, Tick
from incidentui.core.model.plans import Plan, PlanCommit, PlanStep, Precondition, Rehearsal, RehearsedCommand
from incidentui.core.model.project import CheckSpec, Layer, ProjectSpec, ServiceSpec
from incidentui.core.model.repository import AwaitedDeploy, Commit, Deploy, FileChange, Repository
from incidentui.core.model.runbooks import LastRun, RunbookRun, RunStep, StepState
from incidentui.core.model.since_good import FileLeft, InForce, KnownGood, Ledger, LedgerCommit, Suspect, Suspected
from incidentui.core.model.workloads import Source, Workload, WorkloadState, is_bad
from incidentui.core.value import Ms

__all__ = [
    "BADNESS",
    "Attempt",
    "AwaitedDeploy",
    "CheckSpec",
    "CheckState",
    "CheckStatus",
    "Commit",
    "Delta",
    "Deploy",
    "ErrorText",
    "FileChange",
    "FileLeft",
    "Fix",
    "FixPlace",
    "FixState",
    "FixStatus",
    "InForce",
    "Incident",
    "KnownError",
    "KnownGood",
    "LastRun",
    "Layer",
    "Ledger",
    "LedgerCommit",
    "Light",
    "LightName",
    "Moment",
    "Ms",
    "OddBuild",
    "Outcome",
    "Owner",
    "Plan",
    "PlanCommit",
    "PlanStep",
    "Precondition",
    "Progress",
    "ProjectSpec",
    "Rehearsal",
    "RehearsedCommand",
    "Repository",
    "RunStep",
    "RunbookRun",
    "SeenError",
    "ServiceSpec",
    "ServiceStatus",
    "Severity",
    "Source",
    "Span",
    "Stage",
    "StepState",
    "Suspect",
    "Suspected",
    "TakenBack",
    "Tick",
    "Verdict",
    "Workload",
    "WorkloadState",
    "is_bad",
]
