"""The drill `restart-cascade`: each cause stands behind the one before, and nothing but the row of fixes heals it.

Judged by curl at the tunnel, by the files of the server, the process table, plain git and the bytes of the journal.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from incidentui.config.load import load
from incidentui.drills import keeper, records, restart_cascade
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import git
from incidentui.drills.restart_cascade import OLD_TOKEN, RUNBOOKS, TOKEN
from incidentui.drills.sandbox import Sandbox
from tests.drills.parts import built as built_of
from tests.drills.parts import proven, removed, running, wait
from tests.drills.test_half_rollback import tree
from tests.drills.test_login_page import nowhere_written, told_of
from tests.drills.test_robot import drill, kept, told

DRILL = "restart-cascade"
REFUSED = {"type": "missing", "loc": ["body", "tftp", "ipv6"], "msg": "Field required"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(DRILL) as built:
        yield built


def curl(sandbox: Sandbox, path: str, *options: str) -> tuple[int, str]:
    """What a person gets; status 0 when nobody answers."""
    address = f"http://127.0.0.1:{sandbox.about.front}{path}"
    argv = ["curl", "-s", "-m", "4", "-H", "X-Rehearsal: 1", "-w", "\n%{http_code}", *options, address]
    body, _, status = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.rpartition("\n")
    return int(status), body


def captured(sandbox: Sandbox) -> tuple[int, dict[str, Any]]:
    status, body = curl(sandbox, "/api/capture", "-X", "POST")
    return status, json.loads(body) if body else {}


def works(sandbox: Sandbox) -> bool:
    return captured(sandbox) == (200, {"status": "ok", "samples": 48})


def fix(sandbox: Sandbox, name: str) -> None:
    """By hand, as the runbook of that name does."""
    subprocess.run(["sh", f"ops/{name}.sh"], cwd=sandbox.work, check=True, capture_output=True, timeout=60)


def restart(sandbox: Sandbox, name: str) -> None:
    known = sandboxes.marks(sandbox, sandbox.about.ports)
    subprocess.run(f"{known['CTL']} restart {name}", shell=True, check=True, capture_output=True, timeout=60)


def break_it(sandbox: Sandbox) -> str:
    """The deploy, and its restart of all three."""
    tip = keeper.push_breaking(sandbox)
    wait(lambda: curl(sandbox, "/")[0] == 0, "the page is gone")
    wait(lambda: log(sandbox, "deploy").count("agent: started") >= 1, "a restart of the agent")
    wait(lambda: not restarting(sandbox), "the end of the restarts")
    return tip


def restarting(sandbox: Sandbox) -> bool:
    commands = [command for _, command in sandboxes.processes() if str(sandbox.conf) in command]
    return any("supervisorctl" in command for command in commands)


def log(sandbox: Sandbox, name: str) -> str:
    return (sandbox.logs / f"{name}.log").read_text(encoding="utf-8")


def read(sandbox: Sandbox, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((sandbox.root / "lab" / name).read_text(encoding="utf-8"))
    return value


# -- the sandbox itself


def test_the_configuration_of_the_sandbox_has_no_mistake() -> None:
    with removed(built_of(DRILL)) as built:
        loaded = load(built.work, untrusted=True)
    assert loaded.problems == ()
    assert [(check.name, check.layer) for check in loaded.config.checks] == [
        ("capture-journey", "user"),
        ("lab-page", "user"),
        ("tunnel-port", "inner"),
        ("tunnel-leads", "inner"),
        ("captures-there", "inner"),
        ("code-of-main", "inner"),
        ("agent-of-main", "inner"),
        ("agent-runs", "inner"),
        ("agent-let-in", "inner"),
        ("agent-token", "inner"),
    ]


@pytest.mark.slow
def test_each_of_its_checks_is_proven_to_see_what_it_claims(tmp_path: Path) -> None:
    assert proven(DRILL, tmp_path) == ["capture-journey", "lab-page", "tunnel-leads"]


@pytest.mark.slow
def test_each_fix_shows_the_next_cause_and_only_the_last_heals(sandbox: Sandbox) -> None:
    assert works(sandbox)
    tip = break_it(sandbox)
    causes: list[tuple[str, Callable[[], bool]]] = [
        ("lead-the-tunnel", lambda: file_not_found(sandbox)),
        ("mount-the-captures", lambda: "agent.json" in log(sandbox, "agent") and no_agent(sandbox)),
        ("restore-the-agent", lambda: "agent rejected: invalid token" in log(sandbox, "backend") and no_agent(sandbox)),
        ("give-the-token", lambda: captured(sandbox)[1].get("detail") == [REFUSED]),
        ("build-the-image", lambda: works(sandbox)),
    ]
    for name, shown in causes:
        assert not shown(), f"{name}: seen before its time"
        assert not works(sandbox)
        fix(sandbox, name)
        wait(shown, f"what stands behind {name}")
    assert json.loads(curl(sandbox, "/api/about")[1]) == {"backend": tip, "agent": tip}
    assert git(["rev-parse", "main"], sandbox.remote) == tip


def file_not_found(sandbox: Sandbox) -> bool:
    return (curl(sandbox, "/")[0], curl(sandbox, "/api/captures")[0]) == (200, 404)


def no_agent(sandbox: Sandbox) -> bool:
    return captured(sandbox) == (503, {"status": "error", "error": "No agent available"})


@pytest.mark.slow
@pytest.mark.parametrize("left", ["mount-the-captures", "build-the-image"])
def test_with_one_cause_left_nobody_gets_a_capture(sandbox: Sandbox, left: str) -> None:
    """The agent's configuration can also be written anew, with its token: then nobody needs the backup."""
    break_it(sandbox)
    for name in RUNBOOKS:
        if name != left:
            fix(sandbox, name)
    time.sleep(1)  # what it would take to be healed
    assert not works(sandbox)
    fix(sandbox, left)
    wait(lambda: works(sandbox), "a capture")


