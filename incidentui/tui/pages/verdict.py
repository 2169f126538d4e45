"""What became of an action: the sentence first, then lights, evidence, delta, and what can be done now.

`what_now` is pure; each of its choices opens a plan. Names are never cut here: they wrap and the page scrolls.
"""

from collections.abc import Iterable, Sequence

from incidentui.core.format import count, duration, short
from incidentui.core.lights_told import LIGHT_NAMES, says_nothing, silent_lights
from incidentui.core.model import Attempt, Light, Plan, Verdict
from incidentui.core.state import State
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, Token, cells, length, spread
from incidentui.tui.pages.act import Choice, brought_up, choice_lines
from incidentui.tui.pages.known import known_lines
from incidentui.tui.pages.layout import beside, cell, hanging, headings, section, size_of, split, stack, wall
from incidentui.tui.pages.ledger import MARKS, ledger_lines, not_rolled_back
from incidentui.tui.pages.lights import all_five, five_lights, mark

Deltas = list[tuple[Seg, str, Token]]
"""Label, names, and the ink of the names."""
_WORD: dict[str, tuple[str, Token]] = {
    "complete": ("✓", "ok"),
    "not complete": ("✗", "fail"),
    "failed": ("✗", "fail"),
    "refused": ("–", "slow"),
    "outcome unknown": ("?", "unknown"),
}


def verdict_lines(attempt: Attempt, verdict: Verdict, view: View, width: int, height: int) -> list[Line]:
    space = size_of(width, height) != "compact"
    lights = verdict.lights or attempt.lights
    shown = verdict.word != "refused" or bool(lights)
    left = ledger_lines(attempt, verdict, view.state, width, space)
    if left:
        return stack(
            headings(width, "VERDICT", (Seg(attempt.plan.title),), _when(attempt)),
            _sentence(attempt, verdict, view.state, width),
            five_lights(lights, width),
            left,
            section(width, "WHAT NOW", choice_lines(_now(view, attempt), width)),
            section(width, "EVIDENCE", _evidence(lights, width), _looks(attempt, lights)),
            section(width, "DELTA", delta_lines(delta_rows(attempt, verdict), width)),
            space=space,
        )
    evidence = section(width, "EVIDENCE", _evidence(lights, width), _looks(attempt, lights)) if shown else []
    delta, choices = delta_rows(attempt, verdict), _now(view, attempt)
    known = known_lines(attempt.known, width, compact=not space, above=verdict.why) if attempt.known else []
    return stack(
        headings(width, "VERDICT", (Seg(attempt.plan.title),), _when(attempt)),
        _sentence(attempt, verdict, view.state, width),
        known,
        five_lights(lights, width) if shown else [],
        # What to do next must be seen without scrolling; that the lights are right can be read up.
        *((evidence, _pair(delta, choices, width)) if space else (*_next_first(delta, choices, width), evidence)),
        _left_over(verdict, view.state, width, space),
        space=space,
    )


def _when(attempt: Attempt) -> tuple[Seg, ...]:
    parts = [f"attempt {attempt.number}"] if attempt.number else []
    times = wall(attempt.asked) + (f" → {wall(attempt.ended)}" if attempt.ended else "")
    return (Seg(" · ".join([*parts, times, attempt.by]), "muted"),)


def _sentence(attempt: Attempt, verdict: Verdict, state: State, width: int) -> list[Line]:
    glyph, token = _WORD[verdict.word]
    head = (Seg(f"{glyph} {verdict.word.upper()}", token, bold=True), Seg("   "))
    why = verdict.why or _WHY.get(verdict.word, "")
    more = not_rolled_back(attempt, verdict) or explain(attempt, verdict, state)
    return [*hanging(head, why, width, "strong", bold=True), *(hanging((), more, width, "muted") if more else [])]


_WHY = {"complete": "every light that was asked for is there", "outcome unknown": "nobody saw how it ended"}


