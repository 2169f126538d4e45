"""A build of the program without one of its guards: what a fault does to it shows that the test sees the fault."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import incidentui

SOURCE = Path(incidentui.__file__).parent


def build(into: Path, changes: Mapping[str, Sequence[tuple[str, str]]]) -> Path:
    """A folder for PYTHONPATH. `changes`: in which file, which words are replaced by which."""
    top = into / "unguarded"
    shutil.copytree(SOURCE, top / "incidentui", ignore=shutil.ignore_patterns("__pycache__"))
    for name, swaps in changes.items():
        file = top / "incidentui" / name
        text = file.read_text()
        for words, instead in swaps:
            assert words in text, f"{name} has no {words!r}"
            text = text.replace(words, instead)
        file.write_text(text)
    return top
