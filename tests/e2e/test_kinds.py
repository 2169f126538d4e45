"""A check that is no HTTP request on the running screen: red with the hop that is broken, and green again."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from incidentui.drills.sandbox import free_ports
from incidentui.drills.terminal import Terminal, TerminalError
from tests.checks.test_tcp import port
from tests.e2e.world import COMMAND, Place

pytestmark = pytest.mark.slow
CHAIN = """\
[project]
name = "leads"

[[services]]
name = "api"

[[checks]]
name = "way-in"
service = "api"
type = "tcp"
hops = [{{ name = "container port", address = "{inner}" }}, {{ name = "tunnel", address = "127.0.0.1:{tunnel}" }}]
every = "500ms"
timeout = "2s"
fail_after = 2
recover_after = 2
"""


@contextmanager
def screen(place: Place) -> Iterator[Terminal]:
    with Terminal([COMMAND, str(place.root)], place.home.parent, place.env(), 140, 40) as terminal:
        try:
            yield terminal
        except TerminalError as error:
            raise AssertionError(f"{error}\n{error.screen}") from None


def test_the_broken_hop_stands_on_the_screen_until_it_is_mended(tmp_path: Path) -> None:
    root, (tunnel,) = tmp_path / "leads", free_ports(1)
    root.mkdir()
    place = Place(root, tmp_path / "home")
    with port() as inner:
        (root / "incidentui.toml").write_text(CHAIN.format(inner=inner, tunnel=tunnel))
        with screen(place) as terminal:
            terminal.wait(r"\? help", 20)
            terminal.wait(r"api is failing", 20)
            terminal.wait(rf"tunnel 127\.0\.0\.1:{tunnel}: refused; contai", 10)
            terminal.press("2\r")
            terminal.wait("1 of 2 differ", 10)
            terminal.wait(r"not tried|container port answers", 5)
            terminal.press("\x1b")
            with socket.create_server(("127.0.0.1", tunnel), backlog=100):
                terminal.wait("container port and tunnel answer, was failing", 20)
            terminal.press("q")
            if terminal.see(r"Leave\?", 3):
                terminal.press("q")
            assert terminal.wait_end(15) == 0
    assert "Traceback" not in terminal.text
