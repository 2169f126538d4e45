"""The networks of a service, by the names that the engine knows. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

DEFAULT = "default"


def of_service(
    table: Mapping[str, Any], every: Mapping[str, Any], project: str, text: Callable[[Any], str | None]
) -> Iterator[tuple[str, str]]:
    """(name in the file, name of the engine). `every`: the networks that the files name; `text`: fills variables in."""
    for key in keys(table):
        yield key, _called(key, every.get(key) or {}, project, text)


def keys(table: Mapping[str, Any]) -> list[str]:
    """None where it is on another's network, or the host's, or on none."""
    if table.get("network_mode"):
        return []
    named = table.get("networks")
    return [str(key) for key in named] if named else [DEFAULT]


def _called(key: str, table: Any, project: str, text: Callable[[Any], str | None]) -> str:
    external, name = (table.get("external"), table.get("name")) if isinstance(table, dict) else (None, None)
    if isinstance(external, dict):
        return str(external.get("name") or key)
    if name:
        return text(name) or key
    return key if external in (True, "true") or not project else f"{project}_{key}"
