"""`type = "http"`, and the `expect` that other kinds share."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from typing_extensions import override

from incidentui.config.checks import BODY_CAP, OPERATORS, Expect, HttpCheck
from incidentui.config.schema import Duration, Pattern, Table, Url, json_path, near, pattern, secret, wrong
from incidentui.config.tables.common import CheckTable

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


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
    return operators(path, rule) if isinstance(rule, dict) else rule


def operators(subject: str, rule: dict[str, Any]) -> dict[str, Any]:
    for operator, operand in rule.items():
        if operator not in OPERATORS:
            known = ", ".join(sorted(OPERATORS))
            raise wrong(f"{subject}: unknown operator {operator}", near(operator, list(OPERATORS)) or f"known: {known}")
        if operator == "matches":
            pattern(operand)
        if operator in ("lt", "gt") and not _number(operand):
            raise wrong(f"{subject}: {operator} needs a number")
        if operator in ("absent", "present") and operand is not True:
            raise wrong(f"{subject}: write {operator} = true")
    return rule


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def header_rules(value: Any) -> tuple[tuple[str, object], ...]:
    if not isinstance(value, dict):
        raise wrong("must be a table of headers", 'write { "Cache-Control" = "no-store" }')
    return tuple((name, _header_rule(name, rule)) for name, rule in value.items())


def header_name(value: Any) -> str:
    if not isinstance(value, str) or not _HEADER.fullmatch(value):
        raise wrong(f"{value!r} is not the name of a header", "letters, digits and hyphens")
    return value


def _header_rule(name: str, rule: Any) -> object:
    header_name(name)
    if isinstance(rule, dict) and rule:
        return operators(name, rule)
    if isinstance(rule, str) or _number(rule):
        return rule
    raise wrong(f"{name}: must be text or operators", f'write {name} = "no-store" or {name} = {{ present = true }}')


def address_glob(value: Any) -> str:
    hint = 'write "/login*" for path and query, "https://app.example/*" for the whole address; * stands for anything'
    if not isinstance(value, str) or not value.startswith(("/", "*", "http://", "https://")):
        raise wrong("must begin with /, *, http:// or https://", hint)
    return value


def first_bytes(value: Any) -> str:
    if not isinstance(value, str) or not value or not (value.isascii() and value.isprintable()):
        raise wrong("must be the characters that the body may begin with", 'write "{[" or "<"')
    return value


class LatencyTable(Table):
    warn: Duration | None = None
    fail: Duration | None = None

    @model_validator(mode="after")
    def in_order(self) -> "LatencyTable":
        if self.warn is not None and self.fail is not None and self.warn > self.fail:
            raise wrong("warn is longer than fail", "a check is slow before it fails")
        return self


class SizeTable(Table):
    min: Annotated[int, Field(ge=1, le=BODY_CAP)] | None = None
    max: Annotated[int, Field(ge=0, lt=BODY_CAP)] | None = None

    @model_validator(mode="after")
    def in_order(self) -> "SizeTable":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise wrong("min is more than max", "both are bytes")
        return self


class ExpectTable(Table):
    status: Annotated[Any, BeforeValidator(statuses)] = (200,)
    content_type: str | None = None
    json_: Annotated[Any, BeforeValidator(json_paths)] = Field(default=(), alias="json")
    not_login: bool = True
    body: list[Pattern] = Field(default_factory=list)
    body_not: list[Pattern] = Field(default_factory=list)
    latency: LatencyTable | None = None
    final_url: Annotated[str | None, BeforeValidator(address_glob)] = None
    location: Annotated[str | None, BeforeValidator(address_glob)] = None
    location_not: Annotated[str | None, BeforeValidator(address_glob)] = None
    headers: Annotated[Any, BeforeValidator(header_rules)] = ()
    first_byte: Annotated[str | None, BeforeValidator(first_bytes)] = None
    size: SizeTable | None = None
    cert_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    ready: Pattern | None = None

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
            final_url=self.final_url,
            location=self.location,
            location_not=self.location_not,
            headers=self.headers,
            first_byte=self.first_byte,
            size_min=self.size.min if self.size else None,
            size_max=self.size.max if self.size else None,
            cert_days=self.cert_days,
            ready=self.ready,
        )


class HttpTable(CheckTable):
    url: Url
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    headers: dict[str, Annotated[Any, BeforeValidator(secret)]] = Field(default_factory=dict)
    follow_redirects: bool = False
    cache_bust: bool = False
    expect: ExpectTable = ExpectTable()

    @field_validator("expect")
    @classmethod
    def can_be_met(cls, expect: ExpectTable, info: ValidationInfo) -> ExpectTable:
        """No answer to this request could be as expected: said here, not as an outage."""
        keys = expect.value().wants_body
        if info.data.get("method") == "HEAD" and keys:
            raise wrong(f"an answer to HEAD has no body, so {keys[0]} is never met", 'write method = "GET"')
        plain = str(info.data.get("url", "")).startswith("http:") and not info.data.get("follow_redirects")
        if plain and expect.cert_days is not None:
            raise wrong("cert_days needs an address that begins with https://", "plain http has no certificate")
        return expect

    @override
    def check(self) -> HttpCheck:
        return HttpCheck(
            **self.common(),
            url=self.url,
            method=self.method,
            headers=tuple(self.headers.items()),
            follow_redirects=self.follow_redirects,
            expect=self.expect.value(),
            cache_bust=self.cache_bust,
        )

    @override
    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        for header, value in self.headers.items():
            if header.lower() in ("authorization", "cookie", "x-api-key") and isinstance(value, str):
                yield ("headers", header), "a secret stands in the file", f'write {header} = {{ env = "NAME" }}'
