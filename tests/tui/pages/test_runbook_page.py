"""The runbook page: a typed action opens its plan, a manual step is ticked, a skip needs a reason, shell a yes."""

from dataclasses import replace

import pytest

from incidentui.core.difference import difference
from incidentui.core.inputs import HandOver, Refusal, SetStep, StartRunbook, StopAction
from incidentui.core.model import Attempt, LastRun, Plan
from incidentui.runbook.model import Command, Runbook, Step, TypedAction, Variable
from incidentui.session.ports import View
from incidentui.tui.pages.handed import HandedPage
from incidentui.tui.pages.needs import asked_anew
from incidentui.tui.pages.plan import PlanPage
from incidentui.tui.pages.runbook_list import RunbooksPage
from incidentui.tui.pages.runbook_page import RunbookPage
from incidentui.tui.pages.running import ActionPage
from tests.tui.pages import builders as b


def view(*states: str) -> View:
    done = replace(b.judged(), step=2)
    return b.view(runbook=b.run(*states), attempts={"r1": done})


def at(*states: str) -> tuple[RunbookPage, b.FakeScreen]:
    return RunbookPage(b.BOOK), b.FakeScreen(b.FakeSession(view(*states)))


@pytest.mark.req("F34")
def test_steps_left_prose_right_and_the_delta_of_the_last_step() -> None:
    text = b.shown(RunbookPage(b.BOOK), view("done", "done", "todo", "todo"), 118, 34)
    for line in (
        "‹ RUNBOOK  Roll back a bad deploy",
        "2 of 4 done",
        "✓ 2 Reset to known-good",
        "attempt 1, not complete",
        "▸ 3 See the log",
        "○ 4 Hand over",
        "│ tail -n 5 app.log",
        "DELTA OF STEP 2 ──",
        "newly green  dashboard-page",
        "good       59a77c4",
        "runbooks/roll-back.md",
    ):
        assert line in text


def test_at_80_columns_the_steps_are_one_line() -> None:
    text = b.shown(RunbookPage(b.BOOK), view("done", "done", "todo", "todo"), 78, 20)
    assert "✓1  ✓2  ▸ 3 See the log  ○4" in text


def test_at_80_columns_the_step_that_is_shown_is_in_the_line_however_many_there_are() -> None:
    step = b.BOOK.steps[3]
    book = replace(b.BOOK, steps=tuple(replace(step, n=n, title=f"Do thing {n}") for n in range(1, 31)))
    steps = tuple(replace(one, state="done" if one.n < 25 else "todo") for one in book.run_steps())
    run = replace(b.run("todo", "todo", "todo", "todo"), steps=steps)
    text = b.shown(RunbookPage(book), b.view(runbook=run), 78, 20)
    line = next(row for row in text.splitlines() if "▸ 25 Do thing 25" in row)
    assert line.strip().startswith("… 19  ✓20")


def test_a_place_counts_as_asked_for_only_once_it_was_answered() -> None:
    given, sure, ran = {"pod": "web-1"}, set[int](), list[str]()
    book = with_text("kubectl delete <pod>")
    s = b.FakeScreen(b.FakeSession(view("done", "done", "todo", "todo")))
    assert asked_anew(book.steps[2], given, sure, lambda: ran.append("x"), s)
    assert (sure, ran) == (set(), []), "esc gives the question up: it is asked again"
    assert asked_anew(book.steps[2], given, sure, lambda: ran.append("x"), s)
    s.prompts.pop()[1]("web-2")
    assert (sure, ran, given) == ({3}, ["x"], {"pod": "web-2"})
    assert not asked_anew(book.steps[2], given, sure, lambda: None, s)


def test_wide_adds_checks_what_runs_attempts_and_what_comes_next() -> None:
    text = b.shown(RunbookPage(b.BOOK), view("done", "done", "todo", "todo"), 198, 44)
    for line in ("CHECKS NOW ──", "✗ api-health", "WHAT RUNS ──", "ATTEMPTS ──", "NEXT: 4 HAND OVER ──"):
        assert line in text


