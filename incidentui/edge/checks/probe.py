"""What a check of any kind is to the session: something that can be asked for one look."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from incidentui.config.agreement import AgreementCheck
from incidentui.config.checks import Check, HeldCheck, HttpCheck
from incidentui.config.data import DataCheck
from incidentui.config.journey import JourneyCheck
from incidentui.config.kept import BackupCheck, ImageCheck
from incidentui.config.kinds import CommandCheck, HeartbeatCheck, LogCheck, PrometheusCheck, TcpCheck, WorkloadCheck
from incidentui.config.links import AgentCheck, TunnelCheck
from incidentui.core.evidence import Hop, Timing
from incidentui.core.model import Ms
from incidentui.core.numbers import Past
from incidentui.core.value import dataclass
from incidentui.edge.checks.web.expect import Judgement, Response
from incidentui.session.ports import Clock

if TYPE_CHECKING:
    from incidentui.edge.checks.web.http import Transports
    from incidentui.edge.containers.engine import Engine


AHEAD_MS: Ms = 60_000
"""Two clocks may differ by so much before one of them is called wrong."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look as it was: raw still; `edge.checks.evidence` makes it fit to be kept."""

    check: Check
    at: Ms
    judgement: Judgement
    took_ms: int
    hops: tuple[Hop, ...] = ()
    response: Response | None = None
    output: str = ""
    """What was read, where there is no HTTP response: the output of a command, the lines of a log."""
    again: str = ""
    """The same look for a shell, where the check alone does not say it."""
    timing: Timing | None = None

    @property
    def status(self) -> int | None:
        return self.response.status if self.response else None


class Probe(Protocol):
    """A check made ready. One look at a time; a look never raises and ends within the check's timeout."""

    @property
    def check(self) -> Check: ...

    async def look(self) -> Look: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What probes stand on."""

    clock: Clock
    transports: "Transports"
    dir: Path
    """Of the project: where commands run and relative paths begin."""
    engines: "Sequence[Engine]" = ()
    """Those that the project watches."""
    before: Callable[[str], Sequence[Past]] | None = None
    """The numbers that the check of this name saw, oldest first, as they are recorded. Blocking."""


async def in_time(
    check: Check,
    now: Callable[[], Ms],
    judged: Callable[[Ms], Awaitable[tuple[Judgement, str]]],
    again: str,
    *,
    unknown: tuple[type[Exception], ...] = (),
    late: str = "no answer",
) -> Look:
    """A look that gives its judgement and what was read. `unknown`: errors whose words say why nobody can tell; `late`:
    what there was none of when time was over, which is unknown too."""
    at, started, output = now(), perf_counter(), ""
    try:
        async with asyncio.timeout(check.timeout_ms / 1000):
            judgement, output = await judged(at)
    except unknown as why:
        judgement = Judgement("unknown", str(why))
    except TimeoutError:
        judgement = Judgement("unknown", f"{late} within {check.timeout_ms / 1000:g}s")
    return Look(check, at, judgement, round((perf_counter() - started) * 1000), output=output, again=again)


def alone(check: Check) -> str:
    """For a shell: the same look, where only this program can take it."""
    return f"incidentui check {shlex.quote(check.name)}"


def probe(check: Check, ground: Ground) -> Probe:
    match check:
        case HttpCheck():
            from incidentui.edge.checks.web.http import HttpProbe

            return HttpProbe(check, ground.transports, ground.clock.now)
        case AgreementCheck():
            from incidentui.edge.checks.agreed.agreement import AgreementProbe

            return AgreementProbe(check, ground)
        case TcpCheck():
            from incidentui.edge.checks.tcp import TcpProbe

            return TcpProbe(check, ground)
        case CommandCheck():
            from incidentui.edge.checks.command import CommandProbe

            return CommandProbe(check, ground)
        case LogCheck():
            from incidentui.edge.checks.logs.log import LogProbe

            return LogProbe(check, ground)
        case AgentCheck():
            from incidentui.edge.checks.logs.agent import AgentProbe

            return AgentProbe(check, ground)
        case TunnelCheck():
            from incidentui.edge.checks.tunnel import TunnelProbe

            return TunnelProbe(check, ground)
        case HeartbeatCheck():
            from incidentui.edge.checks.heartbeat import HeartbeatProbe

            return HeartbeatProbe(check, ground)
        case PrometheusCheck():
            from incidentui.edge.checks.prometheus import PrometheusProbe

            return PrometheusProbe(check, ground)
        case DataCheck():
            from incidentui.edge.checks.data import DataProbe

            return DataProbe(check, ground)
        case WorkloadCheck():
            from incidentui.edge.checks.workload import WorkloadProbe

            return WorkloadProbe(check, ground)
        case BackupCheck() | ImageCheck():
            return _of_containers(check, ground)
        case HeldCheck():
            from incidentui.edge.checks.held import HeldProbe

            return HeldProbe(check, ground)
        case JourneyCheck():
            from incidentui.edge.checks.web.journey import JourneyProbe

            return JourneyProbe(check, ground)
        case _:
            raise NotImplementedError(check.kind)


def _of_containers(check: BackupCheck | ImageCheck, ground: Ground) -> Probe:
    if isinstance(check, BackupCheck):
        from incidentui.edge.checks.kept import BackupProbe

        return BackupProbe(check, ground)
    from incidentui.edge.checks.image import ImageProbe

    return ImageProbe(check, ground)