def explain(attempt: Attempt, verdict: Verdict, state: State) -> str:
    """The sentence under the verdict: what the lights say together."""
    lit = {light.name: light.ok for light in verdict.lights}
    runs = next((s.running for s in state.services.values() if s.running), None)
    match verdict.word:
        case "not complete" if lit.get("tree") and lit.get("remote") is not False and lit.get("running") is False:
            still = f" Production still runs {short(runs)}." if runs else " Production runs something else."
            return f"The code is right everywhere we can see it.{still}"
        case "not complete" if lit.get("running") is not False and lit.get("user_path") is False:
            return "What was asked for runs, and users still get no good answer: look for another cause."
        case "failed":
            return "It stopped on the way; the lights say what the world looks like now."
        case "refused":
            return "Nothing ran, nothing changed."
        case "outcome unknown":
            return "Nobody saw how it ended. The lights are what can be seen of it now."
        case "complete" if verdict.in_force and attempt.plan.action == "git.revert":
            n = len(verdict.in_force)
            return f"{count(n, 'other commit')} since known-good stay{'s' if n == 1 else ''} in force."
        case "complete" if attempt.plan.not_covered:
            return (
                "What the plan did not cover stays as it is: " + ", ".join(w for w, _ in attempt.plan.not_covered) + "."
            )
    return ""


# -- evidence


def _looks(attempt: Attempt, lights: Sequence[Light]) -> tuple[Seg, ...]:
    times = [light.at for light in lights if light.at is not None]
    if not times:
        return ()
    took = duration(max(times) - attempt.asked)
    return (Seg(f"{count(len(times), 'look')} in {took}", "muted"),)


def _evidence(lights: Iterable[Light], width: int) -> list[Line]:
    """A row for each light; those that had nothing to look at share one for each reason."""
    looked = [light for light in all_five(lights) if light.looked]
    out = [line for light in looked if not says_nothing(light) for line in _proof(light, width)]
    return [
        *out,
        *(row for told in silent_lights(looked) for row in hanging((Seg("– ", "muted"),), told, width, "muted")),
    ]


def _proof(light: Light, width: int) -> list[Line]:
    bad = light.ok is False
    behind = Seg(" ↵", "accent" if bad else "muted") if light.evidence else Seg("  ")
    right = (Seg(wall(light.at), "muted"), behind)
    head = (mark(light), Seg(" "), cell(LIGHT_NAMES[light.name], 13, "fail" if bad else "text", bold=bad))
    column = max(20, int(width * 0.36))
    how = min(30, width - 16 - column - 12)
    beside = 0 < cells(light.how) <= how
    rows = hanging(head, _why_so(light), 16 + column if beside else width - 11)
    first = rows[0].segs
    gap = Seg(" " * max(1, 16 + column + 1 - length(first)))
    key = ("light", light.name)
    if beside:
        return [spread(width, (*first, gap, Seg(light.how, "muted")), right, key=key), *rows[1:]]
    below = hanging((Seg(" " * 16),), light.how, width, "muted") if light.how else []
    return [spread(width, first, right, key=key), *rows[1:], *below]


def _why_so(light: Light) -> str:
    """What was looked at; of a red light first what is wrong, which the look alone may not say."""
    if not light.detail or light.detail == light.finding:
        return light.finding
    return f"{light.finding} · {light.detail}" if light.ok is False else light.detail


# -- delta and what now


