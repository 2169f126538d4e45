"""The plan as it is drawn, and the word line: nothing fires but the whole word, typed."""

import random
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from incidentui.core.inputs import Offer, Refusal, ShowPlan
from incidentui.core.model import PlanCommit, Precondition, Rehearsal, RehearsedCommand
from incidentui.session.ports import View
from incidentui.tui.glyphs import ascii_twin
from incidentui.tui.line import cells
from incidentui.tui.pages.commit import CommitPage
from incidentui.tui.pages.plan import PlanPage, open_plan
from incidentui.tui.pages.refused import RefusedPage
from incidentui.tui.pages.running import ActionPage
from incidentui.tui.pages.word_line import missing
from tests.tui.pages import builders as b


def ticking(step: float = 1.0) -> Callable[[], float]:
    """A clock that moves `step` seconds whenever somebody looks."""
    at = [0.0]

    def mono() -> float:
        at[0] += step
        return at[0]

    return mono


def page(**changes: object) -> PlanPage:
    return PlanPage(b.plan(**changes), mono=ticking())


def screen(view: View | None = None) -> b.FakeScreen:
    asked = b.attempt()
    return b.FakeScreen(b.FakeSession(view or b.view(attempts={"r1": asked})))


@pytest.mark.req("F22")
def test_the_plan_at_120_columns() -> None:
    text = b.shown(page(), b.view(), 118, 34)
    for line in (
        "‹ PLAN  Reset main to known-good ★ 59a77c4, then push",
        "Changes production. Nothing has happened yet.",
        "1 save    HEAD, index, work tree → refs/incidentui/INC-7/53",
        "│ git push origin 4f1c9d2:refs/heads/main",
        "CHECKED NOW, AND AGAIN WHEN IT RUNS ──",
        "✓ origin/main is 298a730       asked 4s ago",
        "! deploy after a push          revert 1 started none in 60s",
        "Reset to refs/incidentui/INC-7/53: again one fast-forward commit.",
        "▲ a942e4f suspect  sam  comprehensive queue",
        "no innocent commit in the window",
        "! database  rows written since 09:01 stay",
    ):
        assert line in text
    assert "BLAST RADIUS" not in text


LOSING = {
    "blast": (("api", "service: is interrupted"), ("/a/very/long/mount/point", "volume leads: stays")),
    "loses": ("2 files changed inside it: /x, /y",),
    "checked": (Precondition("loses", "would be lost: 2 files", "2 files", False, 'lose="why" goes on all the same'),),
}


@pytest.mark.req("F26")
@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_what_a_plan_touches_and_what_would_be_lost(width: int, height: int) -> None:
    text = b.shown(page(**LOSING), b.view(), width, height)
    assert "✗ 2 files changed inside it: /x, /y" in text
    assert "/a/very/long/mount/point" in text
    assert ("BLAST RADIUS ──" if width > 80 else "touches      api") in text
    assert "api       service: is interrupted" in text
    assert "/a/very/long/mount/point\n" in re.sub(r" *(│.*)?\n", "\n", text)
    assert "  volume leads: stays" in text
    assert ("WOULD BE LOST ──" if width > 80 else "lost   ") in text


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_what_would_be_lost_is_never_cut_and_on_a_small_screen_comes_first(width: int, height: int) -> None:
    paths = [f"/srv/shop/uploads/2026/invoice-{n:04}-of-a-customer.pdf" for n in range(9)]
    loses = f"9 files changed inside it, outside its mounts: {', '.join(paths)}"
    checked = (Precondition("loses", f"would be lost: {loses}", loses, False, 'lose="why" goes on all the same'),)
    it = page(loses=(loses, "all that is in /data: unnamed volume 0123456789ab"), checked=checked)
    text = b.shown(it, b.view(), width, height)
    lost = [line.strip() for line in text.splitlines()]
    for path in paths:
        assert sum(path in line for line in lost) >= 1, f"{path} is cut at {width}"
    assert "… (all of it above)" in text
    if width <= 80:
        assert text.index("lost   ") < text.index("does   ")


