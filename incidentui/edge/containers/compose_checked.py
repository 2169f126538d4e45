"""The compose files of a project as `validate` reads them: what compose refuses, variables that nobody sets, and what
lies at the sources of mounts. Nothing is run but `config`.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from incidentui.core.consistency import Fault, Lies
from incidentui.core.drift import Declared
from incidentui.core.value import dataclass
from incidentui.edge.checks.agreed.compose import Lookup, braced, variables_of
from incidentui.edge.checks.agreed.documents import UnreadableError, document, text_of
from incidentui.edge.containers.declared import Digest, project
from incidentui.edge.text import clean_and_redact

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(:?[-?+])?|([A-Za-z_]\w*))")
_QUOTED = re.compile(r"""(?<![^\s\[{,:])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_KEY = re.compile(r"""^[\s-]*(?:"[^"]*"|'[^']*'|[^:"'\s][^:]*):(?=\s|$)""")
_OF_SERVICE = re.compile(r"services[.'\[]+\"?([\w-]+)|service [\"'`]([\w-]+)")
_OPTION = re.compile(r"(?:option for \S+: |property |option )['\"]?([\w-]+)")
_PREAMBLE = re.compile(
    r"(?:The \w+ variable is not set\. Defaulting to a blank string\. )|The Compose file \S+ is invalid because: "
)
_FILE = re.compile(r"(?:env file:?|open) (\S*?)([^/\s]+?)(?: not found|:|$)")
_AT = re.compile(r"^\S+:\d+\b")
_BIG = 1_000


@dataclass(frozen=True, slots=True)
class Checked:
    services: tuple[Declared, ...] = ()
    by: str = ""
    """Who read them."""
    faults: tuple[Fault, ...] = ()


async def checked(folder: Path, files: Sequence[str], digest: Digest) -> Checked:
    """Never raises: what cannot be read is a fault of its file."""
    unset = tuple(_unset(folder, files))
    try:
        found = await project(folder, files, "", digest)
    except UnreadableError as wrong:
        why = clean_and_redact(str(wrong), 300)
        return Checked(faults=(_refused(folder, files, why), *unset))
    return Checked(found.services, found.by, unset)


def _refused(folder: Path, files: Sequence[str], why: str) -> Fault:
    """With the line, where the words name what stands there."""
    why = _PREAMBLE.sub("", why)
    if (begins := _AT.match(why)) is not None:
        return Fault("error", begins[0], why[begins.end() :].strip() or why)
    place = next((place for file in files for place in _line(folder, file, why)), files[0])
    return Fault("error", place, why.removeprefix(f"{files[0]} "))


def _line(folder: Path, file: str, why: str) -> Iterator[str]:
    named, missing = _OF_SERVICE.search(why), _FILE.search(why)
    if named is None and missing is None:
        return
    with suppress(UnreadableError):
        text = text_of(folder, file)
        if missing is not None:
            yield from (f"{file}:{n}" for n, line in enumerate(text.splitlines(), 1) if missing[2] in line)
        data: Any = document(text, file)
        services = data.get("services") if isinstance(data, dict) else None
        for name, table in services.items() if isinstance(services, dict) else ():
            if named is not None and str(name) == (named[1] or named[2]):
                yield f"{file}:{_of_key(name, table, why)}"


def _of_key(name: Any, table: Any, why: str) -> int:
    """The line of the key that the words name, else of its service."""
    option = _OPTION.findall(why)
    keys = list(table) if isinstance(table, Mapping) else []
    found = next((key for key in keys if str(key) in option or f".{key}" in why), name)
    return int(getattr(found, "line", 1))


def _unset(folder: Path, files: Sequence[str]) -> Iterator[Fault]:
    """Variables without a value: compose puts nothing in their place."""
    for file in files:
        try:
            text, variables = text_of(folder, file), variables_of(folder, posixpath.dirname(file))
        except UnreadableError:
            continue
        yield from _unset_in(file, text, variables)


def _unset_in(file: str, text: str, variables: Lookup) -> Iterator[Fault]:
    told: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        for name in _lacking(_value(line).replace("$$", ""), variables):
            if name in told:
                continue
            told.add(name)
            hint = f"set it in .env, or write ${{{name}:?}}: then compose refuses"
            yield Fault("warning", f"{file}:{number}", f"{name} is set nowhere: nothing takes its place", hint)


def _lacking(text: str, variables: Lookup) -> Iterator[str]:
    """The variables without a value that count: of `${A:-x${B}}` B only where A has none."""
    at = 0
    while (found := _VARIABLE.search(text, at)) is not None:
        name, rule = found[1] or found[3], found[2] or ""
        value, at = variables(name), found.end()
        if found[1]:
            try:
                inside = braced(text[found.start() + 1 :])
            except UnreadableError:
                return  # it goes on in the next line, or is never closed: compose says so
            at = found.start() + len(inside) + 3
            there = bool(value) if rule.startswith(":") else value is not None
            if rule and there == rule.endswith("+"):
                yield from _lacking(inside[len(name) + len(rule) :], variables)
        if not rule and value is None:
            yield name


def _value(line: str) -> str:
    """What compose fills in: no comment, and no key before its value."""
    comment = _COMMENT.search(_QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line))
    return _KEY.sub("", line[: comment.start()] if comment else line)


def lying(folder: Path, services: Iterable[Declared]) -> dict[str, Lies]:
    """What is at the source of each mount of this machine."""
    sources = {mount.source for service in services for mount in service.mounts if not mount.volume}
    return {source: _lies(folder / source) for source in sorted(sources)[:_BIG]}


def _lies(path: Path) -> Lies:
    try:
        if not path.is_dir():
            return "there" if path.exists() else "missing"
        with os.scandir(path) as entries:
            return "there" if next(entries, None) is not None else "empty"
    except OSError:
        return "there"  # nobody here may look: no claim
