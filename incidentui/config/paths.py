"""Where things lie: the project's root, its folder in the state directory, and the files in it.

Needs no configuration to be read: `note` finds its journal from here alone.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

CONFIG = "incidentui.toml"
JOURNAL = "journal.db"
_ROOT = "root"
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


def state_home() -> Path:
    """The state directory of this user."""
    if home := os.environ.get("INCIDENTUI_HOME"):
        return Path(home).expanduser().absolute()
    from platformdirs import user_state_path

    return user_state_path("incidentui", appauthor=False)


def find_root(start: Path) -> Path | None:
    """The project that a folder lies in: up to `incidentui.toml`, else to the top of a git work tree."""
    folders = [start.absolute(), *start.absolute().parents]
    for marker in (CONFIG, ".git"):
        for folder in folders:
            if (folder / marker).exists():
                return folder
    return None


def project_folder(root: Path) -> Path:
    """The folder of a project in the state directory. Its name holds the place, so a copy is another project."""
    real = os.path.realpath(root)
    name = _UNFIT.sub("-", os.path.basename(real)).strip("-.")[:40] or "project"
    return state_home() / "projects" / f"{name}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:10]}"


def folder_name(folder: Path) -> str:
    """The folder's name as text: a name on disk may hold anything."""
    return "".join(c if c.isprintable() else "\ufffd" for c in os.path.basename(os.path.realpath(folder)))


def project_name(root: Path) -> str:
    """The project's own name, as far as it can be read: a broken configuration must not hide a journal."""
    import tomllib

    try:
        name = tomllib.loads((root / CONFIG).read_text())["project"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        name = None
    return name if isinstance(name, str) and name and name.isprintable() else folder_name(root)


def journal_path(root: Path) -> Path:
    return project_folder(root) / JOURNAL


def checkpoints(root: Path) -> Path:
    return project_folder(root) / "checkpoints"


def backups(root: Path) -> Path:
    """Of volumes."""
    return project_folder(root) / "backups"


def observer_lock(root: Path) -> Path:
    return project_folder(root) / "observer.lock"


def responder_file() -> Path:
    """Remembers the responder's name."""
    return state_home() / "responder"


def remember_root(root: Path) -> None:
    """Note in the project's folder where the project lies, so that it is found from elsewhere; if that can be noted."""
    folder = project_folder(root)
    file, here = folder / _ROOT, os.fsencode(os.path.realpath(root))
    try:
        if not file.exists() or file.read_bytes() != here:  # a power cut can leave it empty
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_bytes(here)
    except OSError:
        return  # a convenience: what follows needs the folder more, and says why it cannot have it


def known_roots() -> Iterator[Path]:
    """Every project that has a journal here."""
    for file in sorted((state_home() / "projects").glob(f"*/{_ROOT}")):
        if (file.parent / JOURNAL).exists():
            yield Path(os.fsdecode(file.read_bytes()))
