"""The compose that is installed, as the program finds it. Versions 1 and 2 differ in names and in what they leave."""

import os
import shutil
import subprocess
from pathlib import Path


def _tool() -> tuple[str, ...]:
    if shutil.which("docker"):
        done = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False, timeout=20)
        if done.returncode == 0:
            return "docker", "compose"
    return ("docker-compose",) if shutil.which("docker-compose") else ()


TOOL = _tool()
CALLED = " ".join(TOOL)


def _first() -> bool:
    done = subprocess.run([*TOOL, "version", "--short"], capture_output=True, check=False, timeout=20)
    return done.stdout.startswith(b"1.")


VERSION_1 = TOOL == ("docker-compose",) and _first()


def container(service: str, project: str = "ferry") -> str:
    return f"{project}_{service}_1" if VERSION_1 else f"{project}-{service}-1"


def compose(folder: Path, url: str, *argv: str) -> None:
    """For the project ferry of a folder. Fails with what it said."""
    command = [*TOOL, "-p", "ferry", *argv]
    env = {**os.environ, "DOCKER_HOST": url}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
