"""Which contents of which files the responder has allowed to run commands: by hash, kept outside every repository.

A grant names the file's real path and the SHA-256 of its bytes, so one changed byte, or the same file elsewhere, asks
again. A file cannot grant itself anything: only the state directory of this user and `INCIDENTUI_TRUST` are read.
"""

import hashlib
import json
import os
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

from incidentui.config.checks import HttpCheck, Secret
from incidentui.config.model import Loaded, Problem
from incidentui.config.paths import CONFIG, state_home
from incidentui.core.model import Ms
from incidentui.core.value import dataclass

ONE_RUN = "INCIDENTUI_TRUST"
"""Hashes allowed for this run alone, separated by commas or blanks: for CI."""


class UnsafeStoreError(Exception):
    """The folder of the grants could have been written by somebody else."""


@dataclass(frozen=True, slots=True)
class Grant:
    by: str
    at: Ms


def digest(content: str | bytes) -> str:
    """What is allowed: every byte counts, line ends too."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def is_trusted(path: Path, content: str | bytes) -> bool:
    return digest(content) in _one_run() or grant(path, content) is not None


def grant(path: Path, content: str | bytes) -> Grant | None:
    """Who allowed exactly this, and when. None too when the folder of the grants is not safe: see `store_problem`."""
    if store_problem():
        return None
    file = _grant_file(path, digest(content))
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode) or not _is_ours(found):
            return None
        record = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("hash") != digest(content) or record.get("file") != _real(path):
        return None
    return Grant(str(record.get("by", "")), int(found.st_mtime * 1000))


def was_allowed(path: Path) -> bool:
    """Whether some content of this file was allowed once: then it has changed since."""
    return store_problem() == "" and any(_store().glob(f"{_file_key(path)}-*"))


def allow(path: Path, content: str | bytes | None = None, by: str = "") -> str:
    """Allow what was shown (else what the file holds now); gives its hash. Raises UnsafeStoreError, OSError."""
    shown = Path(path).read_bytes() if content is None else content
    _store().mkdir(mode=0o700, parents=True, exist_ok=True)
    if problem := store_problem():
        raise UnsafeStoreError(problem)
    record = json.dumps({"file": _real(path), "hash": digest(shown), "by": by}).encode()
    # A new file moved into place: never half a grant, and never through a link that lies there.
    handle, name = tempfile.mkstemp(dir=_store(), prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(record)
    os.replace(name, _grant_file(path, digest(shown)))
    return digest(shown)


def revoke(path: Path) -> int:
    """Withdraw every grant of this file; gives how many there were."""
    if problem := store_problem():
        raise UnsafeStoreError(problem)
    grants = list(_store().glob(f"{_file_key(path)}-*"))
    for file in grants:
        file.unlink(missing_ok=True)
    return len(grants)


def store_problem() -> str:
    """Why the grants cannot be believed; empty when they can (or there are none)."""
    for folder in (state_home(), _store()):
        try:
            # The state directory may be a link that its owner made; the folder of the grants may not.
            found = folder.lstat() if folder == _store() else folder.stat()
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{folder} cannot be read: {error.strerror}"
        if not stat.S_ISDIR(found.st_mode):
            return f"{folder} is not a folder of its own; remove it"
        if not _is_ours(found):
            return f"{folder} belongs to or can be written by others; chown it to yourself and chmod 700"
    return ""


def without_untrusted(loaded: Loaded) -> Loaded:
    """The configuration less what would run a command that nobody allowed, and a problem that says how to allow it."""
    commands = loaded.config.commands()
    if not commands or loaded.file is None or is_trusted(loaded.file, loaded.content):
        return loaded
    services = tuple(
        replace(s, revision=None) if s.revision and s.revision.command else s for s in loaded.config.services
    )
    checks = tuple(c for c in loaded.config.checks if not _runs_command(c))
    hint = f"read it, then: incidentui trust {CONFIG}  (one run: {ONE_RUN}={digest(loaded.content)})"
    problems = tuple(
        Problem(CONFIG, None, key, f"not run before you allow it: {' '.join(argv)}", hint, level="warning")
        for key, argv in commands
    )
    refused = f"its commands are not allowed yet: incidentui trust {CONFIG}" if loaded.config.rehearse.commands else ""
    rehearse = replace(loaded.config.rehearse, commands=(), refused=refused)
    config = replace(loaded.config, services=services, checks=checks, rehearse=rehearse)
    return replace(loaded, config=config, problems=(*loaded.problems, *problems))


def _runs_command(check: HttpCheck) -> bool:
    return any(isinstance(value, Secret) and value.command for _, value in check.headers)


def _one_run() -> frozenset[str]:
    return frozenset(os.environ.get(ONE_RUN, "").replace(",", " ").lower().split())


def _store() -> Path:
    return state_home() / "trust"


def _real(path: Path) -> str:
    return os.path.realpath(path)


def _file_key(path: Path) -> str:
    return hashlib.sha256(os.fsencode(_real(path))).hexdigest()[:32]


def _grant_file(path: Path, hash_: str) -> Path:
    return _store() / f"{_file_key(path)}-{hash_[:32]}"


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022
