"""Causes and layers as a script meets them: `status` and `check` of the installed program against real servers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checks.servers import always, closed_port, serving

pytestmark = pytest.mark.slow

COMMAND = str(Path(sys.executable).with_name("incidentui"))


def run(project: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    command = [COMMAND, "--project", str(project), *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def written(project: Path, needs: dict[str, list[str]], checks: list[tuple[str, str, str]], more: str = "") -> Path:
    """Services with what they need, and checks as (service, layer, url)."""
    text = '[project]\nname = "quay"\n'
    for name, wants in needs.items():
        text += f'[[services]]\nname = "{name}"\ndepends_on = {json.dumps(wants)}\n'
    for service, layer, url in checks:
        text += (
            f'[[checks]]\nname = "{service}-{layer}"\nservice = "{service}"\nlayer = "{layer}"\nurl = "{url}"\n{more}'
        )
    (project / "incidentui.toml").write_text(text)
    return project


def test_status_names_the_cause_first_and_its_echoes_as_such(tmp_path: Path) -> None:
    needs = {"page": ["api"], "api": ["db", "queue"], "db": [], "queue": []}
    down = f"http://127.0.0.1:{closed_port()}/"
    with serving(always("no", "503 No")) as bad:
        checks = [("page", "user", bad.url), ("api", "user", bad.url), ("db", "inner", down)]
        project = written(tmp_path, needs, checks)
        done, told = run(project, "status"), json.loads(run(project, "status", "--json").stdout)
    assert done.returncode == 1
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith(("✗", "~", "?"))]
    assert [row[:2] for row in rows[:4]] == [["✗", "db"], ["?", "queue"], ["~", "page"], ["~", "api"]]
    assert rows[2][2].startswith("echo of db")
    assert "  └ needs queue, which is unknown: no check looks at it" in done.stdout
    services = {s["name"]: s for s in told["services"]}
    assert list(services) == ["page", "api", "db", "queue"], "the document keeps the order of the file"
    assert {name: s["echo_of"] for name, s in services.items()} == {
        "page": ["db"],
        "api": ["db"],
        "db": [],
        "queue": [],
    }
    assert services["api"]["needs_unknown"] == ["queue"]
    assert services["api"]["state"] == "failing", "an echo is red all the same"


@pytest.mark.req("R2-03", "F56", "R2-21", "R1-30")
def test_inner_green_and_users_red_reads_bypassed_layer(tmp_path: Path) -> None:
    with serving(always()) as good, serving(always("no", "503 No")) as bad:
        checks = [("sync", "user", bad.url), ("sync", "inner", good.url), ("page", "user", bad.url)]
        project = written(tmp_path, {"sync": [], "page": []}, checks)
        asked, told = run(project, "check"), json.loads(run(project, "check", "--json").stdout)
        alone = run(project, "check", "sync-user", "--junit", str(tmp_path / "alone.xml"))
        run(project, "check", "--junit", str(tmp_path / "all.xml"))
        status, document = run(project, "status"), json.loads(run(project, "status", "--json").stdout)
    words = "bypassed layer: inner is green, users are not served"
    assert (asked.returncode, told["verdict"], told["bypassed"]) == (1, "failing", ["sync"])
    assert [line.split()[1] for line in asked.stdout.splitlines() if words in line] == ["sync-user"]
    assert words not in alone.stdout, "nobody asked the inner one"
    assert words not in (tmp_path / "alone.xml").read_text()
    assert (tmp_path / "all.xml").read_text().count(words) == 1
    assert f"  └ {words}" in status.stdout
    assert {s["name"]: (s["state"], s["bypassed"]) for s in document["services"]} == {
        "sync": ("failing", True),
        "page": ("failing", False),
    }


def test_an_inner_check_that_is_red_too_bypasses_nothing(tmp_path: Path) -> None:
    with serving(always()) as good, serving(always("no", "503 No")) as bad:
        checks = [("sync", "user", bad.url), ("sync", "inner", bad.url)]
        both = run(written(tmp_path, {"sync": []}, checks), "check").stdout
        checks = [("sync", "user", good.url), ("sync", "inner", bad.url)]
        inner = run(written(tmp_path, {"sync": []}, checks), "check").stdout
    assert "bypassed" not in both + inner


# -- closing


def closing(project: Path, home: Path) -> "Closing":
    return Closing(project, {**os.environ, "INCIDENTUI_HOME": str(home), "INCIDENTUI_USER": "ana"})


class Closing:
    def __init__(self, project: Path, env: dict[str, str]) -> None:
        self.project, self.env = project, env

    def run(self, *args: str) -> "subprocess.CompletedProcess[str]":
        argv = [COMMAND, "--project", str(self.project), *args]
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=60, check=False)

    def watched(self, seen: Callable[[str], bool]) -> None:
        """Until the journal says so."""
        argv = [COMMAND, "--project", str(self.project), "watch"]
        watch = subprocess.Popen(argv, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 30
            while not seen(self.run("events").stdout):
                assert time.monotonic() < end, "waited in vain"
                time.sleep(0.1)
        finally:
            watch.send_signal(signal.SIGTERM)
            watch.wait(20)


QUICK = 'every = "200ms"\nfail_after = 1\nrecover_after = 1\n'


def judged(*states: str) -> Callable[[str], bool]:
    """Services were judged so, in this order."""

    def seen(events: str) -> bool:
        told = [json.loads(line) for line in events.splitlines()]
        found = [t["data"]["service"] + " " + t["data"]["now"] for t in told if t["type"].endswith("service.changed")]
        return all(state in found for state in states)

    return seen


@pytest.mark.parametrize(
    ("checks", "states", "why"),
    [
        ([("sync", "user", "bad")], ("sync failing",), "sync is failing on the user path"),
        ([("sync", "user", "lost")], ("sync unknown",), "sync is unknown on the user path"),
        ([("sync", "inner", "good")], ("sync ok",), "no check goes the user's path"),
        (
            [("sync", "inner", "bad"), ("page", "user", "good")],
            ("sync failing", "page ok"),
            "no check goes the user's path to sync",
        ),
    ],
    ids=["red", "unknown", "no user path", "no user path to what failed"],
)
@pytest.mark.req("R2-18", "R3-29")
def test_no_close_as_resolved_without_a_green_user_path(
    tmp_path: Path, checks: list[tuple[str, str, str]], states: tuple[str, ...], why: str
) -> None:
    with serving(always()) as good, serving(always("no", "503 No")) as bad:
        urls = {"good": good.url, "bad": bad.url, "lost": "http://no-such-host.invalid/"}
        asked = [(service, layer, urls[url]) for service, layer, url in checks]
        project = closing(written(tmp_path, {"sync": [], "page": []}, asked, QUICK), tmp_path / "home")
        project.watched(judged(*states))
    assert project.run("open", "sync", "fails").returncode == 0
    refused = project.run("close")
    assert refused.returncode == 3
    assert f"not resolved: {why}" in refused.stderr
    assert "needs a reason" in refused.stderr
    assert project.run("close", "--reason", "   ").returncode == 3
    assert json.loads(project.run("incidents", "--json").stdout)[0]["stage"] != "closed"
    assert project.run("close", "--reason", "the customer left").returncode == 0
    draft = project.run("export", "INC-1").stdout
    assert "closed, not resolved: the customer left" in draft


def test_a_green_user_path_closes_as_resolved_without_a_word(tmp_path: Path) -> None:
    """What failed has an inner check alone, and a user path that needs it."""
    with serving(always()) as good:
        checks = [("db", "inner", good.url), ("page", "user", good.url)]
        project = closing(written(tmp_path, {"page": ["db"], "db": []}, checks, QUICK), tmp_path / "home")
        project.watched(judged("db ok", "page ok"))
    assert project.run("open", "db", "failed").returncode == 0
    closed = project.run("close")
    assert closed.returncode == 0, closed.stderr
    assert "closed, resolved" in project.run("export", "INC-1").stdout


# -- the layers that checks cross

MATRIX = """[project]
name = "quay"
[[services]]
name = "sync"
layers = ["proxy", "session", "cache"]
depends_on = ["db"]
[[services]]
name = "db"
[[services]]
name = "jobs"
[[checks]]
name = "button"
service = "sync"
url = "http://127.0.0.1:1/"
crosses = ["proxy"]
[[checks]]
name = "direct"
service = "sync"
layer = "inner"
url = "http://127.0.0.1:1/"
crosses = ["session", "proxy"]
"""


def found(project: Path, name: str) -> list[tuple[str, str, str]]:
    told = json.loads(run(project, "doctor", "--json").stdout)["findings"]
    return [(f["state"], f["text"], f["hint"]) for f in told if f["name"] == name]


@pytest.mark.req("R2-12", "R1-47")
def test_doctor_shows_which_check_crosses_what_and_who_has_no_user_path(tmp_path: Path) -> None:
    (tmp_path / "incidentui.toml").write_text(MATRIX)
    ((state, text, hint),) = found(tmp_path, "layers")
    assert state == "warn"
    assert text == "sync: proxy (button, direct inner), session (direct, inner alone), cache (no check)"
    assert hint.startswith("not on the user path: session, cache; ")
    db, jobs = found(tmp_path, "user path")
    assert db[:2] == ("ok", "db: seen by the checks of sync, which needs it")
    assert jobs[:2] == ("warn", "jobs: no check sees what users get of it")
    whole = MATRIX.replace('crosses = ["proxy"]', 'crosses = ["proxy", "session", "cache"]')
    (tmp_path / "incidentui.toml").write_text(whole)
    assert [state for state, _, _ in found(tmp_path, "layers")] == ["ok"]
    assert found(tmp_path, "config") == []


@pytest.mark.req("R1-29", "R1-47")
def test_the_map_is_a_page_of_what_needs_what_and_of_what_nobody_sees(tmp_path: Path) -> None:
    (tmp_path / "incidentui.toml").write_text(MATRIX)
    page, told = run(tmp_path, "map"), json.loads(run(tmp_path, "map", "--json").stdout)
    assert (page.returncode, page.stderr) == (0, "")
    assert "| sync | db | – | – | button | direct | session, cache |" in page.stdout
    assert "| db | – | sync | – | – | – | – |" in page.stdout, "users of sync see it"
    assert "| jobs | – | – | – | – | – | what users get of it |" in page.stdout
    assert "  s0 --> s1\n" in page.stdout
    assert {s["name"]: (s["needs"], s["needed_by"], s["seen_by_users_of"]) for s in told["services"]} == {
        "sync": (["db"], [], "sync"),
        "db": ([], ["sync"], "sync"),
        "jobs": ([], [], None),
    }


def test_a_layer_that_its_service_does_not_have_is_a_slip(tmp_path: Path) -> None:
    (tmp_path / "incidentui.toml").write_text(MATRIX.replace('["session", "proxy"]', '["sesion"]'))
    ((state, text, hint),) = found(tmp_path, "config")
    assert state == "warn"
    assert text == "incidentui.toml:21: checks[1].crosses: sync has no layer sesion"
    assert hint == "did you mean session?"
    said = run(tmp_path, "check", "direct").stdout
    assert said.startswith("✗ direct"), "the check is used all the same"
