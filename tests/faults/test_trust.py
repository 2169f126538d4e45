"""A hostile repository is opened, read, planned on, checked: nothing of it runs. What was shown is what runs."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place
from tests.faults import slow_push, steps
from tests.faults.pty import Pty
from tests.faults.table import record

SHADOWED = ("git", "docker", "sqlite3", "json", "textual", "click", "httpx", "yaml", "supervisor", "sitecustomize")
LOOKS = (
    ["status"], ["status", "--json"], ["check"], ["events"], ["incidents"], ["doctor"],
    ["note", "x"], ["act", "git.revert", "commits=HEAD~1", "--plan"], ["act", "git.reset", "to=HEAD~2", "--plan"],
    ["act", "git.reset", "to=HEAD~2", "push=true", "--yes", "wrong"], ["drill", "list"],
)  # fmt: skip


def hostile(place: Place) -> Path:
    """Every setting of a repository that could run a program, each with a canary of its own."""
    base, top = place.root.parent, place.root
    nest = base / "canaries"
    nest.mkdir()

    def trap(name: str, more: str = "") -> str:
        script = base / f"trap-{name}"
        script.write_text(f"#!/bin/sh\n: > '{nest}/{name}'\n{more}\n")
        script.chmod(0o755)
        return str(script)

    settings = {
        "core.fsmonitor": trap("fsmonitor"), "core.sshCommand": trap("ssh"), "core.editor": trap("editor"),
        "core.pager": trap("pager"), "core.askPass": trap("askpass"), "core.alternateRefsCommand": trap("alternates"),
        "credential.helper": f"!{trap('credential')}", "gpg.program": trap("gpg"), "gpg.ssh.program": trap("gpg-ssh"),
        "log.showSignature": "true", "commit.gpgSign": "true", "diff.external": trap("external"),
        "diff.bad.textconv": trap("textconv"), "diff.bad.command": trap("diff-command"),
        "filter.bad.clean": trap("clean", "cat"), "filter.bad.smudge": trap("smudge", "cat"),
        "filter.bad.process": trap("process", "exit 1"), "merge.bad.driver": trap("merge"), "merge.tool": "bad",
        "mergetool.bad.cmd": trap("mergetool"), "sequence.editor": trap("sequence"),
        "uploadpack.packObjectsHook": trap("pack"), "protocol.ext.allow": "always",
        "interactive.diffFilter": trap("filter"), "pager.log": trap("pager-log"), "submodule.recurse": "true",
    }  # fmt: skip
    for verb in ("status", "log", "diff", "show", "rev-parse", "for-each-ref", "ls-remote", "fetch", "cat-file"):
        settings[f"alias.{verb}"] = f"!{trap(f'alias-{verb}')}"
    for key, value in settings.items():
        slow_push.run(["config", key, value], top)
    included = base / "included"
    included.write_text(f"[core]\n\tfsmonitor = {trap('included')}\n")
    hooks = top / "hooks-here"
    hooks.mkdir()
    for hook in ("pre-commit", "post-checkout", "post-merge", "reference-transaction", "post-index-change", "pre-push"):
        for folder in (hooks, top / ".git" / "hooks"):
            folder.mkdir(exist_ok=True)
            shutil.copy(trap(f"hook-{hook}"), folder / hook)
    # Attributes that name the filters, and a folder that looks like a bare repository.
    (top / ".gitattributes").write_text("* diff=bad filter=bad merge=bad\n")
    inside = top / "inside"
    slow_push.run(["init", "-q", "--bare", str(inside)], top)
    slow_push.run(["config", "core.fsmonitor", trap("bare")], inside)
    (top / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c {trap("submodule")}\n')
    for name in SHADOWED:
        # Put aside what the import system would have given: a module that only leaves its canary behind.
        (top / f"{name}.py").write_text(f"open({str(nest / ('module-' + name))!r}, 'w').close()\n")
    (top / "incidentui.toml").write_text(
        '[project]\nname = "x"\nbranch = "main"\nremote = "origin"\ntrusted = true\n[[services]]\nname = "s"\n'
        f'revision = {{ command = ["{trap("revision")}"] }}\n[[checks]]\nname = "c"\nservice = "s"\n'
        f'url = "http://127.0.0.1:9/"\nheaders = {{ A = {{ command = ["{trap("header")}"] }} }}\n'
    )
    (top / ".env").write_text("INCIDENTUI_TRUST=1\n")
    (top / "runbooks").mkdir()
    (top / "runbooks" / "own.md").write_text(
        f"---\ntags: [reset]\n---\n# Own\n\n1. Go\n\n   ```sh\n   {trap('runbook')}\n   ```\n"
    )
    # Changed on disk, so that git must compare contents (and would ask the filters).
    (top / "file").write_text("another\n")
    with (top / ".git" / "config").open("a") as file:
        file.write(f"[include]\n\tpath = {included}\n")
        file.write(f"[core]\n\thooksPath = {hooks}\n")
    return nest


def sung(nest: Path) -> list[str]:
    return sorted(p.name for p in nest.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path, 0)


@pytest.mark.slow
@pytest.mark.req("F23")
@pytest.mark.parametrize("start", ["installed", "module"])
def test_looking_at_a_hostile_repository_runs_nothing(place: Place, start: str) -> None:
    nest = hostile(place)
    program = [COMMAND] if start == "installed" else [sys.executable, "-m", "incidentui"]
    for argv in LOOKS:
        done = subprocess.run(
            [*program, *argv],
            cwd=place.root,
            env=place.env(),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert b"Traceback" not in done.stderr, (argv, done.stderr[-500:])
        assert sung(nest) == [], argv
    record("27 hostile repositories opened", cases=len(LOOKS), canaries=len(sung(nest)))
    with Pty([*program], place.root, place.env()) as screen:
        screen.see("change 3")
        for keys in (
            "3\r",
            "jd",
            "J",
            "\x1b\x1b",
            "3ga1",
            "\x1b\x1b\x1b",
            "3ga2",
            "\x1b\x1b\x1b",
            "r\r",
            "jj",
            "\x1b\x1b",
            "1\r",
            "v",
        ):
            screen.press(*keys, gap_s=0.25)
        screen.rest(0.5, 3)
        screen.press("\x1b", "\x1b", "q", "q", gap_s=0.25)
        assert screen.end() == 0
    assert sung(nest) == []


@pytest.mark.slow
@pytest.mark.req("F23")
@pytest.mark.parametrize("path", [".", "", ":", "{here}", "/nowhere:.:"])
def test_a_folder_in_pythonpath_by_mistake_runs_nothing(place: Place, path: str) -> None:
    """The current folder there: what Python itself loads before us (sitecustomize) is beyond us, and not laid here."""
    nest = place.root.parent / "canaries"
    nest.mkdir()
    for name in (*SHADOWED[:-1], "pydantic", "supervisor", "platformdirs", "markdown_it"):
        (place.root / f"{name}.py").write_text(f"open({str(nest / name)!r}, 'w').close()\n")
    for argv in (["status"], ["doctor"], ["trust"], ["act", "git.reset", "to=HEAD~1", "--plan"]):
        place.run(*argv, PYTHONPATH=path.format(here=place.root))
    record("R8 names of modules in the folder", cases=1, canaries=len(sung(nest)))
    assert sung(nest) == []


@pytest.mark.slow
def test_the_traps_of_that_repository_work(place: Place) -> None:
    """The control: plain git, and a plain `python -m` beside those files, do run them."""
    nest = hostile(place)
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    for argv in (["git", "status"], ["git", "diff"], ["git", "diff", "--ext-diff"], ["git", "log", "-p", "-1"]):
        subprocess.run(argv, cwd=place.root, env=env, capture_output=True, check=False, timeout=30)
    subprocess.run([sys.executable, "-m", "pydoc", "x"], cwd=place.root, capture_output=True, check=False)
    subprocess.run([sys.executable, "-c", "import git, docker"], cwd=place.root, capture_output=True, check=False)
    heard = sung(nest)
    assert {"included", "module-git", "module-docker"} <= set(heard), heard
    assert {"clean", "process"} & set(heard), heard


@pytest.mark.slow
@pytest.mark.req("F23")
def test_a_changed_file_is_asked_about_again(place: Place) -> None:
    book = place.root / "runbooks" / "own.md"
    book.parent.mkdir()
    book.write_text("---\ntags: [reset]\n---\n# Own\n\n1. Go\n\n   ```sh\n   echo one\n   ```\n")
    assert place.run("trust", "--json").returncode == 0
    shown = place.run("trust", str(book)).stdout
    assert "allowed already" in shown
    for change in (b"\n", b"\r", "\u200b".encode(), b" "):
        book.write_bytes(book.read_bytes() + change)
        said = place.run("trust", str(book)).stdout
        assert "allowed already" not in said, change
    book.write_bytes(book.read_bytes().replace(b"echo one", b"echo two"))
    assert "changed since it was allowed, +1 −1 lines" in place.run("trust", str(book)).stdout


REPLAY = """
import sys
from incidentui.cli import replay, screen
def show(session, root, options, **more):
    session.step(1)
    session.ends(last=True)
    bad = [m for m in sys.modules if m.startswith(("incidentui.edge.git", "incidentui.edge.containers",
        "incidentui.edge.shell", "incidentui.edge.checks", "incidentui.cli.world",
        "git.", "docker", "httpx", "supervisor"))]
    print("LOADED", bad)
    return 0
