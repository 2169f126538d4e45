"""Where a key of a TOML text stands: tomllib keeps no lines, so this takes a second, rough look at the text.

Knows table headers, arrays of tables, dotted keys and multi-line strings; a key inside an inline table is found at
the line of that table.
"""

import re
from collections import Counter

Path = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def key_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every table and key found; of a key that stands twice, the first."""
    out: dict[Path, int] = {}
    tables: Counter[Path] = Counter()
    table: Path = ()
    quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        inside = bool(quote)
        quote = _open_quote(line, quote)
        if inside:
            continue
        if header := _HEADER.match(line):
            table = _table(_parts(header.group(2)), header.group(1) == "[[", tables)
            out.setdefault(table, number)
            if header.group(1) == "[[":
                out.setdefault(table[:-1], number)
        elif key := _KEY.match(line):
            path = table
            for part in _parts(key.group(1)):
                path = (*path, part)
                out.setdefault(path, number)
    return out


def line_of(lines: dict[Path, int], path: Path) -> int | None:
    """The line of a key, or of the nearest table around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _table(parts: tuple[str, ...], is_array: bool, tables: Counter[Path]) -> Path:
    """A header with the numbers of the arrays on its way: [checks.expect] -> ("checks", 2, "expect")."""
    path: Path = ()
    for n, part in enumerate(parts):
        path = (*path, part)
        if is_array and n == len(parts) - 1:
            tables[path] += 1
        if tables[path]:
            path = (*path, tables[path] - 1)
    return path


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _open_quote(line: str, quote: str) -> str:
    """Which multi-line string is open after this line."""
    for mark in re.findall(r'"""|\'\'\'', line):
        quote = "" if mark == quote else quote or mark
    return quote
