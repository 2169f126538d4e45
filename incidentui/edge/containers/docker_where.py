"""Which engine is meant, found as the docker command does: DOCKER_HOST, DOCKER_CONTEXT, else the current context.

Over ssh it is not asked by the SDK, which begins a process for every question, needs a package of its own even so, and
has no time limit on its pipe: one connection leads there (`edge.ssh`), and the SDK is given its end as a socket.
"""

import os
from collections.abc import Mapping
from typing import Any

from incidentui.core.value import dataclass
from incidentui.edge.ssh.address import SCHEME, AddressError
from incidentui.edge.ssh.link import Link, link_to
from incidentui.edge.text import clean, clean_and_redact

DEFAULT = "unix:///var/run/docker.sock"


class NowhereError(Exception):
    """No engine can be named, and what to do."""


@dataclass(frozen=True, slots=True)
class Where:
    params: Mapping[str, Any]
    """What the client is made with."""
    address: str
    said_by: str
    """What names it, for the screen: "DOCKER_HOST", "context lab"; empty: nothing does, or the caller did."""
    link: Link | None = None
    """What leads there, if it is reached over ssh."""


def where(base_url: str | None) -> Where:
    from docker.utils import kwargs_from_env

    params: dict[str, Any] = {"base_url": base_url} if base_url else {**kwargs_from_env()}
    said_by = "" if base_url else "DOCKER_HOST"
    if "base_url" not in params:
        found, said_by = _of_context()
        params = {**found, **params}
    address = str(params.get("base_url") or DEFAULT)
    if not address.startswith(SCHEME):
        return Where(params, address, said_by)
    try:
        link = link_to(address)
    except AddressError as error:
        named = f" ({said_by})" if said_by else ""
        raise NowhereError(f"engine {clean_and_redact(address, 120)}{named}: {error}") from None
    return Where({"base_url": f"unix://{link.socket}"}, address, said_by, link)


def _of_context() -> tuple[dict[str, Any], str]:
    """The SDK takes a context that is not there for none at all, and shows the wrong engine."""
    from docker.context import ContextAPI
    from docker.context.config import get_current_context_name

    named = os.environ.get("DOCKER_CONTEXT")
    name = named or get_current_context_name()
    try:
        context = ContextAPI.get_context(name)
    except Exception as error:  # the SDK raises whatever reading a broken file raises
        raise NowhereError(
            f"context {_name(name)}: its file cannot be read; docker context inspect says why"
        ) from error
    if context is None:
        by = "DOCKER_CONTEXT" if named else "currentContext in the docker command's config.json"
        raise NowhereError(f"context {_name(name)}: there is none of that name; correct {by}, see docker context ls")
    return {**ContextAPI.kwargs_from_context(name)}, "" if name == "default" else f"context {_name(name)}"


def _name(name: str) -> str:
    return clean(name, 60)