def test_starting_needs_an_open_incident() -> None:
    it = RunbookPage(b.BOOK)
    s = b.FakeScreen(b.FakeSession(b.view(incidents={})))
    s.type(it, "x")
    assert s.refused == [("x", "a runbook is worked through inside an incident", "o opens one.")]
    s = b.FakeScreen()
    s.type(it, "x")
    (command,) = s.session.commands
    assert isinstance(command, StartRunbook)
    assert [(step.n, step.action) for step in command.steps] == [(1, None), (2, "git.reset"), (3, None), (4, None)]
    assert not command.alone


@pytest.mark.parametrize("tag", ["rehearsal", "checklist"])
def test_what_is_for_a_quiet_hour_needs_none(tag: str) -> None:
    s = b.FakeScreen(b.FakeSession(b.view(incidents={})))
    s.type(RunbookPage(replace(b.BOOK, tags=(tag,))), "x")
    (command,) = s.session.commands
    assert isinstance(command, StartRunbook)
    assert command.alone


@pytest.mark.req("F22")
def test_x_on_a_typed_action_opens_its_plan_with_the_step() -> None:
    it, s = at("done", "todo", "todo", "todo")
    s.type(it, "x")
    assert s.session.plans == [("git.reset", {"to": b.GOOD, "push": "true"})]
    page = s.pages[-1]
    assert isinstance(page, PlanPage)
    assert page.step == 2
    assert "step 2 of 4" in b.shown(page, s.session.view, 118, 34)


def test_a_variable_without_a_value_is_asked_for_first() -> None:
    it, s = at("done", "todo", "todo", "todo")
    s.session.view = View(replace(s.session.view.state, good=None), {})
    s.type(it, "x")
    assert s.session.plans == []
    s.prompts.pop()[1](b.GOOD)
    assert s.session.plans == [("git.reset", {"to": b.GOOD, "push": "true"})]


def test_what_shell_text_needs_is_asked_for_and_handed_on() -> None:
    it, s = at("done", "done", "todo", "todo")
    s.session.planned = Refusal("Which folder: nothing gives it a value", "--set dir=…", usage=True, unset="dir")
    s.type(it, "x")
    assert (s.refused, s.pages) == ([], [])
    s.session.planned = b.plan()
    s.prompts.pop()[1]("/srv/a b")
    step = {"runbook": b.BOOK.id, "step": "3"}
    assert s.session.plans == [("shell", step), ("shell", {**step, "set.dir": "/srv/a b"})]
    assert isinstance(s.pages[-1], PlanPage)


def test_a_manual_step_is_ticked_with_a_note() -> None:
    it, s = at("todo", "todo", "todo", "todo")
    s.type(it, "x")
    s.prompts.pop()[1]("looks like the deploy")
    assert s.session.commands == [SetStep(1, "done", "ana", "looks like the deploy")]


def test_skipping_needs_a_reason() -> None:
    it, s = at("done", "todo", "todo", "todo")
    s.type(it, "s")
    s.prompts[-1][1]("  ")
    assert s.session.commands == []
    assert s.refused[-1][1] == "skipping needs a reason"
    s.prompts[-1][1]("done by bo")
    assert s.session.commands == [SetStep(2, "skipped", "ana", "done by bo")]


def test_only_the_step_to_do_is_run() -> None:
    it, s = at("done", "todo", "todo", "todo")
    s.type(it, "]", "x")
    assert s.refused == [("x", "step 2 is the one to do", "[ and ] go there, X runs only this one.")]
    assert s.session.plans == []


@pytest.mark.req("F23")
def test_shell_text_opens_a_plan_of_its_own() -> None:
    it, s = at("done", "done", "todo", "todo")
    s.type(it, "x")
    assert s.session.plans == [("shell", {"runbook": b.BOOK.id, "step": "3"})]


def test_whether_shell_text_is_allowed_says_whoever_would_run_it() -> None:
    """What was read when the screen opened may be old: allowed meanwhile, or changed meanwhile."""
    _, s = at("done", "done", "todo", "todo")
    s.session.planned = Refusal("the commands of this file are not allowed yet", "incidentui trust x.md")
    s.type(RunbookPage(replace(b.BOOK, trusted=False)), "x")
    assert s.refused == [("x", "the commands of this file are not allowed yet", "incidentui trust x.md")]
    assert s.pages == []


