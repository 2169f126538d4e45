"""JSON Schema of what the codec writes: events and the values in them, from their type hints."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from incidentui.core.envelope import TYPE_PREFIX
from incidentui.core.events import TYPES

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}
_TIME: Schema = {"type": "string", "format": "date-time"}


def of_events() -> Schema:
    """Of one line of `events`: a CloudEvent whose data depends on its type. Newer programs may add fields and types."""
    defs: dict[str, Schema] = {}
    kinds = [
        {
            "if": {"properties": {"type": {"const": TYPE_PREFIX + name}}},
            "then": {"properties": {"data": of_value(cls, defs)}},
        }
        for name, cls in TYPES.items()
    ]
    return {
        "$schema": DIALECT,
        "title": "An event of the journal, as CloudEvents 1.0",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string"},
            "source": {"type": "string"},
            "type": {"type": "string"},
            "time": {**_TIME, "description": "when it happened"},
            "recordedtime": {**_TIME, "description": "when it was written"},
            "datacontenttype": {"const": "application/json"},
            "subject": {"type": "string"},
            "project": {"type": "string"},
            "incident": {"type": "string"},
            "moment": {"enum": ["key", "detail", "quiet"]},
            "monotonic": {"type": "integer"},
            "bootid": {"type": "string"},
            "sequence": {"type": "integer"},
            "data": {"type": "object"},
        },
        "allOf": kinds,
        "$defs": defs,
    }


def of_value(kind: Any, defs: dict[str, Schema]) -> Schema:
    """Of a type hint; classes go into `defs`."""
    if is_dataclass(kind) and isinstance(kind, type):
        return _of_class(kind, defs)
    args, origin = get_args(kind), get_origin(kind)
    if origin is Literal:
        return {"enum": list(args)}
    if origin is tuple:
        if args[-1] is Ellipsis:
            return {"type": "array", "items": of_value(args[0], defs)}
        return {"type": "array", "prefixItems": [of_value(one, defs) for one in args], "minItems": len(args)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [of_value(one, defs) for one in args]}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": of_value(args[1], defs)}
    return {"type": "null"} if kind is type(None) else {"type": _SCALARS[kind]}


def _of_class(cls: type, defs: dict[str, Schema]) -> Schema:
    name = cls.__name__
    if name not in defs:
        defs[name] = {}  # it may hold itself
        parts = fields(cls)
        needed = [f.name for f in parts if f.default is MISSING and f.default_factory is MISSING]
        defs[name] = {
            "type": "object",
            "properties": {f.name: of_value(f.type, defs) for f in parts},
            "required": needed,
        }
    return {"$ref": f"#/$defs/{name}"}
