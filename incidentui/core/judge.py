"""From looks to judgements: thresholds per check, the state of a service, known-good."""

from incidentui.core import errors
from incidentui.core import events as e
from incidentui.core.evidence import parse_check_look
from incidentui.core.format import count, duration
from incidentui.core.inputs import Sampled
from incidentui.core.model import BADNESS, CheckSpec, CheckState, CheckStatus, KnownGood, Ms, SeenError, ServiceStatus
from incidentui.core.recent import CheckRecent, fresh_within
from incidentui.core.turn import Deciding

GOOD: tuple[CheckState, ...] = ("ok", "slow")


def sampled(d: Deciding, look: Sampled) -> None:
    """One look of one check; `d.recent` already counts it."""
    spec = next((c for c in d.state.project.checks if c.name == look.check), None)
    status = d.state.checks.get(look.check)
    recent = d.recent.get(look.check)
    if spec is None or status is None or recent is None:
        return  # a check that was taken out of the configuration
    judged = _judge(spec, status, recent) or _seen_at_last(status, look)
    if judged is None:
        _tell_error(d, spec, look)
        return
    state, looks, needed = judged
    since = recent.looks[-looks].at if state != status.state or status.since is None else status.since
    d.say(
        e.CheckChanged(
            check=spec.name,
            service=spec.service,
            layer=spec.layer,
            was=status.state,
            now=state,
            why=look.why,
            was_why=_short_why(status),
            since=since,
            looks=looks,
            needed=needed,
            status=look.status,
            latency_ms=look.latency_ms,
            evidence=d.keep(look.evidence),
            was_ms=max(0, since - status.since) if status.since is not None else None,
        ),
        spec.name,
        at=look.at,
        source=f"check:{spec.name}",
    )
    service_changed(d, spec.service, look.at, needed, _short_why(status), since)
    _tell_error(d, spec, look)


def _tell_error(d: Deciding, spec: CheckSpec, look: Sampled) -> None:
    """An error of a red check that it has not told of since it is red."""
    if look.evidence is None or look.state != "failing" or d.state.checks[spec.name].state != "failing":
        return
    try:
        answer = parse_check_look(look.evidence.body)
    except ValueError:
        return
    error = errors.of_look(answer)
    source = f"check:{spec.name}"
    if errors.is_news(d.state, source, spec.service, error):
        runs = d.state.services.get(spec.service, ServiceStatus(spec.service)).running
        seen = SeenError(
            source, spec.service, error, look.at, runs, answer.known, after=errors.after(d.state, spec.service)
        )
        d.say(e.ErrorSeen(seen), spec.service, "quiet", at=look.at)


def _judge(spec: CheckSpec, status: CheckStatus, recent: CheckRecent) -> tuple[CheckState, int, int] | None:
    """The new state with how many looks agree and how many were needed; None when nothing changes."""
    last = recent.looks[-1].state
    same = recent.row(*GOOD) if last in GOOD and status.state not in GOOD else recent.row(last)
    if status.since is None:
        needed = spec.fail_after if last == "failing" else 1
    elif last in GOOD:
        needed = spec.recover_after if status.state != "unknown" or _red_before(recent) else 1
        needed = spec.fail_after if last == "slow" and status.state == "ok" else needed
    else:
        needed = spec.fail_after
    if same < needed:
        return None
    if last != status.state or status.since is None:
        return last, needed, needed
    if last in ("failing", "unknown") and _other_reason(status, recent, needed):
        return last, needed, needed
    return None


def _seen_at_last(status: CheckStatus, look: Sampled) -> tuple[CheckState, int, int] | None:
    """The same red again, when nothing is kept of it yet and this look can be: a claim needs its evidence."""
    if status.state != "failing" or look.state != "failing" or status.evidence or look.evidence is None:
        return None
    return ("failing", status.looks, status.looks) if status.why == look.why else None


def _red_before(recent: CheckRecent) -> bool:
    """Whether the last look before the blind ones was failing: not to see a red service does not mend it."""
    blind = len(recent.looks) - recent.row(*GOOD)
    seen = [look.state for look in recent.looks[:blind] if look.state != "unknown"]
    return bool(seen) and seen[-1] == "failing"


def _other_reason(status: CheckStatus, recent: CheckRecent, needed: int) -> bool:
    whys = {look.why for look in recent.looks[-needed:]}
    return len(whys) == 1 and status.why not in whys


def _short_why(status: CheckStatus) -> str:
    if status.since is None:
        return ""
    return str(status.status) if status.status is not None else status.why


def service_changed(d: Deciding, name: str, at: int, needed: int, was_why: str, turned: Ms) -> None:
    """Judge a service anew from its checks: the worst decides, of equals the user path.

    `turned`: since when the check that was just judged is as it is. A service that gets better because of it was
    worse until then, however long another check has been in the state that is left.
    """
    checks = [c for c in d.state.checks.values() if c.service == name]
    if not checks:
        return
    worst = max(checks, key=lambda c: (BADNESS[c.state], c.layer == "user"))
    old = d.state.services.get(name, ServiceStatus(name))
    if old.since is not None and old.state == worst.state and old.why == worst.why and old.check == worst.name:
        return
    if worst.state == "unknown" and worst.since is None:
        return
    changed = old.state != worst.state or old.since is None
    since = max(worst.since or turned, turned) if changed else old.since
    d.say(
        e.ServiceChanged(
            service=name,
            was=old.state,
            now=worst.state,
            why=worst.why,
            was_why=was_why if changed else "",
            check=worst.name,
            layer=worst.layer,
            since=since,
            looks=worst.looks,
            needed=needed,
            evidence=worst.evidence,
            was_ms=max(0, since - old.since) if changed and since is not None and old.since is not None else None,
        ),
        name,
        "key" if changed and (old.since is not None or worst.state != "ok") else "detail",
        at=at,
        source=f"check:{worst.name}",
    )


def good_since(d: Deciding, spec: CheckSpec, since: Ms, good_after: Ms) -> bool:
    status = d.state.checks.get(spec.name)
    if status is None or status.state != "ok" or status.since is None:
        return False
    recent = d.recent.get(spec.name, CheckRecent())
    looks = [look for look in recent.looks if look.at >= since]
    # Checks that look every second leave the last twenty looks soon: the half-minutes remember longer.
    cells = [cell for cell in recent.cells if cell.start >= max(since, d.now - good_after)]
    return (
        len(looks) >= spec.recover_after
        and d.now - looks[-1].at <= fresh_within(spec.every_ms)
        and all(look.state in GOOD for look in looks)
        and all(cell.state in GOOD for cell in cells)
        and d.now - max(since, status.since) >= good_after
    )


def known_good(d: Deciding) -> None:
    """The revision that runs is known-good once every look of every check was good for long enough."""
    project = d.state.project
    running = {s.running for s in d.state.services.values() if s.running}
    if len(running) != 1 or not d.state.checks:
        return
    sha = running.pop()
    if d.state.good is not None and d.state.good.sha == sha:
        return
    since = max((s.running_since or 0 for s in d.state.services.values()), default=0)
    if d.now - since < project.good_after_ms:
        return
    if not all(good_since(d, spec, since, project.good_after_ms) for spec in project.checks):
        return
    why = f"all {count(len(project.checks), 'check')} good for {duration(d.now - since)}"
    d.say(e.KnownGoodSet(KnownGood(sha, d.now, why)), "good", "detail")
