"""The other runbooks that a step points at: links in its words to files beside it, or to one that shipped."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from incidentui.runbook.model import Runbook, Step

MOST = 9
_LINK = re.compile(r"\(([^()\s]+\.md)(?:#[^()\s]*)?\)")


def siblings(book: Runbook, step: Step | None, books: Sequence[Runbook]) -> tuple[Runbook, ...]:
    """Each once, in the order of the text; a link that leads to no runbook known here is left as it is written."""
    if step is None:
        return ()
    found = (_found(book, target, books) for target in _targets(book, step))
    return tuple({one.id: one for one in found if one is not None and one.id != book.id}.values())[:MOST]


def _targets(book: Runbook, step: Step) -> Iterator[str]:
    above = [phase.prose for phase in book.phases if phase.title == step.phase]
    for text in (step.title, step.prose, *above):
        yield from (target for target in _LINK.findall(text) if "://" not in target)


def _found(book: Runbook, target: str, books: Sequence[Runbook]) -> Runbook | None:
    place = posixpath.normpath(posixpath.join(posixpath.dirname(book.path), target))
    stem = posixpath.basename(target).removesuffix(".md")
    beside = next((b for b in books if b.path == place), None)
    return beside or next((b for b in books if b.origin == "shipped" and b.id == stem), None)
