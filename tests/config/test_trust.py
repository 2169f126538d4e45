"""What a repository's file says runs only after its very bytes were allowed, and no file can allow itself."""

import os
import re
from pathlib import Path

import pytest

from incidentui.config.checks import HeldCheck, HttpCheck
from incidentui.config.load import load
from incidentui.config.trust import (
    UnsafeStoreError,
    allow,
    digest,
    grant,
    is_trusted,
    last_grant,
    revoke,
    store_problem,
)

pytestmark = pytest.mark.req("F23")
CONFIG = """
[[services]]
name = "api"
revision = { command = ["cat", "REV"] }
[[services]]
name = "db"
revision = { file = "REV" }
[[checks]]
name = "plain"
service = "api"
url = "http://127.0.0.1/"
[[checks]]
name = "token"
service = "api"
url = "http://127.0.0.1/"
headers = { A = { command = ["pass", "api"] } }
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("INCIDENTUI_HOME", str(home))
    monkeypatch.delenv("INCIDENTUI_TRUST", raising=False)
    return home


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "repo").mkdir()
    file = tmp_path / "repo" / "book.md"
    file.write_bytes(b"```sh\nls\n```\n")
    return file


def test_allowed_until_one_byte_changes(book: Path) -> None:
    text = book.read_bytes()
    assert not is_trusted(book, text)
    assert allow(book, by="ann") == digest(text)
    assert is_trusted(book, text)
    assert is_trusted(book, text.decode())
    found = grant(book, text)
    assert found is not None
    assert found.by == "ann"
    for changed in (text + b" ", text.replace(b"\n", b"\r\n"), text.upper()):
        assert not is_trusted(book, changed)
    assert last_grant(book) is not None


def test_the_same_text_elsewhere_asks_again_and_a_link_is_its_target(book: Path, tmp_path: Path) -> None:
    allow(book)
    copy = tmp_path / "copy.md"
    copy.write_bytes(book.read_bytes())
    assert not is_trusted(copy, copy.read_bytes())
    link = tmp_path / "link.md"
    link.symlink_to(book)
    assert is_trusted(link, book.read_bytes())


def test_what_was_shown_is_allowed_not_what_the_file_holds_by_then(book: Path) -> None:
    shown = book.read_bytes()
    book.write_bytes(b"```sh\nrm -rf /\n```\n")
    allow(book, shown)
    assert not is_trusted(book, book.read_bytes())


def test_withdrawn(book: Path) -> None:
    allow(book)
    assert revoke(book) == 1
    assert not is_trusted(book, book.read_bytes())
    assert revoke(book) == 0


def test_one_run_by_the_environment(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTUI_TRUST", f"x, {digest(book.read_bytes())}")
    assert is_trusted(book, book.read_bytes())
    assert not is_trusted(book, b"other")
    assert grant(book, book.read_bytes()) is None


def test_grants_lie_outside_the_repository_for_the_owner_alone(book: Path, home: Path) -> None:
    allow(book)
    (file,) = (home / "trust").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (home / "trust").stat().st_mode & 0o777 == 0o700
    assert [p.name for p in book.parent.iterdir()] == ["book.md"]


@pytest.mark.parametrize("what", ["home", "store", "grant"])
def test_grants_that_others_can_write_count_for_nothing(book: Path, home: Path, what: str) -> None:
    allow(book)
    (file,) = (home / "trust").iterdir()
    place = {"home": home, "store": home / "trust", "grant": file}[what]
    place.chmod(place.stat().st_mode | 0o022)
    assert not is_trusted(book, book.read_bytes())
    if what != "grant":
        assert "can be written by others" in store_problem()
        with pytest.raises(UnsafeStoreError):
            allow(book)


def test_a_linked_store_or_grant_counts_for_nothing(book: Path, home: Path, tmp_path: Path) -> None:
    allow(book)
    (file,) = (home / "trust").iterdir()
    elsewhere = tmp_path / "elsewhere"
    os.rename(home / "trust", elsewhere)
    (home / "trust").symlink_to(elsewhere)
    assert not is_trusted(book, book.read_bytes())
    assert "not a folder" in store_problem()
    (home / "trust").unlink()
    (home / "trust").mkdir(mode=0o700)
    (home / "trust" / file.name).symlink_to(elsewhere / file.name)
    assert not is_trusted(book, book.read_bytes())


def test_a_grant_moved_to_another_name_counts_for_nothing(book: Path, home: Path, tmp_path: Path) -> None:
    allow(book)
    other = tmp_path / "repo" / "other.md"
    other.write_bytes(b"evil")
    allow(other)
    (mine,) = (file for file in (home / "trust").iterdir() if b"book" in file.read_bytes())
    copy = tmp_path / "repo" / "copy.md"
    copy.write_bytes(book.read_bytes())
    allow(copy)
    (copied,) = (file for file in (home / "trust").iterdir() if b"copy" in file.read_bytes())
    copied.write_bytes(mine.read_bytes())
    assert not is_trusted(copy, copy.read_bytes())
    copied.unlink()
    first, second = sorted((home / "trust").iterdir())
    first.write_bytes(second.read_bytes())
    assert [is_trusted(f, f.read_bytes()) for f in (book, other)].count(True) == 1
    first.write_bytes(b"{half")
    assert [is_trusted(f, f.read_bytes()) for f in (book, other)].count(True) == 1


@pytest.mark.parametrize(
    "own", ["[project]\ntrusted = true\n", "[trust]\nhash = 'x'\n", "[project]\nname = 'x'\n#:trusted\n"]
)
def test_a_file_cannot_grant_itself_anything(tmp_path: Path, own: str) -> None:
    (tmp_path / "incidentui.toml").write_text(own + CONFIG)
    (tmp_path / ".env").write_text("INCIDENTUI_TRUST=" + digest(own + CONFIG))
    loaded = load(tmp_path)
    assert loaded.config.commands() == ()


def test_commands_of_the_configuration_wait_and_the_rest_works(tmp_path: Path) -> None:
    file = tmp_path / "incidentui.toml"
    file.write_text(CONFIG)
    held = load(tmp_path)
    plain, token = held.config.checks
    assert (plain.name, type(plain)) == ("plain", HttpCheck)
    assert (token.name, token.kind, token.target) == ("token", "http", "GET http://127.0.0.1/")
    assert isinstance(token, HeldCheck)
    assert token.why == "not run before you allow it: incidentui trust"
    assert "pass" not in repr(token), "nothing is left in it that could be run"
    assert [(s.name, s.revision is not None) for s in held.config.services] == [("api", False), ("db", True)]
    assert [p.key for p in held.problems] == ["services.api.revision", "checks.token.headers.A"]
    hash_ = re.search(r"INCIDENTUI_TRUST=(\w+)", held.problems[0].hint)
    assert hash_ is not None
    assert hash_.group(1) == digest(CONFIG)
    assert held.errors == ()
    allow(file)
    assert load(tmp_path).problems == ()
    assert [type(c) for c in load(tmp_path).config.checks] == [HttpCheck, HttpCheck]
    file.write_text(CONFIG + "\n")
    changed = load(tmp_path).config.checks[1]
    assert isinstance(changed, HeldCheck)
    assert changed.why == ("not run before you allow it (changed since it was allowed, +1 −0 line): incidentui trust")


def test_the_commands_of_a_rehearsal_run_only_when_allowed(tmp_path: Path) -> None:
    file = tmp_path / "incidentui.toml"
    file.write_text('[rehearse]\ncommands = [["make", "build"], "npm test"]\ntimeout = "5m"\n')
    untrusted = load(tmp_path).config.rehearse
    assert untrusted.commands == ()
    assert "incidentui trust" in untrusted.refused
    allow(file)
    allowed = load(tmp_path).config.rehearse
    assert allowed.commands == (("make", "build"), ("sh", "-ec", "npm test"))
    assert (allowed.timeout_ms, allowed.refused) == (300_000, "")


@pytest.mark.parametrize("value", ['"make"', "[1]", '[""]', "[[]]", '[["make", 1]]'])
def test_what_is_no_list_of_commands(tmp_path: Path, value: str) -> None:
    (tmp_path / "incidentui.toml").write_text(f"[rehearse]\ncommands = {value}\n")
    loaded = load(tmp_path)
    assert loaded.config.rehearse.commands == ()
    assert [p.key for p in loaded.errors] == ["rehearse.commands"]
    assert loaded.errors[0].hint
