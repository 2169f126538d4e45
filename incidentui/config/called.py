"""The scripts of a project that a command names: they belong to what is allowed, for changing one changes what runs.

Found by reading, never by running: a name put together at run time, a Makefile, an imported module are not found.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from incidentui.core.value import dataclass

MOST_FILES = 50
MOST_BYTES = 262_144
_MOST_READ = 16 << 20
_WORD = re.compile(r"""[^\x00-\x20"'`;|&()<>{}=,$]{1,1000}""")
_RUNS_ITS_WORD = frozenset(
    (".", "source", "sh", "bash", "dash", "zsh", "ksh", "python", "python3", "node", "ruby", "perl", "php", "exec")
)
_SUFFIXES = (".sh", ".bash", ".zsh", ".py", ".rb", ".pl", ".js", ".mjs", ".php")


@dataclass(frozen=True, slots=True)
class Called:
    name: str
    """Where it lies, from the project's folder."""
    hash: str
    content: bytes | None
    """None: too long to be kept and compared by line."""


def called(texts: Iterable[tuple[str, str]], root: Path) -> tuple[Called, ...]:
    """Every script inside `root` that the texts name, and that those scripts name, by name. `texts`: (what runs, the
    folder from `root` in which it does)."""
    top = Path(os.path.realpath(root))
    found: dict[str, Called] = {}
    waiting = [(text, top / folder) for text, folder in texts]
    while waiting:
        text, folder = waiting.pop()
        for file in _named(text, top, folder):
            one = _read(file, top) if len(found) < MOST_FILES else None
            if one is not None and one.name not in found:
                found[one.name] = one
                waiting.append(((one.content or b"").decode("utf-8", "replace"), file.parent))
    return tuple(found[name] for name in sorted(found))


def _named(text: str, top: Path, folder: Path) -> Iterator[Path]:
    for before, name in dict.fromkeys(_pairs(text)):
        for base in dict.fromkeys((top, folder)):
            place = os.path.join(base, name)
            if os.path.isfile(place):
                file = Path(os.path.realpath(place))
                if top in file.parents and _runs(file, before):
                    yield file


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    before = ""
    for found in _WORD.finditer(text):
        word = found.group()
        if not word.startswith("-"):  # `sh -e script`: the option stands between
            yield before, word
            before = os.path.basename(word)


def _runs(file: Path, before: str) -> bool:
    """A file that is only read (a log, a list) is data: it may change."""
    try:
        mode = file.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and (bool(mode & 0o111) or file.suffix.lower() in _SUFFIXES or before in _RUNS_ITS_WORD)


def _read(file: Path, top: Path) -> Called | None:
    try:
        with open(file, "rb") as opened:
            content = opened.read(_MOST_READ)
    except OSError:
        return None
    kept = content if len(content) <= MOST_BYTES else None
    return Called(os.path.relpath(file, top), hashlib.sha256(content).hexdigest(), kept)
