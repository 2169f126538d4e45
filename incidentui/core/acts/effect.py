"""What the executor says while the effect goes on, and once it is over."""

from dataclasses import replace

from incidentui.core import events as e
from incidentui.core.acts.judging import judge
from incidentui.core.acts.lights import NAMES, five, unlit
from incidentui.core.acts.traits import TOLD, subject_of
from incidentui.core.acts.verdict import give
from incidentui.core.errors import last_words
from incidentui.core.inputs import ActionActed, ActionStepped, LightLooked, OwnerGone, SettleAction
from incidentui.core.ledger import in_force, partly, taken_back
from incidentui.core.model import Attempt, KnownGood, Light, Moment, Verdict
from incidentui.core.suspects import name_suspect
from incidentui.core.turn import Deciding


def stepped(d: Deciding, look: ActionStepped) -> None:
    attempt = d.state.attempts.get(look.run)
    if attempt is not None:
        progressed = e.ActionProgressed(look.run, look.progress)
        moment: Moment = "quiet" if look.progress.state == "running" else "detail"
        d.say(progressed, subject_of(attempt), moment, incident=attempt.incident, source="executor")


def acted(d: Deciding, look: ActionActed) -> None:
    """The effect is over. A second word on the same run is accepted only to settle an unknown one."""
    attempt = d.state.attempts.get(look.run)
    if attempt is None or attempt.verdict is not None or attempt.outcome not in (None, "unknown"):
        return
    evidence = d.keep(look.evidence)
    ended = e.ActionEnded(
        look.run,
        look.outcome,
        look.why,
        look.revision,
        look.was,
        evidence,
        **_left(d, look),
        ledger=look.ledger,
        known=look.known,
    )
    d.say(ended, subject_of(attempt), "key", incident=attempt.incident, source="executor")
    attempt = d.state.attempts[look.run]
    match look.outcome:
        case "done":
            if attempt.plan.action == "git.mark-good" and look.revision is not None:
                d.say(e.KnownGoodSet(KnownGood(look.revision, d.now, "marked by hand", attempt.by)), "good", "key")
            judge(d)
            if attempt.plan.action == "git.bisect":
                name_suspect(d)
        case "failed" | "refused":
            fault = last_words(look.why, look.evidence) if look.outcome == "failed" else ""
            give(d, attempt, look.outcome, Verdict(look.outcome, look.why, _lights(d, attempt)), fault=fault)
        case "unknown":
            give(d, attempt, "unknown", Verdict("outcome unknown", look.why, _lights(d, attempt)))


def _lights(d: Deciding, attempt: Attempt) -> tuple[Light, ...]:
    """None where the executor's word is the verdict; empty: as they are."""
    return unlit(five(d, attempt)) if attempt.plan.action in TOLD else ()


def _left(d: Deciding, look: ActionActed) -> dict[str, tuple[str, ...]]:
    """What the ledger says of the commits of others: our own ways back are not counted."""
    ledger = look.ledger
    if ledger is None:
        return {}
    ours = {look.revision, *(a.revision for a in d.state.attempts.values())}
    return {
        "in_force": in_force(ledger, ours),
        "differs": tuple(file.path for file in ledger.files),
        "partly": partly(ledger, ours),
        "taken_back": taken_back(ledger, ours),
    }


def lit(d: Deciding, look: LightLooked) -> None:
    attempt = d.state.attempts.get(look.run)
    if attempt is None:
        return
    light = replace(look.light, evidence=d.keep(look.evidence) or look.light.evidence)
    d.say(e.LightSeen(look.run, light), NAMES[light.name], incident=attempt.incident, source="executor")


def owner_gone(d: Deciding, look: OwnerGone) -> None:
    attempt = d.state.attempts.get(look.run)
    if attempt is None or attempt.outcome is not None or attempt.verdict is not None:
        return
    who = f"pid {attempt.owner.pid} on {attempt.owner.host}"
    why = f"the program that ran it ({who}) is gone, or silent too long; looking at the world"
    d.say(e.ActionEnded(look.run, "unknown", why), subject_of(attempt), "key", incident=attempt.incident)
    d.effects.append(SettleAction(look.run))
