"""`act NAME key=value…`: any action without a screen, with the same plan, guards, record and verdict."""

import json
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from types import FrameType
from typing import Any

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import Live, live
from incidentui.cli.options import CANNOT_RUN, REFUSED, CannotRun, Options
from incidentui.core.acts import TOLD
from incidentui.core.format import short
from incidentui.core.inputs import Refusal
from incidentui.core.lights_told import LIGHT_NAMES, says_nothing, silent_lights
from incidentui.core.model import Attempt, LightName, Plan
from incidentui.core.rehearsal import ACTION as REHEARSE
from incidentui.core.words import light_mark
from incidentui.edge.processes import SystemProcesses
from incidentui.edge.text import redact
from incidentui.runbook.fields import ARGS, NEEDED
from incidentui.session.door import SessionStopped

ACTIONS = (
    "git.reset", "git.revert", "git.undo", "git.restore-work", "git.mark-good", "git.bisect", "ci.wait", "deploy.start",
    "fix.mark",
    "fix.forget", "wait",
    "workload.restart", "workload.stop", "workload.start",
    "workload.recreate", "workload.rehearse", "verify",
    "checkpoint.take", "checkpoint.test", "checkpoint.restore", "volume.backup", "volume.restore",
    "compose.up", "workload.exec", "workload.copy-out", "workload.copy-in",
)  # fmt: skip
UNKNOWN = 4
FIRST_LOOKS_S = 5.0
_ANYWAY = ("git.reset", "git.revert", "git.undo")
_LOSING = ("workload.stop", "workload.recreate", "checkpoint.restore", "compose.up")
TYPED = {
    "git.bisect": ("command",),
    **dict.fromkeys(_ANYWAY, ("anyway",)),
    **dict.fromkeys(_LOSING, ("lose",)),
    "compose.up": ("lose", "uncommitted"),
    "workload.rehearse": ("now",),
}
"""Arguments that only a person may give: no file of a repository can."""
_KEYS: dict[LightName, str] = {
    "tree": "tree_equal",
    "worktree": "worktree_equal",
    "remote": "remote_equal",
    "running": "running_equal",
    "user_path": "user_path",
}


@click.command("act")
@click.argument("action", metavar="NAME")
@click.argument("pairs", nargs=-1, metavar="[KEY=VALUE...]")
@click.option("--plan", "plan_only", is_flag=True, help="Only print what it would do.")
@click.option(
    "--yes", "word", metavar="WORD", help="The typed word: the branch, the workload, the volume, the project."
)
@click.option("--json", "as_json", is_flag=True, help='Print {"action", "plan", "outcome", "verdict", "seq"}.')
@click.pass_obj
def command(
    options: Options, action: str, pairs: tuple[str, ...], plan_only: bool, word: str | None, as_json: bool
) -> int:
    """Act: git.…, fix.…, ci.wait, workload.…, compose.up, volume.…, checkpoint.…, verify. No change without --yes."""
    args = _pairs(pairs)
    if action not in ACTIONS:
        raise CannotRun(f"{action} is no action; there is {', '.join(ACTIONS)}.")
    _must_be_meant(action, args)
    return perform(options, action, args, plan_only, word, as_json)


def perform(
    options: Options, action: str, args: Mapping[str, str], plan_only: bool, word: str | None, as_json: bool
) -> int:
    """An action from its plan to its verdict; the exit code of the contract."""
    read_only = "read-only: started with --read-only" if options.read_only else ""
    acting = live(project_root(options), responder(), read_only=read_only, typed=True)
    say = _Said(action, as_json)
    with Interrupts() as interrupts:
        try:
            acting.session.start()
            wait_for_first_looks(acting)
            return _act(acting, action, args, say, plan_only, word)
        except SessionStopped as stopped:
            raise CannotRun(f"{stopped}.") from None
        finally:
            interrupts.later = True
            left = last_words(acting)
            acting.close(f"act {action} ended")
            if left and (attempt := judged(acting, left)) is not None:
                with suppress(OSError):
                    say.verdict(attempt, None)


def _act(acting: Live, action: str, args: Mapping[str, str], say: "_Said", plan_only: bool, word: str | None) -> int:
    plan = acting.session.plan(action, args).result()
    if isinstance(plan, Refusal):
        return say.refused(None, plan)
    if plan_only:
        return say.planned(plan)
    if plan.changes and word is None:
        return say.unconfirmed(plan)
    return _run(acting, plan, word or "", say)


def _run(acting: Live, plan: Plan, word: str, say: "_Said") -> int:
    from incidentui.session.actions import new_run

    run = new_run()
    answer = acting.session.run_plan(plan, word, run=run).result()
    if isinstance(answer, Refusal):
        return say.refused(plan, answer)
    say.agreed(plan)
    say.recorded(answer.incident, [i.id for i in acting.session.view.state.incidents.values() if i.closed is None])
    while (attempt := judged(acting, run)) is None:
        if acting.session.stopped:
            raise CannotRun(f"{acting.session.stopped}. The action is recorded; `incidentui watch` says how it ended.")
        time.sleep(0.05)
    return say.verdict(attempt, answer.seq)


