"""`type = "prometheus"` through `incidentui check`: the answers of its instant query API, and no answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks.asked import looked, refused
from tests.checks.servers import always, closed_port, serving

pytestmark = pytest.mark.slow


def vector(*values: str, **more: Any) -> str:
    result = [{"metric": {"__name__": "up", "job": f"j{n}"}, "value": [1.5, v]} for n, v in enumerate(values)]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **more})


def other(kind: str, result: object) -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}})


def ask(tmp_path: Path, expect: str, url: str) -> tuple[int, dict[str, Any]]:
    check = f'type = "prometheus"\nurl = "{url}"\nquery = \'rate(errors{{job="a b"}}[5m])\'\nexpect = {expect}'
    code, (told,) = looked(tmp_path, check)
    return code, told


@pytest.mark.parametrize(
    ("answer", "expect", "verdict", "why"),
    [
        (vector("0.01"), "{ lt = 0.05 }", "ok", "0.01"),
        (vector("0.07"), "{ lt = 0.05 }", "failing", 'up{job="j0"} is 0.07, not < 0.05'),
        (vector("0.01", "0.2", "0.3"), "{ lt = 0.05 }", "failing", 'up{job="j1"} is 0.2, not < 0.05 (2 of 3 series)'),
        (vector("1", "1"), "1", "ok", "2 series good"),
        (vector("3"), "{ gt = 1, lt = 3 }", "failing", "is 3, not > 1 and < 3"),
        (vector("+Inf"), "{ lt = 9 }", "failing", "is inf"),
        (vector("NaN"), "{ lt = 9 }", "unknown", "NaN"),
        (vector("1", "NaN"), "{ lt = 9 }", "unknown", "NaN"),
        (vector("NaN", "10"), "{ lt = 9 }", "failing", "is 10, not < 9 (1 of 2 series)"),
        (vector(), "{ lt = 9 }", "unknown", "no data"),
        (vector(), "{ absent = true }", "ok", "absent"),
        (vector("1"), "{ absent = true }", "failing", "1 series, none expected"),
        (vector(), "{ present = true }", "failing", "no series"),
        (vector("NaN"), "{ present = true }", "ok", "1 series"),
        (vector("1", warnings=["partial answer"]), "{ lt = 9 }", "ok", "warning: partial answer"),
        (other("scalar", [1.5, "7"]), "{ lt = 9 }", "ok", "7"),
        (other("matrix", []), "{ lt = 9 }", "unknown", "gives a matrix"),
        (other("vector", [{"value": []}]), "{ lt = 9 }", "unknown", "cannot be read"),
        ("<html>", "{ lt = 9 }", "unknown", "not one of its query API"),
        ("[]", "{ lt = 9 }", "unknown", "not one of its query API"),
    ],
)
def test_an_answer(tmp_path: Path, answer: str, expect: str, verdict: str, why: str) -> None:
    with serving(always(answer)) as server:
        code, told = ask(tmp_path, expect, server.url + "/prom/")
        (request,) = server.requests
    assert (told["verdict"], why in told["why"]) == (verdict, True), told["why"]
    assert code == {"ok": 0, "failing": 1, "unknown": 4}[verdict]
    assert request.startswith(b"GET /prom/api/v1/query?query=rate%28errors%7Bjob%3D%22a+b%22%7D%5B5m%5D%29 ")


def test_what_prometheus_cannot_tell_is_no_outage(tmp_path: Path) -> None:
    wrong = json.dumps({"status": "error", "errorType": "bad_data", "error": "parse error: unexpected )"})
    with serving(always(wrong, "400 Bad Request")) as server:
        refused_query = ask(tmp_path, "1", server.url)
    gone = ask(tmp_path, "1", f"http://127.0.0.1:{closed_port()}")
    assert (refused_query[0], gone[0]) == (4, 4)
    assert refused_query[1]["why"] == "Prometheus: parse error: unexpected )"
    assert gone[1]["why"] == "Prometheus: no answer: connection refused"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "checks[0].expect: is missing"),
        ("expect = { less = 1 }", "unknown operator less"),
        ('expect = { lt = "1" }', "lt needs a number"),
        ("expect = {}", "must say which number is good"),
        ("expect = { absent = true, lt = 1 }", "absent stands alone"),
    ],
)
def test_a_wrong_table_is_said(tmp_path: Path, wrong: str, words: str) -> None:
    assert words in refused(tmp_path, f'type = "prometheus"\nurl = "http://a/"\nquery = "up"\n{wrong}')
