"""Action items with their boxes, horizon, owner and due date; commits that a document lists; lessons."""

import re
from collections.abc import Mapping, Sequence

from incidentui.core.imported import SaidItem
from incidentui.postmortem.reader.lines import Block, plain
from incidentui.postmortem.reader.said import SaidCommit, Sentence

_SECTION = re.compile(
    r"\b(action items?|actions? required|required actions?|review actions"
    r"|follow[- ]?ups?|next steps|to-?dos?|remediation|action plan|immediate actions?"
    r"|improvements)\b|アクションアイテム",
    re.IGNORECASE,
)
_HORIZON = re.compile(
    r"\b(immediate\w*|short[- ]term|medium[- ]term|long[- ]term|this (week|month|sprint)"
    r"|next (sprint|week|month|quarter)|now|after \w+|future)\b|予防|検知|緩和|プロセス",
    re.IGNORECASE,
)
_OWNER = re.compile(r"[(\[]?\b(?:owner|assignee|assigned to|who)\s*[:=]\s*(?:@)?([^,;)\]|]{1,60})", re.IGNORECASE)
_DUE = re.compile(r"[(\[]?\b(?:due|deadline|by date|eta)\s*[:=]\s*([^,;)\]|]{1,40})", re.IGNORECASE)
_NOBODY = re.compile(r"^(_?unknown_?|tbd|tba|none|n/?a|-|—|\?|未定)?$", re.IGNORECASE)
_DONE = re.compile(r"✅|✔|\b(done|completed?|landed|merged|fixed)\b|完了|済", re.IGNORECASE)
_OPEN = re.compile(r"⏳|❌|☐|\b(todo|open|pending|in progress|not started)\b|未着手|進行中|対応中", re.IGNORECASE)
_COLUMNS: Mapping[str, "re.Pattern[str]"] = {
    "text": re.compile(r"action|item|task|what|アクション|内容|項目|対応", re.IGNORECASE),
    "owner": re.compile(r"owner|assignee|who|担当", re.IGNORECASE),
    "due": re.compile(r"due|deadline|when|期限", re.IGNORECASE),
    "state": re.compile(r"status|state|done|状態|ステータス|進捗", re.IGNORECASE),
}
_LISTED = re.compile(r"^\s*(?:[-*+]\s+)?`?(?P<sha>[0-9a-f]{7,40})`?\s*[-–—:]\s+(?P<text>\S.*)$")
_GOOD = re.compile(
    r"\b(?:known[- ]good|last (?:known )?working|rolled back to|rollback to|reset to)\b"
    r"[^`\n]{0,40}`?\b([0-9a-f]{7,40})\b",
    re.IGNORECASE,
)
_REVERT = re.compile(r"\b(revert|roll(ed)?[ -]?back|rollback)\b", re.IGNORECASE)


def items(found: Sequence[Block]) -> tuple[SaidItem, ...]:
    boxes = [b for b in found if b.kind == "item" and b.ticked is not None]
    section = [b for b in found if any(_SECTION.search(t) for t in b.trail)]
    rows = [item for b in section if b.kind == "row" and (item := _of_row(b)) is not None]
    listed = [] if boxes or rows else [b for b in section if b.kind == "item" and b.indent < 2]
    out = [*(_of_item(b) for b in (*boxes, *listed)), *rows]
    return tuple(sorted((i for i in out if i.text), key=lambda i: i.line))


def _of_item(block: Block) -> SaidItem:
    text = plain(block.text)
    owner, due = _OWNER.search(text), _DUE.search(text)
    done = block.ticked if block.ticked is not None else bool(_DONE.search(text[:12]))
    short = re.sub(r"\s*\((?:owner|due)[^)]*\)\s*$", "", text).lstrip("✅⏳❌☐✔ ").rstrip(": ")
    return SaidItem(
        short[:400],
        block.line,
        done,
        _horizon(block.trail),
        _said(owner[1] if owner else ""),
        _said(due[1] if due else ""),
    )


def _of_row(block: Block) -> SaidItem | None:
    cells = [plain(c) for c in block.cells]
    at = {name: n for name, pattern in _COLUMNS.items() for n, head in enumerate(block.heads) if pattern.search(head)}
    if "text" not in at or at["text"] >= len(cells):
        return None
    state = cells[at["state"]] if at.get("state", 99) < len(cells) else ""
    owner = cells[at["owner"]] if at.get("owner", 99) < len(cells) else ""
    due = cells[at["due"]] if at.get("due", 99) < len(cells) else ""
    done = bool(_DONE.search(state)) and not _OPEN.search(state)
    return SaidItem(cells[at["text"]][:400], block.line, done, _horizon(block.trail), _said(owner), _said(due))


def _horizon(trail: Sequence[str]) -> str:
    """The heading that says when; innermost first."""
    return next((t[:60] for t in reversed(trail) if _HORIZON.search(t)), "")


def _said(text: str) -> str:
    """Nobody is no owner."""
    text = text.strip(" .*_")
    return "" if _NOBODY.match(text) else text[:60]


def commits(found: Sequence[Block]) -> tuple[SaidCommit, ...]:
    """Lists of "sha - message", in a fence or not. What says that it takes something back was an attempt to recover."""
    out: dict[str, SaidCommit] = {}
    for block in found:
        lines = (
            block.text.split("\n") if block.kind == "fence" else [block.text] if block.kind in ("item", "para") else []
        )
        first = block.line + 1 if block.kind == "fence" else block.line
        for n, line in enumerate(lines, first):
            match = _LISTED.match(line[:400])
            if match and any(c.isdigit() for c in match["sha"]):
                text = plain(match["text"]).strip()
                out.setdefault(match["sha"], SaidCommit(match["sha"], text[:200], n, bool(_REVERT.search(text))))
    return tuple(out.values())


def good(found: Sequence[Block]) -> str:
    """The commit that is named as the last one that worked."""
    names = [m[1] for b in found if b.kind != "fence" and (m := _GOOD.search(plain(b.text)))]
    return max(names, key=names.count) if names else ""


def lessons(found: Sequence[Block]) -> tuple[Sentence, ...]:
    out = [
        Sentence(m[1][:400], b.line)
        for b in found
        if b.kind == "para" and (m := re.match(r"lessons?(?: learned)?:\s+(\S.*)", plain(b.text), re.IGNORECASE))
    ]
    under = [
        b
        for b in found
        if b.kind in ("item", "para") and b.trail and re.search(r"^lessons? learn", b.trail[-1], re.IGNORECASE)
    ]
    return (*out, *(Sentence(plain(b.text)[:400], b.line) for b in under))
