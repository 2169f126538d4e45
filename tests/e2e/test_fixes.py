"""The ledger of fixes, and commits that were taken back: the installed command, judged by the journal's file."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from incidentui.core.events import CommitBack, CommitCleared, FixMarked, FixSeen, NoteAdded
from incidentui.drills.history import git
from tests.e2e.plain import Quay, quay
from tests.e2e.world import until

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Quay:
    return quay(tmp_path)


def of(place: Quay, kind: type) -> list[Any]:
    return [r.event for r in place.records() if isinstance(r.event, kind)]


def push(place: Quay) -> str:
    git(["push", "-q", "origin", "main"], place.root)
    return git(["rev-parse", "HEAD"], place.root)


def fixed(place: Quay) -> str:
    """A fix, pushed and deployed."""
    place.commit({"server/a.py": 'a = 1\nhost = os.environ.get("HOST") or "::1"\n'}, "ipv6: an empty string is no host")
    sha = push(place)
    place.deploy(sha)
    return sha


@pytest.mark.req("R1-21", "R1-16")
def test_a_fix_that_is_lost_again_and_again_is_said_and_counted(place: Quay) -> None:
    before, fix = place.tip(), fixed(place)
    done = json.loads(place.ok("act", "fix.mark", "commit=HEAD", "file=server/a.py", 'contains=or "::1"', "--json"))
    assert (done["outcome"], done["plan"]["changes"]) == ("done", False)
    assert [m.fix.commit for m in of(place, FixMarked)] == [fix]

    def states() -> dict[str, str]:
        (found,) = place.status()["fixes"]
        return {where: p["state"] for where, p in found["places"].items()}

    there = {"HEAD": "there", "remote": "there", "runs:api": "there", "runs:worker": "there"}
    assert states() == there
    with place.watched():
        until(lambda: len(of(place, FixSeen)) == 4, "it is there, four times")
        place.deploy(before, "api")  # an old image comes up again
        until(lambda: of(place, FixSeen)[-1].now == "gone", "the first loss")
        first = of(place, FixSeen)[-1]
        assert (first.place, first.revision, first.lost) == ("runs:api", before, 1)
        place.deploy(fix)
        until(lambda: of(place, FixSeen)[-1].now == "there", "it is back")
        git(["reset", "-q", "--hard", before], place.root)  # a rollback by hand takes it along
        until(lambda: of(place, FixSeen)[-1].now == "gone", "the second loss")
        second = of(place, FixSeen)[-1]
        assert (second.place, second.lost) == ("HEAD", 2)
        rows = place.ok("events")
        assert "fix.seen" in rows
        text = place.run("status").stdout
        assert f"✗ fix {fix[:7]} (ipv6: an empty string is no host)  gone: HEAD" in text
        assert "lost 2 times" in text
    key = [r for r in place.records() if isinstance(r.event, FixSeen) and r.moment == "key"]
    assert [r.event.now for r in key] == ["gone", "there", "gone"]  # type: ignore[union-attr]
    place.json("open", "It is lost")
    draft = place.ok("export", "INC-1")
    assert "## Fixes" in draft
    assert "2 times" in draft
    place.whole()


@pytest.mark.req("R1-21")
def test_a_reset_of_ours_that_loses_a_fix_says_so_by_itself(place: Quay) -> None:
    before = place.tip()
    fix = fixed(place)
    place.ok("act", "fix.mark", f"commit={fix}")
    assert '"::1"' in of(place, FixMarked)[0].fix.contains, "a line that only the fix brought was chosen"
    with place.watched():
        until(lambda: len(of(place, FixSeen)) == 4, "it is there")
        place.run("act", "git.reset", f"to={before}", "push=true", "within=1s", "--yes", "main")
        until(lambda: any(s.now == "gone" for s in of(place, FixSeen)), "the loss")
        until(lambda: {s.place for s in of(place, FixSeen) if s.now == "gone"} == {"HEAD", "remote"}, "both trees")
    assert {s.lost for s in of(place, FixSeen) if s.now == "gone"} == {1}, "one loss, two places"
    words = place.run("status").stdout
    assert "gone: HEAD remote, there: runs api runs worker, lost 1 time" in words


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["commit=HEAD", "file=server/a.py", "contains=never there"], 3, "has no"),
        (["commit=HEAD", "file=server/a.py", "contains=a = 1"], 3, "proves nothing"),
        (["commit=HEAD", "file=no/such", "contains=x"], 3, "has no"),
        (["commit=HEAD", "check=nobody"], 2, "there is no check"),
        (["commit=HEAD", "file=server/a.py"], 2, "contains="),
        (["commit=no-such-commit"], 2, "no-such-commit"),
        (["file=x"], 2, "needs commit"),
    ],
)
def test_a_marker_that_proves_nothing_is_refused(place: Quay, args: list[str], code: int, says: str) -> None:
    fixed(place)
    done = place.run("act", "fix.mark", *args)
    assert (done.returncode, says in done.stderr) == (code, True), done
    assert not of(place, FixMarked)


def test_a_pattern_marks_too_and_a_fix_is_forgotten_by_its_name(place: Quay) -> None:
    fix = fixed(place)
    place.ok("act", "fix.mark", "commit=HEAD", "file=server/a.py", "matches=^host = .*::1")
    (found,) = place.status()["fixes"]
    assert found["places"]["HEAD"]["state"] == "there"
    place.ok("act", "fix.forget", f"commit={fix[:9]}", "reason=another way was found")
    assert place.status()["fixes"] == []
    assert place.run("act", "fix.forget", f"commit={fix[:9]}").returncode == 3


# -- what was taken back


@contextmanager
def answering(place: Quay) -> Iterator[str]:
    """200 while what runs has no "bad" in its tree."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            runs = (place.running / "API").read_text().strip()
            bad = "bad" in git(["show", f"{runs}:server/a.py"], place.remote)
            self.send_response(503 if bad else 200)
            self.end_headers()
            self.wfile.write(b"{}")

        @override
        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


