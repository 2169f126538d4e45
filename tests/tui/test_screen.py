"""The screen under hands: keys become commands, refusals say why, sizes and resizes do no harm."""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from incidentui.core import inputs as i
from incidentui.core.events import NoteAdded
from incidentui.core.model import Attempt, Plan
from incidentui.runbook.model import Runbook
from incidentui.session.ports import Playhead, View
from incidentui.tui.keys import Burst
from incidentui.tui.pages.plan import PlanPage
from tests.tui import fakes
from tests.tui.pages import builders as b
from tests.tui.screens import Shown, shown


def asked(screen: Shown, kind: type[Any]) -> list[Any]:
    return [a for a in screen.session.asked if isinstance(a, kind)]


# -- recording


@pytest.mark.req("F1")
async def test_a_note_is_two_keys_and_the_words() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("n")
        assert "note ›" in screen.status
        await screen.type("a revert starts no pipeline")
        await screen.press("enter")
        assert asked(screen, i.AddNote) == [i.AddNote("a revert starts no pipeline", "ana")]
        assert "noted" in screen.status


@pytest.mark.req("F2")
async def test_a_note_can_be_dated_back() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("n")
        await screen.type("@09:12 called the portal")
        await screen.press("enter")
        assert asked(screen, i.AddNote) == [i.AddNote("called the portal", "ana", fakes.at("09:12:00"))]
        await screen.press("n")
        await screen.type("@99:12 no")
        await screen.press("enter")
        assert "no time of the day" in screen.status
        assert len(asked(screen, i.AddNote)) == 1


@pytest.mark.slow
@pytest.mark.req("F2", "R1-03")
async def test_a_note_has_a_range_and_says_what_set_it_off() -> None:
    async with shown(fakes.incident()) as screen:
        for text in ("@08:00-09:12 the feature was built", "@09:13! restart for a mount", "@09:12-09:00 no"):
            await screen.press("n")
            await screen.type(text)
            await screen.press("enter")
        at = fakes.at
        assert asked(screen, i.AddNote) == [
            i.AddNote("the feature was built", "ana", at("08:00:00"), until=at("09:12:00")),
            i.AddNote("restart for a mount", "ana", at("09:13:00"), trigger=True),
        ]
        assert "ends before it begins" in screen.status


async def test_escape_gives_a_note_up_and_letters_were_no_keys() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("n")
        await screen.type("czq")
        await screen.press("escape")
        assert not screen.session.asked
        assert len(screen.screen.desk.pages) == 0


@pytest.mark.req("R3-03", "F8")
async def test_first_red_offers_an_incident_and_one_key_takes_it() -> None:
    async with shown(fakes.first_red()) as screen:
        assert "o open an incident, SEV1 suggested" in screen.text
        await screen.press("i")
        assert [type(a) for a in screen.session.asked] == [i.OpenIncident, i.Acknowledge]


async def test_not_now_takes_the_offer_away_and_o_still_works() -> None:
    async with shown(fakes.first_red()) as screen:
        text = await screen.press("escape")
        assert "o open an incident, SEV1" not in text
        assert "api is failing" in text
        await screen.press("o")
        assert "api fails: 503" in screen.status
        await screen.press("enter")
        assert len(asked(screen, i.OpenIncident)) == 1


@pytest.mark.req("F5")
async def test_severity_is_a_digit() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("exclamation_mark", "2", "enter")
        assert asked(screen, i.SetSeverity) == [i.SetSeverity("SEV2", "ana")]
        await screen.press("exclamation_mark", "7", "enter")
        assert "7 is no severity" in screen.status


async def test_closing_red_asks_for_a_reason_and_takes_no_empty_one() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("c", "enter")
        assert "needs a reason" in screen.status
        await screen.press("c")
        await screen.type("handed over")
        await screen.press("enter")
        assert asked(screen, i.CloseIncident) == [i.CloseIncident("ana", "handed over", "INC-7")]


async def test_m_marks_the_moment_or_the_commit() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("m", "3", "m")
        assert asked(screen, i.MarkMoment) == [i.MarkMoment(20, "ana")]
        assert asked(screen, i.MarkGood) == [i.MarkGood(fakes.HEAD, "ana")]


async def test_what_the_session_refuses_is_said_with_its_reason() -> None:
    session = fakes.session(fakes.incident())
    session.answer = i.Refusal("bo is on it already", "n writes a note")
    async with shown(session.view, session=session) as screen:
        await screen.press("i")
        assert "i refused: bo is on it already." in screen.status
        assert "n writes a note." in screen.status


