"""Which requirement rows are shown, and by which tests: `make coverage-req`.

Reads docs/requirements.md (the rows and whether they are said to be shown) and the marks `@pytest.mark.req(...)` of
all tests, without running any. Exit 1 when a row that is said to be shown has no test.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOC = ROOT / "docs" / "requirements.md"
TESTS = ROOT / "tests"
_ROW = re.compile(r"^\|\s*((?:R\d|F)-?\d+)\s*\|(.*)\|\s*(shown|in part|not shown)\s*\|$")


@dataclass(frozen=True)
class Row:
    name: str
    says: str
    state: str
    """"shown", "in part" (a later version shows the rest; a test shows what is there) or "not shown"."""


def rows(text: str) -> list[Row]:
    found = (_ROW.match(line) for line in text.splitlines())
    return [Row(m[1], m[2].split("|")[0].strip(), m[3]) for m in found if m]


def marks(folder: Path) -> dict[str, list[str]]:
    """The tests of every row, as file::name."""
    out: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        everywhere = [name for node in tree.body if _is_pytestmark(node) for name in _rows(node)]
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test"):
                continue
            own = [name for decorator in node.decorator_list for name in _rows(decorator)]
            for name in dict.fromkeys([*everywhere, *own]):
                out.setdefault(name, []).append(f"{file.relative_to(folder.parent)}::{node.name}")
    return out


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)


def _rows(node: ast.AST) -> Iterator[str]:
    """The strings of every `req(...)` call in it."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "req":
            yield from (str(a.value) for a in call.args if isinstance(a, ast.Constant))


def main() -> int:
    listed, shown = rows(DOC.read_text(encoding="utf-8")), marks(TESTS)
    missing = [row for row in listed if row.state != "not shown" and row.name not in shown]
    for row in listed:
        if row.state != "not shown" and row.name in shown:
            print(f"{row.state:<9}  {row.name:<6} {row.says}")
            for test in shown[row.name]:
                print(f"{'':<18}{test}")
    for row in listed:
        if row.state == "not shown":
            print(f"not shown  {row.name:<6} {row.says}")
    for row in missing:
        print(f"NO TEST    {row.name:<6} {row.says}")
    for name in sorted(shown.keys() - {row.name for row in listed}):
        print(f"NOT LISTED {name:<6} {shown[name][0]}")
    whole = sum(row.state == "shown" for row in listed)
    print(f"{len(listed)} rows: {whole} shown, {sum(row.state == 'in part' for row in listed)} in part")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
