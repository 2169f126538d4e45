"""`git.mark-good`: a commit is marked as known-good, in the record and by a ref that keeps it from every gc.

Changes nothing that runs and nothing of the responder's, so no word is typed.
"""

from collections.abc import Mapping
from pathlib import Path

from incidentui.core.inputs import ActionActed, ActionStepped, Refusal
from incidentui.core.model import Attempt, Plan, PlanStep, Precondition, Progress
from incidentui.core.state import State
from incidentui.edge.git.good import REFS as KNOWN_GOOD
from incidentui.edge.git.history import subject_of
from incidentui.edge.git.place import layout, resolve, sha_of, stand, tree_of
from incidentui.edge.git.planning import Site, wish
from incidentui.edge.git.run import GitError, git
from incidentui.edge.git.write import wants
from incidentui.session.ports import Report

ACTION = "git.mark-good"


async def plan_mark(site: Site, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
    asked = wish(args, ("rev",), state)
    if isinstance(asked, Refusal):
        return asked
    where = await layout(site.top)
    place = await stand(where, site.branch, site.remote)
    if place.head is None:
        return Refusal("the repository has no commit yet", "there is nothing to mark")
    sha = await resolve(where, args.get("rev", "HEAD"))
    if isinstance(sha, Refusal):
        return sha
    if await tree_of(where.top, sha) is None:
        return Refusal(f"the files of {sha[:7]} are not in this clone", "git fetch --unshallow, or fetch it")
    write = ("git", "update-ref", f"{KNOWN_GOOD}{sha}", sha)
    return Plan(
        action=ACTION,
        args=(("rev", sha),),
        title=f"Mark {sha[:7]} as known-good: {await subject_of(where, sha)}",
        target=place.branch or "HEAD",
        changes=False,
        local=True,
        steps=(PlanStep("mark", f"{KNOWN_GOOD}{sha[:7]}…, and the record", (write,)),),
        checked=(Precondition("target", f"{sha[:7]} is in this clone", sha),),
        undo="Mark the commit that was known-good before.",
    )


async def mark(top: Path, run: str, plan: Plan, report: Report) -> ActionActed:
    sha = wants(plan)["target"]
    try:
        await git(top, "update-ref", "--no-deref", f"{KNOWN_GOOD}{sha}", sha, writes=True)
    except GitError as error:
        return ActionActed(run, "failed", f"{error}; nothing was marked")
    report(ActionStepped(run, Progress(1, "mark", "done", f"{KNOWN_GOOD}{sha}")))
    return ActionActed(run, "done", f"{sha[:7]} is known-good", sha)


async def settle_mark(top: Path, attempt: Attempt) -> ActionActed:
    sha = wants(attempt.plan)["target"]
    if await sha_of(top, f"{KNOWN_GOOD}{sha}") == sha:
        return ActionActed(attempt.run, "done", f"looked up: {sha[:7]} is marked", sha)
    return ActionActed(attempt.run, "failed", "looked up: it was not marked")
