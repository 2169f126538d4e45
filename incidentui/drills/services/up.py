"""Makes what a compose file declares, by plain docker commands: `up.py FILE PROJECT [SERVICE…]`.

A container that is there is set aside, the volumes that its image asks for are carried over, and it goes once the new
one runs. What an image asks for is read from its label, where the build wrote down what the engine said of it. Knows
nothing of incidentui.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

ASKS_FOR = "lab.image"
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
# By which a real compose knows what it may take over; made by this tool, it is never just as declared for that one.
AS_COMPOSE = {f"com.docker.compose.{key}": value for key, value in (
    ("container-number", "1"), ("oneoff", "False"), ("version", "1.29.2"), ("config-hash", "0" * 64),
)}  # fmt: skip


def docker(*argv: str) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"up: docker {argv[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def say(words: str) -> None:
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    sys.stderr.write(f"{at}.{rest // 1_000_000:03d}Z up: {words}\n")


class Project:
    def __init__(self, file: str, name: str) -> None:
        with open(file, encoding="utf-8") as text:
            self.declared = yaml.load(text, Loader=yaml.BaseLoader)
        self.file, self.name = os.path.abspath(file), name

    def up(self, service: str) -> None:
        container = f"{self.name}-{service}-1"
        wanted = (f"label={PROJECT}={self.name}", f"label={SERVICE}={service}")
        old = docker("ps", "-aq", "--no-trunc", "--filter", wanted[0], "--filter", wanted[1]).split()
        carried: list[str] = []
        for ident in old:
            say(f"recreating {container}")
            set_aside(ident, container)
            carried += volumes_of(ident)
        docker("run", "-d", "--name", container, *self.options(service), *carried, *self.command(service))
        for ident in old:
            docker("rm", "-f", ident)
        say(f"{container} is up")

    def command(self, service: str) -> list[str]:
        wanted = self.declared["services"][service]
        return [wanted["image"], *shlex.split(wanted["command"])]

    def options(self, service: str) -> Iterator[str]:
        wanted, labels = self.declared["services"][service], self.declared.get("x-labels", {})
        made_from = {f"{PROJECT}.config_files": self.file, f"{PROJECT}.working_dir": os.path.dirname(self.file)}
        for key, value in {PROJECT: self.name, SERVICE: service, **AS_COMPOSE, **made_from, **labels}.items():
            yield from ("--label", f"{key}={value}")
        for key, value in wanted.get("environment", {}).items():
            yield from ("--env", f"{key}={value}")
        for port in wanted.get("ports", ()):
            yield from ("--publish", port)
        for path in wanted.get("tmpfs", ()):
            yield from ("--tmpfs", path)
        yield from self.mounts(wanted)
        yield from ("--network", self.name, "--network-alias", service, "--restart", wanted.get("restart", "no"))
        yield from ("--stop-signal", wanted.get("stop_signal", "SIGTERM"), "--security-opt", "label=disable")

    def mounts(self, wanted: Mapping[str, Any]) -> Iterator[str]:
        for mount in wanted.get("volumes", ()):
            source, _, rest = mount.partition(":")
            if not source.startswith("/"):
                source = f"{self.name}_{source}"
                labels = [f"{key}={value}" for key, value in self.declared.get("x-labels", {}).items()]
                docker("volume", "create", *(word for label in labels for word in ("--label", label)), source)
            yield from ("--volume", f"{source}:{rest}")


def set_aside(ident: str, container: str) -> None:
    aside = f"{ident[:12]}_{container}"
    if docker("inspect", "--format", "{{.Name}}", ident) != f"/{aside}":
        docker("rename", ident, aside)
    docker("stop", ident)


def volumes_of(ident: str) -> list[str]:
    """Options for the volumes that the image of a container asks for, with what is in them."""
    image = docker("inspect", "--format", "{{.Image}}", ident)
    label = docker("image", "inspect", "--format", f'{{{{index .Config.Labels "{ASKS_FOR}"}}}}', image)
    asked = json.loads(label or '{"ContainerConfig": {}}')["ContainerConfig"].get("Volumes") or {}
    mounts = json.loads(docker("inspect", "--format", "{{json .Mounts}}", ident))
    kept = [f"{mount['Name']}:{mount['Destination']}" for mount in mounts if mount["Destination"] in asked]
    return [word for mount in kept for word in ("--volume", mount)]


def main() -> None:
    project = Project(sys.argv[1], sys.argv[2])
    for service in sys.argv[3:] or project.declared["services"]:
        project.up(service)


if __name__ == "__main__":
    main()
