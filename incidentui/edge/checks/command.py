"""A check that runs a command of the project, once it is allowed: its exit code and what it prints.

A command that cannot be started says nothing about the service; one that does not end is as bad as one that fails.
"""

import shlex
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from incidentui.config.kinds import CommandCheck, CommandExpect
from incidentui.config.links import TunnelCheck
from incidentui.core.evidence import Finding
from incidentui.core.format import latency
from incidentui.core.model import Ms
from incidentui.edge import step
from incidentui.edge.checks.probe import Ground, Look
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.checks.web.json_rules import NOT_JSON, judge_rule, parse
from incidentui.edge.matching import Matching, TooSlowError
from incidentui.edge.text import clean

CANNOT_START = {126: "it may not be run", 127: "a command is not there"}
"""What a shell, and what runs others in a container, ends with when there was nothing to run."""
_KEPT = 4096


class CommandProbe:
    def __init__(self, check: CommandCheck, ground: Ground) -> None:
        self.check = check
        self._dir = ground.dir
        self._now = ground.clock.now

    async def look(self) -> Look:
        return await asked(self.check, self._dir, self._now, lambda ran, took: judge(self.check, ran, took))


async def asked(
    check: CommandCheck | TunnelCheck,
    folder: Path,
    now: Callable[[], Ms],
    judge: Callable[[step.Ran, int], Judgement],
) -> Look:
    """Runs the command of a check and has judged how it ran, and how long that took in ms."""
    at, started, output = now(), perf_counter(), ""
    try:
        ran = await step.run(check.command, folder, check.timeout_ms / 1000, apart=True)
        took = round((perf_counter() - started) * 1000)
        output = printed(ran)
        judgement = judge(ran, took)
    except TooSlowError as rule:
        judgement = Judgement("unknown", str(rule))
    except (OSError, ValueError) as wrong:
        why = getattr(wrong, "strerror", None) or str(wrong)
        judgement = Judgement("unknown", f"{check.command[0]} cannot be run: {clean(why, 100)}")
    took = round((perf_counter() - started) * 1000)
    return Look(check, at, judgement, took, output=output, again=shlex.join(check.command))


def not_run(ran: step.Ran) -> str:
    """Why there was nothing to judge; empty when it ran."""
    if ran.code not in CANNOT_START:
        return ""
    said = last_line(ran.errors)
    return f"exit {ran.code}: {CANNOT_START[ran.code]}" + (f" ({said})" if said else "")


def judge(check: CommandCheck, ran: step.Ran, took_ms: int) -> Judgement:
    expect = check.expect
    if ran.code is None:
        return Judgement("failing", f"timed out after {check.timeout_ms / 1000:g}s")
    if ran.code not in expect.exit and (why := not_run(ran)):
        return Judgement("unknown", why, (_exit(expect, ran),))
    trial = _Trial(ran)
    trial.exit(expect)
    trial.patterns(expect)
    if expect.json:
        trial.json(expect)
    if trial.whys:
        return Judgement("failing", trial.whys[0], tuple(trial.findings))
    return Judgement("ok", latency(took_ms), tuple(trial.findings))


class _Trial:
    """The findings of one run as they are made; the first that is wrong gives the reason."""

    def __init__(self, ran: step.Ran) -> None:
        self.ran = ran
        self.text = ran.output.decode("utf-8", errors="replace")
        self.findings: list[Finding] = []
        self.whys: list[str] = []
        self._matching = Matching()

    def add(self, finding: Finding, why: str) -> None:
        self.findings.append(finding)
        if not finding.ok:
            self.whys.append(why)

    def exit(self, expect: CommandExpect) -> None:
        said = last_line(self.ran.errors) or last_line(self.ran.output)
        self.add(_exit(expect, self.ran), _ended(self.ran.code) + (f": {said}" if said else ""))

    def patterns(self, expect: CommandExpect) -> None:
        for pattern in expect.stdout:
            ok = self._matching.search(pattern, self.text, multiline=True) is not None
            empty = "" if self.text.strip() else ", it prints nothing"
            self.add(Finding("stdout", pattern, "found" if ok else "not found", ok), f"no {pattern} in it{empty}")
        for pattern in expect.stdout_not:
            hit = self._matching.search(pattern, self.text, multiline=True)
            got = hit.group()[:120] if hit else "none"
            self.add(Finding("stdout", f"no {pattern}", got, hit is None), f"it says {got}")

    def json(self, expect: CommandExpect) -> None:
        data = parse(self.text)
        if data is NOT_JSON:
            start = self.text.strip()[:1]
            got = f"begins with {start}" if start else "nothing"
            why = f"not JSON, it {got}" if start else "it prints nothing where JSON is expected"
            return self.add(Finding("JSON", "can be read", got, False), why)
        for path, rule in expect.json:
            found = judge_rule(path, rule, data)
            got = "is not there" if found.got == "absent" else f"is {found.got}"
            self.add(found, f"{path} {got}, not {found.expected}")
        return None


def _exit(expect: CommandExpect, ran: step.Ran) -> Finding:
    wanted = " or ".join(str(code) for code in expect.exit)
    return Finding("exit", wanted, str(ran.code), ran.code in expect.exit)


def _ended(code: int | None) -> str:
    return f"killed by signal {-code}" if code is not None and code < 0 else f"exit {code}"


def last_line(said: bytes) -> str:
    lines = said[-2000:].decode("utf-8", errors="replace").split("\n")
    return next((clean(line.strip(), 120) for line in reversed(lines) if line.strip()), "")


def printed(ran: step.Ran) -> str:
    """What it printed, and then what it said as errors."""
    said = ran.output[:_KEPT].decode("utf-8", errors="replace")
    errors = ran.errors[-_KEPT:].decode("utf-8", errors="replace")
    return "\n".join(part for part in (said.rstrip("\n"), errors.rstrip("\n")) if part)
