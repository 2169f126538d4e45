"""In a real terminal, with real servers: the cause in the headline, its muted echo, a check that goes to and fro."""

import socket
from pathlib import Path

import pytest

from tests.checks.servers import always, closed_port, serving
from tests.e2e.test_broken_world import leave, screen
from tests.e2e.world import Place

pytestmark = pytest.mark.slow

CONFIG = """[project]
name = "quay"

[[services]]
name = "page"
depends_on = ["db"]

[[services]]
name = "db"

[[services]]
name = "shaky"
"""
CHECK = """
[[checks]]
name = "{name}-{layer}"
service = "{name}"
layer = "{layer}"
url = "{url}"
every = "{every}"
fail_after = {after}
"""


def place(tmp_path: Path, *checks: str) -> Place:
    root = tmp_path / "quay"
    root.mkdir()
    (root / "incidentui.toml").write_text(CONFIG + "".join(checks), encoding="utf-8")
    return Place(root, tmp_path / "home")


def check(name: str, layer: str, url: str, every: str = "300ms", after: int = 1) -> str:
    return CHECK.format(name=name, layer=layer, url=url, every=every, after=after)


@pytest.mark.req("R1-28")
def test_the_cause_is_named_and_its_echo_is_muted(tmp_path: Path) -> None:
    """The page is judged long before the database is."""
    down = f"http://127.0.0.1:{closed_port()}/"
    with serving(always("no", "503 No")) as bad, serving(always()) as good:
        checks = [check("page", "user", bad.url), check("page", "inner", good.url), check("db", "inner", down, "1s", 4)]
        with screen(place(tmp_path, *checks)) as terminal:
            terminal.wait(r"✗ page is failing", 20)
            terminal.wait(r"✗ db is failing", 20)
            assert "page is failing" not in terminal.text
            for words in (r"~ page +echo of db", r"1 failing · 1 echo", r"└ bypassed layer"):
                terminal.wait(words, 10)
            terminal.press("o")
            terminal.wait(r"title › ?db fails", 10)
            terminal.press("\x1b")
            leave(terminal)


def test_a_check_that_goes_to_and_fro_is_marked_while_its_state_stays_good(tmp_path: Path) -> None:
    looks: list[int] = []

    def every_second_fails(connection: socket.socket, head: bytes, number: int) -> bool | None:
        looks.append(number)
        handler = always("no", "503 No") if len(looks) % 2 == 0 else always()
        return handler(connection, head, number)

    with (
        serving(every_second_fails) as shaky,
        screen(place(tmp_path, check("shaky", "user", shaky.url, after=3))) as terminal,
    ):
        terminal.wait(r"✓ shaky +flapping", 20)
        terminal.wait(r"└ flapping: shaky-user, \d+ changes lately", 10)
        assert "shaky is failing" not in terminal.text
        leave(terminal)
