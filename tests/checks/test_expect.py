"""Answers against expectations, without a server."""

import pytest

from incidentui.config.checks import Expect
from incidentui.core.evidence import CheckLook, Finding, Hop, parse_check_look, write_check_look
from incidentui.edge.checks.expect import Judgement, Response, judge
from incidentui.edge.checks.json_rules import find, judge_rule

DATA = {"a": {"b": [{"c": 1}, {"c": 2}]}, "it's": None, "ok": True, "n": 5, "rev": "a942e4f", "list": [1, 2]}


def answered(expect: Expect, body: str = "{}", took_ms: int = 12, status: int = 200) -> Judgement:
    hops = (Hop(status, "http://x/health", took_ms=took_ms),)
    return judge(expect, Response("http://x/health", hops, "application/json", body.encode(), took_ms=took_ms))


@pytest.mark.req("F51")
@pytest.mark.parametrize(
    ("took", "state", "why"),
    [
        (500, "ok", "500 ms"),
        (501, "slow", "501 ms, over 500 ms"),
        (2000, "slow", "2.0 s, over 500 ms"),
        (2001, "failing", "2.0 s, over 2.0 s"),
    ],
)
def test_latency_has_two_limits(took: int, state: str, why: str) -> None:
    judged = answered(Expect(latency_warn_ms=500, latency_fail_ms=2000), took_ms=took)
    assert (judged.state, judged.why) == (state, why)


def test_a_wrong_answer_is_failing_however_slow_it_is() -> None:
    judged = answered(Expect(latency_warn_ms=1), took_ms=100, status=503)
    assert (judged.state, judged.why) == ("failing", "503")


def test_any_of_several_statuses_will_do() -> None:
    assert answered(Expect(status=(200, 204)), status=204).state == "ok"
    assert answered(Expect(status=(401,)), status=401).state == "ok"


def test_text_that_must_and_must_not_be_there() -> None:
    both = Expect(body=("ready",), body_not=("Traceback",))
    assert answered(both, "ready").state == "ok"
    assert answered(both, "waiting").why == "200, but no ready in it"
    assert answered(both, "ready Traceback").why == "200, but it says Traceback"
    assert answered(both, "").why == "200, but an empty answer"


@pytest.mark.req("F52")
@pytest.mark.parametrize(
    ("path", "rule", "ok"),
    [
        ("$.n", 5, True),
        ("$.n", 5.0, True),
        ("$.n", "5", False),
        ("$.ok", True, True),
        ("$.ok", 1, False),
        ("$.n", {"lt": 6}, True),
        ("$.n", {"lt": 5}, False),
        ("$.n", {"gt": 4, "lt": 6}, True),
        ("$.ok", {"gt": 0}, False),
        ("$.rev", {"lt": 6}, False),
        ("$.rev", {"ne": "x"}, True),
        ("$.rev", {"matches": "^a9"}, True),
        ("$.rev", {"matches": "^b"}, False),
        ("$.gone", {"absent": True}, True),
        ("$.n", {"absent": True}, False),
        ("$.gone", {"absent": False}, False),
        ("$.n", {"present": True}, True),
        ("$.gone", {"present": True}, False),
        ("$.gone", 5, False),
        ("$.gone", {"ne": 5}, False),
        ("$['it\\'s']", None, True),
        ("$.a.b[1].c", 2, True),
        ("$.a.b[2].c", {"absent": True}, True),
        ("$.a.b[*].c", {"gt": 0}, True),
        ("$.a.b[*].c", {"gt": 1}, False),
        ("$.list", [1, 2], True),
        ("$.a", {"b": [{"c": 1}, {"c": 2}]}, True),
    ],
)
def test_json_rules(path: str, rule: object, ok: bool) -> None:
    assert judge_rule(path, rule, DATA).ok is ok


@pytest.mark.parametrize("path", ["$", "$.a.b[0].c", "$.a['b'][1]", "$.n[0]", "$.list[5]", "$.gone.x", "$.list.x"])
def test_the_short_way_finds_what_the_library_finds(path: str) -> None:
    import jsonpath

    assert find(path, DATA) == list(jsonpath.findall(path, DATA))


def test_the_evidence_comes_back_as_it_was_written() -> None:
    look = CheckLook(
        "sync",
        verdict="failing",
        hops=(Hop(302, "http://x/a", "/login/", 3), Hop(200, "http://x/login/")),
        findings=(Finding("status", "200", "302", False), Finding("type", "x", "x", True)),
        login_markers=("a password field",),
        body="one\ntwo",
    )
    assert parse_check_look(write_check_look(look)) == look
    assert look.differing == 1


@pytest.mark.parametrize("body", ["", "[]", "3", "{}", '{"check": "a", "hops": 3}', '{"check": "a", "hops": [1]}'])
def test_what_is_no_evidence_is_refused(body: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # a caller can only know that it is none
        parse_check_look(body)


def test_a_field_of_a_newer_program_is_left_out() -> None:
    assert parse_check_look(
        '{"check": "a", "certificate": {}, "hops": [{"status": 1, "url": "x", "new": 2}]}'
    ).hops == (Hop(1, "x"),)
