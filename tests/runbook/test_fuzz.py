"""Files as they are, and as they come when something went wrong: cut, doubled, mixed, with marks of other systems.

Nothing raises, every place that is named is in the file, what runs stands in the file beneath a shell's fence, and the
same bytes are always read alike. That a file is read in time that grows with its size: `python -m bench.long_runbooks`.
"""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.corpora import not_of_the_file
from incidentui.edge.runbooks import parsed, visible
from incidentui.runbook.lint import RULES, lint
from incidentui.runbook.parse import LONGEST, MOST_STEPS, parse

FILES = tuple(p.read_bytes() for p in sorted((Path(__file__).parent / "data").glob("*.md")))
SHIPPED = tuple(p.read_bytes() for p in sorted((Path(__file__).parents[2] / "runbooks").glob("*.md")))
INSERTS = (
    b"\xef\xbb\xbf", b"\r", b"\r\n", b"\0", b"\x1b[2K", b"\xff\xfe", "\u202e".encode(), b"```\n", b"````\n", b"~~~\n",
    b"```sh\n", b'```yaml {"action":"verify"}\n', b"$ ", b"<ns>", b"<details>\n", b"<!--", b"> ", b"1. ", b"    ",
    b"\t", b"+++\n", b"---\n", b"{{ a }}", b"# ", b"\\", b"'", b"[", b"vars: {", b"&a *a",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from(FILES + SHIPPED))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(("insert", "cut", "end", "double", "other", "flip"))):
            case "insert":
                content = content[:at] + draw(st.sampled_from(INSERTS)) + content[at:]
            case "cut":
                content = content[:at] + content[at + draw(st.integers(0, 40)) :]
            case "end":
                content = content[:at]
            case "double":
                content = content[:at] + content[max(0, at - 80) :]
            case "other":
                content = content[:at] + draw(st.sampled_from(FILES))[:400]
            case _:
                content = content.replace(b"\n", b"\r\n") if b"\r" not in content else content.replace(b"\r", b"")
    return content


def whole(content: bytes) -> None:
    text = visible(content)
    book = parsed(content, "x.md")
    assert book == parsed(content, "x.md")
    assert list(not_of_the_file(book, text)) == []
    lines = len(re.split(r"\r\n|\r|\n", text))
    assert [s.n for s in book.steps] == list(range(1, len(book.steps) + 1))
    for step in book.steps:
        assert step.title
        assert 1 <= step.line <= lines
        assert step.manual == (
            step.action is None and not any(c.runnable or c.lang in ("", *SHELL) for c in step.commands)
        )
    for one in lint(book, text):
        assert one.rule in RULES
        assert 1 <= one.line <= lines


SHELL = ("sh", "bash", "zsh", "shell", "console", "shell-session", "terminal")


@given(mutated())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_read_and_nothing_else_becomes_runnable(content: bytes) -> None:
    whole(content)


@pytest.mark.soak
@given(mutated())
@settings(max_examples=5000, deadline=None)
def test_damaged_files_by_the_thousand(content: bytes) -> None:
    whole(content)


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read(content: bytes) -> None:
    whole(content)


@pytest.mark.parametrize("content", FILES + SHIPPED)
def test_the_files_as_they_are(content: bytes) -> None:
    whole(content)
    whole(b"\xef\xbb\xbf" + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def test_what_is_longer_than_any_runbook_is_refused_whole() -> None:
    book = parse("```sh\nls\n```\n" * (LONGEST // 10), "x.md")
    assert (book.steps, [p.rule for p in book.problems]) == ((), ["not-read"])


def test_more_steps_than_anybody_follows_are_refused_whole() -> None:
    book = parse("1. a\n" * (MOST_STEPS + 1), "x.md")
    assert (book.steps, [p.text for p in book.problems]) == ((), [f"{MOST_STEPS + 1} steps"])
    assert len(parse("1. a\n" * MOST_STEPS, "x.md").steps) == MOST_STEPS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("git diff <base>..<head>", ("base", "head")),
        ("curl -s x | grep '<title>'", ()),
        ('echo "<code>" <code>', ("code",)),
        ("cat <<EOF\n<p>\nEOF\nvault login <title>", ("title",)),
        ("curl -H 'Key: <key from ~/mcp/.env>'", ("key from ~/mcp/.env",)),
        ("a <your request's id> <cc|kimi> <the \"X-Id\" head>", ("your request's id", "cc|kimi", 'the "X-Id" head')),
        ("curl <https://example.org/a>", ()),
        ("sort <in >out; diff <(a) <(b); read x <<<word; echo <none> \\<b>", ()),
        ('<img src="x.png">', ()),
    ],
)  # fmt: skip
def test_what_is_a_place_to_fill_in(text: str, names: tuple[str, ...]) -> None:
    step = parse(f"# T\n\n```sh\n{text}\n```\n", "x.md").steps[0]
    assert step.placeholders == names