@pytest.mark.parametrize("action", ["workload.exec", "workload.copy-out", "workload.copy-in"])
def test_what_a_file_runs_in_a_container_must_be_allowed_too(action: str) -> None:
    step = replace(b.BOOK.steps[1], action=TypedAction(action, (("name", "web"), ("command", "id")), 16))
    book = replace(b.BOOK, steps=(b.BOOK.steps[0], step, *b.BOOK.steps[2:]))
    _, s = at("done", "todo", "todo", "todo")
    s.type(RunbookPage(replace(book, trusted=False)), "x")
    assert s.refused == [("x", f"{action} of this file is not allowed yet", f"incidentui trust {book.path}")]
    assert s.session.plans == []
    s.type(RunbookPage(book), "x")
    assert s.session.plans == [(action, {"name": "web", "command": "id"})]


def test_what_changed_since_it_was_allowed_is_a_page_of_its_own() -> None:
    _, s = at("done", "done", "todo", "todo")
    s.type(RunbookPage(b.BOOK), "d")
    assert s.refused == [("d", "it did not change since it was allowed", "")]
    changes = difference(b"a\nls\n", b"a\nls -a\xe2\x80\xae\n")
    book = replace(b.BOOK, trusted=False, asked_again="changed since it was allowed, +1 −1 lines", changes=changes)
    it = RunbookPage(book)
    assert ("d", "what changed") in it.keys
    assert "changed since it was allowed" in b.shown(it, view("done", "done", "todo", "todo"), 118, 34)
    s.type(it, "d")
    (page,) = s.pages
    text = b.shown(page, view("done", "done", "todo", "todo"), 118, 34)
    for line in ("WHAT CHANGED", "incidentui trust runbooks/roll-back.md", "- ls", "+ ls -a<U+202E>"):
        assert line in text


def with_text(*texts: str, held: bool = False) -> Runbook:
    """The third step and those after it hold these."""
    why = "its fence is never closed" if held else ""
    steps = [
        Step(n, "See", n, "", manual=False, commands=(Command("sh", text, not held, n, why_not=why, held=held),))
        for n, text in enumerate(texts, 3)
    ]
    return replace(b.BOOK, steps=(*b.BOOK.steps[:2], *steps))


def test_text_that_cannot_run_says_why() -> None:
    book = with_text("ls", held=True)
    step = replace(book.steps[2], commands=(*book.steps[2].commands, Command("sh", "ls", True, 9)))
    _, s = at("done", "done", "todo", "todo")
    s.type(RunbookPage(replace(book, steps=(*book.steps[:2], step))), "x")
    assert s.refused[0][1] == "its fence is never closed"
    assert s.session.plans == []


def test_a_place_is_asked_for_and_anew_for_each_step_that_has_it() -> None:
    _, s = at("done", "done", "todo", "todo")
    it = RunbookPage(with_text("kubectl get <pod>", "kubectl delete <pod>"))
    assert "asked when it runs: pod" in b.shown(it, s.session.view, 118, 34)
    s.session.planned = Refusal("<pod> is to be filled in", "--set 'pod=…'", usage=True, unset="pod")
    s.type(it, "x")
    s.session.planned = b.plan()
    s.prompts.pop()[1]("web-1")
    assert s.session.plans[-1] == ("shell", {"runbook": b.BOOK.id, "step": "3", "set.pod": "web-1"})
    s.session.view = view("done", "done", "done", "todo")
    s.type(it, "x")
    label, answer = s.prompts.pop()
    assert (label, s.initial) == ("pod, as before", "web-1")
    answer("web-2")
    assert s.session.plans[-1] == ("shell", {"runbook": b.BOOK.id, "step": "4", "set.pod": "web-2"})


