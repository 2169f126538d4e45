"""The page of merged logs as a person has it: two real containers, a terminal of its own, keys and what they show."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place
from tests.engine import Dockerd
from tests.faults.pty import Pty, leaks

pytestmark = pytest.mark.docker
API = "n=0; while true; do n=$((n+1)); echo INFO api says $n; sleep 0.2; done"
WORKER = (
    "n=0; while test $n -lt 400; do n=$((n+1)); echo INFO job $n; done; while true; do echo WARN late; sleep 1; done"
)


@pytest.fixture
def screen(engine: Dockerd, tmp_path: Path) -> Iterator[Pty]:
    root = tmp_path / "ferry"
    root.mkdir()
    config = '[project]\nname = "ferry"\ndocker = {}\n[[services]]\nname = "shop"\nworkloads = ["api", "worker"]\n'
    (root / "incidentui.toml").write_text(config)
    engine.run("api", "sh", "-c", API)
    engine.run("worker", "sh", "-c", WORKER)
    place = Place(root, tmp_path / "home")
    with Pty([COMMAND, str(root)], root, place.env(DOCKER_HOST=engine.url), 120, 40) as screen:
        screen.see("(?s)api +no health check.*worker +no health check", 30)
        screen.rest(0.4, 1)
        yield screen
    assert leaks(bytes(screen.raw)) == []
    place.whole()


def newest(screen: Pty) -> int:
    return max((int(n) for n in re.findall(r"api says (\d+)", screen.text)), default=0)


@pytest.mark.req("F60", "F62")
def test_two_containers_followed_filtered_scrolled_and_one_dies(screen: Pty, engine: Dockerd) -> None:
    screen.press("l")
    screen.see(r"LOGS  all, 2 workloads", 20)
    for words in (r"worker +! WARN late", r"api +· INFO api says \d+"):
        screen.see(words, 20)
    first = newest(screen)
    screen.see(f"api says {first + 5}", 20)  # followed
    screen.press(".")
    screen.see("WARN late", 10)
    assert "INFO" not in screen.text, "errors and warnings alone"
    screen.press(".", "/", *"job 39", "\r")
    screen.see(r"INFO job 399", 10)
    assert "api says" not in screen.text, "filtered"
    screen.press("/", *"\x7f" * 6, "\r")
    screen.see("api says", 10)
    screen.press("f")
    screen.see(r"stands still since \d\d:\d\d", 10)
    here = newest(screen)
    for _ in range(60):
        if "job 390" in screen.text:
            break
        screen.press("k", "k", "k", "k", gap_s=0.03)
    assert "job 390" in screen.text, f"scrolled back:\n{screen.text}"
    screen.press("f")
    screen.see(f"api says {here + 10}", 20)
    screen.press("@")
    screen.see(r"since the deploy|since \d\d:\d\d", 10)
    screen.see("INFO job 1$|api says", 20)
    engine.docker("kill", "api")
    screen.see(r"✗ api: exit 137 since \d\d:\d\d:\d\d", 20)
    engine.docker("exec", "worker", "sh", "-c", "echo ERROR still here >/proc/1/fd/1")
    screen.see("worker +✗ ERROR still here", 20)
