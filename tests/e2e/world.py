"""The product from outside: the installed command on a real sandbox, judged by git, HTTP and the journal's file."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incidentui.config import paths
from incidentui.core.events import ActionRequested, Recorded, VerdictGiven
from incidentui.drills import dead_backend
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import git
from incidentui.drills.sandbox import Sandbox, clone
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import SqliteJournal, open_journal

COMMAND = str(Path(sys.executable).with_name("incidentui"))
Ended = subprocess.CompletedProcess[str]


def until(seen: Callable[[], bool], what: str, within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < end, f"waited in vain for: {what}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Place:
    """A project folder, and the state directory of whoever works on it."""

    root: Path
    home: Path

    def env(self, user: str = "ana", **more: str) -> dict[str, str]:
        # As a person has it: unbuffered streams have no lock that a stuck terminal could hold.
        ours = ("CI", "INCIDENTUI_DEBUG", "NO_COLOR", "PYTHONUNBUFFERED")
        plain = {k: v for k, v in os.environ.items() if k not in ours}
        return {**plain, "INCIDENTUI_HOME": str(self.home), "INCIDENTUI_USER": user, **more}

    def run(self, *argv: str, user: str = "ana", timeout: float = 120, **more: str) -> Ended:
        return subprocess.run(
            [COMMAND, *argv],
            cwd=self.root,
            env=self.env(user, **more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    def ok(self, *argv: str) -> str:
        done = self.run(*argv)
        assert done.returncode == 0, (argv, done.stdout, done.stderr)
        return done.stdout

    def json(self, *argv: str) -> Any:
        return json.loads(self.ok(*argv, "--json"))

    def start(self, *argv: str, user: str = "ana") -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [COMMAND, *argv],
            cwd=self.root,
            env=self.env(user),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def journal_file(self) -> Path:
        before = os.environ.get("INCIDENTUI_HOME")
        os.environ["INCIDENTUI_HOME"] = str(self.home)
        try:
            return paths.journal_path(self.root.resolve())
        finally:
            if before is None:
                del os.environ["INCIDENTUI_HOME"]
            else:
                os.environ["INCIDENTUI_HOME"] = before

    @contextmanager
    def journal(self) -> Iterator[SqliteJournal]:
        journal = open_journal(self.journal_file, "", SystemClock(), read_only=True)
        try:
            yield journal
        finally:
            journal.close()

    def records(self) -> list[Recorded]:
        if not self.journal_file.exists():
            return []
        with self.journal() as journal:
            return list(journal.read())

    def names(self) -> list[str]:
        return [type(r.event).__name__ for r in self.records()]

    def dangling(self) -> set[str]:
        """Runs that were asked for and have no verdict."""
        records = self.records()
        asked = {r.event.run for r in records if isinstance(r.event, ActionRequested)}
        return asked - {r.event.run for r in records if isinstance(r.event, VerdictGiven)}

    def whole(self) -> None:
        """No gap in the sequence, no break in the chain."""
        with self.journal() as journal:
            assert journal.verify() == []
            assert [r.seq for r in journal.read()] == list(range(1, journal.last() + 1))

    @contextmanager
    def watched(self) -> Iterator["subprocess.Popen[str]"]:
        """While another process observes."""
        before = self.names().count("WatchStarted")
        watch = self.start("watch")
        try:
            until(lambda: self.names().count("WatchStarted") > before, "the watch started")
            yield watch
        finally:
            if watch.returncode is None:
                watch.send_signal(signal.SIGTERM)
                watch.communicate(timeout=20)


@dataclass(frozen=True)
class Ferry(Place):
    """The sandbox with its services. Nothing breaks by itself; `break_it` is a colleague's push."""

    sandbox: Sandbox

    @property
    def good(self) -> str:
        return self.sandbox.about.good

    def tip(self) -> str:
        return git(["rev-parse", "main"], self.sandbox.remote)

    def tree(self, revision: str) -> str:
        return git(["rev-parse", f"{revision}^{{tree}}"], self.sandbox.remote)

    def commits(self) -> int:
        return int(git(["rev-list", "--count", "main"], self.sandbox.remote))

    def deployed(self) -> str:
        return (self.sandbox.deploy / "REV").read_text(encoding="utf-8").strip()

    def answers(self) -> int:
        return sandboxes.ask(self.sandbox.about.front, "/api/bookings")[0]

    def settle_green(self) -> None:
        until(lambda: self.answers() == 200, "bookings answer", 30)

    def learn_good(self) -> None:
        """Watch until a known-good commit was recorded."""
        with self.watched():
            until(lambda: "KnownGoodSet" in self.names(), "known-good", 30)

    def break_it(self, subject: str = dead_backend.BREAKING) -> str:
        colleague = self.sandbox.colleague
        if not colleague.exists():
            clone(self.sandbox, colleague, dead_backend.TOMASZ)
        git(["fetch", "-q", "origin"], colleague)
        git(["reset", "-q", "--hard", "origin/main"], colleague)
        (colleague / dead_backend.BREAKING_FILE).write_text(dead_backend.seatmap(broken=True), encoding="utf-8")
        git(["commit", "-q", "-a", "-m", subject], colleague)
        git(["push", "-q", "origin", "main"], colleague)
        until(lambda: self.answers() == 503, "503", 30)
        return git(["rev-parse", "HEAD"], colleague)

    def mend(self) -> None:
        """The good tree again, deployed, whatever a test left; without the program."""
        if self.tree("main") != self.tree(self.good) or self.deployed() != self.tip():
            tree = self.tree(self.good)
            who = ["-c", "user.name=t", "-c", "user.email=t@t"]
            new = git([*who, "commit-tree", tree, "-p", "main", "-m", "mend"], self.sandbox.remote)
            # Through a push: the hook deploys.
            git(["push", "-q", str(self.sandbox.remote), f"{new}:refs/heads/main"], self.sandbox.remote)
        self.settle_green()


@contextmanager
def ferry(home: Path) -> Iterator[Ferry]:
    sandbox = sandboxes.new()
    try:
        sandboxes.build(sandbox, "dead-backend", 1, int(time.time()))
        (sandbox.root / "pushed").touch()  # the keeper breaks nothing
        sandboxes.start(sandbox)
        sandboxes.wait_green(sandbox)
        yield Ferry(sandbox.work, home, sandbox)
    finally:
        sandboxes.take_down(sandbox)
        sandboxes.remove(sandbox)
