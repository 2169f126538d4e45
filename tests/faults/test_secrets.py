"""Secrets by every way in, looked for wherever they could end: files are searched, never the program asked."""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place, until
from tests.faults.pty import Pty
from tests.faults.secret_texts import LOOK_ALIKES, SECRETS, Given, survivors
from tests.faults.secret_world import decoded, secret_world
from tests.faults.table import record
from tests.faults.test_text import CLIPBOARD

SINKS = ("journal", "side file", "screen", "exports", "output", "crash report", "clipboard", "argv", "error text")
Found = dict[str, bytes]
LOOKS: tuple[tuple[str, ...], ...] = (
    ("status",), ("status", "--json"), ("check",), ("check", "--json"), ("events",), ("incidents", "--json"),
    ("doctor",), ("show", "INC-1"), ("show", "INC-1", "--json"), ("replay", "INC-1", "--at", "23:59", "--json"),
    ("act", "git.reset", "to=HEAD~2", "push=true", "--plan"), ("act", "git.revert", "commits=HEAD", "--plan", "--json"),
)  # fmt: skip
CRASH = """
import sys
import incidentui.tui.commands as commands
def broken(desk):
    local = open(sys.argv[0] + ".said").read()
    raise RuntimeError(local)
commands.TABLE["look_now"] = broken
from incidentui.__main__ import main
main()
"""


