"""What an engine says of a workload: whether it runs, for how long, how often it began anew, and its own health check.

That a process runs proves little, so these checks are inner ones. An engine that does not answer says nothing: unknown.
"""

from collections.abc import Iterator, Sequence

from incidentui.config.kinds import WorkloadCheck
from incidentui.core.evidence import Finding
from incidentui.core.format import count, duration
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms, Workload
from incidentui.core.value import dataclass
from incidentui.edge.checks.probe import Ground, Look, alone, in_time
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import Found, named, only

NO_ANSWER = "the engine gave no answer"
NO_ENGINE = "no engine is watched: [project] supervisor or docker is missing"


class GoneError(Exception):
    """The engine answers, and knows nothing of this name. Its words are fit for a verdict."""


class NotKnownError(Exception):
    """Nothing can be said of the workload, and why."""


async def find(engines: Sequence[Engine], name: str) -> Found:
    """The workload with all that its engine knows. Raises GoneError, NotKnownError."""
    if not engines:
        raise NotKnownError(NO_ENGINE)
    told = await named(engines, (name,))
    if told.lost:
        raise NotKnownError(told.lost[0])
    if not told.found:
        raise GoneError(f"{name} is not there")
    found = only(name, told)
    if isinstance(found, Refusal):
        raise NotKnownError(found.why)
    engine, listed = found
    try:
        whole = await engine.one(listed)
    except (EngineLost, EngineRefused) as lost:
        raise NotKnownError(str(lost)) from lost
    if whole is None:
        raise GoneError(f"{name} is not there")
    return engine, whole


class WorkloadProbe:
    def __init__(self, check: WorkloadCheck, ground: Ground) -> None:
        self.check = check
        self._engines = ground.engines
        self._now = ground.clock.now

    async def look(self) -> Look:
        return await in_time(
            self.check, self._now, self._judged, alone(self.check), unknown=(NotKnownError,), late=NO_ANSWER
        )

    async def _judged(self, at: Ms) -> tuple[Judgement, str]:
        try:
            _, found = await find(self._engines, self.check.workload)
        except GoneError as why:
            return Judgement("failing", str(why), (Finding("state", "running", "not there", ok=False),)), ""
        return judged(self.check, found, at), _told(found)


# -- the judgement


@dataclass(frozen=True, slots=True)
class Ruled:
    finding: Finding
    why: str = ""
    """Why it is not as expected; it must not differ from look to look."""
    unknown: bool = False
    """The engine does not tell."""


def judged(check: WorkloadCheck, found: Workload, now: Ms) -> Judgement:
    rules = tuple(_rules(check, found, now))
    findings = tuple(rule.finding for rule in rules)
    whys = [rule for rule in rules if not rule.finding.ok]
    first = next((rule for rule in whys if not rule.unknown), whys[0] if whys else None)
    if first is None:
        healthy = ", healthy" if found.health == "healthy" else ""
        return Judgement("ok", f"{found.state}{healthy}", findings)
    return Judgement("unknown" if first.unknown else "failing", first.why, findings)


def _rules(check: WorkloadCheck, found: Workload, now: Ms) -> Iterator[Ruled]:
    yield _state(found)
    if check.healthy or found.health in ("healthy", "unhealthy"):
        yield _health(check, found)
    if check.up_for_ms is not None and _runs(found):
        yield _up_for(check.up_for_ms, found, now)
    if check.max_restarts is not None:
        yield _restarts(check.max_restarts, found)


def _runs(found: Workload) -> bool:
    """Docker's "starting" is of its health check: the process runs. Supervisor's says that it may not stay up."""
    return found.state == "running" or (found.state == "starting" and found.health == "starting")


def _state(found: Workload) -> Ruled:
    told = found.exit_code is None or str(found.exit_code) in found.note
    code = "" if told else f" with exit code {found.exit_code}"
    words = f"{found.state}{code}" + (f": {found.note}" if found.note else "")
    return Ruled(Finding("state", "running", words, _runs(found)), words, unknown=found.state == "unknown")


def _health(check: WorkloadCheck, found: Workload) -> Ruled:
    good = found.health == "healthy"
    if found.health == "none":
        return Ruled(Finding("health", "healthy", "not told", ok=False), "it has no health check of its own", True)
    said = "its own health check says unhealthy" if found.health == "unhealthy" else "its health check has not passed"
    return Ruled(Finding("health", "healthy", found.health, good), said)


def _up_for(least: Ms, found: Workload, now: Ms) -> Ruled:
    wanted = f"for {duration(least)}"
    if found.since is None:
        return Ruled(
            Finding("running", wanted, "not told", ok=False), "its engine does not tell since when it runs", True
        )
    ran = max(0, now - found.since)
    return Ruled(
        Finding("running", wanted, f"for {duration(ran)}", ran >= least), f"it began less than {duration(least)} ago"
    )


def _restarts(most: int, found: Workload) -> Ruled:
    wanted = f"at most {most}"
    if found.restarts is None:
        said = f"{found.engine} counts no restarts"
        return Ruled(Finding("restarts", wanted, "not told", ok=False), f"{said}: write up_for", True)
    more = f"more than {count(most, 'restart')}" if most else "it was restarted"
    return Ruled(Finding("restarts", wanted, str(found.restarts), found.restarts <= most), more)


def _told(found: Workload) -> str:
    lines = [f"{found.engine} {found.ident[:12]}".strip(), found.image, found.note]
    return "\n".join(line for line in lines if line)
