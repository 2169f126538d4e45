"""Drift as a pure comparison: each kind of difference, what is not claimed, and volumes over time."""

from dataclasses import replace

import pytest

from incidentui.core.decide import decide
from incidentui.core.drift import Actual, Around, Declared, Drift, DriftRow, Mount, Mounted, Port, Value, compare
from incidentui.core.drift_told import remembered, revision_row, rows_of, told
from incidentui.core.evolve import evolve
from incidentui.core.inputs import DriftLooked
from incidentui.core.model import Commit, Repository, Workload
from incidentui.core.state import State
from incidentui.core.turn import provisional

HOUR = 3_600_000
DECLARED = Declared(
    service="web",
    place="c.yml:3",
    image="shop/web:1",
    image_place="c.yml:4",
    ports=(Port(80, (8080,), "c.yml:6"),),
    mounts=(Mount("/data", "shop_data", place="c.yml:8"), Mount("/etc/web", "/srv/web", True, "c.yml:9")),
    environment=(Value("TOKEN", "aa", "c.yml:11"), Value("MODE", "bb", "c.yml:12")),
    health=True,
    depends_on=(("db", "c.yml:14"),),
)
ACTUAL = Actual(
    workload="web",
    image="shop/web:1",
    image_id="sha256:1",
    tag_id="sha256:1",
    ports={80: (8080,)},
    mounts=(
        Mounted("/data", "shop_data", True, created=10 * HOUR, empty=False, readable=True),
        Mounted("/etc/web", "/srv/web", False, read_only=True, empty=False, readable=True),
    ),
    environment={"TOKEN": "aa", "MODE": "bb"},
    of_image={"PATH": "cc"},
    health=True,
)
AROUND = Around(frozenset({"db"}), 10 * HOUR)


def rows(declared: Declared = DECLARED, actual: Actual = ACTUAL, around: Around = AROUND) -> dict[str, DriftRow]:
    return {row.what: row for row in compare(declared, actual, around).rows}


def differing(declared: Declared = DECLARED, actual: Actual = ACTUAL, around: Around = AROUND) -> dict[str, str]:
    return {
        what: f"{row.level}: {row.running}" for what, row in rows(declared, actual, around).items() if row.level != "ok"
    }


def mounted(n: int, **change: object) -> Actual:
    mounts = list(ACTUAL.mounts)
    mounts[n] = replace(mounts[n], **change)  # type: ignore[arg-type]
    return replace(ACTUAL, mounts=tuple(mounts))


@pytest.mark.req("F63")
def test_what_is_as_declared_differs_in_nothing_and_names_where_it_was_declared() -> None:
    assert differing() == {}
    found = rows()
    assert {what: row.place for what, row in found.items()} == {
        "image": "c.yml:4",
        "port 80": "c.yml:6",
        "mount /data": "c.yml:8",
        "mount /etc/web": "c.yml:9",
        "env": "c.yml:11",
        "health check": "c.yml:3",
    }
    assert found["env"].running == "2 names, values masked"


