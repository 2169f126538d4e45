"""When volumes were made.

Engines before 23.0 tell as that when a volume was last written into: with every new file it would seem made anew. The
folder around the content tells it, where it is of this machine and may be looked at; else it is not known.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from incidentui.edge.containers.docker_words import moment

TELLS = (1, 42)
"""The API of 23.0."""


def dated(api: Any, volumes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """As the engine lists them, `CreatedAt` being when each was made; empty where nobody can tell."""
    if _version(api) >= TELLS:
        return list(volumes)
    return [{**volume, "CreatedAt": _of_its_folder(volume)} for volume in volumes]


def _version(api: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in str(api.api_version).split(".") if part.isdecimal())


def _of_its_folder(volume: Mapping[str, Any]) -> str:
    told, content = moment(str(volume.get("CreatedAt", ""))), str(volume.get("Mountpoint", ""))
    try:
        if not content or told is None or int(os.stat(content).st_ctime) != told // 1000:
            return ""  # a folder of that name on this machine, and not the engine's
        made = os.stat(os.path.dirname(content)).st_ctime
    except (OSError, ValueError):
        return ""
    return datetime.fromtimestamp(int(made), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
