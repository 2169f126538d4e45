"""What a workload takes now and is tied to: of a container as its engine says, of a program as the kernel does."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from incidentui.core.inputs import Refusal
from incidentui.core.model import Workload
from incidentui.core.using import Using
from incidentui.edge.containers import using_kernel
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import CALL_S, Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import find
from incidentui.edge.text import clean

MOST = 20
_WITHIN_S = 2 * CALL_S
"""An engine measures for a second before it answers."""


async def using_of(engines: Sequence[Engine], name: str) -> Using | Refusal:
    found = await find(engines, name)
    if isinstance(found, Refusal):
        return found
    engine, workload = found
    if not isinstance(engine, DockerEngine):
        return await asyncio.to_thread(using_kernel.of_program, workload.ident)
    try:
        return await engine.call(lambda api: _asked(api, workload), _WITHIN_S)
    except (EngineLost, EngineRefused) as error:
        return Refusal(str(error))


def _asked(api: Any, workload: Workload) -> Using:
    found = api.inspect_container(workload.ident)
    runs = (found.get("State") or {}).get("Running")
    return of_container(found, api.stats(workload.ident, stream=False) if runs else {})


def of_container(found: Mapping[str, Any], stats: Mapping[str, Any]) -> Using:
    """`stats`: one answer of the engine; empty for what does not run."""
    host = found.get("HostConfig") or {}
    nano, quota = int(host.get("NanoCpus") or 0), int(host.get("CpuQuota") or 0)
    memory = stats.get("memory_stats") or {}
    return Using(
        cpu=_cpu(stats),
        cores=nano / 1e9 if nano else quota / int(host.get("CpuPeriod") or 100_000) if quota > 0 else None,
        memory=_memory(memory) if "usage" in memory else None,
        most=int(host.get("Memory") or 0),
        processes=(stats.get("pids_stats") or {}).get("current"),
        ports=tuple(_ports(found))[:MOST],
        networks=tuple(_networks(found))[:MOST],
        mounts=tuple(_mounts(found))[:MOST],
    )


def _cpu(stats: Mapping[str, Any]) -> float | None:
    """Between two readings of the engine, a second apart."""
    now, before = stats.get("cpu_stats") or {}, stats.get("precpu_stats") or {}
    whole = int(now.get("system_cpu_usage") or 0) - int(before.get("system_cpu_usage") or 0)
    mine = _total(now) - _total(before)
    if not before.get("system_cpu_usage") or whole <= 0 or mine < 0:
        return None
    return mine / whole * int(now.get("online_cpus") or len((now.get("cpu_usage") or {}).get("percpu_usage") or (0,)))


def _total(stats: Mapping[str, Any]) -> int:
    return int((stats.get("cpu_usage") or {}).get("total_usage") or 0)


def _memory(stats: Mapping[str, Any]) -> int:
    """As `docker stats` counts: without the files that the kernel keeps and would give up."""
    more = stats.get("stats") or {}
    kept = int(more.get("total_inactive_file", more.get("inactive_file", 0)))
    used = int(stats["usage"])
    return used - kept if kept < used else used


def _ports(found: Mapping[str, Any]) -> Iterator[str]:
    if (found.get("HostConfig") or {}).get("NetworkMode") == "host":
        yield "the host's own"
        return
    for inside, bound in ((found.get("NetworkSettings") or {}).get("Ports") or {}).items():
        # The same port stands there once for IPv4 and once for IPv6.
        outside = dict.fromkeys(_outside(at) for at in bound or ())
        yield clean(f"{', '.join(outside)} → {inside}" if outside else f"{inside}, not published", 80)


def _outside(at: Mapping[str, Any]) -> str:
    address = str(at.get("HostIp") or "")
    return str(at.get("HostPort")) if address in ("", "0.0.0.0", "::") else f"{address}:{at.get('HostPort')}"


def _networks(found: Mapping[str, Any]) -> Iterator[str]:
    for name, at in ((found.get("NetworkSettings") or {}).get("Networks") or {}).items():
        address = str(at.get("IPAddress") or at.get("GlobalIPv6Address") or "")
        yield clean(f"{name} {address}".strip(), 100)


def _mounts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for mount in found.get("Mounts") or ():
        source = mount.get("Name") if mount.get("Type") == "volume" else mount.get("Source")
        how = "" if mount.get("RW", True) else "  ro"
        yield clean(str(mount.get("Destination", "")), 80), clean(str(source or mount.get("Type", "")), 120) + how
    for inside in (found.get("HostConfig") or {}).get("Tmpfs") or {}:
        yield clean(str(inside), 80), "in memory"
