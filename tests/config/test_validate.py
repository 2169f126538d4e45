"""`validate` as a pipeline meets it: the installed command on files alone, with compose and without."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.consistency import Wanted, faults
from incidentui.edge.containers.compose_checked import checked, lying
from incidentui.edge.containers.drift import digest
from tests import parts
from tests.e2e.world import Place

CONFIG = """[project]
name = "lab"
docker = { compose_project = "lab" }

[[services]]
name = "captures"
workloads = ["backend"]

[[checks]]
name = "page"
service = "captures"
url = "http://127.0.0.1:5051/"
"""
COMPOSE = """version: "3"
services:
  backend:
    image: lab:1
    ports:
      - "5051:8000"
    volumes:
      - ./agent.json:/config/agent.json
"""
AGREE = """
[[checks]]
name = "tunnel-port"
service = "captures"
type = "agreement"
values = [
  { name = "tunnel", file = "tunnel.sh", regex = 'localhost:([0-9]+)' },
  { name = "compose", compose = "docker-compose.yml", service = "backend", port = 8000 },
]
"""
NAMED = 'name = "{}"'
AGENT = """  agent:
    image: lab:1
    ports:
      - "5051:9"
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "lab"
    root.mkdir()
    (root / "incidentui.toml").write_text(CONFIG)
    (root / "docker-compose.yml").write_text(COMPOSE)
    (root / "agent.json").write_text("{}")
    return Place(root, tmp_path / "state")


def validated(place: Place, *argv: str, compose: bool = False) -> tuple[int, dict[str, Any]]:
    """Without compose nothing of it is on the path: the files are read as they stand."""
    words = ("validate", *argv, "--json")
    done = place.run(*words) if compose else place.run(*words, PATH="/nowhere")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def told(document: dict[str, Any]) -> dict[str, str]:
    return {f"{f['level']} {f['place']}": f["text"] for f in document["findings"]}


@pytest.mark.req("R1-44")
def test_what_fits_is_good_and_each_fault_has_its_file_and_line(place: Place) -> None:
    code, good = validated(place)
    assert (code, good["ok"], good["findings"]) == (0, True, [])
    assert good["files"] == ["incidentui.toml", "docker-compose.yml"]
    assert "as it stands there" in good["by"]
    (place.root / "agent.json").unlink()
    (place.root / "tunnel.sh").write_text("ssh -L 80:localhost:5050 lab\n")
    (place.root / "docker-compose.yml").write_text(COMPOSE.replace("lab:1", "lab:${LAB_TAG}") + AGENT)
    text = CONFIG.replace('"backend"', '"bakend"').replace('name = "lab"\nd', 'name = "lab"\nbranche = "x"\nd')
    (place.root / "incidentui.toml").write_text(text + AGREE)
    code, bad = validated(place)
    assert (code, bad["ok"]) == (1, False)
    found = told(bad)
    assert "mounts" in found["error docker-compose.yml:8"]
    assert "it is not there" in found["error docker-compose.yml:8"]
    assert found["error docker-compose.yml:12"] == (
        "port 5051 is published by backend (docker-compose.yml:6) and by agent"
    )
    assert "made of bakend, which no compose file declares" in found["error incidentui.toml:7"]
    assert found["error incidentui.toml:16"] == "tunnel-port: tunnel says 5050, compose says 5051"
    assert found["warning docker-compose.yml:4"] == "LAB_TAG is set nowhere: nothing takes its place"
    assert any("branche" in text for text in found.values())
    assert [f["level"] for f in bad["findings"]] == sorted(f["level"] for f in bad["findings"]), "errors first"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("    image: lab:1  # was $TAG", []),
        ("# $TAG", []),
        ("      $KEY: 1", []),
        ("      - $KEY: ${VALUE}", ["VALUE"]),
        ("      - ${FOLDER}:/data", ["FOLDER"]),
        ('    command: "echo # $SAID"', ["SAID"]),
        ("    command: echo don't#stop $SAID # nor $THIS", ["SAID"]),
        ('      - "A=$ONE" # $TWO', ["ONE"]),
        ("    image: lab:${TAG}", ["TAG"]),
        ("    command: echo $$PID", []),
        ("    image: ${HOME:-b${INNER}}", []),
        ("    image: ${NOT_SET:-b${INNER}}", ["INNER"]),
        ("    image: ${NOT_SET:+b${INNER}}", []),
        ("    image: ${HOME:+b${INNER}}", ["INNER"]),
        ("    image: ${NOT_SET:-${ALSO_NOT:-x}}/$LAST", ["LAST"]),
        ("    image: ${NEVER", []),
    ],
)
async def test_a_variable_counts_where_compose_fills_it_in(tmp_path: Path, line: str, names: list[str]) -> None:
    (tmp_path / "docker-compose.yml").write_text(f"{line}\n")
    found = await checked(tmp_path, ("docker-compose.yml",), digest)
    assert [f.text.split()[0] for f in found.faults if "set nowhere" in f.text] == names


