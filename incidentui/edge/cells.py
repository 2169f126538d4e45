"""Secrets in tables of documents: the cell after the name of a secret, and the column under it.

A log line with bars in it is no table: a row begins with one, or stands under a delimiter. What only speaks of secrets
stays: "| Rotate the token | Ana | 2026-04-01 |".
"""

import re
from collections.abc import Mapping, Sequence

from incidentui.edge.redact import GONE, HARMLESS_VALUE, PLAIN_WORD, SENSITIVE

_DELIMITER = re.compile(r"[\s>]*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_BAR = re.compile(r"(?<!\\)\|")
_ANY = re.compile(r"(?i)pass|secret|token|key|credential|session|csrf|pwd")
_MARKS = " \t*_`\"':"
_NAME = re.compile(rf"(?i)[\w.-]{{0,60}}{SENSITIVE}")
_PASSWORD = re.compile(r"(?i).*(?:password|passwd|passphrase|pwd|pass)")
_VALUE = re.compile(r"""(`[^`]+`|"[^"]+"|'[^']+'|\S+)(?:\s+\(.*\))?""")
_HARMLESS = re.compile(HARMLESS_VALUE)
_PLAIN = re.compile(PLAIN_WORD)
_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[:.]\d\d")
_AMOUNT = re.compile(r"[~≈<>]?[\d.,:%/-]+[kKmM]?")
_SHOWS = re.compile(r"(?i)values?|owner|due|status|state|notes?|description|default|type|[^\w]{1,3}")
_PERSON_OR_STATE = re.compile(
    r"[A-Z][a-z]{1,15}|@\w+|(?i:done|open|to-?do|pending|fixed|closed|high|medium|low|tbd|n/a)"
)


def in_tables(text: str) -> str:
    if not _ANY.search(text):
        return text
    lines = text.split("\n")
    columns: dict[int, str] = {}
    inside = False
    for n, line in enumerate(lines):
        if "|" not in line or _DELIMITER.fullmatch(line):
            inside = "|" in line
            columns = columns if inside else {}
            continue
        head = not inside and n + 1 < len(lines) and "|" in lines[n + 1] and bool(_DELIMITER.fullmatch(lines[n + 1]))
        cells = _BAR.split(line)
        if head:
            columns = {i: name for i, cell in enumerate(cells) if (name := _name(cell))}
            lines[n] = "|".join(_row(cells, {}, head))
        elif inside or line.lstrip(" >").startswith("|"):
            lines[n] = "|".join(_row(cells, columns))
    return "\n".join(lines)


def _row(cells: Sequence[str], columns: Mapping[int, str], head: bool = False) -> list[str]:
    """A word in a head names the next column, even behind the name of a secret."""
    names = [columns.get(n) or (_name(cells[n - 1]) if n else "") for n in range(len(cells))]
    said = [
        name and not (head and _PLAIN.fullmatch(cell.strip(_MARKS))) for cell, name in zip(cells, names, strict=True)
    ]
    return [_hidden(cell, name) if secret else cell for cell, name, secret in zip(cells, names, said, strict=True)]


def _name(cell: str) -> str:
    """The name of a secret, if that is all that stands there: "DB_PASSWORD", "API key (old)"."""
    name = re.sub(r"\s*\([^)]*\)\s*$", "", cell.strip(_MARKS)).strip(_MARKS)
    known = len(name) <= 60 and name.count(" ") < 3 and _NAME.fullmatch(name.replace(" ", "_"))
    return name if known else ""


def _hidden(cell: str, name: str) -> str:
    body = cell.strip()
    if name.casefold().endswith("passphrase") and not _HARMLESS.fullmatch(body):
        return cell.replace(body, GONE, 1)
    found = _VALUE.fullmatch(body)
    if found is None or _says_nothing(found[1].strip(_MARKS), name):
        return cell
    return cell.replace(found[1], GONE, 1)


def _says_nothing(value: str, name: str) -> bool:
    if _HARMLESS.fullmatch(value) or _TIME.fullmatch(value) or _SHOWS.fullmatch(value):
        return True
    if not _PASSWORD.fullmatch(name):
        return bool(_PLAIN.fullmatch(value) or _AMOUNT.fullmatch(value))
    return " " in name and bool(_PERSON_OR_STATE.fullmatch(value))
