"""Agents and tunnels in a row: the word, since when, and what was said. Never only red or green."""

from incidentui.core.idle import idle, words
from incidentui.core.links import Link, behind, links
from incidentui.core.model import CheckState, Ms, ServiceStatus
from incidentui.core.not_found import tied
from incidentui.core.state import State
from incidentui.tui.line import Line, Seg, Token, cells, cut
from incidentui.tui.present.drifted import drifted
from incidentui.tui.present.format import hm
from incidentui.tui.present.scene import Scene

_INK: dict[CheckState, Token] = {"ok": "muted", "slow": "slow", "failing": "fail", "unknown": "unknown"}


def link_lines(scene: Scene, service: str, width: int) -> list[Line]:
    """Under the row of its service, when it is well too: `└ agent lab authenticated · since 17:41`."""
    return [_row(scene, link, width) for link in shown(scene, service)]


def shown(scene: Scene, service: str) -> list[Link]:
    return [link for link in links(scene.state, service) if link.status.since is not None]


def nearer(state: State, red: ServiceStatus) -> tuple[str, Ms | None]:
    """What is nearer to the cause than what users are told, and since when: a workload that stands still, a mount that
    is gone where a file is not found, an agent or tunnel that is not well, else what differs from what was declared.
    Empty: nothing is known."""
    if still := idle(state, red.name):
        return words(still[0]), still[0].since
    if found := tied(state, red.name):
        return found[0].text, None
    if (link := next(iter(behind(state, red.name)), None)) is not None:
        return link.text, link.status.since
    return next(iter(drifted(state, red)), ""), None


def _row(scene: Scene, link: Link, width: int) -> Line:
    since = f" · {hm(link.status.since, scene.zone)}" if link.status.since is not None else ""
    text = cut(link.text, max(8, width - 4 - cells(since)))
    name, word, rest = text.partition(f" {link.word or 'unknown'}")
    ink = _INK[link.state]
    return Line(
        (
            Seg("  └ ", "muted"),
            Seg(name, "muted" if link.state == "ok" else "text"),
            Seg(word, ink, bold=link.state == "failing"),
            Seg(rest, "muted" if link.state == "ok" else "text"),
            Seg(since, "muted"),
        )
    )