@pytest.mark.slow
def test_neither_restarts_nor_the_good_tree_heal_what_was_not_deployed(sandbox: Sandbox) -> None:
    break_it(sandbox)
    for name in ("tunnel", "backend", "agent"):
        restart(sandbox, name)
    assert curl(sandbox, "/")[0] == 0
    git(["fetch", "-q", "origin"], sandbox.work)
    good = git(["commit-tree", f"{sandbox.about.good}^{{tree}}", "-p", "origin/main", "-m", "Back"], sandbox.work)
    git(["push", "-q", "origin", f"{good}:refs/heads/main"], sandbox.work)
    wait(lambda: (sandbox.deploy / "REV").read_text().strip() == good, "the deploy")
    wait(lambda: not restarting(sandbox), "the end of the restarts")
    assert curl(sandbox, "/")[0] == 0


@pytest.mark.slow
def test_what_the_disk_says_changes_with_the_push_and_not_before(sandbox: Sandbox) -> None:
    lab = sandbox.root / "lab"
    before = read(sandbox, "tunnel.json")
    assert before["to"] == read(sandbox, "backend.json")["port"]
    assert read(sandbox, "volumes/agent/agent.json")["auth_token"] == TOKEN
    assert len(list((lab / "mounts" / "captures").iterdir())) == 4
    restart(sandbox, "agent")
    wait(lambda: works(sandbox), "a restart harms nothing yet")
    break_it(sandbox)
    assert read(sandbox, "tunnel.json")["to"] != read(sandbox, "backend.json")["port"]
    assert list((lab / "mounts").iterdir()) == list((lab / "volumes" / "agent").iterdir()) == []
    assert read(sandbox, "backup/agent.json")["auth_token"] == OLD_TOKEN
    assert len(list((lab / "tftpboot").iterdir())) == 4, "the captures themselves are never lost"
    image = (lab / "image" / "REV").read_text(encoding="utf-8").strip()
    assert git(["rev-list", "--count", f"{image}..{sandbox.about.good}"], sandbox.remote) == "3"
    fixed = lab / "tunnel.json"
    fix(sandbox, "lead-the-tunnel")
    kept_fix = fixed.read_bytes()
    keeper.push_breaking(sandbox)
    assert fixed.read_bytes() == kept_fix, "a keeper that is started again spoils no fix"


@pytest.mark.parametrize("seed", [1, 3])
def test_the_same_seed_pushes_the_same_trees_in_the_same_pushes(seed: int) -> None:
    assert pushed(seed) == pushed(seed)


