"""What a compose project declares: by a real docker-compose and by the plain reader the same, with file and line."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.drift import Declared, Mount, Port
from incidentui.edge.checks.agreed.documents import UnreadableError
from incidentui.edge.containers.declared import Project, project, usual_files

BASE = """\
version: "3.8"
services:
  web:
    build: .
    ports:
      - "${WEB_PORT:-8080}:80"
      - "127.0.0.1:9000-9001:9000-9001"
      - "53:53/udp"
    volumes:
      - ./config:/etc/web:ro
      - data:/data
      - shared:/shared
      - /cache
    env_file: web.env
    environment:
      - MODE=live
      - PRICE=5$$
    depends_on:
      - db
  db:
    image: postgres:15
    environment:
      POSTGRES_PASSWORD: ${DB_PASSWORD}
    healthcheck:
      test: ["CMD", "true"]
volumes:
  data: {}
  shared:
    external: true
    name: lab_shared
"""
OVER = """\
version: "3.8"
services:
  web:
    environment:
      MODE: test
    volumes:
      - /var/lib/tftpboot:/tftp:ro
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docker-compose.yml").write_text(BASE)
    (tmp_path / "docker-compose.override.yml").write_text(OVER)
    (tmp_path / ".env").write_text("DB_PASSWORD=s3cret\n")
    (tmp_path / "web.env").write_text("TOKEN=from-file\nMODE=lost\n")
    for name in ("WEB_PORT", "DB_PASSWORD", "MODE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(params=["docker-compose", "plain"])
def tool(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> str:
    if request.param == "docker-compose" and shutil.which("docker-compose") is None:
        pytest.skip("no docker-compose here (Debian: apt-get install docker-compose)")
    if request.param == "plain":
        monkeypatch.setenv("PATH", str(tmp_path_factory.mktemp("bin")))
    return str(request.param)


async def read(folder: Path, *files: str) -> Project:
    return await project(folder, files or usual_files(folder), "lab", lambda text: f"<{text}>")


def of(found: Project, name: str) -> Declared:
    (service,) = [service for service in found.services if service.service == name]
    return service


async def test_both_ways_tell_the_same_of_two_files(folder: Path, tool: str) -> None:
    found = await read(folder)
    assert ("compose is not installed" in found.by) is (tool == "plain")
    web, db = of(found, "web"), of(found, "db")
    base, over = "docker-compose.yml", "docker-compose.override.yml"
    assert sorted(web.ports, key=lambda port: port.inside) == [
        Port(80, (8080,), f"{base}:6"),
        Port(9000, (9000,), f"{base}:7", "127.0.0.1"),
        Port(9001, (9001,), f"{base}:7", "127.0.0.1"),
    ]
    assert sorted(web.mounts, key=lambda mount: mount.target) == [
        Mount("/cache", "", place=f"{base}:13"),
        Mount("/data", "lab_data", place=f"{base}:11"),
        Mount("/etc/web", str(folder / "config"), True, f"{base}:10"),
        Mount("/shared", "lab_shared", place=f"{base}:12"),
        Mount("/tftp", "/var/lib/tftpboot", True, f"{over}:7"),
    ]
    assert {value.name: (value.digest, value.place) for value in web.environment} == {
        "MODE": ("<test>", f"{over}:5"),
        "PRICE": ("<5$>", f"{base}:17"),
        "TOKEN": ("<from-file>", f"{over}:3"),
    }
    assert (web.built, web.health, web.depends_on) == (True, False, (("db", f"{base}:19"),))
    assert (db.image, db.image_place, db.health, db.built) == ("postgres:15", f"{base}:21", True, False)
    assert [(value.name, value.digest) for value in db.environment] == [("POSTGRES_PASSWORD", "<s3cret>")]


async def test_long_forms_are_the_same_as_short_ones(folder: Path, tool: str) -> None:
    (folder / "long.yml").write_text(
        """\
version: "3.8"
services:
  web:
    image: web:1
    ports:
      - target: 80
        published: 8080
    volumes:
      - type: bind
        source: ./config
        target: /etc/web
        read_only: true
      - type: volume
        source: data
        target: /data
      - type: tmpfs
        target: /run
volumes:
  data: {}
"""
    )
    web = of(await read(folder, "long.yml"), "web")
    assert [replace(port, place="") for port in web.ports] == [Port(80, (8080,))]
    assert web.ports[0].place.startswith("long.yml:6")
    assert [replace(mount, place="") for mount in web.mounts] == [
        Mount("/etc/web", str(folder / "config"), True),
        Mount("/data", "lab_data"),
    ]


async def test_networks_are_told_by_the_names_of_the_engine_with_their_lines(folder: Path, tool: str) -> None:
    (folder / "nets.yml").write_text(
        """\
version: "3.8"
services:
  plain:
    image: web:1
  listed:
    image: web:1
    networks:
      - default
      - front
  table:
    image: web:1
    networks:
      yard:
        aliases: [gate]
      given:
  alone:
    image: web:1
    network_mode: none
networks:
  front: {}
  yard:
    external: true
  given:
    name: by-name
"""
    )
    found = await read(folder, "nets.yml")
    assert {service.service: sorted(service.networks) for service in found.services} == {
        "plain": [("lab_default", "nets.yml:3")],
        "listed": [("lab_default", "nets.yml:8"), ("lab_front", "nets.yml:9")],
        "table": [("by-name", "nets.yml:15"), ("yard", "nets.yml:13")],
        "alone": [],
    }


async def test_what_a_build_reads_is_told_from_the_folder_of_the_project_on(folder: Path, tool: str) -> None:
    (folder / "ops").mkdir()
    for place in ("api", "shared/base", "ops/web"):
        (folder / place).mkdir(parents=True)
    (folder / "ops" / "c.yml").write_text(
        """\
version: "3.8"
services:
  whole:
    build: ..
  api:
    build:
      context: ../api
      dockerfile: ../shared/base/Dockerfile.api
  web:
    build: ./web
  away:
    build: ../../elsewhere
  image:
    image: web:1
"""
    )
    (folder.parent / "elsewhere").mkdir(exist_ok=True)
    found = await read(folder, "ops/c.yml")
    assert {service.service: service.reads for service in found.services} == {
        "whole": ("Dockerfile",),
        "api": ("api", "shared/base/Dockerfile.api"),
        "web": ("ops/web", "ops/web/Dockerfile"),
        "away": (),
        "image": (),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services: [", "YAML"),
        ("version: '3'\n", "has no services"),
        ("a: &a [1]\nservices: {web: *a}\n", "web is not a table|refuses"),
        ("services:\n  web: 3\n", "web is not a table|refuses"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(folder: Path, tool: str, text: str, words: str) -> None:
    (folder / "bad.yml").write_text(text)
    with pytest.raises(UnreadableError, match=words):
        await read(folder, "bad.yml")


async def test_what_compose_refuses_is_told_in_its_words_without_a_value(folder: Path) -> None:
    if shutil.which("docker-compose") is None:
        pytest.skip("no docker-compose here (Debian: apt-get install docker-compose)")
    (folder / "bad.yml").write_text("version: '3.8'\nservices:\n  web:\n    image: x\n    prots: ['8080:80']\n")
    with pytest.raises(UnreadableError, match=r"compose config refuses: .*prots"):
        await read(folder, "bad.yml")
    (folder / "bad.yml").write_text("version: '3.8'\nnmae: lab\nservices:\n  web:\n    image: x\n")
    with pytest.raises(UnreadableError, match=r"config refuses: .*nmae"):
        await read(folder, "bad.yml")


async def test_a_variable_that_nobody_sets_is_compared_with_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    (folder / ".env").unlink()
    db = of(await read(folder), "db")
    assert [value.digest for value in db.environment] == [None]


def test_the_usual_names_are_those_of_compose(folder: Path) -> None:
    assert usual_files(folder) == ("docker-compose.yml", "docker-compose.override.yml")
    (folder / "compose.yaml").write_text(BASE)
    assert usual_files(folder)[0] == "compose.yaml"
    assert usual_files(folder / "nowhere") == ()


async def test_a_compose_that_hangs_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = folder / "bin"
    slow.mkdir()
    (slow / "docker-compose").write_text(f"#!{shutil.which('sh')}\nexec {shutil.which('sleep')} 600\n")
    (slow / "docker-compose").chmod(0o755)
    monkeypatch.setenv("PATH", str(slow))
    monkeypatch.setattr("incidentui.edge.containers.declared.CONFIG_S", 0.5)
    with pytest.raises(UnreadableError, match=r"did not end within 0\.5 s"):
        await read(folder)
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and _runs(pid, str(slow))]


def _runs(pid: str, words: str) -> bool:
    try:
        return words.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
