"""Which way checks go, and what a service can be called resolved by."""

import pytest

from incidentui.core.incidents import not_resolved
from incidentui.core.layers import crossings, is_bypassed, on_user_path
from incidentui.core.model import CheckSpec, CheckState, CheckStatus, Incident, Layer, ProjectSpec, ServiceSpec
from incidentui.core.state import State

PROJECT = ProjectSpec(
    "quay",
    services=(
        ServiceSpec("page", depends_on=("api",)),
        ServiceSpec("api", depends_on=("db",)),
        ServiceSpec("db"),
        ServiceSpec("jobs", depends_on=("db",)),
    ),
    checks=(
        CheckSpec("page-get", "page"),
        CheckSpec("db-ping", "db", "inner"),
        CheckSpec("jobs-ping", "jobs", "inner"),
    ),
)


@pytest.mark.parametrize(
    ("checks", "is_so"),
    [
        ([("user", "failing"), ("inner", "ok")], True),
        ([("user", "failing"), ("user", "ok"), ("inner", "slow"), ("inner", "ok")], True),
        ([("user", "failing"), ("inner", "ok"), ("inner", "failing")], False),
        ([("user", "failing"), ("inner", "unknown")], False),
        ([("user", "failing")], False),
        ([("user", "ok"), ("inner", "ok")], False),
        ([("user", "unknown"), ("inner", "ok")], False),
        ([("inner", "ok")], False),
        ([], False),
    ],
)
def test_a_layer_is_bypassed_when_all_inner_checks_are_green_and_users_fail(
    checks: list[tuple[Layer, CheckState]], is_so: bool
) -> None:
    assert is_bypassed(checks) is is_so


def test_the_user_path_goes_through_all_that_is_needed() -> None:
    assert on_user_path(PROJECT) == {"page": "page", "api": "page", "db": "page"}


@pytest.mark.parametrize(
    ("services", "why"),
    [(("db",), ""), (("page", "db"), ""), (("jobs",), "no check goes the user's path to jobs"), (("gone",), "")],
)
def test_what_failed_is_resolved_by_a_user_path_that_goes_through_it(services: tuple[str, ...], why: str) -> None:
    checks = {c.name: CheckStatus(c.name, c.service, c.layer, "ok", 1) for c in PROJECT.checks}
    incident = Incident("INC-1", "x", "SEV2", "open", 1, "ana", services=services)
    assert not_resolved(State(project=PROJECT, checks=checks), incident) == why


def test_the_matrix_has_each_layer_and_names_what_nobody_would_see_break() -> None:
    project = ProjectSpec(
        "quay",
        services=(ServiceSpec("sync", layers=("proxy", "session", "cache")), ServiceSpec("page")),
        checks=(
            CheckSpec("button", "sync", crosses=("proxy", "orm")),
            CheckSpec("direct", "sync", "inner", crosses=("orm", "queue", "session")),
            CheckSpec("home", "page", crosses=("cache",)),
        ),
    )
    found = crossings(project, "sync")
    assert [(c.layer, c.user, c.inner, c.gap) for c in found] == [
        ("proxy", ("button",), (), ""),
        ("session", (), ("direct",), "only inner checks cross it"),
        ("cache", (), (), "no check crosses it"),
        ("orm", ("button",), ("direct",), ""),
        ("queue", (), ("direct",), "only inner checks cross it"),
    ]
    assert crossings(PROJECT, "page") == ()
