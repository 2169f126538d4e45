"""Answers against expectations, without a server."""

import pytest

from incidentui.config.checks import Expect
from incidentui.core.evidence import CheckLook, Finding, Hop, Timing, parse_check_look, write_check_look
from incidentui.edge.checks.web.expect import Judgement, Response, judge
from incidentui.edge.checks.web.json_rules import find, judge_rule
from incidentui.edge.checks.web.on_head import fits

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


def told(expect: Expect, body: bytes = b"{}", **more: object) -> tuple[str, str]:
    """Why, and what the finding that gave the reason got; both empty when all is well."""
    hops = more.pop("hops", (Hop(200, "http://x/health"),))
    kind = more.pop("content_type", "application/json")
    judged = judge(expect, Response("http://x/health", hops, kind, body, **more))  # type: ignore[arg-type]
    wrong = [finding.got for finding in judged.findings if not finding.ok]
    assert (judged.state == "failing") == bool(wrong)
    return (judged.why, wrong[0]) if wrong else ("", "")


@pytest.mark.parametrize(
    ("body", "why", "got"),
    [
        (b"Warning: mail() failed\n{}", "text before the JSON", "byte 0: Warning: mail() "),
        (b'{"a": 1,}', "not JSON", "byte 8: }"),
        (b'{"a": tru}', "not JSON", "byte 6: tru}"),
        ('{"ä": "ü", x}'.encode(), "not JSON", "byte 13: x}"),
        (b'\xef\xbb\xbf{"a": x}', "not JSON", "byte 9: x}"),
        (b'{"a": "\x00\x1b[2J"}', "not JSON", 'byte 7: \\x00\\x1b[2J"}'),
        (b'{"a": "x\xff\xfe"}', "not UTF-8", 'byte 8: \\xff\\xfe"}'),
        (b'{"a": "Traceback (mo', "JSON that breaks off", 'byte 6: "Traceback (mo'),
        (b'{"a": [1, 2', "JSON that breaks off", "byte 11: the end"),
        (b'{"a": 1}{"a": 2}', "something after the JSON", 'byte 8: {"a": 2}'),
        (b'{"a": NaN}', "NaN in it, which is not JSON", "NaN in it, which is not JSON"),
        (b'{"a": 1e999}', "a number too large to be read", "a number too large to be read"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number too long to be read", "a number too long to be read"),
        (b'{"a": 1, "a": 2}', '"a" twice in the JSON, with two values', '"a" twice in the JSON, with two values'),
        (b'{"a": ' * 2000, "JSON that is nested too deeply", "JSON that is nested too deeply"),
        (b"ok", "not JSON", "byte 0: ok"),
    ],
)
@pytest.mark.req("R0-03")
def test_what_is_not_json_is_shown_where_it_is_not(body: bytes, why: str, got: str) -> None:
    assert told(Expect(content_type="application/json"), body) == (f"200, but {why}", got)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'\xef\xbb\xbf{"a": 1}', "application/json"),
        (b' \n{"a": 1}\n', "application/json"),
        (b'{"a": 1, "a": 1}', "application/json"),
        ('{"a": "ü"}'.encode(), "application/json; charset=utf-16"),
        ('{"a": "ü"}'.encode("latin-1"), "application/json; charset=iso-8859-1"),
        ('{"a": "ü"}'.encode("utf-16"), "application/json; charset=utf-16"),
    ],
)
def test_what_a_browser_reads_is_json(body: bytes, kind: str) -> None:
    assert told(Expect(json=(("$.a", {"present": True}),)), body, content_type=kind) == ("", "")


def test_bytes_that_may_be_a_piece_of_a_secret_are_not_shown() -> None:
    body = b'{"a": 1, token=ghp_' + b"a1B2c3D4e5" * 4 + b"}"
    _, got = told(Expect(content_type="application/json"), body)
    assert got == "byte 9: [redacted]"


@pytest.mark.parametrize(
    "expect",
    [
        Expect(content_type="text/html"),
        Expect(content_type="application/json"),
        Expect(json=(("$.a", {"absent": True}),)),
        Expect(body=("(?s).*",)),
        Expect(ready="x?"),
        Expect(first_byte="{"),
        Expect(size_min=1),
    ],
)
@pytest.mark.req("R0-04")
def test_an_empty_answer_never_passes_where_something_is_expected(expect: Expect) -> None:
    for body in (b"", b" \r\n"):
        assert told(expect, body)[0] == "200, but an empty answer"


def test_an_answer_without_a_body_may_have_a_type() -> None:
    expect = Expect(status=(200, 204), content_type="application/json")
    assert told(expect, b"", hops=(Hop(200, "http://x/", method="HEAD"),)) == ("", "")
    assert told(expect, b"", hops=(Hop(204, "http://x/"),)) == ("", "")
    assert told(Expect(), b"") == ("", "")


LED = (Hop(302, "http://x/a", "/app/?next=/a"), Hop(200, "http://x/app/?next=/a"))