def test_read_only_takes_the_acting_keys_from_the_bar_and_they_still_answer() -> None:
    it, s = at("done", "todo", "todo", "todo")
    s.session.view = replace(s.session.view, read_only="read-only since 08:40")
    it.lines(s.session.view, b.at(14), 118, 34)
    assert "x" not in dict(it.keys)
    s.type(it, "x", "s")
    assert [key for key, _, _ in s.refused] == ["x", "s"]
    assert s.session.plans == []


def test_enter_shows_the_output_of_the_step() -> None:
    it, s = at("done", "done", "todo", "todo")
    s.type(it, "enter")
    assert s.refused == [("enter", "this step has no output yet", "")]
    s.type(it, "[", "enter")
    assert isinstance(s.pages[-1], ActionPage)


def test_the_list_reads_and_starts_the_one_under_the_cursor() -> None:
    it = RunbooksPage(lambda: [b.BOOK], RunbookPage)
    s = b.FakeScreen(cursor=("runbook", "roll-back"))
    assert "Roll back a bad deploy" in b.shown(it, b.view(), 78, 20)
    s.type(it, "enter")
    assert isinstance(s.pages[-1], RunbookPage)
    assert s.session.commands == []
    s.type(it, "x")
    assert isinstance(s.session.commands[-1], StartRunbook)


def test_x_in_the_list_goes_on_with_the_one_being_worked_through() -> None:
    _, s = at("done", "todo", "todo", "todo")
    s.pages.clear()
    s.cursor = ("runbook", b.BOOK.id)
    page = RunbooksPage(lambda: (b.BOOK,), RunbookPage)
    b.shown(page, s.session.view, 118, 30)
    page.handle("x", s)
    assert isinstance(s.pages[-1], RunbookPage)
    assert not [c for c in s.session.commands if isinstance(c, StartRunbook)]


def test_in_the_list_what_a_runbook_is_for_stands_beside_its_title_and_nothing_is_said_of_each() -> None:
    came = [replace(b.BOOK, id=str(n), title=f"Book {n}", origin="shipped", summary="To go back.") for n in range(9)]
    own = replace(b.BOOK, title="A title that is longer than the column that there is for titles", summary="Ours.")
    for width, height in b.SIZES:
        text = b.shown(RunbooksPage(lambda: [own, *came], RunbookPage), b.view(), width, height)
        assert text.count("came with the program") == 1
        assert "9 of 10 came with the program" in text
        assert "Ours. · runbooks/roll-back.md" in " ".join(text.split())
        assert "columnfor" not in text
        rows = [row for row in text.splitlines() if "Book " in row]
        assert all(row.endswith("4 steps") for row in rows)
        assert all("To go back." in row for row in rows) == (width > 80)


def test_numbers_of_steps_stand_under_each_other() -> None:
    steps = tuple(Step(n, f"Step {n}", n, "", "") for n in range(1, 12))
    text = b.shown(RunbookPage(replace(b.BOOK, steps=steps)), b.view(), 118, 34)
    assert "○  9 Step 9" in text
    assert "○ 11 Step 11" in text


def test_when_every_step_is_done_no_key_is_offered_that_does_nothing() -> None:
    it, s = at("done", "done", "done", "skipped")
    b.shown(it, s.session.view, 118, 34)
    assert not {"x", "s"} & {key for key, _ in it.keys}
    s.type(it, "x")
    assert s.refused[-1] == ("x", "every step is done", "esc goes back; there c closes the incident.")


def test_no_runbooks_is_said() -> None:
    assert "No runbooks found" in b.shown(RunbooksPage(list, RunbookPage), b.view(), 78, 20)


def test_a_list_that_was_opened_early_fills_itself() -> None:
    read: list[Runbook] = []
    it = RunbooksPage(lambda: read or None, RunbookPage)
    assert "reading them" in b.shown(it, b.view(), 78, 20)
    read.append(b.BOOK)
    assert b.BOOK.title in b.shown(it, b.view(), 78, 20)


# -- back, alone, in other hands


