"""Tables of the draft on the screen: rows that wrap, nothing cut; the file stays Markdown."""

import re

import pytest

from incidentui.postmortem.markdown import table
from incidentui.tui.line import cells
from incidentui.tui.pages.draft import DraftPage, gap_rows
from tests.tui.pages import builders as b

ROWS = (
    ("2026-03-04 09:01:12", "deploy", "a942e4f `server` \\| sync safety features that nobody had asked for", "git"),
    ("2026-03-04 09:04:58", "api", "200 → 503, 3 of 3 looks", "check"),
)
TEXT = "\n".join(
    ["# T", "", "## Timeline", "", *table(("Time", "Who", "What", "Source"), ROWS), "", "## Log", "", "```text",
     "| a | b |", "| --- | --- |", "```", "", "## Gaps", "", "- nobody knows"]
)  # fmt: skip


def drawn(width: int, height: int, text: str = TEXT) -> str:
    it = DraftPage("INC-7")
    it.opened(b.FakeScreen(b.FakeSession(text=text)))
    return b.shown(it, b.view(), width, height)


@pytest.mark.parametrize(("width", "height"), b.SIZES)
def test_a_table_is_read_in_columns_and_none_of_it_is_cut(width: int, height: int) -> None:
    text = drawn(width, height)
    assert "| 2026" not in text
    assert "| Time" not in text
    assert re.search(r"Time +Who +What +Source", text)
    assert re.search(r"2026-03-04 09:04:58  api     200 → 503, 3 of 3 looks +check", text)
    right = "".join(row[-(width - 33) :] if width > 100 else row for row in text.splitlines())
    for word in ("a942e4f", "server", "safety", "nobody", "asked"):
        assert word in right
    assert "| --- | --- |" in text, "what a log printed stays as it was printed"
    assert all(cells(row) <= width for row in text.splitlines())


def test_too_many_columns_become_named_lines() -> None:
    head = ("Commit", "Author", "What was changed", "What is left", "Why it counts", "Where it came from")
    row = (
        "a942e4f",
        "sam, who left",
        "the sheet sync and more",
        "only a part of it",
        "it is in force",
        "the remote origin",
    )
    text = drawn(78, 20, "\n".join(["# T", "", *table(head, (row, row))]))
    assert "- Commit: a942e4f" in text
    assert "  Where it came from: the remote origin" in text


def test_a_gap_is_found_under_a_table() -> None:
    it = DraftPage("INC-7")
    it.opened(b.FakeScreen(b.FakeSession(text=TEXT)))
    rows = b.texts(it.lines(b.view(), b.NOW, 78, 20))[it.pinned[0] :]
    assert rows[gap_rows(TEXT, 78, 20)[0]].endswith("- nobody knows")
