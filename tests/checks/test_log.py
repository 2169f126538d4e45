"""`type = "log"` through `incidentui check`: what a log says, lately, in whatever zone, rotated or cut."""

import os
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.checks.asked import looked, one, refused

pytestmark = pytest.mark.slow

ACCRA = UTC
KATHMANDU = timezone(timedelta(hours=5, minutes=45))


def stamp(minutes_ago: float, zone: timezone = ACCRA, form: str = "%Y-%m-%d %H:%M:%S,123") -> str:
    return (datetime.now(zone) - timedelta(minutes=minutes_ago)).strftime(form)


def log(project: Path, *lines: str, name: str = "app.log") -> Path:
    file = project / name
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def check(*rules: str) -> str:
    return "\n".join(['type = "log"', 'file = "app.log"', *rules])


SAID = (
    ("contains = ['ready']", "ok", "3 lines"),
    ("contains = ['steady']", "failing", "no steady"),
    ("not_contains = ['lost']", "failing", "it says "),
    ("not_contains = ['LOST']", "ok", "3 lines"),
    ("contains = ['ready']\nsince = '5m'", "failing", "no ready in the last 5m"),
    ("not_contains = ['lost']\nsince = '5m'", "ok", "1 line in the last 5m"),
    ("max_new_errors = 0\nsince = '5m'", "ok", "1 line"),
    ("max_new_errors = 0\nsince = '1h'", "failing", "1 new error line in the last 1h: "),
    ("max_new_errors = 1\nsince = '1h'", "ok", "3 lines"),
)


@pytest.mark.parametrize("zone", [ACCRA, KATHMANDU])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S,123", "[%Y-%m-%dT%H:%M:%S%z]", '{"time": "%Y-%m-%dT%H:%M:%S.5%z"'])
def test_what_it_says_and_when(tmp_path: Path, zone: timezone, form: str) -> None:
    """A zone that nobody says is found out: an error of an hour ago must not be new, nor a new one old."""
    lines = ((30, "INFO ready"), (20, "ERROR lost it"), (1, "INFO fine"))
    log(tmp_path, *(f"{stamp(ago, zone, form)} {text}" for ago, text in lines))
    _, told = looked(tmp_path, *(check(rule) for rule, _, _ in SAID))
    assert [(one["verdict"], why in one["why"]) for one, (_, _, why) in zip(told, SAID, strict=True)] == [
        (verdict, True) for _, verdict, _ in SAID
    ]


REJECTED = "rejected = { after = 'connected', pattern = 'invalid token|disconnected' }"


@pytest.mark.parametrize(
    ("lines", "verdict", "why"),
    [
        (((9, "agent connected"), (8.99, "auth failed: invalid token")), "failing", "connected, then rejected: "),
        (((9, "agent connected"), (8, "heartbeat")), "ok", "2 lines"),
        (((9, "auth failed: invalid token"),), "ok", "1 line"),
        (((9, "agent connected"), (8.9, "agent disconnected")), "failing", "connected, then rejected: "),
        (
            ((9, "connected"), (8.9, "disconnected"), (8, "disconnected"), (7, "x")),
            "failing",
            "connected, then rejected",
        ),
        (((9, "connected"), (8.9, "invalid token"), (8, "connected"), (7, "fine")), "ok", "4 lines"),
        # In the middle of a loop: it has just connected again, and has not outlived the attempt before it.
        (
            ((9, "connected"), (4, "invalid token"), (3, "connected"), (2, "fine")),
            "failing",
            "connected, then rejected",
        ),
        (
            ((9, "connected"), (8, "invalid token"), (7, "connected"), (6, "invalid token")),
            "failing",
            "connected, then rejected (2 times): ",
        ),
    ],
)
@pytest.mark.req("R1-27")
def test_connected_then_rejected(tmp_path: Path, lines: tuple[tuple[float, str], ...], verdict: str, why: str) -> None:
    """Seed 001: the agent connects and is turned away, and the status page sees only that it connects."""
    log(tmp_path, *(f"{stamp(ago)} {text}" for ago, text in lines))
    told = one(tmp_path, check(REJECTED))
    assert (told["verdict"], why in told["why"]) == (verdict, True), told["why"]
    if verdict == "failing":
        assert "connected" in told["evidence"]["body"].splitlines()[0]


