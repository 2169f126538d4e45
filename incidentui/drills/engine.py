"""The containers of a drill, by plain `docker` commands. All that belongs to a drill wears its label, and only that is
ever touched: containers, networks, volumes and images that are others' are not even listed.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence

from incidentui.core.value import dataclass
from incidentui.drills import python_image
from incidentui.drills.history import SandboxError

LABEL = "incidentui.drill"
PYTHON = "incidentui-drill/python"
WITHOUT = "or run the drill with --no-docker"
_LONG_S = 120.0
_ROUNDS = 6


def docker(host: str, argv: Sequence[str], *, stdin: bytes | None = None, within_s: float = _LONG_S) -> str:
    """One docker command at this engine; raises when it fails."""
    env = {name: value for name, value in os.environ.items() if name not in ("DOCKER_CONTEXT", "DOCKER_HOST")}
    command = ["docker", "--host", host, *argv]
    try:
        done = subprocess.run(command, env=env, input=stdin, capture_output=True, timeout=within_s, check=False)
    except subprocess.TimeoutExpired:
        raise SandboxError(f"docker {argv[0]}", f"the engine at {host} did not answer within {within_s:g} s") from None
    except OSError as error:
        raise SandboxError(f"docker {argv[0]}", error.strerror or "it cannot be started") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SandboxError(f"docker {argv[0]}", said[-1] if said else f"exit {done.returncode}")
    return done.stdout.decode(errors="replace").strip()


def local() -> str:
    """The address of the engine that the docker command means. It must be on this machine, and able to run a drill;
    else SandboxError says what is missing.
    """
    if shutil.which("docker") is None:
        raise SandboxError("no docker command is here", f"install Docker, {WITHOUT}")
    if why := python_image.why_not():
        raise SandboxError("no image for the containers can be made here", why)
    host = os.environ.get("DOCKER_HOST") or _of_context()
    if not host.startswith("unix://"):
        told = f"its engine is elsewhere ({host}), and the drill's folders and ports are on this machine"
        raise SandboxError("the docker command leads away", f"{told}; set DOCKER_HOST to an engine here, {WITHOUT}")
    try:
        system = docker(host, ["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"], within_s=10)
    except SandboxError as error:
        what = f"no Docker engine answers at {host}"
        raise SandboxError(what, f"{error.why}; start it or get the right to use it, {WITHOUT}") from None
    if not system.startswith("linux/"):
        raise SandboxError(f"the engine at {host} runs {system}", f"the drill's image is of Linux: {WITHOUT}")
    return host


def _of_context() -> str:
    done = subprocess.run(
        ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    if done.returncode:
        raise SandboxError("the docker command knows no engine", f"see docker context ls, {WITHOUT}")
    return done.stdout.strip()


def import_python(host: str, name: str) -> str:
    """The image on which a drill's others stand; whatever is made of it wears the label too."""
    image = f"{PYTHON}:{name}"
    changes = [f"LABEL {LABEL}={name}", "ENV PYTHONHOME=/usr PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1"]
    options = [word for change in changes for word in ("--change", change)]
    docker(host, ["import", *options, "-", image], stdin=python_image.tar())
    return image


def log(host: str, name: str, service: str, within_s: float = 10) -> str:
    """What a container of the drill wrote so far; empty while it is not there, and when nobody answers in time."""
    wanted = ["--filter", f"label={LABEL}={name}", "--filter", f"label=com.docker.compose.service={service}"]
    try:
        found = docker(host, ["ps", "-q", *wanted], within_s=within_s).split()
        return _both(host, found[0], within_s) if found else ""
    except SandboxError:
        return ""


def _both(host: str, ident: str, within_s: float) -> str:
    """A container writes to two streams, and docker hands on both."""
    argv = ["docker", "--host", host, "logs", "--tail", "200", ident]
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=within_s, check=False)
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout.decode(errors="replace")


# -- what is left of a drill


@dataclass(frozen=True, slots=True)
class Left:
    """By their ids or names."""

    containers: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.containers or self.volumes or self.networks or self.images)


_LISTS = {
    "containers": ("ps", "-aq", "--no-trunc"),
    "volumes": ("volume", "ls", "-q"),
    "networks": ("network", "ls", "-q", "--no-trunc"),
    "images": ("image", "ls", "-aq", "--no-trunc"),
}


def left(host: str, name: str, within_s: float = 20.0) -> Left:
    """What the engine has of the drill of this name."""
    wanted = ("--filter", f"label={LABEL}={name}")
    found = {
        kind: tuple(dict.fromkeys(docker(host, [*argv, *wanted], within_s=within_s).split()))
        for kind, argv in _LISTS.items()
    }
    return Left(**found)


def take_down(host: str, name: str) -> None:
    """Remove all of it. A command that was under way may still make something: looked again until nothing is there."""
    for _ in range(_ROUNDS):
        found = left(host, name)
        if not found:
            return
        _remove(host, ("rm", "-f", "-v"), found.containers)
        _remove(host, ("network", "rm"), found.networks)
        _remove(host, ("volume", "rm", "-f"), found.volumes)
        _remove(host, ("image", "rm", "-f"), found.images)
        time.sleep(0.2)
    if found := left(host, name):
        said = ", ".join(f"{len(ids)} {kind}" for kind in _LISTS if (ids := getattr(found, kind)))
        raise SandboxError(f"{said} of {name} could not be removed", f"docker ps -a --filter label={LABEL}={name}")


def _remove(host: str, argv: Sequence[str], what: Sequence[str]) -> None:
    for each in what:
        try:
            docker(host, [*argv, each])
        except SandboxError:
            continue  # gone already, or held by what goes in the next round
