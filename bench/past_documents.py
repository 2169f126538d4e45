"""Reads every document of collections of post-mortems and counts what came of it.

    python -m bench.past_documents [--count] PLACE...

A PLACE is a folder, or a bare git directory whose newest commit is read where it lies; `PLACE:under/` reads what lies
under a folder of it. Files that broke the reader are named, and so is each entry with a time that stands nowhere in its
line. Exit 1 if one did. `--count` prints a line per file, to be compared with a count by hand.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.corpora import files
from incidentui.edge.text import clean_and_redact
from incidentui.postmortem.reader.decode import LIMIT, NotTextError, decode
from incidentui.postmortem.reader.read import read
from incidentui.postmortem.reader.said import Said

SLOW_S = 1.0
NO_DOCUMENT = re.compile(
    r"\.(png|jpe?g|gif|svg|pdf|json|ya?ml|py|js|css|ipynb|webp|sh)$|(^|/)(README|index)[^/]*$", re.IGNORECASE
)


def main(places: Sequence[str], show_each: bool) -> int:
    counts: Counter[str] = Counter()
    for name, content in [file for place in places for file in documents(place)]:
        start = time.perf_counter()
        try:
            text = clean_and_redact(decode(content).text, LIMIT * 2, lines=True)
            said = read(text, name)
        except NotTextError:
            counts["no text"] += 1
            continue
        except Exception as error:  # the reader promises never to raise: count every way it breaks that
            counts["exceptions"] += 1
            print(f"{name}: {type(error).__name__}: {error}")
            continue
        counts["slow"] += time.perf_counter() - start > SLOW_S
        counts += count(said)
        wrong = list(invented(said, text))
        counts["invented"] += len(wrong)
        print("".join(f"{name}: {line}\n" for line in wrong), end="")
        if show_each:
            print(f"{len(said.entries):>4} {len(said.items):>4} {len(said.unread):>4}  {name}")
    for row in ("files", "no text", "with entries", "entries", "timed", "dated", "untimed", "causes", "items", "slow"):
        print(f"{row:<13} {counts[row]:>7}")
    print(f"{'invented':<13} {counts['invented']:>7}\n{'exceptions':<13} {counts['exceptions']:>7}")
    return 1 if counts["exceptions"] or counts["invented"] or not counts["files"] else 0


def count(said: Said) -> Counter[str]:
    dated = sum(e.precision == "date" for e in said.entries)
    timed = sum(e.at is not None for e in said.entries) - dated
    return Counter(
        {
            "files": 1,
            "with entries": int(bool(said.entries)),
            "entries": len(said.entries),
            "timed": timed,
            "dated": dated,
            "untimed": len(said.entries) - timed - dated,
            "causes": len(said.causes),
            "items": len(said.items),
        }
    )


def invented(said: Said, text: str) -> Iterator[str]:
    """Entries whose digits of a time are not those of their line: judged without asking the grammar."""
    lines = text.split("\n")
    for entry in said.entries:
        if entry.at is None:
            continue
        there, told = (re.findall(r"\d+", part) for part in (lines[entry.line - 1], entry.said))
        if not told or [n for n in told if n not in there]:
            yield f"{entry.line}: {entry.said!r} does not stand there"


def documents(place: str) -> Iterator[tuple[str, bytes]]:
    folder, _, under = place.partition(":")
    return files(Path(folder), lambda name: name.startswith(under) and not NO_DOCUMENT.search(name))


if __name__ == "__main__":
    named = [word for word in sys.argv[1:] if word != "--count"]
    if not named or not all(Path(word.partition(":")[0]).is_dir() for word in named):
        sys.exit("usage: python -m bench.past_documents [--count] PLACE[:under/]...")
    sys.exit(main(named, "--count" in sys.argv))
