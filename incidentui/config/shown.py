"""The values in force and where each comes from: a line of `incidentui.toml`, or the default. For `config show`."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from incidentui.config import schema
from incidentui.config.lines import Path, key_lines, line_of
from incidentui.config.model import Loaded, Parsed
from incidentui.config.paths import CONFIG
from incidentui.config.tables import KINDS
from incidentui.config.validation import dotted
from incidentui.core.value import dataclass

DEFAULT = "default"
TABLES: Mapping[str, type[BaseModel]] = {
    "project": schema.ProjectTable,
    "deploy": schema.DeployTable,
    "bisect": schema.BisectTable,
    "checkpoint": schema.CheckpointTable,
    "recovery": schema.RecoveryTable,
    "rehearse": schema.RehearseTable,
}


@dataclass(frozen=True, slots=True)
class Shown:
    key: str
    """`project.branch`, `checks[0].every`."""
    value: Any
    """As the file says it; a default as the file would."""
    origin: str
    """`incidentui.toml:4`, or "default"."""


def shown(parsed: Parsed, loaded: Loaded) -> Iterator[Shown]:
    """In the order of the tables; a table or key with an error is not in force, and not among them."""
    reader = _Reader(parsed, loaded)
    for name, model in TABLES.items():
        yield from reader.table((name,), model, parsed.data.get(name, {}))
    for name in ("services", "checks"):
        tables = parsed.data.get(name, [])
        for n, table in enumerate(tables if isinstance(tables, list) else []):
            listed = _model(name, table)
            if listed is not None and not reader.is_wrong((name, n), whole=name == "checks"):
                yield from reader.table((name, n), listed, table)
    keys = parsed.data.get("keys", {})
    for key, value in keys.items() if isinstance(keys, dict) else ():
        if not reader.is_wrong(("keys", key)):
            yield reader.given(("keys", key), value)


def _model(name: str, table: Any) -> type[BaseModel] | None:
    if name == "services":
        return schema.ServiceTable
    return KINDS.get(str(table.get("type", "http"))) if isinstance(table, dict) else None


class _Reader:
    def __init__(self, parsed: Parsed, loaded: Loaded) -> None:
        self._lines = key_lines(parsed.text)
        self._found: Mapping[Path, Any] = {
            ("project", "name"): loaded.config.name,
            ("project", "runbooks"): list(loaded.config.runbooks),
        }
        """Defaults that are more than nothing."""
        self._wrong = [p.key for p in loaded.problems if p.level == "error"]

    def is_wrong(self, path: Path, *, whole: bool = False) -> bool:
        """`whole`: an error within it leaves all of it out."""
        key = dotted(path)
        inside = (f"{key}.", f"{key}[")
        return any(wrong == key or (whole and wrong.startswith(inside)) for wrong in self._wrong)

    def table(self, path: Path, model: type[BaseModel], given: Any) -> Iterator[Shown]:
        given = given if isinstance(given, dict) else {}
        for name, field in model.model_fields.items():
            key = (*path, field.alias or name)
            if (field.alias or name) in given and not self.is_wrong(key, whole=True):
                yield self.given(key, given[field.alias or name])
            elif not field.is_required():
                yield Shown(dotted(key), self._default(key, field), DEFAULT)

    def given(self, path: Path, value: Any) -> Shown:
        line = line_of(self._lines, path)
        return Shown(dotted(path), value, CONFIG if line is None else f"{CONFIG}:{line}")

    def _default(self, path: Path, field: FieldInfo) -> Any:
        if path in self._found:
            return self._found[path]
        value = field.get_default(call_default_factory=True)
        if isinstance(value, BaseModel):  # a table that stands in a key: what of it is more than nothing
            inner = {f.alias or name: self._default((*path, name), f) for name, f in type(value).model_fields.items()}
            return {name: one for name, one in inner.items() if one not in (None, [], {})}
        if isinstance(value, int) and _is_duration(field):
            return f"{value // 1000}s" if value % 1000 == 0 else f"{value}ms"
        return list(value) if isinstance(value, tuple) else value


def _is_duration(field: FieldInfo) -> bool:
    return any(isinstance(one, BeforeValidator) and one.func is schema.duration for one in field.metadata)
