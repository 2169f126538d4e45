"""A transcript: commands after a shell's prompt, what they said beneath. Taken whole, or not at all."""

import re
from collections.abc import Sequence

from incidentui.core.value import dataclass
from incidentui.runbook.printed import is_output
from incidentui.runbook.unfinished import Unfinished, beginnings

_PROMPT = re.compile(
    r"^\s*(?:(?:\[[\w.-]+@[^\]\s]+(?: [^\]\s]*)?\]|[\w.-]+@[\w.-]+(?::\S*?)?|(?:ba|z|k)?sh-\d[\d.]*)[$#]|[$❯]) "
)
"""`$ `, and what a shell writes before it: `sh-5.1# `, `[root@db ~]# `, `me@db:/srv$ `."""
_ROOT_PROMPT = re.compile(r"^\s*# (?![A-Z][a-z]+,? [a-z]+\b)(?=\S)")
"""A remark that begins like a sentence is none."""
_OTHER_PROMPT = re.compile(r"^\s*(?:[A-Za-z][\w.-]*(?:[=-]?>|=#|-#|\(\w*\)>)|>>>|\(gdb\)) \S")
"""Of what is no shell: `mysql> `, `app=# `, `>>> `."""
_WHERE = re.compile(r"[\w.-]+@[\w.-]+|\bsh-\S+")
_SETS = re.compile(r"^\s*(?:export\s+)?[A-Za-z_]\w*=")
_MORE = re.compile(r"^(\s*)>(?: |$)")
"""What a shell writes before a line that goes on."""


@dataclass(frozen=True, slots=True)
class Split:
    """What would run and what stands beside it; or why none of it may, at which line (from 0), and what to do."""

    text: str
    expected: str = ""
    why: str = ""
    hint: str = ""
    at: int = 0


class _UnclearError(Exception):
    """(why, what to do, the line from 0): a person has to say what is meant."""


def split(lines: Sequence[str]) -> Split | None:
    """None: there is no prompt in it."""
    if any(_PROMPT.match(line) for _, line in beginnings(lines)):
        return _read(_Transcript(lines, _PROMPT))
    return None


def split_of_root(lines: Sequence[str]) -> Split | None:
    """Where `# ` may be a prompt; None: it begins remarks. What is no remark and stands before one is a command."""
    said = next((line for line in lines if line.strip() and not _is_remark(line)), "")
    return _read(_Transcript(lines, _ROOT_PROMPT)) if _ROOT_PROMPT.match(said) else None


def _is_remark(line: str) -> bool:
    return line.lstrip().startswith("#") and not _ROOT_PROMPT.match(line)


def _read(transcript: "_Transcript") -> Split:
    try:
        return transcript.split()
    except _UnclearError as unclear:
        why, hint, at = unclear.args
        return Split("\n".join(transcript.lines), "", why, hint, at)


class _Transcript:
    def __init__(self, lines: Sequence[str], prompt: re.Pattern[str]) -> None:
        self.lines, self._prompt = lines, prompt
        self._first = next((n for n, line in enumerate(lines) if prompt.match(line)), 0)
        self._reader = Unfinished()
        self._commands: list[str] = []
        self._output: list[str] = []
        self._remarks: list[str] = []
        self._begun = self._last = 0
        """The lines where the last command began, and where it went on last."""
        self._indent = ""
        self._secondary: bool | None = None
        """Whether the lines that go on carry the second prompt; None before there is one."""
        self._where: str | None = None
        self._answers = False
        """Whether what follows is output for sure."""

    def split(self) -> Split:
        for n, line in enumerate(self.lines):
            if self._reader.is_open:
                self._command(n, self._goes_on(n, line))
            elif found := self._prompt.match(line):
                self._same_prompt(n, found[0])
                self._begin(n, line[found.end() :], line)
            elif n < self._first and _SETS.match(line):
                self._begin(n, line, line)
            elif line.lstrip().startswith("#"):
                self._remarks.append(line.strip())
            else:
                self._said(n, line)
        if self._reader.is_open:
            raise _UnclearError(
                "begins a command that never ends", "end it, or make it a block of its own", self._begun
            )
        return Split("\n".join(self._commands), "\n".join([*self._output, *self._remarks]).strip("\n"))

    def _begin(self, n: int, command: str, line: str) -> None:
        """A remark that stands over a command stays with it."""
        self._commands += self._remarks
        self._remarks, self._begun, self._secondary, self._answers = [], n, None, False
        self._indent = line[: len(line) - len(line.lstrip())]
        self._command(n, command)

    def _command(self, n: int, text: str) -> None:
        self._last = n
        self._commands.append(text)
        self._reader.read(text)

    def _goes_on(self, n: int, line: str) -> str:
        """A line of a command that is open, without the second prompt."""
        more = _MORE.match(line)
        carries = more is not None and more[1] == self._indent
        if self._secondary is None:
            self._secondary = carries
        if (self._secondary and not carries) or (self._prompt.match(line) and not self._reader.is_text):
            raise _UnclearError("may go on with the command above", "make each command a block of its own", n)
        return line[more.end() :] if more and self._secondary else line

    def _same_prompt(self, n: int, prompt: str) -> None:
        found = _WHERE.search(prompt)
        where = found[0] if found else ""
        if self._where not in (None, where):
            raise _UnclearError("is at another prompt", "make it a block of its own", n)
        self._where = where

    def _said(self, n: int, line: str) -> None:
        self._output += [*self._remarks, line]
        self._remarks = []
        if _OTHER_PROMPT.match(line):
            raise _UnclearError("is at another prompt", "make it a block of its own", n)
        self._answers = self._answers or is_output(line)
        if self._answers or not line.strip():
            return
        if n < self._first:
            raise _UnclearError("stands before the first prompt", "put `$ ` before each command", n)
        if n == self._last + 1 and _MORE.match(line):
            raise _UnclearError("may go on with the command above", "make each command a block of its own", n)
        if self._prompt is _ROOT_PROMPT:
            raise _UnclearError("may be a command, or what one said", "put `$ ` before each command", n)
