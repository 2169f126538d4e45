"""On the screen: the push nobody followed, and what runs or lies here that is in no commit of the branch."""

from dataclasses import replace

import pytest

from incidentui.core.model import Attempt, AwaitedDeploy, Fix, FixPlace, FixStatus, Plan, Repository, TakenBack
from incidentui.session.ports import View
from tests.tui import fakes
from tests.tui.screens import shown


def with_push(view: View) -> View:
    now = view.state.at or fakes.NOW
    push = AwaitedDeploy(fakes.HEAD, fakes.BAD, now - 240_000, "origin", "main", ("api",), now - 180_000)
    return replace(view, state=replace(view.state, awaited=push))


def with_clone(view: View, **more: object) -> View:
    repo = view.state.repository
    assert repo is not None
    return replace(view, state=replace(view.state, repository=replace(repo, **more)))  # type: ignore[arg-type]


@pytest.mark.req("R3-37")
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 50)])
async def test_a_push_that_nobody_followed_stands_in_the_headline(size: tuple[int, int]) -> None:
    async with shown(with_push(fakes.quiet()), size) as seen:
        assert f"✗ {fakes.HEAD[:7]} was pushed, but nothing was deployed: api runs {fakes.GOOD[:7]}" in seen.text
        assert "Everything answers" in seen.text, "what users get is still said first"
    async with shown(with_push(fakes.first_red()), size) as seen:
        assert f"{fakes.HEAD[:7]} was pushed" in seen.text
        assert "api is failing" in seen.text


async def test_without_the_alarm_there_is_no_such_line() -> None:
    async with shown(fakes.quiet()) as seen:
        assert "was pushed" not in seen.text
        assert "not committed" not in seen.text


@pytest.mark.req("R1-14")
async def test_work_that_is_only_here_stands_above_the_commits() -> None:
    view = fakes.quiet()
    repo = view.state.repository
    assert isinstance(repo, Repository)
    commits = fakes.commits(broken=True, reverted=True)
    commits = tuple(replace(c, parents=(fakes.BAD,)) if c.sha == fakes.HEAD else c for c in commits)
    dirty = {"dirty": ("server/a.py", "server/b.py"), "dirty_count": 7}
    async with shown(with_clone(view, head=fakes.HEAD, upstream=fakes.GOOD, commits=commits, **dirty), (200, 50)) as it:
        assert "! 7 files not committed: server/a.py, server/b.py" in it.text
        assert f"! 2 commits not pushed: {fakes.HEAD[:7]}, {fakes.BAD[:7]}" in it.text


@pytest.mark.req("R1-14", "R1-15")
async def test_services_that_run_different_revisions_and_odd_builds_are_named() -> None:
    view = fakes.quiet()
    services = dict(view.state.services)
    services["sheets"] = replace(services["sheets"], running=fakes.BAD, odd="nowhere")
    services["login"] = replace(
        services["login"],
        running=None,
        odd="dirty",
        running_why="built from uncommitted code: a942e4f-dirty",
    )
    workloads = dict(view.state.workloads)
    workloads["web"] = replace(workloads["web"], dirty="org.opencontainers.image.version = 1.4-dirty")
    view = replace(view, state=replace(view.state, services=services, workloads=workloads))
    async with shown(view, (200, 50)) as seen:
        assert f"api runs {fakes.GOOD[:7]} · sheets runs {fakes.BAD[:7]}" in seen.text
        assert f"! sheets runs a commit nobody pushed: {fakes.BAD[:7]}" in seen.text
        assert "! login runs no commit: built from uncommitted code" in seen.text
        assert "! web: built from uncommitted code, org.open" in seen.text


@pytest.mark.req("R1-21", "R3-27")
async def test_the_page_of_a_commit_says_what_was_found_out_about_it_and_offers_to_mark_it() -> None:
    view = fakes.first_red()
    plan = Plan("git.bisect", (), "Bisect", "harbor", changes=False)
    ended = Attempt("b", 0, plan, fakes.ME, "ana", 1, outcome="done", found=fakes.BAD, why="it is the first bad one")
    fix = FixStatus(
        Fix(fakes.BAD, "sync safety", "ana", 1, "server/a.py", 'or "::1"'),
        (FixPlace("HEAD", "gone", 2, fakes.GOOD, True), FixPlace("runs:api", "there", 2, fakes.BAD, True)),
        lost=2,
    )
    taken = TakenBack(fakes.BAD, "sync safety", fakes.HEAD, 3, (("api-check", 2),))
    state = replace(view.state, attempts={"b": ended}, fixes={fakes.BAD: fix}, taken_back={fakes.BAD: taken})
    async with shown(replace(view, state=state), (160, 50)) as seen:
        await seen.press("3", "enter")
        assert "COMMIT" in seen.text
        assert "✗ it is the first bad one" in seen.text
        assert "gone: HEAD, there: runs api, lost 2 times" in " ".join(seen.text.split())
        assert f"taken back by {fakes.HEAD[:7]}: api-check failed with it" in " ".join(seen.text.split())
        await seen.press("a")
        (row,) = [row for row in seen.rows if f"Mark {fakes.BAD[:7]} as a fix" in row]
        await seen.press(row.split()[0])
        assert ("fix.mark", {"commit": fakes.BAD}) in seen.session.asked
