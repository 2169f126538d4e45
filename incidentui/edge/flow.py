"""One environment for all shell blocks of a run: what a block sets, and where it goes, the next one finds.

Teams write `export NAMESPACE=…` in step 1 and use it in step 3; what is pasted into one terminal behaves so. What the
steps changed is kept in the state directory for a run that goes on in another program, without what its name or its
value tells to be a secret: a step that needs such a one is done anew.
"""

import json
import os
import re
import stat
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from incidentui.config.paths import state_home
from incidentui.core.value import dataclass
from incidentui.edge.known import says_secret
from incidentui.edge.step import QUIET
from incidentui.edge.text import redact

_FILE, _CODE = "INCIDENTUI_FLOW", "INCIDENTUI_CODE"
# In the line of the block's first line, so that a shell's "line 3" is the block's. A block with an EXIT trap of its own
# hands nothing over.
_HAND_OVER = f"set -a; trap '{_CODE}=$?; {{ pwd; command -p env -0; }} >\"${_FILE}\" 2>/dev/null; exit ${_CODE}' EXIT; "
_MOST = 1 << 20
_KEPT_S = 7 * 86_400
_NOT_OURS = frozenset({_FILE, _CODE, "INCIDENTUI_STEP", "_", "SHLVL", "PWD", "OLDPWD"})


@dataclass(frozen=True, slots=True)
class Flow:
    folder: Path
    environment: Mapping[str, str]


@contextmanager
def handing_over(before: Flow, text: str) -> Iterator[tuple[str, dict[str, str], "list[Flow]"]]:
    """(text for the shell, its environment, what came of it: filled when the block is over and left something)."""
    after: list[Flow] = []
    with tempfile.TemporaryDirectory(prefix="incidentui-") as folder:
        file = Path(folder, "flow")
        yield _HAND_OVER + text, {**before.environment, _FILE: str(file)}, after
        if (left := _read(file)) is not None:
            after.append(Flow(left.folder, _as_before(left.environment, before.environment)))


def _as_before(left: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Without what was only set because that block had no terminal: the next one may have one, and ask on it."""
    ours = {name for name, value in QUIET.items() if left.get(name) == value}
    kept = {name: value for name, value in left.items() if name not in ours}
    return {**kept, **{name: before[name] for name in ours if name in before}}


def _read(file: Path) -> Flow | None:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST + 1)
    except OSError:
        return None
    place, newline, rest = content.partition(b"\n")
    if not newline or len(content) > _MOST:
        return None
    pairs = (os.fsdecode(entry).partition("=") for entry in rest.split(b"\0"))
    kept = {name: value for name, equals, value in pairs if equals and name and name not in _NOT_OURS}
    return Flow(Path(os.fsdecode(place)), kept)


# -- from one program to the next


class Flows:
    """What the steps so far set, by the run of a runbook. Where another program went on with it, what that one kept
    goes before what is remembered here; a secret is only ever remembered."""

    def __init__(self) -> None:
        self._mine: dict[str, tuple[Flow, tuple[int, int]]] = {}

    def of(self, run: str) -> Flow | None:
        if run not in self._mine:
            return kept(run)
        mine, version = self._mine[run]
        newer = _changes(run) if _version(run) != version else None
        return mine if newer is None else Flow(newer.folder, {**mine.environment, **newer.environment})

    def keep(self, run: str, flow: Flow, variables: Collection[str] = ()) -> None:
        keep(run, flow, variables)
        self._mine[run] = flow, _version(run)


def _version(run: str) -> tuple[int, int]:
    try:
        found = _file(run).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


def keep(run: str, flow: Flow, variables: Collection[str] = ()) -> None:
    """What differs from this program's own environment, and the runbook's own `variables` in any case.

    A run that cannot be kept goes on in this program alone.
    """
    changed = {
        n: v for n, v in flow.environment.items() if (n in variables or os.environ.get(n) != v) and not _is_secret(n, v)
    }
    with suppress(OSError):
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=_folder(), prefix=".new-")  # readable by its owner alone
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"folder": str(flow.folder), "environment": changed}, file)
        os.replace(name, _file(run))
        _forget_old(_file(run).stat().st_mtime)


def kept(run: str) -> Flow | None:
    found = _changes(run)
    return Flow(found.folder, {**os.environ, **found.environment}) if found is not None else None


def _changes(run: str) -> Flow | None:
    """What was kept: its environment holds only what differs from that of a program."""
    file = _file(run)
    try:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return None
        record = json.loads(file.read_text(encoding="utf-8"))
        return Flow(Path(record["folder"]), {str(n): str(v) for n, v in record["environment"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _is_secret(name: str, value: str) -> bool:
    return says_secret(name) or redact(value) != value or redact(f"{name}={value}") != f"{name}={value}"


def _forget_old(now: float) -> None:
    for file in _folder().glob("*.json"):
        if file.stat().st_mtime < now - _KEPT_S:
            file.unlink(missing_ok=True)


def _file(run: str) -> Path:
    return _folder() / f"{re.sub(r'[^0-9a-zA-Z]', '_', run)}.json"


def _folder() -> Path:
    return state_home() / "runs"
