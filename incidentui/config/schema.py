"""The rules of `incidentui.toml`, as pydantic models. Imported only to validate: the first frame is there by then.

Each table is checked on its own, so that one mistake does not hide the others.
"""

import difflib
import re
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

import durationpy
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from incidentui.config.checks import Secret

DURATION = r"^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$"


def wrong(text: str, hint: str = "") -> PydanticCustomError:
    # Braces would be read as a template by pydantic.
    return PydanticCustomError("wrong", "{text}", {"text": text, "hint": hint})


def near(word: str, known: list[str]) -> str:
    found = difflib.get_close_matches(word, known, 1)
    return f"did you mean {found[0]}?" if found else ""


def duration(value: Any) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong(f"{value} has no unit", f'write "{value}s" or "{value}ms"')
    if not isinstance(value, str) or not re.fullmatch(DURATION, value):
        shown = value if isinstance(value, str) else type(value).__name__
        number = isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value)
        hint = f'write "{value}s"' if number else 'write "15s", "500ms", "1m30s"'
        raise wrong(f"{shown!r} is not a duration", hint)
    ms = round(durationpy.from_str(value).total_seconds() * 1000)
    if ms <= 0:
        raise wrong("must be longer than nothing", 'write "15s"')
    return ms


def url(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("must be text", 'url = "http://127.0.0.1:8080/health"')
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise wrong(f"{value!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        bare = value.partition("://")[2] or value.lstrip("/")
        raise wrong(f"{value!r} does not begin with http:// or https://", f'write "http://{bare}"')
    if not parts.hostname or any(c.isspace() for c in value):
        raise wrong(f"{value!r} is not a URL", 'url = "http://127.0.0.1:8080/health"')
    try:
        _ = parts.port
    except ValueError:
        raise wrong(f"the port of {value!r} is not a number up to 65535") from None
    return value


def printable(value: str) -> str:
    if not value.isprintable():
        raise wrong(f"{value!r} holds characters that do not print", "a name is shown everywhere: letters and blanks")
    return value


def name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise wrong("must be a word")
    if len(value) > 64 or not value.isprintable() or re.search(r"[\s,=]", value):
        raise wrong(f"{value[:70]!r} is not a name", "at most 64 characters, no blanks, commas or `=`")
    return value


def argv(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        words = ", ".join(f'"{word}"' for word in value.split())
        raise wrong("a command is a list of words, no shell is involved", f"write [{words}]")
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise wrong("a command is a list of words", 'write ["git", "rev-parse", "HEAD"]')
    return tuple(value)


def command_list(value: Any) -> tuple[tuple[str, ...], ...]:
    """Lists of words, or a text for the shell."""
    hint = 'write commands = [["make", "build"], "npm ci && npm test"]'
    if not isinstance(value, list) or len(value) > 20:
        raise wrong("must be a list of at most 20 commands", hint)
    if not all((isinstance(v, str) and v.strip()) or isinstance(v, list) for v in value):
        raise wrong("a command is a list of words or a text for the shell", hint)
    return tuple(("sh", "-ec", v) if isinstance(v, str) else argv(v) for v in value)


def checklist_line(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong("must be text", 'write "the manual sync button works"')
    if len(value) > 200 or not value.isprintable():
        raise wrong("is no line of text", "at most 200 characters that print")
    return " ".join(value.split())


def secret(value: Any) -> Secret | str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == {"env"} and isinstance(value["env"], str):
        return Secret(env=value["env"])
    if isinstance(value, dict) and set(value) == {"command"}:
        return Secret(command=argv(value["command"]))
    raise wrong("must be text or name where the value comes from", 'write { env = "NAME" } or { command = ["..."] }')


def pattern(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("must be text")
    try:
        re.compile(value)
    except re.error as error:
        raise wrong(f"not a regular expression: {error}", "in TOML, '...' keeps backslashes") from None
    return value


def json_path(value: Any) -> str:
    from jsonpath import JSONPathError, compile

    if not isinstance(value, str):
        raise wrong("must be a JSON path", 'write "$.status"')
    try:
        compile(value)
    except (JSONPathError, re.error, OverflowError) as error:  # the last two: of a pattern in a filter
        first = str(error).splitlines()[0]
        raise wrong(f"{value!r} is not a JSON path: {first}", 'write "$.status"') from None
    return value


Duration = Annotated[int, BeforeValidator(duration), WithJsonSchema({"type": "string", "pattern": DURATION})]
Name = Annotated[str, BeforeValidator(name)]
Url = Annotated[str, BeforeValidator(url)]
Argv = Annotated[
    Any, BeforeValidator(argv), WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1})
]
Pattern = Annotated[str, BeforeValidator(pattern)]
Times = Annotated[int, Field(ge=1, le=100)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class DockerTable(Table):
    context: Name | None = None
    compose_project: Name | None = None
    compose_files: Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=10)] | None = None


class ProjectTable(Table):
    name: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)] | None = None
    environment: Annotated[str, Field(max_length=64), AfterValidator(printable)] = ""
    branch: Name | None = None
    remote: Name | None = None
    supervisor: str | None = None
    docker: DockerTable | None = None
    deploy_within: Duration = 60_000
    good_after: Duration = 60_000
    size_limit: Annotated[int, Field(ge=1)] = 100
    runbooks: list[str] | None = None


class CiTable(Table):
    command: Argv


class BisectTable(Table):
    command: Argv = None


class CheckpointTable(Table):
    files: Annotated[list[str], Field(max_length=32)] = Field(default_factory=list)
    on_green: Duration | None = None
    at_most: Duration = 3_600_000
    keep: Annotated[int, Field(ge=1, le=200)] = 10


def unfit(path: str) -> tuple[str, str]:
    """What is wrong with one of `files`, and what to write; empty where it can be looked for."""
    parts = PurePosixPath(path).parts
    if not path or path.startswith("/") or ".." in parts:
        return f"{path!r} leads out of the project", "write a path inside it"
    if not parts:
        return f"{path!r} is the whole project", 'write the files that count, as "conf/*"'
    if any("**" in part and part != "**" for part in parts):
        return f"{path!r}: ** stands for whole folders, nothing can be added to it", 'write it as "conf/**/*.yml"'
    return "", ""


class RecoveryTable(Table):
    checklist: Annotated[list[Annotated[str, BeforeValidator(checklist_line)]], Field(max_length=20)] = Field(
        default_factory=list
    )


class DeployTable(Table):
    by_paths: bool = False
    ci: CiTable | None = None
    start: CiTable | None = None


class RehearseTable(Table):
    commands: Annotated[Any, BeforeValidator(command_list)] = ()
    timeout: Duration = 600_000


class RevisionTable(Table):
    file: str | None = None
    url: Url | None = None
    json_: Annotated[str | None, BeforeValidator(json_path)] = Field(default=None, alias="json")
    label: str | None = None
    command: Argv = None

    @model_validator(mode="after")
    def one_source(self) -> "RevisionTable":
        given = [key for key in ("file", "url", "label", "command") if getattr(self, key) is not None]
        if len(given) != 1:
            which = " and ".join(given) or "nothing"
            raise wrong(f"says {which}; give exactly one of file, url, label, command", '{ file = "app/REV" }')
        if self.json_ is not None and self.url is None:
            raise wrong("json needs a url to read from")
        return self


class ServiceTable(Table):
    name: Name
    workloads: list[str] = []
    paths: list[str] = []
    depends_on: list[str] = []
    layers: list[Name] = Field(default_factory=list, max_length=20)
    revision: RevisionTable | None = None
