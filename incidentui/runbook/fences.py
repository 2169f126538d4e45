"""A step from its pieces: which of its fences act, which run, which take it back, which are only shown."""

import re
from collections.abc import Sequence
from dataclasses import field, replace

from markdown_it.token import Token

from incidentui.core.value import dataclass
from incidentui.runbook import commands, fields, places, prose
from incidentui.runbook.attributes import near, on
from incidentui.runbook.model import Command, Pairs, Problem, Step, TypedAction
from incidentui.runbook.prompted import Split
from incidentui.runbook.prose import Text

READS_AS_OUTPUT = "it reads as output, not as a command"
READS_SO = "reads-as-output"
"""The rule of the linter about it."""
_VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


@dataclass(slots=True)
class Draft:
    """A step while its pieces are collected."""

    title: str
    line: int
    phase: str
    texts: list[Text] = field(default_factory=list)
    fences: list[Token] = field(default_factory=list)


@dataclass(slots=True)
class Fences:
    lines: Sequence[str]
    names: set[str]
    """Variables that have a value."""
    defaults: Pairs
    problems: list[Problem]
    """What is found wrong is put there."""

    def step(self, n: int, draft: Draft) -> Step:
        actions: list[TypedAction] = []
        back: list[TypedAction] = []
        found: list[Command] = []
        undo: list[Command] = []
        for fence in draft.fences:
            if (typed := self._action(fence)) is None:
                command = self._command(fence)
                (undo if _undoes(command.attrs) else found).append(command)
            elif (kind := back if _undoes(typed.attrs) else actions) or (kind is back and undo):
                said, hint = "a second action in one step", "make it a step of its own"
                self.problems.append(Problem(line_of(fence), said, hint, rule="second-action"))
            else:
                kind.append(typed)
        asks = [c for c in (*found, *undo) if c.runnable or c.held or not c.lang]
        action = actions[0] if actions else None
        return Step(
            n=n,
            title=draft.title or next((c.name for c in found if c.name), "") or draft.phase or f"Step {n}",
            line=draft.line,
            phase=draft.phase,
            prose=prose.join(draft.texts),
            manual=action is None and not any(c.lang in commands.SHELLS or not c.lang for c in found),
            action=action,
            commands=tuple(found),
            placeholders=tuple(dict.fromkeys(name for c in asks for name in _to_fill_in(c))),
            undo=tuple(undo),
            undo_action=back[0] if back else None,
            looks=action is not None and action.name in fields.CHANGES_NOTHING,
        )

    def _action(self, fence: Token) -> TypedAction | None:
        line = line_of(fence)
        lang, attrs, _ = fields.info_string(fence.info, line)
        name = dict(attrs).get("action", "")
        if lang not in ("yaml", "yml") or not name or not is_closed(fence, self.lines):
            return None
        self.problems += fields.info_string(fence.info, line)[2]
        args, problems = fields.action_args(name, fence.content, line + 1)
        self.problems += problems
        for word in {word for _, value in args for word in _VARIABLE.findall(value)} - self.names:
            hint = near(word, frozenset(self.names))
            said = f"nothing gives {word} a value"
            self.problems.append(Problem(line, said, hint, rule="undefined-variable", about=word))
        return TypedAction(name, args, line, attrs)

    def _command(self, fence: Token) -> Command:
        line = line_of(fence)
        lang, attrs, problems = fields.info_string(fence.info, line)
        self.problems += problems
        split = commands.split(lang, fence.content.rstrip("\n"))
        held = self._never_closed(fence) or self._unclear(lang, attrs, line, split)
        text, expected = split.text, split.expected
        why_not = held or _only_shown(lang, text, expected, attrs)
        if not text:
            text, expected = expected, ""
        command = Command(lang, text, not why_not, line, attrs, expected, why_not, bool(held))
        more = tuple(pair for pair in self.defaults if pair[0] not in dict(attrs))
        return replace(command, attrs=(*attrs, *more)) if lang in commands.SHELLS and more else command

    def _never_closed(self, fence: Token) -> str:
        if is_closed(fence, self.lines):
            return ""
        said, hint = "the fence is never closed", f"end it with {fence.markup}"
        self.problems.append(Problem(line_of(fence), said, hint, rule="unclosed-fence"))
        return "its fence is never closed"

    def _unclear(self, lang: str, attrs: Pairs, line: int, split: Split) -> str:
        """What of it would run is not sure, so none of it does."""
        if not split.why or lang not in commands.SHELLS or _ignored(attrs):
            return ""
        at = line + 1 + split.at
        self.problems.append(Problem(at, f"it {split.why}: none of the block runs", split.hint, "warning", READS_SO))
        return f"line {at} {split.why}: {split.hint}"


def _only_shown(lang: str, text: str, expected: str, attrs: Pairs) -> str:
    if not lang:
        return "no language given: it may be output"
    if lang not in commands.SHELLS:
        return f"{lang} is shown, not run"
    if not commands.says_something(text):
        return READS_AS_OUTPUT if expected else "nothing to run in it"
    return "marked `ignore`: shown, not run" if _ignored(attrs) else ""


def is_closed(fence: Token, lines: Sequence[str]) -> bool:
    start, end = fence.map or [0, 0]
    last = lines[end - 1].strip(" \t>")
    mark = fence.markup
    return end - start >= 2 and len(last) >= len(mark) and not last.strip(mark[:1])


def line_of(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _undoes(attrs: Pairs) -> bool:
    return on(dict(attrs).get("undo", ""))


def _ignored(attrs: Pairs) -> bool:
    return on(dict(attrs).get("ignore", ""))


def _to_fill_in(command: Command) -> tuple[str, ...]:
    """Other ways to write a place than `<pod>` mean one only in what runs."""
    others = places.names(command.text) if command.runnable or command.held else ()
    return (*commands.placeholders(command.text), *others)