def delta_rows(attempt: Attempt, verdict: Verdict) -> Deltas:
    delta, plan = verdict.delta, attempt.plan
    rows = [
        (Seg("  newly red    ", "fail" if delta.newly_red else "muted"), _names(delta.newly_red), "fail"),
        (Seg("  newly green  ", "ok" if delta.newly_green else "muted"), _names(delta.newly_green), "text"),
        (Seg("≈ red before   ", "muted"), ", ".join(delta.red_before), "text"),
        (Seg("? unknown      ", "unknown"), ", ".join(delta.unknown), "text"),
        (Seg("· unchanged    ", "muted"), ", ".join(delta.unchanged), "muted"),
        (Seg("· not covered  ", "muted"), ", ".join(what for what, _ in plan.not_covered), "muted"),
    ]
    tokens: dict[str, Token] = {"fail": "fail", "text": "text", "muted": "muted"}
    return [(label, names, tokens[token] if names != "none" else "text") for label, names, token in rows if names]


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def delta_lines(rows: Deltas, width: int) -> list[Line]:
    return [line for label, names, token in rows for line in hanging((label,), names, width, token)]


_ALL_CHECKS = (Seg("before → after, all checks", "muted"),)


def _pair(delta: Deltas, choices: Sequence[Choice], width: int) -> list[Line]:
    left, right = split(width, 0.5)
    one = section(left, "DELTA", delta_lines(delta, left), _ALL_CHECKS)
    return beside((left, one), (right, section(right, "WHAT NOW", choice_lines(choices, right))))


def _next_first(delta: Deltas, choices: Sequence[Choice], width: int) -> tuple[list[Line], list[Line]]:
    one = section(width, "DELTA", delta_lines(delta, width), _ALL_CHECKS)
    return section(width, "WHAT NOW", choice_lines(choices, width)), one


def _now(view: View, attempt: Attempt) -> Sequence[Choice]:
    return () if view.playhead is not None or view.read_only else what_now(view.state, attempt)


def what_now(state: State, attempt: Attempt) -> tuple[Choice, ...]:
    """The next moves that make sense after this verdict, best first; at most nine."""
    if attempt.verdict is None:
        return ()
    wait = Choice(
        "Wait up to 5m more",
        "until 3 good in a row; changes nothing",
        "verify",
        (("within", "5m"), ("consecutive", "3")),
    )
    if attempt.verdict.word == "complete":
        verify = Choice("Verify: 3 good in a row", "within 5m; looks, changes nothing", wait.action, wait.args)
        if attempt.plan.local:
            return _undo(attempt)
        return () if attempt.plan.action == "verify" else (verify, *_undo(attempt))
    acts = [*_again(state, attempt), *_reset(state, attempt), *_the_rest(attempt), *_restarts(state)]
    first = [wait] if attempt.verdict.word == "outcome unknown" else []
    last = [*([] if first else [wait]), *_undo(attempt)]
    return tuple(_distinct([*first, *acts, *last]))[:9]


def _undo(attempt: Attempt) -> tuple[Choice, ...]:
    """Of git actions that were done; whether others built on it, the plan finds out. A stop is undone by a start."""
    if attempt.outcome == "done" and attempt.plan.action in _BACK:
        action, title = _BACK[attempt.plan.action]
        return (Choice(f"{title} {attempt.plan.target} again", "undoes it", action, (("name", attempt.plan.target),)),)
    if attempt.plan.action == "volume.restore" and attempt.outcome == "done":
        return _restore(attempt)
    if attempt.plan.action == "workload.copy-in" and attempt.outcome in ("done", "failed"):
        return _put_back(attempt)
    if attempt.outcome != "done" or not attempt.plan.changes or not attempt.plan.action.startswith("git."):
        return ()
    return (Choice("Undo it", "where nobody built on it", "git.undo", (("of", attempt.run),)),)


def _put_back(attempt: Attempt) -> tuple[Choice, ...]:
    saved = _saved(attempt, "copy ")
    args = (("name", attempt.plan.target), ("back", saved))
    return (Choice("Put back what was before", f"copy {saved}", "workload.copy-in", args),) if saved else ()


def _saved(attempt: Attempt, called: str) -> str:
    """What the action kept first: its step says which; empty when it kept nothing."""
    ended = (p.text for p in attempt.progress if p.verb == "save" and p.state == "done")
    return next((text.removeprefix(called) for text in ended if text.startswith(called)), "")


