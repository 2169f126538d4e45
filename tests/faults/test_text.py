"""Hostile text in every sink, through every command and page, judged by the raw bytes that come out."""

import base64
import json
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place
from tests.faults.hostile import call, first_incident, world
from tests.faults.pty import Pty, leaks, swallowed
from tests.faults.strings import PAYLOADS, SAMPLE, as_argument, hostile, numbers, tokens

CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
LOOKS: tuple[tuple[str, ...], ...] = (
    ("status",), ("status", "--json"), ("check",), ("check", "--json"), ("events",), ("incidents",),
    ("hypothesis", "list"), ("hypothesis", "list", "--json"),
    ("incidents", "--json"), ("doctor",), ("doctor", "--json"), ("trust", "--json"), ("trust",),
    ("act", "git.revert", "commits=HEAD~3", "--plan"), ("act", "git.revert", "commits=HEAD~3", "--plan", "--json"),
    ("act", "git.reset", "to=HEAD~2", "push=true", "--plan"), ("act", "git.reset", "to=HEAD~2", "--plan", "--json"),
)  # fmt: skip
OF_ONE: tuple[tuple[str, ...], ...] = (
    ("show", "@"), ("show", "@", "--json"), ("export", "@"), ("export", "@", "--format", "json"),
    ("export", "@", "--format", "jsonl"), ("replay", "@", "--at", "23:59", "--json"), ("events", "@"),
)  # fmt: skip
ARGUMENTS: tuple[tuple[str, ...], ...] = (
    ("@",), ("--project", "@", "status"), ("check", "@"), ("act", "@"), ("act", "git.reset", "@"), ("show", "@"),
    ("act", "git.reset", "to=@"), ("replay", "@"), ("export", "@"), ("trust", "@"), ("note", "--at", "@", "x"),
    ("open", "x", "--severity", "@"), ("act", "workload.restart", "name=@"), ("act", "verify", "checks=@"),
)  # fmt: skip


@contextmanager
def place(ns: Sequence[int], runs: bool) -> Iterator[Place]:
    base = Path(tempfile.mkdtemp(prefix="iufw-"))
    try:
        with world(base, ns, runs=runs) as built:
            yield built
    finally:
        shutil.rmtree(base, ignore_errors=True)


def quiet(argv: Sequence[str], code: int, out: bytes, err: bytes) -> None:
    where = [a[:60] for a in argv]
    assert leaks(out, own=False) == [], where
    assert leaks(err, own=False) == [], where
    assert code in (0, 1, 2, 3, 4), (where, code, err)
    assert b"Traceback" not in err, where
    assert b"fault of the program" not in err, (where, err[:400])


def recorded(at: Place, ns: Sequence[int]) -> None:
    """Notes and names, titles and reasons of incidents, what a watch sees, a push that is answered."""
    for n in ns:
        text = hostile(n)[:3900]
        quiet(("note", text), *call(at, "note", text, user=hostile(n)[:200]))
    for n in ns[:: max(1, len(ns) // 9)]:
        quiet(("open", hostile(n)), *call(at, "open", hostile(n)[:900]))
        quiet(("close",), *call(at, "close", "--reason", hostile(n)[:900]))
    quiet(("open",), *call(at, "open", hostile(ns[0])))
    for number, n in enumerate(ns, 1):
        text = hostile(n)[:1900]
        quiet(("hypothesis", text), *call(at, "hypothesis", "add", text, "--did", text, "--saw", text))
        quiet(("verdict", text), *call(at, "hypothesis", "verdict", str(number), "refuted", "--why", text))
    watch = subprocess.Popen(
        [COMMAND, "watch"], cwd=at.root, env=at.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(6)
    watch.terminate()
    out, err = watch.communicate(timeout=30)
    quiet(("watch",), 0, out, err)
    # The remote's own words come back with the push.
    (at.root / "second").write_text("2\n")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t"]
    subprocess.run(["git", "add", "second"], cwd=at.root, check=True)
    subprocess.run([*git, "commit", "-qm", "second"], cwd=at.root, check=True)
    argv = ("act", "git.revert", "commits=HEAD", "push=true", "within=2s", "--yes", "main")
    code, out, err = call(at, *argv)
    quiet(argv, code, out, err)


def told(at: Place, ns: Sequence[int]) -> None:
    """Every command; then what must still be there of each text."""
    every: dict[tuple[str, ...], bytes] = {}
    incident = first_incident(at)
    for argv in (*LOOKS, *(tuple(a.replace("@", incident) for a in some) for some in OF_ONE)):
        code, out, err = call(at, *argv)
        quiet(argv, code, out, err)
        every[argv] = out
        if "--json" in argv and code != 2:
            json.loads(out)
    names = [PAYLOADS[n][0] for n in ns]
    both = [token for n in ns if PAYLOADS[n][0] != "long" for token in tokens(n)]
    assert swallowed(both, every["events",].decode()) == [], names
    # Findings are shown at a bounded length: the beginning is always there. These two are no HTTP any more.
    answered = [tokens(n)[0] for n in ns if PAYLOADS[n][0] not in ("nul", "newlines")]
    assert swallowed(answered, every["check", "--json"].decode()) == []


def looked_at(at: Place) -> None:
    """Every page, row by row, in four sizes."""
    with Pty([COMMAND, str(at.root)], at.root, at.env(as_argument(hostile(31))), 160, 50) as screen:
        screen.wait("? help")
        screen.rest(0.5, 6)
        for pane in "12345":
            screen.press(pane)
            for _ in range(3):
                screen.press("j", "\r", "j", "j", "J", "]", "d", "\x1b", "\x1b", "\x1b")
            screen.press("G", "\r", "\x1b", "a", "j", "\r", "\x1b", "\x1b", "\x1b", "z", "G", "g", "z")
        for keys in ("rj\rjx", "pG", "hGy", "?", ":a", "n<", "/<", ".", "t", "!", "c", "o", "v", "m", "y", "f"):
            screen.press(*keys)
            screen.press("\x1b", "\x1b", gap_s=0.1)
        for width, height in ((60, 16), (80, 24), (200, 60)):
            screen.size(width, height)
            screen.press("1", "2", "3", "4", "5", "r", "\x1b", "p", "\x1b", "h", "G", "\x1b")
        screen.press("\x1b", "\x1b", "q", "q", gap_s=0.15)
        assert screen.end() == 0
        raw = bytes(screen.raw)
        for copied in CLIPBOARD.findall(raw):
            assert leaks(base64.b64decode(copied), own=False) == []
        assert leaks(CLIPBOARD.sub(b"", raw)) == []
        assert screen.unrestored() == []


@pytest.mark.slow
def test_a_sample_of_hostile_texts_stays_text_everywhere() -> None:
    ns = numbers(SAMPLE)
    with place(ns, runs=True) as at:
        recorded(at, ns)
        told(at, ns)
        looked_at(at)


@pytest.mark.soak
def test_all_hostile_texts_stay_text_everywhere() -> None:
    with place(numbers(), runs=True) as at:
        recorded(at, numbers())
        told(at, numbers())
        looked_at(at)


def arguments(ns: Sequence[int]) -> None:
    with place([9], runs=False) as at:
        for n in ns:
            for form in ARGUMENTS:
                argv = [part.replace("@", hostile(n)) for part in form]
                quiet(argv, *call(at, *argv))


@pytest.mark.slow
def test_a_hostile_argument_is_answered_in_text() -> None:
    arguments(random.Random(7).sample(numbers(), 3))


@pytest.mark.soak
def test_every_hostile_argument_is_answered_in_text() -> None:
    arguments(numbers())
