"""What `runbook run` prints: a line per step for a program, or what a person wants to read."""

import json
from collections.abc import Mapping, Sequence

import click

from incidentui.cli.act import plan_lines
from incidentui.core.format import duration, latency
from incidentui.core.model import Attempt, Ms, Plan, RunbookRun
from incidentui.core.visible import plainly
from incidentui.edge.text import redact
from incidentui.runbook.model import Step
from incidentui.runbook.stands import same_again

_MARKS = {
    "done": "✓", "failed": "✗", "unknown": "?", "refused": "–", "todo": "○", "planned": "▸", "manual": "○",
    "skipped": "–", "undone": "←",
}  # fmt: skip

EVERY_MS: Ms = 10_000


class StoppedError(Exception):
    """A step is not done: the exit code that says so."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit {code}")
        self.code = code


class Said:
    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._told: tuple[str, list[str]] = ("", [])
        self._left = -1

    def step(
        self, step: Step, state: str, *, exit: int | None = None, output: str = "", took_ms: int = 0,
        delta: Mapping[str, Sequence[str]] | None = None, tries: int = 0, same_error: int = 0, why: str = "",
        **more: object,
    ) -> None:  # fmt: skip
        output, why = redact(output), redact(why)
        if self._json:
            told = {"step": step.n, "state": state, "exit": exit, "output": output, "took_ms": took_ms}
            click.echo(
                json.dumps(
                    {
                        **told,
                        "delta": delta or {},
                        "title": redact(step.title),
                        "tries": tries,
                        "same_error": same_error,
                        "why": why,
                        **more,
                    },
                    ensure_ascii=False,
                )
            )
            return
        took = f"  {latency(took_ms)}" if took_ms else ""
        again = f"  try {tries}" if tries > 1 else ""
        again += f", {same_again(same_error)}" if same_error else ""
        click.echo(f"{_MARKS[state]} {step.n} {plainly(redact(step.title))}: {state}{took}{again}")
        for line in output.splitlines():
            click.echo(f"    {line}")
        if why and why not in output:
            click.echo(f"    {why}")
        for name in ("newly_red", "newly_green"):
            if changed := (delta or {}).get(name):
                click.echo(f"    {name.replace('_', ' ')}: {', '.join(changed)}")

    def going(self, attempt: Attempt, now: Ms) -> None:
        """What a running step says, on stderr: each line of its output once, and now and then the time that is left."""
        if self._json:
            return
        told = attempt.progress[-1] if attempt.progress and attempt.progress[-1].state == "running" else None
        lines = told.text.splitlines() if told is not None else []
        if (attempt.run, lines) != self._told:
            self._told = (attempt.run, lines)
            for line in lines[-1:]:
                click.echo(f"  … {line}", err=True)
        left = attempt.asked + attempt.plan.within_ms - now
        if left // EVERY_MS != self._left and now - attempt.asked > EVERY_MS:
            self._left = left // EVERY_MS
            click.echo(f"  … {duration(left)} left", err=True)

    def planned(self, step: Step, plan: Plan) -> None:
        """A plan as it would be run; what a shell block holds stands there whole."""
        self.step(step, "planned", output="\n".join(plan_lines(plan)), target=plan.target, changes=plan.changes)

    def plan(self, plan: Plan) -> None:
        click.echo("\n".join(redact(line) for line in plan_lines(plan)), err=self._json)

    def to_do(self, step: Step) -> None:
        click.echo(f"{step.n} {plainly(redact(step.title))}\n{redact(step.prose)}", err=True)

    def going_on(self, run: RunbookRun, n: int) -> None:
        click.echo(f"incidentui: going on with step {n}; {run.by} began it. --from 1 begins anew.", err=True)

    def changed(self, run: RunbookRun) -> None:
        click.echo(f"incidentui: the file changed since {run.by} began with it, so it is begun anew.", err=True)

    def stopped(self, step: Step, why: str, hint: str, code: int, output: str = "") -> StoppedError:
        why, hint = redact(why), redact(hint)
        if self._json:
            self.step(step, "todo", output=output or why)
        where = f"stopped at step {step.n}, {plainly(redact(step.title))}"
        click.echo(f"{where}: {why}" + (f" · {hint}" if hint else ""), err=True)
        return StoppedError(code)
