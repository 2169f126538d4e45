"""The hypothesis board under hands: what stands on it at each size, and what its keys record or refuse."""

from dataclasses import replace
from typing import Any

import pytest

from incidentui.core import inputs as i
from incidentui.core.board import Concluded, Hypothesis, Remark
from incidentui.core.model import Ledger, LedgerCommit
from incidentui.session.ports import View
from tests.tui import fakes
from tests.tui.screens import Shown, shown

AT = fakes.at
CREDENTIALS = Hypothesis(
    1,
    "User and fabric credentials are mixed up",
    "ana",
    AT("08:31:00"),
    "correct, not the cause",
    did=f"separated the two in {fakes.HEAD[:7]}",
    saw="same error, same 3 517 bytes",
    why="right design, but the request never gets that far",
    judged=AT("09:02:00"),
    judged_by="bo",
    commits=(fakes.HEAD,),
)
TOKEN = Hypothesis(
    2, "The CSRF token is lost", "ana", AT("08:40:00"), "refuted", why="it is valid", judged=AT("09:11:00")
)
SESSION = Hypothesis(
    3, "The session does not survive the POST", "bo", AT("09:12:00"), "confirmed", saw="302 to /login/"
)
LOGIN = Hypothesis(4, "@login_required drops it: " + "a long thought " * 12, "bo", AT("09:14:00"))
BOARD = (CREDENTIALS, TOKEN, SESSION, LOGIN)
REMARKS = (
    Remark("ruled out", "Kubernetes API", "answers, 48 objects", "ana", AT("08:50:00")),
    Remark("misled us", '"200 OK"', "the login page is a 200, " + "word by word " * 9, "bo", AT("08:51:00")),
)
SIZES = ((80, 24), (120, 40), (200, 50))


def with_board(*board: Hypothesis, view: View | None = None, remarks: tuple[Remark, ...] = ()) -> View:
    view = view or fakes.incident()
    state = view.state
    incident = state.current
    assert incident is not None
    kept = (LedgerCommit(fakes.HEAD, "in force"),)
    ledger = replace(state.ledger or Ledger("", ""), commits=kept)
    incidents = {**state.incidents, incident.id: replace(incident, hypotheses=board, remarks=remarks)}
    return replace(view, state=replace(state, incidents=incidents, ledger=ledger))


def asked(screen: Shown, kind: type[Any]) -> list[Any]:
    return [a for a in screen.session.asked if isinstance(a, kind)]


@pytest.mark.parametrize("size", SIZES)
async def test_it_groups_by_verdict_and_loses_no_word(size: tuple[int, int]) -> None:
    async with shown(with_board(*BOARD), size=size) as screen:
        text = await screen.press("h")
        text += await screen.press("G") + await screen.press("ctrl+d", "ctrl+d", "ctrl+d")
        order = [
            text.index(words)
            for words in ("CAUSES ─", "✗ 3 The session", "NOT THE CAUSE ─", "≈ 1 User", "✗ 2 The CSRF")
        ]
        assert order == sorted(order)
        words = " ".join(text.split())
        for said in (CREDENTIALS.thought, CREDENTIALS.did, CREDENTIALS.saw, CREDENTIALS.why, TOKEN.why, SESSION.saw):
            assert said in words
        assert words.count("a long thought") >= 12
        assert f"{fakes.HEAD[:7]} in force: keep or take back?" in words
        assert "2 · 40m" in words, "how long the wrong ones took"
        assert all(len(row) <= size[0] for row in screen.rows)


async def test_a_new_one_is_recorded_before_anything_else_is_asked() -> None:
    async with shown(with_board()) as screen:
        assert "h records what you think is the cause" in await screen.press("h")
        await screen.press("h")
        await screen.type("the clock is wrong")
        await screen.press("enter")
        new = i.AddHypothesis("the clock is wrong", "ana", incident="INC-7")
        assert asked(screen, i.AddHypothesis) == [new]
        await screen.press("h", "enter", "h", "x", "escape")
        assert asked(screen, i.AddHypothesis) == [new]


