"""Shell text inside a fence: which lines are commands, which are sample output, what must still be filled in."""

import re

from incidentui.runbook import printed, prompted
from incidentui.runbook.prompted import Split
from incidentui.runbook.unfinished import Unfinished

SHELLS = frozenset({"sh", "bash", "zsh", "shell", "console", "shell-session", "terminal"})
_PLACEHOLDER = re.compile(r"(?<![<\\])<([A-Za-z](?:[\w ./:|,~'\"-]{0,78}[\w'\"])?)>")
_PRINTED = re.compile("none|nil|null|unknown|invalid", re.IGNORECASE)
_HTML = re.compile(
    "a|abbr|b|body|br|code|div|details|em|form|h[1-6]|head|hr|html|i|img|input|kbd|li|link|meta|ol|p|pre"
    "|script|span|strong|style|sub|summary|sup|table|tbody|td|th|thead|title|tr|u|ul",
    re.IGNORECASE,
)


def split(lang: str, text: str) -> Split:
    """With `$ ` prompts only those lines are commands. Without any, all of it is one thing: commands, or output; where
    it may be both it is held, for half a block must never run."""
    lines = text.split("\n")
    found = prompted.split(lines)
    if found is None and lang in ("console", "shell-session"):
        found = prompted.split_of_root(lines)
    if found is not None or lang not in SHELLS or (at := printed.begins(lang, lines)) is None:
        return found or Split(text)
    if not at:
        return Split("", text.strip("\n"))
    return Split(text, "", "reads as output", "put it in a block of its own, or put `$ ` before the commands", at)


def says_something(text: str) -> bool:
    """Whether there is more in it than comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n"))


def placeholders(text: str) -> tuple[str, ...]:
    """`<namespace>`-like names, each once, in order. HTML tags, `<none>`, `<<EOF`, `<(cmd)` and `< file` are none.

    A tag stands in quotes or in a here-document: bare in a command `<head>` could only be a place to fill in.
    """
    found: dict[str, None] = {}
    reader = Unfinished()
    for line in text.split("\n"):
        for match in _PLACEHOLDER.finditer(line):
            is_text = reader.in_here or _quoted(line[: match.start()])
            if _is_name(match.group(1), html=is_text):
                found[match.group(1)] = None
        reader.read(line)
    return tuple(found)


def place_at(line: str, at: int, *, html: bool) -> tuple[str, int] | None:
    """(its name, where it ends) of the place to fill in that begins there. `html`: a tag of HTML is none."""
    found = _PLACEHOLDER.match(line, at)
    return (found.group(1), found.end()) if found and _is_name(found.group(1), html=html) else None


def is_placeholder(tag: str) -> bool:
    """Whether a tag in prose is one that no HTML knows."""
    found = _PLACEHOLDER.fullmatch(tag)
    return found is not None and _is_name(found.group(1), html=True)


def _is_name(name: str, *, html: bool) -> bool:
    return not (_PRINTED.fullmatch(name) or "://" in name or (html and _HTML.fullmatch(name)))


def _quoted(before: str) -> bool:
    return before.count("'") % 2 == 1 or before.count('"') % 2 == 1
