"""`type = "journey"`: the user's way in steps, with cookies and what is saved on the way."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from typing_extensions import override

from incidentui.config.checks import Secret
from incidentui.config.journey import BASE, JourneyCheck, Place, Save, Step, placeholders
from incidentui.config.schema import Duration, Pattern, Table, Url, json_path, near, printable, secret, wrong
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.http import ExpectTable

METHODS = ("get", "post", "put", "delete", "head", "options")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_SECRET = re.compile(r"(?i)passw|secret|token|api_?key")


def _path(value: Any) -> str:
    whole = isinstance(value, str) and re.fullmatch(r"\{[A-Za-z_]\w*\}", value)
    if not isinstance(value, str) or not (value.startswith("/") or whole) or any(c.isspace() for c in value):
        raise wrong("must be a path below base_url", 'write "/login/", or "{saved}" for an address that a step saved')
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value in (BASE, "cookie"):
        raise wrong(f"{value!r} cannot be the name of a variable", "letters, digits and _; not base_url or cookie")
    return value


def _from_outside(value: Any) -> Secret:
    found = secret(value)
    if isinstance(found, str):
        raise wrong("a secret is not written into the file", 'write { env = "NAME" } or { command = ["..."] }')
    return found


Path = Annotated[str | None, BeforeValidator(_path)]
Word = Annotated[str, BeforeValidator(_word)]


class SaveTable(Table):
    input: str | None = None
    meta: str | None = None
    cookie: str | None = None
    json_: Annotated[str | None, BeforeValidator(json_path)] = Field(default=None, alias="json")
    header: str | None = None
    regex: Pattern | None = None

    @model_validator(mode="after")
    def one_place(self) -> "SaveTable":
        if len(self.places()) != 1:
            raise wrong("is saved from exactly one place", 'write { input = "csrfmiddlewaretoken" }')
        return self

    def places(self) -> dict[Place, str]:
        given: dict[Place, str | None] = {
            "input": self.input,
            "meta": self.meta,
            "cookie": self.cookie,
            "json": self.json_,
            "header": self.header,
            "regex": self.regex,
        }
        return {place: what for place, what in given.items() if what is not None}


class StepTable(Table):
    name: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(printable)]
    get: Path = None
    post: Path = None
    put: Path = None
    delete: Path = None
    head: Path = None
    options: Path = None
    headers: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] | None = None
    json_: Any = Field(default=None, alias="json")
    body: str | None = None
    save: dict[Word, SaveTable] = Field(default_factory=dict)
    expect: ExpectTable = ExpectTable()
    always_run: bool = False
    repeat: Annotated[int, Field(ge=1, le=50)] = 1
    follow_redirects: bool = False

    @model_validator(mode="after")
    def one_request(self) -> "StepTable":
        asked = [method for method in METHODS if getattr(self, method) is not None]
        if len(asked) != 1:
            which = " and ".join(asked) or "nothing"
            raise wrong(f"asks {which}; give exactly one of {', '.join(METHODS)}", 'write get = "/login/"')
        sent = [
            key for key, value in (("form", self.form), ("json", self.json_), ("body", self.body)) if value is not None
        ]
        if len(sent) > 1:
            raise wrong(f"sends {' and '.join(sent)}; give one of them")
        if sent and asked[0] in ("get", "head"):
            raise wrong(f"{asked[0]} sends no {sent[0]}", f'write post = "…" to send a {sent[0]}')
        if self.expect.cert_days is not None:
            raise wrong("cert_days cannot be asked of a step", 'add a check with type = "http" for the certificate')
        keys = self.expect.value().wants_body
        if asked[0] == "head" and keys:
            raise wrong(f"an answer to head has no body, so {keys[0]} is never met", "write get = ...")
        return self

    def step(self) -> Step:
        method = next(method for method in METHODS if getattr(self, method) is not None)
        return Step(
            name=self.name,
            method=method.upper(),
            path=getattr(self, method),
            headers=tuple(self.headers.items()),
            form=tuple(self.form.items()) if self.form is not None else None,
            json=self.json_,
            body=self.body,
            save=tuple(Save(name, *place) for name, table in self.save.items() for place in table.places().items()),
            expect=self.expect.value(),
            always_run=self.always_run,
            repeat=self.repeat,
            follow_redirects=self.follow_redirects,
        )


class JourneyTable(CheckTable):
    every: Duration = 60_000
    timeout: Duration = 20_000
    base_url: Url
    secrets: dict[Word, Annotated[Any, BeforeValidator(_from_outside)]] = Field(default_factory=dict)
    steps: Annotated[list[StepTable], Field(min_length=1, max_length=50)]

    @field_validator("base_url")
    @classmethod
    def without_a_login(cls, value: str) -> str:
        if "@" in value.partition("://")[2].partition("/")[0]:
            raise wrong("holds a login", "send it as a header, from a secret")
        if "?" in value or "#" in value:
            raise wrong("paths are put behind it: no ? and no #", 'write "https://app.example"')
        return value.rstrip("/")

    @model_validator(mode="after")
    def names_are_known(self) -> "JourneyTable":
        known = [*self.secrets, BASE]
        for number, table in enumerate(self.steps, 1):
            for name, argument in (used for text in table.step().texts() for used in placeholders(text)):
                if name == "cookie" and argument:
                    continue
                if name not in known or argument:
                    word = f"{name}:{argument}" if argument else name
                    hint = near(name, known) or f"known here: {', '.join(known)}; {{{{{word}}}}} is plain text"
                    raise wrong(f"step {number}, {table.name}: nothing is called {{{word}}}", hint)
            known += table.save
        if len({table.name for table in self.steps}) < len(self.steps):
            raise wrong("two steps have the same name", "a verdict names the step")
        return self

    @override
    def check(self) -> JourneyCheck:
        return JourneyCheck(
            **self.common(),
            base_url=self.base_url,
            secrets=tuple(self.secrets.items()),
            steps=tuple(table.step() for table in self.steps),
        )

    @override
    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        for number, table in enumerate(self.steps, 1):
            for key, value in (*table.headers.items(), *(table.form or {}).items()):
                plain = value and not list(placeholders(value))
                if plain and _PLAIN_SECRET.search(key):
                    yield ("steps",), f"step {number}: a secret stands in the file: {key}", "take it from `secrets`"
