"""`type = "agreement"`: two or more values that must agree, and where each is read."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import override

from incidentui.config.agreement import (
    AgreementCheck,
    InAnswer,
    InCompose,
    InEnvironment,
    InFile,
    InWorkload,
    OfCommand,
    Origin,
    Value,
)
from incidentui.config.schema import Argv, Name, Pattern, Table, Url, json_path, wrong
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.http import header_name

DOCUMENTS = (".toml", ".yaml", ".yml", ".json")
_MOST = 20
_FORMS: dict[str, tuple[tuple[str, ...], int, int]] = {
    "file": (("regex", "path"), 0, 1),
    "compose": (("port", "env", "volume"), 1, 1),
    "workload": (("env", "label", "port"), 1, 1),
    "url": (("json", "header"), 1, 1),
    "command": ((), 0, 0),
    "env": ((), 0, 0),
}
"""What names the place -> the keys that name the value there, and how many of them at least and at most."""
_EXAMPLES = {
    "file": """{ name = "app", file = "config.py", regex = 'PORT = (\\d+)' }""",
    "compose": '{ name = "compose", compose = "docker-compose.yml", service = "web", port = 8000 }',
    "workload": '{ name = "running", workload = "web", env = "PORT" }',
    "url": '{ name = "answer", url = "http://127.0.0.1:8080/config", json = "$.port" }',
    "command": '{ name = "told", command = ["bin/port"] }',
    "env": '{ name = "here", env = "PORT" }',
}


class PlaceTable(Table):
    """One place that holds one value."""

    file: Annotated[str, Field(min_length=1)] | None = None
    regex: Pattern | None = None
    path: Annotated[str | None, BeforeValidator(json_path)] = None
    compose: Annotated[str, Field(min_length=1)] | None = None
    service: Annotated[str, Field(min_length=1)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    volume: Annotated[str, Field(min_length=1)] | None = None
    workload: Annotated[str, Field(min_length=1)] | None = None
    label: Annotated[str, Field(min_length=1)] | None = None
    url: Url | None = None
    json_: Annotated[str | None, BeforeValidator(json_path)] = Field(default=None, alias="json")
    header: Annotated[str | None, BeforeValidator(header_name)] = None
    env: Annotated[str, Field(min_length=1)] | None = None
    command: Argv = None

    @model_validator(mode="after")
    def one_place(self) -> "PlaceTable":
        place = self._place()
        keys, least, most = _FORMS[place]
        given = {key for key in type(self).model_fields if getattr(self, key) is not None}
        given = {key.rstrip("_") for key in given} - {"name", place, *(("service",) if place == "compose" else ())}
        if strange := sorted(given - set(keys)):
            raise wrong(f"{strange[0]} does not go with {place}", _EXAMPLES[place])
        if not least <= len(given) <= most:
            many = "exactly one" if least else "at most one"
            raise wrong(f"{place} needs {many} of {', '.join(keys)}", _EXAMPLES[place])
        if place == "compose" and self.service is None:
            raise wrong("compose needs a service", _EXAMPLES[place])
        if self.path is not None and not (self.file or "").lower().endswith(DOCUMENTS):
            raise wrong(f"path needs a file that ends in {', '.join(DOCUMENTS)}", _EXAMPLES["file"])
        return self

    def _place(self) -> str:
        places = [key for key in _FORMS if key != "env" and getattr(self, key) is not None]
        if not places and self.env is not None:
            return "env"
        if len(places) != 1:
            which = " and ".join(places) or "nothing"
            raise wrong(f"says {which}; give exactly one of {', '.join(_FORMS)}", _EXAMPLES["file"])
        return places[0]

    def origin(self) -> Origin:
        if self.file is not None:
            return InFile(self.file, self.regex, self.path)
        if self.compose is not None:
            return InCompose(self.compose, self.service or "", self.port, self.env, self.volume)
        if self.workload is not None:
            return InWorkload(self.workload, self.env, self.label, self.port)
        if self.url is not None:
            return InAnswer(self.url, self.json_ or "", self.header or "")
        return OfCommand(self.command) if self.command else InEnvironment(self.env or "")


class ValueTable(PlaceTable):
    name: Name


def _several(tables: Any) -> Any:
    if isinstance(tables, list) and not 2 <= len(tables) <= _MOST:
        raise wrong(f"{len(tables)} values: it takes two to agree, and at most {_MOST} are read", _EXAMPLES["file"])
    return tables


class AgreementTable(CheckTable):
    layer: Literal["user", "inner"] = "inner"
    values: Annotated[list[ValueTable], BeforeValidator(_several)]
    secret: bool | None = None

    @model_validator(mode="after")
    def told_apart(self) -> "AgreementTable":
        names = [value.name for value in self.values]
        if double := next((name for name in names if names.count(name) > 1), ""):
            raise wrong(f"two values are called {double}", "the name is what is said when they differ")
        return self

    @override
    def check(self) -> AgreementCheck:
        values = tuple(Value(value.name, value.origin()) for value in self.values)
        return AgreementCheck(**self.common(), values=values, secret=self.secret)

    @override
    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        if self.layer == "user":
            yield ("layer",), "values that agree do not show that a user is served", 'write layer = "inner"'