async def test_what_is_pressed_after_a_new_one_is_about_the_new_one() -> None:
    async with shown(with_board(TOKEN)) as screen:
        await screen.press("h", "h")
        await screen.type("the clock")
        screen.session.publish(with_board(TOKEN, replace(LOGIN, n=5)))
        await screen.press("enter", "2", "y", "enter")
        assert [c.n for c in asked(screen, i.ChangeHypothesis)] == [5]
        await screen.press("escape")
        assert "TIMELINE" in screen.text, "the page was replaced, not put on top"


@pytest.mark.parametrize(
    ("key", "verdict"), [("1", "to test"), ("2", "confirmed"), ("3", "refuted"), ("4", "correct, not the cause")]
)
async def test_a_digit_asks_why_and_gives_the_verdict(key: str, verdict: Any) -> None:
    async with shown(with_board(replace(TOKEN, verdict="to test", why=""))) as screen:
        await screen.press("h", key)
        assert "because" in screen.status
        assert verdict in screen.status or key == "1"
        assert not screen.session.asked
        await screen.type("curl shows it")
        await screen.press("enter")
        change = i.ChangeHypothesis(2, "ana", verdict, "curl shows it", incident="INC-7")
        assert asked(screen, i.ChangeHypothesis) == [change]


async def test_a_verdict_goes_to_the_one_under_the_cursor() -> None:
    async with shown(with_board(*BOARD)) as screen:
        await screen.press("h", *"jjjj", "3", "y", "enter")
        assert [c.n for c in asked(screen, i.ChangeHypothesis)] == [2]


async def test_what_was_done_and_seen_is_edited_and_only_what_changed_is_recorded() -> None:
    async with shown(with_board(CREDENTIALS)) as screen:
        await screen.press("h", "e", "enter")
        assert CREDENTIALS.saw in screen.status
        assert not screen.session.asked
        await screen.type(" again")
        await screen.press("enter")
        assert [(c.did, c.saw) for c in asked(screen, i.ChangeHypothesis)] == [(None, f"{CREDENTIALS.saw} again")]


async def test_without_an_incident_and_without_a_row_it_says_what_to_do() -> None:
    async with shown(replace(fakes.quiet(), state=replace(fakes.quiet().state, incidents={}))) as screen:
        assert "there is no incident to think about" in await screen.press("h")
    async with shown(with_board()) as screen:
        await screen.press("h", "3")
        assert "no hypothesis is chosen" in screen.status


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.req("R2-22", "R2-24")
async def test_what_was_ruled_out_and_what_misled_stand_below(size: tuple[int, int]) -> None:
    async with shown(with_board(LOGIN, remarks=REMARKS), size=size) as screen:
        text = await screen.press("h", "G")
        first, last = (next(n for n, r in enumerate(screen.rows) if w in r) for w in ("RULED OUT ─", "MISLED US ─"))
        assert (first == last) == (size[0] >= 100), "side by side where there is room"
        assert "· Kubernetes API   answers, 48 objects" in text
        assert "the login page is a 200, word by word" in text
        assert all(len(row) <= size[0] for row in screen.rows)


@pytest.mark.parametrize(("key", "kind"), [("8", "ruled out"), ("9", "misled us")])
async def test_a_remark_has_a_thing_and_a_reason(key: str, kind: Any) -> None:
    async with shown(with_board()) as screen:
        await screen.press("h", key, "enter")
        assert "nothing recorded" in screen.status
        await screen.press(key)
        await screen.type("the API")
        await screen.press("enter")
        assert "because ›" in screen.status
        assert not screen.session.asked
        await screen.type("it answers")
        await screen.press("enter")
        assert asked(screen, i.MakeRemark) == [i.MakeRemark(kind, "the API", "it answers", "ana", "INC-7")]


@pytest.mark.parametrize("key", ["h", "e", "1", "4", "5", "8", "9"])
async def test_a_replay_refuses_with_its_word(key: str) -> None:
    view = replace(with_board(*BOARD), playhead=fakes.replay().playhead)
    async with shown(view, session=fakes.session(view)) as screen:
        await screen.press("h")
        assert "✗ 2 The CSRF token is lost" in screen.text
        await screen.press(key)
        assert "this is a replay" in screen.status
        assert not screen.session.asked
        assert "1–4" not in screen.bar


