"""Keys that open something: the row under the cursor, the menu of actions, runbooks, the draft, help, the palette.

Pages are imported when they are opened: the first frame does without them.
"""

from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING

from incidentui.core.events import Recorded
from incidentui.core.format import short
from incidentui.core.idle import by_hand, idle_under_red
from incidentui.core.model import is_bad
from incidentui.core.state import State
from incidentui.core.steps import current_step
from incidentui.tui.desk import Desk
from incidentui.tui.keys import ACTS, RECORDS
from incidentui.tui.keys import TABLE as KEYS
from incidentui.tui.page import Neighbours, Page
from incidentui.tui.palette import Entry, Palette
from incidentui.tui.present.scene import Scene

if TYPE_CHECKING:
    from incidentui.runbook.model import Runbook
    from incidentui.tui.pages.act import Choice


def open_row(desk: Desk) -> None:
    key = desk.pane.cursor
    page = page_of(desk, key)
    if page is not None:
        desk.push(page, origin=key)
    elif key is None:
        desk.refuse("enter", "no row is chosen")


def page_of(desk: Desk, key: Hashable) -> Page | None:
    """The page behind a row; None (and said why) when there is none."""
    record = desk.window.find(key)
    if record is not None:
        return _event(desk, record)
    if not isinstance(key, tuple) or len(key) < 2:
        return None
    kind, name = key[0], key[1]
    if kind == "commit":
        from incidentui.tui.pages.commit import CommitPage

        return CommitPage(str(name))
    if kind == "workload":
        from incidentui.tui.pages.workload import WorkloadPage

        return WorkloadPage(str(name))
    if kind == "service":
        return _service(desk, str(name))
    if kind in ("runbook", "step"):
        run = desk.view.state.runbook
        return runbook_page(desk, str(name) if kind == "runbook" else run.runbook if run else "")
    return None


def _event(desk: Desk, record: Recorded) -> Page:
    from incidentui.tui.pages.opening import open_row as open_event

    return open_event(record, desk.session)


def _service(desk: Desk, name: str) -> Page | None:
    """The evidence of the check that decides the service."""
    from incidentui.tui.pages.evidence import EvidencePage

    service = desk.view.state.services[name]
    check = desk.view.state.checks.get(service.check)
    evidence = desk.session.evidence(check.evidence) if check is not None and check.evidence else None
    if evidence is None:
        desk.refuse("enter", f"nothing is kept of {name}: {service.why}", "v looks now")
        return None
    return EvidencePage(evidence, about=name)


def runbook_page(desk: Desk, ident: str, key: str = "enter") -> Page | None:
    if not desk.shelved and not desk.books:
        desk.refuse(key, "the runbooks are still being read", "press it again")
        return None
    book = next((b for b in desk.books if b.id == ident), None)
    if book is None:
        desk.refuse(key, f"runbook {ident or 'unknown'} is not here", "r lists those that are")
        return None
    return _book_page(desk, book)


def _book_page(desk: Desk, book: "Runbook") -> Page:
    """A run that was begun with another text keeps it."""
    from incidentui.tui.pages.runbook_page import RunbookPage

    run, begun = desk.view.state.runbook, desk.begun
    begun_so = run is not None and begun is not None and (begun.id, begun.digest) == (book.id, run.digest)
    if begun is not None and begun_so and begun.digest != book.digest:
        return RunbookPage(begun, desk.books, book)
    return RunbookPage(book, desk.books)


def runbooks(desk: Desk) -> None:
    from incidentui.tui.pages.runbook_list import RunbooksPage

    desk.push(RunbooksPage(lambda: desk.books if desk.shelved else None, partial(_book_page, desk)))
    go_on(desk)


def go_on(desk: Desk) -> None:
    """From the list to the runbook that is being worked through; again when the runbooks come while it is open.

    One whose steps are all done is at its end: what fits by now is in the list.
    """
    from incidentui.tui.pages.runbook_list import RunbooksPage

    run = desk.view.state.runbook
    if not isinstance(desk.page, RunbooksPage) or run is None or run.ended is not None:
        return
    if current_step(run.steps) is None:
        return
    if any(book.id == run.runbook for book in desk.books) and (page := runbook_page(desk, run.runbook)) is not None:
        desk.push(page)