def test_a_rehearsal_outside_the_quiet_hours_is_held_until_there_is_a_reason() -> None:
    it = page(
        checked=(Precondition("quiet", "it is 14:00, and quiet is 22:00-06:00", "x", False, 'now="why" goes on'),)
    )
    s = b.FakeScreen()
    s.type(it, "x")
    assert s.refused[-1][1] == "it is 14:00, and quiet is 22:00-06:00"
    assert ("s", "rehearse it now all the same, with a reason") in it.keys


@pytest.mark.req("F46")
def test_uncommitted_code_closes_the_word_until_there_is_a_reason() -> None:
    text = "it would build what is 2 files not committed: web/app.py, web/x.py"
    it = page(checked=(Precondition("committed", text, "x", False, 'uncommitted="why" goes on all the same'),))
    assert f"The word is closed: {text}" in " ".join(b.shown(it, b.view(), 118, 34).split())
    s = screen()
    s.type(it, "x")
    assert not it.typing
    assert ("s", "run it all the same, with a reason") in it.keys


def test_what_would_be_lost_closes_the_word_until_there_is_a_reason() -> None:
    it, s = page(**LOSING), screen()
    s.type(it, "x")
    assert not it.typing
    assert s.refused[-1] == ("x", "would be lost: 2 files", "s goes on, with a reason.")
    assert ("s", "let it be lost, with a reason") in it.keys


def test_one_column_at_80_columns_with_the_exact_commands_last() -> None:
    text = b.shown(page(), b.view(), 78, 20)
    assert "does         1 save    HEAD" in text
    assert "takes back   ▲ a942e4f suspect  sam" in text
    assert "not covered  ! database" in text
    assert text.index("commands     │ git update-ref") > text.index("undo         Reset to")


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_the_rail_runs_down_the_whole_page_and_only_the_word_line_is_tinted(width: int, height: int) -> None:
    it = page()
    lines = it.lines(b.view(), b.at(14), width, height)
    assert len(lines) >= height
    assert {line.rail for line in lines} == {"fail"}
    tinted = [n for n, line in enumerate(lines) if line.ground != "bg"]
    assert tinted == list(range(len(lines) - it.pinned[1], len(lines)))


def test_the_ascii_twin_takes_the_same_cells() -> None:
    for line in page().lines(b.view(), b.at(14), 118, 34):
        assert ascii_twin(line.text).isascii()
        assert cells(ascii_twin(line.text)) == cells(line.text)


def test_a_long_title_is_never_cut() -> None:
    name = "Revert " + ", ".join(f"service-with-a-long-name-{n}" for n in range(4))
    text = b.shown(page(title=name), b.view(), 78, 20)
    assert "service-with-a-long-name-3" in text


@pytest.mark.req("F24", "R3-38")
def test_the_whole_word_and_enter_run_it() -> None:
    s, it = screen(), page()
    s.push(it)
    s.type(it, "x", *"main", "enter")
    assert [(word, step) for _, word, step in s.session.runs] == [("main", None)]
    assert isinstance(s.pages[-1], ActionPage)
    assert s.pages[-1].run == "r1"
    assert it not in s.pages, "esc on the verdict must not lead back to a plan that was run"


@pytest.mark.parametrize(
    "keys",
    [
        ("enter",),
        ("x", "enter"),
        ("x", *"mai", "enter"),
        ("x", *"mainn", "enter"),
        ("x", *"Main", "enter"),
        ("x", "space", *"main", "enter"),
        ("x", *"main", "ctrl+u", "enter"),
        ("x", *"main", "backspace", "enter"),
        ("x", *"main", "esc", "enter"),
        (*"main", "enter"),
        ("x", "paste", "enter"),
        ("x", "main", "enter"),
    ],
)
@pytest.mark.req("F24", "R3-38")
def test_anything_but_the_word_runs_nothing(keys: tuple[str, ...]) -> None:
    s, it = screen(), page()
    s.type(it, *keys)
    assert s.session.runs == []


@pytest.mark.req("F24", "R3-38")
def test_a_thousand_random_key_sequences_without_the_word_run_nothing() -> None:
    keys = ["x", "enter", "n", "y", "Y", "d", "paste", "space", "backspace", "ctrl+u", "tab", "1", *"man?!q"]
    dice = random.Random(1712)
    for _ in range(1000):
        s, it = screen(), PlanPage(b.innocent_plan() if dice.random() < 0.5 else b.plan(), mono=ticking())
        s.type(it, *(dice.choice(keys) for _ in range(dice.randint(1, 40))))
        assert s.session.runs == []


