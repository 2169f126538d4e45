"""Text that must be read before it is allowed: nothing in it may hide, neither a character, nor its length."""

import re
import unicodedata

LONG_BLANK = 40
"""So many blanks in a row push what follows out of sight: they are counted instead."""
_BLANKS = re.compile(rf"[ \t]{{{LONG_BLANK},}}")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NAMED = 5


def marked(text: str) -> str:
    """Each character without a picture of its own as a mark: ␛ or <U+202E>. Newlines are marked too."""
    return "".join(_mark(c) for c in text)


def plainly(text: str) -> str:
    """One line, marked, its long blanks counted."""
    counted = _BLANKS.sub(lambda found: f" [{len(found.group())} blanks] ", text)
    return marked(counted.replace("\t", "    "))


def look_alikes(text: str) -> str:
    """The characters that are not ASCII, by name: a Cyrillic а looks like a Latin one. Empty when there are none."""
    found = list(dict.fromkeys(c for c in text if c > "\x7f"))
    names = [f"U+{ord(c):04X} {unicodedata.name(c, 'without a name').lower()}" for c in found[:_NAMED]]
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return ", ".join([*names, *more])


def _mark(c: str) -> str:
    if c < " ":
        return chr(0x2400 + ord(c))
    if c == "\x7f":
        return "␡"
    # An unusual blank is "printable" to nobody's eye: only U+0020 stays as it is.
    return c if c.isprintable() and not _VARIATION.match(c) else f"<U+{ord(c):04X}>"
