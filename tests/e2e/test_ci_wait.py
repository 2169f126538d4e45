"""`ci.wait` through the installed command.

`gh` and `glab` are outside programs: small ones stand in for them, with the options, JSON, exit codes and words of the
real ones.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import ActionEnded, ActionProgressed
from incidentui.drills.history import git
from tests.e2e.plain import Quay, quay
from tests.e2e.world import until

GH = """#!{python}
import json, os, pathlib, sys
here = pathlib.Path({here!r})
argv = sys.argv[1:]
with open(here / "asked", "a") as log:
    log.write(json.dumps(argv) + "\\n")
assert not os.isatty(0) and os.environ.get("GH_PROMPT_DISABLED")
told = json.loads((here / "told.json").read_text())
step = told[0]
if len(told) > 1:
    (here / "told.json").write_text(json.dumps(told[1:]))
sys.stderr.write(step.get("err", ""))
if "runs" in step:
    fields = argv[argv.index("--json") + 1].split(",")
    print(json.dumps([{{f: r[f] for f in fields}} for r in step["runs"]]))
sys.exit(step.get("exit", 0))
"""
GLAB = GH.replace(
    'fields = argv[argv.index("--json") + 1].split(",")', 'assert argv[-2:] == ["--output", "json"]'
).replace("{{f: r[f] for f in fields}}", "r")


def run(status: str, conclusion: str = "", name: str = "build", number: int = 1) -> dict[str, Any]:
    url = f"https://github.invalid/quay/actions/runs/{number}"
    return {
        "databaseId": number, "status": status, "conclusion": conclusion, "url": url, "workflowName": name,
    }  # fmt: skip


def pipeline(status: str, number: int = 7) -> dict[str, Any]:
    return {
        "id": number,
        "sha": "x",
        "status": status,
        "source": "push",
        "web_url": f"https://gitlab.invalid/-/{number}",
    }


pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Quay:
    return quay(tmp_path)


def install(place: Quay, program: str, text: str, *told: dict[str, Any]) -> dict[str, Any]:
    """The program on PATH; `told` is what it says, call after call, the last for ever. PATH for the run."""
    folder = place.root.parent / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    file = folder / program
    file.write_text(text.format(python=sys.executable, here=str(folder)), encoding="utf-8")
    file.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def asked(place: Quay) -> list[list[str]]:
    return [json.loads(line) for line in (place.root.parent / "bin" / "asked").read_text().splitlines()]


def waited(place: Quay, path: dict[str, Any], *more: str, provider: str = "gh") -> tuple[int, Any]:
    done = place.run("act", "ci.wait", "commit=HEAD", f"provider={provider}", *more, "--json", **path)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.req("R3-39", "R3-37", "F47")
def test_it_follows_until_all_have_passed(place: Quay) -> None:
    going = {"runs": [run("in_progress"), run("queued", name="test", number=2)]}
    half = {"runs": [run("completed", "success"), run("in_progress", name="test", number=2)]}
    done = {"runs": [run("completed", "success"), run("completed", "success", "test", 2)]}
    path = install(place, "gh", GH, {"runs": []}, going, half, done)
    code, document = waited(place, path, "within=30s")
    assert (code, document["outcome"], document["verdict"]["word"]) == (0, "done", "complete")
    assert "https://github.invalid/quay/actions/runs/1" in document["verdict"]["why"]
    assert document["plan"]["changes"] is False
    sha = place.tip()
    assert asked(place)[0][:4] == ["run", "list", "--commit", sha]
    steps = [r.event.progress for r in place.records() if isinstance(r.event, ActionProgressed)]
    assert [s.text for s in steps[:-1]] == [f"no run for {sha[:7]} yet", "0 of 2 ended", "1 of 2 ended", "2 of 2 ended"]
    assert place.names().count("ActionRequested") == 1
    assert place.tip() == git(["rev-parse", "HEAD"], place.root) == sha


@pytest.mark.req("R3-37")
@pytest.mark.parametrize(
    ("told", "code", "outcome", "says"),
    [
        ({"runs": [run("completed", "failure"), run("in_progress", "", "test", 2)]}, 1, "failed", "CI failed for"),
        ({"runs": [run("completed", "timed_out")]}, 1, "failed", "timed_out"),
        ({"runs": [run("completed", "cancelled")]}, 1, "failed", "CI was cancelled for"),
        ({"runs": [run("completed", "skipped")]}, 1, "failed", "nothing ran"),
        ({"runs": [run("in_progress")]}, 1, "failed", "still runs"),
        ({"runs": []}, 1, "failed", "no CI run for"),
        (
            {"exit": 4, "err": "To get started with GitHub CLI, please run:  gh auth login\n"},
            4,
            "unknown",
            "gh auth login",
        ),
        ({"exit": 1, "err": "error connecting to api.github.com\n"}, 4, "unknown", "error connecting"),
        ({"exit": 0}, 1, "failed", "no CI run for"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_other_end_is_an_outcome(place: Quay, told: dict[str, Any], code: int, outcome: str, says: str) -> None:
    path = install(place, "gh", GH, told)
    got, document = waited(place, path, "within=2s")
    assert (got, document["outcome"]) == (code, outcome), document
    assert says in document["verdict"]["why"]
    assert document["verdict"]["complete"] is False
    ended = [r.event for r in place.records() if isinstance(r.event, ActionEnded)]
    assert len(ended) == 1
    assert ended[0].evidence is not None


def test_the_newest_run_of_a_workflow_counts(place: Quay) -> None:
    path = install(place, "gh", GH, {"runs": [run("completed", "success", number=9), run("completed", "failure")]})
    assert waited(place, path, "within=5s")[0] == 0


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [("success", 0, "passed"), ("failed", 1, "failed"), ("canceled", 1, "cancelled"), ("skipped", 1, "nothing ran")],
)
def test_gitlab_tells_the_same(place: Quay, status: str, code: int, says: str) -> None:
    path = install(place, "glab", GLAB, {"runs": [pipeline("running")]}, {"runs": [pipeline(status)]})
    got, document = waited(place, path, "within=20s", provider="glab")
    assert (got, says in document["verdict"]["why"]) == (code, True), document
    assert "https://gitlab.invalid/-/7" in document["verdict"]["why"]


def test_a_program_that_is_not_there_and_a_commit_that_is_not(place: Quay) -> None:
    only_git = place.root.parent / "only"
    only_git.mkdir()
    (only_git / "git").symlink_to("/usr/bin/git")
    code, document = waited(place, {"PATH": str(only_git)})
    assert (code, document["outcome"]) == (4, "unknown")
    assert "there is no program gh" in document["verdict"]["why"]
    nothing = place.run("act", "ci.wait", "commit=nothing-like-it", "provider=gh")
    assert (nothing.returncode, "nothing-like-it" in nothing.stderr) == (2, True)
    untold = place.run("act", "ci.wait", "commit=HEAD")
    assert (untold.returncode, "provider=gh" in untold.stderr) == (3, True)


def test_the_remote_says_whom_to_ask(place: Quay) -> None:
    path = install(place, "gh", GH, {"runs": [run("completed", "success")]})
    git(["remote", "set-url", "origin", "git@github.com:quay/quay.git"], place.root)
    done = place.run("act", "ci.wait", "commit=HEAD", "--plan", "--json", **path)
    assert ["provider", "gh"] in json.loads(done.stdout)["plan"]["args"]


def test_a_configured_command_needs_trust(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = f"echo {{commit}} >> {ran}; test $(wc -l < {ran}) -ge 3 || exit 75"
    place = quay(tmp_path, more=f'\n[deploy.ci]\ncommand = ["sh", "-c", "{script}"]\n'.replace("[deploy]", ""))
    refused = place.run("act", "ci.wait", "commit=HEAD", "provider=command")
    assert refused.returncode == 3
    assert not ran.exists()
    place.ok("trust", "incidentui.toml")
    code, document = waited(place, {}, "within=20s", provider="command")
    assert (code, document["outcome"]) == (0, "done")
    assert ran.read_text().split() == [place.tip()] * 3


def test_an_interrupt_ends_the_waiting_at_once_and_is_recorded(place: Quay) -> None:
    path = install(place, "gh", GH, {"runs": [run("in_progress")]})
    os.environ["PATH"], before = path["PATH"], os.environ["PATH"]
    try:
        waiting = place.start("act", "ci.wait", "commit=HEAD", "provider=gh", "within=10m")
    finally:
        os.environ["PATH"] = before
    until(lambda: "ActionProgressed" in place.names(), "it waits")
    waiting.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert waiting.wait(60) == 130
    assert time.monotonic() - began < 60
    waiting.communicate()
    (ended,) = [r.event for r in place.records() if isinstance(r.event, ActionEnded)]
    assert (ended.outcome, "stopped by ana" in ended.why) == ("failed", True)
    assert not place.dangling()
