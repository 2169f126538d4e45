"""What in a shell fence is no command: what a program once printed and somebody pasted without a prompt.

Such a line run as a command does nothing at best; with a `>` or a `;` in it, something. Only what no shell could mean
is taken for output: a key with a colon, a line of a log, a query, the head of a table.
"""

import re
from collections.abc import Sequence

from incidentui.runbook.unfinished import beginnings

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


def begins(lang: str, lines: Sequence[str]) -> int | None:
    """The number (from 0) of the line where output begins; 0: all of it is. None: nothing reads like it."""
    said = False
    for n, line in beginnings(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if is_output(line) or (not said and _heads_output(lang, line)):
            return n if said else 0
        said = True
    return None


def is_output(line: str) -> bool:
    """Whether no shell could mean it, wherever it stands."""
    return bool(_ANYWHERE.match(line))


def _heads_output(lang: str, line: str) -> bool:
    return bool(_AT_THE_HEAD.match(line) or (lang in _TRANSCRIPTS and _A_SENTENCE.match(line)))
