"""The plan of `wait`: so long, or until checks are good, whichever the step is about. It changes nothing and needs no
executor; it can be cut short, with a reason."""

from collections.abc import Mapping
from difflib import get_close_matches

from incidentui.core.format import count, duration
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms, Plan, PlanStep
from incidentui.core.plan import deadline
from incidentui.core.state import State

WITHIN_MS: Ms = 600_000
EVERY_MS: Ms = 5_000
KEYS = ("for", "checks", "within", "consecutive", "every")


def wait_plan(args: Mapping[str, str], state: State) -> Plan | Refusal:
    for key in args:
        if key not in KEYS:
            return Refusal(f"wait takes no {key!r}", f"it takes {', '.join(KEYS)}", usage=True)
    if ("for" in args) == ("checks" in args):
        return Refusal("wait needs one of for and checks", "for=10m, or checks=api within=10m", usage=True)
    every = deadline(args, EVERY_MS, "every")
    if isinstance(every, Refusal):
        return every
    return _time(args, state) if "for" in args else _checks(args, state, every)


def _time(args: Mapping[str, str], state: State) -> Plan | Refusal:
    long = deadline(args, WITHIN_MS, "for")
    if isinstance(long, Refusal):
        return long
    if odd := next((key for key in ("within", "consecutive", "every") if key in args), ""):
        return Refusal(f"{odd} belongs to checks, not to for", f"for={args['for']} alone", usage=True)
    return _plan(args, state, f"Wait {duration(long)}", f"until {duration(long)} are over", long)


def _checks(args: Mapping[str, str], state: State, every: Ms) -> Plan | Refusal:
    known, wanted = tuple(state.checks), tuple(n.strip() for n in args["checks"].split(",") if n.strip())
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, 1)
            have = f"there is {', '.join(known)}" if known else "no check is configured"
            hint = f"did you mean {near[0]}?" if near else have
            return Refusal(f"there is no check {name!r}", hint, usage=True)
    within = deadline(args, WITHIN_MS)
    if isinstance(within, Refusal):
        return within
    consecutive = args.get("consecutive", "1")
    if not consecutive.isdigit() or not 1 <= int(consecutive) <= 20:
        return Refusal(f"consecutive={consecutive!r} is no number from 1 to 20", usage=True)
    if not wanted:
        return Refusal("checks names none", "checks=api", usage=True)
    good = count(int(consecutive), "good answer") + (" in a row" if consecutive != "1" else "")
    names = ", ".join(wanted)
    title = f"Wait for {names}: {good}, up to {duration(within)}"
    return _plan(
        args, state, title, f"{names}, every {duration(every)}, until {good}", within, wanted, int(consecutive)
    )


def _plan(
    args: Mapping[str, str],
    state: State,
    title: str,
    text: str,
    within: Ms,
    checks: tuple[str, ...] = (),
    consecutive: int = 1,
) -> Plan:
    return Plan(
        action="wait",
        args=tuple(args.items()),
        title=title,
        target=state.project.name,
        target_kind="project",
        changes=False,
        steps=(PlanStep("look" if checks else "wait", text),),
        within_ms=within,
        consecutive=consecutive,
        checks=checks,
        undo="Nothing to undo: it only looks.",
    )


def pause_s(plan: Plan, otherwise: float) -> float | None:
    """How long nobody need look while it goes on; None: it only waits for the clock."""
    if plan.action != "wait":
        return otherwise
    if not plan.checks:
        return None
    every = deadline(dict(plan.args), EVERY_MS, "every")
    return every / 1000 if isinstance(every, int) else otherwise
