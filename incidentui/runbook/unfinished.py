"""What stands where in shell text, and where a command is still open: quotes, brackets, here-documents, comments,
`case`, `if` and `do` bodies.

The one reader of quotes. A reader, not a shell: in doubt a command is still open.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from incidentui.runbook.tags import place_at

Kind = Literal["", "'", '"', "$'", "<<", "#"]
"""What shell text is: code, text in one of three quotes, in a here-document, a comment."""
Part = tuple[int, int, Kind]
"""(start, end, kind); the sign that opens a quote is code, the one that closes it is within."""
HERE = re.compile(r"(?<!<)<<(?!<)-?[ \t]*(['\"\\]?)((?<=['\"])[^'\"\n]+|(?<!['\"])[A-Za-z_][\w.+-]*)")
"""The start of a here-document: what makes it literal, and the line that ends it."""
_GOES_ON = re.compile(r"(?:\\|\||&&)\s*$")
_COMMENT = re.compile(r"(?<![^\s;&|(])#")
_KEYWORD = re.compile(
    r"(?<![^\s;&|()`{}!])(?:case|if|for|while|until|select|then|elif|else|do|esac|fi|done|\{|\[\[|\]\]|!)(?![^\s;&|)(`])"
)
_ENDED_BY = {"case": "esac", "if": "fi", "{": "}", "[[": "]]"} | dict.fromkeys(
    ("for", "while", "until", "select"), "done"
)
_COMMAND_FOLLOWS = ("if", "while", "until", "then", "elif", "else", "do", "{", "!")
_IN_DOUBLE = re.compile(r"\\.?|\$\(\(|\$[({]|[\"`]")
_PART = re.compile(r"\\.?|\$\(\(|\$[({']|\(\(|['\"`(){}]|[;&|]+|\s+|[^\s\\'\"`(){};&|<>#$]+|.")
_QUOTES: tuple[Kind, ...] = ("'", "$'", '"')


class Unfinished:
    """Fed line by line; says after each whether the next one belongs to the same command."""

    def __init__(self) -> None:
        self._open: list[str] = []
        """What would end what is open, the innermost last; `a)` closes arithmetic, where `<<` moves bits."""
        self._here: list[tuple[str, bool]] = []
        self._goes_on = self._glued = False
        self._begins = True
        self.parts: list[Part] = []
        """Of the line that was read last, without a gap."""

    @property
    def is_open(self) -> bool:
        return bool(self._open or self._here or self._goes_on)

    @property
    def in_here(self) -> bool:
        return bool(self._here)

    @property
    def is_text(self) -> bool:
        """Whether the next line is text within quotes or a here-document."""
        return self.in_here or self._top in _QUOTES

    @property
    def _top(self) -> str:
        return self._open[-1] if self._open else ""

    def read(self, line: str) -> None:
        self.parts = []
        if self._here:
            self.parts.append((0, len(line), "<<"))
            word, tabs = self._here[0]
            if (line.lstrip("\t") if tabs else line) == word:
                del self._here[0]
            return
        self._begins = not self._glued
        n = 0
        while n < len(line) and not (self._is_code and self._top != "${" and _COMMENT.match(line, n)):
            start, kind = n, self._kind
            n = self._code(line, n) if self._is_code else self._quoted(line, n)
            self.parts.append((start, n, kind))
        if n < len(line):
            self.parts.append((n, len(line), "#"))
        if self._goes_on and not self._glued and not line[:n].strip():
            return  # after a pipe an empty line, or a comment, ends nothing
        self._goes_on = self._is_code and bool(_GOES_ON.search(line[:n]))
        self._glued = self._goes_on and line[:n].rstrip().endswith("\\")

    @property
    def _is_code(self) -> bool:
        return self._top not in _QUOTES

    @property
    def _kind(self) -> Kind:
        top = next((one for one in reversed(self._open) if one != "${"), "")
        return next((quote for quote in _QUOTES if quote == top), "")

    def _quoted(self, line: str, n: int) -> int:
        """Onwards from n, where a quote is open."""
        if self._top != '"':
            escaped = r"(?:\\.|[^'\\])*\\?" if self._top == "$'" else "[^']*"
            found = re.compile(escaped).match(line, n)
            n = found.end() if found else n
            if n < len(line):
                self._close()
            return n + 1
        part = _IN_DOUBLE.search(line, n)
        if part is None:
            return len(line)
        if part[0] == '"':
            self._close()
        elif not part[0].startswith("\\"):
            self._sign(part[0])
        return part.end()

    def _code(self, line: str, n: int) -> int:
        if self._top not in ("a)", "${") and (here := HERE.match(line, n)):
            self._here.append((here[2], line.startswith("<<-", n)))
            return here.end() + (here[1] in ("'", '"') and here[1] != "")
        if line[n] == "<" and (place := place_at(line, n, html=False)):  # what stands in it opens nothing
            self._begins = False
            return place[1]
        if (word := _KEYWORD.match(line, n)) and (self._begins or word[0] == "]]"):
            self._keyword(word[0])
            return word.end()
        part = _PART.match(line, n)
        if part is None:  # only a line break would not match, and there is none in a line
            return len(line)
        if part[0][0] in "$'\"`(){};&|":
            self._sign(part[0])
        elif not part[0].isspace():
            self._begins = False
        return part.end()

    def _keyword(self, word: str) -> None:
        if word == self._top:
            self._close()
        elif word in _ENDED_BY:
            self._open.append(_ENDED_BY[word])
        self._begins = word in _COMMAND_FOLLOWS

    def _sign(self, sign: str) -> None:
        if sign in ("'", '"', "$'"):
            if self._top != "${" or sign == '"' or self._kind != '"':
                self._open.append(sign)
            self._begins = False
        elif sign in ("$((", "(("):
            self._open += ["a)", "a)"]
        elif sign == "`" and self._top != "`":
            self._open.append("`")
        elif sign in ("$(", "("):
            if self._top != "${" or sign == "$(":
                self._open.append("a)" if self._top == "a)" else ")")
        elif sign == "${":
            self._open.append("${")
        elif self._ends(sign):
            self._close()
        if sign[0] in "(`);&|" or sign == "$(":
            self._begins = True

    def _ends(self, sign: str) -> bool:
        closes = {")": (")", "a)"), "}": ("${", "}") if self._begins else ("${",), "`": ("`",)}
        return self._top in closes.get(sign, ())

    def _close(self) -> None:
        self._open.pop()
        self._begins = False


def beginnings(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that begin a command of their own."""
    reader = Unfinished()
    for n, line in enumerate(lines):
        if not reader.is_open:
            yield n, line
        reader.read(line)


def parts(text: str) -> Iterator[Part]:
    """What stands where in all of it, line by line; line breaks are of no kind."""
    reader, offset = Unfinished(), 0
    for line in text.split("\n"):
        reader.read(line)
        yield from ((offset + start, offset + end, kind) for start, end, kind in reader.parts)
        offset += len(line) + 1
