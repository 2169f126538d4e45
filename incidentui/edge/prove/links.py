"""An agent's check is shown logs, made of its own patterns: let in, turned away, gone, never there."""

import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from incidentui.config.checks import Check
from incidentui.config.links import AgentCheck
from incidentui.edge.prove.answers import CannotStandInError
from incidentui.edge.prove.patterns import NoExampleError, example
from incidentui.edge.prove.trials import PATIENCE_MS, Case, Trial

_BEFORE, _AFTER = "server started", "still here"


def agent_case(check: AgentCheck) -> Case:
    """Raises CannotStandInError."""
    came = _line("connected", check.connected)
    let_in = [_line("authenticated", check.authenticated)] if check.authenticated else []
    good = [_BEFORE, came, *let_in, _AFTER]
    return Case(Trial("", "", "", partial(_logged, check, good)), tuple(_trials(check, came, good)))


def _trials(check: AgentCheck, came: str, good: Sequence[str]) -> Iterator[Trial]:
    shown = [("never connected", "absent", [_BEFORE, _AFTER])]
    if check.rejected:
        away = _line("rejected", check.rejected)
        shown.append(("connected, then rejected", "rejected", [_BEFORE, came, away]))
        shown.append(("let in, thrown out later", "rejected", [*good, away]))
    if check.left:
        shown.append(("left", "absent", [*good, _line("left", check.left)]))
    for failure, word, lines in shown:
        passes = f"it is not told from an agent that is there: {lines[-1]}"
        yield Trial(failure, word, passes, partial(_logged, check, lines))


def _line(key: str, pattern: str) -> str:
    try:
        return example(pattern)
    except NoExampleError:
        raise CannotStandInError(f"no line is known that {key} = {pattern!r} matches") from None


@asynccontextmanager
async def _logged(check: AgentCheck, lines: Sequence[str]) -> AsyncIterator[Check]:
    with tempfile.TemporaryDirectory() as folder:
        log = _written(folder, lines)
        yield replace(check, file=log, workload="", since_ms=None, timeout_ms=PATIENCE_MS)


def _written(folder: str, lines: Sequence[str]) -> str:
    log = Path(folder, "agent.log")
    log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(log)