def pushed(seed: int) -> list[tuple[str, int]]:
    """What the remote was given: subjects, and how many commits each push brought, by the hook's own words."""
    with removed(built_of(DRILL, seed)) as built:
        hook = built.remote / "hooks" / "post-receive"
        hook.write_text(
            '#!/bin/sh\nread -r old new ref\ngit rev-list --count "$old..$new" >>pushes\n', encoding="utf-8"
        )
        keeper.push_breaking(built)
        sizes = [int(size) for size in (built.remote / "pushes").read_text(encoding="utf-8").split()]
        subjects = git(["log", "--format=%s", f"-{sum(sizes)}", "main"], built.remote).splitlines()
        assert subjects == [written.subject for written in reversed(restart_cascade.BREAKING)]
        return list(zip(subjects, sizes, strict=False))


# -- the robots


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A responder's state directory; whatever a test leaves running is taken down."""
    yield tmp_path
    roots = [Path(record.root) for record in records.known(tmp_path / "drills")]
    assert drill(tmp_path, "clean").returncode == 0
    assert not any(root.exists() for root in roots)
    assert not [command for _, command in sandboxes.processes() if any(str(root) in command for root in roots)]


@pytest.mark.slow
@pytest.mark.req("R1-07", "R1-26", "R1-27")
def test_the_robot_takes_one_cause_after_the_other_out_of_the_way(home: Path) -> None:
    result = told(drill(home, "run", "restart-cascade", "--no-docker", "--robot", "--keep", "--json"))
    record, sandbox = kept(home), kept(home).sandbox
    assert (result["resolved"], result["tree_equal"], result["wrong_turns"]) == (True, True, 0)
    assert 0 <= result["acknowledged_after_s"] <= result["first_action_after_s"] < result["recovered_after_s"] < 90
    # The world's word: a capture, the code of main in what runs, the feature still there.
    assert works(sandbox)
    tip = git(["rev-parse", "main"], sandbox.remote)
    assert json.loads(curl(sandbox, "/api/about")[1]) == {"backend": tip, "agent": tip}
    assert git(["log", "-1", "--format=%s", "main"], sandbox.remote) == restart_cascade.BREAKING[-1].subject
    assert tree(sandbox, "main") != tree(sandbox, sandbox.about.good)
    assert "data-live='5s'" in curl(sandbox, "/")[1]
    # The journal's word: who named which cause, in this order.
    named = red_in_order(result["journal"])
    wanted = ["tunnel-port", "captures-there", "agent-runs", "agent-let-in", "code-of-main"]
    assert [name for name in named if name in wanted] == wanted
    assert "agent-token" in named
    verdicts = [given["verdict"]["word"] for given in told_of(result["journal"], "action.verdict-given")]
    assert len(verdicts) == 5
    assert told_of(result["journal"], "incident.closed")[-1]["resolved"] is True
    for token in (TOKEN, f'"{OLD_TOKEN}"'):
        nowhere_written(record.home, token.encode())
    assert not (home / "trust").exists(), "what it runs is allowed for the drill alone"


def red_in_order(journal: str) -> list[str]:
    """Each check by the first time that it was failing."""
    red = [change["check"] for change in told_of(journal, "check.changed") if change["now"] == "failing"]
    return list(dict.fromkeys(red))


@pytest.mark.slow
@pytest.mark.req("R2-18")
def test_the_naive_robot_restarts_claims_the_first_fix_and_is_believed_by_nobody(home: Path) -> None:
    done = drill(home, "run", "restart-cascade", "--no-docker", "--robot=naive", "--keep", "--json")
    assert "stuck" not in done.stderr, done.stderr
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["resolved"], result["wrong_turns"], result["score"]) == (False, 3, 0)
    sandbox = kept(home).sandbox
    assert file_not_found(sandbox), "the page is back, and that is all"
    verdicts = told_of(result["journal"], "action.verdict-given")
    assert [given["verdict"]["word"] for given in verdicts] == ["not complete"] * 4
    assert told_of(result["journal"], "incident.closed") == [
        {"by": "robot", "reason": "the page is back", "resolved": False, "left": []}
    ]
    # What is left out is said at the start, on the timeline.
    (goal,) = told_of(result["journal"], "note.added")
    assert goal["by"] == "drill"
    assert "Left out here: recreating a container that ends with KeyError: 'ContainerConfig'" in goal["text"]


def test_the_list_says_that_something_is_left_out_and_not_what(tmp_path: Path) -> None:
    listed = {entry["name"]: entry for entry in json.loads(drill(tmp_path, "list", "--json").stdout)}
    assert "without one 1 of 6 causes is left out" in listed["restart-cascade"]["needs"]
    assert listed["half-rollback"]["needs"] == "needs no container engine"
    assert "ContainerConfig" not in drill(tmp_path, "list").stdout
