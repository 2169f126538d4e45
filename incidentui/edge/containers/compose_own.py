"""Which compose project is meant, where the configuration names none. Pure but for the resolving of paths."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from incidentui.core.inputs import Refusal
from incidentui.edge.containers.docker_words import FOLDER, PROJECT, SERVICE
from incidentui.edge.text import clean

Entry = tuple[str, Mapping[str, Any]]
"""(workload, entry of the engine's list)"""
_NAME_IT = 'docker = { compose_project = "…" }'


def own(entries: Sequence[Entry], base: Path, service: str) -> tuple[list[Entry], str] | Refusal:
    """The containers made from this folder, and the one project they are of. Blocks.

    A host runs what other folders made, too: the same service of another project would be looked at in its place."""
    top = base.resolve()
    ours = [each for each in entries if _label(each, FOLDER) and Path(_label(each, FOLDER)).resolve() == top]
    projects = sorted({_label(each, PROJECT) for each in ours} - {""})
    if len(projects) != 1:
        several = f": {', '.join(clean(name, 40) for name in projects[:4])}" if projects else ""
        return Refusal(f"which compose project?{several}", _NAME_IT, usage=True)
    others = {_label(each, PROJECT) for each in entries if _label(each, SERVICE) == service} - set(projects)
    if others:
        other = clean(sorted(others)[0], 40) or "another"
        return Refusal(f"which compose project? {service} is a service of {other}, too", _NAME_IT, usage=True)
    return ours, projects[0]


def _label(entry: Entry, label: str) -> str:
    return str((entry[1].get("Labels") or {}).get(label, ""))
