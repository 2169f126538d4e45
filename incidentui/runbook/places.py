"""`<pod-name>` in shell text: filled in through the environment, where a value cannot become code.

The text that runs holds `"${_POD_NAME_}"` in its stead, quoted as it must be where it stands. What is shown to people
holds the value. Where neither is sure, the place stays, and so does the step.
"""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping

from incidentui.core.value import dataclass
from incidentui.runbook.commands import place_at
from incidentui.runbook.unfinished import HERE

_HARMLESS = re.compile(r"[\w.,:/@%+= -]*")
_READ_AGAIN = re.compile(r"\b(?:eval|ssh|su|xargs|watch|exec|ansible|knife)\b|\s-c\s")
"""What hands its words to another shell, quoted or not."""
_OPENS = {"'": "'", '"': '"', "`": "`"}


@dataclass(frozen=True, slots=True)
class Place:
    """A place to fill in. `within`: the quotes or the here-document around it, or that another shell reads it; empty
    where it is one word and nothing else."""

    name: str
    within: str = ""

    @property
    def variable(self) -> str:
        """What a shell calls it: never the name of a variable that a runbook sets itself."""
        return "_" + re.sub(r"[^A-Za-z0-9]", "_", self.name).upper() + "_"

    @property
    def can_be_filled(self) -> bool:
        return self.within != _LITERAL and self.name.isascii()

    def refuses(self, value: str) -> str:
        """Why this value cannot stand here. In quotes stands text that another program may read as its code."""
        if "\n" in value or "\0" in value:
            return "it must be one line"
        if self.within and not _HARMLESS.fullmatch(value):
            return "letters, digits, blanks, . , : / @ % + = - _ only"
        return ""


_LITERAL = "<<''"
"""A here-document in which a shell fills nothing in."""


def places(text: str) -> tuple[Place, ...]:
    """Each once; those in a comment are none."""
    found: dict[str, Place] = {}
    again = "again" if _READ_AGAIN.search(text) else ""
    for _, _, place in _scan(text):
        place = place if place.within or not again else Place(place.name, again)
        known = found.setdefault(place.variable, place)
        if (place.within and not known.within) or place.within == _LITERAL:
            found[place.variable] = Place(known.name, place.within)
    return tuple(found.values())


def by_environment(text: str) -> str:
    """The text that runs, which takes its values from the environment. Only where every place can be filled."""
    return _with(text, _reference)


def spoken(text: str, values: Mapping[str, str]) -> str:
    """The text as a person reads it. `values` by what a shell calls them; a place without one stays as it is."""

    def told(place: Place) -> str | None:
        value = values.get(place.variable)
        return None if value is None else value if place.within else shlex.quote(value)

    return _with(text, told)


def _reference(place: Place) -> str | None:
    name = f"${{{place.variable}}}"
    return {"": f'"{name}"', "'": f"'\"{name}\"'"}.get(place.within, name)


def _with(text: str, what: Callable[[Place], str | None]) -> str:
    out, at = [], 0
    for start, end, place in _scan(text):
        said = what(place)
        out += [text[at:start], text[start:end] if said is None else said]
        at = end
    return "".join([*out, text[at:]])


def _scan(text: str) -> Iterator[tuple[int, int, Place]]:
    """(start, end, place) of each, with what it stands in. A reader of quotes, not a shell."""
    offset, open_, here = 0, [""], list[re.Match[str]]()
    for line in text.split("\n"):
        if here:
            yield from _in_here_document(line, offset, _LITERAL if here[0][1] else "<<")
            if (line.lstrip("\t") if here[0][0].startswith("<<-") else line) == here[0][2]:
                del here[0]
        else:
            yield from _in_line(line, offset, open_)
            here = list(HERE.finditer(line)) if open_ == [""] else []
        offset += len(line) + 1


def _in_here_document(line: str, offset: int, within: str) -> Iterator[tuple[int, int, Place]]:
    for n in (n for n, sign in enumerate(line) if sign == "<"):
        if found := place_at(line, n, html=True):
            yield offset + n, offset + found[1], Place(found[0], within)


def _in_line(line: str, offset: int, open_: list[str]) -> Iterator[tuple[int, int, Place]]:
    n = 0
    while n < len(line):
        sign, inside = line[n], open_[-1]
        if sign == "\\" and inside != "'":
            n += 2
            continue
        if sign == "#" and inside in ("", ")", "`") and (n == 0 or line[n - 1].isspace()):
            return
        if sign == "<" and (found := place_at(line, n, html=inside in ("'", '"'))):
            within = inside if inside in ("'", '"') else ""
            yield offset + n, offset + found[1], Place(found[0], within)
            n = found[1]
            continue
        n += _turned(line, n, open_)


def _turned(line: str, n: int, open_: list[str]) -> int:
    """How many signs further on; quotes and `$( )` are opened and closed on the way."""
    sign, inside = line[n], open_[-1]
    if inside and sign == inside:
        open_.pop()
    elif inside == "'":
        pass
    elif line.startswith("$(", n):
        open_.append(")")
        return 2
    elif sign == "`" or (inside != '"' and sign in ("'", '"')):
        open_.append(_OPENS[sign])
    elif inside == ")" and sign == "(":
        open_.append(")")
    return 1
