"""Which engine is meant, found as the docker command does: DOCKER_HOST, DOCKER_CONTEXT, else the current context."""

import importlib.util
import os
from collections.abc import Mapping
from typing import Any

from incidentui.core.value import dataclass
from incidentui.edge.text import clean

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


def where(base_url: str | None) -> Where:
    from docker.utils import kwargs_from_env

    params: dict[str, Any] = {"base_url": base_url} if base_url else {**kwargs_from_env()}
    said_by = "" if base_url else "DOCKER_HOST"
    if "base_url" not in params:
        found, said_by = _of_context()
        params = {**found, **params}
    address = str(params.get("base_url") or DEFAULT)
    if address.startswith("ssh://"):
        params["use_ssh_client"] = _ssh(address)
    return Where(params, address, said_by)


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


def _ssh(address: str) -> bool:
    """The machine's own ssh, with its configuration; the SDK asks for paramiko even so."""
    if importlib.util.find_spec("paramiko") is not None:
        return True
    host = clean(address.removeprefix("ssh://").partition("/")[0], 80)
    forward = f"ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock {host}"
    raise NowhereError(
        f"{clean(address, 120)}: the Python package paramiko is missing, without it no engine is reached over ssh; "
        f"install it (pip install 'docker[ssh]'), or run: {forward} and set DOCKER_HOST=unix:///tmp/docker.sock"
    )
