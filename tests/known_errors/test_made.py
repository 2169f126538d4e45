"""Messages that a real engine, its containers and a real compose make now, each recognised as what it is."""

import os
import subprocess
from pathlib import Path

import pytest

from incidentui.config.known_errors import shipped
from incidentui.core.known_errors import Library
from incidentui.core.model import Workload
from tests.containers.composed import TOOL
from tests.containers.conftest import engine as engine
from tests.containers.conftest import shared_engine as shared_engine
from tests.engine import IMAGE, Dockerd

pytestmark = pytest.mark.docker
LIBRARY = Library(shipped())
RUN = ("run", "--rm", "--network", "none")
SH = (IMAGE, "sh", "-c")
MADE: dict[str, tuple[str, ...]] = {
    "exec-not-found": (*RUN, IMAGE, "no-such-program"),
    "exec-permission": (*RUN, "-v", "{dir}/plain:/plain", IMAGE, "/plain"),
    "exec-format": (*RUN, "-v", "{dir}/odd:/odd", IMAGE, "/odd"),
    "container-name-in-use": (*RUN, "--name", "taken", IMAGE, "true"),
    "image-missing": (*RUN, "--pull", "never", "nowhere.invalid/x:1"),
    "mount-source-missing": (*RUN, "--mount", "type=bind,source={dir}/absent,target=/x", IMAGE, "true"),
    "mount-file-directory": (*RUN, "-v", "{dir}/plain:/bin", IMAGE, "true"),
    "network-not-found": ("run", "--rm", "--network", "absent", IMAGE, "true"),
    "no-space": (*RUN, "--tmpfs", "/full:size=4k", *SH, "cat /bin/busybox > /full/x"),
    "read-only-file-system": (*RUN, "--read-only", *SH, "touch /x"),
    "permission-denied-path": (*RUN, "-u", "12", "-v", "{dir}/closed:/closed", *SH, "cat /closed/x"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plain").write_text("no program\n")
    (tmp_path / "odd").write_bytes(b"\x7fELF no program")
    (tmp_path / "odd").chmod(0o755)
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "x").write_text("x")
    (tmp_path / "closed" / "x").chmod(0o600)
    return tmp_path


@pytest.mark.req("R1-12")
def test_what_the_engine_and_its_containers_say_is_recognised(engine: Dockerd, folder: Path) -> None:
    engine.run("taken", "sleep", "600")
    found = {}
    for name, argv in MADE.items():
        done = engine.docker(*(word.format(dir=folder) for word in argv), check=False)
        said = (done.stdout + done.stderr).decode(errors="replace")
        found[name] = [known.name for known in LIBRARY.of_text(said)] or said
    assert {name: told for name, told in found.items() if name not in told} == {}


def test_an_engine_that_is_not_there_and_ends_without_words(engine: Dockerd, tmp_path: Path) -> None:
    away = subprocess.run(
        ["docker", "--host", f"unix://{tmp_path}/none.sock", "ps"], capture_output=True, text=True, check=False
    )
    assert [known.name for known in LIBRARY.of_text(away.stderr)] == ["engine-down"]
    for name, ends in {"exit-killed": "kill -9 $$", "exit-segfault": "kill -11 $$"}.items():
        engine.run(name, "sh", "-c", f"sh -c '{ends}'; exit $?")
        code = int(engine.docker("wait", name).stdout)
        assert [k.name for k in LIBRARY.of_workload(Workload(name, "docker", "exited", exit_code=code))] == [name]


@pytest.mark.skipif(not TOOL and not os.environ.get("CI"), reason="no docker-compose (Debian: docker-compose)")
def test_what_compose_says_of_a_variable_that_nobody_sets(engine: Dockerd, tmp_path: Path) -> None:
    text = 'version: "3.8"\nservices:\n  web:\n    image: x\n    command: "${NOBODY_SETS_IT}"\n'
    (tmp_path / "docker-compose.yml").write_text(text)
    done = subprocess.run([*TOOL, "config"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert [known.name for known in LIBRARY.of_text(done.stderr)] == ["variable-not-set"]