def step(desk: Desk, key: str) -> None:
    """Runs or skips the step to do, on the page of its runbook so that what happens is seen."""
    run = desk.view.state.runbook
    if run is None or run.ended is not None:
        desk.refuse(key, "no runbook is being worked through", "r chooses one")
        return
    page = runbook_page(desk, run.runbook, key)
    if page is not None:
        desk.push(page)
        page.handle(key, desk)


def act(desk: Desk) -> None:
    from incidentui.tui.pages.act import ActPage, about_workload, commit_menu

    key, state = desk.pane.cursor, desk.view.state
    if desk.focus == "commits" and isinstance(key, tuple):
        menu = commit_menu(str(key[1]), desk.session.me, state)
    elif desk.focus == "workloads" and isinstance(key, tuple):
        menu = ActPage(f"workload {key[1]}", about_workload(str(key[1]), state))
    else:
        menu = ActPage("the incident", usual(desk))
    desk.push(menu, origin=key)


def usual(desk: Desk) -> "tuple[Choice, ...]":
    """The ways back that fit what is red: known-good, the suspect, workloads that are down, and a fresh look."""
    from incidentui.tui.pages.act import Choice, about_checkpoints, about_workload, to_good

    state = desk.view.state
    out: list[Choice] = []
    branch = state.project.branch or "the branch"
    for workload in by_hand(state, tuple(idle_under_red(state))):
        out += about_workload(workload.name, state)[:1]
    if state.good is not None and not _good_runs(state):
        out.append(to_good(state.good.sha, branch))
    if state.suspect is not None:
        commits = (("commits", state.suspect.sha), ("push", "true"))
        out.append(Choice(f"Revert suspect {short(state.suspect.sha)}", "new commit, new push", "git.revert", commits))
    for workload in state.workloads.values():
        if is_bad(workload):
            out += about_workload(workload.name, state)[:1]
    out.append(Choice("Verify recovery", "changes nothing", "verify", (("consecutive", "3"),)))
    last = next((a for a in reversed(tuple(state.attempts.values())) if a.plan.action.startswith("git.")), None)
    if last is not None and last.outcome == "done" and last.plan.changes:
        out.append(Choice(f"Undo: {last.plan.title}", "where nobody built on it", "git.undo", (("of", last.run),)))
        out.append(Choice("Bring saved work back", "over nothing of today", "git.restore-work"))
    return (*out, *about_checkpoints(state))[:9]


def _good_runs(state: State) -> bool:
    """Whether what is known to be good is what runs, everywhere that tells."""
    told = {s.running for s in state.services.values() if s.running}
    return state.good is not None and told == {state.good.sha}


def logs(desk: Desk) -> None:
    """Of the chosen service or workload, else of all workloads."""
    from incidentui.tui.pages.logs import LogsPage, Scope, members

    key = desk.pane.cursor
    scope = Scope("all")
    if desk.focus == "services" and isinstance(key, tuple) and key[0] == "service":
        scope = Scope("service", str(key[1]))
    elif desk.focus == "workloads" and isinstance(key, tuple) and key[1] in desk.view.state.workloads:
        scope = Scope("workload", str(key[1]))
    if not members(scope, desk.view.state):
        name = f"service {scope.name}" if scope.name else "this project"
        desk.refuse("l", f"{name} has no workloads", "enter on a workload shows its log")
        return
    desk.push(LogsPage(scope), origin=key)


def draft(desk: Desk) -> None:
    from incidentui.tui.pages.draft import DraftPage

    known = desk.scene().incident or next(reversed(tuple(desk.view.state.incidents.values())), None)
    if known is None:
        desk.refuse("p", "there is no incident to write about", "o opens one")
    else:
        desk.push(DraftPage(known.id))


