"""Markdown tokens as plain text for a terminal: what a person reads beside a step, in order with its fences."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from incidentui.core.value import dataclass
from incidentui.runbook.tags import is_placeholder

_HTML = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z][^>]*>", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[a-z0-9`)\"'][.!?])\s+(?=[A-Z])")
TITLE_LIMIT = 100
_LINK_PARTS = 8


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, a list entry, a table row or an indented block."""

    text: str
    line: int
    paragraph: bool = True


Piece = Text | Token
"""In reading order; a Token is always a fence."""


def pieces(tokens: Sequence[Token]) -> list[Piece]:
    return list(_walk(tokens))


def _walk(tokens: Sequence[Token]) -> Iterator[Piece]:
    counters: list[int] = []  # per open list: next number, -1 for bullets
    prefix = ""
    cells: list[str] | None = None
    line = 0
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        match token.type:
            case "ordered_list_open":
                counters.append(int(token.attrGet("start") or 1))
            case "bullet_list_open":
                counters.append(-1)
            case "ordered_list_close" | "bullet_list_close":
                counters.pop()
            case "list_item_open" if counters:
                prefix = _bullet(counters)
            case "tr_open":
                cells = []
            case "tr_close":
                yield Text(" | ".join(cells or []), line, paragraph=False)
                cells = None
            case "inline" if cells is not None:
                cells.append(plain(token))
            case "inline" if plain(token):
                indent = "" if prefix else "  " * max(0, len(counters))
                yield Text(indent + prefix + plain(token), line, paragraph=not counters)
                prefix = ""
            case "fence":
                yield token
            case "code_block":
                yield Text("    " + token.content.rstrip("\n").replace("\n", "\n    "), line, paragraph=False)
            case "html_block" if rest := _HTML.sub("", token.content).strip():
                yield Text(rest, line)
            case _:
                pass


def _bullet(counters: list[int]) -> str:
    indent = "  " * (len(counters) - 1)
    if counters[-1] < 0:
        return indent + "- "
    counters[-1] += 1
    return f"{indent}{counters[-1] - 1}. "


def plain(inline: Token) -> str:
    """The words of a line of Markdown: emphasis goes, code keeps its backticks, a link keeps its address."""
    out: list[str] = []
    links: list[str] = []
    for child in inline.children or []:
        match child.type:
            case "text":
                out.append(child.content)
            case "code_inline":
                out.append(f"`{child.content}`")
            case "softbreak":
                out.append(" ")
            case "hardbreak":
                out.append("\n")
            case "image":
                out.append(child.content)
            case "html_inline" if is_placeholder(child.content):
                out.append(child.content)
            case "link_open":
                links.append(str(child.attrGet("href") or ""))
            case "link_close" if links:
                href = links.pop()
                # Of the words only the end is looked at: a paragraph may be a megabyte long.
                out.append("" if "".join(out[-_LINK_PARTS:]).endswith(href) else f" ({href})")
            case _:
                pass
    return "".join(out).strip()


def headline(text: str) -> tuple[str, str]:
    """(title, rest): the first sentence of a paragraph is the title of its step."""
    sentences = _SENTENCE.split(text, maxsplit=1)
    title, rest = sentences[0], sentences[1] if len(sentences) > 1 else ""
    title, newline, more = title.partition("\n")
    rest = f"{more} {rest}".strip() if newline else rest
    if len(title) > TITLE_LIMIT:
        return title[: TITLE_LIMIT - 1].rstrip() + "…", text
    return title.strip().rstrip(":").rstrip(".") or title, rest


def join(texts: Sequence[Text]) -> str:
    """Paragraphs apart by a blank line, list entries and table rows beneath each other."""
    out = ""
    for n, text in enumerate(texts):
        apart = "" if n == 0 else "\n\n" if text.paragraph or texts[n - 1].paragraph else "\n"
        out += apart + text.text
    return out
