"""A journey in the running screen: green, then the application loses the session, and the step is named."""

import subprocess
from pathlib import Path

import pytest

from incidentui.drills.terminal import Terminal
from tests.checks.harbour import JOURNEY, PASSWORD, USER, harbour
from tests.e2e.world import COMMAND, Place


@pytest.mark.slow
def test_the_screen_turns_red_and_names_the_step(tmp_path: Path) -> None:
    place = Place(tmp_path / "work", tmp_path / "home")
    place.root.mkdir()
    subprocess.run(["git", "init", "-q", str(place.root)], check=True)
    with harbour() as server:
        (place.root / "incidentui.toml").write_text(JOURNEY.format(url=server.url))
        env = place.env(UI_USER=USER, UI_PASSWORD=PASSWORD)
        with Terminal([COMMAND, str(place.root)], tmp_path, env, columns=140) as terminal:
            terminal.wait("o open incident", 30)
            terminal.wait("✓ fleet", 30)
            server.fault = "secure"
            terminal.wait("✗ fleet is failing +step 3, sync: 200, but a login page", 30)
            assert PASSWORD not in terminal.text
            server.fault = ""
            terminal.wait("✓ fleet .*was failing", 30)
            terminal.press("1", "\r")
            terminal.wait("‹ EVIDENCE  sync-journey", 30)
            terminal.wait("✓ step 3, sync +ok", 30)
            terminal.wait("HOPS .* 4 requests$", 30)
    assert PASSWORD.encode() not in place.journal_file.read_bytes()
    assert b"step 3, sync: 200, but a login page" in place.journal_file.read_bytes()
    assert not [token for token in server.tokens if token.encode() in place.journal_file.read_bytes()]
