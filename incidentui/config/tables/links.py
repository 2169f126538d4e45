"""`type = "agent"` and `type = "tunnel"`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator
from typing_extensions import override

from incidentui.config.links import AgentCheck, TunnelCheck
from incidentui.config.schema import Duration, Pattern, argv, wrong
from incidentui.config.tables.common import CheckTable


class AgentTable(CheckTable):
    layer: Literal["user", "inner"] = "inner"
    file: str = ""
    workload: str = ""
    since: Duration | None = None
    connected: Pattern
    authenticated: Pattern = ""
    rejected: Pattern = ""
    left: Pattern = ""

    @model_validator(mode="after")
    def one_log(self) -> "AgentTable":
        if bool(self.file) == bool(self.workload):
            which = "both file and workload" if self.file else "neither file nor workload"
            raise wrong(f"has {which}", 'write file = "log/agent.log", or workload = "agent"')
        if not self.rejected and not self.authenticated:
            raise wrong("cannot tell that it was turned away", 'add rejected = "invalid token", or authenticated')
        return self

    @override
    def check(self) -> AgentCheck:
        return AgentCheck(
            **self.common(),
            file=self.file,
            workload=self.workload,
            since_ms=self.since,
            connected=self.connected,
            authenticated=self.authenticated,
            rejected=self.rejected,
            left=self.left,
        )


class TunnelTable(CheckTable):
    layer: Literal["user", "inner"] = "inner"
    command: Annotated[Any, BeforeValidator(argv)]
    connected: Pattern = ""
    authenticated: Pattern = ""
    rejected: Pattern = ""
    absent: Pattern = ""

    @override
    def check(self) -> TunnelCheck:
        return TunnelCheck(
            **self.common(),
            command=self.command,
            connected=self.connected,
            authenticated=self.authenticated,
            rejected=self.rejected,
            absent=self.absent,
        )