@pytest.mark.req("F25")
async def test_read_only_takes_actions_away_and_not_what_people_think() -> None:
    view = replace(with_board(*BOARD), read_only="read-only since 08:40")
    async with shown(view, session=fakes.session(view)) as screen:
        await screen.press("h", "h")
        await screen.type("the clock")
        await screen.press("enter")
        assert [a.thought for a in asked(screen, i.AddHypothesis)] == ["the clock"]
        assert "1–4" in screen.bar


TUNNEL = Hypothesis(
    5,
    "Tunnel goes to 5050, the lab listens on 5051",
    "ana",
    AT("08:35:00"),
    "confirmed",
    why="seen",
    origin="introduced",
)
FIXED = replace(TUNNEL, fixed=AT("08:50:00"), fix="tunnel to 5051", spent=((AT("08:35:00"), AT("08:50:00")),), again=2)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.req("R1-02", "R1-09", "R1-16", "R1-55")
async def test_causes_head_the_board_in_the_order_they_were_found(size: tuple[int, int]) -> None:
    async with shown(with_board(*BOARD, FIXED), size=size) as screen:
        text = " ".join((await screen.press("h")).split())
        assert text.index("✓ 5 Tunnel goes to 5050") < text.index("✗ 3 The session does not") < text.index("○ 4 @login")
        for said in ("again 2×", "introduced", "fixed 15m", "fix tunnel to 5051", "3rd time: put a gate before it"):
            assert said in text
        assert "3 causes, 2 open:" in text
        assert all(len(row) <= size[0] for row in screen.rows)


@pytest.mark.parametrize("size", SIZES)
async def test_a_cause_stands_on_the_board_once_with_one_mark(size: tuple[int, int]) -> None:
    async with shown(with_board(*BOARD, FIXED), size=size) as screen:
        text = await screen.press("h")
        for _ in range(9):
            text += await screen.press("ctrl+d")
        marks = {row.split()[0] for row in text.splitlines() if f" {SESSION.n} {SESSION.thought}" in row}
        assert marks == {"✗"}
        assert "CONFIRMED ─" not in text
        assert "OPEN ─" not in text
        assert "saw  302 to /login/" in text


async def test_theories_alone_are_no_causes() -> None:
    async with shown(with_board(TOKEN, LOGIN)) as screen:
        assert "CAUSES" not in await screen.press("h")


@pytest.mark.parametrize(
    ("key", "typed", "change"),
    [
        ("5", "tunnel to 5051", i.ChangeCause(5, "ana", "fixed", "tunnel to 5051", incident="INC-7")),
        ("6", "", i.ChangeCause(5, "ana", "again", incident="INC-7")),
        ("7", "pre", i.ChangeCause(5, "ana", "origin", origin="pre-existing", incident="INC-7")),
        ("7", "nobody", None),
    ],
)
async def test_a_digit_says_what_became_of_the_cause_under_the_cursor(
    key: str, typed: str, change: i.ChangeCause | None
) -> None:
    async with shown(with_board(TUNNEL)) as screen:
        await screen.press("h", key)
        assert "cause 5" in screen.status
        await screen.type(typed)
        await screen.press("enter")
        assert asked(screen, i.ChangeCause) == ([change] if change else [])
        assert change or "pre-existing or unknown; i, p or u" in screen.status


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.req("R1-53")
async def test_what_it_comes_down_to_is_asked_for_in_three_lines(size: tuple[int, int]) -> None:
    view = with_board(SESSION)
    incident = view.state.current
    assert incident is not None
    drawn = (Concluded("symptom", "nobody gets in", "ana", AT("09:20:00")),)
    incidents = {**view.state.incidents, incident.id: replace(incident, conclusions=drawn)}
    async with shown(replace(view, state=replace(view.state, incidents=incidents)), size=size) as screen:
        text = await screen.press("h")
        assert "WHAT IT COMES DOWN TO" in text
        assert "symptom       nobody gets in" in text
        assert "real problem  nobody said it yet" in text
        text = await screen.press("0")
        assert "symptom, what users met" in text
        assert "nobody gets in" in text.splitlines()[-1] + text.splitlines()[-2], "what was said before stands there"
        await screen.press("enter", *"debt", "enter", "enter")
    (made,) = asked(screen, i.Conclude)
    assert (made.what, made.text) == ("root cause", "debt"), "what is left as it is, or empty, is not said anew"