# -- acting is guarded


@pytest.mark.req("F25")
@pytest.mark.parametrize("key", ["a", "x", "s"])
async def test_read_only_refuses_every_acting_key_and_says_since_when(key: str) -> None:
    async with shown(fakes.unknown()) as screen:
        assert " a act" not in screen.bar
        await screen.press(key)
        assert f"{key} refused: read-only since 08:40, started with --read-only." in screen.status
        assert not screen.session.asked


@pytest.mark.req("F69")
async def test_a_replay_refuses_what_would_record_or_act() -> None:
    async with shown(fakes.replay()) as screen:
        for key in ("n", "o", "c", "i", "m", "a", "exclamation_mark"):
            await screen.press(key)
            assert "this is a replay" in screen.status
        assert not screen.session.asked


@pytest.mark.req("F22", "F23")
async def test_a_opens_choices_and_each_its_plan_and_nothing_acts() -> None:
    session = fakes.session(fakes.incident())
    session.plan_answer = Plan("git.reset", (("to", fakes.GOOD),), "Reset main to known-good", "main")
    async with shown(session.view, session=session) as screen:
        text = await screen.press("a")
        assert "Reset main to known-good 59a77c4" in text
        text = await screen.press("1")
        assert "PLAN" in text
        assert "Reset main to known-good" in text
        assert not [a for a in session.asked if isinstance(a, tuple) and a[0] == "run"]


async def test_a_paste_is_never_keys_but_goes_into_a_note() -> None:
    async with shown(fakes.incident()) as screen:
        screen.screen.post_message(_paste("rrrrr\rmain\r"))
        await screen.settle()
        assert "paste refused" in screen.status
        assert not screen.session.asked
        await screen.press("n")
        screen.screen.post_message(_paste("line one\nline two"))
        await screen.settle()
        await screen.press("enter")
        assert asked(screen, i.AddNote) == [i.AddNote("line one line two", "ana")]


async def test_a_burst_is_text_for_a_note_and_its_last_return_ends_it() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("n")
        screen.screen.post_message(Burst("rolled\rback \x7f\x7fK\r"))
        await screen.settle()
        assert asked(screen, i.AddNote) == [i.AddNote("rolled bacK", "ana")]
        screen.screen.post_message(Burst("ixrq\r"))
        await screen.settle()
        assert "paste refused" in screen.status
        assert len(screen.session.asked) == 1


async def test_the_word_may_come_in_one_read_but_never_with_its_return() -> None:
    session = fakes.session(fakes.incident())
    session.plan_answer = Plan("git.reset", (("to", fakes.GOOD),), "Reset main to known-good", "main")
    async with shown(session.view, session=session) as screen:
        await screen.press("a")
        await screen.press("1")
        page = screen.screen.desk.page
        assert isinstance(page, PlanPage)
        page._since = -1.0
        await screen.press("x")
        screen.screen.post_message(Burst("main\r"))
        await screen.settle()
        assert "paste refused" in screen.status
        assert page.typed == ""
        screen.screen.post_message(_paste("main"))
        await screen.settle()
        assert page.typed == ""
        screen.screen.post_message(Burst("mani\x7f\x7fin"))
        await screen.settle()
        assert page.typed == "main"
        assert not [a for a in session.asked if isinstance(a, tuple) and a[0] == "run"]


def _paste(text: str) -> Any:
    from textual.events import Paste

    return Paste(text)


# -- replay


@pytest.mark.req("F69")
async def test_the_keys_of_a_replay_move_the_playhead() -> None:
    async with shown(fakes.replay()) as screen:
        await screen.press("space", "left", "right", "left_square_bracket", "right_square_bracket")
        await screen.press("minus", "plus", "less_than_sign", "greater_than_sign", "at")
        await screen.type("09:10")
        await screen.press("enter")
        assert screen.session.asked == [
            "pause",
            ("step", -1),
            ("step", 1),
            ("moment", -1),
            ("moment", 1),
            ("faster", 0.5),
            ("faster", 2.0),
            ("ends", False),
            ("ends", True),
            ("seek", fakes.at("09:10:00")),
        ]


async def test_seeking_back_draws_what_was_known_then() -> None:
    async with shown(fakes.replay()) as screen:
        assert "revert" in screen.text
        back = fakes.first_red()
        screen.session.time = back.state.at
        screen.session.log = [r for r in fakes.records() if r.at <= back.state.at]
        head = Playhead(20, 52, False, 1.0, None, fakes.at("09:00:00"), fakes.at("09:31:00"))
        screen.session.publish(replace(back, playhead=head, read_only="a replay"))
        await screen.settle()
        assert "◆ revert" not in screen.text
        assert "paused" in screen.status


