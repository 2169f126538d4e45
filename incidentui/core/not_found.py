"""A file that a program does not find, and the mount under which it should lie: one cause, told as one.

The error is what users and logs say; that the mount is missing or empty is what drift says. Pure.
"""

import re
from collections.abc import Iterable, Iterator

from incidentui.core.drift import DriftRow
from incidentui.core.model import CheckStatus
from incidentui.core.needs import needed, services
from incidentui.core.state import State
from incidentui.core.value import dataclass

_FILE = r"file not found|no such file|FileNotFound|NoSuchFile|\bENOENT\b"
_SURELY = re.compile(_FILE, re.IGNORECASE)
"""Said of files alone. All else is said of users, relations and leads too: it counts only with a path."""
_SAYS = re.compile(
    rf"{_FILE}|not found: /|(?:cannot|can't|could not|unable to) (?:open|find|read|stat|access|load)|does not exist"
    r"|failed to open",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?<![\w.:/])/(?:[\w.@+-]+/?){1,30}")
_NOTHING_AT = re.compile(r"mounts nothing at (/[^\s,]+)")
"""As a check says that compares a mount with others."""
MOUNT = "mount "
_GONE = ("missing", "empty", "not readable inside")


@dataclass(frozen=True, slots=True)
class Tied:
    says: str
    path: str
    """What is not found; empty: the error names no path."""
    workload: str
    row: DriftRow

    @property
    def target(self) -> str:
        return self.row.what.removeprefix(MOUNT)

    @property
    def place(self) -> str:
        return f" ({self.row.place.rpartition('/')[2]})" if self.row.place else ""

    @property
    def state(self) -> str:
        """How it is with the mount: "missing", "empty"."""
        return self.row.running.rpartition(", ")[2]

    @property
    def text(self) -> str:
        """ "mount /data of backend is missing (compose.yml:18), where /data/x should lie"."""
        lies = f"where {self.path} should lie" if self.path else "and a file is not found"
        return f"mount {self.target} of {self.workload} is {self.state}{self.place}, {lies}"


def says_so(text: str) -> bool:
    return _SAYS.search(text) is not None


def tie(text: str, mounts: Iterable[tuple[str, DriftRow]]) -> Tied | None:
    """The broken mount that explains a message: the deepest of those above its path; without a path the only one."""
    if not says_so(text):
        return None
    broken = [(name, row) for name, row in mounts if broken_mount(row)]
    paths = [path.rstrip("/.") for path in _PATH.findall(text)]
    found = [
        Tied(text, path, name, row) for path in paths for name, row in broken if _under(path, row.what[len(MOUNT) :])
    ]
    if found:
        return max(found, key=lambda tied: len(tied.target))
    surely = len(broken) == 1 and not paths and _SURELY.search(text) is not None
    return Tied(text, "", *broken[0]) if surely else None


def broken_mount(row: DriftRow) -> bool:
    return row.level == "bad" and row.what.startswith(MOUNT) and row.running.endswith(_GONE)


def _under(path: str, target: str) -> bool:
    target = target.rstrip("/")
    return path == target or path.startswith(f"{target}/")


# -- what is known now


def tied(state: State, service: str) -> list[Tied]:
    """What is red of a service, or of what it needs, and does not find a file; the mounts are those of the same."""
    around = _needed(state, service)
    mounts = [mount for mount in _mounts(state, around) if broken_mount(mount[1])]
    if not mounts:
        return []
    workloads = _workloads(state, around)
    said = [seen.error.text for seen in state.errors if seen.service in around or _of(seen.source) in workloads]
    said += [c.why for c in _failing(state, around)]
    found = [one for text in said if (one := tie(text, mounts)) is not None]
    return list({(one.workload, one.row.what): one for one in sorted(found, key=lambda one: bool(one.path))}.values())


def of_text(state: State, service: str, text: str) -> Tied | None:
    """The same for one message: the body of an answer."""
    return tie(text, _mounts(state, _needed(state, service)))


def needed_workloads(state: State, service: str) -> list[str]:
    """Those of a service and of all that it needs."""
    return _workloads(state, _needed(state, service))


def _workloads(state: State, among: frozenset[str]) -> list[str]:
    return [name for spec in state.project.services if spec.name in among for name in spec.workloads]


def _mounts(state: State, among: frozenset[str]) -> Iterator[tuple[str, DriftRow]]:
    """Those that differ from what was declared, and those that a check misses in a compose file."""
    for name in _workloads(state, among):
        yield from ((name, row) for row in (state.drift[name].rows if name in state.drift else ()))
    for check in _failing(state, among):
        for path in _NOTHING_AT.findall(check.why):
            yield (
                check.service,
                DriftRow(f"{MOUNT}{path}", "bad", "a mount", "missing", "declare it, then recreate", check.name),
            )


def _failing(state: State, among: frozenset[str]) -> list[CheckStatus]:
    return [c for c in state.checks.values() if c.service in among and c.state == "failing"]


def _of(source: str) -> str:
    return source.removeprefix("workload:") if source.startswith("workload:") else ""


def _needed(state: State, service: str) -> frozenset[str]:
    return frozenset(needed(services(state.project), service))
