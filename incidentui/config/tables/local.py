"""Checks that look at this machine: `type = "command"`, `"log"`, `"heartbeat"`, `"workload"`."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import override

from incidentui.config.kinds import CommandCheck, CommandExpect, HeartbeatCheck, LogCheck, Rejected, WorkloadCheck
from incidentui.config.schema import Duration, Pattern, Table, Url, argv, duration, json_path, wrong
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.http import json_paths


def exits(value: Any) -> tuple[int, ...]:
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= 255 for n in found):
        raise wrong("must be exit codes", "write 0 or [0, 3]")
    return tuple(found)


class CommandExpectTable(Table):
    exit: Annotated[Any, BeforeValidator(exits)] = (0,)
    stdout: list[Pattern] = Field(default_factory=list)
    stdout_not: list[Pattern] = Field(default_factory=list)
    json_: Annotated[Any, BeforeValidator(json_paths)] = Field(default=(), alias="json")


class CommandTable(CheckTable):
    command: Annotated[Any, BeforeValidator(argv)]
    expect: CommandExpectTable = CommandExpectTable()

    @override
    def check(self) -> CommandCheck:
        expect = self.expect
        return CommandCheck(
            **self.common(),
            command=self.command,
            expect=CommandExpect(expect.exit, tuple(expect.stdout), tuple(expect.stdout_not), expect.json_),
        )


class RejectedTable(Table):
    after: Pattern
    pattern: Pattern


START = "start"


def from_when(value: Any) -> int | str:
    if isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str) and value["file"]:
        return str(value["file"])
    if isinstance(value, str) and value[:1].isdigit():
        return duration(value)
    if value == START:
        return START
    raise wrong('must be a duration, a file or "start"', 'write "5m", or { file = "app/REV" }: since it was written')


class LogTable(CheckTable):
    file: str = ""
    workload: str = ""
    since: Annotated[Any, BeforeValidator(from_when)] = None
    contains: list[Pattern] = Field(default_factory=list)
    not_contains: list[Pattern] = Field(default_factory=list)
    max_new_errors: Annotated[int, Field(ge=0)] | None = None
    rejected: RejectedTable | None = None

    @model_validator(mode="after")
    def asks_something(self) -> "LogTable":
        if bool(self.file) == bool(self.workload):
            which = "both file and workload" if self.file else "neither file nor workload"
            raise wrong(f"has {which}", 'write file = "log/agent.log", or workload = "agent"')
        if not self.contains and not self.not_contains and self.max_new_errors is None and self.rejected is None:
            raise wrong("asks nothing", "add contains, not_contains, max_new_errors or rejected")
        if self.since == START and not self.workload:
            raise wrong("only a workload is started", 'since = "5m", or { file = "app/REV" }')
        if self.max_new_errors is not None and self.since is None:
            raise wrong("max_new_errors needs since", 'since = "5m", or { file = "app/REV" }')
        return self

    @override
    def check(self) -> LogCheck:
        return LogCheck(
            **self.common(),
            file=self.file,
            workload=self.workload,
            since_ms=self.since if isinstance(self.since, int) else None,
            since_file=self.since if isinstance(self.since, str) and self.since != START else "",
            contains=tuple(self.contains),
            not_contains=tuple(self.not_contains),
            max_new_errors=self.max_new_errors,
            rejected=Rejected(self.rejected.after, self.rejected.pattern) if self.rejected else None,
            since_start=self.since == START,
        )


class HeartbeatTable(CheckTable):
    file: str = ""
    url: Url = ""
    json_: Annotated[str, BeforeValidator(json_path)] = Field(default="", alias="json")
    max_age: Duration

    @model_validator(mode="after")
    def one_source(self) -> "HeartbeatTable":
        if bool(self.file) == bool(self.url):
            which = "both file and url" if self.file else "neither file nor url"
            raise wrong(f"has {which}", 'write file = "run/beat", or url and json = "$.last"')
        if bool(self.url) != bool(self.json_):
            raise wrong("url and json belong together", 'json = "$.last": where the time stands in the answer')
        return self

    @override
    def check(self) -> HeartbeatCheck:
        return HeartbeatCheck(**self.common(), file=self.file, url=self.url, json=self.json_, max_age_ms=self.max_age)


class WorkloadTable(CheckTable):
    layer: Literal["user", "inner"] = "inner"
    workload: Annotated[str, Field(min_length=1, max_length=200)]
    healthy: bool = False
    up_for: Duration | None = None
    max_restarts: Annotated[int, Field(ge=0)] | None = None

    @override
    def check(self) -> WorkloadCheck:
        return WorkloadCheck(
            **self.common(),
            workload=self.workload,
            healthy=self.healthy,
            up_for_ms=self.up_for,
            max_restarts=self.max_restarts,
        )

    @override
    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        if self.layer == "user":
            yield ("layer",), "a workload that runs does not show that a user is served", 'write layer = "inner"'
