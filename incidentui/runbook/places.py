"""`<pod-name>`, `{pod}`, `YOUR_TOKEN` in shell text: filled in by the environment, where no value can become code.

The text that runs holds `"${_POD_NAME_:?}"` in its stead, quoted as it must be where it stands. What is shown to people
holds the value. Where neither is sure, the place stays, and so does the step. A value may hold little: no shell, nor
what reads the text again behind it (ssh, awk, SQL), finds more in it than one word.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from incidentui.core.value import dataclass
from incidentui.runbook.blanks import blanks, doubtful
from incidentui.runbook.tags import tags
from incidentui.runbook.unfinished import Kind, parts

_WORD = re.compile(r"[\w.,:/@%+=-]+")
_QUOTED = re.compile(r"[\w.,:/@%+-]+")
"""In quotes stands text that another program may read as its code: there `=` means something."""
_READ_AGAIN = re.compile(r"\b(?:eval|ssh|su|xargs|watch|exec|ansible|knife)\b|\s-\w*c\s|\|\s*(?:\w*sh|python3?|psql)\b")
"""What hands its words to another reader, quoted or not."""
_VARIABLE = re.compile(r"\$\w*$")
_GLUED = re.compile(r"[\w>]")
_SHUT = "not sure"


@dataclass(frozen=True, slots=True)
class Place:
    """A place to fill in. `within`: the quotes around it, or that another reader has it too; empty where it is a part
    of a word and nothing else."""

    name: str
    within: str = ""

    @property
    def variable(self) -> str:
        """What a shell calls it: never the name of a variable that a runbook sets itself."""
        return "_" + re.sub(r"[^A-Za-z0-9]", "_", self.name).upper() + "_"

    @property
    def can_be_filled(self) -> bool:
        return self.within != _SHUT and self.name.isascii()

    def refuses(self, value: str) -> str:
        """Why this value cannot stand here."""
        if value.startswith("-"):
            return "it must not begin with -: it would be an option"
        if not (_QUOTED if self.within else _WORD).fullmatch(value):
            return f"letters, digits, . , : / @ % + - _{'' if self.within else ' ='} only"
        return ""


def places(text: str) -> tuple[Place, ...]:
    """Each once; those in a comment are none. Of one that stands twice, where it is least sure counts."""
    found: dict[str, Place] = {}
    again = _READ_AGAIN.search(text)
    for _, _, place in _scan(text):
        within = place.within or ("again" if again else "")
        known = found.setdefault(place.variable, Place(place.name, within))
        if (within and not known.within) or within == _SHUT:
            found[place.variable] = Place(known.name, within)
    return tuple(found.values())


def by_environment(text: str) -> str:
    """The text that runs, which takes its values from the environment. Only where every place can be filled."""
    return _with(text, _reference)


def spoken(text: str, values: Mapping[str, str]) -> str:
    """The text as a person reads it. `values` by what a shell calls them; a place without one stays as it is."""
    return _with(text, lambda place: values.get(place.variable))


def _reference(place: Place) -> str:
    name = f"${{{place.variable}:?}}"
    return {"": f'"{name}"', "'": f"'\"{name}\"'"}.get(place.within, name)


def _with(text: str, what: Callable[[Place], str | None]) -> str:
    out, at = [], 0
    for start, end, place in _scan(text):
        said = what(place)
        out += [text[at:start], text[start:end] if said is None else said]
        at = end
    return "".join([*out, text[at:]])


def names(text: str) -> tuple[str, ...]:
    """Of all places, each once, in order; also of those that no variable can fill in."""
    return tuple(dict.fromkeys(place.name for _, _, place in _scan(text)))


def unfinished(text: str) -> tuple[str, ...]:
    """What may be a place to fill in, as it is written: nobody is asked for it, and it runs as it stands."""
    found = (
        word
        for start, end, kind, line in _stretches(text)
        for word in doubtful(text, start, end, line, quoted=kind != "")
    )
    return tuple(dict.fromkeys(found))


def _scan(text: str) -> Iterator[tuple[int, int, Place]]:
    """(start, end, place) of each, with what it stands in."""
    for begin, stop, kind, line in _stretches(text):
        marked = tags(text, begin, stop, html=kind != "")
        found = sorted((*marked, *blanks(text, begin, stop, line))) if kind == "" else marked
        over = begin
        for start, end, name in found:
            if start >= over:  # `<your YOUR_TOKEN>` is one
                over = end
                yield start, end, Place(name, _SHUT if _unsure(text, start, end, kind) else kind)


def _stretches(text: str) -> Iterator[tuple[int, int, Kind, str]]:
    """(start, end, kind, its line) of what is of one kind, without comments."""
    for (kind, begins), same in groupby(parts(text), lambda part: (part[2], text.rfind("\n", 0, part[0]))):
        pieces = list(same)
        if kind != "#":
            line = text[begins + 1 :].partition("\n")[0]
            yield pieces[0][0], pieces[-1][1], kind, line


def _unsure(text: str, start: int, end: int, kind: Kind) -> bool:
    """What lies in a here-document, or in `$'…'`, no variable can fill in; `<in>out` may mean two files, and
    `$x<here>` another variable."""
    if kind in ("<<", "$'") or (kind == "" and _GLUED.match(text, end)):
        return True
    return kind != "'" and bool(_VARIABLE.search(text[max(0, start - 80) : start]))
