"""A command whose secret was not kept is not planned again as if the mask were the secret."""

import shlex
from pathlib import Path

from typing_extensions import override

from incidentui.core.inputs import Refusal
from incidentui.core.model import Plan, Workload
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.inside.executor import InsideExecutor
from incidentui.edge.volumes.store import Store

WEB = Workload("web", "docker", "running", ident="a" * 64)


class Host(DockerEngine):
    @override
    async def workloads(self) -> tuple[Workload, ...]:
        return (WEB,)

    @override
    async def one(self, workload: Workload) -> Workload | None:
        return WEB


async def test_what_was_masked_is_refused_when_it_is_planned_again(tmp_path: Path) -> None:
    executor = InsideExecutor(tmp_path, [Host()], Store(tmp_path / "backups"), SystemClock(), "me")
    command = "mysql --password HUNTER2 -e 'select 1'"
    first = await executor.plan("workload.exec", {"name": "web", "command": command}, State(), None)
    assert isinstance(first, Plan)
    assert shlex.split(dict(first.args)["command"])[2] == "[redacted]"
    again = await executor.plan("workload.exec", dict(first.args), State(), None)
    assert isinstance(again, Refusal)
    assert (again.hint, "its secret was not kept" in again.why) == ("type it again", True)
