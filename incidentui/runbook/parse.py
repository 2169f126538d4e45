"""Markdown -> Runbook, for the files teams already have. Pure: the caller reads the file; nothing here runs anything.

Headings are phases; the entries of an ordered list are steps with the fences inside them; without a list each fence
is a step; a heading "Step 3" or "3. ..." is itself a step. Only `yaml` fences with an `action` attribute act.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

from incidentui.core.value import dataclass
from incidentui.runbook import fields, prose
from incidentui.runbook.fences import Draft, Fences, line_of
from incidentui.runbook.links import linked
from incidentui.runbook.model import Pairs, Phase, Problem, Runbook, Variable
from incidentui.runbook.prose import Piece, Text

READING = frozenset({"meaning", "impact", "overview", "background", "summary"})
_STEP_HEADING = re.compile(r"(?:step\s+\d+(?:\.\d+)*\s*[.:)–—-]*|\d+(?:\.\d+)*[.)])(?:\s+|$)", re.IGNORECASE)
LONGEST = 524_288
"""Characters. More than any file that is read has: it bounds what a caller with a text of its own can ask for."""
MOST_STEPS = 1000
BUILT_IN = frozenset({"good", "suspect", "service", "workload", "branch", "head"})
"""Variables that need no declaration: the incident knows them."""


@dataclass(slots=True)
class Section:
    """A heading and what follows it, up to the next heading of any level. Level 0: before the first heading."""

    title: str
    level: int
    line: int
    blocks: list[list[Token]] = field(default_factory=list)


def parse(text: str, path: str, id: str = "") -> Runbook:
    """Never raises: what cannot be understood is a problem with its line, and is not run."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    stem = PurePosixPath(path).stem
    too_long = f"longer than {LONGEST >> 10} KB" if len(text) > LONGEST else ""
    if not too_long:
        lines, front = split_lines(text)
        reader = _Reader(lines, {name: (value, line) for name, value, line in front})
        book = reader.read(id or stem, stem, path, digest)
        if len(book.steps) <= MOST_STEPS:
            return book
        too_long = f"{len(book.steps)} steps"
    problem = Problem(1, too_long, "nobody follows that at night: split it", rule="not-read")
    return Runbook(id=id or stem, title=stem, path=path, digest=digest, problems=(problem,))


def markdown(lines: Sequence[str]) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse("\n".join(lines))


def split_lines(text: str) -> tuple[list[str], list[fields.Field]]:
    """(the lines, front matter). Front matter becomes blank lines: every line number stays that of the file."""
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    front, skipped = fields.front_matter(lines)
    lines[:skipped] = [""] * skipped
    return lines, front


