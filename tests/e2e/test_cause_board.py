"""Many causes in one incident, by the installed command: order, state, time lost, how often again, and origin."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from incidentui.cli.main import run as command_line
from tests.e2e.test_broken_world import leave, screen
from tests.e2e.test_hypotheses import typed
from tests.e2e.world import Place

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=8)
MINUTES = (15, 20, 30, 45, 20, 30, 45, 60)
"""What the eight causes of the restart cost, by its own record: 265 minutes in sum, where it speaks of three hours."""


@dataclass(frozen=True)
class Here:
    """The command line in this process, as `incidentui` calls it: a board takes many commands to tell."""

    root: Path
    out: pytest.CaptureFixture[str]

    def run(self, *argv: str) -> tuple[int, str]:
        """Exit code; what was said to people when it was refused."""
        code = command_line(["--project", str(self.root), *argv])
        return code, self.out.readouterr().err

    def ok(self, *argv: str) -> str:
        code = command_line(["--project", str(self.root), *argv])
        said = self.out.readouterr()
        assert code == 0, (argv, said.err)
        return said.out

    def json(self, *argv: str) -> Any:
        return json.loads(self.ok(*argv, "--json"))


def project(tmp_path: Path) -> Path:
    root = tmp_path / "quay"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "quay"\n', encoding="utf-8")
    return root


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ana")
    made = Here(project(tmp_path), capsys)
    made.ok("open", "The restart killed everything")
    return made


def at(minute: int) -> str:
    return (BEGAN + timedelta(minutes=minute)).isoformat()


def section(draft: str, name: str) -> str:
    return draft.split(f"\n## {name}\n")[1].split("\n## ")[0]


@pytest.mark.req("R1-02", "R1-09", "R1-34")
def test_each_cause_has_its_own_time_and_the_sum_is_computed(place: Here) -> None:
    minute = 0
    for n, cost in enumerate(MINUTES, 1):
        # The last was looked for while the one before it still was: by the clock that hour counts once.
        begin = minute - 30 if n == len(MINUTES) else minute
        place.ok("cause", "add", f"cause number {n}", "--at", at(begin))
        place.ok("cause", "fixed", str(n), f"mended {n}", "--at", at(begin + cost))
        minute = begin + cost
    told = place.json("cause", "list")
    assert [c["lost_ms"] // 60_000 for c in told["causes"]] == list(MINUTES)
    assert (told["lost_ms"] // 60_000, told["clock_ms"] // 60_000) == (265, 235)
    draft = place.ok("export", "INC-1")
    assert "4h 25m in sum, 3h 55m by the clock" in section(draft, "Causes")
    assert json.loads(place.ok("export", "INC-1", "--format", "json"))["causes"][7]["lost_ms"] == 3_600_000
    assert "8 causes, none open: 4h 25m lost (3h 55m by the clock)" in place.ok("cause", "list")


@pytest.mark.req("R1-02", "R1-16", "R1-54", "R1-55")
def test_order_state_repetition_and_origin_stand_in_list_draft_and_record(place: Here) -> None:
    place.ok(
        "cause", "add", "token differs", "--at", at(60), "--confirmed", "hashes differ", "--origin", "pre-existing"
    )
    place.ok("cause", "add", "tunnel goes to 5050", "--at", at(0), "--saw", "page unreachable")
    place.ok("hypothesis", "add", "TLS is broken")
    place.ok("hypothesis", "verdict", "3", "refuted", "--why", "curl -k is the same")
    assert place.json("cause", "fixed", "2", "tunnel to 5051", "--at", at(15))["state"] == "fixed"
    place.ok("cause", "again", "2", "--at", at(100), "--saw", "unreachable after the next restart")
    place.ok("cause", "fixed", "2", "port from the compose file", "--at", at(110))
    place.ok("cause", "again", "1")
    place.ok("cause", "again", "1", "--saw", "dropped again")
    place.ok("cause", "origin", "2", "introduced")
    told = place.json("cause", "list")
    assert [(c["n"], c["state"], c["again"], c["origin"]) for c in told["causes"]] == [
        (2, "fixed", 1, "introduced"),
        (1, "confirmed", 2, "pre-existing"),
    ], "in the order they were found, not in that they were written down"
    assert told["causes"][0]["lost_ms"] == 25 * 60_000, "15 minutes, and ten more when it was there again"
    assert [c["cause"] for c in told["ruled_out"]] == ["TLS is broken"]
    assert place.json("hypothesis", "list")["hypotheses"][1]["verdict"] == "confirmed", "one board, not two"
    draft = place.ok("export", "INC-1")
    rows = [row for row in section(draft, "Causes").splitlines() if row.startswith("| ") and "cause" not in row.lower()]
    assert "| 2 | tunnel goes to 5050 | fixed |" in draft
    assert ["tunnel" in rows[-2], "token differs" in rows[-1]] == [True, True]
    assert "cause 1 came back 2 times (“token differs”): put a gate before it" in section(draft, "Action items")
    assert "Causes: how number 1 was fixed; nobody said that it is." in section(draft, "Gaps")
    assert "cause 1 again, the 3rd time: dropped again" in draft
    then = json.loads(place.ok("replay", "INC-1", "--json", "--at", datetime.now(UTC).isoformat()))
    board = then["incidents"]["INC-1"]["hypotheses"]
    assert [(h["n"], h["origin"], h["again"]) for h in board] == [
        (1, "pre-existing", 2),
        (2, "introduced", 1),
        (3, "unknown", 0),
    ]


def test_what_makes_no_sense_is_refused_and_changes_nothing(place: Here) -> None:
    place.ok("cause", "add", "tunnel goes to 5050", "--at", at(60))
    place.ok("cause", "add", "DNS")
    place.ok("hypothesis", "verdict", "2", "refuted", "--why", "dig answers")
    for argv, code, said in (
        (("fixed", "1", "restarted", "--at", at(0)), 3, "cause 1 was found at"),
        (("fixed", "9", "restarted"), 3, "INC-1 has no hypothesis 9"),
        (("fixed", "1", " "), 3, "how was cause 1 fixed?"),
        (("fixed", "2", "x"), 3, "hypothesis 2 is ruled out: refuted"),
        (("again", "2"), 3, "give it another verdict first"),
        (("again", "1", "--at", at(0)), 3, "later than that"),
        (("origin", "1", "unknown"), 3, "cause 1 is unknown already"),
        (("origin", "1", "mine"), 2, "pre-existing"),
    ):
        got, told = place.run("cause", *argv)
        assert (got, said in told) == (code, True), (argv, told)
    assert command_line(["--project", str(place.root), "--read-only", "cause", "fixed", "1", "x"]) == 3
    place.out.readouterr()
    (left,) = place.json("cause", "list")["causes"]
    assert (left["state"], left["again"]) == ("suspected", 0)


@pytest.mark.slow
@pytest.mark.req("R1-02", "R1-09", "R1-55")
def test_by_keys_in_a_real_terminal(tmp_path: Path) -> None:
    place = Place(project(tmp_path), tmp_path / "home")
    place.ok("open", "The restart killed everything")
    place.ok("cause", "add", "tunnel goes to 5050", "--at", at(0), "--confirmed", "seen in the script")
    with screen(place, 80, 24) as terminal:
        terminal.wait(r"c close|a act", 20)
        terminal.press("h")
        terminal.wait(r"CAUSES ─+ 1 cause, 1 open: 8h", 10)
        for key, asks, words, ends in (
            ("5", "fixed, how ›", "tunnel to 5051", r"✓ 1 tunnel goes to 5050 +unknown +fixed"),
            ("6", "the same again, seen", "after a restart", r"again 1×"),
            ("7", "introduced by the change, pre-existing", "p", r"pre-existing"),
        ):
            terminal.press(key)
            terminal.wait(asks, 10)
            typed(terminal, words, ends)
        leave(terminal)
    (told,) = place.json("cause", "list")["causes"]
    assert (told["state"], told["again"], told["origin"], told["fix"]) == (
        "confirmed",
        1,
        "pre-existing",
        "tunnel to 5051",
    )


@pytest.mark.req("R1-53")
def test_symptom_root_cause_and_real_problem_are_three_sentences(place: Here) -> None:
    assert "nobody said the symptom, the root cause, the real problem" in section(place.ok("export", "INC-1"), "Gaps")
    place.ok("cause", "conclude", "symptom", "a micro change broke everything")
    place.ok("cause", "conclude", "root-cause", "a guess")
    place.ok("cause", "conclude", "root-cause", "configuration debt: ports, mounts, tokens")
    code, why = place.run("cause", "conclude", "root-cause", "configuration debt: ports, mounts, tokens")
    assert (code, "says so already" in why) == (3, True)
    told = place.json("cause", "list")
    assert (told["symptom"], told["real_problem"]) == ("a micro change broke everything", None)
    assert place.json("show", "INC-1")["root_cause"] == "configuration debt: ports, mounts, tokens"
    draft = place.ok("export", "INC-1")
    causes = section(draft, "Causes")
    assert "| Symptom | a micro change broke everything | ana" in causes
    assert "| Root cause | configuration debt: ports, mounts, tokens | ana" in causes
    assert "| Real problem | _unknown_ | nobody |" in causes
    assert "nobody said the real problem." in section(draft, "Gaps")
    assert "a guess" not in causes


def test_a_cause_that_came_back_is_not_told_as_fixed_and_nobodys_origin_is_unknown(place: Here) -> None:
    place.ok("cause", "add", "the mount is missing", "--at", at(0))
    place.ok("cause", "fixed", "1", "mounted by hand", "--at", at(5))
    assert "why  fixed: mounted by hand" in place.ok("show", "INC-1")
    place.ok("cause", "again", "1", "--at", at(25))
    hour = (BEGAN + timedelta(minutes=25)).astimezone().strftime("%H:%M")
    utc = (BEGAN + timedelta(minutes=25)).strftime("%Y-%m-%d %H:%M:%S")
    for told in (place.ok("cause", "list"), place.ok("show", "INC-1")):
        assert f"fix  was fixed: mounted by hand; came back {hour}" in told
        assert "origin unknown" in told
        assert "fixed: mounted by hand" not in told.replace("was fixed: ", "")
    (one,) = place.json("show", "INC-1")["hypotheses"]
    assert (one["why"], one["verdict"]) == (None, "confirmed")
    causes = section(place.ok("export", "INC-1"), "Causes")
    assert f"Was fixed: mounted by hand; came back {utc}." in causes
    assert "_unknown_" in causes
    place.ok("cause", "fixed", "1", "the unit waits for it", "--at", at(40))
    place.ok("cause", "origin", "1", "pre-existing")
    told = place.ok("cause", "list")
    assert "fix  the unit waits for it" in told
    assert "origin unknown" not in told
    assert "came back" not in told
