"""Hostile shell blocks, run by keys on the screen: a stated outcome, nothing left alive, no memory or terminal lost."""

import os
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import Place, until
from tests.faults import slow_push, steps
from tests.faults.pty import Pty, leaks
from tests.faults.table import record

PY = sys.executable
STOPPED, DONE = r"stopped after 1s$", r"^exit 0$"
LEFT = r"^exit 0; \d+ process(es)? it left behind ended$"
_DAEMON = "import os,time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\nos.chdir('/')\n"
_NAME = "import time\nopen('/proc/self/comm', 'w').write('a) Z 1 (')\n"
# Name: block, words of the outcome, time limit. N is a number that nobody else sleeps for.
STEPS: dict[str, tuple[str, str, str]] = {
    "hangs": ("sleep N", STOPPED, "1s"),
    "ignores TERM": ("trap '' TERM HUP; while :; do sleep N; done", STOPPED, "1s"),
    "ignores TERM, in Python": (f"{PY} -c 'import signal,time;signal.signal(15,1);time.sleep(N)'", STOPPED, "1s"),
    "child and hang": ("sleep N & sleep N", STOPPED, "1s"),
    "grandchildren and hang": ("sh -c 'sleep N & sh -c \"sleep N & sleep N\"'", STOPPED, "1s"),
    "child that stays": ("sleep N & exit 0", LEFT, "20s"),
    "grandchild that stays": ("(sleep N &)", LEFT, "20s"),
    "setsid child that stays": ("setsid sleep N & sleep 0.3", LEFT, "20s"),
    "setsid child and hang": ("setsid sleep N & sleep N", STOPPED, "1s"),
    "setsid twice": ("setsid sh -c 'setsid sleep N & sleep N' & sleep 0.3", LEFT, "20s"),
    "nohup": ("nohup setsid sleep N >/dev/null 2>&1 & sleep 0.3", LEFT, "20s"),
    "setsid that ignores TERM": ("setsid sh -c \"trap '' TERM; sleep N; sleep N\" & sleep N", STOPPED, "1s"),
    "clears the environment": ("env -i /bin/sleep N & sleep 0.3", LEFT, "20s"),
    "setsid, clears the environment, hang": ("setsid env -i /bin/sleep N & sleep N", STOPPED, "1s"),
    "takes its mark off": ("unset INCIDENTUI_STEP; setsid sleep N & sleep N", STOPPED, "1s"),
    "daemon": (f"{PY} -c \"{_DAEMON}os.closerange(0, 64)\ntime.sleep(N)\"; sleep 0.3", LEFT, "20s"),
    "daemon that keeps the pipe": (f"{PY} -c \"{_DAEMON}time.sleep(N)\"; sleep 0.3", LEFT, "20s"),
    "spawns when told to end": ("trap 'setsid sleep N &' TERM; while :; do sleep 0.1; done", STOPPED, "1s"),
    "spawns again and again": ("while :; do setsid sleep N & sleep 0.02; done", STOPPED, "1s"),
    "300 children": ("i=0; while [ $i -lt 300 ]; do sleep N & i=$((i+1)); done; sleep N", STOPPED, "1s"),
    "a hostile process name": (f'{PY} -c "{_NAME}time.sleep(N)" & sleep 1', LEFT, "20s"),
    "floods 1 GB": ("head -c 1000000000 /dev/zero", DONE, "100s"),
    "floods without end": ("yes N", STOPPED, "1s"),
    "floods standard error": ("head -c 100000000 /dev/zero >&2", DONE, "60s"),
    "floods after its end": ("yes N & exit 0", LEFT, "20s"),
    "one line of 100 MB": ("head -c 100000000 /dev/zero | tr '\\\\0' x", DONE, "60s"),
    "two million lines": ("seq 1 2000000", DONE, "60s"),
    "binary": ("head -c 100000 /dev/urandom", DONE, "20s"),
    "not UTF-8": ("printf '\\377\\376\\200\\n'", DONE, "20s"),
    "NUL": ("head -c 1000 /dev/zero", DONE, "20s"),
    "escape sequences": ("printf '\\033[2J\\033]0;x\\007\\033[?1049l\\033c\\033[?25h'", DONE, "20s"),
    "reads the terminal": ("read x </dev/tty", r"exit \d", "20s"),
    "writes on the terminal": ("echo pwned >/dev/tty", r"exit \d", "20s"),
    "sets the terminal": ("stty raw -echo </dev/tty", r"exit \d", "20s"),
    "asks for a password": (f"{PY} -c 'import getpass;getpass.getpass()'", r"exit 1$", "20s"),
    "reads its input": ("cat", DONE, "20s"),
    "asks and goes on": ("read x", r"exit 1$", "20s"),
    "git asks for a password": ("git -c credential.helper= ls-remote https://127.0.0.1:9/x", r"exit 128$", "20s"),
    "a pager": ("git -p log", DONE, "20s"),
    "closes its pipes and hangs": ("exec >&- 2>&-; sleep N", STOPPED, "1s"),
    "closes its pipes and ends": ("exec >&- 2>&-; exit 3", r"exit 3$", "20s"),
    "kills its parent": ("kill -9 $PPID; sleep N", r"ended by signal 9", "20s"),
    "kills its group": ("kill -9 0", r"ended by signal 9", "20s"),
    "kills itself": ("kill -9 $$", r"exit 137$", "20s"),
    "stops itself": ("kill -STOP $$", STOPPED, "1s"),
    "stops its parent": ("kill -STOP $PPID", STOPPED, "1s"),
    "its folder vanishes": ("d=$(mktemp -d); cd $d; rmdir $d; sleep N", STOPPED, "1s"),
    "not found": ("no-such-command-N", r"exit 127$", "20s"),
    "a syntax error": ("if", r"exit 2$", "20s"),
}  # fmt: skip
MOST_KB = 50_000
SAMPLE = ["ignores TERM", "setsid child that stays", "floods without end", "kills its parent", "reads the terminal"]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return steps.prepared(slow_push.build(tmp_path, 0))