# -- moving


async def test_focus_moves_only_by_the_responder() -> None:
    async with shown(fakes.incident()) as screen:
        desk = screen.screen.desk
        await screen.press("3")
        assert desk.focus == "commits"
        await screen.press("down")
        cursor = screen.screen.panes["commits"].cursor
        screen.session.publish(fakes.incident(fakes.at("09:17:00")))
        await screen.settle()
        assert desk.focus == "commits"
        assert screen.screen.panes["commits"].cursor == cursor
        seen = []
        for key in ("tab", "shift+tab", "shift+tab"):
            await screen.press(key)
            seen.append(desk.focus)
        assert seen == ["workloads", "commits", "services"]


async def test_new_rows_below_the_cursor_only_count_up() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("up", "up")
        cursor = screen.screen.panes["timeline"].cursor
        for n in (1, 2, 3):
            note = NoteAdded(f"news {n}", "bo")
            screen.session.log.append(fakes.record(60 + n, screen.session.time, note, "bo"))
        view = screen.session.view
        screen.session.publish(replace(view, state=replace(view.state, seq=70)))
        await screen.settle()
        assert "▸ 3 new" in screen.text
        assert screen.screen.panes["timeline"].cursor == cursor
        text = await screen.press("f")
        assert "3 new" not in text
        assert screen.screen.panes["timeline"].cursor == ("event", 63)


async def test_the_newest_row_is_followed_until_the_cursor_leaves_it() -> None:
    async with shown(fakes.incident()) as screen:
        screen.session.log.append(fakes.record(61, screen.session.time, NoteAdded("news", "bo"), "bo"))
        view = screen.session.view
        screen.session.publish(replace(view, state=replace(view.state, seq=61)))
        await screen.settle()
        assert screen.screen.panes["timeline"].cursor == ("event", 61)


async def test_filter_works_while_it_is_typed_and_escape_clears_it() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("slash")
        text = await screen.type("loading")
        assert "loading forever" in text
        assert "09:04:58 ✗ api" not in text
        text = await screen.press("enter")
        assert "09:04:58 ✗ api" not in text
        text = await screen.press("escape")
        assert "09:04:58 ✗ api" in text


async def test_details_are_folded_and_shown_by_a_key() -> None:
    async with shown(fakes.incident()) as screen:
        assert "restart 3" not in screen.text
        text = await screen.press("full_stop")
        assert "restart 3, exit 1 · 3×" in text


async def test_times_can_be_clock_offset_or_utc() -> None:
    async with shown(fakes.incident()) as screen:
        assert "+7:33" not in screen.text
        await screen.press("t")
        assert "+7:33" in await screen.press("t")


async def test_zoom_takes_the_body_and_keeps_the_cursor() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("up", "up")
        cursor = screen.screen.panes["timeline"].cursor
        text = await screen.press("z")
        assert "SERVICES" not in text
        assert "api is failing" in text
        assert "+7:33" in text
        text = await screen.press("escape")
        assert "SERVICES" in text
        assert screen.screen.panes["timeline"].cursor == cursor


@pytest.mark.req("F4")
async def test_enter_opens_what_stands_behind_each_pane_and_escape_leads_back() -> None:
    async with shown(fakes.incident()) as screen:
        for pane, word in (("1", "EVENT"), ("3", "COMMIT"), ("4", "WORKLOAD"), ("2", "EVIDENCE")):
            text = await screen.press(pane, "enter")
            assert "‹" in text, word
            assert "api is failing" in text
            assert "1 TIMELINE" not in text
            text = await screen.press("escape")
            assert "1 TIMELINE" in text


async def test_neighbours_are_reached_without_leaving_the_page() -> None:
    async with shown(fakes.incident()) as screen:
        text = await screen.press("3", "enter")
        assert "298a730" in text
        text = await screen.press("J")
        assert "comprehensive sync safety features" in text
        assert len(screen.screen.desk.pages) == 1


async def test_the_palette_opens_pages_and_escape_closes_it() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("ctrl+p")
        text = await screen.type("all keys")
        assert "Help: all keys" in text
        text = await screen.press("enter")
        assert "‹ HELP" in text
        await screen.press("escape", "colon")
        assert "enter opens a plan or a page, never acts" in screen.text
        text = await screen.press("escape")
        assert "never acts" not in text


