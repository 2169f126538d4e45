"""Whether every compose file that one run would read is allowed: those that are named, and those that they name.

A compose file mounts whatever it names and runs it as root: it is code, allowed by its hash. Blocks.
"""

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from incidentui.config.trust import ONE_RUN, is_trusted
from incidentui.config.trust import digest as hash_of
from incidentui.core.inputs import Refusal
from incidentui.edge.checks.agreed.documents import of_yaml
from incidentui.edge.runbooks import NotReadError, read_bounded
from incidentui.edge.text import clean

_MOST = 64
Waiting = tuple[str, tuple[str, ...]]
"""(path, the folders that a relative path in it may start from)"""


def not_allowed(folder: Path, files: Sequence[str]) -> Refusal | None:
    """Why not, of the first that is not. Where a path could start from several folders, all that is there counts."""
    top = str(folder / posixpath.dirname(files[0]))
    waiting: list[Waiting] = [(str(folder / file), (top,)) for file in files]
    seen: set[Waiting] = set()
    while waiting:
        path, starts = here = waiting.pop(0)
        if here in seen:
            continue
        seen.add(here)
        shown = _shown(folder, path)
        if len(seen) > _MOST:
            return Refusal(f"{shown}: more than {_MOST} compose files name each other", "nothing was done", usage=True)
        content = _allowed(path, shown)
        if isinstance(content, Refusal):
            return content
        named = _named_in(content, shown)
        if isinstance(named, Refusal):
            return named
        for name, start in named:
            more = tuple(posixpath.normpath(posixpath.join(each, start)) for each in starts) if start else ()
            waiting += _places(name, tuple(dict.fromkeys((posixpath.dirname(path), *starts, *more))))
    return None


def _allowed(path: str, shown: str) -> bytes | Refusal:
    try:
        content = read_bounded(Path(os.path.realpath(path)))
    except NotReadError as error:
        return Refusal(f"{shown} {error}", "nothing was done", usage=True)
    if not is_trusted(Path(path), content):
        hint = f"read it, then: incidentui trust {shown}  (one run: {ONE_RUN}={hash_of(content)})"
        return Refusal(f"{shown} is not allowed yet, or changed since", hint)
    return content


def _places(name: str, starts: tuple[str, ...]) -> list[Waiting]:
    found = [posixpath.normpath(posixpath.join(start, os.path.expanduser(name))) for start in starts]
    there = [path for path in dict.fromkeys(found) if os.path.lexists(path)] or found[:1]
    return [(path, tuple(dict.fromkeys((posixpath.dirname(path), *starts)))) for path in there]


def _named_in(content: bytes, shown: str) -> list[tuple[str, str]] | Refusal:
    """(file, the folder it is given as its own), of `include` and `extends`."""
    try:
        data = of_yaml(content.decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError):
        return Refusal(f"{shown} cannot be read as YAML", "nothing was done", usage=True)
    found = [*_included(data), *_extended(data)] if isinstance(data, dict) else []
    for pair in found:
        if odd := next((text for text in pair if "$" in text or "://" in text or text.startswith("git@")), ""):
            why = f"{shown} names {clean(odd, 80)}: which file that is cannot be told, so it cannot be allowed"
            return Refusal(why, "name a file by its path", usage=True)
    return found


def _included(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in _list(data.get("include")):
        table = each if isinstance(each, dict) else {"path": each}
        for path in _list(table.get("path")):
            yield str(path), str(table.get("project_directory") or "")


def _extended(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    services = data.get("services")
    for table in services.values() if isinstance(services, dict) else ():
        extends = table.get("extends") if isinstance(table, dict) else None
        if isinstance(extends, dict) and extends.get("file"):
            yield str(extends["file"]), ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _shown(folder: Path, path: str) -> str:
    near = posixpath.relpath(path, folder)
    return clean(path if near.startswith("../") else near, 200)
