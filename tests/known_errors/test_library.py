"""The library of known errors: each is recognised by messages as they are printed, harmless lines are not, and a
search comes to an end."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentui.config.known_errors import SHIPPED, read, shipped, unfit
from incidentui.core.known_errors import CHARS, Library, Signature
from incidentui.core.model import Workload

LIBRARY = Library(shipped())
INNOCENT = """\
INFO  starting on 0.0.0.0:8080
2026-01-19 17:12:40 GET /api/health 200 3 ms
agent connected from 172.20.0.4
agent authenticated
LOG:  database system is ready to accept connections
LOG:  checkpoint complete: wrote 44 buffers
user token refreshed
the permission matrix was loaded
network default created
port 8080 is published
WARNING: a new version is available
exit 0
0 errors, 0 warnings
mount /data ok
ModuleLoader: 41 modules
certificate valid until 2027-01-01
connected to redis
"""


def samples() -> Iterator[tuple[str, str]]:
    name = ""
    for line in Path(__file__).with_name("samples.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            name = line.removeprefix("== ")
        elif name and line:
            yield name, line


@pytest.mark.req("R1-12")
@pytest.mark.parametrize(("name", "line"), list(samples()))
def test_a_message_is_recognised_as_what_it_is(name: str, line: str) -> None:
    known = LIBRARY.of_lines((line,))[0]
    assert known is not None
    assert known.name == name
    assert known.line == line[:CHARS]
    assert next(iter(LIBRARY.of_text(f"{INNOCENT}{line}\n{INNOCENT}"))).name == name


def test_each_pattern_has_a_message_and_there_are_enough() -> None:
    signatures, problems = read(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)
    assert not problems
    assert len(signatures) >= 25
    shown = {name for name, _ in samples()}
    assert shown == {each.name for each in signatures if each.pattern}
    for each in signatures:
        ends = [each.meaning[-1], each.step[-1]]
        assert ends == [".", "."] or ends == [".", "?"], f"{each.name}: both are sentences"


def test_harmless_lines_are_not_recognised() -> None:
    assert LIBRARY.of_text(INNOCENT) == ()


def test_an_exit_code_speaks_only_where_nothing_else_does() -> None:
    killed = Workload("api", "docker", "exited", exit_code=137)
    assert [k.name for k in LIBRARY.of_workload(killed)] == ["exit-killed"]
    assert LIBRARY.of_workload(killed)[0].line == "exit 137"
    oom = Workload("api", "docker", "exited", exit_code=137, note="OOM killed")
    assert [k.name for k in LIBRARY.of_workload(oom)] == ["oom-killed"]
    assert LIBRARY.of_workload(Workload("api", "docker", "exited", exit_code=1)) == ()


def test_of_a_text_the_last_line_counts_and_the_most_telling_error_first() -> None:
    text = "connect ECONNREFUSED 1\nmore\nconnect ECONNREFUSED 2\nFATAL:  database files are incompatible with server"
    assert [(k.name, k.line) for k in LIBRARY.of_text(text)] == [
        ("postgres-other-version", "FATAL:  database files are incompatible with server"),
        ("connection-refused", "connect ECONNREFUSED 2"),
    ]


def test_what_stands_beyond_the_bound_of_a_line_is_not_searched() -> None:
    far = Library([Signature("far", "m.", "n.", "needle")])
    assert far.of_lines(("x" * (CHARS - 6) + "needle",))[0] is not None
    assert far.of_lines(("x" * CHARS + "needle",))[0] is None


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|aa)*b",
        "(a?){40}b",
        ".*.*.*x",
        "x(?=(?:b+)+)",
        "(?:a{1,9}){9}b",
        "a.{0,99}b.{0,99}c.{0,99}d",
        "(",
        "",
        "a*",
    ],
)
def test_a_pattern_that_may_search_for_ever_is_refused(pattern: str) -> None:
    assert unfit(pattern)


@pytest.mark.parametrize(
    "pattern", ["timeout.*db", r"exit code \d{1,3}", "a|b|c", r"(?i)fatal: .{0,30} of .*", "(?:ab){3}"]
)
def test_a_pattern_as_people_write_it_is_taken(pattern: str) -> None:
    re.compile(pattern)
    assert unfit(pattern) == ""
