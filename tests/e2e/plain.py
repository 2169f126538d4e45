"""A small project without processes: a bare remote, two clones, and a file that says what runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incidentui.drills.history import git
from tests.e2e.world import Place

CONFIG = """[project]
name = "quay"
branch = "main"
remote = "origin"
deploy_within = "1s"

[deploy]
by_paths = {by_paths}

[[services]]
name = "api"
paths = ["server/"]
revision = {{ file = "{run}/API" }}

[[services]]
name = "worker"
paths = ["jobs/"]
revision = {{ file = "{run}/WORKER" }}
"""


@dataclass(frozen=True)
class Quay(Place):
    """Nothing deploys here but `deploy`."""

    @property
    def remote(self) -> Path:
        return self.root.parent / "remote.git"

    @property
    def colleague(self) -> Path:
        return self.root.parent / "colleague"

    @property
    def running(self) -> Path:
        return self.root.parent / "run"

    def tip(self) -> str:
        return git(["rev-parse", "main"], self.remote)

    def commit(self, files: dict[str, str], subject: str, where: Path | None = None) -> str:
        where = where or self.root
        for name, text in files.items():
            (where / name).parent.mkdir(parents=True, exist_ok=True)
            (where / name).write_text(text, encoding="utf-8")
        git(["add", "-A"], where)
        git(["commit", "-q", "-m", subject], where)
        return git(["rev-parse", "HEAD"], where)

    def pushed(self, files: dict[str, str], subject: str) -> str:
        """A colleague's commit, on the remote."""
        git(["pull", "-q", "--ff-only", "origin", "main"], self.colleague)
        sha = self.commit(files, subject, self.colleague)
        git(["push", "-q", "origin", "main"], self.colleague)
        return sha

    def deploy(self, said: str, *services: str) -> None:
        for name in services or ("api", "worker"):
            (self.running / name.upper()).write_text(f"{said}\n", encoding="utf-8")

    def status(self) -> Any:
        import json

        return json.loads(self.run("status", "--json").stdout)


def quay(tmp_path: Path, *, by_paths: bool = False, more: str = "") -> Quay:
    place = Quay(tmp_path / "work", tmp_path / "home")
    place.running.mkdir()
    git(["init", "-q", "--bare", "-b", "main", "--template=", str(place.remote)], tmp_path)
    for folder, name in ((place.root, "Ines"), (place.colleague, "Kim")):
        git(["clone", "-q", "--template=", str(place.remote), str(folder)], tmp_path)
        git(["config", "user.name", name], folder)
        git(["config", "user.email", f"{name}@quay.invalid"], folder)
        git(["checkout", "-q", "-B", "main"], folder)
    text = CONFIG.format(run=place.running, by_paths=str(by_paths).lower()) + more
    first = place.commit({"incidentui.toml": text, "server/a.py": "a = 1\n", "jobs/b.py": "b = 1\n"}, "It works")
    git(["push", "-q", "-u", "origin", "main"], place.root)
    place.deploy(first)
    return place