@pytest.mark.parametrize(
    ("actual", "what", "said"),
    [
        (replace(ACTUAL, image="shop/web:2"), "image", "bad: shop/web:2"),
        (replace(ACTUAL, tag_id="sha256:2"), "image", "bad: an older image than shop/web:1 names now"),
        (replace(ACTUAL, tag_id=""), "image", "look: its tag is not here any more"),
        (replace(ACTUAL, ports={80: (5051,)}), "port 80", "bad: 5051"),
        (replace(ACTUAL, ports={}), "port 80", "bad: not published"),
        (replace(ACTUAL, ports={80: (8080,), 22: (2222,)}), "port 22", "look: 2222"),
        (replace(ACTUAL, mounts=ACTUAL.mounts[1:]), "mount /data", "bad: missing"),
        (mounted(0, source="other"), "mount /data", "bad: other"),
        (mounted(0, source="a" * 64, anonymous=True), "mount /data", "bad: a volume without a name"),
        (mounted(0, empty=True), "mount /data", "bad: shop_data, empty"),
        (mounted(1, readable=False), "mount /etc/web", "bad: /srv/web, not readable inside"),
        (mounted(1, read_only=False), "mount /etc/web", "look: /srv/web  rw"),
        (mounted(0, created=10 * HOUR + 700_000), "age of shop_data", "look: newer than the rest of the project"),
        (replace(ACTUAL, environment={"TOKEN": "zz", "MODE": "bb"}), "env TOKEN", "bad: another value"),
        (replace(ACTUAL, environment={"MODE": "bb"}), "env TOKEN", "bad: not set"),
        (replace(ACTUAL, environment={**ACTUAL.environment, "DEBUG": "dd"}), "env DEBUG", "look: set"),
        (replace(ACTUAL, health=False), "health check", "bad: none"),
    ],
)
def test_each_difference_is_one_row(actual: Actual, what: str, said: str) -> None:
    assert differing(actual=actual) == {what: said}


def test_no_digest_stands_in_any_row() -> None:
    wrong = replace(ACTUAL, environment={"TOKEN": "feedbeef", "MORE": "deadbeef"})
    text = repr(compare(replace(DECLARED, environment=(Value("TOKEN", "cafecafe"),)), wrong, AROUND))
    assert not any(digest in text for digest in ("feedbeef", "deadbeef", "cafecafe"))


def test_what_was_not_looked_at_is_not_claimed() -> None:
    blind = replace(
        ACTUAL, ports=None, tag_id=None, mounts=tuple(replace(m, empty=None, readable=None) for m in ACTUAL.mounts)
    )
    assert differing(actual=blind) == {}
    assert "port 80" not in rows(actual=blind)
    passed_on = replace(DECLARED, environment=(Value("TOKEN", None), Value("MODE", "bb")))
    assert differing(passed_on) == {}


def test_a_port_of_a_range_and_any_free_port_are_as_declared() -> None:
    assert differing(replace(DECLARED, ports=(Port(80, (8080, 8081)),))) == {}
    assert differing(replace(DECLARED, ports=(Port(80, ()),))) == {}


@pytest.mark.parametrize("image", ["shop/web", "docker.io/shop/web:latest"])
def test_an_image_has_more_than_one_way_to_be_written(image: str) -> None:
    assert differing(replace(DECLARED, image=image), replace(ACTUAL, image="shop/web:latest")) == {}


def test_without_a_health_check_and_with_a_dependency_nobody_watches() -> None:
    bare = differing(replace(DECLARED, health=False), replace(ACTUAL, health=False), Around())
    assert bare == {"health check": "look: none", "needs db": "look: no check of any kind"}


def test_what_is_bad_stands_first_and_is_counted() -> None:
    drift = compare(DECLARED, replace(mounted(0, empty=True), health=False), AROUND)
    assert [row.level for row in drift.rows][:2] == ["bad", "bad"]
    assert told(drift.rows) == "2 of 6 differ"
    assert told(drift.rows[:1]) == "1 of 1 differs"


# -- over time


def looked(state: State, drift: Drift, at: int, where: str = "") -> State:
    for fact in decide(state, {}, DriftLooked((drift,), where), at).facts:
        state = evolve(state, provisional(fact, state.seq + 1))
    return state


def test_a_volume_of_the_same_name_and_another_birth_was_made_anew() -> None:
    first = compare(DECLARED, ACTUAL, AROUND)
    anew = compare(DECLARED, mounted(0, created=12 * HOUR), replace(AROUND, oldest=12 * HOUR))
    state = looked(looked(State(), first, 11 * HOUR), anew, 12 * HOUR)
    rows = {row.what: row.running for row in state.drift["web"].rows if row.level == "bad"}
    assert rows == {"age of shop_data": "made anew"}
    again = looked(state, anew, 13 * HOUR)
    assert again == state, "nothing new is not recorded"
    later = remembered(state.drift["web"], anew, 12 * HOUR + 25 * HOUR)
    assert later.bad == 0, "after a day it is the volume"


