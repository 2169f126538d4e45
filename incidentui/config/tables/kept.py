"""Checks of what must be there before something is lost: `type = "backup"`, `"image"`."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import override

from incidentui.config.kept import BackupCheck, ImageCheck
from incidentui.config.schema import Duration, wrong
from incidentui.config.tables.common import CheckTable

Called = Annotated[str, Field(min_length=1, max_length=200)]


class InnerTable(CheckTable):
    layer: Literal["user", "inner"] = "inner"
    every: Duration = 60_000

    @override
    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        if self.layer == "user":
            yield ("layer",), "what is kept does not show that a user is served", 'write layer = "inner"'


class BackupTable(InnerTable):
    workload: Called | None = None
    volume: Called | None = None
    max_age: Duration = 86_400_000

    @model_validator(mode="after")
    def one_of_them(self) -> "BackupTable":
        if bool(self.workload) == bool(self.volume):
            which = "both workload and volume" if self.workload else "neither workload nor volume"
            raise wrong(f"has {which}", 'write workload = "agent": all of its volumes, or volume = "lab_config"')
        return self

    @override
    def check(self) -> BackupCheck:
        return BackupCheck(
            **self.common(), workload=self.workload or "", volume=self.volume or "", max_age_ms=self.max_age
        )


def inside(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("/") or value.endswith("/") or "\0" in value:
        raise wrong("must be the whole path of a file in the image", 'write "/config/agent.json"')
    return value


class ImageTable(InnerTable):
    workload: Called
    has: list[Annotated[str, BeforeValidator(inside)]] = Field(min_length=1, max_length=20)

    @override
    def check(self) -> ImageCheck:
        return ImageCheck(**self.common(), workload=self.workload, has=tuple(dict.fromkeys(self.has)))
