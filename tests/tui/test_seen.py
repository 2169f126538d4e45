"""What was found by looking at the real screen: names that were cut, hints that lied, rows that said nothing."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from incidentui.core import events as e
from incidentui.core.inputs import Refusal
from incidentui.core.model import Attempt, Owner, Plan, PlanCommit, PlanStep, Precondition, Source, StepState, Workload
from incidentui.session.ports import LogLine, View
from incidentui.tui.line import cells
from incidentui.tui.pages.event import told
from incidentui.tui.pages.impact import impact_lines
from incidentui.tui.pages.layout import commands, wall
from incidentui.tui.pages.log_lines import folded, log_lines
from incidentui.tui.pages.plan_lines import plan_lines
from incidentui.tui.pages.running import ActionPage
from incidentui.tui.present import header, ribbon, runbook, services, status, timeline, workloads
from incidentui.tui.present.headline import headline
from incidentui.tui.present.scene import RunbookEntry
from incidentui.tui.regions import PANES, Class
from tests.tui import fakes
from tests.tui.pages import builders as b
from tests.tui.screens import shown


@pytest.mark.parametrize("width", [50, 56, 78, 118])
def test_a_workload_is_never_cut_while_its_row_has_room(width: int) -> None:
    view = fakes.quiet()
    doors = {n: Workload(n, "supervisor", "running") for n in ("front-door", "a-much-longer-worker")}
    scene = fakes.scene(replace(view, state=replace(view.state, workloads=doors)))
    text = "\n".join(line.text for line in workloads.lines(scene, width))
    assert "front-door " in text
    assert "a-much-longer-worker " in text
    assert "no health check" in text


def test_a_service_says_the_first_part_of_an_answer_that_does_not_fit() -> None:
    view = fakes.first_red()
    api = replace(view.state.services["api"], why="no answer: connection refused")
    state = replace(view.state, services={**view.state.services, "api": api})
    for width in (50, 56):
        row = next(r.text for r in services.lines(fakes.scene(replace(view, state=state)), width) if "api" in r.text)
        assert "no answer " in row
        assert "…" not in row


def test_the_record_of_a_replay_fills_its_row() -> None:
    for width in (80, 120, 200):
        row = ribbon.lines(fakes.scene(fakes.replay()), width, "normal")[-1]
        assert cells(row.text) >= width - 3


def test_the_way_back_is_not_said_to_have_left_itself_running() -> None:
    view = fakes.first_red()
    suspect = view.state.suspect
    assert suspect is not None
    plan = Plan("git.reset", (("to", fakes.GOOD),), "Reset main", "main")
    owner = Owner("host", "boot", 1, 1)
    mine = Attempt("r1", 1, plan, owner, "ana", 1, revision=suspect.sha, outcome="done", ended=2)
    state = replace(view.state, attempts={"r1": mine})
    text = "\n".join(line.text for line in headline(fakes.scene(replace(view, state=state)), 120, "normal").lines)
    assert "suspect" in text
    assert "still running after" not in text


@pytest.mark.parametrize(("action", "said"), [("git.reset", True), ("shell", False), ("workload.restart", False)])
def test_only_a_git_action_is_said_to_have_taken_a_commit_back(action: str, said: bool) -> None:
    view = fakes.first_red()
    services = {name: replace(s, running=fakes.GOOD) for name, s in view.state.services.items()}
    plan = Plan(action, (), "A way back", "main")
    mine = Attempt("r1", 1, plan, Owner("host", "boot", 1, 1), "ana", 1, outcome="done", ended=2)
    state = replace(view.state, services=services, attempts={"r1": mine})
    text = "\n".join(line.text for line in headline(fakes.scene(replace(view, state=state)), 120, "normal").lines)
    assert ("took it back" in text) is said


def test_a_lost_remote_is_called_by_its_name() -> None:
    record = fakes.record(90, fakes.NOW, e.SourceLost("remote:origin", "could not resolve"), "remote:origin")
    assert timeline.told(fakes.scene(fakes.quiet()), record).subject == "origin"


def test_what_a_workload_was_is_told_only_where_it_differs() -> None:
    was = Workload("backend", "supervisor", "crashing", seen_restarts=3, note="Exited too quickly")
    facts = list(told(e.WorkloadChanged(was, replace(was, seen_restarts=4), "restart 4")))
    assert ("seen restarts", "3 → 4") in facts
    assert ("note", "Exited too quickly") in facts
    assert len({label for label, _ in facts}) == len(facts)


def test_a_command_is_broken_between_words_and_stays_whole() -> None:
    argv = ["git", "update-ref", "refs/incidentui/INC-1/75/head", "9" * 40, "x" * 90]
    rows = [line.text.removeprefix("│ ") for line in commands([argv], 60)]
    assert all(cells(row) <= 58 for row in rows)
    assert any("9" * 40 in row for row in rows)
    assert "".join(rows).replace(" ", "") == "".join(argv)


def lines_of(*texts: str) -> list[LogLine]:
    return [LogLine(None, "backend", "", text) for text in texts]


def test_a_crash_loop_is_shown_once_and_counted() -> None:
    log = lines_of("ready", *["Traceback", '  File "main.py"', "TypeError"] * 5, "Traceback")
    assert [(len(block), again) for block, again in folded(log)] == [(1, 0), (3, 4), (1, 0)]
    text = [line.text for line in log_lines(log, 80)]
    assert "  ┆ same 3 lines, 4 more times" in text
    assert '·   File "main.py"' in text
    assert [line for block, again in folded(log) for line in list(block) * (again + 1)] == log


def test_lines_that_come_again_say_until_when() -> None:
    log = [LogLine(second * 1_000, "backend", "", text) for second in range(0, 50, 10) for text in ("go", "boom")]
    text = [line.text for line in log_lines(log, 80)]
    assert text[-1] == f"  ┆ same 2 lines, 4 more times, last {wall(40_000)}"


def test_lines_that_differ_are_not_folded() -> None:
    log = lines_of(*(f"line {n}" for n in range(60)))
    assert all(not again for _, again in folded(log))


async def test_a_key_without_a_meaning_says_so_and_hints_keep_the_case_of_keys() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("u")
        assert "u refused: it does nothing here.   ? shows the keys." in screen.status
        await screen.press("x")
        await screen.press("s")
        assert "R chooses" not in screen.status
        await screen.press("3")
        await screen.press("enter")
        await screen.press("o")
        assert "o refused: it does nothing on this page.   esc goes back." in screen.status


async def test_letters_that_are_typed_are_not_offered_as_keys() -> None:
    async with shown(fakes.incident()) as screen:
        await screen.press("n")
        assert "? help" not in screen.text
        assert "letters go to the line" in screen.text


async def test_a_pane_nobody_has_been_in_starts_at_its_first_row() -> None:
    async with shown(fakes.quiet()) as screen:
        view = fakes.first_red()
        screen.session.publish(view)
        await screen.settle()
        pane = screen.screen.pane("commits")
        assert view.state.repository is not None
        assert pane.cursor == ("commit", view.state.repository.commits[0].sha)
        await screen.press("3")
        await screen.press("j")
        screen.session.publish(fakes.incident())
        await screen.settle()
        assert pane.cursor == ("commit", view.state.repository.commits[1].sha)


@pytest.mark.parametrize("width", range(48, 121, 8))
def test_columns_of_workloads_stand_under_each_other(width: int) -> None:
    rows = [line.text for line in workloads.lines(fakes.scene(fakes.incident()), width)[1:]]
    assert all(cells(row) <= width for row in rows)
    for one, other in pairwise(r for r in rows if " up " in r):
        assert one.index(" up ") + len(one.split(" up ")[1].split()[0]) == other.index(" up ") + len(
            other.split(" up ")[1].split()[0]
        )


def test_nothing_is_to_be_reset_once_everything_answers() -> None:
    view = fakes.incident()
    calm = {n: replace(s, state="ok") for n, s in view.state.services.items()}
    run = view.state.runbook
    assert run is not None
    state = replace(view.state, services=calm, runbook=replace(run, ended=1))
    text = "\n".join(line.text for line in headline(fakes.scene(replace(view, state=state)), 120, "normal").lines)
    assert "prove that it stays good, then close" in text
    assert "reset to" not in text


@pytest.mark.parametrize("height", [30, 34, 45])
def test_the_way_back_of_a_plan_is_seen_without_scrolling(height: int) -> None:
    checked = tuple(Precondition("head", f"condition {n}") for n in range(height - 14))
    plan = Plan(
        "git.reset",
        (),
        "Reset main",
        "main",
        steps=(PlanStep("push", "it"),),
        checked=checked,
        undo="Push the old tip.",
    )
    lines = plan_lines(plan, fakes.incident(), 118, height)
    assert "Push the old tip." in "\n".join(line.text for line in lines[: height - 3])


def test_authors_in_any_script_stand_in_one_column() -> None:
    back = (
        PlanCommit("a" * 40, "Ines 渡辺", "one", "innocent"),
        PlanCommit("b" * 40, "Robin Achterberg", "two", "yours"),
    )
    plan = Plan("git.reset", (), "Reset main", "main", takes_back=back)
    rows = [r.text for r in plan_lines(plan, fakes.incident(), 118, 34)]
    one, two = (next(r for r in rows if word in r) for word in (" one", " two"))
    assert cells(one[: one.index(" one")]) == cells(two[: two.index(" two")])


@pytest.mark.parametrize(("text", "wide"), [("ก็", 1), ("हिन्दी", 5), ("e\u0301", 1), ("日本", 4), ("a\u20e3", 1)])
def test_marks_of_any_script_take_no_cell(text: str, wide: int) -> None:
    assert cells(text) == wide


@pytest.mark.parametrize("size", [(60, "compact"), (80, "compact"), (120, "normal"), (160, "wide"), (200, "wide")])
def test_a_header_keeps_severity_clock_and_the_beginning_of_the_title(size: tuple[int, Class]) -> None:
    view = fakes.incident()
    inc = view.state.current
    assert inc is not None
    names = tuple(f"responder{n}" for n in range(9))
    many = replace(inc, title="Nobody can pay since the deploy of noon " * 4, responders=names)
    scene = fakes.scene(replace(view, state=replace(view.state, incidents={inc.id: many})))
    text = header.line(scene, *size).text
    assert "SEV1" in text
    assert "00:11:42" in text
    assert "Nobody can" in text


@pytest.mark.parametrize("width", [50, 56, 78])
def test_long_names_of_services_stay_apart(width: int) -> None:
    view = fakes.quiet()
    long = {n: replace(view.state.services["api"], name=f"service-with-a-long-name-{n}") for n in "123"}
    text = "\n".join(
        r.text for r in services.lines(fakes.scene(replace(view, state=replace(view.state, services=long))), width)
    )
    assert all(f"name-{n}" in text for n in "123")
    assert all(cells(row) <= width for row in text.split("\n"))


def test_a_lost_engine_says_where_and_why_in_rows_of_their_own() -> None:
    view = fakes.quiet()
    why = "supervisor socket /srv/a/rather/long/path/to/the/run/supervisor.sock: not there; start supervisord"
    lost = Source("supervisor", lost_since=fakes.NOW, why=why)
    state = replace(view.state, sources={**view.state.sources, "supervisor": lost})
    rows = [r.text for r in workloads.lines(fakes.scene(replace(view, state=state)), 50)]
    assert rows[1].endswith("visor.sock")
    assert "not there; start supervisord" in rows[2]


def test_the_commit_in_the_reason_of_a_suggestion_is_whole() -> None:
    entry = RunbookEntry("Roll back a bad deploy", "back", "5 steps")
    scene = replace(
        fakes.scene(fakes.first_red()), runbooks=(entry,), offered=(("back", "bookings failed after deploy a942e4f"),)
    )
    assert "a942e4f" in "\n".join(r.text for r in runbook.lines(scene, 66))


OFFERED = (("reset", "api failed after deploy a942e4f"), ("restart", "backend is crash looping"))


@pytest.mark.parametrize("width", [50, 66, 78])
def test_what_is_offered_stands_with_its_reason_and_what_fits_too_beneath(width: int) -> None:
    scene = replace(fakes.scene(fakes.first_red()), offered=OFFERED)
    rows = [r.text.rstrip() for r in runbook.lines(scene, width)]
    assert rows[1].startswith("Reset to known-good")
    assert rows[2:4] == ["because api failed after deploy a942e4f", "or Restart a workload  backend is crash looping"]
    assert all(cells(row) <= width for row in rows)


@pytest.mark.parametrize(("state", "rows"), [("failed", 1), ("todo", 0)])
def test_a_step_that_failed_names_what_fits_instead(state: StepState, rows: int) -> None:
    view = fakes.incident()
    run = view.state.runbook
    assert run is not None
    steps = tuple(replace(step, state=state) if step.n == 2 else step for step in run.steps)
    there = replace(view, state=replace(view.state, runbook=replace(run, steps=steps)))
    text = "\n".join(r.text for r in runbook.lines(replace(fakes.scene(there), offered=OFFERED), 66))
    assert text.count("or Reset to known-good  api failed after deploy a942e4f") == rows
    done = tuple(replace(step, state="done") for step in run.steps)
    over = replace(view, state=replace(view.state, runbook=replace(run, steps=done)))
    at_its_end = "\n".join(r.text for r in runbook.lines(replace(fakes.scene(over), offered=OFFERED), 66))
    assert "because api failed after deploy a942e4f" in at_its_end


async def test_a_verdict_is_opened_at_the_light_that_is_red() -> None:
    view = fakes.incident()
    judged = replace(b.judged(), incident=view.state.current.id if view.state.current else None)
    async with shown(replace(view, state=replace(view.state, attempts={"r1": judged}))) as screen:
        screen.screen.desk.push(ActionPage("r1"))
        await screen.settle()
        assert screen.screen.host.cursor == ("light", "running")
        await screen.press("k")
        await screen.settle()
        assert screen.screen.host.cursor == ("light", "remote")


def long_list(services: int, workloads: int) -> View:
    """More than there is room for; some of each are red, and one has a name that nobody can say."""
    state = fakes.incident().state
    names = ["the-service-that-keeps-the-list-of-all-vouchers", *(f"svc-{n:02}" for n in range(services - 1))]
    red = [replace(state.services["api"], name=n, since=fakes.NOW - 900_000) for n in names[:2]]
    good = [replace(state.services["login"], name=n) for n in names[2:]]
    web = state.workloads["web"]
    many = {f"worker-{n:03}": replace(web, name=f"worker-{n:03}") for n in range(workloads)}
    services_ = {**state.services, **{s.name: s for s in (*red, *good)}}
    return replace(fakes.incident(), state=replace(state, services=services_, workloads=many))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_what_a_list_has_no_room_for_is_counted(size: tuple[int, int]) -> None:
    async with shown(long_list(30, 500), size=size) as screen:
        for pane, title in (("2", "2 SERVICES ─"), ("4", "4 WORKLOADS ─")):
            text = await screen.press(pane)
            rows = [row for row in text.splitlines() if "svc-" in row or "worker-" in row or "vouchers" in row]
            told = re.search(r"↓ (\d+) more rows" if size[0] == 80 else rf"{title}.* · ↓ (\d+)", text)
            assert told is not None, text
            if pane == "4":
                assert int(told[1]) + sum("worker-" in row[:20] for row in rows) == 500


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_a_long_name_leaves_room_for_its_state(size: tuple[int, int]) -> None:
    async with shown(long_list(30, 5), size=size) as screen:
        assert "vouchers and 2 more are failing   503 for 15m" in screen.text
        assert "the-service-that-keeps-the-list-of-all-vouchers" not in screen.rows[1]


async def test_facts_do_not_say_again_what_the_sentence_says() -> None:
    async with shown(fakes.quiet(), size=(200, 50)) as screen:
        text = await screen.press("1", "G")
        assert text.count("heads-up: sam deploys sync changes at 9") == 2, "its row, and the sentence of SELECTED"
        assert "by             bo" in text
        assert "key            no" not in text


LONG = Refusal("the commands of this file are not allowed yet", "incidentui trust runbooks/lead-the-tunnel.md --diff")


@pytest.mark.parametrize("width", [80, 120])
async def test_an_answer_that_is_longer_than_its_row_goes_on_below(width: int) -> None:
    view = fakes.incident()
    session = fakes.session(view)
    session.plan_answer = replace(LONG, hint=LONG.hint if width == 80 else LONG.hint + " for all of it, step by step")
    async with shown(view, size=(width, 24), session=session) as screen:
        await screen.press("a", "1")
        assert screen.status.strip().startswith("1 refused: the commands of this file are not allowed yet.")
        assert screen.bar.strip().startswith("incidentui trust runbooks/lead-the-tunnel.md --diff")
        await screen.press("j")
        assert "esc back" in screen.bar


async def test_words_without_a_hint_go_on_below_too() -> None:
    async with shown(fakes.incident(), size=(80, 24)) as screen:
        screen.screen.desk.say("one word after the other " * 5)
        await screen.settle()
        assert (screen.status + " " + screen.bar).split()[1:] == ("one word after the other " * 5).split()


async def test_what_the_palette_says_of_its_entries_stands_under_each_other() -> None:
    async with shown(fakes.incident(), size=(80, 24)) as screen:
        text = await screen.press("ctrl+p")
        assert len({row.index("opens its plan") for row in text.splitlines() if "opens its plan" in row}) == 1


async def test_help_names_every_mark_of_a_state() -> None:
    async with shown(fakes.incident(), size=(120, 40)) as screen:
        text = await screen.press("?")
        marks = text[text.index("MARKS") :]
        assert [m for m in "✓!✗?~≈≡≠▲★◇◆▸○–“┆·↵" if m not in marks] == []


@pytest.mark.parametrize("width", [50, 56, 78])
def test_a_long_answer_takes_from_the_curve_and_a_path_gives_before_what_is_the_matter(width: int) -> None:
    view = fakes.first_red()
    told = "agent: ../lab/volumes/agents/of/the/north/agent.json is not there"
    services_ = {
        **view.state.services,
        "api": replace(view.state.services["api"], why="echo of tunnel"),
        "sheets": replace(view.state.services["sheets"], state="unknown", why=told),
    }
    rows = [
        r.text for r in services.lines(fakes.scene(replace(view, state=replace(view.state, services=services_))), width)
    ]
    assert any("echo of tunnel " in row for row in rows)
    assert any(row.startswith("  └ agent: ../lab/") and row.endswith("agent.json is not there") for row in rows)
    assert all(cells(row) <= width for row in rows)


def test_a_workload_that_just_came_up_says_so() -> None:
    view = fakes.quiet()
    web = replace(view.state.workloads["web"], since=view.state.at - 6_000)
    scene = fakes.scene(replace(view, state=replace(view.state, workloads={"web": web})))
    assert "up 6s" in workloads.lines(scene, 50)[1].text


def test_titles_of_runbooks_take_the_room_there_is() -> None:
    title = "Give the agent the backend's own token"
    scene = replace(fakes.scene(fakes.quiet()), runbooks=(RunbookEntry(title, "t", "12 steps"),))
    assert title in runbook.lines(scene, 66)[1].text
    assert "12 steps" in runbook.lines(scene, 40)[1].text


@pytest.mark.parametrize("width", [100, 120, 200])
async def test_the_way_back_stands_on_the_bar_of_every_page(width: int) -> None:
    async with shown(fakes.incident(), size=(width, 40)) as screen:
        for keys in (("4", "enter"), ("3", "enter"), ("h",), ("l",), ("p",)):
            await screen.press("escape", *keys)
            assert screen.screen.desk.page is not None, keys
            assert "esc back   ? help" in screen.bar, keys


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_a_folder_without_git_is_known_and_empty_panes_say_it_in_whole_sentences(size: tuple[int, int]) -> None:
    view = fakes.quiet()
    none = Source("git", fakes.NOW - 60_000, f"not a git repository: {'/a/long/way' * 9}; git init", 10_000)
    bare = replace(view.state, repository=None, sources={"git": none})
    async with shown(replace(view, state=bare), size=size) as screen:
        assert "✓ Everything answers." in screen.text
        assert "unknown" not in screen.rows[0]
        assert "No commits: not a git repository." in await screen.press("3")
    empty = replace(bare, services={}, checks={}, project=replace(bare.project, services=(), checks=()))
    async with shown(replace(view, state=empty), size=size) as screen:
        assert "· No checks yet. None is named in incidentui.toml." in screen.text
        assert "No services are named in incidentui.toml." in await screen.press("2")
    lost = replace(none, why="git did not answer within 5 s")
    async with shown(replace(view, state=replace(bare, sources={"git": lost})), size=size) as screen:
        assert "1 unknown" in screen.rows[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_what_fails_and_for_how_long_stand_in_the_headline_whatever_it_answers(size: tuple[int, int]) -> None:
    view = fakes.first_red()
    told = "step 4, sync button: 200, but a login page"
    services_ = {**view.state.services, "api": replace(view.state.services["api"], why=told)}
    lost = replace(view.state.services["sheets"], state="unknown", why="no route to host")
    state = replace(view.state, services={**services_, "sheets": lost})
    async with shown(replace(view, state=state), size=size) as screen:
        assert " for 42s" in screen.rows[1]
        assert "1 unknown" in screen.rows[1]
        assert (told in screen.rows[1]) == (size[0] > 80)


@pytest.mark.parametrize("width", [60, 66, 72, 80, 99])
def test_every_tab_is_there_with_what_is_bad_behind_it_however_narrow_the_window(width: int) -> None:
    scene = fakes.scene(fakes.incident())
    for active in PANES:
        text = status.tabs(scene, width, active).text
        assert [n for n in "12345" if f"{n} " not in text] == []
        assert active in text
        assert text.count("✗1") == 2
        assert "▲1" in text
        assert "2/5" in text
        assert cells(text) <= width
        assert "…" not in text
    assert all(name in status.tabs(scene, 80, "timeline").text for name in PANES)


async def test_next_is_no_step_of_a_run_that_another_person_works_through() -> None:
    view = fakes.incident()
    assert view.state.runbook is not None
    theirs = replace(view, state=replace(view.state, runbook=replace(view.state.runbook, holder="bo")))
    async with shown(theirs) as seen:
        row = next(row for row in seen.rows if "bo works through" in row)
        assert "r see it" in row
        assert "x preview" not in row


async def test_what_users_can_do_is_read_on_the_board_and_takes_no_cursor() -> None:
    view = fakes.incident()
    checks = tuple(
        replace(c, function="make a booking") if c.service == "api" else c for c in view.state.project.checks
    )
    view = replace(view, state=replace(view.state, project=replace(view.state.project, checks=checks)))
    async with shown(view) as seen:
        text = await seen.press("h")
        assert "WHAT USERS CAN DO" in text
        assert "✗ make a booking" in text
        cursor = seen.screen.desk.cursor
        assert not (isinstance(cursor, tuple) and cursor[0] == "function")
        rows = impact_lines(view.state.incidents["INC-7"], view.state, view.state.at, 100)
        assert {line.key for line in rows} == {None}
