"""What a test needs of the machine. Missing on somebody's laptop it is skipped; in CI a missing part is a failure."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest


def missing(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{why}; in CI nothing is skipped")
    pytest.skip(why)


def need(program: str) -> None:
    if shutil.which(program) is None:
        missing(f"{program} is not installed")


def mount(*argv: str | Path) -> None:
    """`mount` with these arguments; the caller unmounts."""
    refused = os.geteuid() != 0 or shutil.which("mount") is None
    if refused or subprocess.run(["mount", *argv], capture_output=True, check=False).returncode:
        missing("a disk of its own needs the right to mount")
