"""What is left after a way back, on the page of its verdict; and a commit with what speaks for it."""

import re
from dataclasses import replace

import pytest

from incidentui.core.events import Deployed
from incidentui.core.model import (
    Commit,
    ErrorText,
    FileChange,
    FileLeft,
    Ledger,
    LedgerCommit,
    Light,
    Plan,
    Repository,
    SeenError,
    Suspect,
    Suspected,
)
from incidentui.core.words import row
from incidentui.session.ports import DiffLine, View
from incidentui.tui.glyphs import ascii_twin
from incidentui.tui.pages.commit import CommitPage
from incidentui.tui.pages.difference import DifferencePage
from incidentui.tui.pages.running import ActionPage
from incidentui.tui.pages.verdict import what_now
from incidentui.tui.present.commits import lines as pane
from incidentui.tui.present.scene import Scene
from tests.tui.pages import builders as b

SHAS = {name: name + "0" * 33 for name in ("721890f", "cddd466", "e9639e5", "87bc5e0", "0cbaa8c", "58320b8")}
CLAIM = 'its message says "back to working state"; its tree is not the tree of ★ 59a77c4'
FATAL = "Fatal error: Access level to DHCPv6OptionsModel::backupKeaConfig() must be protected or weaker"
BOOK = Ledger(
    b.GOOD,
    b.HEAD,
    (
        LedgerCommit(b.HEAD, "taken back", "ana", "Revert three", 0, 3),
        LedgerCommit(SHAS["721890f"], "partly", "sam", "Remove protected backupKeaConfig", 1, 2),
        LedgerCommit(SHAS["cddd466"], "in force", "sam", "Revert all, back to working state", 2, 2, CLAIM),
        LedgerCommit(SHAS["e9639e5"], "taken back", "sam", "Fix backup method", 0, 1),
        LedgerCommit(SHAS["87bc5e0"], "taken back", "sam", "Remove duplicate", 0, 2),
        LedgerCommit(SHAS["0cbaa8c"], "taken back", "sam", "Update description", 0, 1),
        LedgerCommit(SHAS["58320b8"], "in force", "sam", "Add automatic backups", 2, 2),
    ),
    (
        FileLeft("app/Models/KeaModel.php", 31, 0, (SHAS["58320b8"],)),
        FileLeft("app/Models/DHCPv6OptionsModel.php", 4, 9, (SHAS["cddd466"],)),
        FileLeft("public/logo.png", None, None, (), "new"),
    ),
    3,
    symbol="backupKeaConfig",
    places=(("app/Models/KeaModel.php", 214), ("app/Models/DHCPv6OptionsModel.php", 58)),
)
FORCE = (SHAS["721890f"], SHAS["cddd466"], SHAS["58320b8"])
BACK = (SHAS["e9639e5"], SHAS["87bc5e0"], SHAS["0cbaa8c"])
SEEN = SeenError("check:api-health", "api", ErrorText("sig", FATAL, "backupKeaConfig"), b.at(2), SHAS["58320b8"])
LIGHTS = (
    Light("tree", False, "3 files differ from ★ 59a77c4", "git rev-parse", b.at(13)),
    *b.LIGHTS[1:3],
    Light("running", True, "runs 298a730", "file", b.at(13)),
    Light("user_path", False, "api: 500, same error again", "GET /health", b.at(13)),
)


def incomplete() -> View:
    plan = Plan("git.revert", (("commits", "x"),), "Revert 3 commits, then push", "main", push=True)
    judged = b.judged(
        why="3 of 6 commits taken back, 3 still in force", lights=LIGHTS, in_force=FORCE, partly=FORCE[:1],
        taken_back=BACK, differs=tuple(f.path for f in BOOK.files), same_error=(FATAL,),
    )  # fmt: skip
    attempt = replace(judged, plan=plan, ledger=BOOK, revision=b.HEAD, in_force=FORCE, taken_back=BACK, lights=LIGHTS)
    return b.view(attempts={"r1": attempt}, ledger=BOOK, errors=(SEEN,))


