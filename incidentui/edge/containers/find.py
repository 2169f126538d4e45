"""One workload by its name over all engines, or why not."""

import asyncio
import difflib
from collections.abc import Collection, Sequence

from incidentui.core.inputs import Refusal
from incidentui.core.model import Workload
from incidentui.core.value import dataclass
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused

Found = tuple[Engine, Workload]


@dataclass(frozen=True, slots=True)
class Told:
    """What the engines said when they were asked for a name."""

    found: tuple[Found, ...]
    names: tuple[str, ...]
    """Of all that is there."""
    lost: tuple[str, ...]
    """Why some of them could not be asked."""


async def find(engines: Sequence[Engine], name: str, engine: str | None = None) -> Found | Refusal:
    asked = [each for each in engines if engine in (None, each.name)]
    if not asked:
        known = ", ".join(each.name for each in engines) or "none is configured"
        return Refusal(f"no engine {engine or ''}".strip(), f"known: {known}", usage=True)
    return only(name, await named(asked, (name,)))


async def named(engines: Sequence[Engine], wanted: Collection[str]) -> Told:
    answers = await asyncio.gather(*(each.workloads() for each in engines), return_exceptions=True)
    found: list[Found] = []
    names: list[str] = []
    lost: list[str] = []
    for each, answer in zip(engines, answers, strict=True):
        if isinstance(answer, EngineLost | EngineRefused):
            lost.append(str(answer))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += [(each, workload) for workload in answer if workload.name in wanted]
            names += [workload.name for workload in answer]
    return Told(tuple(found), tuple(names), tuple(lost))


def only(name: str, told: Told) -> Found | Refusal:
    found, names, lost = told.found, told.names, told.lost
    if len(found) == 1:
        return found[0]
    if found:
        where = ", ".join(f"{workload.engine} {workload.ident[:12]}" for _, workload in found)
        return Refusal(f"{len(found)} workloads are called {name}: {where}", "say which with engine=", usage=True)
    if lost:
        return Refusal("; ".join(lost), f"{name} cannot be found while its engine does not answer")
    near = difflib.get_close_matches(name, names, 3) or sorted(names)[:5]
    return Refusal(
        f"no workload {name}", f"there is: {', '.join(near)}" if near else "no workload is running here", usage=True
    )
