"""`type = "heartbeat"` through `incidentui check`."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.checks.asked import looked, one, refused
from tests.checks.servers import always, serving

pytestmark = pytest.mark.slow

FILE = 'type = "heartbeat"\nfile = "run/beat"\nmax_age = "5m"'


@pytest.mark.req("R3-12")
def test_a_file_is_as_old_as_its_last_write(tmp_path: Path) -> None:
    unknown = one(tmp_path, FILE)
    (tmp_path / "run").mkdir()
    never = one(tmp_path, FILE)
    beat = tmp_path / "run/beat"
    beat.touch()
    told = [one(tmp_path, FILE)]
    for ago in (3600, -30, -600):
        os.utime(beat, (time.time() - ago, time.time() - ago))
        told.append(one(tmp_path, FILE))
    assert (unknown["verdict"], never["verdict"]) == ("unknown", "failing")
    assert never["why"] == "run/beat is not there: no beat"
    assert [t["verdict"] for t in told] == ["ok", "failing", "ok", "unknown"]
    assert told[1]["why"].endswith("ago, over 5m")
    assert told[3]["why"].endswith("in the future: a clock is wrong")


def test_a_time_in_an_answer(tmp_path: Path) -> None:
    now = time.time()
    iso = datetime.fromtimestamp(now, UTC).isoformat()
    old = datetime.fromtimestamp(now - 3600, UTC).isoformat()
    cases: list[tuple[object, str, str]] = [
        (iso, "ok", "last beat"),
        (iso.replace("+00:00", "Z"), "ok", "last beat"),
        (iso.removesuffix("+00:00"), "ok", "last beat"),
        (now, "ok", "last beat"),
        (round(now * 1000), "ok", "last beat"),
        (str(round(now)), "ok", "last beat"),
        (old, "failing", "over 5m"),
        (now - 3600, "failing", "over 5m"),
        (now + 600, "unknown", "in the future: a clock is wrong"),
        ("yesterday", "failing", "$.last is yesterday, no time"),
        (True, "failing", "no time"),
        (float("nan"), "failing", "not JSON"),
        (10**400, "failing", "no time"),
    ]
    for value, verdict, why in cases:
        with serving(always(json.dumps({"last": value}))) as server:
            told = one(tmp_path, f'type = "heartbeat"\nurl = "{server.url}"\njson = "$.last"\nmax_age = "5m"')
        assert (told["verdict"], why in told["why"]) == (verdict, True), (value, told["why"])


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [("{}", "200 OK", "is not there"), ("<p>", "200 OK", "not JSON"), ("{}", "503 No", "503")],
)
def test_an_answer_without_a_time(tmp_path: Path, body: str, status: str, why: str) -> None:
    with serving(always(body, status)) as server:
        code, (told,) = looked(tmp_path, f'type = "heartbeat"\nurl = "{server.url}"\njson = "$.last"\nmax_age = "5m"')
    assert (code, told["verdict"], why in told["why"]) == (1, "failing", True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('file = "x"', "checks[0].max_age: is missing"),
        ('max_age = "5m"', "neither file nor url"),
        ('max_age = "5m"\nurl = "http://a/"', "url and json belong together"),
        ('max_age = "5m"\nurl = "http://a/"\njson = "$.a"\nfile = "x"', "both file and url"),
    ],
)
def test_a_wrong_table_is_said(tmp_path: Path, wrong: str, words: str) -> None:
    assert words in refused(tmp_path, f'type = "heartbeat"\n{wrong}')
