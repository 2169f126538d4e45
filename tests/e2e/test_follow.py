"""Did the world follow? A push by anybody, and what runs afterwards; judged by the journal's file and the output."""

from pathlib import Path

import pytest

from incidentui.core.events import Deployed, DeployFollowed, DeployMissed, Pushed, RevisionSeen
from incidentui.drills.history import git
from tests.e2e.plain import Quay, quay
from tests.e2e.world import until

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Quay:
    return quay(tmp_path)


def of(place: Quay, kind: type) -> list[object]:
    return [r.event for r in place.records() if isinstance(r.event, kind)]


def looked(place: Quay) -> None:
    """Git and both services were looked at."""
    until(lambda: {s.service for s in of(place, RevisionSeen)} == {"api", "worker"}, "what runs")  # type: ignore[attr-defined]
    until(lambda: "RepositorySeen" in place.names(), "the remote")
    until(lambda: place.status()["commits"]["upstream"] is not None, "the remote's tip")


@pytest.mark.req("R3-37", "R1-14", "F47")
def test_a_push_that_nobody_deploys_is_an_alarm_once_and_ends_with_the_deploy(place: Quay) -> None:
    first = place.tip()
    with place.watched():
        looked(place)
        sha = place.pushed({"server/a.py": "a = 2\n"}, 'Revert "something"')
        until(lambda: bool(of(place, DeployMissed)), "the alarm")
        (alarm,) = of(place, DeployMissed)
        assert isinstance(alarm, DeployMissed)
        assert (alarm.sha, dict(alarm.runs)) == (sha, {"api": first, "worker": first})
        record = next(r for r in place.records() if isinstance(r.event, DeployMissed))
        assert record.moment == "key"
        pushed = next(r for r in place.records() if isinstance(r.event, Pushed))
        assert alarm.pushed == pushed.at
        status = place.status()["push"]
        assert (status["sha"], status["alarm"]) == (sha, record.at)
        assert status["runs"] == {"api": first, "worker": first}
        said = place.run("status").stdout.splitlines()[2]
        assert said.startswith(f"✗ {sha[:7]} was pushed, but nothing was deployed: api runs {first[:7]}")
        place.deploy(sha, "api")
        until(lambda: bool(of(place, Deployed)), "half of it follows")
        assert f"worker still runs {first[:7]}" in place.run("status").stdout
        assert not of(place, DeployFollowed)
        place.deploy(sha)
        until(lambda: bool(of(place, DeployFollowed)), "the end of the alarm")
        assert place.status()["push"] is None
        assert len(of(place, DeployMissed)) == 1, "one alarm for a push"
    place.whole()


def test_another_push_takes_its_place_and_the_same_tree_will_do(place: Quay) -> None:
    first = place.tip()
    with place.watched():
        looked(place)
        bad = place.pushed({"server/a.py": "a = 2\n"}, "New")
        until(lambda: len(of(place, DeployMissed)) == 1, "the first alarm")
        # A revert by hand: the tree that runs already, so nothing needs to be deployed.
        back = place.pushed({"server/a.py": "a = 1\n"}, "Back by hand")
        until(lambda: bool(of(place, DeployFollowed)), "the tree runs")
        assert of(place, DeployFollowed)[-1].sha == back  # type: ignore[attr-defined]
        assert [a.sha for a in of(place, DeployMissed)] == [bad]  # type: ignore[attr-defined]
    assert place.status()["push"] is None
    assert {s["running"] for s in place.status()["services"]} == {first}


def test_where_the_project_says_so_only_services_whose_paths_it_touches_are_waited_for(tmp_path: Path) -> None:
    place = quay(tmp_path, by_paths=True)
    with place.watched():
        looked(place)
        place.pushed({"README.md": "words\n"}, "Words")
        until(lambda: len(of(place, Pushed)) == 1, "the push of words")
        sha = place.pushed({"jobs/b.py": "b = 2\n"}, "Jobs")
        until(lambda: bool(of(place, DeployMissed)), "the alarm of the jobs")
    (alarm,) = of(place, DeployMissed)
    assert isinstance(alarm, DeployMissed)
    assert (alarm.sha, [name for name, _ in alarm.runs]) == (sha, ["worker"])


@pytest.mark.req("R1-14", "R1-15", "F45")
def test_what_runs_against_head_and_what_is_only_here_is_named(place: Quay) -> None:
    first = place.tip()
    mine = place.commit({"server/a.py": "a = 3\n"}, "Not pushed")
    (place.root / "server/a.py").write_text("a = 4\n", encoding="utf-8")
    (place.root / "new.txt").write_text("x", encoding="utf-8")
    place.deploy(mine, "api")
    status = place.status()
    assert {s["name"]: s["running_is"] for s in status["services"]} == {
        "api": {"head": True, "upstream": False},
        "worker": {"head": False, "upstream": True},
    }
    commits = status["commits"]
    assert (commits["dirty_count"], sorted(commits["dirty"])) == (2, ["new.txt", "server/a.py"])
    assert commits["unpushed"] == [{"sha": mine, "subject": "Not pushed"}]
    text = place.run("status").stdout
    assert "! 2 files not committed: " in text
    assert f"1 commit not pushed: {mine[:7]}" in text
    assert f"runs {first[:7]}, not HEAD" in text


@pytest.mark.req("R1-14")
@pytest.mark.parametrize("said", ["{sha}-dirty", "v1.2-3-g{short}-dirty", "1.4.0+dirty"])
def test_a_build_of_uncommitted_code_is_no_commit(place: Quay, said: str) -> None:
    sha = place.tip()
    place.deploy(said.format(sha=sha, short=sha[:7]), "api")
    api = place.status()["services"][0]
    assert (api["running"], api["build"]) == (None, "dirty")
    assert "uncommitted" in api["running_why"]
    assert api["running_is"] == {"head": None, "upstream": None}


@pytest.mark.req("R1-15")
def test_a_commit_that_nobody_pushed_is_named_and_a_described_one_is_found(place: Quay) -> None:
    sha = place.tip()
    git(["pull", "-q", "--ff-only", "origin", "main"], place.colleague)
    other = place.commit({"x": "y"}, "Only on Kim's machine", place.colleague)
    place.deploy(other, "api")
    place.deploy(f"v1.2-3-g{sha[:9]}", "worker")
    api, worker = place.status()["services"]
    assert (api["running"], api["build"]) == (other, "nowhere")
    assert (worker["running"], worker["build"]) == (sha, None)
    assert "a commit nobody pushed" in place.run("status").stdout
    git(["push", "-q", "origin", "main"], place.colleague)
    assert place.status()["services"][0]["build"] is None


def test_without_any_source_of_what_runs_nothing_is_expected(tmp_path: Path) -> None:
    place = quay(tmp_path)
    text = (place.root / "incidentui.toml").read_text().split("[[services]]")[0]
    (place.root / "incidentui.toml").write_text(text, encoding="utf-8")
    with place.watched():
        until(lambda: place.status()["commits"]["upstream"] is not None, "the remote's tip")
        until(lambda: any("Repository" in name for name in place.names()), "git")
        place.pushed({"server/a.py": "a = 2\n"}, "New")
        until(lambda: bool(of(place, Pushed)), "the push")
        until(lambda: len(place.records()) > 0, "time")
    assert [p.expects for p in of(place, Pushed)] == [()]  # type: ignore[attr-defined]
    assert not of(place, DeployMissed)
