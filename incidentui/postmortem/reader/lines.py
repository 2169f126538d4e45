"""A document as a flat list of blocks with their lines: headings, items, table rows, paragraphs, fences.

Own and small, because what is read here is often no Markdown at all: plain text, templates, hard-wrapped mail. Linear
in the length of the text.
"""

import re
from typing import Literal, NamedTuple

Kind = Literal["heading", "item", "row", "para", "fence"]
LINE = 4_000
"""Characters of a line that are looked at."""
TEXT = 2_000
"""Characters of a block that are kept."""

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"(\s*)([-*+•]|\d{1,3}[.)])\s+(\[[ xX]\]\s+)?(.*)$")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_ROW = re.compile(r"\s*\|(.+?)\|?\s*$")
_DELIMITER = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_LABEL = re.compile(r"(\*\*|__)([^*_]{1,80}?):?(\*\*|__):?\s*$")
_KEY = re.compile(r"(\*\*|__)?[A-Z][\w /()&'-]{1,40}?(?:\*\*|__)?:(?:\*\*|__)?\s+\S|(\*\*|__)[^*_]{1,80}(\*\*|__)")
_CLOCK = re.compile(r"[*_~\[(]*(\d{4}-\d|\d{1,2}[:.]\d\d|\d{1,2}/\d{1,2}/\d)")
_RULE = re.compile(r"\s*([-*_=]\s*){3,}$")
_SETEXT = re.compile(r"(=+|-+)\s*$")


class Block(NamedTuple):
    kind: Kind
    text: str
    line: int
    end: int
    indent: int = 0
    level: int = 0
    """Of a heading."""
    trail: tuple[str, ...] = ()
    """Headings it stands under, outermost first, and the label of its list last."""
    heads: tuple[str, ...] = ()
    """Of a row: the head of its table."""
    cells: tuple[str, ...] = ()
    ticked: bool | None = None
    """Of an item with a box."""
    number: int | None = None


class Front(NamedTuple):
    """Front matter: (key, value, line), and where the document goes on."""

    fields: tuple[tuple[str, str, int], ...]
    after: int


def front(lines: list[str]) -> Front:
    if not lines or lines[0].strip() != "---":
        return Front((), 0)
    for n, line in enumerate(lines[1:60], 1):
        if line.strip() == "---":
            pairs = ((k, *rest) for k, *rest in (row.partition(":") for row in lines[1:n]))
            fields = [(k.strip().casefold(), v.strip().strip("\"'"), i) for i, (k, _, v) in enumerate(pairs, 2) if v]
            return Front(tuple(fields), n + 1)
    return Front((), 0)


def blocks(lines: list[str], start: int = 0) -> list[Block]:
    return _Scan(lines).run(start)


