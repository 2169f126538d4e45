"""What the plan of compose.up says and which words it gives compose, of facts as both composes give them."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.drift import Declared
from incidentui.core.inputs import Refusal
from incidentui.core.model import Plan, ProjectSpec, Repository, ServiceSpec, Workload
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.containers.blast import Blast
from incidentui.edge.containers.compose_plan import Asked, Ground, argv, make_plan
from incidentui.edge.containers.compose_up import ComposeExecutor, of_service
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


def stops(ground: Ground, asked: Asked, repository: Repository | None = None) -> list[tuple[str, bool]]:
    plan = make_plan(ground, asked, False, "here", repository)
    assert isinstance(plan, Plan)
    return [(p.text, p.ok) for p in plan.checked if p.name == "committed"]


@pytest.mark.req("F46")
def test_a_build_of_uncommitted_code_needs_a_reason() -> None:
    dirty = Repository(head="a" * 40, dirty=("web/app.py", "docs/x.md"), dirty_count=2)
    build = Asked("web", WISH, build=True)
    assert stops(ground(), build, dirty) == [
        ("it would build what is 2 files not committed: web/app.py, docs/x.md", False)
    ]
    assert stops(ground(), replace(build, uncommitted="it burns"), dirty)[0][1]
    assert stops(ground(), build, Repository(head="a" * 40)) == []
    assert stops(ground(), Asked("web", WISH), dirty) == [], "nothing is built: what is here is not looked at"


@pytest.mark.req("F46")
def test_an_image_that_says_it_was_built_from_uncommitted_code_needs_a_reason() -> None:
    says = replace(ground(), image="sha256:2", says="org.opencontainers.image.revision = a942e4f-dirty")
    ((text, ok),) = stops(says, Asked("web", WISH))
    assert text.startswith("image x:1 was built from uncommitted code: ")
    assert text.endswith("a942e4f-dirty")
    assert not ok
    assert stops(replace(says, image="sha256:1"), Asked("web", WISH)) == [], "it runs already: nothing new comes in"


def test_only_what_a_service_is_made_of_stands_against_its_build() -> None:
    spec = ProjectSpec("ferry", services=(ServiceSpec("pages", workloads=("web",), paths=("web/",)),))
    state = State(project=spec, repository=Repository(head="a" * 40, dirty=("old",), dirty_count=1))
    mine = of_service(state, "web", ("web/app.py", "docs/x.md"))
    assert mine is not None
    assert (mine.head, mine.dirty, mine.dirty_count) == ("a" * 40, ("web/app.py",), 1)
    reads = ("compose.yml", "docker/web/Dockerfile", "base/")
    files = ("web/app.py", "docs/x.md", "compose.yml", "docker/web/Dockerfile", "base/etc/x", "base2/y")
    built = of_service(state, "web", files, reads)
    assert built is not None
    assert built.dirty == ("web/app.py", "compose.yml", "docker/web/Dockerfile", "base/etc/x")
    anybody = of_service(State(), "web", ("docs/x.md",))
    assert anybody is not None
    assert anybody.dirty == ("docs/x.md",)
    assert of_service(state, "web", None) is None, "git does not tell"


class Here(ComposeExecutor):
    """In a folder; what it looks at of an engine is given."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, (), "ferry", ("compose.yml",), SystemClock())


def clone(folder: Path, *argv: str) -> None:
    git = ("git", "-C", str(folder), "-c", "user.name=ana", "-c", "user.email=ana@example.org")
    subprocess.run([*git, *argv], check=True, capture_output=True)


BUILD = Asked("web", WISH, build=True)
OF_WEB = State(project=ProjectSpec("ferry", services=(ServiceSpec("pages", workloads=("web",), paths=("web/",)),)))


@pytest.mark.req("F46")
async def test_what_a_service_depends_on_is_built_with_it_and_looked_at_too(tmp_path: Path) -> None:
    clone(tmp_path, "init", "-q")
    (tmp_path / "api.py").write_text("new")
    here = Here(tmp_path)
    here._state = OF_WEB
    alone, all_ = [await here._built_of(ground(), replace(BUILD, deps=deps)) for deps in (False, True)]
    assert isinstance(alone, Repository)
    assert isinstance(all_, Repository)
    assert (alone.dirty, all_.dirty) == ((), ("api.py",))
    reads = replace(ground(), declared=replace(DECLARED, reads=("api.py",)))
    its = await here._built_of(reads, BUILD)
    assert isinstance(its, Repository)
    assert its.dirty == ("api.py",), "its build reads that, whatever the project says it is made of"


@pytest.mark.req("F46")
async def test_where_git_does_not_tell_a_build_needs_a_reason_and_where_there_is_none_it_does_not(
    tmp_path: Path,
) -> None:
    assert await Here(tmp_path)._built_of(ground(), BUILD) is None
    clone(tmp_path, "init", "-q")
    (tmp_path / ".git" / "index").write_text("broken")
    refused = await Here(tmp_path)._built_of(ground(), BUILD)
    assert isinstance(refused, Refusal)
    assert refused.why.startswith("git does not tell what is not committed: ")
    assert await Here(tmp_path)._built_of(ground(), replace(BUILD, uncommitted="it burns")) is None


@pytest.mark.req("F46")
async def test_what_is_changed_between_plan_and_act_is_not_built(tmp_path: Path) -> None:
    clone(tmp_path, "init", "-q")
    here = Here(tmp_path)
    plan = make_plan(ground(), BUILD, False, "here", None)
    assert isinstance(plan, Plan)
    assert await here._not_any_more(plan, ground(), BUILD) == ""
    (tmp_path / "app.py").write_text("new")
    why = await here._not_any_more(plan, ground(), BUILD)
    assert why == "by now it would build what is 1 file not committed: app.py; make a new plan"
    told = replace(BUILD, uncommitted="it burns")
    assert await here._not_any_more(plan, ground(), told) == ""


def test_a_build_may_make_another_image_of_what_runs_as_it_is_declared() -> None:
    same = replace(ground(), same=True)
    assert isinstance(make_plan(same, Asked("web", WISH), False, "here"), Refusal)
    plan = make_plan(same, Asked("web", WISH, build=True), False, "here")
    assert isinstance(plan, Plan)
    assert "created anew if it changed" in plan.title


def test_a_container_that_another_project_of_the_same_name_made_is_not_taken_over_unseen() -> None:
    plan = make_plan(replace(ground(), made_in="/home/bo/ferry"), Asked("web", WISH), False, "here")
    assert isinstance(plan, Plan)
    (warning,) = plan.warnings
    assert warning.startswith("container web was made in /home/bo/ferry, by another project of the name ferry")
    alone = make_plan(ground(), Asked("web", WISH), False, "here")
    assert isinstance(alone, Plan)
    assert alone.warnings == ()
