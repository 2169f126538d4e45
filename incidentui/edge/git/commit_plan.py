"""The plan of a git action whose effect is one new commit on the branch's tip, then perhaps a push."""

from collections.abc import Sequence

from incidentui.core.model import Commit, Plan, Precondition, Rehearsal
from incidentui.core.state import State
from incidentui.edge.git import planning, rehearsal
from incidentui.edge.git.planning import Ground


async def commit_plan(
    ground: Ground,
    state: State,
    *,
    action: str,
    args: dict[str, str],
    title: str,
    what: str,
    commands: Sequence[tuple[str, ...]],
    checked: Sequence[Precondition],
    taken: Sequence[Commit],
    chosen: bool,
    tree: str,
    tried: Rehearsal,
) -> Plan:
    """`what`: the new commit in words. `taken`: the commits it takes back; `chosen`: one by one, not a window."""
    undo, undo_argv = planning.undo(ground)
    return Plan(
        action=action,
        args=tuple(args.items()),
        title=title + (", then push" if ground.wish.push else ""),
        target=ground.branch,
        steps=planning.steps(ground, what, commands),
        checked=(*checked, *await planning.commit_checks(ground.where, state), rehearsal.check(tried)),
        takes_back=planning.roles(taken, state, chosen=chosen),
        not_covered=planning.not_covered(taken),
        undo=undo,
        undo_argv=undo_argv,
        expects_tree=tree,
        push=ground.wish.push,
        within_ms=ground.wish.within_ms,
        host=ground.host,
        rehearsal=tried,
        warnings=planning.merged(taken),
    )
