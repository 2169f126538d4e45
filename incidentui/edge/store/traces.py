"""Where erased words still stand: files beside the journal that are kept for a person and changed by nobody else."""

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

from incidentui.core import envelope
from incidentui.edge.store.aside import SideFiles

_PIECE = 64
"""Bytes of a sentence that are looked for: a longer one may be spread over the pages of a file."""


def files_with(path: str, sentences: Sequence[str]) -> tuple[str, ...]:
    """Kept damaged files, copies, side files, what a killed command left. The journal itself is not looked at."""
    pieces = {piece for sentence in sentences for piece in _pieces(sentence)}
    return tuple(str(file) for file in _beside(Path(path)) if any(_holds(file, piece) for piece in pieces))


def _pieces(sentence: str) -> Iterator[bytes]:
    for text in (sentence, envelope.canonical(sentence)[1:-1]):
        data = text.encode(errors="replace")
        yield data[:_PIECE]
        yield data[-_PIECE:]


def _beside(path: Path) -> list[Path]:
    own = {path.with_name(path.name + end) for end in ("", "-journal", "-wal", "-shm")}
    found = {file for file in (*path.parent.iterdir(), *SideFiles(str(path)).paths) if file.is_file()}
    return sorted(found - own)


def _holds(file: Path, piece: bytes) -> bool:
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(piece) >= 0
    except (OSError, ValueError):
        return False  # empty, or not ours to read