def hypotheses(desk: Desk) -> None:
    from incidentui.tui.pages.hypotheses import HypothesesPage

    known = desk.scene().incident or next(reversed(tuple(desk.view.state.incidents.values())), None)
    if known is None:
        desk.refuse("h", "there is no incident to think about", "o opens one")
    else:
        desk.push(HypothesesPage(known.id))


def help_page(desk: Desk) -> None:
    from incidentui.tui.help import HelpPage

    desk.push(HelpPage())


def neighbour(desk: Desk, by: int) -> None:
    """The next item of its kind, on the same page."""
    page = desk.page
    if isinstance(page, Neighbours):
        there = page.neighbour(by, desk.view)
        if there is not None:
            desk.replace(there)
        else:
            desk.refuse("J" if by > 0 else "K", "nothing further on" if by > 0 else "nothing before this")
        return
    if page is None:
        desk.refuse("J" if by > 0 else "K", "it goes on from an open page", "enter opens the row")
        return
    pane = desk.surface.pane(desk.focus)
    if len(desk.pages) == 1 and pane.cursor == desk.pages[0].origin and pane.move(by):
        found = page_of(desk, pane.cursor)
        if found is not None:
            desk.replace(found, origin=pane.cursor)
        return
    desk.refuse("J" if by > 0 else "K", "this page has no neighbours", "esc goes back to the list")


def palette(desk: Desk) -> None:
    desk.palette = Palette(_entries(desk))
    desk.surface.draw_now()


def _entries(desk: Desk) -> list[Entry]:
    from incidentui.tui.commands import TABLE as COMMANDS
    from incidentui.tui.pages.plan import open_plan

    scene = desk.scene()
    plans = [
        Entry(
            f"{choice.title}…",
            partial(open_plan, desk, "enter", choice.action, dict(choice.args)),
            "opens its plan",
            refused=_refused(scene, "act"),
        )
        for choice in usual(desk)
    ]
    books = [
        Entry(f"Runbook: {book.title}", partial(_open_book, desk, book.id), "read it first", "r") for book in desk.books
    ]
    verbs = [
        Entry(
            _label(b.label, b.action),
            partial(COMMANDS[b.action], desk),
            key=b.keys[0],
            refused=_refused(scene, b.action),
        )
        for b in KEYS
        if b.group != "move" and b.action not in ("palette", "stop_step") and b.action in COMMANDS
    ]
    return [*plans, *verbs, *books]


def _open_book(desk: Desk, ident: str) -> None:
    page = runbook_page(desk, ident)
    if page is not None:
        desk.push(page)


def _label(label: str, action: str) -> str:
    words = {
        "runbooks": "Runbooks: choose, read",
        "hypotheses": "Hypotheses and causes: what was thought, did, why wrong",
        "logs": "Logs of all workloads, or of the chosen row",
        "draft": "Draft of the post-mortem",
        "mark": "Mark a key moment or a known-good commit",
        "help": "Help: all keys",
        "diff": "Differences of the commit",
    }
    return words.get(action, label[:1].upper() + label[1:])


def _refused(scene: Scene, action: str) -> str:
    if scene.view.playhead is not None and action in ACTS | RECORDS:
        return "this is a replay"
    if scene.view.read_only and action in ACTS:
        return scene.view.read_only
    run = scene.state.runbook
    if action in ("run_step", "skip_step") and (run is None or run.ended is not None):
        return "no runbook is being worked through"
    if action in ("close_incident", "severity") and scene.incident is None:
        return "no incident is open"
    if action == "open_incident" and scene.incident is not None:
        return f"{scene.incident.id} is open already"
    return ""


TABLE: dict[str, Callable[[Desk], None]] = {
    "open_row": open_row,
    "diff": open_row,
    "runbooks": runbooks,
    "run_step": partial(step, key="x"),
    "skip_step": partial(step, key="s"),
    "act": act,
    "hypotheses": hypotheses,
    "logs": logs,
    "draft": draft,
    "help": help_page,
    "next_item": partial(neighbour, by=1),
    "previous_item": partial(neighbour, by=-1),
    "palette": palette,
}
