"""`watch` on a real sandbox: leaving by signals, taking over, and sources that go and come back."""

import json
import os
import signal
import subprocess
import time

import pytest

from incidentui.core.events import (
    CheckChanged,
    IncidentOpened,
    NoteAdded,
    SourceLost,
    SourceRegained,
    WatchStarted,
    WatchStopped,
)
from incidentui.drills.sandbox import processes
from tests.e2e.world import Ferry, until

pytestmark = pytest.mark.slow


def started(harbour: Ferry) -> int:
    return harbour.names().count("WatchStarted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_signal_leaves_a_record_and_its_number(harbour: Ferry, number: signal.Signals) -> None:
    before = started(harbour)
    watch = harbour.start("watch")
    until(lambda: started(harbour) > before, "the watch started")
    watch.send_signal(number)
    _, err = watch.communicate(timeout=20)
    assert watch.returncode == 128 + number
    assert err == ""
    assert isinstance(harbour.records()[-1].event, WatchStopped)


def test_every_line_of_json_is_an_event(harbour: Ferry) -> None:
    watch = harbour.start("watch", "--json")
    assert watch.stdout is not None
    first = json.loads(watch.stdout.readline())
    assert first["specversion"] == "1.0"
    assert first["type"] == "incidentui.watch.started"
    watch.send_signal(signal.SIGTERM)
    rest, _ = watch.communicate(timeout=20)
    for line in rest.splitlines():
        json.loads(line)


@pytest.mark.req("F9")
def test_a_second_watch_follows_and_takes_over_when_the_first_is_killed(harbour: Ferry) -> None:
    before = started(harbour)
    first = harbour.start("watch", user="ana")
    until(lambda: started(harbour) == before + 1, "the first observes")
    second = harbour.start("watch", user="ben")
    try:
        time.sleep(2.0)
        assert started(harbour) == before + 1, "the second follows"
        first.kill()
        began = time.monotonic()
        first.communicate()
        until(lambda: started(harbour) == before + 2, "the second took over")
        took = time.monotonic() - began
        by = [r.event.by for r in harbour.records() if isinstance(r.event, WatchStarted)]
        assert by[-2:] == ["ana", "ben"]
        assert took < 10, "it is asked once a second; how long a busy machine takes is its own affair"
        seen = len(harbour.records())
        harbour.break_it()
        until(
            lambda: any(
                isinstance(r.event, CheckChanged) and r.event.now == "failing" for r in harbour.records()[seen:]
            ),
            "red is seen",
        )
    finally:
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=20)
        harbour.mend()


def test_a_lost_supervisor_is_unknown_and_stops_nobody(harbour: Ferry) -> None:
    pid = int((harbour.sandbox.root / "supervisord.pid").read_text())
    with harbour.watched():
        seen = len(harbour.records())
        os.kill(pid, signal.SIGSTOP)  # it hangs, as a busy engine does
        try:
            until(
                lambda: any(
                    isinstance(r.event, SourceLost) and r.event.source == "supervisor" for r in harbour.records()[seen:]
                ),
                "the supervisor is lost",
                40,
            )
            # A test before this one may have left another source away for a moment.
            lost = [r.event for r in harbour.records()[seen:] if isinstance(r.event, SourceLost)]
            assert any("supervisor" in event.source and event.why for event in lost)
            status = json.loads(harbour.run("status", "--json").stdout)
            assert {s["name"]: s["state"] for s in status["services"]}["bookings"] == "ok"
            assert any("supervisor" in s["name"] and s["why"] for s in status["sources"])
        finally:
            os.kill(pid, signal.SIGCONT)
        until(
            lambda: any(isinstance(r.event, SourceRegained) for r in harbour.records()[seen:]),
            "the supervisor is back",
            40,
        )
    assert not [r for r in harbour.records()[seen:] if isinstance(r.event, CheckChanged) and r.event.now == "failing"]


def test_incidents_of_a_real_outage_adopt_what_was_seen_before(harbour: Ferry) -> None:
    with harbour.watched():
        seen = len(harbour.records())
        bad = harbour.break_it()
        until(
            lambda: any(
                isinstance(r.event, CheckChanged) and r.event.now == "failing" for r in harbour.records()[seen:]
            ),
            "red is seen",
        )
        opened = harbour.json("open", "Bookings are gone")
    event = next(r.event for r in harbour.records() if isinstance(r.event, IncidentOpened))
    red = [r for r in harbour.records()[seen:] if isinstance(r.event, CheckChanged) and r.event.now == "failing"]
    assert event.first_red is not None
    assert event.first_red <= red[0].at
    inside = [json.loads(line) for line in harbour.ok("events", opened["id"]).splitlines()]
    kinds = [line["type"] for line in inside]
    assert "incidentui.deploy.seen" in kinds or any("deploy" in kind for kind in kinds), kinds
    assert "incidentui.check.changed" in kinds
    assert [line["sequence"] for line in inside] == sorted(line["sequence"] for line in inside)
    shown = harbour.json("show", opened["id"])
    assert shown["id"] == opened["id"]
    assert shown["first_red"] is not None

    harbour.json("open", "A second thing")
    told = harbour.run("note", "which one?")
    assert told.returncode == 0
    notes = [json.loads(line) for line in harbour.ok("events").splitlines()]
    last = [line for line in notes if line["type"] == "incidentui.note.added"][-1]
    assert last["incident"] == "INC-2"
    assert "INC-2" in told.stderr, "with two open it is said which one was meant"
    listed = harbour.json("incidents")
    assert {entry["id"] for entry in listed} == {"INC-1", "INC-2"}
    harbour.ok("close", "INC-2", "--reason", "nothing")

    exported = harbour.root.parent / "record.jsonl"
    harbour.ok("export", "INC-1", "--format", "jsonl", "-o", str(exported))
    at = max(r.recorded for r in harbour.records() if isinstance(r.event, NoteAdded))
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000)) + f".{at % 1000:03d}Z"
    here = json.loads(harbour.ok("replay", "INC-1", "--json", "--at", moment))
    there = json.loads(harbour.ok("replay", str(exported), "--json", "--at", moment))
    assert here == there
    assert here["incidents"]
    assert bad in json.dumps(here)
    harbour.ok("close", "INC-1", "--reason", "test over")
    harbour.mend()


def test_since_moves_the_window(harbour: Ferry) -> None:
    opened = harbour.json("open", "Earlier than we saw", "--since", "-20m")
    event = [r for r in harbour.records() if isinstance(r.event, IncidentOpened)][-1]
    assert event.event.window_from is not None  # type: ignore[union-attr]
    assert abs(event.at - 20 * 60_000 - event.event.window_from) < 5_000  # type: ignore[union-attr]
    harbour.ok("close", opened["id"], "--reason", "test over")


def test_no_process_is_left(harbour: Ferry) -> None:
    mine = [line for _, line in processes() if "incidentui watch" in line and str(harbour.home) in line]
    assert mine == []
    assert subprocess.run(["git", "fsck", "--connectivity-only"], cwd=harbour.root, check=False).returncode == 0
