"""After a compose that removed the old container: what stands in its place is looked at, not supposed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from incidentui.core.model import Attempt, Owner, Plan, Precondition, Workload
from incidentui.edge.clock import SystemClock
from incidentui.edge.containers.compose_up import ComposeExecutor
from incidentui.edge.containers.docker import DockerEngine

OLD = Workload("web", "docker", "exited", ident="a" * 64)
NEW = Workload("web", "docker", "running", ident="b" * 64)


class Host(DockerEngine):
    """The old one is listed once more, and is gone when it is asked for."""

    def __init__(self, then: tuple[Workload, ...]) -> None:
        super().__init__()
        self._lists = [(OLD,), then]

    @override
    async def workloads(self) -> tuple[Workload, ...]:
        return self._lists.pop(0)

    @override
    async def one(self, workload: Workload) -> Workload | None:
        return NEW if workload.ident == NEW.ident else None

    @override
    async def call(self, work: Callable[[Any], Any], seconds: float = 3) -> Any:
        return None


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ((NEW,), "the container of before is gone; another is in its place: running, container bbbbbbbbbbbb"),
        ((), "the container of before is gone, and there is no web now"),
    ],
)
async def test_what_is_there_is_said(tmp_path: Path, then: tuple[Workload, ...], said: str) -> None:
    plan = Plan("compose.up", (), "Up", "web", checked=(Precondition("container", "still it", OLD.ident),))
    executor = ComposeExecutor(tmp_path, [Host(then)], "ferry", (), SystemClock())
    end = await executor.settle(Attempt("r1", 1, plan, Owner("here", "boot", 1, 1), "me", 0))
    assert end.outcome == "failed"
    assert said in end.why