@pytest.mark.req("F24", "R3-38")
def test_keys_typed_before_the_page_was_there_mean_nothing() -> None:
    s, it = screen(), PlanPage(b.plan(), mono=ticking(0.01))
    s.type(it, "x", *"main", "enter")
    assert not it.typing
    assert s.session.runs == []


def test_a_paste_is_refused_with_the_reason() -> None:
    s, it = screen(), page()
    s.type(it, "x", "paste")
    assert s.refused == [("paste", "the word is typed, not pasted", "")]
    assert it.typed == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "4 letters missing"),
        ("mai", "one letter missing"),
        ("main", "complete"),
        ("mist", "not the word: backspace, or ctrl+u clears"),
    ],
)
def test_the_hint_says_what_is_missing(typed: str, said: str) -> None:
    assert missing("main", typed) == said


def test_the_word_line_says_when_enter_runs_it() -> None:
    s, it = screen(), page()
    s.type(it, "x", *"mai")
    text = b.shown(it, b.view(), 78, 20)
    assert "Type the branch to run it:  main     › mai█" in text
    assert "enter does nothing until the word is complete" in text
    s.type(it, "n")
    assert "enter runs it" in b.shown(it, b.view(), 78, 20)


def test_a_long_word_is_shown_whole() -> None:
    word = "release/2026-03-hotfix-of-the-hotfix-for-checkout"
    s, it = screen(), page(target=word)
    s.type(it, "x", *word)
    text = b.shown(it, b.view(), 78, 20)
    assert f"Type the branch to run it:\n{word}\n› {word}█\ncomplete" in text
    s.type(it, "enter")
    assert len(s.session.runs) == 1


@pytest.mark.req("F26")
@pytest.mark.req("F23")
def test_innocent_commits_are_listed_with_authors_and_need_their_own_yes() -> None:
    s, it = screen(), PlanPage(b.innocent_plan(), mono=ticking())
    assert "! 7d1e5a0 innocent maximiliane-b" in b.shown(it, b.view(), 118, 34)
    assert ("Y", "yes, theirs too") in it.keys
    s.type(it, "x", *"mai", "enter")
    assert s.refused[0] == ("x", "it also takes back work of maximiliane-b", "Y says yes to that.")
    assert not it.typing
    s.type(it, "Y", "x", *"main", "enter")
    assert len(s.session.runs) == 1


def test_a_harmless_plan_runs_at_once_and_has_no_rail() -> None:
    s, it = screen(b.view(attempts={"v": b.attempt(run="v", plan=b.VERIFY)})), PlanPage(b.VERIFY, 4, ticking())
    lines = it.lines(s.session.view, b.at(14), 118, 34)
    assert {line.rail for line in lines} == {None}
    assert {line.ground for line in lines} == {"bg"}
    s.push(it)
    s.type(it, "x")
    assert s.session.runs == [(b.VERIFY, "", 4)]
    assert isinstance(s.pages[-1], ActionPage)


@pytest.mark.req("F25")
def test_read_only_refuses_with_its_reason() -> None:
    s, it = screen(replace(b.view(), read_only="read-only since 08:40, started with --read-only")), page()
    s.type(it, "x", *"main", "enter")
    assert s.refused[0][:2] == ("x", "read-only since 08:40, started with --read-only")
    assert s.session.runs == []


def test_a_refusal_of_the_session_stays_on_the_page() -> None:
    s, it = screen(), page()
    s.session.answer = Refusal("HEAD moved to 4f1c9d2", "Open the plan again.")
    s.type(it, "x", *"main", "enter")
    assert "Refused: HEAD moved to 4f1c9d2. Open the plan again." in b.shown(it, b.view(), 118, 34)
    assert s.pages == []


def test_opening_a_plan_is_recorded_once() -> None:
    s, it = screen(), page()
    s.push(it)
    s.type(it, "x", "esc", "x", "esc", "y")
    assert s.session.commands == [ShowPlan(it.plan, "ana")]


def test_n_means_no_and_the_commands_can_be_copied() -> None:
    s, it = screen(), page()
    s.type(it, "y", "d", "n")
    assert s.copied[0].splitlines()[1] == "git commit-tree 7be01c2 -p 298a730 -m 'Reset to 59a77c4'"
    assert s.backs == 1
    assert s.said[-1] == "stopped, nothing changed"


