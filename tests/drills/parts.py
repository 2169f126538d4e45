"""What the tests of every drill need: its sandbox, built, running and taken down again, and what `prove` says of it."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from incidentui.drills import sandbox as sandboxes
from incidentui.drills.sandbox import Sandbox
from tests.drills.test_robot import PROGRAM, environment


def built(drill: str, seed: int = 1) -> Sandbox:
    made = sandboxes.new()
    sandboxes.build(made, drill, seed, int(time.time()))
    return made


@contextmanager
def removed(sandbox: Sandbox) -> Iterator[Sandbox]:
    try:
        yield sandbox
    finally:
        sandboxes.take_down(sandbox)
        sandboxes.remove(sandbox)


@contextmanager
def running(drill: str) -> Iterator[Sandbox]:
    with removed(built(drill)) as made:
        sandboxes.start(made)
        sandboxes.wait_green(made)
        yield made


def wait(seen: Callable[[], bool], what: str, within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < until, f"waited for: {what}"
        time.sleep(0.05)


def proven(drill: str, home: Path) -> list[str]:
    """The checks of its configuration of which `prove` caught every failure, in its order. It must end with 0."""
    with removed(built(drill)) as made:
        argv = [*PROGRAM, "--project", str(made.work), "prove"]
        done = subprocess.run(argv, env=environment(home), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    return [name for name, _ in re.findall(r"✓ (\S+) +sees (\d+) of \2 failures", done.stdout)]
