"""What the sweeps counted, one row a fault: `make soak` prints it, ready to be pasted.

A test says what it saw with `record(row, cases=..., lost=..., ...)` before it judges. Rows of one name are added up.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

FILE = "INCIDENTUI_SOAK_TABLE"
Table = dict[str, dict[str, int]]


def record(row: str, **counts: int) -> None:
    """One line, appended in one write: several test processes share the file. Without the variable, nothing."""
    file = os.environ.get(FILE)
    if not file:
        return
    line = json.dumps({"row": row, "counts": counts}, ensure_ascii=False) + "\n"
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def summed(lines: Iterable[str]) -> Table:
    table: Table = {}
    for line in lines:
        said = json.loads(line)
        counts = table.setdefault(said["row"], {})
        for name, count in said["counts"].items():
            counts[name] = counts.get(name, 0) + count
    return table


def _result(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if name != "cases")


def rendered(table: Table) -> str:
    rows = [
        (row.replace("|", "\\|"), f"{counts['cases']:,}" if "cases" in counts else "", _result(counts))
        for row, counts in table.items()
    ]
    lines = [("Fault", "Cases", "Counted"), ("---", "---:", "---"), *sorted(rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    file = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get(FILE, ""))
    if not file.is_file():
        sys.stderr.write("no sweep has recorded anything\n")
        return 1
    sys.stdout.write(rendered(summed(file.read_text().splitlines())) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