def judged(acting: Live, run: str) -> Attempt | None:
    attempt = acting.session.view.state.attempts.get(run)
    return attempt if attempt is not None and attempt.verdict is not None else None


def wait_for_first_looks(acting: Live) -> None:
    """A verdict compares with what was before: so every check is looked at once, if it answers in time."""
    end = time.monotonic() + FIRST_LOOKS_S
    while time.monotonic() < end and not acting.session.stopped:
        view = acting.session.view
        names = [c.name for c in view.state.project.checks]
        # Without a known-good the clone is waited for: it may keep one.
        git = view.state.good is not None or view.state.repository is not None or "git" in view.state.sources
        looked = view.state.watching_since is not None and all(n in view.recent for n in names)
        if looked and git and acting.session.settled:
            return
        time.sleep(0.02)


def _pairs(pairs: Sequence[str]) -> Mapping[str, str]:
    args: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise CannotRun(f"{pair!r} is not KEY=VALUE, like to=good or push=true.")
        if key in args:
            raise CannotRun(f"{key} is given twice.")
        args[key] = value
    return args


def _must_be_meant(action: str, args: Mapping[str, str]) -> None:
    """Arguments that no action of that name takes are a mistake in the asking, not a refusal."""
    for key in args:
        if key not in (known := (*ARGS[action], *TYPED.get(action, ()))):
            raise CannotRun(f"{action} takes no {key}; it takes {', '.join(known)}.")
    for key in NEEDED[action]:
        if key not in args and (action, key) != ("git.reset", "to"):
            raise CannotRun(f"{action} needs {key}=….")


def last_words(acting: Live) -> str:
    """Who leaves while an effect of theirs goes on hears that it is waited for. The run whose verdict then comes."""
    attempt = acting.session.view.state.attempt
    if attempt is None or attempt.outcome is not None or attempt.owner != SystemProcesses().me():
        return ""
    if acting.session.stopped or not attempt.plan.changes:
        return ""  # what only looks ends at once
    ends = "it ends before the next restart" if attempt.plan.action == REHEARSE else "it is finished"
    with suppress(OSError):  # the terminal may be gone
        click.echo(f"incidentui: {attempt.plan.title}: {ends}, and is recorded before this ends", err=True)
    return attempt.run


