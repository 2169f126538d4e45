"""A file of the project as text, or as the document it holds: bounded, and said in words when it cannot be read."""

import json
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from typing_extensions import override

from incidentui.config.lines import key_lines, line_of
from incidentui.core.value import dataclass
from incidentui.edge.checks.web.json_rules import BadPathError, find
from incidentui.edge.matching import Matching, TooSlowError

CAP = 1 << 20
_PARTS = 200_000
"""A document that its aliases make larger than this is not read."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value as it stands there, and at which line, where that can be told."""

    text: str
    line: int | None = None


class UnreadableError(Exception):
    """Why a value cannot be known, in words that hold nothing of the value."""


def text_of(base: Path, name: str) -> str:
    """A regular file, whole; anything else (a pipe would never end) is refused."""
    try:
        handle = os.open(base / name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UnreadableError(f"{name} is not a file")
            content = file.read(CAP + 1)
    except FileNotFoundError:
        raise UnreadableError(f"{name} is not there") from None
    except OSError as wrong:
        # A folder refuses already when Python makes a file of it.
        raise UnreadableError(f"{name} cannot be read: {wrong.strerror or wrong}") from wrong
    except ValueError as wrong:
        raise UnreadableError(f"{name} is not a file name") from wrong
    if len(content) > CAP:
        raise UnreadableError(f"{name} is longer than {CAP >> 20} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise UnreadableError(f"{name}:{line} is not UTF-8") from wrong


def at(base: Path, name: str, path: str) -> Found:
    """The one scalar at a JSON path of a TOML, JSON or YAML file."""
    text = text_of(base, name)
    value = scalar_at(document(text, name), path, name)
    line = getattr(value, "line", None)
    return Found(str(value).strip(), line if line is not None else _line(text, name, path))


def document(text: str, name: str) -> Any:
    """What the text of a file holds; of YAML every scalar is the text that stands there, and knows its line."""
    try:
        match Path(name).suffix.lower():
            case ".toml":
                return tomllib.loads(text)
            case ".json":
                return json.loads(text)
            case _:
                return of_yaml(text)
    except json.JSONDecodeError as wrong:
        raise UnreadableError(f"{name}:{wrong.lineno} is not JSON") from wrong
    except tomllib.TOMLDecodeError as wrong:
        line = re.search(r"at line (\d+)", str(wrong))
        raise UnreadableError(f"{name}{f':{line[1]}' if line else ''} is not TOML") from wrong
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        raise UnreadableError(f"{name}{f':{mark.line + 1}' if mark else ''} is not YAML") from wrong
    except (yaml.YAMLError, ValueError) as wrong:
        raise UnreadableError(f"{name} cannot be read as {Path(name).suffix[1:]}") from wrong
    except RecursionError as wrong:
        raise UnreadableError(f"{name} is nested too deeply") from wrong


def scalar_at(data: Any, path: str, name: str) -> str:
    try:
        found = find(path, data)
    except (BadPathError, TooSlowError) as wrong:
        raise UnreadableError(str(wrong)) from wrong
    except RecursionError as wrong:
        raise UnreadableError(f"{name} is nested too deeply") from wrong
    if not found:
        raise UnreadableError(f"{name} has no {path}")
    texts = [scalar(value, f"{name} {path}") for value in found]
    if len(set(texts)) > 1:
        raise UnreadableError(f"{name} has {len(set(texts))} different values at {path}")
    return texts[0]


def scalar(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, list | Mapping):
        kind = "null" if value is None else "a list" if isinstance(value, list) else "a table"
        raise UnreadableError(f"{where} is {kind}, not one value")
    return value if isinstance(value, str) else str(value)


def _line(text: str, name: str, path: str) -> int | None:
    """Where a value of a TOML or JSON file stands; their readers do not tell."""
    if name.lower().endswith(".toml"):
        return line_of(key_lines(text), tuple(re.findall(r"[\w-]+", path)))
    try:
        found = find(path, of_yaml(text))  # JSON is YAML, but for tabs
    except (yaml.YAMLError, ValueError, RecursionError, TooSlowError):
        return None
    return getattr(found[0], "line", None) if found else None


def _matches(regex: str, text: str) -> Iterator[Any]:
    try:
        yield from Matching().every(regex, text)
    except TooSlowError as rule:
        raise UnreadableError(str(rule)) from None


def found_by(regex: str, text: str, name: str) -> Found:
    """The group of the one match; `^` and `$` stand at every line."""
    found: dict[str, int] = {}
    for match in _matches(regex, text):
        value = match.group(1) if match.re.groups else match.group()
        if value is not None:
            found.setdefault(value.strip(), text.count("\n", 0, match.start()) + 1)
    if not found:
        raise UnreadableError(f"{name} has no match for {regex}")
    if len(found) > 1:
        lines = " and ".join(str(line) for line in list(found.values())[:2])
        raise UnreadableError(f"{name} matches {regex} with different values, at lines {lines}")
    return Found(*next(iter(found.items())))


# -- YAML


class _Placed(str):
    """A text of a document that knows its line."""

    __slots__ = ("line",)
    line: int


class _Texts(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one where it is built
    """`22:22` is no number and `no` is no boolean here; nothing is nothing, and `<<` is merged still."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # as its base has it
        "<": [("tag:yaml.org,2002:merge", re.compile(r"<<$"))],
        "": [("tag:yaml.org,2002:null", re.compile(r"$"))],
        "~": [("tag:yaml.org,2002:null", re.compile(r"~$"))],
        "n": [("tag:yaml.org,2002:null", re.compile(r"null$"))],
    }

    @override
    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        value = super().construct_scalar(node)
        if not isinstance(value, str):
            return value
        placed = _Placed(value)
        placed.line = node.start_mark.line + 1
        return placed

    @override
    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _PARTS:
            raise yaml.YAMLError("too large")


def _of_any_tag(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    """What a tag of somebody's own (`!reset`) stands before."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Texts.add_constructor("tag:yaml.org,2002:str", _Texts.construct_scalar)
_Texts.add_multi_constructor("!", _of_any_tag)


def of_yaml(text: str) -> Any:
    data = yaml.load(text, Loader=_Texts)  # a safe loader
    left, waiting = _PARTS, [data]
    while waiting:
        here = waiting.pop()
        left -= 1
        if left < 0:
            raise yaml.YAMLError("too large")
        waiting += here.values() if isinstance(here, dict) else here if isinstance(here, list) else ()
    return data
