"""An answer against what was expected of it: findings, a verdict, and the reason in a person's words. Pure.

Says the first thing a responder would want to know: not "content type differs" but "200, but a login page".
"""

from incidentui.config.checks import Expect
from incidentui.core.evidence import Finding
from incidentui.core.format import latency
from incidentui.edge.checks.web.answer import Judgement, Response, Trial
from incidentui.edge.checks.web.login import login_markers
from incidentui.edge.checks.web.on_body import judge_body
from incidentui.edge.checks.web.on_head import judge_head
from incidentui.edge.matching import TooSlowError

__all__ = ["Judgement", "Response", "judge", "login_markers"]


def judge(expect: Expect, response: Response) -> Judgement:
    try:
        return _judged(expect, response)
    except TooSlowError as rule:
        return Judgement("unknown", str(rule))


def _judged(expect: Expect, response: Response) -> Judgement:
    trial = Trial(expect, response)
    markers = login_markers(response, trial.text) if expect.not_login else ()
    judge_head(trial, markers)
    judge_body(trial)
    slow = _latency(trial)
    findings = tuple(trial.findings)
    if trial.whys:
        return Judgement("failing", trial.whys[0], findings, markers)
    return Judgement("slow" if slow else "ok", slow or latency(response.took_ms), findings, markers)


def _latency(trial: Trial) -> str:
    """Why the answer is slow; empty when it is not."""
    took, warn, fail = trial.response.took_ms, trial.expect.latency_warn_ms, trial.expect.latency_fail_ms
    limit = fail if fail is not None and (warn is None or took > fail) else warn
    if limit is None:
        return ""
    late = f"{latency(took)}, over {latency(limit)}" if took > limit else ""
    trial.findings.append(Finding("latency", f"under {latency(limit)}", latency(took), not late))
    if late and limit == fail:
        trial.whys.append(late)
    return late
