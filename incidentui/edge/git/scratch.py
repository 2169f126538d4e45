"""A scratch repository in the temporary directory that borrows the objects of another: nothing of that one is written.

It knows no branch, remote, hook or setting of the repository it borrows from.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from incidentui.edge.git.leftovers import named, owner_gone
from incidentui.edge.git.place import Layout
from incidentui.edge.git.run import git

PREFIX = "incidentui-bisect-"
_SHA256 = 64


@asynccontextmanager
async def borrowed(where: Layout, sha: str) -> AsyncIterator[Path]:
    """An empty work tree that can check out any commit of `where`; gone afterwards, unless killed (see `tidy`)."""
    tidy()
    folder = Path(tempfile.mkdtemp(prefix=named(PREFIX)))
    try:
        kind = ("--object-format=sha256",) if len(sha) == _SHA256 else ()
        await git(folder, "init", "--quiet", "--template=", *kind, writes=True)
        _lend(where, folder / ".git")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lend(where: Layout, own: Path) -> None:
    (own / "objects" / "info").mkdir(parents=True, exist_ok=True)
    objects = str(where.common / "objects")
    # A path that begins with a quote is read as a quoted one; git quotes as C does.
    line = '"' + objects.replace("\\", "\\\\").replace('"', '\\"') + '"' if objects.startswith('"') else objects
    (own / "objects" / "info" / "alternates").write_bytes(os.fsencode(line) + b"\n")
    if where.shallow:
        shutil.copyfile(where.common / "shallow", own / "shallow")


def tidy() -> None:
    """Take away the folders of processes that are gone: their names tell."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            mine = folder.lstat().st_uid == os.geteuid() and folder.is_dir() and not folder.is_symlink()
        except OSError:
            continue
        if mine and owner_gone(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
