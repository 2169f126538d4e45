"""Before it is allowed: nothing hides in what is shown, and a file that is not plain is refused with its line."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place
from tests.faults import slow_push
from tests.faults.pty import leaks
from tests.faults.table import record

pytestmark = pytest.mark.req("F23")
# What stands before the part that is to be hidden, and the mark that must be seen.
HIDES = {
    "erase the line": ("ls \x1b[2K\x1b[1A", "␛"),
    "carriage return": ("rm -rf x\rls", "␍"),
    "backspace": ("rm\b\bls", "␈"),
    "delete": ("rm\x7fx", "␡"),
    "a title": ("\x1b]0;ls\x07", "␛"),
    "C1": ("ls \x9b2K", "�"),
    "NUL": ("ls \x00", "␀"),
    "form feed": ("ls \x0c", "␌"),
    "bidi override": ("ls \u202e", "�"),
    "bidi isolate": ("ls \u2066", "�"),
    "arabic mark": ("ls \u061c", "�"),
    "zero width": ("l\u200bs", "�"),
    "joiner": ("l\u200ds", "�"),
    "soft hyphen": ("l\u00ads", "�"),
    "tag characters": ("ls \U000e0041", "�"),
    "line separator": ("ls \u2028", "�"),
    "5,000 blanks": ("ls" + " " * 5000, "[5000 blanks]"),
    "5,000 tabs": ("ls" + "\t" * 5000, "[5000 blanks]"),
    "homoglyph": ("\u0441url x", "U+0441 cyrillic small letter es"),
    "no-break space": ("rm\u00a0x", "U+00A0 no-break space"),
    "fullwidth": ("ls \uff1b", "U+FF1B fullwidth semicolon"),
}
SECRET = "; touch hidden"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return slow_push.build(tmp_path_factory.mktemp("preview"), 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", HIDES)
def test_the_question_shows_all_of_the_command(place: Place, name: str) -> None:
    hiding, mark = HIDES[name]
    book = place.root / "runbooks" / f"{name.replace(' ', '-')}.md"
    book.parent.mkdir(exist_ok=True)
    book.write_bytes(f"# Book\n\n1. Go\n\n   ```sh\n   {hiding}{SECRET}\n   ```\n".encode("utf-8", "surrogatepass"))
    done = subprocess.run([COMMAND, "trust", str(book)], cwd=place.root, env=place.env(), capture_output=True)
    said = done.stdout.decode()
    hidden = leaks(done.stdout, own=False)
    seen = mark in said and SECRET in said
    record("R5 previews that hide", cases=1, hidden=len(hidden), unmarked=not seen)
    assert done.returncode == 0
    assert hidden == []
    assert seen, said


@pytest.mark.slow
def test_a_file_too_long_to_be_read_stops_no_other(place: Place) -> None:
    folder = place.root / "runbooks"
    folder.mkdir(exist_ok=True)
    (folder / "aa-long.md").write_bytes(b"# Long\n\n```sh\ntouch x\n```\n" + b"x" * 300_000)
    (folder / "ab-pipe.md").unlink(missing_ok=True)
    subprocess.run(["mkfifo", str(folder / "ab-pipe.md")], check=True)
    (folder / "ac-good.md").write_text("# Good\n\n```sh\nls\n```\n")
    done = place.run("trust")
    assert done.returncode == 0
    assert re.search(r"aa-long\.md: longer than 256 KB", done.stderr), done.stderr
    assert re.search(r"ab-pipe\.md: not a file", done.stderr), done.stderr
    assert "ac-good.md" in done.stdout
    assert "aa-long" not in done.stdout


# -- data that is not plain

YAML = {
    "python tag": "within: !!python/object/apply:os.system ['touch canary']",
    "local tag": "within: !x y",
    "alias": "a: &a [x, x]\nb: *a",
    "bomb": "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]",
    "twice": "within: 1m\nwithin: 2m",
    "tab": "within:\n\t- a",
    "merge": "a: &a {x: y}\n<<: *a",
    "deep": "a: " + "[" * 60 + "]" * 60,
    "long": "within: " + "x" * 70_000,
    "unclosed": 'title: "a',
}


@pytest.mark.parametrize("name", YAML)
def test_an_action_that_is_not_plain_is_a_problem_with_its_line(name: str) -> None:
    from incidentui.runbook.parse import parse

    body = YAML[name].replace("\n", "\n   ")
    book = parse(f'# Book\n\n1. Go\n\n   ```yaml {{"action":"verify"}}\n   {body}\n   ```\n', "book.md")
    assert book.steps[0].action is not None
    taken = bool(book.steps[0].action.args) or not book.problems
    record("R4 data that is not plain", cases=1, taken=taken)
    assert not taken
    assert book.problems[0].line >= 5
    # As front matter it is prose between two rulers: nothing of it is taken.
    assert parse(f"---\n{YAML[name]}\n---\n# Book\n", "book.md").vars == ()


@pytest.mark.parametrize("value", ["no", "on", "010", "1e3", "2024-01-01", "0x1f", "null", "~"])
def test_text_stays_text(value: str) -> None:
    from incidentui.runbook.parse import parse

    book = parse(f'# B\n\n1. Go\n\n   ```yaml {{"action":"git.reset"}}\n   to: {value}\n   ```\n', "b.md")
    assert book.steps[0].action is not None
    assert dict(book.steps[0].action.args)["to"] == value


_FLAG = "[[services]]\nname = 's'\n[[checks]]\nname = 'c'\nservice = 's'\nurl = 'http://x/'\nfollow_redirects = 'no'\n"
TOML: dict[str, tuple[str | bytes, int | None]] = {
    "twice": ('[project]\nname = "a"\nname = "b"\n', 3),
    "yes": ("[project]\nname = yes\n", 2),
    "octal": ("[project]\nsize_limit = 010\n", 2),
    "unknown key": ('[project]\nnam = "a"\n', 2),
    "unknown table": ('[projekt]\nname = "a"\n', 1),
    "text for a flag": (_FLAG, 7),
    "not UTF-8": (b'[project]\nname = "\xff"\n', 2),
    "NUL": ('[project]\nname = "a\x00b"\n', 2),
    "10 MB": ("[project]\n" + "#" * 10_000_000 + "\n", None),
    "deep": ("a = " + "[" * 5000 + "]" * 5000, None),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", TOML)
def test_a_configuration_that_is_not_plain_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    content, line = TOML[name]
    (tmp_path / "incidentui.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    said = Place(tmp_path, tmp_path / "home").run("doctor")
    place = f"incidentui.toml:{line}" if line else "incidentui.toml:"
    record("R4 data that is not plain", cases=1, taken=place not in said.stdout)
    assert place in said.stdout, said.stdout
    assert "Traceback" not in said.stderr
