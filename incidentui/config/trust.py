"""Which contents of which files the responder has allowed to run commands: by hash, kept outside every repository.

A grant names the file's real path, the SHA-256 of its bytes and of the scripts it calls, and the host: one changed
byte, the same file elsewhere, another host or another user asks again. The allowed text is kept beside it, so that
what changed since can be shown. A file cannot grant itself anything: only the state directory of this user and
`INCIDENTUI_TRUST` are read.
"""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from incidentui.config.called import Called, called
from incidentui.config.checks import held
from incidentui.config.model import Loaded, Problem, ProjectConfig
from incidentui.config.paths import CONFIG, state_home
from incidentui.core.difference import DiffLine, difference, sizes
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
    host: str = ""
    texts: Mapping[str, bytes | None] = field(default_factory=dict)
    """What was allowed: the file itself under "", the scripts it calls by name; None: too long to be kept."""


def digest(content: str | bytes, calls: Sequence[Called] = ()) -> str:
    """What is allowed: every byte counts, line ends too. Of a file that calls no script it is its plain SHA-256."""
    own = hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
    if not calls:
        return own
    return hashlib.sha256("\n".join([own, *(f"{c.hash}  {c.name}" for c in calls)]).encode()).hexdigest()


def is_trusted(path: Path, content: str | bytes, calls: Sequence[Called] = ()) -> bool:
    return digest(content, calls) in _one_run() or grant(path, content, calls) is not None


def grant(path: Path, content: str | bytes, calls: Sequence[Called] = ()) -> Grant | None:
    """Who allowed exactly this here, and when. None too when the folder of the grants is not safe."""
    if store_problem():
        return None
    wanted = digest(content, calls)
    record = _record(_grant_file(path, wanted), path)
    return _grant(*record) if record and record[0].get("hash") == wanted and record[0].get("host") == host() else None


def last_grant(path: Path) -> Grant | None:
    """The newest grant of this file, whatever it holds by now."""
    if store_problem():
        return None
    found = [record for file in _store().glob(f"{_file_key(path)}-*") if (record := _record(file, path))]
    return _grant(*max(found, key=lambda record: record[1])) if found else None


def changes(path: Path, content: bytes, calls: Sequence[Called] = ()) -> tuple[DiffLine, ...]:
    """What differs from the content that was allowed last, script by script; empty when none was, or nothing does."""
    before = last_grant(path)
    if before is None or not before.texts:
        return ()
    now: dict[str, bytes | None] = {"": content, **{c.name: c.content for c in calls}}
    out: list[DiffLine] = []
    for name in sorted(before.texts.keys() | now.keys()):
        lines = _changed(before.texts.get(name, b""), now.get(name, b""))
        head = DiffLine("file", None, None, name or path.name)
        out += [head, *lines] if lines else []
    return tuple(out)


def why_asked_again(path: Path, content: bytes, calls: Sequence[Called] = ()) -> str:
    """What became of an earlier grant, in words; empty when there was none."""
    before = last_grant(path)
    if before is None:
        return ""
    added, removed = sizes(changes(path, content, calls))
    if added or removed:
        return f"changed since it was allowed, +{added} −{removed} {'line' if added + removed == 1 else 'lines'}"
    return f"allowed on {before.host or 'another host'}, not here" if before.host != host() else "changed since then"


def allow(path: Path, content: bytes | None = None, by: str = "", calls: Sequence[Called] = ()) -> str:
    """Allow what was shown (else what the file holds now); gives its hash. Raises UnsafeStoreError, OSError."""
    shown = Path(path).read_bytes() if content is None else content
    _store().mkdir(mode=0o700, parents=True, exist_ok=True)
    if problem := store_problem():
        raise UnsafeStoreError(problem)
    wanted = digest(shown, calls)
    texts = {"": shown, **{c.name: c.content for c in calls}}
    kept = {name: None if text is None else text.decode("utf-8", "surrogateescape") for name, text in texts.items()}
    record = {"file": _real(path), "hash": wanted, "by": by, "host": host(), "texts": kept}
    # A new file moved into place: never half a grant, and never through a link that lies there.
    handle, name = tempfile.mkstemp(dir=_store(), prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps(record).encode())
    os.replace(name, _grant_file(path, wanted))
    return wanted


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


def host() -> str:
    return os.uname().nodename


# -- the configuration


def calls_of(config: ProjectConfig) -> tuple[Called, ...]:
    """The scripts that the commands of the configuration call."""
    return called(((" ".join(argv), "") for _, argv in config.commands()), config.dir)


def allowed(loaded: Loaded) -> bool:
    """Whether the commands of this configuration may run."""
    return loaded.file is not None and is_trusted(loaded.file, loaded.content, calls_of(loaded.config))


def without_untrusted(loaded: Loaded) -> Loaded:
    """The configuration less what would run a command that nobody allowed, and a problem that says how to allow it.

    A check that would is held: it is unknown until then.
    """
    commands = loaded.config.commands()
    if not commands or loaded.file is None or allowed(loaded):
        return loaded
    services = tuple(
        replace(s, revision=None) if s.revision and s.revision.command else s for s in loaded.config.services
    )
    calls = calls_of(loaded.config)
    again = why_asked_again(loaded.file, loaded.content, calls)
    said = f"not run before you allow it{f' ({again})' if again else ''}: "
    # They stay in sight: what nobody looks at must not look as if nobody asked for it.
    checks = tuple(held(c, f"{said}incidentui trust") if c.commands() else c for c in loaded.config.checks)
    hint = f"read {'what changed' if again else 'it'}, then allow it: incidentui trust {CONFIG}"
    hint += f"  (one run: {ONE_RUN}={digest(loaded.content, calls)})"
    problems = tuple(Problem(CONFIG, None, key, said + " ".join(argv), hint, level="warning") for key, argv in commands)
    refused = f"its commands are not allowed yet: incidentui trust {CONFIG}" if loaded.config.rehearse.commands else ""
    rehearse = replace(loaded.config.rehearse, commands=(), refused=refused)
    config = replace(
        loaded.config,
        services=services,
        checks=checks,
        rehearse=rehearse,
        ci_command=None,
        deploy_command=None,
        bisect_command=None,
    )
    return replace(loaded, config=config, problems=(*loaded.problems, *problems))


# -- the store


def _one_run() -> frozenset[str]:
    return frozenset(os.environ.get(ONE_RUN, "").replace(",", " ").lower().split())


def _changed(before: bytes | None, now: bytes | None) -> Sequence[DiffLine]:
    if before is None or now is None:
        return (DiffLine("hunk", None, None, "too long to be compared line by line"),)
    return difference(before, now)


def _record(file: Path, path: Path) -> tuple[dict[str, Any], Ms] | None:
    """What a grant of this file says, and since when; None when it is not one that we wrote."""
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode) or not _is_ours(found):
            return None
        record = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("file") != _real(path):
        return None
    return record, int(found.st_mtime * 1000)


def _grant(record: Mapping[str, Any], at: Ms) -> Grant:
    texts = record.get("texts")
    kept = {str(name): _bytes(text) for name, text in texts.items()} if isinstance(texts, dict) else {}
    return Grant(str(record.get("by", "")), at, str(record.get("host", "")), kept)


def _bytes(text: object) -> bytes | None:
    try:
        return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else None
    except UnicodeEncodeError:
        return None


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
