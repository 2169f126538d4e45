"""The post-mortem draft as it would be written now: its parts, its gaps, its text.

Writing never replaces a file unasked.
"""

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from incidentui.core.format import count
from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.asking import Asked
from incidentui.tui.pages.draft_table import blocks, table_rows
from incidentui.tui.pages.layout import beside, broken, flow, hanging, heading, section, size_of, stack, wall, wrap

_PARTS = 30
_HEAD = re.compile(r"^##\s+(.+?)\s*$")
_ITEM = re.compile(r"^\s*[-*]\s+(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Part:
    """A second-level heading of the draft."""

    title: str
    line: int
    items: int
    empty: bool


@dataclass(frozen=True, slots=True)
class Gap:
    text: str
    line: int


def parts(text: str) -> list[Part]:
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if _HEAD.match(line)]
    ends = [*starts[1:], len(lines)] if starts else []  # a template of a team may have no such heading
    return [_part(lines, start, end) for start, end in zip(starts, ends, strict=True)]


def _part(lines: Sequence[str], start: int, end: int) -> Part:
    body = [line for line in lines[start + 1 : end] if line.strip()]
    items = sum(bool(_ITEM.match(line)) or line.startswith("|") for line in body)
    return Part(_HEAD.sub(r"\1", lines[start]), start, items, not body)


def gaps(text: str) -> list[Gap]:
    """The items under the heading that lists what nobody knows."""
    lines = text.splitlines()
    found: list[Gap] = []
    inside = False
    for n, line in enumerate(lines):
        head = _HEAD.match(line)
        inside = "gap" in head.group(1).lower() if head else inside
        item = _ITEM.match(line)
        if inside and item:
            found.append(Gap(item.group(1), n))
    return found


def draft_lines(text: str, width: int, height: int) -> tuple[list[Line], list[Line]]:
    """What stays above it, and what scrolls: the parts above the text, or at its left where there is room."""
    listed, missing = parts(text), gaps(text)
    if size_of(width, height) == "compact":
        return [*_short(listed, missing, width), Line()], _text(text.splitlines(), width)
    left = stack(
        section(_PARTS, "PARTS", [_row(part, missing) for part in listed]),
        section(_PARTS, "GAPS", _gap_rows(missing), (Seg(str(len(missing)), "slow"),)),
    )
    right = _room(width, height)
    return [], beside((_PARTS, left), (right, _text(text.splitlines(), right)))


def gap_rows(text: str, width: int, height: int) -> list[int]:
    """Of what scrolls the rows where a gap begins."""
    lines, room = text.splitlines(), _room(width, height)
    return [len(_text(lines[: gap.line], room)) for gap in gaps(text)]


def _room(width: int, height: int) -> int:
    """Columns that the text has."""
    return width if size_of(width, height) == "compact" else width - _PARTS - 3


def _short(listed: Sequence[Part], missing: Sequence[Gap], width: int) -> list[Line]:
    groups = [(_mark(part, missing), Seg(part.title, "muted")) for part in listed]
    return flow([*groups, (Seg(count(len(missing), "gap"), "slow" if missing else "muted"),)], width)


def _of(part: Part, missing: Sequence[Gap]) -> int:
    """Gaps that name this part before their colon."""
    return sum(gap.text.lower().startswith(part.title.lower()) for gap in missing)


def _mark(part: Part, missing: Sequence[Gap]) -> Seg:
    if part.empty:
        return Seg("○ ", "muted")
    return Seg("! ", "slow") if _of(part, missing) else Seg("✓ ", "ok")


def _row(part: Part, missing: Sequence[Gap]) -> Line:
    n = _of(part, missing)
    right = Seg(count(n, "gap"), "slow") if n else Seg(str(part.items) if part.items else "", "muted")
    return spread(_PARTS, (_mark(part, missing), Seg(part.title)), (right,))


def _gap_rows(missing: Sequence[Gap]) -> list[Line]:
    return [line for gap in missing for line in hanging((Seg("! ", "slow"),), gap.text, _PARTS, "muted")]


def _text(lines: Sequence[str], width: int) -> list[Line]:
    """Markdown as it will be written, headings bold; only its tables are made to be read."""
    out: list[Line] = []
    for is_table, block in blocks(lines):
        out += table_rows(block, width) if is_table else _plain(block[0], width)
    return out


