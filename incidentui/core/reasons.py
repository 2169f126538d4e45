"""What speaks for a commit being the cause, and what was looked at and does not: sentences, never a score.

The order is by kind of evidence: the error names its file, its lines have the name in the error, it came with the
deploy before the first red, it changes what the failing service is made of, then everything else that stands out.
"""

from collections.abc import Iterable, Mapping, Sequence

from incidentui.core.errors import in_file
from incidentui.core.format import count, duration
from incidentui.core.kinds import Kind, of_kind
from incidentui.core.model import Commit, Ms, SeenError, ServiceSpec, Suspected
from incidentui.core.state import State
from incidentui.core.value import dataclass

MOST = 10
LATE_MS: Ms = 1_500
"""How much later than the red it brings a deploy may be seen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the commits are looked at for."""

    state: State
    service: ServiceSpec
    red: Ms
    """The first red."""
    began: Mapping[str, Ms]
    """When commits began to run: those of the deploys that may have brought it."""

    def when(self, deployed: Ms) -> str:
        before = self.red - deployed
        if before < 0:
            return (
                "deployed as it turned red"
                if self.in_time(deployed)
                else f"deployed {duration(-before)} after the first red"
            )
        return f"deployed {duration(before) if before >= 1_000 else 'just'} before the first red"

    def in_time(self, deployed: Ms) -> bool:
        """Whether it may have run before the first red: what runs is looked at about once a second."""
        return deployed <= self.red + LATE_MS

    @property
    def errors(self) -> tuple[SeenError, ...]:
        """Of the failing service first; those of others when it tells of none."""
        own = tuple(seen for seen in self.state.errors if seen.service == self.service.name)
        return own or self.state.errors


@dataclass(frozen=True, slots=True)
class Found:
    said: Suspected
    order: tuple[int, ...]


def ranked(asked: Asked, window: Sequence[Commit]) -> tuple[Suspected, ...]:
    """Of equals the larger change, then the newer one."""
    names = _naming(asked.state)
    found = [_look(asked, commit, names) for commit in window]
    return tuple(one.said for one in sorted(found, key=lambda one: one.order, reverse=True)[:MOST])


def _naming(state: State) -> frozenset[str]:
    ledger = state.ledger
    return frozenset(c.sha for c in ledger.commits if c.names) if ledger else frozenset()


def _look(asked: Asked, commit: Commit, naming: frozenset[str]) -> Found:
    service, limit = asked.service, asked.state.project.size_limit
    paths = [f.path for f in commit.files]
    touched = [path for path in paths if in_paths(path, service.paths)]
    lines = commit.added + commit.deleted
    began = asked.began.get(commit.sha)
    came = began is not None and asked.in_time(began)
    file = _named_file(asked, paths)
    symbol = _symbol(asked) if commit.sha in naming else ""
    told = [
        asked.when(began) if began is not None and came else "",
        f"{file} is named by the error" if file else "",
        f"its lines have {symbol}, which the error names" if symbol else "",
        f"changes {count(len(touched), 'file')} under {', '.join(service.paths)}, which {service.name} is made of"
        if touched
        else "",
        f"{lines} lines in one commit, the limit is {limit}" if lines > limit else "",
        *_special(paths, ("migration", "infrastructure", "configuration", "dependencies")),
        "is itself a revert" if _is_revert(commit) else "",
        f"CI {commit.ci}" if commit.ci.startswith("failed") else "",
    ]
    reasons = tuple(reason for reason in told if reason)
    cleared = tuple(_cleared(asked, commit, paths, touched, began))
    order = (
        bool(file),
        bool(symbol),
        came,
        min(0, asked.red - began) if began is not None else 0,
        bool(touched),
        len(reasons),
        lines,
        commit.at,
    )
    return Found(Suspected(commit.sha, reasons, cleared), tuple(int(part) for part in order))


def _named_file(asked: Asked, paths: Iterable[str]) -> str:
    for path in paths:
        for seen in asked.errors:
            if in_file(seen.error, path):
                name = path.rpartition("/")[2]
                return f"{name}:{seen.error.line}" if seen.error.line is not None else name
    return ""


def _symbol(asked: Asked) -> str:
    return asked.state.ledger.symbol if asked.state.ledger else ""


_SPECIAL: dict[Kind, str] = {
    "migration": "changes the schema: ",
    "infrastructure": "changes what it runs on: ",
    "configuration": "changes configuration: ",
    "dependencies": "changes dependencies: ",
}


def _special(paths: Sequence[str], kinds: Iterable[Kind]) -> list[str]:
    out = []
    for kind in kinds:
        if found := of_kind(paths, kind):
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            out.append(f"{_SPECIAL[kind]}{found[0]}{more}")
    return out


def _is_revert(commit: Commit) -> bool:
    return (
        commit.subject.startswith(("Revert ", "revert:", "revert(", "Reapply ")) or " revert" in commit.subject.lower()
    )


def _cleared(asked: Asked, commit: Commit, paths: Sequence[str], touched: Sequence[str], began: Ms | None) -> list[str]:
    out = []
    if began is None:
        out.append("ran before the last deploy, without a red")
    elif not asked.in_time(began):
        out.append(asked.when(began))
    if asked.service.paths and not touched and commit.all_files:
        out.append(f"no file under {', '.join(asked.service.paths)}")
    if commit.sized and not of_kind(paths, "migration") and not of_kind(paths, "dependencies"):
        out.append("no migration, no new dependency")
    if not commit.ci:
        out.append("no CI run known")
    elif not commit.ci.startswith("failed"):
        out.append(f"CI {commit.ci}")
    return out


def in_paths(file: str, paths: tuple[str, ...]) -> bool:
    """Whether a file is one of these, or lies in one of these folders."""
    return any(file == p or file.startswith(p.rstrip("/") + "/") for p in paths)
