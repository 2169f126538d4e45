"""Several workloads, one after the other: what others need first, up to the first that does not come back."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from incidentui.core.format import duration
from incidentui.core.inputs import Observation
from incidentui.core.model import PlanStep
from incidentui.core.rehearsal import Back, ordered
from incidentui.core.state import State
from incidentui.edge.containers.blast import DEPENDS_ON, labels_of
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.docker_words import SERVICE
from incidentui.edge.containers.engine import Engine
from incidentui.edge.containers.telling import Steps


async def inorder(engines: Sequence[Engine], state: State, names: Sequence[str]) -> tuple[str, ...]:
    """By what the project's file and its compose file say of its services, and what compose wrote on its containers.

    Raises EngineLost, EngineRefused."""
    needs = {name: drift.needs for name, drift in state.drift.items()}
    for engine in engines:
        if isinstance(engine, DockerEngine):
            needs |= {name: wanted for name, wanted in _labelled(await engine.containers()) if wanted}
    return ordered(state.project, names, needs)


def _labelled(entries: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    of: dict[str, list[str]] = {}
    for name, entry in entries:
        of.setdefault(labels_of(entry).get(SERVICE, ""), []).append(name)
    for name, entry in entries:
        wanted = [part.partition(":")[0] for part in labels_of(entry).get(DEPENDS_ON, "").split(",") if part]
        yield name, tuple(other for service in wanted for other in of.get(service, ()))


async def walk(
    names: Sequence[str], steps: Steps, planned: Sequence[PlanStep], one: Callable[[str], Awaitable[Back]]
) -> list[Back]:
    """`planned`: the step of each."""
    backs: list[Back] = []
    for name, step in zip(names, planned, strict=True):
        steps.begin(step)
        back = await one(name)
        backs.append(back)
        steps.end("failed" if back.why else "done", back.why or f"{back.name} came back in {duration(back.took_ms)}")
        if back.why:
            break
    return backs


def unheard(observation: Observation) -> None:
    """The steps of one are one step of the whole."""
