"""Compose files of a collection on a real engine: is drift computed, and the blast radius of each service?

    python -m bench.compose_files OWNER/NAME PLACE [--all]

PLACE is a folder or a bare git directory; nothing of it is kept. Of its compose files those are taken whose SHA-1 of
`OWNER/NAME:PATH` can be divided by three. Their images are stood in for by one small image under every name that they
declare, and containers are made by the compose that is here, started where that goes. For each service the drift of
`status` and the plan of a recreate are asked for; without them a reason must be given. Exit 1 where there is neither.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from incidentui.core.value import dataclass
from tests.containers.composed import CALLED, TOOL
from tests.e2e.world import Place
from tests.engine import IMAGE, Dockerd, private_engine

_NAME = re.compile(r"(docker-)?compose[^/]*\.ya?ml")
_IMAGE = re.compile(r"^\s+image: *['\"]?([^\s'\"]+)", re.MULTILINE)
PROJECT = "corpus"
STAND_IN = "stand-in:1"


@dataclass(frozen=True)
class Told:
    file: str
    services: int
    rows: int
    """Of drift, of all services."""
    plans: int
    reason: str
    """Why there is no drift, or no plan; of compose where that made nothing."""

    @property
    def well(self) -> bool:
        return bool(self.reason) or (self.services > 0 and self.rows > 0 and self.plans == self.services)


def taken(collection: str, root: Path, every: bool) -> list[Path]:
    files = [path for path in sorted(root.rglob("*.y*ml")) if _NAME.fullmatch(path.name)]
    return [path for path in files if every or _number(collection, path.relative_to(root)) % 3 == 0]


def _number(collection: str, path: Path) -> int:
    return int(hashlib.sha1(f"{collection}:{path}".encode(), usedforsecurity=False).hexdigest(), 16)


def judged(engine: Dockerd, file: Path, name: str, home: Path) -> Told:
    place = Place(file.parent, home)
    docker = f'{{ compose_project = "{PROJECT}", compose_files = ["{file.name}"] }}'
    (file.parent / "incidentui.toml").write_text(f'[project]\nname = "{PROJECT}"\ndocker = {docker}\n')
    try:
        if refused := _made(engine, file):
            return Told(name, 0, 0, 0, refused)
        drifts = _asked(place, engine, "status", "--json")["drift"]
        plans = [_planned(place, engine, drift["workload"]) for drift in drifts]
        whys = [drift["why"] for drift in drifts if drift["why"]] + [why for why in plans if why]
        return Told(name, len(drifts), sum(len(d["rows"]) for d in drifts), plans.count(""), "; ".join(whys[:2]))
    finally:
        engine.remove_all()
        engine.docker("volume", "prune", "-f", check=False)
        engine.docker("network", "prune", "-f", check=False)


def _made(engine: Dockerd, file: Path) -> str:
    """Why compose makes nothing of it; empty when it did."""
    argv = [*TOOL, "-f", file.name, "-p", PROJECT]
    env = {**os.environ, "DOCKER_HOST": engine.url}
    config = subprocess.run([*argv, "config"], cwd=file.parent, env=env, capture_output=True, text=True, check=False)
    if config.returncode != 0:
        return f"{CALLED} config refuses: {_last(config.stderr)}"
    services = subprocess.run([*argv, "config", "--services"], cwd=file.parent, env=env, capture_output=True, text=True)
    built = [f"{PROJECT}{between}{service}" for service in services.stdout.split() for between in "_-"]
    for image in {*_IMAGE.findall(config.stdout), *built}:
        engine.docker("tag", STAND_IN, image, check=False)
    said = [_up(argv, file.parent, env, how) for how in ("--no-start", "-d")]
    there = engine.docker("ps", "-aq").stdout.split()
    return "" if there else f"{CALLED} makes nothing: {said[0]}"


def _up(argv: Sequence[str], folder: Path, env: dict[str, str], how: str) -> str:
    up = [*argv, "up", how, "--no-build"]
    return _last(subprocess.run(up, cwd=folder, env=env, capture_output=True, text=True, check=False).stderr)


def _last(text: str) -> str:
    errors = [line for line in text.splitlines() if "error" in line.lower()]
    return (errors or text.strip().splitlines() or [""])[-1][:160]


def _stand_in(engine: Dockerd) -> None:
    engine.docker("create", "--name", "seed", IMAGE, "true")
    engine.docker("commit", "--change", 'CMD ["sleep", "600"]', "seed", STAND_IN)
    engine.docker("rm", "seed")


def _asked(place: Place, engine: Dockerd, *argv: str) -> Any:
    done = place.run(*argv, DOCKER_HOST=engine.url)
    if "Traceback" in done.stderr:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def _planned(place: Place, engine: Dockerd, name: str) -> str:
    """Empty with a plan that says what a recreate touches; else the reason."""
    told = _asked(place, engine, "act", "workload.recreate", f"name={name}", "--json")
    return "" if (told.get("plan") or {}).get("blast") else str((told.get("verdict") or {}).get("why") or "no blast")


def judged_all(collection: str, root: Path, every: bool = False) -> Iterator[Told]:
    with private_engine() as engine, tempfile.TemporaryDirectory() as home:
        _stand_in(engine)
        for n, file in enumerate(taken(collection, root, every)):
            yield judged(engine, file, str(file.relative_to(root)), Path(home, str(n)))


def main(argv: Sequence[str]) -> int:
    collection, place = argv[0], Path(argv[1])
    with tempfile.TemporaryDirectory() as folder:
        if (place / "HEAD").is_file():
            packed = subprocess.run(
                ["git", "--git-dir", str(place), "archive", "HEAD"], capture_output=True, check=True
            )
            subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
        else:
            subprocess.run(["cp", "-r", f"{place}/.", folder], check=True)
        told = []
        for each in judged_all(collection, Path(folder), "--all" in argv):
            told.append(each)
            counted = f"{each.services} services, {each.rows} rows of drift, {each.plans} plans"
            print(f"{'ok' if each.well else 'BAD':<4}{each.file}: {counted}{f'; {each.reason}' if each.reason else ''}")
    reasons = sum(bool(each.reason) for each in told)
    print(f"{len(told)} files, {sum(each.well for each in told)} well, {reasons} of them by a reason")
    return 0 if told and all(each.well for each in told) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