def test_a_volume_is_remembered_while_nobody_mounts_it() -> None:
    """`rm`, `volume rm`, `up`: between them there is no container, or no compose that answers."""
    first = compare(DECLARED, ACTUAL, AROUND)
    anew = compare(DECLARED, mounted(0, created=12 * HOUR), replace(AROUND, oldest=12 * HOUR))
    for between in ((), (Drift("web", why="compose refuses"),)):
        state = looked(State(), first, 11 * HOUR)
        for fact in decide(state, {}, DriftLooked(between), 12 * HOUR).facts:
            state = evolve(state, provisional(fact, state.seq + 1))
        assert state.drift["web"].rows == ()
        state = looked(state, anew, 12 * HOUR)
        assert [row.what for row in state.drift["web"].rows if row.level == "bad"] == ["age of shop_data"]


def test_a_volume_of_the_same_name_on_another_engine_is_not_made_anew() -> None:
    first = compare(DECLARED, ACTUAL, AROUND)
    there = compare(DECLARED, mounted(0, created=12 * HOUR), replace(AROUND, oldest=12 * HOUR))
    state = looked(State(), first, 11 * HOUR)
    state = looked(state, there, 12 * HOUR, "ssh://prod (DOCKER_CONTEXT)")
    assert state.drift["web"].bad == 0
    assert looked(state, there, 13 * HOUR, "ssh://prod (DOCKER_HOST)") == state, "whatever named it"
    later = compare(DECLARED, mounted(0, created=14 * HOUR), replace(AROUND, oldest=14 * HOUR))
    state = looked(state, later, 15 * HOUR, "ssh://prod (DOCKER_CONTEXT)")
    assert [row.what for row in state.drift["web"].rows if row.level == "bad"] == ["age of shop_data"]


def test_only_what_is_new_is_told_and_a_mount_is_a_moment() -> None:
    state = looked(State(), compare(DECLARED, ACTUAL, AROUND), HOUR)
    port = compare(DECLARED, replace(ACTUAL, ports={80: (5051,)}), AROUND)
    (fact,) = decide(state, {}, DriftLooked((port,)), 2 * HOUR).facts
    assert fact.moment == "detail"
    state = looked(state, port, 2 * HOUR)
    both = compare(DECLARED, replace(mounted(0, empty=True), ports={80: (5051,)}), AROUND)
    (fact,) = decide(state, {}, DriftLooked((both,)), 3 * HOUR).facts
    assert fact.moment == "key"
    assert [row.what for _, row in fact.event.fresh] == ["mount /data"]  # type: ignore[union-attr]
    (fact,) = decide(looked(state, both, 3 * HOUR), {}, DriftLooked((port,)), 4 * HOUR).facts
    assert fact.moment == "quiet"


# -- against the repository

HEAD = "6e1f0c2" + "0" * 33
REPO = Repository(branch="main", head=HEAD, remote=None, upstream=None, commits=())


@pytest.mark.parametrize(
    ("revision", "dirty", "files", "level"),
    [
        (HEAD, "", 0, "ok"),
        ("6e1f0c2", "", 0, "ok"),
        (HEAD, "", 2, "look"),
        (HEAD, "version = 1-dirty", 0, "bad"),
        ("5d90aa1" + "0" * 33, "", 0, "bad"),
    ],
)
def test_the_revision_is_compared_with_head(revision: str, dirty: str, files: int, level: str) -> None:
    it = Workload("web", "docker", "running", revision=revision, dirty=dirty)
    row = revision_row(it, None, replace(REPO, dirty_count=files))
    assert row is not None
    assert row.level == level