replay.show, replay.need_terminal = show, lambda: None
from incidentui.__main__ import main
main()
"""


@pytest.mark.req("F23")
def test_a_replay_loads_nothing_that_could_act(place: Place) -> None:
    assert place.run("open", "x").returncode == 0
    assert place.run("note", "y").returncode == 0
    record = place.root.parent / "record.jsonl"
    assert place.run("export", "INC-1", "--format", "jsonl", "-o", str(record)).returncode == 0
    for what in ("INC-1", str(record)):
        argv = [sys.executable, "-P", "-c", REPLAY, "replay", what]
        done = subprocess.run(argv, cwd=place.root, env=place.env(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "LOADED []" in done.stdout


@pytest.mark.slow
@pytest.mark.req("F23")
def test_a_replay_played_with_every_acting_key_changes_nothing(place: Place) -> None:
    """Its record holds real actions, and its project a runbook that was allowed: keys try to do them all again."""
    canary = place.root.parent / "canary"
    steps.write(place, f": > '{canary}'", "20s")
    steps.prepared(place).ok("trust")
    assert place.run("act", "git.revert", "commits=HEAD", "push=true", "--yes", "main").returncode in (0, 1)
    state = _standing(place)
    with Pty([COMMAND, "replay", "INC-1"], place.root, place.env()) as screen:
        screen.see("replay|REPLAY")
        for n, keys in enumerate(ACTING):
            screen.press(*keys, gap_s=0.1)
            screen.press("\x1b", "\x1b", gap_s=0.1)
            record("29 side effects of replays", cases=1, effects=int(canary.exists() or _standing(place) != state))
            assert not canary.exists(), (n, keys)
        screen.press("q", "q", gap_s=0.25)
        assert screen.end() == 0
    assert _standing(place) == state
    assert not canary.exists()


ACTING = (
    "r\rxx", "r\rxyes\r", "rxx", "r\rsno\r", "3a1xmain\r", "3a2xmain\r", "3\ra1xmain\r", "a1xmain\r", "a2xyes\r",
    "1\rxx", "2axx", "4axx", "x", "s", "o\r", "c\r", "nnote\r", "!1", "m\r", "v",
)  # fmt: skip


def _standing(place: Place) -> tuple[str, ...]:
    """All that an action could have moved: refs of both sides, the work tree, the record."""
    return (
        slow_push.run(["for-each-ref"], place.root),
        slow_push.run(["for-each-ref"], place.root.parent / "remote.git"),
        slow_push.run(["status", "--porcelain"], place.root),
        hashlib.sha256(place.journal_file.read_bytes()).hexdigest(),
    )
