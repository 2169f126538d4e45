"""Logs of several workloads in one order of time: read by threads, kept within bounds, handed out cleaned.

What is kept are always the newest lines of all that were read, so no line is missing between two that are shown; what
went is counted. Cleaning and redacting wait until a line is shown: at ten thousand lines a second nobody reads them.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from operator import attrgetter
from typing import Literal, Protocol

from incidentui.core.model import Ms
from incidentui.edge.containers.logs import level
from incidentui.edge.redact import GONE
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import FollowedLogs, LogLine

KEEP = 5_000
BEGIN = 100
"""Lines of each log, at least, that it begins with."""
LINES_A_SECOND = 20_000
"""Read at most; whoever writes more is read on from its end, and that is said."""
LEASE_S = 10.0
"""A feed that nobody takes from any more ends by itself: its page was left."""
_TELL_S = 0.1
_MERGE_AT = 1_000
_LINE = 1_000
_AS_IT_CAME = 2_000
"""A longer line is cleaned and cut at once, so that what is kept stays small."""
_KEY_LINES = 400
_KEY_BEGIN, _KEY_END = "-----BEGIN ", "-----END "


class Raw:
    """One line as it came. `at` is in nanoseconds; None when nobody dates it."""

    __slots__ = ("_level", "_said", "at", "dated", "name", "text")

    def __init__(self, at: int, name: str, text: str, dated: bool = True) -> None:
        self.at, self.name, self.dated = at, name, dated
        self.text = text if len(text) <= _AS_IT_CAME else clean_and_redact(text, _LINE)
        self._said: str | None = None
        self._level: Literal["error", "warn", "info", ""] | None = None

    @property
    def said(self) -> str:
        """Cleaned and free of secrets."""
        if self._said is None:
            self._said = clean_and_redact(self.text, _LINE).rstrip()
        return self._said

    @property
    def level(self) -> Literal["error", "warn", "info", ""]:
        if self._level is None:
            self._level = level(self.text)
        return self._level

    def line(self) -> LogLine:
        return LogLine(self.at // 1_000_000 if self.dated else None, self.name, self.level, self.said)


class KeyBodies:
    """The body of a private key holds nothing that gives it away: its first line does, and it ends."""

    def __init__(self) -> None:
        self._left = 0

    def __call__(self, text: str) -> str:
        if self._left:
            self._left = 0 if _KEY_END in text else self._left - 1
            return GONE
        if _KEY_BEGIN in text and "PRIVATE KEY" in text and _KEY_END not in text:
            self._left = _KEY_LINES
            return GONE
        return text


class Reader(Protocol):
    """Reads the log of one workload, in a thread of its own."""

    name: str

    def read(self, feed: "Feed") -> None:
        """Returns when the feed is closed; tells the feed what goes wrong and tries again."""
        ...

    def close(self) -> None:
        """From another thread: ends a read that would never end."""
        ...


class Feed:
    def __init__(self, keep: int = KEEP, engines: tuple[str, ...] = ()) -> None:
        self._keep = keep
        self._engines = engines
        self._lock = threading.Lock()
        self._kept: list[Raw] = []
        self._fresh: list[Raw] = []
        self._read = 0
        self._passed: dict[str, int] = {}
        self._troubles: dict[str, str] = {}
        self._changed = False
        self._news: Future[None] | None = None
        self._readers: Sequence[Reader] = ()
        self._over = threading.Event()
        self._taken = self._budget_at = time.monotonic()
        self._budget = float(LINES_A_SECOND)

    def start(self, readers: Iterable[Reader]) -> None:
        self._readers = tuple(readers)
        for reader in self._readers:
            threading.Thread(target=reader.read, args=(self,), name=f"log of {reader.name}", daemon=True).start()
        threading.Thread(target=self._keep_telling, name="logs", daemon=True).start()

    # -- for readers

    def add(self, lines: list[Raw]) -> None:
        with self._lock:
            self._fresh += lines
            self._read += len(lines)
            if len(self._fresh) >= _MERGE_AT:
                self._merge()
            self._changed = True
            wait_s = self._over_budget(len(lines))
        if wait_s > 0:
            self.wait(wait_s)

    def _over_budget(self, lines: int) -> float:
        now = time.monotonic()
        self._budget = min(LINES_A_SECOND, self._budget + (now - self._budget_at) * LINES_A_SECOND) - lines
        self._budget_at = now
        return min(1.0, max(0.0, -self._budget / LINES_A_SECOND))

    def _merge(self) -> None:
        self._kept += self._fresh
        self._fresh = []
        self._kept.sort(key=attrgetter("at"))  # stable: what came first stands first
        del self._kept[: max(0, len(self._kept) - self._keep)]

    def trouble(self, name: str, why: str) -> None:
        """Why a log cannot be read now; empty: it can again."""
        with self._lock:
            if self._troubles.get(name, "") != why:
                self._troubles[name] = why
                self._changed = True

    def passed(self, name: str) -> None:
        """A log came faster than it can be read: it is read on from its end."""
        with self._lock:
            self._passed[name] = self._passed.get(name, 0) + 1
            self._changed = True

    def wait(self, seconds: float) -> bool:
        """Whether the feed is over."""
        return self._over.wait(seconds)

    @property
    def over(self) -> bool:
        return self._over.is_set()

    # -- for a screen

    def take(self, most: int, containing: str = "", loud: bool = False) -> FollowedLogs:
        self._taken = time.monotonic()
        with self._lock:
            self._merge()
            kept, read = self._kept[:], self._read
            self._changed = False
            passed = tuple(sorted(self._passed.items()))
            troubles = tuple(sorted((name, why) for name, why in self._troubles.items() if why))
        wanted = _wanted(containing, loud)
        fitting = [raw for raw in kept if wanted(raw)] if wanted else kept
        lines = tuple(raw.line() for raw in fitting[max(0, len(fitting) - most) :])
        return FollowedLogs(lines, len(fitting), len(kept), read - len(kept), passed, troubles, self._engines)

    def news(self) -> "Future[None]":
        with self._lock:
            if self._news is None:
                self._news = Future()
            return self._news

    def _keep_telling(self) -> None:
        while not self._over.wait(_TELL_S):
            with self._lock:
                news = self._news if self._changed else None
                self._news = None if news else self._news
            if news is not None:
                news.set_result(None)
            if time.monotonic() - self._taken > LEASE_S:
                self.close()

    def close(self) -> None:
        self._over.set()
        for reader in self._readers:
            reader.close()


def _wanted(containing: str, loud: bool) -> Callable[[Raw], bool] | None:
    """The cheap look at the raw text comes first; what counts is what is shown: a secret cannot be searched for."""
    needle = containing.casefold()
    if not needle:
        return (lambda raw: raw.level in ("error", "warn")) if loud else None

    def fits(raw: Raw) -> bool:
        if loud and raw.level not in ("error", "warn"):
            return False
        if raw.text.isascii() and "\x1b" not in raw.text and needle not in f"{raw.name} {raw.text}".casefold():
            return needle in GONE
        return needle in f"{raw.name} {raw.said}".casefold()

    return fits


def date(ms: Ms | None) -> int:
    return 0 if ms is None else ms * 1_000_000
