"""What a failure says of itself: its message, its place in the code, the name in it, and a signature that stays.

The signature is the message without what changes from one time to the next (numbers, ids, addresses, times, where a
file lies): two failures with one signature are the same error. Pure; texts were cleaned before they got here.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from incidentui.core.evidence import CheckLook
from incidentui.core.format import short
from incidentui.core.inputs import Evidence
from incidentui.core.model import ErrorText, SeenError
from incidentui.core.state import State

TEXT = 300
SIGNATURE = 160
LINES = 400
_NEAR = 6
"""Of so many lines at the end of a log one is the reason why it ends."""
KNOWN = 5
"""Errors told of one check or workload while it is red: a message that is new every time would fill the record."""

STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?")
"""How an engine dates the lines of a log, before what the program said."""


def undated(line: str) -> str:
    return STAMP.sub("", line)


# By language: how its own message begins, most telling first; then any line that calls itself an error.
_TYPED = re.compile(
    r"(?:^|[\s:])(?P<text>(?:Uncaught )?(?:[A-Za-z_][\w$]*[.\\])*[A-Z]\w*(?:Error|Exception|Fault)(?:: .*|$))"
    r"|(?P<php>(?:PHP )?(?:Fatal|Parse|Recoverable fatal) error: .*)"
    r"|(?P<go>\b(?:panic|fatal error): .*)"
)
_ANY = re.compile(r"\b(?:error|fatal|critical|panic|exception)\b[:\]]?\s*(?P<text>.*)", re.IGNORECASE)
_FRAMES = (
    re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)'),  # Python, innermost last
    re.compile(r"^\s*at (?:.*?\()?(?:file://)?(?P<file>[^()\s:]+\.[cm]?[jt]sx?):(?P<line>\d+)(?::\d+)?\)?"),  # Node
    re.compile(r"(?:\bin|\bat) (?P<file>\S+\.php)(?: on line |:|\()(?P<line>\d+)"),  # PHP
    re.compile(r"^\s+(?P<file>\S+\.go):(?P<line>\d+)"),  # Go
    re.compile(r"^\s*at [\w.$<>]+\((?P<file>\w+\.(?:java|kt|scala|groovy)):(?P<line>\d+)\)"),  # Java
    re.compile(r"^\s*(?:from )?(?P<file>\S+\.rb):(?P<line>\d+):in"),  # Ruby
)
_FOREIGN = re.compile(r"(^|/)(node_modules|site-packages|dist-packages|vendor)/|^node:|/usr/(local/)?(lib|go)/|<frozen")
_NOISE = (
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "#"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?"), "#"),
    (re.compile(r"(?:[\w.~-]*/)+([\w.-]+)"), r"\1"),
    (re.compile(r"(?: on line |:)\d+(?::\d+)?"), ""),
    (re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[a-f]*\d)[0-9a-f]{7,64}\b"), "#"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "#"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "#"),
    (re.compile(r"\s+"), " "),
)
_NAMES = (
    re.compile(r"\w+(?:::|->|\.)(\w{3,})\(\)"),
    re.compile(r"(?:function|method|name|attribute|property|reading|module|class|variable|column|relation|table|key)"
               r" [\'\"`]?(\w{3,})"),
    re.compile(r"(\w{3,})\(\)"),
    re.compile(r"([A-Za-z_]\w{2,}) is not (?:a function|defined|a constructor)"),
    re.compile(r"undefined: (\w{3,})"),
    re.compile(r"[\'\"`]([A-Za-z_]\w{2,})[\'\"`]"),
)  # fmt: skip
_NO_NAMES = frozenset(("undefined", "null", "None", "NoneType", "object", "str", "int", "list", "dict", "the", "named"))
_TOLD = ("error", "message", "detail", "title", "exception", "reason")
_TAGS = re.compile(r"<[^<>]{1,200}>")


def signature(text: str) -> str:
    for pattern, instead in _NOISE:
        text = pattern.sub(instead, text)
    return text.strip(" .#-:")[:SIGNATURE]


def last_words(why: str, evidence: Evidence | None) -> str:
    """How a command ended and what it said last: by this a failure is known again."""
    lines = [line.strip() for line in evidence.body.splitlines() if line.strip()] if evidence else []
    said = lines[-1][:SIGNATURE] if lines and not lines[-1].startswith("$ ") else ""
    return f"{why} · {said}" if said else why


def of_text(text: str) -> ErrorText | None:
    """The last error that a log, or a page, tells of; None when no line of it says one."""
    lines = text.splitlines()[-LINES:]
    for pattern in (_TYPED, _ANY):
        for n in range(len(lines) - 1, -1, -1):
            if found := pattern.search(lines[n]):
                said = next((part for part in found.groupdict().values() if part), "").strip()
                if signature(said):
                    return _error(said, *_place(lines, n))
    return None


def last_line(text: str, killed: bool = False) -> str:
    """Why a program ended, by what it said: mostly its last line, the end of its traceback; an error that stands right
    before that (two streams reach a log in no order). `killed`: by a signal, so that no other line is a reason.
    """
    lines = [undated(line.strip()).strip() for line in text.splitlines() if line.strip()][-_NEAR:]
    told = next((line for line in reversed(lines) if _TYPED.search(line) or _ANY.search(line)), "")
    return told or (lines[-1] if lines and not killed else "")


def of_log(text: str) -> ErrorText | None:
    """Of a program that crashed: what it said last, when nothing calls itself an error."""
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
    return of_text(text) or (_error(last) if signature(last) else None)


def of_look(look: CheckLook) -> ErrorText:
    """What the answer says of itself, else what the check found wrong with it."""
    told = _told(look.body) or look.body
    found = of_text(_TAGS.sub(" ", told)) if look.body else None
    if found is not None:
        return found
    status = f"{look.status} " if look.status is not None and not look.why.startswith(str(look.status)) else ""
    text = f"{status}{look.why}"
    return ErrorText(f"{look.status or ''} {signature(look.why)}".strip(), text[:TEXT], _name(look.why))


def _told(body: str) -> str:
    """The sentence that a JSON answer has under one of the usual names."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for _ in range(3):
        if not isinstance(data, dict):
            break
        data = next((data[key] for key in _TOLD if data.get(key)), "")
    return f"error: {data}" if isinstance(data, str) and data else ""


