"""The parts of a runbook that are data: front matter, attributes of a fence, the arguments of a typed action.

YAML is read as a tree of text only: no types are guessed (a commit `58320e8` is no number), no alias is followed,
a key stands once. PyYAML is imported on use.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from incidentui.runbook.attributes import near, unknown
from incidentui.runbook.model import Pairs, Problem, Variable

ARGS: dict[str, tuple[str, ...]] = {
    "git.reset": ("to", "push", "mode", "skip_rehearsal", "within"),
    "git.revert": ("commits", "push", "mainline", "drop", "edit", "resolved", "skip_rehearsal", "within"),
    "git.undo": ("of", "push", "skip_rehearsal", "within"),
    "git.restore-work": ("from",),
    "git.mark-good": ("rev",),
    "workload.restart": ("name", "engine", "within", "stay"),
    "workload.stop": ("name", "engine", "within", "stay"),
    "workload.start": ("name", "engine", "within", "stay"),
    "workload.recreate": ("name", "engine", "within", "stay"),
    "workload.rehearse": ("within", "stay", "slow", "quiet"),
    "checkpoint.take": ("volumes",),
    "checkpoint.test": ("id",),
    "checkpoint.restore": ("id", "volumes", "within"),
    "volume.backup": ("volume", "name", "before", "engine"),
    "compose.up": ("name", "build", "pull", "deps", "within", "stay"),
    "workload.exec": ("name", "command", "user", "engine", "within"),
    "workload.copy-out": ("name", "from", "to", "engine"),
    "workload.copy-in": ("name", "from", "to", "back", "engine"),
    "volume.restore": ("id", "volume", "name", "engine", "within", "stay"),
    "verify": ("checks", "within", "consecutive"),
    "wait": ("for", "checks", "within", "consecutive", "every"),
    "ci.wait": ("commit", "within", "provider"),
    "deploy.start": ("within",),
    # No `command` here: what a file of a repository runs comes from the configuration, which is allowed by its hash.
    "git.bisect": ("good", "bad", "within", "step", "first-parent"),
    "fix.mark": ("commit", "file", "contains", "matches", "check"),
    "fix.forget": ("commit", "reason"),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "git.reset": ("to",),
    "git.revert": ("commits",),
    "git.undo": (),
    "git.restore-work": (),
    "git.mark-good": (),
    "workload.restart": ("name",),
    "workload.stop": ("name",),
    "workload.start": ("name",),
    "workload.recreate": ("name",),
    "workload.rehearse": (),
    "checkpoint.take": (),
    "checkpoint.test": ("id",),
    "checkpoint.restore": ("id",),
    "volume.backup": (),
    "compose.up": ("name",),
    "workload.exec": ("name", "command"),
    "workload.copy-out": ("name", "from", "to"),
    "workload.copy-in": ("name",),
    "volume.restore": (),
    "verify": (),
    "wait": (),
    "ci.wait": ("commit",),
    "deploy.start": (),
    "git.bisect": (),
    "fix.mark": ("commit",),
    "fix.forget": ("commit",),
}
RUNS = frozenset({"workload.exec", "workload.copy-out", "workload.copy-in"})
"""Typed actions that run or write what the file says: only of a runbook that was allowed."""
CHANGES_NOTHING = frozenset(
    {
        "verify",
        "wait",
        "ci.wait",
        "git.bisect",
        "git.mark-good",
        "git.restore-work",
        "checkpoint.take",
        "checkpoint.test",
        "volume.backup",
        "workload.exec",
        "workload.copy-out",
    }
)
SOURCES = ("git.head", "good", "suspect", "service", "workload", "branch")
_LIMIT = 65_536
_DEEPEST = 10
_FRONT_KEY = re.compile(r"[A-Za-z_][\w.-]*")
Field = tuple[str, Any, int]
"""(key, value, line): a value is text, a list of values, or a list of fields."""


class UnreadableError(Exception):
    """YAML that is not a plain tree of text; `line` counts from 0 in the text given."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


# -- YAML as a tree of text


def read_mapping(text: str) -> list[Field] | None:
    """The fields of a YAML mapping; None when the text is something else. Raises UnreadableError."""
    import yaml

    if len(text) > _LIMIT:
        raise UnreadableError(f"longer than {_LIMIT // 1024} KB", 0)
    try:
        _only_plain(text)
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        why = f"not valid YAML: {error.problem or error.context}"
        raise UnreadableError(why, _mark_line(error.problem_mark)) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise UnreadableError(f"not readable as YAML: {type(error).__name__}", 0) from None
    return list(_fields(node)) if isinstance(node, yaml.MappingNode) else None


