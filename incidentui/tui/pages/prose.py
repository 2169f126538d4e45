"""What a person reads beside a step: lists hang under their marks, code stands out, blocks of code keep their shape."""

import re
from collections.abc import Iterator

from incidentui.tui.line import Line, Seg, Token, length
from incidentui.tui.pages.layout import broken, flow, pieces

_ENTRY = re.compile(r"( *)((?:-|\d+\.) )?")
_CODE = re.compile(r"`([^`]+)`")
_BLOCK = " " * 4
_LEAST = 8


def prose_lines(text: str, width: int, token: Token = "text") -> list[Line]:
    """Blank lines stay. `token`: of the words; code is a step brighter."""
    return [row for line in text.splitlines() for row in _line(line, width, token)]


def _line(line: str, width: int, token: Token) -> list[Line]:
    entry = _ENTRY.match(line)
    indent, mark = (entry[1], entry[2] or "") if entry else ("", "")
    if not line.strip():
        return [Line()]
    if indent.startswith(_BLOCK) and not mark:
        return [Line((Seg(row, "muted"),)) for row in broken(line, width)]
    lead = (Seg(indent + mark, "muted"),) if indent or mark else ()
    room = max(_LEAST, width - length(lead))
    return flow(_words(line[len(indent + mark) :], room, token), length(lead) + room, lead, between=" ")


def _words(text: str, room: int, token: Token) -> Iterator[tuple[Seg, ...]]:
    """Each with the code that touches it; one that is longer than a row is broken, never cut."""
    word: list[Seg] = []
    for n, part in enumerate(_CODE.split(text)):
        of: Token = token if n % 2 == 0 else "text" if token == "muted" else "strong"
        for k, piece in enumerate(re.split(r"\s+", part)):
            if k:
                yield from _whole(word, room)
                word = []
            word += [Seg(piece, of)] if piece else []
    yield from _whole(word, room)


def _whole(word: list[Seg], room: int) -> Iterator[tuple[Seg, ...]]:
    if not word:
        return
    if length(word) <= room:
        yield tuple(word)
        return
    for seg in word:
        for piece in pieces(seg.text, room):
            yield (Seg(piece, seg.token),)
