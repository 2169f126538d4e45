"""How the time of reading a runbook grows with its size: twice the text, about twice the time, whatever its shape.

    python -m bench.long_runbooks [KB]

Prints seconds of processor time for KB (default 250, near the longest file that is read) and twice as much, parsed and
linted, and what a file of 10 MB costs. Exit 1 when a shape grows by more than 3 with twice the size, or 10 MB take 5 s.
"""

import sys
import time

from incidentui.edge.runbooks import parsed, visible
from incidentui.runbook.lint import lint

GROWTH, LONGEST_S = 3.0, 5.0
SHAPES = {
    "list": "## Do\n\n1. Look at <x>\n\n   ```sh\n   $ kubectl get a\n   out\n   ```\n\n2. tell\n\n",
    "fences": "text\n\n```bash\necho $A\n```\n\n",
    "unclosed": "```sh\n# a\n1. b\n",
    "prose": "A line of <b> prose with `code` and [a](b) *x* _y_ ** __.\n",
    "table": "| a | b |\n|---|---|\n| c | d |\n\n",
    "quotes": "> - a\n> - b\n\n",
    "one list": "1. a\n\n   ```sh\n   b\n   ```\n\n",
    "brackets": "[",
    "stars": "*a **b ",
    "backticks": "`a ``b ",
    "one line": "<a b ",
    "front matter": "a: b\n",
    "programs": "kubectl ",
    "dead links": "## a {n}\n[x](#b-{n})\n",
}
HEADS = {"front matter": "---\n", "programs": "# T\n\n```sh\n"}
TAILS = {"programs": "\n```\n"}


def took(content: bytes) -> float:
    start = time.process_time()  # of this process alone: a busy machine tells nothing of growth
    book = parsed(content, "x.md")
    lint(book, visible(content))
    return time.process_time() - start


def text(shape: str, size: int) -> bytes:
    parts = (SHAPES[shape].replace("{n}", str(n)) for n in range(size // len(SHAPES[shape])))
    return "".join([HEADS.get(shape, "# T\n\n"), *parts, TAILS.get(shape, "")]).encode()


def main(kb: int) -> int:
    missed = 0
    for shape in SHAPES:
        one, two = (min(took(text(shape, n * kb * 1024)) for _ in range(3)) for n in (1, 2))
        longest = took(text(shape, 10 << 20))
        bad = (two > 0.2 and two / one > GROWTH) or longest > LONGEST_S
        missed += bad
        verdict = "MISSED" if bad else "ok"
        print(f"{shape:<14}{one:>8.2f}{two:>8.2f}{two / one:>7.1f}{longest:>8.2f}  {verdict}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 250))