@pytest.mark.req("R0-08", "R0-09", "R0-10", "F44")
@pytest.mark.parametrize("size", b.SIZES)
def test_the_page_names_each_commit_each_file_and_the_error_that_came_again(size: tuple[int, int]) -> None:
    text = b.shown(ActionPage("r1"), incomplete(), *size)
    flat = " ".join(text.split())
    for part in (
        "✗ NOT COMPLETE",
        "3 of 6 commits taken back, 3 still in force",
        '"Rolled back" is not written to the record until the tree equals ★ 59a77c4.',
        "COMMITS SINCE ★ 59a77c4",
        "3 in force · 3 taken back",
        "✗ cddd466 in force",
        "! 721890f partly",
        "1 of 2 files",
        "✓ e9639e5 taken back",
        "FILES THAT STILL DIFFER",
        "+31",
        "before it",
        "SAME ERROR AGAIN",
        "≡ before = after",
        "KeaModel.php:214",
        "seen since 09:02:00, first after 58320b8",
        "Revert 721890f, cddd466, 58320b8 too",
    ):
        assert part in flat, part
    assert "└ its message says" in text
    assert "298a730 taken back" not in text
    assert "success" not in text.lower()


def test_rows_open_a_commit_a_file_or_all_differences() -> None:
    view = incomplete()
    screen = b.FakeScreen(b.FakeSession(view))
    page = ActionPage("r1")
    page.lines(view, b.NOW, 118, 34)
    assert page.first_row == ("commit", SHAS["721890f"])
    screen.cursor = ("commit", SHAS["cddd466"])
    assert page.handle("enter", screen)
    screen.cursor = ("file", "app/Models/KeaModel.php")
    assert page.handle("enter", screen)
    assert page.handle("d", screen)
    kinds = [(type(p), getattr(p, "path", "")) for p in screen.pages]
    assert kinds == [(CommitPage, ""), (DifferencePage, "app/Models/KeaModel.php"), (DifferencePage, "")]


@pytest.mark.req("R0-09")
def test_the_page_opens_on_a_commit_in_force_so_that_the_sentence_on_top_stays_in_sight() -> None:
    page = ActionPage("r1")
    b.shown(page, incomplete(), 118, 34)
    assert page.first_row == ("commit", FORCE[0])


def test_the_differences_of_a_file_are_its_own() -> None:
    diff = (*b.DIFF, DiffLine("file", None, None, "docs/logo.png (binary)"))
    session = b.FakeSession(diffs=diff)
    one = opened(DifferencePage(b.GOOD, b.HEAD, "docs/logo.png"), b.view(), session)
    assert "★ 59a77c4 → 298a730  docs/logo.png" in one
    assert "found.header" not in one
    whole = opened(DifferencePage(b.GOOD, b.HEAD), b.view(), session)
    assert "found.header" in whole
    assert "docs/logo.png (binary)" in whole


def test_what_now_offers_the_tree_first_and_the_rest_of_the_revert() -> None:
    view = incomplete()
    titles = [choice.title for choice in what_now(view.state, view.state.attempts["r1"])]
    assert titles[:2] == ["Reset to ★ 59a77c4", "Revert 721890f, cddd466, 58320b8 too"]


@pytest.mark.req("R0-08")
def test_the_pane_says_what_stands_only_in_trouble() -> None:
    commits = tuple(Commit(c.sha, (), "sam", b.at(0), c.subject, 9, 1) for c in BOOK.commits)
    repository = Repository("main", b.HEAD, b.HEAD, "origin", b.at(12), commits=commits)
    state = b.state(ledger=BOOK, repository=repository, suspect=None)
    trouble = [line.text for line in pane(Scene(View(state, {}), b.NOW), 70)]
    assert "cddd466 in force" in "\n".join(trouble)
    assert "✓ e9639e5 taken back" in "\n".join(trouble)
    assert "! 721890f partly" in "\n".join(trouble)
    calm = replace(state, incidents={}, services={n: replace(s, state="ok") for n, s in state.services.items()})
    assert "in force" not in "\n".join(line.text for line in pane(Scene(View(calm, {}), b.NOW), 70))


