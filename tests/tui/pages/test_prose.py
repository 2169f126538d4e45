"""What a runbook says beside a step, in rows of a terminal."""

import pytest

from incidentui.runbook.parse import parse
from incidentui.tui.line import Line, cells
from incidentui.tui.pages.prose import prose_lines

BOOK = """# Deploy

## Mitigation

1. Look at it

   You are here because it did not come out good. Run `git log --oneline -5`, then (`[`) goes back.

   - pushed, and nothing deployed: a `push` is not a deploy by itself
   - refused
     1. ask who may

   It said:

       as it was
         printed
"""


def rows(width: int) -> list[Line]:
    (step,) = parse(BOOK, "deploy.md").steps
    return prose_lines(step.prose, width)


def test_lists_hang_under_their_marks_and_code_is_brighter_than_the_words() -> None:
    said = rows(40)
    assert [row.text for row in said][:8] == [
        "You are here because it did not come out",
        "good. Run git log --oneline -5, then ([)",
        "goes back.",
        "",
        "- pushed, and nothing deployed: a push",
        "  is not a deploy by itself",
        "- refused",
        "  1. ask who may",
    ]
    bright = [seg.text for row in said for seg in row.segs if seg.token == "strong"]
    assert bright == ["git", "log", "--oneline", "-5", "[", "push"]
    assert [row.text for row in said][-2:] == ["    as it was", "      printed"], "a block keeps its shape"


@pytest.mark.parametrize("width", [1, 8, 24, 200])
@pytest.mark.parametrize("text", ["x" * 500, "`" * 99, "a`b", "- " * 60, "語" * 90, "`" + "y " * 200 + "`", "  " * 40])
def test_no_text_is_wider_than_its_room_and_nothing_of_it_is_cut(text: str, width: int) -> None:
    said = prose_lines(text, max(8, width))
    kept = "".join("".join(row.text.split()) for row in said)
    assert kept == "".join(text.split()).replace("`" if text.count("`") == 2 else "\0", "")
    assert all(cells(row.text) <= max(8, width) + 2 for row in said)
