"""What a workload takes now, and what it is tied to: CPU, memory, ports, networks, mounts. Pure.

Asked for while its page is shown, and never recorded: a figure that nobody looks at is worth no event.
"""

from incidentui.core.format import count, storage
from incidentui.core.value import dataclass

TIGHT = 0.9
"""Of its limit: so much memory in use, and the next request may end it."""


@dataclass(frozen=True, slots=True)
class Using:
    """Of one workload. What its engine cannot tell is None, and never 0."""

    cpu: float | None = None
    """Cores in use: 0.5 is half of one."""
    cores: float | None = None
    """Cores it may use; None: all there are."""
    memory: int | None = None
    """Bytes, without the files that the kernel keeps for it and would give up."""
    most: int | None = None
    """Bytes it may take; 0: it has no limit of its own."""
    processes: int | None = None
    ports: tuple[str, ...] | None = None
    """ "127.0.0.1:8080 → 80/tcp"; of a program where it listens."""
    networks: tuple[str, ...] | None = None
    """With its address there."""
    mounts: tuple[tuple[str, str], ...] | None = None
    """(path inside, what lies there)"""


def taken(using: Using) -> str:
    """ "3 % of a core · 41 MB of 64 MB, 64 % · 2 processes"; empty where nothing can be told."""
    parts = [_cpu(using), _memory(using), count(using.processes, "process", "processes") if using.processes else ""]
    return " · ".join(filter(None, parts))


def tight(using: Using) -> bool:
    """Whether it has little room left below its limit."""
    return bool(using.memory is not None and using.most and using.memory >= TIGHT * using.most)


def _cpu(using: Using) -> str:
    if using.cpu is None:
        return ""
    of = f"{using.cores:g} cores allowed" if using.cores is not None else ""
    said = f"{using.cpu:.1f} cores" if using.cpu >= 1.5 else f"{using.cpu * 100:.0f} % of a core"
    return f"{said}, {of}" if of else said


def _memory(using: Using) -> str:
    if using.memory is None:
        return ""
    if not using.most:
        return storage(using.memory) + (", no limit" if using.most == 0 else "")
    return f"{storage(using.memory)} of {storage(using.most)}, {100 * using.memory // using.most} %"
