"""Causes, theories, conclusions and factors of a document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from incidentui.core.board import CONCLUSIONS, Conclusion, Origin
from incidentui.core.imported import Factor, SaidItem
from incidentui.postmortem.reader.durations import durations
from incidentui.postmortem.reader.header import pair
from incidentui.postmortem.reader.lines import Block, plain
from incidentui.postmortem.reader.said import Cause, Sentence, Theory

_CAUSES = re.compile(
    r"root causes?|^causes?\b|specific issues|what went wrong|issues found|why it (failed|happened)|直接原因|根本原因",
    re.IGNORECASE,
)
_FACTORS = re.compile(r"contributing|failed because|^factors|寄与要因", re.IGNORECASE)
_THEORY = re.compile(r"^(theory|hypothesis|assumption)\b[\s\d#:.)-]*", re.IGNORECASE)
_NUMBERED = re.compile(
    r"^(?:cause |issue |root cause |problem )?#?(\d{1,2}(?=[.):\s])|\d{3,5}(?=[.):]))[.):]?\s+(.*)$", re.IGNORECASE
)
_REPEATED = re.compile(
    r"\b(multiple times|several times|repeated(ly)?|again and again|multiple (occurrences|attempts)|kept getting)\b",
    re.IGNORECASE,
)
_PRE = re.compile(r"(?<!not )\bpre-?existing\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(not|no) pre-?existing\b", re.IGNORECASE)
_INTRODUCED = re.compile(
    r"\b(introduced (by|in|with)|caused by (the|this|our) (change|commit|deploy\w*))\b", re.IGNORECASE
)
_CONCLUSION = re.compile(
    r"^(?:the )?(?:actual |primary )?(root cause|symptom|real problem)s?\b(?:\s*\(.*\))?\s*"
    r"(?:[:\-–—]\s*(?P<text>.+)|:?)$",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r"\bfailed because:?\s*$", re.IGNORECASE)
_COMMON = """
the and for with from into that this not was were are has have had been its all any can did our out use before after
when than over only every more most such new add create make implement fix missing incomplete
"""
_STOP = frozenset(_COMMON.split())
_DETAILS = 12


def causes(found: Sequence[Block]) -> tuple[Cause, ...]:
    """Each numbered heading under causes, whatever its number; where there is none, the list of such a section."""
    out = [*_by_headings(found)] or [*_by_list(found)]
    return tuple(replace(cause, n=n) for n, cause in enumerate(out, 1))


def _by_headings(found: Sequence[Block]) -> Iterator[Cause]:
    for n, block in enumerate(found):
        if block.kind != "heading" or not any(_CAUSES.search(t) for t in block.trail):
            continue
        numbered = _NUMBERED.match(plain(block.text))
        if numbered is None:
            continue
        yield _cause(block, numbered[2], int(numbered[1]), _under(found, n))


def _under(found: Sequence[Block], n: int) -> Sequence[Block]:
    level = found[n].level
    end = next(
        (i for i in range(n + 1, len(found)) if found[i].kind == "heading" and found[i].level <= level), len(found)
    )
    return found[n + 1 : end]


def _cause(block: Block, title: str, number: int | None, under: Sequence[Block]) -> Cause:
    details = [known for b in under if (known := pair(b)) is not None]
    spans = [
        span
        for label, text in details
        if re.search(r"time (lost|wasted)|lost time", label, re.IGNORECASE)
        for span in durations(text)[:1]
    ]
    words = " ".join([title, *(text for _, text in details)])
    plain_under = " ".join(plain(b.text) for b in under if b.kind in ("para", "item"))
    return Cause(
        n=0,
        title=title.strip()[:300],
        line=block.line,
        numbered=number,
        details=tuple((label.casefold()[:40], text[:600]) for label, text in details[:_DETAILS]),
        lost_ms=sum(s.ms for s in spans) if spans else None,
        more=any(s.more for s in spans),
        origin=origin(plain_under),
        fixed=any(label.casefold() in ("fix", "fixed", "resolution") for label, _ in details),
        again=bool(_REPEATED.search(words)),
    )


def _by_list(found: Sequence[Block]) -> Iterator[Cause]:
    """Only what is a list of causes by its name: a list of what went wrong is often one of regrets."""
    for block in found:
        if block.kind != "item" or block.indent > 1 or not block.trail:
            continue
        if re.search(r"^(root )?causes\b|specific issues", block.trail[-1], re.IGNORECASE) and pair(block) is None:
            yield _cause(block, plain(block.text).lstrip("❌✗⚠️✅ "), block.number, ())


def origin(text: str) -> Origin:
    if _PRE.search(text) and not _DENIED.search(text):
        return "pre-existing"
    return "introduced" if _INTRODUCED.search(text) else "unknown"


def theories(found: Sequence[Block]) -> tuple[Theory, ...]:
    out = []
    for n, block in enumerate(found):
        text = plain(block.text)
        if block.kind != "heading" or not _THEORY.match(text) or not re.search(r"\d", text[:14]):
            continue
        under = {
            label.casefold(): value for b in _under(found, n) if (p := pair(b)) is not None for label, value in [p]
        }
        wrong = "❌" in text or any(
            re.search(r"incorrect|wrong|refuted|ruled out", t, re.IGNORECASE) for t in block.trail
        )
        thought = under.get("what we thought", "") or _THEORY.sub("", text)
        title = _THEORY.sub("", text).strip(" ❌✗✅")
        why = under.get("why it failed", "") or under.get("why it was wrong", "")
        out.append(
            Theory(
                f"{title}: {thought}"[:400] if thought != title else title,
                block.line,
                under.get("what we did", "")[:400],
                why[:400],
                wrong,
            )
        )
    return tuple(out)


def conclusions(found: Sequence[Block], known: Sequence[Cause]) -> tuple[tuple[Conclusion, Sentence], ...]:
    """Symptom, root cause and real problem where the document says them of the whole, not of one of its causes."""
    titles = {c.title for c in known}
    out: dict[str, tuple[int, Sentence]] = {}
    for n, block in enumerate(found):
        match = _CONCLUSION.match(plain(block.text)) if block.kind in ("heading", "para", "item") else None
        if match is None or (block.trail and any(title in block.trail[-1] for title in titles)):
            continue
        what, actual = match[1].casefold(), "actual" in block.text.casefold()[:20]
        text = match["text"] or _said_under(found, n)
        weight = 2 * actual + (block.kind != "heading")
        if text and (what not in out or out[what][0] < weight):
            out[what] = (weight, Sentence(text[:600].rstrip(), block.line))
    return tuple((what, out[what][1]) for what in CONCLUSIONS if what in out)


def _said_under(found: Sequence[Block], n: int) -> str:
    """The sentence in bold, else the first paragraph, else the steps one after the other."""
    after = _under(found, n) if found[n].kind == "heading" else found[n + 1 : n + 2]
    own = [b for b in after if b.kind in ("para", "item")]
    if any(b.kind == "heading" for b in after[:1]):
        return ""
    bold = next((b for b in own if re.fullmatch(r"\*\*[^*]+\*\*", b.text)), None)
    first = bold or next((b for b in own[:1] if b.kind == "para"), None)
    return plain(first.text) if first else " → ".join(plain(b.text) for b in own[:12])


def factors(reasons: Sequence[Block], items: Sequence[SaidItem]) -> tuple[Factor, ...]:
    """Reasons why it could happen; fixed or open as the document's own action items have it."""
    return tuple(_factor(block, items) for block in reasons)