def test_a_merge_that_nobody_counted_yet_shows_no_number_anywhere() -> None:
    merge = Commit("7" * 40, ("8" * 40, "9" * 40), "sam", b.at(0), "Merge sync", sized=False)
    state = b.state(repository=Repository("main", merge.sha, commits=(merge,)), suspect=Suspect(merge.sha, "api", ()))
    view = View(state, {})
    (text,) = [line.text for line in pane(Scene(view, b.NOW), 70) if "Merge sync" in line.text]
    assert re.search(r"suspect +· +· +sam", text), text
    page = b.shown(CommitPage(merge.sha), view, 118, 34)
    assert "size unknown" in page
    assert "0 files" not in page
    assert "+0" not in text + page
    deployed = b.recorded(Deployed(("api",), None, merge.sha, merge))
    assert row(deployed).text == "7777777  size unknown  Merge sync"
    assert row(deployed, [replace(merge, added=3, sized=True)]).text == "7777777  +3 −0  Merge sync"


def opened(page: DifferencePage | CommitPage, view: View, session: b.FakeSession) -> str:
    page.opened(b.FakeScreen(session))
    return b.shown(page, view, 118, 34)


def commit_view() -> View:
    reasons = ("deployed 3m 46s before the first red", "367 lines in one commit, the limit is 100")
    said = Suspected(b.BAD, reasons, ("no migration, no new dependency", "no CI run known"))
    other = Suspected(b.HEAD, ("is itself a revert",), ("no CI run known",))
    files = (FileChange("server/src/workers/queue.py", 340, 11), FileChange("db/migrate/001_seats.sql", 8, 8))
    commits = (b.COMMITS[0], replace(b.COMMITS[1], files=files), b.COMMITS[2])
    error = ErrorText("sig", "KeyError: 'header'", "header", "/srv/app/server/src/workers/queue.py", 11)
    return b.view(
        suspect=Suspect(b.BAD, "api", reasons, (b.HEAD, b.BAD), (said, other), 2),
        repository=replace(b.state().repository or Repository(), commits=commits),
        errors=(SeenError("workload:backend", "api", error, b.at(5), b.BAD),),
    )


@pytest.mark.req("R0-22", "R3-11", "R3-32", "F39")
def test_a_commit_shows_what_speaks_for_it_its_size_and_the_line_that_crashes() -> None:
    view = commit_view()
    session = b.FakeSession(view)
    text = opened(CommitPage(b.BAD), view, session)
    for part in (
        "WHY IT IS THE SUSPECT",
        "2 of 4 · no. 1 of 2",
        "✗ deployed 3m 46s before the first red",
        "· no migration, no new dependency",
        "367 lines, the limit is 100",
        "db/migrate/001_seats.sql  migration",
    ):
        assert part in text, part
    line = next(row for row in text.splitlines() if "found.header" in row)
    assert line.rstrip().endswith("◂ KeyError: 'header', since 09:05:00")
    assert "◂" not in opened(CommitPage(b.BAD), replace(view, state=replace(view.state, errors=())), session)
    assert "WHAT SPEAKS FOR IT" in opened(CommitPage(b.HEAD), view, session)
    ascii_twin(text).encode("ascii")


def test_a_line_number_is_not_believed_once_a_later_commit_changed_the_file() -> None:
    view = commit_view()
    touched = replace(b.COMMITS[0], files=(FileChange("server/src/workers/queue.py", 3, 0),))
    assert view.state.repository is not None
    moved = replace(view.state.repository, commits=(touched, *view.state.repository.commits[1:]))
    seen = replace(view.state.errors[0], revision=b.HEAD)
    state = replace(view.state, repository=moved, errors=(seen,))
    session = b.FakeSession(view)
    assert "◂" not in opened(CommitPage(b.BAD), replace(view, state=state), session)
