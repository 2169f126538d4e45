"""Running, the five lights, the verdict, and what can be done now."""

from dataclasses import replace
from typing import Literal

import pytest

from incidentui.core.inputs import Evidence
from incidentui.core.model import Light, LightName, Plan, Progress, Verdict
from incidentui.tui.glyphs import ascii_twin
from incidentui.tui.pages.evidence import EvidencePage
from incidentui.tui.pages.lights import five_lights
from incidentui.tui.pages.plan import PlanPage
from incidentui.tui.pages.running import ActionPage
from incidentui.tui.pages.verdict import what_now
from tests.tui import fakes
from tests.tui.pages import builders as b

Word = Literal["complete", "failed"]
RUNNING = b.view(attempts={"r1": b.attempt()})
JUDGED = b.view(attempts={"r1": b.judged(in_force=(b.BAD,), differs=("server/src/workers/queue.py",))})


def test_running_counts_its_step_and_fills_the_lights_from_the_left() -> None:
    text = b.shown(ActionPage("r1"), RUNNING, 118, 34)
    for line in (
        "‹ RUNNING  Reset main to known-good ★ 59a77c4, then push",
        "attempt 1 · 01:30",
        "✓ 3 push      298a730..4f1c9d2 main → main",
        "2.1s",
        "▸ 4 look",
        "01:24 / 5:00",
        "FIVE LIGHTS ──",
        "━━━━━━━━━━━━━━━━━━━━━━  ······················",
        "○ not looked yet",
        "│ push      remote: queued",
        "You can leave this page",
    ):
        assert line in text


def test_a_light_has_its_own_shape_for_each_state() -> None:
    lights = (*b.LIGHTS[:2], Light("remote", None, "no remote"), b.LIGHTS[3])
    bars = five_lights(lights, 118)[1].text.split("  ")
    assert [bar.strip()[:1] for bar in bars if bar.strip()] == ["━", "━", "–", "▆", "·"]


@pytest.mark.req("F44")
def test_the_sentence_comes_first_then_lights_evidence_delta_and_what_now() -> None:
    text = b.shown(ActionPage("r1"), JUDGED, 118, 34)
    order = [
        "✗ NOT COMPLETE   pushed, but nothing deployed",
        "The code is right everywhere we can see it. Production still runs a942e4f.",
        "commit tree             work tree",
        "EVIDENCE ──",
        "✓ remote        origin/main 298a730",
        "DELTA ──",
        "STILL IN FORCE ──",
        "✗ a942e4f in force  comprehensive queue settings",
        "≠ server/src/workers/queue.py",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "newly green  dashboard-page" in text
    assert "≈ red before   api-health" in text
    assert "? unknown      sheets" in text
    assert "1  Restart backend     will run a942e4f again" in text


def test_on_a_small_screen_the_verdict_and_what_now_are_seen_without_scrolling() -> None:
    it = ActionPage("r1")
    first = "\n".join(b.shown(it, JUDGED, 78, 20).splitlines()[:18])
    assert "✗ NOT COMPLETE" in first
    assert "✗ still         ✗ 503" in first
    assert "started in" not in first, "the rest of a finding stands under EVIDENCE"
    assert "3  Undo it" in first
    assert "≈ red before   api-health" in first
    assert it.first_row == ("choice", 1)
    assert "298a730 started in 60s" in b.shown(it, JUDGED, 78, 20)


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_lights_that_say_nothing_of_an_action_share_a_row(width: int, height: int) -> None:
    asked: tuple[LightName, ...] = ("tree", "worktree", "remote", "running")
    lights = (*(Light(name, None, "does not apply") for name in asked), Light("user_path", True, "2 checks good"))
    verify = replace(b.judged(word="complete", lights=lights), lights=lights)
    text = b.shown(ActionPage("r1"), b.view(attempts={"r1": verify}), width, height)
    evidence = text[text.index("EVIDENCE") :]
    assert evidence.count("does not apply") == 1
    assert "– commit tree, work tree, remote, running: does not apply" in evidence
    assert "✓ user path" in evidence


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_names_in_a_verdict_are_never_cut(width: int, height: int) -> None:
    names = tuple(f"a-check-with-a-very-long-name-number-{n}" for n in range(12))
    verdict = Verdict("failed", "x" * 150, b.LIGHTS, replace(b.judged().verdict.delta, newly_red=names), names, names)  # type: ignore[union-attr]
    text = b.shown(ActionPage("r1"), b.view(attempts={"r1": replace(b.judged(), verdict=verdict)}), width, height)
    assert all(text.count(name[:37]) >= 1 for name in names)
    assert "…" not in text
    assert text.replace("\n", "").count("x") >= 150
    assert ascii_twin(text.replace("\n", "")).isascii()


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("complete", "✓ COMPLETE"),
        ("not complete", "✗ NOT COMPLETE"),
        ("failed", "✗ FAILED"),
        ("refused", "– REFUSED"),
        ("outcome unknown", "? OUTCOME UNKNOWN"),
    ],
)
def test_each_word_has_its_mark(word: str, first: str) -> None:
    text = b.shown(ActionPage("r1"), b.view(attempts={"r1": b.judged(word=word, why="because")}), 118, 34)
    assert f"{first}   because" in text


