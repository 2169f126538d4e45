"""The drill `dead-backend` on a Docker engine: worker, front door, dashboard and database are containers.

The code that was deployed is mounted into them. The worker ends at its start and its engine tries again and again.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from incidentui.drills import dead_backend, engine, history, lab_in_docker
from incidentui.drills.scenario import marked

DATA = "ferry/docker"


def tree(n: int) -> dict[str, str]:
    found = dead_backend.tree(n)
    if "incidentui.toml" in found:
        found["incidentui.toml"] = history.data(DATA, "incidentui.toml")
    return found


def furnish(root: Path, marks: Mapping[str, str]) -> None:
    host, name = marks["ENGINE"], marks["NAME"]
    file = root / "docker-compose.yml"
    file.write_text(marked(history.data(DATA, "docker-compose.yml"), marks), encoding="utf-8")
    engine.import_python(host, name)
    engine.docker(host, ["network", "create", "--label", f"{engine.LABEL}={name}", name])
    lab_in_docker.up(root, host, name, file, "up.log")


SCENARIO = replace(
    dead_backend.SCENARIO,
    data=DATA,
    tree=tree,
    programs=(),
    environment={},
    furnish=furnish,
    asked=("front-door", "HTTP/1."),
)
