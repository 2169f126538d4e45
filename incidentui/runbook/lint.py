"""What is wrong with a runbook before anybody needs it: findings with line and column, for editors and CI. Pure.

A rule speaks only of what it is sure of; what is a matter of taste is no rule.
"""

import re
from collections.abc import Iterator, Sequence

from incidentui.core.value import dataclass
from incidentui.runbook import commands, fields
from incidentui.runbook.attributes import ON_ACTION, ON_SHELL, ON_TEXT, near, unheeded, wrong_values
from incidentui.runbook.fences import line_of
from incidentui.runbook.front import Known, never_offered, odd_keys
from incidentui.runbook.lint_fences import in_file, output, swallowed, unlabelled
from incidentui.runbook.lint_variables import Book, shell_variables, templates, unused
from incidentui.runbook.model import Level, Problem, Runbook, Step
from incidentui.runbook.parse import LONGEST, Section, is_reading, markdown, sections, split_lines
from incidentui.runbook.shell_words import dead_lines, looks_dangerous

RULES: dict[str, str] = {
    "unknown-action": "an `action` that the program does not have",
    "unknown-argument": "an argument that the action does not take",
    "missing-argument": "an argument that the action needs",
    "unknown-attribute": "an attribute of a fence that nothing reads",
    "no-effect": "an attribute that does nothing where it stands",
    "unknown-step": "`then` or `else` to a step that is not there, or not after this one",
    "bad-value": "a duration, number or true/false that is none",
    "undefined-variable": "`{{ name }}` or `$NAME` that nothing gives a value",
    "template-in-shell": "`{{ name }}` of a declared variable in shell text, which is never filled in",
    "unused-variable": "a variable that no step uses",
    "variable": "`vars` that cannot be read",
    "yaml": "arguments that cannot be read",
    "unclosed-fence": "a fence that is never closed: it runs to the end of the file",
    "second-action": "two typed actions in one step",
    "unreachable": "a step or a command that nobody comes to",
    "no-verify": "a dangerous step, and nothing after it that proves what came of it",
    "no-rollback": "a dangerous step, and no word of how to go back or what to do when it does not help",
    "no-language": "a fence without a language: it is never run",
    "reads-as-output": "output or a query in a fence marked as shell, or lines of which that is not sure: never run",
    "no-steps": "nothing to do in it",
    "duplicate-name": "two fences of the same name",
    "dead-link": "a link to a heading that is not there",
    "front-matter": "a key of the front matter that is nearly one of ours",
    "never-offered": "a service or signature in the front matter that is not known here",
    "hidden-characters": "characters in a command that cannot be seen",
    "not-read": "a file that cannot be read, or is too long to be a runbook",
}
_NOTHING_TOO = ("fix.",)
_TAKEN_BACK_BY_ITSELF = ("git.",)
_WAY_BACK = re.compile(
    r"roll(ing)?[ -]?back|undo|back ?out|revert|way back|take it back"
    r"|(if|when) .*(fail|does not|stays|still|gets worse)",
    re.IGNORECASE,
)
_PROVES = re.compile(r"verif|prove|confirm that|check (that|it|again)|make sure", re.IGNORECASE)
_LINK = re.compile(r"\]\(#([^)\s]+)\)")
_YES_OR_NO = ("push", "build", "pull", "deps", "interactive", "background")


@dataclass(frozen=True, slots=True)
class Finding:
    line: int
    column: int
    level: Level
    rule: str
    text: str
    hint: str = ""


def lint(runbook: Runbook, text: str, known: Known | None = None) -> tuple[Finding, ...]:
    """Every finding, in the order of the file. `text` is what the runbook was parsed from."""
    if len(text) > LONGEST:
        return tuple(Finding(p.line, 1, p.level, p.rule, p.text, p.hint) for p in runbook.problems)
    lines, front = split_lines(text)
    book = Book(runbook, lines, front, markdown(lines))
    whole = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    problems = [p for rule in (_parsed, *_CHECKS) for p in rule(book)]
    found = {_placed(p, whole) for p in (*problems, *never_offered(front, known or Known()))}
    return tuple(sorted(found, key=lambda f: (f.line, f.column, f.rule, f.text)))


def _placed(problem: Problem, lines: Sequence[str]) -> Finding:
    """Where the word stands that it is about: in its line, else in one of the next."""
    about = re.compile(rf"(?<![\w-]){re.escape(problem.about)}(?![\w-])") if problem.about else None
    line = min(problem.line, len(lines))
    for at in range(line, min(line + 60, len(lines) + 1)) if about else ():
        if found := about.search(lines[at - 1]) if about else None:
            return _finding(problem, at, found.start() + 1)
    first = lines[line - 1]
    return _finding(problem, line, len(first) - len(first.lstrip()) + 1)


def _finding(p: Problem, line: int, column: int) -> Finding:
    return Finding(line, column, p.level, p.rule, p.text, p.hint)


def _parsed(book: Book) -> Iterator[Problem]:
    yield from book.runbook.problems


# -- what is dangerous, what proves it, what takes it back


def is_dangerous(step: Step) -> bool:
    """It changes something: a typed action that does, or a command that its author marked."""
    if step.action is not None:
        name = step.action.name
        return name in fields.ARGS and name not in fields.CHANGES_NOTHING and not name.startswith(_NOTHING_TOO)
    return any("danger" in dict(c.attrs) for c in step.commands)


def _seems(step: Step) -> str:
    """The command of a step that looks dangerous though nobody marked it."""
    return next((found for c in step.commands if c.runnable and (found := looks_dangerous(c.text))), "")


