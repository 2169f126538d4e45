"""The program's own `main` in a process that is forked for each command from one that has imported it already.

For sweeps over thousands of states, where starting Python would take nine tenths of the time.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

SERVER = """
import importlib, json, os, sys
from incidentui.__main__ import main
for name in ("events", "journal", "note", "journal_access", "main", "output"):
    importlib.import_module("incidentui.cli." + name)
for name in ("sqlite", "verify", "single", "transaction", "aside"):
    importlib.import_module("incidentui.edge.store." + name)

def run(argv, places):
    for handle, place in enumerate(places):
        os.dup2(os.open(place, os.O_RDONLY if handle == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), handle)
    sys.argv = ["incidentui", *argv]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        run(**asked)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Warm:
    """`aside` is a folder for what the commands print. The environment is what they all get."""

    def __init__(self, project: Path, env: Mapping[str, str], aside: Path) -> None:
        self._out, self._err = str(aside / "warm.out"), str(aside / "warm.err")
        command = [sys.executable, "-P", "-c", SERVER]
        self._server = subprocess.Popen(
            command, cwd=project, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.kill()
        self._server.communicate()

    def run(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        assert self._server.stdin
        assert self._server.stdout
        asked = {"argv": argv, "places": ["/dev/null", self._out, self._err]}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        return subprocess.CompletedProcess(argv, code, Path(self._out).read_text(), Path(self._err).read_text())