async def test_help_names_every_key_of_the_table() -> None:
    from incidentui.tui.keys import TABLE

    async with shown(fakes.incident(), (120, 60)) as screen:
        text = await screen.press("question_mark")
        for binding in TABLE:
            if binding.shown != "-":
                assert binding.label in text


async def test_leaving_asks_and_any_other_key_stays() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("q")
        assert "Leave?" in screen.status
        await screen.press("j")
        assert "Leave?" not in screen.text
        assert screen.app.is_running
        await screen.press("q", "q")
        assert screen.app._exit


def in_mid_step(within_ms: int) -> View:
    plan = Plan("shell", (), "Follow the build", "yes", within_ms=within_ms)
    view = fakes.incident()
    going = Attempt("s", 3, plan, fakes.ME, "ana", fakes.NOW, step=1)
    attempts = {**view.state.attempts, "s": going}
    return replace(view, state=replace(view.state, attempts=attempts, acting="s"))


async def test_who_leaves_what_may_take_hours_waits_for_it_only_when_that_is_said() -> None:
    async with shown(in_mid_step(14_400_000), (80, 24)) as screen:
        await screen.press("q")
        assert "k ends the running step first, w waits for its end, up to 4h." in screen.status
        await screen.press("q")
        assert not screen.app._exit
        assert asked(screen, i.StopAction) == []
        await screen.press("q", "w")
        assert screen.app._exit
        assert asked(screen, i.StopAction) == []


async def test_who_leaves_in_mid_step_may_end_it_first() -> None:
    async with shown(in_mid_step(300_000), (80, 24)) as screen:
        await screen.press("q")
        assert "k ends " in screen.status
        await screen.press("j")
        assert screen.app.is_running
        await screen.press("q", "k")
        assert asked(screen, i.StopAction) == [i.StopAction("ana")]
        assert screen.app._exit


async def test_one_letter_has_one_meaning() -> None:
    from incidentui.tui.keys import REPLAY, TABLE

    for table in (TABLE, REPLAY):
        keys = [key for binding in table for key in binding.keys]
        assert len(keys) == len(set(keys))


async def test_copy_and_look_now() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("3", "y")
        assert screen.app.clipboard == fakes.HEAD
        await screen.press("v")
        assert screen.session.asked == ["look"]


# -- a broken world


async def test_a_journal_that_cannot_write_turns_the_row_red_and_stays() -> None:
    view = replace(fakes.incident(), journal="disk full, events go to /tmp/side.jsonl")
    async with shown(view) as screen:
        assert "✗ journal: disk full, events go to /tmp/side.jsonl" in screen.status
        await screen.press("v")
        assert "disk full" in screen.status


@asynccontextmanager
async def shown_before_the_runbooks() -> AsyncIterator[tuple[Shown, Callable[[], Awaitable[None]]]]:
    """The screen while they are read, and what lets them come."""
    read = threading.Event()
    book = replace(b.BOOK, id="bad-deploy")

    def shelf() -> tuple[Runbook, ...]:
        read.wait(10)
        return (book,)

    async with shown(fakes.incident(), shelf=shelf) as screen:

        async def they_come() -> None:
            read.set()
            await screen.app.workers.wait_for_complete()
            await screen.settle()

        yield screen, they_come


async def test_r_before_the_runbooks_are_read_leads_to_the_one_being_worked_through() -> None:
    async with shown_before_the_runbooks() as (screen, they_come):
        assert "reading them" in await screen.press("r")
        await they_come()
        assert "‹ RUNBOOK  Roll back a bad deploy" in screen.text
        assert "CHOOSE" in await screen.press("escape")


@pytest.mark.parametrize("key", ["x", "s"])
async def test_a_step_before_the_runbooks_are_read_says_so(key: str) -> None:
    async with shown_before_the_runbooks() as (screen, they_come):
        await screen.press(key)
        assert f"{key} refused: the runbooks are still being read" in screen.status
        await they_come()
        await screen.press(key)
        assert "‹ RUNBOOK  Roll back a bad deploy" in screen.text


async def test_an_empty_project_says_what_is_missing() -> None:
    from incidentui.core.state import State

    view = View(State(), {}, problems=("incidentui.toml:3 services.api.timout: did you mean timeout?",))
    async with shown(view) as screen:
        assert "No checks yet." in screen.text
        assert "timout" in screen.text
        assert "No services" in screen.text
        assert "asking git" in screen.text


async def test_before_the_configuration_is_read_nothing_is_claimed_of_it() -> None:
    from incidentui.core.state import State

    async with shown(View(State(), {})) as screen:
        assert screen.text.count("○ reading the configuration") == 2, screen.text
        assert "First look." in screen.text
        assert "starting" in screen.text
        for claim in ("No services", "No checks", "no checks", "No engine", "watching"):
            assert claim not in screen.text


