"""The engine's library is loaded on first use, by whichever of several engines comes first: in a fresh process."""

import subprocess
import sys

TWO_AT_ONCE = """
import asyncio
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import EngineLost

async def said(engine):
    try:
        await engine.workloads()
    except EngineLost as lost:
        return str(lost)

async def main():
    engines = [DockerEngine(None, "unix:///nowhere/docker.sock") for _ in range(4)]
    print("\\n".join(await asyncio.gather(*map(said, engines))))

asyncio.run(main())
"""


def test_engines_that_are_asked_at_once_say_what_is_wrong_with_each() -> None:
    done = subprocess.run([sys.executable, "-c", TWO_AT_ONCE], capture_output=True, text=True, check=True, timeout=60)
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert [line for line in lines if "no socket there" not in line] == []
