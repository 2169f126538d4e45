"""Files of a checkpoint back in their place, and whether it could be done: written beside, renamed, compared."""

import contextlib
import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from incidentui.core.checkpoint import Checkpoint, FileCopy, Tested
from incidentui.core.format import count
from incidentui.core.model import Ms, Precondition
from incidentui.edge.checkpoints.store import CheckpointError, Store
from incidentui.edge.checkpoints.taking import inside, standing


def differing(top: Path, checkpoint: Checkpoint) -> list[tuple[FileCopy, FileCopy]]:
    """(then, now) of the files that a restore would write; links first, as files are reached through them."""
    pairs = [(then, standing(top, then)[0]) for then in checkpoint.files if not then.missing]
    found = [(then, now) for then, now in pairs if (then.sha256, then.mode) != (now.sha256, now.mode)]
    return sorted(found, key=lambda pair: not pair[0].link)


def put_back(top: Path, file: FileCopy, content: bytes) -> None:
    """Whole or not at all; through a link, to the file it leads to inside the project."""
    if file.link:
        _link(top, top / file.path, os.fsdecode(content))
        return
    target = _target(top / file.path)
    if not inside(top, target.parent):
        raise CheckpointError(f"{file.path} leads out of {top} by now: it is not written")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fchmod(out.fileno(), file.mode)
            with contextlib.suppress(OSError):  # a new file, or not ours to give away
                before = target.stat()
                os.fchown(out.fileno(), before.st_uid, before.st_gid)
            os.fsync(out.fileno())
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _target(place: Path) -> Path:
    """A link to a folder has come in the place of a file: the link itself is replaced, not the folder."""
    if os.path.islink(place) and os.path.isdir(place):
        return Path(os.path.realpath(place.parent)) / place.name
    return Path(os.path.realpath(place))


def _link(top: Path, place: Path, to: str) -> None:
    if not inside(top, place.parent) or not inside(top, place.parent / to):
        raise CheckpointError(f"{place} leads out of {top} by now: it is not written")
    _linked(place, to)


def _linked(place: Path, to: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.parent / f".{place.name}.{secrets.token_hex(6)}"
    os.symlink(to, temporary)
    try:
        os.replace(temporary, place)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def tried(store: Store, checkpoint: Checkpoint, gone: Sequence[str], now: Ms) -> Tested:
    """All files restored into a scratch place and compared with what was recorded; `gone`: what an engine lacks."""
    findings = list(gone)
    files = [file for file in checkpoint.files if not file.missing]
    with tempfile.TemporaryDirectory(prefix="incidentui-restore-") as scratch:
        for n, file in enumerate(files):
            apart = Path(scratch) / str(n)  # no file is reached through another's link, which may lead to the real one
            try:
                findings += _tried(apart, file, store.copy_of(checkpoint.id, file.sha256))
            except (CheckpointError, OSError) as error:
                findings.append(f"{file.path}: {error}")
    kept = sum(volume.contents is not None for volume in checkpoint.volumes)
    return Tested(now, not findings, len(files), tuple(findings[:50]), kept)


def _tried(scratch: Path, file: FileCopy, content: bytes) -> list[str]:
    written = scratch / file.path
    if not inside(scratch, written.parent):
        raise CheckpointError("leads out of the project")
    if file.link:
        _linked(written, os.fsdecode(content))
        return [] if os.fsencode(os.readlink(written)) == content else [f"{file.path}: another link was made"]
    put_back(scratch, file, content)
    if hashlib.sha256(written.read_bytes()).hexdigest() != file.sha256:
        return [f"{file.path}: the restored content is another one"]
    mode = stat.S_IMODE(written.stat().st_mode)
    return [f"{file.path}: mode {mode:o}, not {file.mode:o}"] if mode != file.mode else []


def stood_a_test(tests: Sequence[Tested]) -> tuple[Precondition, ...]:
    """When its restore was tried last and worked; nothing where the last try failed, or there was none."""
    if not tests or not tests[-1].ok:
        return ()
    at = datetime.fromtimestamp(tests[-1].at / 1000).astimezone()
    return (
        Precondition(
            "tested", f"its restore was tested on {at:%Y-%m-%d %H:%M}, {count(tests[-1].files, 'file')} compared"
        ),
    )


def untested(tests: Sequence[Tested]) -> tuple[tuple[str, str], ...]:
    """That nobody knows whether its restore works, or that it did not."""
    if not tests:
        return (("restore test", "there was none: checkpoint.test tries it in a scratch place"),)
    return () if tests[-1].ok else (("restore test", f"the last one failed: {'; '.join(tests[-1].findings[:3])}"),)
