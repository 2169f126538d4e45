"""`.incidentui/known-errors.toml`, from outside: its errors are recognised, its mistakes told with their place."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from incidentui.config.known_errors import FILE, LIMIT, MOST, of_project
from incidentui.config.load import load

PROJECT = """\
[project]
name = "ferry"

[[services]]
name = "booking"

[[checks]]
name = "log-clean"
service = "booking"
type = "log"
file = "booking.log"
not_contains = ['FATAL']

[[checks]]
name = "asks"
service = "booking"
type = "command"
command = ["cat", "said.txt"]
expect = { stdout = ['ready'] }
"""
OWN = """\
[[errors]]
name = "lane-closed"
pattern = 'FATAL: lane \\d{1,3} closed'
meaning = "The harbour closed the lane; nothing is broken here."
next = "Ask the harbour master."
"""


def project(folder: Path, own: str | bytes = OWN) -> Path:
    (folder / "incidentui.toml").write_text(PROJECT, encoding="utf-8")
    (folder / FILE).parent.mkdir()
    (folder / FILE).write_bytes(own if isinstance(own, bytes) else own.encode())
    return folder


def incidentui(folder: Path, *argv: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "INCIDENTUI_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "incidentui", *argv]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def evidence(folder: Path, name: str) -> dict[str, Any]:
    done = incidentui(folder, "check", "--json", name)
    (check,) = json.loads(done.stdout)["checks"]
    found: dict[str, Any] = check["evidence"]
    return found


def test_a_failing_log_is_told_in_the_words_of_the_project(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "booking.log").write_text("INFO up\nFATAL: lane 7 closed\nINFO on\n", encoding="utf-8")
    assert evidence(folder, "log-clean")["known"] == [
        {
            "name": "lane-closed",
            "meaning": "The harbour closed the lane; nothing is broken here.",
            "step": "Ask the harbour master.",
            "line": "FATAL: lane 7 closed",
        }
    ]
    table = incidentui(folder, "check", "log-clean").stdout
    assert "known: The harbour closed the lane; nothing is broken here. Next: Ask the harbour master." in table


def test_a_good_check_recognises_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "booking.log").write_text("connect ECONNREFUSED 127.0.0.1:1\n", encoding="utf-8")
    found = evidence(folder, "log-clean")
    assert (found["verdict"], found["known"]) == ("ok", [])


def test_the_output_of_a_command_is_recognised(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "said.txt").write_text("ERROR: for web  'ContainerConfig'\n", encoding="utf-8")
    allowed = incidentui(folder, "trust", "incidentui.toml")
    assert allowed.returncode == 0, allowed.stderr
    assert [known["name"] for known in evidence(folder, "asks")["known"]] == ["compose-containerconfig"]


def test_a_secret_in_the_line_stays_one(tmp_path: Path) -> None:
    folder = project(tmp_path)
    line = "FATAL: lane 7 closed for token=ghp_0123456789abcdefghijABCDEFGHIJ456789"
    (folder / "booking.log").write_text(f"{line}\n", encoding="utf-8")
    (known,) = evidence(folder, "log-clean")["known"]
    assert "FATAL: lane 7 closed" in known["line"]
    assert "ghp_0123456789" not in known["line"]


def test_an_own_error_takes_the_place_of_the_one_of_its_name(tmp_path: Path) -> None:
    own = OWN.replace("lane-closed", "no-space").replace("FATAL: lane \\d{1,3} closed", "No space left")
    library = load(project(tmp_path, own)).config.library()
    known = library.of_lines(("OSError: No space left on device",))[0]
    assert known is not None
    assert known.step == "Ask the harbour master."
    assert [each.name for each in library.signatures].count("no-space") == 1


def test_mistakes_are_told_with_file_line_and_key_and_the_rest_works(tmp_path: Path) -> None:
    own = OWN + (
        '\n[[errors]]\nname = "slow"\npattern = "(a+)+$"\nmeaning = "m."\nnext = "n."\n'
        '\n[[errors]]\nname = "short"\npattern = "x"\nnext = "n."\n'
        '\n[[errors]]\nname = "odd"\npattern = "y"\nmeaning = "m."\nnext = "n."\nlevel = 3\n'
        '\n[[errors]]\nname = "code"\nexit = [0]\nmeaning = "m."\nnext = "n."\n'
        '\n[[errors]]\nname = "lane-closed"\npattern = "z"\nmeaning = "m."\nnext = "n."\n'
    )
    folder = project(tmp_path, own)
    (folder / "booking.log").write_text("FATAL: lane 7 closed\n", encoding="utf-8")
    told = incidentui(folder, "check", "log-clean")
    lines = own.splitlines()
    for text, key, words in (
        ('pattern = "(a+)+$"', "errors[1].pattern", "its search may never end"),
        ('name = "short"', "errors[2].meaning", "is missing"),
        ("level = 3", "errors[3].level", "unknown key"),
        ("exit = [0]", "errors[4].exit", "exit codes from 1 to 255"),
        ('pattern = "z"', "errors[5].name", "stands twice"),
    ):
        at = lines.index(text) + (0 if key in ("errors[2].meaning", "errors[5].name") else 1)
        assert f"{FILE}:{at}: {key}: " in told.stderr, told.stderr
        assert words in told.stderr
    assert "known: The harbour closed the lane" in told.stdout
    assert FILE in incidentui(folder, "doctor").stdout


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("[[errors]\n", "not valid TOML"),
        (b"# \xff\n", "is not UTF-8"),
        ("#" * (LIMIT + 1), "is longer than"),
        ("errors = 3\n", "must be a list"),
        ("errors = [3]\n", "must be a table"),
        ("[[error]]\nname = 'x'\n", "unknown table"),
        (OWN * (MOST + 1), f"at most {MOST} tables"),
        (OWN.replace("Ask", "Ask\\n").replace("'", '"').replace("\\d", "."), "must be one line of text"),
    ],
)
def test_a_file_that_cannot_be_used_says_so(tmp_path: Path, own: str | bytes, words: str) -> None:
    _, problems = of_project(project(tmp_path, own))
    assert problems
    assert any(words in problem.words() for problem in problems), problems
    assert all(problem.file == FILE for problem in problems)


def test_without_the_file_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert of_project(tmp_path) == ((), ())
    (tmp_path / ".incidentui").write_text("a file")
    assert of_project(tmp_path) == ((), ())


SLOW = """\
[[errors]]
name = "berths"
pattern = '(.{1,130}).{0,140}\\1[!?]'
meaning = "m."
next = "n."
"""


def test_a_pattern_that_would_take_for_ever_ends_and_says_so(tmp_path: Path) -> None:
    """It is short enough for the rules of the file, and would search for minutes in such a log."""
    folder = project(tmp_path, SLOW + OWN)
    line = "FATAL " + "a" * 600 + "\n"
    (folder / "booking.log").write_text(line * 190 + "FATAL: No space left on device\n", encoding="utf-8")
    known = evidence(folder, "log-clean")["known"]
    assert [each["name"] for each in known] == ["no-space", "berths"]
    assert "takes too long here: the project's own errors were not all looked for" in known[1]["meaning"]
    assert r"(.{1,130}).{0,140}\1[!?]" in known[1]["step"]
