"""What a terminal sends, cut into whole keys, sequences and pastes before anything interprets it. Bounded in every way.

Textual's parser is quadratic in long sequences and dies in half a paste; it only ever gets what passed here.
"""

import re
from typing import Literal

ESC = "\x1b"
PASTE_LIMIT = 64 * 1024
SEQUENCE_LIMIT = 64
KEYS_PER_SECOND = 2_000
_START, _END = f"{ESC}[200~", f"{ESC}[201~"
_CSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CSI_PART = re.compile(r"\x1b\[[0-?]*[ -/]*\Z")
_STRINGS = "]PX^_"  # OSC, DCS, SOS, PM, APC: replies nobody asked for
PATIENCE = {"string": 5, "skip": 5, "paste": 20}
"""Timeouts, a tenth of a second each, until what never ended is over: alt+P begins a string that nobody will end."""
Kind = Literal["keys", "burst", "sequence", "paste", "escape"]
Piece = tuple[Kind, str]


class Sieve:
    def __init__(self) -> None:
        self._rest = ""
        self._mode: Literal["keys", "paste", "string", "skip"] = "keys"
        self._pasted: list[str] = []
        self._size = 0
        self._second = 0.0
        self._count = 0
        self._idle = 0

    @property
    def waiting(self) -> bool:
        """A sequence has begun, or escape was pressed: time will tell."""
        return self._mode == "keys" and bool(self._rest)

    def feed(self, text: str, now: float) -> list[Piece]:
        self._idle = 0
        out: list[Piece] = []
        data, self._rest = self._rest + text, ""
        while data:
            match self._mode:
                case "keys":
                    data = self._keys(data, out)
                case "paste":
                    data = self._paste(data, out)
                case "string":
                    data = self._string(data)
                case "skip":
                    end = next((n for n, c in enumerate(data) if "@" <= c <= "~"), None)
                    data = "" if end is None else data[end + 1 :]
                    self._mode = "keys" if end is not None else "skip"
        return self._bounded(out, now)

    def timeout(self) -> list[Piece]:
        """Nothing came for a moment: what began as a sequence was the escape key, what never ended is over."""
        self._idle += 1
        if self._mode == "keys":
            rest, self._rest = self._rest, ""
            return [("escape", ESC)] if rest else []
        if self._idle < PATIENCE[self._mode]:
            return []
        if self._mode == "paste":
            self._gather(self._rest)
        pasted: list[Piece] = [("paste", "".join(self._pasted))] if self._mode == "paste" else []
        self._mode, self._rest, self._pasted = "keys", "", []
        return pasted

    def _keys(self, data: str, out: list[Piece]) -> str:
        at = data.find(ESC)
        if at != 0:
            plain = data if at < 0 else data[:at]
            out.append(_plain(plain))
            return "" if at < 0 else data[at:]
        if len(data) == 1:
            self._rest = data
            return ""
        return self._escape(data, data[1], out)

    def _escape(self, data: str, kind: str, out: list[Piece]) -> str:
        if kind == "[":
            return self._csi(data, out)
        if kind in _STRINGS:
            self._mode = "string"
            return data[2:]
        if kind == "O":
            if len(data) < 3:
                self._rest = data
                return ""
            out.append(("sequence", data[:3]))
            return data[3:]
        # Anything else is the escape key and what was typed after it: a slow line puts both in one read,
        # and no key of ours is held together with alt.
        out.append(("escape", ESC))
        return data[1:]

    def _csi(self, data: str, out: list[Piece]) -> str:
        if data.startswith(f"{ESC}[M"):
            # The old mouse report: three raw bytes follow.
            if len(data) < 6:
                self._rest = data
                return ""
            return data[6:]
        found = _CSI.match(data)
        if found is None:
            if len(data) > SEQUENCE_LIMIT:
                self._mode = "skip"
                return data[2:]
            if _CSI_PART.match(data):
                self._rest = data
                return ""
            return data[2:]
        sequence = found.group()
        if sequence == _START:
            self._mode, self._pasted, self._size = "paste", [], 0
        elif len(sequence) <= SEQUENCE_LIMIT and sequence != _END:
            out.append(("sequence", sequence))
        return data[found.end() :]

    def _paste(self, data: str, out: list[Piece]) -> str:
        end = data.find(_END)
        if end < 0:
            keep = len(_END) - 1
            self._rest = data[-keep:]
            self._gather(data[:-keep])
            return ""
        self._gather(data[:end])
        out.append(("paste", "".join(self._pasted)))
        self._mode, self._pasted = "keys", []
        return data[end + len(_END) :]

    def _gather(self, text: str) -> None:
        text = text[: max(0, PASTE_LIMIT - self._size)]
        self._size += len(text)
        self._pasted.append(text.replace("\x00", ""))

    def _string(self, data: str) -> str:
        ends = [n for n in (data.find("\x07"), data.find(f"{ESC}\\")) if n >= 0]
        if not ends:
            self._rest = ESC if data.endswith(ESC) else ""
            return ""
        end = min(ends)
        self._mode = "keys"
        return data[end + (1 if data[end] == "\x07" else 2) :]

    def _bounded(self, pieces: list[Piece], now: float) -> list[Piece]:
        """A cat on the keyboard, or a file piped into the terminal: more than this a second is dropped."""
        if now - self._second >= 1.0:
            self._second, self._count = now, 0
        out: list[Piece] = []
        for kind, text in pieces:
            self._count += 1 if kind in ("paste", "burst") else len(text)
            if self._count <= KEYS_PER_SECOND:
                out.append((kind, text))
        return out


def _plain(text: str) -> Piece:
    """Several different characters in one read: a terminal without bracketed paste, a script, or a slow line."""
    several = len(text) >= 4 and len(set(text)) > 1
    return ("burst", text) if several else ("keys", text)