async def test_a_refused_key_leaves_no_message_after_the_next_key() -> None:
    async with shown(fakes.unknown()) as screen:
        await screen.press("a")
        assert "refused" in screen.status
        await screen.press("down")
        assert "refused" not in screen.status


# -- sizes

SIZES = [(1, 1), (2, 1), (5, 3), (19, 5), (20, 6), (44, 12), (59, 15), (60, 16), (80, 24), (99, 31), (100, 32)]
SIZES += [(120, 40), (159, 39), (160, 40), (200, 50), (500, 200)]


@pytest.mark.parametrize("state", [fakes.quiet, fakes.first_red, fakes.incident, fakes.unknown, fakes.replay])
async def test_every_size_draws_and_a_resize_keeps_the_cursor(state: Any) -> None:
    async with shown(state(), (120, 40)) as screen:
        await screen.press("up")
        cursor = screen.screen.panes["timeline"].cursor
        for width, height in SIZES:
            await screen.pilot.resize_terminal(width, height)
            await screen.settle()
            assert len(screen.rows) == height
        await screen.pilot.resize_terminal(120, 40)
        await screen.settle()
        assert screen.screen.panes["timeline"].cursor == cursor


async def test_pages_and_the_palette_draw_at_every_size() -> None:
    async with shown(fakes.incident()) as screen:
        for opened in ("question_mark", "ctrl+p", "a", "r", "p"):
            await screen.press(opened)
            for width, height in ((1, 1), (20, 6), (60, 16), (99, 31), (160, 40), (500, 200)):
                await screen.pilot.resize_terminal(width, height)
                await screen.settle()
            await screen.pilot.resize_terminal(120, 40)
            await screen.press("escape")
            assert not screen.screen.desk.pages


async def test_the_smallest_window_says_what_is_broken_and_takes_a_note() -> None:
    async with shown(fakes.incident(), (20, 6)) as screen:
        assert [row.strip() for row in screen.rows] == [
            "SEV1  00:11:42",
            "▎✗ api 503 11m 42s",
            "▎▲ a942e4f suspect",
            "20×6, needs 60×16",
            "still recording",
            "n note  q leave",
        ]
        await screen.press("c", "z", "enter", "n")
        await screen.type("seen")
        await screen.press("enter")
        assert asked(screen, i.AddNote) == [i.AddNote("seen", "ana")]


# -- how it is drawn


async def test_ascii_has_nothing_else_on_any_screen() -> None:
    for state in (fakes.quiet, fakes.first_red, fakes.incident, fakes.unknown, fakes.replay):
        async with shown(state(), (200, 50), ascii=True) as screen:
            assert screen.text.isascii()
            assert (await screen.press("question_mark")).isascii()


async def test_no_color_sends_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with shown(fakes.incident()) as screen:
        styles = [s for strip in screen.screen._compositor.render_strips() for _, s, _ in strip if s is not None]
        assert not [s for s in styles if s.color is not None or s.bgcolor is not None]
        assert any(s.reverse for s in styles)


async def test_a_second_without_news_repaints_only_clocks() -> None:
    async with shown(fakes.quiet()) as screen:
        compositor = screen.screen._compositor
        screen.screen._compositor_refresh = lambda: None  # type: ignore[method-assign]  # keeps what would be sent
        screen.session.time += 1_000
        screen.screen.draw_now()
        # 08:59:04 becomes 08:59:05: one cell.
        assert [(r.y, r.width, r.height) for r in compositor._dirty_regions] == [(0, 1, 1)]


async def test_hostile_text_stays_text_on_the_whole_screen() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J[@click=app.quit]x[/] \u202egpj"
    view = fakes.incident()
    incident = replace(view.state.incidents["INC-7"], title=evil, responders=(evil,))
    services = {**view.state.services, "api": replace(view.state.services["api"], why=evil)}
    state = replace(view.state, incidents={"INC-7": incident}, services=services)
    session = fakes.session(replace(view, state=state, journal=evil))
    session.log.append(fakes.record(99, session.time, NoteAdded(evil, evil), evil))
    async with shown(session.view, (200, 50), session=session) as screen:
        for key in ("enter", "escape", "question_mark", "escape", "ctrl+p"):
            text = await screen.press(key)
            assert not [c for c in text if c in "\x1b\x07\u202e"]
            assert "[@click=app.quit]" in text or key != "escape"
