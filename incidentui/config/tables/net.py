"""`type = "tcp"`: one address, or the hops on the way to it; `type = "prometheus"`."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from typing_extensions import override

from incidentui.config.kinds import PrometheusCheck, TcpCheck, TcpHop, host_port
from incidentui.config.schema import Duration, Pattern, Table, Url, printable, url, wrong
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.http import json_paths


def place(value: Any) -> str:
    try:
        if isinstance(value, str) and host_port(value)[1] and not any(c.isspace() for c in value):
            return value
    except ValueError:
        pass
    raise wrong(f"{value!r} is not host:port", 'write "127.0.0.1:5432"')


def place_or_url(value: Any) -> str:
    return url(value) if isinstance(value, str) and "://" in value else place(value)


class HopTable(Table):
    name: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(printable)]
    address: Annotated[str, BeforeValidator(place_or_url)]


class TcpTable(CheckTable):
    address: Annotated[str, BeforeValidator(place)] = ""
    hops: Annotated[list[HopTable], Field(default_factory=list, max_length=10)]
    send: str = ""
    expect_text: Pattern = ""
    stays_open: Duration = 300

    @model_validator(mode="after")
    def one_way(self) -> "TcpTable":
        if bool(self.address) == bool(self.hops):
            which = "both address and hops" if self.hops else "neither address nor hops"
            raise wrong(f"has {which}", 'write address = "host:port", or hops = [{ name, address }, ...]')
        doubled = {hop.name for hop in self.hops if [h.name for h in self.hops].count(hop.name) > 1}
        if doubled:
            raise wrong(f"two hops are called {min(doubled)}", "the broken one is told by its name")
        if self.stays_open >= self.timeout:
            raise wrong("stays_open is not shorter than timeout", 'write stays_open = "300ms"')
        return self

    @override
    def check(self) -> TcpCheck:
        hops = tuple(TcpHop(hop.address, hop.name) for hop in self.hops)
        return TcpCheck(
            **self.common(),
            hops=hops or (TcpHop(self.address),),
            send=self.send,
            expect_text=self.expect_text,
            stays_open_ms=self.stays_open,
        )


def number_rule(value: Any) -> dict[str, object]:
    rule = {"eq": value} if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(rule, dict) or not rule or "matches" in rule:
        raise wrong("must say which number is good", "write { lt = 0.05 }")
    json_paths({"$": rule})
    if "absent" in rule and len(rule) > 1:
        raise wrong("absent stands alone", "write { absent = true }: no series may match")
    return rule


class PrometheusTable(CheckTable):
    url: Url
    query: Annotated[str, Field(min_length=1)]
    expect: Annotated[Any, BeforeValidator(number_rule)]

    @override
    def check(self) -> PrometheusCheck:
        return PrometheusCheck(**self.common(), url=self.url, query=self.query, expect=self.expect)