def test_what_now_after_a_revert_that_did_not_deploy() -> None:
    revert = replace(b.judged(), plan=b.plan(action="git.revert", args=(("commits", b.BAD),)))
    choices = what_now(b.state(), revert)
    assert [(c.action, dict(c.args)) for c in choices] == [
        ("git.reset", {"to": b.GOOD, "push": "true"}),
        ("workload.restart", {"name": "backend"}),
        ("verify", {"within": "5m", "consecutive": "3"}),
        ("git.undo", {"of": "r1"}),
    ]


def test_what_now_does_not_offer_the_reset_that_was_just_done() -> None:
    assert "git.reset" not in [choice.action for choice in what_now(b.state(), b.judged())]


def test_what_now_when_failed_unknown_and_complete() -> None:
    assert what_now(b.state(), b.judged(word="failed"))[0].title == "Plan it again"
    assert what_now(b.state(), b.judged(word="outcome unknown"))[0].action == "verify"
    assert [c.action for c in what_now(b.state(), b.judged(word="complete"))] == ["verify", "git.undo"]
    verify = replace(b.judged(word="complete"), plan=Plan("verify", (), "Verify", "shop", changes=False))
    assert what_now(b.state(), verify) == ()


def test_a_digit_opens_the_plan_of_its_choice() -> None:
    s, it = b.FakeScreen(b.FakeSession(JUDGED)), ActionPage("r1")
    s.type(it, "1", "9")
    assert s.session.plans == [("workload.restart", {"name": "backend"})]
    assert isinstance(s.pages[-1], PlanPage)
    assert s.refused[-1] == ("9", "there are 3 choices here", "")


def test_enter_on_the_row_of_a_choice_opens_its_plan_too() -> None:
    s = b.FakeScreen(b.FakeSession(JUDGED), cursor=("choice", 2))
    rows = {line.key for line in ActionPage("r1").lines(JUDGED, b.at(14), 78, 20)}
    assert {("choice", 1), ("choice", 2)} <= rows
    s.type(ActionPage("r1"), "enter")
    assert s.session.plans == [("verify", {"within": "5m", "consecutive": "3"})]


def test_a_digit_while_it_runs_means_nothing() -> None:
    s = b.FakeScreen(b.FakeSession(RUNNING))
    assert not ActionPage("r1").handle("1", s)
    assert s.session.plans == []


def test_enter_opens_the_evidence_of_the_light_under_the_cursor() -> None:
    session = b.FakeSession(JUDGED, kept={"e1": Evidence("output", "REV: a942e4f")})
    s = b.FakeScreen(session, cursor=("light", "running"))
    s.type(ActionPage("r1"), "enter")
    assert isinstance(s.pages[-1], EvidencePage)
    s.cursor = ("light", "tree")
    s.type(ActionPage("r1"), "enter")
    assert s.refused[-1][1] == "nothing more was kept of this look"


def test_an_action_of_another_time_is_said_not_a_crash() -> None:
    assert "not in what is known here" in b.shown(ActionPage("gone"), b.view(), 78, 20)


def test_in_a_replay_no_key_is_offered_that_looks_or_writes() -> None:
    it = ActionPage("r1")
    b.shown(it, replace(JUDGED, playhead=fakes.replay().playhead), 118, 34)
    assert {key for key, _ in it.keys} == {"enter", "d", "y"} - ({"d"} if not it._left else set())
    going = ActionPage("r1")
    b.shown(going, replace(RUNNING, playhead=fakes.replay().playhead), 118, 34)
    assert {key for key, _ in going.keys} == {"y"}


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_of_a_red_light_the_evidence_says_what_is_wrong_and_a_narrow_column_stays_short(
    width: int, height: int
) -> None:
    told = "lending: 200, but an empty answer, same error again after the way back"
    lights = (
        Light(
            "tree", False, "4 files differ from 71f9b8c", "git rev-parse", b.at(12.6), detail="tree 5007f70 = 5007f70"
        ),
        *b.LIGHTS[1:4],
        Light("user_path", False, told, "lend-a-tool", b.at(13.6)),
    )
    judged = b.judged(lights=lights)
    text = b.shown(ActionPage("r1"), b.view(attempts={"r1": replace(judged, lights=lights)}), width, height)
    evidence = " ".join(text[text.index("EVIDENCE") :].split())
    assert "4 files differ from 71f9b8c · tree 5007f70 = 5007f70" in evidence.replace(" git rev-parse 09:12:36", "")
    assert "after the way back" in " ".join(evidence.replace("lend-a-tool 09:13:36", "").split())
    rows = text.splitlines()
    bar = next(n for n, row in enumerate(rows) if "▆" in row)
    assert width > 80 or rows[bar + 3].startswith("WHAT NOW"), "two rows of findings"


@pytest.mark.parametrize(("outcome", "word"), [("done", "complete"), ("failed", "failed")])
def test_what_a_copy_into_a_container_kept_first_is_put_back_from_its_verdict(
    outcome: Literal["done", "failed"], word: Word
) -> None:
    plan = Plan("workload.copy-in", (("name", "web"), ("to", "/x")), "Copy into web: /x", "web", "workload")
    progress = (Progress(1, "save", "done", "copy 20261130-090000", 9), Progress(2, "write", outcome, "", 9))
    acted = replace(b.judged(word=word, in_force=()), plan=plan, progress=progress, outcome=outcome)
    args = (("name", "web"), ("back", "20261130-090000"))
    assert ("Put back what was before", args) in [(c.title, c.args) for c in what_now(b.view().state, acted)]
    nothing = replace(acted, progress=progress[1:])
    assert "Put back what was before" not in [c.title for c in what_now(b.view().state, nothing)]
