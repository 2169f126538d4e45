"""Folders and files of the host that a container has mounted, and that are not there any more: it runs on with what it
has, and the next start fails, or finds an empty folder in their place.
"""

import os
from collections.abc import Mapping
from typing import Any

_OWN = ("HostnamePath", "LogPath", "ResolvConfPath")
"""Files that its engine keeps of each container: seen here, they prove that the engine is this machine's own."""


def gone(found: Mapping[str, Any]) -> frozenset[str]:
    """`found`: an inspection. Empty where it cannot be told: the engine may be another machine's. Blocks."""
    if not any(found.get(key) and os.path.exists(str(found[key])) for key in _OWN):
        return frozenset()
    sources = (str(m.get("Source", "")) for m in found.get("Mounts") or () if m.get("Type") == "bind")
    return frozenset(source for source in sources if source and not os.path.lexists(source))
