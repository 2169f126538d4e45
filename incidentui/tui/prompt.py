"""One line of typing on the status row: notes, filters, reasons. Values in, values out."""

from collections.abc import Callable
from typing import Literal

from incidentui.core.value import dataclass
from incidentui.tui.glyphs import net
from incidentui.tui.present.status import Typing

LIMIT = 2_000
Ending = Literal["done", "given up"]


@dataclass(slots=True)
class Prompt:
    label: str
    on_done: Callable[[str], None]
    text: str = ""
    at: int = 0
    on_change: Callable[[str], None] | None = None
    """Told after every key (the filter works while it is typed)."""

    def shown(self) -> Typing:
        return Typing(self.label, self.text, self.at)

    def key(self, key: str) -> Ending | None:
        """One key; says when the line is done or given up."""
        if key == "enter":
            return "done"
        if key in ("esc", "ctrl+c"):
            return "given up"
        if key == "space":
            self.insert(" ")
        elif len(key) == 1:
            self.insert(key)
        else:
            self._edit(key)
        return None

    def insert(self, text: str) -> None:
        """Typed or pasted text: one line, bounded, without control characters."""
        text = net(" ".join(text.split("\n")).replace("\r", " ").replace("\t", " "))
        text = text[: max(0, LIMIT - len(self.text))]
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)
        self._changed()

    def _edit(self, key: str) -> None:
        before, after = self.text[: self.at], self.text[self.at :]
        match key:
            case "left":
                self.at = max(0, self.at - 1)
            case "right":
                self.at = min(len(self.text), self.at + 1)
            case "home" | "ctrl+a":
                self.at = 0
            case "end" | "ctrl+e":
                self.at = len(self.text)
            case "backspace" | "ctrl+h":
                self._set(before[:-1], after)
            case "del" | "ctrl+d":
                self._set(before, after[1:])
            case "ctrl+u":
                self._set("", after)
            case "ctrl+k":
                self._set(before, "")
            case "ctrl+w":
                self._set(before.rstrip().rpartition(" ")[0] + (" " if " " in before.strip() else ""), after)
            case _:
                pass

    def _set(self, before: str, after: str) -> None:
        self.text, self.at = before + after, len(before)
        self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change(self.text)