def test_what_was_typed_is_there_when_the_page_is_opened_again_and_gone_in_another_run() -> None:
    book = replace(b.BOOK, vars=(Variable("pump", "Which pump"),))
    it, s = RunbookPage(book), b.FakeScreen(b.FakeSession(view("done", "todo", "todo", "todo")))
    it.opened(s)
    it.given["pump"] = "north"
    again = RunbookPage(book)
    again.opened(s)
    assert "north" in b.shown(again, s.session.view, 118, 34)
    s.session.view = b.view()
    s.type(again, "x")
    assert isinstance(s.session.commands[-1], StartRunbook)
    assert "north" not in b.shown(again, s.session.view, 118, 34)


def test_u_asks_for_a_value_as_the_step_itself_does() -> None:
    back = TypedAction("workload.start", (("name", "{{ pump }}"),), 4, (("undo", "true"),))
    book = replace(
        b.BOOK,
        steps=(*b.BOOK.steps[:2], replace(b.BOOK.steps[2], undo_action=back), b.BOOK.steps[3]),
        vars=(Variable("pump", "Pump to start again"),),
    )
    it, s = RunbookPage(book), b.FakeScreen(b.FakeSession(view("done", "done", "done", "todo")))
    b.shown(it, s.session.view, 118, 34)
    s.type(it, "u")
    label, done = s.prompts[-1]
    assert label == "Pump to start again"
    done(" ")
    assert s.refused[-1] == ("u", "pump needs a value", "")
    done("north")
    assert s.session.plans == [("workload.start", {"name": "north"})]


def test_u_asks_for_what_the_shell_text_of_its_author_needs() -> None:
    valve = Command("sh", 'rm "$PUMP"', True, 4, (("undo", "true"),))
    book = replace(b.BOOK, steps=(*b.BOOK.steps[:2], replace(b.BOOK.steps[2], undo=(valve,)), b.BOOK.steps[3]))
    it, s = RunbookPage(book), b.FakeScreen(b.FakeSession(view("done", "done", "done", "todo")))
    s.session.planned = Refusal("PUMP has no value", unset="pump")
    b.shown(it, s.session.view, 118, 34)
    s.type(it, "u")
    s.prompts[-1][1]("north")
    asked = {"runbook": book.id, "step": "3", "undo": "true"}
    assert s.session.plans == [("shell", asked), ("shell", {**asked, "set.pump": "north"})]


def test_u_takes_the_last_step_back_by_what_its_author_wrote() -> None:
    valve = Command("sh", "rm valve", True, 4, (("undo", "true"),))
    book = replace(b.BOOK, steps=(*b.BOOK.steps[:2], replace(b.BOOK.steps[2], undo=(valve,)), b.BOOK.steps[3]))
    it, s = RunbookPage(book), b.FakeScreen(b.FakeSession(view("done", "done", "done", "todo")))
    text = b.shown(it, s.session.view, 118, 34)
    assert ("u", "undo step 3") in it.keys
    assert "← 4" not in text
    s.type(it, "[")
    assert "← rm valve" in b.shown(it, s.session.view, 118, 34)
    s.type(it, "u")
    assert s.session.plans == [("shell", {"runbook": book.id, "step": "3", "undo": "true"})]


@pytest.mark.parametrize("action", ["workload.exec", "workload.copy-out", "workload.copy-in"])
def test_what_a_file_takes_back_in_a_container_must_be_allowed_too(action: str) -> None:
    step = replace(b.BOOK.steps[0], undo_action=TypedAction(action, (("name", "web"), ("command", "id")), 16))
    book = replace(b.BOOK, steps=(step, *b.BOOK.steps[1:]))
    _, s = at("done", "todo", "todo", "todo")
    s.type(RunbookPage(replace(book, trusted=False)), "u")
    assert s.refused == [("u", f"{action} of this file is not allowed yet", f"incidentui trust {book.path}")]
    assert s.session.plans == []
    s.type(RunbookPage(book), "u")
    assert s.session.plans == [(action, {"name": "web", "command": "id"})]