class _Reader:
    def __init__(self, lines: list[str], front: dict[str, tuple[object, int]]) -> None:
        self.lines = lines
        self.front = front
        self.problems: list[Problem] = []
        self.phases: list[Phase] = []
        self.drafts: list[Draft] = []
        self.names: set[str] = set(BUILT_IN)

    def read(self, id: str, stem: str, path: str, digest: str) -> Runbook:
        tokens = markdown(self.lines)
        found = list(sections(tokens))
        title = self._title(found) or stem.replace("-", " ").replace("_", " ")
        declared = self._variables()
        self.names |= {variable.name for variable in declared}
        self._collect(found)
        fences = Fences(self.lines, self.names, self._defaults(), self.problems)
        steps = linked([fences.step(n, draft) for n, draft in enumerate(self.drafts, 1)], self.problems)
        return Runbook(
            id=id,
            title=title,
            path=path,
            digest=digest,
            summary=self._summary(found),
            phases=tuple(self.phases),
            steps=steps,
            alerts=self._texts("alerts"),
            services=self._texts("services"),
            signatures=self._texts("signatures"),
            tags=self._texts("tags"),
            vars=declared,
            problems=tuple(sorted(self.problems, key=lambda p: p.line)),
        )

    # -- front matter and title

    def _texts(self, name: str) -> tuple[str, ...]:
        return fields.text_list(self.front.get(name, ("", 0))[0])

    def _defaults(self) -> Pairs:
        """What the front matter says for every shell fence that does not say it itself."""
        given = (("cwd", self._texts("cwd")), ("interpreter", self._texts("shell")))
        return tuple((name, values[0]) for name, values in given if values)

    def _variables(self) -> tuple[Variable, ...]:
        if "vars" not in self.front:
            return ()
        value, line = self.front["vars"]
        declared, problems = fields.variables(value, line + 2)
        self.problems += problems
        return declared

    def _title(self, sections: list[Section]) -> str:
        """The first H1, else the front matter's; a second H1 is a phase."""
        for section in sections:
            if section.level == 1:
                section.level = 0
                return section.title
        return next(iter(self._texts("title")), "")

    def _summary(self, sections: list[Section]) -> str:
        reading = [s for s in sections if s.level == 0] + [s for s in sections if is_reading(s.title)]
        for section in reading:
            for block in section.blocks:
                if block[0].type == "paragraph_open":
                    return prose.plain(block[1])
        return ""

    # -- which text belongs to which step

    def _collect(self, sections: list[Section]) -> None:
        reading = open_step = 0  # levels of the headings we are under; 0: none
        phase = ""
        for section in sections:
            if open_step and section.level > open_step:
                self.drafts[-1].texts.append(Text(section.title, section.line))
                self._fill(self.drafts[-1], section.blocks)
                continue
            open_step = 0
            reading = reading if reading and section.level > reading else 0
            step = _STEP_HEADING.match(section.title) if section.level else None
            if reading or is_reading(section.title):
                reading = reading or section.level
                self._phase(section, reading=True, texts=_shown(section.blocks))
            elif step:
                open_step = section.level
                title = section.title[step.end() :].strip() or section.title
                self.drafts.append(Draft(title, section.line, phase))
                self._fill(self.drafts[-1], section.blocks)
            else:
                phase = section.title if section.level else ""
                self._steps_of(section, phase)

    def _phase(self, section: Section, *, reading: bool, texts: Sequence[Text]) -> None:
        if section.level:
            text = prose.join(texts)
            self.phases.append(Phase(section.title, section.level, section.line, text, reading))

    def _fill(self, draft: Draft, blocks: Sequence[Sequence[Token]]) -> None:
        for block in blocks:
            for piece in prose.pieces(block):
                _add(draft, piece)

    def _steps_of(self, section: Section, phase: str) -> None:
        listed = any(block[0].type == "ordered_list_open" for block in section.blocks)
        before = len(self.drafts)
        waiting: list[Text] = []
        for block in section.blocks:
            in_section = len(self.drafts) > before
            if block[0].type == "ordered_list_open":
                self.drafts += [self._item(item, phase) for item in _items(block)]
            elif listed and in_section:
                self._fill(self.drafts[-1], [block])  # a fence that is not indented still belongs to its entry
            else:
                waiting = self._loose(prose.pieces(block), waiting, section, phase)
        if waiting and len(self.drafts) > before and not listed:
            self.drafts[-1].texts += waiting
            waiting = []
        self._phase(section, reading=False, texts=waiting)

    def _loose(self, found: list[Piece], waiting: list[Text], section: Section, phase: str) -> list[Text]:
        """Fences outside a list: each is a step, titled by its name, the paragraph before it, or the heading."""
        for piece in found:
            if isinstance(piece, Text):
                waiting = [*waiting, piece]
                continue
            title, texts = section.title, waiting
            if waiting:
                title, rest = prose.headline(waiting[-1].text.lstrip(" -"))
                texts = [*waiting[:-1], *([Text(rest, waiting[-1].line)] if rest else [])]
            name = dict(fields.info_string(piece.info, 0)[1]).get("name", "")
            self.drafts.append(Draft(name or title, line_of(piece), phase, list(texts), [piece]))
            waiting = []
        return waiting

    def _item(self, item: Sequence[Token], phase: str) -> Draft:
        draft = Draft("", line_of(item[0]), phase)
        for piece in prose.pieces(item[1:-1]):
            if isinstance(piece, Text) and not draft.title:
                draft.title, rest = prose.headline(piece.text)
                draft.texts += [Text(rest, piece.line)] if rest else []
            else:
                _add(draft, piece)
        return draft


def sections(tokens: Sequence[Token]) -> Iterator[Section]:
    section = Section("", 0, 1)
    for block in _blocks(tokens):
        if block[0].type == "heading_open":
            yield section
            section = Section(prose.plain(block[1]), int(block[0].tag[1:]), line_of(block[0]))
        else:
            section.blocks.append(block)
    yield section


def _blocks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each top-level block."""
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []


def _items(block: Sequence[Token]) -> Iterator[list[Token]]:
    yield from _blocks(block[1:-1])


def _shown(blocks: Sequence[Sequence[Token]]) -> list[Text]:
    """All of a section that is only read; a fence in it is text."""
    found = [piece for block in blocks for piece in prose.pieces(block)]
    return [p if isinstance(p, Text) else Text(p.content.rstrip("\n"), line_of(p), paragraph=False) for p in found]


def _add(draft: Draft, piece: Piece) -> None:
    if isinstance(piece, Text):
        draft.texts.append(piece)
    else:
        draft.fences.append(piece)


def is_reading(title: str) -> bool:
    word = _STEP_HEADING.sub("", title, count=1).strip().rstrip(":").lower()
    return word in READING
