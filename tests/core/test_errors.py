"""What a failure says of itself: the same words for the same error, the name and the place in the code."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentui.core.errors import in_file, of_log, of_look, of_text, signature
from incidentui.core.evidence import CheckLook
from incidentui.core.model import ErrorText

PYTHON = """2026-02-04 09:01:53 worker starting, pid 4711
Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 196, in _run_module_as_main
    return _run_code(code)
  File "/srv/app/server/leads.py", line 212, in start
    index = columns[found.header]
KeyError: 'header'
"""
NODE = """/app/server/src/workers/leadsSync.ts:212
  const index = mapColumns(found.header);
                                 ^
TypeError: Cannot read properties of undefined (reading 'header')
    at mapColumns (/app/node_modules/lib/index.js:9:1)
    at startLeadsSync (/app/server/src/workers/leadsSync.ts:212:34)
    at processTicksAndRejections (node:internal/process/task_queues:95:5)
"""
PHP = (
    "PHP Fatal error:  Access level to DHCPv6OptionsModel::backupKeaConfig() must be protected (as in class KeaModel)"
    " or weaker in /var/www/app/Models/DHCPv6OptionsModel.php on line 58\n"
)
GO = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.load(0xc000012345)
\t/usr/local/go/src/runtime/panic.go:88 +0x1d
\t/src/app/load.go:42 +0x1d
"""
UUID = "4f89-11d3-9a0c-0305e82c33"
JAVA = """Exception in thread "main" java.lang.IllegalStateException: no pool
\tat com.example.Pool.take(Pool.java:71)
Caused by: java.sql.SQLException: relation "leads_v2" does not exist
\tat com.example.Leads.load(Leads.java:33)
\tat com.example.Main.main(Main.java:9)
"""


@pytest.mark.req("R0-10")
@pytest.mark.parametrize(
    ("text", "symbol", "file", "line"),
    [
        (PYTHON, "header", "/srv/app/server/leads.py", 212),
        (NODE, "header", "/app/server/src/workers/leadsSync.ts", 212),
        (PHP, "backupKeaConfig", "/var/www/app/Models/DHCPv6OptionsModel.php", 58),
        (GO, "", "/src/app/load.go", 42),
        (JAVA, "leads_v2", "Leads.java", 33),
        ("NameError: name 'total_rows' is not defined", "total_rows", "", None),
        ("ReferenceError: fetchAll is not defined", "fetchAll", "", None),
        ("./main.go:3:1: undefined: Frobnicate error: build failed", "", "", None),
    ],
)
def test_the_name_and_the_place_in_five_languages(text: str, symbol: str, file: str, line: int | None) -> None:
    error = of_log(text)
    assert error is not None
    assert (error.symbol, error.file, error.line) == (symbol, file, line)


@pytest.mark.req("R0-10")
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (PHP, PHP.replace("/var/www/app", "/srv/releases/20260204T090112").replace("58", "61"), True),
        (PYTHON, PYTHON.replace("4711", "12").replace("09:01:53", "11:20:00").replace("line 212", "line 230"), True),
        (NODE, NODE.replace("'header'", "'columns'"), False),
        (GO, GO.replace("[5] with length 3", "[7] with length 1"), True),
        ("Error: lock 0x7f3a held by 10.0.0.7:5432", "Error: lock 0x11bc held by 10.0.0.9:6543", True),
        (f"Error: job 3f2504e0-{UUID}01 lost", f"Error: job 9b2504e0-{UUID}ff lost", True),
        ("Error: commit 58320b8 refused", "Error: commit 721890f refused", True),
        ("Error: read timed out", "Error: connection refused", False),
    ],
)  # fmt: skip
def test_one_error_has_one_signature_whenever_and_wherever_it_happens(one: str, other: str, same: bool) -> None:
    first, second = of_log(one), of_log(other)
    assert first is not None
    assert second is not None
    assert (first.signature == second.signature) is same


def _look(body: str = "", status: int | None = 500, why: str = "500") -> ErrorText:
    return of_look(CheckLook("api", status=status, why=why, body=body))


@pytest.mark.req("R0-10")
def test_of_an_answer_the_message_counts_else_what_was_wrong_with_it() -> None:
    page = "<html><h1>Whoops</h1><b>Fatal error</b>: Uncaught Error: Call to undefined function backup() in /a/b.php:9"
    assert _look(page).symbol == "backup"
    assert (_look(page).file, _look(page).line) == ("/a/b.php", 9)
    assert _look(json.dumps({"error": {"message": "no such table: leads_v2"}})).text == "no such table: leads_v2"
    assert _look("ok\n").signature == "500"
    assert _look(status=503, why="503").signature != _look(status=500, why="500").signature
    assert _look(why="3517 bytes, not JSON").signature == _look(why="12 bytes, not JSON").signature
    assert of_text("all is well\nnothing here") is None
    assert of_log("   \n") is None


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read_and_a_signature_is_its_own(text: str) -> None:
    error = of_log(text)
    assert error is None or (error.signature and len(error.text) <= 300)
    once = signature(text)
    assert signature(once) == once or len(once) == 160


def test_a_file_is_found_wherever_it_lies_on_that_machine() -> None:
    error = ErrorText("s", "t", file="/app/server/src/leads.ts", line=3)
    assert in_file(error, "server/src/leads.ts")
    assert in_file(ErrorText("s", "t", file="Leads.java"), "src/main/java/Leads.java")
    assert not in_file(error, "server/lib/leads.ts")
    assert not in_file(ErrorText("s", "t"), "leads.ts")
