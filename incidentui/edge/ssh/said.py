"""What ssh says, kept in bounds."""

import os
import subprocess
import threading

_MOST_SAID = 8_192


class Said:
    """What a process writes as errors: the end of it, however much and long it writes."""

    def __init__(self, process: "subprocess.Popen[bytes] | None" = None) -> None:
        self._kept = b""
        self._thread: threading.Thread | None = None
        if process is not None and process.stderr is not None:
            self._thread = threading.Thread(target=self._read, args=(process,), name="ssh, errors", daemon=True)
            self._thread.start()

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        with process.stderr as stream:
            while block := os.read(stream.fileno(), 4096):
                self._kept = (self._kept + block)[-_MOST_SAID:]

    def whole(self) -> None:
        """Of one that ended. Not without an end: a helper of ssh may still hold the pipe."""
        if self._thread is not None:
            self._thread.join(1.0)

    @property
    def text(self) -> str:
        return text(self._kept)


def text(said: bytes) -> str:
    return said[-_MOST_SAID:].decode("utf-8", "replace")
