"""JSON Schema of `incidentui.toml`, for editors. It refuses nothing that the program takes, and knows no rule between
keys."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from incidentui.config.schema import DURATION, ServiceTable
from incidentui.config.shown import TABLES
from incidentui.config.tables import KINDS
from incidentui.core.json_schema import DIALECT, Schema


def of_config() -> Schema:
    models: list[type[BaseModel]] = [*TABLES.values(), ServiceTable, *KINDS.values()]
    refs, whole = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    checks = [
        {
            "if": {"properties": {"type": {"const": kind}}, "required": [] if kind == "http" else ["type"]},
            "then": refs[model, "validation"],
        }
        for kind, model in KINDS.items()
    ]
    return {
        "$schema": DIALECT,
        "title": "incidentui.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{name: refs[model, "validation"] for name, model in TABLES.items()},
            "services": {"type": "array", "items": refs[ServiceTable, "validation"]},
            "checks": {"type": "array", "items": {"properties": {"type": {"enum": list(KINDS)}}, "allOf": checks}},
            "keys": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "$defs": _as_written(whole.get("$defs", {})),
    }


def _as_written(node: Any) -> Any:
    """A default as the file would say it: a duration has a unit."""
    if isinstance(node, list):
        return [_as_written(one) for one in node]
    if not isinstance(node, dict):
        return node
    out = {key: _as_written(value) for key, value in node.items()}
    if out.get("pattern") == DURATION and isinstance(ms := out.get("default"), int):
        out["default"] = f"{ms // 1000}s" if ms % 1000 == 0 else f"{ms}ms"
    return out
