"""The process that keeps a sandbox: starts Supervisor, pushes the breaking commit once somebody watches, ends it all.

`python -m incidentui.drills.keeper ROOT`. It is apart from the program, so a killed program changes nothing here.
"""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from incidentui.drills import history
from incidentui.drills.history import git
from incidentui.drills.sandbox import Sandbox, clone

LONGEST_S = 2 * 3600
CALM_S = (3.5, 5.0)
"""How long all is well after the first look of a responder."""


def main() -> None:
    sandbox = Sandbox(Path(sys.argv[1]))
    signal.signal(signal.SIGTERM, _end)
    argv = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(sandbox.conf), "-n"]
    supervisor = subprocess.Popen(argv, cwd=sandbox.root, stdout=subprocess.DEVNULL)
    until = time.monotonic() + LONGEST_S
    try:
        if not sandbox.broken and _seen_by_a_user(sandbox, supervisor, until):
            time.sleep(random.Random(sandbox.about.seed).uniform(*CALM_S))
            push_breaking(sandbox)
        supervisor.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        sys.stderr.write("two hours are over, the sandbox ends\n")
    finally:
        supervisor.terminate()
        supervisor.wait()


def _end(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _seen_by_a_user(sandbox: Sandbox, supervisor: "subprocess.Popen[bytes]", until: float) -> bool:
    """Wait for the first request at the front door."""
    log = sandbox.logs / "front-door.log"
    while time.monotonic() < until and supervisor.poll() is None:
        if log.exists() and log.stat().st_size:
            return True
        time.sleep(0.05)
    return False


def push_breaking(sandbox: Sandbox) -> str:
    """A colleague's push: 348 lines that end the worker at start. Returns its sha."""
    if not sandbox.colleague.exists():
        clone(sandbox, sandbox.colleague, "Tomasz Wrona", "tomasz@ferry.invalid")
    (sandbox.colleague / history.BREAKING_FILE).write_text(history.seatmap(broken=True), encoding="utf-8")
    git(["commit", "-q", "-a", "-m", history.BREAKING], sandbox.colleague)
    git(["push", "-q", "origin", "main"], sandbox.colleague)
    (sandbox.root / "pushed").touch()
    return git(["rev-parse", "HEAD"], sandbox.colleague)


if __name__ == "__main__":
    main()
