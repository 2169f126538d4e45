"""Parses and lints every Markdown file of runbook collections and counts what came of it. Nothing of them is run.

    python bench/corpora.py [--count] PLACE...

A PLACE is a folder, or a bare git directory whose newest commit is read where it lies. Files that broke the parser are
named, and so is a command that became runnable though its fence names no shell, or whose text is not of its file.
Exit 1 if one did. `--count` prints a line per file, to be compared with a count by hand.
"""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from incidentui.edge.runbooks import parsed, visible
from incidentui.runbook.lint import lint
from incidentui.runbook.model import Runbook

SLOW_S = 0.5
SHELLS = ("sh", "bash", "zsh", "shell", "console", "shell-session", "terminal")
"""Written down again, on purpose: this judges the parser and must not ask it."""
_EFFECTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn", "socket.connect")
_armed = False


def _tripwire(event: str, _: tuple[object, ...]) -> None:
    if _armed and event in _EFFECTS:
        raise RuntimeError(f"something was executed while reading: {event}")


def main(places: Sequence[str], show_each: bool) -> int:
    global _armed
    counts: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    sys.addaudithook(_tripwire)
    for name, content in [file for place in places for file in files(Path(place))]:
        start = time.perf_counter()
        _armed = True
        try:
            book = parsed(content, name)
            findings = lint(book, visible(content))
        except Exception as error:  # the parser promises never to raise: count every way it breaks that
            counts["exceptions"] += 1
            print(f"{name}: {type(error).__name__}: {error}")
            continue
        finally:
            _armed = False
        counts["slow"] += time.perf_counter() - start > SLOW_S
        counts += count(book)
        rules.update(f"{f.level}: {f.rule}" for f in findings)
        wrong = list(not_of_the_file(book, visible(content)))
        counts["wrong"] += len(wrong)
        print("".join(f"{name}: {line}\n" for line in wrong), end="")
        if show_each:
            print(f"{runnable(book):>4} {placeholders(book):>4} {len(book.steps):>4}  {name}")
    for row in ("files", "with steps", "steps", "manual", "runnable", "placeholders", "actions", "phases", "slow"):
        print(f"{row:<12} {counts[row]:>7}")
    print(f"{'wrong':<12} {counts['wrong']:>7}\n{'exceptions':<12} {counts['exceptions']:>7}")
    for text, times in rules.most_common():
        print(f"  {times:>5} × {text}")
    return 1 if counts["exceptions"] or counts["wrong"] or not counts["files"] else 0


def markdown(name: str) -> bool:
    return name.lower().endswith(".md")


def files(place: Path, wanted: Callable[[str], bool] = markdown) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the files of a folder, or of the newest commit of a bare git directory."""
    if (place / "HEAD").is_file():
        yield from _of_git(place, wanted)
        return
    for file in sorted(p for p in place.rglob("*") if p.is_file()):
        if wanted(name := str(file.relative_to(place))):
            yield name, file.read_bytes()


def _of_git(folder: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    git = ["git", "--git-dir", str(folder)]
    listed = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD"], capture_output=True, check=True).stdout
    for row in filter(None, listed.split(b"\0")):
        about, _, name = row.partition(b"\t")
        mode, kind, sha = about.split()
        if kind == b"blob" and mode != b"120000" and wanted(name.decode(errors="replace")):
            found = subprocess.run([*git, "cat-file", "blob", sha.decode()], capture_output=True, check=True)
            yield name.decode(errors="replace"), found.stdout


def not_of_the_file(book: Runbook, text: str) -> Iterator[str]:
    """Runnable commands whose opening line names no shell, or of whose text a line stands nowhere in the file."""
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    there = {line.strip(" \t>") for line in lines}
    for command in (c for step in book.steps for c in step.commands if c.runnable):
        opening = lines[command.line - 1]
        found = re.search(r"(?:`{3,}|~{3,})\s*([^\s{]*)", opening)
        if found is None or found.group(1).lower() not in SHELLS:
            yield f"{command.line}: runnable, and its fence is {opening!r}"
        for line in command.text.split("\n"):
            stripped = line.strip(" \t>")
            if stripped not in there and not any(known.endswith(stripped) for known in there):
                yield f"{command.line}: not a line of the file: {line!r}"


def runnable(book: Runbook) -> int:
    return sum(command.runnable for step in book.steps for command in step.commands)


def placeholders(book: Runbook) -> int:
    """Each name once in a step."""
    return sum(len(step.placeholders) for step in book.steps)


def count(runbook: Runbook) -> Counter[str]:
    return Counter(
        {
            "files": 1,
            "with steps": int(bool(runbook.steps)),
            "steps": len(runbook.steps),
            "manual": sum(step.manual for step in runbook.steps),
            "runnable": runnable(runbook),
            "placeholders": placeholders(runbook),
            "actions": sum(step.action is not None for step in runbook.steps),
            "phases": len(runbook.phases),
        }
    )


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if word != "--count"]
    if not named or not all(Path(word).is_dir() for word in named):
        sys.exit("usage: python bench/corpora.py [--count] PLACE...")
    sys.exit(main(named, "--count" in sys.argv))
