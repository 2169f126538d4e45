"""The command line in this process, on a project of its own: documents in, incidents out."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from incidentui.cli.main import run as command_line

PAST = Path(__file__).parent / "past"


class Here(NamedTuple):
    root: Path
    home: Path
    out: pytest.CaptureFixture[str]

    def run(self, *argv: str) -> tuple[int, str, str]:
        code = command_line(["--project", str(self.root), *argv])
        said = self.out.readouterr()
        return code, said.out, said.err

    def ok(self, *argv: str) -> str:
        code, said, trouble = self.run(*argv)
        assert code == 0, (argv, trouble)
        return said

    def json(self, *argv: str) -> Any:
        return json.loads(self.ok(*argv, "--json"))

    def lines(self, *argv: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.ok("import", *argv, "--json").splitlines()]

    def read(self, name: str, *argv: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """A document of `past/`, saving nothing: its entries and what else it says."""
        *entries, last = self.lines("--dry-run", str(PAST / name), *argv)
        return entries, last["meta"]


def place(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> Here:
    root = folder / name
    root.mkdir(parents=True)
    (root / "incidentui.toml").write_text(f'[project]\nname = "{name}"\n', encoding="utf-8")
    return Here(root, folder / "home", capsys)