def _no_verify(book: Book) -> Iterator[Problem]:
    for n, step in enumerate(book.steps):
        what = _what(step)
        if what and not any(map(_proves, book.steps[n + 1 :])):
            level: Level = "error" if is_dangerous(step) else "warning"
            hint = 'add a step after it: ```yaml {"action":"verify"}'
            yield Problem(_line(step), f"nothing after {what} proves what came of it", hint, level, "no-verify")


def _what(step: Step) -> str:
    if step.action is not None:
        return step.action.name if is_dangerous(step) else ""
    return step.title if is_dangerous(step) else _seems(step)


def _proves(step: Step) -> bool:
    if step.action is not None:
        return step.action.name == "verify"
    return not step.manual and bool(_PROVES.search(f"{step.phase} {step.title}"))


def _no_rollback(book: Book) -> Iterator[Problem]:
    step = next((s for s in book.steps if is_dangerous(s)), None) or next((s for s in book.steps if _seems(s)), None)
    if step is None or any(map(_WAY_BACK.search, _headings(book))) or any(map(_goes_back, book.steps)):
        return
    by_itself = step.action is not None and step.action.name.startswith(_TAKEN_BACK_BY_ITSELF)
    level: Level = "error" if is_dangerous(step) and not by_itself else "warning"
    hint = "add a section like `## Rollback` or `## If it stays red`"
    yield Problem(
        _line(step),
        f"no rollback: nothing says what to do when {_what(step)} does not help",
        hint,
        level,
        "no-rollback",
    )


def _headings(book: Book) -> Iterator[str]:
    yield book.runbook.title
    yield from (phase.title for phase in book.runbook.phases)
    yield from (step.title for step in book.steps)


def _goes_back(step: Step) -> bool:
    return bool(step.undo or step.undo_action) or (step.action is not None and step.action.name == "git.undo")


def _line(step: Step) -> int:
    if step.action is not None:
        return step.action.line
    return next((c.line for c in step.commands if c.runnable), step.line)


# -- what nobody comes to


def _only_read(book: Book) -> Iterator[Problem]:
    """Commands beneath a heading like Background: such a section holds no steps."""
    for section in _reading(sections(book.tokens)):
        for token in (token for block in section.blocks for token in block if token.type == "fence"):
            lang, attrs, _ = fields.info_string(token.info, 0)
            acts = lang in ("yaml", "yml") and "action" in dict(attrs)
            if acts or (lang in commands.SHELLS and token.content.strip()):
                level: Level = "error" if acts else "warning"
                said = f"it is never run: {section.title!r} is only read"
                yield Problem(line_of(token), said, "move it beneath another heading", level, "unreachable")


def _reading(found: Iterator[Section]) -> Iterator[Section]:
    level = 0
    for section in found:
        level = level if level and section.level > level else 0
        if level or is_reading(section.title):
            level = level or section.level
            yield section


def _after_exit(book: Book) -> Iterator[Problem]:
    for command in book.shell():
        for n in dead_lines(command.text):
            said = "it never runs: the shell leaves before it"
            yield Problem(in_file(command, n, book.lines), said, "make it a block of its own", "warning", "unreachable")


# -- the rest


def _values(book: Book) -> Iterator[Problem]:
    for step in book.steps:
        for action in filter(None, (step.action, step.undo_action)):
            yield from wrong_values((*action.args, *action.attrs), action.line)
        for command in step.texts:
            yield from wrong_values(command.attrs, command.line)


def _without_effect(book: Book) -> Iterator[Problem]:
    """What an author wrote and would not get: nothing is passed over in silence."""
    for step in book.steps:
        found = [(c.attrs, c.line, ON_SHELL if c.lang in commands.SHELLS else ON_TEXT) for c in step.texts]
        found += [(a.attrs, a.line, ON_ACTION) for a in (step.action, step.undo_action) if a]
        for attrs, line, known in found:
            for key, why in unheeded(attrs, known):
                yield Problem(line, f"{key} has no effect here: {why}", "", "warning", "no-effect", key)


def _nothing_to_do(book: Book) -> Iterator[Problem]:
    if not book.steps and not any(p.rule == "not-read" for p in book.runbook.problems):
        yield Problem(1, "it holds no step", "an ordered list or a sh fence is a step", "warning", "no-steps")


def _names(book: Book) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for step in book.steps:
        parts = [(c.name, c.line) for c in step.commands]
        parts += [(dict(step.action.attrs).get("name", ""), step.action.line)] if step.action else []
        for name, line in parts:
            if name and seen.setdefault(name, line) != line:
                yield Problem(
                    line, f"{name} is the name of line {seen[name]} too", "", "warning", "duplicate-name", name
                )


def _links(book: Book) -> Iterator[Problem]:
    there = {_slug(section.title) for section in sections(book.tokens)}
    for n, line in enumerate(book.lines, 1):
        for target in _LINK.findall(line):
            if re.sub(r"-\d+$", "", target.lower()) not in there and target.lower() not in there:
                said = near(target, frozenset(there)) if there else ""
                hint = said if said.startswith("did") else ""
                yield Problem(n, f"no heading is called #{target}", hint, "warning", "dead-link", target)


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def _front_matter(book: Book) -> Iterator[Problem]:
    return odd_keys(book.front)


_CHECKS = (
    _no_verify,
    _no_rollback,
    _only_read,
    swallowed,
    _after_exit,
    shell_variables,
    templates,
    unused,
    _values,
    _without_effect,
    unlabelled,
    output,
    _nothing_to_do,
    _names,
    _links,
    _front_matter,
)
