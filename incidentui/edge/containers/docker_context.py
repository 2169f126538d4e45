"""Contexts of the docker command, read as it keeps them.

Not by the SDK: without a config.json it looks for them in the working folder, so a repository could name an engine; and
a config.json that cannot be read it takes for none.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from incidentui.edge.text import clean

OWN = "default"
"""What is no context: the engine of this machine."""


class ContextError(Exception):
    """Which context cannot be used, and what to do."""


def _folder() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def current() -> str:
    """The name of the one in use. Raises ContextError."""
    file = _folder() / "config.json"
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return OWN
    except (OSError, ValueError) as error:
        what = f"{clean(str(file), 120)} cannot be read, so nobody knows which context is in use"
        raise ContextError(f"{what}; correct it, or set DOCKER_CONTEXT") from error
    return str((isinstance(found, dict) and found.get("currentContext")) or OWN)


def params(name: str, named_by: str) -> dict[str, Any]:
    """What a client of its engine is made with. `named_by`: where its name stands. Raises ContextError."""
    if name == OWN:
        return {}
    ident, shown = hashlib.sha256(name.encode()).hexdigest(), clean(name, 60)
    try:
        meta = json.loads((_folder() / "contexts" / "meta" / ident / "meta.json").read_bytes())
        endpoint: Mapping[str, Any] = meta["Endpoints"]["docker"]
        host = str(endpoint["Host"])
    except FileNotFoundError:
        text = f"context {shown}: there is none of that name; correct {named_by}, see docker context ls"
        raise ContextError(text) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ContextError(f"context {shown}: its file cannot be read; docker context inspect says why") from error
    return {"base_url": host, **_tls(_folder() / "contexts" / "tls" / ident / "docker", endpoint)}


def _tls(folder: Path, endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Keys that were stored with it."""
    from docker.tls import TLSConfig

    ca, cert, key = (folder / f"{name}.pem" for name in ("ca", "cert", "key"))
    if not (cert.exists() and key.exists()):
        return {}
    skips = bool(endpoint.get("SkipTLSVerify"))
    stored = str(ca) if ca.exists() and not skips else None
    return {"tls": TLSConfig(client_cert=(str(cert), str(key)), ca_cert=stored, verify=not skips)}
