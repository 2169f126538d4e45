"""docs/runbooks.md says what the parser, the actions and the linter really do."""

import re
from pathlib import Path

from incidentui.runbook.attributes import ATTRIBUTES, NOWHERE
from incidentui.runbook.commands import SHELLS
from incidentui.runbook.fields import ARGS, SOURCES
from incidentui.runbook.lint import RULES, lint
from incidentui.runbook.parse import READING, parse
from incidentui.runbook.suggest import RULES as OFFERED

PAGE = (Path(__file__).resolve().parents[2] / "docs/runbooks.md").read_text(encoding="utf-8")


def part(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_the_example_is_read_as_the_page_says_and_passes_the_check() -> None:
    text = PAGE.split("```markdown\n")[1].split("\n```\n\n## Fences")[0] + "\n"
    book = parse(text, "x.md")
    assert lint(book, text) == ()
    assert (book.title, book.tags, book.alerts) == ("Reset to known-good", ("reset",), ("BackendDown",))
    assert (book.services, book.signatures) == (("backend",), ("exit-killed",))
    assert [(v.name, v.source, v.default) for v in book.vars] == [("good", "good", ""), ("service", "", "backend")]
    said = [(s.title, s.action.name if s.action else None, s.manual) for s in book.steps]
    assert said == [
        ("Look at what the service says", None, False),
        ("Reset the branch", "git.reset", False),
        ("Prove it", "verify", False),
        ("Tell the support team", None, True),
    ]


def test_languages_attributes_sources_and_headings_are_those_of_the_parser() -> None:
    row = next(line for line in part("Fences").splitlines() if line.startswith("| `sh`"))
    assert set(re.findall(r"`([a-z-]+)`", row.split(" | ")[0])) == SHELLS
    rows = [line.split(" | ")[0] for line in part("Fences").split("| Attribute |")[1].splitlines() if "| `" in line]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    nothing = set(re.findall(r"`(\w+)`", part("Fences").split("\n\n`background`")[1].split(" do nothing")[0]))
    assert nothing | {"background"} == NOWHERE
    assert named == ATTRIBUTES - NOWHERE
    sources = re.search(r"`from` takes the value from the incident: (.*?)\.\s", part("Front matter"))
    assert sources is not None
    assert set(re.findall(r"`([\w.]+)`", sources.group(1))) == set(SOURCES)
    reading = re.search(r"(\w+, .* and \w+) are only\s+read", part("How a file is read").replace("\n", " "))
    assert reading is not None
    assert {word.lower() for word in re.split(r", | and ", reading.group(1).split("phase. ")[-1])} == READING


def test_every_action_on_the_page_takes_just_these_arguments() -> None:
    listed = {
        name: tuple(re.findall(r"`([\w-]+)`", args))
        for name, args in re.findall(r"`([a-z]+(?:\.[a-z-]+)?)` \(((?:`[\w-]+`,?\s*)+)\)", part("Actions"))
    }
    named = set(re.findall(r"`([a-z]+(?:\.[a-z-]+)?)`(?= \(|, |\.)", part("Actions")))
    assert set(ARGS) - named == set(), "an action that docs/runbooks.md does not name"
    assert listed == {name: args for name, args in ARGS.items() if args}


def test_the_rules_are_those_of_the_linter() -> None:
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", part("`runbook check`"), flags=re.M))
    assert listed == RULES


def test_the_tags_are_those_that_have_a_rule() -> None:
    assert dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", part("Finding the right one"), flags=re.M)) == OFFERED


def test_what_comes_with_the_program_is_listed() -> None:
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE.split("\n## ")[0], flags=re.M)
    assert sorted(listed) == sorted(p.stem for p in (Path(__file__).resolve().parents[2] / "runbooks").glob("*.md"))
