"""Known errors on pages: what was said, beside it what that means, and what to do next."""

from dataclasses import replace

import pytest

from incidentui.core.evidence import parse_check_look, write_check_look
from incidentui.core.model import ErrorText, KnownError, SeenError
from incidentui.session.ports import LogLine
from incidentui.tui.page import Page
from incidentui.tui.pages.look import look_lines
from incidentui.tui.pages.workload import WorkloadPage
from tests.tui.pages import builders as b


def opened(page: Page, session: b.FakeSession) -> None:
    b.FakeScreen(session).push(page)


KNOWN = KnownError("db-gone", "The data folder is empty.", "Compare the volume first.", "FATAL: no data")


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_a_known_error_of_the_log_is_told_beside_its_message_and_under_its_line(width: int, height: int) -> None:
    session = b.FakeSession(log=(*b.LOG, LogLine(b.at(2), "backend", "error", "FATAL: no data", known=KNOWN)))
    it = WorkloadPage("backend")
    opened(it, session)
    text = b.shown(it, b.view(), width, height)
    assert "KNOWN ERRORS" in text
    for words in ("says  FATAL: no data", "means  The data folder is empty.", "next   Compare the volume first."):
        assert words in text
    assert "└ known: The data folder is empty." in text
    assert ("says" in next(r for r in text.splitlines() if "means" in r)) is (width >= 98)


def test_what_was_recognised_when_it_fell_stays_when_its_log_is_gone() -> None:
    error = SeenError("workload:backend", "api", ErrorText("no data", "FATAL: no data"), b.at(5), known=(KNOWN,))
    view = b.view()
    view = replace(view, state=replace(view.state, errors=(error,)))
    it = WorkloadPage("backend")
    opened(it, b.FakeSession(log=()))
    assert "means  The data folder is empty." in b.shown(it, view, 118, 30)
    assert "KNOWN ERRORS" not in b.shown(it, b.view(), 118, 30)


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_what_a_long_message_means_is_seen_without_scrolling(width: int, height: int) -> None:
    long = replace(KNOWN, line="runc create failed: " + "unable to start the container process, " * 12)
    it = WorkloadPage("backend")
    opened(it, b.FakeSession(log=(LogLine(b.at(2), "backend", "error", long.line, known=long),)))
    rows = b.shown(it, b.view(), width, height).splitlines()
    told = next(n for n, row in enumerate(rows) if "means  The data folder is empty." in row)
    assert told < next(n for n, row in enumerate(rows) if row.strip().startswith("RUNNING"))


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_the_evidence_of_a_check_tells_what_was_recognised(width: int, height: int) -> None:
    look = replace(b.LOOK, known=(KNOWN,))
    text = "\n".join(line.text for line in look_lines(look, b.view().state, width, height))
    assert "means  The data folder is empty." in text
    assert parse_check_look(write_check_look(look)) == look