def test_a_warning_fails_a_pipeline_only_when_it_is_asked_for(place: Place) -> None:
    (place.root / "incidentui.toml").write_text(CONFIG.replace("5051", "5050"))
    code, found = validated(place)
    assert (code, found["warnings"]) == (0, 1)
    assert told(found)["warning incidentui.toml:10"] == (
        "check page asks port 5050 of this machine, which no compose file publishes"
    )
    assert validated(place, "--strict")[0] == 1
    said = place.run("validate", PATH="/nowhere").stdout
    assert "! incidentui.toml:10: warning: check page asks port 5050" in said
    assert "→ backend publishes 5051" in said
    assert said.splitlines()[-1].endswith("0 errors, 1 warning")


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("5051:8000", "127.0.0.1:5051:9", True),
        ("127.0.0.1:5051:8000", "127.0.0.2:5051:9", False),
        ("0.0.0.0:5051:8000", "127.0.0.2:5051:9", True),
        ("5051:8000", "5052:9", False),
        ("5051:8000", "9", False),
        ("5051:8000", "5051:9/udp", False),
    ],
)
def test_two_services_clash_only_where_their_addresses_meet(
    place: Place, monkeypatch: pytest.MonkeyPatch, first: str, second: str, clash: bool
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    text = COMPOSE.replace("5051:8000", first) + AGENT.replace("5051:9", second)
    (place.root / "docker-compose.yml").write_text(text)
    read = asyncio.run(checked(place.root, ["docker-compose.yml"], digest))
    found = faults(read.services, lying(place.root, read.services), Wanted())
    assert any("is published by" in fault.text for fault in found) == clash


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        (COMPOSE.replace("ports:", "portz:"), 5, "Unsupported config option for services.backend: 'portz'"),
        (COMPOSE.replace("lab:1", "[lab"), 5, "is not YAML"),
        (COMPOSE + "    env_file: gone.env\n", 9, "Couldn't find env file"),
    ],
)
@pytest.mark.req("R1-44")
def test_what_compose_refuses_has_the_line_too(place: Place, wrong: str, line: int, says: str) -> None:
    parts.need("docker-compose")
    (place.root / "docker-compose.yml").write_text(wrong)
    code, found = validated(place, compose=True)
    assert code == 1
    assert says in told(found)[f"error docker-compose.yml:{line}"], found


def test_what_stands_behind_tables_that_are_not_valid_keeps_its_own_line(place: Place) -> None:
    bad = '[[services]]\nname = 7\n\n[[checks]]\nname = "page"\nservice = "nobody"\nurl = "http://127.0.0.1:9/"\n\n'
    late = '[[services]]\nname = "late"\nworkloads = ["backed"]\n'
    text = CONFIG.replace("[[services]]\n", bad + "[[services]]\n", 1) + AGREE
    (place.root / "incidentui.toml").write_text(text.replace("5051/", "5999/") + late)
    (place.root / "tunnel.sh").write_text("ssh -L localhost:5050\n")
    lines = {line: n for n, line in enumerate((place.root / "incidentui.toml").read_text().splitlines(), 1)}
    _, said = validated(place)

    def stands(word: str) -> str:
        return str(next(f["place"] for f in said["findings"] if word in f["text"]))

    at = {word: f"incidentui.toml:{lines[NAMED.format(word)]}" for word in ("tunnel-port", "late")}
    assert (stands("tunnel-port"), stands("backed")) == (at["tunnel-port"], at["late"])
    url = lines['url = "http://127.0.0.1:5999/"']
    assert stands("5999") == f"incidentui.toml:{url - 2}", "the one that is valid, not its namesake"


def test_nothing_to_validate_says_so(tmp_path: Path) -> None:
    done = Place(tmp_path, tmp_path / "state").run("--project", str(tmp_path), "validate")
    assert done.returncode == 2
    assert "nothing to validate" in done.stderr