@pytest.mark.req("F32")
def test_u_takes_back_what_moved_the_branch_by_its_own_undo() -> None:
    _, s = at("done", "done", "todo", "todo")
    s.type(RunbookPage(b.BOOK), "u")
    assert s.session.plans == [("git.undo", {"of": "r1"})]


def test_u_on_what_a_person_did_wants_a_word() -> None:
    it, s = at("done", "todo", "todo", "todo")
    s.type(it, "u")
    s.prompts[-1][1](" ")
    assert s.refused[-1][1] == "what took it back is not said"
    s.prompts[-1][1]("told them it is off")
    assert s.session.commands == [SetStep(1, "undone", "ana", "told them it is off")]


def test_nothing_to_undo_is_said() -> None:
    it, s = at("todo", "todo", "todo", "todo")
    s.type(it, "u")
    assert s.refused == [("u", "no step was gone through that could be undone", "")]


def test_the_step_that_is_shown_can_be_run_alone() -> None:
    it, s = at("todo", "todo", "todo", "todo")
    s.type(it, "]", "]")
    b.shown(it, s.session.view, 118, 34)
    assert ("X", "run only this step") in it.keys
    s.type(it, "X")
    assert s.session.plans == [("shell", {"runbook": b.BOOK.id, "step": "3"})]


def test_a_file_whose_steps_are_others_now_is_begun_anew() -> None:
    first = replace(b.BOOK.steps[0], title="A new first step")
    shifted = tuple(replace(s, n=s.n + 1) for s in b.BOOK.steps)
    it = RunbookPage(replace(b.BOOK, digest="other", steps=(first, *shifted)))
    s = b.FakeScreen(b.FakeSession(view("done", "todo", "todo", "todo")))
    s.type(it, "u", "X")
    assert [(key, why) for key, why, _ in s.refused] == [
        ("u", "the file changed: step 1 is another one now"),
        ("X", "the file changed: step 2 is another one now"),
    ]
    s.type(it, "x")
    (command,) = s.session.commands
    assert isinstance(command, StartRunbook)
    assert (command.digest, s.session.plans) == ("other", [])


def test_who_does_not_work_through_it_follows_and_takes_over() -> None:
    it, s = at("done", "todo", "todo", "todo")
    run = replace(b.run("done", "todo", "todo", "todo"), holder="bo", held=b.at(9), handed="ana: the valve is open")
    s.session.view = b.view(runbook=run)
    it.opened(s)
    assert "bo · since" in (text := b.shown(it, s.session.view, 118, 34))
    assert "handed over by ana: the valve is open" in text
    assert dict(it.keys)["T"] == "take it over"
    s.type(it, "x", "s", "u", "X")
    assert [(key, why) for key, why, _ in s.refused] == [(key, "bo works through it") for key in "xsuX"]
    s.type(it, "T")
    assert s.session.commands == [HandOver("ana", "ana")]
    told = s.pages[-1]
    assert isinstance(told, HandedPage)
    for width, height in b.SIZES:
        rows = b.shown(told, s.session.view, width, height).splitlines()
        assert [row.split(" ─")[0].strip() for row in rows if " ──" in row] == ["NEXT", "NOW", "THE RUNBOOK"]
        assert any(row.strip().startswith("1 step 2 of Roll back a bad deploy") for row in rows)
        assert "Handed over: ana: the valve is open" in "\n".join(rows)


def test_a_refused_hand_over_shows_no_page_of_it_and_keeps_what_was_typed() -> None:
    no = Refusal("the journal cannot be written", "see the status row")
    it, s = at("done", "todo", "todo", "todo")
    s.session.answer = no
    s.type(it, "T")
    s.prompts[-1][1]("bo: the valve is open")
    assert s.refused[-1] == ("T", no.why, no.hint)
    s.type(it, "T")
    assert s.initial == "bo: the valve is open"
    run = replace(b.run("done", "todo", "todo", "todo"), holder="bo")
    s.session.view = b.view(runbook=run)
    s.type(it, "T")
    assert not any(isinstance(page, HandedPage) for page in s.pages)


