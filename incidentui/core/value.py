"""`dataclass` for values: the standard one, but what it generates is compiled when it is first used.

The program has some two hundred values, and the standard decorator compiles up to eight methods for each of them when
its module is imported: about half of the time to the first frame. `fields`, `replace` and `field` are those of
`dataclasses`. Left out, because nothing here needs it: order, InitVar, pickling of frozen values.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")
Ms = int
"""A time, or how long: whole milliseconds, since 1970-01-01 UTC where it is a time."""


@dataclass_transform(field_specifiers=(dataclasses.field,))
def dataclass(*, frozen: bool = False, slots: bool = False) -> Callable[[type[T]], type[T]]:
    def made(cls: type[T]) -> type[T]:
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the standard one writes a signature here, and that is slow
        value = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
        parts = dataclasses.fields(value)  # type: ignore[arg-type]
        own = {"__init__": _first(value), "__repr__": _repr, **_compared([f.name for f in parts if f.compare], frozen)}
        own["__signature__"] = _Signature()
        if frozen:
            own |= {"__setattr__": _set, "__delattr__": _delete}
        for name, method in own.items():
            if name not in cls.__dict__ or (name == "__hash__" and cls.__dict__[name] is None):
                setattr(value, name, method)
        return value

    return made


class _Signature:
    """For whoever asks how a value is made (property tests do)."""

    def __get__(self, _: object, cls: type[Any]) -> object:
        import inspect

        whole = inspect.signature(_compiled(cls))
        return whole.replace(parameters=list(whole.parameters.values())[1:])


def _first(cls: type[Any]) -> Callable[..., None]:
    """An `__init__` that makes room for the compiled one at its first call."""

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807
        cls.__init__ = _compiled(cls)
        cls.__init__(self, *args, **named)

    return __init__


def _compiled(cls: type[Any]) -> Callable[..., None]:
    names: dict[str, Any] = {"_set": object.__setattr__, "_new": object()}
    heads, rows = [], []
    for f in dataclasses.fields(cls):
        given = f.name
        if f.default is not dataclasses.MISSING:
            names[f"_{f.name}"] = f.default
            heads.append(f"{f.name}=_{f.name}")
        elif f.default_factory is not dataclasses.MISSING:
            names[f"_{f.name}"] = f.default_factory
            heads.append(f"{f.name}=_new")
            given = f"_{f.name}() if {f.name} is _new else {f.name}"
        else:
            heads.append(f.name)
        rows.append(f" _set(self, {f.name!r}, {given})")
    if hasattr(cls, "__post_init__"):
        rows.append(" self.__post_init__()")
    text = f"def __init__({', '.join(['self', *heads])}):\n" + "\n".join(rows or [" pass"])
    exec(text, names)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    made.__annotations__ = {f.name: f.type for f in dataclasses.fields(cls)}
    return made


def _compared(names: list[str], frozen: bool) -> dict[str, Any]:
    parts: Callable[[Any], object] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        return parts(self) == parts(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(parts(self))

    return {"__eq__": __eq__, "__hash__": __hash__ if frozen else None}


def _repr(self: Any) -> str:
    told = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{self.__class__.__qualname__}({told})"


def _set(self: object, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