def test_d_shows_the_diff_of_what_it_takes_back() -> None:
    s, it = screen(), page()
    s.type(it, "d")
    assert [page.sha for page in s.pages if isinstance(page, CommitPage)] == [b.BAD]


def test_inside_the_word_n_and_q_are_letters() -> None:
    s, it = screen(), page()
    s.type(it, "x", *"qn?")
    assert it.typed == "qn?"
    assert s.backs == 0
    s.type(it, "esc")
    assert not it.typing


def test_a_plan_that_is_refused_says_why_and_opens_nothing() -> None:
    s = screen()
    s.session.planned = Refusal("the work tree is in the middle of a merge", "Finish it first.")
    open_plan(s, "1", "git.reset", {"to": b.GOOD})
    assert s.refused == [("1", "the work tree is in the middle of a merge", "Finish it first.")]
    assert s.pages == []


# -- the rehearsal

RED = Rehearsal(
    "7be01c2",
    "tree equal to 59a77c4",
    (
        RehearsedCommand(("make", "build"), "ok", took_ms=41_000),
        RehearsedCommand(("sh", "-ec", "npm test"), "failed", "exit 2", 3_000, "1 of 9\nsync is broken\n"),
        RehearsedCommand(("make", "lint"), "not run"),
    ),
)


@pytest.mark.parametrize(("width", "height"), [(118, 40), (78, 20)])
def test_a_red_rehearsal_is_shown_with_its_words_and_closes_the_word(width: int, height: int) -> None:
    it, s = page(rehearsal=RED), screen()
    text = b.shown(it, b.view(), width, height)
    for said in ("✓ make build · ok", "✗ npm test · exit 2", "│ sync is broken", "○ make lint · not run"):
        assert said in text
    assert "The word is closed: the rehearsal is red" in text
    assert "Type the branch" not in text
    s.type(it, "x", *"main", "enter")
    assert s.session.runs == []
    assert s.refused[0][0] == "x"
    assert "the rehearsal is red" in s.refused[0][1]
    assert ("s", "skip the rehearsal, with a reason") in it.keys


def test_skipping_asks_why_and_plans_again() -> None:
    it, s = page(rehearsal=RED), screen()
    s.session.planned = b.plan(rehearsal=Rehearsal("7be01c2", "tree equal", skipped="the build box is down"))
    s.push(it)
    s.type(it, "s")
    label, done = s.prompts[0]
    assert "skip the rehearsal" in label
    done("  ")
    assert s.session.plans == []
    assert "reason" in s.refused[-1][1]
    done("the build box is down")
    action, args = s.session.plans[0]
    assert (action, args["skip_rehearsal"], args["to"]) == ("git.reset", "the build box is down", b.GOOD)
    assert isinstance(s.pages[-1], PlanPage)
    assert len(s.pages) == 1
    assert "type the branch to run it" in b.shown(s.pages[-1], b.view(), 118, 34)


def test_what_vanishes_and_what_comes_later_is_said() -> None:
    gone = (PlanCommit(b.BAD, "sam", "queue settings", "taken back"),)
    it = page(
        rewrites=True, takes_back=gone, warnings=("1a2b3c4: merging that branch again later brings nothing back.",)
    )
    text = b.shown(it, b.view(), 118, 34)
    assert "VANISHES FROM THE BRANCH" in text
    assert "taken back sam" in " ".join(text.split())
    assert "LATER ──" in text
    assert "1a2b3c4: merging that branch" in text
    assert ("Y", "yes, theirs too") not in it.keys


# -- refused, with choices

REFUSED = Refusal(
    "a942e4f cannot be taken back alone (sync.ts)",
    "nothing was changed",
    choices=(
        Offer("Edit", "in a worktree of yours", "git.revert", (("commits", b.BAD), ("edit", "true"))),
        Offer("Reset instead", "no conflict", "git.reset", (("to", b.GOOD),)),
    ),
)