def _only_plain(text: str) -> None:
    """No aliases, no tags, and no nesting that a reader in Python would need minutes for."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableError("YAML aliases (*name) are not read", _mark_line(event.start_mark))
        if getattr(event, "tag", None) not in (None, "!"):  # "!" is what a quoted text has
            raise UnreadableError("YAML tags (!name) are not read", _mark_line(event.start_mark))
        if depth > _DEEPEST:
            raise UnreadableError("nested too deeply", _mark_line(event.start_mark))


def _mark_line(mark: Any) -> int:
    return int(mark.line) if mark else 0


def _fields(node: Any) -> Iterator[Field]:
    import yaml

    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            raise UnreadableError("a key must be a word", line)
        if key.value in seen:
            raise UnreadableError(f"{key.value} stands twice", line)
        seen.add(key.value)
        yield key.value, _value(value), line


def _value(node: Any) -> Any:
    import yaml

    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.MappingNode):
        return list(_fields(node))
    return [_value(item) for item in node.value]


# -- front matter


def front_matter(lines: list[str]) -> tuple[list[Field], int]:
    """(fields, number of lines it takes). A leading `---` that holds no YAML mapping is a ruler, not front matter."""
    if not lines or lines[0].rstrip() != "---":
        return [], 0
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), 0)
    text = "\n".join(lines[1:end])
    if not end:
        return [], 0
    try:
        fields = read_mapping(text)
    except UnreadableError:
        return [], 0
    if fields is None or not all(_FRONT_KEY.fullmatch(key) for key, _, _ in fields):
        return [], 0  # `1. Look: there` between two rulers is a mapping too
    return fields, end + 1


def text_list(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str) and item)


def variables(value: Any, line: int) -> tuple[tuple[Variable, ...], list[Problem]]:
    if not isinstance(value, list):
        return (), [Problem(line, "vars must be a mapping", "vars: { service: { default: api } }", rule="variable")]
    found, problems = [], []
    for field in value:
        if not isinstance(field, tuple):
            problems.append(Problem(line, "vars must be a mapping, not a list", rule="variable"))
            continue
        name, spec, at = field
        variable, wrong = _variable(name, spec, at + 2)
        found.append(variable)
        problems += wrong
    return tuple(found), problems


def _variable(name: str, spec: Any, line: int) -> tuple[Variable, list[Problem]]:
    if isinstance(spec, str):
        return Variable(name, default=spec), []
    fields = {f[0]: f[1] for f in spec if isinstance(f, tuple) and isinstance(f[1], str)}
    known = ("prompt", "default", "from")
    problems = [
        Problem(line, f"{name}: unknown key {key}", near(key, known), "warning", "variable", key)
        for key in fields
        if key not in known
    ]
    source = fields.get("from", "")
    if source and source not in SOURCES:
        said = f"{name}: nothing is called {source}"
        problems.append(Problem(line, said, near(source, SOURCES), rule="variable", about=source))
    return Variable(name, fields.get("prompt", ""), fields.get("default", ""), source), problems


# -- the info string of a fence


def info_string(info: str, line: int) -> tuple[str, Pairs, list[Problem]]:
    """(language, attributes, problems): JSON `{"k":"v"}` first, else the `{ k=v }` of runme."""
    head, brace, _rest = info.partition("{")
    words = head.split()
    lang = words[0].lower() if words else ""
    if not brace:
        return lang, (), []
    try:
        value, _ = json.JSONDecoder().raw_decode(info[len(head) :])
    except (ValueError, RecursionError):
        attrs = _plain_attributes(info[len(head) + 1 :])
    else:
        attrs = [(str(k), _scalar(v)) for k, v in value.items()]
    return lang, tuple(attrs), list(unknown(tuple(attrs), line))


def _plain_attributes(text: str) -> list[tuple[str, str]]:
    pairs = (word.partition("=") for word in text.partition("}")[0].split())
    return [(key, value) for key, equals, value in pairs if equals and key]


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# -- typed actions


def action_args(name: str, body: str, line: int) -> tuple[Pairs, list[Problem]]:
    """The arguments as text, lists joined by commas as on the command line. `line` is the first line of the body."""
    try:
        fields = read_mapping(body) if body.strip() else []
    except UnreadableError as error:
        hint = 'put {{ name }} in quotes: to: "{{ good }}"' if "{{" in body else ""
        return (), [Problem(line + error.line, str(error), hint, rule="yaml")]
    if fields is None:
        return (), [Problem(line, "the arguments must be `key: value` lines", "to: 59a77c4", rule="yaml")]
    if name not in ARGS:
        unknown = Problem(
            line - 1, f"unknown action {name}", near(name, tuple(ARGS)), rule="unknown-action", about=name
        )
        return _args(fields, line)[0], [unknown]
    args, problems = _args(fields, line)
    given = {key for key, _ in args}
    for key, _, at in fields:
        if key not in ARGS[name]:
            said, hint = f"{name} has no argument {key}", near(key, ARGS[name])
            problems.append(Problem(line + at, said, hint, rule="unknown-argument", about=key))
    problems += [
        Problem(line - 1, f"{name} needs {key}", f"{key}: …", rule="missing-argument", about=name)
        for key in NEEDED[name]
        if key not in given
    ]
    return args, problems


def _args(fields: list[Field], line: int) -> tuple[Pairs, list[Problem]]:
    args, problems = [], []
    for key, value, at in fields:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            args.append((key, ",".join(value)))
        elif isinstance(value, str):
            args.append((key, value))
        else:
            said = f"{key} must be a word or a list of words"
            problems.append(Problem(line + at, said, rule="yaml", about=key))
    return tuple(args), problems


def env_name(name: str) -> str:
    """What a variable is called in the environment of a shell block."""
    return re.sub(r"\W", "_", name).upper()
