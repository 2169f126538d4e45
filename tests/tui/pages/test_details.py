"""Commit, workload, evidence, event and draft pages, and what opens behind a row."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from incidentui.core import events as e
from incidentui.core.evidence import Timing, write_check_look
from incidentui.core.inputs import Evidence, MarkGood, Refusal
from incidentui.core.model import CheckSpec, CheckStatus, ProjectSpec, ServiceSpec, Workload
from incidentui.session.ports import DiffLine
from incidentui.tui.glyphs import ascii_twin
from incidentui.tui.page import Neighbours, Page
from incidentui.tui.pages.act import ActPage
from incidentui.tui.pages.commit import CommitPage
from incidentui.tui.pages.diff import hunks
from incidentui.tui.pages.draft import DraftPage, gaps
from incidentui.tui.pages.event import EventPage
from incidentui.tui.pages.evidence import EvidencePage, selected_lines
from incidentui.tui.pages.opening import open_row
from incidentui.tui.pages.plan import PlanPage
from incidentui.tui.pages.running import ActionPage
from incidentui.tui.pages.workload import WorkloadPage, sentence
from tests.tui.pages import builders as b


def opened(page: Page, session: b.FakeSession | None = None) -> b.FakeScreen:
    screen = b.FakeScreen(session or b.FakeSession())
    screen.push(page)
    return screen


# -- commit


@pytest.mark.req("F38")
@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_a_commit_says_why_it_is_the_suspect_and_shows_its_diff(width: int, height: int) -> None:
    it = CommitPage(b.BAD)
    opened(it)
    text = b.shown(it, b.view(), width, height)
    for line in (
        "‹ COMMIT  ▲ a942e4f suspect",
        "running now · 1 of 2 since ★ 59a77c4",
        "sam · 2026-03-04 08:58:00 · main",
        "2 files  +348 −19",
        "+340   −11 ██████████",
        "WHY IT IS THE SUSPECT ──",
        "✗ deployed 3m 46s before the first red",
        "hunk 1 of 2 · server/src/workers/queue.py",
        "  11 +     header = found.header",
    ):
        assert line in text
    assert ascii_twin(text.replace("\n", "")).isascii()


def test_added_and_deleted_lines_have_their_ground_and_their_sign() -> None:
    it = CommitPage(b.BAD)
    opened(it)
    grounds = {line.ground: line.text for line in it.lines(b.view(), b.at(14), 118, 34)}
    assert "+ " in grounds["addbg"]
    assert "- " in grounds["delbg"]


def test_brackets_go_from_hunk_to_hunk_and_say_when_there_is_none() -> None:
    it = CommitPage(b.BAD)
    s = opened(it)
    s.type(it, "]")
    text = b.shown(it, b.view(), 118, 34)
    assert "hunk 2 of 2" in text
    assert "found.header" not in text
    s.type(it, "]")
    assert s.refused == [("]", "no hunk further on", "")]
    s.type(it, "d")
    assert "found.header" in b.shown(it, b.view(), 118, 34)


def test_a_diff_under_way_and_one_that_is_refused() -> None:
    it = CommitPage(b.BAD)
    assert "○ asking git" in b.shown(it, b.view(), 118, 34)
    opened(it, b.FakeSession(diffs=Refusal("the object is not in this clone", "git fetch brings it.")))
    assert "? the object is not in this clone\n  git fetch brings it" in b.shown(it, b.view(), 118, 34)


def test_an_answer_that_never_comes_is_not_waited_for() -> None:
    class Falls(b.FakeSession):
        @override
        def diff(self, sha: str) -> "Future[Sequence[DiffLine] | Refusal]":
            future: Future[Sequence[DiffLine] | Refusal] = Future()
            future.set_exception(OSError("gone"))
            return future

    class Deaf(b.FakeScreen):
        @override
        def when(self, future: "Future[Any]", then: Callable[[Any], None]) -> None:
            return None

    it = CommitPage(b.BAD)
    Deaf(Falls()).push(it)
    assert "? git could not be asked." in b.shown(it, b.view(), 118, 34)


def test_an_empty_diff_and_a_commit_nobody_listed() -> None:
    it = CommitPage(b.THEIRS)
    opened(it, b.FakeSession(diffs=()))
    text = b.shown(it, b.view(), 78, 20)
    assert "It changes no text." in text
    assert "Not among the newest commits" in text


def test_a_renamed_file_without_hunks_can_be_reached() -> None:
    assert hunks((b.DIFF[0], b.DIFF[0], *b.DIFF[1:])) == [0, 2, 6]


def test_acting_on_a_commit_is_a_menu_of_plans() -> None:
    it = CommitPage(b.BAD)
    s = opened(it)
    s.type(it, "a")
    menu = s.pages[-1]
    assert isinstance(menu, ActPage)
    assert "1  Revert a942e4f" in b.shown(menu, b.view(), 78, 20)
    s.type(menu, "1")
    assert s.session.plans == [("git.revert", {"commits": b.BAD, "push": "true"})]
    assert isinstance(s.pages[-1], PlanPage)
    s.type(menu, "4")
    assert MarkGood(b.BAD, "ana") in s.session.commands


def test_on_known_good_the_first_choice_is_the_way_back_to_it() -> None:
    it = CommitPage(b.GOOD)
    s = opened(it)
    s.type(it, "a")
    menu = s.pages[-1]
    text = b.shown(menu, b.view(), 78, 20)
    assert "★ known-good" in text
    assert "1  Reset main to known-good 59a77c4" in text
    assert "Mark 59a77c4 known-good" not in text
    s.type(menu, "1")
    assert s.session.plans == [("git.reset", {"to": b.GOOD, "push": "true"})]


def test_on_a_commit_since_known_good_the_whole_way_back_stands_beside_its_revert() -> None:
    it = CommitPage(b.BAD)
    s = opened(it)
    s.type(it, "a")
    s.type(s.pages[-1], "2")
    assert s.session.plans == [("git.reset", {"to": b.GOOD, "push": "true"})]


def test_acting_read_only_says_why() -> None:
    view = replace(b.view(), read_only="read-only since 08:40")
    for it in (CommitPage(b.BAD), WorkloadPage("backend")):
        s = opened(it, b.FakeSession(view))
        it.lines(view, b.at(14), 118, 34)
        assert "a" not in dict(it.keys)
        s.type(it, "a")
        assert s.refused == [("a", "read-only since 08:40", "Start without it to act.")]
        assert s.session.plans == []


def test_the_next_commit_is_the_one_below() -> None:
    there = CommitPage(b.BAD).neighbour(1, b.view())
    assert there is not None
    assert there.sha == b.GOOD
    assert CommitPage(b.GOOD).neighbour(1, b.view()) is None


# -- workload


@pytest.mark.req("F60")
@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_a_workload_says_what_its_engine_cannot_tell(width: int, height: int) -> None:
    it = WorkloadPage("backend")
    opened(it)
    text = b.shown(it, b.view(), width, height)
    for line in (
        "✗ Starts and ends, again and again: Exited too quickly.",
        "the engine has no count; seen here: 7",
        "a942e4f ≠ HEAD 298a730",
        "✗ KeyError: 'header'",
        "┆ same line, 41 more times",
        "following",
    ):
        assert line in text


def test_running_without_a_health_check_is_never_a_tick() -> None:
    assert sentence(Workload("web", "docker", "running"))[0] == "·"
    assert sentence(Workload("web", "docker", "running", health="healthy"))[0] == "✓"
    assert sentence(Workload("web", "docker", "running", health="unhealthy"))[0] == "✗"
    assert sentence(Workload("web", "docker"))[0] == "?"


def test_brackets_go_from_error_to_error_backwards_from_the_newest() -> None:
    it = WorkloadPage("backend")
    s = opened(it)
    s.type(it, "[")
    assert (it.from_line, it.follow) == (3, False)
    s.type(it, "[")
    assert it.from_line == 1
    s.type(it, "[")
    assert s.refused == [("[", "no error line before this", "")]


def test_a_followed_log_shows_its_end_and_is_asked_again() -> None:
    many = tuple(replace(b.LOG[0], text=f"line {n}") for n in range(500))
    session = b.FakeSession(log=many)
    it = WorkloadPage("backend")
    s = opened(it, session)
    text = b.shown(it, b.view(), 78, 20)
    assert "line 499" in text
    assert len(text.splitlines()) <= 20
    session.log = b.LOG
    it.lines(b.view(), s.session.now() + 2_500, 78, 20)
    assert "exit 1" in b.shown(it, b.view(), 78, 20)


def test_a_log_nobody_can_read_says_why() -> None:
    it = WorkloadPage("backend")
    opened(it, b.FakeSession(log=Refusal("no answer from the supervisor's socket", "v tries again.")))
    assert "? no answer from the supervisor's socket\n  v tries again" in b.shown(it, b.view(), 78, 20)


@pytest.mark.parametrize(("key", "action"), [("1", "restart"), ("2", "stop"), ("3", "start")])
def test_each_deed_on_a_workload_opens_its_plan(key: str, action: str) -> None:
    it = WorkloadPage("backend")
    s = opened(it)
    s.type(it, "a")
    menu = s.pages[-1]
    assert isinstance(menu, ActPage)
    assert s.session.plans == []
    s.type(menu, key)
    assert s.session.plans == [(f"workload.{action}", {"name": "backend"})]


# -- evidence


@pytest.mark.req("F4", "F54")
@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_evidence_of_a_login_page_behind_a_200(width: int, height: int) -> None:
    text = b.shown(EvidencePage(b.SEEN, b.recorded(b.RED)), b.view(), width, height)
    for line in (
        "‹ EVIDENCE  sync-button",
        "✗ A login page, not the answer",
        "It says 200, and it is wrong: the request was led to a login page.",
        "2 of 3 differ",
        "✗ type         application/json",
        "2 requests, 1 redirect",
        "└ Location: /login/?next=/sync/",
        "text/html; charset=utf-8 · 3 517 bytes · first 8 lines",
        "2 <html data-url-name=",
        'login markers: form action="/login/"',
        "USER PATH ──",
    ):
        assert line in text


@pytest.mark.parametrize(("width", "height"), b.SIZES)
@pytest.mark.parametrize(
    ("timing", "said"),
    [
        (Timing(2, 14, 120, 3), "connect 2 ms · TLS 14 ms · first byte 120 ms · body 3 ms"),
        (Timing(first_byte_ms=120, body_ms=3), "connection kept · first byte 120 ms · body 3 ms"),
    ],
)
def test_the_parts_of_the_time_stand_in_one_line(width: int, height: int, timing: Timing, said: str) -> None:
    look = write_check_look(replace(b.LOOK, timing=timing))
    assert said in b.shown(EvidencePage(Evidence("check", look)), b.view(), width, height)


def test_the_whole_body_copy_as_curl_and_look_again() -> None:
    it = EvidencePage(b.SEEN, b.recorded(b.RED))
    s = opened(it)
    assert "<p>19</p>" not in b.shown(it, b.view(), 118, 34)
    s.type(it, "b", "y", "v")
    assert "<p>19</p>" in b.shown(it, b.view(), 118, 34)
    assert s.copied == ["curl -i -X POST http://127.0.0.1:8080/sync/"]
    assert s.session.looks == 1


def test_an_inner_check_that_is_green_while_users_fail_is_a_bypassed_layer() -> None:
    inner = replace(b.LOOK, layer="inner", verdict="ok", why="48 objects", login_markers=(), findings=())
    text = b.shown(EvidencePage(Evidence("check", write_check_look(inner))), b.view(), 118, 34)
    assert "bypassed layer" in text
    assert "never green" in text


def test_text_evidence_is_numbered_and_a_broken_document_is_shown_as_text() -> None:
    text = b.shown(EvidencePage(Evidence("log", "first\nsecond"), b.recorded(b.RED, "backend")), b.view(), 78, 20)
    assert "LOG ──" in text
    assert "2 second" in text
    assert "1 {not json" in b.shown(EvidencePage(Evidence("check", "{not json")), b.view(), 78, 20)


def test_selected_fits_its_pane() -> None:
    lines = selected_lines(b.recorded(b.RED), b.SEEN, 58, 12)
    assert len(lines) == 12
    assert lines[-1].text == "↵ the rest"
    facts = selected_lines(b.recorded(b.RED), None, 58, 30)
    assert any("looks" in line.text for line in facts)


# -- events and what opens behind a row


def test_an_event_without_evidence_shows_its_facts() -> None:
    event = e.ActionRequested("r1", 1, b.plan(), b.ME, "ana")
    text = b.shown(EventPage(b.recorded(event, "reset 1")), b.view(), 118, 34)
    assert "◇ Reset main to known-good ★ 59a77c4, then push, by ana" in text
    assert "takes back     a942e4f comprehensive queue settings, 298a730" in text
    assert "event          40, action.requested" in text


@pytest.mark.parametrize("name", sorted(e.TYPES))
@settings(max_examples=4, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_kind_of_event_has_facts_that_fit(name: str, data: st.DataObject) -> None:
    event = data.draw(st.from_type(e.TYPES[name]))
    for width, height in b.SIZES:
        b.shown(EventPage(b.recorded(event)), b.view(), width, height)


def test_each_row_opens_the_page_that_says_most() -> None:
    session = b.FakeSession(b.view(attempts={"r1": b.judged()}), kept={b.SEEN.sha256: b.SEEN})
    worse = e.WorkloadChanged(Workload("web", "docker"), Workload("web", "docker"), "restart 3")
    opens: dict[type[Page], e.Event] = {
        ActionPage: e.VerdictGiven("r1", "done", b.judged().verdict),  # type: ignore[arg-type]
        CommitPage: e.Deployed(("api",), b.GOOD, b.BAD),
        WorkloadPage: worse,
        EvidencePage: b.RED,
        EventPage: e.NoteAdded("hello", "bo"),
    }
    for page, event in opens.items():
        assert type(open_row(b.recorded(event), session)) is page


def test_neighbours_of_evidence_follow_the_timeline() -> None:
    rows = [b.recorded(e.NoteAdded("before", "bo"), seq=39), b.recorded(b.RED, seq=40)]
    session = b.FakeSession(timeline=rows, kept={b.SEEN.sha256: b.SEEN})
    it = EvidencePage(b.SEEN, rows[1])
    opened(it, session)
    assert isinstance(it, Neighbours)
    before = it.neighbour(-1, b.view())
    assert isinstance(before, EventPage)
    assert it.neighbour(1, b.view()) is None


# -- draft


@pytest.mark.req("F14", "R3-07")
@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_the_draft_names_its_parts_and_gaps_while_open(width: int, height: int) -> None:
    it = DraftPage("INC-7")
    opened(it)
    text = b.shown(it, b.view(), width, height)
    for line in (
        "‹ DRAFT  INC-7, as of 09:14",
        'still open: valid, marked "as of"',
        "✓ Summary",
        "○ Action items",
        "2 gaps",
    ):
        assert line in text or (line == "2 gaps" and "GAPS ─" in text)
    assert "The API answered 503 for 15m 26s." in text


def test_the_next_gap() -> None:
    assert [gap.text for gap in gaps(b.DRAFT)][1] == "Action items: none has an owner"
    it = DraftPage("INC-7")
    s = opened(it)
    rows = b.texts(it.lines(b.view(), b.NOW, 118, 34))[it.pinned[0] :]
    s.type(it, "]")
    assert rows[s.top].endswith("- Causes: suspected, nobody confirmed it")
    s.type(it, "]", "]")
    assert s.refused == [("]", "no gap further on", "")]


@pytest.mark.req("F15")
def test_writing_never_replaces_a_file_unasked(tmp_path: Path) -> None:
    it = DraftPage("INC-7")
    s = opened(it)
    file = tmp_path / "INC-7.md"
    s.type(it, "w")
    s.prompts.pop()[1](str(file))
    assert file.read_text(encoding="utf-8") == b.DRAFT
    file.write_text("mine", encoding="utf-8")
    s.type(it, "w")
    s.prompts.pop()[1](str(file))
    label, answer = s.prompts.pop()
    assert "exists, type yes" in label
    answer("no")
    assert file.read_text(encoding="utf-8") == "mine"
    answer("yes")
    assert file.read_text(encoding="utf-8") == b.DRAFT


def test_a_file_that_cannot_be_written_says_where_and_why(tmp_path: Path) -> None:
    it = DraftPage("INC-7")
    s = opened(it)
    s.type(it, "w")
    s.prompts.pop()[1](str(tmp_path / "missing" / "INC-7.md"))
    assert s.refused[-1] == (
        "w",
        f"{tmp_path}/missing/INC-7.md: No such file or directory",
        "w again, with another name.",
    )


def test_a_draft_that_cannot_be_made_says_why() -> None:
    it = DraftPage("INC-7")
    s = opened(it, b.FakeSession(text=Refusal("the template has an error in line 3", "See docs.")))
    assert "? the template has an error in line 3\n  See docs" in b.shown(it, b.view(), 78, 20)
    s.type(it, "w")
    assert s.refused == [("w", "the draft is not there yet", "")]


LAYERED = ProjectSpec(
    "quay",
    services=(ServiceSpec("api", layers=("proxy", "session", "cache")), ServiceSpec("db")),
    checks=(
        CheckSpec("sync-button", "api", crosses=("proxy", "orm")),
        CheckSpec("sync-direct", "api", "inner", crosses=("session", "orm")),
    ),
)


@pytest.mark.parametrize(("width", "height"), [(78, 20), (118, 34), (198, 44)])
def test_the_page_of_a_service_shows_which_check_crosses_which_layer(width: int, height: int) -> None:
    view = b.view()
    checks = {
        "sync-button": CheckStatus("sync-button", "api", "user", "failing", 1),
        "sync-direct": CheckStatus("sync-direct", "api", "inner", "ok", 1),
    }
    view = replace(view, state=replace(view.state, project=LAYERED, checks=checks))
    text = b.shown(EvidencePage(b.SEEN), view, width, height)
    assert "2 of 4 not on the user path" in text
    assert "  proxy    ✗ sync-button\n" in text + "\n"
    assert "! session  ✓ sync-direct (inner), only inner checks" in text
    assert "! cache    no check crosses it" in text
    assert "  orm      ✗ sync-button, ✓ sync-direct (inner)" in text
    assert "bypassed layer" in text
    assert "No check goes" not in text


def test_a_service_whose_users_no_check_sees_says_so_on_its_page() -> None:
    view = b.view()
    specs = (CheckSpec("sync-button", "api", "inner"),)
    project = replace(LAYERED, checks=specs)
    page = EvidencePage(b.SEEN)
    text = b.shown(page, replace(view, state=replace(view.state, project=project)), 118, 34)
    assert "! No check goes the user's path to api." in text
    needed = replace(
        project,
        services=(ServiceSpec("api"), ServiceSpec("page", depends_on=("api",))),
        checks=(*specs, CheckSpec("home", "page")),
    )
    text = b.shown(page, replace(view, state=replace(view.state, project=needed)), 78, 34)
    assert "Users are seen by the checks of page, which needs it." in text
