"""The command line's net: what a terminal would obey becomes a visible picture, whatever text it came with.

Cleaning happens at the edges; this is the second line, for arguments, paths and errors that never passed an edge.
"""

import codecs
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from typing_extensions import override

# Also what shows nothing or turns the order of letters. Newlines and tabs are the layout of our own tables.
_LIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def harmless(text: str) -> str:
    return _LIVE.sub(_picture, text)


def _picture(found: re.Match[str]) -> str:
    char = found.group()
    return chr(0x2400 + ord(char)) if char < " " else "␡" if char == "\x7f" else "\ufffd"


class NotPrintedError(OSError):
    """Standard output takes nothing more. What was asked for is done all the same, and must not be done again."""

    def __init__(self, error: OSError) -> None:
        why = error.strerror or str(error)
        super().__init__(f"the answer cannot be printed: {why}. What the command did and recorded stands.")


class Inert(io.TextIOWrapper):
    """A stream that writes text and nothing else. Click looks for a buffer to write past it: there is none."""

    @override
    def write(self, text: str, /) -> int:
        with printing():
            super().write(harmless(text))
        return len(text)

    @override
    def flush(self) -> None:
        with printing():
            super().flush()

    @property
    @override
    def buffer(self) -> io.BufferedWriter:
        raise AttributeError("buffer")


@contextmanager
def printing() -> Iterator[None]:
    """What goes wrong in here is the fault of whoever takes our output; one that has gone is another matter."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotPrintedError(error) from error


def _twin(error: UnicodeError) -> tuple[str, int]:
    """What the encoding of the terminal does not have, in ASCII."""
    from incidentui.tui.glyphs import ascii_twin

    assert isinstance(error, UnicodeEncodeError)
    return ascii_twin(error.object[error.start : error.end]), error.end


def guard() -> None:
    """Stands between the commands and this process's own standard output and error."""
    codecs.register_error("incidentui.twin", _twin)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # started with it closed
            continue
        setattr(
            sys,
            name,
            Inert(
                cast("io.BufferedWriter", stream.buffer),
                encoding=stream.encoding,
                errors="incidentui.twin",
                line_buffering=stream.line_buffering,
                write_through=name == "stderr",
            ),
        )
