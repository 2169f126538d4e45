"""Known-good kept in the clone: no gc takes it, a new journal finds it, nothing is made up."""

import json
from pathlib import Path

import pytest

from incidentui.core.inputs import GoodFound, RepositoryLooked
from incidentui.core.model import KnownGood
from incidentui.edge.git.clone import GitClone
from incidentui.edge.git.good import REFS, kept
from incidentui.edge.git.place import layout
from incidentui.edge.git.source import GitSource
from tests.e2e.world import Place
from tests.git.world import Watch, World, plain


@pytest.mark.req("R0-24", "F42")
async def test_a_kept_commit_survives_a_gc_and_says_why_since_when_and_by_whom(world: World) -> None:
    where = await layout(world.repo)
    lost = world.commit("will be unreachable", {"x.txt": "x\n"})
    world.git("reset", "-q", "--hard", world.bad[-1])
    good = KnownGood(lost, 1_700_000_000_000, "all 4 checks good for 1m", "ana <ö>")
    await GitClone(world.repo).keep_good(good)
    world.git("reflog", "expire", "--expire=now", "--all")
    world.git("gc", "-q", "--prune=now")
    assert world.git("cat-file", "-t", lost) == "commit"
    assert world.git("rev-parse", f"{REFS}{lost}^{{commit}}") == lost
    (found,) = await kept(where)
    assert found == KnownGood(lost, 1_700_000_000_000, "all 4 checks good for 1m", "ana ö")


async def test_the_newest_comes_first_and_refs_of_others_count(world: World) -> None:
    clone, where = GitClone(world.repo), await layout(world.repo)
    assert await kept(where) == []
    await clone.keep_good(KnownGood(world.good, 1_000_000, "first"))
    await clone.keep_good(KnownGood(world.bad[0], 2_000_000, "second", "bo"))
    await clone.keep_good(KnownGood(world.good, 3_000_000, "again"))
    await clone.keep_good(KnownGood("f" * 40, 4_000_000, "not in this clone"))
    assert [(g.sha, g.why, g.by) for g in await kept(where)] == [
        (world.good, "again", None), (world.bad[0], "second", "bo"),
    ]  # fmt: skip
    world.git("update-ref", f"{REFS}mine", world.bad[1])
    world.git("update-ref", f"{REFS}a-tree", world.git("rev-parse", "HEAD^{tree}"))
    found = {g.sha: g.why for g in await kept(where)}
    assert found[world.bad[1]] == f"kept as {REFS}mine"
    assert set(found) == {world.good, world.bad[0], world.bad[1]}


async def test_the_source_tells_of_it_before_its_first_picture_and_only_once(world: World) -> None:
    await GitClone(world.repo).keep_good(KnownGood(world.good, 1_000_000, "first"))
    source = GitSource(world.repo, None, None, Watch())
    first = await source.look()
    assert [type(seen) for seen in first if isinstance(seen, GoodFound | RepositoryLooked)] == [
        GoodFound, RepositoryLooked,
    ]  # fmt: skip
    assert not [seen for seen in await source.look() if isinstance(seen, GoodFound)]


@pytest.fixture
def place(world: World, tmp_path: Path) -> Place:
    return Place(world.repo, tmp_path / "home")


@pytest.mark.slow
@pytest.mark.req("R0-19")
def test_a_new_journal_takes_what_the_clone_keeps_and_makes_nothing_up(world: World, place: Place) -> None:
    refused = place.run("act", "git.reset", "to=good", "--yes", "main")
    assert refused.returncode == 3
    assert "no known-good commit is known" in refused.stderr
    assert "to=SHA" in refused.stderr
    assert world.git("for-each-ref", REFS) == ""
    world.git("update-ref", f"{REFS}mine", world.good)
    second = Place(place.root, place.home.with_name("home2"))
    document = json.loads(second.run("act", "git.reset", "to=good", "push=true", "--yes", "main", "--json").stdout)
    assert document["verdict"]["complete"] is True
    assert document["verdict"]["in_force"] == []
    assert document["verdict"]["taken_back"] == world.bad[::-1]
    assert plain(world.repo, "diff", "--name-only", world.good, "HEAD") == ""


@pytest.mark.slow
@pytest.mark.req("R0-08", "R0-09", "F44")
def test_a_revert_of_some_names_the_rest_and_status_has_the_ledger(world: World, place: Place) -> None:
    world.git("update-ref", f"{REFS}mine", world.good)
    first, second, third = world.bad
    done = place.run("act", "git.revert", f"commits={third}", "push=true", "--yes", "main", "--json")
    verdict = json.loads(done.stdout)["verdict"]
    assert (verdict["in_force"], verdict["partly"]) == ([second, first], [])
    assert verdict["taken_back"] == [third]
    assert verdict["differs"] == ["a.txt", "c.txt", "old.txt"]
    assert "1 of 3 commits taken back, 2 still in force" in verdict["why"]
    assert "rolled back" not in done.stdout.lower()
    ledger = place.json("status")["ledger"]
    assert (ledger["good"], ledger["equal"]) == (world.good, False)
    assert (ledger["in_force"], ledger["taken_back"]) == ([second, first], [third])
    assert {f["path"]: f["by"] for f in ledger["files"]} == {"a.txt": [first], "c.txt": [second], "old.txt": [second]}
    assert len(ledger["commits"]) == 4
    text = place.ok("status")
    assert "since known-good: 1 of 3 commits taken back, 2 still in force" in text


@pytest.mark.slow
def test_the_ledger_is_recorded_when_a_ref_moves_and_not_again(world: World, place: Place) -> None:
    from incidentui.core.events import LedgerRead
    from tests.e2e.world import until

    world.git("update-ref", f"{REFS}mine", world.good)

    def read() -> list[tuple[str, int]]:
        books = [r.event.ledger for r in place.records() if isinstance(r.event, LedgerRead)]
        return [(book.tip, len(book.commits)) for book in books]

    with place.watched():
        until(lambda: read() == [(world.bad[-1], 3)], "the first ledger")
        new = world.commit("one more", {"d.txt": "d\n"})
        world.push()
        until(lambda: read()[1:] == [(new, 4)], "the ledger of the new tip")
    with place.watched():
        until(lambda: place.names().count("WatchStarted") == 2, "a second watch")
    assert len(read()) == 2