class Interrupts:
    """A signal leaves by the way out, which finishes the running step and records it; once only."""

    def __init__(self) -> None:
        self.later = False
        """On the way out already: further signals change nothing."""

    def __enter__(self) -> "Interrupts":
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
        self._before = {number: signal.signal(number, self._leave) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _leave(self, number: int, _: FrameType | None) -> None:
        if not self.later:
            self.later = True
            raise SystemExit(128 + number)


class _Said:
    """What is printed, for a person or for a program; the exit code that goes with it."""

    def __init__(self, action: str, as_json: bool) -> None:
        self._action, self._json = action, as_json

    def planned(self, plan: Plan) -> int:
        if not self._json:
            click.echo("\n".join(plan_lines(plan)))
        else:
            self._document(plan, None, None, None)
        return 0

    def unconfirmed(self, plan: Plan) -> int:
        if not self._json:
            self.planned(plan)
        return self.refused(plan, Refusal("confirmation missing", f"--yes {plan.target} runs it"))

    def agreed(self, plan: Plan) -> None:
        """The typed word says yes to the whole plan, so the commits of others are named."""
        others = [c for c in plan.takes_back if c.role == "innocent"]
        if others:
            names = "; ".join(f"{c.author}: {c.subject} ({short(c.sha)})" for c in others)
            click.echo(f"incidentui: --yes {plan.target} takes these back too: {names}", err=True)

    def recorded(self, incident: str | None, among: Sequence[str]) -> None:
        if len(among) > 1:
            click.echo(f"incidentui: it belongs to {incident}, opened last of {', '.join(among)}", err=True)

    def refused(self, plan: Plan | None, why: Refusal) -> int:
        why = replace(why, why=redact(why.why), hint=redact(why.hint))  # it may repeat what was asked for
        if self._json:
            verdict = {"word": "refused", "why": why.why, "hint": why.hint, "choices": [asdict(o) for o in why.choices]}
            self._document(plan, "refused", verdict, None)
        click.echo(f"refused: {why.why}" + (f" · {why.hint}" if why.hint else ""), err=True)
        for offer in why.choices:
            words = " ".join(f"{key}={value}" for key, value in offer.args)
            click.echo(f"  {offer.title} ({offer.note}): incidentui act {offer.action} {words}", err=True)
        return CANNOT_RUN if why.usage else REFUSED

    def verdict(self, attempt: Attempt, seq: int | None) -> int:
        assert attempt.verdict is not None
        if self._json:
            self._document(attempt.plan, attempt.outcome, verdict_document(attempt), seq)
        else:
            click.echo("\n".join(_verdict_lines(attempt)))
        return exit_code(attempt)

    def _document(self, plan: Plan | None, outcome: str | None, verdict: object, seq: int | None) -> None:
        document = {
            "action": self._action,
            "plan": asdict(plan) if plan else None,
            "outcome": outcome,
            "verdict": verdict,
            "seq": seq,
        }
        click.echo(json.dumps(document, ensure_ascii=False))


def verdict_document(attempt: Attempt) -> dict[str, Any]:
    """The contract's shape: each light true, false or null; `complete` is what the lights say."""
    verdict = attempt.verdict
    assert verdict is not None
    return {
        **{_KEYS[light.name]: light.ok for light in verdict.lights},
        "complete": verdict.word == "complete",
        "in_force": list(verdict.in_force),
        "partly": list(verdict.partly),
        "taken_back": list(verdict.taken_back),
        "differs": list(verdict.differs),
        "same_error": list(verdict.same_error),
        "other_error": list(verdict.other_error),
        "word": verdict.word,
        "why": verdict.why,
        "findings": {light.name: light.finding for light in verdict.lights},
        "delta": asdict(verdict.delta),
        "known_errors": [asdict(known) for known in attempt.known],
        "revision": attempt.revision or attempt.found,
    }


def exit_code(attempt: Attempt) -> int:
    """0 = done and every light asked for is true or null; done with one false = 1."""
    match attempt.outcome:
        case "refused":
            return REFUSED
        case "unknown" | None:
            return UNKNOWN
        case "failed":
            return 1
        case "done":
            asked = asked_lights(attempt.plan)
            lights = attempt.verdict.lights if attempt.verdict else ()
            return 0 if all(light.ok is not False for light in lights if light.name in asked) else 1


def asked_lights(plan: Plan) -> tuple[LightName, ...]:
    if plan.action in (*TOLD, "shell", "wait"):
        return ()
    if plan.local:
        return ("worktree",)
    if plan.action.startswith("git."):
        return ("tree", "remote", "running", "user_path") if plan.push else ("tree",)
    return ("running", "user_path")


def plan_lines(plan: Plan) -> list[str]:
    lines = [plan.title, "Changes something. Nothing has happened yet." if plan.changes else "Changes nothing."]
    lines += [f"  {n} {step.verb:<8} {step.text}" for n, step in enumerate(plan.steps, 1)]
    lines += [f"    | {' '.join(argv)}" for step in plan.steps for argv in step.argv]
    lines += [f"  {'+' if p.ok else '!'} {p.text}" + (f": {p.note}" if p.note else "") for p in plan.checked]
    lines += _rehearsal_lines(plan)
    verb = "vanishes" if plan.rewrites else "takes back"
    lines += [f"  {verb} {short(c.sha)} {c.role} {c.author}: {c.subject}" for c in plan.takes_back]
    lines += [f"  lost: {what}" for what in plan.loses]
    lines += [f"  touches {what}: {why}" for what, why in plan.blast]
    lines += [f"  not covered: {what}: {why}" for what, why in plan.not_covered]
    lines += [f"  later: {text}" for text in plan.warnings]
    if plan.undo:
        lines.append(f"  undo: {plan.undo}")
    return lines


def _rehearsal_lines(plan: Plan) -> list[str]:
    """What a red command said last."""
    red = plan.rehearsal.red if plan.rehearsal else None
    return [f"    | {line}" for line in red.output.strip().splitlines()[-20:]] if red else []


def _verdict_lines(attempt: Attempt) -> list[str]:
    verdict = attempt.verdict
    assert verdict is not None
    return [
        f"{verdict.word.upper()}: {verdict.why}",
        *(f"  known: {known.meaning} Next: {known.step}" for known in attempt.known),
        *(
            f"  {light_mark(light)} {LIGHT_NAMES[light.name]:<12} {light.finding or 'nothing to look at'}"
            for light in verdict.lights
            if not says_nothing(light)
        ),
        *(f"  – {told}" for told in silent_lights(verdict.lights)),
        *(f"  in force: {short(sha)}" for sha in verdict.in_force),
        *(f"  differs: {path}" for path in verdict.differs),
        *(f"  = same error again: {text}" for text in verdict.same_error),
        *(f"  ! another error: {text}" for text in verdict.other_error),
        *(f"  newly red: {name}" for name in verdict.delta.newly_red),
        *(f"  newly green: {name}" for name in verdict.delta.newly_green),
        *(f"  red before: {name}" for name in verdict.delta.red_before),
    ]
