"""`type = "data"`: a number against its own past, as `watch` records it and `check` and `status` tell of it."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from incidentui.core.numbers import first_number, number, written
from tests.e2e.world import Place, until

CONFIG = """[project]
name = "shop"
[[services]]
name = "shop"
[[checks]]
name = "rows"
service = "shop"
type = "data"
every = "100ms"
fail_after = 1
{keys}
"""
FILE = 'number = {{ file = "rows" }}\n{}'


@pytest.fixture
def shop(tmp_path: Path) -> Place:
    (tmp_path / "shop").mkdir()
    return Place(tmp_path / "shop", tmp_path / "home")


def check(shop: Place, keys: str) -> None:
    (shop.root / "incidentui.toml").write_text(CONFIG.format(keys=FILE.format(keys) if "number" not in keys else keys))


def rows(shop: Place, text: object) -> None:
    # Moved into place: never half a number.
    (shop.root / "rows.new").write_text(str(text))
    (shop.root / "rows.new").rename(shop.root / "rows")


def told(shop: Place) -> tuple[str, str]:
    done = shop.run("check", "--json")
    assert "Traceback" not in done.stderr
    (one,) = json.loads(done.stdout)["checks"]
    return one["verdict"], one["why"]


def recorded(shop: Place) -> list[tuple[str, str]]:
    """(state, why) of every sample, read past the program."""
    with closing(sqlite3.connect(shop.journal_file)) as conn:
        return list(conn.execute("SELECT state, why FROM samples WHERE name = 'rows' ORDER BY n"))


def watched_until(shop: Place, seen: Callable[[list[tuple[str, str]]], bool], what: str) -> None:
    with shop.watched():
        until(lambda: shop.journal_file.exists() and seen(recorded(shop)), what)


@pytest.mark.slow
@pytest.mark.req("R3-32")
def test_a_fall_is_red_and_never_becomes_usual(shop: Place) -> None:
    check(shop, 'drop = "70%"\nbaseline = "1s"')
    rows(shop, 1000)
    assert told(shop) == ("unknown", "1000, no baseline yet: 0 of 5 looks of 1s")
    watched_until(shop, lambda said: ("ok", "1000, baseline 1000") in said, "a baseline")
    rows(shop, 301)
    assert told(shop) == ("ok", "301, baseline 1000")
    rows(shop, 300)
    assert told(shop) == ("failing", "300, 70% under its baseline 1000")
    assert shop.run("status").returncode == 1
    red = ("failing", "300, 70% under its baseline 1000")
    watched_until(shop, lambda said: said.count(red) > 25, "red for longer than its baseline reaches back")
    assert told(shop) == red
    rows(shop, 990)
    assert told(shop)[0] == "ok"


@pytest.mark.slow
def test_what_needs_no_past_holds_from_the_first_look_on(shop: Place) -> None:
    check(shop, "min = 1")
    rows(shop, "0\n")
    assert told(shop) == ("failing", "0, not at least 1")
    rows(shop, " 2.50 ")
    assert told(shop) == ("ok", "2.5")
    for text in ("", "many", "1_000", "NaN", "1e999", "0x10", "-"):
        rows(shop, text)
        assert told(shop)[0] == "unknown", text
    (shop.root / "rows").unlink()
    assert told(shop) == ("unknown", "rows is not there")


@pytest.mark.slow
def test_a_rise_from_the_record_and_a_record_that_is_damaged(shop: Place) -> None:
    check(shop, 'rise = "200%"')
    rows(shop, 10)
    watched_until(shop, lambda said: ("ok", "10, baseline 10") in said, "a baseline")
    rows(shop, 30)
    assert told(shop) == ("failing", "30, 200% over its baseline 10")
    shop.journal_file.write_bytes(b"no journal" * 500)
    verdict, why = told(shop)
    assert verdict == "unknown"
    assert "the record cannot be read" in why


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("", "asks nothing"),
        ('drop = "70"', "must be a share of the baseline"),
        ("drop = 0.7", "must be a share of the baseline"),
        ('drop = "120%"', "nothing falls by more than 100%"),
        ('rise = "0%"', "must be a share of the baseline"),
        ("min = nan", "checks[0].min"),
        ('number = { file = "x", env = "Y" }\nmin = 1', "env does not go with file"),
        ('number = { name = "x", file = "x" }\nmin = 1', "checks[0].number.name: unknown key"),
    ],
)
def test_a_table_that_is_wrong_is_said(shop: Place, keys: str, words: str) -> None:
    check(shop, keys)
    done = shop.run("check")
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr


@pytest.mark.slow
def test_a_command_for_a_number_waits_until_it_is_allowed(shop: Place) -> None:
    check(shop, 'number = { command = ["sh", "-c", "touch ran; echo 7"] }\nmin = 1')
    assert told(shop) == ("unknown", "not run before you allow it: incidentui trust")
    assert not (shop.root / "ran").exists()
    assert shop.run("trust").returncode == 0
    assert told(shop) == ("ok", "7")


@pytest.mark.parametrize("text", ["0", "-3", "48", "2.5", "0.1", "1e-09", "123456789012345", "1e+20", "-7.25"])
def test_what_is_written_is_read_again(text: str) -> None:
    found = number(text)
    assert found is not None
    assert first_number(f"{written(found)}, baseline 3") == first_number(written(found)) == found
    assert first_number(f"{text} is not there") is None
