"""`type = "http"`, and the `expect` that other kinds share."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import override

from incidentui.config.checks import OPERATORS, Expect, HttpCheck
from incidentui.config.schema import Duration, Pattern, Table, Url, json_path, near, pattern, secret, wrong
from incidentui.config.tables.common import CheckTable


def statuses(value: Any) -> tuple[int, ...]:
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(s, int) and not isinstance(s, bool) and 100 <= s <= 599 for s in found):
        raise wrong("must be HTTP status codes", "write [200] or [200, 204]")
    return tuple(found)


def json_paths(value: Any) -> tuple[tuple[str, object], ...]:
    if not isinstance(value, dict):
        raise wrong("must be a table of JSON paths", 'write { "$.status" = "ok" }')
    return tuple((path, _json_rule(path, rule)) for path, rule in value.items())


def _json_rule(path: str, rule: Any) -> object:
    json_path(path)
    if not isinstance(rule, dict):
        return rule
    for operator, operand in rule.items():
        if operator not in OPERATORS:
            known = ", ".join(sorted(OPERATORS))
            raise wrong(f"{path}: unknown operator {operator}", near(operator, list(OPERATORS)) or f"known: {known}")
        if operator == "matches":
            pattern(operand)
        if operator in ("lt", "gt") and (isinstance(operand, bool) or not isinstance(operand, int | float)):
            raise wrong(f"{path}: {operator} needs a number")
        if operator in ("absent", "present") and operand is not True:
            raise wrong(f"{path}: write {operator} = true")
    return rule


class LatencyTable(Table):
    warn: Duration | None = None
    fail: Duration | None = None

    @model_validator(mode="after")
    def in_order(self) -> "LatencyTable":
        if self.warn is not None and self.fail is not None and self.warn > self.fail:
            raise wrong("warn is longer than fail", "a check is slow before it fails")
        return self


class ExpectTable(Table):
    status: Annotated[Any, BeforeValidator(statuses)] = (200,)
    content_type: str | None = None
    json_: Annotated[Any, BeforeValidator(json_paths)] = Field(default=(), alias="json")
    not_login: bool = True
    body: list[Pattern] = Field(default_factory=list)
    body_not: list[Pattern] = Field(default_factory=list)
    latency: LatencyTable | None = None

    def value(self) -> Expect:
        return Expect(
            status=self.status,
            content_type=self.content_type,
            json=self.json_,
            not_login=self.not_login,
            body=tuple(self.body),
            body_not=tuple(self.body_not),
            latency_warn_ms=self.latency.warn if self.latency else None,
            latency_fail_ms=self.latency.fail if self.latency else None,
        )


class HttpTable(CheckTable):
    url: Url
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    headers: dict[str, Annotated[Any, BeforeValidator(secret)]] = Field(default_factory=dict)
    follow_redirects: bool = False
    expect: ExpectTable = ExpectTable()

    @override
    def check(self) -> HttpCheck:
        return HttpCheck(
            **self.common(),
            url=self.url,
            method=self.method,
            headers=tuple(self.headers.items()),
            follow_redirects=self.follow_redirects,
            expect=self.expect.value(),
        )

    @override
    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        for header, value in self.headers.items():
            if header.lower() in ("authorization", "cookie", "x-api-key") and isinstance(value, str):
                yield ("headers", header), "a secret stands in the file", f'write {header} = {{ env = "NAME" }}'
