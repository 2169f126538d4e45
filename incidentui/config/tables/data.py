"""`type = "data"`: where a number is read, and how far it may be from its own baseline."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from typing_extensions import override

from incidentui.config.data import DataCheck
from incidentui.config.schema import Duration, wrong
from incidentui.config.tables.agreement import PlaceTable
from incidentui.config.tables.common import CheckTable

_SHARE = re.compile(r"(\d{1,5}(?:\.\d+)?) ?%")
_AS_WRITTEN = WithJsonSchema({"type": "string"})


def share(value: Any) -> float:
    found = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if found is None or not float(found[1]):
        raise wrong("must be a share of the baseline", 'write "70%"')
    return float(found[1]) / 100


def fall(value: Any) -> float:
    found = share(value)
    if found > 1:
        raise wrong("nothing falls by more than 100%", 'write "70%"')
    return found


class DataTable(CheckTable):
    layer: Literal["user", "inner"] = "inner"
    every: Duration = 60_000
    number: PlaceTable
    min: Annotated[float, Field(allow_inf_nan=False)] | None = None
    drop: Annotated[float | None, BeforeValidator(fall), _AS_WRITTEN] = None
    rise: Annotated[float | None, BeforeValidator(share), _AS_WRITTEN] = None
    baseline: Duration = 86_400_000

    @model_validator(mode="after")
    def asks_something(self) -> "DataTable":
        if self.min is None and self.drop is None and self.rise is None:
            raise wrong("asks nothing", 'add drop = "70%", rise or min')
        return self

    @override
    def check(self) -> DataCheck:
        return DataCheck(
            **self.common(),
            number=self.number.origin(),
            min=self.min,
            drop=self.drop,
            rise=self.rise,
            baseline_ms=self.baseline,
        )

    @override
    def doubts(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        if self.layer == "user":
            yield ("layer",), "a number does not show that a user is served", 'write layer = "inner"'