@pytest.mark.slow
@pytest.mark.req("F34")
@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in SAMPLE else [pytest.mark.soak]) for n in STEPS])
def test_a_hostile_step(place: Place, name: str) -> None:
    block, words, within = STEPS[name]
    number = str(random.randrange(10**8, 10**9))
    steps.write(place, block.replace("N", number), within)
    assert place.run("trust").returncode == 0
    with steps.at_the_step(place) as screen:
        before = memory_kb(screen.process.pid, "VmRSS")
        steps.fire(screen)
        until(lambda: _over(screen, place), "an outcome", 120)
        outcome, left = steps.ended(place), alive(number)
        grown = memory_kb(screen.process.pid, "VmHWM") - before
        screen.rest(0.3, 2)
        screen.press("\x1b", "\x1b", "\x1b", "q", "q", gap_s=0.25)
        code = screen.end()
        lost = screen.unrestored() + leaks(bytes(screen.raw))
    assert outcome is not None
    right = re.search(words, outcome.why) is not None
    wrong, over = int(not right), int(grown > MOST_KB)
    record("7 hostile steps", cases=1, wrong=wrong, left_alive=len(left), terminal_lost=len(lost), too_much_memory=over)
    assert right, (outcome.outcome, outcome.why)
    assert (outcome.outcome == "done") == outcome.why.startswith("exit 0"), outcome
    assert left == []
    assert grown < MOST_KB
    assert lost == []
    assert code == 0


def _over(screen: Pty, place: Place) -> bool:
    screen.rest(0.05, 0.3)
    assert screen.process.poll() is None, "the screen is gone"
    return steps.ended(place) is not None


def alive(number: str) -> list[str]:
    """Command lines that hold the number, as the system lists them."""
    return [line for line in _command_lines() if number in line]


def _command_lines() -> Iterator[str]:
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                status = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()[0]
                line = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if status not in b"ZX":
                yield line


def memory_kb(pid: int, what: str) -> int:
    found = re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found.group(1))
