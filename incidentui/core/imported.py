"""What came in from a document of a past incident: claims of that document, never something this program saw.

New fields have defaults: a journal that was written with fewer of them must always be readable.
"""

from typing import Literal

from incidentui.core.value import Ms, dataclass

DOCUMENT = "document:"
"""Sources of events that a document told begin so."""
Precision = Literal["exact", "minute", "approx", "date", "vague", "order-only"]
"""How much of a time a document gives: seconds, minutes, about, a date alone, words, only its place in the order."""
Held = Literal["", "minute", "date"]
"""How much of an incident's time is known; empty: nothing, it stands where it was imported."""


@dataclass(frozen=True, slots=True)
class SaidItem:
    """An action item, as the document has it."""

    text: str
    line: int
    done: bool = False
    horizon: str = ""
    owner: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Factor:
    """A reason why it could happen. `state` as the document's own action items have it."""

    text: str
    line: int
    state: Literal["fixed", "open", "unknown"] = "unknown"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """Where an incident came from, and what its document says that has no place elsewhere. Bounded."""

    file: str
    sha256: str
    """Of the file as it was, byte for byte."""
    by: str
    kind: Literal["document", "record"] = "document"
    evidence: str = ""
    """Evidence that keeps the original text, or the record."""
    at: Ms = 0
    """When it was imported."""
    held: Held = ""
    severity: str = ""
    """As it was written; empty: nobody said it."""
    duration: str = ""
    status: str = ""
    cost: tuple[str, ...] = ()
    header: tuple[tuple[str, str], ...] = ()
    items: tuple[SaidItem, ...] = ()
    factors: tuple[Factor, ...] = ()
    commits: tuple[tuple[str, str, bool], ...] = ()
    """(commit, message, whether it takes something back)."""
    good: str = ""
    lessons: tuple[str, ...] = ()
    load: str = ""
    nth: int | None = None
    """Which of its kind it says it is."""
    contradictions: tuple[tuple[str, tuple[int, ...]], ...] = ()
    unread: tuple[tuple[int, str, str], ...] = ()
    """(line, text, why it was not understood)."""
    odd: tuple[tuple[str, int, int], ...] = ()
    """(title, first line, last line) of sections that fit nowhere: they stand in the evidence."""
    zone: str = ""
    """In which zone times were read; with "assumed" when nobody said it."""
    decoded: str = ""
    """How the bytes were read, where that is not plain UTF-8."""
    origin_id: str = ""
    """Of a record: the incident in it."""
    origin_project: str = ""
    left_out: tuple[tuple[str, int], ...] = ()
    """(what, how many more of it the document has than stand here)."""
    undated: str = ""
    """Why the date that it names was not believed."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the archive keeps of a closed incident to know it again."""

    id: str
    title: str
    at: Ms
    services: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    timed: bool = True
    """Whether `at` is its own time, and not that of an import."""
    nth: int | None = None
    """The document it came from says that it was the n-th of its kind."""


@dataclass(frozen=True, slots=True)
class Recurred:
    """An earlier incident, and what is the same."""

    id: str
    title: str
    at: Ms
    why: str
    timed: bool = True
    nth: int | None = None
