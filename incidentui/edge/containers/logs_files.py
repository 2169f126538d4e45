"""The log files of a supervised program, followed: over rotation and truncation. The socket is local, so are they."""

import os
import stat
import time
from collections.abc import Sequence

from incidentui.core.model import Ms
from incidentui.edge.checks.logs.tail import dated
from incidentui.edge.containers.logs_feed import Feed, KeyBodies, Raw, date
from incidentui.edge.text import clean

_EVERY_S = 0.2
_AT_ONCE = 1 << 20
_BEGIN = 1 << 18
_LONGEST = 16_384
_FINGERPRINT = 64
"""Bytes before the place read to: where they changed, another file stands under the same name."""


class FileLogs:
    """A program's stdout and stderr."""

    def __init__(self, name: str, paths: Sequence[str], since: Ms | None, lines: int) -> None:
        self.name = name
        self._files = [_File(path) for path in paths]
        self._since = date(since)
        self._lines = lines

    def read(self, feed: Feed) -> None:
        if not self._files:
            feed.trouble(self.name, "supervisord keeps no log file of it; set stdout_logfile in its section")
        first = True
        while not feed.over:
            for file in self._files:
                self._once(file, feed, first)
            first = False
            feed.wait(_EVERY_S)
        for file in self._files:
            file.close()

    def _once(self, file: "_File", feed: Feed, first: bool) -> None:
        try:
            texts = file.more()
        except OSError as error:
            feed.trouble(self.name, f"{clean(file.path, 120)}: {error.strerror or error}; its log cannot be followed")
            return
        feed.trouble(self.name, "")
        if file.passed:
            file.passed = False
            feed.passed(self.name)
        if texts:
            feed.add(self._raws(file, texts, first))

    def _raws(self, file: "_File", texts: list[str], first: bool) -> list[Raw]:
        now = time.time_ns()
        lines = dated(texts, None if first else now // 1_000_000)
        # A line that does not say when it was written was written now, unless it stood there before.
        raws = []
        for line in lines:
            at = date(line.at) or (file.last if first else now)
            file.last = at
            if at >= self._since:
                raws.append(Raw(at, self.name, file.body(line.text), line.at is not None or not first))
        return raws[-self._lines :] if first else raws

    def close(self) -> None:
        """It never blocks: its loop sees that the feed is over."""


class _File:
    def __init__(self, path: str) -> None:
        self.path = path
        self.body = KeyBodies()
        self.last = 0
        self.passed = False
        self._handle: int | None = None
        self._at = 0
        self._rest = self._end = b""
        self._cut = self._opened = False

    def more(self) -> list[str]:
        """The whole lines that were written since the last call."""
        if self._handle is None:
            self._open()
        assert self._handle is not None
        if os.pread(self._handle, len(self._end), self._at - len(self._end)) != self._end:  # emptied in place
            self._at, self._rest = 0, b""
        self._skip(os.fstat(self._handle).st_size - _AT_ONCE)
        data = os.pread(self._handle, _AT_ONCE, self._at)
        self._at += len(data)
        self._end = (self._end + data)[-_FINGERPRINT:] if self._at > len(data) else data[-_FINGERPRINT:]
        if not data and self._rotated():
            self.close()
        *lines, rest = (self._rest + data).split(b"\n")
        if self._cut and lines:  # half a line could be half a secret
            self._cut = False
            del lines[0]
        self._rest = rest[:_LONGEST]
        return [text for line in lines if (text := line.decode("utf-8", "replace").rstrip("\r")).strip()]

    def _skip(self, to: int) -> None:
        """A log that grew by more than is read at once is read on from its end."""
        if to > self._at:
            self.passed, self._cut, self._rest, self._end = True, True, b"", b""
            self._at = to

    def _open(self) -> None:
        handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):  # a pipe would never end
            os.close(handle)
            raise OSError(0, "not a file")
        self._handle, self._rest = handle, b""
        self._at = 0 if self._opened else max(0, found.st_size - _BEGIN)
        self._cut, self._end, self._opened = self._at > 0, b"", True

    def _rotated(self) -> bool:
        assert self._handle is not None
        try:
            there, here = os.stat(self.path), os.fstat(self._handle)
        except OSError:
            return False  # between two files: the next look finds the new one
        return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
