"""Shell text inside a fence: which lines are commands, which are sample output, what must still be filled in."""

import re

SHELLS = frozenset({"sh", "bash", "zsh", "shell", "console", "shell-session", "terminal"})
_PROMPT = re.compile(r"^\s*\$ ")
_ROOT_PROMPT = re.compile(r"^\s*# ")
_HERE = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
_PLACEHOLDER = re.compile(r"(?<![<\\])<([A-Za-z](?:[\w ./:|,~'\"-]{0,78}[\w'\"])?)>")
_PRINTED = re.compile("none|nil|null|unknown|invalid", re.IGNORECASE)
_HTML = re.compile(
    "a|abbr|b|body|br|code|div|details|em|form|h[1-6]|head|hr|html|i|img|input|kbd|li|link|meta|ol|p|pre"
    "|script|span|strong|style|sub|summary|sup|table|tbody|td|th|thead|title|tr|u|ul",
    re.IGNORECASE,
)


def split(lang: str, text: str) -> tuple[str, str]:
    """(what would run, sample output). With `$ ` prompts only those lines are commands."""
    lines = text.split("\n")
    if any(_PROMPT.match(line) for line in lines):
        return _prompted(lines, _PROMPT)
    if lang in ("console", "shell-session") and any(_ROOT_PROMPT.match(line) for line in lines):
        return _prompted(lines, _ROOT_PROMPT)
    return text, ""


def _prompted(lines: list[str], prompt: re.Pattern[str]) -> tuple[str, str]:
    commands: list[str] = []
    output: list[str] = []
    ends_at: str | None = None  # the word that ends a here-document
    goes_on = False
    for line in lines:
        found = prompt.match(line)
        if ends_at is not None:
            commands.append(line)
            ends_at = None if line.strip() == ends_at else ends_at
        elif found or goes_on:
            # A continuation may carry the shell's second prompt.
            command = line[found.end() :] if found else re.sub(r"^\s*> ", "", line)
            commands.append(command)
            here = _HERE.search(command)
            ends_at = here.group(2) if here else None
            goes_on = command.endswith("\\")
        else:
            output.append(line)
    return "\n".join(commands), "\n".join(output).strip("\n")


def placeholders(text: str) -> tuple[str, ...]:
    """`<namespace>`-like names, each once, in order. HTML tags, `<none>`, `<<EOF`, `<(cmd)` and `< file` are none.

    A tag stands in quotes or in a here-document: bare in a command `<head>` could only be a place to fill in.
    """
    found: dict[str, None] = {}
    ends_at = ""
    for line in text.split("\n"):
        for match in _PLACEHOLDER.finditer(line):
            is_text = bool(ends_at) or _quoted(line[: match.start()])
            if _is_name(match.group(1), html=is_text):
                found[match.group(1)] = None
        if ends_at:
            ends_at = "" if line.strip() == ends_at else ends_at
        elif here := _HERE.search(line):
            ends_at = here.group(2)
    return tuple(found)


def is_placeholder(tag: str) -> bool:
    """Whether a tag in prose is one that no HTML knows."""
    found = _PLACEHOLDER.fullmatch(tag)
    return found is not None and _is_name(found.group(1), html=True)


def _is_name(name: str, *, html: bool) -> bool:
    return not (_PRINTED.fullmatch(name) or "://" in name or (html and _HTML.fullmatch(name)))


def _quoted(before: str) -> bool:
    return before.count("'") % 2 == 1 or before.count('"') % 2 == 1
