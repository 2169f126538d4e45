"""The plan of `verify`: N good looks in a row within a deadline. It changes nothing, so it needs no executor."""

from collections.abc import Mapping
from difflib import get_close_matches

from incidentui.core.format import count, duration
from incidentui.core.inputs import Refusal
from incidentui.core.model import Plan, PlanStep
from incidentui.core.plan import deadline
from incidentui.core.state import State

WITHIN_MS = 300_000
KEYS = ("checks", "within", "consecutive")


def verify_plan(args: Mapping[str, str], state: State) -> Plan | Refusal:
    for key in args:
        if key not in KEYS:
            return Refusal(f"verify takes no {key!r}", f"it takes {', '.join(KEYS)}", usage=True)
    known = tuple(state.checks)
    wanted = tuple(n.strip() for n in args.get("checks", "").split(",") if n.strip())
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, 1)
            return Refusal(
                f"there is no check {name!r}", f"did you mean {near[0]}?" if near else _have(known), usage=True
            )
    within = deadline(args, WITHIN_MS)
    if isinstance(within, Refusal):
        return within
    consecutive = args.get("consecutive", "3")
    if not consecutive.isdigit() or not 1 <= int(consecutive) <= 20:
        return Refusal(f"consecutive={consecutive!r} is no number from 1 to 20", usage=True)
    names = wanted or tuple(c.name for c in state.checks.values() if c.layer == "user")
    if not names:
        return Refusal("no check goes the user's path", "add one to incidentui.toml")
    asked = count(int(consecutive), "good answer")
    return Plan(
        action="verify",
        args=tuple(args.items()),
        title=f"Verify {', '.join(names)}: {asked} in a row within {duration(within)}",
        target=state.project.name,
        target_kind="project",
        changes=False,
        steps=(PlanStep("look", f"{', '.join(names)} until {asked} in a row"),),
        within_ms=within,
        consecutive=int(consecutive),
        checks=names,
        undo="Nothing to undo: it only looks.",
    )


def _have(known: tuple[str, ...]) -> str:
    return f"there is {', '.join(known)}" if known else "no check is configured"
