"""How each kind of check is pointed at a stand-in: the requests it will make, and the check itself, moved there."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from incidentui.config.checks import Check, Expect, HttpCheck, Secret
from incidentui.config.journey import JourneyCheck, Step, placeholders
from incidentui.config.kinds import TcpCheck
from incidentui.config.links import AgentCheck
from incidentui.core.value import dataclass
from incidentui.edge.prove.answers import VALUE, Answer, Scene, good
from incidentui.edge.prove.hops import hops_case
from incidentui.edge.prove.lies import Lie, lies
from incidentui.edge.prove.links import agent_case
from incidentui.edge.prove.stand_in import StandIn
from incidentui.edge.prove.trials import PATIENCE_MS, Case, Trial

_LATENCY_MS = 700


@dataclass(frozen=True, slots=True)
class Requests:
    scenes: tuple[Scene, ...]
    """In their order."""
    at: Callable[[str], Check]
    """The check, asking there, with stand-in values for its secrets."""


def case_of(check: Check) -> Case | None:
    """None: a check of this kind asks nothing that could be stood in for here. Raises CannotStandInError."""
    match check:
        case HttpCheck():
            return _asked(_http(check))
        case JourneyCheck():
            return _asked(_journey(check))
        case TcpCheck():
            return hops_case(check)
        case AgentCheck():
            return agent_case(check)
        case _:
            return None


def _asked(requests: Requests) -> Case:
    right = [good(scene) for scene in requests.scenes]
    return Case(Trial("", "", "", partial(_served, requests, right)), tuple(_trials(requests, right)))


def _trials(requests: Requests, right: Sequence[Answer]) -> Iterator[Trial]:
    """Each request answered wrongly in turn, and the others well."""
    for at, scene in enumerate(requests.scenes):
        if at and scene.label and requests.scenes[at - 1].label == scene.label:
            continue  # the same step again
        for lie in lies(scene, right[at], PATIENCE_MS):
            played = [*right[:at], lie.answer, *right[at + 1 :]]
            name = f"{scene.label}: {lie.name}" if scene.label else lie.name
            yield Trial(name, scene.label, _passes(scene, lie), partial(_served, requests, played))


def _passes(scene: Scene, lie: Lie) -> str:
    return f"{asked(scene.expect)}: {lie.name} passes" + (f"; {lie.remedy}" if lie.remedy else "")


@asynccontextmanager
async def _served(requests: Requests, answers: Sequence[Answer]) -> AsyncIterator[Check]:
    async with StandIn(answers).serving() as url:
        yield requests.at(url)


def _http(check: HttpCheck) -> Requests:
    parts = urlsplit(check.url)
    expect = eased(check.expect)
    headers = tuple((name, VALUE if isinstance(value, Secret) else value) for name, value in check.headers)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def at(url: str) -> Check:
        return replace(check, url=url + path, headers=headers, expect=expect, timeout_ms=PATIENCE_MS)

    return Requests((Scene(check.method, parts.path or "/", expect),), at)


def _journey(check: JourneyCheck) -> Requests:
    below = urlsplit(check.base_url).path.rstrip("/")
    steps = tuple(replace(step, expect=eased(step.expect)) for step in check.steps)
    secrets = tuple((name, VALUE) for name, _ in check.secrets)
    cookies = tuple(sorted({a for step in steps for t in step.texts() for n, a in placeholders(t) if n == "cookie"}))
    moved = replace(check, steps=steps, secrets=secrets, timeout_ms=PATIENCE_MS)

    def at(url: str) -> Check:
        return replace(moved, base_url=url + below)

    scenes = (_scene(moved, step, cookies) for step in steps for _ in range(step.repeat))
    return Requests(tuple(scenes), at)


def _scene(check: JourneyCheck, step: Step, cookies: tuple[str, ...]) -> Scene:
    return Scene(
        method=step.method,
        path=urlsplit(step.path).path,
        expect=step.expect,
        label=check.called(step),
        save=step.save,
        cookies=cookies,
        cleans=step.always_run,
    )


def eased(expect: Expect) -> Expect:
    """With limits that can be waited for, and no certificate: stand-ins speak plain http.

    A machine that is busy now must not look like a slow service.
    """
    fail = expect.latency_fail_ms
    # The stand-in has another host: of a whole address its path is compared.
    final = re.sub(r"^https?://[^/*]+", "", expect.final_url) if expect.final_url else None
    return replace(
        expect,
        final_url=final or None,
        latency_warn_ms=None,
        latency_fail_ms=None if fail is None else _LATENCY_MS,
        cert_days=None,
    )


def asked(expect: Expect) -> str:
    """Which keys are asked, for the sentence that says why a failure was not seen."""
    given: Mapping[str, object] = {
        "not_login": expect.not_login,
        "content_type": expect.content_type,
        "json": expect.json,
        "body": expect.body,
        "body_not": expect.body_not,
        "latency": expect.latency_fail_ms,
        "final_url": expect.final_url,
        "location": expect.location,
        "location_not": expect.location_not,
        "headers": expect.headers,
        "first_byte": expect.first_byte,
        "size": expect.size_min or expect.size_max,
        "ready": expect.ready,
    }
    keys = [key for key, value in given.items() if value]
    return f"status and {', '.join(keys)} are asked" if keys else "status alone is asked"
