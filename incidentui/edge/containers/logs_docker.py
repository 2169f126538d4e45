"""The log of one container, followed: over its stops and starts, over an engine that goes and comes."""

import contextlib
import re
import struct
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from incidentui.core.model import Ms
from incidentui.edge.containers.engine import CALL_S
from incidentui.edge.containers.logs_feed import Feed, KeyBodies, Raw

if TYPE_CHECKING:
    from docker import APIClient

_AT_ONCE = 65_536
_HEAD = struct.Struct(">BxxxL")
_FRAME = 1 << 24
_PENDING = 16_384
_BEHIND_NS = 10 * 10**9
_FIRST_S, _LAST_S = 0.5, 5.0
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z ?")


class DockerLog:
    def __init__(
        self,
        name: str,
        ident: str,
        connect: Callable[[], "APIClient"],
        words: Callable[[Exception], str],
        since: Ms | None,
        lines: int,
    ) -> None:
        self.name = name
        self._ident = ident
        self._tty: bool | None = None
        self._connect, self._words = connect, words
        self._since = 0 if since is None else since * 1_000_000
        self._lines = lines
        self._last = 0
        self._response: Any = None
        self._wire: Any = None
        """The answer as the standard library has it: neither the SDK nor what it stands on gives out what is there."""
        self._seconds: dict[bytes, int] = {}

    def read(self, feed: Feed) -> None:
        wait_s = _FIRST_S
        while not feed.over:
            before = self._last
            try:
                self._once(feed)
                feed.trouble(self.name, "")
            except _BehindError:
                feed.passed(self.name)
                continue
            except Exception as error:  # the SDK raises its own, requests', urllib3's and plain OSErrors alike
                feed.trouble(self.name, "" if feed.wait(0) else self._words(error))
            finally:
                self.close()
            # Its log ends when the container does: it is asked again, less and less often while nothing is written.
            wait_s = _FIRST_S if self._last > before else min(_LAST_S, wait_s * 2)
            feed.wait(wait_s)

    def _once(self, feed: Feed) -> None:
        self._open()
        feed.trouble(self.name, "")
        lines = _Lines(bool(self._tty))
        least, seen = None, self._last
        for block in self._blocks():
            if feed.over:
                return
            found = [raw for text, body in lines(block) if (raw := self._raw(text, body)) is not None]
            fresh = [raw for raw in found if raw.at > seen]
            if not fresh:
                continue
            self._last = fresh[-1].at
            feed.add(fresh)
            lag = time.time_ns() - self._last
            least = lag if least is None else min(least, lag)
            if lag - least > _BEHIND_NS:
                raise _BehindError

    def _open(self) -> None:
        api = self._connect()
        if self._tty is None:
            self._tty = bool(api.inspect_container(self._ident)["Config"]["Tty"])
        params = {"follow": 1, "stdout": 1, "stderr": 1, "timestamps": 1, "tail": self._lines}
        if since := max(self._since, self._last):
            params["since"] = f"{since // 10**9}.{since % 10**9:09}"  # type: ignore[assignment]
        url = f"{api.base_url}/v{api.api_version}/containers/{self._ident}/logs"
        self._response = response = api.get(url, params=params, stream=True, timeout=CALL_S)
        if response.status_code != 200:
            raise _refusal(response)
        # A quiet log is no silent engine: only the answer had to come in time.
        self._wire = response.raw._fp
        with contextlib.suppress(AttributeError):  # a pipe to ssh has no time limit
            self._wire.fp.raw._sock.settimeout(None)

    def _blocks(self) -> Iterator[bytes]:
        """The body as it comes, as much at once as there is: thousands of small chunks would each cost a call."""
        wire, chunks = self._wire, _Chunks()
        while not chunks.ended and wire.fp is not None and (data := wire.fp.read1(_AT_ONCE)):
            if body := chunks(data) if wire.chunked else data:
                yield body

    def _raw(self, line: bytes, body: KeyBodies) -> Raw | None:
        stamp = _STAMP.match(line)
        at = self._nanoseconds(stamp[1], stamp[2]) if stamp else self._last
        text = (line[stamp.end() :] if stamp else line).decode("utf-8", "replace")
        return Raw(at, self.name, body(text), stamp is not None) if text.strip() else None

    def _nanoseconds(self, second: bytes, fraction: bytes | None) -> int:
        known = self._seconds.get(second)
        if known is None:
            moment = datetime.fromisoformat(second.decode()).replace(tzinfo=UTC)
            known = int(moment.timestamp()) * 10**9
            self._seconds = {second: known}
        return known + int((fraction or b"0").ljust(9, b"0"))

    def close(self) -> None:
        response, self._response = self._response, None
        if response is None:
            return
        from docker.types.daemon import CancellableStream

        with contextlib.suppress(Exception):  # closing what broke: there is nothing left to save
            CancellableStream(iter(()), response).close()
        with contextlib.suppress(Exception):
            response.close()


class _BehindError(Exception):
    """The log grows faster than it can be read."""


def _refusal(response: Any) -> Exception:
    from docker.errors import APIError

    with contextlib.suppress(ValueError):
        return APIError(str(response.reason), response, response.json().get("message"))
    return APIError(str(response.reason), response)


class _Chunks:
    """Takes HTTP's chunks apart."""

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0
        """Bytes of the present chunk, with the two that end its line, that are still to come."""
        self.ended = False
        """The last chunk came; the connection may stay open for another question."""

    def __call__(self, data: bytes) -> bytes:
        data, at, out = self._rest + data, 0, []
        while at < len(data):
            if not self._left:
                end = data.find(b"\r\n", at)
                if end < 0:
                    break
                self._left = int(data[at:end].split(b";")[0], 16) + 2
                self.ended = self._left == 2
                at = end + 2
            piece = data[at : at + self._left]
            out.append(piece[: max(0, self._left - 2)])
            at, self._left = at + len(piece), self._left - len(piece)
        self._rest = data[at:]
        return b"".join(out)


class _Lines:
    """Lines out of the engine's frames, of each of its two streams; a line that has no end is bounded."""

    def __init__(self, tty: bool) -> None:
        self._tty = tty
        self._rest = b""
        self._pending: dict[int, bytes] = {}
        self._bodies = {1: KeyBodies(), 2: KeyBodies()}

    def __call__(self, block: bytes) -> Iterator[tuple[bytes, KeyBodies]]:
        for stream, payload in [(1, block)] if self._tty else self._frames(block):
            body = self._bodies.setdefault(stream, KeyBodies())
            whole = self._joined(stream, payload)
            *lines, rest = whole.split(b"\n")
            self._pending[stream] = rest[:_PENDING]
            for line in lines:
                yield line.rstrip(b"\r"), body

    def _frames(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        data, at = self._rest + block, 0
        while at + _HEAD.size <= len(data):
            stream, size = _HEAD.unpack_from(data, at)
            if size > _FRAME:
                raise ValueError("what answers is no log of an engine")
            if at + _HEAD.size + size > len(data):
                break
            yield stream, data[at + _HEAD.size : at + _HEAD.size + size]
            at += _HEAD.size + size
        self._rest = data[at:]

    def _joined(self, stream: int, payload: bytes) -> bytes:
        """The engine cuts a long line into parts and dates each: the date stays at the first."""
        pending = self._pending.pop(stream, b"")
        if not pending:
            return payload
        stamp = None if self._tty else _STAMP.match(payload)
        return pending + (payload[stamp.end() :] if stamp else payload)
