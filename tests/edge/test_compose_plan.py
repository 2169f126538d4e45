"""What the plan of compose.up says and which words it gives compose, of facts as both composes give them."""

import pytest

from incidentui.core.drift import Declared
from incidentui.core.model import Plan, Workload
from incidentui.edge.containers.blast import Blast
from incidentui.edge.containers.compose_plan import Asked, Ground, argv, make_plan
from incidentui.edge.containers.deeds import Wish

WISH = Wish(10_000, 1_000, "")
DECLARED = Declared("web", "compose.yml:2", image="x:1", depends_on=(("db", "compose.yml:4"), ("cache", "")))
V2 = ("docker", "compose")


def ground(tool: tuple[str, ...] = V2, version: str = "2.29.1") -> Ground:
    return Ground(
        tool=tool, version=version, files=("compose.yml",), project="ferry", declared=DECLARED,
        now=Workload("web", "docker", "running", ident="a" * 64), found={"Image": "sha256:1"}, drift=None,
        same=False, image="sha256:1", blast=Blast(), volumes=frozenset(), config="c",
    )  # fmt: skip


def test_what_it_depends_on_is_named_where_compose_may_create_it_anew() -> None:
    plan = make_plan(ground(), Asked("web", WISH, deps=True), False, "here")
    assert isinstance(plan, Plan)
    rows = [row for row in plan.blast if "created anew where its declaration changed" in row[1]]
    assert [what for what, _ in rows] == ["service db", "service cache"]
    assert all(text.endswith("not looked at") for _, text in rows)
    alone = make_plan(ground(), Asked("web", WISH), False, "here")
    assert isinstance(alone, Plan)
    assert not any(what.startswith("service ") for what, _ in alone.blast)


@pytest.mark.parametrize(("pull", "word"), [(False, "never"), (True, "missing")])
@pytest.mark.parametrize(("tool", "version"), [(V2, "2.29.1"), (V2, ""), (("docker-compose",), "2.5.0")])
def test_version_2_is_told_whether_it_may_pull(pull: bool, word: str, tool: tuple[str, ...], version: str) -> None:
    words = argv(ground(tool, version), Asked("web", WISH, pull=pull))
    assert words[words.index("--pull") + 1] == word
    assert words.index("--pull") > words.index("up")


@pytest.mark.parametrize("version", ["1.29.2", ""])
def test_version_1_knows_no_such_word(version: str) -> None:
    assert "--pull" not in argv(ground(("docker-compose",), version), Asked("web", WISH, pull=True))
