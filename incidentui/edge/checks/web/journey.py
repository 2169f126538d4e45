"""A journey: its steps in order, as one visitor, within one deadline. The verdict names the step.

Steps that clean up run whatever happened, in time that is kept for them.
"""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import anyio.lowlevel
import httpx

from incidentui.config.checks import Secret
from incidentui.config.journey import JourneyCheck, Step
from incidentui.core.evidence import Finding
from incidentui.core.format import latency
from incidentui.core.value import dataclass
from incidentui.edge import step as running
from incidentui.edge.checks.probe import Ground, Look, alone
from incidentui.edge.checks.web.expect import Judgement, Response
from incidentui.edge.checks.web.failures import failure
from incidentui.edge.checks.web.journey_save import NotThereError
from incidentui.edge.checks.web.names import late
from incidentui.edge.checks.web.request import NotRunnableError
from incidentui.edge.checks.web.visitor import Visitor
from incidentui.edge.matching import TooSlowError
from incidentui.edge.redact import GONE
from incidentui.edge.text import add_known_secrets, clean

_KEPT = 0.25
"""The part of the time that is kept for cleaning up."""


@dataclass(frozen=True, slots=True)
class Went:
    """How a step went."""

    step: Step
    judgement: Judgement
    response: Response | None


class JourneyProbe:
    """One run at a time; every run is a new visitor."""

    def __init__(self, check: JourneyCheck, ground: Ground) -> None:
        self.check = check
        self._ground = ground
        self._printed: dict[str, str] = {}
        """Secrets that commands printed: kept while the journey is good, so that a vault is not asked every time."""

    async def look(self) -> Look:
        at, started = self._ground.clock.now(), perf_counter()
        try:
            async with asyncio.timeout(self.check.timeout_ms / 1000):
                secrets = {name: await self._secret(name, secret) for name, secret in self.check.secrets}
        except (NotRunnableError, TimeoutError) as why:
            said = str(why) or "a command that prints a secret took too long"
            return Look(self.check, at, Judgement("unknown", said), 0, again=alone(self.check))
        await anyio.lowlevel.checkpoint()  # loads the event loop's side of the library: not a time the service took
        visitor = Visitor(self.check, self._ground.transports, secrets)
        went = await self._walk(visitor)
        look = self._look(at, visitor, went, round((perf_counter() - started) * 1000))
        if look.judgement.state == "failing":
            self._printed.clear()
        return look

    # -- the way

    async def _walk(self, visitor: Visitor) -> list[Went]:
        end = asyncio.get_running_loop().time() + self.check.timeout_ms / 1000
        cleans = any(step.always_run for step in self.check.steps)
        by = end - (self.check.timeout_ms / 1000 * _KEPT if cleans else 0)
        went: list[Went] = []
        for step in self.check.steps:
            broken = any(one.judgement.state in ("failing", "unknown") for one in went)
            if broken and not step.always_run:
                continue
            went.append(await self._step(visitor, step, end if step.always_run else by))
        return went

    async def _step(self, visitor: Visitor, step: Step, by: float) -> Went:
        visitor.response = None
        try:
            async with asyncio.timeout_at(by):
                judgement = await visitor.go(step)
        except NotThereError as why:
            judgement = Judgement("failing", str(why))
        except TooSlowError as rule:
            judgement = Judgement("unknown", str(rule))
        except TimeoutError:
            over = f"timed out, {self.check.timeout_ms / 1000:g}s for the journey"
            judgement = Judgement(*late(over))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ExceptionGroup) as wrong:
            judgement = Judgement(*failure(wrong, httpx.URL(self.check.base_url).host))
        except (UnicodeError, ValueError):
            judgement = Judgement("unknown", "the request cannot be sent as it is configured")
        return Went(step, judgement, visitor.response)

    # -- what is told of it

    def _look(self, at: int, visitor: Visitor, went: list[Went], took: int) -> Look:
        states = [one.judgement.state for one in went]
        bad = next((one for one in went if one.judgement.state in ("failing", "unknown")), None)
        told = bad or next((one for one in went if one.judgement.state == "slow"), None)
        shown = told or next((one for one in reversed(went) if not one.step.always_run), went[-1])
        why = f"{self.check.called(told.step)}: {told.judgement.why}" if told else latency(took)
        findings = (*(self._line(one) for one in went), *shown.judgement.findings)
        state = told.judgement.state if told else states[-1]
        private = list(visitor.private())
        return Look(
            self.check,
            at,
            Judgement(
                state,
                _without(why, private),
                tuple(
                    replace(f, expected=_without(f.expected, private), got=_without(f.got, private)) for f in findings
                ),
                tuple(_without(marker, private) for marker in shown.judgement.login_markers),
            ),
            took,
            tuple(
                replace(h, url=_without(h.url, private), location=_without(h.location, private)) for h in visitor.hops
            ),
            _kept(shown.response, private, took),
            again=alone(self.check),
        )

    def _line(self, one: Went) -> Finding:
        state = one.judgement.state
        return Finding(self.check.called(one.step), "ok", one.judgement.why, state in ("ok", "slow"))

    # -- secrets

    async def _secret(self, name: str, secret: Secret | str) -> str:
        if isinstance(secret, str):
            return secret
        value = self._printed.get(name) or (
            os.environ.get(secret.env, "") if secret.env else await self._printed_by(name, secret.command or ())
        )
        if not value:
            raise NotRunnableError(f"secret missing: {secret.env} is not set")
        add_known_secrets([value])
        return value

    async def _printed_by(self, name: str, argv: tuple[str, ...]) -> str:
        ran = await _run(name, argv, self._ground.dir, self.check.timeout_ms / 1000)
        value = ran.output.decode("utf-8", "replace").rstrip("\r\n") if ran.code == 0 else ""
        if not value:
            ended = "printed nothing" if ran.code == 0 else f"ended with exit code {ran.code}"
            raise NotRunnableError(f"secret missing: the command for {name} {ended}")
        self._printed[name] = value
        return value


async def _run(name: str, argv: tuple[str, ...], folder: Path, within_s: float) -> running.Ran:
    try:
        return await running.run(argv, folder, within_s, errors=False)
    except (OSError, ValueError) as wrong:
        why = getattr(wrong, "strerror", None) or wrong
        raise NotRunnableError(
            f"secret missing: the command for {name} cannot be run: {clean(str(why), 80)}"
        ) from wrong


def _kept(response: Response | None, private: Iterable[str], took: int) -> Response | None:
    """Without the tokens and cookies of this run, which no pattern knows."""
    if response is None:
        return None
    body = response.body
    for value in private:
        body = body.replace(value.encode(), GONE.encode())
    return replace(response, body=body, took_ms=took)


def _without(text: str, private: Iterable[str]) -> str:
    for value in private:
        text = text.replace(value, GONE)
    return text
