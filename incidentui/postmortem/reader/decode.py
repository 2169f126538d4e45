"""Bytes of a document become text, and text that was decoded wrongly once is repaired. What was guessed is said."""

import re
from typing import NamedTuple

LIMIT = 2_000_000
"""Bytes. A post-mortem is written by people."""


LINES = 20_000


class NotTextError(ValueError):
    """The sentence says what it is instead."""


class Decoded(NamedTuple):
    original: str
    """The characters as they stand in the file."""
    text: str
    """The same, repaired where they had been decoded wrongly once."""
    how: str
    """What was guessed, in words; empty for plain UTF-8."""


def decode(content: bytes) -> Decoded:
    """NotTextError for what is no text, or too much of it."""
    if len(content) > LIMIT:
        raise NotTextError(f"it has {len(content) / 1_000_000:.0f} MB; a document of more than 2 MB is not read")
    original, how = _characters(content)
    original = original.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if (lines := original.count("\n")) > LINES:
        raise NotTextError(f"it has {lines:,} lines; a document of more than {LINES:,} is not read")
    text, lost = repaired(original)
    if text != original:
        marks = f", {lost} marks had lost a byte and are guessed" if lost else ""
        how = "; ".join(filter(None, [how, f"it had been decoded wrongly once and was repaired{marks}"]))
    return Decoded(original, text, how)


def _characters(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), "read as UTF-16"
        except UnicodeDecodeError:
            raise NotTextError("it begins like UTF-16 and is not") from None
    if b"\0" in content:
        raise NotTextError("it is a binary file (it has NUL bytes)")
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    text = content.decode("cp1252", "replace")
    odd = sum((c < " " and c not in "\n\r\t\f") or c == "\ufffd" for c in text)
    if odd > len(text) // 100:
        raise NotTextError("it is a binary file")
    return text, "not UTF-8: read as Windows-1252, a guess"


# UTF-8 once read as Windows-1252 or -1254, where that has no character for a byte, and the byte is gone. What is left
# of the marks that people use most; the guess for each is the commonest of those that it can have been.
_LOSSY = {
    "âŒ": "❌",  # 9D
    "â³": "⏳",  # 8F
    "â\xad": "⭐",
    "âš\xa0ï¸": "⚠️",  # 8F
    "âœ”ï¸": "✔️",
    "âœ–ï¸": "✖️",
    "â¹ï¸": "ℹ️",
    "â¸ï¸": "⏸️",
    "â¤ï¸": "❤️",
    "ğŸ›¡ï¸": "🛡️",
    "ğŸ—‚ï¸": "🗂️",
    "ğŸ›\xa0ï¸": "🛠️",
    "ğŸ“": "📝",  # 9D; or a folder, a pin, a ruler
    "ğŸ¯": "🎯",  # 8E
    "ğŸ‰": "🎉",  # 8E
    "ğŸ†": "🏆",  # 8F
    "ğŸ”": "🔍",  # 8D
    "ğŸ›": "🐛",  # 90
}
_LOSSY |= {"ð" + lost[1:]: mark for lost, mark in _LOSSY.items() if lost[0] == "ğ"}
_AFTER = r"(?![\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122])"
_LOSSY_MARK = re.compile("|".join(map(re.escape, sorted(_LOSSY, key=len, reverse=True))).join(("(?:", ")")) + _AFTER)
_WRONG = re.compile(r"[âÃÂğð][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")


def repaired(text: str) -> tuple[str, int]:
    """(the text, how many marks were guessed). A text without the signs of it is left alone."""
    if len(_WRONG.findall(text)) < 2:
        return text, 0
    import ftfy  # not on the way of a document that is well

    text, lost = _LOSSY_MARK.subn(lambda m: _LOSSY[m[0]], text)
    return ftfy.fix_encoding(text), lost
