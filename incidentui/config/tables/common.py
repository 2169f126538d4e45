"""What the tables of all kinds of checks have."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypedDict

from pydantic import AfterValidator, Field

from incidentui.config.checks import Check
from incidentui.config.schema import Duration, Name, Table, Times, printable
from incidentui.core.model import Layer, Ms


class Common(TypedDict):
    name: str
    service: str
    layer: Layer
    every_ms: Ms
    timeout_ms: Ms
    fail_after: int
    recover_after: int
    crosses: tuple[str, ...]
    function: str


class CheckTable(Table):
    name: Name
    service: Name
    type: str = "http"
    layer: Literal["user", "inner"] = "user"
    every: Duration = 10_000
    timeout: Duration = 5_000
    fail_after: Times = 3
    recover_after: Times = 2
    crosses: list[Name] = Field(default_factory=list, max_length=20)
    function: Annotated[str, Field(max_length=64), AfterValidator(printable)] = ""

    def common(self) -> Common:
        return Common(
            name=self.name,
            service=self.service,
            layer=self.layer,
            every_ms=self.every,
            timeout_ms=self.timeout,
            fail_after=self.fail_after,
            recover_after=self.recover_after,
            crosses=tuple(dict.fromkeys(self.crosses)),
            function=" ".join(self.function.split()),
        )

    def check(self) -> Check:
        """The table as the value that the program works with."""
        raise NotImplementedError

    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """(key, what is doubtful, what to do): warnings, the check is used all the same."""
        yield from ()
