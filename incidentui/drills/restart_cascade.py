"""The drill `restart-cascade`: a sound deploy restarts everything; five old faults come to light, one behind another.

For weeks the programs held in memory what the disk no longer says: the port in the tunnel's file, the folder that was
mounted into the backend, the agent's configuration, the code in the image. The restart reads the disk. The tunnel leads
nowhere; behind that no captures are mounted; behind that the agent's volume is empty; its backup has another token, so
the agent connects and is thrown out; and once it is let in, the old image sends what the agent refuses. Neither the
restart nor the two commits are the cause, and taking them back heals nothing.
"""

import json
import shutil
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from incidentui.drills import history
from incidentui.drills.scenario import Layer, Original, Program, Request, Scenario, Told, Written

MARTA = "Marta Quist <marta@lab.invalid>"
DEVIN = "Devin Okoro <devin@lab.invalid>"
YLVA = "Ylva Strand <ylva@lab.invalid>"

MINUTE = 60_000
PAST = (
    Written(MARTA, "Captures over HTTP: the list", 400.1),
    Written(DEVIN, "The page of the lab, and how many captures there are", 391.6),
    Written(MARTA, "An agent at the far end connects and waits for work", 352.4),
    Written(MARTA, "Agents say a token; what runs is told", 303.0),
    Written(YLVA, "The tunnel to the lab is a program of its own", 290.7),
    Written(DEVIN, "A new capture, asked of the agent", 241.5),
    Written(DEVIN, "The modem needs tftp.ipv6, empty or not", 167.2),
    Written(YLVA, "Runbooks for each part of the lab", 70.8),
    Written(MARTA, "Checks for captures, tunnel and agent; README says how a deploy is made", 21.3),
)
BREAKING = (
    Written(DEVIN, "Live monitoring: a capture every five seconds"),
    Written(DEVIN, "Live monitoring reads the mounted captures"),
)
IN_THE_IMAGE = 6
"""The commit that the image was built from, weeks ago. The fix of the next one was only ever in the running program."""
PARTS = ("backend", "agent", "tunnel")
RUNBOOKS = (
    "lead-the-tunnel",
    "mount-the-captures",
    "restore-the-agent",
    "give-the-token",
    "build-the-image",
)
_SINCE = {
    "README.md": 1,
    "backend/main.py": 1,
    "agent/main.py": 3,
    "tunnel/main.py": 5,
    **{f"ops/{name}.sh": 8 for name in RUNBOOKS},
    **{f"runbooks/{name}.md": 8 for name in (*RUNBOOKS, "restart-everything")},
    "incidentui.toml": 9,
}
TOKEN, OLD_TOKEN = "dev-token-change-in-production", "dev-token"  # as they really were
CAPTURES = ("us-1.bin", "us-2.bin", "us-3.bin", "us-4.bin")


def tree(n: int) -> dict[str, str]:
    return history.tagged("lab", _SINCE, n)


def furnish(root: Path, marks: Mapping[str, str]) -> None:
    """What lies on the server beside the deployed code, as the programs found it when they were last started."""
    lab = beside_the_code(root)
    for folder in ("mounts", "tftpboot", "volumes/agent", "backup"):
        (lab / folder).mkdir(parents=True)
    for number, name in enumerate(CAPTURES, 1):
        (lab / "tftpboot" / name).write_bytes(bytes([number]) * 48)
    (lab / "mounts" / "captures").symlink_to("../tftpboot")
    write(lab / "tunnel.json", {"listen": int(marks["FRONT"]), "to": int(marks["BACKEND"])})
    write(lab / "volumes" / "agent" / "agent.json", {"name": "lab-1", "auth_token": TOKEN})
    write(lab / "backup" / "agent.json", {"name": "lab-1", "auth_token": OLD_TOKEN})
    mounted = str(lab / "mounts" / "captures")
    write(lab / "backend.json", {"port": int(marks["BACKEND"]), "captures": mounted, "agent_token": TOKEN})
    build(root, "main")


def beside_the_code(root: Path) -> Path:
    """The folder of settings, which lies in the checkout and in no commit; `lab` in the sandbox leads there."""
    work = root / "work"
    (work / ".git" / "info").mkdir(exist_ok=True)
    (work / ".git" / "info" / "exclude").write_text("/lab/\n", encoding="utf-8")
    (work / "lab").mkdir()
    (root / "lab").symlink_to("work/lab")
    return root / "lab"


