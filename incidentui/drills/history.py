"""The repository of a sandbox: a past written by one `git fast-import`, and trees made of tagged texts.

A line that ends in `  #+N` comes with commit N, in `  #-N` goes with it; `  #+11-14+15` comes, goes, and comes again.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from incidentui.drills.scenario import Scenario, Written, marked

_TAG = re.compile(r"  #((?:[+-]\d+)+)$")

# What a responder's own git configuration says (hooks, signing, templates) must not change a sandbox.
CLEAN_GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_TERMINAL_PROMPT": "0"}


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
        self.why = why


def data(folder: str, name: str) -> str:
    """A file that comes with a drill. All of them end in .txt, so that no tool takes them for this project's own."""
    return files("incidentui.drills").joinpath(folder, f"{name}.txt").read_text(encoding="utf-8")


def at_commit(text: str, n: int) -> str:
    """The lines of a tagged text that stand in commit `n`."""
    kept = []
    for line in text.splitlines():
        tag = _TAG.search(line)
        if tag is None or _stands(tag[1], n):
            kept.append(_TAG.sub("", line).rstrip() if tag else line)
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(kept)).rstrip() + "\n"


def _stands(tag: str, n: int) -> bool:
    turns = [turn for turn in re.findall(r"[+-]\d+", tag) if int(turn[1:]) <= n]
    return turns[-1].startswith("+") if turns else tag.startswith("-")


def tagged(folder: str, since: Mapping[str, int], n: int) -> dict[str, str]:
    """The tagged files of a folder as they stand in commit `n`; `since` says with which commit each came."""
    return {name: at_commit(data(folder, name), n) for name, first in since.items() if n >= first}


def tree(scenario: Scenario, n: int, marks: Mapping[str, str]) -> dict[str, str]:
    return {name: marked(text, marks) for name, text in scenario.tree(n).items()}


def _commit(written: Written, at: int, changed: Mapping[str, str]) -> str:
    """One commit in the language of fast-import."""
    who = f"{written.author} {at} +0000"
    lines = ["commit refs/heads/main", f"author {who}", f"committer {who}"]
    lines.append(f"data {len(written.subject.encode())}\n{written.subject}")
    for name, text in changed.items():
        lines.append(f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}")
    return "\n".join(lines) + "\n"


def write_past(repository: Path, scenario: Scenario, marks: Mapping[str, str], now_s: int) -> str:
    """Fill the bare repository's main; returns the sha of its tip, the commit that is good."""
    stream: list[str] = []
    before: dict[str, str] = {}
    for n, past in enumerate(scenario.past, 1):
        after = tree(scenario, n, marks)
        changed = {name: text for name, text in after.items() if before.get(name) != text}
        stream.append(_commit(past, now_s - round(past.ago * 3600), changed))
        before = after
    git(["fast-import", "--quiet"], repository, stdin="".join(stream))
    return git(["rev-parse", "main"], repository)


def commit(clone: Path, scenario: Scenario, n: int, marks: Mapping[str, str]) -> None:
    """The n-th commit, written into a clone by its author, now."""
    written, before, after = _of(scenario, n), tree(scenario, n - 1, marks), tree(scenario, n, marks)
    for name in before.keys() - after.keys():
        (clone / name).unlink()
    for name, text in after.items():
        if before.get(name) != text:
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_text(text, encoding="utf-8")
    git(["add", "-A"], clone)
    git(["commit", "-q", f"--author={written.author}", "-m", written.subject], clone)


def _of(scenario: Scenario, n: int) -> Written:
    return (*scenario.past, *scenario.breaking)[n - 1]


def identity(person: str) -> tuple[str, str]:
    """`Name <address>` as its two parts."""
    name, _, email = person.rstrip(">").partition(" <")
    return name, email
