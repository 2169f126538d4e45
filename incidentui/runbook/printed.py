"""Where a shell fence stops being commands: what a program once printed and somebody pasted without a prompt.

Such a line run as a command does nothing at best; with a `>` or a `;` in it, something. Only what no shell could mean
is taken for output: a key with a colon, a line of a log, a query, the head of a table.
"""

import re
from collections.abc import Iterator, Sequence

HERE = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
"""The start of a here-document, and the word that ends it."""
_ANYWHERE = re.compile(
    r"""\s*(?:
      [A-Za-z][\w.-]*:(?:\s|$)                                  # key: value, error: …
    | (?:\w+=\S*\s+)?\d+[.)]?(?:\s|$)                           # 1 file.go:17] …
    | [IWEF]\d{4}\ \d\d:\d\d | \d{4}-\d\d-\d\d[T\ ]\d\d:\d\d    # a log
    | [A-Z][A-Z0-9_()%-]+(?:\s{2,}[A-Z][A-Z0-9_()%-]+)+\s*$     # NAME   READY   STATUS
    )""",
    re.VERBOSE,
)
_AT_THE_HEAD = re.compile(
    r"""\s*(?:
      (["'])[^"'/$=]*\ [^"'/$=]*\1\s*$                          # "a sentence"
    | [A-Z]\w*(?:\ \w+)*:\s*$                                   # Basic Details:
    | [A-Za-z_:][\w:]*\{\s*\w+\s*(?:=|!=|=~|!~)\s*"             # a_metric{job="a"}
    | (?!(?:for|if|while|until)\b)\w+\((?![\s)(])               # rate(a[5m])
    | \([^()]*\)\s*[/*]                                         # (a - b) / c
    | \w+\ =\ | //\s | -\w
    )""",
    re.VERBOSE,
)
_A_SENTENCE = re.compile(r"\s*[A-Z][a-z]+,? [a-z]+,? [\w\"'-]+,? [\w\"'-]+")
_TRANSCRIPTS = ("console", "shell-session")
GOES_ON = re.compile(r"(?:\\|\||&&)\s*$")


def begins(lang: str, lines: Sequence[str]) -> int | None:
    """The number (from 0) of the line where output begins; 0: all of it is. None: nothing reads like it."""
    said = False
    for n, line in _free(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if _ANYWHERE.match(line) or (not said and _reads_as_output(lang, line)):
            return n if said else 0
        said = True
    return None


def _reads_as_output(lang: str, line: str) -> bool:
    return bool(_AT_THE_HEAD.match(line) or (lang in _TRANSCRIPTS and _A_SENTENCE.match(line)))


def _free(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that begin a command: not those of a here-document, of a text in quotes, or after a `\\`."""
    ends_at, quote, goes_on = "", "", False
    for n, line in enumerate(lines):
        if ends_at:
            ends_at = "" if line.strip() == ends_at else ends_at
            continue
        if not quote and not goes_on:
            yield n, line
        here = None if quote else HERE.search(line)
        quote = left_open(line, quote)
        ends_at = here.group(2) if here and not quote else ""
        goes_on = not quote and bool(GOES_ON.search(line))


def left_open(line: str, quote: str) -> str:
    """The quote that is still open at the end of the line."""
    escaped = False
    for n, sign in enumerate(line):
        if escaped:
            escaped = False
        elif sign == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "#" and (n == 0 or line[n - 1].isspace()):
            return ""
    return quote
