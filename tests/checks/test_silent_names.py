"""Names for which the resolver never answers: the installed program, whose every lookup of them hangs."""

import json
import os
import subprocess
from pathlib import Path

from tests.checks.servers import Server, always, serving
from tests.e2e.world import COMMAND

SILENT = """\
import socket, threading

_real = socket.getaddrinfo


def getaddrinfo(host, *args, **more):
    if isinstance(host, str) and host.endswith(".silent.test"):
        threading.Event().wait()
    return _real(host, *args, **more)


socket.getaddrinfo = getaddrinfo
"""
WORKERS = min(32, (os.cpu_count() or 1) + 4)
"""As many as the shared pool of a loop has."""


def config(server: Server) -> str:
    out = ["[project]", 'name = "quay"', "[[services]]", 'name = "api"']
    for n in range(WORKERS + 2):
        out += ["[[checks]]", f'name = "silent-{n}"', 'service = "api"', 'timeout = "500ms"']
        out += [f'url = "http://host-{n}.silent.test/health"']
    out += ["[[checks]]", 'name = "tunnel"', 'service = "api"', 'type = "tcp"', 'timeout = "500ms"']
    out += ['address = "tunnel.silent.test:22"']
    out += ["[[checks]]", 'name = "way"', 'service = "api"', 'type = "journey"', 'timeout = "500ms"']
    out += ['base_url = "http://way.silent.test"', "[[checks.steps]]", 'name = "in"', 'get = "/"']
    # By its name too: what hangs must not hold the lookups of others.
    out += ["[[checks]]", 'name = "good"', 'service = "api"', f'url = "http://localhost:{server.port}/health"']
    out += ["[[checks]]", 'name = "file"', 'service = "api"', 'type = "heartbeat"', 'file = "beat"', 'max_age = "1h"']
    return "\n".join(out) + "\n"


def test_a_resolver_that_never_answers_holds_neither_other_checks_nor_the_end(tmp_path: Path) -> None:
    root = tmp_path / "quay"
    root.mkdir()
    (tmp_path / "sitecustomize.py").write_text(SILENT)
    (root / "beat").write_text("now")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "INCIDENTUI_HOME": str(tmp_path / "home")}
    with serving(always()) as server:
        (root / "incidentui.toml").write_text(config(server))
        command = [COMMAND, "check", "--json"]
        # A limit that ends the test, not a bound on the time: before, it never came back.
        done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=30, check=False)
    checks = {c["name"]: (c["verdict"], c["why"]) for c in json.loads(done.stdout)["checks"]}
    assert checks.pop("good")[0] == "ok", done.stdout
    assert checks.pop("file")[0] == "ok"
    for name, (verdict, why) in checks.items():
        assert (verdict, ".silent.test" in why, "DNS does not answer for " in why) == ("unknown", True, True), name
    assert (done.returncode, done.stderr) == (4, "")
