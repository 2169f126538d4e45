"""What needs what, followed to its end."""

from collections.abc import Iterable, Mapping

from incidentui.core.model import ProjectSpec


def services(project: ProjectSpec) -> Mapping[str, tuple[str, ...]]:
    """What each service needs itself."""
    return {spec.name: spec.depends_on for spec in project.services}


def needed(needs: Mapping[str, Iterable[str]], name: str) -> tuple[str, ...]:
    """It, and all that it needs, over however many others; each once, also in a circle."""
    seen: dict[str, None] = {}
    todo = [name]
    while todo:
        here = todo.pop()
        if here not in seen:
            seen[here] = None
            todo += needs.get(here, ())
    return tuple(seen)
