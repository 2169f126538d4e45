"""`init` in folders as newcomers have them: a file that is valid at once, and nothing is asked."""

import asyncio
import json
import re
import socket
import tomllib
from pathlib import Path

import pytest

from incidentui.config.first import First, FirstCheck, FirstService, text_of
from incidentui.config.load import parse_content, validate
from incidentui.drills.history import git
from incidentui.edge.beginning import look
from tests.e2e.world import Place

COMPOSE = """services:
  api:
    build: ./server
    ports: ["127.0.0.1:8081:8000"]
    depends_on: [db]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
  db:
    image: postgres:16
    ports: ["5432:5432"]
  hidden:
    image: nginx
    ports: ["8082:80"]
    healthcheck: { test: "curl http://localhost/ping?token=tide-and-moon-77" }
  inside:
    image: nginx
    healthcheck: { test: "wget -q http://localhost/" }
  tool:
    image: x
    profiles: [debug]
"""
SUPERVISORD = """[unix_http_server]
file=%(here)s/run/supervisor.sock ; where it listens

[program:pages]
command=./pages
[program:odd name]
command=./odd
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "Quay Lab"
    root.mkdir()
    return Place(root, tmp_path / "home")


def test_a_compose_project_with_a_remote_is_written_down_with_its_checks(place: Place, tmp_path: Path) -> None:
    git(["init", "-q", "-b", "trunk", "."], place.root)
    git(["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "1"], place.root)
    git(["clone", "-q", "--bare", ".", str(tmp_path / "origin.git")], place.root)
    git(["remote", "add", "origin", str(tmp_path / "origin.git")], place.root)
    git(["fetch", "-q", "origin"], place.root)
    git(["remote", "set-head", "origin", "trunk"], place.root)
    git(["checkout", "-q", "-b", "my-work"], place.root)
    (place.root / "server").mkdir()
    (place.root / "docker-compose.yml").write_text(COMPOSE)
    said = json.loads(place.run("init", "--json").stdout)
    wrote = tomllib.loads((place.root / "incidentui.toml").read_text())
    assert said["found"] | {"compose_files": 0} == {
        "branch": "trunk", "remote": "origin", "compose_files": 0, "supervisor": None,
    }  # fmt: skip
    assert wrote["project"]["docker"]["compose_project"] == "quaylab"
    assert [(s["name"], s.get("depends_on", []), s.get("paths", [])) for s in wrote["services"]] == [
        ("api", ["db"], ["server/"]), ("db", [], []), ("hidden", [], []), ("inside", [], []),
    ]  # fmt: skip
    targets = {c["name"]: c["target"] for c in said["checks"] if c["type"] != "workload"}
    assert targets == {
        "api-health": "http://127.0.0.1:8081/health", "db-port": "127.0.0.1:5432", "hidden-port": "127.0.0.1:8082",
    }  # fmt: skip
    text = (place.root / "incidentui.toml").read_text()
    assert "tide-and-moon" not in text
    assert "left out, of a profile or with an odd name: tool" in text
    assert place.run("validate", "--strict").returncode == 0
    again = place.run("init")
    assert (again.returncode, (place.root / "incidentui.toml").read_text()) == (3, text)
    assert "is there already, and stays as it is" in again.stderr


def test_a_procfile_gives_services_and_the_first_check_is_green_at_once(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (place.root / "Procfile").write_text(f"web: gunicorn app --port {port}\nworker: ./work\n# no process\n")
        said = place.run("init").stdout
        assert f"service     web: port 127.0.0.1:{port}" in said
        assert said.splitlines()[-1] == "Next: incidentui check    asks 1 check once"
        assert place.run("check").returncode == 0


def first_in(root: Path) -> tuple[First, str]:
    found = asyncio.run(look(root))
    text = text_of(found)
    assert validate(parse_content(root, text.encode()), untrusted=True).problems == ()
    return found, text


def test_programs_of_a_supervisor(tmp_path: Path) -> None:
    (tmp_path / "supervisord.conf").write_text(SUPERVISORD)
    found, text = first_in(tmp_path)
    assert found.supervisor == "run/supervisor.sock"
    assert tomllib.loads(text)["services"] == [{"name": "pages", "workloads": ["pages"]}]


def test_an_empty_folder_gets_an_example_that_is_valid_too(tmp_path: Path) -> None:
    _, text = first_in(tmp_path)
    example = re.sub(r"^# ?", "", text[text.index("# [[services]]") :], flags=re.MULTILINE)
    loaded = validate(parse_content(tmp_path, example.encode()), untrusted=True)
    assert [(c.name, c.service) for c in loaded.config.checks] == [("web-page", "web")]
    assert loaded.problems == ()


def test_a_broken_compose_file_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: 7\n")
    found, _ = first_in(tmp_path)
    assert found.services == ()
    assert any(note.startswith("compose.yaml: ") for note in found.notes)


def test_nothing_was_found_is_not_said_of_a_file_that_is_there(place: Place) -> None:
    assert "Neither a compose file nor supervisord.conf nor a Procfile: an" in place.run("init").stdout
    (place.root / "incidentui.toml").unlink()
    (place.root / "compose.yaml").write_text("services: 7\n")
    said = place.run("init").stdout
    assert "Neither" not in said
    assert "  No service was found: an example stands in the file." in said


def test_services_beyond_the_most_are_left_out_for_that_and_counted(place: Place) -> None:
    services = "".join(f"  s{n}: {{image: x}}\n" for n in range(100, 150)) + "  t: {image: x, profiles: [debug]}\n"
    (place.root / "compose.yaml").write_text(f"services:\n{services}")
    said = place.run("init").stdout
    assert "left out, more than 40 services: s140, s141, s142, s143, s144 and 5 more\n" in said
    assert "left out, of a profile or with an odd name: t\n" in said


@pytest.mark.parametrize("name", ['a"b\\', "größe", "x\x7fy", "# [", "''", "a\nb"])
def test_whatever_a_thing_is_called_the_file_is_valid(name: str, tmp_path: Path) -> None:
    check = FirstCheck("c", "workload", name if name.isprintable() else "w")
    first = First(name, branch=name, supervisor=name, services=(FirstService("s", checks=(check,)),), notes=(name,))
    loaded = validate(parse_content(tmp_path, text_of(first).encode()), untrusted=True)
    assert all(problem.key.startswith("project") for problem in loaded.problems), loaded.problems
