"""Shell text inside a fence: which lines are commands, which are sample output, what must still be filled in."""

import re

from incidentui.runbook import printed
from incidentui.runbook.printed import GOES_ON, HERE, left_open

SHELLS = frozenset({"sh", "bash", "zsh", "shell", "console", "shell-session", "terminal"})
_PROMPT = re.compile(
    r"^\s*(?:(?:\[[\w.-]+@[^\]\s]+(?: [^\]\s]*)?\]|[\w.-]+@[\w.-]+(?::\S*?)?|(?:ba|z|k)?sh-\d[\d.]*)[$#]|[$❯]) "
)
"""`$ `, and what a shell writes before it: `sh-5.1# `, `[root@db ~]# `, `me@db:/srv$ `."""
_ROOT_PROMPT = re.compile(r"^\s*# ")
_SETS = re.compile(r"^\s*(?:export\s+)?[A-Za-z_]\w*=")
_PLACEHOLDER = re.compile(r"(?<![<\\])<([A-Za-z](?:[\w ./:|,~'\"-]{0,78}[\w'\"])?)>")
_PRINTED = re.compile("none|nil|null|unknown|invalid", re.IGNORECASE)
_HTML = re.compile(
    "a|abbr|b|body|br|code|div|details|em|form|h[1-6]|head|hr|html|i|img|input|kbd|li|link|meta|ol|p|pre"
    "|script|span|strong|style|sub|summary|sup|table|tbody|td|th|thead|title|tr|u|ul",
    re.IGNORECASE,
)


def split(lang: str, text: str) -> tuple[str, str]:
    """(what would run, sample output). With `$ ` prompts only those lines are commands; without any, those that come
    before what no shell could mean."""
    lines = text.split("\n")
    if any(_PROMPT.match(line) for line in lines):
        return _prompted(lines, _PROMPT)
    if lang in ("console", "shell-session") and any(_ROOT_PROMPT.match(line) for line in lines):
        return _prompted(lines, _ROOT_PROMPT)
    if lang in SHELLS and (at := printed.begins(lang, lines)) is not None:
        return "\n".join(lines[:at]).rstrip("\n"), "\n".join(lines[at:]).strip("\n")
    return text, ""


def says_something(text: str) -> bool:
    """Whether there is more in it than comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n"))


def _prompted(lines: list[str], prompt: re.Pattern[str]) -> tuple[str, str]:
    """A remark that stands over a command stays with it; a variable that is set before the first prompt is one."""
    commands: list[str] = []
    output: list[str] = []
    remarks: list[str] = []
    ends_at, quote, goes_on = "", "", False
    first = next((n for n, line in enumerate(lines) if prompt.match(line)), 0)
    for n, line in enumerate(lines):
        found = None if quote or ends_at else prompt.match(line)
        if ends_at:
            commands.append(line)
            ends_at = "" if line.strip() == ends_at else ends_at
        elif found or goes_on or (n < first and _SETS.match(line)):
            # A continuation may carry the shell's second prompt.
            command = line[found.end() :] if found else line if quote else re.sub(r"^\s*> ", "", line)
            commands += [*remarks, command]
            remarks = []
            here = None if quote else HERE.search(command)
            quote = left_open(command, quote)
            ends_at = here.group(2) if here and not quote else ""
            goes_on = bool(quote) or (not ends_at and bool(GOES_ON.search(command)))
        elif line.lstrip().startswith("#"):
            remarks.append(line.strip())
        else:
            output += [*remarks, line]
            remarks = []
    return "\n".join(commands), "\n".join([*output, *remarks]).strip("\n")


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
        elif here := HERE.search(line):
            ends_at = here.group(2)
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