def reasons(found: Sequence[Block]) -> tuple[Block, ...]:
    """The lines that give one."""
    out = []
    because = False
    for block in found:
        if block.kind in ("heading", "para"):
            because = bool(_BECAUSE.search(plain(block.text)))
        if block.kind != "item" or block.indent > 1:
            continue
        named = bool(block.trail) and bool(_FACTORS.search(block.trail[-1]))
        if because or named:
            out.append(block)
    return tuple(out)


def _factor(block: Block, items: Sequence[SaidItem]) -> Factor:
    text = plain(block.text)[:300]
    if block.ticked is not None:
        return Factor(text, block.line, "fixed" if block.ticked else "open", "its own box")
    mine = words(text)
    near = [(len(mine & words(item.text)), item) for item in items]
    best = max((score for score, _ in near), default=0)
    if best == 0:
        return Factor(text, block.line, "unknown", "no action item names it")
    named = [item for score, item in near if score == best]
    left = next((item for item in named if not item.done), None)
    if left is not None:
        return Factor(text, block.line, "open", f"line {left.line}: {left.text[:80]}")
    return Factor(text, block.line, "fixed", f"line {named[0].line}: {named[0].text[:80]}")


def words(text: str) -> frozenset[str]:
    """What it is about: its longer words, singular and without what only says how."""
    out = set()
    for word in re.findall(r"[^\W\d_]{3,}", text.casefold()):
        word = re.sub(r"^(un|auto)(?=document|test|match)", "", word)
        word = re.sub(r"(ies)$", "y", word)
        word = re.sub(r"(ations?|ing|ed|s)$", "", word) if len(word) > 4 else word
        if word not in _STOP and len(word) > 2:
            out.add(word)
    return frozenset(out)