def _error(text: str, file: str = "", line: int | None = None) -> ErrorText:
    return ErrorText(signature(text), text[:TEXT], _name(text), file, line)


def _name(text: str) -> str:
    """The name in the code that a message speaks of."""
    for pattern in _NAMES:
        for name in pattern.findall(text):
            if name not in _NO_NAMES and not name.isdigit():
                return str(name)[:100]
    return ""


def _place(lines: Sequence[str], n: int) -> tuple[str, int | None]:
    """The frame that belongs to the message in line `n`: in it, after it, or (Python) the last before it."""
    inside = _frames(lines[n : n + 1])
    before = list(_frames(lines[max(0, n - 100) : n], _FRAMES[:1]))[::-1]
    near = (*inside, *before, *_frames(lines[n + 1 : n + 40]))
    return next((frame for frame in near if not _FOREIGN.search(frame[0])), ("", None))


def _frames(lines: Sequence[str], patterns: Sequence[re.Pattern[str]] = _FRAMES) -> Iterator[tuple[str, int]]:
    for line in lines:
        for pattern in patterns:
            if found := pattern.search(line):
                yield found["file"][:200], int(found["line"][:9])
                break


# -- of what is red now


def is_news(state: State, source: str, service: str, error: ErrorText) -> bool:
    """It was not told since its source is red; or it is there again after an action, and after what runs since then."""
    known = [seen for seen in state.errors if seen.source == source]
    same = next((seen for seen in known if seen.error.signature == error.signature), None)
    if same is None:
        return len(known) < KNOWN
    now = after(state, service)
    return bool(now) and same.after != now


def after(state: State, service: str) -> str:
    """The action whose verdict is still out, once it acted, and what the service runs since; empty: there is none."""
    attempt = state.attempt
    if attempt is None or attempt.acted is None:
        return ""
    runs = state.services[service].running if service in state.services else None
    return f"{attempt.run} {runs or ''}".strip()


def told(errors: tuple[SeenError, ...], seen: SeenError) -> tuple[SeenError, ...]:
    """The errors with one more; one that was told before stands once, where it was seen first."""
    known = [(e.source, e.error.signature) for e in errors]
    if (seen.source, seen.error.signature) not in known:
        return (*errors, seen)
    n = known.index((seen.source, seen.error.signature))
    return (*errors[:n], replace(errors[n], error=seen.error, last=seen.at, after=seen.after), *errors[n + 1 :])


def telling(state: State) -> SeenError | None:
    """The error that says most: one with a name or a place in the code, of those the newest."""
    return max(state.errors, key=lambda e: (bool(e.error.symbol) + bool(e.error.file), e.at), default=None)


def compared(errors: Sequence[SeenError], before: Sequence[str]) -> tuple[tuple[ErrorText, ...], tuple[ErrorText, ...]]:
    """The errors that are there now: those that were there before, and the others."""
    now = {seen.error.signature: seen.error for seen in errors}
    again = tuple(error for name, error in now.items() if name in before)
    return again[:3], tuple(error for name, error in now.items() if name not in before)[:3]


def since(seen: SeenError) -> str:
    """`first after 58320b8`"""
    return f"first after {short(seen.revision)}" if seen.revision else ""


def in_file(error: ErrorText, path: str) -> bool:
    """Whether a path of the repository is the file that the error names, wherever it lies on that machine."""
    if not error.file:
        return False
    theirs, ours = error.file.replace("\\", "/").split("/"), path.split("/")
    shared = min(len(theirs), len(ours))
    return theirs[-shared:] == ours[-shared:]
