"""The drill `restart-cascade` on a Docker engine: six faults that a routine restart uncovers, one behind another.

The containers were made weeks ago; the compose file has been changed since, and nobody has applied it. They run all the
same, so all is green. A deploy restarts everything:

1. the tunnel reads its file and leads to a port that nobody publishes;
2. the captures were copied into memory of the running container: a restart forgets them, and the mount that the compose
   file declares is not there, for a restart mounts nothing;
3. applying the compose file ends with `KeyError: 'ContainerConfig'`, and leaves the old container stopped and renamed;
4. made anew, the agent gets a volume of another name, which is empty: it ends at its start, again and again;
5. the backup of its configuration has another token: it connects, and is thrown out;
6. the image that the tag names by now was built from code of weeks ago, uncommitted, by its own label.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

from incidentui.drills import engine, history, restart_cascade
from incidentui.drills.history import SandboxError
from incidentui.drills.restart_cascade import CAPTURES, IN_THE_IMAGE, OLD_TOKEN, PARTS, PAST, TOKEN
from incidentui.drills.scenario import Layer, Program, marked

DATA = "lab/docker"
RUNBOOKS = (
    "lead-the-tunnel",
    "apply-the-compose-file",
    "take-away-what-is-left",
    "restore-the-agent",
    "give-the-token",
    "build-the-image",
)
_OWN = {
    **{f"ops/{name}.sh": 8 for name in (*RUNBOOKS, "token-of-the-agent", "deploy-anew")},
    **{f"runbooks/{name}.md": 8 for name in (*RUNBOOKS, "restart-everything")},
    "incidentui.toml": 9,
}
_SHARED = {"README.md": 1, **{f"{part}/main.py": n for part, n in zip(PARTS, (1, 3, 5), strict=True)}}
IMAGE = "incidentui-drill/lab"
REVISION = "org.opencontainers.image.revision"
BY_HAND = '{"Config":{}}'
"""What the image of the first containers says of itself: less than the tool that makes containers anew asks for."""
BY_SCRIPT = '{"ContainerConfig":{}}'
COPY_IN = """
import os
os.makedirs("/captures/upstream")
for number, name in enumerate({names!r}, 1):
    with open(f"/captures/upstream/{{name}}", "wb") as file:
        file.write(bytes([number]) * 48)
"""


def tree(n: int) -> dict[str, str]:
    return history.tagged("lab", _SHARED, n) | history.tagged(DATA, _OWN, n)


def furnish(root: Path, marks: Mapping[str, str]) -> None:
    """The server as it was left: containers of weeks ago that run well, and what has become of their files since."""
    lab, host, name = restart_cascade.beside_the_code(root), marks["ENGINE"], marks["NAME"]
    for folder in ("tftpboot/upstream", "backup"):
        (lab / folder).mkdir(parents=True)
    for number, file in enumerate(CAPTURES, 1):
        (lab / "tftpboot" / "upstream" / file).write_bytes(bytes([number]) * 48)
    _settings(lab, marks)
    engine.import_python(host, name)
    engine.docker(host, ["network", "create", "--label", f"{engine.LABEL}={name}", name])
    build(root, marks, "main", BY_HAND)
    _made_by_hand(root, marks)
    build(root, marks, f"main~{len(PAST) - IN_THE_IMAGE}", BY_SCRIPT)
    _compose_file(lab, marks, "docker-compose.yml")
    (lab / "up.started").touch()


def _settings(lab: Path, marks: Mapping[str, str]) -> None:
    tunnel = {"listen": int(marks["FRONT"]), "to": int(marks["BACKEND"])}
    restart_cascade.write(lab / "tunnel.json", tunnel)
    backend = {"port": 8000, "captures": "/captures/upstream", "agent_token": TOKEN}
    restart_cascade.write(lab / "backend.json", backend)
    restart_cascade.write(lab / "backup" / "agent.json", {"name": "lab-1", "auth_token": OLD_TOKEN})


def _compose_file(lab: Path, marks: Mapping[str, str], name: str) -> None:
    text = marked(history.data(DATA, name), marks)
    (lab / "docker-compose.yml").write_text(text, encoding="utf-8")


def _made_by_hand(root: Path, marks: Mapping[str, str]) -> None:
    """The first containers; the captures are copied into the one, its configuration into the other."""
    lab, host, name = root / "lab", marks["ENGINE"], marks["NAME"]
    _compose_file(lab, marks, "docker-compose.before.yml")
    up(root, host, name, lab / "docker-compose.yml", "up.log")
    engine.docker(host, ["exec", f"{name}-backend-1", "python3", "-c", COPY_IN.format(names=CAPTURES)])
    given = lab / "agent.json"
    restart_cascade.write(given, {"name": "lab-1", "auth_token": TOKEN})
    engine.docker(host, ["cp", str(given), f"{name}-agent-1:/config/agent.json"])
    given.unlink()


def up(root: Path, host: str, name: str, file: Path, log: str) -> None:
    """Make what a compose file declares, by the tool that the drills' own scripts use."""
    with as_file(files("incidentui.drills") / "services" / "up.py") as tool:
        argv = [sys.executable, "-P", str(tool), str(file), name]
        env = {**os.environ, "DOCKER_HOST": host}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    (root / "log" / log).write_text(done.stderr, encoding="utf-8")
    if done.returncode:
        raise SandboxError("the containers", done.stderr.strip()[-300:])


def build(root: Path, marks: Mapping[str, str], revision: str, says: str) -> None:
    """The image, from a commit of the past; that of an old one was built with work that was never committed."""
    host, name = marks["ENGINE"], marks["NAME"]
    commit = restart_cascade.build(root, revision)
    dirty = "" if revision == "main" else "-dirty"
    made = engine.docker(host, ["create", f"{engine.PYTHON}:{name}", "python3"])
    engine.docker(host, ["cp", f"{root}/lab/image/.", f"{made}:/app"])
    changes = ["--change", f"LABEL {REVISION}={commit}{dirty}", "--change", f"LABEL lab.image='{says}'"]
    engine.docker(host, ["commit", *changes, made, f"{IMAGE}:{name}"])
    engine.docker(host, ["rm", made])


def rot(root: Path, marks: Mapping[str, str]) -> None:
    """What else became of it, which only a restart reads."""
    tunnel = {"listen": int(marks["FRONT"]), "to": int(marks["RETIRED"])}
    restart_cascade.write(root / "lab" / "tunnel.json", tunnel)


_FIVE = restart_cascade.SCENARIO.layers
LAYERS = (*_FIVE[:2], Layer("last-recreate", "the recreate that fails", 30 * restart_cascade.MINUTE), *_FIVE[2:])
SCENARIO = replace(
    restart_cascade.SCENARIO,
    minutes=(15, 40),
    debrief=(
        "None of it came with the deploy. The restart read what disk and engine had said for weeks: the tunnel's port, "
        "a mount that no restart makes, a tool that cannot recreate, a new and empty volume, an old token, and an "
        "old image."
    ),
    layers=LAYERS,
    data=DATA,
    tree=tree,
    programs=(Program("tunnel", ("@DEPLOY@/tunnel/main.py",)),),
    environment={"LAB_TUNNEL": "@ROOT@/lab/tunnel.json"},
    furnish=furnish,
    rot=rot,
    asked=("backend", "HTTP/1."),
    unasked=True,
    left_out="",
)
