"""Several processes on one project: two screens, `note`, `act` and 2,000 events at once."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from incidentui.drills.terminal import Terminal
from tests.e2e.world import COMMAND, Ferry, until

pytestmark = pytest.mark.slow
WORKERS, EACH, TYPED = 4, 480, 20
WRITER = """
import sys
from incidentui.core.events import Fact, NoteAdded
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from incidentui.session.ports import Appended
name, count, clock = sys.argv[2], int(sys.argv[3]), SystemClock()
journal = open_journal(sys.argv[1], "", clock)
for n in range(count):
    fact = Fact(NoteAdded(f"{name}-{n:03d}", name), clock.now(), f"responder:{name}", name, "key", None)
    result = journal.append([fact])
    assert isinstance(result, Appended), result
    print(result.records[0].seq, result.records[0].id, flush=True)
journal.close()
"""
NOTES = re.compile(r"(?:w\d|typed|last)-\d{3}")


@pytest.fixture
def screens(harbour: Ferry) -> Iterator[list[Terminal]]:
    with ExitStack() as held:
        opened = [
            held.enter_context(Terminal([COMMAND, str(harbour.root)], harbour.home, harbour.env(user)))
            for user in ("ana", "ben")
        ]
        for terminal in opened:
            terminal.wait(r"o open incident|c close", 30)
        yield opened


def read_all(screens: list[Terminal], stop: threading.Event) -> None:
    while not stop.is_set():
        for terminal in screens:
            terminal.read(0.02)


@pytest.mark.req("F9")
def test_two_screens_note_and_act_append_two_thousand_events_at_once(harbour: Ferry, screens: list[Terminal]) -> None:
    began = len(harbour.records())
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(harbour.journal_file), f"w{k}", str(EACH)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=harbour.env(),
        )
        for k in range(WORKERS)
    ]
    acting = harbour.start("act", "verify", "within=60s", "consecutive=3", "--json", user="cem")
    stop = threading.Event()
    reading = threading.Thread(target=read_all, args=(screens, stop))
    reading.start()
    acknowledged: dict[str, int] = {}
    try:
        for n in range(TYPED):
            told = harbour.json("note", f"typed-{n:03d}")
            acknowledged[told["id"]] = told["seq"]
        for writer in writers:
            out, err = writer.communicate(timeout=120)
            assert writer.returncode == 0, err
            acknowledged.update((ident, int(seq)) for seq, ident in map(str.split, out.splitlines()))
        out, err = acting.communicate(timeout=120)
    finally:
        stop.set()
        reading.join()
    assert acting.returncode == 0, (out, err)
    assert json.loads(out)["verdict"]["complete"] is True
    for n in range(3):
        told = harbour.json("note", f"last-{n:03d}")
    # Both screens show it within a second of the answer; the machine's own slowness is not counted twice.
    for terminal in screens:
        assert terminal.see("last-002", 1.0), terminal.text
    shown = [NOTES.findall(terminal.text) for terminal in screens]
    assert shown[0][-3:] == ["last-000", "last-001", "last-002"]
    tail = min(len(shown[0]), len(shown[1]))
    assert tail > 5
    assert shown[0][-tail:] == shown[1][-tail:], "one order"

    harbour.whole()
    records = harbour.records()
    assert len(records) - began >= WORKERS * EACH + TYPED
    by_id = {r.id: r.seq for r in records}
    assert {ident: by_id.get(ident) for ident in acknowledged} == acknowledged
    assert len(acknowledged) == WORKERS * EACH + TYPED


def test_a_note_typed_on_one_screen_stands_on_the_other(harbour: Ferry, screens: list[Terminal]) -> None:
    here, there = screens
    here.press("n")
    here.wait("note ›", 5)
    for key in "seen by both":
        here.press(key)
        here.read(0.05)
    here.press("\r")
    here.wait("noted|seen by both", 5)
    assert there.see("seen by both", 5), there.text
    said = [r for r in harbour.records() if getattr(r.event, "text", "") == "seen by both"]
    assert [r.subject for r in said] == ["ana"]


@pytest.mark.req("F1")
def test_what_one_process_does_the_screens_of_others_follow_and_refuse_beside(
    harbour: Ferry, screens: list[Terminal]
) -> None:
    """An action that is under way elsewhere is on every screen, and no second one starts."""
    harbour.break_it()
    asked = harbour.names().count("ActionRequested")
    acting = harbour.start("act", "verify", "checks=bookings-list", "within=8s", "consecutive=2", "--json", user="cem")
    until(lambda: harbour.names().count("ActionRequested") > asked, "the request")
    second = harbour.run("act", "verify", "within=1s", "--json", user="dia")
    assert second.returncode == 3, second
    why = json.loads(second.stdout)["verdict"]["why"]
    assert "cem" in why
    for terminal in screens:
        assert terminal.see(r"erify", 5), terminal.text
    acting.communicate(timeout=60)
    assert acting.returncode == 1
    assert harbour.names().count("ActionRequested") == asked + 1
    for terminal in screens:
        terminal.read(0.1)
    harbour.mend()
    time.sleep(0.1)
