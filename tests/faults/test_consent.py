"""What was allowed is what runs: a changed file asks again and shows the difference, and no file allows itself.

Each case is first seen to run its canary once it is allowed, so that the silence afterwards proves something.
"""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.world import Place, until
from tests.faults import slow_push, steps
from tests.faults.pty import Pty
from tests.faults.table import record

pytestmark = [pytest.mark.slow, pytest.mark.req("F23")]
CONFIG = '[project]\nbranch = "main"\n[[services]]\nname = "s"\nrevision = { command = ["./rev.sh", "x"] }\n'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A project whose revision is asked of a script, which reads another one."""
    place = slow_push.build(tmp_path, 0)
    _script(place.root / "lib.sh", f"echo sung >> '{canary(place)}'")
    _script(place.root / "rev.sh", ". ./lib.sh\ngit rev-parse HEAD")
    (place.root / "incidentui.toml").write_text(CONFIG)
    return place


def canary(place: Place) -> Path:
    return place.root.parent / "canary"


def _script(file: Path, body: str) -> None:
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)


def sings(place: Place, one_run: str = "") -> bool:
    """Whether a look at the project runs the command."""
    canary(place).unlink(missing_ok=True)
    done = place.run("status", INCIDENTUI_TRUST=one_run)
    assert "Traceback" not in done.stderr
    return canary(place).exists()


def _one_byte(place: Place) -> None:
    with open(place.root / "incidentui.toml", "ab") as file:
        file.write(b" ")


def _line_ends(place: Place) -> None:
    file = place.root / "incidentui.toml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


def _another_word(place: Place) -> None:
    file = place.root / "incidentui.toml"
    file.write_text(file.read_text().replace('"x"', '"X"'))


def _called(place: Place) -> None:
    _script(place.root / "rev.sh", ". ./lib.sh\n git rev-parse HEAD")


def _called_by_the_called(place: Place) -> None:
    with open(place.root / "lib.sh", "ab") as file:
        file.write(b"#\n")


def _link_of_the_script(place: Place) -> None:
    _script(place.root / "other.sh", ". ./lib.sh\ngit rev-parse HEAD~1")
    (place.root / "rev.sh").unlink()
    (place.root / "rev.sh").symlink_to("other.sh")


def _link_of_the_file(place: Place) -> None:
    (place.root / "other.toml").write_text(CONFIG + "# \n")
    (place.root / "incidentui.toml").unlink()
    (place.root / "incidentui.toml").symlink_to("other.toml")


def _script_is_gone_and_back(place: Place) -> None:
    """Not there when it was asked: then there."""
    (place.root / "lib.sh").rename(place.root / "gone.sh")
    place.ok("trust")
    _script(place.root / "lib.sh", f"echo other >> '{canary(place)}'")


CHANGES: dict[str, Callable[[Place], None]] = {
    "one byte": _one_byte,
    "line ends": _line_ends,
    "case": _another_word,
    "a script it calls": _called,
    "a script that the script reads": _called_by_the_called,
    "the script becomes a link": _link_of_the_script,
    "the file becomes a link": _link_of_the_file,
    "a script comes back": _script_is_gone_and_back,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file_does_not_run_and_shows_what_changed(place: Place, name: str) -> None:
    assert not sings(place)
    place.ok("trust")
    assert sings(place), "the control: allowed, it runs"
    CHANGES[name](place)
    ran = sings(place)
    said = place.run("doctor").stdout
    record("28 changed after consent", cases=1, ran=ran)
    assert not ran
    assert "not run before you allow it" in said
    shown = place.ok("trust")
    if "link" not in name or "script" in name:  # a file elsewhere is another file
        assert "changed since it was allowed" in shown
        assert re.search(r"^    [+-] ", shown, re.MULTILINE), shown
    assert sings(place), "what was shown is what runs"


def test_the_same_text_on_another_place_asks_again(place: Place) -> None:
    place.ok("trust")
    copy = Place(place.root.parent / "copy", place.home)
    shutil.copytree(place.root, copy.root)
    ran = sings(copy)
    record("28 changed after consent", cases=1, ran=ran)
    assert not ran


def test_one_run_by_the_hash_that_the_refusal_prints(place: Place) -> None:
    said = place.run("status").stdout + place.run("doctor").stdout
    found = re.search(r"INCIDENTUI_TRUST=(\w{64})", said)
    assert found is not None, said
    assert sings(place, found.group(1))
    assert not sings(place)
    assert not sings(place, "0" * 64)
    _called(place)
    assert not sings(place, found.group(1))


@pytest.mark.parametrize("what", ["script", "book, allowed again"])
def test_changed_between_the_plan_and_its_word(tmp_path: Path, what: str) -> None:
    place = steps.prepared(slow_push.build(tmp_path, 0))
    _script(place.root / "do.sh", f"echo one >> '{canary(place)}'")
    book = steps.write(place, "./do.sh", "20s")
    place.ok("trust")
    with steps.at_the_step(place) as screen:
        screen.press("x", gap_s=0.2)
        screen.see("scripts +do.sh")
        screen.see("[Tt]ype the word to run it")
        if what == "script":
            _script(place.root / "do.sh", f"echo two >> '{canary(place)}'")
        else:
            book.write_text(book.read_text().replace("./do.sh", f"./do.sh; echo two >> '{canary(place)}'"))
            place.ok("trust")
        steps.say_the_word(screen)
        until(lambda: _seen(screen, place), "an answer", 30)
    record("28 changed after consent", cases=1, ran=canary(place).exists())
    assert not canary(place).exists()


def _seen(screen: Pty, place: Place) -> bool:
    screen.rest(0.05, 0.3)
    outcome = steps.ended(place)
    return outcome is not None and outcome.outcome == "refused"


def test_the_screen_says_that_a_runbook_changed_and_shows_it(tmp_path: Path) -> None:
    place = steps.prepared(slow_push.build(tmp_path, 0))
    book = steps.write(place, "echo one", "20s")
    place.ok("trust")
    book.write_text(book.read_text().replace("echo one", "echo one  # \u0435; rm"))
    with steps.at_the_step(place) as screen:
        screen.press("x", gap_s=0.2)
        screen.see(r"changed since it was allowed, \+1 −1 lines")
        screen.see("d what changed")
        screen.press("d", gap_s=0.3)
        screen.see("WHAT CHANGED")
        screen.see(r"- .*echo one$")
        screen.see(r"\+ .*echo one  # .; rm   ⟨U\+0435 cyrillic small letter ie⟩")
        screen.see(r"incidentui trust runbooks/step\.md")


def test_without_a_screen_what_changed_is_shown_then_allowed_then_runs(tmp_path: Path) -> None:
    place = slow_push.build(tmp_path, 0)
    book = steps.write(place, "echo one >> sung", "20s")
    place.ok("trust")
    place.ok("runbook", "run", "step")
    book.write_text(book.read_text().replace("echo one", "echo two"))
    refused = place.run("runbook", "run", "step", "--json")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert re.search(r"^    - +echo one >> sung$\n    \+ +echo two >> sung$", refused.stderr, re.MULTILINE), (
        refused.stderr
    )
    assert re.search(r"changed since it was allowed, \+1 −1 lines.*incidentui trust runbooks/step\.md", refused.stderr)
    assert "echo two" in place.ok("trust", "runbooks/step.md")
    place.ok("runbook", "run", "step", "--from", "1")  # allowed, and nobody marked it: no --yes
    assert (place.root / "sung").read_text() == "one\ntwo\n"


# -- a file cannot grant itself anything


def _own_key(place: Place) -> None:
    (place.root / "incidentui.toml").write_text(CONFIG.replace("[project]\n", "[project]\ntrusted = true\n"))


def _own_table(place: Place) -> None:
    (place.root / "incidentui.toml").write_text(CONFIG + '[trust]\n"incidentui.toml" = "all"\n')


def _dot_env(place: Place) -> None:
    hashes = re.findall(r"\w{64}", place.run("doctor").stdout)
    for name in (".env", ".envrc", ".incidentui/env"):
        (place.root / name).parent.mkdir(exist_ok=True)
        (place.root / name).write_text("".join(f"export INCIDENTUI_TRUST={hash_}\n" for hash_ in hashes))


def _parent(place: Place) -> None:
    (place.root.parent / "incidentui.toml").write_text('[project]\ntrusted = true\n[trust]\nall = "yes"\n')


def _git_config(place: Place) -> None:
    slow_push.run(["config", "incidentui.trust", "true"], place.root)


def _own_store(place: Place) -> None:
    """The grants of another user lie in the repository."""
    place.ok("trust")
    for name in (".incidentui", ".local/state/incidentui", "trust"):
        shutil.copytree(place.home / "trust", place.root / name / "trust")
    shutil.rmtree(place.home / "trust")


def _store_for_all(place: Place) -> None:
    place.ok("trust")
    (place.home / "trust").chmod(0o777)


def _store_linked(place: Place) -> None:
    place.ok("trust")
    (place.home / "trust").rename(place.root / "grants")
    (place.home / "trust").symlink_to(place.root / "grants")


def _grant_linked(place: Place) -> None:
    place.ok("trust")
    for file in (place.home / "trust").iterdir():
        file.rename(place.root / file.name)
        file.symlink_to(place.root / file.name)


def _grant_of_another(place: Place) -> None:
    """A grant under the right name that was written for another content."""
    place.ok("trust")
    (file,) = (place.home / "trust").iterdir()
    text = file.read_bytes()
    _one_byte(place)
    place.ok("trust")
    (newer,) = (f for f in (place.home / "trust").iterdir() if f.name != file.name)
    newer.write_bytes(text)


def _another_host(place: Place) -> None:
    place.ok("trust")
    for file in (place.home / "trust").iterdir():
        file.write_text(json.dumps({**json.loads(file.read_text()), "host": "elsewhere"}))


def _another_user(place: Place) -> None:
    place.ok("trust")
    for file in (place.home / "trust").iterdir():
        os.chown(file, 12345, -1)


NAMED: dict[Callable[[Place], None], str] = {
    _own_key: "project.trusted: unknown key",
    _own_table: "trust: unknown table",
    _store_for_all: "can be written by others",
    _store_linked: "not a folder of its own",
    _another_host: "allowed on elsewhere, not here",
}
GRANTS = (
    _own_key, _own_table, _dot_env, _parent, _git_config, _own_store, _store_for_all, _store_linked, _grant_linked,
    _grant_of_another, _another_host, _another_user,
)  # fmt: skip


@pytest.mark.parametrize("forge", GRANTS, ids=lambda f: f.__name__.strip("_"))
def test_a_file_cannot_allow_itself(place: Place, forge: Callable[[Place], None]) -> None:
    if forge is _another_user and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    forge(place)
    ran = sings(place)
    record("28 files that allow themselves", cases=1, ran=ran)
    assert not ran
    assert NAMED.get(forge, "") in place.run("doctor").stdout
