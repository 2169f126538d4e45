"""Frozen dataclasses to plain JSON values and back, and events to CloudEvents.

Generic over the type hints; readers and writers are built once per class. Old journals: fields that are missing take
their defaults. New ones: unknown fields are ignored, and an event this program cannot read becomes `UnknownEvent`.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

from incidentui.core import envelope
from incidentui.core.events import TYPES, Event, Recorded, UnknownEvent, type_name
from incidentui.core.model import Moment

T = TypeVar("T")
Json = Any
_Convert = Callable[[Any], Any]


class CodecError(ValueError):
    """A JSON value is not what its type says. The message names the place."""


def to_json(value: object) -> dict[str, Json]:
    """A dataclass as a JSON object."""
    return cast("dict[str, Json]", _writer(cast("Any", type(value)))(value))


def from_json(cls: type[T], data: object) -> T:
    """The `cls` that a JSON object holds; CodecError names what does not fit."""
    return cast("T", _reader(cast("Any", cls))(data))


# -- events


def data_text(event: Event) -> str:
    """The canonical JSON of an event's data."""
    if isinstance(event, UnknownEvent):
        return event.data
    return envelope.canonical(to_json(event))


def event_from(name: str, text: str) -> Event:
    """The event of a type name and its data; never fails for what a newer program wrote."""
    cls = TYPES.get(name)
    if cls is None:
        return UnknownEvent(name, text)
    try:
        return from_json(cls, json.loads(text))
    except ValueError:
        return UnknownEvent(name, text)


def to_cloudevent(recorded: Recorded) -> dict[str, Json]:
    r = recorded
    attributes = envelope.attributes(
        id=r.id,
        source=r.source,
        type=type_name(r.event),
        at=r.at,
        recorded=r.recorded,
        subject=r.subject,
        moment=r.moment,
        incident=r.incident,
        project=r.project,
        mono_ms=r.mono_ms,
        boot=r.boot,
        seq=r.seq,
    )
    return {**attributes, "hash": r.hash, "prevhash": r.prev, "data": json.loads(data_text(r.event))}


def from_cloudevent(data: Mapping[str, Json]) -> Recorded:
    """The event of a CloudEvents object; CodecError when an attribute is missing or of the wrong kind."""
    name = _attribute(data, "type", str)
    if data.get("specversion") != "1.0" or not name.startswith(envelope.TYPE_PREFIX):
        raise CodecError(f"not an event of this program: type {name!r}")
    moment = data.get("moment", "detail")
    return Recorded(
        seq=_attribute(data, "sequence", int),
        id=_attribute(data, "id", str),
        at=_time(data, "time"),
        recorded=_time(data, "recordedtime"),
        source=envelope.source_of(_attribute(data, "source", str)),
        subject=_attribute(data, "subject", str, ""),
        moment=cast("Moment", moment if moment in get_args(Moment) else "detail"),
        incident=_attribute(data, "incident", str, "") or None,
        project=_attribute(data, "project", str, ""),
        mono_ms=_attribute(data, "monotonic", int, 0),
        boot=_attribute(data, "bootid", str, ""),
        event=event_from(name.removeprefix(envelope.TYPE_PREFIX), envelope.canonical(data.get("data", {}))),
        hash=_attribute(data, "hash", str, ""),
        prev=_attribute(data, "prevhash", str, ""),
    )


def _attribute(data: Mapping[str, Json], key: str, kind: type[T], default: T | None = None) -> T:
    value = data.get(key, default)
    if not isinstance(value, kind):
        raise CodecError(f"attribute {key!r} is {'missing' if value is None else 'not a ' + kind.__name__}")
    return value


def _time(data: Mapping[str, Json], key: str) -> int:
    text = _attribute(data, key, str)
    try:
        return envelope.from_rfc3339(text)
    except (ValueError, TypeError):
        raise CodecError(f"attribute {key!r} is not an RFC 3339 time with a zone: {text!r}") from None


# -- writing


def _same(value: Any) -> Any:
    return value


