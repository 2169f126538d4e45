"""Markdown that says exactly what was meant: text from outside is shown literally and cannot become a heading, a link,
an image, HTML or a table cell."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from incidentui.core.format import short
from incidentui.core.model import Ms

UNKNOWN = "_unknown_"
_SPECIAL = re.compile(r"([\\`*\[\]<>|~&$]|(?<![^\W_])_|_(?![^\W_])|://|www\.|@|(?<=^)#|#(?=\s*$))")
_LIST_OR_RULE = re.compile(r"^([-+=]|\d+(?=[.)]))")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def text(outside: str) -> str:
    """Text from outside on one line, every character of it as it is."""
    line = " ".join(_INVISIBLE.sub("", outside).split())
    line = _SPECIAL.sub(_escaped, line)
    return _LIST_OR_RULE.sub(lambda m: f"{m[1]}\\" if m[1].isdigit() else f"\\{m[1]}", line)


def _escaped(found: "re.Match[str]") -> str:
    word = found[1]
    return {"://": "\\://", "www.": "www\\."}.get(word, f"\\{word}")


def plain(markdown: str) -> str:
    """A sentence of the draft without its escapes and code marks."""
    return re.sub(r"\\([^\w\s])", r"\1", markdown.replace("`", ""))


def sha(name: str | None) -> str:
    """A short commit name as code; unknown when there is none."""
    return f"`{short(name)}`" if name and re.fullmatch("[0-9a-f]+", name) else text(name) if name else UNKNOWN


def stamp(ms: Ms | None) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") if ms is not None else UNKNOWN


def section(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Cells come escaped."""
    return [
        "| " + " | ".join(head) + " |",
        "| " + " | ".join("---" for _ in head) + " |",
        *("| " + " | ".join(cells) + " |" for cells in rows),
    ]


def fence(body: str) -> list[str]:
    """A block of code that its own content cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    marks = "`" * max(3, longest + 1)
    return [f"{marks}text", *(_INVISIBLE.sub("", line).rstrip() for line in body.splitlines()), marks]
