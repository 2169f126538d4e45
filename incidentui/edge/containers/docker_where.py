"""Which engine is meant: DOCKER_HOST, DOCKER_CONTEXT, else the context of the project, else the current one.

Over ssh it is not asked by the SDK, which begins a process for every question, needs a package of its own even so, and
has no time limit on its pipe: one connection leads there (`edge.ssh`), and the SDK is given its end as a socket.
"""

import os
from collections.abc import Mapping
from typing import Any

from incidentui.core.value import dataclass
from incidentui.edge.containers.docker_context import OWN, ContextError, current
from incidentui.edge.containers.docker_context import params as params_of
from incidentui.edge.ssh.address import SCHEME, AddressError
from incidentui.edge.ssh.link import Link, link_to
from incidentui.edge.text import clean, clean_and_redact

DEFAULT = "unix:///var/run/docker.sock"


class NowhereError(Exception):
    """No engine can be named, and what to do."""


@dataclass(frozen=True, slots=True)
class Where:
    params: Mapping[str, Any]
    """What the client is made with; over ssh that is the end of its link, once it stands."""
    address: str
    said_by: str
    """What names it, for the screen: "DOCKER_HOST", "context lab"; empty: nothing does, or the caller did."""
    link: Link | None = None
    """What leads there, if it is reached over ssh."""


def where(base_url: str | None, context: str | None = None) -> Where:
    """`context`: that of the project, for where nothing of the shell names an engine."""
    from docker.utils import kwargs_from_env

    params: dict[str, Any] = {"base_url": base_url} if base_url else {**kwargs_from_env()}
    said_by = "" if base_url else "DOCKER_HOST"
    if "base_url" not in params:
        found, said_by = _of_context(context)
        params = {**found, **params}
    address = str(params.get("base_url") or DEFAULT)
    if not address.startswith(SCHEME):
        return Where(params, address, said_by)
    try:
        link = link_to(address)
    except AddressError as error:
        named = f" ({said_by})" if said_by else ""
        raise NowhereError(f"engine {clean_and_redact(address, 120)}{named}: {error}") from None
    return Where({}, address, said_by, link)


def _of_context(project: str | None) -> tuple[dict[str, Any], str]:
    named = os.environ.get("DOCKER_CONTEXT")
    by = "DOCKER_CONTEXT" if named else "incidentui.toml" if project else "currentContext in docker's config.json"
    try:
        name = named or project or current()
        return params_of(name, by), "" if name == OWN else f"context {clean(name, 60)}"
    except ContextError as error:
        raise NowhereError(str(error)) from None
