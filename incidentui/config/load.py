"""Reads `incidentui.toml` in two steps: parsed before the first frame, validated after it.

Neither step raises: what is wrong is collected with file, line, key and a hint, and the rest works.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from incidentui.config.checks import INNER
from incidentui.config.model import Loaded, Parsed, Problem
from incidentui.config.paths import CONFIG, folder_name
from incidentui.core.model import CheckSpec, Layer, ProjectSpec, ServiceSpec

_LIMIT = 1_048_576
_AT_LINE = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")
_AT_END = re.compile(r"\s*\(at end of document\)$")
_BARE = re.compile(r"\s*[\w.-]+\s*=\s*([^\s\"'\[{#][^#]*)")


def load(project_dir: Path, *, untrusted: bool = False) -> Loaded:
    return validate(parse(project_dir), untrusted=untrusted)


def parse(project_dir: Path) -> Parsed:
    """The file as TOML, and the names in it. Loads nothing but the standard library."""
    directory = Path(project_dir).resolve()
    try:
        content = (directory / CONFIG).read_bytes()
    except FileNotFoundError:
        return Parsed(directory, None, b"", "", {}, ProjectSpec(folder_name(directory)), _without_file(directory))
    except OSError as error:
        problem = Problem(CONFIG, None, "", f"cannot be read: {error.strerror}", "check the owner and the mode")
        return _parsed(directory, b"", "", {}, problem)
    return parse_content(directory, content)


def parse_content(directory: Path, content: bytes) -> Parsed:
    """The same for bytes that were read already: what is shown must be what is allowed."""
    if len(content) > _LIMIT:
        problem = Problem(CONFIG, None, "", f"is {len(content)} bytes long", f"at most {_LIMIT} are read")
        return _parsed(directory, b"", "", {}, problem)
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _parsed(directory, content, "", {}, Problem(CONFIG, line, "", "is not UTF-8", "save it as UTF-8"))
    try:
        return _parsed(directory, content, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        return _parsed(directory, content, text, {}, _syntax(str(error), text))
    except RecursionError:
        return _parsed(directory, content, text, {}, Problem(CONFIG, None, "", "is nested too deeply"))


def validate(parsed: Parsed, *, untrusted: bool = False) -> Loaded:
    """Every rule, all problems at once. A table with an error is left out; loads pydantic.

    What would run a command that nobody allowed is left out too, a check held, unless it is only to be shown
    (`untrusted`).
    """
    from incidentui.config.known_errors import of_project
    from incidentui.config.trust import without_untrusted
    from incidentui.config.validation import validated

    config, problems = validated(parsed)
    known, mistakes = of_project(parsed.dir)
    config = replace(config, known_errors=known)
    loaded = Loaded(config, (*parsed.problems, *problems, *mistakes), parsed.file, parsed.content)
    return loaded if untrusted else without_untrusted(loaded)


def _parsed(directory: Path, content: bytes, text: str, data: Mapping[str, object], *problems: Problem) -> Parsed:
    return Parsed(directory, directory / CONFIG, content, text, data, _light(directory, data), problems)


def _without_file(directory: Path) -> tuple[Problem, ...]:
    if any((folder / ".git").exists() for folder in (directory, *directory.parents)):
        text = "no incidentui.toml: incidentui init writes one"
        hint = "git and workloads work without it, nothing is checked"
    else:
        text, hint = "no incidentui.toml, and not a git work tree", "start it in a project, or give its folder"
    return (Problem(str(directory), None, "", text, hint, level="warning"),)


def _syntax(message: str, text: str) -> Problem:
    lines = text.split("\n")
    at = _AT_LINE.search(message)
    line, column = (int(at.group(1)), int(at.group(2))) if at else (len(lines), len(lines[-1]) + 1)
    what = _AT_END.sub("", _AT_LINE.sub("", message))
    bare = _BARE.match(lines[line - 1]) if line <= len(lines) else None
    hint = (
        f'text needs quotes: "{bare.group(1).strip()}"' if bare else "nothing of this file is used until it is mended"
    )
    return Problem(CONFIG, line, "", f"not valid TOML: {what}", hint, column)


# -- the light reading


def _light(directory: Path, data: Mapping[str, object]) -> ProjectSpec:
    """Names only, and only where they have the right form; what is wrong is said by the second step."""
    project = data.get("project")
    table: Mapping[str, Any] = project if isinstance(project, dict) else {}
    services = tuple(ServiceSpec(_text(s, "name")) for s in _tables(data, "services") if _text(s, "name"))
    checks = tuple(
        CheckSpec(_text(c, "name"), _text(c, "service"), _layer(c), kind=_text(c, "type"))
        for c in _tables(data, "checks")
        if _text(c, "name") and _text(c, "service")
    )
    return ProjectSpec(
        name=_text(table, "name") or folder_name(directory),
        environment=_text(table, "environment"),
        branch=_text(table, "branch") or None,
        remote=_text(table, "remote") or None,
        services=services,
        checks=checks,
    )


def _layer(check: Mapping[str, Any]) -> Layer:
    usual = "inner" if check.get("type") in INNER else "user"
    return "inner" if check.get("layer", usual) == "inner" else "user"


def _tables(data: Mapping[str, object], key: str) -> list[Mapping[str, Any]]:
    found = data.get(key)
    return [table for table in found if isinstance(table, dict)] if isinstance(found, list) else []


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    return value if isinstance(value, str) and value.isprintable() else ""