def rot(root: Path, marks: Mapping[str, str]) -> None:
    """What became of it since, which no running program reads again. Doing it twice changes nothing more."""
    lab = root / "lab"
    write(lab / "tunnel.json", {"listen": int(marks["FRONT"]), "to": int(marks["RETIRED"])})
    (lab / "mounts" / "captures").unlink(missing_ok=True)
    shutil.rmtree(lab / "volumes" / "agent")
    (lab / "volumes" / "agent").mkdir()
    build(root, f"main~{len(PAST) - IN_THE_IMAGE}")


def write(path: Path, value: object) -> None:
    """A value as a file of JSON."""
    path.write_text(json.dumps(value) + "\n", encoding="utf-8")


def build(root: Path, revision: str) -> str:
    """The image, from a commit of the past, which it returns."""
    remote, image = root / "remote.git", root / "lab" / "image"
    for part in PARTS:
        (image / part).mkdir(parents=True, exist_ok=True)
        text = history.git(["show", f"{revision}:{part}/main.py"], remote)
        (image / part / "main.py").write_text(f"{text}\n", encoding="utf-8")
    commit = history.git(["rev-parse", revision], remote)
    (image / "REV").write_text(f"{commit}\n", encoding="utf-8")
    return commit


def captures(root: Path, port: int) -> bool:
    """Whether a person gets a new capture."""
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("POST", "/api/capture", headers={"X-Rehearsal": "1"})
        answer = connection.getresponse()
        return answer.status == 200 and json.loads(answer.read()).get("samples") == 48
    except (OSError, HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


SCENARIO = Scenario(
    name="restart-cascade",
    about="a deploy restarts everything, and the lab is gone",
    learns="take one thing after another out of the way, and see by each what stands behind it",
    minutes=(10, 25),
    debrief=(
        "None of it came with the deploy. The restart read what the disk had said for weeks: the tunnel's port, a "
        "mount that was not there, an empty volume, an old token, an old image."
    ),
    goal="People must get captures again, on the code of main; then close the incident.",
    data="lab",
    responder="Noor Haddad <noor@lab.invalid>",
    past=PAST,
    breaking=BREAKING,
    pushes=((2,), (1, 1)),
    tree=tree,
    ports=("front", "backend", "retired"),
    silent=("retired",),
    programs=(
        Program("backend", ("@ROOT@/lab/image/backend/main.py",)),
        Program("tunnel", ("@ROOT@/lab/image/tunnel/main.py",)),
        Program("agent", ("@ROOT@/lab/image/agent/main.py",)),
    ),
    environment={
        "LAB_BACKEND": "@ROOT@/lab/backend.json",
        "LAB_TUNNEL": "@ROOT@/lab/tunnel.json",
        "LAB_AGENT": "@ROOT@/lab/volumes/agent/agent.json",
        "LAB_WAY_IN": "@FRONT@",
        "LAB_REQUESTS": "@ROOT@/log/requests.log",
    },
    healthy=(
        Request("front", "/", says="<!doctype html>.*Upstream lab"),
        Request("front", "/api/captures", says=r'\{"status": "ok", "count": 4'),
        Request("front", "/api/about", says=r'\{"backend": "'),
    ),
    commands=True,
    visit=captures,
    requests="requests.log",
    furnish=furnish,
    rot=rot,
    forward=True,
    checkpoint=True,
    layers=(
        Layer("tunnel-port", "the tunnel's port", 15 * MINUTE),
        Layer("captures-there", "captures not mounted", 20 * MINUTE),
        Layer("agent-runs", "the agent's volume", 45 * MINUTE),
        Layer("agent-let-in", "its token", 60 * MINUTE),
        Layer("code-of-main", "code of weeks ago", 45 * MINUTE),
    ),
    left_out="recreating a container that ends with KeyError: 'ContainerConfig' (needs a container engine)",
    # Its record names the start and the time that each cause took.
    original=Original(
        heading="what happened to them, who restarted at 17:00",
        detect=Told("unknown", "17:00 a routine restart; the page was gone"),
        acknowledge=Told("unknown"),
        first_action=Told("unknown", "the tunnel's port; it took 15 minutes"),
        recover=Told(10_800_000, "about 3 hours, cause after cause"),
        wrong_turns="unknown",
        turns="builds of old code, several times",
        more=("None of it came with what they deployed: the feature worked.",),
    ),
)
