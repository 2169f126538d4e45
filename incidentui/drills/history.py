"""The repository of the sandbox: a dozen commits of three people over nine days, written by one `git fast-import`.

A line of a file under `ferry/` that ends in `  #+N` exists since commit N, one that ends in `  #-N` until commit N.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from incidentui.core.value import dataclass

_TAG = re.compile(r"  #([+-])(\d+)$")
_BLOCK = re.compile(r"^#<<\n(.*)^#>>\n", re.DOTALL | re.MULTILINE)

# What a responder's own git configuration says (hooks, signing, templates) must not change a sandbox.
CLEAN_GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}

INES = "Ines Falk <ines@ferry.invalid>"
TOMASZ = "Tomasz Wrona <tomasz@ferry.invalid>"
MIRELA = "Mirela Dinu <mirela@ferry.invalid>"


@dataclass(frozen=True, slots=True)
class Past:
    """One commit of the past, `ago` hours before now."""

    author: str
    ago: float
    subject: str


PAST = (
    Past(INES, 214.0, "Bookings worker, dashboard and the front page"),
    Past(TOMASZ, 211.5, "Read the bookings from the database"),
    Past(INES, 190.2, "Health answer names the number of bookings"),
    Past(MIRELA, 168.9, "Dashboard: a table instead of a list"),
    Past(TOMASZ, 166.0, "Timetable of the summer season"),
    Past(INES, 142.4, "Seat map from the sheet of the harbour"),
    Past(MIRELA, 119.7, "Dashboard says what failed instead of staying empty"),
    Past(TOMASZ, 95.1, "Seat map: check at start that a known sheet can be read"),
    Past(INES, 73.3, "Bookings: an unknown page says so in JSON"),
    Past(MIRELA, 46.8, "Bookings: newest first"),
    Past(INES, 22.6, "Seat map: leave out empty lines"),
    Past(TOMASZ, 17.2, "Checks for bookings, dashboard and database"),
)
BREAKING = "Seat map: new layouts, header detection and a safety stop"
BREAKING_FILE = "server/seatmap.py"

_SOURCES = ("README.md", "server/main.py", "server/store.py", "server/seatmap.py", "dashboard/main.py")
_SINCE = {"server/seatmap.py": 6, "timetable.json": 5, "incidentui.toml": len(PAST)}


def git(args: Sequence[str], cwd: Path, *, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """One git command, apart from the responder's own configuration; raises when it fails."""
    done = subprocess.run(
        ["git", *args],
        cwd=cwd,
        env={**os.environ, **CLEAN_GIT, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"git {args[0]}", done.stderr.strip() or f"exit {done.returncode}")
    return done.stdout.strip()


class SandboxError(Exception):
    """A command that builds or drives a sandbox failed: which, and what it said."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


def data(name: str) -> str:
    return files("incidentui.drills").joinpath("ferry", f"{name}.txt").read_text(encoding="utf-8")


def at_commit(text: str, n: int) -> str:
    """The lines of a tagged file that stand in commit `n`."""
    kept = []
    for line in text.splitlines():
        tag = _TAG.search(line)
        if tag is None or (n >= int(tag[2])) == (tag[1] == "+"):
            kept.append(_TAG.sub("", line).rstrip() if tag else line)
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(kept)).rstrip() + "\n"


def seatmap(*, broken: bool) -> str:
    """The file of the breaking commit, before it (tagged) or after it."""
    text = data(BREAKING_FILE)
    if not broken:
        return _BLOCK.sub(r"\1", text)
    new = data("seatmap_layouts.py")
    return at_commit(_BLOCK.sub(lambda _: new, text), len(PAST))


def timetable() -> str:
    """A season of crossings: the one big commit that is innocent."""
    times = ("07:10", "09:40", "12:15", "15:30", "18:05", "20:20")
    rows = [
        {"day": day, "dep": time, "boat": "AB"[(day + n) % 2]} for day in range(1, 70) for n, time in enumerate(times)
    ]
    return "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n"


def tree(n: int, checks: str) -> dict[str, str]:
    """Every file of commit `n`; `checks` is the incidentui.toml that came last."""
    texts = {name: seatmap(broken=False) if name == BREAKING_FILE else data(name) for name in _SOURCES}
    all_files = {name: at_commit(text, n) for name, text in texts.items()}
    all_files |= {"timetable.json": timetable(), "incidentui.toml": checks}
    return {name: text for name, text in all_files.items() if n >= _SINCE.get(name, 1)}


def _commit(n: int, past: Past, at: int, changed: Mapping[str, str]) -> str:
    """One commit in the language of fast-import."""
    lines = ["commit refs/heads/main", f"author {past.author} {at} +0000", f"committer {past.author} {at} +0000"]
    lines.append(f"data {len(past.subject.encode())}\n{past.subject}")
    for name, text in changed.items():
        lines.append(f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}")
    return "\n".join(lines) + "\n"


def write_past(repository: Path, now_s: int, checks: str) -> str:
    """Fill the bare repository's main; returns the sha of its tip, the commit that is good."""
    stream: list[str] = []
    before: dict[str, str] = {}
    for n, past in enumerate(PAST, 1):
        after = tree(n, checks)
        changed = {name: text for name, text in after.items() if before.get(name) != text}
        stream.append(_commit(n, past, now_s - round(past.ago * 3600), changed))
        before = after
    git(["fast-import", "--quiet"], repository, stdin="".join(stream))
    return git(["rev-parse", "main"], repository)