class Sweep:
    def __init__(self, place: Place, env: Mapping[str, str], given: Sequence[Given]) -> None:
        self.place, self.env, self.given = place, dict(env), tuple(given)
        self.texts = [one.text for one in given]
        self.base = place.root.parent
        self.found: Found = dict.fromkeys(SINKS, b"")

    def call(self, *argv: str, timeout: float = 120) -> tuple[int, bytes, bytes]:
        env = self.place.env(**self.env)
        done = subprocess.run(
            [COMMAND, *argv], cwd=self.place.root, env=env, stdin=subprocess.DEVNULL, capture_output=True,
            check=False, timeout=timeout,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def said(self, *argv: str) -> None:
        _, out, err = self.call(*argv)
        self.found["output"] += out + err

    # -- in

    def written(self) -> None:
        """Notes, a title, a reason; and what a watch sees and a push is told."""
        self.said("open", self.texts[0])
        for text in (*self.texts, " · ".join(LOOK_ALIKES)):
            self.said("note", text)
        argv = [COMMAND, "watch"]
        env = self.place.env(**self.env)
        watch = subprocess.Popen(argv, cwd=self.place.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            until(lambda: self.place.names().count("WorkloadChanged") >= 8 or watch.poll() is not None, "falls", 40)
            until(lambda: self.place.names().count("CheckChanged") >= 1 or watch.poll() is not None, "looks", 20)
        finally:
            watch.terminate()
            out, err = watch.communicate(timeout=30)
        self.found["output"] += out + err
        self.said("act", "git.revert", "commits=HEAD", "push=true", "within=2s", "--yes", "main")

    def typed(self) -> None:
        """Notes by keys and by paste. The line being typed is what the responder types: only the files are judged."""
        with self.screen() as screen:
            screen.see(r"\? help")
            for text in self.texts:
                screen.press("n")
                screen.see("note ›")
                screen.write(f"\x1b[200~{text}\x1b[201~".encode())
                screen.rest(0.05, 0.5)
                screen.press("\r")
            screen.press("\x1b", "q", "q", gap_s=0.2)
            screen.end()

    def aside(self) -> None:
        """Somebody holds the journal; notes go to the side file."""
        kept = self.place.journal_file.with_suffix(".kept")
        shutil.copy(self.place.journal_file, kept)
        with sqlite3.connect(self.place.journal_file, isolation_level=None) as conn:
            conn.execute("BEGIN EXCLUSIVE")
            for n in range(0, len(self.texts), 20):  # each waits half a minute for the lock
                self.said("note", "\n".join(self.texts[n : n + 20]))
            self.found["side file"] += b"".join(p.read_bytes() for p in self.sides())
            conn.execute("ROLLBACK")
        kept.unlink()

    def sides(self) -> list[Path]:
        return [p for p in self.base.rglob("*aside*") if p.is_file()]

    # -- out

    def told(self) -> None:
        for argv in LOOKS:
            self.said(*argv)
        for form in ("md", "html", "json", "jsonl"):
            file = self.base / f"export.{form}"
            code, _, err = self.call("export", "INC-1", "--format", form, "-o", str(file))
            if code == 0:
                self.found["exports"] += file.read_bytes()
            else:
                assert b"format" in err, err
        # What a person gives as an argument is in their own process list; it goes on to git from there.
        self.found["argv"] += (self.base / "argv").read_bytes()
        for text in self.texts:
            for argv in (("act", "git.reset", f"to={text}"), ("check", text), (text,)):
                _, out, err = self.call(*argv)
                self.found["error text"] += out + err

    def screen(self, *argv: str) -> Pty:
        command = [*(argv or (COMMAND,)), "--project", str(self.place.root)]
        return Pty(command, self.place.root, self.place.env(**self.env), 160, 50)

    def seen(self) -> None:
        """Every pane and page; what stands there is copied."""
        with self.screen() as screen:
            screen.see(r"\? help")
            screen.rest(0.5, 6)
            for pane in "12345":
                screen.press(pane, "z", "G", "y", "g", "y", "z")
                for _ in range(2):
                    screen.press("j", "y", "\r", "y", "j", "j", "J", "y", "d", "G", "\x1b", "\x1b", "\x1b")
            for keys in ("3ga1jj", "p", "pG", "r\r", "?", ".", "/x"):
                screen.press(*keys)
                screen.press("\x1b", "\x1b", "\x1b", gap_s=0.1)
            screen.press("q", "q", gap_s=0.2)
            screen.end()
            raw = bytes(screen.raw)
        self.found["clipboard"] += decoded(CLIPBOARD.findall(raw))
        self.found["screen"] += raw + screen.said().encode()

    def crashed(self) -> None:
        script = self.base / "crash.py"
        script.write_text(CRASH)
        Path(f"{script}.said").write_text("\n".join(self.texts))
        before = set(self.base.glob("incidentui-crash-*"))
        with self.screen(sys.executable, "-P", str(script)) as screen:
            screen.see(r"\? help")
            screen.rest(0.5, 2)
            screen.press("v")
            assert screen.end() == 70
            self.found["screen"] += bytes(screen.raw)
        Path(f"{script}.said").unlink()
        (report,) = set(self.base.glob("incidentui-crash-*")) - before
        self.found["crash report"] += report.read_bytes()

    def gathered(self) -> Found:
        home = [p for p in self.place.home.rglob("*") if p.is_file()]
        self.found["journal"] += b"".join(p.read_bytes() for p in home)
        return self.found


def swept(given: Sequence[Given]) -> tuple[Found, dict[str, list[str]]]:
    with secret_world(given) as (place, env):
        sweep = Sweep(place, env, given)
        for part in (sweep.written, sweep.typed, sweep.aside, sweep.told, sweep.seen, sweep.crashed):
            part()
        found = sweep.gathered()
    return found, {sink: survivors(tuple(given), data) for sink, data in found.items()}


def near(data: bytes, given: Sequence[Given], names: Sequence[str]) -> list[bytes]:
    """Where they stand, for whoever has to mend it."""
    cores = [one.core.encode() for one in given if one.name in names]
    return [data[max(0, at - 60) : at + 30] for core in cores if (at := data.find(core)) >= 0]


def judged(given: Sequence[Given]) -> None:
    found, alive = swept(given)
    # A sink that nothing reached would prove nothing.
    assert [sink for sink, data in found.items() if b"[redacted]" not in data and sink != "argv"] == []
    assert b"ls-remote" in found["argv"]
    damaged = [text for text in LOOK_ALIKES if text.encode() not in found["journal"]]
    count = sum(map(len, alive.values()))
    record("19 secrets in nine places", cases=len(given) * len(SINKS), survived=count)
    record("19 look-alikes", cases=len(LOOK_ALIKES), damaged=len(damaged))
    shown = {sink: (names, near(found[sink], given, names)) for sink, names in alive.items() if names}
    assert shown == {}, shown
    assert damaged == []


@pytest.mark.req("F35")
def test_a_secret_in_place_of_a_command_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "incidentui.toml").write_text('headers = { X-Gate = { env = "GATE" } }\n')
    place = Place(tmp_path, tmp_path / "home")
    env = place.env(GATE="KCthJJccUDygCvF2vGv7")
    argv = [COMMAND, "it said KCthJJccUDygCvF2vGv7"]
    done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'it said [redacted]' is neither a command" in done.stderr


@pytest.mark.req("F35")
@pytest.mark.slow
def test_a_sample_of_secrets_survives_nowhere() -> None:
    judged(random.Random(19).sample(SECRETS, 7))


@pytest.mark.soak
def test_no_secret_survives_anywhere() -> None:
    judged(SECRETS)
