"""Hostile values, refs, paths and exports: none is taken for code, none leads anywhere but where it was meant to."""

import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from tests.e2e.world import Place
from tests.faults import slow_push, steps
from tests.faults.table import record

pytestmark = pytest.mark.slow
ROW = "9 hostile values, refs, paths, exports"
VALUES = (
    "; touch C", "&& touch C", "| touch C", "$(touch C)", "`touch C`", "\ntouch C\n", "\rtouch C", "'; touch C; '",
    '"; touch C; "', "${IFS}touch${IFS}C", "--output=C", "-o C", "-c core.fsmonitor=./t", "--upload-pack=./t",
    "--exec=./t", "--help", "-", "--", "-D", "*", "?", "[a-z]", "~", "~root", "$HOME", "%s%n", "{a,b}", "!!", "#",
    "\\", "'", '"', "\u2010-output=C", "\u2013exec", "x\u0000y", "\x1b[2J", "../../C", "/dev/null", "ext::sh -c ./t",
    "a" * 3000,
)  # fmt: skip
ACTS = {"git.reset": "to", "git.revert": "commits", "verify": "checks", "workload.restart": "name"}
SAMPLE = ("$(touch C)", "--output=C", "--upload-pack=./t", "\ntouch C\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = slow_push.build(tmp_path_factory.mktemp("values"), 0)
    trap = place.root / "t"
    trap.write_text("#!/bin/sh\n: > C\n")
    trap.chmod(0o755)
    assert place.run("open", "x").returncode == 0
    return place


def refs(place: Place) -> str:
    return slow_push.run(["for-each-ref"], place.root) + slow_push.tip(place)


def canaries(place: Place) -> list[str]:
    return [str(file) for file in place.root.parent.rglob("C")] + [str(f) for f in place.root.glob("[-$;&|*]*")]


@pytest.mark.parametrize("value", [pytest.param(v, marks=[] if v in SAMPLE else [pytest.mark.soak]) for v in VALUES])
def test_a_value_is_never_code(place: Place, value: str) -> None:
    before = refs(place)
    for action, key in ACTS.items():
        given = value.replace("\0", "\ufffd")  # no argument can hold one
        done = place.run("act", action, f"{key}={given}", "--yes", "main")
        assert done.returncode in (1, 2, 3, 4), (action, value, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    found = canaries(place)
    record(ROW, cases=len(ACTS), canaries=len(found))
    assert found == []
    assert refs(place) == before


def test_a_shell_step_gets_values_by_environment_alone(tmp_path: Path) -> None:
    place = steps.prepared(slow_push.build(tmp_path, 0))
    values = [value for value in VALUES if "\0" not in value and "\n" not in value and len(value) < 100]
    block = "\n".join(f'printf "<%s>" "$V{n}"' for n in range(len(values)))
    steps.write(place, block, "20s")
    place.ok("trust")
    env = {f"V{n}": value for n, value in enumerate(values)}
    with steps.at_the_step(Place(place.root, place.home), env) as screen:
        steps.fire(screen)
        screen.see("exit 0", 60)
    record(ROW, cases=len(values), canaries=len(canaries(place)))
    assert canaries(place) == []


REFS = (
    "--upload-pack=./t", "-D", "--output=C", "@{-1}", "HEAD", "@", "a" * 40, "refs/heads/x", "refs/heads/main",
    "both", "main.lock", "x..y", "^main", "main~1^{/x}", ":/change", "main:file", "-", "origin/main", "FETCH_HEAD",
    "x@{1}",
)  # fmt: skip


@pytest.mark.parametrize("ref", [pytest.param(r, marks=[] if r in REFS[:3] else [pytest.mark.soak]) for r in REFS])
def test_a_ref_is_used_under_its_full_name_or_refused(place: Place, ref: str) -> None:
    """As a branch and a tag of that name (by plumbing, where git lets us), as a value, as the branch of the file."""
    head = slow_push.run(["rev-parse", "HEAD~1"], place.root)
    for kind in ("heads", "tags"):
        (place.root / ".git/refs" / kind).mkdir(parents=True, exist_ok=True)
        if "/" not in ref and ":" not in ref:
            (place.root / ".git/refs" / kind / ref).write_text(head + "\n") if ref != "main" else None
    tip = slow_push.tip(place)
    config = place.root / "incidentui.toml"
    config.write_text(f'[project]\nbranch = "{ref}"\n')
    runs = [place.run("act", "git.reset", "to=HEAD~1", "push=true", "--plan"), place.run("status"), place.run("doctor")]
    config.unlink()
    runs += [place.run("act", a, f"{k}={ref}", "--plan") for a, k in (("git.reset", "to"), ("git.revert", "commits"))]
    found = canaries(place)
    record(ROW, cases=1, canaries=len(found))
    assert all("Traceback" not in run.stderr for run in runs)
    assert found == []
    assert slow_push.tip(place) == tip
    for kind in ("heads", "tags"):
        (place.root / ".git/refs" / kind / ref).unlink(missing_ok=True) if ref != "main" and "/" not in ref else None


PATHS = (
    "../out.md", "{tmp}/absolute.md", "link.md", "dangling.md", "/dev/full", "/dev/null", "pipe", ".git/hooks/x",
    "x" * 300, "-o", "--help", "con", "a\nb.md", "folder", "nowhere/x.md",
)  # fmt: skip
_THERE = ("link.md", "dangling.md", "/dev/full", "/dev/null", "pipe", "folder")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("command", ["export", "backup"])
def test_a_path_makes_a_new_file_of_its_own_or_nothing(place: Place, command: str, path: str) -> None:
    target = _laid(place, path)
    before = {name: os.lstat(place.root / name).st_mode for name in ("link.md", "dangling.md", "pipe", "folder")}
    argv = ["export", "INC-1", f"--output={target}"] if command == "export" else ["journal", "backup", "--", target]
    done = place.run(*argv)
    broken = "Traceback" in done.stderr or (path in _THERE and done.returncode == 0)
    made = place.root / target
    wrong = not broken and done.returncode == 0 and not stat.S_ISREG(made.lstat().st_mode)
    record(ROW, cases=1, canaries=int(broken or wrong))
    assert not broken, done
    assert not wrong
    assert (place.root / "victim").read_text() == "precious"
    assert not (place.root / "never").exists()
    assert {name: os.lstat(place.root / name).st_mode for name in before} == before
    if done.returncode == 0:
        assert not made.stat().st_mode & 0o111, "a hook that is not executable is none"
        made.unlink()


def _laid(place: Place, path: str) -> str:
    """What lies in the way."""
    (place.root / "victim").write_text("precious")
    for name, target in (("link.md", "victim"), ("dangling.md", "never")):
        if not os.path.lexists(place.root / name):
            (place.root / name).symlink_to(target)
    if not (place.root / "pipe").exists():
        os.mkfifo(place.root / "pipe")
    (place.root / "folder").mkdir(exist_ok=True)
    (place.root / ".git/hooks").mkdir(exist_ok=True)
    return path.format(tmp=place.root.parent)


BREAKS = (
    "<script>alert(1)</script>", "<img src=http://x.invalid/b>", "![b](http://x.invalid/b)", "[x](javascript:alert(1))",
    "](javascript:alert(1))", "<javascript:alert(1)>", "| a | b |", "x | y \\| z", "# A heading", "## Gaps",
    "===", "---\ntitle: x\n---", "```\ncode", "~~~", "<!-- hidden", "</details>", "[ref]: http://x.invalid", "=1+1",
    "http://x.invalid/auto", "&#60;script&#62;",
)  # fmt: skip


@pytest.mark.req("F22")
def test_an_export_holds_every_text_as_text(tmp_path: Path) -> None:
    plain = slow_push.build(tmp_path, 0)
    assert plain.run("open", "x").returncode == 0
    shape = _shape(plain.ok("export", "INC-1"))
    for text in BREAKS:
        assert plain.run("note", "--", text).returncode == 0
    assert plain.run("open", "--", BREAKS[0] + BREAKS[3]).returncode == 0
    draft = plain.ok("export", "INC-1")
    live = _live(draft)
    record(ROW, cases=len(BREAKS), canaries=len(live))
    assert live == []
    assert _shape(draft) == shape, "no text made a heading of its own"


def _live(draft: str) -> list[str]:
    """What a renderer with HTML and tables switched on would obey."""
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(draft)
    tags = re.findall(r"<(/?(?:script|img|iframe|details|a|form|svg|style|object)\b[^>]*)>|<!--", rendered)
    return [tag for tag in tags if not tag.startswith('a href="#') and not tag.startswith("/a")] + re.findall(
        r'(?:href|src)="(?!#)[^"]*"', unquote(rendered)
    )


def _shape(draft: str) -> list[str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(draft)
    return [tokens[n + 1].content for n, token in enumerate(tokens) if token.type == "heading_open"]
