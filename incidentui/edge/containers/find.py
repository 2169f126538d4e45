"""One workload by its name over all engines, or why not."""

import asyncio
import difflib
from collections.abc import Sequence

from incidentui.core.inputs import Refusal
from incidentui.core.model import Workload
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused

Found = tuple[Engine, Workload]


async def find(engines: Sequence[Engine], name: str, engine: str | None = None) -> Found | Refusal:
    asked = [each for each in engines if engine in (None, each.name)]
    if not asked:
        known = ", ".join(each.name for each in engines) or "none is configured"
        return Refusal(f"no engine {engine or ''}".strip(), f"known: {known}", usage=True)
    answers = await asyncio.gather(*(each.workloads() for each in asked), return_exceptions=True)
    found: list[Found] = []
    names: list[str] = []
    lost: list[str] = []
    for each, answer in zip(asked, answers, strict=True):
        if isinstance(answer, EngineLost | EngineRefused):
            lost.append(str(answer))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += [(each, workload) for workload in answer if workload.name == name]
            names += [workload.name for workload in answer]
    return _only(name, found, names, lost)


def _only(name: str, found: list[Found], names: list[str], lost: list[str]) -> Found | Refusal:
    if len(found) == 1:
        return found[0]
    if found:
        where = ", ".join(f"{workload.engine} {workload.ident[:12]}" for _, workload in found)
        return Refusal(f"{len(found)} workloads are called {name}: {where}", "say which with engine=", usage=True)
    if lost:
        return Refusal("; ".join(lost), f"{name} cannot be found while its engine does not answer")
    near = difflib.get_close_matches(name, names, 3, 0.4) or sorted(names)[:5]
    return Refusal(
        f"no workload {name}", f"there is: {', '.join(near)}" if near else "no workload is running here", usage=True
    )
