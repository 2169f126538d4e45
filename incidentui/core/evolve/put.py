"""One thing more in a frozen mapping or row of names."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from incidentui.core.model import Incident
from incidentui.core.state import State

T = TypeVar("T")


def put(mapping: Mapping[str, T], key: str, value: T) -> Mapping[str, T]:
    return {**mapping, key: value}


def put_name(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def put_incident(state: State, incident: Incident) -> State:
    return replace(state, incidents=put(state.incidents, incident.id, incident))
