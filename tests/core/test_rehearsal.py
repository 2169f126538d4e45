"""What a restart of everything is compared by, in words."""

import pytest

from incidentui.core.model import ProjectSpec, ServiceSpec
from incidentui.core.quiet_hours import within
from incidentui.core.rehearsal import Back, changed, empty, ordered, told


@pytest.mark.parametrize(
    ("hours", "minute", "so"),
    [
        ("22:00-06:00", 23 * 60, True),
        ("22:00-06:00", 5 * 60 + 59, True),
        ("22:00-06:00", 6 * 60, False),
        ("9:00–17:30", 17 * 60 + 29, True),
        ("9:00-17:30", 8 * 60, False),
        ("any", 0, True),
        ("at night", 0, None),
        ("25:00-26:00", 0, None),
    ],
)
def test_quiet_hours_may_go_over_midnight(hours: str, minute: int, so: bool | None) -> None:
    assert within(hours, minute) is so


def test_what_others_need_is_restarted_first() -> None:
    services = (
        ServiceSpec("web", ("web",), (), ("api",)),
        ServiceSpec("api", ("api", "worker"), (), ("db",)),
        ServiceSpec("db", ("db",)),
    )
    assert ordered(ProjectSpec("p", services=services), ["api", "db", "other", "web", "worker"]) == (
        "other", "db", "api", "worker", "web",
    )  # fmt: skip
    said = {"a": ("b",), "b": ("db",)}
    assert ordered(ProjectSpec("p", services=services), ["a", "b", "db"], said) == ("db", "b", "a"), "as compose says"


def test_one_that_many_services_name_stands_where_the_first_of_them_needs_it() -> None:
    services = (
        ServiceSpec("web", ("web",), (), ("api",)),
        ServiceSpec("api", ("api",), (), ("db",)),
        ServiceSpec("db", ("pg",)),
        ServiceSpec("reports", ("pg", "cron"), (), ("web",)),
    )
    assert ordered(ProjectSpec("p", services=services), ["web", "api", "pg", "cron"]) == ("pg", "api", "web", "cron")


def test_what_is_another_than_before_is_named_and_a_fallen_one_only_by_its_state() -> None:
    before = {
        "db": {"state": "running", "mount /data": "volume a, with files"},
        "web": {"state": "running", "port 80": "8080", "mount /x": "folder /x, with files"},
        "old": {"state": "running"},
    }
    after = {
        "db": {"state": "running", "mount /data": "volume a, empty"},
        "web": {"state": "exited", "mount /x": "folder /x"},
        "new": {"state": "running"},
    }
    assert list(changed(before, after)) == [
        "db: mount /data: volume a, with files → volume a, empty",
        "new is new",
        "old is gone",
        "web: running → exited",
    ]
    assert empty(after) == ["db mount /data"]


def test_how_it_went_is_one_sentence() -> None:
    good = [Back("db", 2_000), Back("search", 41_000)]
    assert told(good, (), 30_000, ()) == (
        "2 of 2 workloads came back; search slowly, in 41s; nothing is another than before"
    )
    fell = [Back("db", 2_000), Back("api", 3_000, "it did not stay up: exited, exit code 1")]
    assert told(fell, ("web",), 30_000, ("a", "b", "c", "d", "e"), ("db mount /data",)) == (
        "1 of 3 workloads came back; api did not: it did not stay up: exited, exit code 1; not restarted: web; "
        "another than before: a; b; c; d and 1 more; empty: db mount /data"
    )
