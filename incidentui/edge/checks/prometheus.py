"""A question to Prometheus: every series of the answer must be good. That Prometheus cannot tell is no outage of the
service it watches: unknown."""

import math
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from incidentui.config.checks import Expect, HttpCheck, clean_url
from incidentui.config.kinds import PrometheusCheck
from incidentui.core.evidence import Finding
from incidentui.core.format import count
from incidentui.core.value import dataclass
from incidentui.edge.checks.probe import Ground, Look
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.checks.web.http import HttpProbe
from incidentui.edge.checks.web.json_rules import judge_rule, parse
from incidentui.edge.text import clean

_PATH = "/api/v1/query"
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Series:
    labels: str
    value: float


class UnclearError(Exception):
    """Why the answer says nothing about the service, in words for the screen."""


class PrometheusProbe:
    def __init__(self, check: PrometheusCheck, ground: Ground) -> None:
        self.check = check
        self._page = HttpProbe(_page(check), ground.transports, ground.clock.now)

    async def look(self) -> Look:
        look = await self._page.look()
        text = look.response.text() if look.response else ""
        judgement = self._judged(look, text)
        again = [
            "curl",
            "-sS",
            "-G",
            _address(clean_url(self.check.url)),
            "--data-urlencode",
            f"query={self.check.query}",
        ]
        return Look(self.check, look.at, judgement, look.took_ms, look.hops, look.response, again=shlex.join(again))

    def _judged(self, look: Look, text: str) -> Judgement:
        try:
            answer = parse(text)
            said = answer if isinstance(answer, dict) else {}
            if look.judgement.state not in ("ok", "slow"):
                raise UnclearError(clean(str(said.get("error") or look.judgement.why), 150))
            return judged(self.check.expect, read(said), _warnings(said))
        except UnclearError as why:
            return Judgement("unknown", f"Prometheus: {why}", look.judgement.findings)


def read(said: Mapping[str, Any]) -> list[Series]:
    """The series of the answer to an instant query."""
    data = said.get("data")
    if said.get("status") != "success" or not isinstance(data, dict):
        raise UnclearError("the answer is not one of its query API")
    kind, result = data.get("resultType"), data.get("result")
    try:
        if kind == "scalar" and isinstance(result, list):
            return [Series("", float(result[1]))]
        if kind == "vector" and isinstance(result, list):
            return [Series(_labels(one.get("metric", {})), float(one["value"][1])) for one in result]
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as wrong:
        raise UnclearError("a value of the answer cannot be read") from wrong
    raise UnclearError(f"the query gives a {clean(str(kind), 20)}, not numbers at one time")


def judged(rule: Mapping[str, object], series: list[Series], warnings: tuple[str, ...]) -> Judgement:
    warned = tuple(Finding("warning", "none", warning, False) for warning in warnings)
    if not series or "absent" in rule or rule == {"present": True}:
        return _presence(rule, series, warned)
    blank = [one for one in series if math.isnan(one.value)]
    trials = [(one, judge_rule("$", rule, one.value)) for one in series if one not in blank]
    findings = tuple(Finding(one.labels or "value", f.expected, f"{one.value:g}", f.ok) for one, f in trials)
    bad = [f for f in findings if not f.ok]
    kept = (*bad[:_SHOWN], *[f for f in findings if f.ok][:_SHOWN], *warned)
    if bad:
        more = f" ({len(bad)} of {len(series)} series)" if len(series) > 1 else ""
        where = "" if bad[0].name == "value" else f"{bad[0].name} "
        return Judgement("failing", f"{where}is {bad[0].got}, not {bad[0].expected}{more}", kept)
    if any(math.isnan(one.value) for one in series):
        return Judgement("unknown", f"NaN: {_first_nan(series)} has no value now", kept)
    said = f"{series[0].value:g}" if len(series) == 1 else f"{count(len(series), 'series', 'series')} good"
    return Judgement("ok", f"{said}; warning: {warnings[0]}" if warnings else said, kept)


def _presence(rule: Mapping[str, object], series: list[Series], warned: tuple[Finding, ...]) -> Judgement:
    got = count(len(series), "series", "series") if series else "absent"
    if "absent" in rule:
        why = f"{got}, none expected: {series[0].labels or series[0].value}" if series else "absent, as expected"
        return Judgement("failing" if series else "ok", why, (Finding("series", "absent", got, not series), *warned))
    if "present" in rule:
        finding = Finding("series", "present", got, bool(series))
        return Judgement("ok" if series else "failing", got if series else "no series", (finding, *warned))
    return Judgement(
        "unknown", "Prometheus: no data for the query", (Finding("series", "some", "none", False), *warned)
    )


def _first_nan(series: list[Series]) -> str:
    return next(one.labels or "the query" for one in series if math.isnan(one.value))


def _labels(metric: Mapping[str, Any]) -> str:
    pairs = ", ".join(f'{key}="{value}"' for key, value in metric.items() if key != "__name__")
    return clean(f"{metric.get('__name__', '')}{{{pairs}}}" if metric else "", 120)


def _warnings(said: Mapping[str, Any]) -> tuple[str, ...]:
    found = said.get("warnings")
    return tuple(clean(str(text), 120) for text in found[:_SHOWN]) if isinstance(found, list) else ()


def _address(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + _PATH, "", ""))


def _page(check: PrometheusCheck) -> HttpCheck:
    url = f"{_address(check.url)}?{urlencode({'query': check.query})}"
    return HttpCheck(check.name, check.service, timeout_ms=check.timeout_ms, url=url, expect=Expect())