@cache
def _writer(cls: Any) -> _Convert:
    """How values of a type become JSON; `_same` where they already are."""
    if is_dataclass(cls):
        return _class_writer(cast("type", cls))
    args = get_args(cls)
    origin = get_origin(cls)
    if origin is tuple:
        items = _writer(args[0]) if args[-1] is Ellipsis else None
        if items is not None:
            return list if items is _same else lambda value: [items(v) for v in value]
        each = [_writer(a) for a in args]
        return lambda value: [write(v) for write, v in zip(each, value, strict=True)]
    if origin is not None and _is_kind_of(origin, Mapping):
        inner = _writer(args[1])
        return lambda value: {key: inner(v) for key, v in value.items()}
    if origin in (Union, types.UnionType):
        inner = _writer(_without_none(cls))
        return _same if inner is _same else lambda value: None if value is None else inner(value)
    return _same


def _class_writer(cls: type) -> _Convert:
    parts = [(f.name, _writer(cast("Any", f.type))) for f in fields(cls)]

    def write(value: Any) -> dict[str, Json]:
        return {
            name: getattr(value, name) if convert is _same else convert(getattr(value, name)) for name, convert in parts
        }

    return write


def _is_kind_of(origin: object, base: type) -> bool:
    return isinstance(origin, type) and issubclass(origin, base)


def _without_none(union: Any) -> Any:
    kinds = [a for a in get_args(union) if a is not type(None)]
    if len(kinds) != 1:
        raise TypeError(f"the codec reads X | None only, not {union}")
    return kinds[0]


# -- reading


@cache
def _reader(cls: Any) -> _Convert:
    """How JSON becomes a value of a type; raises CodecError where it does not fit."""
    if is_dataclass(cls):
        return _class_reader(cast("type", cls))
    args = get_args(cls)
    origin = get_origin(cls)
    if origin is tuple:
        return _tuple_reader(args)
    if origin is Literal:
        return _literal_reader(args)
    if origin is not None and _is_kind_of(origin, Mapping):
        return _mapping_reader(_reader(args[1]))
    if origin in (Union, types.UnionType):
        inner = _reader(_without_none(cls))
        return lambda data: None if data is None else inner(data)
    return _scalar_reader(cls)


def _scalar_reader(cls: type) -> _Convert:
    # A float may have been written as a whole number by another program; a bool is never a number here.
    kinds = (float, int) if cls is float else (cls,)

    def read(data: Any) -> Any:
        if type(data) in kinds:
            return data
        raise CodecError(f"expected {cls.__name__}, found {data!r:.60}")

    return read


def _literal_reader(values: tuple[Any, ...]) -> _Convert:
    known = dict.fromkeys(values)

    def read(data: Any) -> Any:
        if isinstance(data, str) and data in known:
            return data
        raise CodecError(f"expected one of {', '.join(map(str, values))}, found {data!r:.60}")

    return read


def _tuple_reader(args: tuple[Any, ...]) -> _Convert:
    every = _reader(args[0]) if args[-1] is Ellipsis else None
    each = [] if every else [_reader(a) for a in args]

    def read(data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list) or (not every and len(data) != len(each)):
            raise CodecError(f"expected a list{'' if every else f' of {len(each)}'}, found {data!r:.60}")
        if every:
            return tuple([every(item) for item in data])
        return tuple([one(item) for one, item in zip(each, data, strict=True)])

    return read


def _mapping_reader(inner: _Convert) -> _Convert:
    def read(data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise CodecError(f"expected an object, found {data!r:.60}")
        return {key: inner(value) for key, value in data.items()}

    return read


def _class_reader(cls: type) -> _Convert:
    parts = [(f.name, _reader(cast("Any", f.type))) for f in fields(cls)]
    required = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise CodecError(f"{cls.__name__}: expected an object, found {data!r:.60}")
        values = {}
        for name, convert in parts:
            if name in data:
                try:
                    values[name] = convert(data[name])
                except CodecError as e:
                    raise CodecError(f"{cls.__name__}.{name}: {e}") from None
            elif name in required:
                raise CodecError(f"{cls.__name__}.{name} is missing")
        return cls(**values)

    return read
