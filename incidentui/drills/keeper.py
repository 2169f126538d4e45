"""The process that keeps a sandbox: starts Supervisor, pushes what breaks once somebody watches, ends it all.

`python -m incidentui.drills.keeper ROOT`. It is apart from the program, so a killed program changes nothing here.
"""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from incidentui.drills import engine, history
from incidentui.drills.history import git
from incidentui.drills.sandbox import About, Sandbox, clone, marks

LONGEST_S = 2 * 3600
CALM_S = (3.5, 5.0)
"""How long all is well after the first look of a responder."""
APART_S = (0.5, 1.0)
"""From one push of the colleague to the next."""


def main() -> None:
    sandbox = Sandbox(Path(sys.argv[1]))
    signal.signal(signal.SIGTERM, _end)
    argv = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(sandbox.conf), "-n"]
    supervisor = subprocess.Popen(argv, cwd=sandbox.root, stdout=subprocess.DEVNULL)
    until = time.monotonic() + LONGEST_S
    try:
        if not sandbox.broken and _seen_by_a_user(sandbox, supervisor, until):
            chance = random.Random(sandbox.about.seed)
            time.sleep(chance.uniform(*CALM_S))
            push_breaking(sandbox, lambda: time.sleep(chance.uniform(*APART_S)))
        supervisor.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        sys.stderr.write("two hours are over, the sandbox ends\n")
    finally:
        supervisor.terminate()
        supervisor.wait()
        if host := sandbox.about.engine:
            engine.take_down(host, sandbox.root.name)


def _end(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _seen_by_a_user(sandbox: Sandbox, supervisor: "subprocess.Popen[bytes]", until: float) -> bool:
    """Wait for the first request of a user."""
    about, log = sandbox.about, sandbox.logs / sandbox.about.scenario.requests
    while time.monotonic() < until and supervisor.poll() is None:
        if about.scenario.asked is not None and about.engine:
            service, words = about.scenario.asked
            if words in engine.log(about.engine, sandbox.root.name, service):
                return True
            time.sleep(0.3)
        elif log.exists() and log.stat().st_size:
            return True
        time.sleep(0.05)
    return False


def push_breaking(sandbox: Sandbox, pause: Callable[[], None] = lambda: None) -> str:
    """A colleague's pushes, with pauses between them. Returns the sha of the remote's tip afterwards."""
    about = sandbox.about
    if not sandbox.colleague.exists():
        clone(sandbox, sandbox.colleague, about.scenario.breaking[0].author)
    if about.scenario.rot is not None and git(["rev-parse", "main"], sandbox.remote) == about.good:
        about.scenario.rot(sandbox.root, marks(sandbox, about.ports, about.engine))
    upto = 0
    for size in random.Random(about.seed).choice(about.scenario.pushes):
        upto += size
        if upto > size:
            pause()
        _push(sandbox, about, upto)
    (sandbox.root / "pushed").touch()
    return git(["rev-parse", "main"], sandbox.remote)


def _push(sandbox: Sandbox, about: About, upto: int) -> None:
    """One push, up to that many breaking commits: from where the remote stands, should a keeper have been killed."""
    place, scenario, there = sandbox.colleague, about.scenario, _there(sandbox, about)
    if there is None or there >= upto:
        return
    git(["reset", "-q", "--hard", "origin/main"], place)
    for n in range(there + 1, upto + 1):
        history.commit(place, scenario, len(scenario.past) + n, marks(sandbox, about.ports, about.engine))
    git(["push", "-q", "origin", "main"], place)


def _there(sandbox: Sandbox, about: About) -> int | None:
    """How many breaking commits the remote has; None once somebody else pushed: on top of that nobody breaks more."""
    git(["fetch", "-q", "origin"], sandbox.colleague)
    told = git(["log", "--reverse", "--format=%s", f"{about.good}..origin/main"], sandbox.colleague).splitlines()
    ours = [written.subject for written in about.scenario.breaking[: len(told)]]
    return len(told) if told == ours else None


if __name__ == "__main__":
    main()
