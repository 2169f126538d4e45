"""Two compose projects of one name: containers that two folders made under it. What is done to the project in one
folder (`up`, `down`, `--remove-orphans`) takes those of the other. Pure.
"""

from collections.abc import Iterable

from incidentui.core.model import Workload


def twins(workloads: Iterable[Workload]) -> list[tuple[str, tuple[str, ...]]]:
    """(project, its folders), of each that more than one folder made."""
    folders: dict[str, dict[str, None]] = {}
    for workload in workloads:
        project, between, folder = workload.origin.partition(", in ")
        if between:
            folders.setdefault(project, {})[folder] = None
    return [(project, tuple(made)) for project, made in folders.items() if len(made) > 1]


def told(project: str, folders: tuple[str, ...]) -> str:
    """ "two folders made containers of compose project lab: /srv/a and /srv/b"."""
    more = f" and {len(folders) - 2} more" if len(folders) > 2 else ""
    return f"two projects are called {project}: {folders[0]} and {folders[1]}{more} made its containers"


def others(workload: Workload, workloads: Iterable[Workload]) -> tuple[str, ...]:
    """The folders that also made containers of its project."""
    project, _, own = workload.origin.partition(", in ")
    found = next((made for name, made in twins(workloads) if name == project), ())
    return tuple(folder for folder in found if folder != own)
