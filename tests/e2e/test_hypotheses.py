"""The hypothesis board by the installed command and in a real terminal; judged by SQLite, and by what is printed."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from incidentui.drills.terminal import Terminal
from tests.e2e.plain import quay
from tests.e2e.test_broken_world import leave, screen
from tests.e2e.world import Place

pytestmark = pytest.mark.slow

EVIL = "\x1b]0;owned\x07\x1b[2J<b>[link](http://evil.invalid) \u202egnp.exe | `x` @all"
TOKEN = "ghp_" + "a1B2c3D4" * 4 + "e5F6"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "quay"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "quay"\n', encoding="utf-8")
    return Place(root, tmp_path / "home")


def rows(place: Place) -> list[dict[str, Any]]:
    """The facts of the board as any SQLite reads them."""
    with sqlite3.connect(f"file:{place.journal_file}?mode=ro", uri=True) as db:
        sql = "SELECT seq, type, data FROM events WHERE type LIKE 'hypothesis.%' ORDER BY seq"
        found = db.execute(sql).fetchall()
    return [{"seq": seq, "type": kind, **json.loads(data)} for seq, kind, data in found]


def board(place: Place, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.json("hypothesis", "list", *options)["hypotheses"]
    return found


def test_what_was_thought_done_and_seen_stands_in_every_place_that_tells_of_the_incident(place: Place) -> None:
    place.ok("open", "Sync does nothing")
    first = place.json("hypothesis", "add", "The CSRF token is lost", "--did", "read it at each click")
    place.ok("hypothesis", "add", "The session is not sent")
    place.ok("hypothesis", "verdict", "1", "refuted", "--why", "it is sent and valid", "--saw", "still redirected")
    place.ok("hypothesis", "verdict", "2", "confirmed", "--why", "no cookie in the POST", "--saw", "302 to login")
    assert [(r["type"], r["n"]) for r in rows(place)] == [
        ("hypothesis.added", 1),
        ("hypothesis.added", 2),
        ("hypothesis.changed", 1),
        ("hypothesis.changed", 2),
    ]
    assert (first["incident"], first["n"], first["seq"]) == ("INC-1", 1, rows(place)[0]["seq"])
    told = [(h["n"], h["verdict"], h["did"], h["saw"], h["why"], h["by"]) for h in board(place)]
    assert told == [
        (1, "refuted", "read it at each click", "still redirected", "it is sent and valid", "ana"),
        (2, "confirmed", None, "302 to login", "no cookie in the POST", "ana"),
    ]
    assert place.json("show", "INC-1")["hypotheses"] == board(place)
    shown, listed = place.ok("show", "INC-1"), place.ok("hypothesis", "list")
    for line in ("✗ 1 The CSRF token is lost  (refuted, ana)", "    why  it is sent and valid"):
        assert line in shown
        assert line in listed
    types = [json.loads(line)["type"] for line in place.ok("events").splitlines()]
    assert types.count("incidentui.hypothesis.changed") == 2


@pytest.mark.req("F11", "R2-07", "R3-18")
def test_the_draft_has_them_with_why_each_was_wrong(place: Place) -> None:
    place.ok("open", "Sync does nothing")
    place.ok("hypothesis", "add", "Credentials are mixed up", "--did", "took them apart")
    place.ok("hypothesis", "verdict", "1", "not-the-cause", "--why", "right design, but never reached")
    place.ok("hypothesis", "add", "The clock is wrong")
    place.ok("hypothesis", "add", "The cookie is not sent")
    place.ok("hypothesis", "verdict", "3", "confirmed", "--why", "seen in curl", "--saw", "no Cookie header")
    place.ok("close", "--reason", "over")
    draft = place.ok("export", "INC-1")
    part = draft.split("## Hypotheses\n")[1].split("\n## ")[0]
    assert "### 1. Credentials are mixed up: correct, not the cause" in part
    assert (
        "- Did: took them apart\n- Saw: _unknown_\n- Why it is not the cause: right design, but never reached" in part
    )
    assert "### 2. The clock is wrong: to test" in part
    causes = draft.split("## Causes\n")[1].split("\n## ")[0]
    assert "The cookie is not sent. Hypothesis 3, confirmed by ana at 2" in causes
    gaps = draft.split("## Gaps\n")[1].split("\n## ")[0]
    assert "is number 2 true? It was never tested: “The clock is wrong”" in gaps
    assert "what was seen that made number 1 correct, not the cause" in gaps
    assert "Causes: unknown" not in gaps
    document = json.loads(place.ok("export", "INC-1", "--format", "json"))
    assert [h["verdict"] for h in document["hypotheses"]] == ["correct, not the cause", "to test", "confirmed"]
    assert "hypothesis 3 confirmed: seen in curl" in {r["text"] for r in document["timeline"]}


@pytest.mark.req("R2-02")
def test_who_found_what_is_kept_for_a_person_an_agent_and_the_program(place: Place) -> None:
    place.ok("open", "Sync does nothing")
    place.run("hypothesis", "add", "The CSRF token is lost", user="agent:fixer")
    place.run("hypothesis", "verdict", "1", "refuted", "--why", "it is valid", user="bo")
    place.run("note", "users called", user="kim")
    (told,) = board(place)
    assert (told["by"], told["judged_by"]) == ("agent:fixer", "bo")
    draft = place.ok("export", "INC-1")
    for said in ("by agent:fixer", "Verdict at", "by bo", "kim"):
        assert said in draft
    by = [json.loads(line) for line in place.ok("events").splitlines()]
    sources = {e["type"].removeprefix("incidentui."): e["source"] for e in by}
    assert sources["hypothesis.added"].endswith("responder:agent:fixer")
    assert sources["note.added"].endswith("responder:kim")


def test_a_verdict_needs_a_reason_a_number_and_an_open_incident(place: Place) -> None:
    none = place.run("hypothesis", "add", "too early")
    assert (none.returncode, none.stderr) == (3, "incidentui: no incident is open: o opens one\n")
    place.ok("open", "Sync does nothing")
    place.ok("hypothesis", "add", "The cookie is not sent")
    for argv, code, said in (
        (("verdict", "1", "refuted"), 3, "“refuted” needs a reason"),
        (("verdict", "7", "refuted", "--why", "x"), 3, "INC-1 has no hypothesis 7"),
        (("verdict", "1", "wrong", "--why", "x"), 2, "to-test"),
        (("verdict", "1", "to-test"), 3, "hypothesis 1 says so already"),
        (("add", "   "), 3, "says what is thought"),
        (("add", "x" * 2_001), 2, "at most 2,000"),
        (("add", "x", "--incident", "INC-9"), 3, "there is no incident INC-9"),
        (("list", "--incident", "INC-9"), 2, "there is no incident INC-9"),
    ):
        done = place.run("hypothesis", *argv)
        assert (done.returncode, said in done.stderr) == (code, True), (argv, done)
    for argv in (("add", "x"), ("verdict", "1", "confirmed", "--why", "y")):
        refused = place.run("--read-only", "hypothesis", *argv)
        assert (refused.returncode, "--read-only was given" in refused.stderr) == (3, True)
    place.ok("close", "--reason", "over")
    late = place.run("hypothesis", "verdict", "1", "confirmed", "--why", "y", "--incident", "INC-1")
    assert (late.returncode, "INC-1 is closed: its board stays" in late.stderr) == (3, True)
    assert [r["type"] for r in rows(place)] == ["hypothesis.added"]


def test_another_verdict_does_not_keep_the_reason_of_the_one_before(place: Place) -> None:
    place.ok("open", "Sync does nothing")
    place.ok("hypothesis", "add", "The cookie is not sent", "--did", "looked with curl")
    place.ok("hypothesis", "verdict", "1", "refuted", "--why", "curl sends it")
    assert place.run("hypothesis", "verdict", "1", "confirmed").returncode == 3
    place.ok("hypothesis", "verdict", "1", "to-test")
    (again,) = board(place)
    assert (again["verdict"], again["why"], again["did"]) == ("to test", None, "looked with curl")


@pytest.mark.req("R2-08")
def test_a_commit_that_what_was_done_names_is_linked(tmp_path: Path) -> None:
    place = quay(tmp_path)
    fix = place.commit({"server/a.py": "a = 2\n"}, "Read the token at each click")
    with place.watched():
        place.ok("open", "Sync does nothing")
        place.ok("hypothesis", "add", "The token is lost", "--did", f"{fix[:9]} reads it, deadbeef00 is nobody's")
        place.ok("hypothesis", "verdict", "1", "not-the-cause", "--why", "it is read, and nothing changed")
    assert board(place)[0]["commits"] == [fix]
    draft = place.ok("export", "INC-1")
    assert f"- Commits: `{fix[:7]}`" in draft
    decide = f"`{fix[:7]}` was made for hypothesis 1, which is correct, not the cause: keep it or take it back"
    assert decide in draft.split("## Action items\n")[1].split("\n## ")[0]


@pytest.mark.req("R2-22", "R2-24")
def test_what_was_ruled_out_and_what_misled_stand_in_every_place_that_tells_of_the_incident(place: Place) -> None:
    place.ok("open", "Sync does nothing")
    place.ok("hypothesis", "remark", "ruled-out", "the sync itself", "--why", "48 objects")
    place.ok("hypothesis", "remark", "misled-us", "200 OK", "--why", f"the login page is a 200 {TOKEN}")
    place.ok("hypothesis", "remark", "ruled-out", "the sync itself", "--why", "0 errors when called inside")
    assert place.run("hypothesis", "remark", "misled-us", "200 OK", "--why", " ").returncode == 3
    told = place.json("hypothesis", "list")["remarks"]
    assert [(r["kind"], r["what"], r["by"]) for r in told] == [
        ("misled us", "200 OK", "ana"),
        ("ruled out", "the sync itself", "ana"),
    ]
    assert place.json("show", "INC-1")["remarks"] == told
    line = "· ruled out: the sync itself (0 errors when called inside)"
    assert line in place.ok("show", "INC-1")
    assert line in place.ok("hypothesis", "list")
    draft = place.ok("export", "INC-1")
    assert "\n## Ruled out\n\n- the sync itself: 0 errors when called inside (ana, 2" in draft
    assert "\n## Signals that misled us\n\n- 200 OK: the login page is a 200" in draft
    document = json.loads(place.ok("export", "INC-1", "--format", "json"))
    assert [r["kind"] for r in document["remarks"]] == ["misled us", "ruled out"]
    assert TOKEN not in draft + place.journal_file.read_bytes().decode("latin-1")


def test_hostile_words_and_secrets_lose_their_power_everywhere(place: Place) -> None:
    place.ok("open", "Sync does nothing")
    place.ok("hypothesis", "add", EVIL, "--did", EVIL, "--saw", f"Authorization: Bearer {TOKEN}")
    place.ok("hypothesis", "verdict", "1", "refuted", "--why", f"{EVIL} {TOKEN}")
    printed = [
        place.ok(*argv) for argv in (("hypothesis", "list"), ("show", "INC-1"), ("export", "INC-1"), ("events",))
    ]
    for text in printed:
        assert not {c for c in text if c != "\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c == "\u202e")}
        assert TOKEN not in text
    draft = printed[2]
    assert "<b>" not in draft.replace("\\<b\\>", "")
    assert "[link](" not in draft
    assert TOKEN not in place.journal_file.read_bytes().decode("latin-1")


# -- on the screen


def typed(terminal: Terminal, words: str, ends: str) -> None:
    """Letter by letter, as a person; `ends` shows that the line was taken."""
    for n, key in enumerate(words, 1):
        terminal.press(key)
        if n % 8 == 0:
            terminal.read(0.05)
    terminal.press("\r")
    terminal.wait(ends, 10)


@pytest.mark.slow
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40), (200, 50)])
def test_by_keys_and_after_a_new_start_it_is_all_there(place: Place, columns: int, lines: int) -> None:
    place.ok("open", "Sync does nothing")
    with screen(place, columns, lines) as terminal:
        terminal.wait(r"\? help|c close|a act", 20)
        terminal.press("h")
        terminal.wait(r"HYPOTHESES  none yet", 10)
        terminal.press("h")
        terminal.wait("thought to be the cause ›", 10)
        typed(terminal, "The CSRF token is lost", r"○ 1 The CSRF token is lost")
        terminal.press("e")
        terminal.wait("done to test it ›", 10)
        typed(terminal, "read it at each click", "seen then ›")
        typed(terminal, "still redirected", r"saw +still redirected")
        terminal.press("3")
        terminal.wait("refuted, because ›", 10)
        typed(terminal, "it is sent and valid", r"NOT THE CAUSE")
        leave(terminal)
    with screen(place, columns, lines) as terminal:
        terminal.wait(r"c close|a act", 20)
        terminal.wait(r"hypothesis 1", 10)  # on the timeline
        terminal.press("h")
        for words in (
            r"✗ 1 The CSRF token is lost +refuted",
            r"did +read it at",
            r"saw +still",
            r"why +it is sent and valid",
        ):
            terminal.wait(words, 10)
        leave(terminal)
    (told,) = board(place)
    assert (told["verdict"], told["did"], told["saw"]) == ("refuted", "read it at each click", "still redirected")
    place.whole()


@pytest.mark.slow
def test_a_replay_shows_the_board_and_records_nothing_and_read_only_only_takes_actions_away(place: Place) -> None:
    place.ok("open", "Sync does nothing")
    place.ok("hypothesis", "add", "The cookie is not sent")
    before = rows(place)
    with Terminal([*command(place, "replay", "INC-1")], place.home.parent, place.env(), 120, 40) as terminal:
        terminal.wait(r"\? help", 20)
        terminal.press(">", "h")
        terminal.wait(r"○ 1 The cookie is not sent", 10)
        for key in ("h", "e", "2"):
            terminal.press(key)
            terminal.wait(rf"{key} refused: .*replay", 10)
        terminal.press("\x1b")
        terminal.wait(r"TIMELINE", 10)
        leave(terminal)
    assert rows(place) == before
    with Terminal([*command(place, "--read-only")], place.home.parent, place.env(), 120, 40) as terminal:
        terminal.wait(r"\? help", 20)
        terminal.press("h")
        terminal.wait(r"○ 1 The cookie is not sent", 10)
        terminal.press("9")
        terminal.wait("signal that misled us ›", 10)
        typed(terminal, "200 OK", "because ›")
        typed(terminal, "a login page too", r"· 200 OK +a login page too")
        leave(terminal)
    assert place.json("hypothesis", "list")["remarks"][0]["kind"] == "misled us"


def command(place: Place, *argv: str) -> tuple[str, ...]:
    from tests.e2e.world import COMMAND

    return COMMAND, "--project", str(place.root), *argv
