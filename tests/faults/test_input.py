"""Whatever comes in: no crash, the screen goes on, and nothing is done that nobody confirmed by its word."""

import random
import time
from pathlib import Path

import pytest

from incidentui.core.events import ActionRequested
from tests.e2e.world import COMMAND, Place
from tests.faults import slow_push
from tests.faults.pty import Pty, leaks

BYTES: dict[str, bytes] = {
    "not UTF-8": b"\xff\xfe\xfd\x80",
    "latin-1": "café Größe".encode("latin-1"),
    "half a character": b"\xe2\x82",
    "old mouse": b"\x1b[M\xff\xff\xff\x1b[M !!",
    "old mouse, cut": b"\x1b[M\xff",
    "mouse far away": b"\x1b[<0;99999;99999M\x1b[<64;-1;-1M\x1b[<999999999999;1;1m",
    "paste of 1 MB": b"\x1b[200~" + b"rxmain\r" * 150_000 + b"\x1b[201~",
    "paste without end": b"\x1b[200~" + b"main\r" * 1_000,
    "end of no paste": b"\x1b[201~\x1b[201~",
    "endless CSI": b"\x1b[" + b"1;" * 50_000,
    "endless OSC": b"\x1b]52;c;" + b"A" * 100_000,
    "endless DCS": b"\x1bP" + b"q" * 100_000,
    "colour replies": b"\x1b]11;rgb:0000/0000/0000\x1b\\" * 2_000,
    "NUL": b"\x00" * 100,
    "lone ESC": b"\x1b",
    "many ESC": b"\x1b" * 2_000,
    "1 MB of text": b"xmain\r" * 170_000,
    "every byte": bytes(range(256)) * 4,
}
KEYS = [
    *"abcdefghijklmnoprstuvwxyzABCDEFGHJKLMNOPRSTUVWXYZ0123456789!?/:.,;[]@<>-+= äß✓",
    "\r", "\r", "\t", "\x1b", "\x7f", "\x03", "\x04", "\x10", "\x15", "\x17", "\x0b", "\x1b[A", "\x1b[B", "\x1b[C",
    "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[Z", "\x1b[3~", "\x1bOP", "\x1b[1;5C", "\x1b[<0;20;12M",
    "\x1b[<0;20;12m", "\x1b[<64;30;15M", "\x1b[<65;30;15M", "\x1b[I", "\x1b[O",
]  # fmt: skip
"""Every key but `q`, which would leave: that is no danger, and would end the test."""
SCREENS = {"main": "", "commit": "3\r", "plan": "3ga", "runbooks": "r", "event": "1\r", "help": "?", "zoom": "3z"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path, 0)


def nothing_done(place: Place, before: tuple[str, str]) -> None:
    asked = [r.event for r in place.records() if isinstance(r.event, ActionRequested)]
    assert [event for event in asked if event.plan.changes] == []
    assert (slow_push.tip(place), slow_push.run(["rev-parse", "HEAD"], place.root)) == before
    place.whole()


def stands(place: Place) -> tuple[str, str]:
    return slow_push.tip(place), slow_push.run(["rev-parse", "HEAD"], place.root)


@pytest.mark.slow
@pytest.mark.req("F24")
def test_bytes_that_are_no_keys(place: Place) -> None:
    before = stands(place)
    with Pty([COMMAND, str(place.root)], place.root, place.env()) as screen:
        slow_push.live(screen)
        for name, data in BYTES.items():
            screen.write(data, 60)
            if name in ("paste without end", "endless OSC", "endless DCS"):
                screen.write(b"\x1b[201~\x07\x1b\\")
            screen.rest(0.3, 5)
            assert screen.process.poll() is None, name
            time.sleep(1.1)  # a flood is dropped for the rest of its second
            screen.press("\x1b", "\x1b", "\x1b", gap_s=0.15)
            screen.size(121, 40)  # the emulator too begins anew
            screen.size(120, 40)
            screen.press("?", gap_s=0.3)
            screen.see("(?i)keys", 10)
            screen.press("\x1b", "\x1b", gap_s=0.15)
        assert leaks(bytes(screen.raw)) == []
        screen.press("q", "q", gap_s=0.2)
        assert screen.end() == 0
        assert screen.unrestored() == []
    nothing_done(place, before)


def hammer(place: Place, seed: int, count: int, opening: str) -> None:
    chance = random.Random(seed)
    with Pty([COMMAND, str(place.root)], place.root, place.env()) as screen:
        slow_push.live(screen)
        screen.rest(0.3, 2)
        screen.press(*opening, gap_s=0.3)
        for _ in range(count):
            screen.write(chance.choice(KEYS).encode())
            screen.read(0.002)
            assert screen.process.poll() is None, (seed, screen.text)
        screen.rest(0.3, 10)
        screen.write(b"\x1b[201~")
        time.sleep(1.0)  # what was begun and never ended is over by then
        for _ in range(8):
            screen.press("\x1b", gap_s=0.15)
        screen.press("?", gap_s=0.3)
        screen.see("(?i)keys", 10)
        screen.process.terminate()
        assert screen.end() == 143, seed
        assert screen.unrestored() == []


@pytest.mark.slow
@pytest.mark.req("F24")
def test_a_thousand_random_keys(place: Place) -> None:
    before = stands(place)
    for seed, opening in ((1, SCREENS["main"]), (2, SCREENS["plan"])):
        hammer(place, seed, 500, opening)
    nothing_done(place, before)


@pytest.mark.soak
@pytest.mark.req("F24")
@pytest.mark.parametrize("name", SCREENS)
def test_ten_thousand_random_keys(place: Place, name: str) -> None:
    before = stands(place)
    hammer(place, 100 + list(SCREENS).index(name), 10_000, SCREENS[name])
    nothing_done(place, before)


@pytest.mark.slow
@pytest.mark.req("F24")
@pytest.mark.parametrize("bracketed", [True, False], ids=["bracketed", "plain"])
def test_a_pasted_word_runs_nothing(place: Place, bracketed: bool) -> None:
    """The worst paste there is: on the plan, at its word, ending with enter."""
    before = stands(place)
    with Pty([COMMAND, str(place.root)], place.root, place.env()) as screen:
        slow_push.open_plan(screen)
        for _ in range(50):
            screen.write(b"\x1b[200~main\r\x1b[201~" if bracketed else b"main\r")
            screen.rest(0.05, 0.3)
        screen.process.terminate()
        assert screen.end() == 143
    nothing_done(place, before)