@pytest.mark.req("R1-51", "R3-21")
def test_since_a_file_was_written_as_a_deploy_does(tmp_path: Path) -> None:
    log(tmp_path, f"{stamp(30)} ERROR old", f"{stamp(1)} INFO new")
    deployed = tmp_path / "REV"
    deployed.write_text("abc")
    rule = check("max_new_errors = 0", 'since = { file = "REV" }')
    os.utime(deployed, (time.time() - 600, time.time() - 600))
    after = one(tmp_path, rule)
    os.utime(deployed, (time.time() - 3600, time.time() - 3600))
    before = one(tmp_path, rule)
    deployed.unlink()
    gone = one(tmp_path, rule)
    assert (after["verdict"], before["verdict"], gone["verdict"]) == ("ok", "failing", "unknown")
    assert before["why"].startswith("1 new error line since REV was written: ")
    assert gone["why"] == "REV is not there"


def test_lines_that_were_rotated_away_a_moment_ago_still_count(tmp_path: Path) -> None:
    log(tmp_path, f"{stamp(2)} ERROR lost it", name="app.log.1")
    log(tmp_path, f"{stamp(1)} INFO fine")
    assert one(tmp_path, check("max_new_errors = 0\nsince = '5m'"))["verdict"] == "failing"
    log(tmp_path)  # copied and truncated
    assert one(tmp_path, check("max_new_errors = 0\nsince = '5m'"))["verdict"] == "failing"
    old = tmp_path / "app.log.1"
    log(tmp_path, "ERROR lost it", name="app.log.1")
    os.utime(old, (time.time() - 5400, time.time() - 5400))
    assert one(tmp_path, check("max_new_errors = 0\nsince = '5m'"))["verdict"] == "ok"


def test_a_silence_that_was_not_read_is_unknown(tmp_path: Path) -> None:
    """10 MiB within the five minutes: the error may stand in what was left out."""
    noise = f"{stamp(1)} INFO {'x' * 1000}"
    log(tmp_path, f"{stamp(2)} ERROR lost it", *[noise] * 10_000)
    code, (errors, there, gone) = looked(
        tmp_path,
        check("max_new_errors = 0\nsince = '5m'"),
        check("contains = ['INFO']\nsince = '5m'"),
        check("contains = ['ready']\nsince = '5m'"),
    )
    assert (code, errors["verdict"], there["verdict"], gone["verdict"]) == (4, "unknown", "ok", "unknown")
    assert errors["why"].startswith("only the last 2 MiB were read")


def test_what_says_no_time_cannot_be_new(tmp_path: Path) -> None:
    file = log(tmp_path, "ERROR lost it")
    rule = check("max_new_errors = 0\nsince = '5m'")
    undated = one(tmp_path, rule)
    os.utime(file, (time.time() - 3600, time.time() - 3600))
    quiet = one(tmp_path, rule)
    assert (undated["verdict"], quiet["verdict"]) == ("unknown", "ok")
    assert undated["why"] == "no line of app.log says when it was written: since cannot be told"


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    rule = check("contains = ['x']")
    missing = one(tmp_path, rule)
    os.mkfifo(tmp_path / "app.log")
    pipe = one(tmp_path, rule)
    assert (missing["verdict"], missing["why"]) == ("unknown", "app.log is not there")
    assert (pipe["verdict"], pipe["why"]) == ("unknown", "app.log is not a file")


def test_secrets_and_control_characters_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"boom \x1b[2J\x00 token=ghp_" + b"a" * 36 + b" \xff\n")
    told = one(tmp_path, check("not_contains = ['boom']"))
    assert told["verdict"] == "failing"
    assert "ghp_" not in str(told)
    assert "\x1b" not in str(told)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "asks nothing"),
        ("max_new_errors = 0", "max_new_errors needs since"),
        ("contains = ['x']\nsince = 'deploy'", "must be a duration, a file or"),
        ("contains = ['x']\nsince = '5'", "is not a duration"),
        ("rejected = { after = 'x' }", "checks[0].rejected.pattern: is missing"),
    ],
)
def test_a_wrong_table_is_said(tmp_path: Path, wrong: str, words: str) -> None:
    assert words in refused(tmp_path, check(wrong))