class _Scan:
    def __init__(self, lines: list[str]) -> None:
        self.lines = [line[:LINE] for line in lines]
        self.out: list[Block] = []
        self.headings: list[tuple[int, str]] = []
        self.label: tuple[int, str] | None = None
        self.heads: tuple[str, ...] = ()
        self.open = False
        """Whether a plain line goes on with the last block."""

    def run(self, start: int) -> list[Block]:
        n = start
        while n < len(self.lines):
            n = self._fence(n) if _FENCE.match(self.lines[n]) else self._line(n)
        return self.out

    def _fence(self, n: int) -> int:
        opening = _FENCE.match(self.lines[n])
        assert opening is not None
        end = n + 1
        while end < len(self.lines) and not re.match(rf"\s*{re.escape(opening[1])}", self.lines[end]):
            end += 1
        body = "\n".join(self.lines[n + 1 : end])
        self._put("fence", body, n, min(end, len(self.lines) - 1))
        self.open = False
        return end + 1

    def _line(self, n: int) -> int:
        line = self.lines[n]
        if not line.strip():
            self.open, self.heads = False, ()
        elif found := _HEADING.match(line):
            self._heading(len(found[1]), found[2], n)
        elif (row := _ROW.match(line)) and "|" in line.strip()[1:]:
            self._row(row[1], n)
        elif self._is_setext(n):
            self._heading(1 if line.strip()[0] == "=" else 2, self.out.pop().text, n - 1)
        elif _RULE.match(line):
            self.open = False
        elif found := _ITEM.match(line):
            self._item(found, n)
        else:
            self._plain(line, n)
        return n + 1

    def _is_setext(self, n: int) -> bool:
        last = self.out[-1] if self.out else None
        underline = _SETEXT.match(self.lines[n].strip())
        return bool(
            self.open and underline and last and last.kind == "para" and last.line == n and len(last.text) < 120
        )

    def _heading(self, level: int, text: str, n: int) -> None:
        self.headings = [(depth, title) for depth, title in self.headings if depth < level]
        self.label, self.heads, self.open = None, (), False
        self._put("heading", text, n, n, level=level)
        self.headings.append((level, plain(text)))

    def _row(self, inside: str, n: int) -> None:
        self.open = False
        if _DELIMITER.match(self.lines[n]):
            return
        cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", inside))
        nxt = self.lines[n + 1] if n + 1 < len(self.lines) else ""
        if not self.heads and _DELIMITER.match(nxt) and "-" in nxt:
            self.heads = tuple(plain(cell) for cell in cells)
            return
        self._put("row", " | ".join(cells), n, n, heads=self.heads, cells=cells)

    def _item(self, found: "re.Match[str]", n: int) -> None:
        indent, mark, box, text = len(found[1]), found[2], found[3], found[4]
        number = int(mark[:-1]) if mark[:-1].isdigit() else None
        ticked = None if box is None else "x" in box.lower()
        self._relabel(indent)
        self._put("item", text, n, n, indent=indent, ticked=ticked, number=number)
        self.open = True
        if label := _LABEL.match(text):
            self.label = (indent + 1, label[2].rstrip(":"))

    def _plain(self, line: str, n: int) -> None:
        quote = line.lstrip().startswith(">")
        text = line.strip().lstrip("> ") if quote else line.strip()
        last = self.out[-1] if self.out else None
        fresh = _KEY.match(text) or _CLOCK.match(text)
        goes_on = self.open and last is not None and not (fresh and last.kind == "para")
        if goes_on and last is not None and not (last.kind == "item" and _CLOCK.match(text) and line[0] != " "):
            joined = f"{last.text} {text}"[:TEXT]
            self.out[-1] = last._replace(text=joined, end=n + 1)
            return
        self._relabel(len(line) - len(line.lstrip()))
        self._put("para", text, n, n, indent=len(line) - len(line.lstrip()))
        self.open = True
        if label := _LABEL.match(text) or re.fullmatch(r"()([A-Z][\w ()]{2,40}):()", text):
            self.label = (0, label[2].rstrip(":"))

    def _relabel(self, indent: int) -> None:
        if self.label is not None and indent < self.label[0]:
            self.label = None

    def _put(
        self,
        kind: Kind,
        text: str,
        n: int,
        end: int,
        *,
        indent: int = 0,
        level: int = 0,
        heads: tuple[str, ...] = (),
        cells: tuple[str, ...] = (),
        ticked: bool | None = None,
        number: int | None = None,
    ) -> None:
        trail = (*(title for _, title in self.headings), *((self.label[1],) if self.label else ()))
        kept = text if kind == "fence" else text[:TEXT]
        self.out.append(Block(kind, kept, n + 1, end + 1, indent, level, trail, heads, cells, ticked, number))


_MARKS = re.compile(r"\*\*|(?<![A-Za-z0-9])__|__(?![A-Za-z0-9])")
_BREAK = re.compile(r"\s*<br\s*/?>\s*")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(
    r"!?\[([^\]\[]{0,300})\]\([^()\s]{0,600}(?:\([^()\s]{0,200}\)[^()\s]{0,300})?(?:\s\"[^\"]{0,200}\")?\)"
)


def plain(text: str) -> str:
    """Without the marks of Markdown that only shape the letters; code marks stay."""
    text = _MARKS.sub("", _LINK.sub(lambda m: m[1] or "image", text))
    return _ESCAPED.sub(r"\1", _BREAK.sub(" ", text)).strip()
