"""Which engines the containers and programs of `status` are of."""

from typing import Any

from incidentui.core.state import State


def engine_objects(state: State) -> list[dict[str, Any]]:
    """`at`: its address, and what named it; null where it is this machine's own, or where it is lost."""
    names = sorted({*state.engines, *({"docker", "supervisor"} & set(state.sources))})
    return [
        {
            "name": name,
            "state": "unknown" if name in state.sources else "ok",
            "at": (state.engine_at.get(name) or None) if name not in state.sources else None,
        }
        for name in names
    ]


def engine_lines(state: State) -> list[str]:
    """Of those that are not this machine's own: what runs there is not to be taken for what runs here."""
    return [f"  {each['name']:<16} {each['at']}" for each in engine_objects(state) if each["at"]]