def test_who_works_through_it_hands_it_over_with_a_word() -> None:
    it, s = at("done", "todo", "todo", "todo")
    s.type(it, "T")
    s.prompts[-1][1](": nobody")
    assert s.refused[-1][1] == "to whom is not said"
    s.prompts[-1][1]("bo: the valve is open")
    assert s.session.commands == [HandOver("ana", "bo", "the valve is open")]


@pytest.mark.req("R3-33")
def test_a_wait_shows_what_is_left_and_s_cuts_it_short() -> None:
    plan = Plan("wait", (("for", "10m"),), "Wait 10m", "shop", changes=False, within_ms=600_000)
    going = Attempt("w", 0, plan, b.ME, "ana", b.at(12), step=1, outcome="done", acted=b.at(12))
    steps = (
        replace(b.run("running", "todo", "todo", "todo").steps[0], action="wait"),
        *b.run("running", "todo", "todo", "todo").steps[1:],
    )
    run = replace(b.run("running", "todo", "todo", "todo"), steps=steps)
    it = RunbookPage(b.BOOK)
    s = b.FakeScreen(b.FakeSession(b.view(runbook=run, attempts={"w": going}, acting="w")))
    text = b.shown(it, s.session.view, 118, 34)
    assert "8m of 10m left" in text
    assert "s cuts it short" in text
    assert ("s", "cut short, with a reason") in it.keys
    s.type(it, "s")
    s.prompts[-1][1](" ")
    assert s.refused[-1][1] == "cutting short needs a reason"
    s.prompts[-1][1]("it is up")
    assert s.session.commands == [StopAction("ana", "it is up")]


@pytest.mark.req("R1-38")
def test_the_last_run_stands_in_the_list_and_on_the_page() -> None:
    last = LastRun(b.BOOK.id, "r", "ana", b.at(-60), b.at(-46), 2, 4, "3 See the log, failed", True)
    quiet = b.view(runbook=None, last_runs={b.BOOK.id: last})
    said = "last run 1h ago by ana: stopped at 3 See the log, failed"
    for width, height in b.SIZES:
        assert "stopped at 3" in " ".join(b.shown(RunbookPage(b.BOOK), quiet, width, height).split())
        assert said in b.shown(RunbooksPage(lambda: [b.BOOK], RunbookPage), quiet, width, height)


def test_how_a_block_runs_and_where_it_leads_is_told() -> None:
    attrs = (("within", "10m"), ("every", "30s"), ("cwd", "ops"), ("background", "true"))
    odd = replace(b.BOOK.steps[2], commands=(Command("sh", "sudo make", True, 2, attrs),), then=4, otherwise=4)
    book = replace(b.BOOK, steps=(*b.BOOK.steps[:2], odd, b.BOOK.steps[3]))
    text = " ".join(b.shown(RunbookPage(book), view("done", "done", "todo", "todo"), 118, 34).split())
    for part in (
        "asked every 30s until exit 0, up to 10m · in ops",
        "! background has no effect",
        "! uses sudo",
        "→ step 4 when it comes out good · step 4 when it fails",
    ):
        assert part in text


def test_a_link_to_another_runbook_opens_it() -> None:
    beside = replace(b.BOOK, id="portal", title="Restart the portal", path="runbooks/ops/portal.md")
    came = replace(b.BOOK, id="crash-loop", title="Crash loop", path="runbooks/crash-loop.md", origin="shipped")
    prose = "See [it](https://x.example/a.md), the portal (ops/portal.md#now), (nowhere.md) or (crash-loop.md)."
    book = replace(b.BOOK, steps=(replace(b.BOOK.steps[0], prose=prose), *b.BOOK.steps[1:]))
    it = RunbookPage(book, (book, beside, came))
    s = b.FakeScreen(b.FakeSession(view("todo", "todo", "todo", "todo")))
    text = b.shown(it, s.session.view, 118, 34)
    assert "1 Restart the portal" in text
    assert "2 Crash loop" in text
    assert ("1–2", "the runbook it links to") in it.keys
    s.type(it, "2")
    (page,) = s.pages
    assert isinstance(page, RunbookPage)
    assert page.runbook is came
    assert not it.handle("3", s)