CHECK = """
[[checks]]
name = "api-health"
service = "api"
url = "{url}"
every = "500ms"
fail_after = 1
recover_after = 1
"""


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Quay]:
    """A bad commit is deployed and seen failing."""
    place = quay(tmp_path)
    with answering(place) as url:
        config = place.root / "incidentui.toml"
        config.write_text(
            config.read_text().replace("[deploy]", 'good_after = "1s"\n\n[deploy]') + CHECK.format(url=url)
        )
        git(["commit", "-q", "-am", "A check"], place.root)
        place.deploy(push(place))
        yield place


def taken_back(place: Quay) -> tuple[str, str]:
    """(the bad commit, the one that took it back)."""
    bad = place.commit({"server/a.py": "bad = 1\n"}, "New layouts")
    push(place)
    place.deploy(bad)
    place.ok("open", "It is broken")
    place.run("act", "git.revert", f"commits={bad}", "push=true", "within=1s", "--yes", "main")
    back = place.tip()
    assert back != bad
    place.deploy(back)
    (known,) = place.status()["taken_back"]
    assert (known["sha"], known["checks"]) == (bad, ["api-health"])
    return bad, back


@pytest.mark.req("R3-27", "R3-13", "R0-12")
def test_what_was_taken_back_is_not_deployed_again_without_a_reason(broken: Quay) -> None:
    bad, back = taken_back(broken)
    asked = ("act", "git.revert", f"commits={back}", "push=true", "within=1s")
    shown = broken.run(*asked, "--plan")
    assert "! " + bad[:7] + " was taken back at" in shown.stdout
    assert "api-health since" in shown.stdout
    refused = broken.run(*asked, "--yes", "main")
    assert refused.returncode == 3
    assert 'anyway="why"' in refused.stderr
    assert broken.tip() == back
    tree = broken.run("act", "git.reset", f"to={bad}", "push=true", "within=1s", "--yes", "main")
    assert (tree.returncode, broken.tip()) == (3, back), "a reset to it is the same"
    done = broken.run(*asked, "anyway=the check was wrong, see 12", "--yes", "main", "--json")
    assert json.loads(done.stdout)["outcome"] == "done"
    assert broken.tip() != back
    notes = [n for n in of(broken, NoteAdded) if "the check was wrong, see 12" in n.text]
    assert [n.by for n in notes] == ["ana"]
    assert bad[:7] in notes[0].text
    assert broken.status()["taken_back"] == [], "it was brought back on purpose"


@pytest.mark.req("R3-27")
def test_somebody_who_pushes_it_again_is_an_alarm_until_the_check_passes_with_it(broken: Quay) -> None:
    bad, back = taken_back(broken)
    with broken.watched():
        until(lambda: broken.status()["checks"][0]["state"] == "ok", "green without it")
        git(["pull", "-q", "--ff-only", "origin", "main"], broken.colleague)
        git(["revert", "--no-edit", back], broken.colleague)
        git(["push", "-q", "origin", "main"], broken.colleague)
        tip = broken.tip()
        until(lambda: bool(of(broken, CommitBack)), "the alarm")
        (alarm,) = of(broken, CommitBack)
        assert (alarm.sha, alarm.tip, alarm.checks, alarm.by) == (bad, tip, ("api-health",), "Kim")
        assert f"{bad[:7]} was taken back and is in {tip[:7]} again: api-health failed" in broken.run("status").stdout
        assert not of(broken, CommitCleared), "green before it is deployed proves nothing"
        mended = broken.pushed({"server/b.py": "x = 1\n"}, "Nothing to do with it")
        broken.deploy(mended)
        until(lambda: broken.status()["checks"][0]["state"] == "failing", "red with it")
        assert not of(broken, CommitCleared)
    assert len(of(broken, CommitBack)) == 1


def test_without_a_failing_check_nothing_is_held_against_a_commit(broken: Quay) -> None:
    fine = broken.commit({"server/c.py": "c = 1\n"}, "Fine")
    push(broken)
    broken.deploy(fine)
    broken.run("act", "git.revert", f"commits={fine}", "push=true", "within=1s", "--yes", "main")
    assert broken.status()["taken_back"] == []
