"""kill -9 at any moment of an incident: the installed program, its commands and its screen, told and then compared.

A command is killed after a random time, or at a system call that changes a file. What it had printed as done, and what
a screen had shown, is in the record afterwards, at its sequence, once.
"""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import parts
from tests.e2e.world import COMMAND
from tests.faults.journal import unguarded
from tests.faults.journal.conftest import file_of
from tests.faults.journal.cuts import events_of
from tests.faults.pty import Pty
from tests.faults.table import record

CALLS = "write,pwrite64,ftruncate,fsync,fdatasync,mkdir,link,unlink,rename"
SECRET = "hunter2-zorro"
KINDS = {"note": 10, "secret": 2, "open": 2, "close": 2, "erase": 2, "backup": 1, "export": 1, "screen": 1}


@dataclass
class Incident:
    """What the killed programs said, and how often one was killed."""

    project: Path
    home: Path
    env: Mapping[str, str]
    chance: random.Random
    program: tuple[str, ...] = (COMMAND,)
    kills: int = 0
    took_s: float = 0.1
    """What a whole command takes just now."""
    told: dict[int, str] = field(default_factory=dict)
    """By sequence, words that the event must hold."""
    shown: list[str] = field(default_factory=list)
    reach: dict[str, int] = field(default_factory=dict)
    """How many calls that change something a command makes, as far as is known."""
    secrets: dict[int, str] = field(default_factory=dict)
    erased: dict[int, str] = field(default_factory=dict)

    def run(self, *argv: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [*self.program, *argv],
            cwd=self.project,
            env=dict(self.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    def killed(self, *argv: str) -> str:
        """Whole lines that the command printed before it was killed, or before it ended."""
        command = [*self.program, *argv]
        by_call, when = self.chance.random() < 0.6, 0
        if by_call:
            when = self.chance.randint(1, self.reach.setdefault(argv[0], 45))
            fault = f"--inject={CALLS}:signal=KILL:when={when}"
            command = [
                "strace",
                "-f",
                "-o",
                "/dev/null",
                f"--trace={CALLS}",
                fault,
                *command,
            ]  # no --seccomp-bpf: it kills nothing
        process = subprocess.Popen(
            command, cwd=self.project, env=dict(self.env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if not by_call:
            time.sleep(self.chance.uniform(0.2, 1.2) * self.took_s)
            process.kill()
        out = process.communicate(timeout=60)[0]
        if process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL):
            self.kills += 1
        elif by_call:
            self.reach[argv[0]] = max(3, when - 1)  # it makes fewer calls than that
        return "\n".join(out.split("\n")[:-1])

    def step(self, n: int) -> None:
        """A note that nobody kills, and then a command that somebody does."""
        began = time.monotonic()
        said = self.run("note", "--json", f"certain-{n:04d}.")
        self.took_s = time.monotonic() - began
        self.told[json.loads(said.stdout)["seq"]] = f"certain-{n:04d}."
        kind = self.chance.choices(list(KINDS), list(KINDS.values()))[0]
        getattr(self, kind)(f"round-{n:04d}.")

    def _seq(self, *argv: str) -> int | None:
        out = self.killed(*argv)
        return json.loads(out)["seq"] if out else None

    def note(self, words: str) -> None:
        if seq := self._seq("note", "--json", words):
            self.told[seq] = words

    def secret(self, words: str) -> None:
        if seq := self._seq("note", "--json", f"{words} {SECRET}-{words}"):
            self.told[seq] = words
            self.secrets[seq] = f"{SECRET}-{words}"

    def open(self, words: str) -> None:
        if seq := self._seq("open", "--json", words):
            self.told[seq] = words

    def close(self, words: str) -> None:
        if seq := self._seq("close", "--json", "--reason", words):
            self.told[seq] = words

    def erase(self, words: str) -> None:
        if not self.secrets:
            return
        seq, secret = self.secrets.popitem()
        self.told.pop(seq)  # erased or not, when it is killed
        said = self._seq("journal", "erase", str(seq), "--reason", words, "--json")
        if said:
            self.told[said] = words
            self.erased[seq] = secret

    def backup(self, words: str) -> None:
        """Whole, or not there."""
        file = self.home.parent / f"{words}db"
        self.killed("journal", "backup", str(file))
        if file.exists():
            events_of(file)

    def export(self, words: str) -> None:
        file = self.home.parent / f"{words}jsonl"
        out = self.killed("incidents", "--json")
        if out and json.loads(out):
            self.killed("export", json.loads(out)[0]["id"], "--format", "jsonl", "-o", str(file))
        if file.exists():
            lines = [json.loads(line) for line in file.read_text().splitlines()]
            assert lines[0]["to_seq"] == max(line.get("sequence", 0) for line in lines)

    def screen(self, words: str) -> None:
        """Type notes; what stands on the screen without the prompt is confirmed."""
        with Pty(self.program, self.project, self.env) as screen:
            screen.see("journal ok", 30)
            screen.rest(0.4, 2)
            for n in range(self.chance.randint(1, 3)):
                screen.press("n", gap_s=0.1)
                screen.see("note ›")
                screen.press(*f"{words}{n}", gap_s=0.01)
                screen.write(b"\r")
                if n:
                    break  # killed with this one under way
                screen.see(rf"{words}{n}(?![\s\S]*note ›)")
                self.shown.append(f"{words}{n}")
            screen.read(self.chance.uniform(0, 0.05))
            screen.process.kill()
            screen.process.wait()
            self.kills += 1


def sound(path: Path) -> bool:
    try:
        events_of(path)
    except (AssertionError, sqlite3.DatabaseError):
        return False
    return True


def judged(incident: Incident) -> dict[str, int]:
    """Counted, never raised: an unguarded build is judged too."""
    aside = sum(1 for _ in incident.home.rglob("*.damaged-*"))
    try:
        found = dict(events_of(file_of(incident.home)))
    except (AssertionError, sqlite3.DatabaseError):
        return {"damaged": 1 + aside}
    everything = "\n".join(words for words in found.values() if words.startswith("note.added"))
    lost = [n for n, words in incident.told.items() if words not in found.get(n, "")]
    lost += [n for n, words in enumerate(incident.shown) if words not in everything]
    notes = [json.loads(words.split(" ", 1)[1]).get("text") for words in everything.splitlines()]
    texts = [text for text in notes if text]
    raw = b"".join(file.read_bytes() for file in incident.home.rglob("*") if file.is_file())
    return {
        "lost": len(lost),
        "doubled": len(texts) - len(set(texts)),
        "damaged": aside,
        "erased and still there": sum(f'{secret}"'.encode() in raw for secret in incident.erased.values()),
    }


def sweep(incident: Incident, kills: int, row: str) -> dict[str, int]:
    n = 0
    while incident.kills < kills:
        incident.step(n)
        n += 1
    assert incident.run("note", "the last word").returncode == 0
    counts = judged(incident)
    record(row, cases=incident.kills, acknowledged=len(incident.told) + len(incident.shown), **counts)
    return counts


def whole(incident: Incident, counts: dict[str, int]) -> None:
    assert counts == dict.fromkeys(counts, 0)
    assert incident.run("journal", "verify").returncode == 0


@pytest.fixture
def incident(project: Path, home: Path, env: dict[str, str]) -> Incident:
    parts.need("strace")
    return Incident(project, home, env, random.Random(0))


@pytest.mark.slow
@pytest.mark.req("F25")
def test_forty_kills(incident: Incident) -> None:
    incident.chance = random.Random(3)
    whole(incident, sweep(incident, 40, "kill -9 of the program (sample)"))


@pytest.mark.slow
def test_a_build_that_keeps_no_rollback_journal_is_damaged(incident: Incident, tmp_path: Path) -> None:
    """The control: the same sweep, the same seed; a backup that is not whole ends it early."""
    build = unguarded.build(tmp_path, {"edge/store/schema.py": [('return "TRUNCATE"', 'return "MEMORY"')]})
    incident.program = (sys.executable, "-m", "incidentui")
    incident.env = {**incident.env, "PYTHONPATH": str(build)}
    incident.chance = random.Random(3)
    try:
        damaged = sweep(incident, 40, "kill -9 of a build without a rollback journal")["damaged"]
    except (AssertionError, sqlite3.DatabaseError):
        damaged = judged(incident).get("damaged", 0) + sum(
            not sound(f) for f in incident.home.parent.glob("round-*.db")
        )
    assert damaged > 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_five_hundred_kills_of_the_program(incident: Incident, seed: int) -> None:
    incident.chance = random.Random(1000 + seed)
    whole(incident, sweep(incident, 100, "kill -9 at any moment of an incident"))