@pytest.mark.parametrize(
    ("parents", "level", "so_what"),
    [
        ({"c" * 40: ("b" * 40,), "b" * 40: (HEAD,)}, "look", "your checkout is behind it"),
        ({"c" * 40: ("b" * 40,)}, "bad", "what you committed is not in it"),
        ({HEAD: ("c" * 40,)}, "bad", "what you committed is not in it"),
    ],
    ids=["on top of HEAD", "beside it", "before it"],
)
def test_what_was_built_on_top_of_head_is_no_fault_of_the_image(
    parents: dict[str, tuple[str, ...]], level: str, so_what: str
) -> None:
    commits = tuple(Commit(sha, above, "ana", 0, "work") for sha, above in parents.items())
    row = revision_row(Workload("web", "docker", "running", revision="c" * 40), None, replace(REPO, commits=commits))
    assert row is not None
    assert (row.level, row.so_what) == (level, so_what)


def test_an_image_made_here_that_does_not_say_of_what_is_unknown() -> None:
    it = Workload("web", "docker", "running")
    assert revision_row(it, Drift("web"), REPO) is None
    row = revision_row(it, Drift("web", built=True), REPO)
    assert row is not None
    assert row.level == "unknown"
    assert rows_of(it, None, None) == ()


NAMELESS = replace(DECLARED, mounts=(Mount("/spool", "", place="c.yml:9"),))


def spool(empty: bool) -> Drift:
    mount = Mounted("/spool", "f" * 64, True, anonymous=True, created=HOUR, empty=empty, readable=True)
    return compare(NAMELESS, replace(ACTUAL, mounts=(mount,)), Around())


def test_a_volume_without_a_name_is_an_alarm_only_where_something_was_in_it() -> None:
    def level(before: Drift | None, now: Drift) -> tuple[str, Drift]:
        seen = remembered(before, now, 2 * HOUR)
        return next(row.level for row in seen.rows if row.what == "mount /spool"), seen

    first, fresh = level(None, spool(empty=True))
    assert first == "look", "it was just made, and is as it was declared"
    assert level(fresh, spool(empty=True))[0] == "look"
    held = level(fresh, spool(empty=False))[1]
    lost, emptied = level(held, spool(empty=True))
    assert lost == "bad"
    assert level(emptied, spool(empty=True))[0] == "bad", "it is not forgotten at the next look"
    assert emptied.rows[0].what == "mount /spool", "what is bad stands first"
    row = DriftRow("mount /spool", "bad", "a volume without a name", "a volume without a name, empty", "made anew?")
    assert level(Drift("web", (row,)), spool(empty=True))[0] == "look", "an older record claims what nobody saw"


def test_a_port_of_what_does_not_run_is_only_one_that_it_would_have() -> None:
    (row,) = [r for r in compare(DECLARED, replace(ACTUAL, up=False), Around()).rows if r.what == "port 80"]
    assert (row.level, row.running) == ("ok", "8080, once it runs")


def test_a_network_that_it_is_not_on_is_told_with_its_line_and_one_it_was_put_on_by_hand() -> None:
    declared = replace(DECLARED, networks=(("shop_default", "c.yml:3"), ("shop_front", "c.yml:15")))

    def rows(*on: str) -> list[tuple[str, str, str, str]]:
        found = compare(declared, replace(ACTUAL, networks=frozenset(on)), Around()).rows
        return [(r.what, r.level, r.running, r.place) for r in found if r.what.startswith("network")]

    assert rows("shop_default", "shop_front") == [("network", "ok", "shop_default, shop_front", "c.yml:3")]
    assert rows("shop_default", "yard") == [
        ("network shop_front", "bad", "not on it", "c.yml:15"),
        ("network yard", "look", "on it", "c.yml:3"),
        ("network", "ok", "shop_default", "c.yml:3"),
    ]
    assert compare(DECLARED, replace(ACTUAL, networks=frozenset({"host"})), Around()).rows[-1].what != "network"
