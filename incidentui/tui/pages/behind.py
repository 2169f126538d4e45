"""Behind what a check was told stands a deeper reason: an agent that was turned away, a tunnel that is gone, a mount
that is missing where a file is not found.

"No agent available" is true and helps nobody; the rejection stands beside it.
"""

from incidentui.core.evidence import CheckLook
from incidentui.core.links import Link, behind
from incidentui.core.not_found import Tied, of_text
from incidentui.core.state import State
from incidentui.tui.line import Line, Seg
from incidentui.tui.pages.layout import hanging, section, wall


def behind_lines(look: CheckLook, state: State, width: int) -> list[Line]:
    """Of a look that is not good: the agents, tunnels and mounts that its service needs, and that are not well now."""
    if look.verdict == "ok":
        return []
    found = [link for link in behind(state, look.service) if link.spec.name != look.check]
    rows = [row for link in found for row in _link(link, width)]
    if (tied := of_text(state, look.service, f"{look.why}\n{look.body}")) is not None:
        rows = [*_mount(tied, width), *rows]
    return section(width, "BEHIND IT", rows, (Seg("nearer to the cause", "muted"),))


def _mount(tied: Tied, width: int) -> list[Line]:
    said = f"mount {tied.target} of {tied.workload} is {tied.state}"
    why = f"{tied.path}, which it does not find, should lie there" if tied.path else "the error names no file"
    so_what = f"declared {tied.row.declared}{tied.place}; {why}; {tied.row.so_what}"
    return [
        *hanging((Seg("✗ ", "fail"),), said, width, "fail", bold=True),
        *hanging((Seg("  "),), so_what, width, "muted"),
    ]


def _link(link: Link, width: int) -> list[Line]:
    since = f", since {wall(link.status.since)}" if link.status.since is not None else ""
    of = f"of {link.spec.service}{since}, read from {link.spec.target}" if link.spec.target else since
    head = hanging((Seg("✗ ", "fail"),), link.text, width, "fail", bold=True)
    return [*head, *hanging((Seg("  "),), of, width, "muted")]
