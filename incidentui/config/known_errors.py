"""The library of known errors: the one that comes with the program, and the project's own file before it.

Both have one form: `[[errors]]` tables with name, pattern or exit, meaning and next. A table with a mistake is left
out and told of with file, line and key. A pattern that could search for ever is a mistake.
"""

import importlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from incidentui.config.lines import Path as Key
from incidentui.config.lines import key_lines, line_of
from incidentui.config.model import Problem
from incidentui.core.known_errors import CHARS, Signature

FILE = ".incidentui/known-errors.toml"
SHIPPED = Path(__file__).with_name("known_errors.toml")
LIMIT = 262_144
MOST = 300
_KEYS = {"name": 64, "pattern": 300, "exit": 0, "meaning": 300, "next": 300, "about": 300}
"""Key -> how long its text may be."""
MOST_WAYS = 20_000
"""In which a pattern may be tried at one place of a line of CHARS characters."""


@cache
def shipped() -> tuple[Signature, ...]:
    return read(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)[0]


def of_project(folder: Path) -> tuple[tuple[Signature, ...], tuple[Problem, ...]]:
    """The project's own, and what is wrong with them; nothing when it has no such file."""
    try:
        with (folder / FILE).open("rb") as file:
            content = file.read(LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        return (), ()
    except OSError as error:
        return (), (Problem(FILE, None, "", f"cannot be read: {error.strerror}", "check the owner and the mode"),)
    if len(content) > LIMIT:
        return (), (Problem(FILE, None, "", f"is longer than {LIMIT} bytes", "split off what is not needed"),)
    try:
        found, problems = read(content.decode("utf-8"), FILE)
        return tuple(replace(each, own=True) for each in found), problems
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return (), (Problem(FILE, line, "", "is not UTF-8", "save it as UTF-8"),)


def read(text: str, file: str) -> tuple[tuple[Signature, ...], tuple[Problem, ...]]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"at line (\d+)", str(error))
        return (), (Problem(file, int(at[1]) if at else None, "", f"not valid TOML: {error}", "none of it is used"),)
    reader = _Reader(file, text)
    return reader.signatures(data), tuple(reader.problems)


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._lines = key_lines(text)
        self.problems: list[Problem] = []

    def signatures(self, data: Mapping[str, Any]) -> tuple[Signature, ...]:
        for key in data:
            if key != "errors":
                self._wrong((key,), "unknown table", "write [[errors]]")
        tables = data.get("errors", [])
        if not isinstance(tables, list) or len(tables) > MOST:
            self._wrong(("errors",), f"must be a list of at most {MOST} tables", "write [[errors]]")
            return ()
        found: dict[str, Signature] = {}
        for n, table in enumerate(tables):
            signature = self._signature(table, ("errors", n))
            if signature is not None and signature.name in found:
                self._wrong(("errors", n, "name"), f"{signature.name} stands twice", "rename the second one")
            elif signature is not None:
                found[signature.name] = signature
        return tuple(found.values())

    def _signature(self, table: Any, path: Key) -> Signature | None:
        before = len(self.problems)
        for key, text, hint in _mistakes(table) if isinstance(table, dict) else [("", "must be a table", "")]:
            self._wrong((*path, key) if key else path, text, hint)
        if len(self.problems) > before:
            return None
        exits = table.get("exit", [])
        return Signature(
            table["name"],
            table["meaning"],
            table["next"],
            table.get("pattern", ""),
            tuple(exits),
            table.get("about", ""),
        )

    def _wrong(self, path: Key, text: str, hint: str) -> None:
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        self.problems.append(Problem(self._file, line_of(self._lines, path), dotted, text, hint))


def _mistakes(table: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, what is wrong with it, what to do."""
    for key in table:
        if key not in _KEYS:
            yield key, "unknown key", f"known: {', '.join(_KEYS)}"
    for key in ("name", "meaning", "next"):
        if key not in table:
            yield key, "is missing", "each error has a name, a meaning and a next step"
    for key, longest in _KEYS.items():
        if key in table and key != "exit":
            yield from _text(key, table[key], longest)
    if not table.get("pattern") and not table.get("exit"):
        yield "pattern", "is missing", "say a pattern for a line, or exit = [137]"
    if "exit" in table and not _codes(table["exit"]):
        yield "exit", "must be a list of exit codes from 1 to 255", "write exit = [137]"
    if isinstance(table.get("pattern"), str) and (why := unfit(table["pattern"])):
        yield "pattern", why, "in TOML, '...' keeps backslashes"


def _text(key: str, value: Any, longest: int) -> Iterator[tuple[str, str, str]]:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        yield key, "must be one line of text", f'{key} = "..."'
    elif len(value) > longest:
        yield key, f"is {len(value)} characters long", f"at most {longest}"


def _codes(value: Any) -> bool:
    return isinstance(value, list) and all(type(code) is int and 0 < code < 256 for code in value)


# -- patterns that end


def unfit(pattern: str) -> str:
    """Why this pattern may not be searched for; empty when it may.

    Endless is a repeat within a repeat, an alternative within one, and many wide ones in a row.
    """
    try:
        compiled = re.compile(pattern)
        tree = importlib.import_module("re._parser").parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"not a regular expression: {error}"
    if compiled.search(""):
        return "it is found in every text, an empty one too"
    ways, nested = _ways(tree, False)
    if nested:
        return "it repeats what repeats or has alternatives: its search may never end"
    return "" if ways <= MOST_WAYS else "it has too many wide repeats: one .* and one .{0,30} are enough"


def _ways(tree: Any, inside: bool) -> tuple[int, bool]:
    """In how many ways it may be tried at one place of a line, and whether a repeat stands within a repeat."""
    ways, nested = 1, False
    for op, given in tree:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most = int(given[0]), min(int(given[1]), CHARS)
            inner, bad = _ways(given[2], inside or most > 1)
            ways *= inner * max(1, most - least + 1)
            nested |= bad or (inside and least != most)
        elif name == "BRANCH":
            found = [_ways(way, inside) for way in given[1]]
            ways *= sum(count for count, _ in found)
            nested |= inside or any(bad for _, bad in found)
        else:
            for part in _parts(given):
                inner, bad = _ways(part, inside)
                ways, nested = ways * inner, nested or bad
    return ways, nested


def _parts(given: Any) -> Iterator[Any]:
    """What stands within a group, a look-around or a condition."""
    for part in given if isinstance(given, tuple) else ():
        if type(part).__name__ == "SubPattern":
            yield part