def _plain(text: str, width: int) -> list[Line]:
    head = text.startswith("#")
    rows = broken(text, width) if text.startswith("|") else _wrapped(text, width)
    return [Line((Seg(row, "strong" if head else "text", bold=head),)) for row in rows]


def _wrapped(text: str, width: int) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip(" ")))
    return [indent + row for row in wrap(text, max(8, width - len(indent)))]


# -- writing


def write(path: Path, text: str, replace: bool) -> None:
    """All of it or nothing, on disk when it returns; over an existing file only when that was asked for. OSError."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not replace:
            target.touch(exist_ok=False)  # the name is ours from here on; nobody's file is replaced
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _in_thread(job: Callable[[], None]) -> "Future[str]":
    """A slow disk must not stop the screen. The future holds what went wrong, empty when nothing did."""

    def done() -> str:
        try:
            job()
        except FileExistsError:
            return "exists"
        except OSError as wrong:
            return wrong.strerror or str(wrong)
        return ""

    pool = ThreadPoolExecutor(1, "draft")
    future = pool.submit(done)
    pool.shutdown(wait=False)
    return future


class DraftPage:
    """The draft of one incident, made anew whenever it is opened."""

    title = "draft"
    typing = False
    keys = (("[ ]", "next gap"), ("w", "write file"), ("v", "make it anew"), ("y", "copy"))

    def __init__(self, incident: str) -> None:
        self.incident = incident
        self.pinned = (1, 0)
        self._size = (80, 24)
        self.text: Asked[str] = Asked("the record")

    def opened(self, screen: PageContext) -> None:
        self.text.ask(screen.session.draft(self.incident), screen)

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        incident = view.state.incidents.get(self.incident)
        still_open = incident is not None and incident.closed is None
        as_of = f", as of {wall(self.text.answered)[:5]}" if still_open and self.text.answered else ""
        right = (Seg('still open: valid, marked "as of"', "muted"),) if still_open else ()
        top = heading(width, "DRAFT", (Seg(self.incident + as_of),), right)
        self._size = width, height
        waiting = self.text.lines(now, width)
        above, body = ([], waiting) if waiting else draft_lines(self.text.answer or "", width, height)
        head = [top, *([Line()] if size_of(width, height) != "compact" else []), *above]
        self.pinned = (len(head), 0)
        return [*head, *body]

    def handle(self, key: str, screen: PageContext) -> bool:
        text = self.text.answer
        match key:
            case "v":
                screen.scroll(0)
                self.opened(screen)
            case "w" | "y" | "[" | "]" if text is None:
                screen.refuse(key, "the draft is not there yet")
            case "w":
                screen.prompt("write to", lambda path: self._write(path, screen), f"{self.incident}.md")
            case "y":
                screen.copy(text or "")
                screen.say("draft copied")
            case "[" | "]":
                self._gap(key, screen)
            case _:
                return False
        return True

    def _gap(self, key: str, screen: PageContext) -> None:
        at, top = gap_rows(self.text.answer or "", *self._size), screen.top
        found = [row for row in at if row > top] if key == "]" else [row for row in reversed(at) if row < top]
        if found or (key == "[" and top):
            screen.scroll(found[0] if found else 0)
        if screen.top == top:
            screen.refuse(key, "no gap further on" if key == "]" else "no gap before this")

    def _write(self, path: str, screen: PageContext, replace: bool = False) -> None:
        if not path.strip():
            screen.refuse("w", "no file name", "Nothing was written.")
            return
        file, text = Path(path.strip()).expanduser(), self.text.answer or ""
        wrote = _in_thread(lambda: write(file, text, replace))
        screen.when(wrote, lambda wrong: self._wrote(wrong, file, screen))

    def _wrote(self, wrong: str, file: Path, screen: PageContext) -> None:
        if not wrong:
            screen.say(f"written to {file.absolute()}")
        elif wrong == "exists":
            screen.prompt(f"{file} exists, type yes to replace it", lambda word: self._replace(word, file, screen))
        else:
            screen.refuse("w", f"{file}: {wrong}", "w again, with another name.")

    def _replace(self, word: str, file: Path, screen: PageContext) -> None:
        if word.strip() == "yes":
            self._write(str(file), screen, replace=True)
        else:
            screen.refuse("w", "only a typed yes replaces it", f"{file} is as it was.")