@pytest.mark.parametrize(
    ("expect", "why"),
    [
        (Expect(final_url="/app/*"), ""),
        (Expect(final_url="http://x/app/?next=/a"), ""),
        (Expect(final_url="*/app/*"), ""),
        (Expect(final_url="/app/"), "another address"),
        (Expect(final_url="https://*"), "another address"),
        (Expect(location="/app/*"), ""),
        (Expect(location="http://x/app/*"), ""),
        (Expect(location="/home"), "it does not lead to /home"),
        (Expect(location_not="*/login*"), ""),
        (Expect(location_not="/app*"), "it leads to /app*"),
    ],
)
def test_addresses(expect: Expect, why: str) -> None:
    assert told(expect, hops=LED)[0] == (why and f"200, but {why}")


def test_without_a_redirect_there_is_no_location() -> None:
    assert told(Expect(location="*"))[0] == "200, but it does not lead to *"
    assert told(Expect(location_not="*")) == ("", "")


@pytest.mark.parametrize(
    ("glob", "address", "ok"),
    [
        ("http://x/", "http://x/", True),
        ("http://x/*", "http://x/", True),
        ("http://x/*x/", "http://x/", False),
        ("*a*b*", "http://x/ab", True),
        ("*a*b*", "http://x/ba", False),
        ("/", "http://x", True),
        ("/a?b=*", "http://x/a?b=1", True),
        ("/a?b=*", "http://x/axb=1", False),
        ("/[a]", "http://x/a", False),
        ("*" + "a*" * 40 + "b", "http://x/" + "a" * 100_000, False),
    ],
)
def test_a_star_stands_for_anything(glob: str, address: str, ok: bool) -> None:
    assert fits(glob, address) is ok


@pytest.mark.req("R3-20")
@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("no-store", ""),
        ("No-Store", 'Cache-Control is "no-store", not "No-Store"'),
        ({"matches": "no-(store|cache)"}, ""),
        ({"absent": True}, 'Cache-Control is "no-store", not absent'),
        ({"ne": "no-store"}, 'Cache-Control is "no-store", not not "no-store"'),
    ],
)
def test_headers(rule: object, why: str) -> None:
    found = told(Expect(headers=(("Cache-Control", rule),)), headers={"cache-control": "no-store"})[0]
    assert found == (why and f"200, but {why}")


@pytest.mark.parametrize(
    ("name", "value"), [("Set-Cookie", "a=k3j4h5k3j4h5kj3; Path=/"), ("X-Auth-Token", "k3j4h5k3j4h5kj3")]
)
def test_a_header_that_holds_a_secret_is_judged_and_not_shown(name: str, value: str) -> None:
    headers = {name.lower(): value}
    assert told(Expect(headers=((name, {"matches": "k3j4"}),)), headers=headers) == ("", "")
    why, got = told(Expect(headers=((name, {"absent": True}),)), headers=headers)
    assert (why, got) == (f"200, but {name} is [redacted], not absent", "[redacted]")


@pytest.mark.parametrize(
    ("rule", "ok"), [({"lt": 60}, True), ({"gt": 60}, False), (30, True), ({"ne": 30}, False), ({"eq": "30"}, True)]
)
def test_a_number_in_a_header_is_compared_as_one(rule: object, ok: bool) -> None:
    assert (told(Expect(headers=(("Age", rule),)), headers={"age": "30"}) == ("", "")) is ok
    assert (
        told(Expect(headers=(("Age", {"lt": 60}),)), headers={"age": "soon"})[0] == '200, but Age is "soon", not < 60'
    )


@pytest.mark.req("R1-18")
@pytest.mark.parametrize(
    ("expect", "body", "cut", "why"),
    [
        (Expect(first_byte="{["), b"{}", False, ""),
        (Expect(first_byte="{["), b" {}", False, "it does not begin with { or ["),
        (Expect(first_byte="{["), b"\xef\xbb\xbf{}", False, "it does not begin with { or ["),
        (Expect(size_min=3), b"abc", False, ""),
        (Expect(size_min=4), b"abc", False, "less than 4 bytes"),
        (Expect(size_max=3), b"abc", False, ""),
        (Expect(size_max=2), b"abc", False, "more than 2 bytes"),
        (Expect(size_max=5), b"abc", True, "more than 5 bytes"),
        (Expect(size_min=1, size_max=5), b"abc", False, ""),
        (Expect(ready='data-loaded="true"'), b'<p data-loaded="true">', False, ""),
        (Expect(ready="data-loaded"), b"<p>Loading", False, "not ready: no data-loaded in it"),
    ],
)
def test_first_byte_size_and_ready(expect: Expect, body: bytes, cut: bool, why: str) -> None:
    assert told(expect, body, cut=cut)[0] == (why and f"200, but {why}")


DAY = 86_400_000


@pytest.mark.parametrize(
    ("left", "why", "got"),
    [
        (14 * DAY, "", ""),
        (14 * DAY - 1, "200, but the certificate ends in 13 days", "13 days"),
        (None, "200, but no certificate", "none"),
    ],
)
def test_days_of_a_certificate(left: int | None, why: str, got: str) -> None:
    assert told(Expect(cert_days=14), cert_left_ms=left) == (why, got)


@pytest.mark.parametrize("location", ["http://[::1/x", "//[", "http://[x]:y/login"])
def test_a_location_that_is_no_address_is_told(location: str) -> None:
    judged = judge(Expect(location_not="/login*"), Response("http://x/", (Hop(302, "http://x/", location),)))
    assert judged.state == "failing"


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
        timing=Timing(connect_ms=2, first_byte_ms=120),
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