def _restore(attempt: Attempt) -> tuple[Choice, ...]:
    """From the backup that a restore took first."""
    saved = _saved(attempt, "backup ")
    args = (("id", saved), ("volume", dict(attempt.plan.args).get("volume", "")))
    return (Choice("Restore what was before", f"backup {saved}", "volume.restore", args),) if saved else ()


_BACK = {"workload.stop": ("workload.start", "Start"), "workload.start": ("workload.stop", "Stop")}


def _distinct(choices: Iterable[Choice]) -> list[Choice]:
    return list({(choice.action, choice.args): choice for choice in choices}.values())


def _again(state: State, attempt: Attempt) -> list[Choice]:
    plan: Plan = attempt.plan
    if attempt.verdict is None or attempt.verdict.word not in ("failed", "refused"):
        return []
    if plan.target_kind == "workload" and (up := brought_up(plan.target, state)):
        return [*up]  # it went away meanwhile: there is nothing to plan again
    return [Choice("Plan it again", "on the world as it is now", plan.action, plan.args)]


def _reset(state: State, attempt: Attempt) -> list[Choice]:
    """Back to known-good, unless that is what was just done and the tree is there."""
    if state.good is None or not attempt.plan.action.startswith(("git.", "workload.", "verify")):
        return []
    tree = next((light.ok for light in attempt.lights if light.name == "tree"), None)
    if attempt.plan.action == "git.reset" and tree:
        return []
    args = (("to", state.good.sha), ("push", "true"))
    n = len(attempt.in_force) + len(attempt.taken_back)
    note = f"takes back all {n} at once; equal by construction" if attempt.in_force else "new commit, new push"
    return [Choice(f"Reset to ★ {short(state.good.sha)}", note, "git.reset", args)]


def _the_rest(attempt: Attempt) -> list[Choice]:
    """Taking back what a revert left in force, newest first; its rehearsal says whether that goes."""
    if attempt.plan.action != "git.revert" or not attempt.in_force:
        return []
    names = ", ".join(short(sha) for sha in attempt.in_force[:3])
    more = f" and {len(attempt.in_force) - 3} more" if len(attempt.in_force) > 3 else ""
    args = (("commits", ",".join(attempt.in_force)), ("push", "true" if attempt.plan.push else "false"))
    return [Choice(f"Revert {names}{more} too", "rehearsed first", "git.revert", args)]


def _restarts(state: State) -> list[Choice]:
    """What stands behind a red service can be restarted; it will run what it runs now."""
    out = []
    for spec in state.project.services:
        status = state.services.get(spec.name)
        if status is None or status.state != "failing":
            continue
        runs = f"will run {short(status.running)} again" if status.running else "what it will run is unknown"
        names = [name for name in spec.workloads if name in state.workloads]
        out += [Choice(f"Restart {name}", runs, "workload.restart", (("name", name),)) for name in names]
    return out


# -- what is left


def _left_over(verdict: Verdict, state: State, width: int, space: bool) -> list[Line]:
    subjects = {c.sha: c.subject for c in state.repository.commits} if state.repository else {}
    force: list[Line] = []
    for sha in verdict.in_force:
        glyph, token = MARKS["partly" if sha in verdict.partly else "in force"]
        word = "partly" if sha in verdict.partly else "in force"
        head = (Seg(f"{glyph} ", token), Seg(f"{short(sha)} "), Seg(f"{word:<10}", token))
        force += hanging(head, subjects.get(sha, ""), width)
    files = [line for path in verdict.differs for line in hanging((Seg("≠ ", "fail"),), path, width)]
    return stack(
        section(width, "STILL IN FORCE", force, (Seg(count(len(verdict.in_force), "commit"), "muted"),)),
        section(width, "STILL DIFFERS", files, (Seg(count(len(verdict.differs), "file"), "muted"),)),
        space=space,
    )