def test_a_refusal_with_choices_is_a_page_of_numbers() -> None:
    s = screen()
    s.session.planned = REFUSED
    open_plan(s, "1", "git.revert", {"commits": b.BAD}, step=2)
    it = s.pages[-1]
    assert isinstance(it, RefusedPage)
    text = b.shown(it, b.view(), 78, 20)
    for said in ("REFUSED", "a942e4f cannot be taken back alone", "nothing was changed", "1  Edit", "2  Reset instead"):
        assert said in text
    assert {line.rail for line in it.lines(b.view(), b.at(14), 78, 20)} == {None}
    s.session.planned = b.plan()
    s.type(it, "3", "2")
    assert s.session.plans[-1] == ("git.reset", {"to": b.GOOD})
    opened = s.pages[-1]
    assert isinstance(opened, PlanPage)
    assert (opened.step, opened.undoes) == (2, False)
    assert s.session.runs == []


def test_what_takes_a_step_back_does_so_by_every_other_way_too() -> None:
    s = screen()
    s.session.planned = REFUSED
    open_plan(s, "u", "git.undo", {"of": "r1"}, step=2, undoes=True)
    s.session.planned = b.plan(rehearsal=RED)
    s.type(s.pages[-1], "2")
    it = s.pages[-1]
    assert isinstance(it, PlanPage)
    assert (it.step, it.undoes) == (2, True), "chosen from the ways on"
    it = PlanPage(it.plan, it.step, mono=ticking(), undoes=it.undoes)
    s.type(it, "s")
    s.prompts[-1][1]("the build box is down")
    anew = s.pages[-1]
    assert isinstance(anew, PlanPage)
    assert (anew is not it, anew.step, anew.undoes) == (True, 2, True), "planned anew, with a reason"


@pytest.mark.req("R3-27", "R3-13")
def test_what_was_taken_back_closes_the_word_until_a_reason_is_given() -> None:
    stop = Precondition("taken-back", "a942e4f was taken back at 09:17:00: api-health failed with it", b.BAD, ok=False)
    it, s = page(checked=(stop,)), screen()
    s.push(it)
    assert "The word is closed: a942e4f was taken back at 09:17:00" in b.shown(it, b.view(), 118, 34)
    s.type(it, "x")
    assert "was taken back" in s.refused[0][1]
    assert ("s", "go on all the same, with a reason") in it.keys
    s.session.planned = b.plan(checked=(replace(stop, ok=True, note="goes on all the same: the check was wrong"),))
    s.type(it, "s")
    label, done = s.prompts[0]
    assert "go on all the same" in label
    done("the check was wrong")
    _, args = s.session.plans[0]
    assert args["anyway"] == "the check was wrong"
    assert "type the branch to run it" in b.shown(s.pages[-1], b.view(), 118, 34)


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_what_is_not_covered_and_where_it_would_happen_are_never_cut(width: int, height: int) -> None:
    why = (
        "are those of the old container: a changed compose file is not applied by creating it anew, bring it up instead"
    )
    host = "unix:///tmp/a/rather/long/way/to/the/socket/of/the/engine/docker.sock (DOCKER_HOST)"
    it = page(host=host, not_covered=(("image, settings, environment", why), ("what it changes", "nobody says")))
    text = b.shown(it, b.view(), width, height)
    flat = " ".join(re.sub("[│─]", " ", text).split())
    assert host in flat
    assert "what it changes  nobody says" in text
    for part in ("image, settings, environment", "is not applied", "bring it up instead"):
        assert part in flat
    assert it.pinned[0] == {78: 4, 118: 3, 198: 2}[width], "where it would happen does not scroll away"


def test_who_types_the_word_without_x_is_told_of_x() -> None:
    """`git push origin main`, typed into the wrong window, must run nothing; a person must hear what is missing."""
    it, s = page(), screen()
    s.type(it, "m")
    assert not it.typing
    assert s.refused == [("m", "the word comes after x", "x, then main")]


@pytest.mark.parametrize("target", ["cache", "inventory", "production", "main"])
def test_who_types_the_word_without_x_closes_and_acknowledges_nothing(target: str) -> None:
    it, s = page(target=target), screen()
    first = next(key for key in target if key in "ciphm")
    for key in ("c", "i", "p", "h", first):
        assert it.handle(key, s), f"{key} goes to no other page"
    assert not it.typing
    assert {why for _, why, _ in s.refused} == {"the word comes after x"}
