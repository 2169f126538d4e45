"""A project with many services: a drawing reads each check and workload a few times, not once for every other one."""

from collections.abc import Callable
from typing import Any

import pytest
from typing_extensions import override

from incidentui.core.model import CheckSpec, CheckStatus, ProjectSpec, ServiceSpec, ServiceStatus, Workload
from incidentui.core.recent import NOTHING
from incidentui.core.state import State
from incidentui.session.ports import View
from incidentui.tui.line import Line
from incidentui.tui.present import services, workloads
from incidentui.tui.present.scene import Scene


class Counted(dict[str, Any]):
    reads = 0

    @override
    def __getitem__(self, key: str) -> Any:
        self.reads += 1
        return super().__getitem__(key)

    @override
    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        return super().get(key, default)


def reads(draw: Callable[[Scene, int], list[Line]], n: int) -> int:
    names = [f"s{k}" for k in range(n)]
    checks = Counted({name: CheckStatus(name, name, "user", "failing", since=1, why="503") for name in names})
    still = Counted({name: Workload(name, "docker", "stopped", 1) for name in names})
    project = ProjectSpec(
        "many",
        services=tuple(ServiceSpec(name, workloads=(name,)) for name in names),
        checks=tuple(CheckSpec(name, name, function=f"do {name}") for name in names),
    )
    red = {name: ServiceStatus(name, "failing", since=1, why="503", check=name) for name in names}
    state = State(project=project, services=red, checks=checks, workloads=still, engines=("docker",))
    assert len(draw(Scene(View(state, NOTHING), now=1_000_000), 80)) > n
    return checks.reads + still.reads


@pytest.mark.parametrize("draw", [services.lines, workloads.lines])
def test_a_drawing_of_twice_as_many_reads_twice_as_much(draw: Callable[[Scene, int], list[Line]]) -> None:
    assert reads(draw, 40) < 3 * reads(draw, 20)
