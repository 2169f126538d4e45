"""The line that is typed on the status row, and the palette's search."""

import pytest

from incidentui.tui.palette import Entry, Palette, score
from incidentui.tui.prompt import LIMIT, Prompt


def typed(*keys: str, text: str = "") -> Prompt:
    prompt = Prompt("note", lambda _: None, text, len(text))
    for key in keys:
        prompt.key(key)
    return prompt


def test_keys_edit_the_line() -> None:
    assert typed(*"hello", "left", "left", "X").text == "helXlo"
    assert typed("backspace", text="ab").text == "a"
    assert typed("ctrl+w", text="one two").text == "one "
    assert typed("home", "del", text="ab").text == "b"
    assert typed("ctrl+u", *"new", text="old").text == "new"


def test_pasted_text_is_one_bounded_line_without_control_characters() -> None:
    prompt = typed()
    prompt.insert("a\nb\x1b[2J" + "x" * 5000)
    assert prompt.text.startswith("a b")
    assert "\x1b" not in prompt.text
    assert "\n" not in prompt.text
    assert len(prompt.text) == LIMIT


def test_enter_and_escape_end_it() -> None:
    assert Prompt("", lambda _: None).key("enter") == "done"
    assert Prompt("", lambda _: None).key("esc") == "given up"


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [("rese", "Reset main to known-good", "Draft of the post-mortem"), ("ver", "Verify recovery", "Severity")],
)
def test_the_palette_finds_what_begins_so_first(typed: str, better: str, worse: str) -> None:
    assert score(typed, better)[0] > score(typed, worse)[0]


def test_letters_in_order_are_enough_and_others_are_not_found() -> None:
    palette = Palette([Entry("Restart backend", lambda: None), Entry("Help", lambda: None)])
    for key in "rsbk":
        palette.key(key)
    assert [entry.label for entry, _ in palette.found] == ["Restart backend"]
    palette.key("z")
    assert palette.chosen() is None
