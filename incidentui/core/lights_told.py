"""The five lights in words, the same on every screen and in every command."""

from collections.abc import Iterable

from incidentui.core.model import Light, LightName

LIGHT_NAMES: dict[LightName, str] = {
    "tree": "commit tree",
    "worktree": "work tree",
    "remote": "remote",
    "running": "running",
    "user_path": "user path",
}


def says_nothing(light: Light) -> bool:
    """There was nothing to look at for such an action, and only why not is known."""
    return light.looked and light.ok is None and not light.how and not light.detail


def silent_lights(lights: Iterable[Light]) -> list[str]:
    """`remote, running: does not apply`: those that say nothing, a line for each reason."""
    names: dict[str, list[str]] = {}
    for light in lights:
        if says_nothing(light):
            names.setdefault(light.finding or "nothing to look at", []).append(LIGHT_NAMES[light.name])
    return [f"{', '.join(who)}: {why}" for why, who in names.items()]
