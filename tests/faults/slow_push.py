"""A plain repository whose remote takes its time to accept a push: an action that can be met while it runs."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.world import Place, until
from tests.faults.pty import Pty

_PLAIN = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


def run(args: Sequence[str], top: Path) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | _PLAIN
    argv = ["git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", *args]
    return subprocess.run(argv, cwd=top, env=env, capture_output=True, text=True, check=True).stdout.strip()


def build(base: Path, seconds: float = 3) -> Place:
    remote, work = base / "remote.git", base / "work"
    run(["init", "-q", "--bare", "-b", "main", "--template=", str(remote)], base)
    work.mkdir()
    run(["init", "-q", "-b", "main", "--template=", "."], work)
    for key, value in (("user.name", "t"), ("user.email", "t@t.invalid"), ("commit.gpgsign", "false")):
        run(["config", key, value], work)
    for n in range(4):
        (work / "file").write_text(f"{n}\n")
        run(["add", "file"], work)
        run(["commit", "-q", "-m", f"change {n}"], work)
    run(["remote", "add", "origin", str(remote)], work)
    run(["push", "-q", "-u", "origin", "main"], work)
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n: > {base}/pushing\nsleep {seconds}\n")
    hook.chmod(0o755)
    return Place(work, base / "home")


def tip(place: Place) -> str:
    return run(["rev-parse", "main"], place.root.parent / "remote.git")


def live(screen: Pty) -> None:
    """The screen stands and takes keys: those of its first moments were meant for the shell."""
    screen.see("change 3")
    screen.see(r"\? help")


def open_plan(screen: Pty) -> None:
    """The plan that takes back the newest commit, at its word."""
    live(screen)
    screen.press("3", "g", "a", gap_s=0.2)
    screen.see("CHOOSE")
    screen.press("1")
    screen.see("type the branch to run it")
    screen.rest(0.4, 1)  # a fresh plan is deaf for a moment
    screen.press("x")
    screen.see("4 letters missing")


def start_action(screen: Pty, place: Place) -> None:
    """By keys alone; returns when the push is under way."""
    open_plan(screen)
    screen.press(*"main")
    screen.see("enter runs it")
    screen.press("\r")
    until((place.root.parent / "pushing").exists, "the push")
