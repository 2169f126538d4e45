"""Known errors as pages show them: what was said, and beside it what that means and what to do next."""

from collections.abc import Iterable, Sequence

from incidentui.core.format import count
from incidentui.core.known_errors import of_source
from incidentui.core.model import KnownError
from incidentui.core.state import State
from incidentui.session.ports import LogLine
from incidentui.tui.line import Line, Seg
from incidentui.tui.pages.layout import beside, hanging, section, split, stack

MOST = 3
SAID = 2
"""Lines of what was said, on a small screen."""


def of_workload(name: str, state: State, log: Iterable[LogLine]) -> tuple[KnownError, ...]:
    """What its log says now, the last first, then what was recognised when it fell."""
    lines = [line.known for line in log if line.known is not None]
    told = (*reversed(lines), *of_source(state.errors, f"workload:{name}"))
    return tuple({known.name: known for known in reversed(told)}.values())[::-1][:MOST]


def known_lines(errors: Sequence[KnownError], width: int, *, compact: bool, above: str = "") -> list[Line]:
    """`above`: what stands right above already; on a small screen it is not said twice."""
    rows = [_stacked(known, width, above) if compact else _beside(known, width) for known in errors]
    note = (Seg(count(len(errors), "error") + " recognised", "muted"),)
    return section(width, "KNOWN ERRORS", stack(*rows, space=False), note)


def _beside(known: KnownError, width: int) -> list[Line]:
    left, right = split(width, 0.42)
    return beside((left, _says(known, left)), (right, _means(known, right)))


def _stacked(known: KnownError, width: int, above: str) -> list[Line]:
    """What an engine says can be long, and stands above already: what it means must be seen on a small screen, too."""
    if known.line and known.line in above:
        return _means(known, width)
    said = _says(known, width)
    cut = [*said[:SAID], Line((Seg("        …", "muted"),))] if len(said) > SAID + 1 else said
    return [*cut, *_means(known, width)]


def _says(known: KnownError, width: int) -> list[Line]:
    return hanging((Seg("✗ ", "fail"), Seg("says  ", "muted")), known.line, width)


def _means(known: KnownError, width: int) -> list[Line]:
    return [
        *hanging((Seg("! ", "slow"), Seg("means  ", "muted")), known.meaning, width, "strong"),
        *hanging((Seg("  next   ", "muted"),), known.step, width),
    ]


def below(line: LogLine, width: int) -> list[Line]:
    """Under a line of a log: what it means, in few words."""
    if line.known is None:
        return []
    return hanging((Seg("         └ ", "muted"),), f"known: {line.known.meaning}", width, "slow")
