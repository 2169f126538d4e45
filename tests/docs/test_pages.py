"""The pages for people say what the program has: commands, options, keys of the configuration, links."""

import importlib
import re
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from incidentui.cli.main import COMMANDS, cli
from incidentui.config import schema
from incidentui.config.load import load
from incidentui.config.tables import KINDS
from incidentui.config.tables.agreement import AgreementTable, ValueTable
from incidentui.config.tables.common import CheckTable
from incidentui.config.tables.http import ExpectTable, HttpTable, LatencyTable, SizeTable
from incidentui.config.tables.journey import METHODS, SaveTable, StepTable
from incidentui.config.tables.local import CommandExpectTable, RejectedTable

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
COMMANDS_PAGE = (DOCS / "commands.md").read_text(encoding="utf-8")
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")


def listed() -> dict[str, set[str]]:
    """Each command of the page's table, with the options of its row."""
    table = COMMANDS_PAGE.split("## Actions")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    out = {}
    for row in rows[1:]:
        words = row[0].strip("`").split()
        name = " ".join(word for word in words if word.replace("-", "").isalpha() and word.islower())
        out[name] = set(re.findall(r"`(--?[a-z-]+)`", row[2])) if len(row) > 2 else set()
    return out


def real() -> dict[str, set[str]]:
    out = {}
    for name, (place, _) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, click.Group):
            out.update({f"{name} {sub}": options(found) for sub, found in command.commands.items()})
        else:
            out[name] = options(command)
    return out


def options(command: click.Command) -> set[str]:
    return {
        o for p in command.params if isinstance(p, click.Option) and not p.hidden for o in p.opts if o.startswith("-")
    }


def test_the_commands_and_their_options_are_those_of_the_program() -> None:
    assert listed() == real()


def test_the_options_before_the_command_are_named() -> None:
    head = COMMANDS_PAGE.split("| Command |")[0]
    assert options(cli) <= set(re.findall(r"`(--[a-z-]+)", head))


def keys(heading: str) -> set[str]:
    """The keys of the table under a heading, or under the line that begins with it."""
    part = CONFIGURATION.split(heading, 1)[1].split("\n## ", 1)[0].split("\n### ", 1)[0].split("\n`expect`:", 1)[0]
    return set(re.findall(r"^\| `([a-z_]+)` \|", part, flags=re.M))


def fields(table: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in table.model_fields.items()}


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        ("## `[project]`", schema.ProjectTable),
        ("## `[[services]]`", schema.ServiceTable),
        ("## `[[checks]]`", HttpTable),
        ("\n`expect`:", ExpectTable),
    ],
)
def test_the_keys_of_the_configuration_are_those_of_the_schema(heading: str, table: type[BaseModel]) -> None:
    assert keys(heading) == fields(table)


def test_the_keys_of_an_agreement_are_those_of_the_schema() -> None:
    own = fields(AgreementTable) - fields(CheckTable)
    assert keys('## `type = "agreement"`') == own | fields(ValueTable)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"http", "agreement"}))
def test_every_kind_of_check_has_its_own_keys_on_the_page(kind: str) -> None:
    assert keys(f'\n## `type = "{kind}"`') == fields(KINDS[kind]) - fields(CheckTable)


def test_the_keys_of_a_step_are_named_and_its_example_is_valid(tmp_path: Path) -> None:
    part = CONFIGURATION.split('\n## `type = "journey"`')[1].split("\n### ")[0].split("\n## ")[0]
    assert fields(StepTable) <= set(re.findall(r"`([a-z_]+)`", part)) | set(METHODS)
    assert fields(SaveTable) <= set(re.findall(r"`\{ ([a-z]+) = ", part))
    (tmp_path / "incidentui.toml").write_text(
        '[[services]]\nname = "bookings"\n' + part.split("```")[1].removeprefix("toml")
    )
    assert load(tmp_path).problems == ()


def test_the_nested_keys_are_named() -> None:
    for table in (schema.RevisionTable, schema.DockerTable, CommandExpectTable, RejectedTable):
        for key in fields(table):
            assert f"`{key}`" in CONFIGURATION, key
    for key in fields(LatencyTable) | fields(SizeTable):
        assert f"{key} = " in CONFIGURATION


def test_the_example_is_valid(tmp_path: Path) -> None:
    example = CONFIGURATION.split("```toml\n")[1].split("```")[0]
    example = example.replace('depends_on = ["ledger"]\n', "")  # a service that the example leaves out
    (tmp_path / "incidentui.toml").write_text(example)
    loaded = load(tmp_path)
    assert [str(problem) for problem in loaded.problems] == []


PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        if not target.endswith(".svg"):  # pictures are made by `make screenshots`
            assert (page.parent / target).exists(), target


def test_the_design_page_stays_short() -> None:
    assert len((ROOT / "DESIGN.md").read_text(encoding="utf-8").splitlines()) < 150


@pytest.mark.parametrize("target", ["demo", "test", "check", "slow", "docker-test", "coverage-req", "screenshots"])
def test_what_the_pages_ask_make_for_is_there(target: str) -> None:
    assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
